"""One polled feed against a real origin and a real database."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from feed_fakes import LINES, Answer, Origin, context_of, feed_settings
from push_rig import AREA

from hub.connector import Batch, Connector, Context, Envelope
from hub.errors import PayloadError, Reason
from hub.ingest.plan import plan
from hub.ingest.poller import Poller
from hub.ingest.spacing import Spacing
from hub.ingest.status import Monitor
from hub.model.common import Mode
from hub.model.feeds import FeedState, FreshnessState, LinkState
from hub.settings import FeedSettings
from hub.store.driver import Store
from hub.store.feeds.apply import FeedWriter
from hub.store.feeds.cache import FeedRepository
from hub.store.feeds.freshness import freshness
from hub.store.feeds.transit import TransitRepository


class Rig:
    """A poller with what it writes to."""

    def __init__(
        self,
        store: Store,
        feed: FeedSettings,
        connector: Connector = LINES,
        spacing: Spacing | None = None,
    ) -> None:
        self.feed = feed
        self.repository = FeedRepository(store)
        self.monitor = Monitor(
            feed, connector.manifest, Mode.COACH, self.repository, zone=AREA.zone
        )
        self.transit = TransitRepository(store)
        self.poller = Poller(
            feed,
            connector,
            context_of(feed),
            monitor=self.monitor,
            writer=FeedWriter(store, feed, frozenset()),
            repository=self.repository,
            spacing=spacing or Spacing(0),
        )

    async def status(self) -> dict:
        return await self.repository.get(self.feed.id) or {}

    async def vehicles(self) -> list[str]:
        found = await self.transit.vehicles()
        return [row["native_id"] for row in found if row["feed"] == self.feed.id]


@pytest.fixture
async def rig_of(store: Store):
    """Makes rigs and closes their connections."""
    made: list[Rig] = []

    def make(
        feed: FeedSettings, connector: Connector = LINES, spacing: Spacing | None = None
    ) -> Rig:
        made.append(Rig(store, feed, connector, spacing))
        return made[-1]

    yield make
    for rig in made:
        await rig.poller.aclose()


def payload(clock, *rows: str, age: float = 0) -> bytes:
    as_of = int((clock() - timedelta(seconds=age)).timestamp())
    return "\n".join([str(as_of), *rows]).encode()


async def test_a_good_payload_is_archived_applied_and_shown(rig_of, origin: Origin, clock):
    """Bytes, records, rejects and counts are all there, and the feed is HEALTHY."""
    body = payload(clock, "a 31.2 121.4", "b 31.3 121.5", "c 95 121.5")
    origin.answer = lambda _: Answer(body=body, headers={"content-type": "text/plain"})
    rig = rig_of(feed_settings(origin.url))
    assert await rig.poller.poll() is None
    assert await rig.vehicles() == ["a", "b"]
    status = await rig.status()
    assert (status["state"], status["link_state"]) == ("HEALTHY", "UP")
    assert status["counts"] == {"accepted": 2, "rejected": 1, "entities": 3}
    assert status["rejects"] == [{"reason": "POSITION_OUT_OF_RANGE", "count": 1}]
    assert status["totals"] == {"payloads": 1, "accepted": 2, "rejected": 1, "bytes": len(body)}
    assert (status["kind"], status["mode"], status["warn_after_s"]) == ("lines", "COACH", 90)
    (kept,) = await rig.repository.raw_since(rig.feed.id, clock() - timedelta(seconds=1))
    assert (kept.body, kept.source) == (body, origin.url)
    (reject,) = await rig.repository.rejects(rig.feed.id)
    assert (reject["reason"], reject["native_id"]) == ("POSITION_OUT_OF_RANGE", "c")


async def test_an_unchanged_body_is_neither_parsed_nor_counted(rig_of, origin: Origin, clock):
    """By 304 or by equal bytes: no second parse; the age of the data stays what the data says."""
    parsed: list[str] = []

    def counting(envelope: Envelope, context: Context) -> Batch:
        parsed.append(envelope.sha256)
        return LINES.parse(envelope, context)

    body = payload(clock, "a 31.2 121.4")
    origin.answer = lambda asked: (
        Answer(304)
        if "if-none-match" in asked.headers
        else Answer(body=body, headers={"etag": '"1"'})
    )
    rig = rig_of(feed_settings(origin.url), replace(LINES, parse=counting))
    for _ in range(3):
        await rig.poller.poll()
        clock.advance(seconds=40)
    origin.answer = lambda _: Answer(body=body)
    await rig.poller.poll()
    assert len(parsed) == 1
    status = await rig.status()
    assert status["totals"]["payloads"] == 1
    assert status["state"] == "STALE"
    assert status["last_received_at"] > status["data_as_of"]


async def test_a_body_without_a_time_of_its_own_is_as_fresh_as_the_answer(
    rig_of, origin: Origin, clock
):
    """A timetable says no time: that it is unchanged is news, and keeps it HEALTHY."""
    origin.answer = lambda _: Answer(body=b"-\na 31.2 121.4")
    rig = rig_of(feed_settings(origin.url))
    await rig.poller.poll()
    clock.advance(minutes=3)
    await rig.poller.poll()
    assert (await rig.status())["state"] == "HEALTHY"


async def test_an_empty_payload_is_healthy(rig_of, origin: Origin, clock):
    """A valid feed without entities is a quiet night, not a fault."""
    origin.answer = lambda _: Answer(body=payload(clock))
    rig = rig_of(feed_settings(origin.url))
    await rig.poller.poll()
    status = await rig.status()
    assert (status["state"], status["counts"]["entities"]) == ("HEALTHY", 0)


@pytest.mark.parametrize("broken", [b"garbage", b"\xff\xfe\x00", b"1\nx y"])
async def test_garbage_is_quarantined_and_the_last_good_state_kept(
    rig_of, store: Store, origin: Origin, clock, broken
):
    """What cannot be decoded is archived with its reason; no record goes away; DEGRADED."""
    good = payload(clock, "a 31.2 121.4")
    origin.answer = lambda _: Answer(body=good)
    rig = rig_of(feed_settings(origin.url))
    await rig.poller.poll()
    origin.answer = lambda _: Answer(body=broken)
    assert await rig.poller.poll() is None
    assert await rig.vehicles() == ["a"]
    status = await rig.status()
    assert status["state"] == "DEGRADED"
    assert status["detail"].startswith("内容读不懂 Not readable: NOT_DECODABLE")
    row = await store.db["raw_messages"].find_one(
        {"feed": rig.feed.id, "quarantined": {"$ne": None}}
    )
    assert row is not None
    assert row["quarantined"] == "NOT_DECODABLE"
    origin.answer = lambda _: Answer(body=good)
    await rig.poller.poll()
    assert (await rig.status())["state"] == "HEALTHY"


async def test_a_fault_of_the_connector_ends_nothing(rig_of, origin: Origin, clock):
    """A bug in a parser is a refused payload, not a dead feed."""

    def faulty(_envelope: Envelope, _context: Context) -> Batch:
        raise ZeroDivisionError

    origin.answer = lambda _: Answer(body=b"1")
    rig = rig_of(feed_settings(origin.url), replace(LINES, parse=faulty))
    assert await rig.poller.poll() is None
    assert "ZeroDivisionError" in (await rig.status())["detail"]


@pytest.mark.parametrize(
    ("answer", "state", "link"),
    [
        (Answer(500), FeedState.DOWN, LinkState.DOWN),
        (Answer(401), FeedState.UNAUTHORISED, LinkState.REFUSED),
        (Answer(429), FeedState.RATE_LIMITED, LinkState.UP),
        (
            Answer(302, headers={"location": "http://10.0.0.1/"}),
            FeedState.MISCONFIGURED,
            LinkState.DOWN,
        ),
        (Answer(body=b"x" * 2000), FeedState.DEGRADED, LinkState.UP),
        (Answer(hang=True), FeedState.DOWN, LinkState.DOWN),
    ],
)
async def test_each_failure_has_its_state(rig_of, origin: Origin, clock, answer, state, link):
    """What is wrong with a feed that never had data is told by its state and detail."""
    origin.answer = lambda _: answer
    rig = rig_of(feed_settings(origin.url, max_bytes=1000, timeout=0.3))
    await rig.poller.poll()
    status = await rig.status()
    assert (status["state"], status["link_state"]) == (state.value, link.value)
    assert status["detail"]
    assert "\n" not in status["detail"]


async def test_failures_stretch_the_interval_and_retry_after_is_kept(rig_of, origin: Origin, clock):
    """Waits double from a second to three intervals; a server's own wait is honoured; who must
    change the credential has half a minute first, and five minutes in the end.
    """
    origin.answer = lambda _: Answer(500)
    rig = rig_of(feed_settings(origin.url, interval=20))
    waits = [await rig.poller.poll() or 0 for _ in range(12)]
    assert 0.5 <= waits[0] <= 1
    assert 30 <= waits[-1] <= 60
    assert waits[5] > 10 * waits[0]
    origin.answer = lambda _: Answer(503, headers={"retry-after": "900"})
    assert await rig.poller.poll() == 900
    rig = rig_of(feed_settings(origin.url, interval=5))
    origin.answer = lambda _: Answer(403)
    waits = [await rig.poller.poll() or 0 for _ in range(8)]
    assert 15 <= waits[0] <= 30
    assert 150 <= waits[-1] <= 300


async def test_what_a_complete_message_lacks_is_withdrawn_though_it_then_stays_the_same(
    rig_of, origin: Origin, clock
):
    """An absence must be seen twice; equal bytes count as the second time."""

    def complete(envelope: Envelope, context: Context) -> Batch:
        batch = LINES.parse(envelope, context)
        batch.complete = True
        return batch

    body = payload(clock, "a 31.2 121.4", "b 31.3 121.5")
    origin.answer = lambda asked: (
        Answer(304)
        if asked.headers.get("if-none-match") == f'"{hash(body)}"'
        else Answer(body=body, headers={"etag": f'"{hash(body)}"'})
    )
    rig = rig_of(feed_settings(origin.url), replace(LINES, parse=complete))
    await rig.poller.poll()
    body = payload(clock, "a 31.2 121.4")
    await rig.poller.poll()
    assert await rig.vehicles() == ["a", "b"]
    await rig.poller.poll()
    assert await rig.vehicles() == ["a"]
    await rig.poller.poll()
    assert (await rig.status())["totals"]["payloads"] == 3


async def test_a_reason_does_not_outlive_the_process_that_gave_it(
    rig_of, store: Store, origin: Origin, clock
):
    """Configured anew and HEALTHY, nothing is left of why it could not work before."""
    origin.answer = lambda _: Answer(body=payload(clock, "a 31.2 121.4"))
    feed = feed_settings(origin.url)
    private = rig_of(feed.model_copy(update={"allow_private": False}))
    await private.poller.poll()
    assert (await private.status())["state"] == "MISCONFIGURED"
    assert "allow_private" in (await private.status())["detail"]
    mended = rig_of(feed)
    await mended.monitor.open()
    assert "allow_private" not in (await mended.status())["detail"]
    await mended.poller.poll()
    status = await mended.status()
    assert (status["state"], status["detail"]) == ("HEALTHY", None)


async def test_a_restart_makes_nothing_younger(rig_of, origin: Origin, clock):
    """What was stored is silent from the moment it was before, until this process has data."""
    feed = feed_settings(origin.url)
    origin.answer = lambda _: Answer(body=payload(clock, "a 31.2 121.4"))
    first = rig_of(feed)
    await first.poller.poll()
    status = await first.status()
    limits = {name: status[name] for name in ("stale_at", "down_at")}
    assert status["before"] is None
    clock.advance(seconds=1000)
    for _ in range(2):  # also a process that died before it had anything
        again = rig_of(feed)
        await again.monitor.open()
        status = await again.status()
        assert (status["state"], status["before"]) == ("STARTING", limits)
    seen = freshness(
        observed_at=clock() - timedelta(seconds=5),
        source=feed.id,
        realtime=True,
        feed=status,
        now=clock(),
    )
    assert seen.state is FreshnessState.UNKNOWN
    await again.poller.poll()
    assert (await again.status())["before"] is None


async def test_what_is_not_configured_any_more_is_not_shown_any_more(rig_of, origin: Origin, clock):
    """A mode that was taken out of the configuration is gone from the feed's document too."""
    feed = feed_settings(origin.url)
    await rig_of(feed).monitor.open()
    again = rig_of(feed)
    again.monitor._about["mode"] = None
    await again.monitor.open()
    assert (await again.status())["mode"] is None


