"""What time it is: the database's, by every process, however wrong the machine's clock is."""

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import structlog.testing
import time_machine

from hub import clock
from hub.store.driver import Store
from hub.store.server_clock import Reading, ServerClock

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """The time the process went by, put back."""
    names = ("moment", "counter", "shown")
    before = {name: getattr(clock._Reference, name) for name in names}
    yield
    for name, value in before.items():
        setattr(clock._Reference, name, value)


def near(moment: datetime, expected: datetime) -> bool:
    """The same but for what this machine was busy with meanwhile."""
    return timedelta(0) <= moment - expected < timedelta(minutes=1)


def test_what_was_set_right_goes_on_by_the_steady_counter() -> None:
    """Once set right, setting the machine's clock moves nothing; how far it is off is told."""
    clock.set_right(NOON, time.monotonic())
    for wrong in (HOUR, -HOUR):
        with time_machine.travel(NOON + wrong, tick=True):
            assert near(clock.now(), NOON)
            assert abs(clock.off_by() - wrong) < timedelta(minutes=1)
            assert ("慢" if wrong < timedelta(0) else "快") in (clock.trouble() or "")
    with time_machine.travel(clock.now(), tick=True):
        assert clock.trouble() is None


def test_a_small_correction_backwards_is_waited_out() -> None:
    """Time stands still until it is right again, rather than be told twice."""
    clock.set_right(NOON + timedelta(seconds=1.5), time.monotonic())
    shown = clock.now()
    clock.set_right(NOON, time.monotonic())
    assert clock.now() >= shown
    clock.set_right(NOON, time.monotonic() - 1.6)  # as it reads 1.6 s later
    assert clock.now() > shown


def test_a_time_that_was_wrong_by_far_is_left_at_once() -> None:
    """An hour ahead is not waited out: it would hold every timer up for an hour."""
    clock.set_right(NOON + HOUR, time.monotonic())
    assert near(clock.now(), NOON + HOUR)
    clock.set_right(NOON, time.monotonic())
    assert near(clock.now(), NOON)
    clock.set_right(NOON + HOUR, time.monotonic())
    assert near(clock.now(), NOON + HOUR)


def test_a_simulation_keeps_its_pace_when_the_machine_is_set() -> None:
    """A source at another speed goes by the steady counter too."""
    source = clock.shifted(NOON, speed=60)
    with time_machine.travel(NOON + HOUR, tick=True):
        assert NOON <= source() < NOON + HOUR


@pytest.mark.parametrize(
    ("later", "spread", "wrong", "used"),
    [
        (5, 0.001, 0.0, True),  # as good as what is known
        (5, 0.200, 0.0, False),  # a slow answer says less
        (5, 0.200, 0.1, False),  # what it contradicts is within its own doubt
        (5, 0.200, 30.0, True),  # the server's clock was set, or it is another server
        (5, 0.200, -30.0, True),
        (3600, 0.200, 0.0, True),  # what was known an hour ago is in doubt by more
    ],
)
def test_a_reading_counts_for_what_it_says(
    later: float, spread: float, wrong: float, used: bool
) -> None:
    """The less certain of two readings is left out unless it contradicts the other."""
    known = Reading(NOON, 1000.0, 0.002)
    moment = NOON + timedelta(seconds=later + wrong)
    assert Reading(moment, 1000.0 + later, spread).replaces(known) is used


async def test_the_round_trip_is_taken_into_account() -> None:
    """The server's time belongs midway between question and answer, give or take half of it."""
    gate = asyncio.Event()

    async def answer() -> datetime:
        await gate.wait()
        return NOON

    asked = time.monotonic()
    reading = asyncio.create_task(ServerClock(answer).read())
    asyncio.get_running_loop().call_later(0.05, gate.set)
    found = await reading
    answered = time.monotonic()
    assert asked < found.counter < answered
    assert 0.025 <= found.spread <= (answered - asked) / 2 + 0.001
    assert found.counter - found.spread <= asked + (answered - asked) / 2 <= answered


async def test_a_process_goes_by_the_databases_time(store: Store) -> None:
    """With its machine an hour off a process reads what the server's $$NOW says."""
    for wrong in (HOUR, -HOUR):
        with time_machine.travel(datetime.now(UTC) + wrong, tick=True):
            again = await Store.open(store.uri, store.db.name)
            before = await store.server_time()
            assert abs(clock.now() - before) < timedelta(minutes=1)
            assert abs(clock.off_by() - wrong) < timedelta(minutes=1)
            await again.close()


async def test_what_is_off_is_logged_once(store: Store) -> None:
    """A machine's clock that is found wrong is an error in the log, with what to do; so its end."""
    keeper = ServerClock(store.server_time)
    keeper.learn(await keeper.read())
    with structlog.testing.capture_logs() as logs:  # awaits nothing: other keepers log elsewhere
        with time_machine.travel(datetime.now(UTC) + HOUR, tick=True):
            keeper._tell()
            keeper._tell()
        keeper._tell()
    assert [line["event"] for line in logs] == ["clock_off", "clock_right"]
    assert "NTP" in logs[0]["detail"]
