"""From a VehiclePosition to where the vehicle is; or, without coordinates, which stop it is at."""

import math
from dataclasses import replace
from datetime import datetime

from google.transit import gtfs_realtime_pb2 as pb

from connectors.gtfs_rt.reading import Reading, RefusedEntity, ident
from connectors.gtfs_rt.runs import Run, find_run, on_the_day_of
from hub.errors import Reason
from hub.formats.common.fields import checked_position
from hub.formats.gtfs.realtime import occupancy_of, text_of
from hub.model.common import Occupancy
from hub.model.ids import journey_id
from hub.model.journeys import Call, CallStatus, DatedJourney
from hub.model.vehicles import Carriage, VehiclePosition

_KMH = 3.6
_FASTEST_KMH = 600.0
_AT_STOP = frozenset({pb.VehiclePosition.STOPPED_AT})


def position_of(vehicle: pb.VehiclePosition, entity_id: str, reading: Reading) -> VehiclePosition:
    """Where a vehicle is, at its own timestamp (that of the message where it has none).

    The licence plate is not read. Raises RefusedEntity: POSITION_NOT_FIXED, POSITION_OUT_OF_RANGE,
    TIMESTAMP_EPOCH, TIMESTAMP_IN_FUTURE.
    """
    native_id = vehicle_id(vehicle, entity_id)
    if not vehicle.HasField("position"):
        raise RefusedEntity(
            Reason.POSITION_NOT_FIXED, native_id, "the vehicle gives no coordinates"
        )
    told = vehicle.position
    position = checked_position(told.latitude, told.longitude)
    if position is None:
        raise RefusedEntity(
            Reason.POSITION_OUT_OF_RANGE, native_id, f"{told.latitude}, {told.longitude}"
        )
    run = run_of(vehicle, entity_id, reading)
    route_id = run.route_id if run else ident(vehicle.trip.route_id, "route_id")
    stop_id = _stop_id(vehicle, run)
    return VehiclePosition(
        id=reading.scoped(native_id),
        dataset=reading.dataset,
        native_id=native_id,
        mode=reading.mode_of_route(route_id),
        position=position,
        observed_at=_observed_at(vehicle, native_id, reading),
        bearing=_within(told.bearing, 360.0) if told.HasField("bearing") else None,
        speed_kmh=_within(told.speed * _KMH, _FASTEST_KMH) if told.HasField("speed") else None,
        label=text_of(vehicle.vehicle.label) or None,
        journey_id=journey_id(reading.dataset, run.ref, run.service_date) if run else None,
        line_id=reading.scoped(route_id) if route_id else None,
        stop_place_id=reading.place_id(stop_id) if stop_id else None,
        occupancy=_occupancy(vehicle),
        carriages=_carriages(vehicle),
    )


def vehicle_id(vehicle: pb.VehiclePosition, entity_id: str) -> str:
    """The vehicle's id, else its label, else the entity's id: never the licence plate."""
    descriptor = vehicle.vehicle
    return (
        ident(descriptor.id, "vehicle.id") or ident(descriptor.label, "vehicle.label") or entity_id
    )


def run_of(vehicle: pb.VehiclePosition, entity_id: str, reading: Reading) -> Run | None:
    """The run the vehicle makes; None where it names none that can be found (a note says so)."""
    if not vehicle.HasField("trip"):
        return None
    trip = vehicle.trip
    if not trip.trip_id and not trip.start_time:
        return None
    try:
        run = find_run(trip, reading, fallback=entity_id, moment=reading.as_of, copies=True)
        return on_the_day_of(run, reading.as_of, reading)
    except RefusedEntity as refused:
        reading.note(refused.reason, refused.native_id, refused.detail)
        return None