async def test_a_switched_off_feed_says_that_it_is(rig_of, origin: Origin, clock):
    """DISABLED has its reason, not the one of the state before, and no connection being made."""
    feed = feed_settings(origin.url)
    broken = rig_of(feed)
    origin.answer = lambda _: Answer(500)
    await broken.poller.poll()
    off = rig_of(feed.model_copy(update={"enabled": False}))
    await off.monitor.open()
    status = await off.status()
    assert (status["state"], status["link_state"], status["detail"]) == (
        "DISABLED",
        None,
        "配置停用 enabled = false in the configuration.",
    )


async def test_a_source_that_answers_with_old_data_says_of_when_it_is(
    rig_of, origin: Origin, clock
):
    """200 with data of ten minutes ago is DOWN, and the reason names the data's time."""
    origin.answer = lambda _: Answer(body=payload(clock, "a 31.2 121.4", age=600))
    rig = rig_of(feed_settings(origin.url))
    await rig.poller.poll()
    status = await rig.status()
    assert status["state"] == "DOWN"
    newest = (clock() - timedelta(seconds=600)).astimezone(AREA.zone)
    assert f"newest data is of {newest:%Y-%m-%d %H:%M:%S} Asia/Shanghai" in status["detail"]


@pytest.mark.parametrize(
    ("keys", "silent", "lost"),
    [
        ({"interval": 5}, 20, 5 * 20 / 1.5),
        ({"interval": 20}, 80, 4 * 200 / 3),
        ({"interval": 60}, 90, 300),
        ({"interval": 5, "warn_after": 60}, 60, 300),
        ({"interval": 5, "expire_after": 900}, 20, 200),
    ],
)
async def test_how_long_a_feed_may_be_silent_follows_from_its_interval(
    store: Store, clock, keys, silent, lost
):
    """Four intervals, what the kind allows at most; `warn_after` overrules. Both are shown."""
    feed = feed_settings("http://127.0.0.1/", **keys)
    one = plan(feed, lambda _kind: LINES, AREA)
    repository = FeedRepository(store)
    monitor = Monitor(feed, LINES.manifest, Mode.COACH, repository, every=one.every, zone=AREA.zone)
    monitor.health = monitor.health.data(clock(), clock())
    await monitor.save()
    status = await repository.get(feed.id) or {}
    assert status["silent_after_s"] == silent
    assert status["lost_after_s"] == pytest.approx(lost)
    assert (status["stale_at"] - clock()).total_seconds() == pytest.approx(silent, abs=0.01)
    assert (status["down_at"] - clock()).total_seconds() == pytest.approx(lost, abs=0.01)
    assert status["warn_after_s"] == keys.get("warn_after", 90)


