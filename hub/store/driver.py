"""MongoDB's clients are made here and nowhere else (docs/decisions/0001).

Beanie and the raw collections share one PyMongo Async client; Motor, for GridFS and rate limits,
is made when it is first asked for.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, Protocol, TypeVar

import pymongo
from beanie import init_beanie
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import AsyncMongoClient, IndexModel, MongoClient
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import (
    ConnectionFailure,
    ExecutionTimeout,
    OperationFailure,
    PyMongoError,
    WTimeoutError,
)
from pymongo.read_concern import ReadConcern
from pymongo.uri_parser import parse_uri
from pymongo.write_concern import WriteConcern

from hub import fate
from hub.deadline import in_rounds
from hub.errors import DatabaseAway, RetryLater, StartError
from hub.fate import Fate
from hub.store import raw
from hub.store.documents import DOCUMENTS, TextDocument, collection_of
from hub.store.lanes import Lanes
from hub.store.server_clock import ServerClock
from hub.store.tries import Tries

Tx = AsyncClientSession
"""What a transaction's work is given, to be passed as `session=` to every call it makes."""
Document = dict[str, Any]
Work = TypeVar("Work")
Item = TypeVar("Item")
Item_contra = TypeVar("Item_contra", contravariant=True)
Work_co = TypeVar("Work_co", covariant=True)


class PartWork(Protocol[Item_contra, Work_co]):
    """What is done with a part of many items in one transaction."""

    async def __call__(self, tx: Tx, *, items: Sequence[Item_contra]) -> Work_co:
        """As the work of `Store.transaction`: it may run more than once."""


POOL = 32
CONNECT_SECONDS = 5.0
SELECTION_SECONDS = 10.0
PING_SECONDS = 2.0
ANSWER_SECONDS = 1.0
TRANSACTION_SECONDS = 20.0
PART = 200
"""Documents that are read and written in one transaction, where there are many."""
TRANSACTIONS = 8
"""How many run at once for one part of a process: more would only conflict, and wait for
connections while they hold their rows."""
INDEX_OPTIONS_CONFLICT = 85
UNAUTHORIZED = 13
_REFUSED = frozenset({18, 8000})
"""AuthenticationFailed, and what hosted MongoDB says for it."""

_PASSING = (ConnectionFailure, ExecutionTimeout, WTimeoutError)
_TOO_OLD = frozenset({290, 251})
"""TransactionExceededLifetimeLimitSeconds; NoSuchTransaction, once it was ended for its age."""


class TransactionTooLong(RetryLater):
    """The server ended a transaction for its age: with less work at once it may go through."""


