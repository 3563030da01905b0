"""Trips of a timetable by the stops they call at: Transmodel's JourneyPattern, asked by time."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from hub.model.timetable_rows import Stop, StopTime, Trip


@dataclass(frozen=True, slots=True)
class Pattern:
    """Trips of one route and direction that call at the same stops under the same numbers.

    `trips` are ordered by their start, `starts`. `places` has for each stop place (native id) the
    indexes of the calls there: a loop calls at one twice.
    """

    route_id: str
    direction_id: int | None
    trips: tuple[Trip, ...]
    starts: tuple[int, ...]
    places: Mapping[str, tuple[int, ...]]
    _spans: dict[int, tuple[int, int]] = field(default_factory=dict, repr=False)

    @property
    def rows(self) -> tuple[StopTime, ...]:
        """The calls of one of its trips: stops and numbers are those of all, times are its own."""
        return self.trips[0].calls

    def starting(self, seconds: int, within: int) -> tuple[Trip, ...]:
        """Trips that start at most `within` seconds from a second of the service day."""
        return self._between(seconds - within, seconds + within)

    def passing(self, index: int, seconds: int, within: int) -> tuple[Trip, ...]:
        """Trips that may be at a call so near to a second of the service day, and a few more."""
        least, most = self._span(index)
        return self._between(seconds - most - within, seconds - least + within)

    def _between(self, first: int, last: int) -> tuple[Trip, ...]:
        return self.trips[bisect_left(self.starts, first) : bisect_right(self.starts, last)]

    def _span(self, index: int) -> tuple[int, int]:
        """The shortest and the longest time from the start to a call, over all trips."""
        known = self._spans.get(index)
        if known is None:
            takes = [
                seconds - start
                for trip, start in zip(self.trips, self.starts, strict=True)
                for seconds in _about(trip, index)
            ]
            known = self._spans[index] = (min(takes, default=0), max(takes, default=0))
        return known


def _about(trip: Trip, index: int) -> Iterator[int]:
    """Published times of a call, or those it lies between where it has none."""
    for step in (-1, 1):
        for row in trip.calls[index::step]:
            if row.departure_s is not None and row.arrival_s is not None and not row.interpolated:
                yield from (row.arrival_s, row.departure_s)
                break


def patterns_of(trips: Iterable[Trip], stops: Mapping[str, Stop]) -> dict[str, tuple[Pattern, ...]]:
    """The patterns that call at each stop place, by its native id.

    Trips that frequencies.txt repeats are left out: their times are no times of a run.
    """
    same: defaultdict[tuple[object, ...], list[Trip]] = defaultdict(list)
    for trip in trips:
        if not trip.frequencies and trip.calls:
            calls = tuple((row.stop_sequence, row.stop_id) for row in trip.calls)
            same[trip.route_id, trip.direction_id, calls].append(trip)
    found: defaultdict[str, list[Pattern]] = defaultdict(list)
    for alike in same.values():
        pattern = _pattern(alike, stops)
        for place in pattern.places:
            found[place].append(pattern)
    return {place: tuple(patterns) for place, patterns in found.items()}


def _pattern(alike: list[Trip], stops: Mapping[str, Stop]) -> Pattern:
    alike.sort(key=lambda trip: trip.start_s)
    first = alike[0]
    places: defaultdict[str, list[int]] = defaultdict(list)
    for index, row in enumerate(first.calls):
        places[stops[row.stop_id].place_id].append(index)
    return Pattern(
        first.route_id,
        first.direction_id,
        tuple(alike),
        tuple(trip.start_s for trip in alike),
        {place: tuple(indexes) for place, indexes in places.items()},
    )
