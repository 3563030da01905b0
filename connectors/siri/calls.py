"""Calls of a SIRI journey in the hub's words: orders, places, platforms, times, status."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from connectors.siri.matching import Run
from connectors.siri.orders import ordered
from hub.connector import Batch
from hub.errors import Reason
from hub.formats.siri.et import EstimatedVehicleJourney, SiriCall
from hub.model.common import Name
from hub.model.ids import scoped
from hub.model.journeys import Call, CallStatus, Times
from hub.model.timetable import Timetable
from hub.model.timetable_rows import Stop
from hub.rules.punctuality import by_lateness

MEASURED_AHEAD = timedelta(seconds=60)
"""How far an actual time may lie after the producer's own time before it cannot be one."""

_STATED = {
    "onTime": CallStatus.ON_TIME,
    "early": CallStatus.EARLY,
    "delayed": CallStatus.DELAYED,
    "arrived": CallStatus.ARRIVED,
    "departed": CallStatus.DEPARTED,
    "noReport": CallStatus.NO_DATA,
    "missed": CallStatus.SKIPPED,
    "notExpected": CallStatus.SKIPPED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What the calls of one journey have in common.

    `journey_ref` names it in notes; `day_start` is second 0 of its service day, `measured_until`
    the latest moment anything can have been measured at; `passengers`: anybody may board at all.
    """

    dataset: str
    journey_ref: str
    day_start: datetime
    measured_until: datetime
    timetable: Timetable | None
    run: Run | None
    passengers: bool


def calls_of(message: EstimatedVehicleJourney, setting: Setting, batch: Batch) -> tuple[Call, ...]:
    """The calls of a journey, in order; what could not be used is noted in the batch.

    A matched call takes the stop_sequence of its planned call; one that could be several of them is
    left out. An unmatched journey keeps its Order elements where they are complete and unique, else
    its calls are counted from 1; where the message tells a part of the calls only, they are ordered
    by their times instead. When the whole journey is cancelled, the planned calls it does not
    mention are cancelled with it.
    """
    planned = _planned_calls(setting)
    _note_ambiguous(message, setting, batch)
    calls, behind = [], -1
    places: dict[int, tuple[int, int]] = {}
    for position, (call, order) in enumerate(
        ordered(message, setting.run, setting.day_start), start=1
    ):
        behind = order if order in planned else behind
        places[order] = (behind, order) if planned else (order, order)
        if call.stop_point_ref is None:
            batch.note(
                Reason.MISSING_FIELD, setting.journey_ref, f"call {position} has no StopPointRef"
            )
            continue
        made = _call(call, message, order, planned.get(order), setting, batch)
        _look_at_dwell(made, setting, batch)
        calls.append(made)
    _look_at_order(sorted(calls, key=lambda call: places[call.order]), setting, batch)
    if message.cancelled:
        mentioned = {call.order for call in calls}
        calls += [
            replace(call, status=CallStatus.CANCELLED, boarding=False, alighting=False)
            for order, call in planned.items()
            if order not in mentioned
        ]
    return tuple(sorted(calls, key=lambda call: call.order))


def is_cancelled(call: SiriCall) -> bool:
    """Cancelled as a whole: said so, or neither arrival nor departure is left."""
    sides = [
        (call.arrival_status, call.aimed.arrival or call.expected.arrival),
        (call.departure_status, call.aimed.departure or call.expected.departure),
    ]
    told = [status for status, moment in sides if status or moment]
    return call.cancelled or (bool(told) and all(status == "cancelled" for status in told))


def _note_ambiguous(message: EstimatedVehicleJourney, setting: Setting, batch: Batch) -> None:
    """Say of which calls nobody can tell which planned one they are."""
    if setting.run is None:
        return
    rows = setting.run.trip.calls
    for call, choice in zip(message.calls, setting.run.choices, strict=True):
        if choice.is_ambiguous:
            batch.matched_stops += 1
            numbers = ", ".join(str(rows[at].stop_sequence) for at in choice.among[:5])
            said = call.order if call.order is not None else "none"
            batch.note(
                Reason.AMBIGUOUS_MATCH,
                setting.journey_ref,
                f"the call at {call.stop_point_ref} (Order {said}) could be any of the trip's "
                f"calls {numbers} or one it does not have; left out",
            )


def _planned_calls(setting: Setting) -> dict[int, Call]:
    if setting.run is None or setting.timetable is None:
        return {}
    run = setting.run
    return {
        call.order: call for call in setting.timetable.planned_calls(run.trip, run.service_date)
    }


def _call(
    call: SiriCall,
    message: EstimatedVehicleJourney,
    order: int,
    planned: Call | None,
    setting: Setting,
    batch: Batch,
) -> Call:
    stop = _known_stop(call, setting, batch)
    quay = _stop(call.expected_quay_ref, setting) or stop
    actual = _measured(call, setting, batch)
    recorded = call.recorded and actual == call.actual
    base = planned or _unplanned(call, order, stop, setting)
    aimed = Times(
        call.aimed.arrival or base.aimed.arrival, call.aimed.departure or base.aimed.departure
    )
    published = aimed != base.aimed
    served = setting.passengers and not (message.cancelled or is_cancelled(call))
    boarding = served and base.boarding and call.boarding
    boarding = boarding and call.departure_status != "cancelled"
    alighting = served and base.alighting and call.alighting
    alighting = alighting and call.arrival_status != "cancelled"
    return replace(
        base,
        quay_id=_quay_id(call, quay, setting) or base.quay_id,
        aimed=aimed,
        aimed_approximate=base.aimed_approximate and not published,
        aimed_interpolated=base.aimed_interpolated and not published,
        expected=call.expected,
        actual=actual,
        planned_platform=call.aimed_platform
        or _platform(_stop(call.aimed_quay_ref, setting))
        or base.planned_platform,
        actual_platform=call.platform or _platform(quay),
        status=_status(call, message, aimed, actual, recorded=recorded, boards=boarding),
        boarding=boarding,
        alighting=alighting,
        exchange_told=(boarding, alighting) != (base.boarding, base.alighting),
        occupancy=call.occupancy or message.occupancy,
    )


def _known_stop(call: SiriCall, setting: Setting, batch: Batch) -> Stop | None:
    """The stop the timetable has for a call, counted; a planned train's unknown stop is noted."""
    stop = _stop(call.stop_point_ref, setting)
    batch.matched_stops += stop is not None
    if stop is None and setting.run and not call.extra:
        batch.note(
            Reason.UNKNOWN_STOP,
            setting.journey_ref,
            f"StopPointRef {call.stop_point_ref} is not in the timetable; kept under its own id",
        )
    return stop


def _unplanned(call: SiriCall, order: int, stop: Stop | None, setting: Setting) -> Call:
    """A call the timetable does not have: at a place it knows, or at one of the producer's own."""
    ref = call.stop_point_ref or ""
    place = setting.timetable.place(ref) if setting.timetable and stop else None
    name = place.name if place else call.stop_point_name
    return Call(
        order=order,
        stop_place_id=place.id if place else scoped(setting.dataset, ref),
        stop_name=name or Name(en=ref),
        boarding=call.aimed.departure is not None or call.expected.departure is not None,
        alighting=call.aimed.arrival is not None or call.expected.arrival is not None,
        headsign=call.destination,
        extra=call.extra,
    )


def _stop(ref: str | None, setting: Setting) -> Stop | None:
    return setting.timetable.stop(ref) if setting.timetable and ref else None


def _platform(stop: Stop | None) -> str | None:
    return stop.platform_code if stop else None


def _quay_id(call: SiriCall, quay: Stop | None, setting: Setting) -> str | None:
    if quay is not None:
        return None if quay.is_place else quay.id
    return scoped(setting.dataset, call.expected_quay_ref) if call.expected_quay_ref else None


def _measured(call: SiriCall, setting: Setting, batch: Batch) -> Times:
    """The actual times that can be: nothing has been measured in the future."""
    kept = []
    for name, moment in (("Arrival", call.actual.arrival), ("Departure", call.actual.departure)):
        if moment and moment > setting.measured_until + MEASURED_AHEAD:
            batch.note(
                Reason.TIMESTAMP_IN_FUTURE,
                setting.journey_ref,
                f"Actual{name}Time {moment.isoformat()} at {call.stop_point_ref} is yet to come",
            )
            moment = None  # noqa: PLW2901  # refused
        kept.append(moment)
    return Times(*kept)


def _status(
    call: SiriCall,
    message: EstimatedVehicleJourney,
    aimed: Times,
    actual: Times,
    *,
    recorded: bool,
    boards: bool,
) -> CallStatus:
    """What the producer says; what it does not say is NO_DATA or UNKNOWN, never on time.

    The departure speaks for the call, the arrival where nobody `boards`: the train ends there, or
    its departure is cancelled.
    """
    if message.cancelled or is_cancelled(call):
        return CallStatus.CANCELLED
    if actual.departure:
        return CallStatus.DEPARTED
    if actual.arrival or call.at_stop:
        return CallStatus.ARRIVED
    leaves = call.departure_status != "cancelled"
    departs = leaves and bool(call.aimed.departure or call.expected.departure)
    if recorded:
        return CallStatus.DEPARTED if departs else CallStatus.ARRIVED
    speaks = departs and (boards or not _arrives(call))
    word = call.departure_status if speaks else call.arrival_status
    stated = _STATED.get(word or call.arrival_status or "") or _from_times(call, aimed, speaks)
    if stated is CallStatus.ON_TIME and (call.inaccurate or message.inaccurate):
        return CallStatus.UNKNOWN
    return stated


def _arrives(call: SiriCall) -> bool:
    """Whether anything is told of the arrival."""
    return bool(call.arrival_status or call.expected.arrival)


def _from_times(call: SiriCall, aimed: Times, departs: bool) -> CallStatus:
    by_departure = departs and call.expected.departure is not None
    expected = call.expected.departure if by_departure else call.expected.arrival
    planned = aimed.departure if by_departure else aimed.arrival
    if expected is None:
        return CallStatus.NO_DATA
    if planned is None:
        return CallStatus.UNKNOWN
    return by_lateness((expected - planned).total_seconds())


def _look_at_dwell(call: Call, setting: Setting, batch: Batch) -> None:
    """Note a departure before the arrival; both stay, nobody can say which of them is wrong."""
    for kind, times in (("expected", call.expected), ("actual", call.actual)):
        if times.arrival and times.departure and times.departure < times.arrival:
            short = (times.arrival - times.departure).total_seconds()
            batch.note(
                Reason.NEGATIVE_DWELL,
                setting.journey_ref,
                f"call {call.order}: {kind} departure is {short:.0f} s before the arrival",
            )


def _look_at_order(calls: list[Call], setting: Setting, batch: Batch) -> None:
    """Note a call that is reached before the last one was left; both stay."""
    left: datetime | None = None
    for call in calls:
        if call.status is CallStatus.CANCELLED:
            continue
        best = [
            call.actual.arrival or call.expected.arrival,
            call.actual.departure or call.expected.departure,
        ]
        reached = best[0] or best[1]
        if left and reached and reached < left:
            batch.note(
                Reason.TIME_ORDER,
                setting.journey_ref,
                f"call {call.order} is reached {(left - reached).total_seconds():.0f} s before"
                " the call before it is left",
            )
        left = best[1] or best[0] or left
