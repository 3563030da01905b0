"""Incidents (事件): who may see which, the writes that change them, and running numbers."""

from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

import pymongo
import structlog
from beanie import SortDirection
from pymongo import ReturnDocument
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import PyMongoError
from pymongo.write_concern import WriteConcern

from hub.errors import RetryLater
from hub.model.operations import IncidentState, Role
from hub.model.people import Viewer
from hub.store.documents import CounterDoc, IncidentDoc, TimelineDoc, TimelineEntry, plain
from hub.store.driver import Store, Tx
from hub.store.pending import pending, seen
from hub.store.timeline import INCIDENTS, TIMELINE, Timeline, lines

log = structlog.get_logger()

PUT_BACK_SECONDS = 1.0
"""Seconds that putting numbers back may hold up a transaction."""
Page = tuple[datetime, str]
"""A place in a newest-first listing: the row's time and id."""

_NEWEST = [("opened_at", SortDirection.DESCENDING), ("_id", SortDirection.DESCENDING)]

NOTHING: dict[str, Any] = {"_id": {"$in": []}}
"""A filter that no row passes."""


def visible_incidents(viewer: Viewer) -> dict[str, Any]:
    """The row policy of incidents, as a filter.

    The centre sees all; a liaison or partner what involves its unit; an officer what involves
    the officer or the officer's unit.
    """
    if viewer.sees_everything:
        return {}
    ways: list[dict[str, Any]] = []
    if viewer.unit is not None:
        ways.append({"units": viewer.unit})
    if viewer.role is Role.OFFICER:
        ways.append({"officers": viewer.account_id})
    return {"$or": ways} if ways else NOTHING


def older_than(after: Page | None, field: str) -> dict[str, Any]:
    """The rows behind a place in a listing sorted by `field` and id, newest first."""
    if after is None:
        return {}
    moment, row_id = after
    return {"$or": [{field: {"$lt": moment}}, {field: moment, "_id": {"$lt": row_id}}]}


class IncidentRepository:
    """Incidents. Methods with a `viewer` apply the row policy; others are for the hub itself."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._timeline = Timeline(store)

    async def get(
        self, incident_id: str, viewer: Viewer, *, tx: Tx | None = None
    ) -> IncidentDoc | None:
        """The incident, or None if it is absent or not the viewer's to see."""
        query = {"$and": [{"_id": incident_id}, visible_incidents(viewer)]}
        if tx is not None and viewer.sees_everything:
            return await self.for_hub(incident_id, tx=tx)
        await seen(tx, INCIDENTS)
        row = await self._store.db[INCIDENTS].find_one(query, session=tx)
        return IncidentDoc.model_validate(row) if row else None

    async def visible(
        self, viewer: Viewer, incident_ids: Collection[str]
    ) -> dict[str, IncidentDoc]:
        """Those of the incidents that the viewer may see, by id."""
        query = {"$and": [{"_id": {"$in": list(incident_ids)}}, visible_incidents(viewer)]}
        return {incident.id: incident for incident in await IncidentDoc.find(query).to_list()}

    async def page(
        self,
        viewer: Viewer,
        *,
        first: int,
        after: Page | None = None,
        state: IncidentState | None = None,
        unit: str | None = None,
    ) -> list[IncidentDoc]:
        """At most `first` incidents, newest first by (opened_at, id), behind `after`."""
        terms = [visible_incidents(viewer), older_than(after, "opened_at")]
        if state is not None:
            terms.append({"state": state})
        if unit is not None:
            terms.append({"units": unit})
        return await IncidentDoc.find({"$and": terms}).sort(_NEWEST).limit(first).to_list()

    async def timelines(
        self, viewer: Viewer, incident_ids: Collection[str]
    ) -> dict[str, list[TimelineDoc]]:
        """The timelines of those incidents that the viewer may see, by incident.

        Each as far as the viewer may read it (`visible_lines`), oldest first.
        """
        query = {"$and": [{"_id": {"$in": list(incident_ids)}}, visible_incidents(viewer)]}
        rows = self._store.db[INCIDENTS].find(query, {"_id": True})
        return await self._timeline.of_incidents(viewer, [row["_id"] async for row in rows])

    async def timeline_lengths(self, incident_ids: Collection[str]) -> Mapping[str, int]:
        """How many lines each has, seen or not: it grows whenever something was written there."""
        return await self._timeline.lengths(incident_ids)

    async def of_officer(
        self, account_id: str, *, closed_since: datetime, limit: int, tx: Tx
    ) -> list[IncidentDoc]:
        """Incidents with this officer: all that are open, the last `limit` closed since then."""
        mine = {"officers": account_id}
        found = (
            await IncidentDoc.find({**mine, "state": IncidentState.OPEN}, session=tx)
            .sort(_NEWEST)
            .to_list()
        )
        found += await (
            IncidentDoc.find({**mine, "closed_at": {"$gte": closed_since}}, session=tx)
            .sort(_NEWEST)
            .limit(limit)
            .to_list()
        )
        return found

    async def for_hub(self, incident_id: str, *, tx: Tx | None = None) -> IncidentDoc | None:
        """The incident whoever asks: for the hub's own steps, never for an answer to a caller."""
        if tx is None:
            return await IncidentDoc.get(incident_id)
        row = await pending(tx).row(INCIDENTS, incident_id)
        return IncidentDoc.model_validate(row) if row else None

    async def insert(self, tx: Tx, incident: IncidentDoc, *entries: TimelineEntry) -> None:
        """Store a new incident and the first lines of its timeline."""
        pending(tx).insert(INCIDENTS, plain(incident))
        await self.note(tx, incident.id, *entries)

    async def note(self, tx: Tx, incident_id: str, *entries: TimelineEntry) -> None:
        """Append to the timeline. The incident itself is not written: many may do this at once."""
        pending(tx).insert(TIMELINE, *lines(incident_id, entries))

    async def involve(
        self, tx: Tx, incident: IncidentDoc, officers: Collection[str], units: Collection[str]
    ) -> None:
        """Make officers and units part of the incident; it is written only if any of them is new.

        Closing an incident and ordering somebody there cannot overlook each other: closing writes
        the incident and the inbox of all its officers, an order the inbox of each it asks, and the
        incident where one of those is new to it.
        """
        known = {*incident.officers}
        new = {
            "officers": [name for name in officers if name not in known],
            "units": [unit for unit in units if unit not in incident.units],
        }
        if not any(new.values()):
            return
        change = {name: {"$each": values} for name, values in new.items()}
        pending(tx).update(INCIDENTS, incident.id, {"$addToSet": change, "$inc": {"revision": 1}})

    async def close(
        self, tx: Tx, incident_id: str, *, by: str, at: datetime, outcome: str, entry: TimelineEntry
    ) -> None:
        """Close an incident."""
        ended = {
            "state": IncidentState.CLOSED,
            "closed_by": by,
            "closed_at": at,
            "outcome": outcome,
        }
        change = {"$set": ended, "$inc": {"revision": 1}}
        pending(tx).update(INCIDENTS, incident_id, change)
        await self.note(tx, incident_id, entry)


