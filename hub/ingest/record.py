"""Behind `liandong feed record`: payloads of a live feed into files, for tests to read."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from hub import clock
from hub.connector import Connector, Envelope
from hub.errors import RetryLater, StartError, UserFault
from hub.ingest.check import context_for
from hub.ingest.fetch import Fetcher
from hub.ingest.gather import Gatherer
from hub.ingest.streams import READ_BYTES
from hub.settings import FeedSettings

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
            envelope = await _polled(source, missed if found else None)
            if envelope is not None and envelope.sha256 not in found:
                path = out if seconds is None else _timed(out, envelope.received_at)
                await asyncio.to_thread(_write, path, envelope.body)
                recorded = Recorded(path, envelope.size, envelope.received_at)
                found[envelope.sha256] = recorded
                wrote(recorded)
            if loop.time() + every > end:
                return list(found.values())
            await asyncio.sleep(every)
    finally:
        await source.aclose()


async def _polled(
    source: "_Source", missed: Callable[[RetryLater], None] | None
) -> Envelope | None:
    """What one poll gave; a failure is told to `missed`, or raised where nobody is told."""
    try:
        return await source.get()
    except RetryLater as error:
        if missed is None:
            raise
        missed(error)
        return None


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
    many seconds, at `max_bytes`, or when cancelled; what came until then is written. Raises
    StartError when it cannot listen, UserFault NOTHING_CAME or FILE_EXISTS.
    """
    if connector is not None and connector.open_session is None:
        raise UserFault("NOT_LISTENING", f"kind {connector.manifest.kind} is not called by peers.")
    _refuse_existing(out)
    began, peers = clock.now(), _Peers(connector, max_bytes)
    try:
        server = await asyncio.start_server(peers.accept, host, port, limit=READ_BYTES)
    except OSError as error:
        raise StartError(
            f"tcp://{host}:{port} cannot be listened on: {error.strerror or error}."
        ) from error
    listening(server.sockets[0].getsockname()[1])
    try:
        async with asyncio.timeout(seconds):
            await peers.full.wait()
    except TimeoutError:
        pass  # the time is over
    finally:
        server.close()
        await peers.end()
        if peers.size:
            _write(out, peers.body())
    if not peers.size:
        raise UserFault("NOTHING_CAME", f"Nobody sent anything to tcp://{host}:{port}.")
    return Recorded(out, peers.size, began)


class _Peers:
    """What peers send, each by itself, so that no frame of one is cut by another's."""

    def __init__(self, connector: Connector | None, limit: int) -> None:
        self._open_session = connector.open_session if connector else None
        self._context = context_for(connector, None) if connector else None
        self._limit = limit
        self._sent: list[list[bytes]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self.size = 0
        self.full = asyncio.Event()

    def body(self) -> bytes:
        """Everything kept, peer after peer."""
        return b"".join(b"".join(sent) for sent in self._sent)

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one peer until it leaves."""
        task = asyncio.current_task()
        if task is None or len(self._tasks) >= MAX_PEERS:
            writer.transport.abort()
            return
        self._tasks.add(task)
        try:
            await self._listen(reader, writer)
        except OSError:
            pass  # gone; what it sent is kept
        finally:
            self._tasks.discard(task)
            writer.close()

    async def end(self) -> None:
        """Leave every peer."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sent: list[bytes] = []
        self._sent.append(sent)
        session = None
        if self._open_session is not None and self._context is not None:
            session = self._open_session(self._context)
        while data := await reader.read(READ_BYTES):
            if session is None:
                self._keep(sent, data)
                continue
            exchange = session.receive(data, clock.now())
            for frame in exchange.raw:
                self._keep(sent, frame)
            writer.writelines(exchange.replies)
            await writer.drain()
            if exchange.close:
                return

    def _keep(self, sent: list[bytes], data: bytes) -> None:
        if self.size + len(data) > self._limit:
            self.full.set()
            return
        sent.append(data)
        self.size += len(data)


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
