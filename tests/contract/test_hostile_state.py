"""Mutilated payloads after a good one, through the real writer: what was stored stays."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from connectors import REGISTRY, connector
from hub.clock import ManualClock
from hub.connector import Batch
from hub.errors import PayloadError
from hub.formats.jtt.t808_position import PositionReport, Status
from hub.formats.jtt.t809 import Message, MessageId, encode_message
from hub.formats.jtt.t809_dynamic import Dynamic, SubType, encode_dynamic, encode_gnss
from hub.settings import FeedSettings
from hub.store import raw
from hub.store.driver import Store
from hub.store.feeds.apply import FeedWriter
from hub.store.feeds.memory import ABSENCES
from hub.store.feeds.transit import READABLE
from tests.contract.mutations import (
    NOW,
    bit_flips,
    context_of,
    garbage,
    parse,
    sample,
    samples_of,
    truncations,
)
from tests.contract.soundness import id_of

pytestmark = pytest.mark.samples

COLLECTIONS = sorted(READABLE - {raw.FEEDS, raw.TAXI_RANKS})
SMALL = 100_000
AT = {
    "gtfs": datetime(2018, 8, 28, 12, tzinfo=UTC),
    "siri_et": datetime(2001, 12, 17, 15, tzinfo=UTC),
}
"""When a sample is read that is of another day than it says."""
CUT_WHOLE = {"gtfs_rt"}
"""Kinds of which a part of a message may be a whole one: nothing in a FeedMessage says its end."""


@pytest.fixture(scope="module")
async def lasting(store: Store) -> AsyncIterator[Store]:
    """A store in which old positions are not cleared away meanwhile: the samples are years old."""
    admin = store.db.client.admin
    before = await admin.command("getParameter", 1, ttlMonitorEnabled=True)
    await admin.command("setParameter", 1, ttlMonitorEnabled=False)
    yield store
    was = before["ttlMonitorEnabled"]
    await admin.command("setParameter", 1, ttlMonitorEnabled=was)


def positions() -> bytes:
    """Twenty positions from a platform: the samples of 809 hold none."""
    wire = b""
    for number in range(20):
        moment = NOW - timedelta(seconds=number)
        report = PositionReport(
            lat=31.2 + number / 1000, lon=121.4, time=moment, status=Status.FIXED
        )
        plate = f"沪A{number:05d}".encode("gbk")
        data = encode_dynamic(Dynamic(plate, 2, SubType.POSITION, encode_gnss(report)))
        wire += encode_message(Message(MessageId.DYNAMIC, 31010001, number, data))
    return wire


def good_one(kind: str) -> bytes:
    """A payload of a kind that leads to stored records."""
    if kind == "jtt809":
        return positions()
    if kind == "datex2_parking":
        return sample("datex2-parking/aachen-static.xml")
    return max((body for _, body in samples_of(kind) if len(body) < SMALL), key=len)


def hostile(body: bytes) -> Iterator[tuple[str, bytes]]:
    """Garbage, cuts, turned bits and glue."""
    yield from (("garbage", noise) for noise in garbage(seed=2))
    yield from (("cut", cut) for cut in truncations(body, places=50))
    yield from (("bit", turned) for turned in list(bit_flips(body, seed=3))[:10])
    yield from (("glue", glued) for glued in (body * 2, body + b"\x00trailing"))


async def stored(store: Store, dataset: str) -> set[str]:
    """Ids of everything the dataset has in the database."""
    mine = {"_id": {"$regex": f"^{dataset}:"}}
    return {
        row["_id"] for name in COLLECTIONS async for row in store.db[name].find(mine, {"_id": 1})
    }


@pytest.mark.parametrize("kind", sorted(REGISTRY))
async def test_nothing_that_was_stored_goes_for_a_payload_that_is_not_whole(
    kind: str, lasting: Store, clock: ManualClock
) -> None:
    """Only what a complete, sound message lacks, or one takes back, is withdrawn; nothing else."""
    body = good_one(kind)
    found, dataset = connector(kind), f"h{uuid4().hex[:8]}"
    context = replace(context_of(kind, with_static=False), dataset=dataset, feed_id=dataset)
    first = parse(found, body, context, AT.get(kind, NOW))
    assert isinstance(first, Batch)
    clock.current = AT.get(kind) or (first.as_of or NOW) + timedelta(seconds=1)
    good = parse(found, body, context, clock())
    assert isinstance(good, Batch)
    feed = FeedSettings(id=dataset, kind=kind, url="http://feed.invalid/")
    writer = FeedWriter(lasting, feed, frozenset())
    await writer.apply(good)
    before = await stored(lasting, dataset)
    assert before
    for how, changed in hostile(body):
        try:
            batch = parse(found, changed, context, clock())
        except PayloadError:
            continue
        assert isinstance(batch, Batch)
        for _ in range(ABSENCES):
            await writer.apply(batch)
        missing = before - await stored(lasting, dataset)
        if missing:
            lacking = missing - {id_of(record) for record in batch.records}
            assert batch.withdrawn or (batch.complete and batch.entities), how
            assert how != "cut" or kind in CUT_WHOLE
            assert lacking == missing
            await FeedWriter(lasting, feed, frozenset()).apply(good)
            writer = FeedWriter(lasting, feed, frozenset())
    assert before <= await stored(lasting, dataset)
