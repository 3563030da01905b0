"""JT/T 809-2011 and 2019, platform to platform: frames, cipher, and the messages of both links.

Wire form: 0x5B, escaped content, 0x5D. Content: length of the frame before escaping, delimiters
included (4), serial (4), message id (2), access code of the lower platform (4), protocol version
(3), encryption flag (1), encryption key (4), in the 2019 edition the UTC second (8), body,
CRC16-CCITT of all before it (2); big-endian. Inside, 0x5B and 0x5A are escaped to 0x5A 0x01 and
0x5A 0x02, 0x5D and 0x5E to 0x5E 0x01 and 0x5E 0x02.
"""

from binascii import crc_hqx
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from struct import Struct

from hub.errors import PayloadError, Reason
from hub.formats.jtt.framing import Framing

PLATFORM = Framing(
    b"\x5b",
    b"\x5d",
    {
        b"\x5b": b"\x5a\x01",
        b"\x5a": b"\x5a\x02",
        b"\x5d": b"\x5e\x01",
        b"\x5e": b"\x5e\x02",
    },
    64 * 1024,
)
_HEADER = Struct(">IIHI3s?I")
_TIME_BYTES, _AROUND = 8, 4
"""The header's time in the 2019 edition; both delimiters and the CRC."""
_FROM = int(datetime(2010, 1, 1, tzinfo=UTC).timestamp())
_UNTIL = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp())
VERSION = bytes((1, 0, 0))


class MessageId(IntEnum):
    """Message ids this hub reads or sends. 0x1... go up, 0x9... go down."""

    LOGIN = 0x1001
    LOGIN_REPLY = 0x1002
    LOGOUT = 0x1003
    LOGOUT_REPLY = 0x1004
    LINK_TEST = 0x1005
    LINK_TEST_REPLY = 0x1006
    DISCONNECT_INFORM = 0x1007
    CLOSE_INFORM = 0x1008
    DYNAMIC = 0x1200
    DOWN_CONNECT = 0x9001
    DOWN_CONNECT_REPLY = 0x9002
    DOWN_DISCONNECT = 0x9003
    DOWN_DISCONNECT_REPLY = 0x9004
    DOWN_LINK_TEST = 0x9005
    DOWN_LINK_TEST_REPLY = 0x9006
    DOWN_DISCONNECT_INFORM = 0x9007
    DOWN_CLOSE_INFORM = 0x9008


