"""Query roots of operations: incidents and orders."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from hub.errors import NotFound
from hub.model.people import Scope
from schema import enums
from schema.context import row_of
from schema.nodes import FIRST_DEFAULT, Connection, connect, decode_cursor, key_of, page_size
from schema.operations.types import Incident, Order
from schema.people.queries import OfUnit, known_unit
from schema.projection import Info, Row, root
from schema.transit.arguments import After, First

if TYPE_CHECKING:
    from schema.context import SchemaContext

IncidentStateOnly = Annotated[
    enums.IncidentState | None, strawberry.argument(description="Only in this state (状态).")
]
OrderStateOnly = Annotated[
    enums.OrderState | None, strawberry.argument(description="Only in this state (状态).")
]
OfIncident = Annotated[
    strawberry.ID | None, strawberry.argument(description="Only of this incident (事件).")
]


@strawberry.type
class OperationsQuery:
    """Roots about what is being done."""

    @root(Scope.INCIDENTS_READ, "Incidents the caller may see, newest first", zh="事件")
    async def incidents(
        self,
        info: Info,
        state: IncidentStateOnly = None,
        unit: OfUnit = None,
        first: First = FIRST_DEFAULT,
        after: After = None,
    ) -> Connection[Incident]:
        """By the time they were opened."""
        found = await info.context.services.incidents.page(
            info.context.viewer,
            first=page_size(first) + 1,
            after=decode_cursor(after, datetime, str),
            state=state,
            unit=None if unit is None else key_of(unit, "Unit", "unit"),
        )
        rows = [row_of(incident) for incident in found]
        if not rows:
            await known_unit(info.context, unit)
        return connect(rows, first=first, after=after, wrap=Incident, place=_opened)

    @root(Scope.INCIDENTS_READ, "An incident by its id; null if not the caller's to see", zh="事件")
    async def incident(self, info: Info, id: strawberry.ID) -> Incident | None:  # noqa: A002
        """Absent and forbidden look the same."""
        return await Incident.load(info.context, key_of(id, "Incident", "id"))

    @root(Scope.ORDERS_READ, "Orders the caller may see, newest first", zh="指令")
    async def orders(
        self,
        info: Info,
        state: OrderStateOnly = None,
        incident: OfIncident = None,
        first: First = FIRST_DEFAULT,
        after: After = None,
    ) -> Connection[Order]:
        """By the time they were given."""
        found = await info.context.services.orders.page(
            info.context.viewer,
            first=page_size(first) + 1,
            after=decode_cursor(after, datetime, str),
            state=state,
            incident_id=None if incident is None else key_of(incident, "Incident", "incident"),
        )
        rows = [row_of(order) for order in found]
        if not rows:
            await known_incident(info.context, incident)
        return connect(rows, first=first, after=after, wrap=Order, place=_given)

    @root(Scope.ORDERS_READ, "An order by its id; null if not the caller's to see", zh="指令")
    async def order(self, info: Info, id: strawberry.ID) -> Order | None:  # noqa: A002
        """Absent and forbidden look the same."""
        return await Order.load(info.context, key_of(id, "Order", "id"))


async def known_incident(context: "SchemaContext", incident: str | None) -> None:
    """Raise NotFound for a filter by an incident that is absent or not the caller's to see."""
    if incident is None:
        return
    if await Incident.load(context, key_of(incident, "Incident", "incident")) is None:
        raise NotFound("Incident", incident, path=("incident",))


def _opened(row: Row) -> tuple[object, ...]:
    return row["opened_at"], row["_id"]


def _given(row: Row) -> tuple[object, ...]:
    return row["created_at"], row["_id"]
