"""From a feed's bytes to `status` and `delaySeconds`: which end of a call says how late it is."""

from datetime import datetime
from typing import Any

import pytest
from google.transit import gtfs_realtime_pb2 as pb
from schema_builders import Run, feed_doc

from connectors.gtfs import CONNECTOR as GTFS
from hub.clock import manual
from hub.connector import Batch
from hub.settings import FeedSettings
from hub.store.driver import Store
from hub.store.feeds.apply import FeedWriter
from schema.context import Services
from schema.nodes import global_id
from tests.connectors import siri_documents as siri
from tests.connectors.gtfs_builder import (
    Message,
    only_journey,
    read_gtfs,
    shanghai,
    stop,
    timetable,
    zipped,
)

NOW = shanghai("2026-03-04 11:50")
ASK = """query ($id: ID!) { node(id: $id) { ... on DatedJourney {
    calls { order status delaySeconds boarding } } } }"""
Shown = dict[int, tuple[str, int | None, bool]]


@pytest.fixture(autouse=True)
async def _empty(store: Store) -> None:
    for name in ("calls", "stop_places", "feeds", "journeys", "lines"):
        await store.db[name].delete_many({})


async def shown(
    run: Run, store: Store, services: Services, plan: Batch, told: Batch, now: datetime
) -> Shown:
    """Order, state, delay and boarding of the calls of the one journey that is told."""
    with manual(now):
        dataset = only_journey(told).dataset
        for name, batch in (("plan", plan), ("live", told)):
            feed = FeedSettings(id=name, kind=GTFS.manifest.kind, dataset=dataset, url="http://x/")
            await FeedWriter(store, feed, frozenset()).apply(batch)
        await store.db["feeds"].insert_one(feed_doc("live", data_as_of=now))
        await services.feeds.load()
        answer = await run(ASK, id=global_id("DatedJourney", only_journey(told).id))
    rows: list[dict[str, Any]] = answer["data"]["node"]["calls"]
    return {
        row["order"]: (row["status"], row["delaySeconds"], row["boarding"])
        for row in rows
        if row["status"] != "SCHEDULED"
    }


def at(text: str) -> datetime:
    """A time of the day."""
    return shanghai(f"2026-03-04 {text}")


def read(message: Message) -> Batch:
    """The message over the timetable of the tests."""
    return message.read(reference=timetable(), feed_id="lateness")


def trip(relationship: str | None = None) -> tuple[Message, Any]:
    """A message of T1, and its update."""
    message = Message(at=NOW)
    return message, message.trip("T1", relationship, start_date="20260304")


@pytest.fixture
def show(run: Run, store: Store, services: Services) -> Any:
    """What is shown of a GTFS-Realtime message."""

    async def show_(message: Message) -> Shown:
        return await shown(run, store, services, read_gtfs(zipped(), NOW), read(message), NOW)

    return show_


async def test_a_train_on_time_at_its_end_is_on_time_however_long_it_stands(show: Any) -> None:
    """Last call aimed 12:30, there at 12:30, away at 12:40: nobody boards, the arrival counts."""
    message, update = trip()
    stop(update, stop_sequence=9, arrival=at("12:30"), departure=at("12:40"))
    assert (await show(message))[9] == ("ON_TIME", 0, False)


async def test_where_only_the_departure_is_told_it_speaks_for_the_end(show: Any) -> None:
    """Nothing is known of the arrival itself but what follows from the stop before."""
    message, update = trip()
    stop(update, stop_sequence=9, departure=at("12:40"))
    assert (await show(message))[9] == ("DELAYED", 600, False)


async def test_a_train_that_comes_early_to_where_it_begins_is_judged_by_leaving(show: Any) -> None:
    """Nobody alights there; the departure counts, as at a call that has both."""
    message, update = trip()
    stop(update, stop_sequence=1, arrival=at("11:52"), departure=at("12:00"))
    stop(update, stop_sequence=5, arrival=at("12:15"), departure=at("12:21"))
    found = await show(message)
    assert found[1] == ("ON_TIME", 0, True)
    assert found[5] == ("DELAYED", 300, True)


async def test_where_it_only_sets_down_the_arrival_counts(show: Any) -> None:
    """pickup_type NONE on the way."""
    message, update = trip()
    call = stop(update, stop_sequence=5, arrival=at("12:15"), departure=at("12:26"))
    call.stop_time_properties.pickup_type = pb.TripUpdate.StopTimeUpdate.StopTimeProperties.NONE
    assert (await show(message))[5] == ("ON_TIME", 0, False)


async def test_the_end_of_a_replacement_is_judged_by_arriving(show: Any) -> None:
    """Its last call is one on the way of its plan; its first is one, too, and judged by leaving."""
    message, update = trip("REPLACEMENT")
    stop(update, stop_id="PS", stop_sequence=2, arrival=at("12:00"), departure=at("12:11"))
    stop(update, stop_id="SHRS-1", stop_sequence=5, arrival=at("12:15"), departure=at("12:26"))
    found = await show(message)
    assert found[2] == ("ON_TIME", 0, True)
    assert found[5] == ("ON_TIME", 0, False)


@pytest.mark.parametrize("relationship", ["NEW", "ADDED"])
async def test_the_end_of_an_extra_train_is_judged_by_arriving(
    show: Any, relationship: str
) -> None:
    """It lists all its stops, so that nobody boards at the last one."""
    message = Message(at=NOW)
    update = message.trip("X1", relationship, start_date="20260304", route_id="L1")
    for number, stop_id in enumerate(("XZ", "FJ"), start=1):
        call = stop(update, stop_id=stop_id, stop_sequence=number)
        for event, late in ((call.arrival, 0), (call.departure, 600)):
            event.scheduled_time = int(at("12:30").timestamp()) + 600 * number
            event.time = event.scheduled_time + late
    found = await show(message)
    assert found[1] == ("DELAYED", 600, True)
    assert found[2] == ("ON_TIME", 0, False)


@pytest.mark.parametrize("word", [None, "onTime"])
async def test_siri_is_judged_by_the_same_rule(
    run: Run, store: Store, services: Services, word: str | None
) -> None:
    """At Nanjing, where it ends, the train is there on time and stands for ten minutes."""
    said = {} if word is None else {"ArrivalStatus": word}
    end = siri.call(
        "NJH-1",
        Order=30,
        ExpectedArrivalTime="2026-03-02T13:30:00+08:00",
        **said,
        ExpectedDepartureTime="2026-03-02T13:40:00+08:00",
    )
    told = siri.read(siri.et(siri.journey(*siri.g7001()[:-1], end)))
    plan = read_gtfs(siri.gtfs(), siri.NOW, dataset="railway", feed_id="plan")
    found = await shown(run, store, services, plan, told, siri.NOW)
    assert found[30] == ("ON_TIME", 0, False)
