"""Mappings of ids between datasets, what a person decided about them, and what follows from it.

A canonical object and everything mapped to it form a star: what is mapped is canonical for nothing,
what is canonical is mapped to nothing. So "the same as" is one step, and rejecting one mapping
takes away exactly what confirming it gave.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from hub import clock
from hub.errors import NotFound, UserFault
from hub.model.common import Mode, Name, Position
from hub.model.identity import IdMapping, MappingState, MatchMethod
from hub.model.network import StopPlace, StopPlaceKind
from hub.rules.matching import proposals
from hub.store import raw
from hub.store.audit import SHELL, Audit, Author
from hub.store.driver import Document, Store, Tx
from hub.store.feeds.rows import to_document
from hub.store.pending import pending

ENDS = ("scoped_id", "canonical_id")
"""Where a mapping names its two stop places."""
CODES: dict[str, tuple[str, str]] = {
    "BAD_PERIOD": ("有效期无效", "The mapping ends before it begins."),
    "UNKNOWN_STOP_PLACE": ("无此站点", "No timetable has told of this stop place."),
    "SAME_DATASET": ("同一数据集", "Two stop places of one dataset are two places."),
    "IS_CANONICAL": ("该站点是其他标识的基准", "Others are mapped to it: reject those first."),
    "CANONICAL_IS_MAPPED": ("基准站点已映射到别处", "Map to what that one is mapped to."),
}
"""Why two ids cannot be held for one: what it means, Chinese, and what to do, English."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A mapping as decided, and those it took the place of (now REJECTED)."""

    mapping: Document
    replaced: tuple[str, ...] = ()


