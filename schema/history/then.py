"""A moment that has passed, for one request: its rows, of those the caller may see now."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Self

from hub.model.operations import PROGRESS, Stage
from hub.operations.alarming.documents import ALARMS
from hub.operations.alarming.store import AlarmRepository
from hub.operations.asking.store import Recipients
from hub.operations.history import ACCOUNTS
from hub.operations.incidents.documents import INCIDENTS
from hub.operations.incidents.store import IncidentRepository
from hub.operations.orders.documents import ORDERS
from hub.operations.orders.store import OrderRepository
from hub.store import raw
from hub.store.driver import Store
from hub.store.feeds.cache import FeedCache
from hub.store.history.chapters import History, Sample
from schema.context import Memory, SchemaContext, Visible
from schema.projection import Row

THEN = "then"
"""Where a row of the past carries its moment."""

_POLICIES: Mapping[str, Callable[[Store], Visible]] = {
    INCIDENTS: IncidentRepository,
    ORDERS: OrderRepository,
    ALARMS: AlarmRepository,
}


class Then:
    """A moment: each collection is unpacked once, each row policy asked once."""

    def __init__(self, now: SchemaContext, sample: Sample) -> None:
        self.sample = sample
        self._now = now
        feeds = FeedCache(now.services.transit)
        services = replace(now.services, feeds=feeds)
        self.context = SchemaContext(services, now.principal, Memory(), [], now=sample.at)
        self._found: dict[tuple[str, str], asyncio.Future[list[Row]]] = {}

    @property
    def known(self) -> bool:
        """Whether anybody looked then."""
        return self.sample.gap is None

    @classmethod
    async def at(cls, now: SchemaContext, moment: datetime) -> Self:
        """The moment, with what is known of the feeds in it. Raises UserFault OUT_OF_HISTORY."""
        sample = await now.services.of(History).sample(moment)
        then = cls(now, sample)
        then.context.services.feeds.hold(await then.rows(raw.FEEDS))
        return then

    async def rows(self, collection: str) -> list[Row]:
        """The rows as they were, by id, each with its moment."""

        async def read() -> list[Row]:
            rows = await self._now.services.of(History).rows(self.sample, collection)
            return [{**row, THEN: self} for row in rows]

        return await self._once(("rows", collection), read)

    async def visible(self, collection: str) -> list[Row]:
        """Those of the rows that the caller may see: by the policy of the live list."""

        async def read() -> list[Row]:
            rows = await self.rows(collection)
            ids = [row["_id"] for row in rows]
            may = await self._now.services.of(_POLICIES[collection]).visible(self._now.viewer, ids)
            return [row for row in rows if row["_id"] in may]

        return await self._once(("visible", collection), read)

    async def officers(self) -> list[Row]:
        """Who was on duty, of those in the caller's list of officers."""
        rows = await self.rows(ACCOUNTS)
        ids = [row["_id"] for row in rows if row["role"] == "OFFICER"]
        may = await self._now.services.accounts.listed(self._now.viewer, ids)
        return [row for row in rows if row["_id"] in may]

    async def one(self, collection: str, key: str | None) -> Row | None:
        """A row by its id; None where there was none, or it is not the caller's to see."""
        return next((row for row in await self.visible(collection) if row["_id"] == key), None)

    async def ledgers(self, order: Row) -> list[Row]:
        """The ledgers of an order as far as they went then, of those the caller may see."""
        found = self._now.load.lists(Recipients, Recipients.visible)
        ledgers = await found.load(order["_id"])
        return [_so_far(one, order, self.sample.at) for one in ledgers if _begun(one, self.sample)]

    async def _once(
        self, key: tuple[str, str], read: Callable[[], Awaitable[list[Row]]]
    ) -> list[Row]:
        if key not in self._found:
            self._found[key] = asyncio.ensure_future(read())
        return await self._found[key]


def context_of(row: Row) -> Any:  # noqa: ANN401  # a SchemaContext; None for what is embedded in a row
    """The context of a row of the past: its moment's."""
    then = row.get(THEN)
    return then.context if then is not None else None


def _begun(ledger: Row, sample: Sample) -> bool:
    began: datetime = ledger["created_at"]
    return began <= sample.at


def _so_far(ledger: Row, order: Row, at: datetime) -> Row:
    entries = [entry for entry in ledger["entries"] if entry["at"] <= at]
    whole = len(entries) == len(ledger["entries"])
    return {
        **ledger,
        "entries": entries,
        "stage": ledger["stage"] if whole else reached([entry["stage"] for entry in entries]),
        # it has no time of its own: before the order had nobody left, nobody can have been missing
        "nobody_next": ledger["nobody_next"] and order.get("exhausted_at") is not None,
    }


def reached(stages: Sequence[Stage]) -> Stage:
    """How far these steps, in order, have come: what has ended stays so, else the furthest."""
    stage = Stage.QUEUED
    for step in stages:
        if step not in PROGRESS:
            return step
        stage = max(stage, step, key=PROGRESS.index)
    return stage
