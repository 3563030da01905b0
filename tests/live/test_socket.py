"""How a connection ends: from our side, for a client that takes nothing, and with the server."""

import asyncio
from typing import Any

import pytest
from graphql import build_schema
from live_builders import somebody

from hub.bus import Bus
from hub.model.people import Principal
from schema.live import outbound, patrol
from schema.live.engine import LiveEngine
from schema.live.patrol import Patrol
from schema.live.websocket import PROTOCOL, Socket

PING = {"type": "websocket.receive", "text": '{"type": "ping"}'}
INIT = {"type": "websocket.receive", "text": '{"type": "connection_init", "payload": {}}'}


class Client:
    """A client that says `connection_init` and nothing more.

    One that takes nothing sends a ping first, and goes on when its answer was given up.
    """

    def __init__(self, *, takes: bool = True) -> None:
        self.said = [{"type": "websocket.connect"}, *([] if takes else [PING]), INIT]
        self.given_up = asyncio.Event()
        self.took: list[dict[str, Any]] = []
        self.takes = takes
        self.acknowledged = asyncio.Event()
        self.valid = True
        self.patrol = Patrol(lambda _principal: self.valid)

    async def receive(self) -> dict[str, Any]:
        if not self.said:
            await asyncio.Future()
        if self.said[0] is INIT and not self.takes:
            await self.given_up.wait()
        return self.said.pop(0)

    async def send(self, message: dict[str, Any]) -> None:
        if message["type"] == "websocket.send":
            if not self.takes:
                try:
                    await asyncio.Future()
                finally:
                    self.given_up.set()
            self.acknowledged.set()
        self.took.append(message)

    async def authenticate(self, _token: str) -> Principal:
        return somebody("a")

    async def answers(self) -> bool:
        return True

    async def served(self) -> None:
        """The connection, from handshake to end."""
        scope = {"headers": [], "subprotocols": [PROTOCOL]}
        executor: Any = self  # of an executor this connection needs to be signed in, no more
        engine = LiveEngine(
            build_schema("type Query { a: Int }"), Bus(), lambda *_: None, self.answers
        )
        await Socket(scope, self.receive, self.send, executor, engine, self.patrol).run()


async def test_a_client_given_up_before_it_signed_in_stays_given_up(monkeypatch):
    """Signing in after that does not keep a connection that nothing can be told on."""
    monkeypatch.setattr(outbound, "PATIENCE", 0.05)
    client = Client(takes=False)
    async with asyncio.timeout(60):
        await client.served()
    assert [message["type"] for message in client.took] == ["websocket.accept"]


async def test_a_session_that_ends_closes_a_quiet_connection(monkeypatch):
    """With 4403, although nothing is told on it."""
    monkeypatch.setattr(patrol, "ROUND", 0.01)
    client = Client()
    serving = asyncio.create_task(client.served())
    async with asyncio.timeout(60):
        await client.acknowledged.wait()
        client.valid = False
        await serving
    assert client.took[-1] == {"type": "websocket.close", "code": 4403, "reason": "Forbidden"}


async def test_the_servers_own_cancellation_is_not_swallowed():
    """Ending a connection from our side works by cancelling, and takes nothing else for that."""
    client = Client()
    serving = asyncio.create_task(client.served())
    async with asyncio.timeout(60):
        await client.acknowledged.wait()
        serving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await serving
