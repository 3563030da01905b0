"""MonitoredStopVisits to dated journeys: the visits of one journey become one record."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from connectors.siri.common import each, is_full, open_batch
from connectors.siri.journeys import JourneyReading
from hub.connector import Batch, Context, Envelope
from hub.errors import Reason
from hub.formats.common.xml import Fault
from hub.formats.siri import sm as siri_sm
from hub.formats.siri.delivery import service_day
from hub.formats.siri.et import SiriCall
from hub.formats.siri.sm import StopVisit, StopVisitCancellation
from hub.model.ids import journey_id

_NEVER = datetime.max.replace(tzinfo=UTC)


def parse(raw: Envelope, context: Context) -> Batch:
    """Dated journeys of one StopMonitoring delivery; what cannot be used, with its reason.

    `entities` are MonitoredStopVisits. Visits of one journey, at several stops or twice at one, are
    told in one record; of two messages about one visit the newer is taken, the other is a
    DUPLICATE. A cancelled visit withdraws what was observed of its journey, unless another visit of
    it is told. Raises PayloadError if the bytes are no such delivery or carry only its error.
    """
    deliveries = siri_sm.read(raw.body, context.timezone)
    batch = open_batch(deliveries, raw)
    work = _Visits(raw, context, batch)
    for visit, delivery in each(siri_sm.visits, deliveries, context, batch):
        work.take(visit, delivery.response_timestamp or raw.received_at)
    work.close()
    told = work.reading.told()
    for delivery in deliveries:
        for cancellation in siri_sm.cancellations(delivery, context.timezone):
            _withdraw(cancellation, work.reading, told)
    batch.lists_all(is_full(deliveries, context))
    return batch


@dataclass(frozen=True, slots=True)
class _Told:
    visit: StopVisit
    recorded_at: datetime
    native: str


class _Visits:
    """The visits of one payload, by journey and stop."""

    def __init__(self, raw: Envelope, context: Context, batch: Batch) -> None:
        self.reading = JourneyReading(raw.received_at, context, batch)
        self.batch = batch
        self.found: defaultdict[tuple[str, date], list[_Told]] = defaultdict(list)

    def take(self, visit: StopVisit, response_timestamp: datetime) -> None:
        """Keep one visit, or refuse it with its reason."""
        message = visit.journey
        recorded_at = message.recorded_at or response_timestamp
        native = visit.item or message.ref or "?"
        if refusal := self.reading.refusal(message, recorded_at):
            self.batch.reject(refusal[0], native, refusal[2])
            return
        journey = self.reading.identify(message, recorded_at, Batch())
        self.found[journey.ref, journey.day].append(_Told(visit, recorded_at, native))

    def close(self) -> None:
        """Make one record of each journey's visits."""
        for visits in self.found.values():
            told = self._once(visits)
            newest = told[-1]
            message = replace(newest.visit.journey, calls=_merged(told), faults=_faults(told))
            read = self.reading.read(message, newest.recorded_at)
            self.reading.found[read.record.id] = read
        self.batch.records.extend(self.reading.journeys())

    def _once(self, told: list[_Told]) -> list[_Told]:
        """Every visit once, the newest last; a loop visits one stop twice."""
        key = _keys(one.visit.monitored for one in told if one.visit.monitored)
        kept: dict[tuple[object, ...], _Told] = {}
        for one in told:
            call = one.visit.monitored
            name = key(call) if call else (one.visit.monitoring_ref,)
            known = kept.setdefault(name, one)
            if known is one:
                continue
            if one.recorded_at > known.recorded_at:
                kept[name] = one
            self.batch.reject(
                Reason.DUPLICATE,
                one.native,
                "the visit is told twice; the newer, else the first, is taken",
            )
        return sorted(kept.values(), key=lambda one: one.recorded_at)


def _merged(told: list[_Told]) -> tuple[SiriCall, ...]:
    """Every call once, in the journey's order.

    A visit knows its own stop best; of what others say of it the newest counts.
    """
    if len(told) == 1:
        return told[0].visit.journey.calls
    key = _keys(call for one in told for call in one.visit.journey.calls)
    calls: dict[tuple[object, ...], SiriCall] = {}
    for one in told:
        calls |= {key(call): call for call in one.visit.journey.calls}
    for one in told:
        if one.visit.monitored is not None:
            calls[key(one.visit.monitored)] = one.visit.monitored
    merged = sorted(calls.values(), key=_moment)
    if all(call.order is not None for call in merged):
        merged.sort(key=lambda call: call.order or 0)
    return tuple(merged)


def _keys(calls: Iterable[SiriCall]) -> Callable[[SiriCall], tuple[object, ...]]:
    """What tells a journey's calls apart: stop and Order, else stop and aimed time or VisitNumber.

    An Order that is on calls of several aimed times or VisitNumbers is none.
    """
    same: defaultdict[tuple[object, ...], list[SiriCall]] = defaultdict(list)
    for call in calls:
        same[call.stop_point_ref, call.order].append(call)
    several = {named for named, told in same.items() if named[1] is None or _are_several(told)}

    def key(call: SiriCall) -> tuple[object, ...]:
        named = (call.stop_point_ref, call.order)
        aimed = call.aimed.departure or call.aimed.arrival
        return (*named, aimed or call.visit_number) if named in several else named

    return key


def _are_several(told: list[SiriCall]) -> bool:
    arrivals = {call.aimed.arrival for call in told} - {None}
    departures = {call.aimed.departure for call in told} - {None}
    if len(arrivals) > 1 or len(departures) > 1:
        return True
    is_aimed = all(call.aimed.arrival or call.aimed.departure for call in told)
    return not is_aimed and len({call.visit_number for call in told} - {None}) > 1


def _moment(call: SiriCall) -> datetime:
    return next(
        (
            moment
            for times in (call.aimed, call.actual, call.expected)
            if (moment := times.departure or times.arrival)
        ),
        _NEVER,
    )


def _faults(told: list[_Told]) -> tuple[Fault, ...]:
    return tuple(fault for one in told for fault in one.visit.journey.faults)


def _withdraw(cancellation: StopVisitCancellation, reading: JourneyReading, told: set[str]) -> None:
    """Take back what was observed of the visit's journey, as its source names it."""
    batch = reading.batch
    native = cancellation.item or cancellation.journey_ref or "?"
    for fault in cancellation.faults:
        batch.note(fault.reason, native, fault.detail)
    if cancellation.journey_ref is None:
        batch.note(
            Reason.MISSING_FIELD,
            native,
            "the cancelled visit names no journey; what was told of it runs out by its age",
        )
        return
    framed = service_day(cancellation.data_frame)
    ref, day = reading.config.named(cancellation.journey_ref, framed)
    if day is None:
        batch.note(Reason.MISSING_FIELD, native, "the cancelled visit has no service day")
        return
    identifier = journey_id(reading.context.dataset, ref, day)
    if identifier not in told:
        batch.withdrawn.append(identifier)
