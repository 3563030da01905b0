"""Incidents: type, inputs, query, mutation and subscription roots; `hub.operations` decides."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Self, cast

import strawberry
from pydantic import BaseModel

from hub.bus import Change
from hub.errors import NotFound
from hub.model.common import Position as Place
from hub.model.people import Scope
from hub.operations import lines
from hub.operations.incidents.actions import close_incident, open_incident, request_of
from hub.operations.incidents.attachments import AttachmentRepository
from hub.operations.incidents.changes import (
    add_incident_units,
    changes_of,
    note_incident,
    reopen_incident,
    update_incident,
)
from hub.operations.incidents.documents import IncidentDoc
from hub.operations.incidents.store import IncidentRepository
from hub.operations.orders.asked import OrderAsked
from hub.operations.orders.store import OrderRepository
from schema import enums
from schema.common import Position, PositionInput, position
from schema.context import row_of
from schema.listing import Page, listing
from schema.nodes import NODES, Node, key_of, node_type
from schema.open_enums import made, stored_word
from schema.operations.common import KEY, UserError, at_desk, attempt, not_of_others
from schema.people.queries import OfUnit, known_unit
from schema.people.types import Officer, Unit, person, units_of
from schema.policy import SIGNED_IN
from schema.projection import (
    Entity,
    Info,
    computed,
    described,
    entity,
    root,
    stored,
    value,
)

if TYPE_CHECKING:
    from schema.context import SchemaContext
    from schema.operations.orders import Order

READ = Scope.INCIDENTS_READ
PHOTOGRAPHS = "/mobile/v1/attachments"
"""Where photographs are served, on this hub."""
IncidentOnly = Annotated[
    strawberry.ID | None, strawberry.argument(description="Only this one (仅此事件).")
]
IncidentStateOnly = Annotated[
    enums.IncidentState | None, strawberry.argument(description="Only in this state (状态).")
]


TimelineKind = made(
    "TimelineKind",
    "What a line of an incident's timeline tells of (时间线类别).",
    {kind: f"{words}." for kind, words in lines().items()},
    other="Something else: the text says what (其他).",
)


@entity(policy=READ)
class TimelineEntry(Entity):
    """One line of an incident's timeline (时间线), which only grows."""

    at: datetime = stored("at", "When, by the hub's clock", zh="时间")
    by: Officer | None = person("by", "Who, not the hub itself", zh="人员")
    kind: str = stored_word(
        "kind", TimelineKind, "What sort of line", zh="类别", graphql_type=TimelineKind
    )
    text: str = stored("text", "What happened", zh="内容")


@entity(policy=READ)
class Attachment(Entity):
    """A photograph of an incident (附件), re-encoded by the hub: JPEG without metadata."""

    at: datetime = stored("ready_at", "When it had come, by the hub's clock", zh="收到时间")
    by: Officer | None = person("owner", "Who sent it", zh="上传人")
    width: int = stored("width", "Pixels across", zh="宽度")
    height: int = stored("height", "Pixels down", zh="高度")
    bytes: int = stored("stored_bytes", "Its size", zh="字节数")

    @computed(needs=("id",), zh="原图地址")
    def url(self, _context: "SchemaContext") -> str:
        """Where it is, on this hub: asked for with the bearer token."""
        return f"{PHOTOGRAPHS}/{self.doc['_id']}"

    @computed(needs=("id",), zh="缩略图地址")
    def thumbnail_url(self, _context: "SchemaContext") -> str:
        """Where a small one is, at most 320 pixels wide and high."""
        return f"{PHOTOGRAPHS}/{self.doc['_id']}/thumbnail"


