"""From a TripUpdate to a dated journey with the calls it speaks of."""

from dataclasses import replace
from datetime import datetime
from operator import attrgetter

from google.transit import gtfs_realtime_pb2 as pb

from connectors.gtfs_rt.by_times import run_of_update
from connectors.gtfs_rt.matching import Matched, match_updates
from connectors.gtfs_rt.planned import Plan, propagated
from connectors.gtfs_rt.predictions import told_at, told_stop
from connectors.gtfs_rt.reading import Reading, RefusedEntity, ident
from connectors.gtfs_rt.replaced import replaced
from connectors.gtfs_rt.runs import CALLED_OFF, Run, on_the_day_of
from connectors.gtfs_rt.told import told_calls
from hub.errors import Reason
from hub.formats.common.fields import seconds_of_day, service_day
from hub.formats.gtfs.names import name_in
from hub.formats.gtfs.realtime import text_of, utc
from hub.model.common import Mode, Name
from hub.model.ids import journey_id
from hub.model.journeys import (
    NOT_SERVED,
    Call,
    CallStatus,
    DatedJourney,
    JourneyState,
    Layer,
    LineRef,
)
from hub.model.timetable_rows import NAMED_BY_NUMBER, public_code

MOST_STOPS = 2000
_Trip = pb.TripDescriptor
_STATES: dict[int, JourneyState] = {
    _Trip.ADDED: JourneyState.ADDED,
    _Trip.NEW: JourneyState.ADDED,
    _Trip.DUPLICATED: JourneyState.ADDED,
    _Trip.CANCELED: JourneyState.CANCELLED,
    _Trip.DELETED: JourneyState.DELETED,
    _Trip.REPLACEMENT: JourneyState.REPLACED,
}
_AHEAD = frozenset({CallStatus.SCHEDULED, CallStatus.ON_TIME, CallStatus.EARLY, CallStatus.DELAYED})

_BEEN_AT = frozenset({CallStatus.ARRIVED, CallStatus.DEPARTED})


def journey_of(
    update: pb.TripUpdate, entity_id: str, reading: Reading
) -> tuple[Run, DatedJourney | None]:
    """A run and the real-time layer of its journey; None if it never calls at the interchange.

    Calls before the first one the update speaks of are left out: they keep what they have. Raises
    RefusedEntity where the trip cannot be told.
    """
    if len(update.stop_time_update) > MOST_STOPS:
        raise RefusedEntity(
            Reason.TOO_LARGE, entity_id, f"more than {MOST_STOPS} stop_time_updates"
        )
    run = run_told(update, entity_id, reading)
    reading.batch.matched_journeys += run.elsewhere or run.trip is not None
    noted = len(reading.batch.notes)
    calls = _calls(run, update, reading)
    if calls is None:
        return run, None
    ambiguous = any(note.reason is Reason.AMBIGUOUS_MATCH for note in reading.batch.notes[noted:])
    if not calls and not ambiguous and run.relationship not in CALLED_OFF:
        reading.note(Reason.EMPTY_ENTITY, run.ref, "no stop_time_update; said is only that it runs")
    _look_at_order(run, calls, reading)
    return run, _journey(run, update, calls, reading)


def run_told(update: pb.TripUpdate, entity_id: str, reading: Reading) -> Run:
    """The run an update is of. Raises RefusedEntity where the trip cannot be told."""
    told = _first_told(update)
    moment = reading.as_of if update.trip.start_date else told or reading.as_of
    run = run_of_update(update, reading, fallback=entity_id, moment=moment)
    run = on_the_day_of(run, told, reading)
    if run.relationship == _Trip.DUPLICATED:
        return _duplicated(run, update.trip_properties)
    return run


def _first_told(update: pb.TripUpdate) -> datetime | None:
    """The first time that the update predicts."""
    for stop in update.stop_time_update:
        for event in (stop.arrival, stop.departure):
            if (at := told_at(event)) is not None:
                return utc(at)
    return None


