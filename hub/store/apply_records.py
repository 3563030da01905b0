"""Writes what has one layer only: stop places, lines, situations, vehicles. One document each."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from pymongo import ReplaceOne, UpdateOne
from pymongo.errors import BulkWriteError

from hub import clock
from hub.model.network import Line, Quay, StopPlace
from hub.model.situations import Situation, SituationProgress
from hub.model.vehicles import VehiclePosition
from hub.settings import FeedSettings
from hub.store.driver import Store
from hub.store.memory import Applied, Memory, Seen, Verdict
from hub.store.rows import Document, fingerprint, milliseconds, to_document

CHUNK = 1000
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Entry:
    """One document to be: what it is known by, when it was observed, and how to make it."""

    id: str
    fingerprint: str
    build: Callable[[], Document]
    observed_at: datetime | None = None
    stamp: datetime | None = None
    version: int = 0


class RecordWriter:
    """One collection's documents of one feed."""

    def __init__(
        self, store: Store, feed: FeedSettings, collection: str, touch_after: timedelta
    ) -> None:
        self._collection = store.db[collection]
        self._feed = feed
        self._memory = Memory(touch_after)

    async def load(self) -> None:
        """Remember what this feed wrote before."""
        wanted = {"fp": 1, "observed_at": 1, "version": 1}
        async for found in self._collection.find({"feed": self._feed.id}, wanted):
            observed = found.get("observed_at")
            seen = Seen(found["fp"], observed, observed, found.get("version", 0))
            self._memory.remember(found["_id"], seen)

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
            ReplaceOne(
                {"_id": entry.id},
                {**entry.build(), "feed": self._feed.id, "fp": entry.fingerprint},
                upsert=True,
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
        writes = [
            UpdateOne({"_id": entry.id}, {"$set": {"observed_at": entry.observed_at}})
            for entry in entries
        ]
        result = await self._collection.bulk_write(writes, ordered=False)
        for entry in entries:
            self._memory.remember(entry.id, _seen(entry))
        return result.matched_count == len(writes)

    async def _remove(self, ids: list[str]) -> Applied:
        if not ids:
            return Applied()
        mine = {"_id": {"$in": ids}, "feed": self._feed.id}
        result = await self._collection.delete_many(mine)
        self._memory.forget(ids)
        return Applied(withdrawn=result.deleted_count)


def _seen(entry: Entry) -> Seen:
    return Seen(entry.fingerprint, entry.stamp, entry.observed_at, entry.version)


def place_entries(places: Iterable[StopPlace], quays: Iterable[Quay]) -> list[Entry]:
    """Stop places, each with those of `quays` that are its own."""
    mine: dict[str, list[Quay]] = {}
    for quay in quays:
        mine.setdefault(quay.stop_place_id, []).append(quay)
    return [_place_entry(place, mine.get(place.id, [])) for place in places]


def _place_entry(place: StopPlace, quays: list[Quay]) -> Entry:
    def build() -> Document:
        return {**to_document(place), "quays": [quay_document(quay) for quay in quays]}

    name = fingerprint(place, "".join(fingerprint(quay) for quay in quays))
    return Entry(place.id, name, build)


def quay_document(quay: Quay) -> Document:
    """A quay as it is embedded in its stop place."""
    document = to_document(quay)
    document["id"] = document.pop("_id")
    for name in ("dataset", "stop_place_id"):
        del document[name]
    return document


def line_entry(line: Line) -> Entry:
    """A line."""
    return Entry(line.id, fingerprint(line), lambda: to_document(line))


def situation_entry(situation: Situation, as_of: datetime | None) -> Entry:
    """A situation; a closed one is kept for a day, so that everybody learns that it closed."""

    def build() -> Document:
        document = to_document(situation)
        if situation.progress is SituationProgress.CLOSED:
            document["closed_at"] = clock.now()
        return document

    moment = situation.observed_at or as_of
    return Entry(
        situation.id,
        fingerprint(situation),
        build,
        observed_at=situation.observed_at,
        stamp=milliseconds(moment) if moment else None,
        version=situation.version,
    )


def vehicle_entry(vehicle: VehiclePosition) -> Entry:
    """A vehicle's latest position."""
    stamp = milliseconds(vehicle.observed_at)
    return Entry(
        vehicle.id,
        fingerprint(vehicle),
        lambda: to_document(vehicle),
        observed_at=stamp,
        stamp=stamp,
    )
