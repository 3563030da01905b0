"""The connections a TCP feed's peers ask the hub to open to them: made, kept, made again, ended.

Where they lead is the peer's word, so the guard decides first; a refusal is shown in the feed's
health and costs nothing else. While the peer's own connection stands, a callback that breaks is
made again, later every time; when the peer is gone, the callback serves as long as it holds.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from hub import clock
from hub.connector import Callback, Exchange, Outgoing, Session
from hub.errors import FeedStopped, RetryLater
from hub.ingest.durable import pause
from hub.ingest.guard import callback_address
from hub.ingest.status import Beside, Monitor
from hub.ingest.streams import READ_BYTES, send
from hub.model.feeds import LinkState
from hub.settings import FeedSettings

MOST = 16
"""Callbacks of one feed: it has one peer, or a few."""
CONNECT_SECONDS = 10.0
TICK_SECONDS = 1.0
FIRST_WAIT, LONGEST_WAIT = 1.0, 30.0
"""Seconds before it is made again; no longer, since the peer itself is there."""
STEADY_SECONDS = 60.0
"""A connection that held for so long was a good one: the pauses begin anew."""

Answer = Callable[[list[bytes]], None]
Put = Callable[[Exchange, Answer], Awaitable[None]]

log = structlog.get_logger()


class Callbacks:
    """All callbacks of one feed. `aclose` it."""

    def __init__(
        self, feed: FeedSettings, monitor: Monitor, put: Put, changed: Callable[[], None]
    ) -> None:
        """`put` takes what a callback brings, and how to answer; `changed` looks at `standing`."""
        self._feed = feed
        self._monitor = monitor
        self._put = put
        self._changed = changed
        self._asked: dict[Session, Callback] = {}
        self._callers: dict[str, _Caller] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def standing(self) -> bool:
        """Whether any stands now."""
        return any(caller.standing for caller in self._callers.values())

    def follow(self, session: Session, address: str, tell: Answer) -> None:
        """See to it that there is what a peer asks for now.

        `address` is where it calls from; `tell` speaks to it over its own connection.
        """
        wanted, had = session.callback, self._asked.pop(session, None)
        if wanted is not None:
            self._asked[session] = wanted
        if wanted is had:
            return
        if wanted is not None:
            self._begin(wanted, address, tell)
        elif had is not None and (caller := self._of(had)):
            caller.end()

    def left(self, session: Session) -> None:
        """The peer is gone; what it did not take back before may stand."""
        had = self._asked.pop(session, None)
        if had is None or (caller := self._of(had)) is None:
            return
        if session.callback is None:
            caller.end()
        else:
            caller.leave()

    async def aclose(self) -> None:
        """End all of them, in agreement where they stand."""
        for caller in list(self._callers.values()):
            caller.end()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _of(self, callback: Callback) -> "_Caller | None":
        caller = self._callers.get(callback.name)
        return caller if caller is not None and caller.callback is callback else None

    def _begin(self, callback: Callback, address: str, tell: Answer) -> None:
        before = self._callers.get(callback.name)
        if before is not None:
            before.drop()
        elif len(self._callers) >= MOST:
            log.warning("callback refused", feed=self._feed.id, name=callback.name, most=MOST)
            return
        caller = _Caller(self._feed, callback, address, tell, self._monitor, self._put)
        self._callers[callback.name] = caller
        caller.task = asyncio.create_task(caller.run(), name=f"callback {callback.name}")
        caller.task.add_done_callback(lambda task: self._over(caller, task))
        self._tasks.add(caller.task)

    def _over(self, caller: "_Caller", task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        name = caller.callback.name
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("callback failed", feed=self._feed.id, name=name, exc_info=error)
        if self._of(caller.callback) is caller:
            del self._callers[name]
            self._monitor.beside.pop(name, None)
            self._changed()


class _Caller:
    """One callback from the first attempt to the last. `task` is what runs it."""

    task: "asyncio.Task[None]"

    def __init__(
        self,
        feed: FeedSettings,
        callback: Callback,
        address: str,
        tell: Answer,
        monitor: Monitor,
        put: Put,
    ) -> None:
        self.callback = callback
        self._feed = feed
        self._address = address
        self._tell = tell
        self._monitor = monitor
        self._put = put
        self._wanted = True
        self._link: Outgoing | None = None
        self._writer: asyncio.StreamWriter | None = None

    @property
    def standing(self) -> bool:
        """Whether it stands now."""
        return self._link is not None and self._link.standing

    def leave(self) -> None:
        """The peer is gone: what stands may stand, and is not made again."""
        self._wanted = False
        if not self.standing:
            self.drop()

    def end(self) -> None:
        """Nobody wants it any more: say goodbye if it stands."""
        self._wanted = False
        if self._link is not None and self._link.standing and self._writer is not None:
            send(self._writer, [self._link.closing(clock.now())])
        else:
            self.drop()

    def drop(self) -> None:
        """End it at once."""
        self.task.cancel()

    async def run(self) -> None:
        """Call until nobody wants it. What may not be called is not called, and that is shown."""
        self._says(LinkState.CONNECTING)
        loop, failures = asyncio.get_running_loop(), 0
        while self._wanted:
            began = loop.time()
            try:
                why = await self._call()
            except FeedStopped as error:
                self._failed(LinkState.REFUSED, str(error), stood=False)
                await asyncio.Event().wait()  # until the peer asks for another, or leaves
            except (OSError, TimeoutError, RetryLater) as error:
                why = f"it cannot be made: {getattr(error, 'strerror', None) or error or 'timeout'}"
            stood = self._state is LinkState.UP
            failures = 1 if stood and loop.time() - began > STEADY_SECONDS else failures + 1
            if self._wanted:
                self._failed(LinkState.DOWN, why, stood=stood)
                await asyncio.sleep(pause(failures, first=FIRST_WAIT, longest=LONGEST_WAIT))

    async def _call(self) -> str:
        """Make the connection and serve it; why it is over."""
        called = self.callback
        host = await callback_address(
            called.host,
            called.port,
            caller=self._address,
            hosts=called.hosts,
            allow_private=self._feed.allow_private,
        )
        async with asyncio.timeout(CONNECT_SECONDS):
            reader, writer = await asyncio.open_connection(host, called.port, limit=READ_BYTES)
        link = called.dial(clock.now())
        self._link, self._writer = link, writer
        try:
            send(writer, [link.opening(clock.now())])
            return await self._converse(link, reader, writer)
        finally:
            self._link = self._writer = None
            writer.close()

    async def _converse(
        self, link: Outgoing, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> str:
        while True:
            data = await _read(reader)
            if data == b"":
                return "the peer hung up."
            now = clock.now()
            if data:
                exchange = link.receive(data, now)
                exchange.received_at = now
                if exchange.batch.entities:
                    await self._put(exchange, lambda replies: send(writer, replies))
                if exchange.close:
                    return link.ended or "what comes over it is not the protocol."
            send(writer, [link.tick(now)])
            if link.ended is not None:
                return link.ended
            if link.standing and self._state is not LinkState.UP:
                self._says(LinkState.UP)
                log.info("callback stands", feed=self._feed.id, name=self.callback.name)

    @property
    def _state(self) -> LinkState | None:
        shown = self._monitor.beside.get(self.callback.name)
        return shown.link if shown else None

    def _failed(self, link: LinkState, why: str, *, stood: bool) -> None:
        """Show it; say it, to the log and to the peer, only once until it stands again."""
        if self._state in {LinkState.CONNECTING, LinkState.UP}:
            log.warning("callback lost", feed=self._feed.id, name=self.callback.name, detail=why)
            self._tell([self.callback.lost(clock.now(), stood)])
        self._says(link, why)

    def _says(self, link: LinkState, detail: str | None = None) -> None:
        name = self.callback.name
        self._monitor.beside[name] = Beside(self.callback.host, self.callback.port, link, detail)


async def _read(reader: asyncio.StreamReader) -> bytes | None:
    """What came, b"" at the end; None when nothing did until the next tick."""
    try:
        async with asyncio.timeout(TICK_SECONDS):
            return await reader.read(READ_BYTES)
    except TimeoutError:
        return None
