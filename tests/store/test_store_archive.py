"""The archive of raw messages: order, bounds, and what is left when a bound is reached."""

import os
import random
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from hub.connector import Envelope
from hub.spool import Gathered, Spool
from hub.store import raw
from hub.store.driver import Store
from hub.store.feeds import archive as module
from hub.store.feeds.archive import Archive
from hub.store.feeds.arrivals import Arrival, Part, Span

KB = 1024
NOON = datetime.now(UTC).replace(microsecond=0)
"""Not long ago: the database removes what is old by its own clock."""


@pytest.fixture
def feed() -> str:
    return f"f{uuid4().hex[:8]}"


def noise(size: int, second: int = 0) -> Envelope:
    """Bytes that do not compress."""
    return Envelope(os.urandom(size), NOON + timedelta(seconds=second), "http://a/", "text/x")


async def all_of(archive: Archive, feed: str, *bounds: datetime | None) -> list[Arrival]:
    return [arrival async for arrival in archive.arrivals(feed, *bounds)]


async def test_what_came_in_comes_out_in_its_order_to_the_microsecond(store: Store, feed: str):
    """Also the same bytes again, and two messages of one moment; bodies are stored once."""
    archive = Archive(store, 100 * KB)
    exact = NOON.replace(microsecond=123_457)
    a, b = Envelope(b"a" * 5000, exact, "http://a/", "text/x"), Envelope(b"b", exact)
    again = Envelope(a.body, exact + timedelta(seconds=1), a.source, a.content_type)
    for envelope in (a, b, again):
        await archive.add(feed, envelope)
    assert [arrival.envelope for arrival in await all_of(archive, feed)] == [a, b, again]
    assert await store.db[raw.RAW_MESSAGES].count_documents({"feed": feed}) == 2
    assert [arrival.number for arrival in await all_of(Archive(store, 0), feed)] == [1, 2, 3]


async def test_another_process_goes_on_counting(store: Store, feed: str):
    """Whoever takes the feed over numbers its messages after those that are there."""
    await Archive(store, 100 * KB).add(feed, noise(10))
    second = Archive(store, 100 * KB)
    await second.started(feed, NOON)
    await second.add(feed, noise(10))
    found = await all_of(second, feed)
    assert [(arrival.number, arrival.part) for arrival in found] == [
        (1, Part.DATA),
        (2, Part.START),
        (3, Part.DATA),
    ]
    assert await second.count(feed) == 3


async def test_a_feed_that_reached_its_bound_keeps_its_latest_stretch(store: Store, feed: str):
    """The oldest go, with every arrival up to then; another feed keeps all it has."""
    archive, other = Archive(store, 50 * KB), f"{feed}-2"
    for second in range(4):
        await archive.add(other, noise(10 * KB, second))
    first = noise(10 * KB, 0)
    await archive.add(feed, first)
    for second in range(1, 4):
        await archive.add(feed, noise(10 * KB, second))
    await archive.add(feed, Envelope(first.body, NOON + timedelta(seconds=4)))
    assert await archive.count(feed) == 5
    for second in range(5, 8):
        await archive.add(feed, noise(10 * KB, second))
    found = await all_of(archive, feed)
    times = [int((arrival.at - NOON).total_seconds()) for arrival in found]
    assert times == list(range(times[0], 8))
    assert all(arrival.envelope is not None for arrival in found)
    assert (await archive.holdings(feed)).size <= 50 * KB
    assert await archive.count(other) == 4


async def test_the_reference_in_force_outlives_the_bound(store: Store, feed: str):
    """However much real time comes after it, the last static reference stays."""
    archive = Archive(store, 50 * KB)
    await archive.add(feed, noise(5 * KB), part=Part.STATIC)
    last = noise(20 * KB, 1)
    await archive.add(feed, last, part=Part.STATIC)
    for second in range(2, 20):
        await archive.add(feed, noise(5 * KB, second))
    found = await all_of(archive, feed)
    assert [arrival.envelope for arrival in found if arrival.part is Part.STATIC] == [last]
    assert (await archive.holdings(feed)).size <= 50 * KB
    late = await all_of(archive, feed, NOON + timedelta(seconds=18), None)
    assert [arrival.part for arrival in late] == [Part.STATIC, Part.DATA, Part.DATA]


