"""GraphQL over SSE, distinct-connections mode: POST with `accept: text/event-stream`.

Each event is `event: next` with an ExecutionResult; a query, a mutation and an operation that is
refused end with `event: complete`. A live query never completes by itself: where the hub must end
it, the response breaks off, which every client takes for a connection that was lost and comes back
from. A session that has ended is told before, as a `next` with errors. The `id` of an event is its
cursor, and Last-Event-ID goes on behind it. A comment every 15 s keeps proxies from closing an idle
stream. Source: the graphql-sse protocol document; HTML Living Standard, 9.2 Server-sent events.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from graphql import GraphQLError, OperationType

from hub.access.bearer import unauthenticated
from hub.model.people import Principal
from hub.transports import HEARTBEAT, PATIENCE, Connection
from schema.executing.documents import Prepared
from schema.executing.errors import RefusedError, fault, internal
from schema.live.contract import Executor, Receive, Send
from schema.live.engine import LiveEngine
from schema.live.limits import LimitError
from schema.live.outbound import Outbound
from schema.live.patrol import ROUND
from schema.live.replay import Told

LAST_WORD = 0.3
"""Seconds between the last event and the end: a client may lose one that comes with the other."""
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]
_BEAT = b":\n\n"


@dataclass
class EventStream:
    """The answer to one request. `connection` is what the server offers to end it by.

    `started`: the answer has begun, so that a failure cannot be answered any more.
    """

    receive: Receive
    send: Send
    connection: Connection | None
    executor: Executor
    engine: LiveEngine
    principal: Principal
    started: bool = False
    _held: list[bytes] | None = field(default_factory=list)
    _ended: asyncio.Event = field(default_factory=asyncio.Event)
    _last: list[GraphQLError] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._out = Outbound(self.send, _body, evicted=self._ended.set)

    async def run(self, prepared: Prepared, variables: dict[str, Any], resume: str | None) -> None:
        """Answer one operation. Raises RefusedError before the first byte."""
        if prepared.operation.operation is not OperationType.SUBSCRIPTION:
            result = await self.executor.execute(prepared, variables, self.principal)
            await answer(self.send, orjson.dumps(result.formatted))
            return
        try:
            stand_up = self.engine.connect(self.principal)
        except LimitError as full:
            raise RefusedError([full.told()]) from full
        try:
            await self._follow(prepared, variables, resume)
        except Exception as error:
            if not self.started:
                raise
            internal(error)
            self._abort()
        finally:
            stand_up()

    def tell(self, told: Sequence[Told]) -> None:
        """Events, in order."""
        if self._held is not None:
            self._held.extend(map(_event, told))
        elif self.executor.still_valid(self.principal):
            self._out.push(b"".join(map(_event, told)))

    def end(self, error: GraphQLError) -> None:
        """The group is no more."""
        self._last.append(error)
        self._ended.set()

    async def _follow(
        self, prepared: Prepared, variables: dict[str, Any], resume: str | None
    ) -> None:
        subscription = await self.engine.subscribe(
            prepared, variables, self.principal, self, resume=resume
        )
        gone = asyncio.create_task(_disconnected(self.receive))
        try:
            self.started = True
            await self.send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
            held, self._held = self._held or [], None
            self._out.push(_BEAT + b"".join(held))
            await self._until_over(gone)
            subscription.end()
            await self._break_off(gone)
        finally:
            gone.cancel()
            subscription.end()
            self._out.close()

    async def _until_over(self, gone: "asyncio.Task[None]") -> None:
        """Beat until the client leaves or is evicted, may not listen any more, or the hub ends."""
        ended = asyncio.create_task(self._ended.wait())
        closing = asyncio.create_task(self.engine.closing.wait())
        loop = asyncio.get_running_loop()
        beat = loop.time()
        try:
            while self.executor.still_valid(self.principal):
                done, _ = await asyncio.wait(
                    {gone, ended, closing}, timeout=ROUND, return_when=asyncio.FIRST_COMPLETED
                )
                if done:
                    return
                if loop.time() - beat >= HEARTBEAT:
                    self._out.push(_BEAT)
                    beat = loop.time()
            self._last.append(
                fault(unauthenticated("登录已失效，请重新登录 / This session has ended."))
            )
        finally:
            ended.cancel()
            closing.cancel()

    async def _break_off(self, gone: "asyncio.Task[None]") -> None:
        """End the response as a lost connection ends, with what there is to say before."""
        if self._last and not self._out.closed:
            self._out.push(_result(_errors(self._last)))
            await asyncio.wait({gone}, timeout=LAST_WORD)
        if self.connection is None:  # a server that is not ours: it can only be ended in order
            await self.send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        if not self._out.closed:
            self.connection.close()
            await asyncio.wait({gone}, timeout=PATIENCE)
        if not gone.done():
            self.connection.abort()
            await gone

    def _abort(self) -> None:
        if self.connection is not None:
            self.connection.abort()


async def answer(send: Send, result: bytes) -> None:
    """One result, and the end."""
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    body = _result(result) + b"event: complete\ndata:\n\n"
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def refuse(send: Send, errors: Sequence[GraphQLError]) -> None:
    """An operation that does not run: its errors as a result (distinct connections, rule 2)."""
    await answer(send, _errors(errors))


def _errors(errors: Sequence[GraphQLError]) -> bytes:
    return orjson.dumps({"errors": [error.formatted for error in errors]})


def _body(data: bytes) -> dict[str, Any]:
    return {"type": "http.response.body", "body": data, "more_body": True}


def _result(payload: bytes) -> bytes:
    return b"event: next\ndata: " + payload + b"\n\n"


def _event(told: Told) -> bytes:
    return b"id: " + told.cursor.encode() + b"\n" + _result(told.payload)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
