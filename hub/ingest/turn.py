"""Whose turn it is to write what is pushed to a feed: any process that serves HTTP, one at a time.

A FeedWriter remembers what its feed wrote, and an archive how many messages it holds, so both go
stale the moment somebody else has written. The lease's fence tells: it counts each time the lease
is taken up, so if only one was added since our last turn, nobody else had one.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from hub import clock
from hub.settings import FeedSettings
from hub.store.driver import Store
from hub.store.feeds.apply import FeedWriter
from hub.store.feeds.cache import FeedRepository
from hub.store.leases import Lease

TTL = timedelta(seconds=60)
"""Longer than any turn may last (`hub.ingest.inlet.TURN_SECONDS`)."""
ASK_AGAIN_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Hand:
    """What is needed to write, for one turn."""

    writer: FeedWriter
    repository: FeedRepository


class Turn:
    """One feed's turns as one part of one process takes them, in the order they are asked for."""

    def __init__(
        self, store: Store, feed: FeedSettings, stop_places: frozenset[str], raw_bytes: int
    ) -> None:
        self._store = store
        self._feed = feed
        self._stop_places = stop_places
        self._raw_bytes = raw_bytes
        self._lease = Lease(store, f"push:{feed.id}", uuid4().hex, ttl=TTL)
        self._hand: Hand | None = None
        self._fence: int | None = None
        self._order = asyncio.Lock()

    @asynccontextmanager
    async def take(self) -> AsyncIterator[Hand]:
        """Wait for the turn and have it; a turn that fails forgets what it remembered.

        Raises what the database raises while nothing can be written.
        """
        async with self._order:
            while True:
                if await self._lease.acquire():
                    break
                await asyncio.sleep(ASK_AGAIN_SECONDS)
            fence = self._lease.fence
            try:
                hand = self._remembered(fence) or await self._afresh()
                self._hand = None
                yield hand
                self._hand, self._fence = hand, fence
            finally:
                await self._lease.release()

    async def move(self, stop_places: frozenset[str]) -> None:
        """Write with these stop places from now on; returns when nothing is written with others."""
        async with self._order:
            self._stop_places, self._hand, self._fence = stop_places, None, None

    def _remembered(self, fence: int | None) -> Hand | None:
        if self._fence is None or fence is None or fence - self._fence > 1:
            return None
        return self._hand

    async def _afresh(self) -> Hand:
        """A writer and an archive that know what the database holds now."""
        hand = Hand(
            FeedWriter(self._store, self._feed, self._stop_places),
            FeedRepository(self._store, raw_bytes=self._raw_bytes),
        )
        await hand.repository.raw.started(self._feed.id, clock.now())
        return hand
