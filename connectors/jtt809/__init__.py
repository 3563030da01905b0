"""Vehicles of a lower platform over JT/T 809 (平台间数据交换): the hub is the superior platform."""

from datetime import timedelta

from connectors.jtt809.capture import parse
from connectors.jtt809.config import Jtt809Config
from connectors.jtt809.session import MainLink
from hub.connector import Connector, Manifest, Transport
from hub.errors import reasons
from hub.model.common import Mode

MANIFEST = Manifest(
    kind="jtt809",
    standard="JT/T 809-2011, 2019",
    modes=frozenset({Mode.TAXI, Mode.COACH, Mode.BUS, Mode.OTHER}),
    transport=Transport.TCP_SERVER,
    fresh_for=timedelta(seconds=90),
    expires_after=timedelta(minutes=5),
    reads=(
        "main link: login 1001, logout 1003, link test 1005; subordinate link, which the hub "
        "opens: login 9001, logout 9003, link test 9005, 1007 and 1008; over either: vehicle "
        "dynamic data 1200 with positions 1202 and history 1203; registration 1201 is accepted "
        "and dropped; "
        "every other message is rejected as UNSUPPORTED_MESSAGE"
    ),
    drops=(
        "drivers, SIM and terminal numbers, vendors' items; the plate is replaced by a keyed hash, "
        "in the archive too; frames over 64 kB"
    ),
    refuses=reasons(
        "BAD_CHECKSUM BAD_ESCAPE BAD_LENGTH BAD_VALUE DUPLICATE MISSING_FIELD "
        "NOT_AUTHENTICATED NOT_DECODABLE POSITION_NOT_FIXED POSITION_OUT_OF_RANGE "
        "TIMESTAMP_EPOCH TIMESTAMP_IN_FUTURE TIMESTAMP_MISSING TOO_LARGE UNSUPPORTED_MESSAGE"
    ),
    config=Jtt809Config,
)

CONNECTOR = Connector(
    manifest=MANIFEST,
    parse=parse,
    open_session=MainLink,
    samples=("jtt809/jt809-frames.tsv",),
)
