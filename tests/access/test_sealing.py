"""The sealer: one of many seals, outages and deaths neither fork the chain nor lose a row."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from joserfc.jwk import OKPKey
from pymongo.errors import AutoReconnect
from structlog.testing import capture_logs

from hub.access.keys import load_signing_key
from hub.access.sealing import Sealer, chain_of
from hub.access.verifying import verify
from hub.settings import Settings
from hub.store.audit import Audit, Author
from hub.store.audit_chain import AuditChain, Head
from hub.store.driver import Store, TransactionTooLong
from hub.store.leases import Lease
from liandong.process import Hub, ProcessRole

SCRIPT = Path(__file__).parent / "sealer_to_kill.py"
ROOT = Path(__file__).parents[2]
WRITERS, ROWS = 3, 150


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    return tmp_path / "signing.pem"


@pytest.fixture
async def key(store: Store, key_file: Path) -> OKPKey:
    """The hub's key, with an empty log and no lease."""
    for name in ("audit", "audit_heads", "leases"):
        await store.db[name].delete_many({})
    return load_signing_key(key_file)


async def written(count: int) -> None:
    for number in range(count):
        await Audit().append(Author("watch").act("order.dispatched", f"{number}"))


async def whole(store: Store, key: OKPKey, count: int) -> None:
    """The chain holds, and has so many rows."""
    found = await verify(chain_of(store, key))
    assert found.findings == ()
    assert found.rows == count
    assert await store.db["audit"].count_documents({"seq": None}) == 0


async def test_a_pass_seals_all_that_waits(store: Store, key: OKPKey) -> None:
    """However many transactions that takes; with nothing to do it does not even take the lead."""
    sealer = Sealer(store, key, "one")
    assert await sealer.step() == 0
    assert await store.db["leases"].find_one({"_id": "audit"}) is None
    await written(7)
    sealer._most = 3
    assert await sealer.step() == 7
    assert await sealer.step() == 0
    await whole(store, key, 7)


async def test_only_the_leader_seals(store: Store, key: OKPKey) -> None:
    """While another holds the lease nothing is sealed; when it has run out the next one goes on."""
    other = Lease(store, "audit", "other", ttl=timedelta(seconds=60))
    assert await other.acquire()
    await written(3)
    sealer = Sealer(store, key, "one")
    assert await sealer.step() == 0
    await other.release()
    assert await sealer.step() == 3
    await whole(store, key, 3)


async def test_two_leaders_for_a_moment_do_not_fork_the_chain(store: Store, key: OKPKey) -> None:
    """Many seal the same rows at once, each taking itself for the leader: every row once."""
    await written(40)
    chains = [chain_of(store.apart(), key) for _ in range(6)]

    async def all_of(chain: AuditChain) -> int:
        count = 0
        while sealed := (await chain.seal(4))[0]:
            count += sealed
        return count

    assert sum(await asyncio.gather(*(all_of(chain) for chain in chains))) == 40
    await whole(store, key, 40)


async def test_a_pass_that_takes_too_long_takes_fewer(
    store: Store, key: OKPKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a slow machine does not get through is halved until it does."""
    sealer = Sealer(store, key, "one")
    sealing, asked = sealer._chain.seal, []

    async def slow(most: int) -> tuple[int, Head | None]:
        asked.append(most)
        if most > 50:
            raise TransactionTooLong("too long")
        return await sealing(most)

    monkeypatch.setattr(sealer._chain, "seal", slow)
    await written(3)
    assert await sealer.step() == 3
    assert asked == [200, 100, 50]
    await whole(store, key, 3)


async def test_an_outage_is_waited_out_and_said_once(
    store: Store, key: OKPKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three passes fail with one line, then what waits is sealed with another."""
    sealer = Sealer(store, key, "one")
    waits = sealer._chain.waits
    away = True

    async def failing() -> bool:
        if away:
            raise AutoReconnect("gone")
        return await waits()

    monkeypatch.setattr(sealer._chain, "waits", failing)
    await written(2)
    with capture_logs() as lines:
        for _ in range(3):
            await sealer._guarded_pass()
        away = False
        for _ in range(3):
            await sealer._guarded_pass()
    events = [line["event"] for line in lines]
    assert events == ["audit_sealing_failing", "audit_head", "audit_sealing_again"]
    head = await chain_of(store, key).head()
    assert head is not None
    assert lines[1]["head"] == f"{head.seq}:{head.hash}"
    await whole(store, key, 2)


@pytest.mark.parametrize("role", ProcessRole)
async def test_the_process_of_orders_seals(mongo_uri: str, tmp_path: Path, role: ProcessRole):
    """A hub's dispatch process seals what anybody writes; the others leave it to that."""
    about = {"mongodb_uri": mongo_uri, "database": f"test_{uuid4().hex[:12]}", "data_dir": tmp_path}
    hub = await Hub.start(
        Settings.model_validate({"hub": about}), roles=frozenset({role}), embedded=True
    )
    try:
        assert ("audit" in hub._tasks) == (role is ProcessRole.DISPATCH)
        if role is ProcessRole.DISPATCH:
            rows = hub.store.db["audit"]
            async with asyncio.timeout(60), await rows.watch() as stream:
                await rows.insert_one({"_id": "one", "at": await hub.store.server_time()})
                while not (await rows.find_one({"_id": "one"}) or {}).get("seq"):
                    await anext(stream)
            key = load_signing_key(tmp_path / "secrets" / "signing.pem")
            found = await verify(chain_of(hub.store, key))
            assert (found.rows, found.findings) == (1, ())
    finally:
        await hub.store.drop()
        await hub.stop()


async def _started(store: Store, key_file: Path, what: str, name: str) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        str(SCRIPT),
        store.uri,
        store.db.name,
        str(key_file),
        what,
        name,
        stdout=PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


async def _line(process: Process, word: bytes) -> None:
    """Until the process says so."""
    assert process.stdout is not None
    while not (line := await process.stdout.readline()).startswith(word):
        assert line, "it ended"


async def _kill(process: Process) -> None:
    process.kill()
    assert process.stdout is not None
    await process.stdout.read()
    await process.wait()


@pytest.mark.slow
async def test_killed_sealers_lose_nothing_of_what_many_write(
    store: Store, key: OKPKey, key_file: Path
) -> None:
    """Three processes write, each act in a transaction, while sealers are killed -9 in the middle
    and others take the lead: every row is sealed once, and the chain holds."""
    running: list[Process] = []
    try:
        async with asyncio.timeout(200):
            writers = [await _started(store, key_file, "write", f"w{n}") for n in range(WRITERS)]
            running += writers
            for number in range(2):
                sealer = await _started(store, key_file, "seal", f"s{number}")
                running.append(sealer)
                for _ in range(20):
                    await _line(sealer, b"sealed")
                await _kill(sealer)
                # nobody waits for the lease of a dead one in a test
                await store.db["leases"].delete_one({"_id": "audit"})
            for writer in writers:
                assert writer.stdout is not None
                await writer.stdout.read()
                assert await writer.wait() == 0
            await Sealer(store, key, "last").step()
    finally:
        for process in running:
            if process.returncode is None:
                await _kill(process)
    await whole(store, key, WRITERS * ROWS)
    rows = await store.db["audit"].find().to_list()
    assert len({row["target"] for row in rows}) == WRITERS * ROWS
