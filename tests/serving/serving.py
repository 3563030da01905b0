"""An application behind the hub's own server, on a free port, within given bounds."""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from liandong.connections import Bounds
from liandong.server import Server, configured


@asynccontextmanager
async def served(
    app: Any, bounds: Bounds, trusted_proxies: Sequence[str] = ()
) -> AsyncIterator[int]:
    """Serve; the port."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = Server(configured(app, bounds, trusted_proxies))
    begun = asyncio.Event()
    startup = server.startup

    async def noted(sockets: list[socket.socket] | None = None) -> None:
        await startup(sockets)
        begun.set()

    server.startup = noted  # type: ignore[method-assign]
    task = asyncio.create_task(server._serve([listening]))
    await begun.wait()
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        await task
