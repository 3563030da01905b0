"""The one writer of feed data, on a real database."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from pymongo.errors import AutoReconnect
from store_builders import (
    DATASET,
    NOON,
    TODAY,
    batch,
    dump,
    feed,
    id_of,
    journey,
    minutes,
    observed,
    planned,
    vehicle,
)

from hub import clock as hub_clock
from hub.errors import RetryLater
from hub.model.common import Name, Position
from hub.model.journeys import Boarding, CheckIn, JourneyState, Layer, SaleStatus
from hub.model.network import Line, Quay, StopPlace
from hub.model.situations import Situation, SituationProgress
from hub.model.vehicles import Polygon, RankObservation, TaxiRank
from hub.store.driver import Store
from hub.store.feeds import journeys as apply_journeys
from hub.store.feeds.apply import Applied, FeedWriter, save_rank

HERE = frozenset({f"{DATASET}:A", f"{DATASET}:B"})
COLLECTIONS = ("journeys", "calls", "situations", "vehicles", "stop_places", "lines", "taxi_ranks")


@pytest.fixture(autouse=True)
def at_noon():
    with hub_clock.manual(NOON) as clock:
        yield clock


@pytest.fixture(autouse=True)
async def _empty(store: Store):
    for name in COLLECTIONS:
        await store.db[name].delete_many({})


@pytest.fixture
def timetable(store: Store) -> FeedWriter:
    return FeedWriter(store, feed("metro-gtfs"), HERE)


@pytest.fixture
def realtime(store: Store) -> FeedWriter:
    return FeedWriter(store, feed("metro-rt"), HERE)


async def writes(store: Store) -> int:
    """Documents the server has inserted, changed or deleted since it started."""
    counts = (await store.db.command("serverStatus"))["metrics"]["document"]
    return counts["inserted"] + counts["updated"] + counts["deleted"]


PLAN = planned("L1", ["A", "B", "C"])
LATE = observed("L1", {"1:A": 3, "2:B": 4})


async def test_calls_exist_for_the_interchange_only(store: Store, timetable: FeedWriter):
    """A journey embeds every call; board rows are made for the interchange's stop places."""
    applied = await timetable.apply(batch(PLAN))
    assert applied == Applied(written=1)
    document = await store.db.journeys.find_one({"_id": id_of("L1")})
    assert [call["order"] for call in document["calls"]] == [1, 2, 3]
    assert await store.db.calls.distinct("_id") == [f"{id_of('L1')}#1", f"{id_of('L1')}#2"]


async def test_either_order_of_layers_gives_the_same_documents(store: Store):
    """Timetable first or real time first: the same journeys and the same board."""
    results = []
    for first, second in ((PLAN, LATE), (LATE, PLAN)):
        for name in ("journeys", "calls"):
            await store.db[name].delete_many({})
        writers = {
            Layer.TIMETABLE: FeedWriter(store, feed("metro-gtfs"), HERE),
            Layer.REALTIME: FeedWriter(store, feed("metro-rt"), HERE),
        }
        for record in (first, second):
            await writers[record.layer].apply(batch(record))
        results.append(await dump(store))
    assert results[0] == results[1]
    row = results[0]["calls"][1]
    assert (row["realtime"], row["source"], row["feed"]) == (True, "metro-rt", "metro-gtfs")
    assert row["board"]["departure"] == minutes(24)
    assert row["aimed"]["departure"] == minutes(20)


async def test_unchanged_content_writes_nothing(
    store: Store, timetable: FeedWriter, realtime: FeedWriter
):
    """The same message again, also after a restart, changes no document at all."""
    await timetable.apply(batch(PLAN))
    await realtime.apply(batch(LATE))
    for writer in (realtime, FeedWriter(store, feed("metro-rt"), HERE)):
        await writer.apply(batch())
        before = await writes(store)
        assert await writer.apply(batch(LATE)) == Applied(unchanged=1)
        assert await writes(store) == before


