"""Incidents (事件): who may see which, and the writes that change them."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from hub.model.operations import IncidentState
from hub.model.people import Role, Viewer
from hub.operations.incidents.documents import (
    INCIDENTS,
    TIMELINE,
    IncidentDoc,
    TimelineDoc,
    TimelineEntry,
)
from hub.operations.incidents.timeline import Timeline, lines
from hub.operations.words import Both
from hub.store.documents import plain
from hub.store.driver import Store, Tx
from hub.store.listing import NOTHING, Place, beyond, only
from hub.store.pending import pending, seen

_NEWEST = ("-opened_at", "-_id")


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


def entry(
    at: datetime, by: str, kind: str, words: Both | str, units: Iterable[str | None] = ()
) -> TimelineEntry:
    """A line of an incident's timeline; `by` is an account, or `hub`.

    `words` are somebody's own as they are. `units`: those of whom it speaks.
    """
    named = sorted({unit for unit in units if unit is not None})
    return TimelineEntry(at=at, by=by, kind=kind, text=str(words), units=named)


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
        after: Place | None = None,
        state: IncidentState | None = None,
        unit: str | None = None,
        incident_id: str | None = None,
    ) -> list[IncidentDoc]:
        """At most `first` incidents, newest first by (opened_at, id), behind `after`."""
        asked = only(state=state, units=unit, _id=incident_id)
        terms = [visible_incidents(viewer), beyond(after, "opened_at"), asked]
        return await IncidentDoc.find({"$and": terms}).sort(*_NEWEST).limit(first).to_list()

    async def timelines(
        self, viewer: Viewer, incident_ids: Collection[str]
    ) -> dict[str, list[TimelineDoc]]:
        """The timelines of those incidents that the viewer may see, by incident.

        Of each the newest lines that the viewer may read (`visible_lines`), oldest first.
        """
        return await self._timeline.of_incidents(viewer, await self._seen_by(viewer, incident_ids))

    async def timeline_page(
        self, viewer: Viewer, incident_id: str, *, first: int, after: Place | None = None
    ) -> list[TimelineDoc]:
        """At most `first` lines of an incident that the viewer may see, newest first."""
        if not await self._seen_by(viewer, [incident_id]):
            return []
        return await self._timeline.page(viewer, incident_id, first=first, after=after)

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
            .sort(*_NEWEST)
            .to_list()
        )
        found += await (
            IncidentDoc.find({**mine, "closed_at": {"$gte": closed_since}}, session=tx)
            .sort(*_NEWEST)
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

    async def by_ids(self, incident_ids: Collection[str], *, tx: Tx) -> dict[str, IncidentDoc]:
        """Incidents by id, for the hub's own steps."""
        await seen(tx, INCIDENTS)
        query = {"_id": {"$in": list(incident_ids)}}
        rows = self._store.db[INCIDENTS].find(query, session=tx)
        return {row["_id"]: IncidentDoc.model_validate(row) async for row in rows}

    async def acted_on(self, incident_ids: Collection[str], *, tx: Tx | None = None) -> set[str]:
        """Those of the incidents that somebody has acted on since they were reported."""
        return await self._timeline.beyond_report(incident_ids, tx=tx)

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
        await self.change(tx, incident_id, ended, entry)

    async def change(
        self, tx: Tx, incident_id: str, fields: Mapping[str, Any], entry: TimelineEntry
    ) -> None:
        """Set fields of an incident, and say so in its timeline."""
        change = {"$set": dict(fields), "$inc": {"revision": 1}}
        pending(tx).update(INCIDENTS, incident_id, change)
        await self.note(tx, incident_id, entry)

    async def _seen_by(self, viewer: Viewer, incident_ids: Collection[str]) -> list[str]:
        """Those of the incidents that the viewer may see."""
        query = {"$and": [{"_id": {"$in": list(incident_ids)}}, visible_incidents(viewer)]}
        rows = self._store.db[INCIDENTS].find(query, {"_id": True})
        return [row["_id"] async for row in rows]
