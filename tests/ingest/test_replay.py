"""The archive replayed: the same messages and the same clock give the same state."""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from feed_fakes import LINES
from recorded_day import AREA, Day, dump, message, record

from hub import clock
from hub.connector import Envelope
from hub.errors import StartError
from hub.ingest.plan import plan
from hub.ingest.replay import Replay, Replayed
from hub.settings import FeedSettings, area_text
from hub.store.driver import Store
from hub.store.feeds import replays
from hub.store.feeds.archive import Archive
from hub.store.feeds.arrivals import Part
from hub.store.feeds.transit import TransitRepository


@pytest.fixture(scope="module")
async def day(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Day:
    """The day as it was run live."""
    return await record(store, tmp_path_factory.mktemp("feeds"))


@pytest.fixture
async def target(store: Store) -> AsyncIterator[Store]:
    """An empty database of a replay."""
    prepared = await replays.prepared(store, f"replay_{uuid4().hex[:8]}", ["live"])
    yield prepared
    await prepared.drop()


async def play(day: Day, target: Store, speed: float = 0, **bounds) -> Replayed:
    replay = Replay(day.archive, target, day.plans, AREA, speed=speed)
    return await replay.run(**{"end": day.end, **bounds})


async def test_a_replay_leaves_the_state_the_live_run_left(day: Day, target: Store, store: Store):
    """Byte for byte, in every collection; a second replay too; and the live state is untouched."""
    outcome = await play(day, target)
    assert (outcome.refused, outcome.missing, outcome.lost) == (1, 0, 0)
    assert outcome.messages == 11
    for name, documents in day.state.items():
        assert (await dump(target))[name] == documents, name
    assert len(day.state["calls"]) > 500
    assert day.state["vehicles"]
    assert day.state["taxi_ranks"]
    again = await replays.prepared(store, target.db.name, ["live"])
    await play(day, again)
    assert await dump(again) == day.state
    assert await dump(store) == day.state


async def test_the_pace_changes_nothing(day: Day, target: Store):
    """At speed 200 it takes the day's length over 200, and ends in the same state."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    await play(day, target, speed=200)
    assert loop.time() - began >= (day.end - day.begin).total_seconds() / 200
    assert await dump(target) == day.state


async def test_the_clock_follows_the_archive_and_is_given_back(day: Day, target: Store):
    """While it runs the hub's time is the archive's, later never before; afterwards it is real."""
    seen = []
    replay = Replay(day.archive, target, day.plans, AREA, speed=0)
    await replay.run(end=day.end, seen=lambda at: seen.append((at, clock.now())))
    assert all(at == now for at, now in seen)
    assert [at for at, _ in seen] == sorted(at for at, _ in seen)
    assert seen[0][0] == day.begin
    assert abs(clock.now() - clock.real()) < timedelta(seconds=5)


async def test_a_part_of_the_day_begins_with_the_reference_in_force(day: Day, target: Store):
    """From the middle on: the real-time feed is read with the timetable loaded before."""
    live = [one for one in day.plans if one.feed.id == "live"]
    replay = Replay(day.archive, target, live, AREA, speed=0)
    outcome = await replay.run(day.halfway, day.end)
    assert outcome.missing == 0
    journeys = await TransitRepository(target).stop_places()
    assert journeys == []  # that is the timetable feed's
    calls = await target.db["calls"].find().to_list()
    assert {call["journey"]["id"].split(":")[1] for call in calls} == {"T1", "T2"}
    assert all(call["realtime"] for call in calls)
    health = await target.db["feeds"].find_one({"_id": "live"})
    assert health["counts"]["entities"] > 0


async def test_only_what_lies_within_the_bounds_is_replayed(day: Day, target: Store):
    """Up to just after the first messages: the taxis are there, nobody has left loaded."""
    outcome = await play(day, target, end=day.begin + timedelta(seconds=10))
    assert outcome.refused == 0
    states = {row["taxi_state"] for row in await TransitRepository(target).vehicles(["TAXI"])}
    assert states == {"AVAILABLE"}
    (rank, *_) = await TransitRepository(target).taxi_ranks()
    assert rank["vehicles_waiting"] == 5


async def test_what_the_archive_could_not_keep_is_said(store: Store, target: Store, day: Day):
    """A message too large to keep is counted as missing, not passed over in silence."""
    feed = f"f{uuid4().hex[:8]}"
    (live,) = [one for one in day.plans if one.feed.id == "live"]
    named = replace(live, feed=live.feed.model_copy(update={"id": feed, "static_url": None}))
    small = Archive(store, max_bytes=10)
    at = day.begin + timedelta(minutes=30)
    await small.add(feed, Envelope(message(at, {"T1": 60}), at))
    await small.add(feed, Envelope(b"x", at), part=Part.FRAMES, spans=[], lost=7)
    outcome = await Replay(small, target, [named], AREA, speed=0).run()
    assert (outcome.missing, outcome.lost) == (1, 7)


async def test_what_would_have_expired_is_gone(day: Day, target: Store):
    """Two days on by the archive's clock, a vehicle has no position: as in the live database."""
    taxis = [one for one in day.plans if one.feed.id == "taxis"]
    replay = Replay(day.archive, target, taxis, AREA, speed=0)
    await replay.run(end=day.end)
    assert await TransitRepository(target).vehicles(["TAXI"])
    await replays.expire(target, day.end + timedelta(days=2))
    assert await TransitRepository(target).vehicles(["TAXI"]) == []


@pytest.mark.parametrize("name", ["a b", "a/b", "admin", "a" * 64])
async def test_a_replay_goes_into_a_database_that_can_be(store: Store, name: str):
    """A name that MongoDB does not take is refused in words, before anything is emptied."""
    with pytest.raises(StartError, match=r"--into .*: expected the name of a database"):
        await replays.prepared(store, name, ["live"])


async def test_a_database_that_is_no_replay_s_is_refused(store: Store, day: Day):
    """Neither the live database nor any other that holds something is emptied."""
    with pytest.raises(StartError, match="live database"):
        await replays.prepared(store, store.db.name, ["live"])
    other = store.beside(f"other_{uuid4().hex[:8]}")
    await other.db["somebody_s"].insert_one({"_id": 1})
    with pytest.raises(StartError, match="something else"):
        await replays.prepared(store, other.db.name, ["live"])
    assert await other.db["somebody_s"].count_documents({}) == 1
    await other.drop()


def liandong(*arguments: str, folder: Path, uri: str) -> subprocess.CompletedProcess[str]:
    """`liandong feed replay ...` in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "liandong.cli", "feed", "replay", *arguments],
        env={**os.environ, "LIANDONG_DATA_DIR": str(folder), "LIANDONG_MONGODB_URI": uri},
        capture_output=True,
        text=True,
        timeout=90,
    )


async def test_the_command_replays_into_a_database_of_its_own(
    day: Day, store: Store, tmp_path: Path
):
    """Counts on standard output, progress on standard error, the state as it was left."""
    keys = ("id", "kind", "dataset", "listen", "url", "static_url")
    tables = ""
    for one in day.plans:
        given = {key: getattr(one.feed, key) for key in keys} | {"secret_ref": "env:NOT_NEEDED"}
        lines = (f"{key} = {json.dumps(value)}" for key, value in given.items() if value)
        tables += "\n".join(["[[feeds]]", *lines, ""])
    area = tmp_path / "area.toml"
    text = area_text("shanghai-railway-station")
    area.write_text(
        re.sub(r"stop_places = .*", f"stop_places = {json.dumps(AREA.stop_places)}", text)
    )
    config = tmp_path / "liandong.toml"
    config.write_text(f'[hub]\ndatabase = "{store.db.name}"\narea = "{area}"\n{tables}')
    database = f"replay_{uuid4().hex[:8]}"
    feeds = [one.feed.id for one in day.plans]

    async def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        into = () if "--into" in arguments else ("--into", database)
        given = (*arguments, *into, "--config", str(config))
        return await asyncio.to_thread(liandong, *given, folder=tmp_path, uri=store.uri)

    done = await run(*feeds, "--to", day.end.isoformat())
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("已重放报文 replayed 11: 拒绝 refused 1, ")
    assert "100%" in done.stderr
    assert await dump(store.beside(database)) == day.state
    for arguments, said in (
        (("nothing",), "Configured: timetable, live, taxis"),
        (("live", "--from", "2999-01-01T00:00:00Z"), "nothing within these times"),
        (("live", "--from", "yesterday"), "expected RFC 3339"),
        (("live", "--into", store.db.name), "live database"),
    ):
        refused = await run(*arguments)
        assert refused.returncode == 2
        assert said in refused.stderr
    await store.beside(database).drop()


async def test_a_source_that_fell_silent_gives_way_as_it_did(store: Store, target: Store, day: Day):
    """Of two feeds that speak of one vehicle: by the archive's clock, without a message."""
    archive, dataset = Archive(store, max_bytes=1000), f"set-{uuid4().hex[:8]}"
    about = {"kind": "lines", "url": "http://a/", "dataset": dataset}
    feeds = [
        FeedSettings.model_validate({**about, "id": f"{dataset}-{age}", "warn_after": age})
        for age in (60, 200)
    ]
    for feed, late in zip(feeds, (1, 0), strict=True):
        at = day.begin + timedelta(seconds=late)
        await archive.add(feed.id, Envelope(b"-\nv 31.2 121.4", at))
    plans = [plan(feed, lambda _kind: LINES, AREA) for feed in feeds]
    for seconds, shown in ((30, feeds[0].id), (120, feeds[1].id)):
        again = await replays.prepared(store, target.db.name, ["live"])
        end = day.begin + timedelta(seconds=seconds)
        await Replay(archive, again, plans, AREA, speed=0).run(end=end)
        (found,) = await TransitRepository(again).vehicles()
        assert (found["feed"], len(found["others"])) == (shown, 1)
