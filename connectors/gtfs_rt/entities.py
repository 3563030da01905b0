"""The entities of one message, each once: what is kept, refused, merged and taken back."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from google.transit import gtfs_realtime_pb2 as pb

from connectors.gtfs_rt.alerts import situation_of
from connectors.gtfs_rt.journeys import journey_of
from connectors.gtfs_rt.memory import Memory, Remembered, digest_of, marks, remembered
from connectors.gtfs_rt.positions import position_of, run_of, standing_at, vehicle_id
from connectors.gtfs_rt.reading import Reading, Refused, ident
from connectors.gtfs_rt.runs import find_run
from hub.connector import Record
from hub.errors import Reason
from hub.formats.gtfs_rt import entity_of
from hub.model.ids import journey_id
from hub.model.journeys import DatedJourney
from hub.model.situations import Situation
from hub.model.vehicles import VehiclePosition

_PARTS = ("trip_update", "vehicle", "alert")


@dataclass(slots=True)
class _Entity:
    """An entity with its id and its bytes; `alone`: it is a trip update and nothing else."""

    message: pb.FeedEntity
    id: str
    digest: bytes
    alone: bool = False


class Entities:
    """Takes the entities of one message one after the other; `records` is what they come to."""

    def __init__(self, reading: Reading, memory: Memory) -> None:
        self._reading = reading
        self._memory = memory
        self._seen: dict[str, bytes] = {}
        self._journeys: dict[str, DatedJourney] = {}
        self._vehicles: dict[str, VehiclePosition] = {}
        self._situations: dict[str, Situation] = {}
        self._unplaced: list[tuple[str, pb.VehiclePosition]] = []
        self._take = {
            "trip_update": self._trip_update,
            "vehicle": self._vehicle,
            "alert": self._alert,
        }

    def take(self, data: bytes, number: int) -> None:
        """One entity with all its parts. It is refused only if none of them can be used.

        Raises PayloadError NOT_DECODABLE where the bytes are no FeedEntity.
        """
        reading, digest = self._reading, digest_of(data)
        known = self._memory.recall(digest)
        if known is not None:
            if not self._is_repeated(data, known.entity_id):
                self._again(known)
            return
        message = entity_of(data)
        try:
            entity_id = ident(message.id, "entity id") or f"entity {number}"
        except Refused as refused:
            reading.batch.reject(refused.reason, refused.native_id, refused.detail)
            return
        if self._is_repeated(data, entity_id):
            return
        parts = [part for part in _PARTS if message.HasField(part)]
        entity = _Entity(message, entity_id, digest, bool(message.id) and parts == ["trip_update"])
        if message.is_deleted:
            self._delete(message, entity_id)
        elif not parts:
            self._reject_empty(message, entity_id)
        else:
            self._take_parts(entity, parts)

    def _is_repeated(self, data: bytes, entity_id: str) -> bool:
        """Whether the message said the same before, which is refused."""
        before = self._seen.setdefault(entity_id, data)
        if before is data or (before != data and entity_of(before) != entity_of(data)):
            return False
        self._reading.batch.reject(Reason.DUPLICATE, entity_id, "the message says this twice")
        return True

    def _take_parts(self, entity: _Entity, parts: list[str]) -> None:
        reading = self._reading
        refusals = []
        for part in parts:
            try:
                self._take[part](entity)
            except Refused as refused:
                refusals.append(refused)
        if refusals and len(refusals) == len(parts):
            first = refusals.pop(0)
            reading.batch.reject(first.reason, first.native_id, first.detail)
        for part_refused in refusals:
            reading.note(part_refused.reason, part_refused.native_id, part_refused.detail)

    def records(self) -> Iterator[Record]:
        """The records of all entities taken. To be called once, after the last entity."""
        for entity_id, vehicle in self._unplaced:
            self._place(entity_id, vehicle)
        yield from self._journeys.values()
        yield from self._vehicles.values()
        yield from self._situations.values()

    def _trip_update(self, entity: _Entity) -> None:
        reading, update = self._reading, entity.message.trip_update
        before = marks(reading)
        run, journey = journey_of(update, entity.id, reading)
        id_ = journey_id(reading.dataset, run.ref, run.service_date)
        if entity.alone:
            found = remembered(entity.id, id_, journey, before, reading)
            self._memory.keep(entity.digest, found, run, update, reading)
        self._add(id_, journey)

    def _again(self, known: Remembered) -> None:
        """What reading the entity anew would add to the batch."""
        batch = self._reading.batch
        batch.matched_journeys += known.matched
        batch.matched_stops += known.matched_stops
        batch.notes.extend(known.notes)
        self._add(known.id, known.journey)

    def _add(self, id_: str, journey: DatedJourney | None) -> None:
        if journey is None:
            self._reading.elsewhere.add(id_)
            return
        known = self._journeys.get(id_)
        if known is not None:
            self._reading.note(Reason.DUPLICATE, journey.native_id, "updated twice in one message")
            journey = self._newer(known, journey)
        self._journeys[id_] = journey

    def _newer(self, first: DatedJourney, second: DatedJourney) -> DatedJourney:
        """The later of two; calls that only the earlier one has are kept where orders compare.

        Orders compare where both follow the timetable; otherwise each source list counts anew.
        """
        as_of = self._reading.as_of
        if (first.observed_at or as_of) > (second.observed_at or as_of):
            first, second = second, first
        timetable = self._reading.timetable
        if timetable is None or timetable.trip(second.native_id) is None:
            return second
        calls = {call.order: call for call in (*first.calls, *second.calls)}
        return replace(second, calls=tuple(calls[order] for order in sorted(calls)))

    def _vehicle(self, entity: _Entity) -> None:
        vehicle, entity_id = entity.message.vehicle, entity.id
        if not vehicle.HasField("position") and vehicle.HasField("trip"):
            self._unplaced.append((entity_id, vehicle))
            return
        position = position_of(vehicle, entity_id, self._reading)
        known = self._vehicles.get(position.id)
        if known is not None:
            self._reading.note(Reason.DUPLICATE, position.native_id, "two positions, newer kept")
        if known is None or known.observed_at <= position.observed_at:
            self._vehicles[position.id] = position

    def _place(self, entity_id: str, vehicle: pb.VehiclePosition) -> None:
        """A vehicle without coordinates tells of its journey, if the message speaks of that."""
        reading = self._reading
        run = run_of(vehicle, entity_id, reading)
        id_ = journey_id(reading.dataset, run.ref, run.service_date) if run else ""
        native_id = vehicle_id(vehicle, entity_id)
        if id_ in self._journeys:
            journey = self._journeys[id_]
            self._journeys[id_] = standing_at(journey, vehicle, entity_id, reading)
        if id_ in self._journeys or id_ in reading.elsewhere:
            detail = "no coordinates; read for the stop it is at"
            reading.note(Reason.POSITION_NOT_FIXED, native_id, detail)
        else:
            detail = "no coordinates, and no update of its trip"
            reading.batch.reject(Reason.POSITION_NOT_FIXED, native_id, detail)

    def _alert(self, entity: _Entity) -> None:
        situation = situation_of(entity.message.alert, entity.id, self._reading)
        self._situations[situation.id] = situation

    def _delete(self, entity: pb.FeedEntity, entity_id: str) -> None:
        """Name what a differential message takes back: by what it holds, else by its own id."""
        reading = self._reading
        taken_back = reading.scoped(entity_id)
        try:
            if entity.HasField("vehicle"):
                taken_back = reading.scoped(vehicle_id(entity.vehicle, entity_id))
            elif entity.HasField("trip_update"):
                trip = entity.trip_update.trip
                run = find_run(trip, reading, fallback=entity_id, moment=reading.as_of)
                taken_back = journey_id(reading.dataset, run.ref, run.service_date)
        except Refused as refused:
            reading.batch.reject(refused.reason, refused.native_id, refused.detail)
        else:
            reading.batch.withdrawn.append(taken_back)

    def _reject_empty(self, entity: pb.FeedEntity, entity_id: str) -> None:
        other = [field.name for field, _ in entity.ListFields() if field.name != "id"]
        if other:
            detail = f"{other[0]} is not read"
            self._reading.batch.reject(Reason.UNSUPPORTED_MESSAGE, entity_id, detail)
        else:
            self._reading.batch.reject(Reason.EMPTY_ENTITY, entity_id, "the entity says nothing")
