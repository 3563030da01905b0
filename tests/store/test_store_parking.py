"""Parking facilities, sharing stations and facility conditions, on a real database."""

from datetime import timedelta
from typing import Any

import pytest
from store_builders import DATASET, NOON, batch, feed, following, minutes, take
from store_places import condition, free, garage, station

from hub import clock as hub_clock
from hub.bus import Bus, ChangeKind
from hub.model.common import Name, Position
from hub.model.parking import ParkingSiteStatus
from hub.model.situations import AlertArea, Period, Situation
from hub.store.driver import Store
from hub.store.feeds.apply import Applied, FeedWriter
from hub.store.feeds.transit import TransitRepository

COLLECTIONS = ("parking_facilities", "sharing_stations", "facility_conditions", "situations")


@pytest.fixture(autouse=True)
def at_noon():
    with hub_clock.manual(NOON) as clock:
        yield clock


@pytest.fixture(autouse=True)
async def _empty(store: Store):
    for name in COLLECTIONS:
        await store.db[name].delete_many({})


@pytest.fixture
def static(store: Store) -> FeedWriter:
    return FeedWriter(store, feed("parking-table"), frozenset())


@pytest.fixture
def dynamic(store: Store) -> FeedWriter:
    return FeedWriter(store, feed("parking-status"), frozenset())


async def stored(store: Store) -> list[dict[str, Any]]:
    return await store.db.parking_facilities.find(sort=[("_id", 1)]).to_list()


async def test_facility_and_status_of_two_feeds_are_one_document(store: Store):
    """Either may come first: the document is the same."""
    found = []
    for order in ((0, 1), (1, 0)):
        await store.db.parking_facilities.delete_many({})
        writers = [FeedWriter(store, feed(name), frozenset()) for name in ("table", "status")]
        batches = [batch(garage()), batch(free(12, occupied=288))]
        for index in order:
            assert await writers[index].apply(batches[index]) == Applied(written=1)
        found.append(await stored(store))
    assert found[0] == found[1]
    (document,) = found[0]
    status = document.pop("status")
    assert (document["feed"], document["capacity"], document["park_and_ride"]) == (
        "table",
        300,
        False,
    )
    assert document["location"] == {"type": "Point", "coordinates": [121.45, 31.25]}
    del status["fp"]
    assert status == {
        "feed": "status",
        "vacant": 12,
        "occupied": 288,
        "capacity": None,
        "occupancy_percent": None,
        "status": None,
        "opening": "OPEN",
        "observed_at": NOON,
    }


async def test_a_word_and_a_percentage_are_news(store: Store, dynamic: FeedWriter):
    """Both are stored as told; another word is written, the same again is not."""
    full = free(None, status=ParkingSiteStatus.FULL, occupancy_percent=97.5)
    assert await dynamic.apply(batch(full)) == Applied(written=1)
    assert await dynamic.apply(batch(full)) == Applied(unchanged=1)
    status = (await stored(store))[0]["status"]
    assert (status["status"], status["occupancy_percent"], status["vacant"]) == ("FULL", 97.5, None)
    almost = free(None, at=minutes(1), status=ParkingSiteStatus.ALMOST_FULL)
    assert await dynamic.apply(batch(almost)) == Applied(written=1)
    status = (await stored(store))[0]["status"]
    assert (status["status"], status["occupancy_percent"]) == ("ALMOST_FULL", None)


async def test_both_layers_may_come_in_one_message(store: Store, dynamic: FeedWriter):
    """A feed that tells of both writes both; the same again writes nothing, also restarted."""
    message = batch(garage(), free(12), garage("P2", position=None))
    assert await dynamic.apply(message) == Applied(written=3)
    again = FeedWriter(store, feed("parking-status"), frozenset())
    for writer in (dynamic, again):
        assert await writer.apply(message) == Applied(unchanged=3)
    first, second = await stored(store)
    assert first["status"]["vacant"] == 12
    assert "status" not in second
    assert "location" not in second


async def test_a_status_older_than_the_known_one_loses(store: Store, dynamic: FeedWriter):
    """Its own time decides, not its message's; also after a restart."""
    await dynamic.apply(batch(free(12)))
    older = batch(free(99, at=NOON - timedelta(minutes=1)), as_of=minutes(60))
    assert await dynamic.apply(older) == Applied(stale=1)
    restarted = FeedWriter(store, feed("parking-status"), frozenset())
    assert await restarted.apply(older) == Applied(stale=1)
    assert (await stored(store))[0]["status"]["vacant"] == 12


