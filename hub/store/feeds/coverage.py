"""Which datasets brought stop places, and none that the area names."""

import math
from collections.abc import Collection
from dataclasses import dataclass

from hub.model.common import Position
from hub.store import raw
from hub.store.driver import Document, Store

EXAMPLES = 8
_FAR = 1e9


@dataclass(frozen=True, slots=True)
class Brought:
    """The stop places of a dataset: how many it has, and the nearest to the area, names by id.

    Those that only departures tell of have no position: then the first by id.
    """

    dataset: str
    total: int
    nearest: dict[str, str]

    @property
    def few(self) -> str:
        """The nearest in words, and whether there are more."""
        few = ", ".join(f"{place} {name}".rstrip() for place, name in self.nearest.items())
        return f"{few}, ..." if self.total > len(self.nearest) else few


@dataclass(frozen=True, slots=True)
class Uncovered(Brought):
    """A dataset none of whose stop places is in the area."""

    def __str__(self) -> str:
        return (
            f"数据集 {self.dataset} 的站点都不在站区内 none of the {self.total} stop places of "
            f"dataset {self.dataset} is named by the area, so no board shows them. Name those that "
            f"are meant in stop_places of the area file (hub.area); the nearest: {self.few}"
        )


async def uncovered(
    store: Store, here: Collection[str], centre: Position, datasets: Collection[str]
) -> list[Uncovered]:
    """Those of the datasets that brought stop places, none of them among `here` (scoped ids).

    An area that names none has them all: there is nothing to say then.
    """
    if not here:
        return []
    found = []
    for dataset in sorted(set(datasets)):
        named = [place for place in here if place.startswith(f"{dataset}:")]
        if named and await _comes(store, named):
            continue
        if one := await brought(store, dataset, centre):
            found.append(Uncovered(one.dataset, one.total, one.nearest))
    return found


async def brought(store: Store, dataset: str, centre: Position) -> Brought | None:
    """The stop places that a dataset brought, by themselves or with departures; None if none."""
    places = store.db[raw.STOP_PLACES]
    theirs: Document = {"_id": {"$gte": f"{dataset}:", "$lt": f"{dataset};"}}
    total = await places.count_documents(theirs)
    if total:
        rows = await (await places.aggregate(_nearest(theirs, centre))).to_list()
    else:
        journeys = store.db[raw.JOURNEYS]
        rows = await (await journeys.aggregate(_called_at(dataset))).to_list()
        total = len(rows)
    nearest = {row["_id"]: _name(row) for row in rows[:EXAMPLES]}
    return Brought(dataset, total, nearest) if total else None


async def _comes(store: Store, places: list[str]) -> bool:
    """Whether one of these places was brought, by itself or with a journey that calls there."""
    if await store.db[raw.STOP_PLACES].find_one({"_id": {"$in": places}}, {"_id": 1}):
        return True
    called: Document = {"stop_place.id": {"$in": places}}
    return await store.db[raw.CALLS].find_one(called, {"_id": 1}) is not None


def _called_at(dataset: str) -> list[Document]:
    place = "$calls.stop_place"
    return [
        {"$match": {"dataset": dataset}},
        {"$unwind": "$calls"},
        {"$group": {"_id": f"{place}.id", "name": {"$first": f"{place}.name"}}},
        {"$sort": {"_id": 1}},
    ]


def _nearest(theirs: Document, centre: Position) -> list[Document]:
    lon, lat = ({"$arrayElemAt": ["$location.coordinates", axis]} for axis in (0, 1))
    east = {"$multiply": [{"$subtract": [lon, centre.lon]}, math.cos(math.radians(centre.lat))]}
    north = {"$subtract": [lat, centre.lat]}
    square = {"$add": [{"$pow": [east, 2]}, {"$pow": [north, 2]}]}
    return [
        {"$match": theirs},
        {"$project": {"name": 1, "far": {"$ifNull": [square, _FAR]}}},
        {"$sort": {"far": 1, "_id": 1}},
        {"$limit": EXAMPLES},
    ]


def _name(row: Document) -> str:
    name = row.get("name") or {}
    return str(name.get("zh") or name.get("en") or "")
