"""Which run a trip update is when no id says so: by its stops and its times.

A run answers if its trip runs on the service day, is of the route_id and direction_id (where told),
and calls at all stops of the update in their order: at the same stop_ids or, where no trip does, at
the same stop places; under the same stop_sequence, where told.

* Planned times: scheduled_time, time less delay, and start_time for the first call. Every one must
  be the timetable's within a minute.
* Without those, predicted times: on average at most a minute before the timetable's and at most
  five after, none a quarter of an hour from that average. No other run may be within five minutes
  more, nor be one that would be up to half an hour late. Within an hour a run whose trip_id has the
  update's in it, or the other way round, goes before all others, as New York's do.

Where runs were left out of the timetable because they never call at the interchange, predicted
times count only for an update that names a stop of it: another's could be of one that was left out.
Two runs that answer are none. Trips repeated by frequencies.txt are not matched.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import islice
from typing import NamedTuple

from google.transit import gtfs_realtime_pb2 as pb

from connectors.gtfs_rt.predictions import Update, planned_at, told_at
from connectors.gtfs_rt.reading import Reading, RefusedEntity
from connectors.gtfs_rt.runs import OWN_SCHEDULE, OWN_STOPS, Run, find_run, nearest_day
from hub.errors import Reason
from hub.formats.common.fields import seconds_of_day, service_day
from hub.formats.gtfs.realtime import text_of
from hub.model.timetable import Timetable
from hub.model.timetable_patterns import Pattern
from hub.model.timetable_rows import Trip, service_midnight

_SAME_S = 60
_EARLY_S, _LATE_S = 60, 300
_CLEARLY_S, _VERY_LATE_S = 300, 1800
_APART_S, _FAR_S = 900, 3600
_TELLING = 6  # characters: a shorter part of an id is in many
_MOST_WAYS = 32
"""Ways to lay an update over a pattern: as many as the visits of a stop it may mean."""


class _Event(NamedTuple):
    """A time at the update's stop of that position, POSIX seconds."""

    position: int
    arrives: bool
    at: int


@dataclass(frozen=True, slots=True)
class _Told:
    """What an update says of its run; `stops` are stop_id, stop place and stop_sequence."""

    stops: tuple[tuple[str, str, int | None], ...]
    planned: tuple[_Event, ...]
    predicted: tuple[_Event, ...]
    start_s: int | None
    route_id: str
    direction_id: int | None

    @property
    def has_plan(self) -> bool:
        """Whether it says when it was planned to be somewhere."""
        return bool(self.planned) or self.start_s is not None


class _Answer(NamedTuple):
    """A run that may be meant: the calls the update's stops are, and how late it would be."""

    trip: Trip
    day: date
    at_calls: tuple[int, ...]
    same_stops: bool
    late: float


def run_of_update(
    update: pb.TripUpdate, reading: Reading, *, fallback: str, moment: datetime
) -> Run:
    """The run an update is of: the one it names, else the one its stops and times are of.

    A note says where it was found by those. Raises RefusedEntity as `find_run` does.
    """
    try:
        return find_run(update.trip, reading, fallback=fallback, moment=moment)
    except RefusedEntity as refused:
        by_name = refused.reason not in {Reason.UNKNOWN_TRIP, Reason.AMBIGUOUS_MATCH}
        if by_name or reading.timetable is None or not reading.matches_by_times:
            raise
        run = _by_times(update, reading, reading.timetable, fallback, moment)
        if run is None:
            raise
        return run


