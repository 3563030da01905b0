"""VehicleActivities to vehicle positions, and to what they tell of their journeys' calls."""

from dataclasses import replace
from datetime import datetime

from connectors.siri.common import each, is_full, open_batch, too_early_or_late
from connectors.siri.journeys import Found, JourneyReading
from connectors.siri_vm.config import SiriVmConfig
from hub.connector import Batch, Context, Envelope
from hub.errors import Reason
from hub.formats.common.fields import checked_position
from hub.formats.siri import vm as siri_vm
from hub.formats.siri.delivery import service_day
from hub.formats.siri.et import SiriCall
from hub.formats.siri.vm import VehicleActivity, VehicleActivityCancellation
from hub.model.common import Mode, Position
from hub.model.ids import journey_id, scoped
from hub.model.vehicles import VehiclePosition

_KMH = 3.6
_FASTEST_KMH = 600.0


def parse(raw: Envelope, context: Context) -> Batch:
    """Positions and journeys of one VehicleMonitoring delivery; what is refused, with its reason.

    `entities` are VehicleActivities. One with a location gives a position; one with calls tells of
    its journey; one with neither is refused. A vehicle is named by its VehicleRef, else by its
    VehicleMonitoringRef, else by its journey, for an ItemIdentifier is another in every message. Of
    two messages about one vehicle the newer is taken, the other is a DUPLICATE. Raises
    PayloadError if the bytes are no such delivery or carry only the producer's error.
    """
    deliveries = siri_vm.read(raw.body, context.timezone)
    batch = open_batch(deliveries, raw)
    work = _Vehicles(raw, context, batch)
    for activity, delivery in each(siri_vm.activities, deliveries, context, batch):
        work.take(_telling(activity, context), delivery.response_timestamp or raw.received_at)
    work.close()
    told = set(work.positions) | work.reading.told()
    for delivery in deliveries:
        for cancellation in siri_vm.cancellations(delivery, context.timezone):
            gone = _withdrawn(cancellation, work.reading)
            batch.withdrawn.extend(identifier for identifier in gone if identifier not in told)
    batch.lists_all(is_full(deliveries, context))
    return batch


