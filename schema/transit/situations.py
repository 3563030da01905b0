"""Situations (运营通告), as SIRI-SX, GTFS-RT and CAP publish them."""

from datetime import datetime
from typing import TYPE_CHECKING

from hub.model.people import Scope
from schema import enums
from schema.common import TRUST, Freshness, Position, freshness, reports
from schema.nodes import KEYS, Node, keyed, node_type
from schema.open_enums import stored_word
from schema.projection import Entity, Row, computed, embedded, entity, named, stored
from schema.transit.journeys import DatedJourney
from schema.transit.network import Line, StopPlace

if TYPE_CHECKING:
    from strawberry.dataloader import DataLoader

    from schema.context import SchemaContext

READ = Scope.TRANSIT_READ


@entity(policy=READ, shareable=True)
class Period(Entity):
    """A validity period (有效期); an open end is null."""

    start: datetime | None = stored("start", "From", zh="开始")
    end: datetime | None = stored("end", "Until", zh="结束")


@entity(policy=READ)
class InfoLink(Entity):
    """A page with more (相关链接)."""

    uri: str = stored("uri", "An http or https address", zh="网址")
    label: str | None = named("label", "What its source calls it", zh="链接名称")


@entity(policy=READ, shareable=True)
class Polygon(Entity):
    """A closed area on the map (多边形区域), WGS-84."""

    points: list[Position] = embedded("points", "Corners in order", zh="顶点", size=50)


@entity(policy=READ)
class AlertArea(Entity):
    """An area of an alert (影响区域), as CAP describes it: in words, polygons and codes."""

    description: str = stored("description", "In words", zh="区域描述")
    geocodes: list[str] = stored("geocodes", "Codes of places, scheme:value", zh="区域代码")

    @computed(needs=("polygons",), zh="多边形区域", size=2)
    def polygons(self, _context: "SchemaContext") -> list[Polygon]:
        """Its outlines; empty when it is told in words or codes only."""
        return [Polygon({"points": ring}) for ring in self.doc.get("polygons") or ()]


@entity(policy=READ)
class SituationReport(Entity):
    """What a source says of a situation while another source of it is shown (其他来源)."""

    source: str = stored("feed", "Code of the feed it came by", zh="来源")
    version: int = stored("version", "Raised by this source with every change", zh="版本")
    severity: enums.Severity = stored("severity", "How grave, as it says", zh="严重程度")
    progress: enums.SituationProgress = stored("progress", "Whether it is open", zh="通告状态")
    summary: str | None = named("summary", "Summary", zh="摘要")
    validity: list[Period] = embedded("validity", "When it holds; empty: always", zh="有效期")

    @computed(needs=("observed_at", "said_at"), zh="发布时间")
    def said_at(self, _context: "SchemaContext") -> datetime | None:
        """When it observed this; where it does not tell, since when it has said so."""
        found: datetime | None = self.doc.get("observed_at") or self.doc.get("said_at")
        return found


@node_type
@entity(policy=READ, keys=KEYS)
class Situation(Node):
    """A planned or unplanned happening that affects travel (运营通告)."""

    kept_in = "situations"

    scoped_id: str = keyed("Scoped id, dataset:native", zh="编号")
    version: int = stored("version", "Raised by its source with every change", zh="版本")
    mode: enums.Mode | None = stored("mode", "Mode it concerns; null: any", zh="运输方式")
    severity: enums.Severity = stored("severity", "How bad", zh="严重程度")
    cause: str | None = stored("cause", "Cause, in the source's words", zh="原因")
    effect: str | None = stored("effect", "Effect, in the source's words", zh="影响")
    progress: enums.SituationProgress = stored("progress", "Whether it is open", zh="通告状态")
    summary: str | None = named("summary", "Summary", zh="摘要")
    description: str | None = named("description", "Full text", zh="正文")
    advice: str | None = named(
        "advice",
        "What travellers should do; it may be in the text too",
        zh="出行建议",
    )
    links: list[InfoLink] = embedded("links", "Pages with more", zh="相关链接", size=2)
    created_at: datetime | None = stored("created_at", "When its source made it", zh="创建时间")
    validity: list[Period] = embedded("validity", "When it holds; empty: always", zh="有效期")
    areas: list[AlertArea] = embedded(
        "areas", "Where it holds, of an alert; empty: not said", zh="影响区域", size=3
    )
    urgency: enums.Urgency | None = stored_word(
        "urgency",
        enums.Urgency,
        "How soon something has to be done, of an alert",
        zh="紧迫程度",
        other="UNKNOWN",
    )
    certainty: enums.Certainty | None = stored_word(
        "certainty", enums.Certainty, "How sure it is, of an alert", zh="确定性", other="UNKNOWN"
    )

    @computed(needs=("exercise",), zh="演练")
    def exercise(self, _context: "SchemaContext") -> bool:
        """Whether it is a drill of the sender's: nothing of it is real."""
        return bool(self.doc.get("exercise"))

    @computed(needs=("affects",), zh="影响站点")
    async def stop_places(self, context: "SchemaContext") -> list[StopPlace]:
        """Stop places it affects, of those the hub knows."""
        rows = await _known(context.load.stop_place, self._affected("stop_places"))
        return [StopPlace(row) for row in rows]

    @computed(needs=("affects",), zh="影响线路")
    async def lines(self, context: "SchemaContext") -> list[Line]:
        """Lines it affects, of those the hub knows."""
        rows = await _known(context.load.line, self._affected("lines"))
        return [Line(row) for row in rows]

    @computed(needs=("affects",), zh="影响班次")
    async def journeys(self, context: "SchemaContext") -> list[DatedJourney]:
        """Dated journeys it affects, of those the hub knows."""
        rows = await _known(context.load.journey, self._affected("journeys"))
        return [DatedJourney(row) for row in rows]

    @computed(needs=("others",), zh="其他来源", size=2)
    def other_reports(self, context: "SchemaContext") -> list[SituationReport]:
        """What other sources say of it, those fallen silent left out; empty if none does."""
        return reports(SituationReport, self.doc.get("others"), context.freshness)

    @computed(needs=TRUST, zh="时效")
    def freshness(self, context: "SchemaContext") -> Freshness:
        """How old this is, and whether its source still speaks."""
        return freshness(context.freshness(self.doc))

    def _affected(self, what: str) -> list[str]:
        return list((self.doc.get("affects") or {}).get(what) or ())


async def _known(loader: "DataLoader[str, Row | None]", keys: list[str]) -> list[Row]:
    return [row for row in await loader.load_many(keys) if row is not None]
