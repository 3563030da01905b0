"""The connector for DATEX II parking: car parks, and how many spaces are free in them."""

from dataclasses import dataclass
from datetime import timedelta

from connectors.snapshot import Entry, Snapshot, believable, fault_of, no_capacity
from hub.connector import Batch, Connector, Context, Envelope, Manifest, Transport
from hub.errors import PayloadError, Reason, reasons
from hub.formats.common.xml import Fault
from hub.formats.datex2 import parking as datex2
from hub.formats.datex2.parking import Facility
from hub.formats.datex2.status import Status
from hub.model.common import Mode
from hub.model.ids import scoped
from hub.model.parking import ParkingFacility, ParkingStatus

_SILENT = Fault(Reason.TIMESTAMP_MISSING, "no usable parkingStatusOriginTime; the age is not known")


@dataclass(frozen=True, slots=True)
class FacilityTable:
    """The static publication: capacity of each facility by its id."""

    version: str
    capacities: dict[str, int | None]


def parse(raw: Envelope, context: Context) -> Batch:
    """The facilities of a static publication, the statuses of a dynamic one.

    A status is as old as its own parkingStatusOriginTime says, however fresh the publication; one
    without it, or with one that cannot be, is of unknown age. Word and percentage are carried as
    told; counts follow from them where none is told and the capacity is known. Against a reference
    a status of a facility that is not in it is refused, and `matched_stops` counts the others.
    `as_of` is publicationTime.

    Raises PayloadError: TOO_LARGE, DTD_FORBIDDEN, NOT_DECODABLE, UNSUPPORTED_MESSAGE,
    UNSUPPORTED_VERSION, SOURCE_ERROR.
    """
    publication = datex2.decode(raw.body, context.timezone)
    snapshot = Snapshot(raw, context, publication.time)
    for fault in publication.faults:
        snapshot.note(fault.reason, "header", fault.detail)
    if publication.version not in {None, datex2.VERSION}:
        snapshot.note(
            Reason.UNSUPPORTED_VERSION, "header", f"version {publication.version}; read as 2"
        )
    for name, count in publication.unread.items():
        snapshot.note(Reason.UNSUPPORTED_MESSAGE, name, f"{count} of them are not read")
    known = context.reference if isinstance(context.reference, FacilityTable) else None
    for facility in publication.facilities:
        _add_facility(snapshot, facility, context.dataset)
    for status in publication.statuses:
        _add_status(snapshot, status, context.dataset, known)
    return snapshot.finish(whole=True)


def load_reference(raw: Envelope, context: Context) -> FacilityTable:
    """The facilities of a static publication. Raises PayloadError if it is none."""
    facilities = datex2.decode(raw.body, context.timezone).facilities
    if not facilities:
        raise PayloadError(Reason.UNSUPPORTED_MESSAGE, "DATEX II: no facility in the publication.")
    return FacilityTable(
        raw.sha256, {one.native_id: one.capacity or None for one in facilities if one.native_id}
    )


def _add_facility(snapshot: Snapshot, facility: Facility, dataset: str) -> None:
    native_id = facility.native_id
    if native_id is None or facility.name is None:
        missing = "id" if native_id is None else "name"
        snapshot.refuse(Reason.MISSING_FIELD, native_id, f"a facility without {missing}")
        return
    record = ParkingFacility(
        id=scoped(dataset, native_id),
        dataset=dataset,
        native_id=native_id,
        name=facility.name,
        position=facility.position,
        capacity=facility.capacity or None,
        park_and_ride=facility.park_and_ride,
    )
    faults = (*facility.faults, *no_capacity(facility.capacity))
    snapshot.take("facility", Entry(native_id, (record,), faults=faults))


def _add_status(
    snapshot: Snapshot, status: Status, dataset: str, known: FacilityTable | None
) -> None:
    native_id = status.native_id
    if native_id is None:
        snapshot.refuse(Reason.MISSING_FIELD, None, "a status that names no facility")
        return
    if known is not None and native_id not in known.capacities:
        snapshot.refuse(Reason.UNKNOWN_STOP, native_id, "not in the static publication")
        return
    planned = known.capacities[native_id] if known is not None else None
    snapshot.batch.matched_stops += known is not None
    observed_at, late = snapshot.believed(status.origin_time)
    said = ParkingStatus(
        facility_id=scoped(dataset, native_id),
        dataset=dataset,
        vacant=status.vacant,
        occupied=status.occupied,
        capacity=planned if status.capacity is None else status.capacity,
        occupancy_percent=status.occupancy_percent,
        status=status.status,
        opening=status.opening,
        observed_at=observed_at,
    )
    record, doubts = believable(said)
    faults = (*status.faults, *late, *doubts)
    if not (status.origin_time or fault_of(status.faults, Reason.TIMESTAMP_EPOCH)):
        faults = (*faults, _SILENT)
    snapshot.take("status", Entry(native_id, (record,), observed_at, faults))


CONNECTOR = Connector(
    manifest=Manifest(
        kind="datex2_parking",
        standard="DATEX II v2 Parking Publications (CEN/TS 16157-6)",
        modes=frozenset({Mode.OTHER}),
        transport=Transport.POLL,
        fresh_for=timedelta(minutes=15),
        expires_after=timedelta(hours=1),
        reads="ParkingTablePublication, ParkingStatusPublication; parkingFacilityTable, "
        "parkingFacilityStatus; alone or in SOAP",
        drops="contacts and owners; tariffs, opening times, spaces for groups of users, trends, "
        "rates and thresholds",
        refuses=reasons(
            "BAD_VALUE DTD_FORBIDDEN DUPLICATE EMPTY_ENTITY MISSING_FIELD NOT_DECODABLE "
            "POSITION_OUT_OF_RANGE SOURCE_ERROR TIMESTAMP_EPOCH TIMESTAMP_IN_FUTURE "
            "TIMESTAMP_MISSING TOO_LARGE UNKNOWN_STOP UNSUPPORTED_MESSAGE "
            "UNSUPPORTED_VERSION"
        ),
    ),
    parse=parse,
    load_reference=load_reference,
    samples=(
        "datex2-parking/aachen-static.xml",
        "datex2-parking/aachen-realtime.xml",
        "datex2-parking/vrs_kirchheim-static.xml",
        "datex2-parking/vrs_kirchheim-realtime.xml",
    ),
)
