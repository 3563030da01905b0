"""Times of calls for which none is published: worked out from those around them.

GTFS Schedule reference, stop_times.txt, arrival_time: "stop times of the stops between must be
interpolated". A board that left them out would hide a vehicle that does stop.
"""

from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise

from hub.model.timetable_rows import Stop, StopTime
from hub.rules.matching import distance_m

_MINUTE = 60


def timed(rows: Sequence[StopTime], stops: Mapping[str, Stop]) -> tuple[StopTime, ...]:
    """The calls in order; those between two timed ones have interpolated times, in whole minutes.

    A vehicle is taken to go from stop to stop as the crow flies, at one speed; where a stop has no
    position, as long from each to the next. Before the first and behind the last time nothing is
    known.
    """
    known = [index for index, row in enumerate(rows) if row[2] is not None and row[3] is not None]
    if len(known) == len(rows):
        return tuple(rows)
    found = list(rows)
    for before, after in pairwise(known):
        if after - before > 1:
            found[before + 1 : after] = _between(rows[before : after + 1], stops)
    return tuple(found)


def _between(rows: Sequence[StopTime], stops: Mapping[str, Stop]) -> list[StopTime]:
    """The calls between the first and the last of `rows`, which have times."""
    left, reached = rows[0].departure_s or 0, rows[-1].arrival_s or 0
    along = list(accumulate(_legs(rows, stops)))
    made = []
    for row, so_far in zip(rows[1:-1], along, strict=False):
        exact = left + (reached - left) * so_far / along[-1]
        at = min(max(round(exact / _MINUTE) * _MINUTE, left), reached)
        made.append(row._replace(arrival_s=at, departure_s=at, interpolated=True))
    return made


def _legs(rows: Sequence[StopTime], stops: Mapping[str, Stop]) -> list[float]:
    """How far it is from each call to the next, in any unit."""
    at = [stops.get(row.stop_id) for row in rows]
    places = [None if stop is None else stop.position for stop in at]
    legs = [
        distance_m(one, other)
        for one, other in pairwise(places)
        if one is not None and other is not None
    ]
    return legs if len(legs) == len(rows) - 1 and sum(legs) > 0 else [1.0] * (len(rows) - 1)
