"""An ASGI application on a real socket of the loopback interface, in the test's own event loop."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        yield  # signals belong to pytest


@asynccontextmanager
async def served(
    app: Any, *, bound: socket.socket | None = None, **protocols: Any
) -> AsyncIterator[str]:
    """Serve the application on a free port, by uvicorn's protocols or those given; its base URL."""
    if bound is None:
        bound = socket.socket()
        bound.bind(("127.0.0.1", 0))
    config = uvicorn.Config(
        app,
        log_level="critical",
        lifespan="off",
        timeout_graceful_shutdown=1,
        timeout_keep_alive=75,  # by default it closes after as long as the tests' client would
        **{"ws": "none", **protocols},
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve([bound]))
    await server.ready.wait()
    try:
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task
        bound.close()
