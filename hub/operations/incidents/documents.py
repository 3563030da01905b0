"""What is kept of incidents: the incident, its timeline line by line, photographs of it."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from pydantic import BaseModel, Field

from hub.model.operations import IncidentKind, IncidentState
from hub.model.situations import Severity
from hub.store.documents import Index, Keep, TextDocument, index

INCIDENTS, TIMELINE = "incidents", "timeline"
ATTACHMENTS, PARTS = "attachments", "attachment_parts"
UNATTACHED_DAYS = 7
"""How long a photograph is kept that no incident names, and a part of one that never came whole."""


class TimelineEntry(BaseModel):
    """One line of an incident's append-only timeline, as it is written.

    `units` are those of whom it speaks; a unit is shown what speaks of it alone.
    """

    at: datetime
    by: str
    kind: str
    text: str
    units: list[str] = Field(default_factory=list)


class TimelineDoc(TextDocument, TimelineEntry):
    """A line as it is stored: a document of its own, so that many may write to one incident.

    Lines are read by `at`, then `id`: the incident's and the moment it was written.
    """

    keep: ClassVar[Keep] = Keep("the record of what was commanded")

    incident_id: str

    class Settings:
        name = TIMELINE
        indexes: ClassVar[list[Index]] = [
            index("incident_id", "at", "_id"),
        ]


class IncidentDoc(TextDocument):
    """An incident (事件). `units` are the codes of the units involved, the lead unit first."""

    keep = Keep("the record of what was commanded")

    number: str
    kind: IncidentKind
    severity: Severity = Severity.UNKNOWN
    state: IncidentState = IncidentState.OPEN
    title: str
    description: str | None = None
    place: str | None = None
    location: dict[str, Any] | None = Field(
        default=None, description="GeoJSON Point, WGS-84, [lon, lat]"
    )
    units: list[str] = Field(default_factory=list)
    officers: list[str] = Field(
        default_factory=list, description="accounts ordered here, or that reported it"
    )
    opened_by: str
    opened_at: datetime
    closed_by: str | None = None
    closed_at: datetime | None = None
    outcome: str | None = None
    exercise: bool = False
    attachments: list[str] = Field(
        default_factory=list, description="photographs of it that have come, the first first"
    )
    revision: int = 1

    class Settings:
        name = INCIDENTS
        indexes: ClassVar[list[Index]] = [
            index("number", unique=True),
            index("-opened_at", "-_id"),
            index("units", "-opened_at"),
            index("officers", "-opened_at"),
            index("state", partialFilterExpression={"state": "OPEN"}, name="open"),
        ]


class AttachmentState(StrEnum):
    """How far a photograph has come.

    AWAITED: a report names it. RECEIVING: its first bytes may be here. READY: it can be seen.
    REFUSED: it is no photograph that we take.
    """

    AWAITED = "AWAITED"
    RECEIVING = "RECEIVING"
    READY = "READY"
    REFUSED = "REFUSED"


class AttachmentDoc(TextDocument):
    """A photograph (附件) of an incident; `id` is the phone's, a UUID.

    `size` and `sha256` are of what the phone sends, `stored_bytes` of the picture as it is kept: in
    GridFS, under this id. `received` counts the bytes that are here. One process at a time judges
    it, until `judged_until`. `refused` is the code of why it was.
    """

    keep: ClassVar[Keep] = Keep(
        f"as long as its incident; what belongs to none goes after {UNATTACHED_DAYS} days"
    )

    owner: str
    incident_id: str | None = None
    state: AttachmentState = AttachmentState.RECEIVING
    size: int = 0
    sha256: str = ""
    received: int = 0
    judged_until: datetime | None = None
    refused: str | None = None
    width: int | None = None
    height: int | None = None
    stored_bytes: int | None = None
    created_at: datetime
    ready_at: datetime | None = None

    class Settings:
        name = ATTACHMENTS
        indexes: ClassVar[list[Index]] = [
            index("owner", "-created_at"),
            index("incident_id", "ready_at"),
            index("created_at"),
        ]


class AttachmentPartDoc(TextDocument):
    """A stretch of a photograph on its way, from `offset` on; gone once all of it is here."""

    keep: ClassVar[Keep] = Keep(
        "long enough to go on after a night without a network", since="at", days=UNATTACHED_DAYS
    )

    attachment_id: str
    offset: int
    data: bytes
    at: datetime

    class Settings:
        name = PARTS
        indexes: ClassVar[list[Index]] = [
            index("attachment_id", "offset"),
        ]
