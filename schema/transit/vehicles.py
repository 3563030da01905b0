"""Vehicles on the move and the taxi ranks."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from hub.model.people import Scope
from hub.model.vehicles import TaxiRank as ConfiguredRank
from schema import enums
from schema.common import TRUST, Freshness, Position, freshness, position, reports, trusted
from schema.nodes import KEYS, Node, keyed, node_type
from schema.projection import Entity, Row, computed, embedded, entity, named, stored
from schema.transit.journeys import DatedJourney, Occupancy

if TYPE_CHECKING:
    from schema.context import SchemaContext

READ = Scope.TRANSIT_READ


@entity(policy=READ)
class VehicleReport(Entity):
    """What a source says of a vehicle while another source of it is shown (其他来源)."""

    source: str = stored("feed", "Code of the feed it came by", zh="来源")
    observed_at: datetime | None = stored("observed_at", "When it was there", zh="定位时间")
    bearing: float | None = stored("bearing", "Degrees clockwise from north", zh="方向")
    speed_kmh: float | None = stored("speed_kmh", "Kilometres per hour", zh="速度")
    taxi_state: enums.TaxiState | None = stored(
        "taxi_state", "Vacant, hired and so on; null for what is no taxi", zh="营运状态"
    )
    occupancy: Occupancy | None = embedded("occupancy", "How full it is", zh="拥挤度")

    @computed(needs=("location",), zh="位置")
    def position(self, _context: "SchemaContext") -> Position | None:
        """Where it is, as this source says."""
        return position(self.doc.get("location"))


@entity(policy=READ)
class Carriage(Entity):
    """One carriage of a train (车厢)."""

    label: str | None = stored("label", "Its label, else its id", zh="车厢号")
    occupancy: Occupancy | None = embedded("occupancy", "How full it is", zh="拥挤度")


@node_type
@entity(policy=READ, keys=KEYS)
class VehiclePosition(Node):
    """Where a vehicle is (车辆位置). What is too old to be trusted is null."""

    kept_in = "vehicles"

    scoped_id: str = keyed("Scoped id, dataset:native", zh="编号")
    mode: enums.Mode = stored("mode", "Mode of transport", zh="运输方式")
    label: str | None = stored("label", "What is painted on it, never a person", zh="车辆标识")
    observed_at: datetime | None = stored("observed_at", "When it was there", zh="定位时间")

    @computed(needs=(*TRUST, "location"), zh="位置")
    def position(self, context: "SchemaContext") -> Position | None:
        """Where it is."""
        return position(self._live(context, "location"))

    @computed(needs=(*TRUST, "bearing"), zh="方向")
    def bearing(self, context: "SchemaContext") -> float | None:
        """Degrees clockwise from north."""
        found: float | None = self._live(context, "bearing")
        return found

    @computed(needs=(*TRUST, "speed_kmh"), zh="速度")
    def speed_kmh(self, context: "SchemaContext") -> float | None:
        """Kilometres per hour."""
        found: float | None = self._live(context, "speed_kmh")
        return found

    @computed(needs=(*TRUST, "taxi_state"), zh="营运状态")
    def taxi_state(self, context: "SchemaContext") -> enums.TaxiState | None:
        """Vacant, hired and so on; null for what is no taxi."""
        if self.doc.get("taxi_state") is None:
            return None
        found: enums.TaxiState = self._live(context, "taxi_state") or enums.TaxiState.UNKNOWN
        return found

    @computed(needs=(*TRUST, "occupancy"), zh="拥挤度")
    def occupancy(self, context: "SchemaContext") -> Occupancy | None:
        """How full it is."""
        found = self._live(context, "occupancy")
        return Occupancy(found) if found else None

    @computed(needs=(*TRUST, "carriages"), zh="车厢")
    def carriages(self, context: "SchemaContext") -> list[Carriage]:
        """Its carriages from the first in the direction of travel, where the source tells them."""
        return [Carriage(one) for one in self._live(context, "carriages") or ()]

    @computed(needs=(*TRUST, "alarms"), zh="报警")
    def alarms(self, context: "SchemaContext") -> list[str]:
        """Alarms the vehicle reports, in its standard's words."""
        return list(self._live(context, "alarms") or ())

    @computed(needs=("others",), zh="其他来源", size=2)
    def other_reports(self, context: "SchemaContext") -> list[VehicleReport]:
        """What other sources say of it, those fallen silent left out; empty if none does."""
        return reports(VehicleReport, self.doc.get("others"), context.freshness)

    @computed(needs=("journey_id",), zh="班次")
    async def journey(self, context: "SchemaContext") -> DatedJourney | None:
        """The run it is on, if known."""
        key = self.doc.get("journey_id")
        return await DatedJourney.load(context, key) if key else None

    @computed(needs=TRUST, zh="时效")
    def freshness(self, context: "SchemaContext") -> Freshness:
        """How far the position can be trusted."""
        return freshness(context.freshness(self.doc))

    def _live(self, context: "SchemaContext", part: str) -> Any:  # noqa: ANN401  # any BSON value
        return self.doc.get(part) if trusted(self, context) else None