def _duplicated(run: Run, properties: pb.TripUpdate.TripProperties) -> Run:
    """A copy of a planned trip under an id, on a day and at a time of its own."""
    ref = ident(properties.trip_id, "trip_properties.trip_id")
    if not ref:
        raise RefusedEntity(
            Reason.MISSING_FIELD, run.ref, "a duplicated trip has no trip_properties"
        )
    day = service_day(text_of(properties.start_date)) or run.service_date
    start_s = seconds_of_day(text_of(properties.start_time))
    if start_s is None and run.trip is not None:
        start_s = run.trip.start_s if run.start_s is None else run.start_s
    return replace(run, ref=ref, service_date=day, start_s=start_s)


def _calls(run: Run, update: pb.TripUpdate, reading: Reading) -> list[Call] | None:
    timetable, trip = reading.timetable, run.trip
    wanted = reading.context.stop_places
    if run.elsewhere:
        known = (timetable and timetable.stop(told_stop(stop)) for stop in update.stop_time_update)
        reading.batch.matched_stops += sum(stop is not None for stop in known)
        return None
    if timetable is None or trip is None or run.relationship == _Trip.NEW:
        calls = told_calls(update.stop_time_update, reading, run)
        if wanted and calls and not any(c.stop_place_id in reading.wanted_places for c in calls):
            return None
        return calls
    plan = Plan(run, trip, timetable)
    whole = run.relationship == _Trip.REPLACEMENT
    updates = list(update.stop_time_update)
    matched = match_updates(plan, updates, timed=not whole)
    reading.batch.matched_stops += len(updates) - len(matched.strays)
    if wanted and trip.native_id not in timetable.trips_calling_at(wanted):
        return None
    if whole:
        matched = matched.of_whole()
    _note_doubts(matched, plan, reading)
    if whole:
        return replaced(plan, matched, updates, reading)
    for stray in matched.strays:
        what = text_of(stray.stop_id) or stray.stop_sequence
        reading.note(Reason.UNKNOWN_STOP, run.ref, f"stop {what} is not on the trip")
    if run.relationship in CALLED_OFF:
        return [plan.call(index, status=CallStatus.CANCELLED) for index in range(plan.length)]
    return propagated(plan, matched.silenced(), update, reading)


def _note_doubts(matched: Matched, plan: Plan, reading: Reading) -> None:
    """Say which calls are updated twice, and of which updates nobody can tell the call."""
    rows, ref = plan.trip.calls, plan.run.ref
    for index in matched.twice:
        detail = f"stop_sequence {rows[index].stop_sequence} is updated twice"
        reading.note(Reason.DUPLICATE, ref, detail)
    for update, index in matched.elsewhere[:1]:
        more = len(matched.elsewhere) - 1
        detail = (
            f"stop_sequence {update.stop_sequence} is not at stop {text_of(update.stop_id)}; "
            f"the stop counts, which is stop_sequence {rows[index].stop_sequence}"
        )
        reading.note(Reason.BAD_VALUE, ref, f"{detail} ({more} more)" if more else detail)
    for update, choice in matched.unclear:
        numbers = ", ".join(str(rows[index].stop_sequence) for index in choice.among[:5])
        detail = f"stop {text_of(update.stop_id)} could be stop_sequence {numbers} or none"
        reading.note(
            Reason.AMBIGUOUS_MATCH, ref, f"{detail}; left out. The source should number it"
        )


def _look_at_order(run: Run, calls: list[Call], reading: Reading) -> None:
    """Note a call that is reached before the last one was left, in their sequence; both stay."""
    left: datetime | None = None
    for call in calls:
        arrival = call.actual.arrival or call.expected.arrival
        departure = call.actual.departure or call.expected.departure
        reached = arrival or departure
        if left is not None and reached is not None and reached < left:
            short = (left - reached).total_seconds()
            detail = f"call {call.order} is reached {short:.0f} s before the last one is left"
            reading.note(Reason.TIME_ORDER, run.ref, detail)
        left = departure or arrival or left


