"""Text messages written to a WebSocket as frames, past what serves one connection at a time.

An ASGI `send` takes a message through a coroutine, a frame object and an encoder: for a change that
a thousand sockets are told of that is most of the cost. The server's protocol offers `WRITE_TEXT`
beside it, in the scope's extensions: the same bytes on the same transport, or False where only
`send` knows what is to be done.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode
from websockets.http11 import Request

from hub.transports import Offering

WRITE_TEXT = "liandong.write_text"
"""The extension, and its one key (ASGI: an extension is a dictionary)."""
WriteText = Callable[[Sequence[bytes]], bool]
"""Writes whole text messages, given in UTF-8, now and at once; False if it may not."""


def write_text_of(scope: Mapping[str, Any]) -> WriteText | None:
    """What a WebSocket's scope offers; None on a server that is not ours."""
    offered: WriteText | None = scope.get("extensions", {}).get(WRITE_TEXT, {}).get(WRITE_TEXT)
    return offered


CLOSING_SECONDS = 10.0
"""How long the last bytes of a closed connection may wait to be taken."""

_TEXT = 0x81
"""FIN and opcode 1 (RFC 6455, 5.2)."""
_IN_16_BITS, _IN_64_BITS = 126, 127


def text_frame(text: bytes) -> bytes:
    """An unmasked frame, as a server sends it, of a whole text message (RFC 6455, 5.2)."""
    size = len(text)
    if size < _IN_16_BITS:
        head = bytes((_TEXT, size))
    elif size < 1 << 16:
        head = bytes((_TEXT, _IN_16_BITS, size >> 8, size & 0xFF))
    else:
        head = bytes((_TEXT, _IN_64_BITS)) + size.to_bytes(8, "big")
    return head + text


class FrameProtocol(Offering, WebSocketsSansIOProtocol):
    """The server's protocol, which offers `WRITE_TEXT`. Messages are not compressed.

    `left` is called when the connection is lost (liandong.connections).
    """

    left: Callable[[], None] | None = None
    _closing_since = 0.0

    def connection_lost(self, exc: Exception | None) -> None:
        """Say that the connection's place is free."""
        super().connection_lost(exc)
        if self.left is not None:
            self.left()

    def waiting(self) -> bool:
        """Its request is whole: it is not given up for another connection."""
        return False

    def give_up(self) -> None:
        """End the connection now."""
        self.transport.abort()

    def look(self, now: float) -> None:
        """End a connection whose last words nobody takes."""
        if not self.transport.is_closing():
            self._closing_since = now
        elif now - self._closing_since > CLOSING_SECONDS:
            self.transport.abort()

    def send_receive_event_to_app(self) -> None:
        """Hand a whole message on; one that is no UTF-8 ends the socket (RFC 6455, 8.1)."""
        if self.curr_msg_data_type == "text" and not self.close_sent:
            try:
                b"".join(self.frames).decode()
            except UnicodeDecodeError:
                self.frames = []
                self.conn.send_close(CloseCode.INVALID_DATA)
                self.handle_parser_exception()
                return
        super().send_receive_event_to_app()

    def handle_connect(self, event: Request) -> None:
        """Begin a connection: its scope has the extension before anybody reads it."""
        super().handle_connect(event)
        if self.response.status_code == 101:
            self.scope["extensions"][WRITE_TEXT] = {WRITE_TEXT: self.write_text}

    def write_text(self, texts: Sequence[bytes]) -> bool:
        """Write messages, unless the transport is full or the connection is not open."""
        is_open = self.handshake_complete and not (self.close_sent or self.disconnected)
        if not is_open or not self.writable.is_set() or self.transport.is_closing():
            return False
        self.transport.write(b"".join(map(text_frame, texts)))
        return True
