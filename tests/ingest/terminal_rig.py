"""A JT/T 905 feed that listens, and taxis that call it, over real sockets."""

import asyncio
from contextlib import suppress
from zoneinfo import ZoneInfo

from connectors.jtt905 import CONNECTOR
from hub.connector import Context, Incrementality, options_of
from hub.formats.jtt.framing import Splitter
from hub.formats.jtt.t905 import (
    Frame,
    MessageId,
    PlatformReply,
    Status,
    decode_frame,
    decode_platform_reply,
    encode_frame,
)
from hub.formats.jtt.t905_position import PositionReport, encode_position
from hub.ingest.receiver import Receiver
from hub.ingest.status import Monitor
from hub.model.common import Mode
from hub.settings import FeedSettings
from hub.store.driver import Store
from hub.store.feeds.apply import FeedWriter
from hub.store.feeds.cache import FeedRepository
from hub.store.feeds.transit import TransitRepository

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
        self.monitor = Monitor(
            feed, CONNECTOR.manifest, Mode.TAXI, self.repository, zone=ZoneInfo("Asia/Shanghai")
        )
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
