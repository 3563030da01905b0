"""What a client that says half of what it has to say can keep: nothing, on real sockets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
import websockets
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from hub.addresses import network_of
from hub.transports import connection_of
from liandong.connections import Bounds, Connections
from tests.serving.serving import served

SOON = 30
"""Seconds within which what is bounded in tenths of a second has surely happened."""
HEAD = b"POST /echo HTTP/1.1\r\nhost: hub\r\ncontent-type: text/plain\r\n"
WHOLE = b"GET /livez HTTP/1.1\r\nhost: hub\r\n\r\n"
left: asyncio.Queue[str] = asyncio.Queue()


async def livez(_request: Request) -> Response:
    """Alive."""
    return PlainTextResponse("ok")


async def echo(request: Request) -> Response:
    """The body; notes when its sender is given up."""
    try:
        return Response(await request.body())
    except ClientDisconnect:
        if request.headers.get("x-noted"):
            left.put_nowait("echo")
        return Response(status_code=400)


async def refuse(_request: Request) -> Response:
    """Answered without a look at the body."""
    return PlainTextResponse("no", status_code=401)


async def much(_request: Request) -> Response:
    """More than any buffer on the way holds."""

    async def parts() -> AsyncIterator[bytes]:
        try:
            for _ in range(1000):
                yield b"x" * 100_000
        finally:
            left.put_nowait("much")

    return StreamingResponse(parts())


async def talk(socket: WebSocket) -> None:
    """Says back what is said; asked how much it holds for who does not take it, notes that."""
    await socket.accept()
    connection = connection_of(socket.scope)
    try:
        while (said := await socket.receive_text()) != "how much?":
            await socket.send_text(said)
        assert connection is not None
        left.put_nowait(str(connection.transport.get_write_buffer_size()))
    except WebSocketDisconnect:
        return


APP = Starlette(
    routes=[
        Route("/livez", livez),
        Route("/echo", echo, methods=["POST"]),
        Route("/refuse", refuse, methods=["POST"]),
        Route("/much", much),
        WebSocketRoute("/talk", talk),
    ]
)
SHORT = Bounds(head=0.2, body=0.2, taking=0.2, rate=1_000_000)
PATIENT = Bounds(head=600, body=600, taking=600)


async def opened(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection."""
    return await asyncio.open_connection("127.0.0.1", port)


async def ended(reader: asyncio.StreamReader) -> bytes:
    """What was said to the end of the connection, however it ended."""
    said = b""
    async with asyncio.timeout(SOON):
        try:
            while part := await reader.read(65536):
                said += part
        except ConnectionError:
            pass
    return said


async def alive(port: int) -> bool:
    """Whether a newcomer from this address is answered."""
    reader, writer = await opened(port)
    writer.write(b"GET /livez HTTP/1.1\r\nhost: hub\r\nconnection: close\r\n\r\n")
    said = await ended(reader)
    writer.close()
    return said.startswith(b"HTTP/1.1 200")


HEAD_BYTES = 64 * 1024
"""What docs/http.md says that a URL and its headers may take together."""


@pytest.mark.parametrize(("more", "status"), [(0, b"200"), (1, b"400")])
async def test_a_url_and_its_headers_may_take_64_kib(more: int, status: bytes) -> None:
    """As long as that is answered, however it is cut up; a byte more and no end to it is not."""
    start, end = b"GET /livez?", b" HTTP/1.1\r\nhost: hub\r\nconnection: close\r\n\r\n"
    asked = start + b"x" * (HEAD_BYTES + more - len(start + end)) + end
    async with served(APP, PATIENT) as port:
        reader, writer = await opened(port)
        writer.write(asked[:1000])
        await writer.drain()
        writer.write(asked[1000:] if not more else asked[1000:].replace(b"\r", b"y"))
        said = await ended(reader)
        writer.close()
    assert said.split(b" ")[1] == status


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"", b""),
        (b"GET /livez HT", b"408"),
        (HEAD, b"408"),
        (HEAD + b"content-length: 10\r\n\r\nhalf", b"408"),
        (HEAD + b"content-length: 10\r\n\r\n", b"408"),
        (HEAD + b"transfer-encoding: chunked\r\n\r\n5\r\nhalf", b"408"),
        (HEAD.replace(b"echo", b"refuse") + b"content-length: 9\r\n\r\nhalf", b"401"),
        (WHOLE + b"GET /li", b"200"),
    ],
    ids=["nothing", "line", "head", "body", "no-body", "chunk", "refused-body", "second-head"],
)
async def test_what_is_not_said_to_its_end_ends_the_connection(sent: bytes, status: bytes) -> None:
    """Half a request line, header, body or chunk is given up: 408 where a request was begun and
    nothing answered yet, else just closed."""
    async with served(APP, SHORT) as port:
        reader, writer = await opened(port)
        writer.write(sent)
        said = await ended(reader)
        assert said[9:12] == status
        assert await alive(port)
        writer.close()


