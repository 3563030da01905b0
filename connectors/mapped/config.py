"""What can be set for a mapped feed, and all that can be wrong with it, found at start."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from enum import StrEnum
from functools import partial
from typing import Annotated, Literal, NoReturn

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from hub.connector import ConnectorConfig
from hub.formats.common.json_path import Path, compiled
from hub.model.common import OccupancyStatus
from hub.model.journeys import CallStatus, CheckIn, SaleStatus
from hub.model.parking import OpeningStatus, ParkingSiteStatus
from hub.model.vehicles import TaxiState

TODAY = "today"
"""As the constant of a date: the day on which the payload arrives, in the feed's time zone."""
OTHERWISE = "*"
"""As a key of `values`: what every value not in the table becomes."""


class Kind(StrEnum):
    """What a canonical field holds."""

    TEXT = "text"
    COUNT = "whole number"
    NUMBER = "number"
    FLAG = "true or false"
    TIME = "time"
    DATE = "date"


Field_ = Kind | type[StrEnum]
FIELDS: dict[str, dict[str, Field_]] = {
    "departure": {
        "id": Kind.TEXT,
        "service_date": Kind.DATE,
        "number": Kind.TEXT,
        "stop_place": Kind.TEXT,
        "stop_name": Kind.TEXT,
        "destination": Kind.TEXT,
        "destination_en": Kind.TEXT,
        "line": Kind.TEXT,
        "line_name": Kind.TEXT,
        "aimed_departure": Kind.TIME,
        "expected_departure": Kind.TIME,
        "actual_departure": Kind.TIME,
        "planned_platform": Kind.TEXT,
        "platform": Kind.TEXT,
        "status": CallStatus,
        "cancelled": Kind.FLAG,
        "extra": Kind.FLAG,
        "seats_total": Kind.COUNT,
        "seats_available": Kind.COUNT,
        "check_in": CheckIn,
        "sale": SaleStatus,
        "observed_at": Kind.TIME,
    },
    "parking": {
        "id": Kind.TEXT,
        "name": Kind.TEXT,
        "lat": Kind.NUMBER,
        "lon": Kind.NUMBER,
        "capacity": Kind.COUNT,
        "vacant": Kind.COUNT,
        "occupied": Kind.COUNT,
        "occupancy_percent": Kind.NUMBER,
        "status": ParkingSiteStatus,
        "opening": OpeningStatus,
        "park_and_ride": Kind.FLAG,
        "observed_at": Kind.TIME,
    },
    "vehicle": {
        "id": Kind.TEXT,
        "lat": Kind.NUMBER,
        "lon": Kind.NUMBER,
        "observed_at": Kind.TIME,
        "bearing": Kind.NUMBER,
        "speed_kmh": Kind.NUMBER,
        "label": Kind.TEXT,
        "line": Kind.TEXT,
        "taxi_state": TaxiState,
        "occupancy": OccupancyStatus,
    },
}
REQUIRED = {
    "departure": ("id", "number", "stop_place", "stop_name", "destination", "aimed_departure"),
    "parking": ("id",),
    "vehicle": ("id", "lat", "lon", "observed_at"),
}
_EPOCHS = frozenset({"unix", "unix_ms"})
_SAMPLE = datetime(2023, 11, 22, 13, 44, 55)  # noqa: DTZ001  # tries out a format


class Source(BaseModel):
    """Where one value comes from.

    `from` is a path (JSON) or a column (CSV), or else `constant` the value itself. `values` then
    replaces what was found, `factor` multiplies a number, `format` reads a time: iso, unix,
    unix_ms, or a pattern of strptime.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    origin: str | None = Field(default=None, alias="from", min_length=1)
    constant: str | int | float | bool | None = None
    values: dict[str, str] | None = None
    factor: float | None = None
    format: str | None = None

    @model_validator(mode="after")
    def _comes_from_somewhere(self) -> "Source":
        if (self.origin is None) == (self.constant is None):
            message = "expected exactly one of from, constant"
            raise ValueError(message)
        return self


def _source(value: object) -> object:
    return {"from": value} if isinstance(value, str) else value


FieldSource = Annotated[Source, BeforeValidator(_source)]


class Success(BaseModel):
    """How the producer says that its answer is one: the value at `from` is one of `values`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    origin: str = Field(alias="from")
    values: tuple[str, ...] = Field(min_length=1)


