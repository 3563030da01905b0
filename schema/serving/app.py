"""/graphql: HTTP (GraphQL over HTTP), WebSocket and SSE, on bare ASGI.

Status codes: what is no GraphQL request gets 4xx; a document that cannot run gets 200 as
application/json and 400, 403 as application/graphql-response+json, with no `data`; an execution
gets 200. What an absent database kept from running gets 503 with Retry-After. Queries
come by GET too: the token is in a header, never in a cookie, so no foreign page can send it.
Source: GraphQL over HTTP, sections 5.3, 6.4.1 and 6.4.2.
"""

from collections.abc import Awaitable, Callable, Collection, MutableMapping
from math import ceil
from typing import Any

import orjson
from graphql import ExecutionResult, GraphQLError, OperationType

from hub.errors import AccessDenied
from hub.model.people import Principal
from hub.requests import EVENTS, JSON, BodyRefused, bearer, check_content, read_body
from hub.transports import connection_of
from schema.executing.documents import Prepared
from schema.executing.errors import RefusedError, fault, told_unbegun
from schema.executing.executor import Executor
from schema.executing.requests import (
    RESPONSE,
    BadRequestError,
    DisconnectedError,
    Receive,
    Request,
    body_of,
    headers_of,
    media_type,
    parse_query,
    parse_request,
    wants_html,
)
from schema.live.engine import LiveEngine
from schema.live.patrol import Patrol
from schema.live.sse import EventStream, refuse
from schema.live.websocket import Socket

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Page = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]


