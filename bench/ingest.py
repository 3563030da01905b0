"""Ingest: CPU from bytes to durable, and a port of 5,000 terminals. The data is `feed_data`'s."""

import asyncio
import gc
import random
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import NamedTuple
from zoneinfo import ZoneInfo

from google.transit.gtfs_realtime_pb2 import FeedMessage

from bench.feed_data import NOON, SEED, STOPS, estimated_timetable, schedule_zip, trip_updates
from bench.peer import cpu_seconds, resident_mb
from bench.world import World
from connectors import connector
from hub import clock
from hub.connector import Connector, Context, Envelope, Incrementality, options_of
from hub.formats.jtt.t905 import Frame, MessageId, Status, encode_frame
from hub.formats.jtt.t905_position import PositionReport, encode_position
from hub.settings import FeedSettings
from hub.store.driver import Store
from hub.store.feeds.apply import Applied, FeedWriter

TRIPS, CALLS = 10_000, 20
POLLS = 8
STATION = [f"S{number}" for number in range(0, STOPS, CALLS)]
"""The platforms of a station: of the 20 stops in a row that a trip calls at, one is of these."""
JOURNEYS, JOURNEY_CALLS = 1_000, 5
TERMINALS, PER_ADDRESS = 5_000, 500
EVERY_S, FOR_S = 10, 20
_FLAG = b"\x7e"


async def measure(world: World, _node: bool) -> None:
    """Print all rows. CPU is this process's, or the hub's where the hub receives; not mongod's."""
    gc.set_threshold(50_000, 20, 50)  # as the server does
    _calibrate()
    store = await Store.open(world.mongo.uri, "bench_ingest")
    try:
        with clock.manual(NOON):  # the messages' own day, or the store would not take them
            await _trip_updates(store, "bench-rt", STATION)
            await _trip_updates(store, "bench-all", ())
            await _estimated_timetable(store)
    finally:
        await store.drop()
        await store.close()
    await _terminals(world)


def _calibrate() -> None:
    """How quick this machine is now: the targets were set where this took 25 ms."""
    body, took = trip_updates(TRIPS, CALLS), []
    for _ in range(POLLS):
        started = time.process_time()
        FeedMessage.FromString(body)
        took.append((time.process_time() - started) * 1000)
    print(
        f"machine: protobuf alone decodes {len(body) / 1e6:.1f} MB in {min(took):.0f} ms, median "
        f"{median(took):.0f} (25 ms where the targets were set)"
    )


async def _trip_updates(store: Store, feed: str, station: Sequence[str]) -> None:
    """All trips call once at the `station`, or every stop has a board."""
    kind = connector("gtfs_rt")
    context = replace(_context(kind, feed), stop_places=frozenset(station))
    writer = _writer(store, "gtfs_rt", feed, [f"{feed}:{stop}" for stop in station])
    boards = "boards of one station" if station else "boards of every stop"
    assert kind.load_reference is not None
    reference = kind.load_reference(Envelope(schedule_zip(TRIPS, CALLS), NOON), context)
    context = replace(context, reference=reference)
    told = f"GTFS-RT, {TRIPS} trips x {CALLS} stops, {boards}"
    costs = []
    for poll in range(POLLS):
        body = trip_updates(TRIPS, CALLS, poll=poll)
        at = NOON + timedelta(seconds=10 * poll + 1)
        costs.append(await _bytes_to_durable(kind, context, writer, Envelope(body, at)))
    _print(f"{told}, first load", costs[:1])
    _print(f"{told}, 10 % changed, 10 s later (target < 600 ms)", costs[1:])


async def _estimated_timetable(store: Store) -> None:
    kind = connector("siri_et")
    body = estimated_timetable(JOURNEYS, JOURNEY_CALLS)
    first, again = [], []
    for feed in (f"bench-et-{number}" for number in range(POLLS)):
        context, writer = _context(kind, feed), _writer(store, "siri_et", feed)
        first.append(await _bytes_to_durable(kind, context, writer, Envelope(body, NOON)))
        again.append(await _bytes_to_durable(kind, context, writer, Envelope(body, NOON)))
    told = f"SIRI-ET, {JOURNEYS} journeys, {len(body) / 1e6:.1f} MB"
    _print(f"{told}, first load (target < 1000 ms for 2 MB)", first)
    _print(f"{told}, said again", again)


class _Cost(NamedTuple):
    """Seconds of CPU of one message, and until it was durable; what became of its records."""

    parse: float
    store: float
    wall: float
    applied: Applied


