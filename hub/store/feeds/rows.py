"""Records to documents, and names of their content. Pure."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from enum import Enum
from hashlib import sha256
from operator import attrgetter
from typing import Any, get_type_hints

import orjson
from bson.codec_options import CodecOptions

from hub.model.common import Position

Document = dict[str, Any]
UNZONED: CodecOptions[Document] = CodecOptions(tz_aware=False)
"""Reads times as `unzoned` writes them."""
AGED = ""
"""The fingerprint of what was given an age that its source does not say: told again, it is written
again, whatever it says."""
_PLAIN = frozenset({type(None), bool, int, float, str})
_OBSERVED = "observed_at"


def to_document(record: object) -> Document:
    """A dataclass as a document: enums to text, dates to ISO text, datetimes to milliseconds.

    `id` becomes `_id`, and `position` becomes `location`, a GeoJSON Point (absent when unknown).
    """
    document: Document = {}
    for name in _names(type(record)):
        value = getattr(record, name)
        if name == "id":
            document["_id"] = value
        elif name == "position":
            if value is not None:
                document["location"] = point(value)
        else:
            document[name] = plain(value)
    return document


def plain(value: Any) -> Any:  # noqa: ANN401  # BSON's values have no type of their own
    """A value as BSON knows it."""
    if type(value) in _PLAIN:
        return value
    match value:
        case datetime():
            return milliseconds(value)
        case Enum():
            return value.value
        case date():
            return value.isoformat()
        case tuple() | list():
            return [plain(item) for item in value]
    if is_dataclass(value):
        return {name: plain(getattr(value, name)) for name in _names(type(value))}
    raise TypeError(f"{type(value).__name__} has no form in the database.")


def milliseconds(moment: datetime) -> datetime:
    """The moment as the database keeps it: what is finer than a millisecond is cut off."""
    finer = moment.microsecond % 1000
    return moment.replace(microsecond=moment.microsecond - finer) if finer else moment


def unzoned(moment: datetime) -> datetime:
    """The moment as BSON itself has it: UTC without a zone, in milliseconds.

    Journeys are read, merged and written in this form: a zone on each of the hundreds of times of a
    journey costs more than everything else about reading it.
    """
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    finer = utc.microsecond % 1000
    return utc.replace(tzinfo=None, microsecond=utc.microsecond - finer)


def point(position: Position) -> Document:
    """GeoJSON Point, WGS-84: longitude first."""
    return {"type": "Point", "coordinates": [position.lon, position.lat]}


def fingerprint(record: object, salt: str = "") -> str:
    """Names the content of a record, its `observed_at` left out: equal content, equal text."""
    values = _content(type(record))(record)
    leaves = [
        list(map(_content(type(value[0])), value)) if _records(value) else value for value in values
    ]
    return sha256(salt.encode() + orjson.dumps(leaves)).hexdigest()[:24]


def _records(value: object) -> bool:
    return isinstance(value, tuple) and bool(value) and is_dataclass(value[0])


def _names(kind: type) -> tuple[str, ...]:
    found = _NAMES.get(kind)
    if found is None:
        if not is_dataclass(kind):
            raise TypeError(f"{kind.__name__} is no record.")
        found = _NAMES[kind] = tuple(field.name for field in fields(kind))
    return found


def _content(kind: type) -> "attrgetter[tuple[Any, ...]]":
    """Reads every leaf of a record at once: several times quicker than walking the dataclass."""
    found = _CONTENT.get(kind)
    if found is None:
        leaves = (path for path in _leaves(kind) if path != _OBSERVED)
        found = _CONTENT[kind] = attrgetter(*leaves)
    return found


def _leaves(kind: type) -> Iterator[str]:
    hints = get_type_hints(kind)
    for name in _names(kind):
        if is_dataclass(hints[name]):
            yield from (f"{name}.{leaf}" for leaf in _leaves(hints[name]))
        else:
            yield name


_NAMES: dict[type, tuple[str, ...]] = {}
_CONTENT: dict[type, "attrgetter[tuple[Any, ...]]"] = {}
