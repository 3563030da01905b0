"""JT/T 905.3-2014, taxi terminals (ISU) to platform: frames and the messages this hub uses.

Wire form: 0x7E, escaped content, 0x7E. Content: message id (2), body length (2), ISU id (6, BCD),
serial (2), body, XOR of all before it (1); big-endian. 0x7E and 0x7D inside are escaped to
0x7D 0x02 and 0x7D 0x01. Coordinates are 1/600000 degree, times BCD[6] in UTC+8.

The standard has no registration of its own; terminals use the messages 0x0100 and 0x0102 of
JT/T 808, and so does this module.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from functools import reduce
from operator import xor

from hub.errors import PayloadError, Reason

DELIMITER = 0x7E
ESCAPE = 0x7D
HEADER = 12
MAX_FRAME = 4096
"""Bytes between two delimiters; photographs (0x0801) may be longer and are not read."""


class MessageId(IntEnum):
    """Message ids this hub reads or sends."""

    TERMINAL_REPLY = 0x0001
    HEARTBEAT = 0x0002
    DEREGISTRATION = 0x0003
    REGISTRATION = 0x0100
    AUTHENTICATION = 0x0102
    POSITION = 0x0200
    POSITION_QUERY_REPLY = 0x0201
    POSITION_TRACKING = 0x0202
    POSITION_STORED = 0x0203
    SIGN_IN = 0x0B03
    SIGN_OUT = 0x0B04
    TRIP = 0x0B05
    PLATFORM_REPLY = 0x8001
    REGISTRATION_REPLY = 0x8100


class Result(IntEnum):
    """Result of a general reply (0x8001)."""

    OK = 0
    FAILED = 1
    BAD_MESSAGE = 2


class Status(IntFlag):
    """Vehicle status bits of a position (车辆状态位)."""

    NOT_FIXED = 1 << 0
    SOUTH = 1 << 1
    WEST = 1 << 2
    OUT_OF_SERVICE = 1 << 3
    RESERVED = 1 << 4
    VACANT_TO_LOADED = 1 << 5
    LOADED_TO_VACANT = 1 << 6
    IGNITION_ON = 1 << 8
    LOADED = 1 << 9


class Alarm(IntFlag):
    """Alarm flags of a position (报警标志); the other bits are reserved."""

    EMERGENCY = 1 << 0
    EARLY_WARNING = 1 << 1
    GNSS_MODULE_FAULT = 1 << 2
    GNSS_ANTENNA_OPEN = 1 << 3
    GNSS_ANTENNA_SHORT = 1 << 4
    POWER_LOW = 1 << 5
    POWER_LOST = 1 << 6
    TERMINAL_DISPLAY_FAULT = 1 << 7
    SPEECH_FAULT = 1 << 8
    CAMERA_FAULT = 1 << 9
    TAXIMETER_FAULT = 1 << 10
    RATING_DEVICE_FAULT = 1 << 11
    ADVERTISING_DISPLAY_FAULT = 1 << 12
    DISPLAY_FAULT = 1 << 13
    SECURITY_MODULE_FAULT = 1 << 14
    ROOF_LIGHT_FAULT = 1 << 15
    SPEEDING = 1 << 16
    CONTINUOUS_DRIVING_EXCEEDED = 1 << 17
    DAILY_DRIVING_EXCEEDED = 1 << 18
    PARKING_EXCEEDED = 1 << 19
    AREA_OR_ROUTE_CROSSED = 1 << 20
    SECTION_TIME_WRONG = 1 << 21
    FORBIDDEN_SECTION = 1 << 22
    SPEED_SENSOR_FAULT = 1 << 23
    UNLAWFUL_IGNITION = 1 << 24
    UNLAWFUL_MOVEMENT = 1 << 25
    STORAGE_FAULT = 1 << 26
    RECORDER_FAULT = 1 << 27
    TAXIMETER_CLOCK_WRONG = 1 << 28


@dataclass(frozen=True, slots=True)
class Frame:
    """One message. `terminal` is the ISU id, twelve digits."""

    message_id: int
    terminal: str
    serial: int
    body: bytes = b""


def unescape(content: bytes) -> bytes:
    """Content with its escapes undone. Raises PayloadError BAD_ESCAPE."""
    if ESCAPE not in content:
        return content
    head, *rest = content.split(b"\x7d")
    plain = [head]
    for part in rest:
        if part[:1] == b"\x01":
            plain.append(b"\x7d" + part[1:])
        elif part[:1] == b"\x02":
            plain.append(b"\x7e" + part[1:])
        else:
            raise PayloadError(Reason.BAD_ESCAPE, "0x7D is not followed by 0x01 or 0x02.")
    return b"".join(plain)


def decode_frame(content: bytes) -> Frame:
    """The message in what lies between two delimiters.

    Raises PayloadError with BAD_ESCAPE, BAD_LENGTH, BAD_CHECKSUM or BAD_VALUE (ISU id).
    """
    plain = unescape(content)
    if len(plain) < HEADER + 1:
        raise PayloadError(
            Reason.BAD_LENGTH, f"{len(plain)} bytes: a frame has at least {HEADER + 1}."
        )
    checksum = reduce(xor, plain[:-1])
    if checksum != plain[-1]:
        raise PayloadError(
            Reason.BAD_CHECKSUM, f"checksum is {plain[-1]:02X}, of the bytes {checksum:02X}."
        )
    stated, actual = int.from_bytes(plain[2:4], "big"), len(plain) - HEADER - 1
    if stated != actual:
        raise PayloadError(
            Reason.BAD_LENGTH, f"the header says {stated} bytes of body, there are {actual}."
        )
    terminal = plain[4:10].hex()
    if not terminal.isdecimal():
        raise PayloadError(Reason.BAD_VALUE, "the ISU id is not BCD.")
    return Frame(
        message_id=int.from_bytes(plain[:2], "big"),
        terminal=terminal,
        serial=int.from_bytes(plain[10:12], "big"),
        body=plain[HEADER:-1],
    )


def encode_frame(frame: Frame) -> bytes:
    """Wire form of a message, delimiters included."""
    plain = b"".join(
        (
            frame.message_id.to_bytes(2, "big"),
            len(frame.body).to_bytes(2, "big"),
            bytes.fromhex(frame.terminal),
            frame.serial.to_bytes(2, "big"),
            frame.body,
        )
    )
    plain += bytes([reduce(xor, plain)])
    escaped = plain.replace(b"\x7d", b"\x7d\x01").replace(b"\x7e", b"\x7d\x02")
    return b"\x7e" + escaped + b"\x7e"


@dataclass(frozen=True, slots=True)
class Segment:
    """What lay between two delimiters; `content` is None when it was longer than MAX_FRAME."""

    content: bytes | None


class Splitter:
    """Cuts a byte stream at its delimiters, whatever way it was split or glued on its way.

    Every delimiter separates, so that after garbage or a lost delimiter the next frame is found
    again. It never holds more than MAX_FRAME bytes.
    """

    def __init__(self) -> None:
        self._pending = bytearray()
        self._skipping = False

    def feed(self, data: bytes) -> Iterator[Segment]:
        """Segments completed by `data`, in order; empty ones are left out."""
        *complete, tail = data.split(b"\x7e")
        for part in complete:
            if segment := self._close(part):
                yield segment
        self._keep(tail)

    def rest(self) -> bytes:
        """Bytes after the last delimiter: the beginning of a frame, or garbage."""
        return bytes(self._pending)

    def _close(self, part: bytes) -> Segment | None:
        self._keep(part)
        skipped, self._skipping = self._skipping, False
        content = bytes(self._pending)
        self._pending.clear()
        if skipped:
            return Segment(None)
        return Segment(content) if content else None

    def _keep(self, part: bytes) -> None:
        if len(self._pending) + len(part) > MAX_FRAME:
            self._skipping = True
            self._pending.clear()
        if not self._skipping:
            self._pending += part


def platform_reply(to: Frame, serial: int, result: Result = Result.OK) -> bytes:
    """General reply 0x8001: serial and id of the message it answers, result."""
    body = to.serial.to_bytes(2, "big") + to.message_id.to_bytes(2, "big") + bytes([result])
    return encode_frame(Frame(MessageId.PLATFORM_REPLY, to.terminal, serial, body))


def registration_reply(to: Frame, serial: int, code: str) -> bytes:
    """Registration reply 0x8100 (JT/T 808): serial, result 0, authentication code in ASCII."""
    body = to.serial.to_bytes(2, "big") + b"\x00" + code.encode("ascii")
    return encode_frame(Frame(MessageId.REGISTRATION_REPLY, to.terminal, serial, body))


@dataclass(frozen=True, slots=True)
class PlatformReply:
    """What a terminal reads in a 0x8001."""

    serial: int
    message_id: int
    result: Result


def decode_platform_reply(body: bytes) -> PlatformReply:
    """The content of a 0x8001. Raises PayloadError."""
    if len(body) != 5:
        raise PayloadError(Reason.BAD_LENGTH, f"a general reply has 5 bytes, not {len(body)}.")
    try:
        result = Result(body[4])
    except ValueError as error:
        raise PayloadError(Reason.BAD_VALUE, f"result {body[4]} is not known.") from error
    return PlatformReply(int.from_bytes(body[:2], "big"), int.from_bytes(body[2:4], "big"), result)
