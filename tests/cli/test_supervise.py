"""What `up` says of the processes it keeps running."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from hub.settings import HubSettings
from liandong.cli import supervise
from liandong.cli.supervise import Up
from tests.contract.mutations import PROJECT

GONE = 2**22 + 1
"""No process id of Linux is that high."""


@pytest.fixture
def up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Up:
    """An `up` that has started nothing, in a folder where another one runs."""
    monkeypatch.chdir(PROJECT)
    monkeypatch.setattr(sys, "executable", str(PROJECT / ".venv/bin/python"))
    facts = {"hub": "http://127.0.0.1:1", "up_pid": 11, "hub_pid": 22}
    (tmp_path / "up.json").write_text(json.dumps(facts))
    made = Up(HubSettings(data_dir=tmp_path), scenario=None, taxis=0)
    made.console = Console(width=80, record=True)
    return made


def living(monkeypatch: pytest.MonkeyPatch, **pids: int) -> None:
    """What the hub says in /readyz."""
    told: dict[str, Any] = {
        "processes": [{"name": name, "state": "UP", "pid": pid} for name, pid in pids.items()]
    }
    monkeypatch.setattr(supervise, "_read", lambda _url: told)


def test_a_second_up_tells_the_processes_and_how_to_end_them(
    up: Up, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hub's pid, its parts that live, and the command as it is typed from here."""
    living(monkeypatch, api=os.getpid(), ingest=GONE)
    up._already_running()
    said = up.console.export_text()
    assert "已在运行 already running: http://127.0.0.1:1 (up pid 11)" in said
    assert f"中枢 hub pid 22 = 接口 api {os.getpid()}\n" in said
    assert "停止 end it: .venv/bin/liandong down" in said


class Child(subprocess.Popen[bytes]):
    """A child process that lives until it is said to have ended; none in truth."""

    def __init__(self, pid: int) -> None:
        self.pid, self.returncode = pid, None

    def poll(self) -> int | None:
        return self.returncode

    def __del__(self) -> None:
        """Nothing to warn of."""


def test_a_hub_that_died_again_is_not_asked_any_more(
    up: Up, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asked for the one before it ends with it, and says nothing."""
    hub = Child(33)
    living(monkeypatch, api=GONE)
    monkeypatch.setattr(supervise.time, "sleep", lambda _: setattr(hub, "returncode", 1))
    up._tell_again(hub)
    assert up.console.export_text() == ""


def test_a_silent_hub_does_not_hold_up_the_watch_over_children(
    up: Up, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While /readyz of the hub that was started again hangs, the next death is seen."""
    hung = threading.Event()
    started: list[Child] = []

    def hangs(_url: str) -> None:
        started[-1].returncode = 1  # it dies while its answer is waited for
        hung.wait(60)

    def start() -> None:
        up.children["hub"] = Child(33 + len(started))
        started.append(up.children["hub"])
        up.stopping = len(started) == 3

    monkeypatch.setattr(supervise, "_read", hangs)
    monkeypatch.setattr(up, "_hub", start)
    start()
    started[0].returncode = 1
    watching = threading.Thread(target=up._keep, daemon=True)
    watching.start()
    watching.join(30)
    assert not watching.is_alive()
    assert len(started) == 3
    hung.set()


def test_a_hub_that_was_started_again_tells_its_new_processes(
    up: Up, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once all of it runs, and once; it is asked once a second until then."""
    pauses: list[float] = []

    def later(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            living(monkeypatch, api=os.getpid(), ingest=os.getpid(), dispatch=os.getppid())

    monkeypatch.setattr(supervise.time, "sleep", later)
    living(monkeypatch, api=os.getpid(), ingest=os.getpid(), dispatch=GONE)
    up._tell_again(Child(33))
    assert pauses == [1.0, 1.0, 1.0]
    said = up.console.export_text()
    assert said.startswith("中枢 hub pid 33 = ")
    assert f"派发 dispatch {os.getppid()}" in said
