"""Calls of a journey without a plan: what the StopTimeUpdates themselves list."""

from collections.abc import Sequence
from itertools import pairwise

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
from connectors.gtfs_rt.reading import Reading, ident
from connectors.gtfs_rt.runs import CALLED_OFF, OWN_STOPS, Run
from hub.errors import Reason
from hub.formats.gtfs.realtime import utc
from hub.model.common import Name
from hub.model.journeys import NOT_SERVED, Call, CallStatus, Times


def told_calls(updates: Sequence[Update], reading: Reading, run: Run) -> list[Call]:
    """Calls of a journey without a plan, as the StopTimeUpdates list them.

    `order` is stop_sequence where every update has one and they rise, else 1, 2, 3, ...
    """
    orders = [update.stop_sequence for update in updates]
    if not all(update.HasField("stop_sequence") for update in updates) or any(
        later <= earlier for earlier, later in pairwise(orders)
    ):
        orders = list(range(1, len(orders) + 1))
    last = len(orders) - 1
    calls = []
    for index, (order, update) in enumerate(zip(orders, updates, strict=True)):
        call = told_call(order, update, reading, run, first=index == 0, last=index == last)
        if call is not None:
            calls.append(call)
    return calls


def told_call(
    order: int, update: Update, reading: Reading, run: Run, *, first: bool, last: bool
) -> Call | None:
    """A call as its update lists it, at the `first` or `last` stop; None where it names no stop."""
    stop_id = ident(told_stop(update), "stop_id")
    if not stop_id:
        reading.note(Reason.MISSING_FIELD, run.ref, f"update {order} names no stop_id")
        return None
    stop = reading.timetable.stop(stop_id) if reading.timetable else None
    if stop is not None:
        reading.batch.matched_stops += 1
    elif reading.timetable is not None:
        reading.note(Reason.UNKNOWN_STOP, run.ref, f"stop {stop_id} is not in the timetable")
    place = reading.timetable.place(stop_id) if reading.timetable else None
    whole = run.relationship in OWN_STOPS
    boarding, alighting = exchange_at(
        update,
        boarding=not last or (not whole and update.HasField("departure")),
        alighting=not (first and whole),
    )
    status, aimed, found = _told_times(update, reading, run, last=last, boards=boarding)
    expected, actual = times_of(found, reading.now_s)
    return Call(
        order=order,
        stop_place_id=place.id if place else reading.scoped(stop_id),
        stop_name=place.name if place else Name(en=stop_id),
        quay_id=None if stop is None or stop.is_place else stop.id,
        aimed=aimed,
        expected=expected,
        actual=actual,
        planned_platform=stop.platform_code if stop else None,
        status=status,
        boarding=boarding and status not in NOT_SERVED,
        alighting=alighting and status not in NOT_SERVED,
        occupancy=occupancy_at(update),
        exchange_told=whole,
    )


def _told_times(
    update: Update, reading: Reading, run: Run, *, last: bool, boards: bool
) -> tuple[CallStatus, Times, Prediction]:
    arrival_s, departure_s = scheduled_at(update.arrival), scheduled_at(update.departure)
    aimed = Times(
        None if arrival_s is None else utc(arrival_s),
        None if departure_s is None else utc(departure_s),
    )
    if run.relationship in CALLED_OFF:
        return CallStatus.CANCELLED, aimed, NOTHING
    if update.schedule_relationship == Update.SKIPPED:
        return CallStatus.SKIPPED, aimed, NOTHING
    if update.schedule_relationship == Update.NO_DATA:
        return CallStatus.NO_DATA, aimed, NOTHING
    planned = arrival_s, departure_s
    found = predict(update, planned, None, reading, run.ref)
    return status_of(found, planned, reading.now_s, last=last, boards=boards), aimed, found
