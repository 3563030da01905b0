"""What is said anew of a journey comes to what merging it would have come to."""

import asyncio
import gc
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_builders import (
    DATASET,
    NOON,
    batch,
    dump,
    feed,
    id_of,
    journey,
    minutes,
    observed,
    planned,
)

from hub import clock as hub_clock
from hub.model.common import Name, Occupancy, OccupancyStatus
from hub.model.journeys import (
    Boarding,
    Call,
    CallStatus,
    CheckIn,
    DatedJourney,
    JourneyState,
    Layer,
    Times,
)
from hub.store.driver import Store
from hub.store.feeds import merge
from hub.store.feeds.apply import Applied, FeedWriter
from hub.store.feeds.board import board_rows
from hub.store.feeds.merge import with_realtime, with_timetable
from hub.store.feeds.revision import Before, revision, written
from hub.store.feeds.rows import unzoned

HERE = frozenset({f"{DATASET}:A", f"{DATASET}:B"})
PLAN = planned("L1", ["A", "B", "C"])


def realtime(old, record):
    return with_realtime(old, record, feed="rt", fingerprint="r", as_of=record.observed_at)


moments = st.none() | st.integers(0, 60).map(minutes)
times = st.builds(Times, moments, moments)
about = st.fixed_dictionaries(
    {
        "expected": times,
        "actual": st.just(Times()) | times,
        "status": st.sampled_from([CallStatus.ON_TIME, CallStatus.DELAYED, CallStatus.SKIPPED]),
        "quay_id": st.sampled_from([None, None, None, f"{DATASET}:A-2"]),
        "actual_platform": st.sampled_from([None, None, "2"]),
        "occupancy": st.sampled_from([None, Occupancy(OccupancyStatus.FULL)]),
        "coach": st.sampled_from([None, Boarding(30, 2, CheckIn.OPEN)]),
        "boarding": st.booleans(),
        "alighting": st.booleans(),
        "aimed": st.sampled_from([Times(), Times(), Times(minutes(1), minutes(1))]),
    }
)
NEWS = ["expected", "actual", "status", "actual_platform", "occupancy", "coach"]


@st.composite
def stopping(draw) -> Call:
    stop = draw(st.sampled_from("ABCD"))
    order = draw(st.integers(1, 5))
    return Call(
        order=order,
        stop_place_id=f"{DATASET}:{stop}",
        stop_name=Name(en=stop),
        **draw(about),
    )


calls = st.lists(stopping(), max_size=4, unique_by=lambda call: call.order).map(
    lambda found: tuple(sorted(found, key=lambda call: call.order))
)
states = st.sampled_from([JourneyState.RUNNING] * 4 + [JourneyState.CANCELLED])


@st.composite
def told(draw) -> DatedJourney:
    """What a source says first."""
    return journey(
        "L1",
        Layer.REALTIME,
        calls=draw(calls),
        state=draw(states),
        observed_at=draw(moments),
        partial=draw(st.sampled_from([False, False, True])),
    )


@st.composite
def told_again(draw, before: DatedJourney) -> DatedJourney:
    """What it says next: mostly of the same calls, some of them gone by."""
    if not draw(st.integers(0, 9)):
        return draw(told())
    now = []
    for call in before.calls[draw(st.sampled_from([0, 0, 1])) :]:
        fields = draw(about)
        names = draw(st.sets(st.sampled_from(NEWS), max_size=3))
        if not draw(st.integers(0, 9)):
            names = set(fields)
        now.append(replace(call, **{name: fields[name] for name in names}))
    partial = before.partial if draw(st.integers(0, 9)) else not before.partial
    return replace(before, calls=tuple(now), observed_at=draw(moments), partial=partial)


def apply_sets(document, sets):
    """As the database would set dotted paths."""
    for path, value in sets.items():
        *way, last = path.split(".")
        part = document
        for name in way:
            part = part[int(name)] if isinstance(part, list) else part[name]
        part[last] = value


def revised(journey_, rows, before, record, change):
    """The journey and its rows after a revision."""
    journey_, rows = deepcopy(journey_), deepcopy(rows)
    apply_sets(journey_, change.journey)
    journey_["realtime"] |= {
        "as_of": record.observed_at and unzoned(record.observed_at),
        "observed_at": record.observed_at and unzoned(record.observed_at),
    }
    for row_id, fields in change.rows.items():
        apply_sets(rows[row_id], fields)
    for row in rows.values():
        if row["source"] == "rt" and row["realtime"]:
            row["observed_at"] = record.observed_at and unzoned(record.observed_at)
    return journey_, rows


