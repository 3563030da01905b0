"""graphql-transport-ws: the WebSocket side of /graphql, on bare ASGI.

Close codes are the protocol's: 4400 bad message, 4401 subscribe before init, 4403 forbidden (also
when a token expires or is revoked while connected), 4406 wrong subprotocol, 4408 no init in time,
4409 id in use, 4429 second init; and RFC 6455's 1013, try again later, for an account that has too
many connections and while the hub cannot tell who calls. The legacy `graphql-ws` protocol is
refused. Source: the GraphQL over WebSocket Protocol document of the graphql-ws project.
"""

import asyncio
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import orjson
from graphql import GraphQLError, OperationType

from hub.errors import AccessDenied, LiandongError
from hub.model.people import Principal
from hub.store.faults import passing
from hub.transports import connection_of
from schema.executing.documents import Prepared
from schema.executing.errors import RefusedError
from schema.live import messages
from schema.live.contract import Executor, Receive, Send
from schema.live.engine import Following, LiveEngine
from schema.live.frames import write_text_of
from schema.live.limits import LimitError
from schema.live.messages import InvalidMessageError
from schema.live.outbound import Outbound
from schema.live.patrol import Patrol
from schema.live.replay import Told

PROTOCOL = "graphql-transport-ws"
INIT_TIMEOUT = 10.0
MAX_SUBSCRIPTIONS = 20
CLOSING = 2.0
"""Seconds that a client has to take what is before a close frame; then it is aborted."""
TRY_AGAIN_LATER = 1013
_LONGEST_REASON = 123


