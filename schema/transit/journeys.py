"""Dated journeys and their calls: what a board shows."""

from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, Self

from hub.model.ids import call_id
from hub.model.journeys import NOT_SERVED
from hub.model.people import Scope
from hub.rules import punctuality
from hub.rules.punctuality import End
from schema import enums
from schema.common import TRUST, Freshness, freshness, reports, trusted
from schema.languages import Language
from schema.nodes import KEYS, Node, keyed, node_type
from schema.projection import Entity, Row, computed, embedded, entity, named, spoken, stored
from schema.transit.displays import DestinationDisplay, via_of
from schema.transit.network import Line, Quay, StopPlace

if TYPE_CHECKING:
    from schema.context import SchemaContext

READ = Scope.TRANSIT_READ
_REACHED = {"arrival": enums.CallStatus.ARRIVED, "departure": enums.CallStatus.DEPARTED}
_STATUSES = {status.value: status for status in enums.CallStatus}
"""Every row of a board is looked at: to call the enum takes ten times."""
_LATENESS = (*TRUST, "status", "boarding", "aimed", "expected", "actual")


@entity(policy=READ)
class Occupancy(Entity):
    """How full (拥挤度): whatever the source gives of it."""

    status: enums.OccupancyStatus | None = stored("status", "In words", zh="拥挤度")
    percent: int | None = stored("percent", "In per cent of the capacity", zh="满载率")
    count: int | None = stored("count", "People aboard", zh="在车人数")
    capacity: int | None = stored("capacity", "How many it takes", zh="定员")


@entity(policy=READ)
class CoachBoarding(Entity):
    """What a coach station says of a departure (余票、检票、售票)."""

    seats_total: int | None = stored("seats_total", "Seats on the coach", zh="座位数")
    seats_available: int | None = stored("seats_available", "Seats left", zh="余票")
    check_in: enums.CheckIn | None = stored("check_in", "Ticket check at the gate", zh="检票")
    sale: enums.SaleStatus | None = stored("sale", "Whether seats are sold", zh="售票")


@entity(policy=READ)
class CallReport(Entity):
    """What a source says of a call while another source of it is shown (其他来源)."""

    source: str = stored("feed", "Code of the feed it came by", zh="来源")
    status: enums.CallStatus = stored("reported", "State of the call, as it says", zh="到发状态")
    platform: str | None = stored("platform", "Platform, as it says", zh="站台")
    expected_arrival: datetime | None = stored(
        "expected.arrival", "Expected arrival", zh="预计到达"
    )
    expected_departure: datetime | None = stored(
        "expected.departure", "Expected departure", zh="预计发车"
    )
    actual_arrival: datetime | None = stored("actual.arrival", "Recorded arrival", zh="实际到达")
    actual_departure: datetime | None = stored(
        "actual.departure", "Recorded departure", zh="实际发车"
    )


@node_type
@entity(policy=READ, keys=KEYS)
class DatedJourney(Node):
    """One run of a vehicle on one service day (班次、车次)."""

    scoped_id: str = keyed("Scoped id, dataset:ref:service day", zh="编号")
    public_code: str | None = stored("public_code", "Train, trip or coach number", zh="车次")
    mode: enums.Mode = stored("mode", "Mode of transport", zh="运输方式")
    line: Line | None = embedded("line", "The line it runs on", zh="线路")
    origin: str | None = named("origin", "Where it starts", zh="始发站")
    destination: str | None = named("destination", "Where it ends", zh="终到站")
    headsign: str | None = named("headsign", "What the vehicle shows", zh="车头显示")
    operator: str | None = named(
        "operator", "Who runs it; a code where no timetable names it", zh="运营单位"
    )
    wheelchair_access: enums.Accessibility | None = stored(
        "wheelchair", "Whether the vehicle takes a wheelchair; null: not said", zh="无障碍"
    )
    state: enums.JourneyState = stored("state", "State of the whole run", zh="班次状态")
    service_date: date = stored(
        "service_date", "Service day, which may end after midnight", zh="运营日"
    )
    vehicle_ref: str | None = stored("vehicle_ref", "The vehicle that runs it", zh="车辆")

    @classmethod
    async def load(cls, context: "SchemaContext", key: str) -> Self | None:
        """The journey, if there is one."""
        row = await context.load.journey.load(key)
        return cls.of(row)

    @spoken(needs=("via",), zh="途经")
    def via(self, _context: "SchemaContext", language: Language) -> list[str]:
        """Places that are shown beside where it goes."""
        return via_of(self.doc, language)

    @computed(needs=("id",), zh="到发列表", size=20)
    async def calls(self, context: "SchemaContext") -> list["Call"]:
        """Every call of the journey that is known, as they are travelled."""
        row = await self.whole(context.load.journey, "calls")
        return [Call(_call_of(row, call)) for call in row.get("calls") or ()]

    @computed(needs=("id",), zh="时效")
    async def freshness(self, context: "SchemaContext") -> Freshness:
        """How old what is known of the run is."""
        row = await self.whole(context.load.journey, "calls")
        return freshness(context.freshness(_provenance(row, live="realtime" in row)))


