"""Leases: at most one process at a time does a thing, by the database server's clock."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError, PyMongoError

from hub.store import raw
from hub.store.driver import Store
from hub.store.faults import passing

TTL = timedelta(seconds=10)
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Lease:
    """One named lease as `owner` sees it. Clocks of processes play no part: only `$$NOW` does.

    `fence` counts the times the lease changed hands: work done under it carries the number, and
    whoever finds a higher one in the database has been replaced. It is None while not held.
    """

    store: Store
    name: str
    owner: str
    ttl: timedelta = TTL
    fence: int | None = None

    async def acquire(self) -> bool:
        """Take the lease if it is free, has run out, or is ours already (which renews it)."""
        free = past("until")
        mine = {"$eq": ["$owner", {"$literal": self.owner}]}
        counted = {"$add": [{"$ifNull": ["$fence", 0]}, 1]}
        held = {"$and": [mine, {"$not": [free]}]}
        return await self._update({"$or": [free, mine]}, {"$cond": [held, "$fence", counted]})

    async def renew(self) -> bool:
        """Prolong a lease that is still ours and has not changed hands since; False if lost."""
        if self.fence is None:
            return False
        mine = [{"$eq": ["$owner", {"$literal": self.owner}]}, {"$eq": ["$fence", self.fence]}]
        return await self._update({"$and": mine}, "$fence", upsert=False)

    async def keep(self, *, every: float) -> None:
        """Renew it every so many real seconds; returns when it is lost.

        While the database is away nobody else can take it, and nothing can be written either.
        """
        while True:
            await asyncio.sleep(every)
            try:
                if not await self.renew():
                    return
            except PyMongoError as error:
                if passing(error) is None:
                    raise

    async def release(self) -> None:
        """Give it back, if it is still ours."""
        mine = {"_id": self.name, "owner": self.owner, "fence": self.fence}
        await self.store.db[raw.LEASES].update_one(mine, {"$set": {"until": _LONG_AGO}})
        self.fence = None

    async def _update(self, granted: Any, fence: Any, *, upsert: bool = True) -> bool:  # noqa: ANN401  # aggregation expressions
        until = from_now(self.ttl)
        ours = {"owner": {"$literal": self.owner}, "until": until, "fence": fence}
        stage = {name: {"$cond": [granted, value, f"${name}"]} for name, value in ours.items()}
        try:
            found = await self.store.db[raw.LEASES].find_one_and_update(
                {"_id": self.name},
                [{"$set": stage}, {"$set": {"read_at": "$$NOW"}}],
                upsert=upsert,
                return_document=ReturnDocument.AFTER,
            )
        except DuplicateKeyError:
            found = None  # somebody made it at the same moment
        held = (
            found is not None
            and found.get("owner") == self.owner
            and found["until"] > found["read_at"]
        )
        self.fence = found["fence"] if held and found else None
        return held


def past(field: str) -> dict[str, Any]:
    """Whether a row's moment has passed by the server's clock, or was never set; an expression."""
    return {"$lte": [{"$ifNull": [f"${field}", _LONG_AGO]}, "$$NOW"]}


def from_now(span: timedelta) -> dict[str, Any]:
    """The moment so long from now, by the server's clock; an expression."""
    amount = int(span.total_seconds() * 1000)
    return {"$dateAdd": {"startDate": "$$NOW", "unit": "millisecond", "amount": amount}}
