"""GraphQL over SSE, distinct-connections mode: POST with `accept: text/event-stream`.

Each event is `event: next` with an ExecutionResult, the last `event: complete`. A comment every
15 s keeps proxies from closing an idle stream. Source: the graphql-sse protocol document.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import orjson
from graphql import OperationType

from hub.access.principal import Principal
from schema.live.engine import LiveEngine
from schema.live.outbound import Outbound, Send
from schema.live.patrol import ROUND
from schema.live.websocket import Executor, Receive
from schema.serving.documents import Prepared

HEARTBEAT = 15.0
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


def _body(data: bytes) -> dict[str, Any]:
    return {"type": "http.response.body", "body": data, "more_body": True}


def _event(payload: bytes) -> bytes:
    return b"event: next\ndata: " + payload + b"\n\n"


async def stream(
    receive: Receive,
    send: Send,
    executor: Executor,
    engine: LiveEngine,
    prepared: Prepared,
    variables: dict[str, Any],
    principal: Principal,
) -> None:
    """Answer one prepared operation as an event stream, until it completes or the client leaves.

    Raises RefusedError before the first byte, so that the caller can answer with a status.
    """
    evicted = asyncio.Event()
    out = Outbound(send, _body, evicted=evicted.set)
    waiting: list[bytes] | None = []

    def deliver(payloads: Sequence[bytes]) -> None:
        if waiting is not None:
            waiting.extend(payloads)
        elif executor.still_valid(principal):
            out.push(b"".join(map(_event, payloads)))

    if prepared.operation.operation is not OperationType.SUBSCRIPTION:
        result = await executor.execute(prepared, variables, principal)
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        await send(_body(_event(orjson.dumps(result.formatted))))
        await _complete(send)
        return
    subscription = await engine.subscribe(prepared, variables, principal, deliver)
    try:
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        held, waiting = waiting or [], None
        out.push(b":\n\n" + b"".join(map(_event, held)))
        await _until_over(receive, out, evicted, executor, engine, principal)
        if not out.closed:
            await _complete(send)
    finally:
        subscription.end()
        out.close()


async def _until_over(
    receive: Receive,
    out: Outbound,
    evicted: asyncio.Event,
    executor: Executor,
    engine: LiveEngine,
    principal: Principal,
) -> None:
    """Beat until the client leaves or is evicted, may not listen any more, or the hub ends."""
    gone = asyncio.create_task(_disconnected(receive))
    given_up = asyncio.create_task(evicted.wait())
    closing = asyncio.create_task(engine.closing.wait())
    loop = asyncio.get_running_loop()
    beat = loop.time()
    try:
        while executor.still_valid(principal):
            done, _ = await asyncio.wait(
                {gone, given_up, closing},
                timeout=ROUND,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if done:
                out.closed = out.closed or closing not in done
                return
            if loop.time() - beat >= HEARTBEAT:
                out.push(b":\n\n")
                beat = loop.time()
    finally:
        gone.cancel()
        given_up.cancel()
        closing.cancel()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _complete(send: Send) -> None:
    await send(_body(b"event: complete\ndata:\n\n"))
    await send({"type": "http.response.body", "body": b"", "more_body": False})
