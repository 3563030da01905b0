"""MDS 2.0, mode passenger-services: vehicles, their status, trips, stops, and stop geographies.

Read are the answers of a provider's (or an agency's) endpoints. Persons do not occur in what is
decoded: drivers, fares, addresses, licence plates and the ways people took are not looked at.
Source: Open Mobility Foundation, Mobility Data Specification 2.0 (provider, data types, modes).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hub.errors import PayloadError, Reason
from hub.formats.common.bundle import Document
from hub.formats.common.fields import checked_position
from hub.formats.common.safe_json import Fields, loads, table
from hub.formats.common.xml import Fault
from hub.model.common import Name, Position

MAJORS = ("1", "2")


@dataclass(frozen=True, slots=True)
class Fix:
    """Where a vehicle was, and when. `bearing` in degrees, `speed_kmh` in km/h."""

    position: Position | None
    at: datetime | None
    bearing: float | None = None
    speed_kmh: float | None = None


@dataclass(frozen=True, slots=True)
class VehicleStatus:
    """A vehicle with its last event and its last telemetry."""

    device_id: str | None
    vehicle_state: str | None
    event_types: tuple[str, ...]
    event: Fix
    telemetry: Fix
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Trip:
    """A trip, without anything of who made it. `ended_at` is None while it lasts."""

    trip_id: str | None
    device_id: str | None
    trip_type: str | None
    start: Fix
    ended_at: datetime | None
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Stop:
    """A place where passengers get in and out: an entry of /stops, or a point of a geography."""

    stop_id: str | None
    name: Name | None
    position: Position | None
    faults: tuple[Fault, ...] = ()


@dataclass(slots=True)
class Answer:
    """What the pages of one answer hold. `vehicles` are device_ids, None where one is missing."""

    vehicles: list[str | None] = field(default_factory=list)
    statuses: list[VehicleStatus] = field(default_factory=list)
    trips: list[Trip] = field(default_factory=list)
    stops: list[Stop] = field(default_factory=list)
    last_updated: datetime | None = None
    versions: set[str] = field(default_factory=set)
    last: bool = True
    faults: list[Fault] = field(default_factory=list)


def next_page(body: bytes) -> str | None:
    """The address of the page after this one (links.next); None if there is none."""
    try:
        links = table(loads(body, "MDS"), "MDS", "links")
    except PayloadError:
        return None
    found = links.get("next")
    return found if isinstance(found, str) and found else None


def decode(documents: Iterable[Document]) -> Answer:
    """What one answer, or all its pages, hold.

    Raises PayloadError: TOO_LARGE, NOT_DECODABLE; UNSUPPORTED_MESSAGE for another endpoint's.
    """
    answer = Answer()
    pages = list(documents)
    for number, page in enumerate(pages, start=1):
        whole = loads(page.body, "MDS")
        _read(answer, table(_wrapped(whole), "MDS"))
        answer.last = number < len(pages) or next_page(page.body) is None
    return answer


def _wrapped(whole: object) -> object:
    """Some answer with the bare list: it is taken for what its entries are."""
    if not isinstance(whole, list):
        return whole
    first = whole[0] if whole and isinstance(whole[0], dict) else {}
    return {next((key for name, key in _BARE if name in first), "?"): whole}


_BARE = (
    ("last_event", "vehicles_status"),
    ("last_telemetry", "vehicles_status"),
    ("trip_id", "trips"),
    ("stop_id", "stops"),
    ("device_id", "vehicles"),
)


def _read(answer: Answer, whole: dict[str, Any]) -> None:
    head = Fields(whole, answer.faults)
    if version := head.text("version"):
        answer.versions.add(version)
    if updated := head.time("last_updated", milliseconds=True):
        answer.last_updated = max(answer.last_updated or updated, updated)
    if not head.names & {"vehicles_status", "vehicles", "trips", "stops"}:
        answer.stops += _geographies(answer, head)
        return
    for entry in (*head.each("vehicles_status"), *head.each("vehicles")):
        if entry.names & {"last_event", "last_telemetry"}:
            answer.statuses.append(_status(entry.value))
        else:
            answer.vehicles.append(Fields(entry.value).ident("device_id"))
    answer.trips += [_trip(entry.value) for entry in head.each("trips")]
    answer.stops += [_stop(entry.value) for entry in head.each("stops")]


def _status(value: object) -> VehicleStatus:
    entry = Fields(value)
    event, telemetry = entry.inner("last_event"), entry.inner("last_telemetry")
    types = event.raw("event_types")
    words = types if isinstance(types, list) else [types] if types is not None else []
    return VehicleStatus(
        device_id=entry.ident("device_id"),
        vehicle_state=event.text("vehicle_state"),
        event_types=tuple(word for word in words if isinstance(word, str)),
        event=_fix(event, "location", "timestamp"),
        telemetry=_fix(telemetry, "location", "timestamp"),
        faults=tuple(entry.faults),
    )


def _trip(value: object) -> Trip:
    entry = Fields(value)
    return Trip(
        trip_id=entry.ident("trip_id"),
        device_id=entry.ident("device_id"),
        trip_type=entry.text("trip_type"),
        start=_fix(entry, "start_location", "start_time"),
        ended_at=entry.time("end_time", milliseconds=True),
        faults=tuple(entry.faults),
    )


def _stop(value: object) -> Stop:
    entry = Fields(value)
    return Stop(
        stop_id=entry.ident("stop_id"),
        name=entry.name("name"),
        position=_place(entry.inner("location")),
        faults=tuple(entry.faults),
    )


def _fix(entry: Fields, where: str, when: str) -> Fix:
    location = entry.inner(where)
    bearing, speed = location.number("heading"), location.number("speed")
    return Fix(
        position=_place(location),
        at=entry.time(when, milliseconds=True),
        bearing=bearing if bearing is not None and 0 <= bearing <= 360 else None,
        speed_kmh=round(speed * 3.6, 1) if speed is not None and 0 <= speed <= 150 else None,
    )


def _place(location: Fields) -> Position | None:
    """A GPS object; `lon` for `lng` is a common slip, and a GeoJSON point was the form of 1.x."""
    geometry = location.raw("geometry")
    if geometry is not None:
        return _point(Fields(geometry, location.faults, location.prefix))
    return location.place("lat", "lng" if "lng" in location.names else "lon")


def _geographies(answer: Answer, head: Fields) -> list[Stop]:
    """The points of geographies of type stop (MDS Geography)."""
    several = list(head.each("geographies"))
    found = several or ([head.inner("geography")] if "geography" in head.names else [])
    stops: list[Stop] = []
    if not found and "geographies" not in head.names:
        raise PayloadError(
            Reason.UNSUPPORTED_MESSAGE, "MDS: no vehicles, vehicles_status, trips or stops."
        )
    for geography in found:
        kind = geography.text("geography_type")
        if kind != "stop" and len(found) == 1:
            raise PayloadError(
                Reason.UNSUPPORTED_MESSAGE, f"MDS: a geography of type {kind}, not stop."
            )
        if kind == "stop":
            stops += _points(geography)
            published = geography.time("published_date", milliseconds=True)
            answer.last_updated = answer.last_updated or published
    return stops


def _points(geography: Fields) -> list[Stop]:
    ident, named = geography.ident("geography_id"), geography.name("name")
    inner = geography.inner("geography_json")
    if "features" not in inner.names:
        raise PayloadError(Reason.NOT_DECODABLE, "MDS: a geography without features.")
    features = list(inner.each("features"))
    stops = []
    for number, feature in enumerate(features, start=1):
        entry = Fields(feature.value)
        own = entry.inner("properties")
        native = own.ident("stop_id") or own.ident("OBJECTID") or entry.ident("id") or str(number)
        position = _point(entry.inner("geometry"))
        stop_id = f"{ident}:{native}" if ident else None
        name = own.name("name") or (_numbered(named, native) if len(features) > 1 else named)
        stops.append(Stop(stop_id, name, position, tuple(entry.faults)))
    return stops


def _numbered(name: Name | None, number: str) -> Name | None:
    if name is None:
        return None
    return Name(
        zh=f"{name.zh} {number}" if name.zh else None, en=f"{name.en} {number}" if name.en else None
    )


def _point(geometry: Fields) -> Position | None:
    """A GeoJSON Point: longitude, latitude."""
    if geometry.raw("type") != "Point":
        return None
    pair = geometry.raw("coordinates")
    numbers = [n for n in pair[:2] if isinstance(n, int | float)] if isinstance(pair, list) else []
    position = checked_position(numbers[1], numbers[0]) if len(numbers) == 2 else None
    if position is None:
        geometry.faults.append(
            Fault(Reason.POSITION_OUT_OF_RANGE, f"coordinates {str(pair)[:60]}: no place")
        )
    return position
