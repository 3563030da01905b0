"""trips.txt, stop_times.txt and frequencies.txt of a GTFS Schedule dataset."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import NamedTuple

from hub.errors import Reason
from hub.formats.common.fields import Problems, seconds_of_day, whole_number
from hub.formats.common.untimed import timed
from hub.formats.gtfs.calling import look_through
from hub.formats.gtfs.index import HERE, SEEN, WHOLE, TripIndex
from hub.formats.gtfs.names import Names
from hub.formats.gtfs.places import WHEELCHAIR, first_of_its_id
from hub.formats.gtfs.tables import Tables
from hub.model.common import Name
from hub.model.timetable import Elsewhere, nothing_elsewhere
from hub.model.timetable_rows import Frequency, Route, Service, Stop, StopTime, Trip

_TRIP_COLUMNS = (
    "trip_id",
    "route_id",
    "service_id",
    "trip_headsign",
    "trip_short_name",
    "direction_id",
    "wheelchair_accessible",
    "shape_id",
)
_KEY = ("trip_id", "route_id", "service_id")
_STOP_TIME_COLUMNS = (
    "trip_id",
    "stop_sequence",
    "stop_id",
    "arrival_time",
    "departure_time",
    "pickup_type",
    "drop_off_type",
    "timepoint",
    "stop_headsign",
)
_NOT_AVAILABLE = "1"
_APPROXIMATE = "0"
"""stop_times.txt, timepoint: "times are considered approximate"; empty is exact."""
_SHORTEST_HEADWAY_S = 10
_MOST_RUNS = 1_000_000
_EARLIEST_S = -7 * 86_400
"""Times may stand before their service day in TransXChange and NeTEx, never in GTFS."""


class _Head(NamedTuple):
    route_id: str
    service_id: str
    headsign: str
    short_name: str
    direction: str
    wheelchair: str
    shape: str


@dataclass(slots=True)
class Trips:
    """Trips by id with their calls; `elsewhere` tells the route of those that were left out.

    `rows` counts trips.txt; `shapes` counts, by route and direction, the trips that take each
    shape. `served` names the routes that call at each stop place, by native id, of all trips.
    """

    rows: int = 0
    kept: dict[str, Trip] = field(default_factory=dict)
    elsewhere: Elsewhere = nothing_elsewhere
    served: dict[str, set[str]] = field(default_factory=dict)
    shapes: dict[tuple[str, int | None], Counter[str]] = field(default_factory=dict)


def read_trips(
    tables: Tables,
    stops: dict[str, Stop],
    routes: dict[str, Route],
    services: dict[str, Service],
    names: Names,
    problems: Problems,
    stop_places: frozenset[str] = frozenset(),
) -> Trips:
    """The trips, with their calls if they call at one of `stop_places` (native ids; empty: all).

    trips.txt and stop_times.txt are read twice, so that only what is kept is ever in memory, and
    a few bytes of every other trip. A trip is refused when its route or service is not there, or
    when fewer than two of its rows can be used.
    """
    found = Trips()
    numbers = {native_id: number for number, native_id in enumerate(routes)}
    index = TripIndex(
        (native_id, numbers.get(route_id, -1) if service_id in services else -1)
        for native_id, route_id, service_id in tables.rows("trips.txt", _KEY, key=_KEY)
        if native_id
    )
    found.served = look_through(tables, index, list(routes.values()), stops, stop_places, problems)
    heads, found.rows = _read_heads(tables, index, routes, services, found.shapes, problems)
    calls = _read_stop_times(tables, heads, stops, names, problems)
    frequencies = _read_frequencies(tables, index, heads, problems)
    for native_id, head in heads.items():
        ordered = in_order(native_id, calls.pop(native_id), stops, problems)
        look_for_times(ordered, "stop_times.txt", problems)
        found.kept[native_id] = Trip(
            native_id=native_id,
            route_id=routes[head.route_id].native_id,
            service_id=head.service_id,
            calls=ordered,
            short_name=head.short_name or None,
            headsign=_headsign(native_id, head, ordered, stops, names),
            direction_id=whole_number(head.direction),
            frequencies=tuple(frequencies.get(native_id, ())),
            wheelchair=WHEELCHAIR.get(head.wheelchair),
        )
    if stop_places:
        found.elsewhere = _elsewhere(index, list(routes))
    return found


def _elsewhere(index: TripIndex, routes: list[str]) -> Elsewhere:
    def route_of(trip_id: str) -> str | None:
        at = index.find(trip_id)
        usable = at >= 0 and index.routes[at] >= 0 and index.flags[at] & WHOLE
        return routes[index.routes[at]] if usable and not index.flags[at] & HERE else None

    return route_of


def _read_heads(
    tables: Tables,
    index: TripIndex,
    routes: dict[str, Route],
    services: dict[str, Service],
    shapes: dict[tuple[str, int | None], Counter[str]],
    problems: Problems,
) -> tuple[dict[str, _Head], int]:
    """The trips to keep, and how many rows there are; what cannot be used is refused.

    `shapes` is told which shapes the trips of a route take, those that are not kept among them.
    """
    heads: dict[str, _Head] = {}
    number = 0
    for number, (native_id, *rest) in enumerate(tables.rows("trips.txt", _TRIP_COLUMNS), start=1):
        at = index.find(native_id)
        again = native_id if at >= 0 and index.flags[at] & SEEN else ""
        if not first_of_its_id("trips.txt", native_id, (again,), number, problems):
            continue
        index.flags[at] |= SEEN
        head = _Head(*rest)
        if head.route_id not in routes:
            problems.reject(Reason.UNKNOWN_ROUTE, native_id, f"route {head.route_id!r}")
        elif head.service_id not in services:
            problems.reject(Reason.UNKNOWN_SERVICE, native_id, f"service {head.service_id!r}")
        elif not index.flags[at] & WHOLE:
            problems.reject(
                Reason.EMPTY_ENTITY, native_id, "fewer than two stop_times of the trip can be used"
            )
        else:
            if head.shape:
                way = head.route_id, whole_number(head.direction)
                shapes.setdefault(way, Counter())[head.shape] += 1
            if index.flags[at] & HERE:
                heads[native_id] = head
    return heads, number


def _read_stop_times(
    tables: Tables,
    heads: Mapping[str, _Head],
    stops: Mapping[str, Stop],
    names: Names,
    problems: Problems,
) -> dict[str, list[StopTime]]:
    """The usable rows of the trips to keep; what is wrong with the others was noted before."""
    found: dict[str, list[StopTime]] = {trip_id: [] for trip_id in heads}
    only = found.__contains__
    rows = tables.rows("stop_times.txt", _STOP_TIME_COLUMNS, only=only) if found else iter(())
    for trip_id, sequence_text, stop_id, arrival_text, departure_text, *said in rows:
        pickup, drop_off, timepoint, headsign = said
        stop, sequence = stops.get(stop_id), whole_number(sequence_text)
        if stop is None or sequence is None:
            continue
        arrival = _seconds(arrival_text, trip_id, problems)
        departure = _seconds(departure_text, trip_id, problems)
        found[trip_id].append(
            StopTime(
                sequence,
                stop.native_id,  # the one string object, not a copy per row
                departure if arrival is None else arrival,
                arrival if departure is None else departure,
                pickup != _NOT_AVAILABLE,
                drop_off != _NOT_AVAILABLE,
                timepoint=timepoint != _APPROXIMATE,
                headsign=names.of("stop_times", "stop_headsign", trip_id, headsign)
                if headsign and headsign != heads[trip_id].headsign
                else None,
            )
        )
    return found


def _seconds(text: str, trip_id: str, problems: Problems) -> int | None:
    if not text:
        return None
    found = seconds_of_day(text)
    if found is None:
        problems.note(Reason.BAD_VALUE, trip_id, f"time {text[:20]!r} is none")
    return found


def in_order(
    trip_id: str, rows: list[StopTime], stops: Mapping[str, Stop], problems: Problems
) -> tuple[StopTime, ...]:
    """Calls by stop_sequence, each once; a time that runs backwards is refused, its call stays.

    Where no time is left, it is worked out from those around it.
    """
    rows.sort(key=itemgetter(0))
    ordered: list[StopTime] = []
    latest = _EARLIEST_S
    for row in rows:
        if ordered and ordered[-1].stop_sequence == row.stop_sequence:
            problems.note(Reason.DUPLICATE, trip_id, f"stop_sequence {row.stop_sequence} twice")
            continue
        kept = _checked(trip_id, row, latest, problems)
        ordered.append(kept)
        latest = latest if kept.departure_s is None else kept.departure_s
    return timed(ordered, stops)


def look_for_times(calls: Sequence[StopTime], place: str, problems: Problems) -> None:
    """Note a trip with calls that can be on no board, for nothing says when they might be.

    Such calls are the first or the last ones of a trip, or all of it. `place` is where the times
    should stand: there is one note however many trips.
    """
    if calls[0].departure_s is None or calls[-1].arrival_s is None:
        detail = "a trip has calls before its first or behind its last time; they are on no board"
        problems.note(Reason.MISSING_FIELD, place, detail)


def _checked(trip_id: str, row: StopTime, latest: int, problems: Problems) -> StopTime:
    if row.arrival_s is None or row.departure_s is None:
        return row
    if row.departure_s < latest:
        problems.note(Reason.TIME_ORDER, trip_id, f"stop_sequence {row.stop_sequence} is too early")
        return row._replace(arrival_s=None, departure_s=None)
    if row.arrival_s > row.departure_s:
        problems.note(
            Reason.NEGATIVE_DWELL, trip_id, f"stop_sequence {row.stop_sequence} departs first"
        )
        return row._replace(arrival_s=row.departure_s)
    if row.arrival_s < latest:
        problems.note(Reason.TIME_ORDER, trip_id, f"stop_sequence {row.stop_sequence} is too early")
        return row._replace(arrival_s=row.departure_s)
    return row


def _headsign(
    native_id: str, head: _Head, calls: tuple[StopTime, ...], stops: dict[str, Stop], names: Names
) -> Name | None:
    """What the vehicle shows, in both languages where it is the last stop's own name."""
    if not head.headsign:
        return None
    last = stops[stops[calls[-1].stop_id].place_id].name
    if head.headsign in {last.zh, last.en}:
        return last
    return names.of("trips", "trip_headsign", native_id, head.headsign)