@node_type
@entity(policy=READ, keys=("id",))
class Incident(Node):
    """An incident (事件、警情)."""

    number: str = stored("number", "YYYYMMDD-NNN", zh="编号")
    kind: enums.IncidentKind = stored("kind", "What happened", zh="事件类型")
    severity: enums.Severity = stored("severity", "How bad", zh="严重程度")
    state: enums.IncidentState = stored("state", "Open or closed", zh="事件状态")
    title: str = stored("title", "Title", zh="标题")
    description: str | None = stored("description", "What is known", zh="描述")
    place: str | None = stored("place", "Where, in words", zh="地点")
    opened_by: Officer | None = person("opened_by", "Who opened it", zh="登记人")
    opened_at: datetime = stored("opened_at", "When it was opened", zh="登记时间")
    closed_by: Officer | None = person("closed_by", "Who closed it", zh="办结人")
    closed_at: datetime | None = stored("closed_at", "When it was closed", zh="办结时间")
    outcome: str | None = stored("outcome", "How it ended", zh="处置结果")
    exercise: bool = stored("exercise", "Whether it is a drill", zh="演练")

    @classmethod
    async def load(cls, context: "SchemaContext", key: str) -> Self | None:
        """The incident, if the caller may see it."""
        row = await context.load.of(IncidentRepository).load(key)
        return cls.of(row)

    @computed(needs=("location",), zh="位置")
    def position(self, _context: "SchemaContext") -> Position | None:
        """Where, on the map."""
        return position(self.doc.get("location"))

    @computed(needs=("units",), zh="涉及单位", policy=Scope.UNITS_READ)
    async def units(self, context: "SchemaContext") -> list[Unit]:
        """Units involved, the lead unit first."""
        return await units_of(context, self.doc["units"])

    @computed(needs=("id",), zh="时间线", size=20)
    async def timeline(self, context: "SchemaContext") -> list[TimelineEntry]:
        """What happened, oldest first."""
        lines = context.load.lists(IncidentRepository, IncidentRepository.timelines)
        return [TimelineEntry(row) for row in await lines.load(self.key)]

    @computed(needs=("id",), zh="照片", size=5)
    async def attachments(self, context: "SchemaContext") -> list[Attachment]:
        """Its photographs that have come, the first to come first."""
        found = context.load.lists(AttachmentRepository, AttachmentRepository.of_incidents)
        return [Attachment(row) for row in await found.load(self.key)]

    @computed(needs=("id",), zh="指令", policy=Scope.ORDERS_READ, size=5)
    async def orders(
        self, context: "SchemaContext"
    ) -> list[Annotated["Order", strawberry.lazy("schema.operations.orders")]]:
        """Its orders, of those the caller may see, newest first."""
        orders = context.load.lists(OrderRepository, OrderRepository.of_incidents)
        return [cast("Order", NODES["Order"](row)) for row in await orders.load(self.key)]


@strawberry.input(description="A new incident (登记事件).")
class OpenIncidentInput:
    """What happened, how bad, where, and whose it is."""

    client_mutation_id: str = strawberry.field(description=KEY)
    kind: enums.IncidentKind = strawberry.field(description="What happened (事件类型).")
    title: str = strawberry.field(description="Title, at most 200 characters (标题).")
    description: str | None = strawberry.field(default=None, description="What is known (描述).")
    severity: enums.Severity = strawberry.field(
        default=enums.Severity.UNKNOWN, description="How bad (严重程度)."
    )
    place: str | None = strawberry.field(default=None, description="Where, in words (地点).")
    position: PositionInput | None = strawberry.field(
        default=None, description="Where, on the map (位置)."
    )
    units: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="Units involved, ids or codes, the lead first (涉及单位)."
    )
    exercise: bool = strawberry.field(default=False, description="Whether it is a drill (演练).")


@strawberry.input(description="The end of an incident (办结事件).")
class CloseIncidentInput:
    """Which incident, and how it ended."""

    client_mutation_id: str = strawberry.field(description=KEY)
    incident: strawberry.ID = strawberry.field(description="The incident (事件).")
    outcome: str = strawberry.field(description="How it ended (处置结果).")


@strawberry.input(description="What has changed of an incident (更新事件); what is absent stays.")
class UpdateIncidentInput:
    """Which incident, and what of it."""

    client_mutation_id: str = strawberry.field(description=KEY)
    incident: strawberry.ID = strawberry.field(description="The incident (事件).")
    kind: enums.IncidentKind | None = strawberry.field(
        default=strawberry.UNSET, description="What happened (事件类型)."
    )
    title: str | None = strawberry.field(
        default=strawberry.UNSET, description="Title, at most 200 characters (标题)."
    )
    description: str | None = strawberry.field(
        default=strawberry.UNSET, description="What is known; null: nothing (描述)."
    )
    severity: enums.Severity | None = strawberry.field(
        default=strawberry.UNSET, description="How bad (严重程度)."
    )
    place: str | None = strawberry.field(
        default=strawberry.UNSET, description="Where, in words; null: unknown (地点)."
    )
    position: PositionInput | None = strawberry.field(
        default=strawberry.UNSET, description="Where, on the map; null: unknown (位置)."
    )


@strawberry.input(description="A note on an incident (事件记事).")
class NoteIncidentInput:
    """Which incident, and what is to be written down."""

    client_mutation_id: str = strawberry.field(description=KEY)
    incident: strawberry.ID = strawberry.field(description="The incident (事件).")
    text: str = strawberry.field(description="What everybody who sees it is to read (内容).")


@strawberry.input(description="More units for an incident (增加单位).")
class AddIncidentUnitsInput:
    """Which incident, and whose it is as well."""

    client_mutation_id: str = strawberry.field(description=KEY)
    incident: strawberry.ID = strawberry.field(description="The incident (事件).")
    units: list[strawberry.ID] = strawberry.field(description="Units, ids or codes (单位).")


@strawberry.input(description="That a closed incident goes on (重启事件).")
class ReopenIncidentInput:
    """Which incident, and why."""

    client_mutation_id: str = strawberry.field(description=KEY)
    incident: strawberry.ID = strawberry.field(description="The incident (事件).")
    reason: str = strawberry.field(description="Why (原因).")


