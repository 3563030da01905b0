"""A timetable as NeTEx 1.1: a zip with a file of stops and a file of lines and journeys.

Objects in the order and with the references of NeTEx parts 1 and 2: StopPlaces with Quays,
ScheduledStopPoints assigned to them, JourneyPatterns, ServiceJourneys with passing times.
"""

import io
import zipfile
from datetime import date
from typing import Any

from lxml import etree

from hub.model.common import Name
from sandbox.timetable.day import DAY, days_around
from sandbox.timetable.records import Route, Stop, Timetable, Trip

NETEX = "http://www.netex.org.uk/netex"
SPACE = "SBX"
DAYS_BEFORE, DAYS_AFTER = 2, 7
PatternKey = tuple[str, tuple[str, ...]]


def encode(timetable: Timetable, today: date) -> bytes:
    """The zip."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("stops.xml", _stops(timetable, today))
        archive.writestr("lines.xml", _lines(timetable, today))
    return out.getvalue()


def _stops(timetable: Timetable, today: date) -> bytes:
    root, members = _delivery(today)
    frame = _child(members, "SiteFrame", "SiteFrame", "1")
    places = _child(frame, "stopPlaces")
    for stop in timetable.stops.values():
        if stop.parent is None:
            _stop_place(places, stop, timetable)
    service = _child(members, "ServiceFrame", "ServiceFrame", "stops")
    points = _child(service, "scheduledStopPoints")
    assignments = _child(service, "stopAssignments")
    for order, stop in enumerate(_boarded(timetable), start=1):
        _names(
            _child(points, "ScheduledStopPoint", "ScheduledStopPoint", stop.id), "Name", stop.name
        )
        given = _child(assignments, "PassengerStopAssignment", "PassengerStopAssignment", stop.id)
        given.set("order", str(order))
        _ref(given, "ScheduledStopPoint", stop.id)
        _ref(given, "StopPlace", stop.parent or stop.id)
        if stop.parent is not None:
            _ref(given, "Quay", stop.id)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _stop_place(parent: etree._Element, stop: Stop, timetable: Timetable) -> None:
    place = _child(parent, "StopPlace", "StopPlace", stop.id)
    _names(place, "Name", stop.name)
    location = _child(_child(place, "Centroid"), "Location")
    _text(location, "Longitude", str(stop.lon))
    _text(location, "Latitude", str(stop.lat))
    if stop.name.en:
        other = _child(_child(place, "alternativeNames"), "AlternativeName")
        _text(other, "NameType", "translation")
        _text(other, "Name", stop.name.en).set("lang", "en")
    _text(place, "TransportMode", "rail")
    _text(place, "StopPlaceType", "railStation")
    platforms = [one for one in timetable.stops.values() if one.parent == stop.id]
    if platforms:
        quays = _child(place, "quays")
        for one in platforms:
            _text(_child(quays, "Quay", "Quay", one.id), "PublicCode", one.platform_code or "")


def _lines(timetable: Timetable, today: date) -> bytes:
    root, members = _delivery(today)
    resources = _child(_child(members, "ResourceFrame", "ResourceFrame", "1"), "organisations")
    agency = timetable.agency
    _names(_child(resources, "Operator", "Operator", agency.id), "Name", agency.name)
    _calendar(members, today)
    patterns = _patterns(timetable)
    frame = _child(members, "ServiceFrame", "ServiceFrame", "lines")
    lines = _child(frame, "lines")
    for route in timetable.routes.values():
        _line(lines, route, agency.id)
    routes = _child(frame, "routes")
    for route in timetable.routes.values():
        _ref(_child(routes, "Route", "Route", route.id), "Line", route.id)
    listed = _child(frame, "journeyPatterns")
    for key, number in patterns.items():
        _pattern(listed, key, number)
    journeys = _child(_child(members, "TimetableFrame", "TimetableFrame", "1"), "vehicleJourneys")
    for trip in timetable.trips:
        _journey(journeys, trip, patterns[_key(trip)])
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _calendar(members: etree._Element, today: date) -> None:
    frame = _child(members, "ServiceCalendarFrame", "ServiceCalendarFrame", "1")
    kind = _child(_child(frame, "dayTypes"), "DayType", "DayType", "daily")
    days = _child(_child(kind, "properties"), "PropertyOfDay")
    _text(days, "DaysOfWeek", "Everyday")
    first, *_, last = days_around(today, DAYS_BEFORE, DAYS_AFTER)
    period = _child(_child(frame, "operatingPeriods"), "OperatingPeriod", "OperatingPeriod", "now")
    _text(period, "FromDate", f"{first}T00:00:00")
    _text(period, "ToDate", f"{last}T00:00:00")
    holder = _child(frame, "dayTypeAssignments")
    assignment = _child(holder, "DayTypeAssignment", "DayTypeAssignment", "1")
    assignment.set("order", "1")
    _ref(assignment, "OperatingPeriod", "now")
    _ref(assignment, "DayType", "daily")


def _line(parent: etree._Element, route: Route, operator: str) -> None:
    line = _child(parent, "Line", "Line", route.id)
    _names(line, "Name", route.name)
    _text(line, "TransportMode", "rail")
    _text(line, "PublicCode", route.short_name)
    _ref(line, "Operator", operator)
    if route.colour:
        _text(_child(line, "Presentation"), "Colour", route.colour)


def _patterns(timetable: Timetable) -> dict[PatternKey, int]:
    """Every sequence of stops of every route, numbered."""
    found: dict[PatternKey, int] = {}
    for trip in timetable.trips:
        found.setdefault(_key(trip), len(found) + 1)
    return found


def _key(trip: Trip) -> PatternKey:
    return trip.route_id, tuple(call.stop_id for call in trip.calls)


def _pattern(parent: etree._Element, key: PatternKey, number: int) -> None:
    route, stops = key
    pattern = _child(parent, "JourneyPattern", "JourneyPattern", str(number))
    _ref(pattern, "Route", route)
    points = _child(pattern, "pointsInSequence")
    for order, stop in enumerate(stops, start=1):
        name = "StopPointInJourneyPattern"
        point = _child(points, name, name, f"{number}-{order}")
        point.set("order", str(order))
        _ref(point, "ScheduledStopPoint", stop)
        if order == 1:
            _text(point, "ForAlighting", "false")
        if order == len(stops):
            _text(point, "ForBoarding", "false")


def _journey(parent: etree._Element, trip: Trip, pattern: int) -> None:
    journey = _child(parent, "ServiceJourney", "ServiceJourney", trip.id)
    if trip.number:
        _text(journey, "PrivateCode", trip.number)
    _ref(_child(journey, "dayTypes"), "DayType", "daily")
    _ref(journey, "JourneyPattern", str(pattern))
    _ref(journey, "Line", trip.route_id)
    times = _child(journey, "passingTimes")
    for order, call in enumerate(trip.calls, start=1):
        passing = _child(times, "TimetabledPassingTime")
        _ref(passing, "StopPointInJourneyPattern", f"{pattern}-{order}")
        if order > 1:
            _time(passing, "Arrival", call.arrival)
        if order < len(trip.calls):
            _time(passing, "Departure", call.departure)


def _time(passing: etree._Element, side: str, seconds: int) -> None:
    days, rest = divmod(seconds, DAY)
    _text(passing, f"{side}Time", f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}")
    if days:
        _text(passing, f"{side}DayOffset", str(days))


def _boarded(timetable: Timetable) -> list[Stop]:
    """The stops that journeys call at: platforms, and stations without any."""
    return [stop for stop in timetable.stops.values() if not stop.is_station]


def _delivery(today: date) -> tuple[etree._Element, etree._Element]:
    nsmap: Any = {None: NETEX}  # the stubs know no default namespace
    root = etree.Element(f"{{{NETEX}}}PublicationDelivery", {"version": "1.1"}, nsmap)
    _text(root, "PublicationTimestamp", f"{today}T00:00:00")
    _text(root, "ParticipantRef", SPACE)
    frame = _child(_child(root, "dataObjects"), "CompositeFrame", "CompositeFrame", "1")
    locale = _child(_child(frame, "FrameDefaults"), "DefaultLocale")
    _text(locale, "TimeZone", "Asia/Shanghai")
    _text(locale, "DefaultLanguage", "zh")
    return root, _child(frame, "frames")


def _child(parent: etree._Element, tag: str, kind: str = "", native: str = "") -> etree._Element:
    """A child element; with `kind` and `native` one with an id and a version."""
    element = etree.SubElement(parent, f"{{{NETEX}}}{tag}")
    if kind:
        element.set("id", f"{SPACE}:{kind}:{native}")
        element.set("version", "1")
    return element


def _ref(parent: etree._Element, kind: str, native: str) -> None:
    _child(parent, f"{kind}Ref").set("ref", f"{SPACE}:{kind}:{native}")


def _text(parent: etree._Element, tag: str, text: str) -> etree._Element:
    element = _child(parent, tag)
    element.text = text
    return element


def _names(parent: etree._Element, tag: str, name: Name) -> None:
    _text(parent, tag, name.best).set("lang", "zh" if name.zh else "en")