@node_type
@entity(policy=READ, keys=KEYS)
class TaxiRank(Node):
    """A taxi rank (候客点) and the lot (蓄车场) that feeds it. Null is unknown, never none."""

    scoped_id: str = keyed("Id in the area's configuration", zh="编号")
    name: str | None = named("name", "Name", zh="名称")
    capacity: int | None = stored("rank_capacity", "Places at the rank", zh="候客车位")
    holding_capacity: int | None = stored("holding_capacity", "Places in the lot", zh="蓄车位")

    @classmethod
    async def load(cls, context: "SchemaContext", key: str) -> Self | None:
        """The rank, if the area has it."""
        return next((cls(row) for row in await rank_rows(context) if row["_id"] == key), None)

    @computed(needs=("location",), zh="位置")
    def position(self, _context: "SchemaContext") -> Position | None:
        """Where it is."""
        return position(self.doc.get("location"))

    @computed(needs=(*TRUST, "vehicles_waiting"), zh="候客空车")
    def vehicles_waiting(self, context: "SchemaContext") -> int | None:
        """Vacant taxis at the rank now."""
        return self._live(context, "vehicles_waiting")

    @computed(needs=(*TRUST, "holding"), zh="蓄车数")
    def holding(self, context: "SchemaContext") -> int | None:
        """Vacant taxis in the holding lot now."""
        return self._live(context, "holding")

    @computed(needs=(*TRUST, "departures_15m"), zh="15分钟发车数")
    def departures15m(self, context: "SchemaContext") -> int | None:
        """Hired taxis that left the rank in the last 15 minutes."""
        return self._live(context, "departures_15m")

    @computed(needs=TRUST, zh="时效")
    def freshness(self, context: "SchemaContext") -> Freshness:
        """How far the counts can be trusted."""
        return freshness(context.freshness(self.doc))

    def _live(self, context: "SchemaContext", part: str) -> int | None:
        return self.doc.get(part) if trusted(self, context) else None


async def rank_rows(context: "SchemaContext") -> list[Row]:
    """Every rank of the area in its configured order, with what is observed of it, if anything."""
    return ranks_of(context, await context.services.transit.taxi_ranks())


def ranks_of(context: "SchemaContext", observed: Iterable[Row]) -> list[Row]:
    """Every rank of the area in its configured order, with what these rows tell of it."""
    seen = {row["_id"]: row for row in observed}
    return [{**_configured(rank), **seen.get(rank.id, {})} for rank in context.services.area.ranks]


def _configured(rank: ConfiguredRank) -> Row:
    return {
        "_id": rank.id,
        "name": {"zh": rank.name.zh, "en": rank.name.en},
        "location": {"type": "Point", "coordinates": [rank.position.lon, rank.position.lat]},
        "rank_capacity": rank.rank_capacity,
        "holding_capacity": rank.holding_capacity,
    }