async def test_a_newer_time_alone_is_written_seldom_and_as_a_touch(
    store: Store, timetable: FeedWriter, realtime: FeedWriter
):
    """`observed_at` alone moves only after a third of warn_after, and then in every row."""
    await timetable.apply(batch(PLAN))
    await realtime.apply(batch(LATE))
    before = await writes(store)
    soon = observed("L1", {"1:A": 3, "2:B": 4}, at=NOON + timedelta(seconds=29))
    assert await realtime.apply(batch(soon)) == Applied(unchanged=1)
    assert await writes(store) == before
    later = NOON + timedelta(seconds=31)
    assert await realtime.apply(batch(observed("L1", {"1:A": 3, "2:B": 4}, at=later))) == Applied(
        unchanged=1
    )
    document = await store.db.journeys.find_one({"_id": id_of("L1")})
    assert document["realtime"]["observed_at"] == later
    assert await store.db.calls.distinct("observed_at") == [later]


async def test_journeys_of_one_moment_are_touched_together(
    store: Store, timetable: FeedWriter, realtime: FeedWriter
):
    """Each takes its own moment, on its observed rows only, and no other feed's."""
    refs = ["L1", "L2", "L3"]
    await timetable.apply(batch(*(planned(ref, ["A", "B"]) for ref in refs)))
    await FeedWriter(store, feed("metro-siri"), HERE).apply(batch(observed("L3", {"1:A": 1})))
    await realtime.apply(batch(*(observed(ref, {"1:A": 1}) for ref in refs[:2])))
    later = [
        observed(ref, {"1:A": 1}, at=minutes(at)) for ref, at in zip(refs[:2], (1, 2), strict=True)
    ]
    assert await realtime.apply(batch(*later)) == Applied(unchanged=2)
    rows = await store.db.calls.find({"realtime": True}, sort=[("_id", 1)]).to_list()
    assert [row["observed_at"] for row in rows] == [minutes(1), minutes(2), NOON]
    assert await store.db.calls.distinct("observed_at", {"realtime": False}) == [None]


async def test_the_very_same_record_is_not_read_again(
    store: Store, realtime: FeedWriter, monkeypatch
):
    """A record its connector kept costs no fingerprint; an equal one costs it, and no write."""
    read = []
    real = apply_journeys.fingerprint
    monkeypatch.setattr(
        apply_journeys, "fingerprint", lambda *about: read.append(about[0]) or real(*about)
    )
    await realtime.apply(batch(LATE))
    assert await realtime.apply(batch(LATE)) == Applied(unchanged=1)
    assert read == [LATE]
    again = replace(LATE)
    assert await realtime.apply(batch(again)) == Applied(unchanged=1)
    assert await realtime.apply(batch(again)) == Applied(unchanged=1)
    assert len(read) == 2
    await realtime.apply(batch(observed("L1", {"1:A": 5})))
    assert (await realtime.apply(batch(again))).written == 1


async def test_older_loses(store: Store, timetable: FeedWriter, realtime: FeedWriter):
    """A record observed before what is known changes nothing and is counted as stale."""
    await timetable.apply(batch(PLAN))
    await realtime.apply(batch(LATE))
    known = await dump(store)
    old = observed("L1", {"1:A": 0}, at=NOON - timedelta(seconds=1))
    assert await realtime.apply(batch(old)) == Applied(stale=1)
    restarted = FeedWriter(store, feed("metro-rt"), HERE)
    assert await restarted.apply(batch(old)) == Applied(stale=1)
    assert await dump(store) == known


async def test_a_message_time_orders_records_without_one(store: Store, realtime: FeedWriter):
    """Where a record has no time of its own, its message's decides what is older."""
    first = observed("L1", {"1:A": 3}, at=None)
    await realtime.apply(batch(first, as_of=NOON))
    second = observed("L1", {"1:A": 0}, at=None)
    late = await realtime.apply(batch(second, as_of=NOON - timedelta(seconds=5)))
    assert late == Applied(stale=1)
    row = await store.db.calls.find_one()
    assert row["observed_at"] is None


