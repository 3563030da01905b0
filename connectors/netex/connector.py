"""The connector for NeTEx timetables (PublicationDelivery, one XML file or a zip of them)."""

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
from hub.formats.netex.dataset import load
from hub.model.common import Mode
from hub.model.timetable import Timetable


def parse(envelope: Envelope, context: Context) -> Batch:
    """Stop places, quays, lines and the dated journeys of three service days.

    `entities` counts StopPlaces, Lines, ServiceJourneys and DatedServiceJourneys. A journey
    without a line, a day it runs on or two calls is a reject; a call at an unknown stop a note.
    With `static_url` (a NeTEx file of stop places) quays of that file are found too; a feed of
    their own describes them.

    Raises PayloadError NOT_DECODABLE, DTD_FORBIDDEN, TOO_LARGE or UNSUPPORTED_MESSAGE.
    """
    room = xml_config(context).max_calls
    return batch_of(_load(envelope, context), envelope, context, max_calls=room)


def load_reference(envelope: Envelope, context: Context) -> Timetable:
    """The dataset as a `Timetable` for another feed. Raises PayloadError as `parse` does."""
    return _load(envelope, context).timetable


def _load(envelope: Envelope, context: Context) -> Published:
    reference = context.reference
    return load(
        envelope.open(),
        dataset=context.dataset,
        version=envelope.sha256,
        zone=context.timezone,
        at=envelope.received_at,
        mode=context.mode,
        known=reference.stops if isinstance(reference, Timetable) else None,
        max_unpacked_bytes=xml_config(context).max_unpacked_bytes,
    )


CONNECTOR = Connector(
    manifest=Manifest(
        kind="netex",
        standard="NeTEx 1.0-2.0 (CEN/TS 16614-1, -2), EPIP and Nordic profiles",
        modes=frozenset({Mode.RAIL, Mode.METRO, Mode.COACH, Mode.BUS, Mode.TRAM, Mode.FERRY}),
        transport=Transport.POLL,
        fresh_for=timedelta(days=1),
        expires_after=timedelta(days=7),
        reads="StopPlace, Quay, ScheduledStopPoint, PassengerStopAssignment, Operator, Line, "
        "JourneyPattern, ServiceJourneyPattern, DestinationDisplay, ServiceJourney (passingTimes "
        "or calls), DatedServiceJourney, DayType, DayTypeAssignment, OperatingPeriod, "
        "UicOperatingPeriod, OperatingDay, AvailabilityCondition; one XML file or a zip of them",
        drops="TemplateServiceJourney (rejected), TimeDemandType, HolidayTypes, contact details, "
        "fares, notices, interchanges, accessibility but for wheelchairs, geometry",
        refuses=reasons(
            "BAD_VALUE DTD_FORBIDDEN DUPLICATE EMPTY_ENTITY MISSING_FIELD NEGATIVE_DWELL "
            "NOT_DECODABLE OUTSIDE_PERIOD POSITION_OUT_OF_RANGE TIMESTAMP_EPOCH TIME_ORDER "
            "TOO_LARGE UNKNOWN_ROUTE UNKNOWN_SERVICE UNKNOWN_STOP UNKNOWN_TRIP "
            "UNSUPPORTED_MESSAGE"
        ),
        config=XmlTimetableConfig,
        max_bytes=TIMETABLE_BYTES,
        max_static_bytes=TIMETABLE_BYTES,
    ),
    parse=parse,
    load_reference=load_reference,
    samples=("netex/nordic-stops.xml", "netex/nordic-line12.xml"),
)
