"""Writes records, one document each: stop places and lines; and what all such writers do."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from pymongo import ReplaceOne, UpdateOne
from pymongo.errors import BulkWriteError

from hub.settings import FeedSettings
from hub.store.driver import Store
from hub.store.feeds.entries import Entry
from hub.store.feeds.memory import Applied, Memory, Seen, Verdict
from hub.store.feeds.rivalry.statements import Part, by_feed
from hub.store.feeds.rows import AGED, Document

Write = ReplaceOne[Document] | UpdateOne
CHUNK = 1000
_REMEMBERED = ("fp", "observed_at", "version")
log = structlog.get_logger()


class RecordWriter:
    """One collection's documents of one feed; of several feeds the last to write stands."""

    part = Part()

    def __init__(
        self, store: Store, feed: FeedSettings, collection: str, touch_after: timedelta
    ) -> None:
        self._store = store
        self._collection = store.db[collection]
        self._feed = feed
        self._memory = Memory(touch_after)

    async def load(self) -> None:
        """Remember what this feed wrote before."""
        wanted = [self.part.at(name) for name in (*_REMEMBERED, "feed", "others", "contested")]
        async for document in self._collection.find(self._spoken_of(), wanted):
            said = by_feed(self.part.of(document))[self._feed.id]
            observed = said.get("observed_at")
            seen = Seen(said["fp"], observed, observed, said.get("version", 0))
            self._memory.remember(document["_id"], seen)

    async def write(self, entries: Sequence[Entry]) -> Applied:
        """Apply entries in the order given."""
        applied = Applied()
        for start in range(0, len(entries), CHUNK):
            applied += await self._write_chunk(entries[start : start + CHUNK])
        return applied

    async def age(self, ids: Iterable[str], moment: datetime) -> None:
        """Let what says no age of its own age from when it was told last, else from a moment.

        It would else be as old as its feed, which speaks, but not of this any more.
        """
        since = {} if self.part.own_time else self._memory.undated(ids, moment)
        if since:
            writes = [write for id_, at in since.items() for write in self._aging(id_, at)]
            await self._collection.bulk_write(writes, ordered=False)
            self._memory.aged(since)

    def besides(self, present: Iterable[str]) -> list[str]:
        """What this feed said that is none of these."""
        here = set(present)
        return [id_ for id_ in self._memory.ids() if id_ not in here]

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
        if touched and (absent := await self._touch(touched)):
            refused += await self._replace(absent)  # they had expired, and are back
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
        writes = [self._write_of(entry.id, self._document(entry)) for entry in entries]
        refused: set[str] = set()
        try:
            await self._collection.bulk_write(writes, ordered=False)
        except BulkWriteError as error:
            failures = error.details["writeErrors"]
            failed = {entries[failure["index"]].id: failure for failure in failures}
            refused = await self._failed([e for e in entries if e.id in failed], failed)
        for entry in entries:
            if entry.id not in refused:
                self._memory.remember(entry.id, _seen(entry))
        return len(refused)

    async def _failed(self, entries: list[Entry], failures: Mapping[str, Document]) -> set[str]:
        """What the database refused of these, by id, and why; the ids that stay refused."""
        log.warning(
            "records refused by the database",
            feed=self._feed.id,
            collection=self._collection.name,
            count=len(entries),
            first=next((one["errmsg"][:200] for one in failures.values()), None),
        )
        return {entry.id for entry in entries}

    async def _touch(self, entries: list[Entry]) -> list[Entry]:
        """Move the time of documents whose content stands; those that are not there."""
        moved = self.part.at("observed_at")
        writes = [
            UpdateOne({"_id": entry.id, **self._mine()}, {"$set": {moved: entry.observed_at}})
            for entry in entries
        ]
        result = await self._collection.bulk_write(writes, ordered=False)
        for entry in entries:
            self._memory.remember(entry.id, _seen(entry))
        if result.matched_count == len(writes):
            return []
        there = self._collection.find({"_id": {"$in": [e.id for e in entries]}, **self._mine()}, [])
        found = {document["_id"] async for document in there}
        return [entry for entry in entries if entry.id not in found]

    async def _remove(self, ids: list[str]) -> Applied:
        if not ids:
            return Applied()
        removed = await self._delete({"_id": {"$in": ids}, **self._mine()})
        self._memory.forget(ids)
        return Applied(withdrawn=removed)

    def _aging(self, id_: str, moment: datetime) -> list[UpdateOne]:
        aged = {self.part.at("observed_at"): moment, self.part.at("fp"): AGED}
        return [UpdateOne({"_id": id_, **self._mine()}, {"$set": aged})]

    def _document(self, entry: Entry) -> Document:
        return {**entry.build(), "feed": self._feed.id, "fp": entry.fingerprint}

    def _mine(self) -> Document:
        """The filter of documents that show what this feed says."""
        return {self.part.at("feed"): self._feed.id}

    def _spoken_of(self) -> Document:
        """The filter of documents that this feed says something of."""
        return self._mine()

    def _write_of(self, id_: str, document: Document) -> Write:
        return ReplaceOne({"_id": id_}, document, upsert=True)

    async def _delete(self, mine: dict[str, Any]) -> int:
        """Remove what the filter finds; how many."""
        return (await self._collection.delete_many(mine)).deleted_count


def _seen(entry: Entry) -> Seen:
    return Seen(entry.fingerprint, entry.stamp, entry.observed_at, entry.version)
