"""/graphql: HTTP (GraphQL over HTTP), WebSocket and SSE, on bare ASGI.

Status codes: what is no GraphQL request gets 4xx; a document that cannot run gets 200 as
application/json and 400, 403 as application/graphql-response+json, with no `data`; an execution
gets 200. Source: GraphQL over HTTP, sections 6.4.1 and 6.4.2.
"""

import base64
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from hashlib import sha256
from importlib.resources import files
from typing import Any

import orjson
from graphql import ExecutionResult, GraphQLError, OperationType

from hub.access.principal import Principal
from hub.errors import AccessDenied, LiandongError
from hub.transports import connection_of
from schema.live.engine import LiveEngine, RefusedError
from schema.live.patrol import Patrol
from schema.live.sse import EventStream, refuse
from schema.live.websocket import Socket
from schema.serving.documents import Prepared
from schema.serving.errors import fault, internal
from schema.serving.executor import Executor
from schema.serving.requests import (
    EVENTS,
    JSON,
    RESPONSE,
    BadRequestError,
    DisconnectedError,
    Receive,
    Request,
    bearer,
    check_content,
    headers_of,
    media_type,
    parse_request,
    read_body,
    wants_html,
)

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

_SCRIPT_START, _SCRIPT_END = "<script>", "</script>"


class GraphQLApp:
    """The ASGI application behind /graphql."""

    def __init__(
        self, executor: Executor, engine: LiveEngine, *, allowed_origins: Collection[str] = ()
    ) -> None:
        self._executor = executor
        self._engine = engine
        self._patrol = Patrol(executor.still_valid)
        self._origins = frozenset(allowed_origins)
        self._page, self._page_headers = _explorer()

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
        if scope["method"] in {"GET", "HEAD"} and wants_html(headers.get("accept")):
            await _send(send, 200, self._page, self._page_headers)
            return
        try:
            await self._post(scope, headers, receive, send)
        except BadRequestError as bad:
            error = GraphQLError(bad.message, extensions={"code": bad.code})
            await _answer(send, bad.status, JSON, [error])
        except DisconnectedError:
            return

    async def _post(
        self, scope: Scope, headers: dict[str, str], receive: Receive, send: Send
    ) -> None:
        if scope["method"] != "POST":
            raise BadRequestError(405, "METHOD_NOT_ALLOWED", "Operations are sent by POST.")
        kind = media_type(headers.get("accept"))
        if kind is None:
            raise BadRequestError(406, "NOT_ACCEPTABLE", f"Accept {JSON}, {RESPONSE} or {EVENTS}.")
        check_content(headers)
        shown = JSON if kind == EVENTS else kind
        try:
            await self._operate(scope, kind, headers, receive, send)
        except AccessDenied as denied:
            await _answer(send, 401, shown, [fault(denied)])
        except RefusedError as refused:
            await _refuse(send, kind, refused.errors)
        except LiandongError as error:
            await _answer(send, 503, shown, [fault(error)])
        except (BadRequestError, DisconnectedError):
            raise
        except Exception as error:  # noqa: BLE001  # the last place: logged, answered, not leaked
            await _answer(send, 500, shown, [internal(error)])

    async def _operate(
        self, scope: Scope, kind: str, headers: dict[str, str], receive: Receive, send: Send
    ) -> None:
        principal = await self._executor.authenticate(bearer(headers.get("authorization")))
        request = parse_request(await read_body(receive, headers))
        prepared = self._executor.prepare(request.query, request.operation_name, principal)
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
        if result.data is None and all(error.path is None for error in errors):
            await _refuse(send, kind, errors)
            return
        await _send(send, 200, orjson.dumps(_formatted(result)), _content(kind))


def _refusal(kind: str, errors: list[GraphQLError]) -> int:
    """The status for an operation that did not run."""
    if kind != RESPONSE:
        return 200
    codes = {(error.extensions or {}).get("code") for error in errors}
    if codes == {"FORBIDDEN"}:
        return 403
    return 504 if codes == {"DEADLINE_EXCEEDED"} else 400


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


async def _answer(send: Send, status: int, kind: str, errors: list[GraphQLError]) -> None:
    headers = _content(kind)
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    if status == 405:
        headers.append((b"allow", b"GET, POST"))
    await _send(
        send, status, orjson.dumps({"errors": [error.formatted for error in errors]}), headers
    )


async def _send(send: Send, status: int, body: bytes, headers: Headers) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})


def _explorer() -> tuple[bytes, Headers]:
    """The query page (docs/decisions/0004), and headers that let only its own script run."""
    page = files("schema.serving").joinpath("explorer.html").read_text(encoding="utf-8")
    script = page.partition(_SCRIPT_START)[2].partition(_SCRIPT_END)[0]
    digest = base64.b64encode(sha256(script.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline';"
        " connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none';"
        " frame-ancestors 'none'"
    )
    return page.encode(), [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-security-policy", policy.encode()),
        (b"cache-control", b"no-cache"),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
    ]
