"""JT/T 905.3-2014, taxi terminals (ISU) to platform: frames and the messages this hub uses.

Wire form: 0x7E, escaped content, 0x7E. Content: message id (2), body length (2), ISU id (6, BCD),
serial (2), body, XOR of all before it (1); big-endian. 0x7E and 0x7D inside are escaped to
0x7D 0x02 and 0x7D 0x01. Coordinates are 1/600000 degree, times BCD[6] in UTC+8.

The standard has no registration of its own; terminals use the messages 0x0100 and 0x0102 of
JT/T 808, and so does this module.
"""

from dataclasses import dataclass
from enum import IntEnum, IntFlag

from hub.errors import PayloadError, Reason
from hub.formats.jtt.framing import TERMINAL, seal, unseal

HEADER = 12


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


def states_its_length(content: bytes) -> bool:
    """Whether the length in the header is right: chance gives that once in 65,536."""
    try:
        plain = TERMINAL.unescape(content)
    except PayloadError:
        return False
    return len(plain) > HEADER and int.from_bytes(plain[2:4], "big") == len(plain) - HEADER - 1


def decode_frame(content: bytes) -> Frame:
    """The message in what lies between two delimiters.

    Raises PayloadError with BAD_ESCAPE, BAD_LENGTH, BAD_CHECKSUM or BAD_VALUE (ISU id).
    """
    plain = unseal(content, HEADER)
    stated, actual = int.from_bytes(plain[2:4], "big"), len(plain) - HEADER
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
        body=plain[HEADER:],
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
    return seal(plain)


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