class _Vehicles:
    """The vehicles of one payload as they are read."""

    def __init__(self, raw: Envelope, context: Context, batch: Batch) -> None:
        self.reading = JourneyReading(raw.received_at, context, batch, _says_something)
        self.context = context
        self.received_at = raw.received_at
        self.batch = batch
        self.seen: dict[str, datetime] = {}
        self.positions: dict[str, tuple[VehiclePosition, Batch]] = {}

    def take(self, activity: VehicleActivity, response_timestamp: datetime) -> None:
        """Keep what one activity tells, or refuse it with its reason."""
        recorded_at = activity.journey.recorded_at or response_timestamp
        native = activity.vehicle_ref or activity.monitoring_ref or activity.journey.ref
        position = self._position_of(activity)
        refusal = self._refusal(activity, native, position, recorded_at)
        if refusal or native is None:
            reason, detail = refusal or (Reason.MISSING_FIELD, "nothing names the vehicle")
            self.batch.reject(reason, native or activity.item or "?", detail)
            return
        known = self.seen.get(native)
        if known is not None:
            self.batch.reject(
                Reason.DUPLICATE,
                native,
                "in the delivery twice; the newer, else the first, is taken",
            )
            if recorded_at <= known:
                return
        self.seen[native] = recorded_at
        self._keep(activity, native, position, recorded_at)

    def close(self) -> None:
        """Hand what was kept to the batch, vehicles first."""
        for position, aside in self.positions.values():
            self.batch.records.append(position)
            self.batch.notes.extend(aside.notes)
        self.batch.records.extend(self.reading.journeys())

    def _refusal(
        self,
        activity: VehicleActivity,
        native: str | None,
        position: Position | None,
        recorded_at: datetime,
    ) -> tuple[Reason, str] | None:
        if native is None:
            return Reason.MISSING_FIELD, "neither VehicleRef nor a journey names the vehicle"
        for fault in activity.journey.faults:
            if fault.reason is Reason.TIMESTAMP_EPOCH and fault.detail.startswith("RecordedAt"):
                return fault.reason, "RecordedAtTime lies before 2000"
        if late := too_early_or_late(recorded_at, self.received_at):
            return Reason.TIMESTAMP_IN_FUTURE, f"the vehicle {late}"
        if position is not None or self._tells_calls(activity):
            return None
        if activity.lat is None or activity.lon is None:
            return Reason.POSITION_NOT_FIXED, "no VehicleLocation, and no call of its journey"
        return Reason.POSITION_OUT_OF_RANGE, f"{activity.lat}, {activity.lon}"

    def _tells_calls(self, activity: VehicleActivity) -> bool:
        message = activity.journey
        says = message.cancelled or any(map(_says_something, message.calls))
        if message.ref is None or not says:
            return False
        recorded_at = message.recorded_at or self.received_at
        return self.reading.refusal(message, recorded_at) is None

    def _position_of(self, activity: VehicleActivity) -> Position | None:
        if activity.lat is None or activity.lon is None:
            return None
        return checked_position(activity.lat, activity.lon)

    def _keep(
        self,
        activity: VehicleActivity,
        native: str,
        position: Position | None,
        recorded_at: datetime,
    ) -> None:
        found = None
        if activity.journey.ref is not None:
            found = self.reading.read(activity.journey, recorded_at)
            if self._tells_calls(activity):
                self._keep_journey(found)
        identifier = scoped(self.context.dataset, native)
        if position is None:
            self.positions.pop(identifier, None)
            if activity.lat is not None:
                self.batch.note(
                    Reason.POSITION_OUT_OF_RANGE, native, f"{activity.lat}, {activity.lon}"
                )
            return
        aside = Batch()
        if not (found and self._tells_calls(activity)):  # a journey that is kept brings its own
            for fault in activity.journey.faults:
                aside.note(fault.reason, native, fault.detail)
            self.batch.matched_journeys += bool(found and found.matched)
        if activity.valid_until and activity.valid_until < recorded_at:
            aside.note(
                Reason.TIME_ORDER, native, "ValidUntilTime lies before RecordedAtTime; not used"
            )
        record = self._record(activity, native, position, recorded_at)
        self.positions[identifier] = (self._on_journey(record, found), aside)

    def _keep_journey(self, found: Found) -> None:
        """Coupled vehicles tell of one journey: the newest message counts."""
        known = self.reading.found.get(found.record.id)
        if known is None or found.recorded_at > known.recorded_at:
            self.reading.found[found.record.id] = found

    def _record(
        self, activity: VehicleActivity, native: str, position: Position, recorded_at: datetime
    ) -> VehiclePosition:
        message, dataset = activity.journey, self.context.dataset
        line = self.reading.line(message.line_ref, message.line_name)
        return VehiclePosition(
            id=scoped(dataset, native),
            dataset=dataset,
            native_id=native,
            mode=self.reading.mode(message, message.line_ref),
            position=position,
            observed_at=recorded_at,
            bearing=_within(activity.bearing, 360.0),
            speed_kmh=_within(
                activity.velocity * _KMH if activity.velocity is not None else None, _FASTEST_KMH
            ),
            line_id=line.id if line else None,
            stop_place_id=self._stop_place(activity.stop_ref),
            occupancy=message.occupancy,
            progress=_within(activity.progress, 100.0),
            alarms=("InPanic",) if activity.in_panic else (),
        )

    def _on_journey(self, record: VehiclePosition, found: Found | None) -> VehiclePosition:
        if found is None:
            return record
        line = found.record.line
        return replace(
            record,
            journey_id=found.record.id,
            line_id=line.id if line else record.line_id,
            mode=found.record.mode if record.mode is Mode.OTHER else record.mode,
        )

    def _stop_place(self, stop_ref: str | None) -> str | None:
        if stop_ref is None:
            return None
        place = self.reading.timetable.place(stop_ref) if self.reading.timetable else None
        return place.id if place else scoped(self.context.dataset, stop_ref)


def _telling(activity: VehicleActivity, context: Context) -> VehicleActivity:
    """The activity as far as it is wanted: without calls where another feed has them."""
    if not isinstance(context.config, SiriVmConfig) or context.config.calls:
        return activity
    return replace(activity, journey=replace(activity.journey, calls=()))


def _says_something(call: SiriCall) -> bool:
    """A bare stop would hide what others say of it."""
    times = (call.expected, call.actual)
    timed = any(pair.arrival or pair.departure for pair in times)
    stated = call.arrival_status or call.departure_status or call.cancelled
    return bool(timed or stated or call.at_stop or call.recorded or call.occupancy)


def _withdrawn(cancellation: VehicleActivityCancellation, reading: JourneyReading) -> list[str]:
    """The vehicle and the journey that a cancellation names."""
    gone, dataset = [], reading.context.dataset
    if cancellation.monitoring_ref:
        gone.append(scoped(dataset, cancellation.monitoring_ref))
    if cancellation.journey_ref:
        gone.append(scoped(dataset, cancellation.journey_ref))
        framed = service_day(cancellation.data_frame)
        ref, day = reading.config.named(cancellation.journey_ref, framed)
        if day is not None:  # else the frame is a token: only the vehicle can be named
            gone.append(journey_id(dataset, ref, day))
    return gone


def _within(value: float | None, most: float) -> float | None:
    return value if value is not None and 0 <= value <= most else None
