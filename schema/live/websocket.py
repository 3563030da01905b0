"""graphql-transport-ws: the WebSocket side of /graphql, on bare ASGI.

Close codes are the protocol's: 4400 bad message, 4401 subscribe before init, 4403 forbidden (also
when a token expires or is revoked while connected), 4406 wrong subprotocol, 4408 no init in time,
4409 id in use, 4429 second init. The legacy `graphql-ws` protocol is refused.
Source: the GraphQL over WebSocket Protocol document of the graphql-ws project.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

import orjson
import structlog
from graphql import ExecutionResult, GraphQLError, OperationType

from hub.access.principal import Principal
from hub.errors import AccessDenied, RetryLater
from hub.frames import write_text_of
from schema.live.engine import LiveEngine, RefusedError, Subscription
from schema.live.outbound import Outbound, Send
from schema.live.patrol import Patrol
from schema.serving.documents import Prepared

log = structlog.get_logger()

PROTOCOL = "graphql-transport-ws"
INIT_TIMEOUT = 10.0
MAX_SUBSCRIPTIONS = 20

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


class Executor(Protocol):
    """What the sockets need of the HTTP side: prepare a document, run a query or mutation."""

    def prepare(self, text: str, operation_name: str | None, principal: Principal) -> Prepared:
        """Parse, validate, check limits and scopes; raises RefusedError."""
        ...

    async def execute(
        self, prepared: Prepared, variables: dict[str, Any], principal: Principal
    ) -> ExecutionResult:
        """Run a query or mutation to its end."""
        ...

    async def authenticate(self, token: str) -> Principal:
        """The principal of an access token; raises AccessDenied."""
        ...

    def still_valid(self, principal: Principal) -> bool:
        """Whether the principal's session still holds."""
        ...


class _ClosedError(Exception):
    """Close the socket with this code and reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class _EvictedError(Exception):
    """The client takes nothing: it would not take a close frame either."""


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
    _active: dict[str, Subscription | asyncio.Task[None] | None] = field(default_factory=dict)
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
            await self.send(
                {"type": "websocket.close", "code": closed.code, "reason": closed.reason}
            )
        except _EvictedError:
            pass  # the server closes what is left of it
        finally:
            self.out.close()
            for active in list(self._active.values()):
                _stop(active)
            self._active.clear()

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
        leave = self.patrol.watch(
            self.principal, lambda: self._end(_ClosedError(4403, "Forbidden"))
        )
        try:
            await self._read()
        finally:
            leave()

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
        text = event.get("text")
        try:
            message = orjson.loads(text) if text is not None else None
        except orjson.JSONDecodeError:
            message = None
        if not isinstance(message, dict) or not isinstance(message.get("type"), str):
            raise _ClosedError(4400, "Invalid message: expected a JSON object with a type")
        return message

    async def _before_init(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "connection_init":
                self.principal = await self._authenticated(message.get("payload"))
                self.out.push(b'{"type":"connection_ack"}')
            case "ping":
                self.out.push(b'{"type":"pong"}')
            case "pong":
                pass
            case "subscribe":
                raise _ClosedError(4401, "Unauthorized")
            case _:
                raise _ClosedError(4400, "Invalid message before connection_init")

    async def _authenticated(self, payload: object) -> Principal:
        """From the init payload (`authorization` or `token`), else the Authorization header."""
        given = ""
        if isinstance(payload, dict):
            folded = {str(key).lower(): value for key, value in payload.items()}
            given = str(folded.get("authorization") or folded.get("token") or "")
        if not given:
            given = next(
                (
                    value.decode("latin-1")
                    for key, value in self.scope["headers"]
                    if key == b"authorization"
                ),
                "",
            )
        token = given.removeprefix("Bearer ").removeprefix("bearer ").strip()
        try:
            return await self.executor.authenticate(token)
        except AccessDenied:
            raise _ClosedError(4403, "Forbidden") from None
        except RetryLater:
            raise _ClosedError(1013, "Try again later") from None

    async def _handle(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "ping":
                self.out.push(b'{"type":"pong"}')
            case "pong":
                pass
            case "connection_init":
                raise _ClosedError(4429, "Too many initialisation requests")
            case "subscribe":
                await self._subscribe(message)
            case "complete":
                _stop(self._active.pop(str(message.get("id")), None))
            case other:
                raise _ClosedError(4400, f"Invalid message type {other[:40]!r}")

    async def _subscribe(self, message: dict[str, Any]) -> None:
        identifier, payload = message.get("id"), message.get("payload")
        if not isinstance(identifier, str) or not identifier or not isinstance(payload, dict):
            raise _ClosedError(4400, "Invalid message: subscribe needs id and payload")
        query, variables = payload.get("query"), payload.get("variables") or {}
        name = payload.get("operationName")
        if (
            not isinstance(query, str)
            or not isinstance(variables, dict)
            or not (name is None or isinstance(name, str))
        ):
            raise _ClosedError(4400, "Invalid message: query must be text, variables an object")
        if identifier in self._active:
            raise _ClosedError(4409, f"Subscriber for {identifier[:40]} already exists")
        if self.principal is None:
            raise _ClosedError(4401, "Unauthorized")
        if len(self._active) >= MAX_SUBSCRIPTIONS:
            error = GraphQLError(
                f"At most {MAX_SUBSCRIPTIONS} operations at a time on one socket.",
                extensions={"code": "TOO_MANY_SUBSCRIPTIONS"},
            )
            self._error(identifier, [error])
            return
        try:
            prepared = self.executor.prepare(query, name, self.principal)
            if prepared.operation.operation is OperationType.SUBSCRIPTION:
                await self._follow(identifier, prepared, variables, self.principal)
            else:
                task = asyncio.create_task(
                    self._run_once(identifier, prepared, variables, self.principal)
                )
                self._active[identifier] = task
        except RefusedError as refused:
            self._active.pop(identifier, None)
            self._error(identifier, refused.errors)

    async def _follow(
        self,
        identifier: str,
        prepared: Prepared,
        variables: dict[str, Any],
        principal: Principal,
    ) -> None:
        head = b'{"id":' + orjson.dumps(identifier) + b',"type":"next","payload":'
        still_valid, push = self.executor.still_valid, self.out.push

        def deliver(payloads: Sequence[bytes]) -> None:
            if still_valid(principal):
                push(*[head + payload + b"}" for payload in payloads])

        self._active[identifier] = None
        self._active[identifier] = await self.engine.subscribe(
            prepared, variables, principal, deliver
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
        self.out.push(orjson.dumps({"id": identifier, "type": "next", "payload": result.formatted}))
        self.out.push(orjson.dumps({"id": identifier, "type": "complete"}))

    def _error(self, identifier: str, errors: list[GraphQLError]) -> None:
        self.out.push(
            orjson.dumps(
                {
                    "id": identifier,
                    "type": "error",
                    "payload": [error.formatted for error in errors],
                }
            )
        )


def _stop(active: "Subscription | asyncio.Task[None] | None") -> None:
    if isinstance(active, Subscription):
        active.end()
    elif active is not None:
        active.cancel()
