"""The database server's clock as read from here: the one clock that all processes share.

A reading is as uncertain as half its round trip. One that is less certain than what is known, with
the drift of the steady counter since, is used only when it contradicts it: then the server's own
clock was set, or another server has become primary.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pymongo
import structlog
from pymongo.errors import PyMongoError

from hub import clock

log = structlog.get_logger()

EVERY = 5.0
"""Seconds between two readings."""
READING_SECONDS = 2.0
FIRST_READINGS = 5
"""At the start the best of several is taken: the first also opens a connection."""
DRIFT = 0.0002
"""How far a steady counter may run wrong, seconds a second; cheap crystals stay well below."""
RESOLUTION = 0.001
"""Seconds: the server tells milliseconds."""


@dataclass(frozen=True, slots=True)
class Reading:
    """It was `moment` when the counter read `counter`, give or take `spread` seconds."""

    moment: datetime
    counter: float
    spread: float

    def uncertainty(self, counter: float) -> float:
        """Seconds by which what goes by this reading may be wrong at that place of the counter."""
        return self.spread + abs(counter - self.counter) * DRIFT

    def replaces(self, known: "Reading") -> bool:
        """Whether to go by this one from now on."""
        known_by = known.uncertainty(self.counter)
        apart = (self.moment - known.moment).total_seconds() - (self.counter - known.counter)
        return self.spread <= known_by or abs(apart) > self.spread + known_by


class ServerClock:
    """Keeps `hub.clock` on the server's time, which `ask` answers to the millisecond."""

    def __init__(self, ask: Callable[[], Awaitable[datetime]]) -> None:
        self._ask = ask
        self._known: Reading | None = None
        self._was_off = False

    async def start(self) -> None:
        """Read it a few times. Raises the driver's errors."""
        for _ in range(FIRST_READINGS):
            self.learn(await self.read())
        self._tell()

    async def run(self) -> None:
        """Read it regularly, until cancelled; without an answer time goes on as it was known."""
        while True:
            await asyncio.sleep(EVERY)
            try:
                with pymongo.timeout(READING_SECONDS):
                    self.learn(await self.read())
            except PyMongoError as error:
                log.info("server_clock_unread", error=type(error).__name__)
            self._tell()

    async def read(self) -> Reading:
        """One reading: the server's time belongs somewhere between question and answer."""
        asked = time.monotonic()
        moment = await self._ask()
        half = (time.monotonic() - asked) / 2
        middle = moment + timedelta(seconds=RESOLUTION / 2)  # it is cut off, not rounded
        return Reading(middle, asked + half, half + RESOLUTION / 2)

    def learn(self, reading: Reading) -> None:
        """Go by the reading, if it says more than what is known."""
        if self._known is None or reading.replaces(self._known):
            self._known = reading
            clock.set_right(reading.moment, reading.counter)

    def _tell(self) -> None:
        """Log once when the machine's clock is found off, and once when it is right again."""
        trouble = clock.trouble()
        if (trouble is not None) == self._was_off:
            return
        self._was_off = trouble is not None
        if trouble is not None:
            log.error("clock_off", detail=trouble)
        else:
            log.info("clock_right")
