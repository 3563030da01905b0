"""trips.txt, stop_times.txt and frequencies.txt of a GTFS Schedule dataset."""

from collections import defaultdict
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


class _Head(NamedTuple):
    route_id: str
    service_id: str
    headsign: str
    short_name: str
    direction: str


def read_trips(
    tables: Tables,
    stops: dict[str, Stop],
    routes: dict[str, Route],
    services: dict[str, Service],
    names: Names,
    problems: Problems,
) -> tuple[dict[str, Trip], int]:
    """Trips by id with their calls, and how many rows trips.txt has.

    A trip is refused when its route or service is not there, or when fewer than two of its rows
    in stop_times.txt can be used.
    """
    heads, listed, rows = _read_heads(tables, routes, services, problems)
    calls = _read_stop_times(tables, heads, listed, stops, problems)
    frequencies = _read_frequencies(tables, heads, problems)
    trips: dict[str, Trip] = {}
    for native_id, head in heads.items():
        ordered = in_order(native_id, calls.pop(native_id, []), problems)
        if len(ordered) < 2:
            problems.reject(
                Reason.EMPTY_ENTITY, native_id, "fewer than two stop_times of the trip can be used"
            )
            continue
        trips[native_id] = Trip(
            native_id=native_id,
            route_id=routes[head.route_id].native_id,
            service_id=head.service_id,
            calls=ordered,
            short_name=head.short_name or None,
            headsign=_headsign(native_id, head, ordered, stops, names),
            direction_id=whole_number(head.direction),
            frequencies=tuple(frequencies.get(native_id, ())),
        )
    return trips, rows


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


def _read_stop_times(
    tables: Tables,
    heads: dict[str, _Head],
    listed: set[str],
    stops: dict[str, Stop],
    problems: Problems,
) -> dict[str, list[StopTime]]:
    found: defaultdict[str, list[StopTime]] = defaultdict(list)
    rows = tables.rows("stop_times.txt", _STOP_TIME_COLUMNS, key=("trip_id", "stop_id"))
    for trip_id, sequence_text, stop_id, arrival_text, departure_text, pickup, drop_off in rows:
        if trip_id not in heads:
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
    latest = 0
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
