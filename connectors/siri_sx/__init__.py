"""SIRI Situation Exchange: situations (运营通告) of railways and others."""

from datetime import timedelta

from connectors.planned import TIMETABLE_BYTES
from connectors.siri.common import SiriConfig
from connectors.siri.service import siri_connector
from connectors.siri_sx.situations import parse
from hub.connector import Manifest, Transport
from hub.errors import reasons
from hub.model.common import Mode

MANIFEST = Manifest(
    kind="siri_sx",
    standard="SIRI-SX 1.3-2.1 (CEN/TS 15531-5): request/response, publish/subscribe, Lite",
    modes=frozenset({Mode.RAIL, Mode.METRO, Mode.COACH, Mode.BUS, Mode.TRAM, Mode.FERRY}),
    transport=Transport.POLL,
    fresh_for=timedelta(minutes=10),
    expires_after=timedelta(minutes=30),
    reads="PtSituationElement, RoadSituationElement",
    drops="Source (names and telephone numbers of who reported it); PublishingActions' layout",
    refuses=reasons(
        "BAD_VALUE DTD_FORBIDDEN DUPLICATE EMPTY_ENTITY MISSING_FIELD NOT_DECODABLE "
        "SOURCE_ERROR TIMESTAMP_EPOCH TIMESTAMP_IN_FUTURE TIME_ORDER TOO_LARGE "
        "UNSUPPORTED_MESSAGE"
    ),
    config=SiriConfig,
    max_static_bytes=TIMETABLE_BYTES,
)

CONNECTOR = siri_connector(
    "SituationExchange",
    MANIFEST,
    parse,
    samples=(
        "siri/exx_situationExchange_response.xml",
        "siri/SX_1010_first_message.xml",
        "siri/SX_1022_main_message.xml",
    ),
)
