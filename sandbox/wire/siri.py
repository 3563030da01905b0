"""SIRI 2.0 deliveries: ET (estimated timetable), SX (situation exchange), and errors.

SM, VM and FM are in `sandbox.wire.siri_monitoring`.

The order of the elements is that of siri_estimatedTimetable_service.xsd, siri_journey.xsd and
siri_situation.xsd; the output validates against them. Times are written in the station's zone.
"""

from collections.abc import Iterable
from datetime import datetime

from lxml import etree

from hub.model.common import Name
from sandbox.live.runs import CallState, Run, RunState
from sandbox.live.situations import Announcement
from sandbox.timetable.day import ZONE
from sandbox.timetable.records import Timetable

NAMESPACE = "http://www.siri.org.uk/siri"
PRODUCER = "CR-SHH"
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
LATE = 60
"""Seconds from which a call is reported as delayed."""


def iso(at: float) -> str:
    """POSIX seconds as xsd:dateTime with the zone's offset."""
    return datetime.fromtimestamp(int(at), ZONE).isoformat()


class Delivery:
    """A ServiceDelivery under construction."""

    def __init__(
        self,
        now: float,
        request_ref: str | None,
        subscription: tuple[str, str] | None = None,
        version: str = "2.0",
    ) -> None:
        """`subscription` is whose the parts are, if any: SubscriberRef and SubscriptionRef."""
        self.now = now
        self.subscription = subscription
        self._version = version
        self._root = root_of(version)
        self._delivery = child(self._root, "ServiceDelivery")
        put(self._delivery, "ResponseTimestamp", iso(now))
        put(self._delivery, "ProducerRef", PRODUCER)
        if request_ref:
            put(self._delivery, "RequestMessageRef", request_ref)

    def refuse(self, error: str, text: str) -> bytes:
        """A delivery that says what was wrong: `error` is a SIRI error element (ErrorCondition)."""
        put(self._delivery, "Status", "false")
        condition = child(self._delivery, "ErrorCondition")
        put(child(condition, error), "ErrorText", text)
        put(condition, "Description", text)
        return self.encode()

    def accept(self) -> None:
        """Say that the request was understood; before the first part is added."""
        put(self._delivery, "Status", "true")
        put(self._delivery, "MoreData", "false")

    def add_timetable(self, timetable: Timetable, states: Iterable[RunState]) -> None:
        """An EstimatedTimetableDelivery with these runs."""
        part = self.part("EstimatedTimetableDelivery")
        frame = child(part, "EstimatedJourneyVersionFrame")
        put(frame, "RecordedAtTime", iso(self.now))
        for one in states:
            _journey(frame, timetable, one)

    def add_situations(self, situations: Iterable[Announcement]) -> None:
        """A SituationExchangeDelivery with these situations."""
        part = self.part("SituationExchangeDelivery")
        holder = child(part, "Situations")
        for situation in situations:
            _situation(holder, situation)

    def tree(self) -> etree._Element:
        """The document's root."""
        return self._root

    def encode(self) -> bytes:
        """The document in UTF-8."""
        return etree.tostring(self._root, xml_declaration=True, encoding="UTF-8")

    def part(self, name: str) -> etree._Element:
        """One functional delivery, its head written."""
        part = child(self._delivery, name)
        part.set("version", self._version)
        put(part, "ResponseTimestamp", iso(self.now))
        if self.subscription is not None:
            put(part, "SubscriberRef", self.subscription[0])
            put(part, "SubscriptionRef", self.subscription[1])
        put(part, "Status", "true")
        return part


def root_of(version: str = "2.0") -> etree._Element:
    """An empty Siri document."""
    return etree.fromstring(f'<Siri xmlns="{NAMESPACE}" version="{version}"/>')


def child(parent: etree._Element, tag: str) -> etree._Element:
    """A child element of SIRI's namespace."""
    return etree.SubElement(parent, f"{{{NAMESPACE}}}{tag}")


def put(parent: etree._Element, tag: str, text: str) -> etree._Element:
    """A child element with a text."""
    element = child(parent, tag)
    element.text = text
    return element


def words(parent: etree._Element, tag: str, name: Name) -> None:
    """A text in each language it has."""
    for language, text in (("zh", name.zh), ("en", name.en)):
        if text:
            put(parent, tag, text).set(LANGUAGE, language)


def framed(parent: etree._Element, run: Run) -> None:
    """The journey: its service day and its trip."""
    framed = child(parent, "FramedVehicleJourneyRef")
    put(framed, "DataFrameRef", run.day.isoformat())
    put(framed, "DatedVehicleJourneyRef", run.trip.id)


