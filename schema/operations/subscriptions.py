"""Subscription roots of operations: incidents and orders, as far as the caller may see them."""

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

import strawberry

from hub.bus import Change
from hub.model.people import Scope
from schema.context import row_of
from schema.events import Event, live
from schema.live.source import Arguments, LiveSource
from schema.nodes import FIRST_DEFAULT, key_of, page_size
from schema.operations.queries import (
    IncidentStateOnly,
    OfIncident,
    OrderStateOnly,
    known_incident,
)
from schema.operations.types import Incident, Order
from schema.people.queries import OfUnit, known_unit
from schema.projection import Row
from schema.transit.arguments import First, Resume

if TYPE_CHECKING:
    from schema.context import SchemaContext


async def _incidents(context: "SchemaContext", arguments: Arguments) -> list[Row]:
    unit = arguments.get("unit")
    found = await context.services.incidents.page(
        context.viewer,
        first=page_size(arguments.get("first", FIRST_DEFAULT)),
        state=arguments.get("state"),
        unit=None if unit is None else key_of(unit, "Unit", "unit"),
    )
    if not found:
        await known_unit(context, unit)
    return [row_of(incident) for incident in found]


async def _orders(context: "SchemaContext", arguments: Arguments) -> list[Row]:
    incident = arguments.get("incident")
    found = await context.services.orders.page(
        context.viewer,
        first=page_size(arguments.get("first", FIRST_DEFAULT)),
        state=arguments.get("state"),
        incident_id=None if incident is None else key_of(incident, "Incident", "incident"),
    )
    if not found:
        await known_incident(context, incident)
    rows = [row_of(order) for order in found]
    ids = [row["incident_id"] for row in rows]
    incidents = await context.load.incident.load_many(ids)
    lines = await context.services.incidents.timeline_lengths(set(ids))
    # these are not shown: they make the row differ when its incident does
    return [
        {**row, "incident_revision": its and its["revision"], "lines": lines[row["incident_id"]]}
        for row, its in zip(rows, incidents, strict=True)
    ]


def _incident_of(change: Change) -> str | None:
    """The incident that shows an order, a ledger or a line which changed."""
    document = change.document
    return None if document is None else document.get("incident_id")


def _order_of(change: Change) -> str | None:
    """The order that shows a ledger which changed."""
    document = change.document
    return None if document is None else document.get("order_id")


@strawberry.type
class OperationsSubscription:
    """Live roots about what is being done."""

    @live(
        Scope.INCIDENTS_READ,
        "Incidents the caller may see, live",
        LiveSource(
            collections=frozenset({"incidents", "timeline", "orders", "recipients"}),
            rows=_incidents,
            wrap=Incident,
            related=_incident_of,
            per_viewer=True,
        ),
        zh="事件",
    )
    async def incidents(
        self,
        state: IncidentStateOnly = None,
        unit: OfUnit = None,
        first: First = FIRST_DEFAULT,
        after: Resume = None,
    ) -> AsyncGenerator[Event[Incident], None]:
        """As the query: the newest `first`. Changes of their orders count if they are selected."""
        raise NotImplementedError

    @live(
        Scope.ORDERS_READ,
        "Orders the caller may see, live",
        LiveSource(
            collections=frozenset({"orders", "recipients", "incidents", "timeline"}),
            rows=_orders,
            wrap=Order,
            related=_order_of,
            per_viewer=True,
        ),
        zh="指令",
    )
    async def orders(
        self,
        state: OrderStateOnly = None,
        incident: OfIncident = None,
        first: First = FIRST_DEFAULT,
        after: Resume = None,
    ) -> AsyncGenerator[Event[Order], None]:
        """As the query: the newest `first`. A step in a recipient's ledger changes its order."""
        raise NotImplementedError
