"""Board rows of stored journeys, made anew when the interchange's stop places change."""

import asyncio
from dataclasses import replace

import pytest
from store_builders import DATASET, NOON, batch, feed, observed, planned

from hub.clock import ManualClock
from hub.model.ids import journey_id
from hub.model.journeys import DatedJourney
from hub.store import raw
from hub.store.driver import Store
from hub.store.feeds.apply import FeedWriter
from hub.store.feeds.row_writer import RowWriter

BEFORE = frozenset({"railway:SHH"})
AFTER = frozenset({"railway:SHH", "metro:A"})


def elsewhere(journey: DatedJourney, dataset: str) -> DatedJourney:
    """The journey as another dataset's."""
    calls = tuple(
        replace(call, stop_place_id=call.stop_place_id.replace(DATASET, dataset))
        for call in journey.calls
    )
    id_ = journey_id(dataset, journey.native_id, journey.service_date)
    return replace(journey, id=id_, dataset=dataset, calls=calls)


async def rows(store: Store) -> list[str]:
    return [row["_id"] for row in await store.db[raw.CALLS].find(sort=[("_id", 1)]).to_list()]


@pytest.fixture
async def timetable(store: Store, clock: ManualClock) -> FeedWriter:
    """A timetable of the metro, none of whose stop places is the interchange's."""
    clock.current = NOON
    for name in (raw.JOURNEYS, raw.CALLS, raw.FEEDS):
        await store.db[name].delete_many({})
    writer = FeedWriter(store, feed("plan"), BEFORE)
    await writer.apply(batch(planned("T", ["A", "B"]), planned("U", ["B", "C"])))
    return writer


async def test_rows_come_from_stored_journeys_and_go_again(store: Store, timetable: FeedWriter):
    """No feed says anything: the journeys are there whole. Asked again, nothing is done."""
    assert await rows(store) == []
    assert await RowWriter(store, DATASET, AFTER).rebuild() == 2
    assert await rows(store) == ["metro:T:2026-11-23#1"]
    assert await RowWriter(store, DATASET, AFTER).rebuild() == 0
    assert await RowWriter(store, DATASET, BEFORE).rebuild() == 2
    assert await rows(store) == []


async def test_journeys_of_other_datasets_are_left_alone(store: Store, timetable: FeedWriter):
    """Their calls are at other stop places: neither the journey nor its feed is written."""
    other = FeedWriter(store, feed("coach-plan").model_copy(update={"dataset": "coach"}), BEFORE)
    journey = elsewhere(planned("T", ["A", "B"]), "coach")
    await other.apply(batch(journey))
    stored = await store.db[raw.JOURNEYS].find_one({"_id": journey.id})
    assert await RowWriter(store, "coach", AFTER).rebuild() == 0
    assert await RowWriter(store, DATASET, AFTER).rebuild() == 2
    assert await store.db[raw.JOURNEYS].find_one({"_id": journey.id}) == stored


async def test_whoever_rebuilds_last_leaves_the_rows_right(store: Store, timetable: FeedWriter):
    """Another process still writes for the old places: what it wrote is made anew after it."""
    realtime, anew = FeedWriter(store, feed("rt"), BEFORE), RowWriter(store, DATASET, AFTER)
    await asyncio.gather(realtime.apply(batch(observed("T", {"1:A": 2}))), anew.rebuild())
    await RowWriter(store, DATASET, AFTER).rebuild()
    (row,) = await store.db[raw.CALLS].find().to_list()
    assert (row["source"], row["status"]) == ("rt", "DELAYED")
    await realtime.apply(batch(observed("T", {"1:A": 3})))
    assert await rows(store) == []
    assert await RowWriter(store, DATASET, AFTER).rebuild() == 1
    assert await rows(store) == ["metro:T:2026-11-23#1"]


async def test_a_writer_begins_with_the_rows_of_its_places(store: Store, timetable: FeedWriter):
    """Also those of journeys that its own message does not change."""
    moved = FeedWriter(store, feed("plan"), AFTER)
    applied = await moved.apply(batch(planned("T", ["A", "B"]), planned("U", ["B", "C"])))
    assert applied.unchanged == 2
    assert await rows(store) == ["metro:T:2026-11-23#1"]
