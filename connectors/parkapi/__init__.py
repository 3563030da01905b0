"""The connector for ParkAPI: parking lots, and how many spaces are free in them."""

from datetime import datetime, timedelta

from connectors.snapshot import Entry, Snapshot, believable, fault_of, newest, no_capacity
from hub.connector import Batch, Connector, Context, Envelope, Link, Manifest, Record, Transport
from hub.errors import Reason, reasons
from hub.formats import parkapi
from hub.formats.common.bundle import unpack
from hub.formats.common.xml import Fault
from hub.formats.parkapi import Lot
from hub.model.common import Mode
from hub.model.ids import scoped
from hub.model.parking import ParkingFacility, ParkingStatus

_SILENT = Fault(Reason.TIMESTAMP_MISSING, "nothing says how old the status is")


def follow_up(raw: Envelope, _context: Context) -> tuple[Link, ...]:
    """The page after this one."""
    page = parkapi.next_page(raw.body)
    return (Link("next", page),) if page else ()


def parse(raw: Envelope, context: Context) -> Batch:
    """A facility and its status of every lot.

    An entity is a lot. One without real-time data has no status; a status from before 2000 or from
    the future is of unknown age. Lots for bicycles and lockers are refused. The
    batch is complete where no page is missing.

    Raises PayloadError: TOO_LARGE, NOT_DECODABLE.
    """
    lots = parkapi.decode(unpack(raw.body))
    said_at = lots.said_at or newest((lot.observed_at for lot in lots.lots), raw)
    snapshot = Snapshot(raw, context, said_at)
    for fault in lots.faults:
        snapshot.note(fault.reason, "header", fault.detail)
    for lot in lots.lots:
        _add(snapshot, lot, context.dataset)
    return snapshot.finish(whole=lots.last and not lots.faults)


def _add(snapshot: Snapshot, lot: Lot, dataset: str) -> None:
    native_id = lot.native_id
    if native_id is None or lot.name is None:
        missing = "id" if native_id is None else "name"
        snapshot.refuse(Reason.MISSING_FIELD, native_id, f"a lot without {missing}")
        return
    if lot.purpose.upper() != parkapi.CAR:
        snapshot.refuse(Reason.UNSUPPORTED_MESSAGE, native_id, f"a lot for {lot.purpose[:20]}")
        return
    facility = ParkingFacility(
        id=scoped(dataset, native_id),
        dataset=dataset,
        native_id=native_id,
        name=lot.name,
        position=lot.position,
        capacity=lot.capacity or None,
        park_and_ride=lot.park_and_ride,
    )
    records: tuple[Record, ...] = (facility,)
    observed_at, late = snapshot.believed(lot.observed_at)
    faults = (*lot.faults, *no_capacity(lot.capacity), *late)
    if lot.live:
        status, doubts = believable(_status(lot, facility, observed_at))
        records += (status,)
        told = lot.observed_at or fault_of(lot.faults, Reason.TIMESTAMP_EPOCH)
        faults += doubts if told else (*doubts, _SILENT)
    snapshot.take("lot", Entry(native_id, records, observed_at, faults))


def _status(lot: Lot, facility: ParkingFacility, observed_at: datetime | None) -> ParkingStatus:
    return ParkingStatus(
        facility_id=facility.id,
        dataset=facility.dataset,
        vacant=lot.vacant,
        occupied=lot.occupied,
        capacity=(lot.capacity or None) if lot.capacity_now is None else lot.capacity_now,
        occupancy_percent=lot.occupancy_percent,
        status=lot.status,
        opening=lot.opening,
        observed_at=observed_at,
    )


CONNECTOR = Connector(
    manifest=Manifest(
        kind="parkapi",
        standard="ParkAPI v1, v2, v3",
        modes=frozenset({Mode.OTHER}),
        transport=Transport.POLL,
        fresh_for=timedelta(minutes=15),
        expires_after=timedelta(hours=1),
        reads="lots (v1); results with latest_data and their pages, or lots of a pool (v2); "
        "items and their pages (v3)",
        drops="operators and addresses; fees, opening hours, forecasts; spaces for groups of users",
        refuses=reasons(
            "BAD_VALUE DUPLICATE EMPTY_ENTITY MISSING_FIELD NOT_DECODABLE POSITION_OUT_OF_RANGE "
            "TIMESTAMP_EPOCH TIMESTAMP_IN_FUTURE TIMESTAMP_MISSING TOO_LARGE "
            "UNSUPPORTED_MESSAGE"
        ),
    ),
    parse=parse,
    follow_up=follow_up,
    samples=("parkapi-json/parkapi-reutlingen.json",),
)
