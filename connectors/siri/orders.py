"""The order of each call of a SIRI journey: what names it from one message to the next."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from zlib import crc32

from connectors.siri.matching import Run
from hub.formats.siri.et import EstimatedVehicleJourney, SiriCall
from hub.model.journeys import Times
from hub.rules.visits import in_sequence

_BEHIND = 1_000_000
"""More seconds than any service day has."""


def sequenced(message: EstimatedVehicleJourney) -> EstimatedVehicleJourney:
    """The journey with its calls one behind the other, where the recorded ones came first.

    SIRI lists what is over before what is to come; a call whose recording is missing is estimated.
    """
    calls = message.calls
    orders = [call.order for call in calls]
    aimed = [call.aimed.arrival or call.aimed.departure for call in calls]
    mixed = len({call.recorded for call in calls}) > 1
    times = [moment.timestamp() if moment and mixed else None for moment in aimed]
    return replace(message, calls=tuple(calls[at] for at in in_sequence(orders, times)))


def ordered(
    message: EstimatedVehicleJourney, run: Run | None, day_start: datetime
) -> Iterator[tuple[SiriCall, int]]:
    """Every call that has a place in the journey, with its order; `day_start` is its second 0.

    A planned call that is told twice, as an arrival and a departure, comes once. A call the trip
    does not plan goes into a gap between the planned ones if the publisher left one, else behind
    the last. One that could be several planned calls has no place.
    """
    if run is None:
        yield from _unmatched(message.calls, day_start, partial=message.partial)
        return
    taken = {row.stop_sequence for row in run.trip.calls}
    last = min(taken) - 1
    joined: dict[int, SiriCall] = {}
    for call, choice in zip(message.calls, run.choices, strict=True):
        if choice.is_ambiguous:
            continue
        if choice.planned is not None:
            last = run.trip.calls[choice.planned].stop_sequence
            joined[last] = _joined(joined[last], call) if last in joined else call
            continue
        last = last + 1 if last + 1 not in taken else max(taken) + 1
        taken.add(last)
        joined[last] = call
    yield from ((call, order) for order, call in joined.items())


def _joined(before: SiriCall, call: SiriCall) -> SiriCall:
    """One call of two that are told of it: what the second does not say, the first does."""
    return replace(
        call,
        recorded=before.recorded and call.recorded,
        at_stop=before.at_stop or call.at_stop,
        aimed=_both(before.aimed, call.aimed),
        expected=_both(before.expected, call.expected),
        actual=_both(before.actual, call.actual),
        arrival_status=call.arrival_status or before.arrival_status,
        departure_status="cancelled"
        if call.cancelled and not before.cancelled
        else call.departure_status or before.departure_status,
        cancelled=before.cancelled and call.cancelled,
        alighting=before.alighting,
        occupancy=call.occupancy or before.occupancy,
        platform=call.platform or before.platform,
        aimed_platform=call.aimed_platform or before.aimed_platform,
    )


def _both(before: Times, times: Times) -> Times:
    return Times(times.arrival or before.arrival, times.departure or before.departure)


def _unmatched(
    calls: Sequence[SiriCall], day_start: datetime, *, partial: bool
) -> Iterator[tuple[SiriCall, int]]:
    given = [call.order for call in calls]
    usable = None not in given and len(set(given)) == len(given)
    taken: set[int] = set()
    for position, call in enumerate(calls, start=1):
        order = position
        if usable and call.order is not None:
            order = call.order
        elif partial:
            order = _order_by_time(call, day_start)
            while order in taken:
                order += 1
        taken.add(order)
        yield call, order


def _order_by_time(call: SiriCall, day_start: datetime) -> int:
    """An order that is the same in every message: the second of the service day it is planned at.

    A call without an aimed or actual time stands behind those that have one, by its stop.
    """
    moment = call.aimed.departure or call.aimed.arrival
    moment = moment or call.actual.departure or call.actual.arrival
    if moment is None:
        named = f"{call.stop_point_ref}#{call.visit_number}".encode()
        return _BEHIND + crc32(named) % _BEHIND
    seconds = int((moment - day_start).total_seconds())
    return min(max(seconds, 0), _BEHIND - 1)
