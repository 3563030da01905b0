"""Situations (运营通告), as SIRI-SX and GTFS-RT publish them."""

from datetime import datetime
from typing import TYPE_CHECKING, Self

from hub.access.principal import Scope
from schema import enums
from schema.common import TRUST, Freshness, freshness
from schema.nodes import Node, keyed, node_type
from schema.projection import Entity, Row, computed, embedded, entity, named, stored
from schema.transit.network import Line, StopPlace

if TYPE_CHECKING:
    from strawberry.dataloader import DataLoader

    from schema.context import SchemaContext

READ = Scope.TRANSIT_READ


@entity(policy=READ)
class Period(Entity):
    """A validity period (有效期); an open end is null."""

    start: datetime | None = stored("start", "From", zh="开始")
    end: datetime | None = stored("end", "Until", zh="结束")


@node_type
@entity(policy=READ, keys=("id",))
class Situation(Node):
    """A planned or unplanned happening that affects travel (运营通告)."""

    scoped_id: str = keyed("Scoped id, dataset:native", zh="编号")
    version: int = stored("version", "Raised by its source with every change", zh="版本")
    mode: enums.Mode | None = stored("mode", "Mode it concerns; null: any", zh="运输方式")
    severity: enums.Severity = stored("severity", "How bad", zh="严重程度")
    cause: str | None = stored("cause", "Cause, in the source's words", zh="原因")
    effect: str | None = stored("effect", "Effect, in the source's words", zh="影响")
    progress: enums.SituationProgress = stored("progress", "Whether it is open", zh="通告状态")
    summary: str | None = named("summary", "Summary, Chinese first", zh="摘要")
    summary_zh: str | None = stored("summary.zh", "Summary in Chinese", zh="中文摘要")
    summary_en: str | None = stored("summary.en", "Summary in English", zh="英文摘要")
    description: str | None = named("description", "Full text, Chinese first", zh="正文")
    description_zh: str | None = stored("description.zh", "Full text in Chinese", zh="中文正文")
    description_en: str | None = stored("description.en", "Full text in English", zh="英文正文")
    validity: list[Period] = embedded("validity", "When it holds; empty: always", zh="有效期")

    @classmethod
    async def load(cls, context: "SchemaContext", key: str) -> Self | None:
        """The situation, if there is one."""
        row = await context.services.transit.one("situations", key)
        return cls.of(row)

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

    @computed(needs=TRUST, zh="时效")
    def freshness(self, context: "SchemaContext") -> Freshness:
        """How old this is, and whether its source still speaks."""
        return freshness(context.freshness(self.doc))

    def _affected(self, what: str) -> list[str]:
        return list((self.doc.get("affects") or {}).get(what) or ())


async def _known(loader: "DataLoader[str, Row | None]", keys: list[str]) -> list[Row]:
    return [row for row in await loader.load_many(keys) if row is not None]
