"""SIRI Estimated Timetable: trains, and every other mode that speaks it."""

from collections.abc import Sequence
from datetime import timedelta

from connectors.planned import TIMETABLE_BYTES
from connectors.siri.config import policy
from connectors.siri.journeys import parse
from connectors.siri.service import siri_connector
from connectors.siri_et.config import SiriEtConfig
from hub.connector import Context, Manifest, Transport
from hub.errors import reasons
from hub.formats.siri.request import Topics, duration
from hub.model.common import Mode


def asks(context: Context) -> Sequence[Topics]:
    """One request, for the journeys of the preview interval."""
    preview = context.config.preview if isinstance(context.config, SiriEtConfig) else None
    return [(("PreviewInterval", duration(preview)),) if preview else ()]


MANIFEST = Manifest(
    kind="siri_et",
    standard="SIRI-ET 1.3-2.1 (CEN/TS 15531-3): request/response, publish/subscribe, Lite",
    modes=frozenset({Mode.RAIL, Mode.METRO, Mode.COACH, Mode.BUS, Mode.TRAM, Mode.FERRY}),
    transport=Transport.POLL,
    fresh_for=timedelta(seconds=90),
    expires_after=timedelta(minutes=5),
    reads="EstimatedVehicleJourney with RecordedCall and EstimatedCall",
    drops="Extensions; operators' and drivers' details",
    refuses=reasons(
        "AMBIGUOUS_MATCH BAD_VALUE DTD_FORBIDDEN DUPLICATE EMPTY_ENTITY MISSING_FIELD "
        "NEGATIVE_DWELL NOT_DECODABLE SOURCE_ERROR TIMESTAMP_EPOCH TIMESTAMP_IN_FUTURE "
        "TIMESTAMP_MISSING TIME_ORDER TOO_LARGE UNKNOWN_STOP UNSUPPORTED_MESSAGE"
    ),
    config=SiriEtConfig,
    max_static_bytes=TIMETABLE_BYTES,
)

CONNECTOR = siri_connector(
    "EstimatedTimetable",
    MANIFEST,
    parse,
    samples=("siri/ext_estimatedTimetable_response.xml", "siri/banenor-et-20180828.xml"),
    asks=asks,
    policy=policy,
)
