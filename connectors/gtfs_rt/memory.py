"""What trip updates came to the last time, so that those that say the same are not read again.

Most of a message is what the one before it said. A record depends on its entity's bytes, on the
context, and on the time of the message, by which expected times become actual ones: each is
remembered with the span of time in which the same bytes come to the same record. So `parse` stays a
function of its input, and what did not change is the very same object as before.
"""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from hashlib import blake2b
from threading import Lock
from typing import NamedTuple

from google.transit import gtfs_realtime_pb2 as pb

from connectors.gtfs_rt.predictions import told_at
from connectors.gtfs_rt.reading import Reading
from connectors.gtfs_rt.runs import Run
from hub.connector import Context, Reject
from hub.errors import Reason
from hub.formats.common.fields import service_day
from hub.formats.gtfs.realtime import text_of, utc
from hub.model.ids import journey_id
from hub.model.journeys import UNTOLD, DatedJourney

FEEDS_REMEMBERED = 64
CALLS_REMEMBERED = 500_000
"""Calls of one feed's journeys that are kept; what is beyond is read anew each time."""

_ALWAYS = datetime(1970, 1, 1, tzinfo=utc(0).tzinfo), utc(2**33)
_DAY_S, _CLOCK_CHANGE_S = 24 * 3600, 3600


class Remembered(NamedTuple):
    """What a trip update came to; `journey` is None where it never calls at the interchange.

    It comes to the same again in a message of a time in `since` <= time < `until`.
    """

    entity_id: str
    id: str
    run: Run
    journey: DatedJourney | None
    matched_stops: int
    matched: bool
    notes: tuple[Reject, ...]
    since: datetime
    until: datetime


class Memory:
    """The trip updates of one feed's last message, by a digest of their bytes."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._days: tuple[date, ...] = ()
        self._received_at: datetime | None = None
        self._known: dict[bytes, Remembered] = {}
        self._told: dict[bytes, Remembered] = {}
        self._before: dict[bytes, Remembered] = {}
        self._room = CALLS_REMEMBERED
        self._now = utc(0)

    def begin(self, reading: Reading) -> None:
        """A message begins. Service days, and what is in the future, are judged by the day."""
        if reading.days != self._days or (
            self._received_at is not None and reading.received_at < self._received_at
        ):
            self._known = {}
        self._days, self._received_at = reading.days, reading.received_at
        self._told, self._room = {}, CALLS_REMEMBERED
        self._now = utc(reading.now_s)

    def end(self) -> None:
        """The message was read: what it lacks is forgotten once the next one was read as well.

        Until then the store finds out by what it replaces what has changed.
        """
        self._before, self._known, self._told = self._known, self._told, {}

    def recall(self, digest: bytes) -> Remembered | None:
        """What these bytes come to, if that is known and still holds."""
        found = self._known.get(digest)
        if found is None or not found.since <= self._now < found.until:
            return None
        self._put(digest, found)
        return found

    def keep(
        self, digest: bytes, found: Remembered, update: pb.TripUpdate, reading: Reading
    ) -> None:
        """Remember what a trip update came to, unless that hangs on more than is known here."""
        if not update.trip.trip_id or any(
            note.reason is Reason.TIMESTAMP_IN_FUTURE for note in found.notes
        ):
            return
        since, until = _span(found.journey, found.run.begins_at(reading), self._now)
        if update.HasField("delay"):  # how far it reaches back is not in the record
            since = self._now
        if not _names_its_time(update):
            since, until = self._now, min(until, _nearest_until(found.run, reading))
        if self._now < until:
            self._put(digest, found._replace(since=since, until=until))

    def _put(self, digest: bytes, found: Remembered) -> None:
        self._room -= len(found.journey.calls) if found.journey else 0
        if self._room >= 0:
            self._told[digest] = found


def digest_of(entity: bytes) -> bytes:
    """What names an entity's bytes."""
    return blake2b(entity, digest_size=16).digest()


def remembered(
    entity_id: str,
    run: Run,
    journey: DatedJourney | None,
    before: tuple[int, ...],
    now: Reading,
) -> Remembered:
    """What reading one entity added to the batch, whose `marks` were `before`."""
    journeys, stops, notes = before
    batch = now.batch
    return Remembered(
        entity_id,
        journey_id(now.dataset, run.ref, run.service_date),
        run,
        journey,
        batch.matched_stops - stops,
        batch.matched_journeys > journeys,
        tuple(batch.notes[notes:]),
        *_ALWAYS,
    )


def marks(reading: Reading) -> tuple[int, ...]:
    """How far the batch has come."""
    batch = reading.batch
    return batch.matched_journeys, batch.matched_stops, len(batch.notes)


def take_back(reading: Reading, before: tuple[int, ...]) -> None:
    """Undo what was added to the batch since its `marks` were `before`."""
    batch = reading.batch
    batch.matched_journeys, batch.matched_stops, notes = before
    del batch.notes[notes:]


def _span(
    journey: DatedJourney | None, begins_at: datetime | None, now: datetime
) -> tuple[datetime, datetime]:
    """From the last time that is past, of the predicted ones and the beginning, until the next."""
    since, until = _ALWAYS
    if begins_at is not None:
        since, until = (since, begins_at) if begins_at > now else (begins_at, until)
    for call in journey.calls if journey else ():
        for times in (call.expected, call.actual):
            if times is UNTOLD:
                continue
            for moment in (times.arrival, times.departure):
                if moment is None:
                    continue
                if moment > now:
                    if moment < until:
                        until = moment
                elif moment > since:
                    since = moment
    return since, until


def _names_its_time(update: pb.TripUpdate) -> bool:
    """Whether the service day follows from the update alone, and not from the message's time."""
    if update.trip.start_date:
        return service_day(text_of(update.trip.start_date)) is not None
    return any(
        told_at(event) is not None
        for stop in update.stop_time_update
        for event in (stop.arrival, stop.departure)
    )


def _nearest_until(run: Run, reading: Reading) -> datetime:
    """Until when a run found by the message's time stays nearer than that of the next day.

    Half way between its end and the next day's start, less what a clock change may shift.
    """
    trip, timetable = run.trip, reading.timetable
    if trip is None or timetable is None:
        return _ALWAYS[1]
    if run.relationship == pb.TripDescriptor.DUPLICATED:  # planned at another time than it runs
        return _ALWAYS[0]
    shift = 0 if run.start_s is None else run.start_s - trip.start_s
    apart = (_DAY_S - (trip.end_s - trip.start_s)) / 2 - _CLOCK_CHANGE_S
    end = timetable.at(run.service_date, trip.end_s + shift)
    return end + timedelta(seconds=apart)


_lock = Lock()
_memories: OrderedDict[str, Memory] = OrderedDict()


@contextmanager
def memory_of(context: Context) -> Iterator[Memory]:
    """The memory of a feed, empty where its context is another than it was.

    One that is in use is not shared: whoever reads the same feed meanwhile begins with none.
    """
    with _lock:
        memory = _memories.pop(context.feed_id, None)
    if memory is None or memory.context != context:
        memory = Memory(context)
    try:
        yield memory
    finally:
        with _lock:
            _memories[context.feed_id] = memory
            while len(_memories) > FEEDS_REMEMBERED:
                _memories.popitem(last=False)
