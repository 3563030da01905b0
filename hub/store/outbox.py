"""The outbox: wake-ups written with what made them necessary, leased by one worker at a time.

`due_at` is the hub's time (hub.clock), which a sandbox may run at another speed. Leases are real
seconds by the server's clock ($$NOW), which no worker can have wrong.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from pymongo import ASCENDING, ReturnDocument

from hub.store.documents import OutboxDoc
from hub.store.driver import Store, Tx


class OutboxState(StrEnum):
    """What became of a wake-up. SKIPPED: nobody was to be woken any more. DEAD: given up."""

    QUEUED = "QUEUED"
    SENT = "SENT"
    NO_DEVICE = "NO_DEVICE"
    SKIPPED = "SKIPPED"
    DEAD = "DEAD"


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
            await OutboxDoc.insert_many(rows, session=tx)

    async def lease(self, owner: str, *, due: datetime, seconds: float) -> OutboxDoc | None:
        """Take the oldest row that is due and free, for `seconds`; its `fence` is then ours."""
        row = await OutboxDoc.get_pymongo_collection().find_one_and_update(
            {
                "state": OutboxState.QUEUED,
                "due_at": {"$lte": due},
                "$expr": {"$lte": ["$lease_until", "$$NOW"]},  # null sorts before every date
            },
            [
                {
                    "$set": {
                        "lease_owner": owner,
                        "lease_until": {"$add": ["$$NOW", int(seconds * 1000)]},
                        "fence": {"$add": ["$fence", 1]},
                    }
                }
            ],
            sort=[("due_at", ASCENDING)],
            return_document=ReturnDocument.AFTER,
        )
        return OutboxDoc.model_validate(row) if row else None

    async def finish(
        self, tx: Tx, row: OutboxDoc, state: OutboxState, *, at: datetime, error: str | None = None
    ) -> bool:
        """End a leased row; False when the lease has gone to another worker: then write nothing."""
        fields: dict[str, Any] = {"state": state, "last_error": error, "lease_until": None}
        if state is OutboxState.SENT:
            fields["sent_at"] = at
        return await self._fenced(row, {"$set": fields, "$inc": {"attempts": 1}}, tx)

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
        return await self._fenced(row, {"$set": fields, "$inc": {"attempts": 1}})

    async def next_due(self, after: datetime) -> datetime | None:
        """When the next row that is not yet due becomes so."""
        row = await OutboxDoc.get_pymongo_collection().find_one(
            {"state": OutboxState.QUEUED, "due_at": {"$gt": after}},
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

    async def _fenced(self, row: OutboxDoc, change: dict[str, Any], tx: Tx | None = None) -> bool:
        done = await OutboxDoc.get_pymongo_collection().update_one(
            {"_id": row.id, "fence": row.fence, "state": OutboxState.QUEUED}, change, session=tx
        )
        return bool(done.modified_count)
