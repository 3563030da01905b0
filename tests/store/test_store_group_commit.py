"""Works of one lane share a transaction, and none of them the fate of another."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from pymongo.errors import DuplicateKeyError

from hub.errors import UserFault
from hub.store.driver import Store, Tx
from hub.store.group_commit import GroupCommit
from hub.store.pending import pending, seen


@pytest.fixture
async def commits(store: Store) -> GroupCommit:
    """Group commits on an empty collection."""
    await store.db["things"].delete_many({})
    return GroupCommit(store)


def inserting(name: str) -> Callable[[Tx], Awaitable[str]]:
    async def work(tx: Tx) -> str:
        pending(tx).insert("things", {"_id": name})
        return name

    return work


async def names(store: Store) -> set[str]:
    return {row["_id"] async for row in store.db["things"].find()}


async def test_each_gets_its_own_result(store: Store, commits: GroupCommit):
    """Many at once in one lane: all are written, each caller is told of its own."""
    wanted = [f"n{number}" for number in range(200)]
    assert await asyncio.gather(*(commits.run("a", inserting(name)) for name in wanted)) == wanted
    assert await names(store) == set(wanted)


async def test_what_waits_is_one_transaction(store: Store, commits: GroupCommit):
    """What came while the lane was taken becomes visible together."""
    sessions = []

    def noting(name: str) -> Callable[[Tx], Awaitable[str]]:
        async def work(tx: Tx) -> str:
            sessions.append(tx)
            return await inserting(name)(tx)

        return work

    async with store.lanes.held("a"):
        waiting = [asyncio.create_task(commits.run("a", noting(f"n{n}"))) for n in range(10)]
        await asyncio.sleep(0)  # they are in the queue
    await asyncio.gather(*waiting)
    assert len(set(map(id, sessions))) == 1
    assert len(await names(store)) == 10


async def leaves_the_others(
    store: Store, commits: GroupCommit, failing: Callable[[Tx], Awaitable[None]]
) -> None:
    """Between two that are written, one fails alone."""
    done = await asyncio.gather(
        commits.run("a", inserting("one")),
        commits.run("a", failing),
        commits.run("a", inserting("two")),
        return_exceptions=True,
    )
    assert [type(item) for item in done] == [str, UserFault, str]
    assert await names(store) == {"one", "two"}


async def test_one_that_fails_leaves_the_others(store: Store, commits: GroupCommit):
    """A fault undoes what its work had written and is told to its caller alone."""

    async def failing(tx: Tx) -> None:
        pending(tx).insert("things", {"_id": "bad"})
        raise UserFault("NO", "no")

    await leaves_the_others(store, commits, failing)


async def test_one_that_fails_after_its_writes_were_sent_leaves_the_others(
    store: Store, commits: GroupCommit
):
    """What was sent can only be rolled back: then each of the group goes alone."""

    async def failing(tx: Tx) -> None:
        pending(tx).insert("things", {"_id": "bad"})
        await seen(tx, "things")
        raise UserFault("NO", "no")

    await leaves_the_others(store, commits, failing)


async def test_a_key_that_is_taken_fails_its_own_work(store: Store, commits: GroupCommit):
    """A duplicate found when the group is written fails who caused it, and nobody else."""
    await store.db["things"].insert_one({"_id": "taken"})
    done = await asyncio.gather(
        *(commits.run("a", inserting(name)) for name in ("one", "taken", "two")),
        return_exceptions=True,
    )
    assert [type(item) for item in done] == [str, DuplicateKeyError, str]
    assert await names(store) == {"one", "taken", "two"}


async def test_a_work_sees_what_those_before_it_wrote(store: Store, commits: GroupCommit):
    """A read in the same transaction sends what waits for its collection first."""
    await store.db["things"].insert_one({"_id": "sum", "value": 0})

    async def add(tx: Tx) -> int:
        row = await pending(tx).row("things", "sum")
        assert row is not None
        pending(tx).update("things", "sum", {"$set": {"value": row["value"] + 1}})
        return int(row["value"]) + 1

    got = await asyncio.gather(*(commits.run("a", add, {"things": ["sum"]}) for _ in range(100)))
    assert sorted(got) == list(range(1, 101))
    assert await store.db["things"].find_one() == {"_id": "sum", "value": 100}


async def test_a_caller_that_leaves_takes_nobody_along(store: Store, commits: GroupCommit):
    """Who is cancelled while waiting is not written; the others are."""
    async with store.lanes.held("a"):
        waiting = [
            asyncio.create_task(commits.run("a", inserting(name))) for name in ("one", "two")
        ]
        await asyncio.sleep(0)
        waiting[0].cancel()
        await asyncio.wait({waiting[0]})
    assert await waiting[1] == "two"
    assert await names(store) == {"two"}


async def test_a_locked_row_delays_its_own_work_only(store: Store, commits: GroupCommit):
    """What a killed process has left locked holds up who writes it, not the lane."""
    await store.db["things"].insert_one({"_id": "locked"})
    locked, release = asyncio.Event(), asyncio.Event()

    async def hold(tx: Tx) -> None:
        await store.db["things"].update_one({"_id": "locked"}, {"$set": {"x": 1}}, session=tx)
        locked.set()
        await release.wait()

    async def write(tx: Tx) -> str:
        pending(tx).update("things", "locked", {"$set": {"y": 1}})
        return "locked"

    holding = asyncio.create_task(store.transaction(hold))
    await locked.wait()
    stuck = asyncio.create_task(commits.run("a", write))
    assert await asyncio.gather(
        *(commits.run("a", inserting(name)) for name in ("one", "two"))
    ) == ["one", "two"]
    assert not stuck.done()
    release.set()
    await holding
    assert await stuck == "locked"
    assert await store.db["things"].find_one({"_id": "locked"}) == {"_id": "locked", "x": 1, "y": 1}


async def test_a_large_one_lets_others_wait_for_the_next_group(
    store: Store, commits: GroupCommit, monkeypatch: pytest.MonkeyPatch
):
    """Nobody joins a transaction that has taken its time already; all are done all the same."""
    monkeypatch.setattr("hub.store.group_commit.BUDGET", 0.0)
    wanted = [f"n{number}" for number in range(20)]
    assert await asyncio.gather(*(commits.run("a", inserting(name)) for name in wanted)) == wanted
    assert await names(store) == set(wanted)