def _journey(run: Run, update: pb.TripUpdate, calls: list[Call], reading: Reading) -> DatedJourney:
    mode = reading.mode_of_route(run.route_id)
    vehicle = ident(update.vehicle.id, "vehicle.id") if update.HasField("vehicle") else ""
    origin, destination = _ends(run, update, calls, reading)
    route = reading.timetable.route(run.route_id) if reading.timetable and run.route_id else None
    return DatedJourney(
        id=journey_id(reading.dataset, run.ref, run.service_date),
        dataset=reading.dataset,
        native_id=run.ref,
        service_date=run.service_date,
        layer=Layer.REALTIME,
        mode=mode,
        state=_STATES.get(run.relationship) or _under_way(run, calls, reading),
        line=_line(run, reading),
        public_code=_public_code(run, update, mode),
        origin=origin,
        destination=destination,
        headsign=_headsign(update) or (run.trip.headsign if run.trip else None),
        operator=route.operator if route else None,
        wheelchair=run.trip.wheelchair if run.trip else None,
        vehicle_ref=reading.scoped(vehicle) if vehicle else None,
        calls=_in_order(run, calls),
        observed_at=_observed_at(run, update, reading),
    )


def _in_order(run: Run, calls: list[Call]) -> tuple[Call, ...]:
    """By number; only a replacement's may be in another sequence."""
    if run.relationship == _Trip.REPLACEMENT:
        calls = sorted(calls, key=attrgetter("order"))
    return tuple(calls)


def _under_way(run: Run, calls: list[Call], reading: Reading) -> JourneyState:
    """PLANNED until it has left its first stop.

    A first stop that is not spoken of is behind it, once the trip begins or a vehicle was seen.
    A trip of which every stop is skipped does not run, whatever its relationship says.
    """
    whole = run.trip is not None and len(calls) == len(run.trip.calls)
    if whole and all(call.status is CallStatus.SKIPPED for call in calls):
        return JourneyState.CANCELLED
    begins = bool(calls) and run.trip is not None and calls[0].order == run.trip.calls[0][0]
    if begins and calls[0].status in _AHEAD:
        return JourneyState.PLANNED
    seen = any(call.status in _BEEN_AT for call in calls)
    start = run.begins_at(reading)
    waits = not seen and start is not None and utc(reading.now_s) < start
    return JourneyState.PLANNED if waits else JourneyState.RUNNING


def _line(run: Run, reading: Reading) -> LineRef | None:
    if not run.route_id:
        return None
    route = reading.timetable.route(run.route_id) if reading.timetable else None
    if route is not None:
        return route.line
    if reading.timetable is not None:
        reading.note(Reason.UNKNOWN_ROUTE, run.ref, f"route {run.route_id} is not in the timetable")
    return LineRef(
        id=reading.scoped(run.route_id), public_code=run.route_id, name=Name(en=run.route_id)
    )


def _public_code(run: Run, update: pb.TripUpdate, mode: Mode) -> str | None:
    told = text_of(update.trip_properties.trip_short_name)
    if told:
        return told
    if run.trip is not None:
        return public_code(run.trip, mode)
    return run.ref if mode in NAMED_BY_NUMBER else None


def _headsign(update: pb.TripUpdate) -> Name | None:
    told = text_of(update.trip_properties.trip_headsign)
    return name_in("", told) if told else None


def _ends(
    run: Run, update: pb.TripUpdate, calls: list[Call], reading: Reading
) -> tuple[Name | None, Name | None]:
    destination = _headsign(update)
    if reading.timetable is None:
        return None, destination
    if run.trip is not None and run.relationship not in {_Trip.NEW, _Trip.REPLACEMENT}:
        return (
            reading.timetable.origin(run.trip),
            destination or reading.timetable.destination(run.trip),
        )
    served = [call for call in calls if call.status not in NOT_SERVED] or calls
    if not served:
        return None, destination
    return served[0].stop_name, destination or served[-1].stop_name


def _observed_at(run: Run, update: pb.TripUpdate, reading: Reading) -> datetime | None:
    """The update's own timestamp; None where it gives none, or one that cannot be."""
    if not update.HasField("timestamp"):
        return None
    observed, wrong = reading.observed(update.timestamp, run.ref)
    if wrong is not None:
        reading.note(wrong, run.ref, f"timestamp {update.timestamp}")
    return observed
