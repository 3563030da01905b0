"""What client-made keys already led to: each key works once, its answer is kept for thirty days."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, NamedTuple

from pymongo.errors import DuplicateKeyError
from pymongo.read_concern import ReadConcern

from hub import fate
from hub.errors import RetryLater, UserFault
from hub.fate import Fate
from hub.store.documents import IdempotencyDoc
from hub.store.driver import Store, Tx

RACES = 8
"""How often two transactions may meet on one new key before the caller is asked to come again."""


class Kept(NamedTuple):
    """The result of a key. `repeated`: it was there before this call."""

    result: dict[str, Any]
    repeated: bool


class Idempotency:
    """Repository of idempotency keys."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def once(
        self,
        key: str,
        body_hash: str,
        work: Callable[[Tx], Awaitable[dict[str, Any]]],
        *,
        at: datetime,
    ) -> Kept:
        """Run `work` in a transaction that also seals `key` with its result; never twice.

        What `work` raises aborts the transaction and leaves the key unused. Raises UserFault
        IDEMPOTENCY_CONFLICT when the key was used with another body.
        """
        if (known := await self._known(key, body_hash)) is not None:
            fate.mark(Fate.DONE)
            return Kept(known, repeated=True)

        async def sealed(tx: Tx) -> Kept:
            if (known := await self._known(key, body_hash, tx)) is not None:
                return Kept(known, repeated=True)
            result = await work(tx)
            row = IdempotencyDoc(id=key, body_hash=body_hash, result=result, at=at)
            await row.insert(session=tx)
            return Kept(result, repeated=False)

        for _ in range(RACES):
            try:
                return await self._store.transaction(sealed)
            except DuplicateKeyError:
                # Two first uses of one key (or of one day's counter) met: the winner has
                # committed, so the next pass sees what it wrote.
                continue
        raise RetryLater(f"Too many calls with the key {key!r} at once.")

    async def _known(self, key: str, body_hash: str, tx: Tx | None = None) -> dict[str, Any] | None:
        rows = IdempotencyDoc.get_pymongo_collection()
        if tx is None:
            rows = rows.with_options(read_concern=ReadConcern("majority"))
        row = await rows.find_one({"_id": key}, session=tx)
        if row is None:
            return None
        if row["body_hash"] != body_hash:
            raise UserFault(
                "IDEMPOTENCY_CONFLICT",
                "同一编号已用于另一内容 / This id was already used with another body.",
                hint="Use a new id for a new request.",
            )
        result: dict[str, Any] = row["result"]
        return result
