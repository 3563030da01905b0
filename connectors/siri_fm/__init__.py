"""SIRI Facility Monitoring: lifts, escalators and gates; parking by its monitored counts."""

from datetime import datetime, timedelta

from connectors.planned import TIMETABLE_BYTES
from connectors.siri_common import SiriConfig, build_request
from connectors.siri_fm.facilities import parse
from connectors.siri_push import accept_with, subscription_of
from connectors.static import load_reference
from hub.connector import Connector, Context, Manifest, Request, Transport
from hub.errors import reasons
from hub.model.common import Mode

SERVICE = "FacilityMonitoring"


def request(context: Context, now: datetime) -> Request:
    """The FacilityMonitoringRequest of one poll."""
    return build_request(SERVICE, context, now)


MANIFEST = Manifest(
    kind="siri_fm",
    standard="SIRI-FM 1.3-2.1 (CEN/TS 15531-4): request/response, publish/subscribe, Lite",
    modes=frozenset({Mode.RAIL, Mode.METRO, Mode.COACH, Mode.BUS, Mode.TRAM, Mode.FERRY}),
    transport=Transport.POLL,
    fresh_for=timedelta(minutes=10),
    expires_after=timedelta(minutes=30),
    reads="FacilityCondition; MonitoredCounting of parking",
    drops="OwnerName and OwnerRef, accessibility assessments, Remedy, MonitoringInfo, counts of "
    "anything but parking",
    refuses=reasons(
        "BAD_VALUE DTD_FORBIDDEN DUPLICATE EMPTY_ENTITY MISSING_FIELD NOT_DECODABLE "
        "POSITION_OUT_OF_RANGE SOURCE_ERROR TIMESTAMP_EPOCH TIME_ORDER TOO_LARGE "
        "UNSUPPORTED_MESSAGE"
    ),
    config=SiriConfig,
    max_static_bytes=TIMETABLE_BYTES,
)

CONNECTOR = Connector(
    manifest=MANIFEST,
    parse=parse,
    load_reference=load_reference,
    request=request,
    accept=accept_with(parse),
    subscription=subscription_of(SERVICE, lambda _context: [()]),
    samples=("siri/exf_facilityMonitoring_response.xml",),
)
