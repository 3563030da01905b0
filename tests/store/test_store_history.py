"""What is kept of what was shown: samples, chapters, gaps, and how long."""

import os
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import bson
import pytest
from bson.raw_bson import RawBSONDocument
from hypothesis import given
from hypothesis import strategies as st

from hub import clock as hub_clock
from hub.clock import ManualClock
from hub.errors import UserFault
from hub.model.area import Area, parse_area
from hub.settings import area_text
from hub.store import raw
from hub.store.driver import Store
from hub.store.feeds.same_as import SameAs
from hub.store.history.chapters import EVERY, History
from hub.store.history.frames import RAW, pack, unpack
from hub.store.history.historian import SAMPLES, Historian
from hub.store.history.kept import OF_FEEDS
from tests.schema.schema_builders import NOW, call_doc, feed_doc

AREA = parse_area(area_text("shanghai-railway-station"))
STEP = timedelta(seconds=EVERY)
CALL = "railway:G1:2026-03-02#1"


@pytest.fixture(autouse=True)
async def emptied(store: Store) -> None:
    """No history, one feed, one call."""
    kept = (raw.HISTORY_BLOCKS, raw.HISTORY_CHAPTERS, raw.CALLS, raw.FEEDS, raw.VEHICLES)
    for name in (*kept, raw.LEASES):
        await store.db[name].delete_many({})
    await store.db[raw.FEEDS].insert_one(feed_doc(stale_at=None))
    await store.db[raw.CALLS].insert_one(call_doc())


@pytest.fixture
def now() -> Iterator[ManualClock]:
    """The hub's clock, at the moment of the documents."""
    with hub_clock.manual(NOW) as mine:
        yield mine


def historian(store: Store, owner: str = "one", **bounds: int) -> Historian:
    """Somebody who keeps the history: a process that has just begun."""
    area: Area = AREA
    return Historian(
        store,
        owner,
        area=area,
        same_as=SameAs(store),
        kept=OF_FEEDS,
        **{"hours": 48, "megabytes": 64, **bounds},
    )


async def samples(keeper: Historian, now: ManualClock, count: int) -> None:
    """So many looks, ten seconds apart; the clock stands at the last of them."""
    for number in range(count):
        if number:
            now.advance(seconds=EVERY)
        await keeper.sample()


async def calls_at(store: Store, at: datetime) -> dict[str, Any]:
    """The calls that were shown at a moment."""
    history = History(store)
    rows = await history.rows(await history.sample(at), raw.CALLS)
    return {row["_id"]: row for row in rows}


async def late(store: Store, minutes: float) -> None:
    """The call is expected so much later than planned."""
    expected = NOW + timedelta(minutes=10 + minutes)
    change = {"expected.departure": expected, "board.departure": expected}
    await store.db[raw.CALLS].update_one({"_id": CALL}, {"$set": change})


async def test_a_moment_is_what_was_there_then(store: Store, now: ManualClock) -> None:
    """As it was before a change, after it, and when it was gone."""
    keeper = historian(store)
    await samples(keeper, now, 3)
    await late(store, 25)
    now.advance(seconds=EVERY)
    await samples(keeper, now, 2)
    await store.db[raw.CALLS].delete_many({})
    now.advance(seconds=EVERY)
    await keeper.sample()
    before = await calls_at(store, NOW + 2 * STEP)
    after = await calls_at(store, NOW + 3.5 * STEP)
    assert before[CALL]["expected"]["departure"] == NOW + timedelta(minutes=13)
    assert after[CALL]["expected"]["departure"] == NOW + timedelta(minutes=35)
    assert await calls_at(store, NOW + 5 * STEP) == {}
    whole = await store.db[raw.CALLS].find_one({"_id": CALL})
    assert whole is None
    assert before[CALL] == call_doc()


async def test_a_look_at_what_has_not_changed_writes_no_block(
    store: Store, now: ManualClock
) -> None:
    """It says that somebody looked, and nothing else: one small write."""
    keeper = historian(store)
    await samples(keeper, now, 6)
    assert await store.db[raw.HISTORY_BLOCKS].count_documents({}) == 1
    (chapter,) = await store.db[raw.HISTORY_CHAPTERS].find().to_list()
    assert chapter["until"] == NOW + 5 * STEP
    assert chapter["samples"] == 6


