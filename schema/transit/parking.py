"""Parking facilities and stations of shared vehicles: what is there, and what is free now."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from hub.model.parking import counted
from hub.model.people import Scope
from hub.store.feeds.freshness import Freshness as Known
from schema import enums
from schema.common import Freshness, Position, freshness, position, reports
from schema.nodes import KEYS, Node, keyed, node_type
from schema.projection import Entity, Row, computed, entity, named, stored

if TYPE_CHECKING:
    from schema.context import SchemaContext

READ = Scope.TRANSIT_READ
OBSERVED = ("feed", "observed_at")


def own_age(report: Row | None, context: "SchemaContext") -> Known:
    """Freshness of a report by its own time alone.

    Publications are often hours younger than what they say of a facility, so a report without a
    time of its own is of unknown age.
    """
    if report is None or report.get("observed_at") is None:
        source = report.get("feed") if report else None
        return Known(as_of=None, source=source, state=enums.FreshnessState.UNKNOWN)
    return context.freshness(report)


@entity(policy=READ)
class ParkingReport(Entity):
    """What a source says is free while another source of it is shown (其他来源)."""

    source: str = stored("feed", "Code of the feed it came by", zh="来源")
    observed_at: datetime | None = stored(
        "observed_at", "The facility's own time of this status", zh="状态时间"
    )
    vacant: int | None = stored("vacant", "Free spaces", zh="空余车位")
    occupied: int | None = stored("occupied", "Taken spaces", zh="已占车位")
    capacity: int | None = stored("capacity", "All spaces", zh="总车位")
    occupancy_percent: float | None = stored(
        "occupancy_percent", "Share of the spaces that is taken, per cent", zh="占用率"
    )
    status: enums.ParkingSiteStatus | None = stored(
        "status", "Whether spaces are free, in the source's word", zh="车位状态"
    )
    opening: enums.OpeningStatus = stored("opening", "Whether it takes vehicles", zh="开放状态")


@entity(policy=READ)
class SharingStationReport(Entity):
    """What a source says is free at a station while another source of it is shown (其他来源)."""

    source: str = stored("feed", "Code of the feed it came by", zh="来源")
    observed_at: datetime | None = stored(
        "observed_at", "The station's own time of this report", zh="状态时间"
    )
    vehicles_available: int | None = stored("vehicles_available", "Vehicles to take", zh="可借车辆")
    docks_available: int | None = stored("docks_available", "Docks to return one to", zh="可还桩位")
    renting: bool | None = stored("renting", "Whether vehicles are given out", zh="可借")
    returning: bool | None = stored("returning", "Whether vehicles are taken back", zh="可还")


@node_type
@entity(policy=READ, keys=KEYS)
class ParkingFacility(Node):
    """A garage, car park or P+R site (停车场). Null is unknown, never none."""

    kept_in = "parking_facilities"

    scoped_id: str = keyed("Scoped id, dataset:native", zh="编号")
    name: str | None = named("name", "Name", zh="名称")
    observed_at: datetime | None = stored(
        "status.observed_at", "The facility's own time of its status", zh="状态时间"
    )

    @computed(needs=("location",), zh="位置")
    def position(self, _context: "SchemaContext") -> Position | None:
        """Where it is."""
        return position(self.doc.get("location"))

    @computed(needs=("park_and_ride",), zh="换乘停车场")
    def park_and_ride(self, _context: "SchemaContext") -> bool:
        """Whether it is meant for changing to public transport."""
        return bool(self.doc.get("park_and_ride"))

    @computed(needs=("status", "capacity"), zh="总车位")
    def capacity(self, context: "SchemaContext") -> int | None:
        """All spaces: as its status gives them now, else as the facility is described."""
        now = self._live(context, "capacity")
        return now if now is not None else self.doc.get("capacity")

    @computed(needs=("status", "capacity"), zh="空余车位")
    def vacant(self, context: "SchemaContext") -> int | None:
        """Free spaces now, as told; else as follows from the capacity and what else is told."""
        return self._spaces(context)[0]

    @computed(needs=("status", "capacity"), zh="已占车位")
    def occupied(self, context: "SchemaContext") -> int | None:
        """Taken spaces now, as told; else as follows from the capacity and what else is told."""
        return self._spaces(context)[1]

    @computed(needs=("status",), zh="占用率")
    def occupancy_percent(self, context: "SchemaContext") -> float | None:
        """Share of the spaces that is taken now, per cent, as told; over 100 it is overcrowded."""
        found: float | None = self._live(context, "occupancy_percent")
        return found

    @computed(needs=("status",), zh="车位状态")
    def status(self, context: "SchemaContext") -> enums.ParkingSiteStatus | None:
        """Whether spaces are free now, in the source's word; null where it says none."""
        found: enums.ParkingSiteStatus | None = self._live(context, "status")
        return found

    @computed(needs=("status",), zh="开放状态")
    def opening(self, context: "SchemaContext") -> enums.OpeningStatus:
        """Whether it takes vehicles now."""
        found: enums.OpeningStatus = self._live(context, "opening") or enums.OpeningStatus.UNKNOWN
        return found

    @computed(needs=("status",), zh="其他来源", size=2)
    def other_reports(self, context: "SchemaContext") -> list[ParkingReport]:
        """What other sources say is free, those fallen silent left out; empty if none does."""
        others = (self.doc.get("status") or {}).get("others")
        return reports(ParkingReport, others, lambda said: own_age(said, context))

    @computed(needs=("status",), zh="时效")
    def freshness(self, context: "SchemaContext") -> Freshness:
        """How far its status can be trusted, by the status' own time."""
        return freshness(own_age(self.doc.get("status"), context))

    def _spaces(self, context: "SchemaContext") -> tuple[int | None, int | None]:
        told = ("vacant", "occupied", "occupancy_percent", "status")
        capacity = self._live(context, "capacity")
        if capacity is None:
            capacity = self.doc.get("capacity")
        return counted(capacity, *(self._live(context, part) for part in told))

    def _live(self, context: "SchemaContext", part: str) -> Any:  # noqa: ANN401  # any BSON value
        status = self.doc.get("status")
        known = own_age(status, context).state is not enums.FreshnessState.UNKNOWN
        return status.get(part) if status and known else None


