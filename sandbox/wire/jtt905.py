"""JT/T 905.4 frames as a taxi's terminal (ISU) speaks them, and what the centre answers.

Frame: 0x7E, header, body, XOR of both, 0x7E; inside, 0x7E is sent as 7D 02 and 0x7D as 7D 01.
Header: message id (WORD), body length (WORD), terminal id (BCD[6]), serial (WORD), big-endian.
Registration and authentication (0x0100, 0x0102) are taken from JT/T 808, whose terminals many
centres connect on the same port; JT/T 905 itself begins with the heartbeat.
"""

import struct
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import IntEnum, IntFlag
from functools import reduce
from operator import xor

BEIJING = timezone(timedelta(hours=8))
FLAG = 0x7E
_HEADER = struct.Struct(">HH6sH")
_POSITION = struct.Struct(">IIIIHB6s")


class Message(IntEnum):
    """Message ids that the sandbox sends or understands."""

    TERMINAL_REPLY = 0x0001
    HEARTBEAT = 0x0002
    REGISTER = 0x0100
    AUTHENTICATE = 0x0102
    POSITION = 0x0200
    POSITION_QUERY_REPLY = 0x0201
    POSITIONS_MISSED = 0x0203
    CENTRE_REPLY = 0x8001
    REGISTER_REPLY = 0x8100
    POSITION_QUERY = 0x8201
    TEXT = 0x8300


class Status(IntFlag):
    """Status bits of a position (JT/T 905.4 table of status bits): set means as the name says."""

    NOT_FIXED = 1 << 0
    SOUTH = 1 << 1
    WEST = 1 << 2
    OUT_OF_SERVICE = 1 << 3
    RESERVED = 1 << 4
    VACANT_TO_LOADED = 1 << 5
    LOADED_TO_VACANT = 1 << 6
    IGNITION = 1 << 8
    LOADED = 1 << 9


class FrameError(ValueError):
    """The bytes between two flags are no frame."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A decoded frame."""

    message: int
    terminal: str
    serial: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Fix:
    """One position: WGS-84 degrees, km/h, degrees from north, mileage in km."""

    at: datetime
    lat: float
    lon: float
    speed_kmh: float
    bearing: float
    status: Status
    mileage_km: float = 0.0


def bcd(digits: str) -> bytes:
    """Decimal digits, two a byte."""
    return bytes.fromhex(digits)


def encode(message: int, terminal: str, serial: int, body: bytes = b"") -> bytes:
    """A frame, escaped. `terminal` has 12 digits."""
    plain = _HEADER.pack(message, len(body), bcd(terminal), serial) + body
    plain += bytes([reduce(xor, plain)])
    return b"\x7e" + plain.replace(b"\x7d", b"\x7d\x01").replace(b"\x7e", b"\x7d\x02") + b"\x7e"


def decode(inside: bytes) -> Frame:
    """The frame between two flags. Raises FrameError."""
    plain = inside.replace(b"\x7d\x02", b"\x7e").replace(b"\x7d\x01", b"\x7d")
    if len(plain) < _HEADER.size + 1:
        raise FrameError("too short")
    if reduce(xor, plain):
        raise FrameError("wrong checksum")
    message, length, terminal, serial = _HEADER.unpack_from(plain)
    body = plain[_HEADER.size : -1]
    if length & 0x3FF != len(body):
        raise FrameError(f"length {length & 0x3FF} of a body of {len(body)} bytes")
    return Frame(message, terminal.hex(), serial, body)


class Splitter:
    """Cuts a stream of bytes at its flags."""

    LONGEST = 4096

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """What lies between flags so far; an unfinished rest is kept, within bounds."""
        *whole, self._rest = (self._rest + data).split(b"\x7e")
        self._rest = self._rest[-self.LONGEST :]
        return [part for part in whole if part]


def registration(number: int, plate: str) -> bytes:
    """Body of 0x0100: province 31 (上海), city 0100, maker, model, terminal id, colour, plate."""
    return (
        struct.pack(">HH", 31, 100)
        + b"SANDB"
        + b"ISU-905\0"
        + f"{number:07d}".encode()
        + b"\x01"
        + plate.encode("gbk")
    )


def position(fix: Fix) -> bytes:
    """Body of 0x0200: alarms, status, 1/600000 degree, 0.1 km/h, 2 degrees, BCD time UTC+8."""
    mileage = b"\x01\x04" + struct.pack(">I", round(fix.mileage_km * 10))
    return position_core(fix) + mileage


def position_core(fix: Fix) -> bytes:
    """The 25 bytes that every position report begins with."""
    return _POSITION.pack(
        0,
        fix.status,
        round(abs(fix.lat) * 600_000),
        round(abs(fix.lon) * 600_000),
        round(fix.speed_kmh * 10),
        round(fix.bearing / 2) % 180,
        bcd(f"{fix.at.astimezone(BEIJING):%y%m%d%H%M%S}"),
    )


def missed(fixes: list[Fix]) -> bytes:
    """Body of 0x0203: positions that could not be sent in their time, oldest first."""
    return b"".join(position_core(fix) for fix in fixes)


def terminal_reply(serial: int, message: int, result: int) -> bytes:
    """Body of 0x0001: an answer to the centre's message; 0 done, 1 failed."""
    return struct.pack(">HHB", serial, message, result)


@dataclass(frozen=True, slots=True)
class Reply:
    """The centre's answer to our `serial`: 0 is success; `code` comes with a registration."""

    serial: int
    result: int
    code: bytes = b""


def reply(frame: Frame) -> Reply | None:
    """What the centre answers (0x8001, 0x8100), or None for its other messages."""
    if frame.message == Message.CENTRE_REPLY and len(frame.body) >= 5:
        serial, _, result = struct.unpack_from(">HHB", frame.body)
        return Reply(serial, result)
    if frame.message == Message.REGISTER_REPLY and len(frame.body) >= 3:
        serial, result = struct.unpack_from(">HB", frame.body)
        return Reply(serial, result, frame.body[3:])
    return None