@given(
    data=st.data(),
    plan=st.none() | st.lists(st.sampled_from("ABCD"), min_size=2, max_size=5),
    places=st.sampled_from([frozenset(), HERE]),
)
def test_a_revision_comes_to_what_merging_comes_to(data, plan, places):
    """Whatever is said, one time after the other: the same journey, rows and places of calls."""
    stored = None
    if plan is not None:
        stored = with_timetable(None, planned("L1", plan), feed="tt", fingerprint="t")
    before = data.draw(told())
    stored = {**realtime(stored, before), "rev": 1}
    known = written(stored, before)
    for _ in range(3):
        record = data.draw(told_again(before))
        merged = realtime(stored, record)
        change = known and revision(Before(before, known, None), record, places)
        if change:
            rows = board_rows(stored, places)
            journey_, rows = revised(stored, rows, before, record, change)
            assert journey_ == merged
            assert rows == board_rows(merged, places)
            assert written(merged, record).placed == change.placed
        stored, before, known = merged, record, written(merged, record)


def test_a_delay_is_plainly_a_revision():
    """The usual case is one, or all the others would be for nothing."""
    first, second = observed("L1", {"1:A": 3, "2:B": 4}), observed("L1", {"1:A": 3, "2:B": 9})
    stored = {
        **realtime(with_timetable(None, PLAN, feed="tt", fingerprint="t"), first),
        "rev": 1,
    }
    known = written(stored, first)
    assert known is not None
    change = revision(Before(first, known, NOON), second, HERE)
    assert change is not None
    moment = unzoned(minutes(29))
    assert change.journey == {"calls.1.expected": {"arrival": moment, "departure": moment}}
    assert change.rows == {
        f"{id_of('L1')}#2": {
            "expected": {"arrival": moment, "departure": moment},
            "board.departure": moment,
            "board.arrival": moment,
        }
    }


@pytest.mark.parametrize(
    "news",
    [
        {"state": JourneyState.CANCELLED},
        {"vehicle_ref": f"{DATASET}:V1"},
        {"told_as": f"{DATASET}:X"},
        {"partial": True},
    ],
)
def test_news_of_the_journey_as_a_whole_is_merged(news):
    """It may show in every call, or change whose word stands."""
    first = observed("L1", {"1:A": 3})
    known = written({**realtime(None, first), "rev": 1}, first)
    assert known is not None
    assert revision(Before(first, known, NOON), first, HERE) is not None
    assert revision(Before(first, known, NOON), replace(first, **news), HERE) is None


@pytest.mark.parametrize("there", [{}, {"rev": 1, "contested": ["rt", "rt2"]}])
def test_a_journey_that_is_not_this_sources_alone_is_read(there):
    """Another source speaks of it, or an earlier version of ours wrote it, without `rev`."""
    first = observed("L1", {"1:A": 3})
    assert written({**realtime(None, first), **there}, first) is None


def test_a_call_that_has_no_time_any_more_is_read_anew():
    """The board falls back to the planned time, which only the journey has."""
    first = observed("L1", {"1:A": 3})
    silent = replace(first.calls[0], expected=Times(), status=CallStatus.NO_DATA)
    stored = {**realtime(with_timetable(None, PLAN, feed="tt", fingerprint="t"), first), "rev": 1}
    known = written(stored, first)
    assert known is not None
    assert revision(Before(first, known, NOON), replace(first, calls=(silent,)), HERE) is None


@pytest.fixture
def at_noon():
    with hub_clock.manual(NOON) as clock:
        yield clock


@pytest.fixture(autouse=True)
def _at_noon():
    with hub_clock.manual(NOON):
        yield


@pytest.fixture
async def store(store: Store) -> Store:
    """Without journeys."""
    await empty(store)
    return store


def timetable_of(store: Store) -> FeedWriter:
    return FeedWriter(store, feed("metro-gtfs"), HERE)


def source_of(store: Store) -> FeedWriter:
    return FeedWriter(store, feed("metro-rt"), HERE)


async def empty(store: Store) -> None:
    for name in ("journeys", "calls"):
        await store.db[name].delete_many({})


async def merged(store: Store, *records: DatedJourney) -> dict:
    """What the database holds when every record is merged: no writer remembers anything."""
    await empty(store)
    for record in records:
        of = timetable_of if record.layer is Layer.TIMETABLE else source_of
        await of(store).apply(batch(record))
    found = await dump(store)
    await empty(store)
    return found