async def test_absence_from_two_complete_messages_withdraws(
    store: Store, timetable: FeedWriter, realtime: FeedWriter
):
    """One complete message without a journey proves nothing; the second withdraws it."""
    await timetable.apply(batch(PLAN))
    alone = await dump(store)
    await realtime.apply(batch(LATE, observed("X9", {"1:A": 0}), complete=True))
    other = observed("L2", {"1:A": 0})
    assert (await realtime.apply(batch(other, complete=True))).withdrawn == 0
    assert (await realtime.apply(batch(other, complete=True))).withdrawn == 2
    await realtime.apply(batch(withdrawn=[id_of("L2")]))
    assert await dump(store) == alone


async def test_a_message_applied_again_after_a_failure_counts_once(
    store: Store, realtime: FeedWriter, monkeypatch
):
    """One complete message, tried twice because the database was away, is one absence."""
    other = observed("L2", {"1:A": 0})
    await realtime.apply(batch(LATE, other, complete=True))
    message = batch(other, complete=True)

    async def away(_records):
        raise AutoReconnect("no primary")

    with monkeypatch.context() as patch:
        patch.setattr(realtime._journeys, "withdraw_absent", away)
        with pytest.raises(RetryLater):
            await realtime.apply(message)
    assert (await realtime.apply(message)).withdrawn == 0
    assert (await realtime.apply(batch(other, complete=True))).withdrawn == 1


async def test_presence_in_between_starts_the_count_again(store: Store, realtime: FeedWriter):
    """Absent, present, absent is not absent twice in a row."""
    other = observed("L2", {"1:A": 0})
    for records in ([LATE, other], [other], [LATE, other], [other]):
        applied = await realtime.apply(batch(*records, complete=True))
    assert applied.withdrawn == 0
    assert await store.db.journeys.count_documents({}) == 2


async def test_an_incomplete_message_withdraws_nothing(store: Store, realtime: FeedWriter):
    """What a differential message does not name keeps standing."""
    await realtime.apply(batch(LATE))
    for _ in range(3):
        await realtime.apply(batch(observed("L2", {"1:A": 0})))
    assert await store.db.journeys.count_documents({}) == 2


async def test_a_message_refused_as_a_whole_withdraws_nothing(store: Store, realtime: FeedWriter):
    """Complete data of which no entity could be used never empties the board."""
    await realtime.apply(batch(LATE, complete=True))
    refused = batch(complete=True)
    refused.entities = 7
    for _ in range(3):
        assert await realtime.apply(refused) == Applied()
    assert await store.db.calls.count_documents({}) == 2


async def test_an_empty_complete_message_withdraws(store: Store, realtime: FeedWriter):
    """A feed that truly lists nothing, twice, empties what it gave."""
    await realtime.apply(batch(LATE, complete=True))
    await realtime.apply(batch(complete=True))
    assert (await realtime.apply(batch(complete=True))).withdrawn == 1
    assert await store.db.calls.count_documents({}) == 0


async def test_a_differential_message_withdraws_at_once(
    store: Store, timetable: FeedWriter, realtime: FeedWriter
):
    """A named withdrawal takes effect immediately; an unknown name is passed over."""
    await timetable.apply(batch(PLAN))
    await realtime.apply(batch(LATE))
    applied = await realtime.apply(batch(withdrawn=[id_of("L1"), "metro:never-seen"]))
    assert applied.withdrawn == 1
    assert await store.db.calls.distinct("realtime") == [False]


async def test_a_journey_is_withdrawn_by_what_its_source_told_it_as(
    store: Store, timetable: FeedWriter, realtime: FeedWriter
):
    """A source takes back under its own id what is known by the timetable's, also after a restart
    and beside another source."""
    told = replace(LATE, told_as="metro:own:2026-03-02")
    other = FeedWriter(store, feed("metro-siri"), HERE)
    await timetable.apply(batch(PLAN))
    for contested in (False, True):
        for writer in (realtime, FeedWriter(store, feed("metro-rt"), HERE)):
            await realtime.apply(batch(told))
            if contested:
                await other.apply(batch(LATE))
            gone = batch(withdrawn=["metro:own:2026-03-02"])
            assert (await other.apply(gone)).withdrawn == 0
            assert (await writer.apply(gone)).withdrawn == 1
            document = await store.db.journeys.find_one({"_id": id_of("L1")})
            assert document.get("realtime", {}).get("feed") == ("metro-siri" if contested else None)
            realtime = FeedWriter(store, feed("metro-rt"), HERE)


