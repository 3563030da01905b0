"""A TCP proxy that does to a connection what networks and broken servers do."""

import asyncio
import random
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from enum import Enum, auto

CHUNK = 4096
DRIP_SECONDS = 0.02


class Mode(Enum):
    """What becomes of the bytes that go towards `Chaos.victim`."""

    PASS = auto()
    DELAY = auto()  # each piece half a second late
    CUT = auto()  # so many bytes, then the end
    DRIP = auto()  # one byte at a time, for ever
    GARBAGE = auto()  # noise in their place
    BLACK_HOLE = auto()  # accepted, and nothing is ever said
    RESET = auto()  # accepted, then a reset


class Victim(Enum):
    """Towards which side the bytes are mistreated; the other direction passes."""

    CALLER = auto()
    CALLED = auto()


class Chaos:
    """One listening proxy in front of a port. `turn` changes its mode and drops what is open."""

    def __init__(self, upstream: int, victim: Victim) -> None:
        self.upstream = upstream
        self.port = 0
        self.after = 0
        self.delay = 0.5
        self.mode = Mode.PASS
        self._victim = victim
        self._open: set[asyncio.Task[None]] = set()

    def turn(self, mode: Mode, *, after: int = 0) -> None:
        """From now on like this; `after` bytes pass before a CUT."""
        self.mode, self.after = mode, after
        for task in self._open:
            task.cancel()

    def url(self, path: str = "/feed") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            with suppress(OSError, asyncio.CancelledError):
                await self._serve(reader, writer)
        finally:
            self._open.discard(task)
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.mode is Mode.RESET:
            raw = writer.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return
        if self.mode is Mode.BLACK_HOLE:
            await asyncio.Event().wait()
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.upstream)
        out = self._mistreat if self._victim is Victim.CALLED else _pass
        back = self._mistreat if self._victim is Victim.CALLER else _pass
        ways = [
            asyncio.create_task(out(reader, far_writer)),
            asyncio.create_task(back(far_reader, writer)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            far_writer.transport.abort()

    async def _mistreat(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        left = self.after
        noise = random.Random(1)
        while data := await reader.read(CHUNK):
            if self.mode is Mode.DELAY:
                await asyncio.sleep(self.delay)
            elif self.mode is Mode.GARBAGE:
                data = noise.randbytes(len(data))
            elif self.mode is Mode.CUT:
                data, left = data[:left], left - len(data)
            if self.mode is Mode.DRIP:
                await _drip(data, writer)
                continue
            writer.write(data)
            await writer.drain()
            if self.mode is Mode.CUT and left <= 0:
                writer.close()
                await writer.wait_closed()
                return
        if self.mode is Mode.DRIP:
            await asyncio.Event().wait()


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(CHUNK):
        writer.write(data)
        await writer.drain()


async def _drip(data: bytes, writer: asyncio.StreamWriter) -> None:
    for byte in data:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(DRIP_SECONDS)


@asynccontextmanager
async def chaos(upstream: int, victim: Victim = Victim.CALLER) -> AsyncIterator[Chaos]:
    """A proxy on a free port in front of `upstream`, passing until told otherwise."""
    proxy = Chaos(upstream, victim)
    server = await asyncio.start_server(proxy.accept, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        proxy.turn(Mode.PASS)
