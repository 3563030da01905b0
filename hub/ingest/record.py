"""Behind `liandong feed record`: payloads of a live feed into files, for tests to read."""

import asyncio
import re
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from hub import clock
from hub.connector import Connector, Context, Envelope, Session
from hub.errors import RetryLater, StartError, UserFault
from hub.ingest.check import context_for
from hub.ingest.fetch import Fetcher
from hub.ingest.gather import Gatherer
from hub.settings import FeedSettings

READ_BYTES = 4096
MAX_PEERS = 256
MAX_BYTES = 64 * 1024 * 1024
_UNFIT = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Recorded:
    """One file: what `feed check --at` needs to read it again."""

    path: Path
    size: int
    at: datetime


def default_name(url: str) -> str:
    """A file name for what lies behind a URL: its last part, else its host."""
    parts = urlsplit(url)
    name = Path(parts.path).name or parts.hostname or "feed"
    name = _UNFIT.sub("-", name).strip("-.")
    return name if Path(name).suffix else f"{name}.bin"


async def record_http(
    url: str,
    out: Path,
    *,
    allow_private: bool,
    connector: Connector | None = None,
    seconds: float | None = None,
    every: float = 20.0,
    wrote: Callable[[Recorded], None] = lambda _recorded: None,
    missed: Callable[[RetryLater], None] = lambda _error: None,
) -> list[Recorded]:
    """Fetch `url` once into `out`, or for so many seconds, each distinct payload into a file.

    A `connector` says what to ask, where that is more than a GET. The files of several carry the
    time they came: `out-20261123T101500Z.pb`. Nothing is overwritten.

    `missed` is told of polls that failed; the first one's failure is raised: RetryLater,
    FeedStopped (also for an address that may not be reached), PayloadError. Raises UserFault
    FILE_EXISTS.
    """
    feed = FeedSettings(id="record", kind="record", url=url, allow_private=allow_private)
    source = _Source(feed, url, connector)
    loop = asyncio.get_running_loop()
    end = loop.time() + (seconds or 0.0)
    found: dict[str, Recorded] = {}
    try:
        while True:
            try:
                envelope = await source.get()
            except RetryLater as error:
                if not found:
                    raise
                missed(error)
                envelope = None
            if envelope is not None and envelope.sha256 not in found:
                path = out if seconds is None else _timed(out, envelope.received_at)
                await asyncio.to_thread(_write, path, envelope.body)
                recorded = Recorded(path, len(envelope.body), envelope.received_at)
                found[envelope.sha256] = recorded
                wrote(recorded)
            if loop.time() + every > end:
                return list(found.values())
            await asyncio.sleep(every)
    finally:
        await source.aclose()


class _Source:
    """One URL, asked as its connector asks: what it posts, and the documents an index names."""

    def __init__(self, feed: FeedSettings, url: str, connector: Connector | None) -> None:
        self._connector = connector
        self._plain = Fetcher(feed, url)
        self._whole = Gatherer(feed, connector, None) if connector else None
        self._context = context_for(connector, None) if connector else None

    async def get(self) -> Envelope | None:
        """The payload now; None if its server says it has not changed."""
        if self._connector is None or self._whole is None or self._context is None:
            return await self._plain.get()
        request = self._connector.request
        asked = request(self._context, clock.now()) if request else None
        return await self._whole.get(self._context, asked)

    async def aclose(self) -> None:
        await self._plain.aclose()
        if self._whole is not None:
            await self._whole.aclose()


@dataclass
class _Kept:
    """What peers sent, each by itself, so that no frame of one is cut by another's."""

    limit: int
    peers: list[list[bytes]] = field(default_factory=list)
    size: int = 0
    full: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, peer: list[bytes], data: bytes) -> None:
        if self.size + len(data) > self.limit:
            self.full.set()
            return
        peer.append(data)
        self.size += len(data)

    def body(self) -> bytes:
        return b"".join(b"".join(peer) for peer in self.peers)


async def record_tcp(
    host: str,
    port: int,
    out: Path,
    *,
    seconds: float,
    connector: Connector | None = None,
    max_bytes: int = MAX_BYTES,
    listening: Callable[[int], None] = lambda _port: None,
) -> Recorded:
    """Listen for peers and keep what they send in one file, peer after peer.

    Without a connector: every byte as it came, and no answer. With one, peers are answered as the
    hub would, and what is kept is what the hub keeps: frames without personal data. Ends after so
    many seconds, at `max_bytes`, or when cancelled; what came until then is written.

    Raises StartError when it cannot listen, UserFault NOTHING_CAME or FILE_EXISTS.
    """
    context = context_for(connector, None) if connector else None
    if connector is not None and connector.open_session is None:
        raise UserFault("NOT_LISTENING", f"kind {connector.manifest.kind} is not called by peers.")
    _refuse_existing(out)
    kept = _Kept(max_bytes)
    began = clock.now()
    tasks: set[asyncio.Task[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or len(tasks) >= MAX_PEERS:
            writer.transport.abort()
            return
        tasks.add(task)
        try:
            await _listen(reader, writer, kept, _session(connector, context))
        except OSError:
            pass  # gone; what it sent is kept
        finally:
            tasks.discard(task)
            writer.close()

    async with AsyncExitStack() as stack:
        stack.callback(lambda: _write(out, kept.body()) if kept.size else None)
        try:
            server = await asyncio.start_server(accept, host, port, limit=READ_BYTES)
        except OSError as error:
            raise StartError(
                f"tcp://{host}:{port} cannot be listened on: {error.strerror or error}."
            ) from error
        stack.push_async_callback(_end, server, tasks)
        listening(server.sockets[0].getsockname()[1])
        try:
            async with asyncio.timeout(seconds):
                await kept.full.wait()
        except TimeoutError:
            pass  # the time is over
    if not kept.size:
        raise UserFault("NOTHING_CAME", f"Nobody sent anything to tcp://{host}:{port}.")
    return Recorded(out, kept.size, began)


async def _listen(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    kept: _Kept,
    session: Session | None,
) -> None:
    mine: list[bytes] = []
    kept.peers.append(mine)
    while data := await reader.read(READ_BYTES):
        if session is None:
            kept.add(mine, data)
            continue
        exchange = session.receive(data, clock.now())
        for frame in exchange.raw:
            kept.add(mine, frame)
        writer.writelines(exchange.replies)
        await writer.drain()
        if exchange.close:
            return


def _session(connector: Connector | None, context: Context | None) -> Session | None:
    if connector is None or context is None or connector.open_session is None:
        return None
    return connector.open_session(context)


async def _end(server: asyncio.Server, tasks: "set[asyncio.Task[None]]") -> None:
    server.close()
    for task in list(tasks):
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _timed(out: Path, at: datetime) -> Path:
    return out.with_name(f"{out.stem}-{at:%Y%m%dT%H%M%SZ}{out.suffix}")


def _refuse_existing(path: Path) -> None:
    if path.exists():
        raise UserFault("FILE_EXISTS", f"{path} exists.", hint="Give another --out.")


def _write(path: Path, body: bytes) -> None:
    try:
        with path.open("xb") as file:
            file.write(body)
    except FileExistsError:
        _refuse_existing(path)
    except OSError as error:
        raise UserFault("NOT_WRITTEN", f"{path} cannot be written: {error.strerror}.") from error
