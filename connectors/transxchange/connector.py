"""The connector for TransXChange timetables (one XML document or a zip of them)."""

from datetime import timedelta

from pydantic import Field

from connectors.planned import MOST_CALLS, MOST_CALLS_SAYS, TIMETABLE_BYTES, batch_of
from hub.connector import (
    Batch,
    Connector,
    ConnectorConfig,
    Context,
    Envelope,
    Manifest,
    Role,
)
from hub.errors import reasons
from hub.formats.published import Published
from hub.formats.transxchange import load
from hub.formats.zips import UNPACKED_BYTES
from hub.model.common import Mode
from hub.model.timetable import Timetable


class TransxchangeConfig(ConnectorConfig):
    """Caps against absurd datasets."""

    max_unpacked_bytes: int = Field(
        default=UNPACKED_BYTES,
        gt=0,
        description="bytes the zip may unpack to (512 MiB); a bomb is refused before it is "
        "unpacked",
    )
    max_calls: int = Field(default=MOST_CALLS, gt=0, description=MOST_CALLS_SAYS)


def parse(envelope: Envelope, context: Context) -> Batch:
    """Stop places, quays, lines and the dated journeys of three service days.

    `entities` counts VehicleJourneys, Services and stops. A journey without its service, line,
    pattern, departure or two stops is a reject; a stop of it that is not listed a note. Times are
    in the feed's `timezone` (Europe/London for a British file): the standard names none.

    Raises PayloadError NOT_DECODABLE, DTD_FORBIDDEN, TOO_LARGE or UNSUPPORTED_MESSAGE.
    """
    config = context.config
    room = config.max_calls if isinstance(config, TransxchangeConfig) else MOST_CALLS
    return batch_of(_load(envelope, context), envelope, context, max_calls=room)


def load_reference(envelope: Envelope, context: Context) -> Timetable:
    """The dataset as a `Timetable` for a real-time feed. Raises PayloadError as `parse` does."""
    return _load(envelope, context).timetable


def _load(envelope: Envelope, context: Context) -> Published:
    config = context.config
    unpacked = (
        config.max_unpacked_bytes if isinstance(config, TransxchangeConfig) else UNPACKED_BYTES
    )
    return load(
        envelope.open(),
        dataset=context.dataset,
        version=envelope.sha256,
        zone=context.timezone,
        at=envelope.received_at,
        mode=context.mode,
        max_unpacked_bytes=unpacked,
    )


CONNECTOR = Connector(
    manifest=Manifest(
        kind="transxchange",
        standard="TransXChange 2.1-2.4",
        modes=frozenset({Mode.COACH, Mode.BUS, Mode.RAIL, Mode.METRO, Mode.TRAM, Mode.FERRY}),
        role=Role.POLL,
        fresh_for=timedelta(days=1),
        expires_after=timedelta(days=7),
        reads="StopPoint, AnnotatedStopPointRef, StopArea, Operator, Service with Line and "
        "JourneyPattern, JourneyPatternTimingLink, VehicleJourney with VehicleJourneyRef, "
        "VehicleJourneyTimingLink, Frequency and ShortWorking, OperatingProfile with the bank "
        "holidays of England and Wales and the terms of a ServicedOrganisation, OperatingPeriod; "
        "one XML document or a zip of them",
        drops="FlexibleVehicleJourney (rejected), PeriodicDayType (noted), "
        "grid references, routes and tracks, garages, blocks, registrations, contact details",
        refuses=reasons(
            "BAD_VALUE DTD_FORBIDDEN DUPLICATE EMPTY_ENTITY MISSING_FIELD NEGATIVE_DWELL "
            "NOT_DECODABLE OLDER_THAN_KNOWN OUTSIDE_PERIOD TIMESTAMP_EPOCH TIME_ORDER "
            "TOO_LARGE UNKNOWN_ROUTE UNKNOWN_SERVICE UNKNOWN_STOP UNKNOWN_TRIP "
            "UNSUPPORTED_MESSAGE UNSUPPORTED_VERSION"
        ),
        config=TransxchangeConfig,
        max_bytes=TIMETABLE_BYTES,
    ),
    parse=parse,
    load_reference=load_reference,
    samples=("coach-transxchange/flixbus-UK021-london-liverpool.xml",),
)
