"""What the alarms about orders ask of what is stored: for many at once, and in a transaction."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo import ASCENDING

from hub.model.operations import OrderState, Stage
from hub.store.documents import AccountDoc, OrderDoc, RecipientDoc
from hub.store.driver import Tx
from hub.store.orders import Link
from hub.store.pending import seen

OURS = ("hub", "escalation")
"""Channels of ledger lines that the hub writes by itself: nothing was heard from a phone."""


@dataclass(frozen=True, slots=True)
class OrderEnd:
    """Where an order stands, and when it ended, if it has."""

    state: OrderState
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Late:
    """How many parts are overdue, and the order that has been so longest."""

    parts: int
    order_id: str


async def late_since(moment: datetime, *, most: int) -> Late | None:
    """What should have been escalated before that moment, counted up to `most`; None if nothing."""
    rows = RecipientDoc.get_pymongo_collection()
    query = {"next_step_at": {"$lt": moment}}
    first = await rows.find_one(query, {"order_id": True}, sort=[("next_step_at", ASCENDING)])
    if first is None:
        return None
    return Late(await rows.count_documents(query, limit=most), first["order_id"])


async def ends_of(order_ids: Collection[str], *, tx: Tx | None = None) -> dict[str, OrderEnd]:
    """How the orders stand, by id."""
    await seen(tx, "orders")
    rows = OrderDoc.get_pymongo_collection().find(
        {"_id": {"$in": list(order_ids)}}, {"state": True, "ended_at": True}, session=tx
    )
    return {row["_id"]: OrderEnd(OrderState(row["state"]), row["ended_at"]) async for row in rows}


async def links_of(
    order_ids: Collection[str], *, tx: Tx | None = None
) -> dict[str, dict[str, Link]]:
    """The recipients of each order by account: who was asked in whose place."""
    await seen(tx, "recipients")
    found: dict[str, dict[str, Link]] = {order_id: {} for order_id in order_ids}
    rows = RecipientDoc.get_pymongo_collection().find(
        {"order_id": {"$in": list(order_ids)}},
        {"order_id": True, "account_id": True, "stage": True, "escalated_from": True},
        session=tx,
    )
    async for row in rows:
        link = Link(Stage(row["stage"]), row["escalated_from"])
        found[row["order_id"]][row["account_id"]] = link
    return found


async def heard_of(
    accounts: Collection[str], since: datetime, *, tx: Tx | None = None
) -> dict[str, datetime]:
    """When each of them was last heard of since then: a push taken, an answer, in or out of duty.

    Accounts of which nothing was heard since are left out.
    """
    if not accounts:
        return {}
    await seen(tx, "recipients", "accounts")
    signed: dict[str, Any] = {"_id": {"$in": list(accounts)}, "duty.since": {"$gt": since}}
    people = AccountDoc.get_pymongo_collection().find(signed, {"duty.since": True}, session=tx)
    heard: dict[str, datetime] = {row["_id"]: row["duty"]["since"] async for row in people}
    line = {"at": {"$gt": since}, "channel": {"$nin": OURS}}
    ledgers = RecipientDoc.get_pymongo_collection().find(
        {"account_id": {"$in": list(accounts)}, "entries": {"$elemMatch": line}},
        {"account_id": True, "entries.at": True, "entries.channel": True},
        session=tx,
    )
    async for row in ledgers:
        times = [e["at"] for e in row["entries"] if e["channel"] not in OURS]
        known = heard.get(row["account_id"])
        heard[row["account_id"]] = max(times if known is None else [known, *times])
    return heard
