"""What `up` says of the processes it keeps running."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from hub.cli import supervise
from hub.cli.supervise import Up
from hub.settings import HubSettings
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


def test_a_hub_that_was_started_again_tells_its_new_processes(
    up: Up, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once all of it runs, and once."""

    class Hub:
        pid = 33

    up.children["hub"] = Hub()  # type: ignore[assignment]
    up.untold = True
    living(monkeypatch, api=os.getpid(), ingest=os.getpid(), dispatch=GONE)
    up._tell_again()
    assert up.untold
    living(monkeypatch, api=os.getpid(), ingest=os.getpid(), dispatch=os.getppid())
    up._tell_again()
    assert not up.untold
    said = up.console.export_text()
    assert said.startswith("中枢 hub pid 33 = ")
    assert f"派发 dispatch {os.getppid()}" in said
