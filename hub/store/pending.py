"""What a transaction will write: kept until it must be seen, then sent collection by collection.

Each call to the database costs the same whether it writes one row or fifty. So the writes of
operations wait here, and what several of them write together (`group_commit.py`) goes out in the
calls of one. A read of a collection in the same transaction sends what waits for it first.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from pymongo import InsertOne, UpdateMany, UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import BulkWriteError, DuplicateKeyError

from hub.store.news import INBOX, News, tell

Document = dict[str, Any]
Write = InsertOne[Document] | UpdateOne | UpdateMany
DUPLICATE_KEY = 11000


class Mark(dict[str, int]):
    """How much a transaction had to write, by collection, at one moment."""


class Pending:
    """The writes of one attempt at one transaction."""

    def __init__(self, db: AsyncDatabase[Document], tx: AsyncClientSession) -> None:
        self._db, self._tx = db, tx
        self._waiting: dict[str, list[Write]] = {}
        self._news: list[tuple[News, datetime]] = []
        self._sent: Counter[str] = Counter()
        self._read: dict[str, dict[str, Document | None]] = {}

    def add(self, collection: str, *writes: Write) -> None:
        """Write these when the collection is next read in this transaction, or at its end."""
        self._waiting.setdefault(collection, []).extend(writes)
        self._read.pop(collection, None)

    def tell(self, news: News, at: datetime) -> None:
        """Tell a person at the end of the transaction."""
        self._news.append((news, at))

    async def one(self, collection: str, query: Mapping[str, Any]) -> Document | None:
        """The row that answers the query, read once for all who ask in this transaction."""
        await self.send(collection)
        known, asked = self._read.setdefault(collection, {}), repr(query)
        if asked not in known:
            known[asked] = await self._db[collection].find_one(query, session=self._tx)
        return known[asked]

    async def send(self, *collections: str) -> None:
        """Write what waits for these collections, so that a read will see it."""
        for name in collections:
            if writes := self._waiting.pop(name, None):
                self._sent[name] += len(writes)
                try:
                    await self._db[name].bulk_write(writes, session=self._tx)
                except BulkWriteError as error:
                    raise _plain(error) from error

    async def finish(self) -> None:
        """Write all that is left."""
        await self.send(*self._waiting)
        if news := self._news:
            self._news, self._sent[INBOX] = [], self._sent[INBOX] + len(news)
            await tell(self._db, self._tx, news)

    def mark(self) -> Mark:
        """Where we are, for `undo`."""
        waiting = {name: len(writes) for name, writes in self._waiting.items()}
        return Mark(self._sent + Counter({**waiting, INBOX: len(self._news)}))

    def undo(self, mark: Mark) -> bool:
        """Forget what was added since; False when some of it was sent: then only aborting helps."""
        if any(sent > mark.get(name, 0) for name, sent in self._sent.items()):
            return False
        for name, writes in self._waiting.items():
            del writes[mark.get(name, 0) - self._sent[name] :]
        del self._news[mark.get(INBOX, 0) - self._sent[INBOX] :]
        return True


_OPEN: WeakKeyDictionary[AsyncClientSession, Pending] = WeakKeyDictionary()


def begin(db: AsyncDatabase[Document], tx: AsyncClientSession) -> Pending:
    """A fresh list of writes for an attempt at a transaction; for the store."""
    _OPEN[tx] = Pending(db, tx)
    return _OPEN[tx]


def pending(tx: AsyncClientSession) -> Pending:
    """The writes of the transaction that runs in this session."""
    return _OPEN[tx]


async def seen(tx: AsyncClientSession | None, *collections: str) -> None:
    """Before these are read: write what the transaction, if any, has for them."""
    if tx is not None:
        await pending(tx).send(*collections)


def _plain(error: BulkWriteError) -> Exception:
    """A duplicate key is one error, however many rows went out with it."""
    for fault in error.details.get("writeErrors", ()):
        if fault.get("code") == DUPLICATE_KEY:
            return DuplicateKeyError(fault["errmsg"], DUPLICATE_KEY, error.details)
    return error
