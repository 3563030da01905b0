"""A listening JT/T feed on a real database, and peers of it over real sockets."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from zoneinfo import ZoneInfo

from connectors import connector
from connectors.jtt.capture import Dialect
from connectors.jtt808.reader import DIALECT as TERMINALS
from connectors.jtt809.reader import DIALECT as PLATFORMS
from hub.connector import Context, Incrementality, options_of
from hub.formats.jtt import t809 as jtt809
from hub.formats.jtt.framing import Splitter
from hub.formats.jtt.t808 import MessageId, Result
from hub.formats.jtt.t808_position import PositionReport, Status
from hub.formats.jtt.t809 import Login, Message, encode_login
from hub.formats.jtt.t809_dynamic import Dynamic, SubType, encode_dynamic, encode_gnss
from hub.ingest.receiver import Receiver
from hub.ingest.status import Monitor
from hub.model.common import Mode
from hub.settings import FeedSettings
from hub.store.driver import Store
from hub.store.feeds.apply import FeedWriter
from hub.store.feeds.cache import FeedRepository
from hub.store.feeds.transit import TransitRepository

PATIENCE = 5
PLATE = "沪A12345".encode("gbk")


class Peer:
    """A terminal or a lower platform: sends bytes, reads answers."""

    def __init__(
        self, dialect: Dialect, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._dialect, self._reader, self.writer = dialect, reader, writer
        self._splitter = Splitter(dialect.framing)
        self._answers: list = []

    def send(self, *wire: bytes) -> None:
        self.writer.write(b"".join(wire))

    async def answer(self):
        while not self._answers:
            async with asyncio.timeout(PATIENCE):
                data = await self._reader.read(4096)
            assert data, "the hub closed the connection"
            self._answers += map(self._dialect.decode_segment, self._splitter.feed(data))
        return self._answers.pop(0)

    async def result(self) -> Result:
        reply = await self.answer()
        assert reply.message_id == MessageId.PLATFORM_REPLY
        return Result(reply.body[4])

    async def closed(self) -> bool:
        async with asyncio.timeout(PATIENCE):
            with suppress(ConnectionError):
                while await self._reader.read(4096):
                    pass
        return True


class Rig:
    """A listening feed of a kind on a database of the test module."""

    def __init__(
        self,
        store: Store,
        kind: str,
        name: str,
        mode: Mode,
        options: dict,
        *,
        allow_private: bool = False,
    ) -> None:
        found = connector(kind)
        self.dialect: Dialect = TERMINALS if kind == "jtt808" else PLATFORMS
        self.feed = FeedSettings(
            id=name, kind=kind, listen="127.0.0.1:0", options=options, allow_private=allow_private
        )
        self.context = Context(
            feed_id=name,
            dataset=name,
            mode=mode,
            timezone=ZoneInfo("Asia/Shanghai"),
            incrementality=Incrementality.AUTO,
            config=options_of(found.manifest, options),
        )
        self.parse = found.parse
        self.repository = FeedRepository(store)
        self.monitor = Monitor(
            self.feed, found.manifest, mode, self.repository, zone=ZoneInfo("Asia/Shanghai")
        )
        self.writer = FeedWriter(store, self.feed, frozenset())
        self.receiver = Receiver(
            self.feed,
            found,
            self.context,
            monitor=self.monitor,
            writer=self.writer,
            repository=self.repository,
        )
        self._transit = TransitRepository(store)
        self._task: asyncio.Task[None] | None = None
        self._peers: list[Peer] = []

    async def start(self) -> "Rig":
        await self.receiver.start()
        self._task = asyncio.create_task(self.receiver.run())
        return self

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        for peer in self._peers:
            peer.writer.close()
            with suppress(ConnectionError):
                await peer.writer.wait_closed()

    async def call(self) -> Peer:
        connected = await asyncio.open_connection("127.0.0.1", self.receiver.port)
        self._peers.append(Peer(self.dialect, *connected))
        return self._peers[-1]

    async def vehicles(self) -> list[dict]:
        return [row for row in await self._transit.vehicles() if row["feed"] == self.feed.id]


RigOf = Callable[..., Awaitable[Rig]]


def report(moment, *, lat: float = 31.25) -> PositionReport:
    return PositionReport(lat=lat, lon=121.45, time=moment, status=Status.FIXED)


def up(message_id: int, body: bytes = b"", *, serial: int = 1) -> bytes:
    return jtt809.encode_message(Message(message_id, 31010001, serial, body))


def login(password: str = "secret", *, host: str = "127.0.0.1", port: int = 0) -> bytes:
    return up(0x1001, encode_login(Login(1001, password, host, port)))


def dynamic(*reports: PositionReport) -> bytes:
    data = bytes([len(reports)]) + b"".join(map(encode_gnss, reports))
    return up(0x1200, encode_dynamic(Dynamic(PLATE, 2, SubType.HISTORY, data)))
