"""A capture of JT/T frames as one payload: the raw stream, or text with hex frames."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from hub.connector import Batch, Envelope
from hub.errors import PayloadError, Reason
from hub.formats.jtt.framing import Framing, Segment, Splitter

_TEXT = frozenset(range(0x20, 0x7F)) | {0x09, 0x0A, 0x0D}

MAX_FRAMES = 100_000
"""Lines or delimiters of one capture; the hub's own archive holds far fewer in one message."""

_LONGEST_LINE = 64
"""In digits, as a multiple of the longest frame."""

F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class Dialect(Generic[F]):
    """One standard's frames: how they are told apart and decoded.

    `decode` takes what lies between two delimiters and raises PayloadError; `plausible` says
    cheaply whether such bytes could be a frame at all.
    """

    standard: str
    framing: Framing
    decode: Callable[[bytes], F]
    plausible: Callable[[bytes], bool]

    def decode_segment(self, segment: Segment) -> F:
        """The frame between two delimiters. Raises PayloadError with the reason it is none."""
        if segment.content is None:
            raise PayloadError(
                Reason.TOO_LARGE, f"a frame is longer than {self.framing.max_frame} bytes."
            )
        return self.decode(segment.content)


def read_capture(
    envelope: Envelope, dialect: Dialect[F], batch: Batch, read: Callable[[F], object]
) -> None:
    """Count every frame of a capture in `batch.entities` and `read` those that decode.

    Text holds hex frames, one or several a line, or a tab-separated table with a column `hex`. A
    frame that is there twice is a DUPLICATE. Raises PayloadError if the bytes are no capture of
    such frames, and TOO_LARGE for one with more than MAX_FRAMES.
    """
    seen: set[bytes] = set()
    body = envelope.body
    text = _is_text(body, dialect)
    if body.count(b"\n" if text else dialect.framing.end) > MAX_FRAMES:
        raise PayloadError(Reason.TOO_LARGE, f"more than {MAX_FRAMES} frames.")
    segments = _lines(body, dialect) if text else _stream(body, dialect)
    for number, segment in enumerate(segments, start=1):
        batch.entities += 1
        try:
            if isinstance(segment, PayloadError):
                raise segment  # a line that is no frame
            frame = dialect.decode_segment(segment)
        except PayloadError as error:
            batch.reject(error.reason, f"frame {number}", error.message)
            continue
        content = segment.content or b""
        if content in seen:
            batch.reject(Reason.DUPLICATE, f"frame {number}", "the same frame came before")
            continue
        seen.add(content)
        read(frame)


def _is_text(body: bytes, dialect: Dialect[F]) -> bool:
    framed = body.startswith(dialect.framing.begin) and body.endswith(dialect.framing.end)
    return not framed and _TEXT.issuperset(body.removeprefix(b"\xef\xbb\xbf"))


def _lines(body: bytes, dialect: Dialect[F]) -> Iterator[Segment | PayloadError]:
    lines = [line for line in body.decode("utf-8-sig").splitlines() if line.strip()]
    columns = lines[0].lower().split("\t") if lines else []
    if "hex" in columns:
        at = columns.index("hex")
        cells = [line.split("\t") for line in lines[1:]]
        lines = [cell[at] if len(cell) > at else "" for cell in cells]
    segments = [segment for line in lines for segment in _line(line, dialect)]
    if all(isinstance(segment, PayloadError) for segment in segments):
        marks = f"{dialect.framing.begin.hex()}...{dialect.framing.end.hex()}".upper()
        raise PayloadError(
            Reason.NOT_DECODABLE,
            "no line holds a hex frame.",
            hint=f"Expected one frame a line, {marks}, or a table with a column hex.",
        )
    return iter(segments)


def _line(text: str, dialect: Dialect[F]) -> list[Segment | PayloadError]:
    """The frame of a line, or the frames, where what one read of a socket gave was logged."""
    framing = dialect.framing
    begin, end = framing.begin, framing.end
    if len(text) > _LONGEST_LINE * framing.max_frame:
        return [Segment(None)]
    try:
        frame = bytes.fromhex(text)
    except ValueError:
        return [PayloadError(Reason.NOT_DECODABLE, "the line is not hexadecimal.")]
    if not (len(frame) > 1 and frame[:1] == begin and frame[-1:] == end):
        said = f"the line does not begin with {begin.hex().upper()} and end with"
        return [PayloadError(Reason.NOT_DECODABLE, f"{said} {end.hex().upper()}.")]
    content = frame[1:-1]
    if _from_the_wire(content, framing):
        return [Segment(content)]
    glued = list(Splitter(framing).feed(frame))
    if all(_plausible(segment, dialect) for segment in glued):
        return [*glued]
    return [Segment(framing.escape(content))]


def _from_the_wire(content: bytes, framing: Framing) -> bool:
    """Whether a line can be what the wire carried: many logs write frames after unescaping."""
    if framing.begin in content or framing.end in content:
        return False
    try:
        framing.unescape(content)
    except PayloadError:
        return False
    return True


def _stream(body: bytes, dialect: Dialect[F]) -> Iterator[Segment | PayloadError]:
    framing = dialect.framing
    splitter = Splitter(framing)
    segments: list[Segment | PayloadError] = list(splitter.feed(body))
    framed = body[:1] == framing.begin and body[-1:] == framing.end and len(body) > 1
    if not segments or not (framed or any(_plausible(one, dialect) for one in segments)):
        raise PayloadError(Reason.NOT_DECODABLE, f"the bytes hold no {dialect.standard} frame.")
    if rest := splitter.rest():
        segments.append(
            PayloadError(Reason.BAD_LENGTH, f"the capture ends within a frame ({len(rest)} bytes).")
        )
    return iter(segments)


def _plausible(segment: Segment | PayloadError, dialect: Dialect[F]) -> bool:
    if isinstance(segment, PayloadError) or segment.content is None:
        return False
    return dialect.plausible(segment.content)
