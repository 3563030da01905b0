"""The sandbox's clock: real time, or real time run faster from the moment of the start."""

from datetime import UTC, datetime


class Clock:
    """Reads `start` at the moment it is made and runs at `speed` from there.

    Without `start` and at speed 1 it reads the machine's time. Moments are POSIX seconds inside
    the simulation; datetimes are aware, UTC.
    """

    def __init__(self, start: datetime | None = None, speed: float = 1.0) -> None:
        self.made = datetime.now(UTC)
        self.start = start or self.made
        self.speed = speed

    def now(self) -> datetime:
        """The simulated time."""
        return self.start + (datetime.now(UTC) - self.made) * self.speed

    def posix(self) -> float:
        """The simulated time in POSIX seconds."""
        return self.now().timestamp()

    def real(self, seconds: float) -> float:
        """Real seconds in which `seconds` of simulated time pass."""
        return seconds / self.speed