async def test_a_feed_waits_less_while_its_host_answers_another(rig_of, origin: Origin, clock):
    """Two feeds of a host: what one is given, shortens the pauses of the other."""
    answers = {"/feed": Answer(500), "/other": Answer(body=b"-\na 31.2 121.4")}
    origin.answer = lambda asked: answers[asked.target]
    spacing = Spacing(0)
    failing = rig_of(feed_settings(origin.url, interval=5), spacing=spacing)
    other = rig_of(feed_settings(origin.url.replace("/feed", "/other")), spacing=spacing)
    await other.poller.poll()
    waits = [await failing.poller.poll() or 0 for _ in range(12)]
    assert 7.5 <= waits[-1] <= 15
    answers["/feed"] = answers["/other"]
    assert await failing.poller.poll() is None


class Named:
    """A reference that is its content."""

    def __init__(self, version: str) -> None:
        self.version = version


async def test_the_reference_is_loaded_first_and_again_when_it_changed(
    rig_of, origin: Origin, clock
):
    """Nothing is polled without the reference; hourly and at the local midnight it is read anew."""
    clock.current = clock().replace(hour=4)  # noon in Shanghai: no midnight comes before its turn
    used: list[str | None] = []
    static = Answer(500)

    def load(envelope: Envelope, _context: Context) -> Named:
        if envelope.body == b"bad":
            raise PayloadError(Reason.NOT_DECODABLE, "no zip")
        return Named(envelope.body.decode())

    def parse(envelope: Envelope, context: Context) -> Batch:
        used.append(context.reference.version if context.reference else None)
        return LINES.parse(envelope, context)

    feeds = {"/feed": lambda: Answer(body=b"-\na 31.2 121.4"), "/static": lambda: static}
    origin.answer = lambda asked: feeds[asked.target]()
    url = origin.url.replace("/feed", "/static")
    rig = rig_of(
        feed_settings(origin.url, static_url=url),
        replace(LINES, parse=parse, load_reference=load),
    )
    await rig.poller.poll()
    assert used == []
    assert "static" in (await rig.status())["detail"]
    static = Answer(body=b"v1")
    await rig.poller.poll()
    static = Answer(body=b"v2")
    await rig.poller.poll()
    assert used == ["v1"]
    clock.advance(hours=1)
    await rig.poller.poll()
    static = Answer(body=b"bad")
    clock.advance(hours=1)
    await rig.poller.poll()
    assert used == ["v1", "v2"]
    status = await rig.status()
    assert status["state"] == "HEALTHY"
    assert "static_url: 基础数据未更新" in status["detail"]
    assert "no zip" in status["detail"]
    static = Answer(body=b"v2")
    clock.advance(hours=24)
    await rig.poller.poll()
    assert used == ["v1", "v2", "v2"]