async def test_a_chapter_ends_and_the_next_is_whole(store: Store, now: ManualClock) -> None:
    """No moment needs more than one chapter; between two there is no gap."""
    await samples(historian(store), now, SAMPLES + 5)
    assert await store.db[raw.HISTORY_CHAPTERS].count_documents({}) == 2
    first, last = NOW, NOW + (SAMPLES + 4) * STEP
    assert (await calls_at(store, first)).keys() == (await calls_at(store, last)).keys() == {CALL}
    kept = await History(store).kept()
    assert (kept.start, kept.until, kept.gaps) == (first, last, [])


async def test_where_nobody_looked_is_a_gap(store: Store, now: ManualClock) -> None:
    """A hub that was down: its gap has both ends, nothing is known in it, and all before stands."""
    await samples(historian(store), now, 4)
    ended = now()
    now.advance(minutes=7)
    begun = now()
    await samples(historian(store), now, 2)
    history = History(store)
    (gap,) = (await history.kept()).gaps
    assert (gap.start, gap.until) == (ended, begun)
    inside = await history.sample(ended + timedelta(minutes=3))
    assert inside.gap == gap
    assert await history.rows(inside, raw.CALLS) == []
    for at in (ended, begun):
        assert (await calls_at(store, at)).keys() == {CALL}


async def test_nobody_looking_now_is_a_gap_too(store: Store, now: ManualClock) -> None:
    """It has no end yet."""
    await samples(historian(store), now, 2)
    ended = now()
    now.advance(minutes=5)
    (gap,) = (await History(store).kept()).gaps
    assert (gap.start, gap.until) == (ended, None)
    assert (await History(store).sample(now())).gap == gap


async def test_a_quick_restart_is_no_gap(store: Store, now: ManualClock) -> None:
    """Whoever takes over begins with a whole sample, soon enough to know of all that was."""
    await samples(historian(store), now, 2)
    now.advance(seconds=2 * EVERY)
    await samples(historian(store), now, 2)
    assert (await History(store).kept()).gaps == []
    assert (await calls_at(store, NOW + 2 * STEP)).keys() == {CALL}
    assert await store.db[raw.HISTORY_CHAPTERS].count_documents({}) == 2


