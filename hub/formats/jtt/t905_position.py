"""JT/T 905.3-2014: the position (位置基本信息) and the messages that carry positions.

A position is 25 bytes: alarm flags (4), status (4), latitude (4), longitude (4), speed (2,
0.1 km/h), direction (1, 2 degrees, 0 = north, clockwise), time BCD[6] in UTC+8; in 0x0200 and its
like, additional items follow: id (1), length (1), value.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from struct import Struct

from hub.errors import PayloadError, Reason
from hub.formats.jtt.framing import decode_items, decode_time, encode_items, encode_time
from hub.formats.jtt.t905 import Alarm, Frame, MessageId, Status

UNITS_PER_DEGREE = 600_000
SIZE = 25
_LAYOUT = Struct(">IIIIHB6s")
_KNOWN_ALARMS = sum(Alarm)
_KNOWN_STATUS = sum(Status)


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionReport:
    """One position as the terminal sent it: degrees (negative = south, west), km/h, degrees.

    `time` is UTC; None when the terminal filled the field with zeros. `rest` are bytes after the
    last whole item.
    """

    lat: float
    lon: float
    time: datetime | None
    status: Status = field(default=Status(0))
    alarms: Alarm = field(default=Alarm(0))
    speed_kmh: float = 0.0
    bearing: float = 0.0
    items: Mapping[int, bytes] = field(default_factory=dict)
    rest: bytes = b""


def decode_position(body: bytes) -> PositionReport:
    """A position with the items after it. Raises PayloadError BAD_LENGTH or BAD_VALUE.

    Says what the bytes say; whether the place and time are believable is the connector's to judge.
    """
    if len(body) < SIZE:
        raise PayloadError(
            Reason.BAD_LENGTH, f"a position has at least {SIZE} bytes, not {len(body)}."
        )
    alarms, status, lat, lon, speed, direction, time = _LAYOUT.unpack_from(body)
    bits = Status(status & _KNOWN_STATUS)
    items, rest = decode_items(body[SIZE:])
    return PositionReport(
        lat=(-lat if Status.SOUTH in bits else lat) / UNITS_PER_DEGREE,
        lon=(-lon if Status.WEST in bits else lon) / UNITS_PER_DEGREE,
        time=decode_time(time),
        status=bits,
        alarms=Alarm(alarms & _KNOWN_ALARMS),
        speed_kmh=speed / 10,
        bearing=direction * 2.0 % 360,
        items=items,
        rest=rest,
    )


def encode_position(report: PositionReport) -> bytes:
    """The bytes of a position, hemispheres set by the signs of the degrees."""
    status = report.status & ~(Status.SOUTH | Status.WEST)
    if report.lat < 0:
        status |= Status.SOUTH
    if report.lon < 0:
        status |= Status.WEST
    fixed = _LAYOUT.pack(
        report.alarms,
        status,
        round(abs(report.lat) * UNITS_PER_DEGREE),
        round(abs(report.lon) * UNITS_PER_DEGREE),
        min(round(report.speed_kmh * 10), 0xFFFF),
        round(report.bearing % 360 / 2) % 180,
        encode_time(report.time),
    )
    return fixed + encode_items(report.items)


def positions_of(frame: Frame) -> list[bytes] | None:
    """The bytes of each position in a message; None if messages of this id carry none.

    0x0200 and 0x0202: the body. 0x0201: after the serial it answers. 0x0203: any number, one
    after the other. 0x0B03, 0x0B04 (sign-in, sign-out): at the start; what follows names the
    driver and is not read. 0x0B05 (trip): where it became loaded, then where it became vacant.
    """
    body = frame.body
    match frame.message_id:
        case MessageId.POSITION | MessageId.POSITION_TRACKING:
            return [body]
        case MessageId.POSITION_QUERY_REPLY:
            return [body[2:]]
        case MessageId.POSITION_STORED:
            return [body[at : at + SIZE] for at in range(0, max(len(body), 1), SIZE)]
        case MessageId.SIGN_IN | MessageId.SIGN_OUT:
            return [body[:SIZE]]
        case MessageId.TRIP:
            return [body[:SIZE], body[SIZE : 2 * SIZE]]
        case _:
            return None


_KEPT: dict[int, int] = {
    MessageId.REGISTRATION: 0,
    MessageId.AUTHENTICATION: 0,
    MessageId.POSITION: SIZE,
    MessageId.POSITION_TRACKING: SIZE,
    MessageId.POSITION_QUERY_REPLY: 2 + SIZE,
    MessageId.SIGN_IN: SIZE,
    MessageId.SIGN_OUT: SIZE,
    MessageId.TRIP: 2 * SIZE,
}
"""Bytes of a body before what names a driver, a plate or an account, or is a vendor's own."""


def without_personal_data(frame: Frame) -> Frame:
    """The same message without what names a driver, a plate or an account (for the archive)."""
    size = _KEPT.get(frame.message_id, len(frame.body))
    return Frame(frame.message_id, frame.terminal, frame.serial, frame.body[:size])
