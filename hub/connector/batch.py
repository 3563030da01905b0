"""What one payload says: records, and what was refused or noticed on the way."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from io import BytesIO
from typing import BinaryIO

from hub.errors import Reason
from hub.model.facilities import FacilityCondition
from hub.model.journeys import DatedJourney
from hub.model.network import Line, Quay, StopPlace
from hub.model.parking import ParkingFacility, ParkingStatus, SharingStation
from hub.model.situations import Situation
from hub.model.vehicles import VehiclePosition
from hub.spool import Spool

Record = (
    StopPlace
    | Quay
    | Line
    | DatedJourney
    | Situation
    | VehiclePosition
    | ParkingFacility
    | ParkingStatus
    | SharingStation
    | FacilityCondition
)


@dataclass(frozen=True, slots=True)
class Envelope:
    """Raw bytes as they came in, and when. `source` is the URL, file or peer without secrets.

    A large body lies on disk: who can read it bit by bit does so through `open`.
    """

    content: bytes | Spool
    received_at: datetime
    source: str = ""
    content_type: str | None = None

    @property
    def body(self) -> bytes:
        """All of it, in memory."""
        return self.content if isinstance(self.content, bytes) else self.content.read()

    @property
    def size(self) -> int:
        """Bytes of the body."""
        return len(self.content) if isinstance(self.content, bytes) else self.content.size

    @property
    def sha256(self) -> str:
        """Hex digest of the body: the name of this message in the archive."""
        if isinstance(self.content, bytes):
            return sha256(self.content).hexdigest()
        return self.content.sha256

    def open(self) -> BinaryIO:
        """The body as a file, at its beginning."""
        return BytesIO(self.content) if isinstance(self.content, bytes) else self.content.open()


@dataclass(frozen=True, slots=True)
class Reject:
    """One entity, or a part of one, that was refused: the reason, its native id, one sentence."""

    reason: Reason
    native_id: str
    detail: str


@dataclass(slots=True)
class Batch:
    """What one payload says.

    `entities` counts what the payload itself lists; `rejects` holds one entry for each entity
    refused whole, so accepted = entities - len(rejects). `notes` holds refused parts of accepted
    entities. `full` says that the source lists all that holds, `complete` that it could all be
    read: what is absent from `records` no longer holds then. Where it lists all and not all could
    be read, what is absent stays and is renewed no more; so are the records that `kept` names,
    which the payload has in a form nobody can read. `unread` says why of something in it nobody
    knows what it is of. `withdrawn` names journeys, situations or vehicles a differential message
    takes back. `told_at` is the time that a document gives itself where that is not the age of what
    it says (a timetable, an alert in force): for people. `more`: the answer goes on, and the same
    request brings the next part (SIRI MoreData).
    """

    as_of: datetime | None = None
    told_at: datetime | None = None
    entities: int = 0
    records: list[Record] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    notes: list[Reject] = field(default_factory=list)
    matched_journeys: int = 0
    matched_stops: int = 0
    full: bool = False
    complete: bool = False
    withdrawn: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    unread: str | None = None
    more: bool = False

    @property
    def accepted(self) -> int:
        """Entities used, whole or in part."""
        return self.entities - len(self.rejects)

    def reject(self, reason: Reason, native_id: str, detail: str) -> None:
        """Refuse one entity."""
        self.rejects.append(Reject(reason, native_id, detail))

    def note(self, reason: Reason, native_id: str, detail: str) -> None:
        """Refuse a part of an accepted entity."""
        self.notes.append(Reject(reason, native_id, detail))

    def lists_all(self, full: bool) -> None:  # it is what the source says
        """Say whether the source lists all that holds: complete if none of it was refused.

        A duplicate leaves nothing out.
        """
        self.full = full
        self.complete = full and all(one.reason is Reason.DUPLICATE for one in self.rejects)

    def counts(self) -> dict[str, int]:
        """Records by type; the calls inside journeys are counted as `Call`."""
        counted = Counter(type(record).__name__ for record in self.records)
        counted["Call"] = sum(
            len(record.calls) for record in self.records if isinstance(record, DatedJourney)
        )
        return {name: number for name, number in sorted(counted.items()) if number}