class LoginResult(IntEnum):
    """Result of a login (0x1002)."""

    OK = 0
    WRONG_ADDRESS = 1
    WRONG_ACCESS_CODE = 2
    UNKNOWN_USER = 3
    WRONG_PASSWORD = 4
    NO_RESOURCES = 5
    OTHER = 6


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `time` is set in the 2019 edition only.

    With `encrypted` the body is as it was sent; `key` begins its keystream.
    """

    message_id: int
    access_code: int
    serial: int
    body: bytes = b""
    time: datetime | None = None
    version: bytes = VERSION
    encrypted: bool = False
    key: int = 0


@dataclass(frozen=True, slots=True)
class Cipher:
    """The keystream two platforms agreed on (M1, IA1, IC1); the same bytes encrypt and decrypt."""

    m1: int
    ia1: int
    ic1: int

    def apply(self, body: bytes, key: int) -> bytes:
        """The body with the keystream of `key` over it."""
        state, modulus = key or 1, self.m1 or 1
        plain = bytearray(body)
        for at in range(len(plain)):
            state = (self.ia1 * (state % modulus) + self.ic1) & 0xFFFFFFFF
            plain[at] ^= state >> 20 & 0xFF
        return bytes(plain)


def decode_message(content: bytes) -> Message:
    """The message in what lies between two delimiters.

    The edition shows in the header's time: the eight bytes after the key are a second of this
    century, which no 2011 body begins with. Raises PayloadError with BAD_ESCAPE, BAD_LENGTH or
    BAD_CHECKSUM.
    """
    plain = PLATFORM.unescape(content)
    if len(plain) < _HEADER.size + 2:
        raise PayloadError(
            Reason.BAD_LENGTH, f"{len(plain)} bytes: a frame has at least {_HEADER.size + 2}."
        )
    stated, actual = int.from_bytes(plain[-2:], "big"), crc_hqx(plain[:-2], 0xFFFF)
    if stated != actual:
        raise PayloadError(Reason.BAD_CHECKSUM, f"CRC is {stated:04X}, of the bytes {actual:04X}.")
    length, serial, message_id, access_code, version, encrypted, key = _HEADER.unpack_from(plain)
    if length != len(plain) + 2:
        raise PayloadError(
            Reason.BAD_LENGTH, f"the header says {length} bytes, there are {len(plain) + 2}."
        )
    body = plain[_HEADER.size : -2]
    seconds = int.from_bytes(body[:_TIME_BYTES], "big")
    newer = len(body) >= _TIME_BYTES and _FROM <= seconds < _UNTIL
    return Message(
        message_id=message_id,
        access_code=access_code,
        serial=serial,
        body=body[_TIME_BYTES:] if newer else body,
        time=datetime.fromtimestamp(seconds, UTC) if newer else None,
        version=version,
        encrypted=encrypted,
        key=key,
    )


def encode_message(message: Message) -> bytes:
    """Wire form of a message, delimiters included; an encrypted body is given encrypted."""
    body = message.body
    if message.time is not None:
        body = int(message.time.timestamp()).to_bytes(_TIME_BYTES, "big") + body
    head = _HEADER.pack(
        _HEADER.size + len(body) + _AROUND,
        message.serial,
        message.message_id,
        message.access_code,
        message.version,
        message.encrypted,
        message.key,
    )
    plain = head + body
    return PLATFORM.wrap(plain + crc_hqx(plain, 0xFFFF).to_bytes(2, "big"))


def states_its_length(content: bytes) -> bool:
    """Whether the length in the header is right."""
    try:
        plain = PLATFORM.unescape(content)
    except PayloadError:
        return False
    return int.from_bytes(plain[:4], "big") == len(plain) + 2 > _HEADER.size + 2


@dataclass(frozen=True, slots=True)
class Login:
    """What a lower platform says of itself (0x1001), and where it awaits the subordinate link."""

    user: int
    password: str
    host: str
    port: int


def decode_login(message: Message) -> Login:
    """The content of a decrypted 0x1001; the 2019 edition repeats the access code in it.

    Raises PayloadError BAD_LENGTH.
    """
    code = 0 if message.time is None else 4
    body = message.body
    if len(body) != 46 + code:
        raise PayloadError(
            Reason.BAD_LENGTH, f"a login has {46 + code} bytes of body, not {len(body)}."
        )
    return Login(
        user=int.from_bytes(body[:4], "big"),
        password=_text(body[4:12]),
        host=_text(body[12 + code : 44 + code]),
        port=int.from_bytes(body[44 + code :], "big"),
    )


def encode_login(login: Login, access_code: int | None = None) -> bytes:
    """Body of a 0x1001; with an access code that of the 2019 edition."""
    return b"".join(
        (
            login.user.to_bytes(4, "big"),
            login.password.encode("ascii").rjust(8, b"\x00"),
            b"" if access_code is None else access_code.to_bytes(4, "big"),
            login.host.encode("ascii").ljust(32, b"\x00"),
            login.port.to_bytes(2, "big"),
        )
    )


def login_reply(result: LoginResult, verify_code: int) -> bytes:
    """Body of a 0x1002: the result, and the code the subordinate link will be opened with."""
    return bytes([result]) + verify_code.to_bytes(4, "big")


def _text(field: bytes) -> str:
    return field.strip(b"\x00 ").decode("gbk", "replace")
