"""What is kept of feeds, and the copy of it in memory."""

import asyncio
from datetime import timedelta

from store_builders import NOON

from hub.bus import Bus, Change, ChangeKind, Cursor
from hub.connector import Envelope, Reject
from hub.errors import Reason
from hub.store import raw
from hub.store.driver import Store
from hub.store.feeds.cache import FeedCache, FeedRepository
from hub.store.feeds.transit import TransitRepository


async def test_a_status_grows_by_fields(store: Store):
    """Saving a status sets its fields and leaves the others."""
    feeds = FeedRepository(store)
    await feeds.save_status("f1", {"state": "STARTING", "kind": "gtfs"})
    await feeds.save_status("f1", {"state": "HEALTHY", "data_as_of": NOON})
    assert await feeds.get("f1") == {
        "_id": "f1",
        "state": "HEALTHY",
        "kind": "gtfs",
        "data_as_of": NOON,
    }
    assert await feeds.get("f2") is None
    assert [feed["_id"] for feed in await feeds.all()] == ["f1"]


async def test_rejects_are_kept_and_capped(store: Store):
    """The first two hundred rejects of a batch are kept, with their reasons."""
    feeds = FeedRepository(store)
    rejects = [Reject(Reason.UNKNOWN_STOP, f"s{number}", "no such stop") for number in range(300)]
    await feeds.add_rejects("f1", rejects)
    await feeds.add_rejects("f1", [])
    kept = await feeds.rejects("f1", limit=500)
    assert len(kept) == 200
    assert kept[0]["reason"] == "UNKNOWN_STOP"


async def test_raw_messages_come_back_byte_for_byte(store: Store):
    """An archived message is replayed as it was received, each time it was, in that order."""
    feeds = FeedRepository(store)
    first = Envelope(b"\x00\xff" * 100_000, NOON, "http://feed/", "application/octet-stream")
    second = Envelope(b"two", NOON + timedelta(seconds=1))
    for envelope in (second, first, second):
        await feeds.archive("f1", envelope)
    await feeds.archive("f1", Envelope(b"garbage", NOON), quarantined=Reason.NOT_DECODABLE)
    found = await feeds.raw_since("f1", NOON - timedelta(seconds=1))
    assert found == [second, first, second, Envelope(b"garbage", NOON)]
    assert await store.db[raw.RAW_MESSAGES].count_documents({}) == 3
    assert await store.db[raw.RAW_MESSAGES].count_documents({"quarantined": "NOT_DECODABLE"}) == 1
    assert await feeds.raw_since("f2", NOON - timedelta(seconds=1)) == []


async def test_the_time_to_live_of_raw_messages_follows_the_settings(store: Store):
    """Opening with another number of days changes how long raw messages are kept."""
    again = await Store.open(store.uri, store.db.name, raw_days=9)
    await again.close()
    indexes = await store.db[raw.RAW_MESSAGES].index_information()
    assert indexes["received_at_1"]["expireAfterSeconds"] == 9 * 86_400


async def test_the_cache_follows_changes_and_resets(store: Store, bus: Bus):
    """The copy in memory has what was stored, each change, and everything again after RESET."""
    feeds = FeedRepository(store)
    await feeds.save_status("c1", {"state": "HEALTHY"})
    cache = FeedCache(TransitRepository(store))
    await cache.load()
    assert cache.get("c1") == {"_id": "c1", "state": "HEALTHY"}
    assert cache.get(None) is None
    cursor = Cursor(1, 1, 1)
    stale = {"_id": "c1", "state": "STALE"}
    await cache.refresh(Change(cursor, raw.FEEDS, ChangeKind.UPDATED, "c1", stale))
    assert cache.get("c1") == stale
    await cache.refresh(Change(cursor, raw.FEEDS, ChangeKind.DELETED, "c1"))
    assert cache.get("c1") is None
    await cache.refresh(Change(cursor, "", ChangeKind.RESET, None))
    assert cache.get("c1") == {"_id": "c1", "state": "HEALTHY"}


async def test_the_cache_listens_to_the_bus(store: Store, bus: Bus):
    """A published change of a feed is in the copy as soon as the listener ran."""
    cache = FeedCache(TransitRepository(store))
    task = asyncio.create_task(cache.follow(bus))
    new = {"_id": "c9", "state": "DOWN"}
    async with asyncio.timeout(60):
        while cache.get("c9") is None:
            bus.publish(Change(Cursor(1, 1, 1), raw.FEEDS, ChangeKind.INSERTED, "c9", new))
            await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert cache.get("c9") == new
