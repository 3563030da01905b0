"""Rows of transit that belong to others: each batch is one query, each row is read once."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Literal

from strawberry.dataloader import DataLoader

from schema.loading import Row, by_id, each

if TYPE_CHECKING:
    from schema.context import SchemaContext

Affected = Literal["stop_places", "lines", "journeys"]
NEAR_MOST = 50
"""How many of what is near are told."""
_WAY = {"geometry": 1, "stop_places": 1}
_NEVER = datetime.min.replace(tzinfo=UTC)


class TransitLoaders:
    """Quays by id, conditions of facilities by stop place, parking by circle, situations."""

    def __init__(self, context: "SchemaContext") -> None:
        self._transit, self._now = context.services.transit, context.now
        self.quay = by_id(self._transit.network.quays)
        self.lines_at = DataLoader(load_fn=self._lines_at)
        self.way = by_id(partial(self._transit.lines, projection=_WAY))
        self.conditions = DataLoader(load_fn=self._conditions)
        self.parking = each(partial(self._transit.parking_near, limit=NEAR_MOST))
        self._affecting = {
            what: DataLoader(load_fn=partial(self._situations, what))
            for what in ("stop_places", "lines", "journeys")
        }

    async def situations(self, what: Affected, ids: Collection[str]) -> list[Row]:
        """Situations in force that name one of the ids, each once, newest first."""
        found = await self._affecting[what].load_many(ids)
        once = {row["_id"]: row for rows in found for row in rows}
        return sorted(once.values(), key=lambda row: row.get("observed_at") or _NEVER, reverse=True)

    async def _situations(self, what: Affected, ids: list[str]) -> list[Sequence[Row]]:
        rows = await self._transit.affecting(what, ids, self._now)
        return [[row for row in rows if id_ in row["affects"][what]] for id_ in ids]

    async def _lines_at(self, ids: list[str]) -> list[Sequence[Row]]:
        rows = await self._transit.lines_at(ids)
        return [[row for row in rows if id_ in row["stop_places"]] for id_ in ids]

    async def _conditions(self, ids: list[str]) -> list[Sequence[Row]]:
        rows = await self._transit.conditions_at(ids, self._now)
        return [[row for row in rows if row["stop_place_id"] == id_] for id_ in ids]


def loaders(context: "SchemaContext") -> TransitLoaders:
    """Those of this request."""
    return context.part(TransitLoaders)