async def test_an_older_status_loses_to_another_feeds(store: Store, dynamic: FeedWriter):
    """Two feeds of one facility: the newer observation stands, whoever comes last."""
    await dynamic.apply(batch(free(12)))
    other = FeedWriter(store, feed("parking-other"), frozenset())
    await other.apply(batch(free(99, at=NOON - timedelta(minutes=1))))
    assert (await stored(store))[0]["status"]["feed"] == "parking-status"
    await other.apply(batch(free(99, at=minutes(1))))
    (document,) = await stored(store)
    assert (document["status"]["feed"], document["status"]["vacant"]) == ("parking-other", 99)
    await dynamic.apply(batch(free(12, at=minutes(3))))
    (document,) = await stored(store)
    assert (document["status"]["feed"], document["status"]["vacant"]) == ("parking-status", 12)


async def test_a_status_without_a_time_of_its_own_has_none_stored(
    store: Store, dynamic: FeedWriter
):
    """The publication's time never stands in for the facility's."""
    await dynamic.apply(batch(free(12, at=None), as_of=NOON))
    assert (await stored(store))[0]["status"]["observed_at"] is None
    assert (await dynamic.apply(batch(free(11, at=minutes(-5)), as_of=minutes(1)))).written == 1
    assert (await stored(store))[0]["status"]["observed_at"] == minutes(-5)


async def test_a_new_status_replaces_the_old_one_whole(store: Store, dynamic: FeedWriter):
    """What the new one does not say is unknown, not as before."""
    await dynamic.apply(batch(free(12, occupied=288, capacity=300)))
    await dynamic.apply(batch(free(None, at=minutes(1))))
    status = (await stored(store))[0]["status"]
    assert (status["vacant"], status["occupied"], status["capacity"]) == (None, None, None)


async def test_a_facility_that_loses_its_position_has_none(store: Store, static: FeedWriter):
    """A replaced facility layer leaves nothing of the old one."""
    await static.apply(batch(garage()))
    await static.apply(batch(garage(position=None, capacity=None)))
    (document,) = await stored(store)
    assert "location" not in document
    assert document["capacity"] is None


async def test_each_layer_goes_without_the_other(
    store: Store, static: FeedWriter, dynamic: FeedWriter
):
    """Two complete messages without a facility take its layer; the document goes with the last."""
    await static.apply(batch(garage(), garage("P2"), complete=True))
    await dynamic.apply(batch(free(12), free(5, "P2"), complete=True))
    for _ in range(2):
        applied = await static.apply(batch(garage("P2"), complete=True))
    assert applied.withdrawn == 1
    first, second = await stored(store)
    assert set(first) == {"_id", "dataset", "status"}
    assert second["native_id"] == "P2"
    for _ in range(2):
        applied = await dynamic.apply(batch(complete=True))
    assert applied.withdrawn == 2
    (left,) = await stored(store)
    assert left["_id"] == "metro:P2"
    assert "status" not in left


async def test_a_message_of_one_layer_is_silent_about_the_other(store: Store, dynamic: FeedWriter):
    """A feed that publishes table and status apart withdraws neither by the other's messages."""
    await dynamic.apply(batch(garage(), complete=True))
    await dynamic.apply(batch(free(12), complete=True))
    for minute in (1, 2, 3):
        message = batch(free(12 - minute, at=minutes(minute)), complete=True)
        assert (await dynamic.apply(message)).withdrawn == 0
    for _ in range(3):
        assert (await dynamic.apply(batch(garage(), complete=True))).withdrawn == 0
    (document,) = await stored(store)
    assert document["status"]["vacant"] == 9
    assert (await dynamic.apply(batch(withdrawn=["metro:P1"]))).withdrawn == 2
    assert await stored(store) == []


async def test_a_status_that_stands_moves_its_time_and_tells_nobody(
    store: Store, dynamic: FeedWriter, bus: Bus
):
    """Same counts, later time: the age moves on in the database, and no event goes out."""
    await dynamic.apply(batch(free(12)))
    listener = bus.listen("parking_facilities")
    async with following(store, bus, "parking"):
        assert await dynamic.apply(batch(free(12, at=minutes(2)))) == Applied(unchanged=1)
        await dynamic.apply(batch(free(11, at=minutes(3))))
        (change,) = await take(listener, 1)
    assert change.kind is ChangeKind.UPDATED
    assert change.document["status"]["vacant"] == 11
    assert change.document["status"]["observed_at"] == minutes(3)


