"""SIRI 2.0 deliveries: ET (estimated timetable), SX (situation exchange), and errors.

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
_EMPTY = f'<Siri xmlns="{NAMESPACE}" version="2.0"/>'
LATE = 60
"""Seconds from which a call is reported as delayed."""


def iso(at: float) -> str:
    """POSIX seconds as xsd:dateTime with the zone's offset."""
    return datetime.fromtimestamp(int(at), ZONE).isoformat()


class Delivery:
    """A ServiceDelivery under construction."""

    def __init__(self, now: float, request_ref: str | None) -> None:
        self._now = now
        self._root = etree.fromstring(_EMPTY)
        self._delivery = _child(self._root, "ServiceDelivery")
        _text(self._delivery, "ResponseTimestamp", iso(now))
        _text(self._delivery, "ProducerRef", PRODUCER)
        if request_ref:
            _text(self._delivery, "RequestMessageRef", request_ref)

    def refuse(self, error: str, text: str) -> bytes:
        """A delivery that says what was wrong: `error` is a SIRI error element (ErrorCondition)."""
        _text(self._delivery, "Status", "false")
        condition = _child(self._delivery, "ErrorCondition")
        _text(_child(condition, error), "ErrorText", text)
        _text(condition, "Description", text)
        return self.encode()

    def accept(self) -> None:
        """Say that the request was understood; before the first part is added."""
        _text(self._delivery, "Status", "true")
        _text(self._delivery, "MoreData", "false")

    def add_timetable(self, timetable: Timetable, states: Iterable[RunState]) -> None:
        """An EstimatedTimetableDelivery with these runs."""
        part = self._part("EstimatedTimetableDelivery")
        frame = _child(part, "EstimatedJourneyVersionFrame")
        _text(frame, "RecordedAtTime", iso(self._now))
        for one in states:
            _journey(frame, timetable, one)

    def add_situations(self, situations: Iterable[Announcement]) -> None:
        """A SituationExchangeDelivery with these situations."""
        part = self._part("SituationExchangeDelivery")
        holder = _child(part, "Situations")
        for situation in situations:
            _situation(holder, situation)

    def encode(self) -> bytes:
        """The document in UTF-8."""
        return etree.tostring(self._root, xml_declaration=True, encoding="UTF-8")

    def _part(self, name: str) -> etree._Element:
        part = _child(self._delivery, name)
        part.set("version", "2.0")
        _text(part, "ResponseTimestamp", iso(self._now))
        _text(part, "Status", "true")
        return part


def _child(parent: etree._Element, tag: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{NAMESPACE}}}{tag}")


def _text(parent: etree._Element, tag: str, text: str) -> etree._Element:
    element = _child(parent, tag)
    element.text = text
    return element


def _words(parent: etree._Element, tag: str, name: Name) -> None:
    for language, text in (("zh", name.zh), ("en", name.en)):
        if text:
            _text(parent, tag, text).set(LANGUAGE, language)


def _framed(parent: etree._Element, run: Run) -> None:
    framed = _child(parent, "FramedVehicleJourneyRef")
    _text(framed, "DataFrameRef", run.day.isoformat())
    _text(framed, "DatedVehicleJourneyRef", run.trip.id)


def _journey(frame: etree._Element, timetable: Timetable, one: RunState) -> None:
    trip = one.run.trip
    route = timetable.routes[trip.route_id]
    journey = _child(frame, "EstimatedVehicleJourney")
    _text(journey, "LineRef", trip.route_id)
    _text(journey, "DirectionRef", "inbound" if trip.direction else "outbound")
    _framed(journey, one.run)
    if one.cancelled:
        _text(journey, "Cancellation", "true")
    _text(journey, "VehicleMode", "rail")
    _words(journey, "PublishedLineName", route.name)
    _words(journey, "OriginName", trip.origin)
    _words(journey, "DestinationName", trip.destination)
    _text(journey, "OperatorRef", timetable.agency.id)
    if trip.number:
        _text(journey, "VehicleJourneyName", trip.number)
    _text(journey, "Monitored", "true")
    if trip.number:
        _text(_child(journey, "TrainNumbers"), "TrainNumberRef", trip.number)
    past = [call for call in one.calls if _recorded(call, len(one.calls)) and not one.cancelled]
    coming = one.calls[len(past) :]
    if past:
        calls = _child(journey, "RecordedCalls")
        for call in past:
            _recorded_call(calls, timetable, one, call)
    if coming:
        calls = _child(journey, "EstimatedCalls")
        for call in coming:
            _estimated_call(calls, timetable, one, call)
    _text(journey, "IsCompleteStopSequence", "true")