async def test_one_feed_never_withdraws_anothers(store: Store, realtime: FeedWriter):
    """Complete data of one feed leaves what another feed observes alone."""
    other = FeedWriter(store, feed("metro-siri"), HERE)
    await other.apply(batch(observed("L2", {"1:A": 0})))
    for _ in range(3):
        await realtime.apply(batch(LATE, complete=True))
    assert await store.db.journeys.count_documents({"realtime.feed": "metro-siri"}) == 1


async def test_a_new_timetable_removes_what_it_no_longer_has(
    store: Store, timetable: FeedWriter, realtime: FeedWriter
):
    """Within its days a re-import removes missing journeys, but not those that are observed."""
    tomorrow = TODAY + timedelta(days=1)
    beyond = TODAY + timedelta(days=9)
    records = [
        PLAN,
        planned("L2", ["A", "B"]),
        planned("L3", ["A", "B"]),
        planned("L4", ["A", "B"], day=tomorrow),
        planned("L5", ["A", "B"], day=beyond),
    ]
    await timetable.apply(batch(*records, complete=True))
    await realtime.apply(batch(observed("L3", {"1:A": 2})))
    applied = await timetable.apply(
        batch(PLAN, planned("L6", ["A", "B"], day=tomorrow), complete=True)
    )
    assert applied.withdrawn == 3
    left = await store.db.journeys.distinct("native_id")
    assert left == ["L1", "L3", "L5", "L6"]
    running = await store.db.journeys.find_one({"native_id": "L3"})
    assert "timetable" not in running
    assert await store.db.calls.distinct("journey.id") == sorted(
        journey["_id"] for journey in await store.db.journeys.find().to_list()
    )


async def test_a_changed_timetable_keeps_what_is_observed(
    store: Store, timetable: FeedWriter, realtime: FeedWriter
):
    """New aimed times come in under the expected ones."""
    await timetable.apply(batch(PLAN))
    await realtime.apply(batch(LATE))
    renamed = planned("L1", ["A", "B", "C"], public_code="L1b")
    await timetable.apply(batch(renamed, complete=True))
    row = await store.db.calls.find_one({"order": 2})
    assert row["journey"]["public_code"] == "L1b"
    assert row["expected"]["departure"] == minutes(24)


async def test_a_cancelled_call_keeps_its_aimed_times(
    store: Store, timetable: FeedWriter, realtime: FeedWriter
):
    """A cancelled journey is on the board at its aimed time, CANCELLED."""
    await timetable.apply(batch(PLAN))
    await realtime.apply(batch(observed("L1", {}, state=JourneyState.CANCELLED)))
    row = await store.db.calls.find_one({"order": 1})
    assert (row["status"], row["board"]["departure"]) == ("CANCELLED", minutes(10))
    assert row["realtime"] is True
    assert row["observed_at"] == NOON


async def test_service_days_gone_by_are_removed(store: Store, timetable, at_noon):
    """The day before yesterday is removed, and is not taken in again."""
    await timetable.apply(batch(PLAN, planned("L2", ["A", "B"], day=TODAY + timedelta(days=1))))
    at_noon.advance(hours=48)
    again = await timetable.apply(batch(PLAN))
    assert again == Applied(stale=1)
    assert await store.db.journeys.distinct("native_id") == ["L2"]
    assert await store.db.calls.distinct("journey.service_date") == ["2026-11-24"]