async def _bytes_to_durable(
    kind: Connector, context: Context, writer: FeedWriter, envelope: Envelope
) -> _Cost:
    started, wall = time.process_time(), time.monotonic()
    batch = kind.parse(envelope, context)
    parsed = time.process_time()
    applied = await writer.apply(batch)
    done = time.process_time()
    return _Cost(parsed - started, done - parsed, time.monotonic() - wall, applied)


def _print(told: str, costs: list[_Cost]) -> None:
    """The least and the median: neighbours on the machine only ever add."""
    totals = [cost.parse + cost.store for cost in costs]
    best = min(costs, key=lambda cost: cost.parse + cost.store)
    print(
        f"{told}: {min(totals) * 1000:.0f} ms CPU, median {median(totals) * 1000:.0f} of "
        f"{len(costs)} (best: parse {best.parse * 1000:.0f}, store {best.store * 1000:.0f}, "
        f"durable after {best.wall * 1000:.0f} ms); written {best.applied.written}, unchanged "
        f"{best.applied.unchanged}"
    )


def _context(kind: Connector, feed_id: str) -> Context:
    return Context(
        feed_id=feed_id,
        dataset=feed_id,
        mode=None,
        timezone=ZoneInfo("UTC"),
        incrementality=Incrementality.AUTO,
        config=options_of(kind.manifest, {}),
    )


def _writer(store: Store, kind: str, feed_id: str, stop_places: Iterable[str] = ()) -> FeedWriter:
    settings = FeedSettings(id=feed_id, kind=kind, url="http://127.0.0.1/")
    return FeedWriter(store, settings, frozenset(stop_places))


class _Terminal(asyncio.Protocol):
    """A taxi that reports where it is and counts what is acknowledged."""

    def __init__(self, number: int, load: "_Load") -> None:
        self._id, self._load, self._serial = f"{100_000_000_000 + number}", load, 0
        self._random = random.Random(SEED + number)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._load.received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._load.lost += not self._load.over

    def report(self) -> None:
        """One position, now."""
        self._serial += 1
        position = PositionReport(
            lat=31.25 + self._random.uniform(-0.1, 0.1),
            lon=121.45 + self._random.uniform(-0.1, 0.1),
            time=datetime.now(UTC),
            status=Status.IGNITION_ON,
            speed_kmh=self._random.uniform(0, 60),
        )
        frame = Frame(MessageId.POSITION, self._id, self._serial, encode_position(position))
        self.transport.write(encode_frame(frame))
        self._load.sent += 1


class _Load:
    """What all terminals together sent and had acknowledged; a reply has two flags."""

    def __init__(self) -> None:
        self.sent = self.flags = self.lost = 0
        self.over = False
        self.all_acknowledged = asyncio.Event()

    def received(self, data: bytes) -> None:
        self.flags += data.count(_FLAG)
        if self.acknowledged == FOR_S // EVERY_S * TERMINALS:
            self.all_acknowledged.set()

    @property
    def acknowledged(self) -> int:
        return self.flags // 2


async def _terminals(world: World) -> None:
    load, loop = _Load(), asyncio.get_running_loop()
    before = resident_mb(world.hub.pid)
    terminals: list[_Terminal] = []
    for number in range(TERMINALS):  # one address may not open all of them
        _, terminal = await loop.create_connection(
            lambda number=number: _Terminal(number, load),
            "127.0.0.1",
            world.taxi,
            local_addr=(f"127.0.1.{1 + number // PER_ADDRESS}", 0),
        )
        terminals.append(terminal)
    cpu, started = cpu_seconds(world.hub.pid), time.monotonic()
    for turn in range(FOR_S // EVERY_S * TERMINALS):
        due = started + turn * EVERY_S / TERMINALS
        if due > time.monotonic():
            await asyncio.sleep(due - time.monotonic())
        elif turn % 50 == 0:
            await asyncio.sleep(0)
        terminals[turn % TERMINALS].report()
    with suppress(TimeoutError):
        await asyncio.wait_for(load.all_acknowledged.wait(), 30)
    took = time.monotonic() - started
    share = (cpu_seconds(world.hub.pid) - cpu) / took
    print(
        f"JT/T 905, {TERMINALS} terminals, one position per {EVERY_S} s: {share:.0%} of one core "
        f"over {took:.1f} s, {load.acknowledged} of {load.sent} acknowledged, {load.lost} "
        f"disconnected, hub {before:.0f} -> {resident_mb(world.hub.pid):.0f} MB (target: one core)"
    )
    load.over = True
    for terminal in terminals:
        terminal.transport.close()
