"""The JT/T 905 server over real sockets: log in, report, be answered; and peers that misbehave."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from connectors.jtt905 import CONNECTOR
from hub.connector import Context, Incrementality, options_of
from hub.errors import RetryLater, StartError
from hub.formats.jtt import Splitter
from hub.formats.jtt905 import (
    Frame,
    MessageId,
    PlatformReply,
    Result,
    Status,
    decode_frame,
    decode_platform_reply,
    encode_frame,
)
from hub.formats.jtt905_position import PositionReport, encode_position
from hub.ingest.receiver import Receiver
from hub.ingest.status import Monitor
from hub.model.common import Mode
from hub.model.feeds import LinkState
from hub.settings import FeedSettings
from hub.store.apply import FeedWriter
from hub.store.driver import Store
from hub.store.feeds import FeedRepository
from hub.store.transit import TransitRepository

PATIENCE = 5
VACANT = Status(0)


class Terminal:
    """A taxi's terminal: sends frames, reads answers."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self._splitter = Splitter()
        self._frames: list[Frame] = []

    @classmethod
    async def call(cls, port: int) -> "Terminal":
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def answer(self) -> Frame:
        while not self._frames:
            async with asyncio.timeout(PATIENCE):
                data = await self.reader.read(4096)
            assert data, "the hub closed the connection"
            for segment in self._splitter.feed(data):
                assert segment.content is not None
                self._frames.append(decode_frame(segment.content))
        return self._frames.pop(0)

    async def reply(self) -> PlatformReply:
        return decode_platform_reply((await self.answer()).body)

    async def closed(self) -> bool:
        async with asyncio.timeout(PATIENCE):
            with suppress(ConnectionError):
                while await self.reader.read(4096):
                    pass
        return True

    async def close(self) -> None:
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()


def position(moment, *, lat=31.25, status=VACANT, isu="100000000001", serial=1) -> bytes:
    report = PositionReport(lat=lat, lon=121.45, time=moment, status=status)
    return encode_frame(Frame(MessageId.POSITION, isu, serial, encode_position(report)))


class Rig:
    def __init__(self, store: Store, name: str, listen: str, options: dict) -> None:
        feed = FeedSettings(id=name, kind="jtt905", listen=listen, options=options)
        self.feed = feed
        context = Context(
            feed_id=feed.id,
            dataset=feed.namespace,
            mode=Mode.TAXI,
            timezone=ZoneInfo("Asia/Shanghai"),
            incrementality=Incrementality.AUTO,
            config=options_of(CONNECTOR.manifest, options),
        )
        self.seen: list = []
        self.repository = FeedRepository(store)
        self.transit = TransitRepository(store)
        self.monitor = Monitor(feed, CONNECTOR.manifest, Mode.TAXI, self.repository)
        self.writer = FeedWriter(store, feed, frozenset())
        self.receiver = Receiver(
            feed,
            CONNECTOR,
            context,
            monitor=self.monitor,
            writer=self.writer,
            repository=self.repository,
            seen=self.seen.extend,
        )
        self.task: asyncio.Task[None] | None = None
        self.terminals: list[Terminal] = []

    async def start(self) -> "Rig":
        await self.receiver.start()
        self.task = asyncio.create_task(self.receiver.run())
        return self

    async def call(self) -> Terminal:
        self.terminals.append(await Terminal.call(self.receiver.port))
        return self.terminals[-1]

    async def stop(self) -> None:
        if self.task is not None:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)
            self.task = None
        for terminal in self.terminals:
            await terminal.close()

    async def taxis(self) -> list[dict]:
        return [row for row in await self.transit.vehicles() if row["feed"] == self.feed.id]


@pytest.fixture
async def rig_of(store: Store, request):
    made: list[Rig] = []

    async def make(listen: str = "127.0.0.1:0", **options) -> Rig:
        made.append(
            Rig(store, f"taxi-{len(made)}-{abs(hash(request.node.name)) % 10**6}", listen, options)
        )
        return await made[-1].start()

    yield make
    for rig in made:
        await rig.stop()