class MappedConfig(ConnectorConfig):
    """`[feeds.options]` of kind mapped; see docs/mapped.md."""

    record: Literal["departure", "parking", "vehicle"] = Field(
        description="what an entity of the payload is; see [mapped.md](../mapped.md)"
    )
    format: Literal["json", "csv"] = Field(
        default="json", description="what the payload is: a JSON document or a CSV table"
    )
    encoding: Literal["utf-8", "gbk"] = Field(
        default="utf-8", description="what the payload is written in, whatever it declares"
    )
    items: str = Field(
        default="$[*]",
        description="path of the entities in a JSON document, as `$.data.list[*]`; by default the "
        "document is the array",
    )
    delimiter: str = Field(
        default=",", min_length=1, max_length=1, description="what parts the columns of CSV"
    )
    time_format: str = Field(
        default="iso",
        description="how times are written: iso, unix (seconds), unix_ms, or a strptime pattern",
    )
    success: Success | None = Field(
        default=None,
        description="`from` and `values`: how the producer says that its answer is one, as "
        "`code = 200`; none: every answer is",
    )
    as_of: FieldSource | None = Field(
        default=None,
        description="path of the producer's own time in a JSON document; none: when it arrived",
    )
    coordinates: Literal["wgs84", "gcj02"] = Field(
        default="wgs84", description="what positions are written in; stored is WGS-84"
    )
    public_ids: bool = Field(
        default=False,
        description="a vehicle's id is no personal datum and is kept as it is; false: it is "
        "replaced by a keyed hash, for a plate is one",
    )
    id_key: str | None = Field(
        default=None,
        min_length=16,
        description="secret, 16 characters at least, of the hash that stands for a vehicle's id; "
        "none: the dataset's name, so that ids are stable, but who guesses one can confirm it",
    )
    fields: dict[str, FieldSource] = Field(
        description="canonical field to path or column, or to a table with `from` or `constant`, "
        "`values`, `factor`, `format`; see [mapped.md](../mapped.md)"
    )

    @model_validator(mode="after")
    def _can_be_read(self) -> "MappedConfig":
        found = [said for check in self._checks() if (said := _fault_of(check)) is not None]
        if found:
            raise ValueError("; ".join(found))
        self._check_document()
        self._check_dates()
        return self

    def _checks(self) -> Iterator[Callable[[], object]]:
        """What each field by itself has to pass; a fault of one hides none of another."""
        known = FIELDS[self.record]
        for name in REQUIRED[self.record]:
            if name not in self.fields:
                yield partial(_refuse, f"fields.{name}", f"is missing; a {self.record} needs it")
        for name, source in self.fields.items():
            key = f"fields.{name}"
            if name in known:
                yield partial(self._check_source, key, source, known[name])
            else:
                yield partial(_refuse, key, f"no field of a {self.record}: {', '.join(known)}")
        yield self._check_items

    def _check_items(self) -> None:
        if self.format == "json" and compiled_of("items", self.items).is_single:
            _refuse("items", f"{self.items!r} has no [*]: expected the array of entities")

    def format_of(self, source: Source) -> str:
        """The format of a time: its own, else that of the feed."""
        return source.format or self.time_format

    def _check_source(self, key: str, source: Source, kind: Field_) -> None:
        if self.format == "json" and source.origin is not None:
            _check_single(key, source.origin)
        if kind is Kind.TIME:
            _check_format(key, self.format_of(source))
        elif kind is Kind.DATE:
            if source.format not in {None, "iso"}:
                _check_date_format(key, source.format or "")
            if source.constant not in {None, TODAY}:
                _check_date(key, written(source.constant or ""), source.format or "iso")
        elif source.format is not None:
            _refuse(f"{key}.format", "only a time or a date has a format")
        if source.factor is not None and kind is not Kind.NUMBER:
            _refuse(f"{key}.factor", "only a number has a factor")
        if isinstance(kind, type):
            _check_words(key, source, kind)
        if kind is Kind.FLAG:
            _check_words(key, source, ("true", "false"))

    def _check_document(self) -> None:
        if self.format == "csv" and (self.success or self.as_of):
            _refuse("success" if self.success else "as_of", "a CSV table has no such value")
        if self.success:
            _check_single("success.from", self.success.origin)
        if self.as_of:
            if self.as_of.origin is None:
                _refuse("as_of", "expected a path")
            _check_single("as_of", self.as_of.origin or "")
            _check_format("as_of", self.format_of(self.as_of))

    def _check_dates(self) -> None:
        """A departure's time of day needs a service date; a document's time needs its own."""
        aimed = self.fields.get("aimed_departure")
        if aimed and "service_date" not in self.fields and is_time_of_day(self.format_of(aimed)):
            _refuse("fields.service_date", "is missing, and aimed_departure has no date")
        if self.as_of and is_time_of_day(self.format_of(self.as_of)):
            _refuse("as_of", "its format has no date")


