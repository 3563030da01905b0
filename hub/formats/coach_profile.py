"""Payloads of the hub's own coach station profile as typed messages.

The profile is docs/coach-profile.md; its schema is connectors/coach_profile/schema-1.0.json.
What one departure gets wrong is a fault of that departure, or of a part of it. Only a payload whose
envelope cannot be read is refused as a whole.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import orjson

from hub.errors import PayloadError, Reason
from hub.formats.common.json_reader import Fault, Reader
from hub.formats.common.marks import check_json
from hub.model.common import Name
from hub.model.journeys import CheckIn, SaleStatus

PROFILE = "liandong-coach"
VERSION = "1.0"
MAX_DEPARTURES = 20_000

_VERSIONS = re.compile(r"1\.\d{1,3}", re.ASCII)
_BOM = b"\xef\xbb\xbf"
_ENVELOPE = ("profile", "version", "station", "generatedAt", "complete", "departures")
_STATION = ("id", "name")
_LINE = ("id", "name")
_SEATS = ("total", "available")
_REQUIRED = ("id", "serviceDate", "number", "destination", "aimedDeparture")
_DEPARTURE = (
    *_REQUIRED,
    *("line", "expectedDeparture", "actualDeparture", "plannedGate", "gate"),
    *("checkIn", "sale", "seats", "cancelled", "extra", "observedAt"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CoachDeparture:
    """One departure (班次) in the profile's words; times in UTC. `faults` are unusable parts."""

    id: str
    service_date: date
    number: str
    destination: Name
    aimed: datetime
    line: tuple[str, Name | None] | None
    expected: datetime | None
    actual: datetime | None
    planned_gate: str | None
    gate: str | None
    check_in: CheckIn | None
    sale: SaleStatus | None
    seats_total: int | None
    seats_available: int | None
    cancelled: bool
    extra: bool
    observed_at: datetime | None
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Unusable:
    """A departure of which nothing can be said: its id as far as it is known, and why."""

    id: str | None
    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """A payload: the station, the moment it speaks of, and its departures still to be read."""

    version: str
    station_id: str
    station_name: Name
    generated_at: datetime
    complete: bool
    departures: tuple[Any, ...]
    faults: tuple[Fault, ...]


def read(body: bytes) -> Publication:
    """The publication in a payload.

    Raises PayloadError: NOT_DECODABLE (no JSON object), UNSUPPORTED_MESSAGE (another profile),
    UNSUPPORTED_VERSION (not 1.x), MISSING_FIELD and BAD_VALUE (the envelope), TOO_LARGE.
    """
    envelope = _envelope(body)
    station = envelope.inner("station")
    station_id = station.text("id") if station else None
    station_name = station.name("name") if station else None
    generated_at = envelope.time("generatedAt")
    departures = envelope.value.get("departures")
    if station:
        station.only(_STATION)
    if station_id is None or station_name is None or generated_at is None or departures is None:
        raise _incomplete(envelope)
    if not isinstance(departures, list):
        raise PayloadError(Reason.BAD_VALUE, "departures: expected an array.")
    if len(departures) > MAX_DEPARTURES:
        raise PayloadError(
            Reason.TOO_LARGE, f"{len(departures)} departures; {MAX_DEPARTURES} are allowed."
        )
    envelope.only(_ENVELOPE)
    return Publication(
        version=envelope.value["version"],
        station_id=station_id,
        station_name=station_name,
        generated_at=generated_at,
        complete=envelope.flag("complete") is True,
        departures=tuple(departures),
        faults=tuple(envelope.faults),
    )


def departures(publication: Publication) -> Iterator[CoachDeparture | Unusable]:
    """Every departure of a publication, in its order."""
    for entry in publication.departures:
        if isinstance(entry, dict):
            yield _departure(Reader(entry))
        else:
            yield Unusable(None, Reason.BAD_VALUE, "the departure is no JSON object")


def _envelope(body: bytes) -> Reader:
    check_json(body, PROFILE)
    try:
        value = orjson.loads(body.removeprefix(_BOM))
    except orjson.JSONDecodeError as error:
        raise PayloadError(Reason.NOT_DECODABLE, f"not JSON in UTF-8: {error}.") from error
    if not isinstance(value, dict):
        raise PayloadError(Reason.NOT_DECODABLE, "not a JSON object.")
    if value.get("profile") != PROFILE:
        raise PayloadError(
            Reason.UNSUPPORTED_MESSAGE,
            f"profile = {repr(value.get('profile'))[:40]}: expected {PROFILE}.",
        )
    version = value.get("version")
    if not isinstance(version, str) or not _VERSIONS.fullmatch(version):
        raise PayloadError(
            Reason.UNSUPPORTED_VERSION, f"version = {repr(version)[:40]}: this hub reads 1.x."
        )
    return Reader(value)


def _incomplete(envelope: Reader) -> PayloadError:
    if envelope.faults:
        first = envelope.faults[0]
        return PayloadError(first.reason, f"{first.detail}.")
    needed = "station.id, station.name, generatedAt and departures"
    return PayloadError(Reason.MISSING_FIELD, f"one of {needed} is missing.")


def _departure(read: Reader) -> CoachDeparture | Unusable:
    id_, number = read.text("id"), read.text("number")
    service_date, aimed = read.date("serviceDate"), read.time("aimedDeparture")
    destination = read.name("destination")
    cancelled = read.flag("cancelled")
    if cancelled is None or not (id_ and number and service_date and aimed and destination):
        return _unusable(id_, read)
    line, seats = read.inner("line"), read.inner("seats")
    line_id = line.text("id") if line else None
    line_name = line.name("name") if line else None
    found = CoachDeparture(
        id=id_,
        service_date=service_date,
        number=number,
        destination=destination,
        aimed=aimed,
        line=(line_id, line_name) if line_id else None,
        expected=read.time("expectedDeparture"),
        actual=read.time("actualDeparture"),
        planned_gate=read.text("plannedGate"),
        gate=read.text("gate"),
        check_in=read.word("checkIn", CheckIn),
        sale=read.word("sale", SaleStatus),
        seats_total=seats.count("total") if seats else None,
        seats_available=seats.count("available") if seats else None,
        cancelled=cancelled,
        extra=read.flag("extra") is True,
        observed_at=read.time("observedAt"),
        faults=(),
    )
    for part, known in ((read, _DEPARTURE), (line, _LINE), (seats, _SEATS)):
        if part:
            part.only(known)
    return replace(found, faults=tuple(read.faults))


def _unusable(id_: str | None, read: Reader) -> Unusable:
    """The malformed value if there is one, else the first required property that is not there."""
    if read.faults:
        return Unusable(id_, read.faults[0].reason, read.faults[0].detail)
    missing = next(name for name in _REQUIRED if read.value.get(name) is None)
    return Unusable(id_, Reason.MISSING_FIELD, f"{missing} is missing")
