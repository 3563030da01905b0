"""The change stream: from the database to the bus, over restarts and lost history."""

import asyncio
import os
import signal
from pathlib import Path

import pytest
from pymongo.errors import OperationFailure
from store_builders import (
    NOON,
    batch,
    feed,
    following,
    minutes,
    observed,
    planned,
    take,
    vehicle,
)

from hub import clock as hub_clock
from hub.bus import Bus, Change, ChangeKind, Cursor
from hub.store import embedded
from hub.store.driver import Store
from hub.store.embedded import EmbeddedMongo
from hub.store.feeds.apply import FeedWriter
from hub.store.tail import ChangeTail


@pytest.fixture(autouse=True)
def at_noon():
    with hub_clock.manual(NOON) as clock:
        yield clock


async def saved(store: Store, name: str, cursor: Cursor) -> None:
    """Wait until the tail has saved this place."""
    async with asyncio.timeout(60):
        while True:
            row = await store.db.resume.find_one({"_id": name})
            if row and Cursor(*row["cursor"]) >= cursor:
                return
            await store.db.nudges.insert_one({})  # an event, so that it looks at the time


async def test_changes_arrive_in_order_with_their_documents(store: Store, bus: Bus):
    """Insert, update, delete of a document are three changes, each with the state after it."""
    async with following(store, bus, "order") as tail:
        listener = bus.listen("things")
        await store.db.things.insert_one({"_id": "a", "n": 1})
        await store.db.things.update_one({"_id": "a"}, {"$set": {"n": 2}, "$unset": {"x": 1}})
        await store.db.things.delete_one({"_id": "a"})
        first, second, third = await take(listener, 3)
        assert tail.lag_seconds < 20
    assert (first.kind, first.document) == (ChangeKind.INSERTED, {"_id": "a", "n": 1})
    assert (second.kind, second.id, second.updated) == (ChangeKind.UPDATED, "a", {"n"})
    assert (third.kind, third.document) == (ChangeKind.DELETED, None)
    assert first.cursor < second.cursor < third.cursor


async def test_a_transaction_is_told_whole_with_distinct_cursors(store: Store, bus: Bus):
    """Changes of one transaction share the cluster time and are counted within it."""
    await store.db.things.insert_one({"_id": "warm"})

    async def work(tx):
        for name in ("t1", "t2", "t3"):
            await store.db.things.insert_one({"_id": name}, session=tx)

    async with following(store, bus, "transaction"):
        listener = bus.listen("things")
        await store.transaction(work)
        changes = await take(listener, 3)
    assert [change.id for change in changes] == ["t1", "t2", "t3"]
    assert len({change.cursor[:2] for change in changes}) == 1
    assert [change.cursor.ordinal for change in changes] == [1, 2, 3]


async def test_it_goes_on_where_it_stopped(store: Store, bus: Bus):
    """What was committed while the process was away is told when it is back, once."""
    async with following(store, bus, "resumed"):
        listener = bus.listen("things")
        await store.db.things.insert_one({"_id": "before"})
        [before] = await take(listener, 1)
        await saved(store, "resumed", before.cursor)
    await store.db.things.insert_one({"_id": "while-away"})
    again = Bus()
    listener = again.listen("things")
    async with following(store, again, "resumed"):
        [change] = await take(listener, 1)
    assert change.id == "while-away"
    assert change.cursor > before.cursor


@pytest.mark.parametrize("data", ["82FFFF", "zz", ""])
async def test_lost_history_is_one_reset_and_a_fresh_start(store: Store, bus: Bus, data: str):
    """A place the server cannot find becomes one RESET, and later changes arrive."""
    gone = {"_data": data}
    await store.db.resume.insert_one({"_id": f"lost-{data}", "token": gone, "cursor": [1, 1, 1]})
    listener = bus.listen("things")
    async with following(store, bus, f"lost-{data}"):
        [reset] = await take(listener, 1)
        await store.db.things.insert_one({"_id": f"afterwards-{data}"})
        [change] = await take(listener, 1)
    assert reset.kind is ChangeKind.RESET
    assert change.id == f"afterwards-{data}"
    assert change.cursor > reset.cursor


async def test_a_first_start_has_a_place_to_resume_from(store: Store, bus: Bus):
    """Before any change the bus knows where it stands."""
    async with following(store, bus, "first"):
        assert bus.head is not None


