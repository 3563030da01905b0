"""Turns in a lane: who waits is the next, and nobody waits for the dead."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from hub.store import raw, turns
from hub.store.driver import Store, Tx
from hub.store.group_commit import GroupCommit
from hub.store.leases import Lease
from hub.store.pending import pending
from hub.store.turns import Turns

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@pytest.fixture
async def lane(store: Store) -> str:
    """A lane in which nobody was yet."""
    await store.db[raw.LEASES].delete_many({})
    return "lane-of-turns"


async def test_who_waits_is_the_next(store: Store, lane: str):
    """Who gives the turn back and asks at once comes after whoever was waiting."""
    one, other = Turns(store, lane, "one"), Turns(store, lane, "other")
    assert await one.take()
    assert not await other.take()
    await one.give_back()
    assert not await one.take()
    assert await other.take()
    await other.give_back()
    assert await one.take()


async def test_a_third_is_after_the_next(store: Store, lane: str):
    """One is the next of all that wait; the place is free again as soon as it has its turn."""
    one, two, three = [Turns(store, lane, name) for name in ("one", "two", "three")]
    assert [await one.take(), await two.take(), await three.take()] == [True, False, False]
    await one.give_back()
    assert [await three.take(), await two.take(), await three.take()] == [False, True, False]
    await two.give_back()
    assert [await two.take(), await three.take()] == [False, True]


@pytest.mark.parametrize("field", ["until", "place_until"])
async def test_nobody_waits_for_the_dead(store: Store, lane: str, field: str):
    """A turn, or a place as the next, that is not given back runs out."""
    dead, waiting, other = [Turns(store, lane, name) for name in ("dead", "waiting", "other")]
    if field == "until":
        assert await dead.take()
        assert not await waiting.take()
    else:
        assert await other.take()
        assert not await dead.take()
        await other.give_back()
        assert not await waiting.take()
    await store.db[raw.LEASES].update_one({}, {"$set": {field: LONG_AGO}})
    assert await waiting.take()


async def test_a_turn_that_has_run_out_is_not_had(store: Store, lane: str):
    """Who was the last to have it and comes again is told so only if it may go on."""
    late, waiting = Turns(store, lane, "late"), Turns(store, lane, "waiting")
    assert await late.take()
    assert not await waiting.take()
    await store.db[raw.LEASES].update_one({}, {"$set": {"until": LONG_AGO}})
    assert not await late.take()
    assert await waiting.take()


async def test_the_database_deletes_the_lane_of_the_dead(store: Store, lane: str):
    """Killed while waiting, with nobody who comes after: its row has an end, feeds' have none."""
    one, dead = Turns(store, lane, "one"), Turns(store, lane, "dead")
    assert await one.take()
    assert not await dead.take()
    await one.give_back()
    row = await store.db[raw.LEASES].find_one({"_id": f"lane:{lane}"})
    assert row is not None
    assert row["kept_until"] - await store.server_time() > timedelta(seconds=30)
    indexes = await store.db[raw.LEASES].index_information()
    assert indexes["kept_until_1"]["expireAfterSeconds"] == 0
    await Lease(store, "feed", "one", ttl=timedelta(seconds=3)).acquire()
    lease = await store.db[raw.LEASES].find_one({"_id": "feed"})
    assert lease is not None
    assert "kept_until" not in lease


async def test_nothing_is_left_of_turns(store: Store, lane: str):
    """Lanes are as many as incidents: the last to leave takes the row with it."""
    one, other = Turns(store, lane, "one"), Turns(store, lane, "other")
    async with one.one():
        assert not await other.take()
    async with other.one():
        pass
    assert await store.db[raw.LEASES].count_documents({}) == 0


async def test_a_busy_process_lets_the_other_in(
    store: Store, lane: str, monkeypatch: pytest.MonkeyPatch
):
    """Two processes write to one incident, one of them without a pause: the other is in after the
    group that was being written when it came."""
    for limit in ("TURN", "PLACE"):
        monkeypatch.setattr(turns, limit, timedelta(seconds=60))
    await store.db["things"].delete_many({})
    busy, other = GroupCommit(store), GroupCommit(store.beside(store.db.name))
    for one in (busy, other):
        one._met[lane] = time.monotonic() + 3600  # they know of each other
    groups: list[Tx] = []
    begun, done, names = asyncio.Event(), asyncio.Event(), count()

    async def writing(tx: Tx) -> None:
        pending(tx).insert("things", {"_id": next(names)})
        groups.append(tx)
        begun.set()

    async def without_pause() -> None:
        while not done.is_set():
            await busy.run(lane, writing)

    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        for _ in range(3):
            tasks.create_task(without_pause())
        await begun.wait()
        mine = tasks.create_task(other.run(lane, writing))
        while not await store.db[raw.LEASES].find_one({"next": other._owner}):
            pass
        before = len(set(map(id, groups)))
        await mine
        assert len(set(map(id, groups))) - before <= 2  # the one in hand, and its own
        done.set()
