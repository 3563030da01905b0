"""Calls of a journey that follows the timetable: its plan, and what is predicted over it."""

from dataclasses import dataclass, replace

from google.transit import gtfs_realtime_pb2 as pb

from connectors.gtfs_rt.predictions import (
    NOTHING,
    Prediction,
    Update,
    exchange_at,
    occupancy_at,
    predict,
    scheduled_at,
    status_of,
    times_of,
    told_stop,
)
from connectors.gtfs_rt.reading import Reading
from connectors.gtfs_rt.runs import OWN_SCHEDULE, Run
from hub.errors import Reason
from hub.formats.gtfs.realtime import TIMES, utc
from hub.model.journeys import NOT_SERVED, UNTOLD, Call, CallStatus, Times
from hub.model.timetable import Timetable
from hub.model.timetable_rows import Trip, service_midnight
from hub.rules.punctuality import by_lateness


@dataclass(slots=True)
class Plan:
    """The planned calls of a run, and how one of them is written with what is observed."""

    run: Run
    trip: Trip
    timetable: Timetable
    planned: tuple[Call, ...] = ()
    length: int = 0
    midnight_s: int = 0

    def __post_init__(self) -> None:
        run = self.run
        self.planned = self.timetable.planned_calls(self.trip, run.service_date, run.start_s)
        self.length = len(self.planned)
        midnight = service_midnight(self.timetable.zone, run.service_date)
        shift = 0 if run.start_s is None else run.start_s - self.trip.start_s
        self.midnight_s = int(midnight.timestamp()) + shift

    def aimed(self, index: int, update: Update | None = None) -> tuple[int | None, int | None]:
        """Planned arrival and departure of a call, POSIX seconds.

        Those of the `update` itself, where its trip may have a schedule of its own and gives one.
        """
        if update is not None and self.run.relationship in OWN_SCHEDULE:
            own = scheduled_at(update.arrival), scheduled_at(update.departure)
            if own != (None, None):
                return own
        row = self.trip.calls[index]
        arrival, departure = row.arrival_s, row.departure_s
        return (
            None if arrival is None else self.midnight_s + arrival,
            None if departure is None else self.midnight_s + departure,
        )

    def call(
        self,
        index: int,
        *,
        status: CallStatus,
        found: Prediction = NOTHING,
        update: Update | None = None,
        now_s: int = 0,
    ) -> Call:
        """The call as planned, with what is predicted, its platform and how full it leaves."""
        planned = self.planned[index]
        expected, actual = (UNTOLD, UNTOLD) if found is NOTHING else times_of(found, now_s)
        call = _over(planned, expected, actual, status)
        if status in NOT_SERVED:
            call = replace(call, boarding=False, alighting=False)
        if update is None:
            return call
        if update.HasField("departure_occupancy_status"):
            call = replace(call, occupancy=occupancy_at(update))
        if self.run.relationship in OWN_SCHEDULE or update.HasField("stop_time_properties"):
            call = self._as_told(call, index, update)
        stop_id = told_stop(update)
        if stop_id and stop_id != self.trip.calls[index].stop_id:
            return self._elsewhere(call, stop_id)
        return call

    def usual(self, index: int, update: Update, now_s: int) -> tuple[Call, int] | None:
        """The call, and how late the vehicle leaves it, where an update says what most of them say.

        That is both times of a call as planned, and nothing else; None where it is not. It comes
        to what `predict`, `status_of` and `call` come to, in a third of the time.
        """
        comes, goes = update.arrival.time, update.departure.time
        row, planned = self.trip.calls[index], self.planned[index]
        if (
            not (comes in TIMES and comes <= goes and goes in TIMES)
            or row.arrival_s is None
            or row.departure_s is None
            or (update.stop_id != row.stop_id and update.stop_id)
            or update.schedule_relationship != Update.SCHEDULED
            or update.HasField("stop_time_properties")
            or update.HasField("departure_occupancy_status")
        ):
            return None
        is_last = index == self.length - 1
        delay = goes - self.midnight_s - row.departure_s
        late = delay if planned.boarding else comes - self.midnight_s - row.arrival_s
        arrival, departure = utc(comes), utc(goes)
        if comes > now_s:
            expected, actual = Times(arrival, departure), UNTOLD
            status = by_lateness(late)
        elif goes > now_s:
            expected, actual = Times(None, departure), Times(arrival)
            status = CallStatus.ARRIVED
        else:
            expected, actual = UNTOLD, Times(arrival, departure)
            status = CallStatus.ARRIVED if is_last else CallStatus.DEPARTED
        return _over(planned, expected, actual, status), delay

    def boards(self, index: int, update: Update | None) -> bool:
        """Whether passengers board at a call: as planned, or as its update says."""
        planned = self.planned[index]
        if update is None:
            return planned.boarding
        return exchange_at(update, boarding=planned.boarding, alighting=planned.alighting)[0]

    def _as_told(self, call: Call, index: int, update: Update) -> Call:
        """The call with a schedule of its own, and with who may board and alight."""
        boarding, alighting = call.boarding, call.alighting
        if call.status not in NOT_SERVED:
            boarding, alighting = exchange_at(update, boarding=boarding, alighting=alighting)
        aimed = Times(*(None if told is None else utc(told) for told in self.aimed(index, update)))
        same = aimed == call.aimed
        return replace(
            call,
            aimed=aimed,
            aimed_approximate=call.aimed_approximate and same,
            aimed_interpolated=call.aimed_interpolated and same,
            boarding=boarding,
            alighting=alighting,
            exchange_told=(boarding, alighting) != (call.boarding, call.alighting),
        )

    def _elsewhere(self, call: Call, stop_id: str) -> Call:
        """The call at another stop than planned; an unknown one changes nothing."""
        stop, place = self.timetable.stop(stop_id), self.timetable.place(stop_id)
        if stop is None or place is None:
            return call
        return replace(
            call,
            stop_place_id=place.id,
            stop_name=place.name,
            quay_id=None if stop.is_place else stop.id,
            actual_platform=stop.platform_code,
        )


