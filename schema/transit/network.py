"""Stop places, quays, lines: the fixed objects of Transmodel."""

from typing import TYPE_CHECKING, Self

from hub.model.people import Scope
from schema import enums
from schema.common import Freshness, Position, freshness, position
from schema.languages import Language, said
from schema.nodes import KEYS, Node, keyed, node_type
from schema.projection import Entity, computed, entity, named, spoken, stored
from schema.transit.loaders import loaders

if TYPE_CHECKING:
    from schema.context import SchemaContext

READ = Scope.TRANSIT_READ


@node_type
@entity(policy=READ, keys=KEYS)
class Quay(Node):
    """Where passengers board (站台): a platform, a gate, a bay."""

    scoped_id: str = keyed("Scoped id, dataset:native", zh="编号")
    public_code: str | None = stored("public_code", "The code on the sign", zh="站台号")
    name: str | None = named("name", "Name", zh="名称")

    wheelchair_access: enums.Accessibility | None = stored(
        "wheelchair", "Whether somebody in a wheelchair can board here; null: not said", zh="无障碍"
    )

    @classmethod
    async def load(cls, context: "SchemaContext", key: str) -> Self | None:
        """The quay, if a timetable has told of it."""
        return cls.of(await loaders(context).quay.load(key))

    @computed(needs=("location",), zh="位置")
    def position(self, _context: "SchemaContext") -> Position | None:
        """Where it is; null where only its stop place's position is known."""
        return position(self.doc.get("location"))

    @computed(needs=("stop_place_id",), zh="站点")
    async def stop_place(self, context: "SchemaContext") -> "StopPlace | None":
        """The stop place it belongs to."""
        return StopPlace.of(await context.load.stop_place.load(self.doc["stop_place_id"]))


@node_type
@entity(policy=READ, keys=KEYS)
class StopPlace(Node):
    """A station, stop or terminal (站点). Passengers board at its quays."""

    scoped_id: str = keyed("Scoped id, dataset:native", zh="编号")
    name: str | None = named("name", "Name", zh="名称")

    @classmethod
    async def load(cls, context: "SchemaContext", key: str) -> Self | None:
        """The stop place, if there is one."""
        row = await context.load.stop_place.load(key)
        if row is None:  # an id of another dataset, for a place only its equivalent tells of
            others = await context.services.transit.same_as.ids(key)
            rows = await context.load.stop_place.load_many(others)
            row = next(filter(None, rows), None)
        return cls.of(row)

    async def all_ids(self, context: "SchemaContext") -> list[str]:
        """As the field `ids`."""
        return await context.services.transit.same_as.ids(self.key)

    async def located(self, context: "SchemaContext") -> Position | None:
        """As the field `position`."""
        return position((await self.whole(context.load.stop_place, "kind")).get("location"))

    @computed(needs=("id",), zh="全部编号")
    async def ids(self, context: "SchemaContext") -> list[str]:
        """Every scoped id it has by confirmed mappings, the canonical one first."""
        return await self.all_ids(context)

    @computed(needs=("id",), zh="同一站点")
    async def same_as(self, context: "SchemaContext") -> "list[StopPlace]":
        """What other datasets tell of the same place; boards show the calls of all of them."""
        others = await self.all_ids(context)
        found = await context.load.stop_place.load_many(
            [other for other in others if other != self.key]
        )
        return [StopPlace(row) for row in found if row is not None]

    @computed(needs=("id",), zh="站点类型")
    async def kind(self, context: "SchemaContext") -> enums.StopPlaceKind | None:
        """What sort of place it is."""
        return (await self.whole(context.load.stop_place, "kind")).get("kind")

    @computed(needs=("id",), zh="运输方式")
    async def modes(self, context: "SchemaContext") -> list[enums.Mode]:
        """Modes that call here."""
        return list((await self.whole(context.load.stop_place, "kind")).get("modes") or ())

    @computed(needs=("id",), zh="无障碍")
    async def wheelchair_access(self, context: "SchemaContext") -> enums.Accessibility | None:
        """Whether somebody in a wheelchair can use it; null: not said."""
        return (await self.whole(context.load.stop_place, "kind")).get("wheelchair")

    @computed(needs=("id",), zh="位置")
    async def position(self, context: "SchemaContext") -> Position | None:
        """Where it is."""
        return await self.located(context)

    @computed(needs=("id",), zh="站台")
    async def quays(self, context: "SchemaContext") -> list[Quay]:
        """Its platforms, gates or bays, as far as known."""
        row = await self.whole(context.load.stop_place, "kind")
        return [Quay({**quay, "stop_place_id": row["_id"]}) for quay in row.get("quays") or ()]

    @computed(needs=("id",), zh="时效")
    async def freshness(self, context: "SchemaContext") -> Freshness:
        """Of which timetable it is."""
        row = await self.whole(context.load.stop_place, "kind")
        return freshness(context.freshness({"feed": row.get("feed"), "realtime": False}))


@entity(policy=READ)
class LineGeometry(Entity):
    """The way a line takes in one direction (线路走向), as Google's encoded polyline."""

    direction: int | None = stored("direction", "0 or 1, as the timetable has it", zh="方向")
    length: int = stored("length", "How many points", zh="点数")
    points: str = stored("points", "The points, encoded, WGS-84, five decimals", zh="编码折线")


@node_type
@entity(policy=READ, keys=KEYS)
class Line(Node):
    """A line (线路)."""

    scoped_id: str = keyed("Scoped id, dataset:native", zh="编号")
    public_code: str | None = stored("public_code", "What the sign says", zh="线路号")
    name: str | None = named("name", "Name", zh="名称")
    colour: str | None = stored("colour", "Colour, as the source writes it", zh="线路颜色")

    @classmethod
    async def load(cls, context: "SchemaContext", key: str) -> Self | None:
        """The line, if there is one."""
        row = await context.load.line.load(key)
        return cls.of(row)

    @computed(needs=("id",), zh="运输方式")
    async def mode(self, context: "SchemaContext") -> enums.Mode | None:
        """Mode of transport."""
        return (await self.whole(context.load.line, "mode")).get("mode")

    @spoken(needs=("id",), zh="运营单位")
    async def operator(self, context: "SchemaContext", language: Language) -> str | None:
        """Who runs it."""
        return said((await self.whole(context.load.line, "mode")).get("operator"), language)

    @computed(needs=("id",), zh="子运输方式")
    async def submode(self, context: "SchemaContext") -> str | None:
        """What sort of its mode, in NeTEx's words: highSpeedRail, localTram; null: not said."""
        return (await self.whole(context.load.line, "mode")).get("submode")

    @computed(needs=("id",), zh="文字颜色")
    async def text_colour(self, context: "SchemaContext") -> str | None:
        """Colour of what is written on its colour, six hexadecimal digits."""
        return (await self.whole(context.load.line, "mode")).get("text_colour")

    @computed(needs=("id",), zh="线路走向", size=2)
    async def geometry(self, context: "SchemaContext") -> list[LineGeometry]:
        """Its way in each direction, of a line that calls at the interchange; empty: not told."""
        row = await loaders(context).way.load(self.key) or {}
        return [LineGeometry(way) for way in row.get("geometry") or ()]

    @computed(needs=("id",), zh="站点", size=30)
    async def stop_places(self, context: "SchemaContext") -> list[StopPlace]:
        """Where its journeys call, of the stop places the hub keeps, by scoped id."""
        row = await loaders(context).way.load(self.key) or {}
        found = await context.load.stop_place.load_many(row.get("stop_places") or ())
        return [StopPlace(place) for place in found if place is not None]