async def test_two_writers_at_once_lose_nothing(store: Store):
    """Timetable and real time writing the same journeys at the same time merge completely."""
    refs = [f"J{number}" for number in range(60)]
    timetable = FeedWriter(store, feed("metro-gtfs"), HERE)
    realtime = FeedWriter(store, feed("metro-rt"), HERE)
    for turn in range(1, 6):
        plans = [planned(ref, ["A", "B", "C"], public_code=f"{ref}v{turn}") for ref in refs]
        seen = [
            observed(ref, {"1:A": turn, "2:B": turn}, at=NOON + timedelta(seconds=turn))
            for ref in refs
        ]
        await asyncio.gather(timetable.apply(batch(*plans)), realtime.apply(batch(*seen)))
        rows = await store.db.calls.find({"order": 2}).to_list()
        assert len(rows) == len(refs)
        for row in rows:
            assert row["journey"]["public_code"].endswith(f"v{turn}")
            assert row["expected"]["departure"] == minutes(20 + turn)


async def test_other_stop_places_lay_the_board_out_anew(store: Store, timetable: FeedWriter):
    """After a change of the interchange's stop places, rows are those of the new ones only."""
    await timetable.apply(batch(PLAN))
    moved = FeedWriter(store, feed("metro-gtfs"), frozenset({"metro:B", "metro:C"}))
    await moved.apply(batch(PLAN))
    assert await store.db.calls.distinct("stop_place.id") == ["metro:B", "metro:C"]
    everywhere = FeedWriter(store, feed("metro-gtfs"), frozenset())
    await everywhere.apply(batch(PLAN))
    assert len(await store.db.calls.distinct("stop_place.id")) == 3


async def test_the_same_journey_twice_in_a_message_is_one(store: Store, realtime: FeedWriter):
    """A feed that lists a journey in two parts gets both parts stored."""
    parts = [observed("L1", late, partial=True) for late in ({"1:A": 1}, {"2:B": 2})]
    await realtime.apply(batch(*parts))
    rows = await store.db.calls.find(sort=[("order", 1)]).to_list()
    assert [row["expected"]["departure"] for row in rows] == [minutes(11), minutes(22)]


async def test_the_latest_position_wins(store: Store, realtime: FeedWriter):
    """Of several positions the newest is kept; an older one is stale."""
    newer, older = vehicle("t1", minutes(1), 31.26), vehicle("t1", NOON, 31.25)
    assert await realtime.apply(batch(newer, older)) == Applied(written=1, stale=1)
    document = await store.db.vehicles.find_one()
    assert document["location"] == {"type": "Point", "coordinates": [121.45, 31.26]}
    assert document["observed_at"] == minutes(1)
    assert "position" not in document


async def test_a_standing_vehicle_is_touched_and_comes_back_after_expiry(
    store: Store, realtime: FeedWriter
):
    """An unchanged position moves its time; one that had expired is written again."""
    await realtime.apply(batch(vehicle("t1", NOON)))
    assert await realtime.apply(batch(vehicle("t1", minutes(1)))) == Applied(unchanged=1)
    assert (await store.db.vehicles.find_one())["observed_at"] == minutes(1)
    await store.db.vehicles.delete_many({})  # what the time to live does
    await realtime.apply(batch(vehicle("t1", minutes(5))))
    assert (await store.db.vehicles.find_one())["observed_at"] == minutes(5)


async def test_a_record_the_database_refuses_leaves_the_others(store: Store, realtime: FeedWriter):
    """A position off the globe is refused and counted; its neighbours are stored."""
    bad = vehicle("t2", NOON, lat=200.0)
    applied = await realtime.apply(batch(vehicle("t1"), bad, vehicle("t3")))
    assert applied == Applied(written=2, refused=1)
    assert await store.db.vehicles.distinct("native_id") == ["t1", "t3"]


def situation(version: int = 1, **keys):
    about = {"summary": Name(zh="晚点", en="Delays"), "observed_at": NOON}
    return Situation(
        id="metro:s1", dataset=DATASET, native_id="s1", version=version, **{**about, **keys}
    )


async def test_a_higher_version_of_a_situation_wins(store: Store, realtime: FeedWriter):
    """A lower version is stale whatever its time; the same or a higher one replaces."""
    await realtime.apply(batch(situation(2)))
    older = situation(1, observed_at=minutes(9), summary=Name(en="Old"))
    assert await realtime.apply(batch(older)) == Applied(stale=1)
    again = situation(2, observed_at=minutes(1), summary=Name(en="Corrected"))
    assert (await realtime.apply(batch(again))).written == 1
    assert (await realtime.apply(batch(situation(3, observed_at=None)))).written == 1
    assert (await store.db.situations.find_one())["version"] == 3


