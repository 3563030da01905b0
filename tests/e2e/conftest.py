"""The whole thing, started as its user starts it: `liandong up`, over real sockets."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest

from terminal.client import HubClient

PASSWORD = "liandong-demo"
PATIENCE = 240.0
"""Seconds within which what is waited for comes on any machine; pytest's own limit is 300."""


def free_port() -> int:
    """A port nobody has now, with room above it for the sandbox's."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Running:
    """One `up`: its address, its data folder, its process."""

    process: "subprocess.Popen[bytes]"
    data_dir: Path
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def facts(self) -> dict[str, Any]:
        return json.loads((self.data_dir / "up.json").read_text())

    @property
    def sandbox(self) -> str:
        return str(self.facts["sandbox"])

    def client(self, login: str) -> HubClient:
        return HubClient(self.url, login, PASSWORD)

    def phone(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(base_url=f"{self.url}/mobile/v1", timeout=60)

    def ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=2) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def await_ready(self, seconds: float = 400) -> None:
        deadline = time.monotonic() + seconds
        while not self.ready():
            assert self.process.poll() is None, "up has ended"
            assert time.monotonic() < deadline, "not ready in time"
            time.sleep(0.1)

    def kill_hub(self) -> None:
        """kill -9, and wait until `up` has put another one in its place."""
        pid = self.facts["hub_pid"]
        os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + PATIENCE
        while self.facts["hub_pid"] == pid:
            assert time.monotonic() < deadline, "up did not start another hub"
            time.sleep(0.05)
        self.await_ready()


def command(*arguments: str, env: dict[str, str] | None = None) -> "subprocess.Popen[bytes]":
    """`liandong ...` as a process."""
    return subprocess.Popen(
        [sys.executable, "-m", "liandong.cli", *arguments],
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.fixture(scope="package")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A running hub with its database and sandbox, which the tests of several files share."""
    with started(tmp_path_factory) as held:
        yield held


@contextmanager
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A running hub with its database and sandbox, ended cleanly after the tests."""
    data_dir = tmp_path_factory.mktemp("liandong")
    port = free_port()
    log = (data_dir / "up.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "liandong.cli", "up", "--taxis", "60"],
        env={
            **os.environ,
            "LIANDONG_PORT": str(port),
            "LIANDONG_DATA_DIR": str(data_dir),
            "LIANDONG_MONGODB_URI": "",
        },
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
    )
    held = Running(process, data_dir, port)
    try:
        held.await_ready()
        yield held
    except BaseException:
        sys.stderr.write((data_dir / "up.log").read_text()[-4000:])
        raise
    finally:
        children = psutil.Process(process.pid).children(recursive=True)
        process.terminate()
        process.wait(timeout=PATIENCE)
        log.close()
        assert not [child for child in children if child.is_running()], "children outlive up"
