"""What a transaction will write: kept until it must be seen, then sent collection by collection.

Each call to the database costs the same whether it writes one row or fifty. So the writes of
operations wait here, and what several of them write together (`group_commit.py`) goes out in the
calls of one. A read of a collection in the same transaction sends what waits for it first.
"""

from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterable
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
    """The writes of one attempt at one transaction, and the rows it has read by their id.

    `numbers_wanted` and `numbers`, by parent (an incident): how many below it will be numbered, and
    the numbers that were drawn for them.
    """

    def __init__(self, db: AsyncDatabase[Document], tx: AsyncClientSession) -> None:
        self._db, self._tx = db, tx
        self._waiting: dict[str, list[Write]] = {}
        self._news: list[tuple[News, datetime]] = []
        self._sent: Counter[str] = Counter()
        self._rows: dict[str, dict[str, Document | None]] = {}
        self._last: list[Callable[[], Awaitable[None]]] = []
        self._aborting: list[Callable[[], Awaitable[None]]] = []
        self.numbers_wanted: Counter[str] = Counter()
        self.numbers: dict[str, deque[int]] = {}

    def insert(self, collection: str, *rows: Document) -> None:
        """Add rows when the collection is next read in this transaction, or at its end."""
        self._add(collection, *(InsertOne(row) for row in rows))
        for row in rows:
            self._known(collection).pop(row["_id"], None)

    def update(self, collection: str, row_id: str, change: Document) -> None:
        """Change a row, likewise."""
        self._add(collection, UpdateOne({"_id": row_id}, change))
        self._known(collection).pop(row_id, None)

    def update_all(self, collection: str, query: Document, change: Document) -> None:
        """Change every row that answers the query, likewise."""
        self._add(collection, UpdateMany(query, change))
        self._known(collection).clear()

    def tell(self, news: News, at: datetime) -> None:
        """Tell a person at the end of the transaction."""
        self._news.append((news, at))

    def wrote(self, collection: str) -> None:
        """Note that something was written past this list: `undo` cannot take it back."""
        self._sent[collection] += 1

    async def load(self, collection: str, row_ids: Iterable[str]) -> None:
        """Read rows that will be asked for, in one call."""
        wanted = set(row_ids)
        found = self._db[collection].find({"_id": {"$in": list(wanted)}}, session=self._tx)
        self._known(collection).update(dict.fromkeys(wanted))
        self._known(collection).update({row["_id"]: row async for row in found})

    async def row(self, collection: str, row_id: str) -> Document | None:
        """The row as this transaction sees it, read once until it is written."""
        known = self._known(collection)
        if row_id not in known:
            await self.send(collection)
            query = {"_id": row_id}
            known[row_id] = await self._db[collection].find_one(query, session=self._tx)
        return known[row_id]

    def loaded(self, collection: str, row_ids: Iterable[str]) -> dict[str, Document]:
        """Those of the rows that are there and were read already."""
        known = self._known(collection)
        return {name: row for name in row_ids if (row := known.get(name)) is not None}

    def _known(self, collection: str) -> dict[str, Document | None]:
        return self._rows.setdefault(collection, {})

    def _add(self, collection: str, *writes: Write) -> None:
        self._waiting.setdefault(collection, []).extend(writes)

    async def send(self, *collections: str) -> None:
        """Write what waits for these collections, so that a read will see it."""
        for name in collections:
            if writes := self._waiting.pop(name, None):
                self._sent[name] += len(writes)
                try:
                    await self._db[name].bulk_write(writes, session=self._tx)
                except BulkWriteError as error:
                    raise _plain(error) from error

    def at_end(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do this when all works are done, before the commit."""
        self._last.append(work)

    def at_abort(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do this when the attempt is given up before its commit, so that nothing of it stands."""
        self._aborting.append(work)

    async def abandon(self) -> None:
        """The attempt is given up before its commit."""
        for work in self._aborting:
            await work()

    async def finish(self) -> None:
        """Write all that is left."""
        for work in self._last:
            await work()
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
