"""The timers of ledgers (签收时限): which answers are overdue, and when the next one will be."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from pymongo import ASCENDING

from hub.store.driver import Store

RECIPIENTS = "recipients"


class Overdue(NamedTuple):
    """Parts of one order that should have been answered by now."""

    order_id: str
    incident_id: str
    ledgers: list[str]


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many recipients have not answered, since when the first of them, how many are overdue."""

    count: int
    since: datetime | None
    overdue: int


class Timers:
    """`next_step_at` of every ledger: rows, not tasks, so that no restart loses one."""

    def __init__(self, store: Store) -> None:
        self._recipients = store.db[RECIPIENTS]

    async def overdue(self, now: datetime, *, at_a_time: int) -> AsyncIterator[Overdue]:
        """Parts whose timer has passed, the most overdue first; those of one order together.

        Each is given once, also if it stays overdue.
        """
        query: dict[str, Any] = {"next_step_at": {"$lte": now}}
        sort = [("next_step_at", ASCENDING), ("_id", ASCENDING)]
        fields = {"order_id": True, "incident_id": True, "next_step_at": True}
        while rows := await self._recipients.find(query, fields).sort(sort).to_list(at_a_time):
            parts: dict[str, Overdue] = {}
            for row in rows:
                part = Overdue(row["order_id"], row["incident_id"], [])
                parts.setdefault(part.order_id, part).ledgers.append(row["_id"])
            for part in parts.values():
                yield part
            last, behind = rows[-1], rows[-1]["next_step_at"]
            query = {
                "next_step_at": {"$gte": behind, "$lte": now},
                "$or": [{"next_step_at": {"$gt": behind}}, {"_id": {"$gt": last["_id"]}}],
            }

    async def next_timer(self) -> datetime | None:
        """When the earliest timer passes; None if nothing is awaited."""
        row = await self._recipients.find_one(
            {"next_step_at": {"$ne": None}},
            {"next_step_at": True},
            sort=[("next_step_at", ASCENDING)],
        )
        moment: datetime | None = row["next_step_at"] if row else None
        return moment

    async def waiting(self, now: datetime) -> Waiting:
        """What is unanswered, for the metrics."""
        rows = self._recipients
        awaited = {"next_step_at": {"$ne": None}}
        first = await rows.find_one(awaited, {"created_at": True}, sort=[("created_at", ASCENDING)])
        return Waiting(
            count=await rows.count_documents(awaited),
            since=first["created_at"] if first else None,
            overdue=await rows.count_documents({"next_step_at": {"$lte": now}}),
        )
