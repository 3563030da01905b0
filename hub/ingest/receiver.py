"""One TCP server feed: peers call, what they send is made durable, then answered.

A peer costs a session and two small buffers. One that is slow, silent or hostile is disconnected;
the others do not notice.
"""

import asyncio
import contextlib
import socket
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import timedelta

import structlog

from hub import clock
from hub.connector import Batch, Connector, Context, Exchange, Record, Session, TcpServerConfig
from hub.errors import Reason, StartError
from hub.ingest.callbacks import Callbacks
from hub.ingest.capture import Capture
from hub.ingest.durable import until_durable
from hub.ingest.inflow import Inflow
from hub.ingest.status import Monitor
from hub.ingest.streams import MAX_UNREAD, READ_BYTES, address, send
from hub.settings import FeedSettings
from hub.store.feeds.apply import FeedWriter
from hub.store.feeds.cache import FeedRepository

MISSED_HEARTBEATS = 3
BACKLOG = 512
DRAIN_SECONDS = 5.0

log = structlog.get_logger()


def endpoint(feed: FeedSettings) -> tuple[str, int]:
    """Host and port of `listen`. Raises StartError."""
    host, colon, port = (feed.listen or "").rpartition(":")
    if not colon or not host or not port.isdecimal() or int(port) > 65535:
        raise StartError(
            f"feed {feed.id}: listen = {feed.listen!r}: expected host:port, as 0.0.0.0:8905."
        )
    return host.strip("[]"), int(port)


