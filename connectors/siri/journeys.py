"""EstimatedVehicleJourneys to dated journeys of the real-time layer."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from connectors.siri.calls import Setting, calls_of, is_cancelled
from connectors.siri.common import each, is_full, open_batch, too_early_or_late
from connectors.siri.config import SiriJourneyConfig
from connectors.siri.matching import Ambiguous, Journey, Run, match, telling
from connectors.siri.orders import sequenced
from hub.connector import Batch, Context, Envelope, Reject
from hub.errors import Reason
from hub.formats.siri import et as siri_et
from hub.formats.siri.et import EstimatedVehicleJourney, SiriCall
from hub.model.common import Mode, Name
from hub.model.ids import journey_id, scoped
from hub.model.journeys import Call, CallStatus, DatedJourney, JourneyState, Layer, LineRef
from hub.model.timetable import Timetable
from hub.model.timetable_rows import service_midnight

MODES = {
    "air": Mode.OTHER,
    "bus": Mode.BUS,
    "coach": Mode.COACH,
    "ferry": Mode.FERRY,
    "metro": Mode.METRO,
    "rail": Mode.RAIL,
    "tram": Mode.TRAM,
    "underground": Mode.METRO,
    "water": Mode.FERRY,
}
_NETEX_ID = re.compile(r"\w+:Line:(?P<local>.+)")
_BEEN_AT = frozenset({CallStatus.ARRIVED, CallStatus.DEPARTED})
MAX_CALLS = 1_000
"""More than the longest line has: matching such a journey would only cost time."""


def parse(raw: Envelope, context: Context) -> Batch:
    """Dated journeys of one EstimatedTimetable delivery; what cannot be used, with its reason.

    `entities` are EstimatedVehicleJourneys. A journey of the timetable takes the trip's id, line,
    names and orders (see `matching`); one the timetable does not have is accepted under its own
    reference. Of two messages about one journey the newer is taken, the other is a DUPLICATE.
    Raises PayloadError if the bytes are no such delivery or carry only the producer's error.
    """
    deliveries = siri_et.read(raw.body, context.timezone)
    batch = open_batch(deliveries, raw)
    work = JourneyReading(raw.received_at, context, batch)
    for message, delivery in each(siri_et.journeys, deliveries, context, batch):
        work.take(message, delivery.response_timestamp or raw.received_at)
    batch.records.extend(work.journeys())
    batch.lists_all(is_full(deliveries, context))
    return batch


@dataclass(slots=True)
class Found:
    """A journey that was read; `aside` holds its notes and counts until it is sure to be kept."""

    record: DatedJourney
    recorded_at: datetime
    matched: bool
    aside: Batch


class JourneyReading:
    """The journeys of one payload of any SIRI service; `tells`: whether a call says anything."""

    def __init__(
        self,
        received_at: datetime,
        context: Context,
        batch: Batch,
        tells: Callable[[SiriCall], bool] = lambda _: True,
    ) -> None:
        if not isinstance(context.config, SiriJourneyConfig):
            message = f"feed {context.feed_id}: no configuration for SIRI journeys"
            raise TypeError(message)
        self.config = context.config
        self.context = context
        self.received_at = received_at
        self.batch = batch
        self.tells = tells
        reference = context.reference
        self.timetable = reference if isinstance(reference, Timetable) else None
        self.found: dict[str, Found] = {}

    def take(self, message: EstimatedVehicleJourney, response_timestamp: datetime) -> None:
        """Read one journey; keep it, or refuse it with its reason."""
        recorded_at = message.recorded_at or response_timestamp
        refusal = self.refusal(message, recorded_at)
        if refusal:
            self.batch.reject(*refusal)
            return
        self._keep(self.read(message, recorded_at), message.ref or "?")

    def read(self, message: EstimatedVehicleJourney, recorded_at: datetime) -> Found:
        """What a journey is and what is told of it."""
        # notes and counts of a journey that turns out to be superseded are dropped with it
        aside, ref = Batch(), message.ref or "?"
        aside.notes.extend(Reject(fault.reason, ref, fault.detail) for fault in message.faults)
        journey = self.identify(message, recorded_at, aside)
        journey, run = telling(journey, self._match(journey, aside), self.tells)
        record = self._record(journey, run, recorded_at, aside)
        return Found(record, recorded_at, run is not None, aside)

    def journeys(self) -> list[DatedJourney]:
        """What was kept and touches the interchange; their notes and counts go to the batch."""
        kept = []
        for found in self.found.values():
            self.batch.notes.extend(found.aside.notes)
            self.batch.matched_stops += found.aside.matched_stops
            self.batch.matched_journeys += found.matched
            if self._is_ours(found.record):
                kept.append(found.record)
        return kept

    def told(self) -> set[str]:
        """Ids of the journeys that were read, and those their source has for them."""
        records = [found.record for found in self.found.values()]
        return {id_ for record in records for id_ in (record.id, record.told_as) if id_}

    def refusal(
        self, message: EstimatedVehicleJourney, recorded_at: datetime
    ) -> tuple[Reason, str, str] | None:
        """Why a journey cannot be used at all: reason, native id, sentence; None if it can."""
        if message.ref is None:
            line = message.line_ref or message.vehicle_ref or "?"
            return Reason.MISSING_FIELD, line, "the journey has no DatedVehicleJourneyRef"
        if any(
            fault.reason is Reason.TIMESTAMP_EPOCH and fault.detail.startswith("RecordedAtTime")
            for fault in message.faults
        ):
            return Reason.TIMESTAMP_EPOCH, message.ref, "RecordedAtTime lies before 2000"
        if late := too_early_or_late(recorded_at, self.received_at):
            return Reason.TIMESTAMP_IN_FUTURE, message.ref, f"the journey {late}"
        if len(message.calls) > MAX_CALLS:
            return Reason.TOO_LARGE, message.ref, f"{len(message.calls)} calls in one journey"
        if message.calls and not any(call.stop_point_ref for call in message.calls):
            return Reason.MISSING_FIELD, message.ref, "no call has a StopPointRef"
        if not (message.calls or message.cancelled):
            return Reason.EMPTY_ENTITY, message.ref, "no calls, and not cancelled: nothing is said"
        return None

    def identify(
        self, message: EstimatedVehicleJourney, recorded_at: datetime, aside: Batch
    ) -> Journey:
        """Which journey a message speaks of, as far as it says so itself; its calls in sequence."""
        message, native = sequenced(message), message.ref or ""
        ref, day = self.config.named(native, message.declared_date)
        journey = Journey(
            message=message,
            ref=ref,
            day=day or recorded_at.astimezone(self.context.timezone).date(),
            line_ref=_line_ref(message.line_ref),
            numbers=tuple(filter(None, [self._train_number(message)])),
        )
        first = journey.first_aimed
        if day is None and first:
            return replace(journey, day=first.astimezone(self.context.timezone).date())
        if day is None:
            aside.note(
                Reason.TIMESTAMP_MISSING,
                native,
                f"nothing names the service day; taken as {journey.day}, the day of the message",
            )
        return journey

    def _train_number(self, message: EstimatedVehicleJourney) -> str | None:
        line = message.line_name.best if message.line_name else None
        fields = {
            "TrainNumberRef": message.train_number,
            "VehicleRef": message.vehicle_ref,
            "VehicleJourneyName": message.journey_name,
            "PublishedLineName": line,
        }
        return next((fields[name] for name in self.config.train_number_from if fields[name]), None)

    def _match(self, journey: Journey, aside: Batch) -> Run | None:
        if self.timetable is None:
            return None
        found = match(journey, self.timetable, self.config.matching)
        if isinstance(found, Ambiguous):
            trips = ", ".join(found.trip_ids[:5])
            aside.note(Reason.AMBIGUOUS_MATCH, journey.ref, f"{found.method} finds {trips}")
            return None
        return found

    def _record(
        self, journey: Journey, run: Run | None, recorded_at: datetime, aside: Batch
    ) -> DatedJourney:
        message, dataset = journey.message, self.context.dataset
        setting = Setting(
            dataset=dataset,
            journey_ref=message.ref or "",
            day_start=service_midnight(self.context.timezone, journey.day),
            measured_until=min(recorded_at, self.received_at),
            timetable=self.timetable,
            run=run,
            passengers=not set(message.service_features) & set(self.config.not_for_passengers),
        )
        calls = calls_of(message, setting, aside)
        told = DatedJourney(
            id=journey_id(dataset, journey.ref, journey.day),
            dataset=dataset,
            native_id=message.ref or "",
            service_date=journey.day,
            layer=Layer.REALTIME,
            mode=self.mode(message, journey.line_ref),
            state=_state(message, run, calls),
            line=self.line(journey.line_ref, message.line_name),
            public_code=self._train_number(message),
            origin=message.origin or _call_name(message, 0),
            destination=message.destination or _call_name(message, -1),
            via=message.via,
            operator=self._operator(journey.line_ref, message.operator_ref),
            vehicle_ref=scoped(dataset, message.vehicle_ref) if message.vehicle_ref else None,
            calls=calls,
            partial=message.partial,
            observed_at=message.recorded_at,
        )
        return self._as_planned(told, run) if run else told

    def _as_planned(self, told: DatedJourney, run: Run) -> DatedJourney:
        """What is told of a trip of the timetable, under the timetable's id and names."""
        if self.timetable is None:
            return told
        planned = self.timetable.planned_journey(run.trip.native_id, run.service_date)
        if planned is None:
            return told
        return replace(
            planned,
            layer=Layer.REALTIME,
            state=told.state,
            public_code=run.trip.short_name or told.public_code or planned.public_code,
            via=told.via,
            operator=planned.operator or told.operator,
            vehicle_ref=told.vehicle_ref,
            calls=told.calls,
            observed_at=told.observed_at,
            told_as=told.id if told.id != planned.id else None,
        )

    def mode(self, message: EstimatedVehicleJourney, line_ref: str | None) -> Mode:
        """The mode that is told, else the feed's, else that of the timetable's line, else OTHER."""
        told = MODES.get(message.mode or "") or self.context.mode
        route = self.timetable.route(line_ref) if self.timetable and line_ref else None
        return told or (route.mode if route else Mode.OTHER)

    def line(self, ref: str | None, name: Name | None) -> LineRef | None:
        """What a board shows of a line: as the timetable has it, else as the producer does."""
        if ref is None:
            return None
        route = self.timetable.route(ref) if self.timetable else None
        if route:
            return route.line
        local = _NETEX_ID.fullmatch(ref)
        code = name.best if name else (local["local"] if local else ref)
        return LineRef(
            id=scoped(self.context.dataset, ref), public_code=code, name=name or Name(en=code)
        )

    def _operator(self, line_ref: str | None, ref: str | None) -> Name | None:
        """Who runs a line, as the timetable has it; else the producer's code of the operator."""
        route = self.timetable.route(line_ref) if self.timetable and line_ref else None
        return (route.operator if route else None) or (Name(en=ref) if ref else None)

    def _keep(self, found: Found, ref: str) -> None:
        known = self.found.get(found.record.id)
        if known is None:
            self.found[found.record.id] = found
            return
        if found.recorded_at > known.recorded_at:
            self.found[found.record.id] = found
        self.batch.reject(
            Reason.DUPLICATE,
            ref,
            f"{found.record.id} is in the delivery twice; the newer, else the first, is taken",
        )

    def _is_ours(self, record: DatedJourney) -> bool:
        if not self.context.stop_places or not record.calls:
            return True
        ours = {scoped(self.context.dataset, place) for place in self.context.stop_places}
        return any(call.stop_place_id in ours or call.quay_id in ours for call in record.calls)


def _state(
    message: EstimatedVehicleJourney, run: Run | None, calls: tuple[Call, ...]
) -> JourneyState:
    if message.cancelled or _is_cancelled_whole(message, run):
        return JourneyState.CANCELLED
    if message.extra:
        return JourneyState.ADDED
    under_way = any(call.status in _BEEN_AT for call in calls)
    return JourneyState.RUNNING if under_way else JourneyState.PLANNED


def _is_cancelled_whole(message: EstimatedVehicleJourney, run: Run | None) -> bool:
    """Whether no call is left: every one the journey has is told, and told to be cancelled."""
    if not (message.calls and all(is_cancelled(call) for call in message.calls)):
        return False
    if run is None:
        return not message.partial
    return {one.planned for one in run.choices}.issuperset(range(len(run.trip.calls)))


def _line_ref(ref: str | None) -> str | None:
    """The line's id. BaneNOR writes it twice, "A$A", and "A:Line:-" where there is none."""
    if ref is None:
        return None
    first, _, second = ref.partition("$")
    line = first if first == second else ref
    return None if line.rpartition(":")[2] in {"", "-"} else line


def _call_name(message: EstimatedVehicleJourney, index: int) -> Name | None:
    return message.calls[index].stop_point_name if message.calls else None
