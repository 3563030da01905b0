"""What StopTimeUpdates say of calls: predicted times, status, platform, who may board.

GTFS Realtime reference, StopTimeUpdate and StopTimeEvent, and its guide to trip updates. Inside,
times are POSIX seconds.
"""

from dataclasses import dataclass

from google.transit import gtfs_realtime_pb2 as pb

from connectors.gtfs_rt.reading import Reading
from hub.errors import Reason
from hub.formats.gtfs.realtime import (
    is_epoch,
    is_time,
    occupancy_of,
    of_milliseconds,
    text_of,
    utc,
)
from hub.model.common import Occupancy
from hub.model.journeys import UNTOLD, CallStatus, Times
from hub.rules.punctuality import End, by_lateness, judged

Update = pb.TripUpdate.StopTimeUpdate
ABSURD_DELAY_S = 24 * 3600
_NONE = Update.StopTimeProperties.NONE


@dataclass(slots=True)
class Prediction:
    """Times at one stop: known, and whether the source itself gave them or they were derived."""

    arrival: int | None = None
    departure: int | None = None
    arrival_told: bool = False
    departure_told: bool = False
    delay: int | None = None
    """How late the vehicle leaves this stop, which later stops inherit; None: not known."""


NOTHING = Prediction()


def event_time(
    event: pb.TripUpdate.StopTimeEvent, aimed: int | None, reading: Reading, ref: str
) -> int | None:
    """The predicted time of an event: `time`, else `delay` over the planned time."""
    reading.in_seconds(event.scheduled_time, ref, "scheduled_time")
    if event.HasField("time") and event.time:
        seconds = reading.in_seconds(event.time, ref, "stop time")
        if is_time(seconds):
            return seconds
        reason = Reason.TIMESTAMP_EPOCH if is_epoch(event.time) else Reason.BAD_VALUE
        reading.note(reason, ref, f"stop time {event.time} is none")
    if event.HasField("delay"):
        if abs(event.delay) > ABSURD_DELAY_S:
            reading.note(Reason.BAD_VALUE, ref, f"delay of {event.delay} s")
        elif aimed is not None:
            return aimed + event.delay
    return None


def _delay(
    event: pb.TripUpdate.StopTimeEvent, found: int | None, aimed: int | None, carried: int | None
) -> int | None:
    """How late an event is: `found` against its plan, else what it says itself, else `carried`."""
    if aimed is not None:
        return carried if found is None else found - aimed
    if event.HasField("delay") and abs(event.delay) <= ABSURD_DELAY_S:
        return int(event.delay)
    return carried


def predict(
    update: Update | None,
    aimed: tuple[int | None, int | None],
    carried: int | None,
    reading: Reading,
    ref: str,
) -> Prediction:
    """What is predicted at a stop, given the delay `carried` from the stop before.

    A StopTimeUpdate with neither arrival nor departure says that the vehicle is on time. A delay at
    a stop without a planned time gives no time there, but later stops inherit it.
    """
    aimed_arrival, aimed_departure = aimed
    if update is None:
        if carried is None:
            return NOTHING
        return Prediction(
            None if aimed_arrival is None else aimed_arrival + carried,
            None if aimed_departure is None else aimed_departure + carried,
            delay=carried,
        )
    has_arrival, has_departure = update.HasField("arrival"), update.HasField("departure")
    if not has_arrival and not has_departure:
        return Prediction(aimed_arrival, aimed_departure, delay=0)
    arrival = event_time(update.arrival, aimed_arrival, reading, ref) if has_arrival else None
    departure = (
        event_time(update.departure, aimed_departure, reading, ref) if has_departure else None
    )
    found = Prediction(arrival, departure, arrival is not None, departure is not None, carried)
    if has_arrival:
        found.delay = _delay(update.arrival, arrival, aimed_arrival, found.delay)
    if arrival is None and carried is not None and aimed_arrival is not None:
        found.arrival = aimed_arrival + carried
    if departure is None and found.delay is not None and aimed_departure is not None:
        found.departure = aimed_departure + found.delay
    if has_departure:
        found.delay = _delay(update.departure, departure, aimed_departure, found.delay)
    _keep_order(found, reading, ref)
    return found


