"""Work in rounds: what wakes it, when it looks by itself, and how it says what fails."""

import asyncio

import pytest
from structlog.testing import capture_logs

from hub.bus import Bus, Change, ChangeKind, Cursor
from hub.rounds import Failing, in_rounds

LONG = 3600.0


def change(name: str) -> Change:
    return Change(Cursor(1, 0, 0), "things", ChangeKind.INSERTED, name)


class Worker:
    """Counts its rounds; each rests as long as it is told."""

    def __init__(self, rest: float) -> None:
        self.bus = Bus()
        self.rests = rest
        self.rounds: asyncio.Queue[None] = asyncio.Queue()
        self.resting = asyncio.Event()

    async def work(self) -> None:
        self.rounds.put_nowait(None)
        self.resting.clear()

    async def rest(self) -> float:
        self.resting.set()
        return self.rests

    async def run(self) -> None:
        await in_rounds(
            self.work,
            self.rest,
            bus=self.bus,
            follows=["things"],
            wakes=lambda change: change.id == "due",
        )


async def test_a_change_that_wakes_begins_a_round_and_no_other_does() -> None:
    """However long it would rest; what does not wake it leaves it there."""
    worker = Worker(LONG)
    running = asyncio.create_task(worker.run())
    await worker.rounds.get()
    await worker.resting.wait()
    worker.bus.publish(change("not due"))
    worker.bus.publish(change("due"))
    await worker.rounds.get()
    await worker.resting.wait()
    assert worker.rounds.empty()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert worker.bus._listeners == set()


async def test_what_is_due_by_time_needs_no_change() -> None:
    """The rest is over by itself."""
    worker = Worker(0.0)
    running = asyncio.create_task(worker.run())
    for _ in range(3):
        await worker.rounds.get()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


def test_what_fails_is_said_once_until_it_works_again() -> None:
    """Each of several by itself; what ends them is said where there is a word for it."""
    failing = Failing("down", over="up")
    with capture_logs() as logs:
        for what in ("one", "one", "other"):
            with failing.guard(what):
                raise OSError(what)
        assert failing
        for what in ("one", "other", "one"):
            with failing.guard(what):
                pass
    assert [(line["event"], line["what"]) for line in logs] == [
        ("down", "one"),
        ("down", "other"),
        ("up", "one"),
        ("up", "other"),
    ]
    assert not failing


def test_who_is_cancelled_does_not_fail() -> None:
    """The end of a worker is no fault of its work."""
    failing = Failing("down")
    with pytest.raises(asyncio.CancelledError), failing.guard():
        raise asyncio.CancelledError
    assert not failing