@value(policy=SIGNED_IN)
class IncidentPayload:
    """What became of the incident."""

    client_mutation_id: str = described("As given", zh="幂等键")
    user_errors: list[UserError] = described("Empty when it was done", zh="错误")
    incident: Incident | None = described("The incident after it; null with errors", zh="事件")


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
        incident_id=None if incident is None else key_of(incident, "Incident", "incident"),
    )
    if not found:
        await known_unit(context, unit)
        await known_incident(context, incident)
    return found


@strawberry.type
class Query:
    """Roots about incidents."""

    incidents = _incidents.asked

    @root(Scope.INCIDENTS_READ, "An incident by its id; null if not the caller's to see", zh="事件")
    async def incident(self, info: Info, id: strawberry.ID) -> Incident | None:  # noqa: A002
        """Absent and forbidden look the same."""
        return await Incident.load(info.context, key_of(id, "Incident", "id"))


@strawberry.type
class Mutation:
    """What is done about incidents."""

    @root(Scope.INCIDENTS_WRITE, "Open an incident", zh="登记事件")
    async def open_incident(self, info: Info, input: OpenIncidentInput) -> IncidentPayload:  # noqa: A002
        """Once per clientMutationId."""
        at = input.position
        place = Place(at.lat, at.lon) if at else None

        async def work() -> BaseModel:
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

        return await _incident(input.client_mutation_id, work)

    @root(Scope.INCIDENTS_WRITE, "Close an incident; its open orders are cancelled", zh="办结事件")
    async def close_incident(self, info: Info, input: CloseIncidentInput) -> IncidentPayload:  # noqa: A002
        """Once per clientMutationId."""

        async def work() -> BaseModel:
            return await close_incident(
                *at_desk(info),
                incident_id=key_of(input.incident, "Incident", "incident"),
                outcome=input.outcome,
                key=input.client_mutation_id,
            )

        return await _incident(input.client_mutation_id, work)

    @root(Scope.INCIDENTS_WRITE, "Change what is known of an incident", zh="更新事件")
    async def update_incident(self, info: Info, input: UpdateIncidentInput) -> IncidentPayload:  # noqa: A002
        """Once per clientMutationId; a liaison changes what its unit leads."""

        async def work() -> BaseModel:
            names = ("kind", "title", "description", "severity", "place", "position")
            given = {name: getattr(input, name) for name in names}
            given = {name: one for name, one in given.items() if one is not strawberry.UNSET}
            if at := given.get("position"):
                given["position"] = Place(at.lat, at.lon)
            return await update_incident(
                *at_desk(info),
                incident_id=key_of(input.incident, "Incident", "incident"),
                changes=changes_of(**given),
                key=input.client_mutation_id,
            )

        return await _incident(input.client_mutation_id, work)

    @root(Scope.INCIDENTS_WRITE, "Write something down in an incident's timeline", zh="事件记事")
    async def note_incident(self, info: Info, input: NoteIncidentInput) -> IncidentPayload:  # noqa: A002
        """Once per clientMutationId."""

        async def work() -> BaseModel:
            return await note_incident(
                *at_desk(info),
                incident_id=key_of(input.incident, "Incident", "incident"),
                text=input.text,
                key=input.client_mutation_id,
            )

        return await _incident(input.client_mutation_id, work)

    @root(Scope.INCIDENTS_WRITE, "Make units part of an incident", zh="增加单位")
    async def add_incident_units(self, info: Info, input: AddIncidentUnitsInput) -> IncidentPayload:  # noqa: A002
        """Once per clientMutationId; a liaison adds to what its unit leads."""

        async def work() -> BaseModel:
            return await add_incident_units(
                *at_desk(info),
                incident_id=key_of(input.incident, "Incident", "incident"),
                units=[key_of(unit, "Unit", "units") for unit in input.units],
                key=input.client_mutation_id,
            )

        return await _incident(input.client_mutation_id, work)

    @root(Scope.INCIDENTS_WRITE, "Take a closed incident up again", zh="重启事件")
    async def reopen_incident(self, info: Info, input: ReopenIncidentInput) -> IncidentPayload:  # noqa: A002
        """Once per clientMutationId; its cancelled orders stay cancelled."""

        async def work() -> BaseModel:
            return await reopen_incident(
                *at_desk(info),
                incident_id=key_of(input.incident, "Incident", "incident"),
                reason=input.reason,
                key=input.client_mutation_id,
            )

        return await _incident(input.client_mutation_id, work)


@strawberry.type
class Subscription:
    """Incidents, live."""

    incidents = _incidents.followed


async def known_incident(context: "SchemaContext", incident: str | None) -> None:
    """Raise NotFound for a filter by an incident that is absent or not the caller's to see."""
    if incident is None:
        return
    if await Incident.load(context, key_of(incident, "Incident", "incident")) is None:
        raise NotFound("Incident", incident, path=("incident",))


async def _incident(key: str, work: Callable[[], Awaitable[BaseModel]]) -> IncidentPayload:
    document, errors = await attempt(work)
    return IncidentPayload(
        client_mutation_id=key,
        user_errors=errors,
        incident=Incident(row_of(document)) if document else None,
    )