async def test_a_message_larger_than_a_document_is_kept_in_pieces(
    store: Store, feed: str, monkeypatch: pytest.MonkeyPatch
):
    """It comes back whole, lives from its last arrival on, and is removed whole."""
    monkeypatch.setattr(module, "PIECE", 4 * KB)
    archive = Archive(store, 50 * KB)
    large = noise(18 * KB)
    await archive.add(feed, large)
    rows = store.db[raw.RAW_MESSAGES]
    assert await rows.count_documents({"feed": feed}) == 5
    again = Envelope(large.body, NOON + timedelta(seconds=1), large.source, large.content_type)
    await archive.add(feed, again)
    assert [arrival.envelope for arrival in await all_of(archive, feed)] == [large, again]
    assert await rows.distinct("received_at", {"feed": feed}) == [again.received_at]
    for second in range(2, 5):
        await archive.add(feed, noise(14 * KB, second))
    assert await rows.count_documents({"feed": feed, "_id": {"$regex": "#"}}) == 9


@pytest.mark.parametrize("begins", [b"PK\x03\x04", b"<xml>"])
async def test_a_message_on_disk_is_kept_and_given_back_on_disk(
    store: Store, feed: str, monkeypatch: pytest.MonkeyPatch, begins: bytes
):
    """A large zip is kept as it is, all else compressed, both in pieces and never whole."""
    monkeypatch.setattr(module, "PIECE", 512 * KB)
    body = begins + random.Random(2).randbytes(1000) * 9000
    spooled = Gathered()
    spooled.write(body)
    archive = Archive(store, 20 * KB * KB)
    await archive.add(feed, Envelope(spooled.done(), NOON, "file"))
    (arrival,) = await all_of(archive, feed)
    assert arrival.envelope is not None
    assert isinstance(arrival.envelope.content, Spool)
    assert arrival.envelope.body == body
    stored = (await archive.holdings(feed)).size
    assert stored == len(body) if begins.startswith(b"PK") else stored < len(body) / 10


async def test_a_message_over_the_bound_is_kept_by_name(store: Store, feed: str):
    """That it came is known, its bytes are not; what was there before stays."""
    archive = Archive(store, 50 * KB)
    before = noise(10 * KB)
    await archive.add(feed, before)
    await archive.add(feed, noise(60 * KB, 1))
    assert [arrival.envelope for arrival in await all_of(archive, feed)] == [before, None]


async def test_a_zip_is_not_compressed_again(store: Store, feed: str):
    """Its bytes are kept as they are."""
    body = b"PK\x03\x04" + b"\x00" * 4000
    await Archive(store, 50 * KB).add(feed, Envelope(body, NOON))
    row = await store.db[raw.RAW_MESSAGES].find_one({"feed": feed})
    assert row is not None
    assert (row["encoding"], row["stored"]) == ("identity", len(body))


async def test_frames_are_found_by_any_time_within_them(store: Store, feed: str):
    """A message of frames begun before the bound reaches into it."""
    archive = Archive(store, 50 * KB)
    spans = [Span(1, 0, 4), Span(2, 4_000_000, 6)]
    await archive.add(feed, noise(10), part=Part.FRAMES, spans=spans)
    (found,) = await all_of(archive, feed, NOON + timedelta(seconds=3), None)
    assert found.spans == tuple(spans)
    assert await all_of(archive, feed, NOON + timedelta(seconds=5), None) == []
    held = await archive.holdings(feed)
    assert (held.first, held.last) == (NOON, NOON + timedelta(seconds=4))


async def test_both_bounds_in_time_follow_the_settings(store: Store):
    """The database removes messages and arrivals after as many days as were set."""
    again = await Store.open(store.uri, store.db.name, raw_days=5)
    await again.close()
    for collection, index in ((raw.RAW_MESSAGES, "received_at_1"), (raw.RAW_ARRIVALS, "at_1")):
        indexes = await store.db[collection].index_information()
        assert indexes[index]["expireAfterSeconds"] == 5 * 86_400