@pytest.mark.parametrize("drip", [b"x-a: 1\r\n", b"y"], ids=["header", "body"])
async def test_dripping_does_not_help(drip: bytes) -> None:
    """A byte now and then, of a header or of a body that was refused already, gains no time."""
    start = HEAD if drip != b"y" else HEAD.replace(b"echo", b"refuse")
    start += b"" if drip != b"y" else b"content-length: 100000\r\n\r\n"
    bounds = Bounds(head=0.5, body=0.5)
    async with served(APP, bounds) as port:
        reader, writer = await opened(port)
        writer.write(start)
        over = asyncio.create_task(ended(reader))
        while not over.done():
            writer.write(drip)
            await asyncio.wait({over}, timeout=0.05)
        await over
        writer.close()


async def test_a_body_that_keeps_coming_is_waited_for() -> None:
    """Each `rate` bytes give a second more: a slow line is no attack."""
    body = b"z" * 40_000
    bounds = Bounds(head=600, body=0.1, rate=100)
    async with served(APP, bounds) as port:
        reader, writer = await opened(port)
        writer.write(HEAD + b"connection: close\r\ncontent-length: 40000\r\n\r\n" + body[:39_999])
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(2.5):  # some looks long
                await reader.read(1)
        writer.write(b"z")
        assert (await ended(reader)).endswith(body)
        writer.close()


async def test_whoever_reads_the_body_is_told_that_no_more_comes() -> None:
    """The application gets a disconnect, and does not wait with the client."""
    async with served(APP, SHORT) as port:
        reader, writer = await opened(port)
        writer.write(HEAD + b"x-noted: yes\r\ncontent-length: 10\r\n\r\nhalf")
        await ended(reader)
        async with asyncio.timeout(SOON):
            assert await left.get() == "echo"
        writer.close()


async def test_an_answer_nobody_takes_is_given_up() -> None:
    """A client that asks for much and reads nothing is cut off, and what was made for it ends."""
    async with served(APP, SHORT) as port:
        _, writer = await opened(port)
        writer.write(b"GET /much HTTP/1.1\r\nhost: hub\r\n\r\n")
        async with asyncio.timeout(SOON):
            assert await left.get() == "much"
        assert await alive(port)
        writer.close()


async def test_an_address_has_so_many_connections_and_livez_is_answered_beyond() -> None:
    """A newcomer takes the place of the oldest that waits with half a request; the probes are
    answered however many there are, for ever."""
    bounds = Bounds(head=600, body=600, per_address=5)
    async with served(APP, bounds) as port, AsyncExitStack() as stack:
        halves = []
        for _ in range(40):
            halves.append(await opened(port))
            stack.callback(halves[-1][1].close)
            halves[-1][1].write(HEAD)
            assert await alive(port)
        for reader, _ in halves[:30]:
            assert (await ended(reader))[9:12] in {b"408", b""}


async def test_a_full_address_is_told_so() -> None:
    """With every connection at work a newcomer gets 429 with a word to do about it, on any path
    and for sockets, but for the probes; when one ends there is room again."""
    bounds = Bounds(head=600, per_address=3)
    async with served(APP, bounds) as port:
        sockets = [await websockets.connect(f"ws://127.0.0.1:{port}/talk") for _ in range(3)]
        reader, writer = await opened(port)
        writer.write(HEAD + b"content-length: 2\r\n\r\nhi")
        said = await ended(reader)
        assert said.startswith(b"HTTP/1.1 429")
        assert b"retry-after" in said.lower()
        assert b"TOO_MANY_CONNECTIONS" in said
        writer.close()
        with pytest.raises(websockets.InvalidStatus) as refused:
            await websockets.connect(f"ws://127.0.0.1:{port}/talk")
        assert refused.value.response.status_code == 429
        assert await alive(port)
        await sockets[0].close()
        again = await _within_a_while(f"ws://127.0.0.1:{port}/talk")
        await again.send("hello")
        assert await again.recv() == "hello"
        for socket in [*sockets, again]:
            await socket.close()


