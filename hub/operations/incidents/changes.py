"""Changing an incident (事件) while it goes on: what is known of it, notes, units, reopening."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub import clock
from hub.errors import AccessDenied, NotFound, UserFault
from hub.model.common import Position
from hub.model.operations import IncidentKind, IncidentState
from hub.model.people import Principal, Scope
from hub.model.situations import Severity
from hub.operations import checks
from hub.operations.desk import Call, Desk, Done
from hub.operations.incidents.actions import (
    DESCRIPTION,
    MOST_UNITS,
    PLACE,
    known_units,
    open_for,
    readable,
)
from hub.operations.incidents.documents import INCIDENTS, IncidentDoc, TimelineEntry
from hub.operations.incidents.news import incident_news
from hub.operations.incidents.store import IncidentRepository, entry
from hub.operations.words import FIELDS, both, listed
from hub.store.driver import Tx

NOTE = 2000
_UNSET: Any = object()
Change = Callable[[Tx, IncidentDoc, datetime], Awaitable[Done]]
"""What is done to an open incident, in a transaction."""


@dataclass(frozen=True, slots=True)
class Changes:
    """The fields to be set, as they are stored."""

    stored: Mapping[str, Any]


def changes_of(
    *,
    kind: object = _UNSET,
    title: object = _UNSET,
    description: object = _UNSET,
    severity: object = _UNSET,
    place: object = _UNSET,
    position: Position | None = _UNSET,
) -> Changes:
    """Check what a caller wants changed; what is left out stays. Raises UserFault NOTHING_ASKED."""
    stored: dict[str, Any] = {}
    if kind is not _UNSET:
        stored["kind"] = checks.word(kind, IncidentKind, ("kind",))
    if title is not _UNSET:
        stored["title"] = checks.text(title, ("title",), most=checks.TITLE)
    if description is not _UNSET:
        path = ("description",)
        stored["description"] = checks.optional_text(description, path, most=DESCRIPTION)
    if severity is not _UNSET:
        stored["severity"] = checks.word(severity, Severity, ("severity",))
    if place is not _UNSET:
        stored["place"] = checks.optional_text(place, ("place",), most=PLACE)
    if position is not _UNSET:
        checked = position and checks.position(position.lat, position.lon, ("position",))
        stored["location"] = checks.geojson(checked)
    if not stored:
        raise UserFault("NOTHING_ASKED", "没有要修改的内容 / Nothing to change was given.", path=())
    return Changes(stored)


async def update_incident(
    desk: Desk, by: Principal, *, incident_id: str, changes: Changes, key: str
) -> IncidentDoc:
    """Change what is known of an open incident, once per key; the officers involved are told.

    Needs INCIDENTS_WRITE; a liaison changes what its unit leads. Codes: NOT_FOUND,
    INCIDENT_CLOSED, NOTHING_ASKED, BAD_TEXT, BAD_VALUE, BAD_POSITION.
    """
    stored = changes.stored

    async def work(tx: Tx, incident: IncidentDoc, at: datetime) -> Done:
        _leads(by, incident)
        before = incident.model_dump(include=set(stored))
        if before == dict(stored):
            return Done(incident.id, changed=False)
        fields = listed([FIELDS[name] for name in stored])
        words = both("事件更新：{fields}", "Incident updated: {fields}", fields=fields)
        line = entry(at, by.account_id, "incident.updated", words)
        await _write(desk, tx, incident, stored, line=line, at=at)
        return Done(incident.id, before=before, after=stored)

    call = Call("updateIncident", "incident.updated", [incident_id, dict(stored)], key)
    return await _changed(desk, by, incident_id, call, work)


async def note_incident(
    desk: Desk, by: Principal, *, incident_id: str, text: str, key: str
) -> IncidentDoc:
    """Add a line to the timeline of an open incident, once per key.

    Needs INCIDENTS_WRITE; everybody who sees the incident reads it. Codes: NOT_FOUND,
    INCIDENT_CLOSED, BAD_TEXT.
    """
    text = checks.text(text, ("text",), most=NOTE)

    async def work(tx: Tx, incident: IncidentDoc, at: datetime) -> Done:
        line = entry(at, by.account_id, "incident.noted", text)
        await desk.of(IncidentRepository).note(tx, incident.id, line)
        return Done(incident.id, before={"note": None}, after={"note": text})

    call = Call("noteIncident", "incident.noted", [incident_id, text], key)
    return await _changed(desk, by, incident_id, call, work)


async def add_incident_units(
    desk: Desk, by: Principal, *, incident_id: str, units: Sequence[str], key: str
) -> IncidentDoc:
    """Make units part of an open incident, once per key: they see it from then on.

    Needs INCIDENTS_WRITE; a liaison adds to what its unit leads. Codes: NOT_FOUND,
    INCIDENT_CLOSED, UNIT_UNKNOWN, TOO_MANY_UNITS, NOTHING_ASKED.
    """
    asked = tuple(dict.fromkeys(checks.identifier(unit, ("units",)) for unit in units))
    if not asked:
        raise UserFault("NOTHING_ASKED", "请指定单位 / units: name at least one.", path=("units",))
    names = await known_units(desk, asked)

    async def work(tx: Tx, incident: IncidentDoc, at: datetime) -> Done:
        _leads(by, incident)
        new = [unit for unit in asked if unit not in incident.units]
        if not new:
            return Done(incident.id, changed=False)
        together = [*incident.units, *new]
        if len(together) > MOST_UNITS:
            words = f"单位过多 / units: at most {MOST_UNITS} in all."
            raise UserFault("TOO_MANY_UNITS", words, path=("units",))
        added = listed([names[unit] for unit in new])
        said = both("增加单位：{units}", "Units added: {units}", units=added)
        line = entry(at, by.account_id, "incident.unitsAdded", said)
        before = {"units": list(incident.units)}
        await _write(desk, tx, incident, {"units": together}, line=line, at=at)
        return Done(incident.id, before=before, after={"units": together})

    call = Call("addIncidentUnits", "incident.unitsAdded", [incident_id, asked], key)
    return await _changed(desk, by, incident_id, call, work)


async def reopen_incident(
    desk: Desk, by: Principal, *, incident_id: str, reason: str, key: str
) -> IncidentDoc:
    """Take a closed incident up again, once per key; orders that were cancelled stay so.

    Needs INCIDENTS_WRITE; a liaison reopens what involves no other unit. Codes: NOT_FOUND,
    INCIDENT_OPEN, BAD_TEXT.
    """
    reason = checks.text(reason, ("reason",), most=checks.REASON)

    async def work(tx: Tx) -> Done:
        at = clock.now()
        incident = await desk.of(IncidentRepository).get(incident_id, by.viewer, tx=tx)
        if incident is None:
            raise NotFound("incident", incident_id, path=("incident_id",))
        if not by.viewer.sees_everything and incident.units != [by.unit]:
            words = "涉及其他单位 / Other units are involved: only the command centre reopens it."
            raise AccessDenied("FORBIDDEN", words)
        if incident.state is IncidentState.OPEN:
            words = f"事件未办结 / Incident {incident.number} is open."
            raise UserFault("INCIDENT_OPEN", words, path=("incident_id",))
        said = both("事件重启：{reason}", "Incident reopened: {reason}", reason=reason)
        line = entry(at, by.account_id, "incident.reopened", said)
        fields = dict.fromkeys(("closed_by", "closed_at", "outcome"))
        reopened = {"state": IncidentState.OPEN, **fields}
        before = {"state": "CLOSED", "outcome": incident.outcome}
        await _write(desk, tx, incident, reopened, line=line, at=at)
        return Done(incident.id, before=before, after={"state": "OPEN", "reason": reason})

    by.require(Scope.INCIDENTS_WRITE)
    incident_id = checks.identifier(incident_id, ("incident_id",))
    call = Call("reopenIncident", "incident.reopened", [incident_id, reason], key)
    return await readable(desk, by, await _once(desk, by, incident_id, call, work))


async def _changed(
    desk: Desk, by: Principal, incident_id: str, call: Call, change: Change
) -> IncidentDoc:
    """Do it to an open incident that the caller may see."""
    by.require(Scope.INCIDENTS_WRITE)
    incident_id = checks.identifier(incident_id, ("incident_id",))

    async def work(tx: Tx) -> Done:
        return await change(tx, await open_for(desk, tx, by, incident_id), clock.now())

    return await readable(desk, by, await _once(desk, by, incident_id, call, work))


async def _once(
    desk: Desk,
    by: Principal,
    incident_id: str,
    call: Call,
    work: Callable[[Tx], Awaitable[Done]],
) -> str:
    return await desk.once(by, call, work, lane=incident_id, reads={INCIDENTS: [incident_id]})


async def _write(
    desk: Desk,
    tx: Tx,
    incident: IncidentDoc,
    fields: Mapping[str, Any],
    *,
    line: TimelineEntry,
    at: datetime,
) -> None:
    """Set the fields, add the line, tell the officers involved."""
    for name, value in fields.items():
        setattr(incident, name, value)
    await desk.of(IncidentRepository).change(tx, incident.id, dict(fields), line)
    told = [incident_news(officer, incident) for officer in incident.officers]
    await desk.inbox.append(tx, told, at)


def _leads(by: Principal, incident: IncidentDoc) -> None:
    if not by.viewer.sees_everything and incident.units[:1] != [by.unit]:
        words = "由其他单位牵头 / Another unit leads it: only that, or the centre, changes it."
        raise AccessDenied("FORBIDDEN", words)
