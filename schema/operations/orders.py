"""Orders: types, inputs, query, mutation and subscription roots; `hub.operations` decides."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from hub.model.channels import PushChannel
from hub.model.people import Scope
from hub.operations.asking.store import Recipients
from hub.operations.incidents.store import IncidentRepository
from hub.operations.orders.actions import (
    cancel_order,
    dispatch_order,
    reassign_order,
    request_of,
)
from hub.operations.orders.asked import OrderAsked
from hub.operations.orders.documents import OrderDoc
from hub.operations.orders.store import OrderRepository
from schema import enums
from schema.context import row_of
from schema.enums import worded
from schema.listing import Page, listing
from schema.nodes import Node, key_of, node_type
from schema.open_enums import made, stored_word
from schema.operations.common import (
    KEY,
    UserError,
    WarningCode,
    act,
    at_desk,
    attempt,
    by_ledgers,
    path_of,
    stable,
)
from schema.operations.incidents import Incident, known_incident
from schema.people.types import Officer, officers_of, person
from schema.policy import SIGNED_IN
from schema.projection import (
    Entity,
    Info,
    Row,
    computed,
    described,
    embedded,
    entity,
    root,
    stored,
    value,
)

if TYPE_CHECKING:
    from schema.context import SchemaContext

READ = Scope.ORDERS_READ
OrderStateOnly = Annotated[
    enums.OrderState | None, strawberry.argument(description="Only in this state (状态).")
]
OfIncident = Annotated[
    strawberry.ID | None, strawberry.argument(description="Only of this incident (事件).")
]


LedgerChannel = made(
    "LedgerChannel",
    "How a step of an order with a recipient was learnt (渠道).",
    {
        "hub": "The hub did it (中枢).",
        "escalation": "The hub did it, since somebody did not answer (升级).",
        **{one.value: one.said for one in PushChannel},
        "sync": "The phone asked for news (同步).",
        "events": "By the phone's stream of events (实时流).",
        "actions": "The person said so (手机回报).",
    },
    other="By another way (其他).",
)


@entity(policy=READ)
class LedgerEntry(Entity):
    """One step of an order with one recipient (签收记录)."""

    stage: enums.Stage = stored("stage", "Which step", zh="阶段")
    at: datetime = stored("at", "When, by the hub's clock", zh="时间")
    channel: str = stored_word(
        "channel", LedgerChannel, "How it was learnt", zh="渠道", graphql_type=LedgerChannel
    )
    device_at: datetime | None = stored("device_at", "When, by the phone's clock", zh="设备时间")
    note: str | None = stored("note", "Remark", zh="备注")


@entity(policy=READ)
class Recipient(Entity):
    """An order with one of its recipients: how far it has come (签收情况)."""

    stage: enums.Stage = stored("stage", "How far it has come", zh="阶段")
    entries: list[LedgerEntry] = embedded("entries", "Every step, oldest first", zh="签收记录")
    next_step_at: datetime | None = stored(
        "next_step_at", "When it escalates if not accepted", zh="升级时间"
    )
    nobody_next: bool = stored(
        "nobody_next", "Whether nobody was left to be asked in this one's place", zh="无人可接"
    )
    reassigned_because: str | None = stored(
        "reassigned_because", "Why the watch has given it to somebody else", zh="改派原因"
    )
    escalated_from: Officer | None = person("escalated_from", "Who did not answer", zh="升级自")
    officer: Officer | None = person("account_id", "Who", zh="队员")


@node_type
@entity(policy=READ)
class Order(Node):
    """An order (指令). It ends acknowledged by a person, or escalated; it never rests silently."""

    number: str = stored("number", "The incident's number and a count", zh="编号")
    text: str = stored("text", "What to do", zh="内容")
    priority: enums.OrderPriority = stored("priority", "How loudly to ask", zh="指令等级")
    state: enums.OrderState = stored("state", "State as a whole", zh="指令状态")
    created_by: Officer | None = person("created_by", "Who gave it", zh="下达人")
    created_at: datetime = stored("created_at", "When it was given", zh="下达时间")
    accept_within_seconds: int = stored(
        "within_s", "How long a recipient has before the next is asked", zh="签收时限"
    )
    ended_at: datetime | None = stored("ended_at", "When it ended", zh="结束时间")
    exhausted_at: datetime | None = stored(
        "exhausted_at",
        "Since when somebody's part has nobody who took it and nobody left to ask: an alarm. "
        "Null again once each such part has been accepted after all",
        zh="升级无人时间",
    )

    @classmethod
    async def load(cls, context: "SchemaContext", key: str) -> Self | None:
        """The order, if the caller may see it."""
        row = await context.load.of(OrderRepository).load(key)
        return cls.of(row)

    @computed(needs=("incident_id",), zh="事件", policy=Scope.INCIDENTS_READ)
    async def incident(self, context: "SchemaContext") -> Incident | None:
        """The incident it belongs to; null if not the caller's to see."""
        return await Incident.load(context, self.doc["incident_id"])

    @computed(needs=("id",), zh="签收情况", size=5)
    async def recipients(self, context: "SchemaContext") -> list[Recipient]:
        """Its recipients the caller may see, in the order they were asked."""
        ledgers = context.load.lists(Recipients, Recipients.visible)
        return [Recipient(row) for row in await ledgers.load(self.key)]

    @computed(needs=("escalation",), zh="升级顺序")
    async def escalation(self, context: "SchemaContext") -> list[Officer]:
        """Who is asked next, in order, of those the caller may see."""
        return await officers_of(context, self.doc["escalation"])


