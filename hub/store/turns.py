"""Turns: the processes that write in one lane do so one after the other.

A lease alone is had by whoever asks for it first, and who gives it back asks again a moment later
than anybody. So whoever waits says so, and is the next.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from hub.defects import worked_around
from hub.store import raw
from hub.store.driver import Store
from hub.store.faults import passes
from hub.store.leases import from_now, past

TURN = timedelta(seconds=3)
"""The longest turn: what a process that is killed in its own costs the others."""
PLACE = timedelta(milliseconds=500)
"""How long it stays the next that does not ask again: what one that is killed waiting costs."""
KEPT = timedelta(minutes=1)
"""How long the database keeps the row of a lane that nobody asks for: who waited was killed."""


@dataclass(frozen=True, slots=True)
class Turns:
    """The turns of one process, `owner`, in one lane; by the database server's clock.

    Of several that wait one is the next, and nobody has a turn before it.
    """

    store: Store
    lane: str
    owner: str

    @asynccontextmanager
    async def one(self) -> AsyncIterator[float]:
        """Have the lane, until then by the steady counter.

        It is a courtesy: after the longest turn go on all the same.
        """
        end = time.monotonic() + TURN.total_seconds()
        while True:
            mine = await self.take()
            if mine or time.monotonic() > end:
                break
            await asyncio.sleep(random.uniform(0.01, 0.03))  # noqa: S311  # spreads, guards nothing
        try:
            yield time.monotonic() + TURN.total_seconds()
        finally:
            if mine:
                # it runs out; what was written is written all the same
                with worked_around("turns.give_back", expected=passes):
                    await self.give_back()

    async def take(self) -> bool:
        """Have the turn if it is free and nobody else is the next; else be the next, if none is."""
        me = {"$literal": self.owner}
        free = past("until")
        open_ = past("place_until")
        next_ = {"$or": [open_, {"$eq": ["$next", me]}]}
        mine = {"$and": [{"$eq": ["$owner", me]}, {"$not": [free]}]}
        granted = {"$or": [mine, {"$and": [free, next_]}]}
        waits = {"$and": [{"$not": [granted]}, next_]}
        passed = {"$and": [granted, next_]}
        fields = {
            # a turn that has run out is nobody's: so it is mine exactly if it was granted
            "owner": {"$cond": [granted, me, {"$cond": [free, None, "$owner"]}]},
            "until": {"$cond": [granted, from_now(TURN), "$until"]},
            "next": {"$cond": [waits, me, {"$cond": [passed, None, "$next"]}]},
            "place_until": {
                "$cond": [waits, from_now(PLACE), {"$cond": [passed, None, "$place_until"]}]
            },
            "kept_until": from_now(KEPT),
        }
        try:
            row = await self.store.db[raw.LEASES].find_one_and_update(
                {"_id": self._name},
                [{"$set": fields}],
                upsert=True,
                return_document=ReturnDocument.AFTER,
            )
        except DuplicateKeyError:
            return False  # somebody made it at the same moment
        return bool(row and row.get("owner") == self.owner)

    async def give_back(self) -> None:
        """End the turn; where nobody waits nothing is left of it."""
        leases, mine = self.store.db[raw.LEASES], {"_id": self._name, "owner": self.owner}
        alone = past("place_until")
        if not (await leases.delete_one({**mine, "$expr": alone})).deleted_count:
            await leases.update_one(mine, {"$set": {"owner": None, "until": None}})

    @property
    def _name(self) -> str:
        return f"lane:{self.lane}"
