"""Taxis over JT/T 905-2014 (巡游出租汽车终端): the hub is the TCP server the terminals call."""

from datetime import timedelta

from connectors.jtt905.capture import parse
from connectors.jtt905.config import Jtt905Config
from connectors.jtt905.session import TerminalSession
from hub.connector import Connector, Manifest, Transport
from hub.errors import reasons
from hub.model.common import Mode

MANIFEST = Manifest(
    kind="jtt905",
    standard="JT/T 905.3-2014",
    modes=frozenset({Mode.TAXI}),
    transport=Transport.TCP_SERVER,
    fresh_for=timedelta(seconds=90),
    expires_after=timedelta(minutes=5),
    reads=(
        "heartbeat 0002; position 0200, 0201, 0202, 0203; sign-in and sign-out 0B03, 0B04; "
        "trip 0B05; registration and authentication 0100, 0102 of JT/T 808; "
        "every other message is rejected as UNSUPPORTED_MESSAGE"
    ),
    drops=(
        "driver qualification, plate, licence and fare; additional items; the ISU id is replaced "
        "by a keyed hash; "
        "frames over 4 kB (photographs)"
    ),
    refuses=reasons(
        "BAD_CHECKSUM BAD_ESCAPE BAD_LENGTH BAD_VALUE DUPLICATE NOT_AUTHENTICATED "
        "NOT_DECODABLE POSITION_NOT_FIXED POSITION_OUT_OF_RANGE TIMESTAMP_EPOCH "
        "TIMESTAMP_IN_FUTURE TIMESTAMP_MISSING TOO_LARGE UNSUPPORTED_MESSAGE"
    ),
    config=Jtt905Config,
)

CONNECTOR = Connector(
    manifest=MANIFEST,
    parse=parse,
    open_session=TerminalSession,
    samples=("jtt905/jt905-frames.tsv",),
)
