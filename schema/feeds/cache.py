"""The feeds' documents in memory: every board asks how old each of its sources is."""

from collections.abc import Mapping
from typing import Any

from hub.bus import Bus, Change, ChangeKind
from hub.store.transit import TransitRepository

COLLECTION = "feeds"


class FeedCache:
    """Every feed's document by id. `load` once, then keep `follow` running."""

    def __init__(self, transit: TransitRepository) -> None:
        self._transit = transit
        self._feeds: dict[str, Mapping[str, Any]] = {}

    def get(self, feed_id: str | None) -> Mapping[str, Any] | None:
        """The document of a feed; None if there is none."""
        return self._feeds.get(feed_id) if feed_id is not None else None

    async def load(self) -> None:
        """Read all feeds."""
        self._feeds = {feed["_id"]: feed for feed in await self._transit.feeds()}

    async def follow(self, bus: Bus) -> None:
        """Load, then apply each change as it is committed, until cancelled."""
        listener = bus.listen(COLLECTION)
        try:
            await self.load()
            async for change in listener:
                await self._apply(change)
        finally:
            bus.unlisten(listener)

    async def _apply(self, change: Change) -> None:
        if change.kind is ChangeKind.RESET:
            await self.load()
        elif change.document is not None:
            self._feeds[change.id] = change.document
        elif change.kind is ChangeKind.DELETED:
            self._feeds.pop(change.id, None)