def _by_times(
    update: pb.TripUpdate, reading: Reading, timetable: Timetable, fallback: str, moment: datetime
) -> Run | None:
    relationship = update.trip.schedule_relationship
    told = _told(update, timetable) if update.stop_time_update else None
    if told is None or relationship in OWN_STOPS | OWN_SCHEDULE:
        return None
    if not told.has_plan and not _is_whole(told, reading, timetable):
        return None
    start_date = service_day(text_of(update.trip.start_date))
    days = [start_date] if start_date else reading.days
    answers = list(_answers(told, days, timetable))
    if any(answer.same_stops for answer in answers):
        answers = [answer for answer in answers if answer.same_stops]
    native_id = text_of(update.trip.trip_id) or fallback
    alike = [answer for answer in answers if _alike(answer.trip.native_id, native_id)]
    if told.has_plan:
        found = _only(alike or answers, native_id, timetable, moment)
    else:
        found = _nearest(alike, native_id, any_late=True) or _nearest(answers, native_id)
    if found is None:
        return None
    how = "scheduled times" if told.has_plan else f"predicted times ({found.late:+.0f} s)"
    how += " and a part of its id" if found in alike else ""
    ref, day = found.trip.native_id, found.day
    detail = f"not in the timetable; by its stops and {how} it is {ref} of {day}"
    reading.note(Reason.UNKNOWN_TRIP, native_id, detail)
    told_as = native_id, text_of(update.trip.start_date)
    run = Run(ref, day, found.trip, found.trip.route_id, relationship)
    return replace(run, told_as=told_as)


def _is_whole(told: _Told, reading: Reading, timetable: Timetable) -> bool:
    """Whether the timetable has every run that the update could be of."""
    wanted = reading.context.stop_places
    return timetable.is_whole or any(wanted & {stop, place} for stop, place, _ in told.stops)


def _told(update: pb.TripUpdate, timetable: Timetable) -> _Told | None:
    """What an update says; None where it names a stop that the timetable does not have."""
    stops: list[tuple[str, str, int | None]] = []
    planned: list[_Event] = []
    predicted: list[_Event] = []
    for position, stop in enumerate(update.stop_time_update):
        place = timetable.place(text_of(stop.stop_id))
        if place is None:
            return None
        sequence = int(stop.stop_sequence) if stop.HasField("stop_sequence") else None
        stops.append((text_of(stop.stop_id), place.native_id, sequence))
        for arrives, event in _events(stop):
            if (at := planned_at(event)) is not None:
                planned.append(_Event(position, arrives, at))
            if (at := told_at(event)) is not None:
                predicted.append(_Event(position, arrives, at))
    trip = update.trip
    return _Told(
        tuple(stops),
        tuple(planned),
        tuple(predicted),
        seconds_of_day(text_of(trip.start_time)),
        text_of(trip.route_id),
        trip.direction_id if trip.HasField("direction_id") else None,
    )


def _events(stop: Update) -> Iterator[tuple[bool, pb.TripUpdate.StopTimeEvent]]:
    if stop.HasField("arrival"):
        yield True, stop.arrival
    if stop.HasField("departure"):
        yield False, stop.departure


def _answers(told: _Told, days: Sequence[date], timetable: Timetable) -> Iterator[_Answer]:
    for pattern in timetable.patterns_at(told.stops[0][1]):
        if not _is_of(pattern, told):
            continue
        for at_calls in _ways(pattern, told):
            rows = pattern.rows
            same_stops = all(
                rows[index].stop_id == stop
                for index, (stop, _, _) in zip(at_calls, told.stops, strict=True)
            )
            for day in days:
                midnight_s = int(service_midnight(timetable.zone, day).timestamp())
                for trip in _near(pattern, at_calls, told, midnight_s):
                    late = _lateness(trip, at_calls, told, midnight_s)
                    if late is not None and timetable.runs_on(trip.service_id, day):
                        yield _Answer(trip, day, at_calls, same_stops, late)


def _is_of(pattern: Pattern, told: _Told) -> bool:
    return (not told.route_id or pattern.route_id == told.route_id) and (
        told.direction_id is None or pattern.direction_id == told.direction_id
    )


def _ways(pattern: Pattern, told: _Told) -> list[tuple[int, ...]]:
    """The indexes of calls that the update's stops may be, each way in the trip's order."""
    ways: list[tuple[int, ...]] = [()]
    for _, place, sequence in told.stops:
        here = [
            index
            for index in pattern.places.get(place, ())
            if sequence is None or pattern.rows[index].stop_sequence == sequence
        ]
        further = ((*way, index) for way in ways for index in here if not way or index > way[-1])
        ways = list(islice(further, _MOST_WAYS))
    return ways


