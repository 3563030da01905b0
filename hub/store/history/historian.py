"""Whoever keeps the history: looks at what is shown, again and again, and writes what changed.

It reads and never listens: what ingests data writes nothing more for it, and what comes between
two looks costs nothing. One process at a time does it, under a lease.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from bson.raw_bson import RawBSONDocument

from hub import clock
from hub.model.area import Area
from hub.rounds import Failing
from hub.store import raw
from hub.store.driver import Document, Store
from hub.store.feeds.freshness import feed_state
from hub.store.feeds.same_as import SameAs
from hub.store.history.chapters import EVERY, tolerated
from hub.store.history.frames import RAW, Rows, pack
from hub.store.history.kept import Kept, Look
from hub.store.leases import Lease

log = structlog.get_logger()

SAMPLES = 30
"""Samples of a chapter: a moment is read from a whole one and fewer than so many changes."""
MOST = 5_000
"""Rows of a collection in a sample."""
MEGABYTE = 1024 * 1024
_LEASE = timedelta(seconds=2 * EVERY)


@dataclass(slots=True)
class _Chapter:
    """The chapter that is being written."""

    id: str
    until: datetime
    fence: int | None
    samples: int = 0
    held: dict[str, Rows] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)


class Historian:
    """Keeps the history of `kept`: so many hours of it, and at most so many megabytes."""

    def __init__(
        self,
        store: Store,
        owner: str,
        *,
        area: Area,
        same_as: SameAs,
        kept: Sequence[Kept],
        hours: int,
        megabytes: int,
    ) -> None:
        self._db = store.db
        self._lease = Lease(store, "history", owner, ttl=_LEASE)
        self._area, self._same_as = area, same_as
        self._kept = kept
        self._hours, self._most_bytes = hours, megabytes * MEGABYTE
        self._chapter: _Chapter | None = None
        self._cut: set[str] = set()

    async def run(self) -> None:
        """Sample until cancelled; what fails is a gap, and said once."""
        failing = Failing("history_failing", over="history_kept_again")
        while True:
            begun = time.monotonic()
            with failing.guard():
                await self.sample()
            await asyncio.sleep(max(0.0, EVERY - (time.monotonic() - begun)))

    async def sample(self) -> None:
        """Look once, and keep what is other than at the last look."""
        chapter, self._chapter = self._chapter, None  # whatever fails, the next begins anew
        if not await self._lease.acquire():
            return
        now = clock.now()
        if self._hours == 0:
            await self._forget(now)
            return
        seen = await self._look(now)
        states = {str(key): feed_state(row, now).value for key, row in seen[raw.FEEDS].items()}
        if chapter is None or self._is_over(chapter, now):
            chapter = await self._begin(now, seen, states)
        else:
            await self._go_on(chapter, now, seen, states)
        chapter.held, chapter.states, chapter.until = seen, states, now
        chapter.samples += 1
        self._chapter = chapter

    def _is_over(self, chapter: _Chapter, now: datetime) -> bool:
        late = now - chapter.until > tolerated() or now <= chapter.until
        return late or chapter.samples >= SAMPLES or chapter.fence != self._lease.fence

    async def _look(self, now: datetime) -> dict[str, Rows]:
        places = await self._same_as.with_equivalents(self._area.stop_places)
        if not places:
            places = tuple(await self._db[raw.STOP_PLACES].distinct("_id"))
        look = Look(now, places, self._area.centre)
        return {kept.collection: await self._rows(kept, look) for kept in self._kept}

    async def _rows(self, kept: Kept, look: Look) -> Rows:
        rows = self._db[kept.collection].with_options(codec_options=RAW)
        found: list[RawBSONDocument] = await rows.find(
            kept.rows(look), dict(kept.fields) or None, limit=MOST + 1
        ).to_list()
        cut = len(found) > MOST
        if cut and kept.collection not in self._cut:  # said once, and again when it comes again
            log.warning("history_cut", collection=kept.collection, rows=MOST)
        (self._cut.add if cut else self._cut.discard)(kept.collection)
        return {row["_id"]: row for row in found[:MOST]}

    async def _begin(
        self, now: datetime, seen: dict[str, Rows], states: dict[str, str]
    ) -> _Chapter:
        chapter = _Chapter(f"{now:%Y%m%dT%H%M%S.%f}-{self._lease.fence}", now, self._lease.fence)
        size = await self._write(chapter, now, seen)
        told = [{"feed": feed, "state": state} for feed, state in states.items()]
        row = {"_id": chapter.id, "at": now, "until": now, "samples": 1, "bytes": size}
        await self._db[raw.HISTORY_CHAPTERS].insert_one({**row, "states": told})
        await self._forget(now - timedelta(hours=self._hours))
        return chapter

    async def _go_on(
        self, chapter: _Chapter, now: datetime, seen: dict[str, Rows], states: dict[str, str]
    ) -> None:
        size = await self._write(chapter, now, seen)
        change: Document = {"$set": {"until": now}, "$inc": {"bytes": size, "samples": 1}}
        marks = [
            {"at": now, "feed": feed, "state": state}
            for feed, state in states.items()
            if chapter.states.get(feed) != state
        ]
        if marks:
            change["$push"] = {"marks": {"$each": marks}}
        await self._db[raw.HISTORY_CHAPTERS].update_one({"_id": chapter.id}, change)

    async def _write(self, chapter: _Chapter, now: datetime, seen: dict[str, Rows]) -> int:
        """Write the block of a sample, if anything is in it; its bytes."""
        parts = await asyncio.to_thread(_parts, chapter.held, seen)
        if parts:
            row = {"_id": f"{chapter.id}#{chapter.samples:03d}", "chapter": chapter.id, "at": now}
            await self._db[raw.HISTORY_BLOCKS].insert_one({**row, "parts": parts})
        return sum(map(len, parts.values()))

    async def _forget(self, before: datetime) -> None:
        """Remove what is older, and the oldest of what is more than may be kept."""
        chapters = self._db[raw.HISTORY_CHAPTERS]
        total, first = 0, None
        fields = {"at": 1, "until": 1, "bytes": 1}
        async for one in chapters.find({}, fields, sort=[("at", -1)]):
            total += one["bytes"]
            if one["until"] < before or (first is not None and total > self._most_bytes):
                break
            first = one["at"]
        gone = {"at": {"$lt": first}} if first is not None else {"at": {"$lte": before}}
        await chapters.delete_many(gone)
        await self._db[raw.HISTORY_BLOCKS].delete_many(gone)


def _parts(old: dict[str, Rows], new: dict[str, Rows]) -> dict[str, bytes]:
    """The packs of what changed, by collection."""
    found = {name: pack(old.get(name, {}), rows) for name, rows in new.items()}
    return {name: packed for name, packed in found.items() if packed is not None}
