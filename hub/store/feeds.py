"""Feeds: their health, refusals and raw messages; and a copy of their documents at hand."""

import asyncio
import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bson import Binary

from hub import clock
from hub.bus import Bus, Change, ChangeKind
from hub.connector import Envelope, Reject
from hub.errors import Reason
from hub.store import raw
from hub.store.driver import Document, Store
from hub.store.transit import TransitRepository

REJECTS_PER_BATCH = 200
THREAD_ABOVE = 64 * 1024
LARGEST_STORED = 15 * 1024 * 1024
"""A document holds 16 MiB; a message that is larger even when compressed is kept by name only."""


class FeedRepository:
    """What is kept of each feed besides its records."""

    def __init__(self, store: Store) -> None:
        self._db = store.db

    async def all(self) -> list[Document]:
        """Every feed with its health, by id."""
        return await self._db[raw.FEEDS].find(sort=[("_id", 1)]).to_list()

    async def get(self, feed_id: str) -> Document | None:
        """One feed's document; None before its first status."""
        return await self._db[raw.FEEDS].find_one({"_id": {"$eq": feed_id}})

    async def save_status(self, feed_id: str, fields: Mapping[str, Any]) -> None:
        """Set these fields of a feed's document; fields that stand as they are cost no event."""
        await self._db[raw.FEEDS].update_one({"_id": feed_id}, {"$set": dict(fields)}, upsert=True)

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
        """Keep a message as it came in; the same bytes again only move its `received_at`.

        `quarantined` says why it could not be decoded.
        """
        name = {"_id": f"{envelope.sha256}:{feed_id}"}
        again = {"received_at": envelope.received_at}
        known = await self._db[raw.RAW_MESSAGES].update_one(name, {"$set": again})
        if known.matched_count:
            return
        packed = await _pack(envelope.body)
        message = {
            "feed": feed_id,
            "body": Binary(packed) if len(packed) <= LARGEST_STORED else None,
            "encoding": "zlib",
            "source": envelope.source,
            "content_type": envelope.content_type,
            "size": len(envelope.body),
            "quarantined": quarantined.value if quarantined else None,
        }
        await self._db[raw.RAW_MESSAGES].update_one(
            name, {"$set": again, "$setOnInsert": message}, upsert=True
        )

    async def raw_since(self, feed_id: str, since: datetime, limit: int = 100) -> list[Envelope]:
        """Messages of a feed received after `since`, oldest first, for replay.

        A message that was too large to keep is not among them.
        """
        query = {"feed": {"$eq": feed_id}, "received_at": {"$gt": since}, "body": {"$ne": None}}
        order = [("received_at", 1)]
        found = self._db[raw.RAW_MESSAGES].find(query, sort=order, limit=limit)
        return [
            Envelope(
                zlib.decompress(message["body"]),
                message["received_at"],
                message["source"],
                message["content_type"],
            )
            async for message in found
        ]


async def _pack(body: bytes) -> bytes:
    if len(body) > THREAD_ABOVE:
        return await asyncio.to_thread(zlib.compress, body)
    return zlib.compress(body)


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
        self._feeds = {feed["_id"]: feed for feed in await self._transit.feeds()}

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