def is_time_of_day(pattern: str) -> bool:
    """Whether a format has no date."""
    if pattern == "iso" or pattern in _EPOCHS:
        return False
    return _SAMPLE.strftime(pattern) == _SAMPLE.replace(2024, 10, 21).strftime(pattern)


def compiled_of(key: str, path: str) -> Path:
    """The compiled path. Raises ValueError, naming the key."""
    try:
        return compiled(path)
    except ValueError as error:
        _refuse(key, str(error))


def _check_single(key: str, path: str) -> None:
    if not compiled_of(key, path).is_single:
        _refuse(key, f"{path!r}: [*] leads to more than one value")


def _check_format(key: str, pattern: str) -> None:
    if pattern == "iso" or pattern in _EPOCHS:
        return
    try:
        read = datetime.strptime(_SAMPLE.strftime(pattern), pattern)  # noqa: DTZ007  # tries it out
    except ValueError:
        _refuse(key, f"format {pattern!r}: expected iso, unix, unix_ms or a strptime pattern")
    if (read.hour, read.minute) != (_SAMPLE.hour, _SAMPLE.minute):
        _refuse(key, f"format {pattern!r} does not read the hour and the minute")


def _check_date_format(key: str, pattern: str) -> None:
    try:
        read = datetime.strptime(_SAMPLE.strftime(pattern), pattern)  # noqa: DTZ007  # tries it out
    except ValueError:
        _refuse(key, f"format {pattern!r}: expected iso or a strptime pattern")
    if read.date() != _SAMPLE.date():
        _refuse(key, f"format {pattern!r} does not read the year, the month and the day")


def read_date(text: str, pattern: str) -> date:
    """A calendar date, iso or a pattern of strptime. Raises ValueError."""
    if pattern == "iso":
        return date.fromisoformat(text)
    return datetime.strptime(text, pattern).date()  # noqa: DTZ007  # a date has no zone


def _check_date(key: str, text: str, pattern: str) -> None:
    try:
        read_date(text, pattern)
    except ValueError:
        _refuse(f"{key}.constant", f"{text!r}: expected {TODAY!r} or a date written {pattern}")


def _check_words(key: str, source: Source, words: Iterable[str]) -> None:
    """Every word that a table or a constant gives is one the field has."""
    known = tuple(str(word) for word in words)
    given = {f"values.{told}": word for told, word in (source.values or {}).items()}
    if source.constant is not None:
        given = {"constant": written(source.constant)}
    for told, word in given.items():
        if word not in known:
            _refuse(f"{key}.{told}", f"{word!r}: expected one of {', '.join(known)}")


def written(value: str | float | bool) -> str:
    """A value as the keys of `values` write it: true, false, 12, 0.5, or the text itself."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _fault_of(check: Callable[[], object]) -> str | None:
    try:
        check()
    except ValueError as error:
        return str(error)
    return None


def _refuse(key: str, complaint: str) -> NoReturn:
    message = f"{key}: {complaint}"
    raise ValueError(message)
