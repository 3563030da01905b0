"""What moved, as it was shown at a moment."""

from datetime import datetime

from hub.model.people import Scope
from schema import enums
from schema.feeds.types import Feed
from schema.history.then import context_of
from schema.policy import SIGNED_IN
from schema.projection import Entity, described, embedded, entity, mirrors, stored, value
from schema.transit.journeys import Call, DatedJourney
from schema.transit.network import Line, StopPlace
from schema.transit.parking import ParkingFacility
from schema.transit.situations import Situation
from schema.transit.vehicles import TaxiRank, VehiclePosition

READ = Scope.TRANSIT_READ


@mirrors(Line, "id", "public_code", "name", at=context_of)
@entity(policy=READ)
class PastLine(Entity):
    """The line of a call that was shown (线路)."""


@mirrors(
    DatedJourney,
    *("id", "public_code", "mode", "origin", "destination", "headsign"),
    *("state", "service_date", "vehicle_ref"),
    at=context_of,
)
@entity(policy=READ)
class PastJourney(Entity):
    """The run of a call that was shown (班次)."""

    line: PastLine | None = embedded("line", "The line it ran on", zh="线路")


@mirrors(
    Call,
    *("id", "order", "planned_platform", "actual_platform", "aimed_arrival", "aimed_departure"),
    *("expected_arrival", "expected_departure", "actual_arrival", "actual_departure"),
    *("status", "delay_seconds", "coach", "freshness"),
    at=context_of,
)
@entity(policy=READ)
class PastCall(Entity):
    """A row of a board as it was shown (到发): what was expected then, not what came of it."""

    journey: PastJourney = embedded("journey", "The run this was a call of", zh="班次")


@value(policy=READ)
class PastBoard:
    """The board of a stop place as it was shown, from 2 minutes before to 2 hours after (到发)."""

    stop_place: StopPlace = described("Which stop place, as it is known now", zh="站点")
    departures: list[PastCall] = described("By the best time known then", zh="发车", paged=True)
    arrivals: list[PastCall] = described("By the best time known then", zh="到达", paged=True)


@mirrors(
    VehiclePosition,
    *("id", "scoped_id", "mode", "label", "observed_at", "position", "bearing", "speed_kmh"),
    *("taxi_state", "freshness"),
    at=context_of,
)
@entity(policy=READ)
class PastVehicle(Entity):
    """Where a vehicle was last known to be then (车辆位置)."""


@mirrors(
    TaxiRank,
    *("id", "scoped_id", "name", "capacity", "holding_capacity", "position"),
    *("vehicles_waiting", "holding", "departures15m", "freshness"),
    at=context_of,
)
@entity(policy=READ)
class PastTaxiRank(Entity):
    """A taxi rank as it was shown (候客点). Null was unknown, never none."""


@mirrors(
    ParkingFacility,
    *("id", "scoped_id", "name", "observed_at", "position", "capacity", "vacant", "occupied"),
    *("status", "opening", "freshness"),
    at=context_of,
)
@entity(policy=READ)
class PastParkingFacility(Entity):
    """A parking facility as it was shown (停车场). Null was unknown, never none."""


@mirrors(
    Situation,
    *("id", "scoped_id", "mode", "severity", "summary", "description", "advice", "validity"),
    *("freshness",),
    at=context_of,
)
@entity(policy=READ)
class PastSituation(Entity):
    """A situation that was in force (运营通告)."""


@mirrors(
    Feed,
    *("id", "code", "kind", "mode", "state", "detail", "link_state", "last_received_at"),
    *("data_as_of", "changed_at", "warn_after_seconds", "expire_after_seconds"),
    at=context_of,
)
@entity(policy=Scope.FEEDS_READ)
class PastFeed(Entity):
    """A feed and its health as it was (数据源)."""


@entity(policy=SIGNED_IN)
class HistoryGap(Entity):
    """A time of which nothing is kept: the hub did not run, or could not look (缺口)."""

    start: datetime = stored("start", "Since when", zh="开始")
    end: datetime | None = stored("end", "Until when; null: to this day", zh="结束")


@entity(policy=Scope.FEEDS_READ)
class FeedOutage(Entity):
    """A feed that was not well (数据源异常): cut where nobody looked."""

    feed: str = stored("feed", "Its code", zh="代码")
    state: enums.FeedState = stored("state", "Which state it was in", zh="数据源状态")
    start: datetime = stored("start", "Since when", zh="开始")
    end: datetime | None = stored("end", "Until when; null: still", zh="结束")
