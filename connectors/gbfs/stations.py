"""From station_information and station_status to SharingStation."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from connectors.snapshot import Entry, Snapshot, fault_of
from hub.errors import Reason
from hub.formats.common.fields import NAMELESS
from hub.formats.common.xml import Fault
from hub.formats.gbfs import Station, StationStatus, System
from hub.model.common import Name
from hub.model.ids import scoped
from hub.model.parking import SharingStation

_REPORTED = "last_reported"
_SILENT = Fault(Reason.TIMESTAMP_MISSING, "last_reported is missing; the age is not known")
_EMPTY = Fault(Reason.EMPTY_ENTITY, "its status says nothing of what is there")


@dataclass(frozen=True, slots=True)
class StationTable:
    """Stations by their id, for status documents that come by themselves."""

    version: str
    stations: dict[str, Station]


def table_of(stations: Iterable[Station]) -> dict[str, Station]:
    """Stations that can be shown, by their id; the first of several with one id."""
    table: dict[str, Station] = {}
    for station in stations:
        if station.station_id and _unusable(station) is None:
            table.setdefault(station.station_id, station)
    return table


def add_stations(
    snapshot: Snapshot, system: System, dataset: str, known: StationTable | None
) -> None:
    """Every station with its status; what is refused, with its reason."""
    if system.stations is None:
        for status in system.statuses or ():
            _add_status(snapshot, status, dataset, known)
        return
    statuses = _by_station(snapshot, system.statuses or ())
    for station in system.stations:
        if fault := _unusable(station):
            snapshot.refuse(fault.reason, station.station_id, fault.detail)
            continue
        _add(snapshot, station, statuses.get(station.station_id or ""), dataset)
    listed = {station.station_id for station in system.stations}
    for station_id in statuses.keys() - listed:
        snapshot.refuse(Reason.UNKNOWN_STOP, station_id, "a status of a station that is not listed")


def _by_station(snapshot: Snapshot, statuses: Iterable[StationStatus]) -> dict[str, StationStatus]:
    """The latest status of each station; the others are refused."""
    found: dict[str, StationStatus] = {}
    for status in statuses:
        if status.station_id is None:
            snapshot.refuse(Reason.MISSING_FIELD, None, "a status without a station_id")
            continue
        known = found.get(status.station_id)
        if known is not None:
            snapshot.refuse(Reason.DUPLICATE, status.station_id, "its status is said twice")
        if known is None or _later(status, known):
            found[status.station_id] = status
    return found


def _add(snapshot: Snapshot, station: Station, status: StationStatus | None, dataset: str) -> None:
    """A listed station, with its status if there is one."""
    native_id = station.station_id or NAMELESS
    faults = station.faults
    record = _record(station, native_id, dataset)
    if status is not None:
        snapshot.batch.matched_stops += 1
        observed_at, late = snapshot.believed(status.last_reported)
        record = _with(record, status, observed_at)
        faults += (*late, *_doubts(status))
    snapshot.take("station", Entry(native_id, (record,), record.observed_at, faults))


def _add_status(
    snapshot: Snapshot, status: StationStatus, dataset: str, known: StationTable | None
) -> None:
    """A status that comes without a list of stations."""
    native_id = status.station_id
    if native_id is None:
        snapshot.refuse(Reason.MISSING_FIELD, None, "a status without a station_id")
        return
    station = Station(native_id, Name(en=native_id), None, None)
    if known is not None:
        if native_id not in known.stations:
            snapshot.refuse(Reason.UNKNOWN_STOP, native_id, "not in the static reference")
            return
        snapshot.batch.matched_stops += 1
        station = known.stations[native_id]
    observed_at, late = snapshot.believed(status.last_reported)
    record = _with(_record(station, native_id, dataset), status, observed_at)
    faults = (*late, *_doubts(status))
    snapshot.take("station", Entry(native_id, (record,), observed_at, faults))


def _record(station: Station, native_id: str, dataset: str) -> SharingStation:
    return SharingStation(
        id=scoped(dataset, native_id),
        dataset=dataset,
        native_id=native_id,
        name=station.name or Name(en=native_id),
        position=station.position,
        capacity=station.capacity,
    )


def _with(
    record: SharingStation, status: StationStatus, observed_at: datetime | None
) -> SharingStation:
    return replace(
        record,
        vehicles_available=status.vehicles_available,
        docks_available=status.docks_available,
        renting=status.renting,
        returning=status.returning,
        observed_at=observed_at,
    )


def _unusable(station: Station) -> Fault | None:
    """Why a listed station cannot be shown to anybody: id, name and place are required."""
    if out := fault_of(station.faults, Reason.POSITION_OUT_OF_RANGE):
        return out
    fields = {
        "station_id": station.station_id,
        "name": station.name,
        "lat, lon": station.position,
    }
    missing = [name for name, value in fields.items() if value is None]
    return Fault(Reason.MISSING_FIELD, f"without {', '.join(missing)}") if missing else None


def _doubts(status: StationStatus) -> tuple[Fault, ...]:
    """What is wrong with a status that is taken.

    A last_reported that cannot be (1970, the year 1 or 0, one to come) leaves the counts, of
    unknown age.
    """
    faults = status.faults
    timed = status.last_reported or any(one.detail.startswith(_REPORTED) for one in faults)
    told = (status.vehicles_available, status.docks_available, status.renting, status.returning)
    silent = all(value is None for value in told)
    return (*faults, *(() if timed else (_SILENT,)), *((_EMPTY,) if silent else ()))


def _later(status: StationStatus, known: StationStatus) -> bool:
    if status.last_reported is None or known.last_reported is None:
        return known.last_reported is None and status.last_reported is not None
    return status.last_reported > known.last_reported
