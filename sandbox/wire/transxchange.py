"""A coach timetable as TransXChange 2.4: one document with a Service for every route."""

from datetime import date
from typing import Any

from lxml import etree

from sandbox.timetable.day import DAY, days_around
from sandbox.timetable.records import Route, Stop, Timetable, Trip

TXC = "http://www.transxchange.org.uk/"
DAYS_BEFORE, DAYS_AFTER = 2, 7
OPERATOR = "O1"
Leg = tuple[str, str, int]
Legs = tuple[Leg, ...]
"""From, to and seconds between, of every two calls."""


def encode(timetable: Timetable, today: date) -> bytes:
    """The document."""
    nsmap: Any = {None: TXC}  # the stubs know no default namespace
    root = etree.Element(f"{{{TXC}}}TransXChange", {"SchemaVersion": "2.4"}, nsmap)
    root.set("CreationDateTime", f"{today}T00:00:00")
    root.set("RevisionNumber", "1")
    stops = _child(root, "StopPoints")
    for stop in timetable.stops.values():
        if not stop.is_station:
            _stop(stops, stop)
    patterns = _patterns(timetable)
    sections = _child(root, "JourneyPatternSections")
    for (_, _, legs), number in patterns.items():
        _section(sections, legs, number)
    operator = _child(_child(root, "Operators"), "Operator", id=OPERATOR)
    _text(operator, "OperatorShortName", timetable.agency.name.best)
    _text(operator, "TradingName", timetable.agency.name.best)
    services = _child(root, "Services")
    for route in timetable.routes.values():
        own = {key: number for key, number in patterns.items() if key[0] == route.id}
        if own:
            _service(services, route, own, timetable, today)
    journeys = _child(root, "VehicleJourneys")
    for trip in timetable.trips:
        _journey(journeys, trip, patterns[_key(trip)])
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


PatternKey = tuple[str, int, Legs]


def _patterns(timetable: Timetable) -> dict[PatternKey, int]:
    found: dict[PatternKey, int] = {}
    for trip in timetable.trips:
        found.setdefault(_key(trip), len(found) + 1)
    return found


def _key(trip: Trip) -> PatternKey:
    pairs = zip(trip.calls, trip.calls[1:], strict=False)
    legs = tuple((a.stop_id, b.stop_id, b.arrival - a.departure) for a, b in pairs)
    return trip.route_id, trip.direction, legs


def _stop(parent: etree._Element, stop: Stop) -> None:
    point = _child(parent, "AnnotatedStopPointRef")
    _text(point, "StopPointRef", stop.id)
    _text(point, "CommonName", stop.name.best)
    if stop.platform_code:
        _text(point, "Indicator", f"Stand {stop.platform_code}")
    location = _child(point, "Location")
    _text(location, "Longitude", str(stop.lon))
    _text(location, "Latitude", str(stop.lat))


def _section(parent: etree._Element, legs: Legs, number: int) -> None:
    section = _child(parent, "JourneyPatternSection", id=f"JPS{number}")
    for order, (start, end, seconds) in enumerate(legs, start=1):
        link = _child(section, "JourneyPatternTimingLink", id=f"JPL{number}-{order}")
        for tag, stop, place in (("From", start, order), ("To", end, order + 1)):
            usage = _child(link, tag, SequenceNumber=str(place))
            last = place == len(legs) + 1
            _text(
                usage,
                "Activity",
                "pickUp" if place == 1 else "setDown" if last else "pickUpAndSetDown",
            )
            _text(usage, "StopPointRef", stop)
            _text(usage, "TimingStatus", "principalTimingPoint")
        _text(link, "RunTime", f"PT{seconds // 60}M")


def _service(
    parent: etree._Element,
    route: Route,
    patterns: dict[PatternKey, int],
    timetable: Timetable,
    today: date,
) -> None:
    service = _child(parent, "Service")
    _text(service, "ServiceCode", route.id)
    line = _child(_child(service, "Lines"), "Line", id=f"L-{route.id}")
    _text(line, "LineName", route.short_name)
    first, *_, last = days_around(today, DAYS_BEFORE, DAYS_AFTER)
    period = _child(service, "OperatingPeriod")
    _text(period, "StartDate", first.isoformat())
    _text(period, "EndDate", last.isoformat())
    _daily(service)
    _text(service, "RegisteredOperatorRef", OPERATOR)
    _text(service, "Mode", "coach")
    standard = _child(service, "StandardService")
    *_, (_, far, _) = next(iter(patterns))[2]
    _text(standard, "Origin", timetable.agency.name.best)
    _text(standard, "Destination", timetable.stops[far].name.best)
    for (_, direction, legs), number in patterns.items():
        pattern = _child(standard, "JourneyPattern", id=f"JP{number}")
        _text(pattern, "DestinationDisplay", timetable.stops[legs[-1][1]].name.best)
        _text(pattern, "Direction", "inbound" if direction else "outbound")
        _text(pattern, "JourneyPatternSectionRefs", f"JPS{number}")


def _journey(parent: etree._Element, trip: Trip, pattern: int) -> None:
    journey = _child(parent, "VehicleJourney")
    _daily(journey)
    if trip.number:
        _text(_child(_child(journey, "Operational"), "TicketMachine"), "JourneyCode", trip.number)
    _text(journey, "VehicleJourneyCode", trip.id)
    _text(journey, "ServiceRef", trip.route_id)
    _text(journey, "LineRef", f"L-{trip.route_id}")
    _text(journey, "JourneyPatternRef", f"JP{pattern}")
    days, rest = divmod(trip.calls[0].departure, DAY)
    _text(journey, "DepartureTime", f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}")
    if days:
        _text(journey, "DepartureDayShift", str(days))


def _daily(parent: etree._Element) -> None:
    days = _child(_child(_child(parent, "OperatingProfile"), "RegularDayType"), "DaysOfWeek")
    _child(days, "MondayToSunday")


def _child(parent: etree._Element, tag: str, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{TXC}}}{tag}", attributes)


def _text(parent: etree._Element, tag: str, text: str) -> etree._Element:
    element = _child(parent, tag)
    element.text = text
    return element
