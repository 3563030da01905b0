"""Small pieces of HTTP that several routes share."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

LARGEST_BODY = 1024 * 1024

Model = TypeVar("Model", bound=BaseModel)
Endpoint = Callable[[Request], Awaitable[Response]]


class BadRequestError(Exception):
    """The request cannot be taken; the message says why, in one line."""


class Json(Response):
    """JSON by orjson, readable."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:  # noqa: ANN401  # whatever JSON can hold
        """Encoded, with a line break at the end for those who read it with curl."""
        return orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


async def body_of(request: Request) -> bytes:
    """The whole body. Raises BadRequestError when it is too large."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST_BODY:
            raise BadRequestError(f"the body is larger than {LARGEST_BODY} bytes")
        parts.append(part)
    return b"".join(parts)


async def json_of(request: Request) -> object:
    """The body as JSON. Raises BadRequestError."""
    try:
        return orjson.loads(await body_of(request))
    except orjson.JSONDecodeError as error:
        raise BadRequestError(f"the body is not JSON: {error}") from error


async def model_of(request: Request, model: type[Model]) -> Model:
    """The body as a model. Raises BadRequestError naming the first wrong key."""
    try:
        return model.model_validate(await json_of(request))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"]) or "body"
        raise BadRequestError(f"{key}: {first['msg']}") from error


async def hang(request: Request, released: asyncio.Event) -> None:
    """Answer nothing until the client hangs up or the silence is lifted."""

    async def hung_up() -> None:
        try:
            while (await request.receive())["type"] != "http.disconnect":
                pass
        except ClientDisconnect:
            return

    waits = [asyncio.ensure_future(hung_up()), asyncio.ensure_future(released.wait())]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)


def conditional(
    request: Request, body: bytes, etag: str, modified: datetime, kind: str
) -> Response:
    """The body, or 304 when the client has it (RFC 9110 13.1: the tag goes before the date)."""
    headers = {
        "ETag": etag,
        "Last-Modified": format_datetime(modified, usegmt=True),
        "Cache-Control": "no-cache",
    }
    if _has(request, etag, modified):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=kind, headers=headers)


def _has(request: Request, etag: str, modified: datetime) -> bool:
    if tags := request.headers.get("if-none-match"):
        known = [tag.strip().removeprefix("W/") for tag in tags.split(",")]
        return "*" in known or etag in known
    if since := request.headers.get("if-modified-since"):
        try:
            return modified <= parsedate_to_datetime(since)
        except (ValueError, TypeError):
            return False
    return False
