"""A TCP connection that is kept up: made again whenever it is lost, later every time."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from random import Random

FIRST_RETRY, LAST_RETRY = 0.5, 15.0
"""Real seconds before a lost connection is tried again: the first time, and at most."""
CONNECT_WITHIN = 10.0


class Lost(Exception):
    """The peer does not answer as it must, or is gone; the link is made anew."""


class Link:
    """One connection at a time to `address`. `run` serves each until it is lost, for ever."""

    def __init__(self, address: tuple[str, int], random: Random) -> None:
        self.address = address
        self.random = random
        self.online = False

    async def run(self) -> None:
        """Connect, serve, and again; until cancelled."""
        failures = 0
        while True:
            with contextlib.suppress(OSError, TimeoutError, Lost, asyncio.IncompleteReadError):
                async with asyncio.timeout(CONNECT_WITHIN):
                    reader, writer = await asyncio.open_connection(*self.address)
                try:
                    await self.serve(reader, writer)
                finally:
                    writer.close()
                    failures = 0 if self.online else failures
                    self.online = False
            failures = min(failures + 1, 10)
            wait = min(LAST_RETRY, FIRST_RETRY * 2**failures) * self.random.uniform(0.5, 1.0)
            await asyncio.sleep(wait)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Speak over a fresh connection until it is lost."""
        raise NotImplementedError


async def frames(reader: asyncio.StreamReader, begin: bytes, end: bytes) -> AsyncIterator[bytes]:
    """What lies between delimiters, until the peer hangs up."""
    while True:
        read = await reader.readuntil(end)
        if inside := read[:-1].rpartition(begin)[2]:
            yield inside
