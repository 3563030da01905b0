"""Timelines of incidents (时间线): lines that are only ever added, and who may read which."""

import time
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any

import structlog

from hub.model.people import Role, Viewer
from hub.operations.incidents.documents import INCIDENTS, TIMELINE, TimelineDoc, TimelineEntry
from hub.store.driver import Document, Store, Tx
from hub.store.listing import Place, beyond
from hub.store.pending import seen

log = structlog.get_logger()

LISTED = 500
"""Lines that are listed with an incident, the newest; of more there are pages."""
_REPORTED = ["incident.opened", "incident.attached"]
_NEWEST = {"at": -1, "_id": -1}


def visible_lines(viewer: Viewer) -> dict[str, Any]:
    """The row policy of timelines, as a filter.

    Everybody who sees an incident reads what happened to the incident itself. Of its orders the
    centre reads all, a liaison what speaks of its unit alone, an officer what the officer did.
    """
    if viewer.sees_everything:
        return {}
    ways: list[dict[str, Any]] = [{"kind": {"$regex": r"^incident\."}}, {"by": viewer.account_id}]
    if viewer.role is Role.LIAISON and viewer.unit is not None:
        ways.append({"units": {"$eq": [viewer.unit]}})
    return {"$or": ways}


def lines(incident_id: str, entries: Sequence[TimelineEntry]) -> list[Document]:
    """The entries as documents; of those of one moment the ids keep the order."""
    written = time.time_ns()
    return [
        {
            "_id": f"{incident_id}:{written + number:020}",
            "incident_id": incident_id,
            **entry.model_dump(),
        }
        for number, entry in enumerate(entries)
    ]


class Timeline:
    """Repository of timelines."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def of_incidents(
        self, viewer: Viewer, incident_ids: Collection[str]
    ) -> dict[str, list[TimelineDoc]]:
        """The newest LISTED lines of each incident, oldest first.

        As much as somebody may read who may see the incident.
        """
        query = {"$and": [{"incident_id": {"$in": list(incident_ids)}}, visible_lines(viewer)]}
        newest = {"n": LISTED, "sortBy": _NEWEST, "output": "$$ROOT"}
        groups = await self._store.db[TIMELINE].aggregate(
            [
                {"$match": query},
                {"$group": {"_id": "$incident_id", "lines": {"$topN": newest}}},
            ]
        )
        found: dict[str, list[TimelineDoc]] = {incident_id: [] for incident_id in incident_ids}
        async for group in groups:
            rows = reversed(group["lines"])
            found[group["_id"]] = [TimelineDoc.model_validate(row) for row in rows]
        return found

    async def page(
        self, viewer: Viewer, incident_id: str, *, first: int, after: Place | None
    ) -> list[TimelineDoc]:
        """At most `first` lines that somebody may read who may see the incident, newest first."""
        terms = [{"incident_id": incident_id}, visible_lines(viewer), beyond(after, "at")]
        rows = self._store.db[TIMELINE].find({"$and": terms}).sort(_NEWEST).limit(first)
        return [TimelineDoc.model_validate(row) async for row in rows]

    async def lengths(self, incident_ids: Collection[str]) -> Mapping[str, int]:
        """How many lines each of the incidents has."""
        found = await self._store.db[TIMELINE].aggregate(
            [
                {"$match": {"incident_id": {"$in": list(incident_ids)}}},
                {"$group": {"_id": "$incident_id", "lines": {"$sum": 1}}},
            ]
        )
        lengths: defaultdict[str, int] = defaultdict(int)
        async for row in found:
            lengths[row["_id"]] = row["lines"]
        return lengths

    async def beyond_report(self, incident_ids: Collection[str], *, tx: Tx | None) -> set[str]:
        """Those of the incidents of which a line says more than that they were reported."""
        await seen(tx, TIMELINE)
        query = {"incident_id": {"$in": list(incident_ids)}, "kind": {"$nin": _REPORTED}}
        rows = self._store.db[TIMELINE].find(query, {"incident_id": True}, session=tx)
        return {row["incident_id"] async for row in rows}

    async def move_embedded(self) -> None:
        """Give each line a document where timelines are still part of their incident.

        So they were up to version 1.0. Any number of processes may do this at once.
        """
        moved = 0
        embedded = {"timeline": {"$exists": True}}
        async for incident in self._store.db[INCIDENTS].find(embedded, {"_id": True}):
            moved += await self._store.transaction(partial(self._move, incident["_id"]))
        if moved:
            log.info("timelines_moved", lines=moved)

    async def _move(self, incident_id: str, tx: Tx) -> int:
        incidents = self._store.db[INCIDENTS]
        query = {"_id": incident_id, "timeline": {"$exists": True}}
        incident = await incidents.find_one_and_update(
            query, {"$unset": {"timeline": True}}, session=tx
        )
        entries = [TimelineEntry(**line) for line in (incident or {}).get("timeline", ())]
        rows = lines(incident_id, entries)
        if rows:
            await self._store.db[TIMELINE].insert_many(rows, session=tx)
        return len(rows)
