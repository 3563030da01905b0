"""All feeds together: validated at start, run under leases, watched by the clock."""

import asyncio
import socket
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from feed_fakes import LINES, Answer, Origin

from connectors import connector as registered
from connectors.jtt905 import CONNECTOR as JTT905
from hub.connector import Batch, Connector
from hub.errors import StartError
from hub.formats.jtt.t905 import Frame, MessageId, encode_frame
from hub.formats.jtt.t905_position import PositionReport, encode_position
from hub.ingest import supervisor as module
from hub.ingest.plan import moved, plan
from hub.ingest.supervisor import FeedSupervisor
from hub.model.area import parse_area
from hub.model.common import Mode, Position
from hub.model.vehicles import VehiclePosition
from hub.settings import FeedSettings, Settings, area_text
from hub.store.driver import Store
from hub.store.feeds.apply import FeedWriter
from hub.store.feeds.cache import FeedRepository

AREA = parse_area(area_text("shanghai-railway-station"))
PATIENCE = 15


def connectors(kind: str) -> Connector:
    known = {"lines": LINES, "jtt905": JTT905}
    if kind not in known:
        raise StartError(f"kind {kind!r} is not known.", hint="Known: lines, jtt905.")
    return known[kind]


def table(**keys: object) -> dict[str, object]:
    return {"id": f"feed-{uuid4().hex[:8]}", "kind": "lines", **keys}


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"kind": "csv", "url": "http://a/"}, ["kind 'csv'", "Known: lines, jtt905"]),
        ({"listen": "0.0.0.0:1"}, ["listen", "needs a url"]),
        ({"kind": "jtt905", "url": "http://a/"}, ["url", "listen = host:port"]),
        ({"kind": "jtt905", "listen": "8905"}, ["listen = '8905'", "expected host:port"]),
        ({"kind": "jtt905", "listen": "a:99999"}, ["listen", "expected host:port"]),
        ({"url": "http://a/", "mode": "ROCKET"}, ["mode = 'ROCKET'", "expected one of COACH"]),
        ({"url": "http://a/", "options": {"colour": 1}}, ["options.colour", "no such key"]),
        (
            {"kind": "jtt905", "listen": "a:1", "options": {"coordinates": "bd09"}},
            ['options.coordinates = "bd09"', "wgs84"],
        ),
        ({"url": "http://a/", "secret_ref": "env:NOT_SET_ANYWHERE"}, ["secret_ref", "not set"]),
        ({"url": "http://a/", "warn_after": 600}, ["expire_after", "warn_after"]),
    ],
)
def test_a_feed_that_cannot_work_is_refused_at_start(keys, said):
    """One line: the feed, the key, the value and what was expected."""
    feed = FeedSettings.model_validate(table(**keys))
    with pytest.raises(StartError) as caught:
        plan(feed, connectors, AREA)
    message = str(caught.value)
    assert message.startswith(f"feed {feed.id}: ")
    assert all(part in message for part in said)
    assert "\n" not in message


def test_a_connector_is_told_the_interchange_in_its_own_ids():
    """Of the area's stop places a feed knows those of its dataset, without the prefix."""
    feed = FeedSettings.model_validate(table(url="http://a/", dataset="metro"))
    assert plan(feed, connectors, AREA).context.stop_places == {"L1-SHRS", "L34-SHRS"}


@pytest.fixture
async def run(store: Store, monkeypatch):
    """Starts supervisors with quick ticks; stops them at the end."""
    monkeypatch.setattr(module, "TICK_SECONDS", 0.02)
    monkeypatch.setattr(module, "LEASE_SECONDS", 0.1)
    monkeypatch.setattr(module, "SETTLE_SECONDS", 0.02)
    tasks: list[asyncio.Task[None]] = []

    def start(*tables: dict[str, object]) -> tuple[FeedSupervisor, asyncio.Task[None]]:
        settings = Settings.model_validate({"feeds": list(tables)})
        supervisor = FeedSupervisor(store, settings, AREA, connectors)
        tasks.append(asyncio.create_task(supervisor.run()))
        return supervisor, tasks[-1]

    yield start
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def reaches(store: Store, collection: str, wanted: Callable[[dict], bool]) -> dict:
    """The first document, stored now or later, for which `wanted` holds."""
    async with asyncio.timeout(PATIENCE):
        async with await store.db[collection].watch(full_document="updateLookup") as changes:
            async for document in store.db[collection].find():
                if wanted(document):
                    return document
            async for change in changes:
                document = change.get("fullDocument")
                if document and wanted(document):
                    return document
    raise AssertionError


async def feed_in(store: Store, feed: dict[str, object], state: str) -> dict:
    return await reaches(
        store, "feeds", lambda row: row["_id"] == feed["id"] and row.get("state") == state
    )


async def test_a_silent_feed_turns_stale_then_down_without_any_payload(
    store: Store, run, origin: Origin, clock
):
    """Time alone does it: the state is evaluated every second, not when something arrives."""
    body = f"{int(clock().timestamp())}\na 31.2 121.4".encode()
    origin.answer = lambda _: Answer(body=body)
    feed = table(url=origin.url, allow_private=True, interval=3600)
    run(feed)
    await feed_in(store, feed, "HEALTHY")
    clock.advance(seconds=92)
    stale = await feed_in(store, feed, "STALE")
    assert stale["link_state"] == "UP"
    clock.advance(minutes=4)
    await feed_in(store, feed, "DOWN")
    assert len(origin.asked) == 1


