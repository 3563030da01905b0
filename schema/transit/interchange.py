"""The interchange itself: the station area this hub serves."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

from hub.model.common import Position as Place
from hub.model.people import Scope
from hub.rules.matching import distance_m
from schema.common import Position
from schema.nodes import Node, keyed, node_type
from schema.projection import Row, computed, embedded, entity, named, stored
from schema.scalars import GeoJSON
from schema.transit.arguments import Circle
from schema.transit.network import StopPlace
from schema.transit.vehicles import TaxiRank, rank_rows

if TYPE_CHECKING:
    from schema.context import SchemaContext


@node_type
@entity(policy=Scope.TRANSIT_READ)
class Interchange(Node):
    """The interchange (综合客运枢纽) this hub serves, as its area file describes it."""

    code: str = keyed("Id in the configuration", zh="代码")
    name: str | None = named("name", "Name", zh="名称")
    centre: Position = embedded("centre", "Where it is", zh="中心位置")
    timezone: str = stored("timezone", "IANA name of its time zone", zh="时区")
    illustrative: bool = stored(
        "illustrative", "Whether positions are plausible rather than surveyed", zh="示意位置"
    )

    @classmethod
    async def load(cls, context: "SchemaContext", key: str) -> Self | None:
        """The interchange, if it is this one."""
        return cls.here(context) if key == context.services.area.id else None

    @classmethod
    def here(cls, context: "SchemaContext") -> Self:
        """The interchange this hub serves."""
        area = context.services.area
        return cls(
            {
                "_id": area.id,
                "name": {"zh": area.name.zh, "en": area.name.en},
                "centre": {"lat": area.centre.lat, "lon": area.centre.lon},
                "timezone": area.timezone,
                "illustrative": area.illustrative,
            }
        )

    @computed(needs=("id",), zh="示意图")
    def map(self, context: "SchemaContext") -> GeoJSON | None:
        """Its drawing, a FeatureCollection whose features have `kind`, `zh` and `en`; or null."""
        found = context.services.area.map
        return None if found is None else GeoJSON(found)

    @computed(needs=("id",), zh="站点")
    async def stop_places(self, context: "SchemaContext") -> list[StopPlace]:
        """Its stop places, of those a timetable has told of."""
        return await stop_places(context)

    @computed(needs=("id",), zh="候客点")
    async def taxi_ranks(self, context: "SchemaContext") -> list[TaxiRank]:
        """Its taxi ranks."""
        return [TaxiRank(row) for row in await rank_rows(context)]


async def stop_places(
    context: "SchemaContext",
    *,
    named: str | None = None,
    near: Circle | None = None,
    modes: Sequence[str] | None = None,
) -> list[StopPlace]:
    """The interchange's stop places in their configured order; all of them if it names none.

    Of those, what a name, a circle or modes leave; of a circle the nearest first.
    """
    ids = context.services.area.stop_places
    rows = await context.services.transit.network.places(
        ids=ids or None, named=named, within=near, modes=modes
    )
    if near is not None:
        centre = Place(near[0], near[1])
        rows.sort(key=lambda row: distance_m(centre, _place(row)))
    elif ids:
        rows.sort(key=lambda row: ids.index(row["_id"]))
    return [StopPlace(row) for row in rows]


def _place(row: Row) -> Place:
    lon, lat = row["location"]["coordinates"]
    return Place(lat, lon)
