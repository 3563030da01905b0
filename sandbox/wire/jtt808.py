"""JT/T 808 frames, 2013 and 2019, as a vehicle's terminal speaks them, and the platform's answers.

Frame: 0x7E, header, body, XOR of both, 0x7E, escaped as in JT/T 905. Header: message id (WORD),
attributes (WORD: bits 0-9 length of the body, bit 14 set since 2019), since 2019 the protocol
version (BYTE), telephone number (BCD[6], since 2019 BCD[10]), serial (WORD); big-endian.
"""

import struct
from dataclasses import dataclass
from datetime import timedelta, timezone
from enum import IntEnum
from functools import reduce
from operator import xor

from sandbox.vehicles.rounds import Seen

BEIJING = timezone(timedelta(hours=8))
VERSION_FLAG = 0x4000
FIXED = 0b11
"""Status: ignition on (bit 0), position fixed (bit 1); latitude north, longitude east."""
_POSITION = struct.Struct(">IIIIHHH6s")


class Message(IntEnum):
    """Message ids that the sandbox sends or understands."""

    HEARTBEAT = 0x0002
    REGISTER = 0x0100
    AUTHENTICATE = 0x0102
    POSITION = 0x0200
    POSITIONS = 0x0704
    PLATFORM_REPLY = 0x8001
    REGISTER_REPLY = 0x8100


@dataclass(frozen=True, slots=True)
class Edition:
    """How an edition writes what differs. `version` is None before 2019."""

    version: int | None
    digits: int
    maker: int
    model: int
    terminal: int


EDITION_2013 = Edition(None, 12, 5, 20, 7)
EDITION_2019 = Edition(1, 20, 11, 30, 30)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the platform answers to our `serial`: 0 is success; `code` comes with a registration."""

    message: int
    serial: int
    result: int
    code: bytes = b""


def encode(edition: Edition, message: int, telephone: str, serial: int, body: bytes = b"") -> bytes:
    """A frame, escaped."""
    attributes = len(body) | (0 if edition.version is None else VERSION_FLAG)
    plain = struct.pack(">HH", message, attributes)
    if edition.version is not None:
        plain += bytes([edition.version])
    plain += bytes.fromhex(telephone.rjust(edition.digits, "0")) + struct.pack(">H", serial) + body
    plain += bytes([reduce(xor, plain)])
    return b"\x7e" + plain.replace(b"\x7d", b"\x7d\x01").replace(b"\x7e", b"\x7d\x02") + b"\x7e"


def decode(inside: bytes) -> Answer | None:
    """The platform's answer between two flags; None for anything else, damaged frames too."""
    plain = inside.replace(b"\x7d\x02", b"\x7e").replace(b"\x7d\x01", b"\x7d")
    if len(plain) < 13 or reduce(xor, plain):
        return None
    message, attributes = struct.unpack_from(">HH", plain)
    body = plain[17 if attributes & VERSION_FLAG else 12 : -1]
    if message == Message.PLATFORM_REPLY and len(body) == 5:
        serial, _, result = struct.unpack(">HHB", body)
        return Answer(message, serial, result)
    if message == Message.REGISTER_REPLY and len(body) >= 3:
        serial, result = struct.unpack_from(">HB", body)
        return Answer(message, serial, result, body[3:])
    return None


def registration(edition: Edition, number: int, plate: str) -> bytes:
    """Body of 0x0100: province 31 (上海), city 0100, maker, model, terminal id, colour, plate."""
    return (
        struct.pack(">HH", 31, 100)
        + b"SBX".ljust(edition.maker, b"\0")
        + b"BUS-808".ljust(edition.model, b"\0")
        + f"{number:07d}".encode().ljust(edition.terminal, b"\0")
        + b"\x02"
        + plate.encode("gbk")
    )


def authentication(edition: Edition, code: bytes) -> bytes:
    """Body of 0x0102: the code; since 2019 its length first, then IMEI[15] and firmware[20]."""
    if edition.version is None:
        return code
    return bytes([len(code)]) + code + b"0" * 15 + b"1.0".ljust(20, b"\0")


def position(seen: Seen) -> bytes:
    """Body of 0x0200: alarms, status, 1e-6 degree, metres, 0.1 km/h, degrees, BCD time UTC+8."""
    fixed = _POSITION.pack(
        0,
        FIXED,
        round(seen.lat * 1_000_000),
        round(seen.lon * 1_000_000),
        4,
        round(seen.speed_kmh * 10),
        round(seen.bearing) % 360,
        bytes.fromhex(f"{seen.at.astimezone(BEIJING):%y%m%d%H%M%S}"),
    )
    return fixed + b"\x30\x01\x1f" + b"\x31\x01\x0c"  # signal strength, satellites


def positions(kept: list[Seen]) -> bytes:
    """Body of 0x0704: positions of a stretch without a network (type 1), oldest first."""
    listed = [position(one) for one in kept]
    parts = b"".join(struct.pack(">H", len(one)) + one for one in listed)
    return struct.pack(">HB", len(listed), 1) + parts
