"""The connection under what runs on it, and the kernel's part in giving up who takes nothing.

An ASGI application can only stop writing to a client: the server then waits for the client to take
what was written, which a client that reads nothing never does. The server's protocols offer a
`Connection` in the scope's extensions, by which it can be ended.
"""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

import structlog

log = structlog.get_logger()

PATIENCE = 10.0
"""Seconds that a client may take nothing."""
HEARTBEAT = 15.0
"""Seconds between comments in a stream: what is idle for longer some proxies close."""
UNSENT = 64 * 1024
"""Bytes the kernel takes for a client before they are sent; the rest waits in the process."""
CONNECTION = "liandong.connection"
"""The extension, and its one key (ASGI: an extension is a dictionary)."""

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
_LINGER_NOT = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True)
class Connection:
    """What may be done to a connection by what runs on it."""

    transport: asyncio.Transport

    def close(self) -> None:
        """End it when the client has taken what was written."""
        self.transport.close()

    def abort(self) -> None:
        """End it now: what the client has not taken is dropped, in the kernel's buffers too."""
        raw = self.transport.get_extra_info("socket")
        if raw is not None and raw.fileno() >= 0:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
        self.transport.abort()


def connection_of(scope: Mapping[str, Any]) -> Connection | None:
    """What a scope offers; None on a server that is not ours."""
    offered: Connection | None = scope.get("extensions", {}).get(CONNECTION, {}).get(CONNECTION)
    return offered


def patient(scope: Scope, send: Send) -> Send:
    """A `send` for streams that waits ten seconds for the client, and then aborts.

    The message is lost then; the server tells the application that the client has gone.
    """
    connection, gone = connection_of(scope), False

    async def sending(message: MutableMapping[str, Any]) -> None:
        nonlocal gone
        if gone:
            await asyncio.sleep(0)  # who sends without a pause would never learn of it
            return
        try:
            async with asyncio.timeout(PATIENCE):
                await send(message)
        except TimeoutError:
            if connection is None:
                raise
            log.info("stream.given_up", path=scope["path"])
            connection.abort()
            gone = True

    return sending


def tune(listening: socket.socket) -> None:
    """Make the kernel give up the connections of a listening socket as we do.

    TCP_USER_TIMEOUT (RFC 5482): what is not acknowledged, or not sent for want of a window, for
    that long ends the connection. Systems that lack it keep what they hold until their own time.
    """
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(PATIENCE * 1000))
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT)


class Offering(asyncio.Protocol):
    """Beside a protocol of the server: its applications are offered the connection."""

    app: App
    transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin a connection: its scopes have the extension."""
        super().connection_made(transport)
        self.app = _offered(self.app, Connection(self.transport))


def _offered(app: App, connection: Connection) -> App:
    async def run(scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("extensions", {})[CONNECTION] = {CONNECTION: connection}
        await app(scope, receive, send)

    return run
