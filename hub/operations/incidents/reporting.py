"""Reporting an incident by phone (上报事件)."""

from pydantic import Field

from hub.model.operations import IncidentKind
from hub.operations import checks
from hub.operations.actions import ActionStatus, Effect, Turn
from hub.operations.alarming.store import AlarmRepository
from hub.operations.desk import Desk
from hub.operations.incidents.actions import (
    DESCRIPTION,
    PLACE,
    audited,
    record_incident,
    request_of,
)
from hub.operations.incidents.alarms import incident_reported
from hub.operations.incidents.uploads import MOST_A_REPORT, named
from hub.operations.telling.wire import Message
from hub.store.driver import Tx


class Report(Message):
    """An officer's report, which opens an incident (上报事件)."""

    kind: IncidentKind
    title: str = Field(min_length=1, max_length=checks.TITLE)
    description: str | None = Field(default=None, max_length=DESCRIPTION)
    place: str | None = Field(default=None, max_length=PLACE, description="where, in words")
    lat: float | None = Field(default=None, ge=-90, le=90, description="WGS-84, with `lon`")
    lon: float | None = Field(default=None, ge=-180, le=180)
    attachments: list[str] | None = Field(
        default=None,
        max_length=MOST_A_REPORT,
        description="photographs, by the ids they are sent under, before the report or after it",
    )


async def report_incident(desk: Desk, tx: Tx, turn: Turn) -> Effect:
    """An officer's report opens an incident of the officer's unit, and calls the watch."""
    body = turn.body
    asked = request_of(
        kind=body.get("kind"),
        title=body.get("title"),
        description=body.get("description"),
        place=body.get("place"),
        position=checks.position(body.get("lat"), body.get("lon"), ("body",)),
        units=[turn.officer.unit] if turn.officer.unit else [],
    )
    officer, photographs = turn.officer.id, named(body.get("attachments"))
    incident = await record_incident(
        *(desk, tx, asked),
        by=officer,
        at=turn.at,
        officers=[officer],
        attachments=photographs,
    )
    alarm = incident_reported(incident, turn.officer, len(photographs), turn.at)
    await desk.of(AlarmRepository).raise_(tx, alarm)
    return Effect(
        ActionStatus.APPLIED,
        data={"incidentId": incident.id, "number": incident.number},
        target=incident.id,
        after=audited(incident),
    )