def _over(planned: Call, expected: Times, actual: Times, status: CallStatus) -> Call:
    """A planned call with what is observed of it."""
    return Call(
        order=planned.order,
        stop_place_id=planned.stop_place_id,
        stop_name=planned.stop_name,
        quay_id=planned.quay_id,
        aimed=planned.aimed,
        expected=expected,
        actual=actual,
        planned_platform=planned.planned_platform,
        status=status,
        boarding=planned.boarding,
        alighting=planned.alighting,
        aimed_approximate=planned.aimed_approximate,
        aimed_interpolated=planned.aimed_interpolated,
    )


def propagated(
    plan: Plan, found: dict[int, Update], update: pb.TripUpdate, reading: Reading
) -> list[Call]:
    """The calls from the first one spoken of, with delays carried on to later stops.

    A delay holds until a stop that says otherwise; it passes over a skipped stop, and NO_DATA
    ends it. TripUpdate.delay holds for stops still ahead, up to the first update.
    """
    carried = update.delay if update.HasField("delay") else None
    first = min(found, default=plan.length)
    if carried is not None:
        first = min(first, _first_ahead(plan, carried, reading.now_s))
    calls: list[Call] = []
    now_s, ref, last = reading.now_s, plan.run.ref, plan.length - 1
    follows_plan = plan.run.relationship not in OWN_SCHEDULE
    for index in range(first, plan.length):
        at_stop = found.get(index)
        if at_stop is not None and follows_plan:
            usual = plan.usual(index, at_stop, now_s)
            if usual is not None:
                calls.append(usual[0])
                carried = usual[1]
                continue
        relationship = Update.SCHEDULED if at_stop is None else at_stop.schedule_relationship
        if relationship == Update.SKIPPED:
            calls.append(plan.call(index, status=CallStatus.SKIPPED, update=at_stop))
            continue
        if relationship == Update.NO_DATA:
            carried = None
            calls.append(plan.call(index, status=CallStatus.NO_DATA, update=at_stop))
            continue
        aimed = plan.aimed(index, at_stop)
        prediction = predict(at_stop, aimed, carried, reading, ref)
        carried = prediction.delay
        boards = plan.boards(index, at_stop)
        status = status_of(prediction, aimed, now_s, last=index == last, boards=boards)
        calls.append(plan.call(index, status=status, found=prediction, update=at_stop, now_s=now_s))
        if (
            index == last
            and at_stop is not None
            and prediction.delay
            and prediction.arrival == prediction.departure is None
        ):
            _note_lost(plan, prediction.delay, reading)
    return calls


def _note_lost(plan: Plan, delay: int, reading: Reading) -> None:
    """Note a delay that is told of the last call, where no time is planned and none inherits it."""
    number = plan.trip.calls[-1].stop_sequence
    detail = f"delay of {delay} s at stop_sequence {number}, where no time is planned"
    reading.note(Reason.MISSING_FIELD, plan.run.ref, f"{detail}; the source should tell the time")


def _first_ahead(plan: Plan, delay: int, now_s: int) -> int:
    for index in range(plan.length):
        departure = plan.aimed(index)[1]
        if departure is not None and departure + delay > now_s:
            return index
    return plan.length
