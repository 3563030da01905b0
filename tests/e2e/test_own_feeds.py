"""A configuration of one's own, tried beside `make run` on its embedded database."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import pytest

from tests.e2e.conftest import PATIENCE, Running, free_port

pytestmark = pytest.mark.slow


def test_a_second_hub_runs_beside_the_first(running: Running, tmp_path: Path) -> None:
    """As the README says: the same data_dir, another port, database and ports to listen on."""
    port, text = free_port(), (running.data_dir / "liandong.toml").read_text(encoding="utf-8")
    text = re.sub(r"(?m)^port = .*$", f'port = {port}\ndatabase = "own"', text, count=1)
    text = re.sub(r"(?m)^listen = .*$", lambda _: f'listen = "127.0.0.1:{free_port()}"', text)
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    clean = {key: value for key, value in os.environ.items() if "LIANDONG" not in key}
    hub = subprocess.Popen(
        [sys.executable, "-m", "liandong.cli", "serve", "--config", "mine.toml"],
        cwd=tmp_path,
        env=clean,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + PATIENCE
        while not _serves(port):
            assert hub.poll() is None, "it has ended"
            assert time.monotonic() < deadline, "it is not ready"
            time.sleep(0.1)
        assert running.ready()
    finally:
        hub.send_signal(signal.SIGTERM)
        hub.wait(PATIENCE)


def _serves(port: int) -> bool:
    try:
        return httpx2.get(f"http://127.0.0.1:{port}/readyz", timeout=5).status_code == 200
    except httpx2.HTTPError:
        return False