@contextmanager
def nothing_is_merged():
    """Merging what a source says is an error."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(merge, "with_realtime", Mock(side_effect=AssertionError("merged")))
        yield


SAID = [
    observed("L1", {"1:A": 3, "2:B": 4}),
    observed("L1", {"1:A": 3, "2:B": 9}, at=NOON + timedelta(seconds=20)),
    observed("L1", {"2:B": 9}, at=NOON + timedelta(seconds=60)),
    observed("L1", {"2:B": 0}, at=NOON + timedelta(seconds=70)),
]


async def test_what_is_said_anew_is_written_without_reading(store: Store):
    """Delays, times, calls gone by: the same database as if all had been merged."""
    expected = await merged(store, PLAN, *SAID)
    await timetable_of(store).apply(batch(PLAN))
    source = source_of(store)
    await source.apply(batch(SAID[0]))
    with nothing_is_merged():
        for record in SAID[1:]:
            assert await source.apply(batch(record)) == Applied(written=1)
    assert await dump(store) == expected


async def test_a_time_that_was_not_written_is_written_with_the_next_news(store: Store):
    """The same again ten seconds later is not worth a write; what changes then carries its time."""
    ten = NOON + timedelta(seconds=10)
    again = observed("L1", {"1:A": 3, "2:B": 4}, at=ten)
    news = observed("L1", {"1:A": 3, "2:B": 9}, at=ten)
    await timetable_of(store).apply(batch(PLAN))
    source = source_of(store)
    assert await source.apply(batch(SAID[0])) == Applied(written=1)
    assert await source.apply(batch(again)) == Applied(unchanged=1)
    with nothing_is_merged():
        await source.apply(batch(news))
    found = await dump(store)
    assert found["journeys"][0]["realtime"]["observed_at"] == ten
    assert {row["observed_at"] for row in found["calls"]} == {ten}


async def test_what_another_wrote_meanwhile_is_not_overwritten(store: Store):
    """A new timetable between two messages: the second is merged over it, its neighbour is not."""
    other = planned("L2", ["A", "B", "C"])
    moved = replace(PLAN, calls=tuple(replace(c, planned_platform="9") for c in PLAN.calls))
    first = [SAID[0], observed("L2", {"1:A": 1})]
    second = [SAID[1], observed("L2", {"1:A": 2}, at=NOON + timedelta(seconds=20))]
    expected = await merged(store, PLAN, other, *first, moved, *second)
    timetable, source = timetable_of(store), source_of(store)
    await timetable.apply(batch(PLAN, other))
    await source.apply(batch(*first))
    await timetable.apply(batch(moved))
    with pytest.MonkeyPatch.context() as patched:
        spy = Mock(side_effect=merge.with_realtime)
        patched.setattr(merge, "with_realtime", spy)
        assert await source.apply(batch(*second)) == Applied(written=2)
    assert [call.args[1].id for call in spy.call_args_list] == [id_of("L1")]
    assert await dump(store) == expected
    assert {row["platform"]["planned"] for row in expected["calls"]} == {"9", "1"}


async def test_a_journey_that_went_and_came_back_is_another(store: Store):
    """Withdrawn and made anew by somebody else, it is not what this writer remembers."""
    expected = await merged(store, SAID[0], SAID[1])
    source, other = source_of(store), source_of(store)
    await source.apply(batch(SAID[0]))
    await other.apply(batch(withdrawn=[id_of("L1")]))
    assert (await dump(store))["journeys"] == []
    assert await source.apply(batch(SAID[1])) == Applied(written=1)
    assert await dump(store) == expected


async def test_another_source_is_never_written_over(store: Store):
    """Once a second source speaks of the journey, both are heard with every message."""
    source, rival = source_of(store), FeedWriter(store, feed("metro-rt2"), HERE)
    theirs = observed("L1", {"2:B": 7}, at=minutes(2))
    await source.apply(batch(SAID[0]))
    await rival.apply(batch(theirs))
    again = observed("L1", {"1:A": 3, "2:B": 5}, at=NOON + timedelta(seconds=40))
    for record in (SAID[1], again):
        await source.apply(batch(record))
    row = await store.db.calls.find_one({"_id": f"{id_of('L1')}#2"})
    assert row is not None
    assert row["source"] == "metro-rt2"
    assert [one["feed"] for one in row["others"]] == ["metro-rt"]


async def test_twice_in_one_message_is_read(store: Store):
    """The second of two records of one journey builds on the first, not on what was before."""
    expected = await merged(store, SAID[0], SAID[1], SAID[3])
    source = source_of(store)
    await source.apply(batch(SAID[0]))
    await source.apply(batch(SAID[1], SAID[3]))
    assert await dump(store) == expected


async def test_a_record_that_its_connector_let_go_is_merged(store: Store):
    """Nothing is kept alive for the sake of it: then the journey is read as ever."""
    source = source_of(store)
    await source.apply(batch(observed("L1", {"1:A": 3})))
    gc.collect()
    with nothing_is_merged(), pytest.raises(AssertionError, match="merged"):
        await source.apply(batch(observed("L1", {"1:A": 4})))


async def test_a_timetable_and_a_source_at_once_lose_nothing(store: Store):
    """Fifty messages of either, written at the same time, end as one after the other would."""
    plans = [
        replace(PLAN, calls=tuple(replace(c, planned_platform=f"{n}") for c in PLAN.calls))
        for n in range(50)
    ]
    said = [
        observed("L1", {"1:A": n % 7 + 1, "2:B": n % 5}, at=NOON + timedelta(seconds=n))
        for n in range(50)
    ]
    expected = await merged(store, plans[-1], said[-1])
    timetable, source = timetable_of(store), source_of(store)

    async def write(writer: FeedWriter, records: list[DatedJourney]) -> None:
        for record in records:
            await writer.apply(batch(record))

    await asyncio.gather(write(timetable, plans), write(source, said))
    assert await dump(store) == expected
