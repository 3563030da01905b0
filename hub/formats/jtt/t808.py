"""JT/T 808-2011, 2013 and 2019, vehicle terminals to platform: frames and the platform's replies.

Wire form: 0x7E, escaped content, 0x7E. Content: message id (2), attributes (2), with the 2019
version flag the protocol version (1), the terminal's telephone number (BCD[6], 2019 BCD[10]),
serial (2), for a sub-package its total and number (2 each), body, XOR of all before it (1);
big-endian. Attributes: bits 0-9 length of the body, 10-12 encryption, 13 sub-package, 14 version
flag. 0x7E and 0x7D inside are escaped to 0x7D 0x02 and 0x7D 0x01.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum

from hub.errors import PayloadError, Reason
from hub.formats.jtt.framing import TERMINAL, seal, unseal

MAX_BODY = 0x3FF
_HEADER, _HEADER_2019, _PART = 12, 17, 4
_ENCRYPTION, _SUB_PACKAGE, _VERSION_FLAG = 0x1C00, 0x2000, 0x4000


class MessageId(IntEnum):
    """Message ids this hub reads or sends."""

    TERMINAL_REPLY = 0x0001
    HEARTBEAT = 0x0002
    LOGOUT = 0x0003
    TIME_QUERY = 0x0004
    REGISTRATION = 0x0100
    AUTHENTICATION = 0x0102
    PARAMETERS_REPLY = 0x0104
    ATTRIBUTES_REPLY = 0x0107
    POSITION = 0x0200
    POSITION_QUERY_REPLY = 0x0201
    CONTROL_REPLY = 0x0500
    DRIVER_IDENTITY = 0x0702
    POSITION_BATCH = 0x0704
    PLATFORM_REPLY = 0x8001
    PARTS_REQUEST = 0x8003
    TIME_REPLY = 0x8004
    REGISTRATION_REPLY = 0x8100


class Result(IntEnum):
    """Result of a general reply (0x8001)."""

    OK = 0
    FAILED = 1
    BAD_MESSAGE = 2
    NOT_SUPPORTED = 3


@dataclass(frozen=True, slots=True)
class Part:
    """Which sub-package of how many a frame is; numbers begin at 1."""

    total: int
    number: int


@dataclass(frozen=True, slots=True)
class Frame:
    """One message, or one sub-package of it.

    `terminal` is the telephone number as it was sent: 12 digits, with a `version` (2019) 20. Some
    terminals write other hex digits there. `encryption` is what the attributes say (1 RSA).
    """

    message_id: int
    terminal: str
    serial: int
    body: bytes = b""
    version: int | None = None
    part: Part | None = None
    encryption: int = 0


def decode_frame(content: bytes) -> Frame:
    """The frame in what lies between two delimiters.

    Raises PayloadError with BAD_ESCAPE, BAD_CHECKSUM, BAD_LENGTH or BAD_VALUE (sub-package number).
    """
    plain = unseal(content, _HEADER)
    attributes = int.from_bytes(plain[2:4], "big")
    header = _header_size(attributes)
    stated, actual = attributes & MAX_BODY, len(plain) - header
    if stated != actual:
        raise PayloadError(
            Reason.BAD_LENGTH, f"the header says {stated} bytes of body, there are {actual}."
        )
    version = plain[4] if attributes & _VERSION_FLAG else None
    at = 15 if attributes & _VERSION_FLAG else 10
    part = None
    if attributes & _SUB_PACKAGE:
        part = Part(*(int.from_bytes(plain[at + 2 + n : at + 4 + n], "big") for n in (0, 2)))
        if not 1 <= part.number <= part.total:
            raise PayloadError(
                Reason.BAD_VALUE, f"sub-package {part.number} of {part.total} cannot be."
            )
    return Frame(
        message_id=int.from_bytes(plain[:2], "big"),
        terminal=plain[4 if version is None else 5 : at].hex(),
        serial=int.from_bytes(plain[at : at + 2], "big"),
        body=plain[header:],
        version=version,
        part=part,
        encryption=(attributes & _ENCRYPTION) >> 10,
    )


def encode_frame(frame: Frame) -> bytes:
    """Wire form of a frame, delimiters included. The body has at most MAX_BODY bytes."""
    attributes = len(frame.body) | frame.encryption << 10
    head = b""
    tail = b""
    if frame.version is not None:
        attributes |= _VERSION_FLAG
        head = bytes([frame.version])
    if frame.part is not None:
        attributes |= _SUB_PACKAGE
        tail = _words(frame.part.total, frame.part.number)
    return seal(
        _words(frame.message_id, attributes)
        + head
        + bytes.fromhex(frame.terminal)
        + _words(frame.serial)
        + tail
        + frame.body
    )


def states_its_length(content: bytes) -> bool:
    """Whether the length in the header is right: chance gives that rarely."""
    try:
        plain = TERMINAL.unescape(content)
    except PayloadError:
        return False
    attributes = int.from_bytes(plain[2:4], "big")
    return len(plain) > _HEADER and len(plain) - 1 == _header_size(attributes) + (
        attributes & MAX_BODY
    )


def authentication_code(frame: Frame) -> bytes:
    """The code in a 0x0102: the whole body; in 2019 its length comes first, IMEI and more after."""
    if frame.version is None:
        return frame.body.rstrip(b"\x00")
    return frame.body[1 : 1 + frame.body[0]] if frame.body else b""


def platform_reply(to: Frame, serial: int, result: Result = Result.OK) -> bytes:
    """General reply 0x8001: serial and id of the message it answers, result."""
    body = _words(to.serial, to.message_id) + bytes([result])
    return _answer(MessageId.PLATFORM_REPLY, to, serial, body)


def registration_reply(to: Frame, serial: int, code: str) -> bytes:
    """Registration reply 0x8100: serial, result 0, authentication code in ASCII."""
    body = _words(to.serial) + b"\x00" + code.encode("ascii")
    return _answer(MessageId.REGISTRATION_REPLY, to, serial, body)


def time_reply(to: Frame, serial: int, now: datetime) -> bytes:
    """Server time reply 0x8004 (2019): BCD[6], UTC, unlike every other time of the standard."""
    body = bytes.fromhex(now.astimezone(UTC).strftime("%y%m%d%H%M%S"))
    return _answer(MessageId.TIME_REPLY, to, serial, body)


def parts_request(to: Frame, serial: int, first_serial: int, missing: Sequence[int]) -> bytes:
    """Request 0x8003 for sub-packages of the message whose first one had `first_serial`.

    Their count is one byte before 2019, two bytes since.
    """
    count = len(missing).to_bytes(1 if to.version is None else 2, "big")
    body = _words(first_serial) + count + _words(*missing)
    return _answer(MessageId.PARTS_REQUEST, to, serial, body)


def _answer(message_id: MessageId, to: Frame, serial: int, body: bytes) -> bytes:
    return encode_frame(Frame(message_id, to.terminal, serial, body, version=to.version))


def _header_size(attributes: int) -> int:
    size = _HEADER_2019 if attributes & _VERSION_FLAG else _HEADER
    return size + _PART if attributes & _SUB_PACKAGE else size


def _words(*values: int) -> bytes:
    return b"".join(value.to_bytes(2, "big") for value in values)