async def test_what_nobody_follows_is_not_told(store: Store, bus: Bus):
    """Raw messages, rejects, leases and resume places make no change on the bus."""
    async with following(store, bus, "quiet"):
        listener = bus.listen()
        for name in ("raw_messages", "rejects", "leases", "inbox_heads", "counters"):
            await store.db[name].insert_one({})
        await store.db.things.insert_one({"_id": "told"})
        [change] = await take(listener, 1)
    assert change.id == "told"


async def test_a_touch_is_no_news(store: Store, bus: Bus):
    """A newer observed_at alone tells nobody; a change of content tells of its rows."""
    timetable = FeedWriter(store, feed("metro-gtfs"), frozenset({"metro:A"}))
    realtime = FeedWriter(store, feed("metro-rt"), frozenset({"metro:A"}))
    await timetable.apply(batch(planned("L1", ["A", "B"])))
    await realtime.apply(batch(observed("L1", {"1:A": 3}), vehicle("t1")))
    async with following(store, bus, "touch"):
        listener = bus.listen("calls", "vehicles", "journeys")
        await realtime.apply(
            batch(observed("L1", {"1:A": 3}, at=minutes(2)), vehicle("t1", minutes(2)))
        )
        assert (await store.db.calls.find_one())["observed_at"] == minutes(2)
        await realtime.apply(batch(observed("L1", {"1:A": 5}, at=minutes(3))))
        changes = {change.collection: change for change in await take(listener, 2)}
    row = changes["calls"]
    assert row.document is not None
    assert row.document["expected"]["departure"] == minutes(15)
    assert changes["journeys"].document is None


async def test_an_update_names_the_fields_it_changed(store: Store, bus: Bus):
    """Set or unset, by their dotted paths; a replaced document names none."""
    await store.db.things.insert_one({"_id": "named", "a": {"b": 1, "c": 1}, "d": 1})
    async with following(store, bus, "named"):
        listener = bus.listen("things")
        change = {"$set": {"a.b": 2}, "$unset": {"d": ""}}
        await store.db.things.update_one({"_id": "named"}, change)
        await store.db.things.replace_one({"_id": "named"}, {"a": 3})
        first, second = await take(listener, 2)
    assert first.updated == {"a.b", "d"}
    assert first.document == {"_id": "named", "a": 3} or first.document["a"]["b"] == 2
    assert second.updated is None


async def test_no_process_hears_itself_saving(store: Store, bus: Bus):
    """Saving its place is no change: an idle tail stays idle."""
    async with following(store, bus, "idle"):
        listener = bus.listen()
        await store.db.things.insert_one({"_id": "one"})
        [change] = await take(listener, 1)
        await saved(store, "idle", change.cursor)
        assert all(change.collection == "nudges" for change in list(listener._queue))


async def test_history_lost_while_following_is_told_as_well(store: Store, bus: Bus, monkeypatch):
    """Error 286 from the server becomes RESET, then life goes on."""
    follow = ChangeTail._follow
    errors = [OperationFailure("Resume of change stream was not possible", 286)]

    async def failing(tail: ChangeTail) -> None:
        if errors:
            raise errors.pop()
        await follow(tail)

    monkeypatch.setattr(ChangeTail, "_follow", failing)
    listener = bus.listen("things")
    async with following(store, bus, "middle"):
        [reset] = await take(listener, 1)
        await store.db.things.insert_one({"_id": "after-286"})
        [change] = await take(listener, 1)
    assert reset.kind is ChangeKind.RESET
    assert change.id == "after-286"


async def test_a_dropped_database_is_a_reset(mongo_uri: str, bus: Bus):
    """Dropping the database ends the stream: everybody reads again, and it follows the new one."""
    store = await Store.open(mongo_uri, "test_dropped_while_followed")
    listener = bus.listen("things")
    async with following(store, bus, "dropped"):
        await store.db.things.insert_one({"_id": "before"})
        await take(listener, 1)
        await store.drop()
        changes = []
        async with asyncio.timeout(60):
            async for change in listener:
                changes.append(change)
                if change.cursor.ordinal == 0 and change.kind is ChangeKind.RESET:
                    break  # the fresh start
        await store.db.things.insert_one({"_id": "after"})
        changes += await take(listener, 1)
    assert {change.kind for change in changes[:-1]} == {ChangeKind.RESET}
    assert changes[-1].id == "after"
    await store.drop()
    await store.close()