@strawberry.input(description="A new order (下达指令).")
class DispatchOrderInput:
    """Who is to do what, and who is asked if they do not answer."""

    client_mutation_id: str = strawberry.field(description=KEY)
    incident: strawberry.ID = strawberry.field(description="The incident it belongs to (事件).")
    text: str = strawberry.field(description="What to do (内容).")
    recipients: list[strawberry.ID] = strawberry.field(
        description="Officers on duty, by id or login (接收人)."
    )
    escalation: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="Who is asked next, in order, by id or login (升级顺序)."
    )
    priority: enums.OrderPriority = strawberry.field(
        default=enums.OrderPriority.URGENT, description="How loudly to ask (指令等级)."
    )
    accept_within_seconds: int | None = strawberry.field(
        default=None,
        description="Seconds before the next is asked; null: as configured (签收时限).",
    )


@strawberry.input(description="The withdrawal of an order (撤销指令).")
class CancelOrderInput:
    """Which order, and why."""

    client_mutation_id: str = strawberry.field(description=KEY)
    order: strawberry.ID = strawberry.field(description="The order (指令).")
    reason: str = strawberry.field(description="Why (原因).")


@strawberry.input(description="That somebody else is to carry out an order (改派指令).")
class ReassignOrderInput:
    """Which order, from whom, to whom, and why."""

    client_mutation_id: str = strawberry.field(description=KEY)
    order: strawberry.ID = strawberry.field(description="The order (指令).")
    officer: strawberry.ID = strawberry.field(
        description="The recipient it is taken from, by id or login (原接收人)."
    )
    to: strawberry.ID = strawberry.field(
        description="An officer on duty who is none of its recipients, by id or login (改派至)."
    )
    reason: str = strawberry.field(description="Why (原因).")


class OrderAnswer(StrEnum):
    """What its recipient does with an order, as the field app reports it."""

    RECEIVED = "received"
    SEEN = "seen"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EN_ROUTE = "enRoute"
    ARRIVED = "arrived"
    DONE = "done"


worded(
    OrderAnswer,
    "What its recipient does with an order (指令回报).",
    {
        OrderAnswer.RECEIVED: "It has come (已收到).",
        OrderAnswer.SEEN: "It was opened (已查看).",
        OrderAnswer.ACCEPTED: "Taken on (已签收).",
        OrderAnswer.DECLINED: "Cannot be done (不能执行).",
        OrderAnswer.EN_ROUTE: "On the way (在途).",
        OrderAnswer.ARRIVED: "On scene (到场).",
        OrderAnswer.DONE: "Carried out (处置完毕).",
    },
)


@strawberry.input(description="What its recipient answers to an order (签收与回报).")
class AcknowledgeOrderInput:
    """Which order, and what with it."""

    client_mutation_id: str = strawberry.field(description=KEY)
    order: strawberry.ID = strawberry.field(description="The order (指令).")
    answer: OrderAnswer = strawberry.field(
        default=OrderAnswer.ACCEPTED, description="What is done with it (回报)."
    )
    note: str | None = strawberry.field(
        default=None, description="A remark that the watch officer reads (备注)."
    )


@value(policy=SIGNED_IN)
class DispatchWarning:
    """What to know of an order that was given all the same: who will not be reached (提示)."""

    code: str = described("Stable code", zh="提示码", graphql_type=WarningCode)
    path: list[str] = described("Which part of the arguments it is about", zh="位置")
    message: str = described("What is to be expected and what to do, Chinese first", zh="说明")


@value(policy=SIGNED_IN)
class OrderPayload:
    """What became of the order."""

    client_mutation_id: str = described("As given", zh="幂等键")
    user_errors: list[UserError] = described("Empty when it was done", zh="错误")
    warnings: list[DispatchWarning] = described(
        "Whom a dispatched order will not reach; the same when it is sent again", zh="提示"
    )
    order: Order | None = described("The order after it; null with errors", zh="指令")


