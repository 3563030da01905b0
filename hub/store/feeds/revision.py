"""What a record changes in a journey that was written from the record before it. Pure.

A real-time source tells again and again of the same calls. Who wrote what it told before, and has
that record, need not read the journey to know what changes now: calls are named by their places in
it. `rev` names the write that a document is from, so that this holds only while nobody else has
written. What is not plainly news of the same calls is left to `hub.store.feeds.merge`.
"""

from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from typing import NamedTuple

from hub.model.ids import call_id
from hub.model.journeys import NOT_SERVED, Call, DatedJourney, Layer
from hub.store.feeds.merge import CALLED_OFF, stored_times
from hub.store.feeds.placing import stand_as_told
from hub.store.feeds.rows import Document, plain, unzoned

_AS_A_WHOLE = attrgetter(
    *("state", "vehicle_ref", "line", "public_code", "mode", "origin", "destination"),
    *("headsign", "via", "operator", "wheelchair", "partial", "told_as"),
)
_NOT_NEWS = attrgetter(
    *("order", "stop_place_id", "stop_name", "quay_id", "planned_platform", "aimed"),
    *("boarding", "alighting", "exchange_told", "headsign"),
    *("aimed_approximate", "aimed_interpolated", "extra"),
)
"""What a call repeats of the timetable, or seldom changes: then the journey is merged."""


class Placed(NamedTuple):
    """Where a record's call is in the journey, and what is stored of it there."""

    at: int
    order: int
    boarding: bool
    alighting: bool


class Written(NamedTuple):
    """What is remembered of a journey that was written from a record.

    `rev` names that write, `placed` says where each of the record's calls is. `planned`: a
    timetable has the journey, and calls that are not told keep what they have.
    """

    rev: int
    placed: tuple[Placed, ...]
    planned: bool


class Before(NamedTuple):
    """What a feed said last of a journey, how that was written, and the time it is shown with."""

    record: DatedJourney
    written: Written
    observed_at: datetime | None


@dataclass(slots=True)
class Revision:
    """What to set in the journey and, by their ids, in its rows; where the calls are then."""

    placed: tuple[Placed, ...]
    journey: Document = field(default_factory=dict)
    rows: dict[str, Document] = field(default_factory=dict)


def written(journey: Document, record: DatedJourney) -> Written | None:
    """What to remember of a journey that was merged from a real-time `record`.

    None where the next record is to be merged, too: other sources speak of the journey, it is
    called off, two calls of the record are one of it, their times said which calls they are, or
    nobody named the write.
    """
    if record.layer is not Layer.REALTIME or record.state in CALLED_OFF:
        return None
    if "contested" in journey or "rev" not in journey:
        return None
    calls = {call["order"]: call for call in journey["calls"]}
    index = {order: number for number, order in enumerate(calls)}
    orders = [call.order for call in record.calls]
    if not stand_as_told(calls, record.calls) or len(orders) != len(set(orders)):
        return None
    placed = tuple(
        Placed(index[order], order, calls[order]["boarding"], calls[order]["alighting"])
        for order in orders
    )
    return Written(journey["rev"], _shared(placed), "timetable" in journey)


@lru_cache(maxsize=1 << 12)
def _shared(placed: tuple[Placed, ...]) -> tuple[Placed, ...]:
    """One object for all journeys of the same shape: there are many journeys and few shapes."""
    return placed


def revision(before: Before, record: DatedJourney, stop_places: frozenset[str]) -> Revision | None:
    """What makes of a journey as it was left the one that `record` would be merged to.

    What `record` says of its own layer is left to the caller. `stop_places` are those that have
    rows (empty: all). None where the journey has to be read.
    """
    if record.state in CALLED_OFF or _AS_A_WHOLE(before.record) != _AS_A_WHOLE(record):
        return None
    calls, placed = before.record.calls, before.written.placed
    passed = len(calls) - len(record.calls)
    if passed < 0 or (passed > 0 and not before.written.planned):
        return None
    found = Revision(placed[passed:] if passed else placed)
    for was, call, there in zip(calls[passed:], record.calls, found.placed, strict=True):
        if was is call:
            continue
        if _NOT_NEWS(was) != _NOT_NEWS(call):
            return None
        if was.status in NOT_SERVED or call.status in NOT_SERVED:
            return None
        if not (news := _news(was, call)):
            continue
        found.journey.update((f"calls.{there.at}.{name}", value) for name, value in news.items())
        if not stop_places or call.stop_place_id in stop_places:
            best = _best(was, call, there)
            if best is None:
                return None
            found.rows[call_id(record.id, there.order)] = _shown(news) | best
    return found


def _shown(news: Document) -> Document:
    """What of it is in a row."""
    return {name: value for name, value in news.items() if name != "reported"}


def _news(was: Call, call: Call) -> Document:
    """The fields of a call that change."""
    news: Document = {}
    if was.expected != call.expected:
        news["expected"] = stored_times(call.expected)
    if was.actual is not call.actual and was.actual != call.actual:
        news["actual"] = stored_times(call.actual)
    if was.status is not call.status:
        news["status"] = news["reported"] = call.status.value
    if was.actual_platform != call.actual_platform:
        news["platform.actual"] = call.actual_platform
    if was.occupancy != call.occupancy:
        news["occupancy"] = plain(call.occupancy)
    if was.coach != call.coach:
        news["coach"] = plain(call.coach)
    return news


def _best(was: Call, call: Call, placed: Placed) -> Document | None:
    """The times its row is sorted by, where they change; None if only the journey has them."""
    best: Document = {}
    for end, shown in (("departure", placed.boarding), ("arrival", placed.alighting)):
        if not shown:
            continue
        moment = _known(call, end)
        if moment == _known(was, end):
            continue
        if moment is None:
            return None
        best[f"board.{end}"] = unzoned(moment)
    return best


def _known(call: Call, end: str) -> datetime | None:
    moment: datetime | None = getattr(call.actual, end) or getattr(call.expected, end)
    return moment
