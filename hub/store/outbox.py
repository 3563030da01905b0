"""The outbox: wake-ups written with what made them necessary, leased by one worker at a time.

`due_at` is the hub's time (hub.clock), which a sandbox may run at another speed. Leases are real
seconds by the server's clock ($$NOW), which no worker can have wrong.
"""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from pymongo import ASCENDING
from pymongo.errors import ExecutionTimeout

from hub.store.documents import OutboxDoc, plain
from hub.store.driver import Store, Tx
from hub.store.pending import pending


class OutboxState(StrEnum):
    """What became of a wake-up. SKIPPED: nobody was to be woken any more. DEAD: given up."""

    QUEUED = "QUEUED"
    SENT = "SENT"
    NO_DEVICE = "NO_DEVICE"
    SKIPPED = "SKIPPED"
    DEAD = "DEAD"


OUTBOX = "outbox"
TEST = "device.test"
"""The topic of a wake-up that only tries whether a phone can be woken."""
RANKS = (0, 1)
"""0: wake-ups on which an escalation waits. 1: all others, which must not be in their way."""
LOCK_WAIT = 0.25
"""Seconds to wait for a row that somebody's transaction holds."""

_FREE: dict[str, Any] = {
    "state": OutboxState.QUEUED,
    "$expr": {"$lte": ["$lease_until", "$$NOW"]},  # null sorts before every date
}


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits to be sent: how many, when the oldest was queued, since when the longest is due.

    `dead` counts what was given up.
    """

    queued: int
    oldest: datetime | None
    due_since: datetime | None
    dead: int


class Outbox:
    """Repository of wake-ups."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, tx: Tx, rows: Sequence[OutboxDoc]) -> None:
        """Queue wake-ups."""
        if rows:
            pending(tx).insert(OUTBOX, *(plain(row) for row in rows))

    async def due(self, now: datetime, limit: int, ranks: Collection[int] = RANKS) -> list[str]:
        """Ids of rows that are due and free, the longest due first. Reading waits for nobody."""
        found = OutboxDoc.get_pymongo_collection().find(
            {**_FREE, **_of(ranks), "due_at": {"$lte": now}}, {"_id": True}
        )
        return [row["_id"] async for row in found.sort([("due_at", ASCENDING)]).limit(limit)]

    async def lease(self, row_ids: Sequence[str], owner: str, *, seconds: float) -> list[OutboxDoc]:
        """Take those of the rows that are free, for `seconds`; their `fence` is then ours.

        A row that somebody's transaction still holds after LOCK_WAIT is left: a process that was
        killed leaves such rows, and they must not hold up the others.
        """
        if not await self._take(row_ids, owner, seconds):
            await asyncio.gather(*(self._take([row_id], owner, seconds) for row_id in row_ids))
        rows = self._store.db[OUTBOX].find(
            {
                "_id": {"$in": list(row_ids)},
                "state": OutboxState.QUEUED,
                "lease_owner": owner,
                "$expr": {"$gt": ["$lease_until", "$$NOW"]},
            }
        )
        return [OutboxDoc.model_validate(row) async for row in rows.sort([("due_at", ASCENDING)])]

    async def _take(self, row_ids: Sequence[str], owner: str, seconds: float) -> bool:
        """Lease what is free of these; False when a locked row stood in the way of some."""
        change = {
            "lease_owner": owner,
            "lease_until": {"$add": ["$$NOW", int(seconds * 1000)]},
            "fence": {"$add": ["$fence", 1]},
        }
        try:
            await self._store.db.command(
                "update",
                OUTBOX,
                updates=[
                    {
                        "q": {"_id": {"$in": list(row_ids)}, **_FREE},
                        "u": [{"$set": change}],
                        "multi": True,
                    }
                ],
                maxTimeMS=int(LOCK_WAIT * 1000),
                writeConcern={"w": "majority"},
            )
        except ExecutionTimeout:
            return False
        return True

    async def finish(
        self, tx: Tx, row: OutboxDoc, state: OutboxState, *, at: datetime, error: str | None = None
    ) -> bool:
        """End a leased row; False when the lease has gone to another worker: then write nothing."""
        fields: dict[str, Any] = {"state": state, "last_error": error, "lease_until": None}
        if state is OutboxState.SENT:
            fields["sent_at"] = at
        found = await pending(tx).row(OUTBOX, row.id)
        if found is None or found["fence"] != row.fence or found["state"] != OutboxState.QUEUED:
            return False
        pending(tx).update(OUTBOX, row.id, {"$set": fields, "$inc": {"attempts": 1}})
        return True

    async def postpone(
        self, row: OutboxDoc, *, due_at: datetime, failing_since: datetime, error: str
    ) -> bool:
        """Give a leased row back, to be tried again at `due_at`; False as in `finish`."""
        fields = {
            "due_at": due_at,
            "failing_since": failing_since,
            "last_error": error,
            "lease_until": None,
        }
        done = await OutboxDoc.get_pymongo_collection().update_one(
            {"_id": row.id, "fence": row.fence, "state": OutboxState.QUEUED},
            {"$set": fields, "$inc": {"attempts": 1}},
        )
        return bool(done.modified_count)

    async def next_due(self, after: datetime, ranks: Collection[int] = RANKS) -> datetime | None:
        """When the next row that is not yet due becomes so."""
        row = await OutboxDoc.get_pymongo_collection().find_one(
            {"state": OutboxState.QUEUED, **_of(ranks), "due_at": {"$gt": after}},
            {"due_at": True},
            sort=[("due_at", ASCENDING)],
        )
        moment: datetime | None = row["due_at"] if row else None
        return moment

    async def backlog(self) -> Backlog:
        """What waits, for the metrics."""
        rows = OutboxDoc.get_pymongo_collection()
        queued = {"state": OutboxState.QUEUED}
        first = await rows.find_one(queued, {"created_at": True}, sort=[("created_at", ASCENDING)])
        due = await rows.find_one(queued, {"due_at": True}, sort=[("due_at", ASCENDING)])
        return Backlog(
            queued=await rows.count_documents(queued),
            oldest=first["created_at"] if first else None,
            due_since=due["due_at"] if due else None,
            dead=await rows.count_documents({"state": OutboxState.DEAD}),
        )


def _of(ranks: Collection[int]) -> dict[str, Any]:
    """The rows of these ranks, as a filter; what an older version has written is of the first."""
    return {"rank": {"$in": [*ranks, *([None] if 0 in ranks else [])]}}
