"""GBFS 1.0 to 3.x: stations, their status, and vehicles, from one document or several.

Versions differ in names (`free_bike_status.bikes[].bike_id` became
`vehicle_status.vehicles[].vehicle_id`), times (seconds, then RFC 3339) and texts (one language a
file, then lists of languages). All are read alike; what a document is, its content says.
Source: MobilityData, General Bikeshare Feed Specification 2.3 and 3.0.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any

from hub.errors import PayloadError, Reason
from hub.formats.common.bundle import Document
from hub.formats.common.localised import localised
from hub.formats.common.safe_json import Fields, loads, table
from hub.formats.common.xml import Fault
from hub.model.common import Name, Position

READ_MAJOR = ("1", "2", "3")
_NAMES = (
    "station_information",
    "station_status",
    "vehicle_status",
    "free_bike_status",
    "vehicle_types",
    "system_information",
    "gbfs",
)
_USED = frozenset(_NAMES[:4])
_LIVE = frozenset(_NAMES[1:4])


@dataclass(frozen=True, slots=True)
class Feed:
    """A document gbfs.json names. `language` is empty where a document holds all (3.x)."""

    name: str
    url: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Station:
    """An entry of station_information."""

    station_id: str | None
    name: Name | None
    position: Position | None
    capacity: int | None
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class StationStatus:
    """An entry of station_status."""

    station_id: str | None
    vehicles_available: int | None
    docks_available: int | None
    renting: bool | None
    returning: bool | None
    last_reported: datetime | None
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Vehicle:
    """An entry of vehicle_status or free_bike_status. Its id changes with every rental.

    One without a `last_reported` of its own has the time of its document.
    """

    vehicle_id: str | None
    position: Position | None
    station_id: str | None
    last_reported: datetime | None
    faults: tuple[Fault, ...] = ()


@dataclass(slots=True)
class System:
    """What the documents say. A list is None where no document of that sort was among them.

    `updated` is the last_updated of each sort of document.
    """

    stations: list[Station] | None = None
    statuses: list[StationStatus] | None = None
    vehicles: list[Vehicle] | None = None
    updated: dict[str, datetime] = field(default_factory=dict)
    versions: set[str] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)

    @property
    def last_updated(self) -> datetime | None:
        """The newest of what tells the present; an index is often newer than all that it names."""
        live = [at for name, at in self.updated.items() if name in _LIVE]
        return max(live or self.updated.values(), default=None)


def feeds(body: bytes) -> list[Feed]:
    """The documents with stations and vehicles that a gbfs.json names, if it is one.

    Of a file with a list for each language (2.x) the Chinese one is taken, else the English, else
    the first; and of the English one the names of stations as well.
    """
    try:
        data = table(loads(body, "GBFS"), "GBFS", "data")
    except PayloadError:
        return []
    if isinstance(data.get("feeds"), list):
        return list(_listed(data, ""))
    tongues = [tag for tag, inner in data.items() if isinstance(inner, dict) and "feeds" in inner]
    if not tongues:
        return []
    chinese = next((tag for tag in tongues if tag.lower().startswith("zh")), None)
    english = next((tag for tag in tongues if tag.lower().startswith("en")), None)
    first = chinese or english or tongues[0]
    found = list(_listed(data[first], first if chinese and english else ""))
    if chinese and english:
        named = _listed(data[english], english)
        found += [feed for feed in named if feed.name == "station_information"]
    return found


def decode(documents: Iterable[Document], zone: tzinfo) -> System:
    """Stations, status and vehicles of the documents. `zone` is that of times without an offset.

    A document's name is its feed's, behind its language and a slash; without one the content says
    what it is. Raises PayloadError: TOO_LARGE, NOT_DECODABLE; UNSUPPORTED_MESSAGE where not one
    document is of a sort that is read.
    """
    system = System()
    refused: PayloadError | None = None
    known = False
    for document in documents:
        language, _, name = document.name.rpartition("/")
        whole = table(loads(document.body, "GBFS"), "GBFS")
        data = table(whole, "GBFS", "data")
        name = name or _sort_of(data)
        if name not in _NAMES:
            refused = PayloadError(
                Reason.UNSUPPORTED_MESSAGE,
                f"GBFS: {name or 'a document'} says neither stations nor vehicles that stand now.",
            )
            continue
        known = True
        _read(system, name, language, Fields(whole, system.faults), zone)
    if refused is not None and not known:
        raise refused
    return system


def _entries(data: Fields, key: str) -> Iterator[Fields]:
    """The entries of a list that must be there: without it nothing says that there are none."""
    if key not in data.names:
        raise PayloadError(Reason.NOT_DECODABLE, f"GBFS: data has no {key}.")
    return data.each(key)


def _listed(data: dict[str, Any], language: str) -> Iterator[Feed]:
    seen = set()
    for entry in Fields(data).each("feeds"):
        name, url = (entry.text("name") or "").removesuffix(".json"), entry.text("url")
        if name in _USED and url and name not in seen:
            seen.add(name)
            yield Feed(name, url, language)


def _sort_of(data: dict[str, Any]) -> str:
    if "stations" in data:
        entries = data["stations"] if isinstance(data["stations"], list) else []
        told = {key for entry in entries[:20] if isinstance(entry, dict) for key in entry}
        return "station_information" if told & {"name", "lat", "lon"} else "station_status"
    if "vehicles" in data or "bikes" in data:
        entries = data["vehicles"] if isinstance(data.get("vehicles"), list) else []
        booked = any(isinstance(one, dict) and "availabilities" in one for one in entries[:20])
        return "vehicle_availability" if booked else "vehicle_status"
    if "vehicle_types" in data:
        return "vehicle_types"
    if "system_id" in data:
        return "system_information"
    indexed = "feeds" in data or any(isinstance(i, dict) and "feeds" in i for i in data.values())
    return "gbfs" if indexed else ""


def _read(system: System, name: str, language: str, whole: Fields, zone: tzinfo) -> None:
    said_at = whole.time("last_updated", zone)
    if said_at is not None:
        system.updated[name] = max(system.updated.get(name, said_at), said_at)
    if version := whole.text("version"):
        system.versions.add(version)
    data = whole.inner("data")
    if name == "station_information":
        stations = [_station(entry.value, language) for entry in _entries(data, "stations")]
        system.stations = stations if system.stations is None else _both(system.stations, stations)
    elif name == "station_status":
        system.statuses = [_status(entry.value, zone) for entry in _entries(data, "stations")]
    elif name in {"vehicle_status", "free_bike_status"}:
        key = "vehicles" if "vehicles" in data.names else "bikes"
        vehicles = [_vehicle(entry.value, zone, said_at) for entry in _entries(data, key)]
        system.vehicles = (system.vehicles or []) + vehicles


def _both(first: list[Station], second: list[Station]) -> list[Station]:
    """The stations of the first document with the names of the second beside theirs."""
    names = {station.station_id: station.name for station in second}
    return [_renamed(station, names.get(station.station_id)) for station in first]


def _renamed(station: Station, other: Name | None) -> Station:
    name = station.name
    if other is not None:
        pairs = [("zh", name.zh if name else None), ("en", name.en if name else None)]
        pairs += [("zh", other.zh), ("en", other.en)]
        name = localised((tag, text) for tag, text in pairs if text)
    return Station(station.station_id, name, station.position, station.capacity, station.faults)


def _station(value: object, language: str) -> Station:
    entry = Fields(value)
    return Station(
        station_id=entry.ident("station_id"),
        name=entry.name("name", language),
        position=entry.place("lat", "lon"),
        capacity=entry.whole("capacity"),
        faults=tuple(entry.faults),
    )


def _status(value: object, zone: tzinfo) -> StationStatus:
    entry = Fields(value)
    vehicles = entry.whole("num_vehicles_available")
    gone = entry.flag("is_installed") is False  # its equipment is not on the street
    return StationStatus(
        station_id=entry.ident("station_id"),
        vehicles_available=entry.whole("num_bikes_available") if vehicles is None else vehicles,
        docks_available=entry.whole("num_docks_available"),
        renting=False if gone else entry.flag("is_renting"),
        returning=False if gone else entry.flag("is_returning"),
        last_reported=entry.time("last_reported", zone),
        faults=tuple(entry.faults),
    )


def _vehicle(value: object, zone: tzinfo, said_at: datetime | None) -> Vehicle:
    entry = Fields(value)
    return Vehicle(
        vehicle_id=entry.ident("vehicle_id") or entry.ident("bike_id"),
        position=entry.place("lat", "lon"),
        station_id=entry.ident("station_id"),
        last_reported=entry.time("last_reported", zone) or said_at,
        faults=tuple(entry.faults),
    )
