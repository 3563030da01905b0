"""What is kept of incidents: the incident itself, and its timeline line by line."""

from datetime import datetime
from typing import Any, ClassVar

from pydantic import BaseModel, Field

from hub.model.operations import IncidentKind, IncidentState
from hub.model.situations import Severity
from hub.store.documents import Index, Keep, TextDocument, index

INCIDENTS, TIMELINE = "incidents", "timeline"


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
    revision: int = 1

    class Settings:
        name = INCIDENTS
        indexes: ClassVar[list[Index]] = [
            index("number", unique=True),
            index("-opened_at", "-_id"),
            index("units", "-opened_at"),
            index("officers", "-opened_at"),
        ]
