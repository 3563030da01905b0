"""What a connection may keep this process waiting for, and how many of them one address may hold.

Uvicorn closes an idle connection; half a header, a body, a message of a WebSocket, and an answer
that nobody takes it would wait for, for ever. Here every connection is looked at once a second:
one that has said or taken too little for too long is ended. An address that is at its bound loses,
for a new connection, the one of its own that has waited longest without a whole request; if all of
them are at work, the new one is answered 429, except for `/livez` and `/readyz`.

What is no HTTP, or could be read in two ways, is answered 400 if nothing was answered yet, and ends
its connection.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Protocol

import h11
import orjson
from uvicorn.protocols.http.h11_impl import H11Protocol

from hub.addresses import network_of
from hub.transports import App, Offering, Receive, Scope, Send

ALWAYS: Final = frozenset({"/livez", "/readyz"})
"""Answered also over the bounds: whoever watches the hub must not be shut out by its clients."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long a client may take, in seconds, and how many connections there may be.

    `head`: for a request line and its headers, from the connection or the last answer on.
    `body`: for a body, or a message of a WebSocket once it has begun, with a second more for each
    `rate` bytes that come.
    `taking`: for taking an answer, with a second more for each `rate` bytes that go.
    `per_address` of 0 is no bound. `in_all` is for the process.
    """

    head: float = 10.0
    body: float = 20.0
    taking: float = 30.0
    rate: int = 2_000
    per_address: int = 1_000
    in_all: int = 20_000

    def of_message(self, came: int) -> float:
        """For a message of which so many bytes came."""
        return self.body + came / self.rate


class Stage(StrEnum):
    """What a connection waits for: the client, named as the bound on it, or us."""

    HEAD = "head"
    BODY = "body"
    TAKING = "taking"
    OURS = "ours"


class Held(Protocol):
    """A connection as the register sees it."""

    def waiting(self) -> bool:
        """Whether it has yet to say a whole request: it can be given up for another."""
        ...

    def give_up(self) -> None:
        """End it now."""
        ...


@dataclass
class Connections:
    """The connections of this process, by address, the oldest first."""

    bounds: Bounds = field(default_factory=Bounds)
    _held: dict[str, dict[int, Held]] = field(default_factory=dict)
    _count: int = 0
    _next: int = 0

    def __len__(self) -> int:
        return self._count

    def enter(self, address: str, connection: Held) -> tuple[int, bool]:
        """A place for a connection, and whether it is within the bounds."""
        mine = self._held.setdefault(address, {})
        most = self.bounds.per_address
        within = True
        if most and len(mine) >= most:
            within = _give_up_one(mine)
        elif self._count >= self.bounds.in_all:
            within = any(map(_give_up_one, self._fullest()))
        self._next += 1
        mine[self._next] = connection
        self._count += 1
        return self._next, within

    def replace(self, address: str, place: int, connection: Held) -> None:
        """Another protocol goes on with the connection."""
        self._held[address][place] = connection

    def leave(self, address: str, place: int) -> None:
        """The connection is closed; safe to call twice."""
        mine = self._held.get(address, {})
        if mine.pop(place, None) is not None:
            self._count -= 1
            if not mine:
                del self._held[address]

    def _fullest(self) -> Iterator[dict[int, Held]]:
        return iter(sorted(self._held.values(), key=len, reverse=True))


def _give_up_one(held: dict[int, Held]) -> bool:
    for connection in held.values():
        if connection.waiting():
            connection.give_up()
            return True
    return False


class BoundedProtocol(Offering, H11Protocol):
    """HTTP/1.1 within bounds. `look` is called about once a second."""

    def __init__(self, *, bounded: Connections, **given: Any) -> None:  # noqa: ANN401  # uvicorn's
        super().__init__(**given)
        most = self.config.h11_max_incomplete_event_size
        self.conn = _Unambiguous(h11.SERVER, *([] if most is None else [most]))
        self._register = bounded
        self._bounds = bounded.bounds
        self._address = ""
        self._place = 0
        self._received = 0
        self._seen = 0
        self._taken = 0
        self._stage: tuple[Stage, object] = (Stage.HEAD, None)
        self._since = self.loop.time()
        self._moved = 0

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401  # as uvicorn declares it
        """Take a place; over the bounds, answer nothing but the probes."""
        super().connection_made(transport)
        self._address = network_of(self.client[0] if self.client else "")
        self._place, within = self._register.enter(self._address, self)
        if not within:
            self.app = _crowded(self.app)
            self.ws_protocol_class = None

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the place back."""
        self._register.leave(self._address, self._place)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count what comes."""
        self._received += len(data)
        super().data_received(data)

    def resume_writing(self) -> None:
        """Count how often the client has taken what waited: what waits next waits anew."""
        self._taken += 1
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """End a connection whose bytes are no HTTP; say so unless an answer was begun."""
        if self.transport.is_closing():
            return
        if self._unanswered():
            self.transport.write(_MALFORMED)
        self._hang_up()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Hand the place on with the connection. One with a body would be waited for, for ever."""
        if any(name in _FRAMING and value != b"0" for name, value in self.headers):
            self.send_400_response("")
            return
        super().handle_websocket_upgrade(event)
        successor: Any = self.transport.get_protocol()
        successor.left = lambda: self._register.leave(self._address, self._place)
        successor.may_take = self._bounds.of_message
        self._register.replace(self._address, self._place, successor)

    def waiting(self) -> bool:
        """Whether a request, or the rest of one, is still to come."""
        return self.conn.their_state in {h11.IDLE, h11.SEND_BODY}

    def give_up(self) -> None:
        """End the connection, saying why if a request was begun (RFC 9110, 15.5.9)."""
        if self.transport.is_closing():
            self.transport.abort()
            return
        begun = self.conn.their_state is h11.SEND_BODY or bool(self.conn.trailing_data[0])
        if begun and self._unanswered():
            self.transport.write(_TIMED_OUT)
        self._hang_up()

    def _unanswered(self) -> bool:
        """Whether the request that is being read has no answer yet, not even a part of one."""
        begun = self.cycle is not None and self.cycle.response_started
        return not begun or self.conn.our_state is h11.IDLE

    def _hang_up(self) -> None:
        """Close the connection; whoever serves it says no more."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True  # whoever reads the body learns that no more comes
            self.cycle.message_event.set()
        self.transport.close()

    def look(self, now: float) -> None:
        """End the connection if it has kept us waiting for too long."""
        stage = self._stage_now()
        moved = self._received
        if stage[0] is Stage.TAKING:
            moved = -self.transport.get_write_buffer_size()
        if stage != self._stage:
            begun_at = self._seen if stage[0] is Stage.BODY else moved
            self._stage, self._since, self._moved = stage, now, begun_at
        self._seen = self._received
        if stage[0] is Stage.OURS:
            return
        allowed = getattr(self._bounds, stage[0])
        if stage[0] is not Stage.HEAD:
            allowed += (moved - self._moved) / self._bounds.rate
        if now - self._since > allowed:
            self.transport.abort() if stage[0] is Stage.TAKING else self.give_up()

    def _stage_now(self) -> "tuple[Stage, object]":
        """What is waited for, and in which request."""
        if self.transport.is_closing() or self.flow.write_paused:
            return Stage.TAKING, (self.cycle, self._taken)
        state = self.conn.their_state
        if state is h11.IDLE:
            return Stage.HEAD, self.cycle
        if state is h11.SEND_BODY and not self.flow.read_paused:
            return Stage.BODY, self.cycle
        return Stage.OURS, self.cycle


def _last_words(status: bytes, words: str) -> bytes:
    """An answer after which the connection is closed."""
    body = words.encode()
    head = (
        b"HTTP/1.1 %b\r\ncontent-type: text/plain; charset=utf-8\r\n"
        b"content-length: %d\r\nconnection: close\r\n\r\n"
    )
    return head % (status, len(body)) + body


_TIMED_OUT = _last_words(
    b"408 Request Timeout",
    "请求未在时限内完整送达 / The request did not come to its end in time.\n",
)
_MALFORMED = _last_words(
    b"400 Bad Request",
    "不是有效的 HTTP 请求，连接已关闭 / Not a valid HTTP request: the connection is closed.\n",
)
_FRAMING: Final = frozenset({b"content-length", b"transfer-encoding"})


class _Unambiguous(h11.Connection):
    """h11, which would read a length beside a transfer coding, and a coding in HTTP/1.0.

    A proxy before us may take such a request to end elsewhere (RFC 9112, 6.1 and 6.3).
    """

    def next_event(self) -> "h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]":
        """As h11's. Raises RemoteProtocolError for what could be read in two ways, too."""
        event = super().next_event()
        if isinstance(event, h11.Request):
            names = {name for name, _ in event.headers}
            coded = b"transfer-encoding" in names
            if coded and (b"content-length" in names or event.http_version < b"1.1"):
                message = "The end of the body could be read in two ways."
                raise h11.RemoteProtocolError(message)
        return event


def _crowded(app: App) -> App:
    """The application as an address at its bound sees it."""
    body = orjson.dumps(
        {
            "type": "urn:liandong:problem:TOO_MANY_CONNECTIONS",
            "title": "连接过多 / Too many connections",
            "status": 429,
            "code": "TOO_MANY_CONNECTIONS",
            "detail": "本地址连接数已达上限，请关闭部分连接后重试"
            " / This address holds as many connections as it may. Close some, then try again.",
        }
    )

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] in ALWAYS:
            await app(scope, receive, send)
            return
        headers = [
            (b"content-type", b"application/problem+json"),
            (b"content-length", str(len(body)).encode()),
            (b"retry-after", b"5"),
            (b"connection", b"close"),
        ]
        await send({"type": "http.response.start", "status": 429, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    return answer