def _read_frequencies(
    tables: Tables, index: TripIndex, heads: dict[str, _Head], problems: Problems
) -> dict[str, list[Frequency]]:
    found: defaultdict[str, list[Frequency]] = defaultdict(list)
    columns = ("trip_id", "start_time", "end_time", "headway_secs", "exact_times")
    runs = 0
    for trip_id, start_text, end_text, headway_text, exact in tables.rows(
        "frequencies.txt", columns
    ):
        at = index.find(trip_id)
        if at < 0 or index.routes[at] < 0:
            problems.note(Reason.UNKNOWN_TRIP, trip_id, "frequencies of a trip that is not there")
            continue
        start, end = seconds_of_day(start_text), seconds_of_day(end_text)
        headway = whole_number(headway_text)
        if start is None or end is None or headway is None or headway < _SHORTEST_HEADWAY_S:
            problems.note(
                Reason.BAD_VALUE,
                trip_id,
                f"every {headway_text!r} s from {start_text!r} to {end_text!r}",
            )
            continue
        runs += max(0, end - start) // headway + 1
        if runs > _MOST_RUNS:
            problems.note(Reason.TOO_LARGE, "frequencies.txt", f"more than {_MOST_RUNS} runs a day")
            break
        if trip_id in heads:
            found[trip_id].append(Frequency(start, end, headway, exact == "1"))
    return found
