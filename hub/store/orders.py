"""Orders (指令) and their ledgers (签收记录): who may see which, and the writes that move them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from beanie import SortDirection

from hub.model.operations import ENDED, PROGRESS, OrderState, Stage
from hub.model.people import Viewer
from hub.store.documents import LedgerEntry, OrderDoc, RecipientDoc, plain
from hub.store.driver import Document, Store, Tx
from hub.store.incidents import Page, older_than
from hub.store.orders_policy import hide_strangers, visible_ledgers, visible_orders
from hub.store.pending import pending, seen
from hub.store.timers import RECIPIENTS, Timers
from hub.store.together import Together

UNANSWERED: tuple[Stage, ...] = PROGRESS[: PROGRESS.index(Stage.ACCEPTED)]
"""The stages in which an answer is still awaited."""

ORDERS = "orders"
REMEMBERED = 10_000
"""Orders whose incident a process remembers, at most."""
_NEWEST = [("created_at", SortDirection.DESCENDING), ("_id", SortDirection.DESCENDING)]
_OLDEST = [("created_at", SortDirection.ASCENDING), ("_id", SortDirection.ASCENDING)]


@dataclass(frozen=True, slots=True)
class Step:
    """One more line in a ledger, and where its recipient stands after it."""

    recipient_id: str
    entry: LedgerEntry
    stage: Stage
    next_step_at: datetime | None


class Link(NamedTuple):
    """One recipient as a link of a chain: how far it has come, and in whose place it was asked."""

    stage: Stage
    escalated_from: str | None


class OrderRepository(Timers):
    """Orders. Methods with a `viewer` apply the row policy; the others are for the hub itself."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._orders = store.db[ORDERS]
        self._by_id = Together(self._rows)
        self._incidents: dict[str, str] = {}

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
        return {order.id: order for order in await OrderDoc.find(query).to_list()}

    async def page(
        self,
        viewer: Viewer,
        *,
        first: int,
        after: Page | None = None,
        state: OrderState | None = None,
        incident_id: str | None = None,
    ) -> list[OrderDoc]:
        """At most `first` orders, newest first by (created_at, id), behind `after`."""
        terms = [visible_orders(viewer), older_than(after, "created_at")]
        if state is not None:
            terms.append({"state": state})
        if incident_id is not None:
            terms.append({"incident_id": incident_id})
        return await OrderDoc.find({"$and": terms}).sort(_NEWEST).limit(first).to_list()

    async def of_incidents(
        self, viewer: Viewer, incident_ids: Collection[str]
    ) -> dict[str, list[OrderDoc]]:
        """The orders that the viewer may see, by incident, newest first."""
        query = {"$and": [{"incident_id": {"$in": list(incident_ids)}}, visible_orders(viewer)]}
        found: dict[str, list[OrderDoc]] = {incident_id: [] for incident_id in incident_ids}
        for order in await OrderDoc.find(query).sort(_NEWEST).to_list():
            found[order.incident_id].append(order)
        return found

    async def ledgers(
        self, viewer: Viewer, order_ids: Collection[str]
    ) -> dict[str, list[RecipientDoc]]:
        """The ledgers that the viewer may see, by order, in the order they were opened."""
        query = {"$and": [{"order_id": {"$in": list(order_ids)}}, visible_ledgers(viewer)]}
        rows = RecipientDoc.find(query).sort(_OLDEST)
        found: dict[str, list[RecipientDoc]] = {order_id: [] for order_id in order_ids}
        for row in await rows.to_list():
            found[row.order_id].append(row)
        if not viewer.sees_everything:
            for ledgers in found.values():
                hide_strangers(ledgers)
        return found

    async def for_hub(self, order_id: str, *, tx: Tx | None = None) -> OrderDoc | None:
        """The order whoever asks: for the hub's own steps, never for an answer to a caller."""
        if tx is not None:
            row = await pending(tx).row(ORDERS, order_id)
        else:
            row = await self._orders.find_one({"_id": order_id})
        return OrderDoc.model_validate(row) if row else None

    async def incident_of(self, order_id: str) -> str | None:
        """The incident of an order, which never changes; None if there is no such order."""
        if order_id not in self._incidents:
            row = await self._orders.find_one({"_id": order_id}, {"incident_id": True})
            if row is None:
                return None
            if len(self._incidents) >= REMEMBERED:
                self._incidents.clear()
            self._incidents[order_id] = str(row["incident_id"])
        return self._incidents[order_id]

    async def open_of_incident(self, tx: Tx, incident_id: str) -> list[OrderDoc]:
        """The orders of an incident that are still open."""
        await seen(tx, ORDERS)
        query = {"incident_id": incident_id, "state": OrderState.OPEN}
        return [OrderDoc.model_validate(row) async for row in self._orders.find(query, session=tx)]

    async def by_ids(self, tx: Tx, order_ids: Collection[str]) -> dict[str, OrderDoc]:
        """Orders by id, for the hub's own steps."""
        await seen(tx, ORDERS)
        rows = self._orders.find({"_id": {"$in": list(order_ids)}}, session=tx)
        return {row["_id"]: OrderDoc.model_validate(row) async for row in rows}

    async def insert(self, tx: Tx, order: OrderDoc, recipients: Sequence[RecipientDoc]) -> None:
        """Store a new order and its ledgers."""
        pending(tx).insert(ORDERS, plain(order))
        pending(tx).insert(RECIPIENTS, *(plain(row) for row in recipients))

    async def add_recipients(
        self, tx: Tx, order_id: str, recipients: Sequence[RecipientDoc]
    ) -> None:
        """Ask more people: their ledgers, and their names and units in the order."""
        pending(tx).insert(RECIPIENTS, *(plain(row) for row in recipients))
        units = {row.unit for row in recipients if row.unit is not None}
        change = {
            "$push": {"recipients": {"$each": [row.account_id for row in recipients]}},
            "$addToSet": {"units": {"$each": sorted(units)}},
            "$inc": {"revision": 1},
        }
        pending(tx).update(ORDERS, order_id, change)

    async def change(self, tx: Tx, order_id: str, **fields: Any) -> None:  # noqa: ANN401
        """Set fields of the order; with none, only its revision is raised.

        Whatever ends a recipient's part, or takes it up again, goes through here: two such steps
        then conflict, so that one of them sees the other and an order cannot miss its end.
        """
        change: dict[str, Any] = {"$inc": {"revision": 1}}
        if fields:
            change["$set"] = fields
        pending(tx).update(ORDERS, order_id, change)

    async def recipient(
        self, order_id: str, account_id: str, *, tx: Tx | None = None
    ) -> RecipientDoc | None:
        """The ledger of one person in an order."""
        return await self.ledger(recipient_id(order_id, account_id), tx=tx)

    async def ledger(self, ledger_id: str, *, tx: Tx | None = None) -> RecipientDoc | None:
        """One ledger by its id, for the hub's own steps."""
        if tx is not None:
            row = await pending(tx).row(RECIPIENTS, ledger_id)
        else:
            row = await self._recipients.find_one({"_id": ledger_id})
        return RecipientDoc.model_validate(row) if row else None

    async def ledgers_by_ids(self, ledger_ids: Collection[str]) -> dict[str, RecipientDoc]:
        """Ledgers by id, for the hub's own steps."""
        rows = self._recipients.find({"_id": {"$in": list(ledger_ids)}})
        return {row["_id"]: RecipientDoc.model_validate(row) async for row in rows}

    async def recipients(self, tx: Tx, order_id: str) -> list[RecipientDoc]:
        """All ledgers of an order."""
        return await self._ledgers({"order_id": order_id}, tx)

    async def ledgers_of(
        self, tx: Tx, order_id: str, accounts: Collection[str]
    ) -> list[RecipientDoc]:
        """The ledgers of these people in an order."""
        names = [recipient_id(order_id, account) for account in accounts]
        return await self._ledgers({"_id": {"$in": names}}, tx) if names else []

    async def links(self, tx: Tx, order_id: str) -> dict[str, Link]:
        """Every recipient of an order by account: who was asked in whose place."""
        await seen(tx, RECIPIENTS)
        rows = self._recipients.find(
            {"order_id": order_id},
            {"account_id": True, "stage": True, "escalated_from": True},
            session=tx,
        )
        return {
            row["account_id"]: Link(Stage(row["stage"]), row["escalated_from"])
            async for row in rows
        }

    async def outcome(self, tx: Tx, order_id: str) -> tuple[bool, bool]:
        """Whether everybody's part in the order has ended, and whether anybody's by DONE."""
        await seen(tx, RECIPIENTS)
        live = {"order_id": order_id, "stage": {"$nin": [*ENDED]}}
        if await self._recipients.find_one(live, {"_id": True}, session=tx) is not None:
            return False, False
        done = {"order_id": order_id, "stage": Stage.DONE}
        return True, await self._recipients.find_one(done, {"_id": True}, session=tx) is not None

    async def of_account(
        self, account_id: str, *, since: datetime, limit: int, tx: Tx
    ) -> list[RecipientDoc]:
        """One person's ledgers: all that have not ended, the last `limit` ended and made since."""
        rows = await self.live_of_account(tx, account_id)
        ended = {"$in": [*ENDED]}
        past = {"account_id": account_id, "created_at": {"$gte": since}, "stage": ended}
        rows += await RecipientDoc.find(past, session=tx).sort(_NEWEST).limit(limit).to_list()
        return rows

    async def live_of_account(self, tx: Tx, account_id: str) -> list[RecipientDoc]:
        """One person's ledgers that have not ended."""
        return await self._ledgers({"account_id": account_id, "stage": {"$nin": [*ENDED]}}, tx)

    async def steps(self, tx: Tx, steps: Sequence[Step]) -> None:
        """Write the lines into their ledgers."""
        for step in steps:
            change = {
                "$set": {"stage": step.stage, "next_step_at": step.next_step_at},
                "$push": {"entries": step.entry.model_dump()},
                "$inc": {"revision": 1},
            }
            pending(tx).update(RECIPIENTS, step.recipient_id, change)

    async def taken_by_other(self, tx: Tx, rows: Sequence[RecipientDoc]) -> None:
        """Write into these ledgers that somebody else has accepted in their place."""
        for row in rows:
            row.taken_by_other = True
            _mark(tx, row, "taken_by_other")

    async def nobody_next(self, tx: Tx, rows: Sequence[RecipientDoc]) -> None:
        """Write into these ledgers that nobody was left to be asked in their place."""
        for row in rows:
            row.nobody_next = True
            _mark(tx, row, "nobody_next")

    async def touch_recipients(self, tx: Tx, order_id: str) -> None:
        """Raise the revision of every ledger of an order, so that a concurrent answer conflicts."""
        pending(tx).update_all(RECIPIENTS, {"order_id": order_id}, {"$inc": {"revision": 1}})

    async def still_overdue(
        self, tx: Tx, recipient_ids: Collection[str], now: datetime
    ) -> list[RecipientDoc]:
        """Those of the ledgers whose timer has passed, read in the transaction that will act."""
        rows = [await self.ledger(name, tx=tx) for name in recipient_ids]
        late = [row for row in rows if row and row.next_step_at and row.next_step_at <= now]
        return sorted(late, key=lambda row: (row.created_at, row.id))

    async def _rows(self, order_ids: Collection[str]) -> dict[str, Document]:
        rows = self._orders.find({"_id": {"$in": list(order_ids)}})
        return {row["_id"]: row async for row in rows}

    async def _ledgers(self, query: dict[str, Any], tx: Tx) -> list[RecipientDoc]:
        await seen(tx, RECIPIENTS)
        rows = self._recipients.find(query, session=tx)
        return [RecipientDoc.model_validate(row) async for row in rows]


def _mark(tx: Tx, row: RecipientDoc, flag: str) -> None:
    pending(tx).update(RECIPIENTS, row.id, {"$set": {flag: True}, "$inc": {"revision": 1}})


def recipient_id(order_id: str, account_id: str) -> str:
    """The id of the ledger of one person in one order."""
    return f"{order_id}:{account_id}"
