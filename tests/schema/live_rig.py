"""The live side on a real socket, by the hub's own protocols, and clients of both transports."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx2
import websockets
from websockets.asyncio.client import ClientConnection
from websockets.typing import Subprotocol

from hub.bus import Bus
from hub.transports import tune
from liandong.connections import BoundedProtocol, Connections
from schema.context import Services
from schema.executing.executor import Executor
from schema.live.engine import LiveEngine
from schema.live.frames import FrameProtocol
from schema.live.limits import LiveLimits
from schema.root import build_schema, graphql_schema
from schema.serving.app import GraphQLApp
from tests.mobile.serving import served

SCHEMA = graphql_schema(build_schema())
EVENTS = "text/event-stream"
PATIENT = 30
"""Seconds a test waits for what must come: only a failure takes them."""


@dataclass
class Live:
    """A served /graphql, its engine, and the token of whoever asks."""

    url: str
    engine: LiveEngine
    token: str

    @property
    def socket_url(self) -> str:
        """The WebSocket address."""
        return self.url.replace("http", "ws", 1) + "/graphql"

    async def dial(self) -> ClientConnection:
        """A socket that nothing was said on."""
        return await websockets.connect(
            self.socket_url,
            subprotocols=[Subprotocol("graphql-transport-ws")],
            max_size=None,
            max_queue=None,
        )

    async def signed_in(self, token: str | None = None) -> ClientConnection:
        """A socket that said connection_init."""
        dialled = await self.dial()
        payload = {"authorization": f"Bearer {token or self.token}"}
        await dialled.send(json.dumps({"type": "connection_init", "payload": payload}))
        return dialled

    @asynccontextmanager
    async def stream(self, body: dict[str, Any], **headers: str) -> AsyncIterator["Events"]:
        """An event stream."""
        sent = {"authorization": f"Bearer {self.token}", "accept": EVENTS, **headers}
        async with (
            httpx2.AsyncClient(timeout=PATIENT) as http,
            http.stream("POST", f"{self.url}/graphql", json=body, headers=sent) as reply,
            aclosing(reply.aiter_lines()) as lines,
        ):
            yield Events(reply, lines)


@dataclass
class Events:
    """The events of a stream, one by one."""

    reply: httpx2.Response
    _lines: AsyncIterator[str]

    async def next(self) -> dict[str, str]:
        """The fields of the next event; comments are left out. Raises when the stream breaks."""
        found: dict[str, str] = {}
        async for line in self._lines:
            name, _, value = line.partition(":")
            if line and name:
                found[name] = value.strip()
            elif not line and found:
                return found
        raise EOFError

    async def rest(self) -> list[dict[str, str]]:
        """All events up to the end of a response that ends in order."""
        found: list[dict[str, str]] = []
        while True:
            try:
                found.append(await self.next())
            except EOFError:
                return found


async def message(socket: ClientConnection) -> dict[str, Any]:
    """The next message of a socket."""
    async with asyncio.timeout(PATIENT):
        said: dict[str, Any] = json.loads(await socket.recv())
    return said


async def closed(socket: ClientConnection) -> tuple[int | None, str | None]:
    """Code and reason with which the hub closed a socket."""
    async with asyncio.timeout(PATIENT):
        await socket.wait_closed()
    return socket.close_code, socket.close_reason


def subscribe(identifier: str, query: str, **variables: Any) -> str:
    """A subscribe message."""
    payload = {"query": query, "variables": variables}
    return json.dumps({"id": identifier, "type": "subscribe", "payload": payload})


@asynccontextmanager
async def serving(
    services: Services, token: str, *, limits: LiveLimits | None = None, bus: Bus | None = None
) -> AsyncIterator[Live]:
    """/graphql as `liandong.server` serves it."""
    engine = LiveEngine(
        SCHEMA,
        bus or Bus(),
        services.context,
        services.operations.database_answers,
        limits or LiveLimits(),
    )
    app = GraphQLApp(Executor(SCHEMA, services), engine)
    options: dict[str, Any] = {
        "http": partial(BoundedProtocol, bounded=Connections()),
        "ws": FrameProtocol,
    }
    options["ws_per_message_deflate"] = False
    bound = socket.create_server(("127.0.0.1", 0))
    tune(bound)
    async with served(app, bound=bound, **options) as url:
        yield Live(url, engine, token)
        await engine.close()