async def test_facilities_and_stations_are_found_by_place(
    store: Store, static: FeedWriter, dynamic: FeedWriter
):
    """Within a circle, those with a position in it; without one, all; at most so many."""
    far = Position(31.40, 121.45)
    await static.apply(
        batch(garage(), garage("P2", position=far), station(), station("B2", position=None))
    )
    await dynamic.apply(batch(free(1, "P3")))
    transit = TransitRepository(store)
    circle = (31.25, 121.45, 500.0)
    everywhere = [row["_id"] for row in await transit.parking_facilities()]
    assert everywhere == ["metro:P1", "metro:P2", "metro:P3"]
    assert [row["_id"] for row in await transit.parking_facilities(circle)] == ["metro:P1"]
    assert len(await transit.parking_facilities(limit=2)) == 2
    assert [row["_id"] for row in await transit.sharing_stations(circle)] == ["metro:B1"]
    assert len(await transit.sharing_stations()) == 2
    assert (await transit.one("parking_facilities", "metro:P3")) is not None


async def test_stations_are_ordered_by_their_own_time(store: Store, dynamic: FeedWriter):
    """An older report of a station is stale, an unchanged one is no event, absence withdraws."""
    await dynamic.apply(batch(station(), station("B2"), complete=True))
    older = station(at=NOON - timedelta(seconds=1), vehicles_available=9)
    assert await dynamic.apply(batch(older)) == Applied(stale=1)
    assert await dynamic.apply(batch(station(at=minutes(1)))) == Applied(unchanged=1)
    row = await store.db.sharing_stations.find_one({"_id": "metro:B1"})
    assert (row["vehicles_available"], row["observed_at"]) == (4, minutes(1))
    for _ in range(2):
        applied = await dynamic.apply(batch(station(at=minutes(1)), complete=True))
    assert applied.withdrawn == 1


async def test_conditions_are_found_by_stop_place_and_time(store: Store, dynamic: FeedWriter):
    """A lift whose outage begins tomorrow is not out of order today."""
    later = condition("L2", validity=(Period(minutes(1), None),))
    elsewhere = condition("L3", stop_place_id=f"{DATASET}:B")
    await dynamic.apply(batch(condition(), later, elsewhere, complete=True))
    transit = TransitRepository(store)

    async def found(**keys: Any) -> list[str]:
        return [row["native_id"] for row in await transit.facility_conditions(**keys)]

    assert await found() == ["L1", "L2", "L3"]
    assert await found(stop_place=f"{DATASET}:A") == ["L1", "L2"]
    assert await found(stop_place=f"{DATASET}:A", now=NOON) == ["L1"]
    assert await found(now=minutes(2), limit=2) == ["L1", "L2"]
    assert await found(stop_place="$ne") == []
    assert (await dynamic.apply(batch(withdrawn=["metro:L1"]))).withdrawn == 1


async def test_an_alerts_areas_are_stored_with_it(store: Store, dynamic: FeedWriter):
    """Polygons, geocodes, urgency and whether it is a drill; a change of any is a new content."""
    ring = (Position(31.2, 121.4), Position(31.3, 121.4), Position(31.3, 121.5))
    alert = Situation(
        id="metro:c1",
        dataset=DATASET,
        native_id="c1",
        summary=Name(zh="暴雨橙色预警"),
        areas=(AlertArea("静安区", (ring,), ("geocode:310106",)),),
        urgency="Immediate",
        certainty="Likely",
        exercise=True,
        observed_at=NOON,
    )
    await dynamic.apply(batch(alert))
    row = await store.db.situations.find_one()
    assert row["areas"] == [
        {
            "description": "静安区",
            "polygons": [[{"lat": place.lat, "lon": place.lon} for place in ring]],
            "geocodes": ["geocode:310106"],
        }
    ]
    assert (row["urgency"], row["certainty"], row["exercise"]) == ("Immediate", "Likely", True)


async def test_one_facility_the_database_refuses_leaves_the_others(
    store: Store, static: FeedWriter
):
    """A position off the globe is refused and counted; its neighbours are stored."""
    bad = garage("P2", position=Position(200.0, 0.0))
    assert await static.apply(batch(garage(), bad)) == Applied(written=1, refused=1)
    assert [row["native_id"] for row in await stored(store)] == ["P1"]
