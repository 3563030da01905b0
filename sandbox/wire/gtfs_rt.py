"""Runs, positions and situations as a GTFS Realtime 2.0 FeedMessage (full dataset)."""

from collections.abc import Iterable, Sequence
from random import Random

from google.transit import gtfs_realtime_pb2 as pb

from sandbox.live.runs import CallState, Run, RunState
from sandbox.live.situations import Announcement
from sandbox.timetable.records import Timetable

MEASURED_EVERY = 20
"""Seconds between two measurements of a vehicle under way: its update's own timestamp."""

_CAUSES = {
    "heavyRain": pb.Alert.WEATHER,
    "strongWinds": pb.Alert.WEATHER,
    "maintenanceWork": pb.Alert.MAINTENANCE,
    "technicalProblem": pb.Alert.TECHNICAL_PROBLEM,
    "accident": pb.Alert.ACCIDENT,
}
_SEVERITIES = {
    "noImpact": pb.Alert.INFO,
    "verySlight": pb.Alert.INFO,
    "slight": pb.Alert.INFO,
    "normal": pb.Alert.WARNING,
    "severe": pb.Alert.SEVERE,
    "verySevere": pb.Alert.SEVERE,
}
_OCCUPANCIES = (
    (10, pb.VehiclePosition.EMPTY),
    (45, pb.VehiclePosition.MANY_SEATS_AVAILABLE),
    (65, pb.VehiclePosition.FEW_SEATS_AVAILABLE),
    (85, pb.VehiclePosition.STANDING_ROOM_ONLY),
    (100, pb.VehiclePosition.CRUSHED_STANDING_ROOM_ONLY),
    (1000, pb.VehiclePosition.FULL),
)


def encode(
    timetable: Timetable,
    states: Iterable[RunState],
    situations: Iterable[Announcement],
    load_percent: float,
    now: float,
) -> bytes:
    """The message at `now`. `load_percent` is how full the average vehicle is this hour."""
    message = pb.FeedMessage()
    message.header.gtfs_realtime_version = "2.0"
    message.header.incrementality = pb.FeedHeader.FULL_DATASET
    message.header.timestamp = int(now)
    for one in states:
        name = f"{one.run.trip.id}_{one.run.day:%Y%m%d}"
        _trip_update(message.entity.add(id=f"tu:{name}").trip_update, one, now)
        if not one.cancelled and _under_way(one):
            entity = message.entity.add(id=f"vp:{name}")
            _vehicle(entity.vehicle, timetable, one, load_percent, now)
    for announcement in situations:
        if not announcement.closed:
            _alert(message.entity.add(id=f"alert:{announcement.id}").alert, announcement)
    return message.SerializeToString()


def _descriptor(descriptor: pb.TripDescriptor, run: Run) -> None:
    descriptor.trip_id = run.trip.id
    descriptor.route_id = run.trip.route_id
    descriptor.direction_id = run.trip.direction
    descriptor.start_date = f"{run.day:%Y%m%d}"


def _trip_update(update: pb.TripUpdate, one: RunState, now: float) -> None:
    _descriptor(update.trip, one.run)
    if one.cancelled:
        update.trip.schedule_relationship = pb.TripDescriptor.CANCELED
        return
    update.trip.schedule_relationship = pb.TripDescriptor.SCHEDULED
    if _under_way(one):
        update.vehicle.id = _vehicle_id(one.run)
        update.timestamp = _measured(one.run, now)
    for call in one.calls:
        _stop_time_update(update.stop_time_update.add(), call, len(one.calls))


def _stop_time_update(update: pb.TripUpdate.StopTimeUpdate, call: CallState, count: int) -> None:
    update.stop_sequence = call.order
    update.stop_id = call.planned_stop_id
    if call.order > 1:
        update.arrival.time = call.arrival
        update.arrival.delay = call.arrival - call.aimed_arrival
    if call.order < count:
        update.departure.time = call.departure
        update.departure.delay = call.departure - call.aimed_departure
    if call.stop_id != call.planned_stop_id:
        update.stop_time_properties.assigned_stop_id = call.stop_id


def _vehicle(
    vehicle: pb.VehiclePosition,
    timetable: Timetable,
    one: RunState,
    load_percent: float,
    now: float,
) -> None:
    _descriptor(vehicle.trip, one.run)
    vehicle.vehicle.id = _vehicle_id(one.run)
    at = _measured(one.run, now)
    vehicle.timestamp = at
    _place(vehicle, timetable, one.calls, at)
    percent = round(min(120.0, load_percent * (0.6 + 0.8 * one.run.fate.load)))
    vehicle.occupancy_percentage = percent
    vehicle.occupancy_status = next(status for limit, status in _OCCUPANCIES if percent <= limit)


def _place(
    vehicle: pb.VehiclePosition, timetable: Timetable, calls: Sequence[CallState], at: float
) -> None:
    """Where it is at `at`: at a stop, or on the straight line to the next."""
    after = next((call for call in calls if call.departure > at), calls[-1])
    stop = timetable.stops[after.stop_id]
    vehicle.current_stop_sequence = after.order
    vehicle.stop_id = after.stop_id
    if after.order == 1 or after.arrival <= at:
        vehicle.current_status = pb.VehiclePosition.STOPPED_AT
        vehicle.position.latitude, vehicle.position.longitude = stop.lat, stop.lon
        return
    before = calls[after.order - 2]
    left = timetable.stops[before.stop_id]
    part = (at - before.departure) / max(1, after.arrival - before.departure)
    part = min(1.0, max(0.0, part))
    near = after.arrival - at < 30
    vehicle.current_status = (
        pb.VehiclePosition.INCOMING_AT if near else pb.VehiclePosition.IN_TRANSIT_TO
    )
    vehicle.position.latitude = left.lat + (stop.lat - left.lat) * part
    vehicle.position.longitude = left.lon + (stop.lon - left.lon) * part


def _alert(alert: pb.Alert, announcement: Announcement) -> None:
    alert.active_period.add(start=int(announcement.start), end=int(announcement.end))
    alert.cause = _CAUSES.get(announcement.cause, pb.Alert.OTHER_CAUSE)
    alert.effect = pb.Alert.OTHER_EFFECT
    alert.severity_level = _SEVERITIES[announcement.severity]
    for stop_id in announcement.stops:
        alert.informed_entity.add(stop_id=stop_id)
    for line in announcement.lines:
        alert.informed_entity.add(route_id=line)
    for target, name in (
        (alert.header_text, announcement.summary),
        (alert.description_text, announcement.description),
    ):
        target.translation.add(text=name.zh or "", language="zh")
        target.translation.add(text=name.en or "", language="en")


def _under_way(one: RunState) -> bool:
    return one.calls[0].departed and not one.calls[-1].arrived


def _vehicle_id(run: Run) -> str:
    """The train or coach that runs it: in this world each keeps to one journey a day."""
    return f"V-{run.trip.id}"


def _measured(run: Run, now: float) -> int:
    """The last moment at which this vehicle was measured; each has its own rhythm."""
    phase = Random(run.trip.id).randrange(MEASURED_EVERY)
    return int((now - phase) // MEASURED_EVERY * MEASURED_EVERY + phase)