def _keep_order(found: Prediction, reading: Reading, ref: str) -> None:
    """A vehicle does not leave before it comes: the derived time gives way, a told one is noted."""
    if found.arrival is None or found.departure is None or found.arrival <= found.departure:
        return
    if found.arrival_told and found.departure_told:
        reading.note(Reason.NEGATIVE_DWELL, ref, "departure before arrival; arrival left out")
        found.arrival, found.arrival_told = None, False
    elif found.arrival_told:
        found.departure = found.arrival
    else:
        found.arrival = found.departure


def status_of(
    found: Prediction, aimed: tuple[int | None, int | None], now_s: int, *, last: bool, boards: bool
) -> CallStatus:
    """Status of a call that is neither skipped nor without data.

    At the `last` one the vehicle arrives and does not leave, where an arrival is known. `boards`:
    passengers may board, so that the departure says how late the vehicle is.
    """
    if found.arrival is None and found.departure is None:
        return CallStatus.NO_DATA
    leaves = not last or found.arrival is None
    if leaves and found.departure is not None and found.departure <= now_s:
        return CallStatus.DEPARTED
    if found.arrival is not None and found.arrival <= now_s:
        return CallStatus.ARRIVED
    late = _lateness(found, aimed, boards=boards)
    return CallStatus.SCHEDULED if late is None else by_lateness(late)


def _lateness(
    found: Prediction, aimed: tuple[int | None, int | None], *, boards: bool
) -> int | None:
    def late(end: End) -> int | None:
        arrives = end == "arrival"
        told, plan = (found.arrival, aimed[0]) if arrives else (found.departure, aimed[1])
        return None if told is None or plan is None else told - plan

    known = judged(late, boards=boards)
    return found.delay if known is None else known


def times_of(found: Prediction, now_s: int) -> tuple[Times, Times]:
    """Expected and actual times: what the source told and what has passed is actual."""
    arrival, departure = found.arrival, found.departure
    arrived = found.arrival_told and arrival is not None and arrival <= now_s
    departed = found.departure_told and departure is not None and departure <= now_s
    expected = Times(
        None if arrival is None or arrived else utc(arrival),
        None if departure is None or departed else utc(departure),
    )
    if not arrived and not departed:
        return expected, UNTOLD
    actual = Times(
        utc(arrival) if arrived and arrival is not None else None,
        utc(departure) if departed and departure is not None else None,
    )
    return expected, actual


def told_stop(update: Update) -> str:
    """The stop an update speaks of; StopTimeProperties.assigned_stop_id goes before stop_id."""
    if update.HasField("stop_time_properties"):
        assigned = text_of(update.stop_time_properties.assigned_stop_id)
        if assigned:
            return assigned
    return text_of(update.stop_id)


def scheduled_at(event: pb.TripUpdate.StopTimeEvent) -> int | None:
    """The planned time a source gives beside its prediction: scheduled_time."""
    return _seconds(event.scheduled_time)


def told_at(event: pb.TripUpdate.StopTimeEvent) -> int | None:
    """The time an event is predicted for, as far as the source says it: `time`."""
    return _seconds(event.time)


def _seconds(number: int) -> int | None:
    """A POSIX time in seconds, also of milliseconds (`event_time` notes those)."""
    return number if is_time(number) else of_milliseconds(number)


def planned_at(event: pb.TripUpdate.StopTimeEvent) -> int | None:
    """When an event was planned, as far as the source says: scheduled_time, or time less delay."""
    scheduled = scheduled_at(event)
    if scheduled is not None:
        return scheduled
    told = told_at(event)
    if told is not None and event.HasField("delay") and abs(event.delay) <= ABSURD_DELAY_S:
        return told - int(event.delay)
    return None


def exchange_at(update: Update, *, boarding: bool, alighting: bool) -> tuple[bool, bool]:
    """Whether one may board and alight: as planned, unless StopTimeProperties say otherwise."""
    if not update.HasField("stop_time_properties"):
        return boarding, alighting
    told = update.stop_time_properties
    return (
        told.pickup_type != _NONE if told.HasField("pickup_type") else boarding,
        told.drop_off_type != _NONE if told.HasField("drop_off_type") else alighting,
    )


def occupancy_at(update: Update) -> Occupancy | None:
    """How full the vehicle leaves the stop, where the source says it."""
    if not update.HasField("departure_occupancy_status"):
        return None
    return occupancy_of(update.departure_occupancy_status)
