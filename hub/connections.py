"""Connections of the server: offered to what runs on them, and given up when they take nothing.

An ASGI application cannot end a connection: it can only stop writing, and the server then waits for
the client to take what was written, which a client that reads nothing never does. The server's
protocols offer a `Connection` in the scope's extensions for that, and give up a client by
themselves that has taken nothing for `PATIENCE` seconds while something waited for it, whatever it
speaks. What lies in the kernel's buffers alone is the kernel's to give up, on the same terms
(`listening`).
"""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

import structlog
from uvicorn.protocols.http.h11_impl import H11Protocol

log = structlog.get_logger()

PATIENCE = 10.0
"""Seconds that a client may take nothing."""
UNSENT = 64 * 1024
"""Bytes the kernel takes for a client before they are sent: what follows waits in the process."""
CONNECTION = "liandong.connection"
"""The extension, and its one key (ASGI: an extension is a dictionary)."""

App = Callable[
    [
        MutableMapping[str, Any],
        Callable[[], Awaitable[MutableMapping[str, Any]]],
        Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ],
    Awaitable[None],
]
_LINGER_NOT = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True)
class Connection:
    """What runs on a connection may do to it."""

    transport: asyncio.Transport

    def close(self) -> None:
        """End it when the client has taken what was written."""
        self.transport.close()

    def abort(self) -> None:
        """End it at once: what the client has not taken is dropped, in the kernel's buffers too."""
        raw = self.transport.get_extra_info("socket")
        if raw is not None and raw.fileno() >= 0:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
        self.transport.abort()


def connection_of(scope: Mapping[str, Any]) -> Connection | None:
    """What a scope offers; None on a server that is not ours."""
    offered: Connection | None = scope.get("extensions", {}).get(CONNECTION, {}).get(CONNECTION)
    return offered


def listening(address: tuple[str, int]) -> socket.socket:
    """A bound socket whose connections the kernel gives up as we do. Raises OSError.

    TCP_USER_TIMEOUT (RFC 5482): data not acknowledged, or not sent for want of a window, for that
    long ends the connection. Systems without it keep what they hold until their own time is up.
    """
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    bound = socket.socket(family)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            milliseconds = int(PATIENCE * 1000)
            bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)
        if hasattr(socket, "TCP_NOTSENT_LOWAT"):
            bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT)
        bound.bind(address)
    except OSError:
        bound.close()
        raise
    return bound


class Patient(asyncio.Protocol):
    """Beside a protocol of the server: offers its connection, and does not wait for ever."""

    app: App
    transport: asyncio.Transport
    _stalled: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin: the application's scopes have the extension."""
        super().connection_made(transport)
        self.app = _offering(self.app, Connection(self.transport))

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._unwatch()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """The client has not taken what lies there: from now on it has some time."""
        super().pause_writing()
        self._watch(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        """The client has taken it."""
        self._unwatch()
        super().resume_writing()

    def _watch(self, left: int) -> None:
        self._unwatch()
        loop = asyncio.get_running_loop()
        self._stalled = loop.call_later(PATIENCE, self._look, left)

    def _unwatch(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def _look(self, before: int) -> None:
        left = self.transport.get_write_buffer_size()
        if left < before:
            self._watch(left)
            return
        log.info("connection.given_up", left=left)
        Connection(self.transport).abort()


class HttpProtocol(Patient, H11Protocol):
    """HTTP/1.1, with patience."""


def _offering(app: App, connection: Connection) -> App:
    async def offered(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:  # noqa: ANN401  # ASGI's
        scope.setdefault("extensions", {})[CONNECTION] = {CONNECTION: connection}
        await app(scope, receive, send)

    return offered
