"""What the feeds of one process that ask one host know of each other."""

import asyncio
from collections import defaultdict
from contextlib import suppress

GAP_SECONDS = 0.05


class Spacing:
    """Keeps requests to one host apart, and knows whom it answers. One per process."""

    def __init__(self, gap: float = GAP_SECONDS) -> None:
        self._gap = gap
        self._free_at: dict[str, float] = {}
        self._answered: defaultdict[str, dict[str, float]] = defaultdict(dict)
        self._news: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)

    async def turn(self, host: str) -> None:
        """Wait for the host's next free moment and take it."""
        now = asyncio.get_running_loop().time()
        at = max(now, self._free_at.get(host, now))
        self._free_at[host] = at + self._gap
        if at > now:
            await asyncio.sleep(at - now)

    def answered(self, host: str, feed_id: str) -> None:
        """The host gave a feed what it asked for."""
        self._answered[host][feed_id] = asyncio.get_running_loop().time()
        self._news[host].set()
        self._news[host] = asyncio.Event()

    def answers_others(self, host: str, feed_id: str, within: float) -> bool:
        """Whether the host answered another feed in the last so many seconds."""
        since = asyncio.get_running_loop().time() - within
        return any(at >= since for feed, at in self._answered[host].items() if feed != feed_id)

    async def news(self, host: str, within: float) -> None:
        """Wait until the host answers any feed, at most so many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._news[host].wait()
