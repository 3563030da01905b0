"""The hub is several processes: they are watched, told of, started again, and end together."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import psutil
import pytest

from liandong.parts import FIRST_WAIT, LONGEST_WAIT, STEADY_SECONDS, _Part
from tests.e2e.conftest import PATIENCE, Running, command, free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

ROLES = {"api", "ingest", "dispatch"}


def eventually(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def readyz(url: str) -> tuple[int, dict[str, Any]]:
    """Status and body; 0 while nobody answers."""
    try:
        answer = httpx2.get(f"{url}/readyz", timeout=60, trust_env=False)
    except httpx2.HTTPError:
        return 0, {"processes": [], "problems": []}
    return answer.status_code, answer.json()


def pids(url: str) -> dict[str, int]:
    """The processes that are UP, by role."""
    return {one["name"]: one["pid"] for one in readyz(url)[1]["processes"] if one["state"] == "UP"}


def ended(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """A process that stands still within the block: nobody starts anything again."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_orders_feeds_and_the_api_are_processes_of_their_own(running: Running):
    """Each has a pid of its own below the hub's, and its numbers are among the API's metrics."""
    eventually(lambda: set(pids(running.url)) == ROLES, "not every process says that it lives")
    found = pids(running.url)
    children = {child.pid for child in psutil.Process(running.facts["hub_pid"]).children()}
    assert set(found.values()) == children
    assert len(children) == len(ROLES)
    text = httpx2.get(f"{running.url}/metrics", trust_env=False).text
    for role in ROLES:
        name = f'liandong_resident_bytes{{process="{os.uname().nodename}:{running.port}:{role}"}}'
        assert name in text, role


def test_a_dead_dispatcher_is_told_and_comes_back(running: Running):
    """While it is gone the API is not ready and doctor finds it wrong; then it is there again."""
    eventually(lambda: set(pids(running.url)) == ROLES, "not every process says that it lives")
    before = pids(running.url)
    with stopped(running.facts["hub_pid"]):
        os.kill(before["dispatch"], signal.SIGKILL)
        eventually(lambda: readyz(running.url)[0] == 503, "the API still says that it is ready")
        assert "无派发进程 no process dispatches" in readyz(running.url)[1]["problems"][0]
        doctor = command(
            "doctor",
            env={"LIANDONG_DATA_DIR": str(running.data_dir), "LIANDONG_MONGODB_URI": ""},
        )
        said = doctor.communicate(timeout=PATIENCE)[0].decode()
        assert doctor.returncode == 1
        assert f"✗ 进程失联 process lost dispatch (pid {before['dispatch']}" in said
    running.await_ready()
    after = pids(running.url)
    assert after["dispatch"] != before["dispatch"]
    assert (after["api"], after["ingest"]) == (before["api"], before["ingest"])


@pytest.mark.parametrize("role", ["api", "ingest"])
def test_any_part_that_dies_comes_back_and_the_others_stay(running: Running, role: str):
    """kill -9 of one process: it is started again, the rest goes on, and no client is refused."""
    eventually(lambda: set(pids(running.url)) == ROLES, "not every process says that it lives")
    before = pids(running.url)
    os.kill(before[role], signal.SIGKILL)
    eventually(lambda: ended(before[role]), "it lives on")
    answer = httpx2.get(f"{running.url}/livez", timeout=PATIENCE, trust_env=False)
    assert answer.status_code == 200
    eventually(lambda: pids(running.url).get(role, before[role]) != before[role], "it stays away")
    running.await_ready()
    after = pids(running.url)
    assert {name: pid for name, pid in after.items() if name != role} == {
        name: pid for name, pid in before.items() if name != role
    }


def test_the_whole_hub_killed_leaves_nothing_behind(running: Running):
    """kill -9 of the pid in the banner ends its children too; `up` starts all of it again."""
    eventually(lambda: set(pids(running.url)) == ROLES, "not every process says that it lives")
    before = pids(running.url)
    running.kill_hub()
    eventually(lambda: all(ended(pid) for pid in before.values()), "children outlive the hub")
    eventually(lambda: set(pids(running.url)) == ROLES, "not every process came back")
    assert not set(pids(running.url).values()) & set(before.values())


class Served:
    """`liandong serve` on a database of its own."""

    def __init__(self, folder: Path, uri: str, more: str = "") -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        config = folder / "liandong.toml"
        config.write_text(
            f'[hub]\nport = {self.port}\ndata_dir = "{folder}"\nmongodb_uri = "{uri}"\n'
            f'database = "e2e_{uuid4().hex[:12]}"\n{more}'
        )
        environment = {key: value for key, value in os.environ.items() if "LIANDONG_" not in key}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "liandong.cli", "serve", "--config", str(config)],
            env=environment,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    def await_ready(self) -> dict[str, int]:
        """Wait until every process is there; their pids."""

        def there() -> bool:
            assert self.process.poll() is None, "serve has ended"
            return readyz(self.url)[0] == 200 and set(pids(self.url)) == ROLES

        eventually(there, "serve is not ready")
        return pids(self.url)


@pytest.fixture
def served(tmp_path: Path, mongo_uri: str) -> Iterator[Served]:
    held = Served(tmp_path, mongo_uri)
    yield held
    if held.process.poll() is None:
        held.process.kill()
    held.process.communicate()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_the_processes_of_serve_end_with_it(served: Served, how: signal.Signals):
    """Told to end, or killed: none of them outlives it."""
    before = served.await_ready()
    served.process.send_signal(how)
    _, said = served.process.communicate(timeout=PATIENCE)
    assert served.process.returncode == (-how if how is signal.SIGKILL else 0)
    eventually(lambda: all(ended(pid) for pid in before.values()), "children outlive it")
    assert b"process killed" not in said, "one of them did not end by itself"


def test_what_is_refused_at_the_start_is_said_once(tmp_path: Path, mongo_uri: str):
    """A feed that cannot work ends serve with one line and code 2, as ever."""
    held = Served(tmp_path, mongo_uri, '[[feeds]]\nid = "a"\nkind = "nonsense"\nurl = "http://a/"')
    _, said = held.process.communicate(timeout=PATIENCE)
    lines = [line for line in said.decode().splitlines() if line.startswith("liandong: ")]
    assert held.process.returncode == 2
    assert len(lines) == 1
    assert "feed a: " in lines[0]


def test_a_part_that_keeps_dying_is_started_less_and_less_often():
    """The wait doubles up to ten seconds; after half a minute of life it begins anew."""
    part, now = _Part("dispatch"), 1000.0
    waits = []
    for _ in range(12):
        part.began = now
        waits.append(part.died(now))
    assert waits[:3] == [FIRST_WAIT, FIRST_WAIT * 2, FIRST_WAIT * 4]
    assert waits[-1] == LONGEST_WAIT
    assert part.died(now + STEADY_SECONDS + 1) == FIRST_WAIT