async def _with_incidents(context: "SchemaContext", rows: list[Row]) -> list[Row]:
    """What makes an order differ when its incident does."""
    ids = [row["incident_id"] for row in rows]
    incidents = await context.load.of(IncidentRepository).load_many(ids)
    lines = await context.services.of(IncidentRepository).timeline_lengths(set(ids))
    return [
        {**row, "incident_revision": its and its["revision"], "lines": lines[row["incident_id"]]}
        for row, its in zip(rows, incidents, strict=True)
    ]


@listing(
    READ,
    "Orders the caller may see",
    Order,
    zh="指令",
    by="created_at",
    collections={"orders", "recipients", "incidents", "timeline"},
    mark=_with_incidents,
    **by_ledgers(OrderAsked),
)
async def _orders(
    context: "SchemaContext",
    page: Page,
    state: OrderStateOnly = None,
    incident: OfIncident = None,
) -> list[OrderDoc]:
    """A step in a recipient's ledger changes its order."""
    found = await context.services.of(OrderRepository).page(
        context.viewer,
        first=page.first,
        after=page.after,
        state=state,
        incident_id=None if incident is None else key_of(incident, "Incident", "incident"),
    )
    if not found:
        await known_incident(context, incident)
    return found


@strawberry.type
class Query:
    """Roots about orders."""

    orders = _orders.asked

    @root(Scope.ORDERS_READ, "An order by its id; null if not the caller's to see", zh="指令")
    async def order(self, info: Info, id: strawberry.ID) -> Order | None:  # noqa: A002
        """Absent and forbidden look the same."""
        return await Order.load(info.context, key_of(id, "Order", "id"))


@strawberry.type
class Mutation:
    """What is done with orders."""

    @root(Scope.ORDERS_WRITE, "Give an order to officers on duty", zh="下达指令")
    async def dispatch_order(self, info: Info, input: DispatchOrderInput) -> OrderPayload:  # noqa: A002
        """Once per clientMutationId."""

        async def work() -> OrderDoc:
            asked = request_of(
                incident_id=key_of(input.incident, "Incident", "incident"),
                text=input.text,
                recipients=[key_of(name, "Officer", "recipients") for name in input.recipients],
                escalation=[key_of(name, "Officer", "escalation") for name in input.escalation],
                priority=input.priority,
                accept_within_s=input.accept_within_seconds,
            )
            return await dispatch_order(*at_desk(info), asked, input.client_mutation_id)

        return await _order(input.client_mutation_id, work, warned=True)

    @root(Scope.ORDERS_WRITE, "Withdraw an order", zh="撤销指令")
    async def cancel_order(self, info: Info, input: CancelOrderInput) -> OrderPayload:  # noqa: A002
        """Once per clientMutationId."""

        async def work() -> OrderDoc:
            return await cancel_order(
                *at_desk(info),
                order_id=key_of(input.order, "Order", "order"),
                reason=input.reason,
                key=input.client_mutation_id,
            )

        return await _order(input.client_mutation_id, work)

    @root(Scope.ORDERS_WRITE, "Take an order from one recipient, give it to another", zh="改派指令")
    async def reassign_order(self, info: Info, input: ReassignOrderInput) -> OrderPayload:  # noqa: A002
        """Once per clientMutationId; both are told."""

        async def work() -> OrderDoc:
            return await reassign_order(
                *at_desk(info),
                order_id=key_of(input.order, "Order", "order"),
                officer=key_of(input.officer, "Officer", "officer"),
                to=key_of(input.to, "Officer", "to"),
                reason=input.reason,
                key=input.client_mutation_id,
            )

        return await _order(input.client_mutation_id, work)

    @root(Scope.FIELD_WORK, "Answer an order that one has received", zh="签收与回报")
    async def acknowledge_order(self, info: Info, input: AcknowledgeOrderInput) -> OrderPayload:  # noqa: A002
        """Once per clientMutationId: the same as the field app's action of that name."""

        def body() -> dict[str, str | None]:
            return {"orderId": key_of(input.order, "Order", "order"), "note": input.note}

        key, kind = input.client_mutation_id, f"order.{input.answer}"
        errors = await act(info.context, kind, key, body)
        order = None if errors else await Order.load(info.context, key_of(input.order, "Order"))
        return OrderPayload(client_mutation_id=key, user_errors=errors, warnings=[], order=order)


@strawberry.type
class Subscription:
    """Orders, live."""

    orders = _orders.followed


async def _order(
    key: str, work: Callable[[], Awaitable[OrderDoc]], *, warned: bool = False
) -> OrderPayload:
    document, errors = await attempt(work)
    warnings = document.warnings if document is not None and warned else []
    return OrderPayload(
        client_mutation_id=key,
        user_errors=errors,
        warnings=[
            DispatchWarning(
                code=stable(WarningCode, one.code), path=path_of(one.path), message=one.message
            )
            for one in warnings
        ],
        order=Order(row_of(document)) if document else None,
    )
