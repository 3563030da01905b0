"""The timers of ledgers (签收时限): which answers are overdue, and when the next one will be."""

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from hub.operations.asking.documents import RECIPIENTS
from hub.store.driver import Store

_NAMED = ("subject_kind", "subject_id", "lane")


class Overdue(NamedTuple):
    """Parts of one subject that should have been answered by now."""

    subject_kind: str
    subject_id: str
    lane: str
    ledgers: list[str]


class Late(NamedTuple):
    """How many parts are overdue, and the subject that has been so longest."""

    parts: int
    subject_kind: str
    subject_id: str


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
        """Parts whose timer has passed, the most overdue first; those of one subject together.

        Each is given once, also if it stays overdue.
        """
        query: dict[str, Any] = {"next_step_at": {"$lte": now}}
        sort = [("next_step_at", 1), ("_id", 1)]
        fields = dict.fromkeys((*_NAMED, "next_step_at"), True)
        while rows := await self._recipients.find(query, fields).sort(sort).to_list(at_a_time):
            parts: dict[str, Overdue] = {}
            for row in rows:
                # one that an older version has written names none: it fails by itself, and is told
                kind, subject, lane = (str(row.get(name)) for name in _NAMED)
                part = Overdue(kind, subject, lane, [])
                parts.setdefault(part.subject_id, part).ledgers.append(row["_id"])
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
            sort=[("next_step_at", 1)],
        )
        moment: datetime | None = row["next_step_at"] if row else None
        return moment

    async def late_since(
        self, moment: datetime, kinds: Collection[str], *, most: int
    ) -> Late | None:
        """What of these kinds fell due before that moment and was not acted on; up to `most`."""
        query = {"next_step_at": {"$lt": moment}, "subject_kind": {"$in": [*kinds]}}
        fields = {"subject_kind": True, "subject_id": True}
        first = await self._recipients.find_one(query, fields, sort=[("next_step_at", 1)])
        if first is None:
            return None
        parts = await self._recipients.count_documents(query, limit=most)
        if not parts:
            return None  # it was acted on between the two
        return Late(parts, str(first.get("subject_kind")), str(first.get("subject_id")))

    async def waiting(self, now: datetime, kinds: Collection[str]) -> Waiting:
        """What is unanswered of these kinds of subject, for the metrics."""
        rows = self._recipients
        awaited = {"next_step_at": {"$ne": None}, "subject_kind": {"$in": [*kinds]}}
        first = await rows.find_one(awaited, {"created_at": True}, sort=[("created_at", 1)])
        return Waiting(
            count=await rows.count_documents(awaited),
            since=first["created_at"] if first else None,
            overdue=await rows.count_documents({**awaited, "next_step_at": {"$lte": now}}),
        )
