"""What a phone is told of an incident."""

from hub.model.operations import IncidentKind, IncidentState
from hub.model.situations import Severity
from hub.operations.incidents.documents import IncidentDoc
from hub.operations.telling.wire import ID, Instant, Message
from hub.store.news import News


class Spot(Message):
    """A place on the map (位置), WGS-84 degrees."""

    lat: float
    lon: float


class SyncedIncident(Message):
    """An incident (事件) the officer is involved in, without its timeline.

    `attachments` are its photographs: `GET /attachments/{id}`.
    """

    id: str = ID
    number: str
    kind: IncidentKind
    severity: Severity
    state: IncidentState
    title: str
    description: str | None
    place: str | None
    position: Spot | None
    opened_at: Instant
    closed_at: Instant | None
    outcome: str | None
    exercise: bool
    attachments: list[str]


def incident_news(account_id: str, incident: IncidentDoc) -> News:
    """An incident as an officer involved holds it."""
    place = incident.location and incident.location["coordinates"]
    synced = SyncedIncident(
        id=incident.id,
        number=incident.number,
        kind=incident.kind,
        severity=incident.severity,
        state=incident.state,
        title=incident.title,
        description=incident.description,
        place=incident.place,
        position=Spot(lat=place[1], lon=place[0]) if place else None,
        opened_at=incident.opened_at,
        closed_at=incident.closed_at,
        outcome=incident.outcome,
        exercise=incident.exercise,
        attachments=incident.attachments,
    )
    return News(account_id, "incident", synced.wire())
