"""Servers whose answer never ends, at full speed: given up soon, and nothing of it is held."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from feed_fakes import feed_settings

from hub.errors import FeedStopped, LiandongError, PayloadError, RetryLater
from hub.ingest.fetch import Fetcher

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"transfer-encoding: chunked\r\n\r\n"
ENDLESS = b"content-length: 99999999999\r\n\r\n"
TIMEOUT = 0.5


@asynccontextmanager
async def flood(head: bytes, piece: bytes) -> AsyncIterator[tuple[str, list[int]]]:
    """The URL of a server that answers `head`, then `piece` for ever; the bytes it got rid of."""
    sent: list[int] = []
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with suppress(OSError, asyncio.CancelledError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(head)
            while True:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0)  # it is the hub that must not stop for it
                sent.append(len(piece))
        writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", sent
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.parametrize(
    ("head", "piece", "error"),
    [
        (OK, b"x-a: " + b"b" * 1000 + b"\r\n", RetryLater),
        (OK + b"x-a: ", b"b" * 4096, RetryLater),
        (b"HTTP/1.1 200 ", b"b" * 4096, RetryLater),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n", RetryLater),
        (CHUNKED + b"1;", b"a" * 4096, RetryLater),
        (CHUNKED, b"1\r\nx\r\n", RetryLater),
        (OK + ENDLESS, b"x" * 65536, PayloadError),
        (OK + b"\r\n", b"x" * 65536, PayloadError),
        (b"HTTP/1.1 500 No\r\n" + ENDLESS, b"x" * 65536, RetryLater),
        (b"HTTP/1.1 302 Found\r\nlocation: /x\r\n" + ENDLESS, b"x" * 65536, FeedStopped),
    ],
)
async def test_an_answer_without_an_end_is_given_up(
    head: bytes, piece: bytes, error: type[LiandongError]
):
    """Headers, status line, interim answers, chunks, body: by size or at the timeout."""
    async with flood(head, piece) as (url, sent):
        fetcher = Fetcher(feed_settings(url, timeout=TIMEOUT, max_bytes=1_000_000), url)
        with pytest.raises(error) as caught:
            async with asyncio.timeout(10 * TIMEOUT):
                await fetcher.get()
        await fetcher.aclose()
    assert "\n" not in str(caught.value)
    assert error is RetryLater or sum(sent) < 40_000_000
