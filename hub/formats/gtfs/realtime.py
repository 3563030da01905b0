"""GTFS-Realtime: bytes to a header and entities, and the field types that need care.

GTFS Realtime reference v2.0, FeedMessage. Messages are the generated protobuf classes themselves:
copying 200,000 stop times into other objects first would cost more than everything after it.
"""

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from google.protobuf import text_format
from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import DecodeError, Message
from google.transit import gtfs_realtime_pb2 as pb

from hub.errors import PayloadError, Reason
from hub.formats.common.marks import check_json
from hub.formats.common.xsd import EARLIEST, FOREVER
from hub.formats.gtfs.names import slot_of
from hub.model.common import Name, Occupancy, OccupancyStatus

VERSIONS = frozenset({"1.0", "2.0", "1", "2"})

MAX_ENTITIES = 200_000
ENTITY_BYTES = 1024 * 1024
"""No honest entity is longer: a trip of a hundred calls takes 5 kB."""
_HEADER, _ENTITY = 1, 2
"""Numbers of FeedMessage.header and FeedMessage.entity."""
_ENTITY_ID = 1
_VARINT, _BYTES = 0, 2
_FIXED = {1: 8, 5: 4}
"""Bytes of the wire types of one length; this standard never had groups (3, 4)."""
_LONGEST_VARINT = 10
_MOST_UNKNOWN = 1000
_TEXT = re.compile(rb"\s*(?:#[^\n]*\n\s*)*(?:header|entity)\s*:?\s*[{<]")
"""How a FeedMessage in protobuf's text format begins."""
_TEXT_BYTES = 1024 * 1024
"""It is for people: examples and recordings, never a feed. Eight bytes of it make an entity."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TIMES = range(int(EARLIEST.timestamp()), int(FOREVER.timestamp()) + 1)
"""POSIX times that can be one."""
_WELL_BEHIND_EPOCH = int(datetime(1990, 1, 1, tzinfo=UTC).timestamp())
_OCCUPANCY = {
    number: OccupancyStatus(name)
    for name, number in pb.VehiclePosition.OccupancyStatus.items()
    if name in OccupancyStatus.__members__
}


_NAMING: dict[str, tuple[str, ...]] = {
    "trip_update": ("trip", "trip_properties"),
    "vehicle": ("vehicle",),
    "alert": (),
}
"""The parts of a FeedEntity, and the fields of each that tell what it is of, the first above all.

