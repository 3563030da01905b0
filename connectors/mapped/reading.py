"""The entities of a JSON document or a CSV table, one after the other."""

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache, partial

import orjson

from connectors.mapped.config import MappedConfig, written
from connectors.mapped.records import RefusedRecord, native_id, records_of
from connectors.mapped.values import Find, Values, read_time
from hub.connector import Batch, Context, Envelope, Incrementality, Record
from hub.errors import PayloadError, Reason
from hub.formats.common.json_path import NotThere, Path, compiled, elements_at, value_at
from hub.formats.common.marks import check_json
from hub.formats.common.xsd import EARLIEST
from hub.model.moments import AHEAD

MAX_ENTITIES = 100_000

_ENCODINGS = {"utf-8": "utf-8-sig", "gbk": "gb18030"}
_DOCUMENT = "document"
_LONGEST_LINE = 64 * 1024
_BOM = "\ufeff"

path_of = lru_cache(maxsize=1024)(compiled)


def parse(raw: Envelope, context: Context) -> Batch:
    """The records of one payload, as the feed's options map it; what cannot be used, and why.

    `entities` counts the elements of `items`, or the rows of a table. Of two with one id the first
    is taken. Nothing is withdrawn unless the feed's incrementality is full. Raises PayloadError:
    NOT_DECODABLE, TOO_LARGE, MISSING_FIELD (no array at `items`, no such column), SOURCE_ERROR (the
    producer's own sign of failure); an answer without the array is never an empty one.
    """
    config = context.config
    if not isinstance(config, MappedConfig):
        message = f"feed {context.feed_id}: no mapping"
        raise TypeError(message)
    try:
        text = raw.body.decode(_ENCODINGS[config.encoding])
    except UnicodeDecodeError as error:
        detail = f"not written in {config.encoding}: byte {error.start}."
        raise PayloadError(Reason.NOT_DECODABLE, detail) from error
    batch = Batch()
    if config.format == "json":
        check_json(raw.body, "the document")
        document = _document(text, config)
        batch.as_of = _as_of(document, config, context, raw.received_at, batch)
        finds = _elements(document, config)
    else:
        finds = _rows(text, config)
    taken: set[str] = set()
    for find in finds:
        batch.entities += 1
        if batch.entities > MAX_ENTITIES:
            raise PayloadError(Reason.TOO_LARGE, f"more than {MAX_ENTITIES} entities.")
        _take(Values(config, find, context.timezone, raw.received_at), taken, context, batch)
    batch.lists_all(context.incrementality is Incrementality.FULL)
    return batch


def _take(values: Values, taken: set[str], context: Context, batch: Batch) -> None:
    native = native_id(values, context)
    name = native or f"item {batch.entities}"
    if native is None:
        known = values.faults[0] if values.faults else None
        reason = known.reason if known else Reason.MISSING_FIELD
        batch.reject(reason, name, known.detail if known else "id is missing")
        return
    aside = Batch()
    try:
        records = records_of(values, native, context, aside)
    except RefusedRecord as refused:
        batch.reject(refused.reason, name, refused.detail)
        return
    identity = _identity(records[0])
    if identity in taken:
        batch.reject(Reason.DUPLICATE, name, "in the payload twice; the first is taken")
        return
    taken.add(identity)
    for fault in values.faults:
        batch.note(fault.reason, name, fault.detail)
    batch.notes.extend(aside.notes)
    batch.records.extend(records)


def _identity(record: Record) -> str:
    """What may occur once: a journey's id has its date in it."""
    return str(getattr(record, "id", None) or getattr(record, "facility_id", None))


def _document(text: str, config: MappedConfig) -> object:
    try:
        document: object = orjson.loads(text)
    except (orjson.JSONDecodeError, UnicodeEncodeError) as error:
        raise PayloadError(Reason.NOT_DECODABLE, f"not JSON: {error}.") from error
    if config.success is not None:
        found = value_at(path_of(config.success.origin), document)
        told = written(found) if isinstance(found, str | int | float) else str(found)[:40]
        if told not in config.success.values:
            raise PayloadError(
                Reason.SOURCE_ERROR,
                f"The producer answered with {config.success.origin} = {told[:40]!r}.",
            )
    return document


def _elements(document: object, config: MappedConfig) -> Iterator[Find]:
    try:
        elements = elements_at(path_of(config.items), document)
    except NotThere as error:
        raise PayloadError(Reason.MISSING_FIELD, f"items {error}.") from error
    for element in elements:
        yield partial(_value, element, document)


def _value(element: object, document: object, origin: str) -> object:
    path: Path = path_of(origin)
    return value_at(path, document if path.of_document else element)


def _as_of(
    document: object, config: MappedConfig, context: Context, received_at: datetime, batch: Batch
) -> datetime | None:
    """The producer's own time, never later than the arrival; None where it gives none."""
    if config.as_of is None or config.as_of.origin is None:
        return None
    found = value_at(path_of(config.as_of.origin), document)
    text = written(found) if isinstance(found, str | int | float) else ""
    moment = read_time(text, config.format_of(config.as_of), context.timezone, received_at.date())
    if moment is None or moment < EARLIEST:
        reason = Reason.TIMESTAMP_EPOCH if moment else Reason.TIMESTAMP_MISSING
        batch.note(reason, _DOCUMENT, f"as_of = {text[:40]!r}: the time of receipt is used")
        return None
    if moment > received_at + AHEAD:
        detail = f"as_of {moment.isoformat()} is yet to come"
        batch.note(Reason.TIMESTAMP_IN_FUTURE, _DOCUMENT, detail)
    return min(moment, received_at)


def _rows(text: str, config: MappedConfig) -> Iterator[Find]:
    """The rows of a table with a header; a mapped column that is not there refuses it whole."""
    lines = csv.reader(_lines(text), delimiter=config.delimiter)
    try:
        header = [name.strip() for name in next(lines, [])]
        for source in config.fields.values():
            if source.origin is not None and source.origin not in header:
                raise PayloadError(
                    Reason.MISSING_FIELD, f"the table has no column {source.origin!r}."
                )
        for row in lines:
            if any(cell.strip() for cell in row):
                yield dict(zip(header, (cell.strip() for cell in row), strict=False)).get
    except csv.Error as error:
        raise PayloadError(Reason.NOT_DECODABLE, f"not CSV: {error}.") from error


def _lines(text: str) -> Iterator[str]:
    source = io.StringIO(text.removeprefix(_BOM))
    for number, line in enumerate(iter(partial(source.readline, _LONGEST_LINE), "")):
        if len(line) >= _LONGEST_LINE:
            raise PayloadError(Reason.TOO_LARGE, f"line {number + 1} is too long.")
        yield line
