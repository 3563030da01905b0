"""Which run of the timetable a TripDescriptor speaks of, and on which service day."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from google.transit import gtfs_realtime_pb2 as pb

from connectors.gtfs_rt.reading import Reading, RefusedEntity, ident
from hub.errors import Reason
from hub.formats.common.fields import seconds_of_day, service_day
from hub.formats.gtfs.realtime import text_of
from hub.model.timetable import Timetable
from hub.model.timetable_rows import Trip, run_ref

_DAY = timedelta(days=1)
_HALF_A_DAY_S = 12 * 3600
_NEAR_S = 3600
_ADDED = frozenset({pb.TripDescriptor.ADDED, pb.TripDescriptor.NEW})
CALLED_OFF = frozenset({pb.TripDescriptor.CANCELED, pb.TripDescriptor.DELETED})
OWN_STOPS = _ADDED | {pb.TripDescriptor.REPLACEMENT}
"""Relationships whose StopTimeUpdates list the whole journey where there is no plan to follow."""
_DUPLICATED = pb.TripDescriptor.DUPLICATED
OWN_SCHEDULE = frozenset({pb.TripDescriptor.REPLACEMENT, _DUPLICATED})
"""Relationships of planned trips whose StopTimeEvents may give a scheduled_time of their own."""
_OWN_IDS = _ADDED | {_DUPLICATED}
"""Relationships whose trips have ids of their own, which no other trip stands for."""
_MAY_LACK_PLAN = _ADDED | {pb.TripDescriptor.UNSCHEDULED}


@dataclass(frozen=True, slots=True)
class Run:
    """A run on a service day.

    `trip` is the timetable's trip of that id, `start_s` the start of a run of a trip that is
    repeated. `relationship` is a TripDescriptor.ScheduleRelationship. `elsewhere`: the trip is in
    the timetable, which does not keep it because it never calls at the interchange. Of a run found
    by stops and times `told_as` is the message's trip_id and start_date.
    """

    ref: str
    service_date: date
    trip: Trip | None
    route_id: str
    relationship: int
    start_s: int | None = None
    elsewhere: bool = False
    told_as: tuple[str, str] | None = None

    def begins_at(self, reading: Reading) -> datetime | None:
        """When it leaves its first stop as planned; None where the timetable lacks it."""
        if self.trip is None or reading.timetable is None:
            return None
        start_s = self.trip.start_s if self.start_s is None else self.start_s
        return reading.timetable.at(self.service_date, start_s)


def find_run(
    descriptor: pb.TripDescriptor,
    reading: Reading,
    *,
    fallback: str,
    moment: datetime,
    copies: bool = False,
) -> Run:
    """The run a TripDescriptor names.

    `fallback` stands for the id of an added trip that has none; `moment` is the time the message
    speaks of, by which the service day is found where start_date is absent. `copies`: the trip_id
    of a DUPLICATED trip is the copy's own, as in a VehiclePosition. Raises RefusedEntity:
    UNKNOWN_TRIP, AMBIGUOUS_MATCH, MISSING_FIELD.

    GTFS Realtime reference, TripDescriptor: trip_id, else route_id, direction_id, start_time and
    start_date together.
    """
    relationship = descriptor.schedule_relationship
    trip_id = ident(descriptor.trip_id, "trip_id")
    start_date = _start_date(descriptor, trip_id or fallback, reading)
    days = [start_date] if start_date else reading.days
    if reading.timetable is not None:
        if trip_id and (trip := reading.timetable.trip(trip_id)):
            start_s = _start_s(descriptor, trip)
            day = nearest_day(trip, start_s, reading.timetable, days, moment)
            ref = run_ref(trip_id, start_s)
            return Run(ref, day, trip, trip.route_id, relationship, start_s)
        if trip_id and (route_id := reading.timetable.elsewhere(trip_id)) is not None:
            day = start_date or reading.days[1]
            return Run(trip_id, day, None, route_id, relationship, elsewhere=True)
        told_as = trip_id, text_of(descriptor.start_date)
        if relationship not in _OWN_IDS and told_as in reading.renamed:
            ref, day = reading.renamed[told_as]
            trip = reading.timetable.trips[ref]
            return Run(ref, day, trip, trip.route_id, relationship)
        if not trip_id and relationship not in _ADDED:
            return _by_start(descriptor, reading.timetable, days, moment, fallback)
        if relationship not in _OWN_IDS and (run := _renamed(descriptor, reading, days, moment)):
            return run
    ref = trip_id or (fallback if relationship in _ADDED else "")
    if not ref:
        raise RefusedEntity(Reason.MISSING_FIELD, fallback, "trip has no trip_id")
    may_lack_plan = relationship in _MAY_LACK_PLAN or (copies and relationship == _DUPLICATED)
    if reading.timetable is not None and not may_lack_plan:
        raise RefusedEntity(Reason.UNKNOWN_TRIP, ref, f"trip {ref} is not in the timetable")
    route_id = ident(descriptor.route_id, "route_id")
    return Run(ref, start_date or reading.days[1], None, route_id, relationship)


def on_the_day_of(run: Run, told: datetime | None, reading: Reading) -> Run:
    """The run on the day that its predicted times are of; a note says where start_date is another.

    Past midnight some sources write the calendar day for the service day. `told` is a time the
    message predicts.
    """
    timetable, trip = reading.timetable, run.trip
    if told is None or timetable is None or trip is None or run.relationship in _OWN_IDS:
        return run
    if _distance(trip, run.start_s, timetable, run.service_date, told) < _HALF_A_DAY_S:
        return run
    for day in (run.service_date - _DAY, run.service_date + _DAY):
        near = _distance(trip, run.start_s, timetable, day, told) < _NEAR_S
        if near and timetable.runs_on(trip.service_id, day):
            detail = f"start_date {run.service_date} is a day from its times; read as {day}"
            reading.note(Reason.BAD_VALUE, run.ref, detail)
            return replace(run, service_date=day)
    return run


def nearest_day(
    trip: Trip,
    start_s: int | None,
    timetable: Timetable,
    days: Sequence[date],
    moment: datetime,
) -> date:
    """The day, of those given, on which the trip runs nearest to `moment`.

    Days on which its service does not run count only if it runs on none of them.
    """
    if len(days) == 1:
        return days[0]
    running = [day for day in days if timetable.runs_on(trip.service_id, day)]
    return min(running or days, key=lambda day: _distance(trip, start_s, timetable, day, moment))


def _distance(
    trip: Trip, start_s: int | None, timetable: Timetable, day: date, moment: datetime
) -> float:
    """Seconds between `moment` and the time the run is under way; 0 within it."""
    shift = 0 if start_s is None else start_s - trip.start_s
    start = timetable.at(day, trip.start_s + shift)
    end = timetable.at(day, trip.end_s + shift)
    return max((start - moment).total_seconds(), (moment - end).total_seconds(), 0.0)


def _renamed(
    descriptor: pb.TripDescriptor, reading: Reading, days: Sequence[date], moment: datetime
) -> Run | None:
    """The run of a trip whose id is not the timetable's, by route and start; a note says so.

    None where the message does not give both, or no trip answers. Raises RefusedEntity
    AMBIGUOUS_MATCH.
    """
    if reading.timetable is None or not (descriptor.route_id and descriptor.start_time):
        return None
    native_id = text_of(descriptor.trip_id)
    try:
        run = _by_start(descriptor, reading.timetable, days, moment, native_id)
    except RefusedEntity as refused:
        if refused.reason is Reason.AMBIGUOUS_MATCH:
            raise RefusedEntity(refused.reason, native_id, refused.detail) from refused
        return None
    detail = f"not in the timetable; by route and start it is {run.ref}"
    reading.note(Reason.UNKNOWN_TRIP, native_id, detail)
    return run


def _by_start(
    descriptor: pb.TripDescriptor,
    timetable: Timetable,
    days: Sequence[date],
    moment: datetime,
    fallback: str,
) -> Run:
    route_id = ident(descriptor.route_id, "route_id")
    start_time = text_of(descriptor.start_time)
    start_s = seconds_of_day(start_time)
    if not route_id or start_s is None:
        raise RefusedEntity(
            Reason.MISSING_FIELD, fallback, "trip has neither trip_id nor route_id and start_time"
        )
    found = sorted(
        (
            (_distance(trip, start_s, timetable, day, moment), trip.native_id, day)
            for trip in timetable.trips_starting(route_id, start_s)
            for day in timetable.service_dates(trip.native_id, among=days)
            if not descriptor.HasField("direction_id")
            or trip.direction_id == descriptor.direction_id
        ),
    )
    what = f"of route {route_id} starting at {start_time}"
    if not found:
        raise RefusedEntity(Reason.UNKNOWN_TRIP, route_id, f"no trip {what} is in the timetable")
    nearest, trip_id, day = found[0]
    if any(distance == nearest and other != trip_id for distance, other, _ in found[1:]):
        raise RefusedEntity(Reason.AMBIGUOUS_MATCH, route_id, f"more than one trip {what}")
    trip = timetable.trips[trip_id]
    run_start = start_s if trip.frequencies else None
    ref = run_ref(trip_id, run_start)
    return Run(ref, day, trip, route_id, descriptor.schedule_relationship, run_start)


def _start_date(descriptor: pb.TripDescriptor, native_id: str, reading: Reading) -> date | None:
    text = text_of(descriptor.start_date)
    if not text:
        return None
    day = service_day(text)
    if day is None:
        reading.note(Reason.BAD_VALUE, native_id, f"start_date {text[:20]!r} is none")
    return day


def _start_s(descriptor: pb.TripDescriptor, trip: Trip) -> int | None:
    """Start of the run of a trip that is repeated; None for one that is not."""
    if not trip.frequencies:
        return None
    start_s = seconds_of_day(text_of(descriptor.start_time))
    if start_s is None:
        raise RefusedEntity(
            Reason.MISSING_FIELD,
            trip.native_id,
            "start_time is needed for a trip of frequencies.txt",
        )
    return start_s
