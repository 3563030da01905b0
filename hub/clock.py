"""The one place that knows what time it is.

Everything else calls `now()`. A test or a sandbox running at another speed replaces the source
with `use()`; the hub does so only when told to (`[hub] clock_url`).
"""

from collections.abc import Callable
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)

Source = Callable[[], datetime]


def real() -> datetime:
    """The machine's time, UTC, aware."""
    return datetime.now(UTC)


class _Clock:
    source: Source = staticmethod(real)
    speed: float = 1.0


def now() -> datetime:
    """The time everything in this process goes by: UTC, aware."""
    return _Clock.source()


def seconds_until(moment: datetime) -> float:
    """Real seconds to wait until `now()` reads `moment`; 0 when it has passed."""
    return max(0.0, (moment - now()).total_seconds() / _Clock.speed)


def use(source: Source, *, speed: float = 1.0) -> None:
    """Replace the source for this process; `speed` is its seconds per real second."""
    _Clock.source = staticmethod(source)
    _Clock.speed = speed


def shifted(origin: datetime, *, speed: float = 1.0) -> Source:
    """A source that reads `origin` at this real moment and runs at `speed` from there."""
    started = real()
    return lambda: origin + (real() - started) * speed


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
