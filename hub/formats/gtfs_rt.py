"""GTFS-Realtime: bytes to a header and entities, and the field types that need care.

GTFS Realtime reference v2.0, FeedMessage. Messages are the generated protobuf classes themselves:
copying 200,000 stop times into other objects first would cost more than everything after it.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from google.protobuf import text_format
from google.protobuf.json_format import Parse, ParseError
from google.protobuf.message import DecodeError
from google.transit import gtfs_realtime_pb2 as pb

from hub.errors import PayloadError, Reason
from hub.formats.gtfs_names import slot_of
from hub.model.common import Name, Occupancy, OccupancyStatus

VERSIONS = frozenset({"1.0", "2.0", "1", "2"})

_HEADER, _ENTITY = 0x0A, 0x12
"""Tags of FeedMessage.header and FeedMessage.entity, both length-delimited."""
_LONGEST_LENGTH = 28
_TEXT = re.compile(rb"\s*(?:#[^\n]*\s+)*(?:header|entity)\s*:?\s*[{<]")
"""How a FeedMessage in protobuf's text format begins."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp())
_LATEST = int(datetime(2200, 1, 1, tzinfo=UTC).timestamp())
_WELL_BEHIND_EPOCH = int(datetime(1990, 1, 1, tzinfo=UTC).timestamp())
_OCCUPANCY = {
    number: OccupancyStatus(name)
    for name, number in pb.VehiclePosition.OccupancyStatus.items()
    if name in OccupancyStatus.__members__
}


def split(body: bytes) -> tuple[pb.FeedHeader, list[bytes]]:
    """The header of a FeedMessage and the bytes of each FeedEntity, for `entity_of`.

    The body is protobuf, protobuf JSON where the text begins with `{`, or else protobuf's text
    format. Unknown fields and extensions are passed over. Raises PayloadError NOT_DECODABLE.
    """
    # The very first byte decides: blanks may not be skipped, for a binary message begins with
    # 0x0A, a line feed, and `{` after it is a header of 123 bytes (New York sends one).
    text = body.removeprefix(b"\xef\xbb\xbf")
    with _sound():
        fields = None if text.startswith(b"{") else _fields(body)
        if fields is None:
            header, entities = _decoded(text, body)
        else:
            header = pb.FeedHeader()
            for part in fields[_HEADER]:
                header.MergeFromString(part)
            entities = fields[_ENTITY]
    if not header.HasField("gtfs_realtime_version"):
        raise PayloadError(
            Reason.NOT_DECODABLE,
            f"Not a GTFS-Realtime FeedMessage: {len(body)} bytes without a header.",
        )
    return header, entities


def entity_of(data: bytes) -> pb.FeedEntity:
    """A FeedEntity of its bytes. Raises PayloadError NOT_DECODABLE."""
    with _sound():
        return pb.FeedEntity.FromString(data)


@contextmanager
def _sound() -> Iterator[None]:
    try:
        yield
    except (
        DecodeError,
        ParseError,
        text_format.ParseError,
        UnicodeDecodeError,
        RecursionError,
    ) as error:
        raise PayloadError(
            Reason.NOT_DECODABLE,
            f"Not a GTFS-Realtime FeedMessage: {str(error).splitlines()[0][:200]}.",
        ) from error


def _decoded(text: bytes, body: bytes) -> tuple[pb.FeedHeader, list[bytes]]:
    """The same the long way: the texts, and protobuf that is anything but header and entities."""
    message = pb.FeedMessage()
    if text.startswith(b"{"):
        Parse(text, message, ignore_unknown_fields=True)
    elif _TEXT.match(text):
        text_format.Parse(
            text.decode(), message, allow_unknown_extension=True, allow_unknown_field=True
        )
    else:
        message.ParseFromString(body)
    return message.header, [entity.SerializePartialToString() for entity in message.entity]


def _fields(body: bytes) -> dict[int, list[bytes]] | None:
    """Bytes of headers and entities, uncopied into objects; None where there is anything else.

    Protocol Buffers encoding: each field is a tag, here of one byte, a length as a varint, and as
    many bytes.
    """
    found: dict[int, list[bytes]] = {_HEADER: [], _ENTITY: []}
    at, size = 0, len(body)
    while at < size:
        tag = body[at]
        length = shift = 0
        more = True
        while more:
            at += 1
            if tag not in found or at >= size or shift > _LONGEST_LENGTH:
                return None
            length |= (body[at] & 0x7F) << shift
            shift += 7
            more = body[at] >= 0x80
        at += 1
        if length > size - at:
            return None
        found[tag].append(body[at : at + length])
        at += length
    return found


def is_time(seconds: int) -> bool:
    """Whether a POSIX time can be one: seconds, between 2000 and 2200."""
    return _EARLIEST <= seconds <= _LATEST


def is_epoch(seconds: int) -> bool:
    """Whether a POSIX time is what a clock says that was never set."""
    return seconds < _WELL_BEHIND_EPOCH


@lru_cache(maxsize=1 << 16)
def utc(seconds: int) -> datetime:
    """The UTC time of a POSIX time for which `is_time` holds. Messages name the same ones often."""
    return _EPOCH + timedelta(seconds=seconds)


def text_of(value: str | bytes) -> str:
    """A string field. Where its bytes are no UTF-8 the decoder hands them over as they are."""
    return value if isinstance(value, str) else bytes(value).decode("utf-8", "replace")


def name_of(translations: Iterable[pb.TranslatedString.Translation]) -> Name | None:
    """The Chinese and English text of a TranslatedString; None if it is empty.

    A text without a language goes by its script; a third language is used only where there is
    neither, in the place of English.
    """
    slots: dict[str, str] = {}
    other: str | None = None
    for translation in translations:
        text = text_of(translation.text).strip()
        slot = slot_of(text_of(translation.language), text)
        if not text:
            continue
        if slot is None:
            other = other or text
        elif slot not in slots or translation.language:
            slots[slot] = text
    if not slots and other is None:
        return None
    return Name(zh=slots.get("zh"), en=slots.get("en") or (None if slots else other))


def occupancy_of(status: int | None, percent: int | None = None) -> Occupancy | None:
    """Occupancy of an OccupancyStatus and a percentage; None where neither tells anything."""
    known = None if status is None else _OCCUPANCY.get(status)
    if known is None and percent is None:
        return None
    return Occupancy(status=known, percent=percent)