class _ClosedError(Exception):
    """Close the socket with this code and reason (RFC 6455, 5.5: of at most 123 bytes)."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason.encode()[:_LONGEST_REASON].decode(errors="ignore")


class _EvictedError(Exception):
    """The client takes nothing: it would not take a close frame either."""


@dataclass(slots=True)
class _Follower:
    """One subscription of a socket."""

    socket: "Socket"
    identifier: str
    principal: Principal
    head: bytes

    def tell(self, told: Sequence[Told]) -> None:
        if self.socket.executor.still_valid(self.principal):
            head = self.head
            self.socket.out.push(*[head + payload + b"}" for _, payload in told])

    def end(self, error: GraphQLError) -> None:
        self.socket.refuse(self.identifier, [error])


@dataclass(slots=True)
class Socket:
    """One connection. `run()` returns when it is over."""

    scope: MutableMapping[str, Any]
    receive: Receive
    send: Send
    executor: Executor
    engine: LiveEngine
    patrol: Patrol
    allowed_origins: frozenset[str] = frozenset()
    principal: Principal | None = None
    out: Outbound = field(init=False)
    _active: dict[str, Following | asyncio.Task[None] | None] = field(default_factory=dict)
    _reading: asyncio.Task[None] | None = None
    _over: _ClosedError | _EvictedError | None = None

    async def run(self) -> None:
        """Serve the connection from handshake to close."""
        await self.receive()
        if not self._origin_allowed():
            await self.send({"type": "websocket.close", "code": 4403, "reason": "Origin"})
            return
        offered = PROTOCOL in self.scope.get("subprotocols", ())
        await self.send({"type": "websocket.accept", "subprotocol": PROTOCOL if offered else None})
        self.out = Outbound(
            self.send,
            lambda data: {"type": "websocket.send", "text": data.decode()},
            write_text_of(self.scope),
            evicted=lambda: self._end(_EvictedError()),
        )
        try:
            await self._converse(offered)
        except _ClosedError as closed:
            self.out.close()
            await self._close(closed)
        except _EvictedError:
            self._abort()
        finally:
            self.out.close()
            for active in list(self._active.values()):
                _stop(active)
            self._active.clear()

    async def _close(self, closed: _ClosedError) -> None:
        message = {"type": "websocket.close", "code": closed.code, "reason": closed.reason}
        try:
            async with asyncio.timeout(CLOSING):
                await self.send(message)
        except TimeoutError:
            self._abort()

    def _abort(self) -> None:
        """End a connection that takes nothing, with what the kernel holds for it."""
        connection = connection_of(self.scope)
        if connection is not None:
            connection.abort()

    async def _converse(self, offered: bool) -> None:
        if not offered:
            raise _ClosedError(4406, "Subprotocol not acceptable")
        try:
            async with asyncio.timeout(INIT_TIMEOUT):
                while self.principal is None:
                    message = await self._message()
                    if message is None:
                        return
                    await self._before_init(message)
        except TimeoutError:
            raise _ClosedError(4408, "Connection initialisation timeout") from None
        try:
            stand_up = self.engine.connect(self.principal)
        except LimitError as full:
            raise _ClosedError(TRY_AGAIN_LATER, full.code) from full
        leave = self.patrol.watch(
            self.principal, lambda: self._end(_ClosedError(4403, "Forbidden"))
        )
        try:
            self.out.push(messages.ACK)
            await self._read()
        finally:
            leave()
            stand_up()

    async def _read(self) -> None:
        """Handle messages until the client goes. Raises what ends the connection from our side."""
        reading = self._reading = asyncio.current_task()
        try:
            while self._over is None and (message := await self._message()) is not None:
                await self._handle(message)
        except asyncio.CancelledError:
            if self._over is None or reading is None or reading.uncancel():
                raise
        finally:
            self._reading = None
        if self._over is not None:
            raise self._over

    def _end(self, over: _ClosedError | _EvictedError) -> None:
        """End the connection from our side; the first reason counts."""
        if self._over is not None:
            return
        self._over = over
        if self._reading is not None and self._reading is not asyncio.current_task():
            self._reading.cancel()

    def _origin_allowed(self) -> bool:
        headers = dict(self.scope["headers"])
        origin = headers.get(b"origin", b"").decode("latin-1")
        if not origin:
            return True
        return (
            urlsplit(origin).netloc == headers.get(b"host", b"").decode("latin-1")
            or origin in self.allowed_origins
        )

    async def _message(self) -> dict[str, Any] | None:
        """The next message; None when the client has gone."""
        event = await self.receive()
        if event["type"] == "websocket.disconnect":
            return None
        try:
            return messages.read(event.get("text"))
        except InvalidMessageError as invalid:
            raise _ClosedError(4400, str(invalid)) from invalid

    async def _before_init(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "connection_init":
                self.principal = await self._authenticated(message.get("payload"))
            case "ping":
                self.out.push(messages.PONG)
            case "subscribe":
                raise _ClosedError(4401, "Unauthorized")
            case "complete":
                raise _ClosedError(4400, "Invalid message before connection_init")

    async def _authenticated(self, payload: object) -> Principal:
        token = messages.token_of(payload, self.scope["headers"])
        try:
            return await self.executor.authenticate(token)
        except AccessDenied:
            raise _ClosedError(4403, "Forbidden") from None
        except Exception as error:
            if isinstance(error, LiandongError) or passing(error) is not None:
                raise _ClosedError(TRY_AGAIN_LATER, "RETRY_LATER") from error
            raise

    async def _handle(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "ping":
                self.out.push(messages.PONG)
            case "connection_init":
                raise _ClosedError(4429, "Too many initialisation requests")
            case "subscribe":
                await self._subscribe(message)
            case "complete":
                _stop(self._active.pop(message["id"], None))

    async def _subscribe(self, message: dict[str, Any]) -> None:
        identifier, principal = message["id"], self.principal
        try:
            request = messages.request_of(message)
        except InvalidMessageError as invalid:
            raise _ClosedError(4400, str(invalid)) from invalid
        if identifier in self._active:
            raise _ClosedError(4409, f"Subscriber for {identifier[:20]} already exists")
        if principal is None:
            raise _ClosedError(4401, "Unauthorized")
        if len(self._active) >= MAX_SUBSCRIPTIONS:
            self.refuse(identifier, [_too_many()])
            return
        try:
            prepared = await self.executor.prepare(request.query, request.operation_name, principal)
            if prepared.operation.operation is OperationType.SUBSCRIPTION:
                await self._follow(identifier, prepared, request.variables, principal)
            else:
                task = asyncio.create_task(
                    self._run_once(identifier, prepared, request.variables, principal)
                )
                self._active[identifier] = task
        except RefusedError as refused:
            self.refuse(identifier, refused.errors)

    async def _follow(
        self,
        identifier: str,
        prepared: Prepared,
        variables: dict[str, Any],
        principal: Principal,
    ) -> None:
        follower = _Follower(self, identifier, principal, messages.next_head(identifier))
        self._active[identifier] = None
        self._active[identifier] = await self.engine.subscribe(
            prepared, variables, principal, follower
        )

    async def _run_once(
        self,
        identifier: str,
        prepared: Prepared,
        variables: dict[str, Any],
        principal: Principal,
    ) -> None:
        """A query or mutation over the socket: one `next`, then `complete`."""
        result = await self.executor.execute(prepared, variables, principal)
        if self._active.pop(identifier, None) is None:
            return
        payload = orjson.dumps(result.formatted)
        self.out.push(messages.next_head(identifier) + payload + b"}")
        self.out.push(messages.complete(identifier))

    def refuse(self, identifier: str, errors: Sequence[GraphQLError]) -> None:
        """End one operation with an `error`, and leave the others alone."""
        _stop(self._active.pop(identifier, None))
        self.out.push(messages.error(identifier, errors))


def _too_many() -> GraphQLError:
    return GraphQLError(
        f"每个连接最多 {MAX_SUBSCRIPTIONS} 个操作 / One socket carries at most {MAX_SUBSCRIPTIONS}"
        " operations at a time. Complete some first.",
        extensions={"code": "TOO_MANY_SUBSCRIPTIONS"},
    )


def _stop(active: "Following | asyncio.Task[None] | None") -> None:
    if isinstance(active, Following):
        active.end()
    elif active is not None:
        active.cancel()
