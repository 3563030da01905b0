"""Which processes of the hub live, by their own word and the database's clock."""

import os
import subprocess
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from hub import clock as hub_clock
from hub.bus import Bus
from hub.store.driver import Store
from hub.store.processes import LOST_AFTER, Process, Processes
from hub.store.tail import ChangeTail
from liandong.presence import PATIENCE, Presence

NUMBERS = {"resident_bytes": 1.0}


class Child:
    """A process that does nothing until it is killed."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(["sleep", "600"])
        self.pid = self._process.pid

    def die(self) -> None:
        """It ends, and nobody has asked how."""
        self._process.kill()
        os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)

    def bury(self) -> None:
        self._process.wait()


@pytest.fixture
async def processes(store: Store) -> Processes:
    await store.db["processes"].delete_many({})
    return Processes(store)


async def beat(processes: Processes, name: str = "here:1:dispatch") -> Process:
    """Say once that this process lives; what is known of it then."""
    await processes.beat(name, ("dispatch",), NUMBERS, hub_clock.real())
    return next(one for one in await processes.all() if one.name == name)


async def test_a_process_that_beats_lives(processes: Processes):
    """Its roles, pid and numbers are there, and its age is the database's."""
    one = await beat(processes)
    assert (one.roles, one.pid, dict(one.numbers)) == (("dispatch",), os.getpid(), NUMBERS)
    assert one.lives
    assert timedelta(0) <= one.age < LOST_AFTER


async def test_a_process_that_takes_leave_or_falls_silent_does_not_live(
    processes: Processes, store: Store
):
    """It is known still, until a day has passed."""
    await beat(processes)
    await processes.leave("here:1:dispatch")
    (one,) = await processes.all()
    assert (one.left, one.lives) == (True, False)
    assert (await beat(processes)).lives
    rows = store.db["processes"]
    silent = {"$subtract": ["$$NOW", LOST_AFTER // timedelta(milliseconds=1) + 1000]}
    await rows.update_one({}, [{"$set": {"said_at": silent}}])
    (one,) = await processes.all()
    assert not one.lives
    day = {"$subtract": ["$$NOW", 25 * 3600 * 1000]}
    await rows.update_one({}, [{"$set": {"said_at": day}}])
    assert await processes.all() == []


async def test_a_killed_neighbour_is_dead_at_once_and_a_stranger_only_in_time(
    processes: Processes, store: Store
):
    """The system is asked about a process of this host, also of one nobody has buried yet."""
    await beat(processes)
    rows = store.db["processes"]
    child = Child()
    await rows.update_one({}, {"$set": {"pid": child.pid}})
    assert (await processes.all())[0].lives
    child.die()
    assert not (await processes.all())[0].lives
    child.bury()
    assert not (await processes.all())[0].lives
    await rows.update_one({}, {"$set": {"host": "elsewhere"}})
    assert (await processes.all())[0].lives


async def test_who_took_the_place_of_another_is_not_said_to_have_left(
    processes: Processes, store: Store
):
    """The old process ends after the new one began: the new one's word stays."""
    await beat(processes)
    await store.db["processes"].update_one({}, {"$set": {"pid": os.getpid() + 1}})
    await processes.leave("here:1:dispatch")
    assert not (await processes.all())[0].left


async def test_without_anybody_who_dispatches_something_is_missing(
    processes: Processes, store: Store, monkeypatch: pytest.MonkeyPatch
):
    """At the beginning there is patience; who was there and is not any more is missed at once."""
    bus = Bus()
    presence = Presence(
        store,
        bus,
        ChangeTail(store, bus, "x"),
        name="here:1:api",
        roles=("api",),
        zone=ZoneInfo("Asia/Shanghai"),
    )
    assert presence.missing([]) is None
    later = hub_clock.real() + PATIENCE
    with monkeypatch.context() as patched:
        patched.setattr(hub_clock, "real", lambda: later + timedelta(seconds=1))
        assert "no process dispatches" in (presence.missing([]) or "")
    await beat(processes)
    assert presence.missing(await processes.all()) is None
    await processes.leave("here:1:dispatch")
    missing = presence.missing(await processes.all()) or ""
    assert "--role dispatch" in missing
    assert " Asia/Shanghai, when pid " in missing