async def test_a_closed_situation_is_kept_as_closed(store: Store, realtime: FeedWriter):
    """Closing a situation leaves it readable with its progress."""
    await realtime.apply(batch(situation()))
    await realtime.apply(batch(situation(2, progress=SituationProgress.CLOSED)))
    document = await store.db.situations.find_one()
    assert (document["progress"], document["closed_at"]) == ("CLOSED", NOON)


async def test_absent_situations_and_vehicles_are_withdrawn(store: Store, realtime: FeedWriter):
    """What two complete messages in a row lack is removed, whatever kind it is."""
    await realtime.apply(batch(situation(), vehicle("t1"), LATE, complete=True))
    for _ in range(2):
        applied = await realtime.apply(batch(LATE, complete=True))
    assert applied.withdrawn == 2
    assert await store.db.situations.count_documents({}) == 0
    assert await store.db.vehicles.count_documents({}) == 0


async def test_the_network_is_stored_with_quays_in_their_places(
    store: Store, timetable: FeedWriter
):
    """Quays of a batch are embedded in their stop place; a later lone quay joins them."""
    place = StopPlace(
        id="metro:A",
        dataset=DATASET,
        native_id="A",
        name=Name(zh="甲站", en="A"),
        position=Position(31.25, 121.45),
    )
    line = Line(
        id="metro:1",
        dataset=DATASET,
        native_id="1",
        public_code="1",
        name=Name(en="Line 1"),
        mode=PLAN.mode,
    )
    quays = [quay("A-1"), quay("A-2")]
    assert await timetable.apply(batch(place, line, *quays)) == Applied(written=2)
    assert await timetable.apply(batch(place, line, *quays)) == Applied(unchanged=2)
    assert await timetable.apply(batch(quay("A-3"), quay("A-2"))) == Applied(1, 1)
    assert await timetable.apply(batch(quay("Z-1", "metro:Z"))) == Applied(refused=1)
    document = await store.db.stop_places.find_one()
    assert document["location"]["coordinates"] == [121.45, 31.25]
    assert [found["id"] for found in document["quays"]] == ["metro:A-1", "metro:A-2", "metro:A-3"]
    assert set(document["quays"][0]) == {*("id", "native_id", "public_code", "name", "wheelchair")}


def quay(native: str, place: str = "metro:A") -> Quay:
    return Quay(
        id=f"metro:{native}",
        dataset=DATASET,
        native_id=native,
        stop_place_id=place,
        name=Name(zh="站台", en="Platform"),
        public_code=native[-1],
    )


async def test_a_rank_is_saved_with_unknown_counts_as_null(store: Store):
    """A taxi rank's counts are stored; what is unknown is null, never 0."""
    area = Polygon((Position(31.25, 121.45), Position(31.26, 121.45), Position(31.26, 121.46)))
    rank = TaxiRank(
        id="north",
        name=Name(zh="北广场候客点", en="North square rank"),
        position=Position(31.25, 121.45),
        rank_area=area,
        holding_area=area,
        rank_capacity=20,
        holding_capacity=100,
    )
    known = RankObservation(
        rank_id="north", vehicles_waiting=3, holding=40, departures_15m=12, observed_at=NOON
    )
    await save_rank(store, known, rank, "taxi")
    document = await store.db.taxi_ranks.find_one()
    assert (document["vehicles_waiting"], document["holding"]) == (3, 40)
    unknown = RankObservation(
        rank_id="north",
        vehicles_waiting=None,
        holding=None,
        departures_15m=None,
        observed_at=NOON,
    )
    await save_rank(store, unknown, rank, "taxi")
    assert (await store.db.taxi_ranks.find_one())["vehicles_waiting"] is None


