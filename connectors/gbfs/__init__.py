"""The connector for GBFS: shared bicycles, scooters and cars, their stations and what is free."""

from datetime import timedelta

from connectors.gbfs.stations import StationTable, add_stations, table_of
from connectors.gbfs.vehicles import add_vehicles
from connectors.snapshot import Snapshot
from hub.connector import Batch, Connector, Context, Envelope, Link, Manifest, Transport
from hub.errors import PayloadError, Reason, reasons
from hub.formats import gbfs
from hub.formats.common.bundle import unpack
from hub.model.common import Mode


def follow_up(raw: Envelope, _context: Context) -> tuple[Link, ...]:
    """The documents of a gbfs.json that are read; () for any other document."""
    return tuple(
        Link(f"{feed.language}/{feed.name}" if feed.language else feed.name, feed.url)
        for feed in gbfs.feeds(raw.body)
    )


def parse(raw: Envelope, context: Context) -> Batch:
    """Stations and vehicles of one document, or of gbfs.json with all that it names.

    An entity is a station or a vehicle. A station's status belongs to it; a status that belongs to
    none is an entity of its own, refused UNKNOWN_STOP. A status document by itself is read against
    the reference; without one the stations are called by their ids. `matched_stops` counts the
    statuses whose station is known.

    Raises PayloadError: TOO_LARGE, NOT_DECODABLE, UNSUPPORTED_MESSAGE.
    """
    system = gbfs.decode(unpack(raw.body), context.timezone)
    snapshot = Snapshot(raw, context, system.last_updated)
    for fault in system.faults:
        snapshot.note(fault.reason, "header", fault.detail)
    for version in sorted(system.versions):
        if not version.startswith(gbfs.READ_MAJOR):
            snapshot.note(Reason.UNSUPPORTED_VERSION, "header", f"version {version}; read as 3.0")
    known = context.reference if isinstance(context.reference, StationTable) else None
    add_stations(snapshot, system, context.dataset, known)
    add_vehicles(snapshot, system, context, known)
    lists = (system.stations, system.statuses, system.vehicles)
    told = any(part is not None for part in lists)
    if not told:
        snapshot.note(Reason.EMPTY_ENTITY, "document", "no document with stations or vehicles")
    return snapshot.finish(whole=told and not system.faults)


def load_reference(raw: Envelope, context: Context) -> StationTable:
    """The stations of a station_information. Raises PayloadError if it is none."""
    system = gbfs.decode(unpack(raw.body), context.timezone)
    if system.stations is None:
        raise PayloadError(Reason.UNSUPPORTED_MESSAGE, "GBFS: no station_information.")
    return StationTable(raw.sha256, table_of(system.stations))


CONNECTOR = Connector(
    manifest=Manifest(
        kind="gbfs",
        standard="GBFS 1.0-3.x (MobilityData)",
        modes=frozenset({Mode.OTHER}),
        transport=Transport.POLL,
        fresh_for=timedelta(minutes=5),
        expires_after=timedelta(minutes=30),
        reads="gbfs.json with what it names, or one of station_information, station_status, "
        "vehicle_status, free_bike_status",
        drops="rental URIs, prices, ranges, zones; who rents; vehicle_types and "
        "system_information are read and give nothing",
        refuses=reasons(
            "BAD_VALUE DUPLICATE EMPTY_ENTITY MISSING_FIELD NOT_DECODABLE "
            "POSITION_OUT_OF_RANGE TIMESTAMP_EPOCH TIMESTAMP_IN_FUTURE TIMESTAMP_MISSING "
            "TOO_LARGE UNKNOWN_STOP UNSUPPORTED_MESSAGE UNSUPPORTED_VERSION"
        ),
    ),
    parse=parse,
    load_reference=load_reference,
    follow_up=follow_up,
    samples=(
        "gbfs/helsinki-v2-station_information.json",
        "gbfs/helsinki-v2-station_status.json",
        "gbfs/dupstations-v3-station_information.json",
        "gbfs/dupstations-v3-station_status.json",
    ),
)