class IdentityRepository:
    """Proposes, lists, confirms and rejects."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._mappings = store.db[raw.ID_MAPPINGS]
        self._places = store.db[raw.STOP_PLACES]

    async def get(self, mapping_id: str) -> Document | None:
        """One mapping."""
        return await self._mappings.find_one({"_id": {"$eq": mapping_id}})

    async def knows(self, dataset: str) -> bool:
        """Whether any feed, stop place or mapping is of this dataset."""
        of_it = {"dataset": {"$eq": dataset}}
        places = (self._store.db[raw.FEEDS], self._places, self._mappings)
        return any([await rows.find_one(of_it, {"_id": 1}) for rows in places])

    async def page(
        self,
        *,
        state: MappingState | None = None,
        dataset: str | None = None,
        limit: int,
        after: str | None = None,
    ) -> list[Document]:
        """Mappings by id, after the id `after`."""
        query: dict[str, Any] = {}
        if state is not None:
            query["state"] = state.value
        if dataset is not None:
            query["dataset"] = {"$eq": dataset}
        if after is not None:
            query["_id"] = {"$gt": after}
        return await self._mappings.find(query, sort=[("_id", 1)], limit=limit).to_list()

    async def unmatched(
        self, *, dataset: str | None = None, limit: int, after: str | None = None
    ) -> list[Document]:
        """Stop places no confirmed mapping in force speaks of, by id, after the id `after`.

        Each with its `proposals`: the PROPOSED mappings at either end of which it is, the likeliest
        first.
        """
        confirmed = await self._mappings.find(in_force(clock.now())).to_list()
        of_place: dict[str, Any] = {"$nin": list({row[end] for row in confirmed for end in ENDS})}
        if after is not None:
            of_place["$gt"] = after
        query: dict[str, Any] = {"_id": of_place}
        if dataset is not None:
            query["dataset"] = {"$eq": dataset}
        places = await self._places.find(query, sort=[("_id", 1)], limit=limit).to_list()
        here = {"$in": [place["_id"] for place in places]}
        either = {"state": MappingState.PROPOSED.value, "$or": [{end: here} for end in ENDS]}
        likeliest = [("confidence", -1), ("_id", 1)]
        proposals_of: dict[str, list[Document]] = defaultdict(list)
        async for row in self._mappings.find(either, sort=likeliest):
            for end in ENDS:
                proposals_of[row[end]].append(row)
        return [{**place, "proposals": proposals_of[place["_id"]]} for place in places]

    async def propose(self, dataset: str, onto: str | None = None) -> list[IdMapping]:
        """Propose canonical stop places (of `onto`, else of any other dataset) for a dataset's own.

        Writes PROPOSED mappings, which have no effect, and returns the new ones. A pair that was
        proposed before is left as it is, above all when it was rejected.
        """
        confirmed = await self._mappings.find(in_force(clock.now())).to_list()
        mapped = {row["scoped_id"] for row in confirmed}
        taken = mapped | {row["canonical_id"] for row in confirmed}
        ours = [p for p in await self._stop_places({"dataset": dataset}) if p.id not in taken]
        others = {"dataset": {"$ne": dataset} if onto is None else {"$eq": onto}}
        theirs = [p for p in await self._stop_places(others) if p.id not in mapped]
        found = proposals(ours, theirs)
        new: list[IdMapping] = []
        async for _, written in self._store.in_parts(found, self._propose):
            new += written
        return new

    async def confirm(self, by: Author, wanted: IdMapping, *, tx: Tx | None = None) -> Decided:
        """Confirm that two ids name one stop place; `by`: whose act it is, for the audit log.

        A pair nobody proposed is confirmed as MANUAL. Another canonical id that was confirmed for
        the same native id and time is rejected by it: that is how a mapping is corrected.
        Confirming again what is confirmed changes nothing. With `tx` it is written with the rest.

        Raises UserFault SAME_DATASET, BAD_PERIOD, UNKNOWN_STOP_PLACE, CANONICAL_IS_MAPPED (name
        what that is mapped to instead) or IS_CANONICAL.
        """
        if wanted.canonical_id.startswith(f"{wanted.dataset}:"):
            raise UserFault(
                "SAME_DATASET", "Two stop places of one dataset are two.", path=("canonicalId",)
            )
        if wanted.valid_from and wanted.valid_to and wanted.valid_to <= wanted.valid_from:
            raise UserFault("BAD_PERIOD", "validTo is not after validFrom.", path=("validTo",))
        work = partial(self._confirm, by=by, wanted=wanted)
        return await (self._store.transaction(work) if tx is None else work(tx))

    async def reject(self, by: Author, mapping_id: str, *, tx: Tx | None = None) -> Document:
        """Decide that two ids do not name one stop place, also when that was confirmed before.

        With `tx` it is written with the rest.

        Raises NotFound for a pair that was neither proposed nor confirmed.
        """
        work = partial(self._reject, by=by, mapping_id=mapping_id)
        return await (self._store.transaction(work) if tx is None else work(tx))

    async def _propose(self, tx: Tx, *, items: Sequence[IdMapping]) -> list[IdMapping]:
        """Write those that nobody has proposed before."""
        await self._one_at_a_time(tx)
        ids = [one.id for one in items]
        known = self._mappings.find({"_id": {"$in": ids}}, {"_id": 1}, session=tx)
        before = {row["_id"] async for row in known}
        new = [one for one in items if one.id not in before]
        for one in new:
            pending(tx).insert(raw.ID_MAPPINGS, row := _row(one))
            act = SHELL.act("idMapping.proposed", one.id, after=_said(row))
            await Audit().append(act, tx=tx)
        return new

    async def _confirm(self, tx: Tx, *, by: Author, wanted: IdMapping) -> Decided:
        await self._one_at_a_time(tx)
        if await self._places.find_one({"_id": wanted.canonical_id}, session=tx) is None:
            raise UserFault(
                "UNKNOWN_STOP_PLACE",
                f"There is no stop place {wanted.canonical_id!r}.",
                path=("canonicalId",),
            )
        await self._keep_star(tx, wanted)
        known = await self._mappings.find_one({"_id": wanted.id}, session=tx)
        mapping = wanted
        if known is not None:
            mapping = replace(
                wanted, method=MatchMethod(known["method"]), confidence=known["confidence"]
            )
        row = _row(replace(mapping, state=MappingState.CONFIRMED))
        if known is not None and all(known[name] == value for name, value in row.items()):
            return Decided(known)
        rivals = {"scoped_id": wanted.scoped_id, "_id": {"$ne": wanted.id}, **_overlapping(wanted)}
        replaced = [old["_id"] async for old in self._mappings.find(rivals, session=tx)]
        for old in replaced:
            await self._decide(tx, by, {"_id": old, "state": MappingState.REJECTED.value})
        return Decided(await self._decide(tx, by, row), tuple(replaced))

    async def _reject(self, tx: Tx, *, by: Author, mapping_id: str) -> Document:
        await self._one_at_a_time(tx)
        known = await self._mappings.find_one({"_id": {"$eq": mapping_id}}, session=tx)
        if known is None:
            raise NotFound("Id mapping", mapping_id)
        if known["state"] == MappingState.REJECTED.value:
            return known
        return await self._decide(tx, by, {"_id": known["_id"], "state": "REJECTED"})

    async def _decide(self, tx: Tx, by: Author, row: Document) -> Document:
        """Write the fields of a decision, who took it, and the line on the audit log."""
        moment = clock.now()
        decided = {**row, "decided_by": by.actor, "decided_at": moment}
        before = await self._mappings.find_one_and_update(
            {"_id": row["_id"]}, {"$set": decided}, upsert=True, session=tx
        )
        act = by.act(
            f"idMapping.{row['state'].lower()}",
            row["_id"],
            before=before and _said(before),
            after=_said({**(before or {}), **row}),
        )
        await Audit().append(act, tx=tx)
        found = await self._mappings.find_one({"_id": row["_id"]}, session=tx)
        return found or decided

    async def _keep_star(self, tx: Tx, wanted: IdMapping) -> None:
        """Raise UserFault if the mapping would make a chain."""
        over = _overlapping(wanted)
        chained = {"scoped_id": wanted.canonical_id, **over}
        onward = await self._mappings.find_one(chained, session=tx)
        if onward is not None:
            raise UserFault(
                "CANONICAL_IS_MAPPED",
                f"{wanted.canonical_id!r} is itself mapped to {onward['canonical_id']!r}.",
                path=("canonicalId",),
                hint=f"Map to {onward['canonical_id']!r}.",
            )
        carried = {"canonical_id": wanted.scoped_id, **over}
        if (other := await self._mappings.find_one(carried, session=tx)) is not None:
            raise UserFault(
                "IS_CANONICAL",
                f"{other['scoped_id']!r} is mapped to {wanted.scoped_id!r}.",
                path=("nativeId",),
                hint="Reject that first, or confirm the mapping the other way round.",
            )

    async def _one_at_a_time(self, tx: Tx) -> None:
        """Make any two decisions conflict: each looks at mappings that it does not write."""
        await self._store.db[raw.LEASES].update_one(
            {"_id": "id mappings"}, {"$inc": {"decisions": 1}}, upsert=True, session=tx
        )

    async def _stop_places(self, query: dict[str, Any]) -> list[StopPlace]:
        return [_place(row) async for row in self._places.find(query, sort=[("_id", 1)])]


def in_force(now: datetime) -> Document:
    """Confirmed mappings that hold at a time."""
    return {
        "state": MappingState.CONFIRMED.value,
        "valid_from": {"$not": {"$gt": now}},
        "valid_to": {"$not": {"$lte": now}},
    }


def _overlapping(wanted: IdMapping) -> Document:
    """Confirmed mappings whose validity shares a moment with that of `wanted`."""
    query: Document = {"state": MappingState.CONFIRMED.value}
    if wanted.valid_to is not None:
        query["valid_from"] = {"$not": {"$gte": wanted.valid_to}}
    if wanted.valid_from is not None:
        query["valid_to"] = {"$not": {"$lte": wanted.valid_from}}
    return query


def _row(mapping: IdMapping) -> Document:
    return {**to_document(mapping), "_id": mapping.id, "scoped_id": mapping.scoped_id}


def _said(row: Document) -> Document:
    """What the audit log says of a mapping."""
    return {name: row.get(name) for name in ("state", "valid_from", "valid_to")}


def _place(row: Document) -> StopPlace:
    lon, lat = (row.get("location") or {}).get("coordinates", (None, None))
    return StopPlace(
        id=row["_id"],
        dataset=row["dataset"],
        native_id=row["native_id"],
        name=Name(row["name"].get("zh"), row["name"].get("en")),
        position=None if lat is None or lon is None else Position(lat, lon),
        kind=StopPlaceKind(row["kind"]),
        modes=tuple(Mode(mode) for mode in row.get("modes") or ()),
    )
