"""Facilities of stop places and their condition: lifts, escalators, gates (SIRI-FM)."""

from datetime import datetime
from typing import TYPE_CHECKING

from hub.errors import NotFound
from hub.model.people import Scope
from schema import enums
from schema.common import TRUST, Freshness, freshness, reports, trusted
from schema.nodes import KEYS, Node, key_of, keyed, node_type
from schema.projection import Entity, Row, computed, embedded, entity, named, stored
from schema.transit.arguments import PLACES_MOST
from schema.transit.network import StopPlace
from schema.transit.situations import Period

if TYPE_CHECKING:
    from schema.context import SchemaContext

READ = Scope.TRANSIT_READ


@entity(policy=READ)
class FacilityConditionReport(Entity):
    """What a source says of a facility while another source of it is shown (其他来源)."""

    source: str = stored("feed", "Code of the feed it came by", zh="来源")
    status: enums.FacilityStatus = stored("status", "Whether it can be used", zh="设施状态")
    reason: str | None = named("reason", "Why", zh="原因")

    @computed(needs=("observed_at", "said_at"), zh="发布时间")
    def said_at(self, _context: "SchemaContext") -> datetime | None:
        """When it observed this; where it does not tell, since when it has said so."""
        found: datetime | None = self.doc.get("observed_at") or self.doc.get("said_at")
        return found


@node_type
@entity(policy=READ, keys=KEYS)
class FacilityCondition(Node):
    """The condition of a lift, escalator, gate or other facility (设施状态)."""

    kept_in = "facility_conditions"

    scoped_id: str = keyed("Scoped id, dataset:native", zh="编号")
    name: str | None = named("name", "Name", zh="名称")
    category: str | None = stored("category", "What it is, in the source's words", zh="设施类别")
    reason: str | None = named("reason", "Why", zh="原因")
    validity: list[Period] = embedded("validity", "When it holds; empty: always", zh="有效期")
    observed_at: datetime | None = stored(
        "observed_at", "When it was observed; null: as old as its feed's data", zh="状态时间"
    )

    @computed(needs=(*TRUST, "status"), zh="设施状态")
    def status(self, context: "SchemaContext") -> enums.FacilityStatus:
        """Whether it can be used; UNKNOWN when its source is silent."""
        found: enums.FacilityStatus = (
            self.doc["status"] if trusted(self, context) else enums.FacilityStatus.UNKNOWN
        )
        return found

    @computed(needs=("stop_place_id",), zh="站点")
    async def stop_place(self, context: "SchemaContext") -> StopPlace | None:
        """The stop place it belongs to, if the hub knows it."""
        key = self.doc.get("stop_place_id")
        return await StopPlace.load(context, key) if key else None

    @computed(needs=("others",), zh="其他来源", size=2)
    def other_reports(self, context: "SchemaContext") -> list[FacilityConditionReport]:
        """What other sources say of it, those fallen silent left out; empty if none does."""
        return reports(FacilityConditionReport, self.doc.get("others"), context.freshness)

    @computed(needs=TRUST, zh="时效")
    def freshness(self, context: "SchemaContext") -> Freshness:
        """How far the condition can be trusted."""
        return freshness(context.freshness(self.doc))


async def condition_rows(context: "SchemaContext", stop_place: str | None) -> list[Row]:
    """Conditions in force now, at a stop place by any of its ids, or anywhere.

    Raises UserFault for the id of something else, NotFound for a stop place nobody knows.
    """
    key = place_key(stop_place)
    rows = await context.services.transit.facility_conditions(key, context.now, limit=PLACES_MOST)
    if not rows:
        await known(context, stop_place)
    return list(rows)


def place_key(stop_place: str | None) -> str | None:
    """The database id of a stop place. Raises UserFault for the id of something else."""
    return None if stop_place is None else key_of(stop_place, "StopPlace", "stopPlace")


async def known(context: "SchemaContext", stop_place: str | None) -> None:
    """Raise NotFound for a stop place nobody knows."""
    key = place_key(stop_place)
    if key is not None and await StopPlace.load(context, key) is None:
        raise NotFound("Stop place", str(stop_place), path=("stopPlace",))
