"""What connectors of whole answers share: one entry an id, believable times, what is left out.

GBFS, MDS, DATEX II parking and ParkAPI all send the state of everything at once, and make the same
mistakes while doing so.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from hub.connector import Batch, Context, Envelope, Incrementality, Record
from hub.errors import PayloadError, Reason
from hub.formats.common.fields import NAMELESS
from hub.formats.common.xml import Fault
from hub.model.moments import AHEAD
from hub.model.parking import ParkingStatus

MAX_ENTITIES = 200_000
MOST_PERCENT = 200
"""Of the spaces of a car park that can be taken: people park where there is none."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One accepted entity: what it becomes, when it was observed, what of it was not usable."""

    native_id: str
    records: tuple[Record, ...]
    observed_at: datetime | None = None
    faults: tuple[Fault, ...] = ()


class Snapshot:
    """Gathers the entities of one answer into a batch; `finish` it once."""

    def __init__(self, raw: Envelope, context: Context, said_at: datetime | None) -> None:
        """`said_at` is the producer's time of the answer; the time of arrival stands in for it.

        It never lies after the arrival: a clock that runs ahead must not make data look fresh for
        longer than it is.
        """
        self._raw = raw
        self._context = context
        self._entries: dict[tuple[str, str], Entry] = {}
        self.batch = Batch(as_of=min(said_at or raw.received_at, raw.received_at))
        if said_at is not None and self.ahead(said_at):
            self.note(Reason.TIMESTAMP_IN_FUTURE, "header", _late(said_at, raw.received_at))

    @property
    def as_of(self) -> datetime:
        """When the answer was given, never after its arrival."""
        return self.batch.as_of or self._raw.received_at

    def ahead(self, moment: datetime | None) -> bool:
        """Whether a time lies in the future by more than a clock may be wrong."""
        return moment is not None and _is_ahead(moment, self._raw.received_at)

    def believed(self, moment: datetime | None) -> tuple[datetime | None, tuple[Fault, ...]]:
        """When counts were observed, and what is wrong with that; see `believed`."""
        return believed(moment, self._raw.received_at)

    def take(self, kind: str, entry: Entry) -> None:
        """Accept an entity.

        One observed in the future is refused. Of two of a kind with the same id the one observed
        later counts, else the first; the other is refused.
        """
        if entry.observed_at is not None and self.ahead(entry.observed_at):
            late = _late(entry.observed_at, self._raw.received_at)
            self.refuse(Reason.TIMESTAMP_IN_FUTURE, entry.native_id, late)
            return
        self._count()
        key = (kind, entry.native_id)
        known = self._entries.get(key)
        if known is not None:
            self.batch.reject(Reason.DUPLICATE, entry.native_id, f"said twice, as {kind}")
        if known is None or _later(entry, known):
            self._entries[key] = entry

    def refuse(self, reason: Reason, native_id: str | None, detail: str) -> None:
        """Refuse an entity."""
        self._count()
        self.batch.reject(reason, native_id or NAMELESS, detail)

    def note(self, reason: Reason, native_id: str, detail: str) -> None:
        """Refuse a part of an entity, or of the answer."""
        self.batch.note(reason, native_id, detail)

    def finish(self, *, whole: bool) -> Batch:
        """The batch. It is full if the answer is `whole`, and complete if nothing was left out.

        A duplicate leaves nothing out. A feed configured as differential is never full.
        """
        for entry in self._entries.values():
            self.batch.records.extend(entry.records)
            for fault in entry.faults:
                self.note(fault.reason, entry.native_id, fault.detail)
        differential = self._context.incrementality is Incrementality.DIFFERENTIAL
        self.batch.lists_all(whole and not differential)
        return self.batch

    def _count(self) -> None:
        self.batch.entities += 1
        if self.batch.entities > MAX_ENTITIES:
            raise PayloadError(Reason.TOO_LARGE, f"more than {MAX_ENTITIES} entities.")


def believed(
    moment: datetime | None, received_at: datetime
) -> tuple[datetime | None, tuple[Fault, ...]]:
    """When counts of a place were observed, and what is wrong with that.

    A time that cannot be takes no count with it: the counts stand, and their age is not known.
    One before 2000 or that is none is None here already, with a fault of the reader's.
    """
    if moment is None or not _is_ahead(moment, received_at):
        return moment, ()
    return None, (Fault(Reason.TIMESTAMP_IN_FUTURE, _late(moment, received_at)),)


def _is_ahead(moment: datetime, received_at: datetime) -> bool:
    return moment > received_at + AHEAD


def _late(moment: datetime, received_at: datetime) -> str:
    return f"is of {moment.isoformat()}, received {received_at.isoformat()}"


def newest(moments: Iterable[datetime | None], raw: Envelope) -> datetime | None:
    """The newest time that can be believed: the time of an answer that says none itself."""
    latest = raw.received_at + AHEAD
    return max((at for at in moments if at is not None and at <= latest), default=None)


def fault_of(faults: Iterable[Fault], *reasons: Reason) -> Fault | None:
    """The first fault for one of these reasons."""
    return next((fault for fault in faults if fault.reason in reasons), None)


def no_capacity(told: int | None) -> tuple[Fault, ...]:
    """A capacity of 0 is one that nobody knows: what is wrong with it."""
    return (Fault(Reason.BAD_VALUE, "a capacity of 0; taken as unknown"),) if told == 0 else ()


def believable(status: ParkingStatus) -> tuple[ParkingStatus, tuple[Fault, ...]]:
    """A status without what cannot be, with the counts that follow from it, and what was wrong.

    A capacity of 0 beside vacant spaces is one that nobody knows. More vacant spaces than there
    are and a percentage beyond all crowding are not used; more
    vehicles than spaces is no contradiction: car parks are overcrowded. That a status says nothing
    is a fault, too: it stands for "unknown", and nobody shall take it for something said.
    """
    faults: list[Fault] = []
    if status.capacity == 0 and status.vacant:
        faults += no_capacity(status.capacity)
        status = replace(status, capacity=None)
    vacant, capacity, percent = status.vacant, status.capacity, status.occupancy_percent
    if vacant is not None and capacity is not None and vacant > capacity:
        faults.append(Fault(Reason.BAD_VALUE, f"{vacant} of {capacity} spaces vacant; not used"))
        status = replace(status, vacant=None)
    if percent is not None and not 0 <= percent <= MOST_PERCENT:
        faults.append(Fault(Reason.BAD_VALUE, f"occupancy of {percent:g} %; not used"))
        status = replace(status, occupancy_percent=None)
    if status.is_empty:
        faults.append(Fault(Reason.EMPTY_ENTITY, "nothing is said of its spaces"))
    return status.counted(), tuple(faults)


def _later(entry: Entry, known: Entry) -> bool:
    if entry.observed_at is None or known.observed_at is None:
        return known.observed_at is None and entry.observed_at is not None
    return entry.observed_at > known.observed_at
