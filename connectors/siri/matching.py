"""Which trip of the timetable a SIRI journey is, and on which service day.

Three methods, tried in the order the configuration names them. Each is exact; a method that finds
several trips finds none. Which of its calls each told call is, `hub.rules.visits` says.

* `trip_id`: the journey's reference is a trip_id.
* `short_name`: the journey's reference or train number is a trip_short_name, of a trip that serves
  one of the journey's stops on that day.
* `times`: on the same line, a trip leaves the same stop place at the same second and reaches the
  same last stop place at the same second. Without a LineRef the trips of every line are asked; a
  LineRef the timetable does not know matches nothing.

The service day is the one on which the timetable plans the trip nearest to the journey's first
aimed time, so a train after midnight belongs to the day before when the timetable says so; at a
stop place that it serves twice the nearer visit counts. The trip must run on it. A date named by
the reference, or the day of the message, counts only where no call has an aimed time. Trips
repeated by frequencies.txt are not matched.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from hub.formats.siri.et import EstimatedVehicleJourney, SiriCall
from hub.model.journeys import Times
from hub.model.timetable import Timetable
from hub.model.timetable_rows import Trip, service_midnight
from hub.rules.visits import Choice, Told, choose

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
    """The trip a journey is, its service day, and which of its calls each SIRI call is."""

    trip: Trip
    service_date: date
    choices: tuple[Choice, ...]


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


def telling(
    journey: Journey, run: Run | None, tells: Callable[[SiriCall], bool]
) -> tuple[Journey, Run | None]:
    """Both without the calls that tell nothing, which have served to tell the others apart."""
    kept = [at for at, call in enumerate(journey.message.calls) if tells(call)]
    calls = tuple(journey.message.calls[at] for at in kept)
    journey = replace(journey, message=replace(journey.message, calls=calls))
    return journey, run and replace(run, choices=tuple(run.choices[at] for at in kept))


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
            if run and (any(one.among for one in run.choices) or not journey.message.calls):
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
    visits = _visits(journey.message.calls, trip, timetable)
    day = _service_day(journey, trip, visits, timetable)
    if not timetable.runs_on(trip.service_id, day):
        return None
    start = service_midnight(timetable.zone, day)
    told = [
        Told(at, call.order, call.visit_number, _seconds(call.aimed, start), _known(call, start))
        for at, call in zip(visits, journey.message.calls, strict=True)
    ]
    return Run(trip, day, tuple(choose(told, trip.calls)))


def _visits(calls: Sequence[SiriCall], trip: Trip, timetable: Timetable) -> list[tuple[int, ...]]:
    """The trip's calls at each call's stop place, whichever platform is named."""
    served: defaultdict[str, tuple[int, ...]] = defaultdict(tuple)
    for index, row in enumerate(trip.calls):
        served[timetable.stops[row.stop_id].place_id] += (index,)
    places = (None if call.extra else place_of(call.stop_point_ref, timetable) for call in calls)
    return [served.get(place, ()) if place else () for place in places]


def _known(call: SiriCall, start: datetime) -> tuple[float | None, float | None]:
    """When the vehicle was there, or is expected."""
    actual, expected = call.actual, call.expected
    known = Times(actual.arrival or expected.arrival, actual.departure or expected.departure)
    return _seconds(known, start)


def _seconds(times: Times, start: datetime) -> tuple[float | None, float | None]:
    arrival, departure = (
        (moment - start).total_seconds() if moment else None
        for moment in (times.arrival, times.departure)
    )
    return arrival, departure


def _service_day(
    journey: Journey, trip: Trip, visits: list[tuple[int, ...]], timetable: Timetable
) -> date:
    for call, at in zip(journey.message.calls, visits, strict=True):
        moment = call.aimed.departure or call.aimed.arrival
        rows = (trip.calls[index] for index in at)
        planned = (row.departure_s if call.aimed.departure else row.arrival_s for row in rows)
        seconds = [at for at in planned if at is not None]
        if moment and seconds:
            return min(_days(moment, seconds, timetable))[1]
    if journey.first_aimed:
        return _nearest_day(journey.first_aimed, trip.start_s, timetable)
    return journey.day


def _days(
    moment: datetime, seconds: Sequence[int], timetable: Timetable
) -> Iterator[tuple[timedelta, date]]:
    """The service day nearest to the moment for each time of day, and how far it is off."""
    for at in seconds:
        day = _nearest_day(moment, at, timetable)
        yield abs(moment - timetable.at(day, at)), day


def _nearest_day(moment: datetime, seconds: int, timetable: Timetable) -> date:
    """The service day whose second `seconds` is nearest to the moment."""
    noon = (moment - timedelta(seconds=seconds)).astimezone(UTC) + _HALF_A_DAY
    return noon.astimezone(timetable.zone).date()