async def test_a_reference_that_could_not_be_read_at_midnight_is_read_soon_after(
    rig_of, origin: Origin, clock
):
    """The day changes while the source of the timetable fails: the new day's is read once it is
    back, though its bytes are those of yesterday, and nothing is left of the reason.
    """
    loaded: list[int] = []
    static = Answer(body=b"v1")

    def load(envelope: Envelope, _context: Context) -> Named:
        loaded.append(len(loaded))
        return Named(envelope.body.decode())

    feeds = {"/feed": lambda: Answer(body=b"-\na 31.2 121.4"), "/static": lambda: static}
    origin.answer = lambda asked: feeds[asked.target]()
    url = origin.url.replace("/feed", "/static")
    rig = rig_of(
        feed_settings(origin.url, static_url=url, interval=5),
        replace(LINES, load_reference=load),
    )
    await rig.poller.poll()
    static = Answer(500)
    clock.advance(hours=24)
    for _ in range(8):
        await rig.poller.poll()
        clock.advance(seconds=16)
    assert loaded == [0]
    assert "/static answered 500" in (await rig.status())["detail"]
    static = Answer(body=b"v1")
    await rig.poller.poll()
    assert loaded == [0, 1]
    assert (await rig.status())["detail"] is None


async def test_an_overrun_poll_skips_its_ticks(rig_of, origin: Origin):
    """A slow origin is asked again at the next tick, not once for every tick missed."""
    rig = rig_of(feed_settings(origin.url, interval=0.1))
    times: list[float] = []
    third = asyncio.Event()
    loop = asyncio.get_running_loop()

    async def slow() -> None:
        times.append(loop.time())
        if len(times) == 1:
            await asyncio.sleep(0.35)
        if len(times) == 3:
            third.set()

    rig.poller.poll = slow
    task = asyncio.create_task(rig.poller.run())
    await asyncio.wait_for(third.wait(), 60)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert times[1] - times[0] >= 0.35
    assert times[2] - times[1] >= 0.05


async def test_running_polls_at_its_interval_until_cancelled(rig_of, origin: Origin):
    """The loop asks again and again and stops when told to."""
    origin.answer = lambda _: Answer(body=b"-\na 31.2 121.4")
    rig = rig_of(feed_settings(origin.url, interval=0.05))
    task = asyncio.create_task(rig.poller.run())
    while len(origin.asked) < 3:
        origin.arrived.clear()
        await asyncio.wait_for(origin.arrived.wait(), 60)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()
