"""The one place that knows what time it is.

Everything else calls `now()`. That is the database server's time once it was measured
(hub/store/server_clock.py): processes on several machines then agree, and a machine whose clock is
wrong is early or late in nothing. Between two measurements it goes by the machine's steady counter,
so setting the machine's clock moves nothing. A test or a sandbox running at another speed replaces
the source with `use()`; the hub does so only when told to (`[hub] clock_url`).
"""

import time
from collections.abc import Callable
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)

Source = Callable[[], datetime]

TOLERATED = timedelta(seconds=2)
"""A machine's clock that is further off than this is said to be wrong."""


class _Reference:
    """What `real()` goes by: a moment, and what the steady counter read at it."""

    moment: datetime | None = None
    counter: float = 0.0
    shown: datetime = datetime.min.replace(tzinfo=UTC)


def machine() -> datetime:
    """What the machine's own clock says, UTC, aware; it may be wrong."""
    return datetime.now(UTC)


def real() -> datetime:
    """The time outside of any simulation, UTC, aware: see the module; never earlier than before.

    It goes back only when it was wrong by more than TOLERATED.
    """
    if _Reference.moment is None:
        return machine()
    passed = timedelta(seconds=time.monotonic() - _Reference.counter)
    _Reference.shown = max(_Reference.shown, _Reference.moment + passed)
    return _Reference.shown


def set_right(moment: datetime, counter: float) -> None:
    """It was `moment` when `time.monotonic()` read `counter`: `real()` goes by that from now on."""
    wrong_by = real() - (moment + timedelta(seconds=time.monotonic() - counter))
    if wrong_by > TOLERATED:
        _Reference.shown = moment
    _Reference.moment, _Reference.counter = moment, counter


def off_by() -> timedelta:
    """How far the machine's clock is ahead of the database's; zero until that was measured."""
    return machine() - real()


def trouble() -> str | None:
    """What is wrong with the machine's clock and what to do, Chinese first; None if it is right."""
    seconds = off_by().total_seconds()
    if abs(seconds) <= TOLERATED.total_seconds():
        return None
    fast, ahead = ("快", "ahead of") if seconds > 0 else ("慢", "behind")
    size = f"{abs(seconds):,.0f}"
    return (
        f"本机时钟比数据库{fast} {size} 秒，请校时 (NTP) / This machine's clock is {size} s "
        f"{ahead} the database's: set it by NTP (chrony). The hub goes by the database's."
    )


class _Clock:
    source: Source = staticmethod(real)
    speed: float = 1.0


def now() -> datetime:
    """The time everything in this process goes by: UTC, aware."""
    return _Clock.source()


def seconds_until(moment: datetime) -> float:
    """Real seconds to wait until `now()` reads `moment`; 0 when it has passed."""
    return max(0.0, (moment - now()).total_seconds() / _Clock.speed)


def ago(seconds: float) -> datetime:
    """What `now()` read so many real seconds ago."""
    return now() - timedelta(seconds=seconds * _Clock.speed)


def use(source: Source, *, speed: float = 1.0) -> None:
    """Replace the source for this process; `speed` is its seconds per real second."""
    _Clock.source = staticmethod(source)
    _Clock.speed = speed


def speed() -> float:
    """The source's seconds per real second."""
    return _Clock.speed


def shifted(origin: datetime, *, speed: float = 1.0) -> Source:
    """A source that reads `origin` at this real moment and runs at `speed` from there."""
    started = time.monotonic()
    return lambda: origin + timedelta(seconds=(time.monotonic() - started) * speed)


def parse(text: str) -> datetime:
    """An aware UTC datetime from RFC 3339 text. Raises ValueError, also when it has no zone."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        message = f"{text!r} has no time zone"
        raise ValueError(message)
    return moment.astimezone(UTC)


def usable(moment: datetime) -> datetime:
    """A caller's moment in UTC. Raises ValueError outside the years 2000 to 2100.

    Nothing here happens at any other time, and what is computed from one would leave the calendar.
    """
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        moment = datetime.min.replace(tzinfo=UTC)
    if not EARLIEST <= moment < LATEST:
        message = "must lie between the years 2000 and 2100"
        raise ValueError(message)
    return moment


class ManualClock:
    """A clock for tests: stands still until moved; calling it reads it."""

    def __init__(self, start: datetime) -> None:
        self.current = start

    def __call__(self) -> datetime:  # noqa: D102  # said by the class
        return self.current

    def advance(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0) -> datetime:
        """Move forward and return the new time."""
        self.current += timedelta(seconds=seconds, minutes=minutes, hours=hours)
        return self.current


@contextmanager
def manual(start: datetime | None = None) -> "Iterator[ManualClock]":
    """For tests: a clock of our own within the block, the old source after it."""
    before, speed = _Clock.source, _Clock.speed
    mine = ManualClock(start or real())
    use(mine)
    try:
        yield mine
    finally:
        use(before, speed=speed)