async def test_one_failing_feed_harms_no_other(store: Store, run, origin: Origin, unused_port):
    """A private address, a closed port, a taken port and garbage beside a feed that works."""
    origin.answer = lambda asked: Answer(
        body=b"-\na 31.2 121.4" if asked.target == "/feed" else b"?"
    )
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        good = table(url=origin.url, allow_private=True)
        private = table(url=origin.url)
        closed = table(url=f"http://127.0.0.1:{unused_port}/", allow_private=True)
        garbage = table(url=origin.url + "2", allow_private=True)
        port = table(kind="jtt905", listen=f"127.0.0.1:{taken.getsockname()[1]}")
        off = table(url=origin.url, enabled=False)
        supervisor, task = run(private, closed, garbage, port, off, good)
        await feed_in(store, good, "HEALTHY")
        assert "allow_private" in (await feed_in(store, private, "MISCONFIGURED"))["detail"]
        assert "cannot listen" in (await feed_in(store, port, "MISCONFIGURED"))["detail"]
        await feed_in(store, closed, "DOWN")
        await feed_in(store, garbage, "DEGRADED")
        await feed_in(store, off, "DISABLED")
    assert not task.done()
    assert supervisor.states().keys() == {
        feed["id"] for feed in (good, private, closed, garbage, port, off)
    }


async def test_taxis_at_a_rank_are_counted_from_their_positions(store: Store, run, clock):
    """Two vacant taxis inside the north rank's area read as two waiting, one then departs."""
    feed = table(kind="jtt905", listen="127.0.0.1:0")
    supervisor, _ = run(feed)
    mine = {"_id": "rank:north", "feed": feed["id"]}
    unknown = await reaches(store, "taxi_ranks", lambda row: mine.items() <= row.items())
    assert unknown["vehicles_waiting"] is None
    reader, writer = await asyncio.open_connection("127.0.0.1", supervisor.port(str(feed["id"])))
    here = AREA.ranks[0].position
    for number in (1, 2):
        report = PositionReport(lat=here.lat, lon=here.lon, time=clock())
        isu = f"{number:012d}"
        writer.write(encode_frame(Frame(MessageId.POSITION, isu, 1, encode_position(report))))
    rank = await reaches(
        store, "taxi_ranks", lambda row: row["_id"] == "rank:north" and row["vehicles_waiting"] == 2
    )
    assert rank["feed"] == feed["id"]
    assert rank["observed_at"] - clock() < timedelta(seconds=1)
    writer.close()
    await reader.read()


async def test_exactly_one_process_polls_a_feed_and_another_takes_over(
    store: Store, run, origin: Origin
):
    """Two supervisors share a lease; when the one that holds it stops, the other begins."""
    origin.answer = lambda _: Answer(body=b"-\na 31.2 121.4")
    feed = table(url=origin.url, allow_private=True, interval=3600)
    first, first_task = run(feed)
    await feed_in(store, feed, "HEALTHY")
    second, _ = run(feed)
    await asyncio.sleep(0.5)  # five times the lease's rhythm: nothing may happen in it
    assert (len(first.states()), len(second.states()), len(origin.asked)) == (1, 0, 1)
    origin.arrived.clear()
    first_task.cancel()
    await asyncio.wait_for(origin.arrived.wait(), PATIENCE)
    assert len(second.states()) == 1


async def test_only_feeds_of_a_dataset_with_other_stop_places_start_anew(
    store: Store, run, origin: Origin
):
    """What is written for the places before is durable, or never will be, when `move` returns."""
    origin.answer = lambda _: Answer(body=b"-\na 31.2 121.4")
    here, there = (
        table(url=origin.url + name, allow_private=True, interval=3600, dataset=f"set-{name}")
        for name in "ab"
    )
    supervisor, _ = run(here, there)
    for feed in (here, there):
        await feed_in(store, feed, "HEALTHY")
    origin.arrived.clear()
    places = (*AREA.stop_places, "set-b:1")
    await supervisor.move(replace(AREA, stop_places=places))
    async with asyncio.timeout(PATIENCE):
        await origin.arrived.wait()
    assert [asked.target for asked in origin.asked][2:] == ["/feedb"]
    await feed_in(store, there, "HEALTHY")
    await supervisor.move(replace(AREA, stop_places=places))
    assert len(origin.asked) == 3


def test_a_subscription_that_cannot_be_asked_for_any_more_stays():
    """The stop places are others all the same, and the hub goes on."""
    about = {"kind": "siri_sm", "url": "http://a/", "push_secret_ref": "env:PATH"}
    feed = FeedSettings.model_validate(table(**about, dataset="metro", options={"subscribe": True}))
    one = plan(feed, registered, AREA)
    there = moved(one, replace(AREA, stop_places=("railway:SHH",)))
    assert (there.context.stop_places, there.subscription) == (frozenset(), one.subscription)
    assert moved(there, replace(AREA, stop_places=("railway:X",))) is there


async def test_a_source_that_falls_silent_beside_another_gives_way(store: Store, run, clock):
    """Neither of them has to say anything for it."""
    one, other = (
        FeedSettings.model_validate(table(url="http://a/", dataset="rivals", warn_after=warn_after))
        for warn_after in (60, 600)
    )
    about = {"id": "rivals:v", "dataset": "rivals", "native_id": "v", "mode": Mode.BUS}
    for feed, at in ((other, clock()), (one, clock() + timedelta(seconds=1))):
        limits = {"warn_after_s": feed.warn_after.total_seconds(), "data_as_of": at}
        await FeedRepository(store).save_status(feed.id, limits)
        where = VehiclePosition(**about, position=Position(31.2, 121.4), observed_at=at)
        await FeedWriter(store, feed, frozenset()).apply(Batch(records=[where], entities=1))
    await reaches(store, "vehicles", lambda row: row["feed"] == one.id and "others" in row)
    run()
    clock.advance(seconds=120)
    found = await reaches(store, "vehicles", lambda row: row["feed"] == other.id)
    assert found["contested"] == sorted([one.id, other.id])
