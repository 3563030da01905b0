"""Opening and closing incidents (事件)."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from hub import clock
from hub.errors import AccessDenied, NotFound, UserFault
from hub.model.common import Position
from hub.model.operations import IncidentKind, IncidentState
from hub.model.people import Principal, Scope
from hub.model.situations import Severity
from hub.operations import capabilities, checks
from hub.operations.desk import Call, Desk, Done, new_id
from hub.operations.incidents.documents import INCIDENTS, IncidentDoc
from hub.operations.incidents.news import incident_news
from hub.operations.incidents.store import IncidentRepository, entry
from hub.operations.incidents.uploads import attach
from hub.operations.words import Both, both
from hub.store.driver import Tx

PLACE, DESCRIPTION, OUTCOME = 200, 4000, 2000
"""The most characters of each."""
MOST_UNITS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRequest:
    """An incident to be opened, checked."""

    kind: IncidentKind
    title: str
    description: str | None
    severity: Severity
    place: str | None
    position: Position | None
    units: tuple[str, ...]
    exercise: bool


def request_of(
    *,
    kind: object,
    title: object,
    description: object = None,
    severity: object = Severity.UNKNOWN,
    place: object = None,
    position: Position | None = None,
    units: Sequence[str] = (),
    exercise: bool = False,
) -> IncidentRequest:
    """Check what a caller asks for. Raises UserFault with the path of the first fault.

    Codes: BAD_TEXT, BAD_VALUE, BAD_POSITION, BAD_ID, TOO_MANY_UNITS.
    """
    if len(units) > MOST_UNITS:
        raise UserFault(
            "TOO_MANY_UNITS",
            f"单位过多 / units: at most {MOST_UNITS}.",
            path=("units",),
        )
    return IncidentRequest(
        kind=checks.word(kind, IncidentKind, ("kind",)),
        title=checks.text(title, ("title",), most=checks.TITLE),
        description=checks.optional_text(description, ("description",), most=DESCRIPTION),
        severity=checks.word(severity, Severity, ("severity",)),
        place=checks.optional_text(place, ("place",), most=PLACE),
        position=position and checks.position(position.lat, position.lon, ("position",)),
        units=tuple(dict.fromkeys(checks.identifier(unit, ("units",)) for unit in units)),
        exercise=exercise,
    )


async def open_incident(desk: Desk, by: Principal, asked: IncidentRequest, key: str) -> IncidentDoc:
    """Open an incident (事件) once per key, numbered `YYYYMMDD-NNN` in the area's day.

    Needs INCIDENTS_WRITE; a liaison opens for its own unit only. Codes: those of `request_of`, and
    UNIT_UNKNOWN.
    """
    by.require(Scope.INCIDENTS_WRITE)
    asked = _own_unit_only(by, asked)
    await known_units(desk, asked.units)

    async def work(tx: Tx) -> Done:
        incident = await record_incident(desk, tx, asked, by=by.account_id, at=clock.now())
        return Done(incident.id, after=audited(incident))

    call = Call("openIncident", "incident.opened", asdict(asked), key)
    return await readable(desk, by, await desk.once(by, call, work))


async def known_units(desk: Desk, codes: Sequence[str]) -> dict[str, Both]:
    """Their names by code. Raises UserFault UNIT_UNKNOWN for the first that there is not."""
    known = await desk.units.by_codes(codes)
    for index, unit in enumerate(codes):
        if unit not in known:
            raise UserFault(
                "UNIT_UNKNOWN", f"无此单位 / No unit {unit!r}.", path=("units", str(index))
            )
    return {
        code: Both(unit.name.zh or unit.name.en or code, unit.name.en or unit.name.zh or code)
        for code, unit in known.items()
    }


def audited(incident: IncidentDoc) -> dict[str, object]:
    """What the audit log says of an incident that was opened."""
    said = {"number", "kind", "severity", "title", "units", "exercise"}
    return dict(incident.model_dump(mode="json", include=said))


async def record_incident(
    desk: Desk,
    tx: Tx,
    asked: IncidentRequest,
    *,
    by: str,
    at: datetime,
    officers: Sequence[str] = (),
    attachments: Sequence[str] = (),
) -> IncidentDoc:
    """Write a numbered incident and its first timeline entry; tell the officers involved.

    `attachments`: photographs of `by`, sent or still to be sent.
    """
    number = await desk.numbers.of_day("incident", desk.day(at), tx)
    made = new_id()
    ready = await attach(desk, tx, attachments, owner=by, incident_id=made, at=at)
    incident = IncidentDoc(
        id=made,
        number=number,
        kind=asked.kind,
        severity=asked.severity,
        title=asked.title,
        description=asked.description,
        place=asked.place,
        location=checks.geojson(asked.position),
        units=list(asked.units),
        officers=list(officers),
        opened_by=by,
        opened_at=at,
        exercise=asked.exercise,
        attachments=ready,
    )
    words = both("事件登记：{title}", "Incident opened: {title}", title=asked.title)
    await desk.of(IncidentRepository).insert(tx, incident, entry(at, by, "incident.opened", words))
    await desk.inbox.append(tx, [incident_news(officer, incident) for officer in officers], at)
    return incident


async def close_incident(
    desk: Desk, by: Principal, *, incident_id: str, outcome: str, key: str
) -> IncidentDoc:
    """Close an incident once per key; its open orders are cancelled in the same transaction.

    Needs INCIDENTS_WRITE, and ORDERS_WRITE where orders are open; a liaison closes only what
    involves no other unit. Codes: NOT_FOUND, INCIDENT_CLOSED, BAD_TEXT.
    """
    by.require(Scope.INCIDENTS_WRITE)
    incident_id = checks.identifier(incident_id, ("incident_id",))
    outcome = checks.text(outcome, ("outcome",), most=OUTCOME)

    async def work(tx: Tx) -> Done:
        at = clock.now()
        incident = await open_for(desk, tx, by, incident_id)
        if not by.viewer.sees_everything and incident.units != [by.unit]:
            raise AccessDenied(
                "FORBIDDEN",
                "涉及其他单位 / Other units are involved: only the command centre closes it.",
            )
        reason = both("事件办结：{outcome}", "Incident closed: {outcome}", outcome=outcome)
        for capability in capabilities().values():
            if capability.closing is not None:
                await capability.closing(desk, tx, incident.id, by, reason, at)
        line = entry(at, by.account_id, "incident.closed", reason)
        await desk.of(IncidentRepository).close(
            tx, incident.id, by=by.account_id, at=at, outcome=outcome, entry=line
        )
        incident.state, incident.closed_at, incident.outcome = IncidentState.CLOSED, at, outcome
        await desk.inbox.append(
            tx, [incident_news(officer, incident) for officer in incident.officers], at
        )
        return Done(
            incident.id, before={"state": "OPEN"}, after={"state": "CLOSED", "outcome": outcome}
        )

    call = Call(
        "closeIncident",
        "incident.closed",
        {"incident": incident_id, "outcome": outcome},
        key,
    )
    reads = {INCIDENTS: [incident_id]}
    return await readable(desk, by, await desk.once(by, call, work, lane=incident_id, reads=reads))


async def readable(desk: Desk, by: Principal, incident_id: str) -> IncidentDoc:
    """The incident as far as the caller may read it. Raises NotFound."""
    found = await desk.of(IncidentRepository).get(incident_id, by.viewer)
    if found is None:
        raise NotFound("incident", incident_id)
    return found


async def open_for(desk: Desk, tx: Tx, by: Principal, incident_id: str) -> IncidentDoc:
    """The incident, visible to the caller and open. Raises NotFound or UserFault."""
    incident = await desk.of(IncidentRepository).get(incident_id, by.viewer, tx=tx)
    if incident is None:
        raise NotFound("incident", incident_id, path=("incident_id",))
    if incident.state is IncidentState.CLOSED:
        raise UserFault(
            "INCIDENT_CLOSED",
            f"事件已办结 / Incident {incident.number} is closed.",
            path=("incident_id",),
        )
    return incident


def _own_unit_only(by: Principal, asked: IncidentRequest) -> IncidentRequest:
    if by.viewer.sees_everything:
        return asked
    if by.unit is None or any(unit != by.unit for unit in asked.units):
        raise AccessDenied(
            "FORBIDDEN",
            "只能登记本单位的事件 / Only incidents of your own unit may be opened.",
            path=("units",),
        )
    return replace(asked, units=(by.unit,))