async def test_a_journey_taken_over_by_another_feed_is_not_withdrawn(store: Store):
    """A feed withdraws only what it says itself."""
    first, second = (FeedWriter(store, feed(id_), HERE) for id_ in ("rt-1", "rt-2"))
    await first.apply(batch(LATE))
    await second.apply(batch(observed("L1", {"1:A": 7}, at=minutes(1))))
    await first.apply(batch(withdrawn=[id_of("L1")]))
    assert await store.db.journeys.count_documents({"realtime.feed": "rt-2"}) == 1


async def test_stops_that_an_unplanned_journey_has_passed_leave_the_board(
    store: Store, realtime: FeedWriter
):
    """A feed that counts what is left from 1 again at each poll leaves no row behind."""
    await realtime.apply(batch(observed("X1", {"1:A": 0, "2:B": 0, "3:C": 0})))
    await realtime.apply(batch(observed("X1", {"1:B": 1, "2:C": 1}, at=minutes(1))))
    rows = await store.db.calls.find(sort=[("order", 1)]).to_list()
    assert [row["stop_place"]["id"] for row in rows] == ["metro:B"]
    document = await store.db.journeys.find_one()
    assert [call["stop_place"]["id"] for call in document["calls"]] == ["metro:B", "metro:C"]


async def test_a_coach_departure_carries_seats_and_ticket_check(
    store: Store, timetable: FeedWriter, realtime: FeedWriter
):
    """Seats, check-in and sale are of the real-time layer: they go with it."""
    await timetable.apply(batch(PLAN))
    alone = await dump(store)
    seats = Boarding(45, 7, CheckIn.OPEN, SaleStatus.ON_SALE)
    told = replace(LATE, calls=(replace(LATE.calls[0], coach=seats),))
    await realtime.apply(batch(told))
    expected = {"seats_total": 45, "seats_available": 7, "check_in": "OPEN", "sale": "ON_SALE"}
    rows = await store.db.calls.find(sort=[("order", 1)]).to_list()
    assert [row["coach"] for row in rows] == [expected, None]
    sold = replace(told.calls[0], coach=replace(seats, seats_available=6))
    assert (await realtime.apply(batch(replace(told, calls=(sold,))))).written == 1
    await timetable.apply(batch(planned("L1", ["A", "B", "C"], public_code="L1b")))
    assert (await store.db.calls.find_one({"order": 1}))["coach"]["seats_available"] == 6
    await timetable.apply(batch(PLAN))
    await realtime.apply(batch(withdrawn=[id_of("L1")]))
    assert await dump(store) == alone


async def test_deleted_journeys_leave_no_rows(store: Store, realtime: FeedWriter):
    """An added journey that is withdrawn takes its board rows with it."""
    added = journey("X1", Layer.REALTIME, state=JourneyState.ADDED, calls=LATE.calls)
    await realtime.apply(batch(added))
    assert await store.db.calls.count_documents({}) == 2
    await realtime.apply(batch(withdrawn=[added.id]))
    assert await store.db.calls.count_documents({}) == 0


@pytest.mark.parametrize("kept", [False, True])
async def test_what_a_message_holds_in_no_readable_form_is_renewed_no_more(
    store: Store, realtime: FeedWriter, kept: bool
):
    """It keeps the time of the last message that held it; what says its own time ages by that."""
    undated = [observed(ref, {"1:A": 5}, at=None) for ref in ("T", "U")]
    await realtime.apply(batch(*undated, LATE, complete=True, full=True, as_of=NOON))
    told = {"kept": [undated[0].id, undated[1].id, LATE.id], "complete": True} if kept else {}
    for minute in (1, 2, 3):
        await realtime.apply(batch(undated[1], full=True, as_of=minutes(minute), **told))
    found = {one["_id"]: one["realtime"]["observed_at"] async for one in store.db.journeys.find()}
    assert found == {undated[0].id: NOON, undated[1].id: None, LATE.id: NOON}
    await realtime.apply(batch(*undated, LATE, complete=True, full=True, as_of=minutes(4)))
    row = await store.db.journeys.find_one({"_id": undated[0].id})
    assert row["realtime"]["observed_at"] is None