An alert is known by the entity's own id.
"""


class Unreadable(NamedTuple):
    """A FeedEntity that cannot be read: its id, and what is wrong with it.

    `of` has its id and, of each of its parts, nothing but what tells what the part is of; None
    where not even that can be read.
    """

    id: str
    detail: str
    of: pb.FeedEntity | None = None
    reason: Reason = Reason.BAD_VALUE


def split(body: bytes, most: int = MAX_ENTITIES) -> tuple[pb.FeedHeader, list[bytes | Unreadable]]:
    """The header of a FeedMessage and the bytes of each FeedEntity, for `entity_of`.

    The body is protobuf, protobuf JSON where the text begins with `{`, or protobuf's text format.
    Unknown fields and extensions are passed over. Raises PayloadError: NOT_DECODABLE; TOO_LARGE for
    more than `most` entities, one of more than ENTITY_BYTES, or a long text.
    """
    # The very first byte decides: blanks may not be skipped, for a binary message begins with
    # 0x0A, a line feed, and `{` after it is a header of 123 bytes (New York sends one).
    text = body.removeprefix(b"\xef\xbb\xbf")
    with _sound():
        if text.startswith(b"{"):
            header, entities = _of_json(text)
        elif _TEXT.match(text):
            header, entities = _of_text(text)
        else:
            header, entities = _of_binary(body, most)
    if not header.HasField("gtfs_realtime_version"):
        raise PayloadError(
            Reason.NOT_DECODABLE,
            f"Not a GTFS-Realtime FeedMessage: {len(body)} bytes without a header.",
        )
    if len(entities) > most:
        raise PayloadError(Reason.TOO_LARGE, f"More than {most} entities.")
    return header, entities


def entity_of(data: bytes) -> pb.FeedEntity:
    """A FeedEntity of its bytes. Raises PayloadError NOT_DECODABLE."""
    with _sound():
        return pb.FeedEntity.FromString(data)


def unreadable(data: bytes, error: PayloadError) -> Unreadable:
    """What the bytes of a FeedEntity still tell that `entity_of` refused with that error."""
    told = pb.FeedEntity()
    try:
        parts = list(_fields(data))
        told.id = next((text_of(part) for number, part in parts if number == _ENTITY_ID), "")
        for name, fields in _NAMING.items():
            about = pb.FeedEntity.DESCRIPTOR.fields_by_name[name]
            for number, part in parts:
                if number == about.number:
                    _name_part(getattr(told, name), part, fields)
    except DecodeError:
        return Unreadable(told.id, "its bytes are no FeedEntity", None, error.reason)
    of = told if told.id and any(map(told.HasField, _NAMING)) else None
    return Unreadable(told.id, "its bytes are no FeedEntity", of, error.reason)


def _name_part(told: Message, part: bytes, fields: tuple[str, ...]) -> None:
    """Take what tells what a part is of, also of one that breaks off behind it.

    Raises DecodeError where it breaks off before that.
    """
    told.SetInParent()
    numbers = {told.DESCRIPTOR.fields_by_name[name].number: name for name in fields}
    try:
        for number, value in _fields(part):
            if number in numbers:
                getattr(told, numbers[number]).MergeFromString(value)
    except DecodeError:
        if fields and not told.HasField(fields[0]):
            raise


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


def _of_json(text: bytes) -> tuple[pb.FeedHeader, list[bytes | Unreadable]]:
    """Each entity by itself, so that one value which no field can hold drops only its own."""
    check_json(text, "GTFS-Realtime")
    try:
        document = json.loads(text)
    except ValueError as error:
        raise ParseError(str(error)) from error
    header, told = document.get("header") or {}, document.get("entity") or []
    if not isinstance(told, list) or not isinstance(header, dict):
        raise ParseError("entity is not a list, or header no object")
    entities = [_entity_of_json(entity) for entity in told]
    return ParseDict(header, pb.FeedHeader(), ignore_unknown_fields=True), entities


def _entity_of_json(told: object) -> bytes | Unreadable:
    if not isinstance(told, dict):
        return Unreadable("", "an entity that is no object")
    try:
        entity = ParseDict(told, pb.FeedEntity(), ignore_unknown_fields=True)
    except ParseError as error:
        detail = str(error).splitlines()[0][:200]
        return Unreadable(str(told.get("id", "")), detail, _named_in_json(told))
    return entity.SerializePartialToString()


def _named_in_json(told: dict[str, Any]) -> pb.FeedEntity | None:
    """What an entity is of, without all else that it says; None where that cannot be read."""
    id_ = told.get("id")
    named: dict[str, Any] = {"id": str(id_) if isinstance(id_, str | int) else ""}
    for name, fields in _NAMING.items():
        part = _member(told, name)
        if part is None:
            continue
        if fields and not isinstance(part, dict):
            return None
        inner = part if isinstance(part, dict) else {}
        named[name] = {field: _member(inner, field) for field in fields}
    try:
        entity = ParseDict(named, pb.FeedEntity(), ignore_unknown_fields=True)
    except ParseError:
        return None
    return entity if entity.id and any(map(entity.HasField, _NAMING)) else None


def _member(told: dict[str, Any], name: str) -> object:
    """A member of protobuf JSON, under either of the names that it may have."""
    head, *rest = name.split("_")
    return told.get(name, told.get(head + "".join(map(str.capitalize, rest))))


def _of_text(text: bytes) -> tuple[pb.FeedHeader, list[bytes | Unreadable]]:
    if len(text) > _TEXT_BYTES:
        detail = f"{len(text)} bytes in protobuf's text format; {_TEXT_BYTES} are read of it."
        raise PayloadError(Reason.TOO_LARGE, detail)
    message = pb.FeedMessage()
    text_format.Parse(
        text.decode(), message, allow_unknown_extension=True, allow_unknown_field=True
    )
    return message.header, [entity.SerializePartialToString() for entity in message.entity]


def _of_binary(body: bytes, most: int) -> tuple[pb.FeedHeader, list[bytes | Unreadable]]:
    """The parts uncopied into objects: what a field of two bytes unfolds to is a hundred."""
    header = pb.FeedHeader()
    entities: list[bytes | Unreadable] = []
    for number, part in _fields(body):
        if number == _HEADER:
            header.MergeFromString(part)
        elif number == _ENTITY:
            if len(part) > ENTITY_BYTES or len(entities) >= most:
                detail = f"More than {most} entities, or one of over {ENTITY_BYTES} bytes."
                raise PayloadError(Reason.TOO_LARGE, detail)
            entities.append(part)
    return header, entities


def _fields(body: bytes) -> Iterator[tuple[int, bytes]]:
    """The number and content of every length-delimited field; the others are passed over.

    Protocol Buffers encoding. Raises DecodeError where a field does not end within the body.
    """
    at, size, unknown = 0, len(body), 0
    while at < size:
        # most numbers are of one byte: a call for each would be half of the time
        tag, at = (body[at], at + 1) if body[at] < 0x80 else _varint(body, at)
        wire = tag & 7
        unknown += tag >> 3 not in (_HEADER, _ENTITY)
        if unknown > _MOST_UNKNOWN or not tag >> 3:
            raise DecodeError(f"fields that no FeedMessage has, at byte {at}")
        if wire == _VARINT:
            _, at = _varint(body, at)
            continue
        if wire == _BYTES:
            length, at = _varint(body, at)
        else:
            length = _FIXED.get(wire, size)
        if length > size - at:
            raise DecodeError(f"a field that cannot be, at byte {at}")
        if wire == _BYTES:
            yield tag >> 3, body[at : at + length]
        at += length


def _varint(body: bytes, at: int) -> tuple[int, int]:
    """A number of at most ten bytes and where it ends."""
    value = body[at] if at < len(body) else 0x80
    if value < 0x80:
        return value, at + 1
    value, end = 0, at
    while end < min(len(body), at + _LONGEST_VARINT):
        value |= (body[end] & 0x7F) << 7 * (end - at)
        end += 1
        if body[end - 1] < 0x80:
            return value, end
    raise DecodeError(f"a number without an end, at byte {at}")


def is_time(seconds: int) -> bool:
    """Whether a POSIX time can be one: seconds, between 2000 and 2200."""
    return seconds in TIMES


def of_milliseconds(number: int) -> int | None:
    """Seconds of a POSIX time that can only be in milliseconds; None for any other number."""
    return number // 1000 if number not in TIMES and number // 1000 in TIMES else None


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
