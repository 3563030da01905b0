"""The order of each call of a SIRI journey: what names it from one message to the next."""

from collections.abc import Iterator
from datetime import datetime
from zlib import crc32

from connectors.siri_et.matching import Run
from hub.formats.siri_et import EstimatedVehicleJourney, SiriCall

_BEHIND = 1_000_000
"""More seconds than any service day has."""


def ordered(
    message: EstimatedVehicleJourney, run: Run | None, day_start: datetime
) -> Iterator[tuple[SiriCall, int]]:
    """Every call with its order; `day_start` is second 0 of the service day.

    A call the trip does not plan goes into a gap between the planned ones if the publisher left
    one, else behind the last.
    """
    if run is None:
        yield from _unmatched(message, day_start)
        return
    taken = {row.stop_sequence for row in run.trip.calls}
    last = min(taken) - 1
    for call, row in zip(message.calls, run.planned, strict=True):
        order = row.stop_sequence if row else last + 1
        if row is None and order in taken:
            order = max(taken) + 1
        taken.add(order)
        last = order
        yield call, order


def _unmatched(
    message: EstimatedVehicleJourney, day_start: datetime
) -> Iterator[tuple[SiriCall, int]]:
    given = [call.order for call in message.calls]
    usable = None not in given and len(set(given)) == len(given)
    taken: set[int] = set()
    for position, call in enumerate(message.calls, start=1):
        order = position
        if usable and call.order is not None:
            order = call.order
        elif message.partial:
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