def _journey(frame: etree._Element, timetable: Timetable, one: RunState) -> None:
    trip = one.run.trip
    route = timetable.routes[trip.route_id]
    journey = child(frame, "EstimatedVehicleJourney")
    put(journey, "LineRef", trip.route_id)
    put(journey, "DirectionRef", "inbound" if trip.direction else "outbound")
    framed(journey, one.run)
    if one.cancelled:
        put(journey, "Cancellation", "true")
    put(journey, "VehicleMode", "rail")
    words(journey, "PublishedLineName", route.name)
    words(journey, "OriginName", trip.origin)
    words(journey, "DestinationName", trip.destination)
    put(journey, "OperatorRef", timetable.agency.id)
    if trip.number:
        put(journey, "VehicleJourneyName", trip.number)
    put(journey, "Monitored", "true")
    if trip.number:
        put(child(journey, "TrainNumbers"), "TrainNumberRef", trip.number)
    past = [call for call in one.calls if _recorded(call, len(one.calls)) and not one.cancelled]
    coming = one.calls[len(past) :]
    if past:
        calls = child(journey, "RecordedCalls")
        for call in past:
            _recorded_call(calls, timetable, one, call)
    if coming:
        calls = child(journey, "EstimatedCalls")
        for call in coming:
            _estimated_call(calls, timetable, one, call)
    put(journey, "IsCompleteStopSequence", "true")


def _recorded(call: CallState, count: int) -> bool:
    """Over: departed, or arrived where the journey ends."""
    return call.departed if call.order < count else call.arrived


def call_head(
    parent: etree._Element, tag: str, timetable: Timetable, call: CallState
) -> tuple[etree._Element, str | None]:
    """A call with its stop and order, and the code of its platform."""
    stop = timetable.stops[call.stop_id]
    element = child(parent, tag)
    put(element, "StopPointRef", call.stop_id)
    put(element, "Order", str(call.order))
    words(element, "StopPointName", stop.name)
    return element, stop.platform_code


def _recorded_call(
    parent: etree._Element, timetable: Timetable, one: RunState, call: CallState
) -> None:
    element, platform = call_head(parent, "RecordedCall", timetable, call)
    if call.order > 1:
        put(element, "AimedArrivalTime", iso(call.aimed_arrival))
        put(element, "ActualArrivalTime", iso(call.arrival))
        if platform:
            put(element, "ArrivalPlatformName", platform)
    if call.order < len(one.calls):
        put(element, "AimedDepartureTime", iso(call.aimed_departure))
        if platform:
            put(element, "DeparturePlatformName", platform)
        put(element, "ActualDepartureTime", iso(call.departure))


def _estimated_call(
    parent: etree._Element, timetable: Timetable, one: RunState, call: CallState
) -> None:
    element, platform = call_head(parent, "EstimatedCall", timetable, call)
    if one.cancelled:
        put(element, "Cancellation", "true")
    if call.order > 1:
        call_side(element, "Arrival", call, one, platform)
    if call.order < len(one.calls):
        call_side(element, "Departure", call, one, platform)


def call_side(
    element: etree._Element, side: str, call: CallState, one: RunState, platform: str | None
) -> None:
    """Aimed and expected time, status, platform and, where it was changed, both quays."""
    arrival = side == "Arrival"
    aimed = call.aimed_arrival if arrival else call.aimed_departure
    known = call.arrival if arrival else call.departure
    happened = call.arrived if arrival else call.departed
    put(element, f"Aimed{side}Time", iso(aimed))
    if not one.cancelled:
        put(element, f"Expected{side}Time", iso(known))
    put(element, f"{side}Status", _status(one, known - aimed, happened))
    if platform:
        put(element, f"{side}PlatformName", platform)
    if call.stop_id != call.planned_stop_id:
        assignment = child(element, f"{side}StopAssignment")
        put(assignment, "AimedQuayRef", call.planned_stop_id)
        put(assignment, "ExpectedQuayRef", call.stop_id)


def _status(one: RunState, delay: int, happened: bool) -> str:
    if one.cancelled:
        return "cancelled"
    if happened:
        return "arrived"
    return "delayed" if delay >= LATE else "onTime"


def _situation(holder: etree._Element, situation: Announcement) -> None:
    element = child(holder, "PtSituationElement")
    put(element, "CreationTime", iso(situation.created))
    put(element, "ParticipantRef", PRODUCER)
    put(element, "SituationNumber", situation.id)
    put(element, "Version", str(situation.version))
    put(child(element, "Source"), "SourceType", "directReport")
    put(element, "Progress", "closed" if situation.closed else "open")
    period = child(element, "ValidityPeriod")
    put(period, "StartTime", iso(situation.start))
    put(period, "EndTime", iso(situation.end))
    put(element, "AlertCause", situation.cause)
    put(element, "Severity", situation.severity)
    words(element, "Summary", situation.summary)
    words(element, "Description", situation.description)
    _affects(element, situation)


def _affects(element: etree._Element, situation: Announcement) -> None:
    affects = child(element, "Affects")
    if situation.lines:
        networks = child(child(affects, "Networks"), "AffectedNetwork")
        for line in situation.lines:
            put(child(networks, "AffectedLine"), "LineRef", line)
    if situation.stops:
        points = child(affects, "StopPoints")
        for stop_id in situation.stops:
            put(child(points, "AffectedStopPoint"), "StopPointRef", stop_id)
    if situation.runs:
        journeys = child(affects, "VehicleJourneys")
        for one in situation.runs:
            framed(child(journeys, "AffectedVehicleJourney"), one.run)