@node_type
@entity(policy=READ, keys=KEYS)
class SharingStation(Node):
    """A station of shared vehicles, mostly bicycles (共享单车站点). Null is unknown, never none."""

    kept_in = "sharing_stations"

    scoped_id: str = keyed("Scoped id, dataset:native", zh="编号")
    name: str | None = named("name", "Name", zh="名称")
    capacity: int | None = stored("capacity", "Docks or places", zh="桩位数")
    observed_at: datetime | None = stored(
        "observed_at", "The station's own time of its report", zh="状态时间"
    )

    @computed(needs=("location",), zh="位置")
    def position(self, _context: "SchemaContext") -> Position | None:
        """Where it is."""
        return position(self.doc.get("location"))

    @computed(needs=(*OBSERVED, "vehicles_available"), zh="可借车辆")
    def vehicles_available(self, context: "SchemaContext") -> int | None:
        """Vehicles to take now."""
        found: int | None = self._live(context, "vehicles_available")
        return found

    @computed(needs=(*OBSERVED, "docks_available"), zh="可还桩位")
    def docks_available(self, context: "SchemaContext") -> int | None:
        """Docks to return one to now."""
        found: int | None = self._live(context, "docks_available")
        return found

    @computed(needs=(*OBSERVED, "renting"), zh="可借")
    def renting(self, context: "SchemaContext") -> bool | None:
        """Whether vehicles are given out."""
        found: bool | None = self._live(context, "renting")
        return found

    @computed(needs=(*OBSERVED, "returning"), zh="可还")
    def returning(self, context: "SchemaContext") -> bool | None:
        """Whether vehicles are taken back."""
        found: bool | None = self._live(context, "returning")
        return found

    @computed(needs=("others",), zh="其他来源", size=2)
    def other_reports(self, context: "SchemaContext") -> list[SharingStationReport]:
        """What other sources say of it, those fallen silent left out; empty if none does."""
        return reports(
            SharingStationReport, self.doc.get("others"), lambda said: own_age(said, context)
        )

    @computed(needs=OBSERVED, zh="时效")
    def freshness(self, context: "SchemaContext") -> Freshness:
        """How far its report can be trusted, by its own time."""
        return freshness(own_age(self.doc, context))

    def _live(self, context: "SchemaContext", part: str) -> Any:  # noqa: ANN401  # any BSON value
        known = own_age(self.doc, context).state is not enums.FreshnessState.UNKNOWN
        return self.doc.get(part) if known else None
