"""Orders (指令): who may see which, and the writes that move them."""

from collections.abc import Collection
from typing import Any

from hub.model.operations import OrderState
from hub.model.people import Role, Viewer
from hub.operations.orders.documents import ORDERS, OrderDoc
from hub.store.documents import plain
from hub.store.driver import Document, Store, Tx
from hub.store.listing import NOTHING, Place, beyond, only
from hub.store.pending import pending, seen
from hub.store.together import Together

_NEWEST = [("created_at", -1), ("_id", -1)]


def visible_orders(viewer: Viewer) -> dict[str, Any]:
    """The row policy of orders, as a filter.

    The centre sees all, a liaison the orders with an officer of its unit, an officer its own,
    a partner none.
    """
    if viewer.sees_everything:
        return {}
    if viewer.role is Role.LIAISON and viewer.unit is not None:
        return {"$or": [{"units": viewer.unit}, {"recipients": viewer.account_id}]}
    if viewer.role in {Role.OFFICER, Role.LIAISON}:
        return {"recipients": viewer.account_id}
    return NOTHING


class OrderRepository:
    """Orders. Methods with a `viewer` apply the row policy; the others are for the hub itself."""

    def __init__(self, store: Store) -> None:
        self._orders = store.db[ORDERS]
        self._by_id = Together(self._rows)

    async def get(self, order_id: str, viewer: Viewer, *, tx: Tx | None = None) -> OrderDoc | None:
        """The order, or None if it is absent or not the viewer's to see."""
        row: Document | None
        if tx is None and viewer.sees_everything:
            row = (await self._by_id.of([order_id])).get(order_id)
        else:
            query = {"$and": [{"_id": order_id}, visible_orders(viewer)]}
            await seen(tx, ORDERS)
            row = await self._orders.find_one(query, session=tx)
        return OrderDoc.model_validate(row) if row else None

    async def visible(self, viewer: Viewer, order_ids: Collection[str]) -> dict[str, OrderDoc]:
        """Those of the orders that the viewer may see, by id."""
        query = {"$and": [{"_id": {"$in": list(order_ids)}}, visible_orders(viewer)]}
        return {row["_id"]: OrderDoc.model_validate(row) async for row in self._orders.find(query)}

    async def page(
        self,
        viewer: Viewer,
        *,
        first: int,
        after: Place | None = None,
        state: OrderState | None = None,
        incident_id: str | None = None,
    ) -> list[OrderDoc]:
        """At most `first` orders, newest first by (created_at, id), behind `after`."""
        asked = only(state=state, incident_id=incident_id)
        terms = [visible_orders(viewer), beyond(after, "created_at"), asked]
        rows = self._orders.find({"$and": terms}).sort(_NEWEST).limit(first)
        return [OrderDoc.model_validate(row) async for row in rows]

    async def of_incidents(
        self, viewer: Viewer, incident_ids: Collection[str]
    ) -> dict[str, list[OrderDoc]]:
        """The orders that the viewer may see, by incident, newest first."""
        query = {"$and": [{"incident_id": {"$in": list(incident_ids)}}, visible_orders(viewer)]}
        found: dict[str, list[OrderDoc]] = {incident_id: [] for incident_id in incident_ids}
        async for row in self._orders.find(query).sort(_NEWEST):
            found[row["incident_id"]].append(OrderDoc.model_validate(row))
        return found

    async def for_hub(self, order_id: str, *, tx: Tx | None = None) -> OrderDoc | None:
        """The order whoever asks: for the hub's own steps, never for an answer to a caller."""
        row: Document | None
        if tx is not None:
            row = await pending(tx).row(ORDERS, order_id)
        else:
            row = await self._orders.find_one({"_id": order_id})
        return OrderDoc.model_validate(row) if row else None

    async def states(
        self, order_ids: Collection[str], *, tx: Tx | None = None
    ) -> dict[str, OrderState]:
        """How the orders stand, by id: for the hub's own steps."""
        await seen(tx, ORDERS)
        query = {"_id": {"$in": list(order_ids)}}
        rows = self._orders.find(query, {"state": True}, session=tx)
        return {row["_id"]: OrderState(row["state"]) async for row in rows}

    async def open_of_incident(self, tx: Tx, incident_id: str) -> list[OrderDoc]:
        """The orders of an incident that are still open."""
        await seen(tx, ORDERS)
        query = {"incident_id": incident_id, "state": OrderState.OPEN}
        return [OrderDoc.model_validate(row) async for row in self._orders.find(query, session=tx)]

    async def by_ids(
        self, order_ids: Collection[str], *, tx: Tx | None = None
    ) -> dict[str, OrderDoc]:
        """Orders by id, for the hub's own steps."""
        await seen(tx, ORDERS)
        rows = self._orders.find({"_id": {"$in": list(order_ids)}}, session=tx)
        return {row["_id"]: OrderDoc.model_validate(row) async for row in rows}

    def insert(self, tx: Tx, order: OrderDoc) -> None:
        """Store a new order."""
        pending(tx).insert(ORDERS, plain(order))

    async def _rows(self, order_ids: Collection[str]) -> dict[str, Document]:
        rows = self._orders.find({"_id": {"$in": list(order_ids)}})
        return {row["_id"]: row async for row in rows}