@node_type
@entity(policy=READ, keys=KEYS)
class Call(Node):
    """A journey's stop at one place (到发): planned, expected, actual; one row of a board.

    When its source has been silent too long only what was planned is shown, and `status` is
    UNKNOWN.
    """

    kept_in = "calls"

    scoped_id: str = keyed("The journey's scoped id, # and the order", zh="编号")
    order: int = stored(
        "order", "Its number in the journey, the timetable's where that has the call", zh="站序"
    )
    journey: DatedJourney = embedded("journey", "The run this is a call of", zh="班次")
    stop_place: StopPlace = embedded("stop_place", "Where", zh="站点")
    planned_platform: str | None = stored(
        "platform.planned", "Platform in the timetable", zh="计划站台"
    )
    aimed_arrival: datetime | None = stored("aimed.arrival", "Timetabled arrival", zh="计划到达")
    aimed_departure: datetime | None = stored(
        "aimed.departure", "Timetabled departure", zh="计划发车"
    )
    actual_arrival: datetime | None = stored("actual.arrival", "Recorded arrival", zh="实际到达")
    actual_departure: datetime | None = stored(
        "actual.departure", "Recorded departure", zh="实际发车"
    )

    @computed(needs=("aimed_approximate",), zh="计划时刻为约数")
    def aimed_approximate(self, _context: "SchemaContext") -> bool:
        """Whether the aimed times are approximate: said to be, or worked out where none is told."""
        return bool(self.doc.get("aimed_approximate"))

    @computed(needs=(*TRUST, "status", "boarding"), zh="可上车")
    def boarding(self, context: "SchemaContext") -> bool:
        """Whether passengers may board; nobody boards at a cancelled or skipped call."""
        return bool(self.doc["boarding"]) and self._is_served(context)

    @computed(needs=(*TRUST, "status", "alighting"), zh="可下车")
    def alighting(self, context: "SchemaContext") -> bool:
        """Whether passengers may alight; nobody does at a cancelled or skipped call."""
        return bool(self.doc["alighting"]) and self._is_served(context)

    @computed(needs=("headsign", "journey.headsign", "journey.via"), zh="目的地显示")
    def destination_display(self, _context: "SchemaContext") -> DestinationDisplay | None:
        """What the vehicle shows from here on; null where nobody says."""
        journey = self.doc["journey"]
        front = self.doc.get("headsign") or journey.get("headsign")
        return DestinationDisplay({"front": front, "via": journey.get("via")}) if front else None

    @computed(needs=(*TRUST, "platform.actual"), zh="实际站台")
    def actual_platform(self, context: "SchemaContext") -> str | None:
        """Platform as announced now; null while nothing is announced."""
        found: str | None = self._live(context, "platform").get("actual")
        return found

    @computed(needs=(*TRUST, "quay_id", "planned_quay_id"), zh="站台")
    async def quay(self, context: "SchemaContext") -> Quay | None:
        """Where to board: the announced quay, else the planned one; null where none is known."""
        announced = self.doc.get("quay_id") if trusted(self, context) else None
        key = announced or self.doc.get("planned_quay_id")
        return await Quay.load(context, key) if key else None

    @computed(needs=(*TRUST, "expected.arrival"), zh="预计到达")
    def expected_arrival(self, context: "SchemaContext") -> datetime | None:
        """Expected arrival."""
        found: datetime | None = self._live(context, "expected").get("arrival")
        return found

    @computed(needs=(*TRUST, "expected.departure"), zh="预计发车")
    def expected_departure(self, context: "SchemaContext") -> datetime | None:
        """Expected departure."""
        found: datetime | None = self._live(context, "expected").get("departure")
        return found

    @computed(needs=_LATENESS, zh="到发状态")
    def status(self, context: "SchemaContext") -> enums.CallStatus:
        """State of the call, as its times say where they are known; UNKNOWN of a silent source."""
        if not trusted(self, context):
            return enums.CallStatus.UNKNOWN
        return _punctuality(self.doc)[0]

    @computed(needs=_LATENESS, zh="晚点秒数")
    def delay_seconds(self, context: "SchemaContext") -> int | None:
        """Best known minus timetabled time: of the departure, where nobody boards of the arrival.

        Of the other one where that is not known. Negative when early; null while both are unknown,
        never 0 by default, and where `status` says of the call that it is not served, not known, or
        late nobody knows by how much.
        """
        return _punctuality(self.doc)[1] if trusted(self, context) else None

    @computed(needs=_LATENESS, zh="到达进度")
    def arrival_progress(self, context: "SchemaContext") -> enums.Progress | None:
        """Whether it has arrived; null where it does not: at the first call."""
        return self._progress(context, "arrival")

    @computed(needs=_LATENESS, zh="发车进度")
    def departure_progress(self, context: "SchemaContext") -> enums.Progress | None:
        """Whether it has departed; null where it does not: at the last call."""
        return self._progress(context, "departure")

    @computed(needs=_LATENESS, zh="到达正晚点")
    def arrival_punctuality(self, context: "SchemaContext") -> enums.Punctuality | None:
        """How it keeps the time of its arrival; null where there is none to keep."""
        return self._punctuality(context, "arrival")

    @computed(needs=_LATENESS, zh="发车正晚点")
    def departure_punctuality(self, context: "SchemaContext") -> enums.Punctuality | None:
        """How it keeps the time of its departure; null where there is none to keep."""
        return self._punctuality(context, "departure")

    @computed(needs=("others",), zh="其他来源")
    def other_reports(self, context: "SchemaContext") -> list[CallReport]:
        """What other sources say of this call, those fallen silent left out; empty if none does."""
        return reports(
            CallReport,
            self.doc.get("others"),
            lambda said: context.freshness({"source": said["feed"]}),
        )

    @computed(needs=(*TRUST, "occupancy"), zh="拥挤度")
    def occupancy(self, context: "SchemaContext") -> Occupancy | None:
        """How full the vehicle is when it leaves here."""
        found = self._live(context, "occupancy")
        return Occupancy(found) if found else None

    @computed(needs=(*TRUST, "coach"), zh="余票检票")
    def coach(self, context: "SchemaContext") -> CoachBoarding | None:
        """Seats, ticket check and sale of a coach departure; null where nothing fresh is known."""
        found = self._live(context, "coach")
        return CoachBoarding(found) if found else None

    @computed(needs=TRUST, zh="时效")
    def freshness(self, context: "SchemaContext") -> Freshness:
        """How far the times and the state can be trusted."""
        return freshness(context.freshness(self.doc))

    def _progress(self, context: "SchemaContext", end: End) -> enums.Progress | None:
        if not _has(self.doc, end):
            return None
        if not trusted(self, context):
            return enums.Progress.UNKNOWN
        actual = self.doc.get("actual") or {}
        return punctuality.progress(
            enums.CallStatus(self.doc["status"]),
            end,
            recorded=(actual.get(end) or actual.get("departure")) is not None,
            observed=self.doc.get("realtime", True),
        )

    def _punctuality(self, context: "SchemaContext", end: End) -> enums.Punctuality | None:
        if not _has(self.doc, end):
            return None
        status = enums.CallStatus(self.doc["status"])
        if not trusted(self, context):
            return enums.Punctuality.UNKNOWN
        return punctuality.punctual(status, _delay_of(self.doc, end))

    def _is_served(self, context: "SchemaContext") -> bool:
        return self.doc["status"] not in NOT_SERVED or not trusted(self, context)

    def _live(self, context: "SchemaContext", part: str) -> Row:
        """A part of the document that only holds while its source speaks."""
        found: Row = self.doc.get(part) or {}
        return found if found and trusted(self, context) else {}