class Receiver:
    """Serves the peers of one feed. `start`, then `run` until cancelled."""

    def __init__(
        self,
        feed: FeedSettings,
        connector: Connector,
        context: Context,
        *,
        monitor: Monitor,
        writer: FeedWriter,
        repository: FeedRepository,
        seen: Callable[[Iterable[Record]], None] = lambda _records: None,
    ) -> None:
        if connector.open_session is None or not isinstance(context.config, TcpServerConfig):
            raise StartError(f"feed {feed.id}: kind {feed.kind} cannot listen.")
        self._feed = feed
        self._limits = context.config
        self._open_session = connector.open_session
        self._context = context
        self._monitor = monitor
        self._writer = writer
        self._repository = repository
        self._seen = seen
        self._capture = Capture(feed, repository)
        self._inflow = Inflow(self.write)
        self._callbacks = Callbacks(feed, monitor, self._inflow.put, self._link_changed)
        self._server: asyncio.Server | None = None
        self._peers: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._refusing = False

    @property
    def connections(self) -> int:
        """Peers connected now."""
        return self._peers.total()

    @property
    def port(self) -> int:
        """The port listened on (the system's choice when `listen` says 0)."""
        if self._server is None:
            return 0
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def start(self) -> None:
        """Listen. Raises StartError, in one line, when the port is taken or the host not ours."""
        host, port = endpoint(self._feed)
        try:
            self._server = await asyncio.start_server(
                self._accept, host, port, limit=READ_BYTES, backlog=BACKLOG
            )
        except (OSError, socket.gaierror) as error:
            raise StartError(
                f"feed {self._feed.id}: cannot listen on {self._feed.listen}: "
                f"{error.strerror or error}.",
                hint="Stop what uses that port, or set another listen.",
            ) from error
        for listening in self._server.sockets:  # its connections inherit this
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, MAX_UNREAD)
        log.info("feed listens", feed=self._feed.id, host=host, port=self.port)

    async def run(self) -> None:
        """Write and answer what arrives until cancelled, then finish what was begun."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._inflow.run())
                group.create_task(self._capture.run())
        finally:
            await self._drain()

    async def _drain(self) -> None:
        """Take nobody new, write and answer what was read, close."""
        if self._server is not None:
            self._server.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                await self._callbacks.aclose()
                await self._inflow.drain()
                await self._capture.flush()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        peer = address(writer)
        if task is None or not self._admit(peer):
            writer.transport.abort()
            return
        self._tasks.add(task)
        session = self._open_session(self._context)
        try:
            await self._converse(session, reader, writer)
        except (OSError, TimeoutError):
            pass  # gone, or silent for too long: either way it may call again
        except asyncio.CancelledError:
            pass  # the feed stops; nothing is above this task
        except Exception:
            log.exception("session failed", feed=self._feed.id)
        finally:
            self._tasks.discard(task)
            self._callbacks.left(session)
            self._leave(peer)
            writer.close()

    async def _converse(
        self, session: Session, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Read until the peer leaves, is silent for too long, or turns out to be no terminal."""
        loop = asyncio.get_running_loop()
        patience = self._limits.heartbeat_s * MISSED_HEARTBEATS
        deadline = loop.time() + patience

        def answer(replies: list[bytes]) -> None:
            send(writer, replies)
            if not writer.is_closing():
                self._callbacks.follow(session, address(writer), lambda told: send(writer, told))

        while True:
            async with asyncio.timeout_at(deadline):
                data = await reader.read(READ_BYTES)
            if not data:
                return
            now = clock.now()
            exchange = session.receive(data, now)
            exchange.received_at = now
            self._tell_refused(exchange)
            if exchange.batch.entities:
                await self._inflow.put(exchange, answer)
            if exchange.close:
                log.info("peer disconnected as no terminal", feed=self._feed.id)
                return
            if exchange.replies or exchange.batch.accepted:
                deadline = loop.time() + patience

    async def write(self, batches: list[Batch], exchanges: list[Exchange]) -> None:
        """Make what was gathered durable: `batches` are what `exchanges` said, in order."""
        for batch in batches:
            if batch.records:
                await until_durable(self._feed.id, lambda batch=batch: self._writer.apply(batch))  # type: ignore[misc]
        now = clock.now()
        whole = Batch(
            as_of=max((batch.as_of for batch in batches if batch.as_of), default=None),
            entities=batches[0].entities,
            rejects=batches[0].rejects,
            notes=batches[0].notes,
        )
        for exchange in exchanges:
            self._seen(exchange.batch.records)
        size = self._capture.add(exchanges, now)
        if whole.as_of is None:
            self._monitor.counted(whole, size=size, now=now)
        else:
            self._monitor.payload(whole, size=size, now=now)
        await until_durable(
            self._feed.id, lambda: self._monitor.refuse(whole.rejects + whole.notes)
        )

    def _tell_refused(self, exchange: Exchange) -> None:
        """What a peer was told, or hung up on for, is told of the feed too."""
        refused = [
            f"{one.native_id}: {one.detail}"
            for one in exchange.batch.rejects
            if one.reason is Reason.NOT_AUTHENTICATED
        ]
        if refused:
            self._turned_away(f"拒绝了对端 A peer was refused, {refused[-1]}")
        elif exchange.close:
            self._turned_away(
                "断开了对端 A peer was disconnected: it does not speak the protocol of this kind.",
                degrades=False,
            )

    def _turned_away(self, detail: str, *, degrades: bool = True) -> None:
        """Told for as long as a peer may be silent: one that comes again tells it again."""
        until = clock.now() + timedelta(seconds=self._limits.heartbeat_s * MISSED_HEARTBEATS)
        self._monitor.health = self._monitor.health.turned_away(detail, until, degrades=degrades)

    def _admit(self, peer: str) -> bool:
        """Whether one more connection of this peer is within the caps."""
        full = self._full(peer)
        if bool(full) != self._refusing:
            self._refusing = bool(full)
            if full:
                log.warning("connections refused", feed=self._feed.id, connected=self.connections)
        if full:
            self._turned_away(f"拒绝了连接 Connections are refused: {full}")
            return False
        self._peers[peer] += 1
        self._monitor.health = self._monitor.health.connected()
        return True

    def _full(self, peer: str) -> str | None:
        """Which cap is reached, and what would raise it; None if none is."""
        limits = self._limits
        if self.connections >= limits.max_connections:
            return f"options.max_connections = {limits.max_connections} are there already."
        if self._peers[peer] >= limits.max_connections_per_peer:
            most = limits.max_connections_per_peer
            return f"options.max_connections_per_peer = {most} of {peer} are there already."
        return None

    def _leave(self, peer: str) -> None:
        self._peers[peer] -= 1
        if not self._peers[peer]:
            del self._peers[peer]
        self._link_changed()

    def _link_changed(self) -> None:
        """Nobody calls and nobody is called: the feed waits."""
        if not self._peers and not self._callbacks.standing:
            self._monitor.health = self._monitor.health.waiting()
