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
from websockets.streams import StreamReader

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

_TIMED_OUT = "消息未在时限内完整送达 / The message did not come to its end in time."

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

    `left` is called when the connection is lost, `may_take` says in how many seconds a message has
    to end of which so many bytes came (liandong.connections).
    """

    left: Callable[[], None] | None = None
    may_take: Callable[[int], float] | None = None
    _closing_since = 0.0
    _messages = 0
    _begun: tuple[int, float] = -1, 0.0
    """Which message is looked at, and since when it is waited for."""

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
        """End a connection whose last words nobody takes, or whose message does not end."""
        if self.transport.is_closing():
            if now - self._closing_since > CLOSING_SECONDS:
                self.transport.abort()
            return
        self._closing_since = now
        number, since = self._begun
        if number != self._messages or not self._is_awaited():
            self._begun = self._messages, now
        elif self.may_take is not None and now - since > self.may_take(self._came()):
            self.conn.send_close(CloseCode.POLICY_VIOLATION, _TIMED_OUT)
            self.handle_parser_exception()

    def _is_awaited(self) -> bool:
        """Whether a message, or a frame of it, was begun, and we read what comes."""
        begun = self.conn.current_size is not None or not _between_frames(self.conn.parser)
        return begun and not (self.read_paused or self.close_sent)

    def _came(self) -> int:
        """Bytes of the message that is awaited; what stands between its fragments is none of it."""
        return (self.conn.current_size or 0) + len(self.conn.reader.buffer)

    def handle_ping(self) -> None:
        """Answer, but not who takes no answer: theirs would fill our memory (RFC 6455, 5.5.3)."""
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.conn.data_to_send()

    def send_receive_event_to_app(self) -> None:
        """Hand a whole message on; one that is no UTF-8 ends the socket (RFC 6455, 8.1)."""
        self._messages += 1
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


def _between_frames(parser: Any) -> bool:  # noqa: ANN401  # generators that read from each other
    """Whether the parser waits for a frame to begin: it asks then whether there will be one."""
    while parser.gi_yieldfrom is not None:
        parser = parser.gi_yieldfrom
    return bool(parser.gi_code is StreamReader.at_eof.__code__)
