"""Common Alerting Protocol (预警): alerts of weather services, emergency offices and others."""

from datetime import timedelta

from connectors.cap.config import CapConfig, config_of
from connectors.cap.situations import parse
from hub.connector import Connector, Context, Envelope, Link, Manifest, Transport
from hub.errors import reasons
from hub.formats.cap import document as cap
from hub.model.common import Mode


def follow_up(raw: Envelope, context: Context) -> tuple[Link, ...]:
    """The alerts that a list names and does not carry. Each once per edition of its entry."""
    config = config_of(context)
    if config.links == "ignore":
        return ()
    return tuple(
        Link(link.url, link.url, needed=False, edition=link.edition)
        for link in cap.links(raw.body, config.encoding)
    )


CONNECTOR = Connector(
    manifest=Manifest(
        kind="cap",
        standard="CAP 1.2 (1.0, 1.1), alone, in a wrapper, in Atom or RSS, in EDXL-DE 1.0; "
        "warnings of China's national system (国家突发事件预警信息发布系统)",
        modes=frozenset(Mode),
        transport=Transport.POLL,
        fresh_for=timedelta(minutes=10),
        expires_after=timedelta(minutes=30),
        reads="Alert, Update, Cancel with references; info of every language; area with polygon, "
        "circle, geocode; Ack and Error are noted",
        drops="signatures, unverified; senderName, contact, addresses; onset; parameter, resource; "
        "documents beyond 500 that a list names",
        refuses=reasons(
            "BAD_VALUE DTD_FORBIDDEN DUPLICATE EMPTY_ENTITY MISSING_FIELD NOT_DECODABLE "
            "POSITION_OUT_OF_RANGE SOURCE_ERROR TIMESTAMP_EPOCH TIMESTAMP_IN_FUTURE "
            "TIME_ORDER TOO_LARGE UNSUPPORTED_MESSAGE UNSUPPORTED_VERSION"
        ),
        config=CapConfig,
    ),
    parse=parse,
    follow_up=follow_up,
    samples=(
        "cap/taiwan.cap",
        "cap/canada.cap",
        "cap/no_info_tag.cap",
        "cap/NOAA_MultiplePolygons.txt",
        "cap/iceland_met_office.cap",
        "cap/smhi.se.alerts.cap",
        "cap/weather.atom",
        "edxl-de/bushfire_valid.edxlde",
    ),
)
