"""JT/T 808: the position (位置信息汇报) and the messages that carry positions.

A position is 28 bytes: alarm flags (4), status (4), latitude (4), longitude (4), altitude (2, m),
speed (2, 0.1 km/h), direction (2, degrees, 0 = north, clockwise), time BCD[6] in UTC+8; additional
items follow: id (1), length (1), value. Coordinates are 1e-6 degree. The three editions differ in
the meaning of a few alarm bits only, and no bit has two meanings that exclude each other.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntFlag
from struct import Struct

from hub.errors import PayloadError, Reason
from hub.formats.jtt.framing import decode_items, decode_time, encode_items, encode_time
from hub.formats.jtt.t808 import Frame, MessageId

UNITS_PER_DEGREE = 1_000_000
SIZE = 28
STANDARD_ITEMS = frozenset({1, 2, 3, 4, 5, 6, 0x11, 0x12, 0x13, 0x25, 0x2A, 0x2B, 0x30, 0x31})
"""Items the standard defines. Vendors' own may hold ICCID, IMEI and driver."""
_LAYOUT = Struct(">IIIIHHH6s")


class Status(IntFlag):
    """Status bits (状态位) this hub reads."""

    IGNITION_ON = 1 << 0
    FIXED = 1 << 1
    SOUTH = 1 << 2
    WEST = 1 << 3
    OUT_OF_SERVICE = 1 << 4
    DISPLACED = 1 << 5
    """经纬度已经保密插件加密: coordinates are in GCJ-02."""
    LOAD_LOW = 1 << 8
    LOAD_HIGH = 1 << 9
    """With LOAD_LOW: 00 empty, 01 half, 11 full (客车的空、重车). Most terminals never set them."""


class Alarm(IntFlag):
    """Alarm flags (报警标志); names as in JT/T 905 where they mean the same."""

    EMERGENCY = 1 << 0
    SPEEDING = 1 << 1
    FATIGUE = 1 << 2
    DANGER_WARNING = 1 << 3
    GNSS_MODULE_FAULT = 1 << 4
    GNSS_ANTENNA_OPEN = 1 << 5
    GNSS_ANTENNA_SHORT = 1 << 6
    POWER_LOW = 1 << 7
    POWER_LOST = 1 << 8
    TERMINAL_DISPLAY_FAULT = 1 << 9
    SPEECH_FAULT = 1 << 10
    CAMERA_FAULT = 1 << 11
    IC_CARD_MODULE_FAULT = 1 << 12
    SPEEDING_WARNING = 1 << 13
    FATIGUE_WARNING = 1 << 14
    UNLAWFUL_DRIVING = 1 << 15
    TYRE_PRESSURE_WARNING = 1 << 16
    BLIND_SPOT_FAULT = 1 << 17
    DAILY_DRIVING_EXCEEDED = 1 << 18
    PARKING_EXCEEDED = 1 << 19
    AREA_CROSSED = 1 << 20
    ROUTE_CROSSED = 1 << 21
    SECTION_TIME_WRONG = 1 << 22
    ROUTE_DEVIATION = 1 << 23
    SPEED_SENSOR_FAULT = 1 << 24
    FUEL_ABNORMAL = 1 << 25
    STOLEN = 1 << 26
    UNLAWFUL_IGNITION = 1 << 27
    UNLAWFUL_MOVEMENT = 1 << 28
    COLLISION_WARNING = 1 << 29
    ROLLOVER_WARNING = 1 << 30
    UNLAWFUL_DOOR_OPENING = 1 << 31


_KNOWN_STATUS = sum(Status)


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionReport:
    """One position as the terminal sent it: degrees (negative = south, west), metres, km/h.

    `time` is UTC; None when the terminal filled the field with zeros. `rest` are bytes after the
    last whole item.
    """

    lat: float
    lon: float
    time: datetime | None
    status: Status = field(default=Status.FIXED)
    alarms: Alarm = field(default=Alarm(0))
    altitude_m: int = 0
    speed_kmh: float = 0.0
    bearing: int = 0
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
    alarms, status, lat, lon, altitude, speed, direction, time = _LAYOUT.unpack_from(body)
    bits = Status(status & _KNOWN_STATUS)
    items, rest = decode_items(body[SIZE:])
    return PositionReport(
        lat=(-lat if Status.SOUTH in bits else lat) / UNITS_PER_DEGREE,
        lon=(-lon if Status.WEST in bits else lon) / UNITS_PER_DEGREE,
        time=decode_time(time),
        status=bits,
        alarms=Alarm(alarms),
        altitude_m=altitude,
        speed_kmh=speed / 10,
        bearing=direction,
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
        report.altitude_m & 0xFFFF,
        min(round(report.speed_kmh * 10), 0xFFFF),
        report.bearing,
        encode_time(report.time),
    )
    return fixed + encode_items(report.items)


def encode_batch(positions: list[bytes], *, stored: bool = False) -> bytes:
    """Body of a 0x0704: count, type (1: of a stretch without network), each with its length."""
    listed = b"".join(len(one).to_bytes(2, "big") + one for one in positions)
    return len(positions).to_bytes(2, "big") + bytes([stored]) + listed


def positions_of(frame: Frame) -> list[bytes] | None:
    """The bytes of each position in a whole message; None if messages of this id carry none.

    0x0200: the body. 0x0201 and 0x0500: after the serial they answer. 0x0704: each by its length.
    """
    match frame.message_id:
        case MessageId.POSITION:
            return [frame.body]
        case MessageId.POSITION_QUERY_REPLY | MessageId.CONTROL_REPLY:
            return [frame.body[2:]]
        case MessageId.POSITION_BATCH:
            return _batch(frame.body)
        case _:
            return None


def carries_positions(frame: Frame) -> bool:
    """Whether messages of this id carry positions."""
    return frame.message_id in _WITH_POSITIONS


_WITH_POSITIONS = {
    MessageId.POSITION,
    MessageId.POSITION_QUERY_REPLY,
    MessageId.CONTROL_REPLY,
    MessageId.POSITION_BATCH,
}


def without_personal_data(position: bytes, keep: frozenset[int] = STANDARD_ITEMS) -> bytes:
    """A position without vendors' items and without what follows the last item."""
    items, _ = decode_items(position[SIZE:])
    kept = {number: value for number, value in items.items() if number in keep}
    return position[:SIZE] + encode_items(kept)


def stated_positions(frame: Frame) -> int:
    """How many positions a message says it carries."""
    batch = frame.message_id == MessageId.POSITION_BATCH
    return int.from_bytes(frame.body[:2], "big") if batch else 1


def _batch(body: bytes) -> list[bytes]:
    """Each position by its length; one cut off comes as it is, and one of nothing if none is."""
    found: list[bytes] = []
    at = 3
    while at + 2 <= len(body):
        size = int.from_bytes(body[at : at + 2], "big")
        found.append(body[at + 2 : at + 2 + size])
        at += 2 + size
    return found or [b""]
