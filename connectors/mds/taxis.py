"""From vehicle status and trips to VehiclePosition."""

from collections.abc import Iterable
from datetime import datetime

from connectors.mds.states import taxi_state
from connectors.snapshot import Entry, Snapshot, fault_of
from hub.connector import Context
from hub.errors import Reason
from hub.formats.common.fields import NAMELESS
from hub.formats.common.xml import Fault
from hub.formats.mds import Fix, Trip, VehicleStatus
from hub.model.common import Mode, Position
from hub.model.ids import scoped
from hub.model.vehicles import TaxiState, VehiclePosition

_TRIP_STATES = {
    "reservation": TaxiState.RESERVED,
    "empty": TaxiState.UNKNOWN,
}
"""What a taxi does on a trip without passengers; on any other it is on a trip."""
_OVER = Fault(Reason.EMPTY_ENTITY, "the trip is over; nothing is said of where its taxi is now")
_SHARED = Fault(Reason.DUPLICATE, "its taxi has a newer trip, which is taken")


def add_status(snapshot: Snapshot, status: VehicleStatus, context: Context) -> None:
    """A taxi at the newer of its two fixes, in the state of its last event."""
    native_id = status.device_id
    if native_id is None:
        snapshot.refuse(Reason.MISSING_FIELD, None, "a status without a device_id")
        return
    fixes = [
        (fix.at, fix.position, fix)
        for fix in (status.telemetry, status.event)
        if fix.at is not None and fix.position is not None and not snapshot.ahead(fix.at)
    ]
    if not fixes:
        _refuse(snapshot, native_id, (status.telemetry, status.event), status.faults)
        return
    at, position, fix = max(fixes, key=lambda found: found[0])
    state, faults = taxi_state(status.vehicle_state, status.event_types)
    record = _record(native_id, position, at, fix, state, context)
    snapshot.take("vehicle", Entry(native_id, (record,), at, (*status.faults, *faults)))


def add_trips(snapshot: Snapshot, trips: Iterable[Trip], context: Context) -> None:
    """Taxis on trips that still last, each where its newest began.

    A trip that is over, or that shares its taxi with a newer one, gives nothing but a note.
    """
    lasting: list[tuple[str, VehiclePosition, Trip]] = []
    for trip in trips:
        if trip.trip_id is None or trip.device_id is None:
            missing = "trip_id" if trip.trip_id is None else "device_id"
            snapshot.refuse(Reason.MISSING_FIELD, trip.trip_id, f"a trip without {missing}")
        elif trip.ended_at is not None and not snapshot.ahead(trip.ended_at):
            snapshot.take("trip", Entry(trip.trip_id, (), faults=(*trip.faults, _OVER)))
        elif (record := _of_trip(snapshot, trip, trip.device_id, context)) is None:
            _refuse(snapshot, trip.trip_id, (trip.start,), trip.faults)
        else:
            lasting.append((trip.trip_id, record, trip))
    newest: dict[str, VehiclePosition] = {}
    for _, record, _ in lasting:
        if record.observed_at > newest.setdefault(record.id, record).observed_at:
            newest[record.id] = record
    for trip_id, record, trip in lasting:
        is_newest = newest[record.id] is record
        faults = trip.faults if is_newest else (*trip.faults, _SHARED)
        snapshot.take("trip", Entry(trip_id, (record,) if is_newest else (), faults=faults))


def _of_trip(
    snapshot: Snapshot, trip: Trip, device_id: str, context: Context
) -> VehiclePosition | None:
    """Where a lasting trip began; None if nobody can say."""
    at, position = trip.start.at, trip.start.position
    if at is None or position is None or snapshot.ahead(at):
        return None
    state = _TRIP_STATES.get(trip.trip_type or "", TaxiState.ON_TRIP)
    return _record(device_id, position, at, trip.start, state, context)


def _record(
    native_id: str,
    position: Position,
    at: datetime,
    fix: Fix,
    state: TaxiState,
    context: Context,
) -> VehiclePosition:
    return VehiclePosition(
        id=scoped(context.dataset, native_id),
        dataset=context.dataset,
        native_id=native_id,
        mode=Mode.TAXI,
        position=position,
        observed_at=at,
        bearing=fix.bearing,
        speed_kmh=fix.speed_kmh,
        taxi_state=state,
    )


def _refuse(
    snapshot: Snapshot, native_id: str, fixes: tuple[Fix, ...], faults: tuple[Fault, ...]
) -> None:
    """Why not one fix can be used: the first thing that is wrong."""
    known = fault_of(faults, Reason.POSITION_OUT_OF_RANGE, Reason.TIMESTAMP_EPOCH, Reason.BAD_VALUE)
    if known is not None:
        snapshot.refuse(known.reason, native_id, known.detail)
    elif any(snapshot.ahead(fix.at) for fix in fixes):
        snapshot.refuse(Reason.TIMESTAMP_IN_FUTURE, native_id, "is observed in the future")
    elif all(fix.position is None for fix in fixes):
        snapshot.refuse(Reason.MISSING_FIELD, native_id or NAMELESS, "without a location")
    else:
        snapshot.refuse(Reason.TIMESTAMP_MISSING, native_id, "a location without its timestamp")
