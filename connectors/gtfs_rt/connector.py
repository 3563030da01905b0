"""The connector for GTFS-Realtime: one FeedMessage to journeys, positions and situations."""

from datetime import datetime, timedelta

from google.transit import gtfs_realtime_pb2 as pb

from connectors.gtfs_rt.config import GtfsRtConfig
from connectors.gtfs_rt.entities import Entities
from connectors.gtfs_rt.memory import memory_of
from connectors.gtfs_rt.reading import Reading
from connectors.planned import TIMETABLE_BYTES
from connectors.static import load_reference
from hub.connector import (
    Batch,
    Connector,
    Context,
    Envelope,
    Incrementality,
    Manifest,
    Transport,
)
from hub.errors import Reason, reasons
from hub.formats.gtfs.realtime import MAX_ENTITIES, VERSIONS, Unreadable, split, text_of
from hub.model.common import Mode
from hub.model.timetable import Timetable

_HEADER = "header"


def parse(envelope: Envelope, context: Context) -> Batch:
    """Journeys, vehicle positions and situations of one FeedMessage; what cannot be used, and why.

    `entities` counts FeedEntities; `matched_journeys` the TripUpdates whose trip the timetable
    has, `matched_stops` their StopTimeUpdates that are stops of it. With `context.stop_places` a
    journey that calls at none of them is accepted and yields no record. A journey is named by
    trip_id and service day, which is not the calendar day; times are UTC.

    `as_of` is the header's timestamp, or `received_at` where that cannot be believed. A trip that
    is not in the timetable is found by its start, or its stops and times (`by_times`), or refused
    UNKNOWN_TRIP unless it was added; without a timetable all are taken as they are. Raises
    PayloadError NOT_DECODABLE or TOO_LARGE.

    GTFS Realtime reference v2.0.
    """
    config = context.config
    most = config.max_entities if isinstance(config, GtfsRtConfig) else MAX_ENTITIES
    header, entities = split(envelope.body, most)
    full = _is_full(header, context)
    batch = Batch(entities=len(entities), full=full, complete=full)
    version = text_of(header.gtfs_realtime_version)
    if version not in VERSIONS:
        batch.note(Reason.UNSUPPORTED_VERSION, _HEADER, f"version {version[:20]!r}; read as 2.0")
    timetable = context.reference if isinstance(context.reference, Timetable) else None
    reading = Reading(batch, context, timetable, envelope.received_at, envelope.received_at)
    as_of = _as_of(header, reading)
    batch.as_of = as_of
    reading = Reading(batch, context, timetable, as_of, envelope.received_at)
    with memory_of(context) as memory:
        memory.begin(reading)
        taken = Entities(reading, memory)
        for number, entity in enumerate(entities, start=1):
            if isinstance(entity, Unreadable):
                taken.refuse(entity, number)
            else:
                taken.take(entity, number)
        batch.records.extend(taken.records())
        memory.end()
    return batch


def _is_full(header: pb.FeedHeader, context: Context) -> bool:
    if context.incrementality is Incrementality.AUTO:
        return header.incrementality == pb.FeedHeader.FULL_DATASET
    return context.incrementality is Incrementality.FULL


def _as_of(header: pb.FeedHeader, reading: Reading) -> datetime:
    """The header's timestamp if it can be believed, else when the message was received."""
    if not header.HasField("timestamp"):
        reading.note(Reason.TIMESTAMP_MISSING, _HEADER, "the header has no timestamp")
        return reading.received_at
    observed, wrong = reading.observed(header.timestamp, _HEADER)
    if wrong is not None:
        reading.note(wrong, _HEADER, f"timestamp {header.timestamp}; the time of receipt is used")
    return observed or reading.received_at


CONNECTOR = Connector(
    manifest=Manifest(
        kind="gtfs_rt",
        standard="GTFS Realtime 2.0",
        modes=frozenset({Mode.RAIL, Mode.METRO, Mode.COACH, Mode.BUS, Mode.TRAM, Mode.FERRY}),
        transport=Transport.POLL,
        fresh_for=timedelta(seconds=90),
        expires_after=timedelta(minutes=5),
        reads="TripUpdate, VehiclePosition, Alert; protobuf, its JSON or its text format",
        drops="licence plates, Shape, Stop, TripModifications, extensions",
        refuses=reasons(
            "AMBIGUOUS_MATCH BAD_VALUE DUPLICATE EMPTY_ENTITY MISSING_FIELD NEGATIVE_DWELL "
            "NOT_DECODABLE POSITION_NOT_FIXED POSITION_OUT_OF_RANGE TIMESTAMP_EPOCH "
            "TIMESTAMP_IN_FUTURE TIMESTAMP_MISSING TIME_ORDER TOO_LARGE UNKNOWN_ROUTE "
            "UNKNOWN_STOP UNKNOWN_TRIP UNSUPPORTED_MESSAGE UNSUPPORTED_VERSION"
        ),
        config=GtfsRtConfig,
        max_static_bytes=TIMETABLE_BYTES,
    ),
    parse=parse,
    load_reference=load_reference,
    samples=(
        "gtfs-rt/caltrain-trip-updates.pb",
        "gtfs-rt/caltrain-vehicle-positions.pb",
        "gtfs-rt/nyc-subway-a_division.pb",
        "gtfs-rt/kcm-vehicles-1531Z.pb",
    ),
)
