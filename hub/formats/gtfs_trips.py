"""trips.txt, stop_times.txt and frequencies.txt of a GTFS Schedule dataset."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from typing import NamedTuple

from hub.errors import Reason
from hub.formats.gtfs_fields import Problems, seconds_of_day, whole_number
from hub.formats.gtfs_names import Names
from hub.formats.gtfs_places import first_of_its_id
from hub.formats.gtfs_zip import Tables
from hub.model.common import Name
from hub.model.timetable_rows import Frequency, Route, Service, Stop, StopTime, Trip

_TRIP_COLUMNS = (
    "trip_id",
    "route_id",
    "service_id",
    "trip_headsign",
    "trip_short_name",
    "direction_id",
)
_STOP_TIME_COLUMNS = (
    "trip_id",
    "stop_sequence",
    "stop_id",
    "arrival_time",
    "departure_time",
    "pickup_type",
    "drop_off_type",
)
_NOT_AVAILABLE = "1"
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


@dataclass(slots=True)
class Trips:
    """Trips by id with their calls; those `elsewhere` never call at the stop places asked for.

    `rows` counts trips.txt. `served` names the routes whose trips call at each stop place, by
    native id, of all trips.
    """

    rows: int
    kept: dict[str, Trip] = field(default_factory=dict)
    elsewhere: dict[str, Trip] = field(default_factory=dict)
    served: dict[str, set[str]] = field(default_factory=dict)


@dataclass(slots=True)
class _Calling:
    """What a first look at stop_times.txt tells: which trips to keep, and which are trips at all.

    It holds a few bytes for each trip, however many rows the table has.
    """

    here: set[str] = field(default_factory=set)
    first: dict[str, int] = field(default_factory=dict)
    whole: set[str] = field(default_factory=set)


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

    stop_times.txt is read twice, so that only what is kept is ever in memory. A trip is refused
    when its route or service is not there, or when fewer than two of its rows can be used.
    """
    heads, listed, rows = _read_heads(tables, routes, services, problems)
    found = Trips(rows)
    calling = _look_through(tables, heads, listed, stops, stop_places, found.served, problems)
    calls = _read_stop_times(tables, heads, calling.here, stops, problems)
    frequencies = _read_frequencies(tables, heads, problems)
    for native_id, head in heads.items():
        if native_id not in calling.whole:
            problems.reject(
                Reason.EMPTY_ENTITY, native_id, "fewer than two stop_times of the trip can be used"
            )
            continue
        here = native_id in calling.here
        ordered = in_order(native_id, calls.pop(native_id), problems) if here else ()
        (found.kept if here else found.elsewhere)[native_id] = Trip(
            native_id=native_id,
            route_id=routes[head.route_id].native_id,
            service_id=head.service_id,
            calls=ordered,
            short_name=head.short_name or None,
            headsign=_headsign(native_id, head, ordered, stops, names) if here else None,
            direction_id=whole_number(head.direction),
            frequencies=tuple(frequencies.get(native_id, ())) if here else (),
        )
    return found


def _read_heads(
    tables: Tables,
    routes: dict[str, Route],
    services: dict[str, Service],
    problems: Problems,
) -> tuple[dict[str, _Head], set[str], int]:
    heads: dict[str, _Head] = {}
    listed: set[str] = set()
    number = 0
    for number, (native_id, *rest) in enumerate(
        tables.rows("trips.txt", _TRIP_COLUMNS, key=("trip_id", "route_id", "service_id")), start=1
    ):
        if not first_of_its_id("trips.txt", native_id, listed, number, problems):
            continue
        listed.add(native_id)
        head = _Head(*rest)
        if head.route_id not in routes:
            problems.reject(Reason.UNKNOWN_ROUTE, native_id, f"route {head.route_id!r}")
        elif head.service_id not in services:
            problems.reject(Reason.UNKNOWN_SERVICE, native_id, f"service {head.service_id!r}")
        else:
            heads[native_id] = head
    return heads, listed, number


def _look_through(
    tables: Tables,
    heads: Mapping[str, _Head],
    listed: set[str],
    stops: Mapping[str, Stop],
    stop_places: frozenset[str],
    served: dict[str, set[str]],
    problems: Problems,
) -> _Calling:
    calling = _Calling()
    here = {id_ for id_, stop in stops.items() if stop_places & {id_, stop.place_id}}
    columns, key = ("trip_id", "stop_sequence", "stop_id"), ("trip_id", "stop_id")
    for trip_id, sequence_text, stop_id in tables.rows("stop_times.txt", columns, key=key):
        head = heads.get(trip_id)
        if head is None:
            if trip_id not in listed:
                problems.note(Reason.UNKNOWN_TRIP, trip_id, "stop_times of a trip not in trips.txt")
            continue
        stop = stops.get(stop_id)
        sequence = whole_number(sequence_text)
        if stop is None:
            problems.note(Reason.UNKNOWN_STOP, trip_id, f"stop {stop_id!r} is not in stops.txt")
            continue
        if sequence is None:
            problems.note(Reason.BAD_VALUE, trip_id, f"stop_sequence {sequence_text!r} is none")
            continue
        if not stop_places or stop_id in here:
            calling.here.add(trip_id)
        if calling.first.setdefault(trip_id, sequence) != sequence:
            calling.whole.add(trip_id)
        if stop.place_id in served:
            served[stop.place_id].add(head.route_id)
        else:
            served[stop.place_id] = {head.route_id}
    return calling


def _read_stop_times(
    tables: Tables,
    heads: Mapping[str, _Head],
    kept: set[str],
    stops: Mapping[str, Stop],
    problems: Problems,
) -> dict[str, list[StopTime]]:
    """The usable rows of the trips to keep; what is wrong with the others was noted before."""
    found: dict[str, list[StopTime]] = {trip_id: [] for trip_id in heads if trip_id in kept}
    rows = tables.rows("stop_times.txt", _STOP_TIME_COLUMNS) if found else iter(())
    for trip_id, sequence_text, stop_id, arrival_text, departure_text, pickup, drop_off in rows:
        listed, stop, sequence = found.get(trip_id), stops.get(stop_id), whole_number(sequence_text)
        if listed is None or stop is None or sequence is None:
            continue
        arrival = _seconds(arrival_text, trip_id, problems)
        departure = _seconds(departure_text, trip_id, problems)
        listed.append(
            StopTime(
                sequence,
                stop.native_id,  # the one string object, not a copy per row
                departure if arrival is None else arrival,
                arrival if departure is None else departure,
                pickup != _NOT_AVAILABLE,
                drop_off != _NOT_AVAILABLE,
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


def in_order(trip_id: str, rows: list[StopTime], problems: Problems) -> tuple[StopTime, ...]:
    """Calls by stop_sequence, each once; a time that runs backwards is refused, its call stays."""
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
    return tuple(ordered)


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
    tables: Tables, heads: dict[str, _Head], problems: Problems
) -> dict[str, list[Frequency]]:
    found: defaultdict[str, list[Frequency]] = defaultdict(list)
    columns = ("trip_id", "start_time", "end_time", "headway_secs", "exact_times")
    runs = 0
    for trip_id, start_text, end_text, headway_text, exact in tables.rows(
        "frequencies.txt", columns
    ):
        if trip_id not in heads:
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
        found[trip_id].append(Frequency(start, end, headway, exact == "1"))
    return found