def _near(
    pattern: Pattern, at_calls: tuple[int, ...], told: _Told, midnight_s: int
) -> Iterable[Trip]:
    """Trips that need to be looked at: those near the first time that is told."""
    if told.start_s is not None:
        return pattern.starting(told.start_s, _SAME_S)
    events, within = (told.planned, _SAME_S) if told.planned else (told.predicted, _FAR_S)
    if not events:
        return ()
    first = events[0]
    return pattern.passing(at_calls[first.position], first.at - midnight_s, within)


def _lateness(trip: Trip, at_calls: tuple[int, ...], told: _Told, midnight_s: int) -> float | None:
    """Seconds a run would be late, on average; None where its times exclude it.

    Of one whose planned times are told it is how far those are off.
    """
    if told.start_s is not None and abs(trip.start_s - told.start_s) > _SAME_S:
        return None
    late = [
        event.at - midnight_s - aimed
        for event in (told.planned if told.has_plan else told.predicted)
        if (aimed := _aimed(trip, at_calls[event.position], arrives=event.arrives)) is not None
    ]
    if not late:
        return 0.0 if told.start_s is not None else None
    mean = sum(late) / len(late)
    if told.has_plan:
        return None if max(map(abs, late)) > _SAME_S else mean
    return None if max(abs(one - mean) for one in late) > _APART_S else mean


def _aimed(trip: Trip, index: int, *, arrives: bool) -> int | None:
    """The published time; one that was worked out tells no run from another."""
    row = trip.calls[index]
    if row.interpolated:
        return None
    arrival, departure = row.arrival_s, row.departure_s
    first, second = (arrival, departure) if arrives else (departure, arrival)
    return second if first is None else first


def _only(
    answers: list[_Answer], native_id: str, timetable: Timetable, moment: datetime
) -> _Answer | None:
    """The one run whose planned times are told. Raises RefusedEntity AMBIGUOUS_MATCH.

    A start_time alone is that of every day's run: the one nearest to `moment` is meant.
    """
    if not answers:
        return None
    trip = answers[0].trip
    if any(answer.trip is not trip for answer in answers):
        raise _ambiguous(answers, native_id)
    days = list(dict.fromkeys(answer.day for answer in answers))
    day = nearest_day(trip, None, timetable, days, moment)
    return min((a for a in answers if a.day == day), key=lambda answer: abs(answer.late))


def _nearest(answers: list[_Answer], native_id: str, *, any_late: bool = False) -> _Answer | None:
    """The run that predicted times are clearly nearest to. Raises RefusedEntity AMBIGUOUS_MATCH."""
    near = sorted(answers, key=lambda answer: abs(answer.late))
    if not near or not (any_late or -_EARLY_S <= near[0].late <= _LATE_S):
        return None
    best = near[0]
    others = (answer for answer in near if (answer.trip, answer.day) != (best.trip, best.day))
    if any(-abs(best.late) - _CLEARLY_S < other.late <= _VERY_LATE_S for other in others):
        raise _ambiguous(near, native_id)
    return best


def _alike(trip_id: str, told: str) -> bool:
    """Whether one id is a part of the other: long enough, and not cut out of a word or number."""
    part, whole = sorted((trip_id, told), key=len)
    begins = whole.find(part)
    return (
        len(part) >= _TELLING and begins >= 0 and not whole[max(begins - 1, 0) : begins].isalnum()
    )


def _ambiguous(answers: list[_Answer], native_id: str) -> RefusedEntity:
    trips = ", ".join(list(dict.fromkeys(answer.trip.native_id for answer in answers))[:5])
    return RefusedEntity(
        Reason.AMBIGUOUS_MATCH, native_id, f"its stops and times are those of {trips}"
    )
