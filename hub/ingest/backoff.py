"""How long to wait after errors of the other side: longer each time, but not for ever longer."""

import asyncio
from datetime import timedelta

from hub.ingest.durable import pause
from hub.ingest.spacing import Spacing

FIRST_WAIT = 1.0
"""Seconds before the first retry; the wait doubles with each failure, with jitter."""
FEW = 3
"""Intervals that a pause lasts at most while the host answers others."""
SHARE = 4
"""Else a pause may last as long as this part of the outage: a short one is over soon after."""
NOT_FAST = 30.0
"""Seconds before a refused credential is shown again, at least."""
LONGEST_WAIT = timedelta(minutes=5)
LONGEST_RETRY_AFTER = timedelta(hours=1)


class Backoff:
    """The failures in a row of one feed with one host (None: nobody else is at it)."""

    def __init__(
        self, feed_id: str, interval: timedelta, *, host: str | None, spacing: Spacing
    ) -> None:
        """`interval` is how often the other side is asked, or speaks, when all is well."""
        self._feed_id = feed_id
        self._interval = interval.total_seconds()
        self._host = host
        self._spacing = spacing
        self._failures = 0
        self._since = 0.0

    @property
    def failures(self) -> int:
        """How many in a row."""
        return self._failures

    def succeeded(self) -> None:
        """The other side did what was asked."""
        self._failures = 0

    def failed(self, after: float | None = None) -> float:
        """Seconds to wait; at least `after`, what the other side asked for, up to an hour."""
        now = asyncio.get_running_loop().time()
        if self._failures == 0:
            self._since = now
        self._failures += 1
        wait = pause(self._failures, first=FIRST_WAIT, longest=self._longest(now))
        return max(wait, min(after or 0.0, LONGEST_RETRY_AFTER.total_seconds()))

    def refused(self) -> float:
        """Seconds to wait where a person must act: nobody is asked fast with a wrong credential."""
        self._failures += 1
        most = max(LONGEST_WAIT.total_seconds(), self._interval)
        first = min(max(self._few, NOT_FAST), most)
        return pause(self._failures, first=first, longest=most)

    async def rest(self, seconds: float) -> None:
        """Wait so long; if that is long, one interval more once the host answers anybody."""
        if self._host is None or seconds <= self._few:
            await asyncio.sleep(seconds)
            return
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        await self._spacing.news(self._host, seconds - self._interval)
        await asyncio.sleep(max(0.0, min(self._interval, until - loop.time())))

    @property
    def _few(self) -> float:
        return FEW * self._interval

    def _longest(self, now: float) -> float:
        most = LONGEST_WAIT.total_seconds()
        if self._host and self._spacing.answers_others(self._host, self._feed_id, self._few):
            return max(min(self._few, most), FIRST_WAIT)
        outage = (now - self._since) / SHARE
        return max(min(max(self._few, outage), most), self._interval)
