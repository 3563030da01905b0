"""A first look at stop_times.txt: which trips call where, before any of their rows is kept."""

from collections.abc import Iterator, Mapping

from hub.errors import Reason
from hub.formats.common.fields import Problems, whole_number
from hub.formats.gtfs.index import HERE, WHOLE, TripIndex
from hub.formats.gtfs.tables import Tables
from hub.model.timetable_rows import Route, Stop


def look_through(
    tables: Tables,
    index: TripIndex,
    routes: list[Route],
    stops: Mapping[str, Stop],
    stop_places: frozenset[str],
    problems: Problems,
) -> dict[str, set[str]]:
    """Mark the trips to keep and those that are trips at all; the routes at each stop place."""
    served: dict[str, set[int]] = {}
    here = {id_ for id_, stop in stops.items() if not stop_places or _calls(stop, stop_places)}
    flags, first, route_of = index.flags, index.first, index.routes
    for at, sequence, stop_id in _usable_rows(tables, index, stops, problems):
        if stop_id in here:
            flags[at] |= HERE
        if first[at] != sequence + 1:
            if first[at]:
                flags[at] |= WHOLE
            else:
                first[at] = sequence + 1
        route = route_of[at]
        if stop_id not in served:
            served[stop_id] = {route}
        elif route not in served[stop_id]:
            served[stop_id].add(route)
    return _by_place(served, stops, [route.native_id for route in routes])


def _calls(stop: Stop, stop_places: frozenset[str]) -> bool:
    return not stop_places.isdisjoint((stop.native_id, stop.place_id))


def _usable_rows(
    tables: Tables, index: TripIndex, stops: Mapping[str, Stop], problems: Problems
) -> Iterator[tuple[int, int, str]]:
    """Number of the trip, stop_sequence and stop_id of the rows that can be used."""
    columns, key = ("trip_id", "stop_sequence", "stop_id"), ("trip_id", "stop_id")
    before, at, usable = None, -1, False
    for trip_id, sequence_text, stop_id in tables.rows("stop_times.txt", columns, key=key):
        if trip_id != before:  # rows of one trip nearly always follow each other
            before, at = trip_id, index.find(trip_id)
            usable = at >= 0 and index.routes[at] >= 0
        if not usable:
            if at < 0:
                problems.note(Reason.UNKNOWN_TRIP, trip_id, "stop_times of a trip not in trips.txt")
            continue
        sequence = whole_number(sequence_text)
        if stop_id not in stops:
            problems.note(Reason.UNKNOWN_STOP, trip_id, f"stop {stop_id!r} is not in stops.txt")
        elif sequence is None:
            problems.note(Reason.BAD_VALUE, trip_id, f"stop_sequence {sequence_text!r} is none")
        else:
            yield at, sequence, stop_id


def _by_place(
    routes: Mapping[str, set[int]], stops: Mapping[str, Stop], names: list[str]
) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for stop_id, several in routes.items():
        here = found.setdefault(stops[stop_id].place_id, set())
        here.update(names[route] for route in several)
    return found
