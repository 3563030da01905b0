"""JT/T 809-2011 messages as a lower platform sends them over its links, and the answers.

Frame: 0x5B, header, body, CRC16-CCITT of both, 0x5D. Header: length of the whole frame before
escaping (DWORD), serial (DWORD), message id (WORD), access code (DWORD), version (3 bytes),
encryption flag (BYTE), key (DWORD); big-endian. Inside, 5B is sent as 5A 01, 5A as 5A 02, 5D as
5E 01 and 5E as 5E 02.
"""

import struct
from binascii import crc_hqx
from dataclasses import dataclass
from datetime import timedelta, timezone
from enum import IntEnum

from sandbox.vehicles.rounds import Seen

BEIJING = timezone(timedelta(hours=8))
VERSION = bytes((1, 0, 0))
BEGIN, END = b"\x5b", b"\x5d"
YELLOW = 2
_HEADER = struct.Struct(">IIHI3sBI")
_VEHICLE = struct.Struct(">21sBHI")
_POSITION = struct.Struct(">BBBHBBBIIHHIHHII")
_STATUS = 0b11
"""Ignition on (bit 0), position fixed (bit 1), as in JT/T 808."""


class Message(IntEnum):
    """Message ids that the sandbox sends or understands."""

    LOGIN = 0x1001
    LOGIN_REPLY = 0x1002
    LINK_TEST = 0x1005
    LINK_TEST_REPLY = 0x1006
    DYNAMIC = 0x1200
    POSITION = 0x1202
    DOWN_LOGIN = 0x9001
    DOWN_LOGIN_REPLY = 0x9002
    DOWN_LOGOUT = 0x9003
    DOWN_LOGOUT_REPLY = 0x9004
    DOWN_LINK_TEST = 0x9005
    DOWN_LINK_TEST_REPLY = 0x9006


@dataclass(frozen=True, slots=True)
class Account:
    """What the lower platform logs in with."""

    access_code: int = 31_000_001
    user: int = 310_001
    password: str = "sandbox1"  # noqa: S105  # of a simulated platform


@dataclass(frozen=True, slots=True)
class Frame:
    """A message that came down."""

    message: int
    body: bytes


def encode(message: int, access_code: int, serial: int, body: bytes = b"") -> bytes:
    """A frame, escaped."""
    size = _HEADER.size + len(body) + 4
    plain = _HEADER.pack(size, serial, message, access_code, VERSION, 0, 0) + body
    plain += struct.pack(">H", crc_hqx(plain, 0xFFFF))
    for byte, escaped in ((b"\x5a", b"\x5a\x02"), (b"\x5b", b"\x5a\x01")):
        plain = plain.replace(byte, escaped)
    for byte, escaped in ((b"\x5e", b"\x5e\x02"), (b"\x5d", b"\x5e\x01")):
        plain = plain.replace(byte, escaped)
    return b"\x5b" + plain + b"\x5d"


def decode(inside: bytes) -> Frame | None:
    """The message between the delimiters; None when it is damaged."""
    plain = inside.replace(b"\x5e\x01", b"\x5d").replace(b"\x5e\x02", b"\x5e")
    plain = plain.replace(b"\x5a\x01", b"\x5b").replace(b"\x5a\x02", b"\x5a")
    if len(plain) < _HEADER.size + 2 or crc_hqx(plain, 0xFFFF):
        return None
    _, _, message, *_ = _HEADER.unpack_from(plain)
    return Frame(message, plain[_HEADER.size : -2])


def login(account: Account, host: str, port: int) -> bytes:
    """Body of 0x1001: user, password[8], and where the subordinate link is awaited."""
    address = host.encode().ljust(32, b"\0")
    password = account.password.encode().ljust(8, b"\0")
    return struct.pack(">I", account.user) + password + address + struct.pack(">H", port)


def vehicle_position(plate: str, seen: Seen) -> bytes:
    """Body of a 0x1200 with a 0x1202: not displaced, time UTC+8, 1e-6 degree, km/h, degrees, m."""
    time = seen.at.astimezone(BEIJING)
    data = _POSITION.pack(
        0,
        *(time.day, time.month, time.year, time.hour, time.minute, time.second),
        round(seen.lon * 1_000_000),
        round(seen.lat * 1_000_000),
        round(seen.speed_kmh),
        round(seen.speed_kmh),
        120_000,
        round(seen.bearing) % 360,
        4,
        _STATUS,
        0,
    )
    return _VEHICLE.pack(plate.encode("gbk"), YELLOW, Message.POSITION, len(data)) + data
