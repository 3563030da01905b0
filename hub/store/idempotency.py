"""What client-made keys already led to: each key works once, its answer is kept for thirty days."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from functools import partial
from typing import Any, NamedTuple

from pymongo.errors import DuplicateKeyError
from pymongo.read_concern import ReadConcern

from hub import clock, fate
from hub.errors import RetryLater, UserFault
from hub.fate import Fate
from hub.store.documents import IdempotencyDoc
from hub.store.driver import Document, Store, Tx
from hub.store.group_commit import NO_READS, GroupCommit, Reads
from hub.store.pending import pending
from hub.store.together import Together

RACES = 8
"""How often two transactions may meet on one new key before the caller is asked to come again."""


class Kept(NamedTuple):
    """The result of a key. `repeated`: it was there before this call."""

    result: dict[str, Any]
    repeated: bool


class Idempotency:
    """Repository of idempotency keys."""

    def __init__(self, store: Store) -> None:
        self._commits = GroupCommit(store)
        self._keys = Together(_used)
        self._running: dict[str, asyncio.Future[None]] = {}

    async def once(
        self,
        key: str,
        body_hash: str,
        work: Callable[[Tx], Awaitable[dict[str, Any]]],
        *,
        lane: str = "",
        reads: Reads = NO_READS,
    ) -> Kept:
        """Run `work` in a transaction that also seals `key` with its result; never twice.

        Works of one `lane` (the incident they write to) go one after the other, together where
        several wait; `reads` as in `GroupCommit.run`. What `work` raises undoes it and leaves the
        key unused. Raises UserFault IDEMPOTENCY_CONFLICT when the key was used with another body.
        """
        while (running := self._running.get(key)) is not None:
            await asyncio.wait({running})  # the same call, a moment earlier
        self._running[key] = mine = asyncio.get_running_loop().create_future()
        try:
            run = partial(self._commits.run, lane, _sealing(key, body_hash, work), reads)
            return await self._first(key, body_hash, run)
        finally:
            del self._running[key]
            mine.set_result(None)

    async def _first(
        self, key: str, body_hash: str, run: Callable[[], Awaitable[dict[str, Any]]]
    ) -> Kept:
        for _ in range(RACES):
            if (known := await self._known(key, body_hash)) is not None:
                return Kept(known, repeated=True)
            try:
                return Kept(await run(), repeated=False)
            except DuplicateKeyError:
                # another process was first with this key: the next pass sees what it wrote
                continue
            except UserFault:
                # ... and what it wrote may be why this call does not fit any more
                if (known := await self._known(key, body_hash)) is not None:
                    return Kept(known, repeated=True)
                raise
        raise RetryLater(f"同一编号的请求过多 / Too many calls with the key {key!r} at once.")

    async def _known(self, key: str, body_hash: str) -> dict[str, Any] | None:
        row = (await self._keys.of([key])).get(key)
        if row is None:
            return None
        if row["body_hash"] != body_hash:
            raise UserFault(
                "IDEMPOTENCY_CONFLICT",
                "同一编号已用于另一内容 / This id was already used with another body.",
                hint="Use a new id for a new request.",
            )
        fate.mark(Fate.DONE)
        result: dict[str, Any] = row["result"]
        return result


async def _used(keys: Collection[str]) -> dict[str, Document]:
    """What these keys have led to, as far as no failover can take it back."""
    rows = IdempotencyDoc.get_pymongo_collection()
    kept = rows.with_options(read_concern=ReadConcern("majority"))
    return {row["_id"]: row async for row in kept.find({"_id": {"$in": list(keys)}})}


def _sealing(
    key: str, body_hash: str, work: Callable[[Tx], Awaitable[dict[str, Any]]]
) -> Callable[[Tx], Awaitable[dict[str, Any]]]:
    """The work, with its result under the key in the same transaction."""

    async def sealed(tx: Tx) -> dict[str, Any]:
        result = await work(tx)
        row = {"_id": key, "body_hash": body_hash, "result": result, "at": clock.now()}
        pending(tx).insert("idempotency", row)
        return result

    return sealed