class Store:
    """The database of one process: clients, collections, transactions.

    `db` is for repositories inside hub.store only; `lanes` order the writers of one incident.
    """

    def __init__(self, uri: str, client: "AsyncMongoClient[Document]", database: str) -> None:
        self._uri = uri
        self._client = client
        self._motor: AsyncIOMotorClient[Document] | None = None
        self._at_once = asyncio.Semaphore(TRANSACTIONS)
        self._asking: asyncio.Task[bool] | None = None
        self.db: AsyncDatabase[Document] = client[database]
        self.lanes = Lanes()
        self.server_clock = ServerClock(self.server_time)

    @classmethod
    async def open(
        cls,
        uri: str,
        database: str,
        *,
        documents: Collection[type[TextDocument]] = (),
        raw_days: int = 3,
        prepare: bool = True,
    ) -> "Store":
        """Connect, check that it is a replica set, prepare documents and indexes, take its time.

        `documents` are those of capabilities, beside the hub's own.
        Without `prepare` the indexes are taken to be there: a command that only looks up or adds
        a row to a database in service is quick then.
        Raises StartError, in one line, when it is unreachable or of the wrong kind.
        """
        await asyncio.to_thread(_probe, uri)
        client: AsyncMongoClient[Document] = AsyncMongoClient(uri, **_options())
        store = cls(uri, client, database)
        kept = [*DOCUMENTS, *documents]
        try:
            await init_beanie(database=store.db, document_models=kept, skip_indexes=not prepare)
            if prepare:
                await store._create_indexes(raw.indexes(raw_days))
                retained = {collection_of(kind): kind.keep.indexes() for kind in kept}
                await store._create_indexes({name: ix for name, ix in retained.items() if ix})
            await store.server_clock.start()
        except PyMongoError as error:
            await client.close()
            raise _unusable(uri, error) from error
        return store

    def beside(self, database: str) -> "Store":
        """Another database over the same connections; it ends with this one, so never close it."""
        return Store(self._uri, self._client, database)

    def apart(self) -> "Store":
        """The same database with places of its own for transactions: nobody else's delay its user.

        It ends with this one, so never close it.
        """
        other = self.beside(self.db.name)
        other.lanes = self.lanes
        return other

    async def close(self) -> None:
        """Close the clients."""
        await self._client.close()
        if self._motor is not None:
            self._motor.close()

    @property
    def motor(self) -> "AsyncIOMotorClient[Document]":
        """The Motor client, made at first use: for hub/store/motor_side.py only."""
        if self._motor is None:
            self._motor = AsyncIOMotorClient(
                self._uri, io_loop=asyncio.get_running_loop(), **_options()
            )
        return self._motor

    @property
    def uri(self) -> str:
        """The address as given; it may hold a password, so never log it."""
        return self._uri

    async def transaction(
        self, work: Callable[[Tx], Awaitable[Work]], *, patience: float | None = None
    ) -> Work:
        """Run `work` in one transaction: snapshot reads, majority writes, retried on conflict.

        `work` may run more than once, so it must do nothing but database calls with its session.
        What it raises aborts the transaction. Raises RetryLater when no primary answers,
        Contended when it still conflicts after `patience` seconds (waiting for a place does not
        count), and TransactionTooLong when the server's transactionLifetimeLimitSeconds ended it.
        """
        async with self._at_once, self._client.start_session() as session:
            attempts = Tries(self.db, fate.told(work), patience or TRANSACTION_SECONDS)
            try:
                with pymongo.timeout(TRANSACTION_SECONDS):  # the driver's own limit is 120 s
                    done = await session.with_transaction(
                        attempts,
                        read_concern=ReadConcern("snapshot"),
                        write_concern=WriteConcern("majority"),
                    )
            except _PASSING as error:
                raise unreachable(error) from error
            except OperationFailure as error:
                if error.code in _TOO_OLD:
                    raise TransactionTooLong(unreachable(error).args[0]) from error
                raise
            finally:
                self.lanes.conflicts += attempts.repeated
            fate.mark(Fate.DONE)
            return done

    async def in_parts(
        self,
        items: Sequence[Item],
        work: "PartWork[Item, Work]",
    ) -> AsyncIterator[tuple[Sequence[Item], Work]]:
        """Run `work` over `items` in transactions of a bounded size; each part and its result.

        What a slow machine does not get through within the server's limit is halved and tried
        again. Raises TransactionTooLong for a single item, and RetryLater: the parts that were
        yielded are durable then.
        """
        size, at = PART, 0
        while at < len(items):
            part = items[at : at + size]
            try:
                result = await self.transaction(partial(work, items=part))
            except TransactionTooLong:
                if len(part) == 1:
                    raise
                size = len(part) // 2
                continue
            at += len(part)
            yield part, result

    async def server_time(self) -> datetime:
        """The database server's clock, UTC."""
        answer = await self._client.admin.command("hello")
        moment: datetime = answer["localTime"]
        return moment.astimezone(UTC)

    async def transaction_lifetime(self) -> float | None:
        """Seconds a dead client's transaction keeps its rows locked; None if we may not ask."""
        name = "transactionLifetimeLimitSeconds"
        try:
            answer = await self._client.admin.command({"getParameter": 1, name: 1})
        except OperationFailure:
            return None
        return float(answer[name])

    async def ping(self) -> None:
        """Write a little with majority. Raises RetryLater when no primary can be written."""
        written = self.db[raw.LEASES].update_one(
            {"_id": "readyz"}, {"$currentDate": {"at": True}}, upsert=True
        )
        try:
            await in_rounds(written, seconds=PING_SECONDS)
        except PyMongoError as error:
            raise unreachable(error) from error
        except TimeoutError as error:
            raise DatabaseAway(f"Nothing was written within {PING_SECONDS:g} s") from error

    async def answers(self) -> bool:
        """Whether a primary answers within a second of an event loop that keeps its time.

        Whoever asks meanwhile hears the same answer: hundreds of late calls that each ask for
        themselves would take each other's connections, and be told that nobody is there.
        """
        if self._asking is None or self._asking.done():
            self._asking = asyncio.ensure_future(self._answers())
        return await asyncio.shield(self._asking)

    async def _answers(self) -> bool:
        try:
            await in_rounds(self._client.admin.command("ping"), seconds=ANSWER_SECONDS)
        except (PyMongoError, TimeoutError):
            return False
        return True

    async def drop(self) -> None:
        """Delete the whole database (the end of a test)."""
        await self._client.drop_database(self.db.name)

    async def _create_indexes(self, wanted: Mapping[str, list[IndexModel]]) -> None:
        for name, models in wanted.items():
            await _ensure_indexes(self.db[name], models)


