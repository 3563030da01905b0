"""What the alarms about orders ask of what is stored: for many at once, and in a transaction."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.model.operations import OrderState
from hub.operations.asking.documents import RECIPIENTS
from hub.operations.orders.documents import ORDERS
from hub.store.driver import Store, Tx
from hub.store.pending import seen
from hub.store.people import ACCOUNTS

OURS = ("hub", "escalation")
"""Channels of ledger lines that the hub writes by itself: nothing was heard from a phone."""


@dataclass(frozen=True, slots=True)
class OrderEnd:
    """Where an order stands, and when it ended, if it has."""

    state: OrderState
    at: datetime | None


class Conditions:
    """Asks how orders stand, and when people were last heard of."""

    def __init__(self, store: Store) -> None:
        self._db = store.db

    async def ends_of(
        self, order_ids: Collection[str], *, tx: Tx | None = None
    ) -> dict[str, OrderEnd]:
        """How the orders stand, by id."""
        await seen(tx, ORDERS)
        rows = self._db[ORDERS].find(
            {"_id": {"$in": list(order_ids)}}, {"state": True, "ended_at": True}, session=tx
        )
        return {r["_id"]: OrderEnd(OrderState(r["state"]), r["ended_at"]) async for r in rows}

    async def heard_of(
        self, accounts: Collection[str], since: datetime, *, tx: Tx | None = None
    ) -> dict[str, datetime]:
        """When each was last heard of since then: a push taken, an answer, in or out of duty.

        Accounts of which nothing was heard since are left out.
        """
        if not accounts:
            return {}
        await seen(tx, RECIPIENTS, ACCOUNTS)
        signed: dict[str, Any] = {"_id": {"$in": list(accounts)}, "duty.since": {"$gt": since}}
        people = self._db[ACCOUNTS].find(signed, {"duty.since": True}, session=tx)
        heard: dict[str, datetime] = {row["_id"]: row["duty"]["since"] async for row in people}
        line = {"at": {"$gt": since}, "channel": {"$nin": OURS}}
        ledgers = self._db[RECIPIENTS].find(
            {"account_id": {"$in": list(accounts)}, "entries": {"$elemMatch": line}},
            {"account_id": True, "entries.at": True, "entries.channel": True},
            session=tx,
        )
        async for row in ledgers:
            times = [e["at"] for e in row["entries"] if e["channel"] not in OURS]
            known = heard.get(row["account_id"])
            heard[row["account_id"]] = max(times if known is None else [known, *times])
        return heard
