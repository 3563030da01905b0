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
class Uncovered:
    """A dataset none of whose stop places is in the area: how many it has, the nearest by id."""

    dataset: str
    total: int
    nearest: dict[str, str]

    def __str__(self) -> str:
        few = ", ".join(f"{place} {name}".rstrip() for place, name in self.nearest.items())
        more = ", ..." if self.total > len(self.nearest) else ""
        return (
            f"数据集 {self.dataset} 的站点都不在站区内 none of the {self.total} stop places of "
            f"dataset {self.dataset} is named by the area, so no board shows them. Name those that "
            f"are meant in stop_places of the area file (hub.area); the nearest: {few}{more}"
        )


async def uncovered(
    store: Store, here: Collection[str], centre: Position, datasets: Collection[str]
) -> list[Uncovered]:
    """Those of the datasets that brought stop places, none of them among `here` (scoped ids).

    An area that names none has them all: there is nothing to say then.
    """
    if not here:
        return []
    places = store.db[raw.STOP_PLACES]
    found = []
    for dataset in sorted(set(datasets)):
        theirs: Document = {"_id": {"$gte": f"{dataset}:", "$lt": f"{dataset};"}}
        named = [place for place in here if place.startswith(f"{dataset}:")]
        if named and await places.find_one({"_id": {"$in": named}}, {"_id": 1}):
            continue
        if total := await places.count_documents(theirs):
            rows = await (await places.aggregate(_nearest(theirs, centre))).to_list()
            nearest = {row["_id"]: _name(row) for row in rows}
            found.append(Uncovered(dataset, total, nearest))
    return found


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
