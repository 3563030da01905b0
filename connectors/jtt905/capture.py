"""A capture of JT/T 905 frames as one payload: the raw stream, or text with hex frames."""

from collections.abc import Iterator

from connectors.jtt905.session import decode_segment
from connectors.jtt905.taxi import Taxis
from hub.connector import Batch, Context, Envelope
from hub.errors import PayloadError, Reason
from hub.formats.jtt905 import HEADER, Segment, Splitter, unescape

_DELIMITER = b"\x7e"
_TEXT = frozenset(range(0x20, 0x7F)) | {0x09, 0x0A, 0x0D}


def parse(envelope: Envelope, context: Context) -> Batch:
    """Positions of a capture; `entities` are its frames.

    Text holds one hex frame a line, or a tab-separated table with a column `hex`. A frame that is
    there twice is a DUPLICATE. Raises PayloadError if the bytes are no capture of such frames.
    """
    taxis = Taxis(context)
    batch = Batch()
    seen: set[bytes] = set()
    segments = _lines(envelope.body) if _is_text(envelope.body) else _stream(envelope.body)
    for number, segment in enumerate(segments, start=1):
        batch.entities += 1
        if isinstance(segment, PayloadError):
            batch.reject(segment.reason, f"frame {number}", segment.message)
            continue
        try:
            frame = decode_segment(segment)
        except PayloadError as error:
            batch.reject(error.reason, f"frame {number}", error.message)
            continue
        if segment.content in seen:
            batch.reject(
                Reason.DUPLICATE, taxis.native_id(frame.terminal), f"frame {number} came before"
            )
            continue
        seen.add(segment.content or b"")
        taxis.read(frame, envelope.received_at, batch)
    return batch


def _is_text(body: bytes) -> bool:
    return not body.startswith(_DELIMITER) and _TEXT.issuperset(body.removeprefix(b"\xef\xbb\xbf"))


def _lines(body: bytes) -> Iterator[Segment | PayloadError]:
    lines = [line for line in body.decode("utf-8-sig").splitlines() if line.strip()]
    columns = lines[0].lower().split("\t") if lines else []
    if "hex" in columns:
        at = columns.index("hex")
        cells = [line.split("\t") for line in lines[1:]]
        lines = [cell[at] if len(cell) > at else "" for cell in cells]
    segments = [_line(line) for line in lines]
    if all(isinstance(segment, PayloadError) for segment in segments):
        raise PayloadError(
            Reason.NOT_DECODABLE,
            "no line holds a hex frame.",
            hint="Expected one frame a line, 7E...7E, or a table with a column hex.",
        )
    return iter(segments)


def _line(text: str) -> Segment | PayloadError:
    try:
        frame = bytes.fromhex(text)
    except ValueError:
        return PayloadError(Reason.NOT_DECODABLE, "the line is not hexadecimal.")
    content = frame[1:-1]
    if not (len(frame) > 1 and frame[:1] == frame[-1:] == _DELIMITER):
        return PayloadError(Reason.NOT_DECODABLE, "the line does not begin and end with 7E.")
    if _DELIMITER in content:
        return PayloadError(Reason.BAD_ESCAPE, "a 7E inside the frame is not escaped.")
    return Segment(content)


def _stream(body: bytes) -> Iterator[Segment | PayloadError]:
    splitter = Splitter()
    segments: list[Segment | PayloadError] = list(splitter.feed(body))
    framed = body[:1] == body[-1:] == _DELIMITER and len(body) > 1
    if not segments or not (framed or any(map(_plausible, segments))):
        raise PayloadError(
            Reason.NOT_DECODABLE, "the bytes hold no JT/T 905 frame (7E ... checksum 7E)."
        )
    if rest := splitter.rest():
        segments.append(
            PayloadError(Reason.BAD_LENGTH, f"the capture ends within a frame ({len(rest)} bytes).")
        )
    return iter(segments)


def _plausible(segment: Segment | PayloadError) -> bool:
    """Whether the length in the header is right: chance gives that once in 65,536."""
    if isinstance(segment, PayloadError) or segment.content is None:
        return False
    try:
        plain = unescape(segment.content)
    except PayloadError:
        return False
    return len(plain) > HEADER and int.from_bytes(plain[2:4], "big") == len(plain) - HEADER - 1