async def test_a_terminal_registers_authenticates_beats_and_reports(rig_of, clock):
    """Each message is answered in turn; the position is stored before its answer comes."""
    rig = await rig_of()
    taxi = await rig.call()
    isu = "100000000001"
    taxi.writer.write(encode_frame(Frame(MessageId.REGISTRATION, isu, 1, b"\x00" * 37)))
    registered = await taxi.answer()
    assert (registered.message_id, registered.body[:3]) == (0x8100, b"\x00\x01\x00")
    taxi.writer.write(encode_frame(Frame(MessageId.AUTHENTICATION, isu, 2, registered.body[3:])))
    assert await taxi.reply() == PlatformReply(2, MessageId.AUTHENTICATION, Result.OK)
    taxi.writer.write(encode_frame(Frame(MessageId.HEARTBEAT, isu, 3)))
    assert await taxi.reply() == PlatformReply(3, MessageId.HEARTBEAT, Result.OK)
    taxi.writer.write(position(clock(), status=Status.LOADED, serial=4))
    assert await taxi.reply() == PlatformReply(4, MessageId.POSITION, Result.OK)
    (row,) = await rig.taxis()
    assert (row["mode"], row["taxi_state"]) == ("TAXI", "ON_TRIP")
    assert isu not in str(row)
    assert [record.id for record in rig.seen] == [row["_id"]]
    assert rig.monitor.health.link is LinkState.UP
    await rig.monitor.save()
    status = await rig.repository.get(rig.feed.id)
    assert (status["state"], status["totals"]["rejected"]) == ("HEALTHY", 0)


async def test_the_answer_waits_for_the_durable_write(rig_of, clock, monkeypatch):
    """While the database cannot be written a position is not acknowledged; then it is, once."""
    rig = await rig_of()
    tried, back = asyncio.Event(), asyncio.Event()
    apply = rig.writer.apply

    async def away(batch):
        tried.set()
        if not back.is_set():
            raise RetryLater("no primary")
        return await apply(batch)

    monkeypatch.setattr(rig.writer, "apply", away)
    taxi = await rig.call()
    taxi.writer.write(position(clock()))
    await asyncio.wait_for(tried.wait(), PATIENCE)
    early = asyncio.create_task(taxi.reply())
    done, _ = await asyncio.wait({early}, timeout=0.3)
    assert not done
    assert await rig.taxis() == []
    back.set()
    assert (await early).result is Result.OK
    assert len(await rig.taxis()) == 1


async def test_split_and_glued_bytes_read_the_same(rig_of, clock):
    """One byte at a time, then three frames in one piece: four answers in order."""
    rig = await rig_of()
    taxi = await rig.call()
    for byte in position(clock(), serial=1):
        taxi.writer.write(bytes([byte]))
        await taxi.writer.drain()
    assert (await taxi.reply()).serial == 1
    taxi.writer.write(b"".join(position(clock(), serial=number) for number in (2, 3, 4)))
    assert [(await taxi.reply()).serial for _ in range(3)] == [2, 3, 4]


async def test_every_state_of_a_taxi_reaches_the_database(rig_of, store, clock):
    """Vacant, loaded and vacant again in one write window are three changes in the stream."""
    rig = await rig_of()
    taxi = await rig.call()
    async with await store.db["vehicles"].watch(
        [{"$match": {"fullDocument.feed": rig.feed.id}}]
    ) as stream:
        taxi.writer.write(
            b"".join(
                position(clock() + timedelta(seconds=at), status=status, serial=at)
                for at, status in enumerate((VACANT, Status.LOADED, VACANT))
            )
        )
        states = [(await stream.next())["fullDocument"]["taxi_state"] for _ in range(3)]
    assert states == ["AVAILABLE", "ON_TRIP", "AVAILABLE"]


async def test_a_hostile_peer_harms_nobody(rig_of, clock):
    """Garbage ends its own connection; an honest terminal beside it is answered all the same."""
    rig = await rig_of()
    hostile, taxi = await rig.call(), await rig.call()
    hostile.writer.write(b"\x7e\x00" * 5000)
    taxi.writer.write(position(clock()))
    assert (await taxi.reply()).result is Result.OK
    assert await hostile.closed()
    taxi.writer.write(position(clock() + timedelta(seconds=1), serial=2))
    assert (await taxi.reply()).serial == 2
    rejects = await rig.repository.rejects(rig.feed.id)
    assert {reject["reason"] for reject in rejects} == {"BAD_LENGTH"}
    assert rig.monitor.totals["rejected"] == 32


