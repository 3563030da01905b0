"""What is asked and done about incidents; `hub.operations.incidents` decides."""

from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from hub.bus import Change
from hub.model.common import Position as Place
from hub.model.people import Scope
from hub.operations.incidents.actions import close_incident, open_incident, request_of
from hub.operations.incidents.changes import (
    add_incident_units,
    changes_of,
    note_incident,
    reopen_incident,
    update_incident,
)
from hub.operations.incidents.documents import IncidentDoc, TimelineDoc
from hub.operations.incidents.store import IncidentRepository
from hub.operations.orders.asked import OrderAsked
from schema import enums
from schema.context import row_of
from schema.listing import Page, listing, newest_first
from schema.nodes import FIRST_DEFAULT, Connection, key_of
from schema.operations.common import answers, at_desk, key_named, mutation, not_of_others
from schema.operations.incidents.inputs import (
    AddIncidentUnitsInput,
    CloseIncidentInput,
    NoteIncidentInput,
    OpenIncidentInput,
    ReopenIncidentInput,
    UpdateIncidentInput,
)
from schema.operations.incidents.types import (
    READ,
    Incident,
    IncidentPayload,
    TimelineEntry,
    known_incident,
)
from schema.people.queries import OfUnit, known_unit
from schema.projection import Info, root
from schema.transit.arguments import After, First

if TYPE_CHECKING:
    from schema.context import SchemaContext

IncidentOnly = Annotated[
    strawberry.ID | None, strawberry.argument(description="Only this one (仅此事件).")
]
OfIncident = Annotated[strawberry.ID, strawberry.argument(description="The incident (事件).")]
IncidentStateOnly = Annotated[
    enums.IncidentState | None, strawberry.argument(description="Only in this state (状态).")
]


def _incident_of(change: Change) -> str | None:
    """The incident that shows an order, a ledger or a line which changed."""
    document = change.document or {}
    return document.get("incident_id") or document.get("lane")


@listing(
    READ,
    "Incidents the caller may see",
    Incident,
    zh="事件",
    by="opened_at",
    collections={"incidents", "timeline", "orders", "recipients"},
    concerns=not_of_others(OrderAsked.kind),
    related=_incident_of,
)
async def _incidents(
    context: "SchemaContext",
    page: Page,
    state: IncidentStateOnly = None,
    unit: OfUnit = None,
    incident: IncidentOnly = None,
) -> list[IncidentDoc]:
    """Changes of their orders count if they are selected."""
    found = await context.services.of(IncidentRepository).page(
        context.viewer,
        first=page.first,
        after=page.after,
        state=state,
        unit=None if unit is None else key_of(unit, "Unit", "unit"),
        incident_id=None
        if incident is None
        else await key_named(context, incident, "Incident", "incident"),
    )
    if not found:
        await known_unit(context, unit)
        await known_incident(context, incident)
    return found


@strawberry.type
class Query:
    """Roots about incidents."""

    incidents = _incidents.asked

    @root(
        Scope.INCIDENTS_READ,
        "An incident by its id or number; null if not the caller's to see",
        zh="事件",
    )
    async def incident(self, info: Info, id: strawberry.ID) -> Incident | None:  # noqa: A002
        """Absent and forbidden look the same."""
        return await Incident.load(
            info.context, await key_named(info.context, id, "Incident", "id")
        )

    @root(READ, "An incident's timeline, newest first, in pages", zh="时间线")
    async def incident_timeline(
        self, info: Info, incident: OfIncident, first: First = FIRST_DEFAULT, after: After = None
    ) -> Connection[TimelineEntry]:
        """As much of it as the caller may see."""
        context, key = info.context, await key_named(info.context, incident, "Incident", "incident")
        await known_incident(context, incident)
        lines = context.services.of(IncidentRepository).timeline_page

        async def ask(page: Page) -> list[TimelineDoc]:
            return await lines(context.viewer, key, first=page.first, after=page.after)

        return await newest_first(ask, by="at", wrap=TimelineEntry, first=first, after=after)