async def test_it_comes_back_after_the_database_was_away(store: Store, bus: Bus):
    """A stream that the server ends is opened again, and nothing in between is missed."""
    async with following(store, bus, "away"):
        listener = bus.listen("things")
        await store.db.things.insert_one({"_id": "x1"})
        await take(listener, 1)
        await kill_streams(store)
        await store.db.things.insert_one({"_id": "x2"})
        [change] = await take(listener, 1)
    assert change.id == "x2"


@pytest.mark.slow
async def test_it_survives_the_death_of_the_server(tmp_path: Path, bus: Bus):
    """After kill -9 and a restart the stream goes on without a gap or a RESET."""
    mongo = EmbeddedMongo.start(tmp_path)
    store = await Store.open(mongo.uri, "killed")
    listener = bus.listen("things")
    try:
        async with following(store, bus, "killed") as tail:
            await store.db.things.insert_one({"_id": "acknowledged"})
            await take(listener, 1)
            os.kill(mongo.pid, signal.SIGKILL)
            await asyncio.to_thread(EmbeddedMongo.start, tmp_path)
            await store.db.things.insert_one({"_id": "later"})
            changes = await take(listener, 1)
            assert tail.ready.is_set()
    finally:
        await store.close()
        embedded.stop(tmp_path)
    assert [change.id for change in changes] == ["later"]


async def kill_streams(store: Store) -> None:
    """End every cursor that waits for changes of this database, as an operator would."""
    stage = {"$currentOp": {"idleCursors": True, "allUsers": True}}
    cursor = await store._client.admin.aggregate([stage])
    cursors = [
        operation["cursor"]["cursorId"]
        async for operation in cursor
        if operation.get("ns", "").startswith(store.db.name)
        and "$changeStream" in str(operation.get("cursor"))
    ]
    assert cursors
    await store.db.command("killCursors", "$cmd.aggregate", cursors=cursors)


async def test_only_what_the_bus_carries_comes(mongo_uri: str):
    """A process is sent the changes it listens to, the end of the database, and nothing else."""
    store = await Store.open(mongo_uri, "test_carried")
    bus = Bus(carries={"things"})
    listener = bus.listen()
    async with following(store, bus, "carried"):
        await store.db.others.insert_one({"_id": "unheard"})
        await store.db.things.insert_one({"_id": "heard"})
        [heard] = await take(listener, 1)
        await store.drop()
        [ended] = await take(listener, 1)
    assert (heard.collection, heard.id) == ("things", "heard")
    assert ended.kind is ChangeKind.RESET
    await store.close()


async def test_what_becomes_of_a_wake_up_is_no_news(store: Store, bus: Bus):
    """The dispatchers are told of what is queued, and not of what they themselves wrote of it."""
    async with following(store, bus, "wake-ups"):
        listener = bus.listen("outbox", "things")
        await store.db.outbox.insert_one({"_id": "queued", "state": "QUEUED"})
        await store.db.outbox.update_one({"_id": "queued"}, {"$set": {"state": "SENT"}})
        await store.db.things.insert_one({"_id": "after"})
        heard = await take(listener, 2)
        await store.db.outbox.delete_one({"_id": "queued"})
    assert [change.id for change in heard] == ["queued", "after"]


async def test_nobody_listens_to_what_does_not_come():
    """A listener that would never hear anything is a fault of the program, told at once."""
    bus = Bus(carries={"things"})
    with pytest.raises(ValueError, match="others"):
        bus.listen("things", "others")
    bus.publish(Change(Cursor(1, 1, 1), "things", ChangeKind.INSERTED, "a"))
    assert bus.published == 1


async def test_the_saved_place_moves_on_where_nothing_is_heard(
    store: Store, monkeypatch: pytest.MonkeyPatch
):
    """A process that hears nothing for weeks does not begin in the log of weeks ago."""
    monkeypatch.setattr("hub.store.tail.QUIET_SECONDS", 0.0)
    async with following(store, Bus(carries={"things"}), "quiet"), asyncio.timeout(20):
        tokens = set()
        while len(tokens) < 2:
            await store.db.others.insert_one({})
            row = await store.db.resume.find_one({"_id": "quiet"})
            tokens |= {str(row["token"])} if row else set()
