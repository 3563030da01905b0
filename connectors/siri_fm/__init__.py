"""SIRI Facility Monitoring: lifts, escalators and gates; parking by its monitored counts."""

from datetime import timedelta

from connectors.planned import TIMETABLE_BYTES
from connectors.siri.common import SiriConfig
from connectors.siri.service import siri_connector
from connectors.siri_fm.facilities import parse
from hub.connector import Manifest, Transport
from hub.errors import reasons
from hub.model.common import Mode

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

CONNECTOR = siri_connector(
    "FacilityMonitoring",
    MANIFEST,
    parse,
    samples=("siri/exf_facilityMonitoring_response.xml",),
)
