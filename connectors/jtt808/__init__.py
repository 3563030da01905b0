"""Vehicles over JT/T 808 (道路运输车辆终端): the hub is the TCP server the terminals call."""

from datetime import timedelta

from connectors.jtt808.capture import parse
from connectors.jtt808.config import Jtt808Config
from connectors.jtt808.session import TerminalSession
from hub.connector import Connector, Manifest, Transport
from hub.errors import reasons
from hub.model.common import Mode

MANIFEST = Manifest(
    kind="jtt808",
    standard="JT/T 808-2011, 2013, 2019",
    modes=frozenset({Mode.TAXI, Mode.COACH, Mode.BUS, Mode.OTHER}),
    transport=Transport.TCP_SERVER,
    fresh_for=timedelta(seconds=90),
    expires_after=timedelta(minutes=5),
    reads=(
        "heartbeat 0002, logout 0003, time 0004; registration 0100, authentication 0102; position "
        "0200, 0201, 0500, batches 0704; sub-packages; driver card 0702, parameters 0104 and "
        "attributes 0107 are accepted and dropped; every other message is rejected as "
        "UNSUPPORTED_MESSAGE"
    ),
    drops=(
        "driver, plate, ICCID, IMEI, vendors' items; the terminal's telephone number is replaced "
        "by a keyed hash, in the archive too; frames over 4 kB; encrypted bodies"
    ),
    refuses=reasons(
        "BAD_CHECKSUM BAD_ESCAPE BAD_LENGTH BAD_VALUE DUPLICATE MISSING_FIELD "
        "NOT_AUTHENTICATED NOT_DECODABLE POSITION_NOT_FIXED POSITION_OUT_OF_RANGE "
        "TIMESTAMP_EPOCH TIMESTAMP_IN_FUTURE TIMESTAMP_MISSING TOO_LARGE UNSUPPORTED_MESSAGE"
    ),
    config=Jtt808Config,
)

CONNECTOR = Connector(
    manifest=MANIFEST,
    parse=parse,
    open_session=TerminalSession,
    samples=("jtt808/traccar-frames.tsv",),
)
