"""Writes what a source says anew of journeys that are as it left them, without reading them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from pymongo import UpdateMany, UpdateOne

from hub.model.journeys import DatedJourney
from hub.store import raw
from hub.store.driver import Store, Tx
from hub.store.feeds.revision import Before, Revision, Written, revision
from hub.store.feeds.row_writer import Write, new_rev
from hub.store.feeds.rows import unzoned


@dataclass(frozen=True, slots=True)
class Judged:
    """A record that is to be written: what names its content, what orders it, what was before."""

    record: DatedJourney
    fingerprint: str
    stamp: datetime | None
    before: Before | None


class _Known(NamedTuple):
    """A record whose changes are known without reading the journey."""

    judged: Judged
    before: Before
    change: Revision

    @property
    def id(self) -> str:
        return self.judged.record.id

    @property
    def observed_at(self) -> datetime | None:
        return self.judged.record.observed_at and unzoned(self.judged.record.observed_at)


class Reviser:
    """Revises the journeys of one feed; `projection` names what their rows were made for."""

    def __init__(
        self, store: Store, feed: str, stop_places: frozenset[str], projection: str
    ) -> None:
        self._journeys = store.db[raw.JOURNEYS]
        self._calls = store.db[raw.CALLS]
        self._feed = feed
        self._stop_places = stop_places
        self._projection = projection

    async def revise(self, tx: Tx, items: Iterable[Judged]) -> dict[str, Written]:
        """Write those whose journeys stand as they were left; what to remember of them, by id.

        The others, which have to be merged, are not touched. No id may come twice.
        """
        found = {known.id: known for known in self._revisions(items)}
        if not found:
            return {}
        rev = new_rev()
        writes = [self._write(known, rev) for known in found.values()]
        result = await self._journeys.bulk_write(writes, ordered=False, session=tx)
        if result.matched_count < len(writes):
            mine = {"_id": {"$in": list(found)}, "rev": rev}
            there = {one["_id"] async for one in self._journeys.find(mine, {"_id": 1}, session=tx)}
            found = {id_: known for id_, known in found.items() if id_ in there}
        rows = self._rows(found.values())
        if rows:
            await self._calls.bulk_write(rows, ordered=False, session=tx)
        return {
            id_: Written(rev, known.change.placed, planned=known.before.written.planned)
            for id_, known in found.items()
        }

    def _revisions(self, items: Iterable[Judged]) -> Iterator[_Known]:
        for judged in items:
            if judged.before is None:
                continue
            change = revision(judged.before, judged.record, self._stop_places)
            if change is not None:
                yield _Known(judged, judged.before, change)

    def _write(self, known: _Known, rev: int) -> UpdateOne:
        judged = known.judged
        fields = {
            **known.change.journey,
            "rev": rev,
            "realtime.fp": judged.fingerprint,
            "realtime.as_of": judged.stamp and unzoned(judged.stamp),
            "realtime.observed_at": known.observed_at,
        }
        left_as = {"rev": known.before.written.rev, "projection": self._projection}
        return UpdateOne({"_id": known.id, **left_as}, {"$set": fields})

    def _rows(self, found: Iterable[_Known]) -> list[Write]:
        rows: list[Write] = []
        moved: dict[datetime | None, list[str]] = {}
        for known in found:
            rows.extend(
                UpdateOne({"_id": id_}, {"$set": row}) for id_, row in known.change.rows.items()
            )
            if known.before.observed_at != known.judged.record.observed_at:
                moved.setdefault(known.observed_at, []).append(known.id)
        for moment, ids in moved.items():
            shown = {"journey.id": {"$in": ids}, "source": self._feed, "realtime": True}
            rows.append(UpdateMany(shown, {"$set": {"observed_at": moment}}))
        return rows
