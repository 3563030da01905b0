"""SIRI 2.0 Stop Monitoring and Vehicle Monitoring, and SIRI 2.1 Facility Monitoring with counts."""

from collections.abc import Iterable, Sequence

from lxml import etree

from sandbox.facilities import GARAGES, LIFTS, taken, works
from sandbox.live.runs import CallState, RunState
from sandbox.timetable.records import Timetable
from sandbox.wire.siri import Delivery, call_head, call_side, child, framed, iso, put, words

VALID_FOR = 60
"""Seconds for which a visit or an activity holds."""
FM_VERSION = "2.1"
"""MonitoredCounting came with this version."""


def add_visits(
    delivery: Delivery, timetable: Timetable, states: Iterable[RunState], monitored: str, now: float
) -> None:
    """A StopMonitoringDelivery of one stop: what calls there."""
    part = delivery.part("StopMonitoringDelivery")
    put(part, "MonitoringRef", monitored)
    for one in states:
        visit = child(part, "MonitoredStopVisit")
        put(visit, "RecordedAtTime", iso(now))
        put(visit, "ItemIdentifier", f"{monitored}:{one.run.trip.id}:{one.run.day}")
        put(visit, "MonitoringRef", monitored)
        journey = child(visit, "MonitoredVehicleJourney")
        _journey(journey, timetable, one)
        _calls(journey, timetable, one, one.here)


def add_vehicles(
    delivery: Delivery, timetable: Timetable, states: Iterable[RunState], now: float
) -> None:
    """A VehicleMonitoringDelivery: the trains under way."""
    part = delivery.part("VehicleMonitoringDelivery")
    for one in states:
        if one.cancelled or not one.calls[0].departed or one.calls[-1].arrived:
            continue
        activity = child(part, "VehicleActivity")
        put(activity, "RecordedAtTime", iso(now))
        put(activity, "ItemIdentifier", f"V-{one.run.trip.id}:{int(now)}")
        put(activity, "ValidUntilTime", iso(now + VALID_FOR))
        journey = child(activity, "MonitoredVehicleJourney")
        lat, lon, coming = place(timetable, one.calls, now)
        _journey(journey, timetable, one, (lat, lon))
        call, _ = call_head(journey, "MonitoredCall", timetable, coming)
        put(call, "VehicleAtStop", "true" if coming.arrived else "false")


def add_facilities(delivery: Delivery, station: str, now: float, seed: int) -> None:
    """A FacilityMonitoringDelivery: lifts and escalators, and the garages' counts."""
    part = delivery.part("FacilityMonitoringDelivery")
    for lift in LIFTS:
        condition = child(part, "FacilityCondition")
        facility = child(condition, "Facility")
        put(facility, "FacilityCode", lift.id)
        words(facility, "Description", lift.name)
        put(facility, "FacilityClass", "fixedEquipment")
        feature = child(child(facility, "Features"), "Feature")
        put(feature, "AccessFacility", lift.feature)
        put(child(facility, "FacilityLocation"), "StopPlaceRef", station)
        running = works(lift, now, seed)
        put(
            child(condition, "FacilityStatus"), "Status", "available" if running else "notAvailable"
        )
    for garage in GARAGES:
        condition = child(part, "FacilityCondition")
        facility = child(condition, "Facility")
        put(facility, "FacilityCode", garage.id)
        words(facility, "Description", garage.name)
        put(facility, "FacilityClass", "parkingBay")
        put(child(condition, "FacilityStatus"), "Status", "available")
        counting = child(condition, "MonitoredCounting")
        put(counting, "CountingType", "availabilityCount")
        put(counting, "CountedFeatureUnit", "bays")
        put(counting, "Count", str(garage.capacity - taken(garage, now, seed)))


def place(
    timetable: Timetable, calls: Sequence[CallState], at: float
) -> tuple[float, float, CallState]:
    """Where a train is, on the straight line between two calls: latitude, longitude, next call."""
    coming = next((call for call in calls if call.departure > at), calls[-1])
    stop = timetable.stops[coming.stop_id]
    if coming.order == 1 or coming.arrival <= at:
        return stop.lat, stop.lon, coming
    left = calls[coming.order - 2]
    start = timetable.stops[left.stop_id]
    part = (at - left.departure) / max(1, coming.arrival - left.departure)
    part = min(1.0, max(0.0, part))
    lat = start.lat + (stop.lat - start.lat) * part
    return lat, start.lon + (stop.lon - start.lon) * part, coming


def _journey(
    journey: etree._Element,
    timetable: Timetable,
    one: RunState,
    where: tuple[float, float] | None = None,
) -> None:
    """What SM and VM say of a journey before its calls, in the schema's order."""
    trip = one.run.trip
    put(journey, "LineRef", trip.route_id)
    put(journey, "DirectionRef", "inbound" if trip.direction else "outbound")
    framed(journey, one.run)
    put(journey, "VehicleMode", "rail")
    words(journey, "PublishedLineName", timetable.routes[trip.route_id].name)
    put(journey, "OperatorRef", timetable.agency.id)
    words(journey, "OriginName", trip.origin)
    words(journey, "DestinationName", trip.destination)
    if trip.number:
        put(journey, "VehicleJourneyName", trip.number)
    put(journey, "Monitored", "true")
    if where is not None:
        location = child(journey, "VehicleLocation")
        put(location, "Longitude", f"{where[1]:.6f}")
        put(location, "Latitude", f"{where[0]:.6f}")
        put(journey, "VehicleRef", f"V-{trip.id}")
    if trip.number:
        put(child(journey, "TrainNumbers"), "TrainNumberRef", trip.number)


def _calls(journey: etree._Element, timetable: Timetable, one: RunState, here: CallState) -> None:
    """The monitored call, and those after it."""
    _call(journey, "MonitoredCall", timetable, one, here)
    after = one.calls[here.order :]
    if after:
        onward = child(journey, "OnwardCalls")
        for call in after:
            _call(onward, "OnwardCall", timetable, one, call)


def _call(
    parent: etree._Element, tag: str, timetable: Timetable, one: RunState, call: CallState
) -> None:
    element, platform = call_head(parent, tag, timetable, call)
    if call.order > 1:
        call_side(element, "Arrival", call, one, platform)
    if call.order < len(one.calls):
        call_side(element, "Departure", call, one, platform)
