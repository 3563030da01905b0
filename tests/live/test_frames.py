"""Text messages written as frames: over real sockets, read by a client that is not ours."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
import websockets

from schema.live.frames import FrameProtocol, WriteText, write_text_of
from schema.live.outbound import Outbound

Talk = Callable[[WriteText, Any, Any], Awaitable[None]]


@asynccontextmanager
async def serving(talk: Talk) -> AsyncIterator[str]:
    """A server whose sockets do what `talk` does with the extension, receive and send."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        write = write_text_of(scope)
        assert write is not None
        assert not write([b"too early"])
        await send({"type": "websocket.accept"})
        await talk(write, receive, send)

    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app, ws=FrameProtocol, lifespan="off", log_config=None, ws_per_message_deflate=False
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server._serve([listening]))
    try:
        yield f"ws://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await running


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536, 200_000])
async def test_a_message_of_any_length_arrives_whole(size):
    """RFC 6455 writes a length in 7, 16 or 64 bits; Chinese is counted in bytes."""
    text = "站" * (size // 3) + "x" * (size % 3)

    async def talk(write: WriteText, receive: Any, _send: Any) -> None:
        assert write([text.encode()])
        await receive()

    async with serving(talk) as url, websockets.connect(url, max_size=None) as client:
        assert await client.recv() == text


async def test_nothing_is_written_to_a_socket_that_is_closing():
    """After a close, by either side, only `send` knows what there is to say."""
    refused = asyncio.get_running_loop().create_future()

    async def talk(write: WriteText, receive: Any, send: Any) -> None:
        assert (await receive())["type"] == "websocket.receive"
        await send({"type": "websocket.close", "code": 4403})
        refused.set_result(write([b"late"]))

    async with serving(talk) as url, websockets.connect(url) as client:
        await client.send("go")
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await client.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4403
        assert await refused is False


async def test_nothing_is_written_to_a_client_that_has_gone():
    """It closed: the next message is refused, not lost in silence."""
    refused = asyncio.get_running_loop().create_future()

    async def talk(write: WriteText, receive: Any, _send: Any) -> None:
        while (await receive())["type"] != "websocket.disconnect":
            pass
        refused.set_result(write([b"late"]))

    async with serving(talk) as url:
        async with websockets.connect(url):
            pass
        async with asyncio.timeout(60):
            assert await refused is False


async def test_a_client_that_stalls_gets_all_in_order():
    """Frames on the spot, then the queue, then frames again: no message passes another."""
    told = [f"{number}:" + "x" * 50_000 for number in range(200)]
    queued = asyncio.get_running_loop().create_future()
    goes_on = asyncio.Event()

    async def talk(write: WriteText, receive: Any, send: Any) -> None:
        evicted = asyncio.Event()
        out = Outbound(
            send,
            lambda data: {"type": "websocket.send", "text": data.decode()},
            write,
            evicted=evicted.set,
        )
        sent = 0
        while out._drain is None and sent < len(told):
            out.push(told[sent].encode())
            sent += 1
        queued.set_result(sent)
        await goes_on.wait()
        for text in told[sent:]:
            while out._drain is not None:
                await out._drain
            out.push(text.encode())
        await receive()

    async with serving(talk) as url, websockets.connect(url, max_size=None, max_queue=1) as client:
        async with asyncio.timeout(60):
            assert await queued < len(told), "the transport never filled"
            goes_on.set()
            assert [await client.recv() for _ in told] == told
