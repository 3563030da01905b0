"""The connector for TransXChange timetables (one XML document or a zip of them)."""

from datetime import timedelta

from connectors.planned import TIMETABLE_BYTES, XmlTimetableConfig, batch_of, xml_config
from hub.connector import (
    Batch,
    Connector,
    Context,
    Envelope,
    Manifest,
    Transport,
)
from hub.errors import reasons
from hub.formats.common.published import Published
from hub.formats.transxchange.dataset import load
from hub.model.common import Mode
from hub.model.timetable import Timetable


def parse(envelope: Envelope, context: Context) -> Batch:
    """Stop places, quays, lines and the dated journeys of three service days.

    `entities` counts VehicleJourneys, Services and stops. A journey without its service, line,
    pattern, departure or two stops is a reject; a stop of it that is not listed a note. Times are
    in the feed's `timezone` (Europe/London for a British file): the standard names none.

    Raises PayloadError NOT_DECODABLE, DTD_FORBIDDEN, TOO_LARGE or UNSUPPORTED_MESSAGE.
    """
    room = xml_config(context).max_calls
    return batch_of(_load(envelope, context), envelope, context, max_calls=room)


def load_reference(envelope: Envelope, context: Context) -> Timetable:
    """The dataset as a `Timetable` for a real-time feed. Raises PayloadError as `parse` does."""
    return _load(envelope, context).timetable


def _load(envelope: Envelope, context: Context) -> Published:
    return load(
        envelope.open(),
        dataset=context.dataset,
        version=envelope.sha256,
        zone=context.timezone,
        at=envelope.received_at,
        mode=context.mode,
        max_unpacked_bytes=xml_config(context).max_unpacked_bytes,
    )


CONNECTOR = Connector(
    manifest=Manifest(
        kind="transxchange",
        standard="TransXChange 2.1-2.4",
        modes=frozenset({Mode.COACH, Mode.BUS, Mode.RAIL, Mode.METRO, Mode.TRAM, Mode.FERRY}),
        transport=Transport.POLL,
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
        config=XmlTimetableConfig,
        max_bytes=TIMETABLE_BYTES,
    ),
    parse=parse,
    load_reference=load_reference,
    samples=("coach-transxchange/flixbus-UK021-london-liverpool.xml",),
)
