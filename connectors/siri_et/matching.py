"""Which trip of the timetable a SIRI journey is, and on which service day.

Three methods, tried in the order the configuration names them. Each is exact; a method that finds
several trips finds none.

* `trip_id`: the journey's reference is a trip_id.
* `short_name`: the journey's reference or train number is a trip_short_name, of a trip that serves
  one of the journey's stops on that day.
* `times`: on the same line, a trip leaves the same stop place at the same second and reaches the
  same last stop place at the same second. Without a LineRef the trips of every line are asked; a
  LineRef the timetable does not know matches nothing.

The service day is the one on which the timetable plans the trip nearest to the journey's first
aimed time, so a train after midnight belongs to the day before when the timetable says so; the
trip must run on it. A date named by the reference, or the day of the message, counts only where no
call has an aimed time. Trips repeated by frequencies.txt are not matched.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from difflib import SequenceMatcher

from hub.formats.siri_et import EstimatedVehicleJourney, SiriCall
from hub.model.timetable import Timetable
from hub.model.timetable_rows import StopTime, Trip, service_midnight

_HALF_A_DAY = timedelta(hours=12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """A SIRI journey with its identity worked out as far as the message alone allows.

    `ref` is the reference without its date; `day` the service day that the message names or, if
    it names none, the day of the first aimed time, else of the message; `line_ref` is None where
    the producer writes a placeholder; `numbers` are the train numbers it may be known by.
    """

    message: EstimatedVehicleJourney
    ref: str
    day: date
    line_ref: str | None
    numbers: tuple[str, ...]

    @property
    def first_aimed(self) -> datetime | None:
        """The first aimed time of any call, else of the journey."""
        for call in self.message.calls:
            if moment := call.aimed.departure or call.aimed.arrival:
                return moment
        return self.message.origin_departure


@dataclass(frozen=True, slots=True)
class Run:
    """The trip a journey is, its service day, and which planned call each SIRI call is."""

    trip: Trip
    service_date: date
    planned: tuple[StopTime | None, ...]


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Several trips answer to one method: none is taken."""

    method: str
    trip_ids: tuple[str, ...]


def match(
    journey: Journey, timetable: Timetable, methods: tuple[str, ...]
) -> Run | Ambiguous | None:
    """The run of the timetable that a journey is; the first method that finds any decides."""
    for method in methods:
        found = list(
            {run.trip.native_id: run for run in _METHODS[method](journey, timetable)}.values()
        )
        if len(found) == 1:
            return found[0]
        if found:
            return Ambiguous(method, tuple(sorted(run.trip.native_id for run in found)))
    return None


def align(
    calls: tuple[SiriCall, ...], trip: Trip, timetable: Timetable
) -> tuple[StopTime | None, ...]:
    """For each SIRI call the planned call it is, or None; both in order, by stop place.

    A platform change does not matter; an ExtraCall is never a planned one.
    """
    ours = [None if call.extra else place_of(call.stop_point_ref, timetable) for call in calls]
    theirs = [place_of(row.stop_id, timetable) for row in trip.calls]
    if ours == theirs:
        return trip.calls
    planned: list[StopTime | None] = [None] * len(ours)
    for block in SequenceMatcher(None, ours, theirs, autojunk=False).get_matching_blocks():
        for step in range(block.size):
            planned[block.a + step] = trip.calls[block.b + step]
    return tuple(planned)


def place_of(stop_ref: str | None, timetable: Timetable) -> str | None:
    """Native id of the stop place of a StopPointRef; None if the timetable does not know it."""
    place = timetable.place(stop_ref) if stop_ref else None
    return place.native_id if place else None


def _by_trip_id(journey: Journey, timetable: Timetable) -> Iterator[Run]:
    refs = dict.fromkeys((journey.message.ref or journey.ref, journey.ref))
    for ref in refs:
        trip = timetable.trip(ref)
        if trip is not None and (run := _run(journey, trip, timetable)):
            yield run
            return


def _by_short_name(journey: Journey, timetable: Timetable) -> Iterator[Run]:
    for number in dict.fromkeys((*journey.numbers, journey.ref)):
        for trip in timetable.trips_by_short_name(number):
            run = _run(journey, trip, timetable)
            if run and (any(run.planned) or not journey.message.calls):
                yield run


def _by_times(journey: Journey, timetable: Timetable) -> Iterator[Run]:
    ends = _ends(journey.message, timetable)
    if ends is None:
        return
    origin, left, destination, reached = ends
    routes = [journey.line_ref] if journey.line_ref else list(timetable.routes)
    today = left.astimezone(timetable.zone).date()
    for day in (today - timedelta(days=1), today):
        start_s = int((left - service_midnight(timetable.zone, day)).total_seconds())
        for route in routes:
            for trip in timetable.trips_starting(route, start_s):
                same_ends = (origin, destination) == (
                    place_of(trip.calls[0].stop_id, timetable),
                    place_of(trip.calls[-1].stop_id, timetable),
                )
                run = _run(journey, trip, timetable) if same_ends else None
                if run and timetable.at(run.service_date, trip.end_s) == reached:
                    yield run


_METHODS: dict[str, Callable[[Journey, Timetable], Iterator[Run]]] = {
    "trip_id": _by_trip_id,
    "short_name": _by_short_name,
    "times": _by_times,
}


def _ends(
    message: EstimatedVehicleJourney, timetable: Timetable
) -> tuple[str, datetime, str, datetime] | None:
    """Origin, aimed departure, destination, aimed arrival; None if one of them is not known."""
    calls = [call for call in message.calls if not call.extra]
    if not calls:
        return None
    first, last = calls[0], calls[-1]
    origin = place_of(message.origin_ref, timetable) if message.origin_departure else None
    left = message.origin_departure if origin else first.aimed.departure
    destination = (
        place_of(message.destination_ref, timetable) if message.destination_arrival else None
    )
    reached = message.destination_arrival if destination else last.aimed.arrival
    origin = origin or place_of(first.stop_point_ref, timetable)
    destination = destination or place_of(last.stop_point_ref, timetable)
    if origin and left and destination and reached:
        return origin, left, destination, reached
    return None


def _run(journey: Journey, trip: Trip, timetable: Timetable) -> Run | None:
    """The run of a trip that is nearest to the journey's aimed times, if it runs on that day."""
    if trip.frequencies or not trip.calls:
        return None
    planned = align(journey.message.calls, trip, timetable)
    day = _service_day(journey, trip, planned, timetable)
    return Run(trip, day, planned) if timetable.runs_on(trip.service_id, day) else None


def _service_day(
    journey: Journey, trip: Trip, planned: tuple[StopTime | None, ...], timetable: Timetable
) -> date:
    for call, row in zip(journey.message.calls, planned, strict=True):
        moment = call.aimed.departure or call.aimed.arrival
        seconds = row and (row.departure_s if call.aimed.departure else row.arrival_s)
        if moment and seconds is not None:
            return _nearest_day(moment, seconds, timetable)
    if journey.first_aimed:
        return _nearest_day(journey.first_aimed, trip.start_s, timetable)
    return journey.day


def _nearest_day(moment: datetime, seconds: int, timetable: Timetable) -> date:
    """The service day whose second `seconds` is nearest to the moment."""
    noon = (moment - timedelta(seconds=seconds)).astimezone(UTC) + _HALF_A_DAY
    return noon.astimezone(timetable.zone).date()
