"""stops.txt, routes.txt and agency.txt of a GTFS Schedule dataset."""

from collections.abc import Container
from typing import NamedTuple
from zoneinfo import ZoneInfo

from hub.errors import Reason
from hub.formats.common.fields import (
    Problems,
    colour_of,
    mode_of,
    position_of,
    whole_number,
)
from hub.formats.gtfs.names import Names
from hub.formats.gtfs.tables import Tables
from hub.model.common import Accessibility, Mode, Name
from hub.model.ids import scoped
from hub.model.journeys import LineRef
from hub.model.timetable_rows import Route, Stop

_STATION = 1
WHEELCHAIR = {"1": Accessibility.ACCESSIBLE, "2": Accessibility.NOT_ACCESSIBLE}
"""wheelchair_boarding and wheelchair_accessible; a stop that does not say is as its station."""
_LEVELS = 4
_STOP_COLUMNS = (
    "stop_id",
    "stop_name",
    "stop_lat",
    "stop_lon",
    "location_type",
    "parent_station",
    "platform_code",
    "wheelchair_boarding",
)
_ROUTE_COLUMNS = (
    "route_id",
    "agency_id",
    "route_short_name",
    "route_long_name",
    "route_type",
    "route_color",
    "route_text_color",
)


class Agency(NamedTuple):
    """A row of agency.txt."""

    native_id: str
    name: str
    zone: ZoneInfo | None
    language: str


class _RawStop(NamedTuple):
    name: str
    lat: str
    lon: str
    location_type: int
    parent: str
    platform_code: str
    wheelchair: str


def first_of_its_id(
    table: str, native_id: str, known: Container[str], number: int, problems: Problems
) -> bool:
    """Whether a row has an id that was not there before; if not, the entity is refused."""
    if not native_id:
        problems.reject(Reason.MISSING_FIELD, f"{table}:{number}", f"row {number} has no id")
    elif native_id in known:
        problems.reject(Reason.DUPLICATE, native_id, f"{table} lists {native_id} twice")
    else:
        return True
    return False


def read_agencies(tables: Tables, problems: Problems) -> dict[str, Agency]:
    """Agencies by id. A time zone nobody knows is None and a note."""
    found: dict[str, Agency] = {}
    columns = ("agency_id", "agency_name", "agency_timezone", "agency_lang")
    for native_id, name, zone, language in tables.rows("agency.txt", columns):
        known: ZoneInfo | None = None
        try:
            known = ZoneInfo(zone) if zone else None
        except (KeyError, ValueError, OSError):
            problems.note(Reason.BAD_VALUE, native_id, f"agency_timezone {zone!r} is not known")
        found.setdefault(native_id, Agency(native_id, name, known, language))
    if len({agency.zone for agency in found.values()}) > 1:
        problems.note(Reason.BAD_VALUE, "agency.txt", "agencies have several time zones")
    return found


def read_stops(
    tables: Tables, dataset: str, names: Names, problems: Problems
) -> tuple[dict[str, Stop], int]:
    """Stops by id, each with its stop place, and how many rows there were."""
    raw: dict[str, _RawStop] = {}
    number = 0
    for number, (native_id, name, lat, lon, kind, parent, platform, wheelchair) in enumerate(
        tables.rows("stops.txt", _STOP_COLUMNS, key=("stop_id",)), start=1
    ):
        if not first_of_its_id("stops.txt", native_id, raw, number, problems):
            continue
        location_type = whole_number(kind or "0")
        if location_type is None or location_type > _LEVELS:
            problems.note(Reason.BAD_VALUE, native_id, f"location_type {kind!r} is none")
            location_type = 0
        raw[native_id] = _RawStop(name, lat, lon, location_type, parent, platform, wheelchair)
    return {
        native_id: _stop(native_id, row, raw, dataset, names, problems)
        for native_id, row in raw.items()
    }, number


def _stop(
    native_id: str,
    row: _RawStop,
    raw: dict[str, _RawStop],
    dataset: str,
    names: Names,
    problems: Problems,
) -> Stop:
    place_id = _place_of(native_id, raw, problems)
    position = position_of(row.lat, row.lon)
    if position is None and (row.location_type < 3 or row.lat or row.lon):
        reason = Reason.POSITION_OUT_OF_RANGE if row.lat or row.lon else Reason.MISSING_FIELD
        problems.note(reason, native_id, f"position {row.lat!r}, {row.lon!r} is none")
    text = row.name or raw[place_id].name
    if not text:
        problems.note(Reason.MISSING_FIELD, native_id, "stop_name is empty; its id is shown")
    return Stop(
        native_id=native_id,
        id=scoped(dataset, native_id),
        name=names.of("stops", "stop_name", native_id, text) if text else Name(en=native_id),
        place_id=place_id,
        parent=None if place_id == native_id else row.parent,
        platform_code=row.platform_code or None,
        position=position,
        location_type=row.location_type,
        wheelchair=WHEELCHAIR.get(row.wheelchair) or WHEELCHAIR.get(raw[place_id].wheelchair),
    )


def _place_of(native_id: str, raw: dict[str, _RawStop], problems: Problems) -> str:
    """The topmost parent; a parent that is not there, or a ring of parents, ends the climb."""
    at = native_id
    for _ in range(_LEVELS):
        parent = raw[at].parent
        if not parent or raw[at].location_type == _STATION:
            return at
        if parent not in raw:
            problems.note(Reason.UNKNOWN_STOP, native_id, f"parent_station {parent!r} is not there")
            return at
        at = parent
    problems.note(Reason.BAD_VALUE, native_id, "its parent stations lead in a ring")
    return native_id


def read_routes(
    tables: Tables,
    dataset: str,
    names: Names,
    agencies: dict[str, Agency],
    mode: Mode | None,
    problems: Problems,
) -> tuple[dict[str, Route], int]:
    """Routes by id, and how many rows there were. `mode` goes before what route_type says."""
    found: dict[str, Route] = {}
    number = 0
    for number, row in enumerate(
        tables.rows("routes.txt", _ROUTE_COLUMNS, key=("route_id",)), start=1
    ):
        native_id, agency_id, short, long, kind, colour, text_colour = row
        if not first_of_its_id("routes.txt", native_id, found, number, problems):
            continue
        route_type = whole_number(kind)
        if route_type is None:
            problems.note(Reason.BAD_VALUE, native_id, f"route_type {kind!r} is none")
        if agency_id and agency_id not in agencies:
            problems.note(Reason.BAD_VALUE, native_id, f"agency {agency_id!r} is not in agency.txt")
        known_mode = Mode.OTHER if route_type is None else mode_of(route_type)
        found[native_id] = Route(
            native_id=native_id,
            line=LineRef(
                id=scoped(dataset, native_id),
                public_code=short or long or native_id,
                name=_line_name(native_id, short, long, names),
                colour=colour_of(colour),
            ),
            mode=mode or known_mode,
            route_type=route_type,
            operator=_operator(agency_id, agencies, names),
            text_colour=colour_of(text_colour),
        )
    return found, number


def _line_name(native_id: str, short: str, long: str, names: Names) -> Name:
    if long:
        return names.of("routes", "route_long_name", native_id, long)
    return names.of("routes", "route_short_name", native_id, short or native_id)


def _operator(agency_id: str, agencies: dict[str, Agency], names: Names) -> Name | None:
    agency = agencies.get(agency_id)
    if agency is None and not agency_id and len(agencies) == 1:
        agency = next(iter(agencies.values()))
    if agency is None or not agency.name:
        return None
    return names.of("agency", "agency_name", agency.native_id, agency.name)
