"""What is asked of orders and done with them; `hub.operations.orders` decides."""

from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from hub.model.people import Scope
from hub.operations.incidents.store import IncidentRepository
from hub.operations.orders.actions import cancel_order, dispatch_order, reassign_order, request_of
from hub.operations.orders.asked import OrderAsked
from hub.operations.orders.documents import OrderDoc
from hub.operations.orders.store import OrderRepository
from schema import enums
from schema.context import row_of
from schema.listing import Page, listing
from schema.nodes import key_of
from schema.operations.common import (
    act,
    answers,
    at_desk,
    by_ledgers,
    key_named,
    mutation,
    warnings_told,
)
from schema.operations.incidents.types import known_incident
from schema.operations.orders.inputs import (
    AcknowledgeOrderInput,
    CancelOrderInput,
    DispatchOrderInput,
    ReassignOrderInput,
)
from schema.operations.orders.types import READ, Order, OrderPayload
from schema.projection import Info, Row, root

if TYPE_CHECKING:
    from schema.context import SchemaContext

OrderStateOnly = Annotated[
    enums.OrderState | None, strawberry.argument(description="Only in this state (状态).")
]
OfIncident = Annotated[
    strawberry.ID | None, strawberry.argument(description="Only of this incident (事件).")
]


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
        incident_id=None
        if incident is None
        else await key_named(context, incident, "Incident", "incident"),
    )
    if not found:
        await known_incident(context, incident)
    return found


@strawberry.type
class Query:
    """Roots about orders."""

    orders = _orders.asked

    @root(
        Scope.ORDERS_READ,
        "An order by its id or number; null if not the caller's to see",
        zh="指令",
    )
    async def order(self, info: Info, id: strawberry.ID) -> Order | None:  # noqa: A002
        """Absent and forbidden look the same."""
        return await Order.load(info.context, await key_named(info.context, id, "Order", "id"))


@answers(OrderPayload)
def _written(order: OrderDoc | None) -> dict[str, Any]:
    return {"order": Order(row_of(order)) if order else None, "warnings": []}


@answers(OrderPayload)
def _warned(order: OrderDoc | None) -> dict[str, Any]:
    return {**_written.shown(order), "warnings": warnings_told(order.warnings if order else ())}


@strawberry.type
class Mutation:
    """What is done with orders."""

    @mutation(Scope.ORDERS_WRITE, "Give an order to officers on duty", _warned, zh="下达指令")
    async def dispatch_order(self, info: Info, input: DispatchOrderInput) -> OrderDoc:  # noqa: A002
        """Once per clientMutationId."""
        asked = request_of(
            incident_id=await key_named(info.context, input.incident, "Incident", "incident"),
            text=input.text,
            recipients=[key_of(name, "Officer", "recipients") for name in input.recipients],
            escalation=[key_of(name, "Officer", "escalation") for name in input.escalation],
            priority=input.priority,
            accept_within_s=input.accept_within_seconds,
        )
        return await dispatch_order(*at_desk(info), asked, input.client_mutation_id)

    @mutation(Scope.ORDERS_WRITE, "Withdraw an order", _written, zh="撤销指令")
    async def cancel_order(self, info: Info, input: CancelOrderInput) -> OrderDoc:  # noqa: A002
        """Once per clientMutationId."""
        return await cancel_order(
            *at_desk(info),
            order_id=await key_named(info.context, input.order, "Order", "order"),
            reason=input.reason,
            key=input.client_mutation_id,
        )

    @mutation(
        Scope.ORDERS_WRITE,
        "Take an order from one recipient, give it to another",
        _warned,
        zh="改派指令",
    )
    async def reassign_order(self, info: Info, input: ReassignOrderInput) -> OrderDoc:  # noqa: A002
        """Once per clientMutationId; both are told."""
        return await reassign_order(
            *at_desk(info),
            order_id=await key_named(info.context, input.order, "Order", "order"),
            officer=key_of(input.officer, "Officer", "officer"),
            to=key_of(input.to, "Officer", "to"),
            reason=input.reason,
            stage=input.stage,
            key=input.client_mutation_id,
        )

    @root(Scope.FIELD_WORK, "Answer an order that one has received", zh="签收与回报")
    async def acknowledge_order(self, info: Info, input: AcknowledgeOrderInput) -> OrderPayload:  # noqa: A002
        """Once per clientMutationId: the same as the field app's action of that name."""

        async def body() -> dict[str, str | None]:
            return {
                "orderId": await key_named(info.context, input.order, "Order", "order"),
                "note": input.note,
            }

        key, kind = input.client_mutation_id, f"order.{input.answer}"
        errors = await act(info.context, kind, key, body)
        order = (
            None
            if errors
            else await Order.load(info.context, await key_named(info.context, input.order, "Order"))
        )
        return OrderPayload(client_mutation_id=key, user_errors=errors, warnings=[], order=order)


@strawberry.type
class Subscription:
    """Orders, live."""

    orders = _orders.followed