async def _ensure_indexes(collection: AsyncCollection[Document], models: list[IndexModel]) -> None:
    try:
        await collection.create_indexes(models)
    except OperationFailure as error:
        if error.code != INDEX_OPTIONS_CONFLICT:
            raise
        for model in models:  # only a time to live is ever changed, by settings
            if (seconds := model.document.get("expireAfterSeconds")) is not None:
                change = {"keyPattern": model.document["key"], "expireAfterSeconds": seconds}
                await collection.database.command("collMod", collection.name, index=change)


def direct_client(port: int) -> "MongoClient[Document]":
    """A blocking client to one mongod on the loopback interface, whatever its state."""
    return MongoClient(
        "127.0.0.1", port, directConnection=True, serverSelectionTimeoutMS=5000, maxPoolSize=2
    )


def hosts(uri: str) -> str:
    """The host:port list of a URI, without its credentials. Raises StartError if it is none."""
    try:
        nodes = parse_uri(uri)["nodelist"]
    except (PyMongoError, ValueError) as error:
        raise StartError(
            f"The MongoDB address is not usable: {_first_line(error)}.",
            hint="Expected mongodb://HOST:PORT/?replicaSet=NAME.",
        ) from error
    return ",".join(f"{host}:{port}" for host, port in nodes)


def unreachable(error: Exception) -> DatabaseAway:
    """What to raise in place of a driver's error that passes by itself."""
    return DatabaseAway(_first_line(error))


def _options() -> dict[str, Any]:
    return {
        "tz_aware": True,
        "w": "majority",
        "retryWrites": True,
        "maxPoolSize": POOL,
        "serverSelectionTimeoutMS": int(SELECTION_SECONDS * 1000),
        "appname": "liandong",
    }


def _probe(uri: str) -> None:
    """Raise StartError unless a replica set answers at `uri`.

    It blocks, on a client of its own: the asyncio client leaves a socket open when it is closed
    while it is still trying to connect, and a limit on its first call would limit its monitors
    for ever, because they inherit the context they are started in.
    """
    where, patience = hosts(uri), int(CONNECT_SECONDS * 1000)
    limits = {"serverSelectionTimeoutMS": patience, "connectTimeoutMS": patience}
    try:
        client: MongoClient[Document]
        with MongoClient(uri, **{**_options(), **limits}) as client:
            hello = client.admin.command("hello")
    except PyMongoError as error:
        raise _unusable(uri, error) from error
    if "setName" not in hello and hello.get("msg") != "isdbgrid":
        raise StartError(
            f"MongoDB at {where} is not a replica set; transactions and change streams need one.",
            hint="Start mongod with --replSet rs0 and run rs.initiate() once.",
        )


def _unusable(uri: str, error: PyMongoError) -> StartError:
    code = error.code if isinstance(error, OperationFailure) else None
    if code in _REFUSED:
        user = parse_uri(uri)["username"]
        return StartError(
            f"MongoDB at {hosts(uri)} refuses the user {user!r} or its password.",
            hint="Correct them in LIANDONG_MONGODB_URI (or [hub] mongodb_uri); a user of another "
            "database than the one in the path needs ?authSource=NAME.",
        )
    if code == UNAUTHORIZED:
        return StartError(
            f"MongoDB at {hosts(uri)}: the user lacks a right: {_first_line(error)}.",
            hint="Name a user in LIANDONG_MONGODB_URI that has the role readWrite on the database.",
        )
    return StartError(
        f"MongoDB at {hosts(uri)}: {_first_line(error)}.",
        hint="Check that it runs and that LIANDONG_MONGODB_URI names it.",
    )


def _first_line(error: Exception) -> str:
    text = str(error).split(", full error:", maxsplit=1)[0].split(" (configured timeouts", 1)[0]
    return (
        text.split(", Timeout:", maxsplit=1)[0].splitlines()[0].rstrip(".")
        if text
        else (type(error).__name__)
    )