@answers(IncidentPayload)
def _written(incident: IncidentDoc | None) -> dict[str, Any]:
    return {"incident": Incident(row_of(incident)) if incident else None}


@strawberry.type
class Mutation:
    """What is done about incidents."""

    @mutation(Scope.INCIDENTS_WRITE, "Open an incident", _written, zh="登记事件")
    async def open_incident(self, info: Info, input: OpenIncidentInput) -> IncidentDoc:  # noqa: A002
        """Once per clientMutationId."""
        at = input.position
        place = Place(at.lat, at.lon) if at else None
        asked = request_of(
            kind=input.kind,
            title=input.title,
            description=input.description,
            severity=input.severity,
            place=input.place,
            position=place,
            units=[key_of(unit, "Unit", "units") for unit in input.units],
            exercise=input.exercise,
        )
        return await open_incident(*at_desk(info), asked, input.client_mutation_id)

    @mutation(
        Scope.INCIDENTS_WRITE,
        "Close an incident; its open orders are cancelled",
        _written,
        zh="办结事件",
    )
    async def close_incident(self, info: Info, input: CloseIncidentInput) -> IncidentDoc:  # noqa: A002
        """Once per clientMutationId."""
        return await close_incident(
            *at_desk(info),
            incident_id=await key_named(info.context, input.incident, "Incident", "incident"),
            outcome=input.outcome,
            key=input.client_mutation_id,
        )

    @mutation(Scope.INCIDENTS_WRITE, "Change what is known of an incident", _written, zh="更新事件")
    async def update_incident(self, info: Info, input: UpdateIncidentInput) -> IncidentDoc:  # noqa: A002
        """Once per clientMutationId; a liaison changes what its unit leads."""
        names = ("kind", "title", "description", "severity", "place", "position")
        given = {name: getattr(input, name) for name in names}
        given = {name: one for name, one in given.items() if one is not strawberry.UNSET}
        if at := given.get("position"):
            given["position"] = Place(at.lat, at.lon)
        return await update_incident(
            *at_desk(info),
            incident_id=await key_named(info.context, input.incident, "Incident", "incident"),
            changes=changes_of(**given),
            key=input.client_mutation_id,
        )

    @mutation(
        Scope.INCIDENTS_WRITE,
        "Write something down in an incident's timeline",
        _written,
        zh="事件记事",
    )
    async def note_incident(self, info: Info, input: NoteIncidentInput) -> IncidentDoc:  # noqa: A002
        """Once per clientMutationId."""
        return await note_incident(
            *at_desk(info),
            incident_id=await key_named(info.context, input.incident, "Incident", "incident"),
            text=input.text,
            key=input.client_mutation_id,
        )

    @mutation(Scope.INCIDENTS_WRITE, "Make units part of an incident", _written, zh="增加单位")
    async def add_incident_units(self, info: Info, input: AddIncidentUnitsInput) -> IncidentDoc:  # noqa: A002
        """Once per clientMutationId; a liaison adds to what its unit leads."""
        return await add_incident_units(
            *at_desk(info),
            incident_id=await key_named(info.context, input.incident, "Incident", "incident"),
            units=[key_of(unit, "Unit", "units") for unit in input.units],
            key=input.client_mutation_id,
        )

    @mutation(Scope.INCIDENTS_WRITE, "Take a closed incident up again", _written, zh="重启事件")
    async def reopen_incident(self, info: Info, input: ReopenIncidentInput) -> IncidentDoc:  # noqa: A002
        """Once per clientMutationId; its cancelled orders stay cancelled."""
        return await reopen_incident(
            *at_desk(info),
            incident_id=await key_named(info.context, input.incident, "Incident", "incident"),
            reason=input.reason,
            key=input.client_mutation_id,
        )


@strawberry.type
class Subscription:
    """Incidents, live."""

    incidents = _incidents.followed
