"""The database is killed and comes back: what waited for it goes on at once, and blames nobody."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from datetime import timedelta
from math import inf
from pathlib import Path

import psutil
import pytest
from operations_builders import World, operations

from hub import clock as hub_clock
from hub.bus import Bus
from hub.model.area import parse_area
from hub.operations import documents
from hub.operations.asking.escalator import Escalator
from hub.settings import area_text
from hub.store import embedded, turns
from hub.store.driver import Store, Tx
from hub.store.embedded import EmbeddedMongo
from hub.store.group_commit import GroupCommit
from hub.store.pending import pending
from hub.store.people import Units
from hub.store.tail import ChangeTail
from hub.store.turns import Turns

pytestmark = pytest.mark.slow


class Killable:
    """A database of a test's own, and a store on it."""

    def __init__(self, data_dir: Path, store: Store) -> None:
        self.data_dir, self.store = data_dir, store

    async def kill(self) -> None:
        """kill -9, and wait for its end."""
        found = embedded.living(self.data_dir)
        assert found is not None
        os.kill(found.pid, signal.SIGKILL)
        await asyncio.to_thread(psutil.Process(found.pid).wait, 30)

    async def come_back(self) -> None:
        """Start it again, until it can be written."""
        await asyncio.to_thread(EmbeddedMongo.start, self.data_dir)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Killable]:
    """One that has just been started."""
    data_dir = tmp_path / "data"
    mongo = await asyncio.to_thread(EmbeddedMongo.start, data_dir)
    store = await Store.open(mongo.uri, "killed", documents=documents())
    yield Killable(data_dir, store)
    await store.close()
    await asyncio.to_thread(embedded.stop, data_dir)


@pytest.mark.parametrize("behind", ["a read", "its writes"])
async def test_an_outage_is_no_contention(database: Killable, behind: str) -> None:
    """A transaction with little patience for others outlives a database that is killed in it:
    nobody else wrote meanwhile."""
    rows, attempts = database.store.db["things"], []

    async def work(tx: Tx) -> None:
        attempts.append(tx)
        first = len(attempts) == 1
        if first and behind == "a read":
            await rows.find_one({}, session=tx)
        pending(tx).insert("things", {"_id": len(attempts)})
        if first and behind == "its writes":
            await pending(tx).send("things")
        if first:
            await database.kill()
            await database.come_back()

    await database.store.transaction(work, patience=0.5)
    assert len(attempts) > 1
    assert [row["_id"] async for row in rows.find()] == [len(attempts)]


async def test_a_turn_that_the_outage_outlived_is_taken_again(
    database: Killable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else has the lane by then: who comes back late asks for it anew."""
    monkeypatch.setattr(turns, "TURN", timedelta(seconds=0.5))
    commits, taken, attempts = GroupCommit(database.store), [], []
    take = Turns.take

    async def noted(mine: Turns) -> bool:
        granted = await take(mine)
        if granted:
            taken.append(len(attempts))
        return granted

    monkeypatch.setattr(Turns, "take", noted)

    async def work(tx: Tx) -> None:
        attempts.append(tx)
        pending(tx).insert("things", {"_id": len(attempts)})
        await pending(tx).send("things")
        if len(attempts) == 1:
            await database.kill()
            await database.come_back()

    commits._met["lane"] = inf
    await commits.run("lane", work)
    assert taken[0] == 0
    assert taken[-1] > 0


async def test_an_escalation_is_in_time_once_the_database_is_back(database: Killable) -> None:
    """Due while there was none: the next is asked within five seconds of its return."""
    store = database.store
    await Units().seed(parse_area(area_text("shanghai-railway-station")))
    world, bus = World(store, operations(store)), Bus()
    working = [
        asyncio.create_task(work)
        for work in (
            ChangeTail(store, bus, "killed").run(),
            store.server_clock.run(),
            Escalator(world.ops.desk, bus, "one").run(),
        )
    ]
    officers = [await world.officer() for _ in range(20)]
    incident = (await world.incident()).id
    orders = [
        await world.order(one, escalation=[other.account_id], accept_within_s=5, incident=incident)
        for one, other in zip(officers[::2], officers[1::2], strict=True)
    ]
    await database.kill()
    due = max(order.created_at for order in orders) + timedelta(seconds=5)
    await asyncio.sleep(max(0.0, hub_clock.seconds_until(due)))
    await database.come_back()
    back = hub_clock.now()
    async with asyncio.timeout(60):
        asked = [
            await world.until("recipients", {"_id": f"{order.id}:{other.account_id}"})
            for order, other in zip(orders, officers[1::2], strict=True)
        ]
    assert max(row["created_at"] for row in asked) - back < timedelta(seconds=5)
    for task in working:
        task.cancel()
    await asyncio.gather(*working, return_exceptions=True)
