"""The attempts at one transaction: what each writes, and how long it is worth trying."""

import time
from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import ConnectionFailure

from hub.errors import RetryLater
from hub.store.pending import begin

Work = TypeVar("Work")


class Contended(RetryLater):
    """What a transaction would write is held by somebody else for longer than it may wait."""


class Tries(Generic[Work]):
    """A transaction's work, called once for each attempt by the driver.

    What it left in `pending` is written at its end. `repeated` counts the attempts that met a
    conflict; after `patience` seconds of them it raises Contended. They run from the first: how
    long the database was away is nobody's doing, and who wrote then has gone with it.
    """

    def __init__(
        self,
        db: AsyncDatabase[dict[str, Any]],
        work: Callable[[AsyncClientSession], Awaitable[Work]],
        patience: float,
    ) -> None:
        self._db, self._work, self._patience = db, work, patience
        self._met: float | None = None
        self._attempts = 0

    @property
    def repeated(self) -> int:
        """How many attempts were repetitions."""
        return max(0, self._attempts - 1)

    async def __call__(self, tx: AsyncClientSession) -> Work:
        """One attempt."""
        if self._met is not None and time.monotonic() - self._met > self._patience:
            raise Contended(f"Others have been writing the same for {self._patience:g} s.")
        self._attempts += 1
        writes = begin(self._db, tx)
        try:
            result = await self._work(tx)
            await writes.finish()
        except Exception as error:
            await writes.abandon()
            if isinstance(error, ConnectionFailure):
                self._met = None
            elif self._met is None:
                self._met = time.monotonic()
            raise
        self._met = None
        return result