@dataclass(slots=True)
class _Drawn:
    """Order numbers drawn for the works of one transaction; those in `left` nobody has used yet.

    `many` of them are still drawn, up to `last`.
    """

    series: str
    last: int
    many: int
    left: deque[int]


class Numbers:
    """Running numbers, given outside of any transaction so that nobody waits for them.

    A number is never given twice. Those of orders of a transaction that is given up are put back,
    unless others have drawn since: then, and where that fails, they are missing. It needs no
    majority: it is in the oplog before the write that uses it, so that no failover keeps only the
    latter.
    """

    async def incident(self, day: date) -> str:
        """The next incident number of a day: `YYYYMMDD-NNN`."""
        prefix = day.strftime("%Y%m%d")
        return f"{prefix}-{await self._next(f'incident:{prefix}'):03}"

    async def order(self, incident: IncidentDoc, tx: Tx) -> str:
        """The next order number of an incident: `YYYYMMDD-NNN-NN`.

        Those that the works of one transaction will want are drawn in one call; what none of them
        used is put back at its end, and all when it is given up, unless others have drawn since.
        """
        writes, series = pending(tx), f"order:{incident.number}"
        drawn = writes.numbers.get(incident.id)
        if not drawn:
            many = max(1, writes.numbers_wanted[incident.id])
            last = await self._next(series, many)
            drawn = writes.numbers[incident.id] = deque(range(last - many + 1, last + 1))
            of_series = _Drawn(series, last, many, drawn)
            writes.at_end(partial(self._put_back, of_series, unused=True))
            writes.at_abort(partial(self._put_back, of_series, unused=False))
        return f"{incident.number}-{drawn.popleft():02}"

    async def _put_back(self, drawn: _Drawn, *, unused: bool) -> None:
        """Those that were not used, or all; that it fails costs numbers, and no order."""
        back = len(drawn.left) if unused else drawn.many
        if not back:
            return
        untouched = {"_id": drawn.series, "value": drawn.last}
        try:
            with pymongo.timeout(PUT_BACK_SECONDS):
                done = await self._counters().update_one(untouched, {"$inc": {"value": -back}})
        except PyMongoError as error:
            log.warning("numbers_not_put_back", series=drawn.series, many=back, error=repr(error))
            return
        if done.modified_count:
            drawn.last, drawn.many = drawn.last - back, drawn.many - back

    async def _next(self, series: str, many: int = 1) -> int:
        """The last of the next `many` numbers."""
        row: dict[str, Any] | None = await self._counters().find_one_and_update(
            {"_id": series},
            {"$inc": {"value": many}},
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        if row is None:
            raise RetryLater(f"No number was given in the series {series!r}.")
        return int(row["value"])

    def _counters(self) -> "AsyncCollection[dict[str, Any]]":
        return CounterDoc.get_pymongo_collection().with_options(write_concern=WriteConcern(w=1))
