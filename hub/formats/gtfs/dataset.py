"""GTFS Schedule: from the bytes of a zip to a `Timetable`, and what was refused on the way.

GTFS Schedule reference (gtfs.org): agency, stops, routes, trips, stop_times, calendar,
calendar_dates, frequencies, feed_info, translations, shapes. Other tables are not opened.
"""

from dataclasses import dataclass
from typing import BinaryIO
from zoneinfo import ZoneInfo

from hub.errors import PayloadError, Reason
from hub.formats.common.fields import Problem, Problems
from hub.formats.gtfs.calendar import read_services
from hub.formats.gtfs.names import COLUMNS as TRANSLATION_COLUMNS
from hub.formats.gtfs.names import Names
from hub.formats.gtfs.places import Agency, read_agencies, read_routes, read_stops
from hub.formats.gtfs.shapes import TABLE as SHAPES
from hub.formats.gtfs.shapes import read_shapes
from hub.formats.gtfs.tables import Limits, Progress, Tables
from hub.formats.gtfs.trips import read_trips
from hub.model.common import Mode, Position
from hub.model.network import LineGeometry
from hub.model.timetable import Timetable, nothing_elsewhere
from hub.model.timetable_rows import Stop, Trip

_NEEDED = ("stops.txt", "routes.txt", "trips.txt", "stop_times.txt")
_NEAR_DEGREES = 0.02
"""About two kilometres: who looks for a stop of the interchange finds it there."""
_READ_TWICE = frozenset({"trips.txt", "stop_times.txt"})
_READ = frozenset(
    {
        *_NEEDED,
        "agency.txt",
        "calendar.txt",
        "calendar_dates.txt",
        "frequencies.txt",
        "feed_info.txt",
        "translations.txt",
    }
)


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset as read. `entities` counts the rows of trips.txt, stops.txt and routes.txt.

    `served` names the routes that call at each stop place, by native id. `geometry` has the ways of
    the routes of the trips that are kept, where the dataset is `pruned`.
    """

    timetable: Timetable
    entities: int
    rejects: list[Problem]
    notes: list[Problem]
    served: dict[str, set[str]]
    geometry: dict[str, tuple[LineGeometry, ...]]


def load(
    body: BinaryIO,
    *,
    dataset: str,
    version: str,
    zone: ZoneInfo,
    mode: Mode | None = None,
    limits: Limits | None = None,
    stop_places: frozenset[str] = frozenset(),
    pruned: bool = False,
    progress: Progress | None = None,
) -> Dataset:
    """Read a dataset. `zone` stands in where agency.txt names none; `mode` overrules route_type.

    With `stop_places` (native ids) only trips that call at one of them are kept with their calls,
    and memory follows these; the others are the timetable's `elsewhere`. If it is `pruned` too, so
    are the stops, to those where these trips call and those near, and nothing is `elsewhere`; and
    the ways of their lines are read.
    `progress` is told the share that was read, 0 to 1.

    Raises PayloadError NOT_DECODABLE (no zip, damaged, other compression), TOO_LARGE (a bomb, or
    over `limits`), MISSING_FIELD (a table or key column that nothing can be read without).
    """
    limits, optional = limits or Limits(), frozenset({SHAPES} if pruned else ())
    tables = Tables(body, _READ, limits, progress, twice=_READ_TWICE, optional=optional)
    for name in _NEEDED:
        if name not in tables:
            raise PayloadError(Reason.MISSING_FIELD, f"The zip holds no {name}.")
    problems = Problems()
    agencies = read_agencies(tables, problems)
    language, feed_version = _feed_info(tables, agencies)
    names = Names(language, tables.rows("translations.txt", TRANSLATION_COLUMNS))
    stops, stop_rows = read_stops(tables, dataset, names, problems)
    routes, route_rows = read_routes(tables, dataset, names, agencies, mode, problems)
    services = read_services(tables, problems)
    trips = read_trips(tables, stops, routes, services, names, problems, stop_places)
    here = {trip.route_id for trip in trips.kept.values()}
    geometry = read_shapes(tables, trips.shapes, here, problems) if pruned else {}
    for name in tables.left_out:
        problems.note(Reason.TOO_LARGE, name, "it is not read: lines have no geometry")
    for folder in tables.unread:
        problems.note(Reason.DUPLICATE, folder, "another dataset in the zip; it is not read")
    for name in sorted(tables.not_utf8):
        problems.note(Reason.BAD_VALUE, name, "holds bytes that are not UTF-8")
    timetable = Timetable(
        dataset=dataset,
        version=version,
        zone=_zone(agencies, zone, problems),
        stops=_needed(stops, trips.kept, stop_places) if pruned and stop_places else stops,
        routes=routes,
        trips=trips.kept,
        elsewhere=nothing_elsewhere if pruned else trips.elsewhere,
        services=services,
        feed_version=feed_version,
    )
    entities = stop_rows + route_rows + trips.rows
    return Dataset(timetable, entities, problems.rejects, problems.notes, trips.served, geometry)


def _needed(
    stops: dict[str, Stop], trips: dict[str, Trip], stop_places: frozenset[str]
) -> dict[str, Stop]:
    """The stops where trips call, those of the stop places and those near, with their places."""
    called = {row.stop_id for trip in trips.values() for row in trip.calls}
    here = [stops[id_].position for id_ in stop_places if id_ in stops]
    wanted = {
        id_
        for id_, stop in stops.items()
        if id_ in called
        or stop.place_id in stop_places
        or any(_is_near(stop.position, position) for position in here)
    }
    places = {stops[id_].place_id for id_ in wanted}
    return {id_: stop for id_, stop in stops.items() if id_ in wanted or id_ in places}


def _is_near(one: Position | None, other: Position | None) -> bool:
    if one is None or other is None:
        return False
    return abs(one.lat - other.lat) < _NEAR_DEGREES and abs(one.lon - other.lon) < _NEAR_DEGREES


def _feed_info(tables: Tables, agencies: dict[str, Agency]) -> tuple[str, str | None]:
    """The language the tables are written in ("" if nobody says) and the publisher's version."""
    language = next((agency.language for agency in agencies.values() if agency.language), "")
    for feed_lang, version in tables.rows("feed_info.txt", ("feed_lang", "feed_version")):
        return feed_lang or language, version or None
    return language, None


def _zone(agencies: dict[str, Agency], fallback: ZoneInfo, problems: Problems) -> ZoneInfo:
    for agency in agencies.values():
        if agency.zone is not None:
            return agency.zone
    problems.note(Reason.MISSING_FIELD, "agency.txt", f"no agency_timezone; {fallback} is used")
    return fallback
