"""Reads of feed data: boards, windows, pages."""

from datetime import timedelta

import pytest
from store_builders import DATASET, NOON, batch, feed, id_of, minutes, observed, planned, vehicle

from hub import clock as hub_clock
from hub.errors import NotFound
from hub.model.common import Mode, Name
from hub.model.situations import Period, Situation, SituationProgress
from hub.store.driver import Store
from hub.store.feeds.apply import FeedWriter
from hub.store.feeds.transit import TransitRepository

TRAINS = [f"T{number:02}" for number in range(12)]


@pytest.fixture(scope="module")
async def transit(store: Store) -> TransitRepository:
    """A dozen trains that all leave A at the same minute, one of them late."""
    with hub_clock.manual(NOON):
        writer = FeedWriter(store, feed("metro-gtfs"), frozenset())
        await writer.apply(batch(*(planned(ref, ["A", "B"]) for ref in TRAINS)))
        realtime = FeedWriter(store, feed("metro-rt"), frozenset())
        await realtime.apply(
            batch(
                observed("T00", {"1:A": 30}),
                vehicle("t1", NOON),
                vehicle("t2", minutes(5), lat=31.30, mode=Mode.TAXI),
            )
        )
    return TransitRepository(store)


async def board(transit: TransitRepository, **keys):
    about = {"board": "departure", "modes": None, "start": NOON, "end": minutes(60), "limit": 200}
    return await transit.calls(f"{DATASET}:A", **{**about, **keys})


async def test_a_board_is_sorted_by_the_best_known_time(transit: TransitRepository):
    """A late train stands where it is expected, not where it was planned."""
    rows = await board(transit)
    assert [row["journey"]["public_code"] for row in rows] == [*TRAINS[1:], "T00"]
    assert rows[0]["aimed"]["departure"].utcoffset() == timedelta(0)


async def test_pages_lose_and_repeat_nothing_at_equal_times(transit: TransitRepository):
    """Keyset pages over rows of one and the same minute cover every row once."""
    seen, after = [], None
    while page := await board(transit, limit=5, after=after):
        seen += [row["_id"] for row in page]
        after = (page[-1]["board"]["departure"], page[-1]["_id"])
    assert len(seen) == len(set(seen)) == len(TRAINS)
    assert seen == [row["_id"] for row in await board(transit)]


async def test_a_board_ends_before_its_end(transit: TransitRepository):
    """The window includes its start and excludes its end."""
    assert len(await board(transit, start=minutes(10), end=minutes(40))) == 11
    assert (
        len(
            await board(
                transit,
                start=minutes(10),
                end=minutes(
                    40,
                )
                + timedelta(seconds=1),
            )
        )
        == 12
    )


async def test_a_board_knows_modes_and_arrivals(transit: TransitRepository):
    """Filtering by mode leaves the others out; nobody arrives at a first stop."""
    assert await board(transit, modes=["COACH"]) == []
    assert len(await board(transit, modes=["METRO", "RAIL"])) == len(TRAINS)
    assert await board(transit, board="arrival") == []


async def test_a_projection_is_passed_through(transit: TransitRepository):
    """Only the asked fields are read."""
    row = (await board(transit, projection={"status": 1}))[0]
    assert set(row) == {"_id", "status"}


async def test_a_board_is_one_indexed_find(transit: TransitRepository, store: Store):
    """The planner answers a board, also its second page, from the index and in its order."""
    after = {"$or": [{"board.departure": {"$gt": NOON}}, {"board.departure": NOON}]}
    query = {"stop_place.id": "metro:A", "board.departure": {"$gte": NOON}, **after}
    plan = await store.db.calls.find(query).sort({"board.departure": 1, "_id": 1}).explain()
    text = str(plan["queryPlanner"]["winningPlan"])
    assert "IXSCAN" in text
    assert "'SORT'" not in text


async def test_journeys_come_with_their_calls_in_order(transit: TransitRepository):
    """A journey lists its calls by order, at every stop place."""
    journey = await transit.journey(id_of("T01"))
    assert journey is not None
    assert [call["order"] for call in journey["calls"]] == [1, 2]
    assert await transit.journey("metro:none:2026-11-23") is None
    assert len(await transit.journeys([id_of("T01"), id_of("T02"), "x"])) == 2


async def test_vehicles_by_place_mode_and_age(transit: TransitRepository):
    """Vehicles are found within a circle, by mode, and newer than a moment."""

    async def found(**keys):
        return [row["native_id"] for row in await transit.vehicles(**keys)]

    assert await found() == ["t1", "t2"]
    assert await found(within=(31.25, 121.45, 500)) == ["t1"]
    assert await found(modes=["TAXI"]) == ["t2"]
    assert await found(observed_after=minutes(1)) == ["t2"]
    assert await found(limit=1) == ["t1"]
    assert await found(after="metro:t1") == ["t2"]
    assert await found(among=["metro:t2", "metro:none"]) == ["t2"]
    assert await found(among=["metro:t1"], modes=["TAXI"]) == []
    assert await found(among=["metro:t1", "metro:t2"], after="metro:t1") == ["t2"]


async def test_situations_in_force(transit: TransitRepository, store: Store):
    """With a time, only open situations whose validity holds it are listed."""
    periods = {
        "always": (),
        "now": (Period(minutes(-5), minutes(5)),),
        "open-ended": (Period(minutes(-5), None),),
        "past": (Period(None, minutes(-1)),),
        "two": (Period(minutes(-9), minutes(-8)), Period(minutes(-1), minutes(1))),
        "split": (Period(minutes(-9), minutes(-8)), Period(minutes(8), minutes(9))),
        "closed": (),
    }
    situations = [
        Situation(
            id=f"metro:{name}",
            dataset=DATASET,
            native_id=name,
            summary=Name(en=name),
            validity=validity,
            progress=SituationProgress.CLOSED if name == "closed" else SituationProgress.OPEN,
            observed_at=NOON,
        )
        for name, validity in periods.items()
    ]
    with hub_clock.manual(NOON):
        await FeedWriter(store, feed("metro-sx"), frozenset()).apply(batch(*situations))
    assert len(await transit.situations()) == len(periods)
    in_force = {row["native_id"] for row in await transit.situations(NOON)}
    assert in_force == {"always", "now", "open-ended", "two"}


async def test_node_reads_only_what_is_readable(transit: TransitRepository):
    """A node id that names another collection is not found, whatever lies there."""
    assert await transit.one("calls", f"{id_of('T01')}#1") is not None
    with pytest.raises(NotFound):
        await transit.one("accounts", "admin")


async def test_an_id_that_is_an_operator_finds_nothing(transit: TransitRepository):
    """A value that looks like a query is compared as a value."""
    assert await transit.one("journeys", {"$ne": ""}) is None
