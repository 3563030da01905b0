"""Feeds: their health, refusals and raw messages; and a copy of their documents at hand."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from hub import clock
from hub.bus import Bus, Change, ChangeKind
from hub.connector import Envelope, Reject
from hub.errors import Reason
from hub.store import raw
from hub.store.driver import Document, Store
from hub.store.feeds.archive import MEGABYTE, Archive
from hub.store.feeds.transit import TransitRepository

REJECTS_PER_BATCH = 200


class FeedRepository:
    """What is kept of each feed besides its records; `raw` is the archive of its messages."""

    def __init__(self, store: Store, *, raw_bytes: int = 1024 * MEGABYTE) -> None:
        self._db = store.db
        self.raw = Archive(store, raw_bytes)

    async def all(self) -> list[Document]:
        """Every feed with its health, by id."""
        return await self._db[raw.FEEDS].find(sort=[("_id", 1)]).to_list()

    async def get(self, feed_id: str) -> Document | None:
        """One feed's document; None before its first status."""
        return await self._db[raw.FEEDS].find_one({"_id": {"$eq": feed_id}})

    async def save_status(self, feed_id: str, fields: Mapping[str, Any]) -> None:
        """Set these fields of a feed's document; fields that stand as they are cost no event."""
        await self._db[raw.FEEDS].update_one({"_id": feed_id}, {"$set": dict(fields)}, upsert=True)

    async def count_push(
        self, feed_id: str, fields: Mapping[str, Any], counted: Mapping[str, int]
    ) -> None:
        """Set fields of a feed's document and add to its `totals`: any process may take a push.

        A feed that nobody answers for yet has no document, and gets none by this.
        """
        update: dict[str, Any] = {"$set": dict(fields)}
        if counted:
            update["$inc"] = {f"totals.{name}": number for name, number in counted.items()}
        await self._db[raw.FEEDS].update_one({"_id": feed_id}, update)

    async def add_rejects(self, feed_id: str, rejects: Sequence[Reject]) -> None:
        """Keep rejects and notes for a day, the first two hundred of a batch."""
        moment = clock.now()
        rows = [
            {
                "feed": feed_id,
                "at": moment,
                "reason": reject.reason.value,
                "native_id": reject.native_id[:200],
                "detail": reject.detail[:500],
            }
            for reject in rejects[:REJECTS_PER_BATCH]
        ]
        if rows:
            await self._db[raw.REJECTS].insert_many(rows, ordered=False)

    async def rejects(self, feed_id: str, limit: int = REJECTS_PER_BATCH) -> list[Document]:
        """The latest rejects of a feed, newest first."""
        query = {"feed": {"$eq": feed_id}}
        return await self._db[raw.REJECTS].find(query, sort=[("at", -1)], limit=limit).to_list()

    async def archive(
        self, feed_id: str, envelope: Envelope, *, quarantined: Reason | None = None
    ) -> None:
        """Keep a payload as it came in. `quarantined` says why it could not be decoded."""
        await self.raw.add(feed_id, envelope, quarantined=quarantined)

    async def raw_since(self, feed_id: str, since: datetime, limit: int = 100) -> list[Envelope]:
        """What a feed received from `since` on, in its order; `raw` tells more."""
        found: list[Envelope] = []
        async for arrival in self.raw.arrivals(feed_id, since):
            if len(found) == limit:
                break
            if arrival.envelope is not None:
                found.append(arrival.envelope)
        return found


class FeedCache:
    """Every feed's document in memory: each board asks how old each of its sources is.

    Keep `follow` running, or `load` once and hand every change of `feeds` to `refresh`.
    """

    def __init__(self, transit: TransitRepository) -> None:
        self._transit = transit
        self._feeds: dict[str, Mapping[str, Any]] = {}

    def get(self, feed_id: str | None) -> Mapping[str, Any] | None:
        """The document of a feed; None if there is none."""
        return self._feeds.get(feed_id) if feed_id is not None else None

    def all(self) -> list[Mapping[str, Any]]:
        """Every feed, by id."""
        return [self._feeds[feed_id] for feed_id in sorted(self._feeds)]

    async def load(self) -> None:
        """Read all feeds."""
        self.hold(await self._transit.feeds())

    def hold(self, feeds: Iterable[Mapping[str, Any]]) -> None:
        """Take these documents, and no others, for the feeds."""
        self._feeds = {feed["_id"]: feed for feed in feeds}

    async def follow(self, bus: Bus) -> None:
        """Load, then apply each change as it is committed, until cancelled."""
        listener = bus.listen(raw.FEEDS)
        try:
            await self.load()
            async for change in listener:
                await self.refresh(change)
        finally:
            bus.unlisten(listener)

    async def refresh(self, change: Change) -> None:
        """Apply one change of the collection `feeds`."""
        if change.kind is ChangeKind.RESET:
            await self.load()
        elif change.document is not None:
            self._feeds[change.id] = change.document
        elif change.kind is ChangeKind.DELETED:
            self._feeds.pop(change.id, None)
