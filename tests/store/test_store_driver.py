"""Opening the store, and its transactions."""

import asyncio
import os
import signal
import socket
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from pymongo.errors import OperationFailure, ServerSelectionTimeoutError

from hub.errors import RetryLater, StartError
from hub.store import driver, embedded, mongod
from hub.store.documents import CounterDoc
from hub.store.driver import Store, TransactionTooLong, Tx
from hub.store.embedded import EmbeddedMongo


async def test_a_store_answers_and_can_be_written(store: Store):
    """An open store has a writable primary and the server's own time."""
    await store.ping()
    assert (await store.server_time()).tzinfo is not None


async def test_a_failed_transaction_leaves_nothing(store: Store):
    """What a transaction wrote before it failed is not there, raw or Beanie."""

    async def work(tx):
        await store.db.rollback.insert_one({"_id": "a"}, session=tx)
        await CounterDoc(id="rollback", value=1).insert(session=tx)
        message = "no"
        raise ValueError(message)

    with pytest.raises(ValueError, match="no"):
        await store.transaction(work)
    assert await store.db.rollback.count_documents({}) == 0
    assert await CounterDoc.get("rollback") is None


async def test_conflicting_transactions_are_repeated(store: Store):
    """Twenty transactions that read and write one document at once all count."""
    await store.db.sums.insert_one({"_id": "sum", "value": 0})

    async def work(tx):
        found = await store.db.sums.find_one({"_id": "sum"}, session=tx)
        await store.db.sums.update_one(
            {"_id": "sum"}, {"$set": {"value": found["value"] + 1}}, session=tx
        )

    await asyncio.gather(*(store.transaction(work) for _ in range(20)))
    assert (await store.db.sums.find_one())["value"] == 20


async def test_opening_twice_changes_nothing(store: Store):
    """Indexes are declared once: a second process on the same database starts as well."""
    before = await store.db.calls.index_information()
    again = await Store.open(store.uri, store.db.name)
    await again.close()
    assert await store.db.calls.index_information() == before


async def test_an_unreachable_database_is_one_line(monkeypatch: pytest.MonkeyPatch):
    """Nobody at the address: the error names it, without the password, and what to check."""
    monkeypatch.setattr(driver, "CONNECT_SECONDS", 0.3)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(StartError) as caught:
            await Store.open(f"mongodb://user:secret@127.0.0.1:{port}/?replicaSet=rs0", "none")
    text = str(caught.value)
    assert f"127.0.0.1:{port}" in text
    assert "LIANDONG_MONGODB_URI" in text
    assert "secret" not in text
    assert "\n" not in text


@pytest.mark.parametrize(
    "uri", ["", "localhost:27017", "mongodb://", "mongodb://h:port/", "http://h"]
)
async def test_an_address_that_is_none_is_refused(uri: str):
    """What is no MongoDB address is answered with the form that is expected."""
    with pytest.raises(StartError, match=r"mongodb://HOST:PORT"):
        await Store.open(uri, "none")


def _listening(port: int) -> None:
    """Return once a server answers there."""
    while True:
        with driver.direct_client(port) as client, suppress(ServerSelectionTimeoutError):
            client.admin.command("ping")
            return


async def test_a_lone_server_is_refused(tmp_path: Path):
    """A mongod that is no replica set is refused, and the error says how to make it one."""
    port, log = embedded._free_port(0), tmp_path / "log"
    process = await asyncio.create_subprocess_exec(
        mongod.find_mongod(),
        *("--dbpath", tmp_path, "--port", str(port), "--nounixsocket", "--logpath", log),
    )
    try:
        await asyncio.wait_for(asyncio.to_thread(_listening, port), 120)
        with pytest.raises(StartError, match=r"--replSet rs0"):
            await Store.open(f"mongodb://127.0.0.1:{port}/", "none")
    finally:
        process.terminate()
        await process.wait()


@pytest.mark.slow
async def test_a_lost_primary_is_retry_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """While no primary answers, writing asks to be tried later; afterwards it works again."""
    monkeypatch.setattr(driver, "SELECTION_SECONDS", 0.5)
    monkeypatch.setattr(driver, "TRANSACTION_SECONDS", 2.0)
    mongo = EmbeddedMongo.start(tmp_path)
    store = await Store.open(mongo.uri, "lost")
    try:
        os.kill(mongo.pid, signal.SIGKILL)

        async def work(tx):
            await store.db.things.insert_one({}, session=tx)

        with pytest.raises(RetryLater, match="cannot be written now"):
            await store.transaction(work)
        with pytest.raises(RetryLater):
            await store.ping()
        await asyncio.to_thread(EmbeddedMongo.start, tmp_path)
        monkeypatch.undo()
        await store.transaction(work)
        await store.ping()
    finally:
        await store.close()
        embedded.stop(tmp_path)


async def test_a_transaction_ended_for_its_age_is_tried_in_halves(store: Store):
    """On a slow machine a part shrinks until it goes through; every item is done exactly once."""
    tried: list[int] = []

    async def work(tx: Tx, *, items: Sequence[int]) -> int:
        tried.append(len(items))
        if len(items) > 60:
            raise OperationFailure("transactionLifetimeLimitSeconds", 290)
        rows = [{"_id": item} for item in items]
        await store.db["halves"].insert_many(rows, session=tx)
        return len(items)

    done = [result async for _, result in store.in_parts(range(250), work)]
    assert sum(done) == await store.db["halves"].count_documents({}) == 250
    assert tried == [200, 100, 50, 50, 50, 50, 50]


async def test_an_item_too_large_for_a_transaction_is_said(store: Store):
    """What cannot be halved is RetryLater, and nothing of it is written."""

    async def work(tx: Tx, *, items: Sequence[int]) -> None:
        await store.db["single"].insert_one({"_id": items[0]}, session=tx)
        raise OperationFailure("transactionLifetimeLimitSeconds", 290)

    with pytest.raises(TransactionTooLong, match="cannot be written now"):
        _ = [part async for part in store.in_parts([1], work)]
    assert await store.db["single"].count_documents({}) == 0


async def test_whoever_asks_meanwhile_whether_the_database_answers_hears_the_same(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundred late calls ask once, also when the one that asked first has left."""
    asked: list[str] = []
    go = asyncio.Event()
    command = type(store._client.admin).command

    async def noted(self: Any, name: str, **more: Any) -> Any:
        asked.append(name)
        await go.wait()
        return await command(self, name, **more)

    monkeypatch.setattr(type(store._client.admin), "command", noted)
    first, *others = [asyncio.create_task(store.answers()) for _ in range(100)]
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.wait({first})
    go.set()
    assert set(await asyncio.gather(*others)) == {True}
    assert asked == ["ping"]
    assert await store.answers()
    assert asked == ["ping", "ping"]