def standing_at(
    journey: DatedJourney, vehicle: pb.VehiclePosition, entity_id: str, reading: Reading
) -> DatedJourney:
    """The journey with what a vehicle without coordinates tells of it: its id and its stop."""
    descriptor = vehicle.vehicle
    ref = ident(descriptor.id, "vehicle.id") if descriptor.HasField("id") else ""
    journey = replace(
        journey, vehicle_ref=journey.vehicle_ref or (reading.scoped(ref) if ref else None)
    )
    if vehicle.current_status not in _AT_STOP or not vehicle.HasField("current_status"):
        return journey
    run = run_of(vehicle, entity_id, reading)
    stop_id = _stop_id(vehicle, run)
    if not stop_id:
        return journey
    place = reading.place_id(stop_id)
    here = [call for call in journey.calls if call.stop_place_id == place]
    at_call = _call_at(vehicle, place, here, run, reading) if here else None
    if at_call is None or at_call.status in {CallStatus.CANCELLED, CallStatus.SKIPPED}:
        return journey
    standing = replace(at_call, status=CallStatus.ARRIVED)
    calls = tuple(standing if call is at_call else call for call in journey.calls)
    return replace(journey, calls=calls)


def _call_at(
    vehicle: pb.VehiclePosition, place: str, here: list[Call], run: Run | None, reading: Reading
) -> Call | None:
    """Which of a journey's calls `here`, at a place, a vehicle stands at; a note where none."""
    if vehicle.HasField("current_stop_sequence"):
        for call in here:
            if call.order == vehicle.current_stop_sequence:
                return call
    visits = len(here)
    if run is not None and run.trip is not None:
        visits = sum(reading.place_id(row.stop_id) == place for row in run.trip.calls)
    if visits <= 1:
        return here[0]
    ref = run.ref if run else place
    detail = f"the vehicle stands at {place}, where the trip calls {visits} times; not used"
    reading.note(Reason.AMBIGUOUS_MATCH, ref, detail)
    return None


def _stop_id(vehicle: pb.VehiclePosition, run: Run | None) -> str:
    if vehicle.stop_id:
        return ident(vehicle.stop_id, "stop_id")
    if run is None or run.trip is None or not vehicle.HasField("current_stop_sequence"):
        return ""
    sequence = vehicle.current_stop_sequence
    return next((row.stop_id for row in run.trip.calls if row.stop_sequence == sequence), "")


def _observed_at(vehicle: pb.VehiclePosition, native_id: str, reading: Reading) -> datetime:
    if not vehicle.HasField("timestamp"):
        return reading.as_of
    observed, wrong = reading.observed(vehicle.timestamp, native_id)
    if observed is not None:
        return observed
    if vehicle.timestamp == 0:
        # Writers that always set the field write 0 for "not known".
        reading.note(Reason.TIMESTAMP_EPOCH, native_id, "timestamp 0")
        return reading.as_of
    raise RefusedEntity(wrong or Reason.BAD_VALUE, native_id, f"timestamp {vehicle.timestamp}")


def _within(value: float, most: float) -> float | None:
    return value if math.isfinite(value) and 0 <= value <= most else None


def _occupancy(vehicle: pb.VehiclePosition) -> Occupancy | None:
    status = vehicle.occupancy_status if vehicle.HasField("occupancy_status") else None
    percent = vehicle.occupancy_percentage if vehicle.HasField("occupancy_percentage") else None
    return occupancy_of(status, percent)


def _carriages(vehicle: pb.VehiclePosition) -> tuple[Carriage, ...]:
    """In the order of carriage_sequence; an occupancy_percentage of -1 says that none is known."""
    ordered = sorted(vehicle.multi_carriage_details, key=lambda one: one.carriage_sequence)
    return tuple(
        Carriage(
            label=text_of(one.label) or text_of(one.id) or None,
            occupancy=occupancy_of(
                one.occupancy_status,
                one.occupancy_percentage
                if one.HasField("occupancy_percentage") and one.occupancy_percentage >= 0
                else None,
            ),
        )
        for one in ordered
    )
