"""JT/T 809: vehicle dynamic data (0x1200): the envelope and the positions in it.

The envelope: plate (21, GBK), plate colour (1), sub-type (2), length (4), data. In the 2011
edition a position is 36 bytes: displaced (1), day, month (1 each), year (2), hour, minute, second
(1 each) in UTC+8, longitude, latitude (4 each, 1e-6 degree), speed and recorder speed (2 each,
km/h), odometer (4, km), direction (2, degrees), altitude (2, m), status and alarms (4 each, as in
JT/T 808). In the 2019 edition it is displaced (1), length (4), a JT/T 808 position, and three times
platform (11) and alarms (4); some platforms put the 35 bytes of 2011 in place of the 808 position.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import IntEnum
from struct import Struct

from hub.errors import PayloadError, Reason
from hub.formats.jtt.framing import BEIJING
from hub.formats.jtt.t808_position import SIZE as SIZE_808
from hub.formats.jtt.t808_position import (
    UNITS_PER_DEGREE,
    Alarm,
    PositionReport,
    Status,
    decode_position,
    without_personal_data,
)
from hub.formats.jtt.t809 import Message

PLATE = 21
_ENVELOPE = Struct(">21sBHI")
_OLD = Struct(">BBHBBBIIHHIHHII")
_PLATFORMS = 45
_KNOWN_STATUS = sum(Status)


class SubType(IntEnum):
    """Sub-types of vehicle dynamic data this hub knows."""

    REGISTRATION = 0x1201
    POSITION = 0x1202
    HISTORY = 0x1203


@dataclass(frozen=True, slots=True)
class Dynamic:
    """One vehicle's dynamic data. `plate` is the field without its padding, in GBK."""

    plate: bytes
    colour: int
    sub_type: int
    data: bytes


def decode_dynamic(message: Message) -> Dynamic:
    """The envelope of a decrypted 0x1200. Raises PayloadError BAD_LENGTH.

    The length counts for positions only: the other sub-types have more fields in 2019.
    """
    body = message.body
    if len(body) < _ENVELOPE.size:
        raise PayloadError(
            Reason.BAD_LENGTH, f"dynamic data has at least {_ENVELOPE.size} bytes, not {len(body)}."
        )
    plate, colour, sub_type, stated = _ENVELOPE.unpack_from(body)
    data = body[_ENVELOPE.size :]
    if sub_type in {SubType.POSITION, SubType.HISTORY} and stated != len(data):
        raise PayloadError(
            Reason.BAD_LENGTH, f"the envelope says {stated} bytes of data, there are {len(data)}."
        )
    return Dynamic(plate.rstrip(b"\x00 "), colour, sub_type, data)


def encode_dynamic(dynamic: Dynamic) -> bytes:
    """Body of a 0x1200."""
    return (
        _ENVELOPE.pack(dynamic.plate, dynamic.colour, dynamic.sub_type, len(dynamic.data))
        + dynamic.data
    )


def positions_of(dynamic: Dynamic, *, newer: bool) -> list[bytes] | None:
    """The bytes of each position; None if this sub-type carries none. `newer`: 2019 edition.

    A position cut off comes as it is, and one of nothing where there should be one.
    """
    if dynamic.sub_type == SubType.POSITION:
        return [dynamic.data]
    if dynamic.sub_type != SubType.HISTORY:
        return None
    data, at = dynamic.data, 1
    found: list[bytes] = []
    while at < len(data):
        size = _OLD.size + 1
        if newer:
            size = 5 + int.from_bytes(data[at + 1 : at + 5], "big") + _PLATFORMS
        found.append(data[at : at + size])
        at += size
    return found or [b""]


def stated_positions(dynamic: Dynamic) -> int:
    """How many positions the data says it carries."""
    history = dynamic.sub_type == SubType.HISTORY
    return int.from_bytes(dynamic.data[:1], "big") if history else 1