def _recorded(call: CallState, count: int) -> bool:
    """Over: departed, or arrived where the journey ends."""
    return call.departed if call.order < count else call.arrived


def _head(
    parent: etree._Element, tag: str, timetable: Timetable, call: CallState
) -> tuple[etree._Element, str | None]:
    stop = timetable.stops[call.stop_id]
    element = _child(parent, tag)
    _text(element, "StopPointRef", call.stop_id)
    _text(element, "Order", str(call.order))
    _words(element, "StopPointName", stop.name)
    return element, stop.platform_code


def _recorded_call(
    parent: etree._Element, timetable: Timetable, one: RunState, call: CallState
) -> None:
    element, platform = _head(parent, "RecordedCall", timetable, call)
    if call.order > 1:
        _text(element, "AimedArrivalTime", iso(call.aimed_arrival))
        _text(element, "ActualArrivalTime", iso(call.arrival))
        if platform:
            _text(element, "ArrivalPlatformName", platform)
    if call.order < len(one.calls):
        _text(element, "AimedDepartureTime", iso(call.aimed_departure))
        if platform:
            _text(element, "DeparturePlatformName", platform)
        _text(element, "ActualDepartureTime", iso(call.departure))


def _estimated_call(
    parent: etree._Element, timetable: Timetable, one: RunState, call: CallState
) -> None:
    element, platform = _head(parent, "EstimatedCall", timetable, call)
    if one.cancelled:
        _text(element, "Cancellation", "true")
    if call.order > 1:
        _side(element, "Arrival", call, one, platform)
    if call.order < len(one.calls):
        _side(element, "Departure", call, one, platform)


def _side(
    element: etree._Element, side: str, call: CallState, one: RunState, platform: str | None
) -> None:
    """Aimed and expected time, status, platform and, where it was changed, both quays."""
    arrival = side == "Arrival"
    aimed = call.aimed_arrival if arrival else call.aimed_departure
    known = call.arrival if arrival else call.departure
    happened = call.arrived if arrival else call.departed
    _text(element, f"Aimed{side}Time", iso(aimed))
    if not one.cancelled:
        _text(element, f"Expected{side}Time", iso(known))
    _text(element, f"{side}Status", _status(one, known - aimed, happened))
    if platform:
        _text(element, f"{side}PlatformName", platform)
    if call.stop_id != call.planned_stop_id:
        assignment = _child(element, f"{side}StopAssignment")
        _text(assignment, "AimedQuayRef", call.planned_stop_id)
        _text(assignment, "ExpectedQuayRef", call.stop_id)


def _status(one: RunState, delay: int, happened: bool) -> str:
    if one.cancelled:
        return "cancelled"
    if happened:
        return "arrived"
    return "delayed" if delay >= LATE else "onTime"


def _situation(holder: etree._Element, situation: Announcement) -> None:
    element = _child(holder, "PtSituationElement")
    _text(element, "CreationTime", iso(situation.created))
    _text(element, "ParticipantRef", PRODUCER)
    _text(element, "SituationNumber", situation.id)
    _text(element, "Version", str(situation.version))
    _text(_child(element, "Source"), "SourceType", "directReport")
    _text(element, "Progress", "closed" if situation.closed else "open")
    period = _child(element, "ValidityPeriod")
    _text(period, "StartTime", iso(situation.start))
    _text(period, "EndTime", iso(situation.end))
    _text(element, "AlertCause", situation.cause)
    _text(element, "Severity", situation.severity)
    _words(element, "Summary", situation.summary)
    _words(element, "Description", situation.description)
    _affects(element, situation)


def _affects(element: etree._Element, situation: Announcement) -> None:
    affects = _child(element, "Affects")
    if situation.lines:
        networks = _child(_child(affects, "Networks"), "AffectedNetwork")
        for line in situation.lines:
            _text(_child(networks, "AffectedLine"), "LineRef", line)
    if situation.stops:
        points = _child(affects, "StopPoints")
        for stop_id in situation.stops:
            _text(_child(points, "AffectedStopPoint"), "StopPointRef", stop_id)
    if situation.runs:
        journeys = _child(affects, "VehicleJourneys")
        for one in situation.runs:
            _framed(_child(journeys, "AffectedVehicleJourney"), one.run)
