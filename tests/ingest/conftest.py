"""A scripted HTTP origin per test, a free port, and feeds that taxis call."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from feed_fakes import Origin
from terminal_rig import Rig

from hub.store.driver import Store


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


@pytest.fixture
async def receivers(
    store: Store, request: pytest.FixtureRequest
) -> AsyncIterator[Callable[..., Awaitable[Rig]]]:
    """Starts feeds that taxis call; stops them at the end."""
    made: list[Rig] = []

    async def make(listen: str = "127.0.0.1:0", **options: object) -> Rig:
        name = f"taxi-{len(made)}-{abs(hash(request.node.name)) % 10**6}"
        made.append(Rig(store, name, listen, options))
        return await made[-1].start()

    yield make
    for rig in made:
        await rig.stop()