def decode_gnss(part: bytes, *, newer: bool) -> PositionReport:
    """One position. Raises PayloadError BAD_LENGTH or BAD_VALUE.

    `Status.DISPLACED` is set when the position or its envelope says so.
    """
    if newer:
        report = _newer(part)
    elif len(part) != _OLD.size + 1:
        raise PayloadError(
            Reason.BAD_LENGTH, f"a position has {_OLD.size + 1} bytes, not {len(part)}."
        )
    else:
        report = _older(part[1:])
    return replace(report, status=report.status | Status.DISPLACED) if part[0] else report


def encode_gnss(report: PositionReport) -> bytes:
    """The 36 bytes of a position of the 2011 edition."""
    time = (report.time or datetime(2000, 1, 1, tzinfo=UTC)).astimezone(BEIJING)
    status = report.status & ~(Status.SOUTH | Status.WEST)
    if report.lat < 0:
        status |= Status.SOUTH
    if report.lon < 0:
        status |= Status.WEST
    return bytes([Status.DISPLACED in report.status]) + _OLD.pack(
        time.day,
        time.month,
        time.year,
        time.hour,
        time.minute,
        time.second,
        round(abs(report.lon) * UNITS_PER_DEGREE),
        round(abs(report.lat) * UNITS_PER_DEGREE),
        round(report.speed_kmh),
        0,
        0,
        report.bearing,
        report.altitude_m & 0xFFFF,
        status & ~Status.DISPLACED,
        report.alarms,
    )


def encode_newer(position: bytes, *, displaced: bool = False) -> bytes:
    """A position of the 2019 edition around a JT/T 808 position, platforms left empty."""
    return bytes([displaced]) + len(position).to_bytes(4, "big") + position + bytes(_PLATFORMS)


def without_vendor_items(part: bytes, *, newer: bool) -> bytes:
    """A position without what vendors appended to it."""
    if not newer or len(part) <= 5 + SIZE_808 + _PLATFORMS or _is_old(part[5:-_PLATFORMS]):
        return part
    position = without_personal_data(part[5:-_PLATFORMS])
    return part[:1] + len(position).to_bytes(4, "big") + position + part[-_PLATFORMS:]


def _newer(part: bytes) -> PositionReport:
    stated = int.from_bytes(part[1:5], "big")
    position = part[5 : 5 + stated]
    if len(part) != 5 + stated + _PLATFORMS:
        raise PayloadError(
            Reason.BAD_LENGTH,
            f"a position of {stated} bytes has {5 + stated + _PLATFORMS} with its envelope,"
            f" not {len(part)}.",
        )
    return _older(position) if _is_old(position) else decode_position(position)


def _is_old(position: bytes) -> bool:
    """Whether these are the 35 bytes of 2011: they begin with a day, where 808 has alarm bits."""
    if len(position) != _OLD.size:
        return False
    day, month = position[:2]
    year = int.from_bytes(position[2:4], "big")
    return 1 <= day <= 31 and 1 <= month <= 12 and 1970 <= year <= 2100


def _older(position: bytes) -> PositionReport:
    (
        day, month, year, hour, minute, second, lon, lat, speed, _recorder, _odometer, direction,
        altitude, status, alarms,
    ) = _OLD.unpack(position)  # fmt: skip
    try:
        time = datetime(year, month, day, hour, minute, second, tzinfo=BEIJING).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise PayloadError(Reason.BAD_VALUE, f"the time is none: {error}.") from error
    bits = Status(status & _KNOWN_STATUS)
    return PositionReport(
        lat=(-lat if Status.SOUTH in bits else lat) / UNITS_PER_DEGREE,
        lon=(-lon if Status.WEST in bits else lon) / UNITS_PER_DEGREE,
        time=time,
        status=bits,
        alarms=Alarm(alarms),
        altitude_m=altitude,
        speed_kmh=float(speed),
        bearing=direction,
    )
