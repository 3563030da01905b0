"""A client that takes nothing is given up, with what the kernel holds for it."""

import asyncio
import socket
from functools import partial
from typing import Any

import pytest

from hub import transports
from hub.transports import connection_of, patient, tune
from liandong.connections import BoundedProtocol, Connections
from tests.mobile.serving import served

HEAD = b"GET / HTTP/1.1\r\nhost: hub\r\n\r\n"


def reluctant(url: str) -> socket.socket:
    """A client that asks, and takes a few kilobytes of the answer."""
    host, _, port = url.removeprefix("http://").partition(":")
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    client.connect((host, int(port)))
    client.sendall(HEAD)
    return client


class App:
    """Answers with `count` chunks of 1 kB, and waits until the client has gone."""

    def __init__(self, count: int | None = None) -> None:
        self.count = count
        self.gone = asyncio.Event()
        self.sent = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        watching = asyncio.create_task(self._watch(receive))
        send = patient(scope, send)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while not self.gone.is_set() and self.sent != self.count:
            self.sent += 1
            await send({"type": "http.response.body", "body": b"x" * 1024, "more_body": True})
        await watching

    async def _watch(self, receive: Any) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self.gone.set()


async def test_a_stream_that_nobody_takes_is_reset(monkeypatch):
    """The client finds less than was written, and then the reset."""
    monkeypatch.setattr(transports, "PATIENCE", 0.2)
    app = App()
    async with served(app, http=partial(BoundedProtocol, bounded=Connections())) as url:
        client = await asyncio.to_thread(reluctant, url)
        async with asyncio.timeout(60):
            await app.gone.wait()
        taken: list[bytes] = []
        with pytest.raises(ConnectionResetError):
            taken.extend(iter(partial(client.recv, 1 << 20), b""))
        assert sum(map(len, taken)) < app.sent * 1024
        client.close()


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="not in this kernel")
async def test_what_lies_in_the_kernel_alone_is_given_up_by_it(monkeypatch):
    """Nothing more is written, nothing waits in the process, and the connection ends."""
    monkeypatch.setattr(transports, "PATIENCE", 0.5)
    app = App(30)
    bound = socket.create_server(("127.0.0.1", 0))
    tune(bound)
    async with served(
        app, bound=bound, http=partial(BoundedProtocol, bounded=Connections())
    ) as url:
        client = await asyncio.to_thread(reluctant, url)
        async with asyncio.timeout(60):
            await app.gone.wait()
        assert app.sent == 30
        client.close()


async def test_a_stream_on_another_server_is_given_up_by_an_error(monkeypatch):
    """Where there is nothing to abort, what serves it is told."""
    monkeypatch.setattr(transports, "PATIENCE", 0.01)

    async def never(_message: Any) -> None:
        await asyncio.Future()

    assert connection_of({"type": "http"}) is None
    with pytest.raises(TimeoutError):
        await patient({"type": "http"}, never)({"type": "http.response.body"})
