"""A scripted HTTP origin per test, and a free port."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
from feed_fakes import Origin


@pytest.fixture
async def origin() -> AsyncIterator[Origin]:
    """A fresh origin per test."""
    mine = Origin()
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(mine.serve(reader, writer))
        tasks.add(task)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    mine.port = server.sockets[0].getsockname()[1]
    yield mine
    server.close()
    mine.drop()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
def unused_port() -> int:
    """A port nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