class GraphQLApp:
    """The ASGI application behind /graphql. `page` answers a browser that asks for one."""

    def __init__(
        self,
        executor: Executor,
        engine: LiveEngine,
        *,
        allowed_origins: Collection[str] = (),
        page: Page | None = None,
    ) -> None:
        self._executor = executor
        self._engine = engine
        self._patrol = Patrol(executor.still_valid)
        self._origins = frozenset(allowed_origins)
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or one socket."""
        if scope["type"] == "websocket":
            socket = Socket(
                scope,
                receive,
                send,
                self._executor,
                self._engine,
                self._patrol,
                allowed_origins=self._origins,
            )
            await socket.run()
            return
        headers = headers_of(scope)
        browsing = scope["method"] in {"GET", "HEAD"} and wants_html(headers.get("accept"))
        if browsing and self._page is not None:
            await self._page(scope, receive, send)
            return
        try:
            await self._serve(scope, headers, receive, send)
        except (BadRequestError, BodyRefused) as bad:
            error = GraphQLError(bad.message, extensions={"code": bad.code})
            await _answer(send, bad.status, JSON, [error], _allow(bad))
        except DisconnectedError:
            return

    async def _serve(
        self, scope: Scope, headers: dict[str, str], receive: Receive, send: Send
    ) -> None:
        kind = _kind(scope["method"], headers)
        shown = JSON if kind == EVENTS else kind
        try:
            await self._operate(scope, kind, headers, receive, send)
        except AccessDenied as denied:
            await _answer(send, 401, shown, [fault(denied)])
        except RefusedError as refused:
            await _refuse(send, kind, refused.errors)
        except (BadRequestError, BodyRefused, DisconnectedError):
            raise
        except Exception as error:  # noqa: BLE001  # the last place: logged, answered, not leaked
            failure = told_unbegun(error)  # an execution tells its own in its result
            status = 500 if _code(failure) == "INTERNAL" else 503
            await _answer(send, status, shown, [failure])

    async def _operate(
        self, scope: Scope, kind: str, headers: dict[str, str], receive: Receive, send: Send
    ) -> None:
        principal = await self._executor.authenticate(bearer(headers.get("authorization")))
        request = await _read(scope, headers, receive)
        prepared = await self._executor.prepare(request.query, request.operation_name, principal)
        if scope["method"] == "GET":
            _only_queries(prepared)
        if kind != EVENTS:
            await self._run(send, kind, prepared, request, principal)
            return
        connection = connection_of(scope)
        stream = EventStream(receive, send, connection, self._executor, self._engine, principal)
        await stream.run(prepared, request.variables, headers.get("last-event-id"))

    async def _run(
        self, send: Send, kind: str, prepared: Prepared, request: Request, principal: Principal
    ) -> None:
        if prepared.operation.operation is OperationType.SUBSCRIPTION:
            message = f"Subscriptions need accept: {EVENTS}, or the graphql-transport-ws protocol."
            raise BadRequestError(406, "SUBSCRIPTION", message)
        result = await self._executor.execute(prepared, request.variables, principal)
        errors = result.errors or []
        away = {_code(error) for error in errors} == {"RETRY_LATER"}
        if result.data is None and (away or all(error.path is None for error in errors)):
            await _refuse(send, kind, errors)
            return
        headers = [*_content(kind), *_retry_after(errors)]
        await _send(send, 200, orjson.dumps(_formatted(result)), headers)


def _kind(method: str, headers: dict[str, str]) -> str:
    """What to answer in, if this can be an operation at all."""
    if method not in {"GET", "POST"}:
        raise BadRequestError(405, "METHOD_NOT_ALLOWED", "Operations are sent by POST or GET.")
    kind = media_type(headers.get("accept"))
    if kind is None:
        raise BadRequestError(406, "NOT_ACCEPTABLE", f"Accept {JSON}, {RESPONSE} or {EVENTS}.")
    if method == "POST":
        check_content(headers, JSON)
    return kind


async def _read(scope: Scope, headers: dict[str, str], receive: Receive) -> Request:
    if scope["method"] == "GET":
        return parse_query(scope.get("query_string", b""))
    return parse_request(await read_body(body_of(receive), headers))


def _allow(bad: BadRequestError | BodyRefused) -> Headers:
    """The methods that would do, of a 405 (RFC 9110, 15.5.6)."""
    if isinstance(bad, BadRequestError) and bad.status == 405:
        return [(b"allow", bad.allow.encode())]
    return []


def _only_queries(prepared: Prepared) -> None:
    """What changes something is never in a URL (GraphQL over HTTP, 5.3)."""
    if prepared.operation.operation is not OperationType.QUERY:
        what = prepared.operation.operation.value
        message = f"By GET only queries are answered: send this {what} by POST."
        raise BadRequestError(405, "METHOD_NOT_ALLOWED", message, allow="POST")


_REFUSALS = {"FORBIDDEN": 403, "DEADLINE_EXCEEDED": 504, "RETRY_LATER": 503}


def _refusal(kind: str, errors: list[GraphQLError]) -> int:
    """The status for an operation that did not run."""
    codes = {_code(error) for error in errors}
    if kind != RESPONSE and codes != {"RETRY_LATER"}:
        return 200
    return _REFUSALS.get(codes.pop(), 400) if len(codes) == 1 else 400


def _code(error: GraphQLError) -> str:
    return str((error.extensions or {}).get("code"))


def _retry_after(errors: list[GraphQLError]) -> Headers:
    """The wait in whole seconds (RFC 9110, 10.2.3), where an error asks for one."""
    waits = [(error.extensions or {}).get("retryAfter") for error in errors]
    wait = max((float(wait) for wait in waits if wait is not None), default=None)
    return [] if wait is None else [(b"retry-after", str(max(1, ceil(wait))).encode())]


async def _refuse(send: Send, kind: str, errors: list[GraphQLError]) -> None:
    """Answer for an operation that did not run, in the type that was asked for."""
    if kind == EVENTS:
        await refuse(send, errors)
    else:
        await _answer(send, _refusal(kind, errors), kind, errors)


def _formatted(result: ExecutionResult) -> dict[str, Any]:
    shown: dict[str, Any] = {"data": result.data}
    if result.errors:
        shown["errors"] = [error.formatted for error in result.errors]
    return shown


def _content(kind: str) -> Headers:
    return [
        (b"content-type", f"{kind}; charset=utf-8".encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]


async def _answer(
    send: Send, status: int, kind: str, errors: list[GraphQLError], more: Headers | None = None
) -> None:
    headers = [*_content(kind), *_retry_after(errors), *(more or [])]
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    await _send(
        send, status, orjson.dumps({"errors": [error.formatted for error in errors]}), headers
    )


async def _send(send: Send, status: int, body: bytes, headers: Headers) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})