async def test_a_look_that_failed_is_made_good_by_a_whole_one(
    store: Store, now: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was not written is not built upon."""
    keeper = historian(store)
    await samples(keeper, now, 2)
    await late(store, 25)
    now.advance(seconds=EVERY)
    with monkeypatch.context() as patched:

        async def away(*_: object) -> int:
            message = "no primary"
            raise OSError(message)

        patched.setattr(keeper, "_write", away)
        with pytest.raises(OSError, match="no primary"):
            await keeper.sample()
    now.advance(seconds=EVERY)
    await keeper.sample()
    shown = await calls_at(store, now())
    assert shown[CALL]["expected"]["departure"] == NOW + timedelta(minutes=35)
    assert await store.db[raw.HISTORY_CHAPTERS].count_documents({}) == 2


async def test_one_process_at_a_time_keeps_it(store: Store, now: ManualClock) -> None:
    """The other waits for the lease, and writes nothing."""
    await samples(historian(store, "one"), now, 2)
    now.advance(seconds=EVERY)
    await historian(store, "two").sample()
    (chapter,) = await store.db[raw.HISTORY_CHAPTERS].find().to_list()
    assert chapter["until"] == NOW + STEP


async def test_what_is_too_old_goes(store: Store, now: ManualClock) -> None:
    """By the hours that are configured, with its blocks; and what is asked of it says from when."""
    await samples(historian(store, hours=2), now, 2)
    now.advance(hours=1)
    await samples(historian(store, hours=2), now, 2)
    second = now() - STEP
    now.advance(minutes=70)
    await samples(historian(store, hours=2), now, 1)
    kept = await History(store).kept()
    assert kept.start == second
    assert await store.db[raw.HISTORY_BLOCKS].count_documents({"at": {"$lt": second}}) == 0
    with pytest.raises(UserFault, match=re.escape(second.isoformat())) as refused:
        await History(store).sample(NOW)
    assert refused.value.code == "OUT_OF_HISTORY"


async def test_no_more_is_kept_than_the_megabytes_that_are_configured(
    store: Store, now: ManualClock
) -> None:
    """The oldest goes first, and what is being written stays."""
    for _ in range(3):
        noise = [os.urandom(9_000).hex() for _ in range(40)]  # nothing packs it to less than half
        big = [call_doc(f"G{n}", headsign={"zh": text}) for n, text in enumerate(noise)]
        await store.db[raw.CALLS].delete_many({})
        await store.db[raw.CALLS].insert_many(big)
        now.advance(minutes=1)
        await historian(store, megabytes=1).sample()
    chapters = await store.db[raw.HISTORY_CHAPTERS].find().to_list()
    assert sum(one["bytes"] for one in chapters) <= 1024 * 1024
    assert 1 <= len(chapters) < 3
    assert await store.db[raw.HISTORY_BLOCKS].count_documents({}) == len(chapters)
    assert len(await calls_at(store, now())) == 40


async def test_none_is_kept_where_none_is_wanted(store: Store, now: ManualClock) -> None:
    """`history_hours = 0` also removes what there was."""
    await samples(historian(store), now, 2)
    now.advance(seconds=EVERY)
    await historian(store, hours=0).sample()
    assert await store.db[raw.HISTORY_CHAPTERS].count_documents({}) == 0
    assert await store.db[raw.HISTORY_BLOCKS].count_documents({}) == 0
    with pytest.raises(UserFault, match="No history"):
        await History(store).sample(NOW)


async def test_what_is_to_come_is_refused(store: Store, now: ManualClock) -> None:
    """Nothing is said of the future."""
    await samples(historian(store), now, 1)
    with pytest.raises(UserFault, match="until now") as refused:
        await History(store).sample(NOW + timedelta(minutes=1))
    assert refused.value.code == "OUT_OF_HISTORY"


async def test_a_feed_that_was_not_well_has_its_outage(store: Store, now: ManualClock) -> None:
    """From when its state changed until it changed back, by the state that holds for its age."""
    silent = {"stale_at": NOW + 2 * STEP, "down_at": NOW + 4 * STEP}
    await store.db[raw.FEEDS].update_one({"_id": "rail-et"}, {"$set": silent})
    keeper = historian(store)
    await samples(keeper, now, 6)
    spoken = {"stale_at": NOW + timedelta(hours=1), "down_at": NOW + timedelta(hours=2)}
    await store.db[raw.FEEDS].update_one({"_id": "rail-et"}, {"$set": spoken})
    now.advance(seconds=EVERY)
    await samples(keeper, now, 2)
    told = [(one.state, one.start, one.until) for one in (await History(store).kept()).outages]
    assert told == [
        ("STALE", NOW + 3 * STEP, NOW + 5 * STEP),
        ("DOWN", NOW + 5 * STEP, NOW + 6 * STEP),
    ]


async def test_an_outage_is_not_said_to_go_on_where_nobody_looked(
    store: Store, now: ManualClock
) -> None:
    """It is cut at the gap, and begins again behind it."""
    await store.db[raw.FEEDS].update_one({"_id": "rail-et"}, {"$set": {"state": "UNAUTHORISED"}})
    await samples(historian(store), now, 2)
    ended = now()
    now.advance(minutes=5)
    begun = now()
    await samples(historian(store), now, 1)
    outages = (await History(store).kept()).outages
    assert [(one.start, one.until) for one in outages] == [(NOW, ended), (begun, None)]


VALUES = st.one_of(st.none(), st.integers(0, 3), st.text(max_size=3), st.just({"zh": "站"}))
ROW = st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3)
SHOWN = st.dictionaries(st.sampled_from(["x", "y", "z"]), ROW, max_size=3)


@given(st.lists(SHOWN, min_size=1, max_size=6))
def test_packs_make_what_was_there(looks: list[dict[str, dict[str, Any]]]) -> None:
    """Whatever is added, changed, loses a field, goes or comes back."""
    packs: list[bytes] = []
    old: dict[str, RawBSONDocument] = {}
    for look in looks:
        rows = {key: {"_id": key, **row} for key, row in look.items()}
        new = {key: RawBSONDocument(bson.encode(row), RAW) for key, row in rows.items()}
        packed = pack(old, new)
        same = {k: row.raw for k, row in old.items()} == {k: row.raw for k, row in new.items()}
        assert (packed is None) == same
        packs += [packed] if packed else []
        old = new
        assert {row["_id"]: row for row in unpack(packs)} == rows
