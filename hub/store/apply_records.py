"""Writes what has one layer only, one document each: stop places, situations, vehicles, ..."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

import structlog
from pymongo import ReplaceOne, UpdateOne
from pymongo.errors import BulkWriteError

from hub.settings import FeedSettings
from hub.store.driver import Store
from hub.store.entries import Entry
from hub.store.memory import Applied, Memory, Seen, Verdict
from hub.store.rows import Document

Write = ReplaceOne[Document] | UpdateOne
CHUNK = 1000
log = structlog.get_logger()


class RecordWriter:
    """One collection's documents of one feed.

    A subclass writes a layer of documents that other feeds write too: `layer` is where it lies.
    """

    layer: str | None = None

    def __init__(
        self, store: Store, feed: FeedSettings, collection: str, touch_after: timedelta
    ) -> None:
        self._collection = store.db[collection]
        self._feed = feed
        self._memory = Memory(touch_after)

    async def load(self) -> None:
        """Remember what this feed wrote before."""
        wanted = [self._at(name) for name in ("fp", "observed_at", "version")]
        async for document in self._collection.find(self._mine(), wanted):
            found = document[self.layer] if self.layer else document
            observed = found.get("observed_at")
            seen = Seen(found["fp"], observed, observed, found.get("version", 0))
            self._memory.remember(document["_id"], seen)

    async def write(self, entries: Sequence[Entry]) -> Applied:
        """Apply entries in the order given."""
        applied = Applied()
        for start in range(0, len(entries), CHUNK):
            applied += await self._write_chunk(entries[start : start + CHUNK])
        return applied

    def count_absent(self, present: Iterable[str]) -> None:
        """A complete message held `present`."""
        self._memory.count_absent(present)

    async def withdraw_absent(self) -> Applied:
        """Remove what complete messages lacked several times in a row."""
        return await self._remove(self._memory.absent())

    async def withdraw(self, ids: Iterable[str]) -> Applied:
        """Remove these at once; unknown ids are passed over."""
        return await self._remove([id_ for id_ in ids if id_ in self._memory])

    async def _write_chunk(self, entries: Sequence[Entry]) -> Applied:
        changed: dict[str, Entry] = {}
        touched: list[Entry] = []
        stale = 0
        for entry in entries:
            match self._judge(entry, changed.get(entry.id)):
                case Verdict.WRITE:
                    changed[entry.id] = entry
                case Verdict.TOUCH:
                    touched.append(entry)
                case Verdict.STALE:
                    stale += 1
                case Verdict.SAME:
                    pass
        refused = await self._replace(list(changed.values())) if changed else 0
        if touched and not await self._touch(touched):
            refused += await self._replace(touched)  # some had expired: they are back
        unchanged = len(entries) - len(changed) - stale
        return Applied(len(changed) - refused, unchanged, stale=stale, refused=refused)

    def _judge(self, entry: Entry, earlier: Entry | None) -> Verdict:
        """Against what is stored; and against an earlier one of the same message."""
        if earlier is not None and earlier.stamp and entry.stamp and entry.stamp < earlier.stamp:
            return Verdict.STALE
        return self._memory.judge(
            entry.id,
            entry.fingerprint,
            observed_at=entry.observed_at,
            stamp=entry.stamp,
            version=entry.version,
        )

    async def _replace(self, entries: list[Entry]) -> int:
        """Write documents whole; the number the database refused."""
        writes = [
            self._write_of(
                entry.id, {**entry.build(), "feed": self._feed.id, "fp": entry.fingerprint}
            )
            for entry in entries
        ]
        refused: set[int] = set()
        try:
            await self._collection.bulk_write(writes, ordered=False)
        except BulkWriteError as error:
            failures = error.details["writeErrors"]
            refused = {failure["index"] for failure in failures}
            log.warning(
                "records refused by the database",
                feed=self._feed.id,
                collection=self._collection.name,
                count=len(refused),
                first=failures[0]["errmsg"][:200] if failures else str(error),
            )
        for index, entry in enumerate(entries):
            if index not in refused:
                self._memory.remember(entry.id, _seen(entry))
        return len(refused)

    async def _touch(self, entries: list[Entry]) -> bool:
        """Move the time of documents whose content stands; False when some are not there."""
        moved = self._at("observed_at")
        writes = [
            UpdateOne({"_id": entry.id, **self._mine()}, {"$set": {moved: entry.observed_at}})
            for entry in entries
        ]
        result = await self._collection.bulk_write(writes, ordered=False)
        for entry in entries:
            self._memory.remember(entry.id, _seen(entry))
        return result.matched_count == len(writes)

    async def _remove(self, ids: list[str]) -> Applied:
        if not ids:
            return Applied()
        removed = await self._delete({"_id": {"$in": ids}, **self._mine()})
        self._memory.forget(ids)
        return Applied(withdrawn=removed)

    def _at(self, name: str) -> str:
        return f"{self.layer}.{name}" if self.layer else name

    def _mine(self) -> Document:
        """The filter of what this feed wrote."""
        return {self._at("feed"): self._feed.id}

    def _write_of(self, id_: str, document: Document) -> Write:
        return ReplaceOne({"_id": id_}, document, upsert=True)

    async def _delete(self, mine: dict[str, Any]) -> int:
        """Remove what the filter finds; how many."""
        return (await self._collection.delete_many(mine)).deleted_count


def _seen(entry: Entry) -> Seen:
    return Seen(entry.fingerprint, entry.stamp, entry.observed_at, entry.version)
