"""GTFS Schedule: from the bytes of a zip to a `Timetable`, and what was refused on the way.

GTFS Schedule reference (gtfs.org): agency, stops, routes, trips, stop_times, calendar,
calendar_dates, frequencies, feed_info, translations. Other tables are not opened.
"""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from hub.errors import PayloadError, Reason
from hub.formats.gtfs_calendar import read_services
from hub.formats.gtfs_fields import Problem, Problems
from hub.formats.gtfs_names import COLUMNS as TRANSLATION_COLUMNS
from hub.formats.gtfs_names import Names
from hub.formats.gtfs_places import Agency, read_agencies, read_routes, read_stops
from hub.formats.gtfs_trips import read_trips
from hub.formats.gtfs_zip import Limits, Progress, Tables
from hub.model.common import Mode
from hub.model.timetable import Timetable

_NEEDED = ("stops.txt", "routes.txt", "trips.txt", "stop_times.txt")
_READ_TWICE = frozenset({"stop_times.txt"})
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

    `served` names the modes that call at each stop place, by native id.
    """

    timetable: Timetable
    entities: int
    rejects: list[Problem]
    notes: list[Problem]
    served: dict[str, set[Mode]]


def load(
    body: bytes,
    *,
    dataset: str,
    version: str,
    zone: ZoneInfo,
    mode: Mode | None = None,
    limits: Limits | None = None,
    stop_places: frozenset[str] = frozenset(),
    progress: Progress | None = None,
) -> Dataset:
    """Read a dataset. `zone` stands in where agency.txt names none; `mode` overrules route_type.

    With `stop_places` (native ids) only trips that call at one of them are kept with their calls,
    and memory follows these; the others are the timetable's `elsewhere`. `progress` is told the
    share that was read, 0 to 1.

    Raises PayloadError NOT_DECODABLE (no zip, damaged, other compression), TOO_LARGE (a bomb, or
    over `limits`), MISSING_FIELD (a table or key column that nothing can be read without).
    """
    tables = Tables(body, _READ, limits or Limits(), progress, twice=_READ_TWICE)
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
    for folder in tables.unread:
        problems.note(Reason.DUPLICATE, folder, "another dataset in the zip; it is not read")
    for name in sorted(tables.not_utf8):
        problems.note(Reason.BAD_VALUE, name, "holds bytes that are not UTF-8")
    timetable = Timetable(
        dataset=dataset,
        version=version,
        zone=_zone(agencies, zone, problems),
        stops=stops,
        routes=routes,
        trips=trips.kept,
        elsewhere=trips.elsewhere,
        services=services,
        feed_version=feed_version,
    )
    entities = stop_rows + route_rows + trips.rows
    served = {
        place: {routes[route_id].mode for route_id in route_ids}
        for place, route_ids in trips.served.items()
    }
    return Dataset(timetable, entities, problems.rejects, problems.notes, served)


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