def _has(doc: Row, end: End) -> bool:
    """Whether the call has this end, as far as anybody tells."""
    if doc["status"] == _REACHED[end]:
        return True
    return any((doc.get(part) or {}).get(end) for part in ("aimed", "expected", "actual"))


def _punctuality(doc: Row) -> tuple[enums.CallStatus, int | None]:
    late = punctuality.judged(partial(_delay_of, doc), boards=bool(doc["boarding"]))
    return punctuality.shown(_STATUSES[doc["status"]], late)


def _delay_of(doc: Row, end: End) -> int | None:
    aimed = (doc.get("aimed") or {}).get(end)
    if aimed is None:
        return None
    best = (doc.get("actual") or {}).get(end) or (doc.get("expected") or {}).get(end)
    return None if best is None else round((best - aimed).total_seconds())


def _provenance(journey: Row, *, live: bool) -> Row:
    """The layer that what is known is from: the timetable only where nothing is observed."""
    observed, planned = journey.get("realtime"), journey.get("timetable")
    layer = (observed if live or planned is None else planned) or {}
    return {
        "source": layer.get("feed"),
        "observed_at": layer.get("observed_at"),
        "realtime": layer is observed,
    }


def _call_of(journey: Row, call: Row) -> Row:
    """A call as a journey holds it, in the shape of a board's row."""
    by = call.get("by")
    shown = {"source": by["feed"], "observed_at": by["observed_at"], "realtime": True} if by else {}
    return {
        **call,
        **_provenance(journey, live=call["realtime"]),
        **shown,
        "_id": call_id(journey["_id"], call["order"]),
        "journey": {**journey, "id": journey["_id"]},
    }