async def test_an_endless_frame_is_refused_and_the_stream_goes_on(rig_of, clock):
    """A frame that never ends costs 4 kB; the next one on the same connection is read."""
    rig = await rig_of()
    taxi = await rig.call()
    taxi.writer.write(b"\x7e" + b"\x01" * 500_000 + position(clock()))
    assert (await taxi.reply()).result is Result.OK
    assert rig.monitor.totals["rejected"] == 1


async def test_a_refused_position_is_counted_and_the_reason_kept(rig_of, clock):
    """A position in the future is answered as bad, stored nowhere, and counted."""
    rig = await rig_of()
    taxi = await rig.call()
    taxi.writer.write(position(clock() + timedelta(hours=1)))
    assert (await taxi.reply()).result is Result.BAD_MESSAGE
    assert await rig.taxis() == []
    (reject,) = await rig.repository.rejects(rig.feed.id)
    assert reject["reason"] == "TIMESTAMP_IN_FUTURE"


async def test_a_silent_peer_is_disconnected(rig_of):
    """After three missed heartbeats, dripping bytes without a whole message included."""
    rig = await rig_of(heartbeat_s=0.1)
    silent, dripping = await rig.call(), await rig.call()

    async def drip() -> None:
        while True:
            dripping.writer.write(b"\x01")
            await asyncio.sleep(0.05)

    task = asyncio.create_task(drip())
    assert await silent.closed()
    assert await dripping.closed()
    task.cancel()


async def test_connections_are_capped(rig_of, clock):
    """One more than the cap is refused; those connected stay, and a place freed can be taken."""
    rig = await rig_of(max_connections=10, max_connections_per_peer=2)
    first, second = await rig.call(), await rig.call()
    second.writer.write(position(clock()))
    await second.reply()
    third = await rig.call()
    assert await third.closed()
    first.writer.write(position(clock(), isu="100000000002"))
    assert (await first.reply()).result is Result.OK
    assert rig.receiver.connections == 2


async def test_a_port_in_use_is_one_line(rig_of):
    """The message names the feed and the address, and says what to do."""
    rig = await rig_of()
    with pytest.raises(StartError) as caught:
        await rig_of(f"127.0.0.1:{rig.receiver.port}")
    said = str(caught.value)
    assert f"127.0.0.1:{rig.receiver.port}" in said
    assert "listen" in said
    assert "\n" not in said


async def test_stopping_writes_and_answers_what_was_read(rig_of, clock, monkeypatch):
    """A position in the queue when the feed stops is stored and acknowledged before the end."""
    rig = await rig_of()
    queued = asyncio.Event()
    put = rig.receiver._inflow.put

    async def watched(exchange, answer):
        await put(exchange, answer)
        queued.set()

    monkeypatch.setattr(rig.receiver._inflow, "put", watched)
    taxi = await rig.call()
    taxi.writer.write(position(clock()))
    await asyncio.wait_for(queued.wait(), PATIENCE)
    rig.task.cancel()
    assert (await taxi.reply()).result is Result.OK
    assert await taxi.closed()
    assert len(await rig.taxis()) == 1
    (kept,) = await rig.repository.raw_since(rig.feed.id, clock() - timedelta(minutes=1))
    replayed = CONNECTOR.parse(replace(kept, received_at=clock()), rig.receiver._context)
    assert [record.id for record in replayed.records] == [record.id for record in rig.seen]


async def test_many_terminals_are_served_at_once(rig_of, clock):
    """Two hundred terminals report five times each: all is acknowledged, every taxi stored."""
    rig = await rig_of()

    async def drive(number: int) -> None:
        taxi = await rig.call()
        for step in range(5):
            taxi.writer.write(
                position(
                    clock() + timedelta(seconds=step),
                    lat=31.2 + number / 1e4 + step / 1e5,
                    isu=f"2000000{number:05d}",
                    serial=step,
                )
            )
            assert (await taxi.reply()).serial == step

    await asyncio.gather(*(drive(number) for number in range(200)))
    assert len(await rig.taxis()) == 200
    assert rig.monitor.totals["accepted"] == 1000
