"""What JT/T 808, 809 and 905 share on the wire: frames, escapes, checksum, BCD time, items.

A frame lies between two delimiters, inside which a delimiter or escape byte is written as two
bytes. Terminals (808, 905) delimit with 0x7E on both sides, platforms (809) with 0x5B and 0x5D.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import reduce
from operator import xor

from hub.errors import PayloadError, Reason

BEIJING = timezone(timedelta(hours=8))


class Framing:
    """How frames are told apart: delimiters, escapes, and the most bytes between two delimiters."""

    def __init__(
        self, begin: bytes, end: bytes, escapes: Mapping[bytes, bytes], max_frame: int
    ) -> None:
        self.begin = begin
        self.end = end
        self.max_frame = max_frame
        self._escapes = dict(escapes)
        self._plain = {escaped: plain for plain, escaped in escapes.items()}
        leads = {escaped[:1] for escaped in self._plain}
        self._reserved = re.compile(b"[" + b"".join(map(re.escape, escapes)) + b"]")
        self._escaped = re.compile(b"[" + b"".join(map(re.escape, leads)) + b"].?", re.DOTALL)

    def wrap(self, plain: bytes) -> bytes:
        """The wire form of a frame's plain bytes, delimiters included."""
        return self.begin + self.escape(plain) + self.end

    def escape(self, plain: bytes) -> bytes:
        """What stands between the delimiters for a frame's plain bytes."""
        return self._reserved.sub(lambda found: self._escapes[found[0]], plain)

    def unescape(self, content: bytes) -> bytes:
        """What lies between two delimiters, escapes undone. Raises PayloadError BAD_ESCAPE."""
        return self._escaped.sub(self._undo, content)

    def _undo(self, found: re.Match[bytes]) -> bytes:
        try:
            return self._plain[found[0]]
        except KeyError:
            raise PayloadError(
                Reason.BAD_ESCAPE, f"0x{found[0][0]:02X} is not followed by 0x01 or 0x02."
            ) from None


TERMINAL = Framing(b"\x7e", b"\x7e", {b"\x7d": b"\x7d\x01", b"\x7e": b"\x7d\x02"}, 4096)
"""JT/T 808 and 905. Only photographs are longer, and they are not read."""


@dataclass(frozen=True, slots=True)
class Segment:
    """What lay between two delimiters; `content` is None when it was longer than the cap."""

    content: bytes | None


class Splitter:
    """Cuts a byte stream at its delimiters, whatever way it was split or glued on its way.

    Every delimiter separates, so that after garbage or a lost delimiter the next frame is found
    again. It never holds more than the framing's cap.
    """

    def __init__(self, framing: Framing = TERMINAL) -> None:
        self._framing = framing
        self._pending = bytearray()
        self._skipping = False

    def feed(self, data: bytes) -> Iterator[Segment]:
        """Segments completed by `data`, in order; empty ones are left out."""
        begin, end = self._framing.begin, self._framing.end
        *complete, tail = data.replace(end, begin).split(begin)
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
        if len(self._pending) + len(part) > self._framing.max_frame:
            self._skipping = True
            self._pending.clear()
        if not self._skipping:
            self._pending += part


def seal(plain: bytes) -> bytes:
    """A terminal frame's wire form: the XOR of all bytes appended, escaped, delimited."""
    return TERMINAL.wrap(plain + bytes([reduce(xor, plain)]))


def unseal(content: bytes, header: int) -> bytes:
    """A terminal frame's header and body, from what lies between its delimiters.

    `header` is the fewest bytes before the body. Raises PayloadError BAD_ESCAPE, BAD_LENGTH or
    BAD_CHECKSUM.
    """
    plain = TERMINAL.unescape(content)
    if len(plain) < header + 1:
        raise PayloadError(
            Reason.BAD_LENGTH, f"{len(plain)} bytes: a frame has at least {header + 1}."
        )
    checksum = reduce(xor, plain[:-1])
    if checksum != plain[-1]:
        raise PayloadError(
            Reason.BAD_CHECKSUM, f"checksum is {plain[-1]:02X}, of the bytes {checksum:02X}."
        )
    return plain[:-1]


def decode_time(bcd: bytes) -> datetime | None:
    """BCD[6] YYMMDDhhmmss in UTC+8 as UTC; None if all zero. Raises PayloadError BAD_VALUE.

    Two-digit years from 70 on are of the 1900s: a clock that lost its time, not 2070.
    """
    text = bcd.hex()
    if not text.strip("0"):
        return None
    if not text.isdecimal():
        raise PayloadError(Reason.BAD_VALUE, f"time {text} is not BCD.")
    year, month, day, hour, minute, second = (int(text[at : at + 2]) for at in range(0, 12, 2))
    century = 1900 if year >= 70 else 2000
    try:
        local = datetime(century + year, month, day, hour, minute, second, tzinfo=BEIJING)
    except ValueError as error:
        raise PayloadError(Reason.BAD_VALUE, f"time {text}: {error}.") from error
    return local.astimezone(UTC)


def encode_time(moment: datetime | None) -> bytes:
    """BCD[6] in UTC+8 of an aware time; zeros for None."""
    if moment is None:
        return bytes(6)
    return bytes.fromhex(moment.astimezone(BEIJING).strftime("%y%m%d%H%M%S"))


def decode_items(data: bytes) -> tuple[dict[int, bytes], bytes]:
    """Additional items of a position, id (1) length (1) value, and the bytes that are none."""
    items: dict[int, bytes] = {}
    at = 0
    while at + 2 <= len(data):
        number, size = data[at], data[at + 1]
        value = data[at + 2 : at + 2 + size]
        if len(value) < size:
            break
        items[number] = value
        at += 2 + size
    return items, data[at:]


def encode_items(items: Mapping[int, bytes]) -> bytes:
    """The bytes of additional items."""
    return b"".join(bytes([number, len(value)]) + value for number, value in items.items())
