"""The entities of one message, each once: what is kept, refused, merged and taken back."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from google.transit import gtfs_realtime_pb2 as pb

from connectors.gtfs_rt.alerts import situation_of
from connectors.gtfs_rt.journeys import journey_of, run_told
from connectors.gtfs_rt.memory import Memory, Remembered, digest_of, marks, remembered, take_back
from connectors.gtfs_rt.positions import position_of, run_of, standing_at, vehicle_id
from connectors.gtfs_rt.reading import Reading, RefusedEntity, ident
from hub.connector import Record
from hub.errors import PayloadError, Reason
from hub.formats.gtfs.realtime import Unreadable, entity_of, unreadable
from hub.model.ids import journey_id
from hub.model.journeys import DatedJourney
from hub.model.situations import Situation
from hub.model.vehicles import VehiclePosition

_ID_SHOWN = 40
_PARTS = ("trip_update", "vehicle", "alert")


@dataclass(slots=True)
class _Entity:
    """An entity with its id and its bytes; `alone`: it is a trip update and nothing else."""

    message: pb.FeedEntity
    id: str
    digest: bytes
    parts: tuple[str, ...]
    alone: bool = False


class Entities:
    """Takes the entities of one message one after the other; `records` is what they come to.

    Trip updates whose trip_id the timetable does not have wait for those whose it has, and what
    may name such a trip waits for both: the order of a message means nothing.
    """

    def __init__(self, reading: Reading, memory: Memory) -> None:
        self._reading = reading
        self._memory = memory
        self._seen: dict[str, bytes] = {}
        self._journeys: dict[str, DatedJourney] = {}
        self._vehicles: dict[str, VehiclePosition] = {}
        self._situations: dict[str, Situation] = {}
        self._unnamed: list[_Entity | Remembered] = []
        self._others: list[_Entity] = []
        self._named: dict[str, tuple[str, str] | None] = {}
        self._unplaced: list[tuple[str, pb.VehiclePosition]] = []
        self._take = {
            "trip_update": self._trip_update,
            "vehicle": self._vehicle,
            "alert": self._alert,
        }

    def take(self, data: bytes, number: int) -> None:
        """One entity with all its parts. It is refused only if none of them can be used."""
        reading, digest = self._reading, digest_of(data)
        known = self._memory.recall(digest)
        if known is not None:
            if not self._is_repeated(data, known.entity_id):
                self._recall(known)
            return
        try:
            message = entity_of(data)
        except PayloadError as error:
            self.refuse(unreadable(data, error), number)
            return
        try:
            entity_id = ident(message.id, "entity id") or f"entity {number}"
        except RefusedEntity as refused:
            reading.batch.reject(refused.reason, refused.native_id, refused.detail)
            return
        if self._is_repeated(data, entity_id):
            return
        parts = tuple(part for part in _PARTS if message.HasField(part))
        alone = bool(message.id) and parts == ("trip_update",)
        entity = _Entity(message, entity_id, digest, parts, alone)
        if message.is_deleted:
            self._delete(message, entity_id)
        elif not parts:
            self._reject_empty(message, entity_id)
        elif "trip_update" not in parts:
            self._others.append(entity)
        elif reading.knows(message.trip_update.trip):
            self._take_parts(entity)
        else:
            self._unnamed.append(entity)

    def refuse(self, entity: Unreadable, number: int) -> None:
        """One entity that could not be read: what it is of stays as it was, and ages.

        Where nobody knows what it is of, it may be whatever the message lacks.
        """
        reading, batch = self._reading, self._reading.batch
        native_id = entity.id[:_ID_SHOWN] or f"entity {number}"
        batch.reject(entity.reason, native_id, entity.detail)
        before = marks(reading)
        try:
            kept = None if entity.of is None else self._kept(entity.of)
        except RefusedEntity:
            kept = None
        take_back(reading, before)
        if kept is not None:
            batch.kept.extend(kept)
        else:
            batch.complete = False
            batch.unread = batch.unread or f"{native_id}: {entity.detail}"

    def _is_repeated(self, data: bytes, entity_id: str) -> bool:
        """Whether the message said the same before, which is refused."""
        before = self._seen.setdefault(entity_id, data)
        if before is data or (before != data and entity_of(before) != entity_of(data)):
            return False
        self._reading.batch.reject(Reason.DUPLICATE, entity_id, "the message says this twice")
        return True

    def _recall(self, known: Remembered) -> None:
        if known.run.told_as is None:
            self._again(known)
        else:
            self._unnamed.append(known)

    def _take_parts(self, entity: _Entity) -> None:
        reading = self._reading
        refusals = []
        for part in entity.parts:
            try:
                self._take[part](entity)
            except RefusedEntity as refused:
                refusals.append(refused)
        if refusals and len(refusals) == len(entity.parts):
            first = refusals.pop(0)
            reading.batch.reject(first.reason, first.native_id, first.detail)
        for part_refused in refusals:
            reading.note(part_refused.reason, part_refused.native_id, part_refused.detail)

    def records(self) -> Iterator[Record]:
        """The records of all entities taken. To be called once, after the last entity."""
        for waiting in self._unnamed:
            if isinstance(waiting, Remembered):
                self._again(waiting)
            else:
                self._take_parts(waiting)
        for entity in self._others:
            self._take_parts(entity)
        for entity_id, vehicle in self._unplaced:
            self._place(entity_id, vehicle)
        yield from self._journeys.values()
        yield from self._vehicles.values()
        yield from self._situations.values()

    def _trip_update(self, entity: _Entity) -> None:
        reading, update = self._reading, entity.message.trip_update
        before = marks(reading)
        run, journey = journey_of(update, entity.id, reading)
        found = remembered(entity.id, run, journey, before, reading)
        if entity.alone:
            self._memory.keep(entity.digest, found, update, reading)
        take_back(reading, before)
        self._add(found)

    def _again(self, known: Remembered) -> None:
        try:
            self._add(known)
        except RefusedEntity as refused:
            self._reading.batch.reject(refused.reason, refused.native_id, refused.detail)

    def _add(self, found: Remembered) -> None:
        """Add what an update comes to. A run found by its times is not another update's, too."""
        reading, batch, told_as = self._reading, self._reading.batch, found.run.told_as
        if self._named.setdefault(found.id, told_as) != told_as and told_as is not None:
            detail = f"its stops and times are those of {found.run.ref}, which another update is"
            raise RefusedEntity(Reason.AMBIGUOUS_MATCH, told_as[0], detail)
        if told_as is not None:
            reading.renamed[told_as] = found.run.ref, found.run.service_date
        batch.matched_journeys += found.matched
        batch.matched_stops += found.matched_stops
        batch.notes.extend(found.notes)
        if found.journey is None:
            reading.elsewhere.add(found.id)
            return
        journey, known = found.journey, self._journeys.get(found.id)
        if known is not None:
            reading.note(Reason.DUPLICATE, journey.native_id, "updated twice in one message")
            journey = self._newer(known, journey)
        self._journeys[found.id] = journey

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
        batch = self._reading.batch
        try:
            batch.withdrawn.extend(self._named_by(entity, entity_id))
        except RefusedEntity as refused:
            batch.reject(refused.reason, refused.native_id, refused.detail)

    def _kept(self, entity: pb.FeedEntity) -> list[str]:
        """The ids that records of an unreadable entity may have. Raises RefusedEntity."""
        days = self._reading.days  # what would tell the day may be what could not be read
        return self._named_by(entity, ident(entity.id, "entity id"), *days)

    def _named_by(self, entity: pb.FeedEntity, entity_id: str, *days: date) -> list[str]:
        """The ids of the records an entity is of, on these `days`, too.

        Raises RefusedEntity where the trip cannot be told.
        """
        reading = self._reading
        found: list[str] = []
        if entity.HasField("vehicle"):
            found.append(reading.scoped(vehicle_id(entity.vehicle, entity_id)))
        if entity.HasField("trip_update"):
            run = run_told(entity.trip_update, entity_id, reading)
            on = sorted({run.service_date, *days})
            found += [journey_id(reading.dataset, run.ref, day) for day in on]
        if entity.HasField("alert") or not found:
            found.append(reading.scoped(entity_id))
        return found

    def _reject_empty(self, entity: pb.FeedEntity, entity_id: str) -> None:
        other = [field.name for field, _ in entity.ListFields() if field.name != "id"]
        if other:
            detail = f"{other[0]} is not read"
            self._reading.batch.reject(Reason.UNSUPPORTED_MESSAGE, entity_id, detail)
        else:
            self._reading.batch.reject(Reason.EMPTY_ENTITY, entity_id, "the entity says nothing")
