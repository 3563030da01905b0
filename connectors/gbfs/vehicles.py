"""From vehicle_status and free_bike_status to VehiclePosition."""

from connectors.gbfs.stations import StationTable, table_of
from connectors.snapshot import Entry, Snapshot, fault_of
from hub.connector import Context
from hub.errors import Reason
from hub.formats.gbfs import System, Vehicle
from hub.model.common import Mode, Position
from hub.model.ids import scoped
from hub.model.vehicles import VehiclePosition


def add_vehicles(
    snapshot: Snapshot, system: System, context: Context, known: StationTable | None
) -> None:
    """Every vehicle where it stands; one at a station stands where the station does."""
    stations = table_of(system.stations or ())
    if known is not None:
        stations = known.stations | stations
    for vehicle in system.vehicles or ():
        station = stations.get(vehicle.station_id or "")
        _add(snapshot, vehicle, station.position if station else None, context)


def _add(snapshot: Snapshot, vehicle: Vehicle, docked: Position | None, context: Context) -> None:
    native_id = vehicle.vehicle_id
    if native_id is None:
        snapshot.refuse(Reason.MISSING_FIELD, None, "a vehicle without a vehicle_id")
        return
    if out := fault_of(vehicle.faults, Reason.POSITION_OUT_OF_RANGE):
        snapshot.refuse(out.reason, native_id, out.detail)
        return
    position = vehicle.position or docked
    if position is None:
        snapshot.refuse(
            Reason.MISSING_FIELD, native_id, "without lat, lon, and its station is not known"
        )
        return
    observed_at = vehicle.last_reported or snapshot.as_of
    record = VehiclePosition(
        id=scoped(context.dataset, native_id),
        dataset=context.dataset,
        native_id=native_id,
        mode=context.mode or Mode.OTHER,
        position=position,
        observed_at=observed_at,
    )
    snapshot.take("vehicle", Entry(native_id, (record,), observed_at, vehicle.faults))