async def _within_a_while(url: str) -> Any:
    """A socket, as soon as there is room."""
    async with asyncio.timeout(SOON):
        while True:
            try:
                return await websockets.connect(url)
            except websockets.InvalidStatus:
                await asyncio.sleep(0.01)


async def test_the_process_has_a_bound_too() -> None:
    """With as many connections as there may be, one that waits goes for the one that comes."""
    bounds = Bounds(head=600, in_all=4)
    async with served(APP, bounds) as port:
        halves = [await opened(port) for _ in range(4)]
        for _, writer in halves:
            writer.write(HEAD)
        assert await alive(port)
        await ended(halves[0][0])
        for _, writer in halves:
            writer.close()


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_an_ipv6_network_is_one_address(host: str, network: str) -> None:
    """Who has an IPv6 network has 2^64 addresses; they count as one."""
    assert network_of(host) == network


def test_a_place_is_given_back_once() -> None:
    """Leaving twice frees one place, and an address nobody holds is forgotten."""
    connections = Connections()

    class Silent:
        def waiting(self) -> bool:
            return False

        def give_up(self) -> None:
            raise AssertionError

    place, within = connections.enter("a", Silent())
    assert within
    connections.leave("a", place)
    connections.leave("a", place)
    assert len(connections) == 0
    assert connections._held == {}


def frame(text: bytes, *, opcode: int = 1, fin: bool = True) -> bytes:
    """As a client sends it, masked by nothing (RFC 6455, 5.2)."""
    return bytes((fin << 7 | opcode, 0x80 | len(text), 0, 0, 0, 0)) + text


UPGRADE = (
    b"GET /talk HTTP/1.1\r\nhost: hub\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
    b"sec-websocket-version: 13\r\nsec-websocket-key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
)
PING, TEXT, MORE = 9, 1, 0


@pytest.mark.parametrize(
    "begun",
    [
        frame(b"half", fin=False),
        frame(b"", fin=False) + frame(b"", opcode=MORE, fin=False),
        frame(b"half")[:1],
        frame(b"half")[:6],
        frame(b"half")[:8],
        frame(b"whole", opcode=PING) + frame(b"half", opcode=PING)[:6],
    ],
    ids=["fragment", "empty-fragments", "byte", "head", "half-a-frame", "half-a-ping"],
)
async def test_a_message_that_does_not_end_ends_the_socket(begun: bytes) -> None:
    """With 1008 after the time of a body, whatever pings stand between its fragments; a socket that
    says nothing at all, or whole messages and pings, stays."""
    async with served(APP, SHORT) as port:
        whole = await websockets.connect(f"ws://127.0.0.1:{port}/talk")
        reader, writer = await opened(port)
        writer.write(UPGRADE)
        await reader.readuntil(b"\r\n\r\n")
        writer.write(frame(b"hello") + begun)
        over = asyncio.create_task(ended(reader))
        while not over.done():
            if begun == frame(b"half", fin=False):
                writer.write(frame(b"x" * 125, opcode=PING))
            await asyncio.wait({over}, timeout=0.05)
        said = over.result()
        writer.close()
        assert b"\x81\x05hello" in said
        assert (1008).to_bytes(2, "big") + "消息".encode() in said
        await whole.send("still here")
        assert await whole.recv() == "still here"
        await whole.close()


async def test_a_message_that_keeps_coming_is_waited_for() -> None:
    """In fragments, each `rate` bytes of which give a second more."""
    async with served(APP, Bounds(body=0.1, rate=10)) as port:
        reader, writer = await opened(port)
        writer.write(UPGRADE)
        await reader.readuntil(b"\r\n\r\n")
        writer.write(frame(b"z" * 100, fin=False))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(2.5):  # some looks long
                await reader.read(1)
        writer.write(frame(b"z", opcode=MORE))
        async with asyncio.timeout(SOON):
            assert await reader.readexactly(2 + 101) == b"\x81\x65" + b"z" * 101
        writer.close()


async def test_who_pings_and_takes_no_answer_fills_no_memory() -> None:
    """Once the transport is full pings are not answered any more; what is whole is still heard."""
    async with served(APP, PATIENT) as port:
        reader, writer = await opened(port)
        writer.write(UPGRADE)
        await reader.readuntil(b"\r\n\r\n")
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        for _ in range(200):
            writer.write(frame(b"x" * 125, opcode=PING) * 1000)
            await writer.drain()
        writer.write(frame(b"how much?"))
        async with asyncio.timeout(SOON):
            assert int(await left.get()) < 1024 * 1024
        writer.transport.abort()
