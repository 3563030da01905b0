"""What a socket takes in one message."""

from typing import Any

import pytest
import websockets
from serving import served

from hub.requests import MAX_BODY
from liandong.connections import Bounds


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Say how long each message was."""
    assert (await receive())["type"] == "websocket.connect"
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": str(len(message["text"]))})


async def test_a_message_may_be_as_large_as_a_body_and_no_larger() -> None:
    """An order to the most recipients passes either way; beyond it the socket is closed, 1009."""
    async with (
        served(echo, Bounds()) as port,
        websockets.connect(f"ws://127.0.0.1:{port}") as client,
    ):
        await client.send("x" * MAX_BODY)
        assert await client.recv() == str(MAX_BODY)
        await client.send("x" * (MAX_BODY + 1))
        with pytest.raises(websockets.ConnectionClosed):
            await client.recv()
        assert client.close_code == 1009
