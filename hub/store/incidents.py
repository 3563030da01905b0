"""Incidents (事件): who may see which, and the writes that keep their timeline."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from beanie import SortDirection
from pymongo import ReturnDocument

from hub.access.principal import Viewer
from hub.errors import RetryLater
from hub.model.operations import IncidentState, Role
from hub.store.documents import CounterDoc, IncidentDoc, TimelineEntry
from hub.store.driver import Store, Tx

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


def shown(incident: IncidentDoc, viewer: Viewer) -> IncidentDoc:
    """The incident with as much of its timeline as the viewer may read.

    Everybody who sees it reads what happened to the incident itself. Of its orders the centre
    reads all, a liaison what speaks of its unit alone, an officer what the officer did.
    """
    if not viewer.sees_everything:
        incident.timeline = [line for line in incident.timeline if _readable(line, viewer)]
    return incident


def _readable(line: TimelineEntry, viewer: Viewer) -> bool:
    if line.kind.startswith("incident.") or line.by == viewer.account_id:
        return True
    return viewer.role is Role.LIAISON and line.units == [viewer.unit]


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

    async def get(
        self, incident_id: str, viewer: Viewer, *, tx: Tx | None = None
    ) -> IncidentDoc | None:
        """The incident, or None if it is absent or not the viewer's to see."""
        query = {"$and": [{"_id": incident_id}, visible_incidents(viewer)]}
        found = await IncidentDoc.find_one(query, session=tx)
        return found and shown(found, viewer)

    async def visible(
        self, viewer: Viewer, incident_ids: Collection[str]
    ) -> dict[str, IncidentDoc]:
        """Those of the incidents that the viewer may see, by id."""
        query = {"$and": [{"_id": {"$in": list(incident_ids)}}, visible_incidents(viewer)]}
        found = await IncidentDoc.find(query).to_list()
        return {incident.id: shown(incident, viewer) for incident in found}

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
        rows = IncidentDoc.find({"$and": terms})
        found = await rows.sort(_NEWEST).limit(first).to_list()
        return [shown(incident, viewer) for incident in found]

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
        return await IncidentDoc.find_one({"_id": incident_id}, session=tx)

    async def insert(self, tx: Tx, incident: IncidentDoc) -> None:
        """Store a new incident."""
        await incident.insert(session=tx)

    async def note(
        self,
        tx: Tx,
        incident_id: str,
        *entries: TimelineEntry,
        officers: Collection[str] = (),
        units: Collection[str] = (),
    ) -> None:
        """Append to the timeline; officers and units named here are involved from now on."""
        await IncidentDoc.get_pymongo_collection().update_one(
            {"_id": incident_id},
            {
                "$push": {"timeline": {"$each": [entry.model_dump() for entry in entries]}},
                "$addToSet": {
                    "officers": {"$each": list(officers)},
                    "units": {"$each": list(units)},
                },
                "$inc": {"revision": 1},
            },
            session=tx,
        )

    async def close(
        self, tx: Tx, incident_id: str, *, by: str, at: datetime, outcome: str, entry: TimelineEntry
    ) -> None:
        """Close an incident."""
        await IncidentDoc.get_pymongo_collection().update_one(
            {"_id": incident_id},
            {
                "$set": {
                    "state": IncidentState.CLOSED,
                    "closed_by": by,
                    "closed_at": at,
                    "outcome": outcome,
                },
                "$push": {"timeline": entry.model_dump()},
                "$inc": {"revision": 1},
            },
            session=tx,
        )


class Numbers:
    """Running numbers. A number is given inside the transaction that uses it, so none is lost."""

    async def incident(self, tx: Tx, day: date) -> str:
        """The next incident number of a day: `YYYYMMDD-NNN`."""
        prefix = day.strftime("%Y%m%d")
        return f"{prefix}-{await self._next(tx, f'incident:{prefix}'):03}"

    async def order(self, tx: Tx, incident_number: str) -> str:
        """The next order number of an incident: `YYYYMMDD-NNN-NN`."""
        return f"{incident_number}-{await self._next(tx, f'order:{incident_number}'):02}"

    async def _next(self, tx: Tx, series: str) -> int:
        row: dict[str, Any] | None = await CounterDoc.get_pymongo_collection().find_one_and_update(
            {"_id": series},
            {"$inc": {"value": 1}},
            upsert=True,
            return_document=ReturnDocument.AFTER,
            session=tx,
        )
        if row is None:
            raise RetryLater(f"No number was given in the series {series!r}.")
        return int(row["value"])
