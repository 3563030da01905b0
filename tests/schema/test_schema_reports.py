"""Two sources of one call: the board shows one, and what the other says beside it."""

from datetime import timedelta
from typing import Any

import pytest
from schema_builders import NOW, OFFICER, Run, call_doc, feed_doc, stop_place_doc

from hub.clock import manual
from hub.store.driver import Store
from schema.context import Services

REPORTS = """otherReports { source status platform expectedArrival expectedDeparture
    actualArrival actualDeparture }"""
BOARD = f"""query {{ departures(stopPlace: "railway:SHH", from: "2026-03-02T08:00:00Z",
    until: "2026-03-02T12:00:00Z") {{ nodes {{ expectedDeparture freshness {{ source }}
    {REPORTS} }} }} }}"""
JOURNEY = f"""query ($id: ID!) {{ journey(id: $id) {{ calls {{ freshness {{ source asOf }}
    {REPORTS} }} }} }}"""


def report(feed: str, late: int) -> dict[str, Any]:
    moment = NOW + timedelta(minutes=10 + late)
    return {
        "feed": feed,
        "reported": "DELAYED",
        "platform": "7",
        "quay_id": None,
        "expected": {"arrival": None, "departure": moment},
        "actual": {"arrival": None, "departure": None},
        "occupancy": None,
    }


@pytest.fixture(autouse=True)
async def picture(store: Store, services: Services):
    """A call of `rail-et`, of which `rail-rt` says something else and `gone` said it once."""
    for name in ("stop_places", "calls", "feeds", "journeys"):
        await store.db[name].delete_many({})
    long_ago = NOW - timedelta(hours=1)
    feeds = [
        feed_doc(priority=5),
        feed_doc("rail-rt"),
        feed_doc("gone", data_as_of=long_ago),
    ]
    await store.db["feeds"].insert_many(feeds)
    await store.db["stop_places"].insert_one(stop_place_doc())
    call = call_doc() | {"others": [report("gone", 1), report("rail-rt", 9)]}
    await store.db["calls"].insert_one(call)
    with manual(NOW):
        await services.feeds.load()
        yield


async def test_the_other_source_is_seen_and_a_silent_one_is_not(run: Run):
    """With its own time, state and platform; what a dead feed said once is not repeated."""
    (node,) = (await run(BOARD, OFFICER))["data"]["departures"]["nodes"]
    assert node["freshness"]["source"] == "rail-et"
    assert node["otherReports"] == [
        {
            "source": "rail-rt",
            "status": "DELAYED",
            "platform": "7",
            "expectedArrival": None,
            "expectedDeparture": "2026-03-02T09:19:00Z",
            "actualArrival": None,
            "actualDeparture": None,
        }
    ]
    assert node["expectedDeparture"] != "2026-03-02T09:19:00Z"


async def test_a_journey_names_the_source_of_each_call(run: Run, store: Store):
    """Where several speak of it, a call is as old as the report that is shown."""
    seen = NOW - timedelta(seconds=20)
    row = await store.db["calls"].find_one()
    assert row is not None
    call = {**row, "by": {"feed": "rail-rt", "observed_at": seen}, "others": [report("rail-et", 1)]}
    journey = {
        **row["journey"],
        "_id": row["journey"]["id"],
        "realtime": {"feed": "rail-et", "observed_at": NOW},
        "calls": [call],
    }
    await store.db["journeys"].insert_one(journey)
    found = (await run(JOURNEY, OFFICER, id=journey["_id"]))["data"]["journey"]["calls"]
    assert found[0]["freshness"] == {"source": "rail-rt", "asOf": "2026-03-02T08:59:40Z"}
    assert [one["source"] for one in found[0]["otherReports"]] == ["rail-et"]


async def test_a_feed_shows_its_priority(run: Run):
    """As configured; 0 where nothing is said."""
    feeds = (await run("{ feeds { code priority } }", OFFICER))["data"]["feeds"]
    assert {feed["code"]: feed["priority"] for feed in feeds}["rail-et"] == 5
