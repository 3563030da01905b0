"""HTTP requests read strictly: content type, size, JSON, and the four parameters."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

import orjson

MAX_BODY = 256 * 1024
JSON: Final = "application/json"
RESPONSE: Final = "application/graphql-response+json"
EVENTS: Final = "text/event-stream"
HTML: Final = "text/html"
OFFERED: Final = (JSON, RESPONSE, EVENTS)
_PARAMETERS: Final = {"operationName": str, "variables": dict, "extensions": dict}
_WORDS: Final = {str: "a string", dict: "an object"}

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


class BadRequestError(Exception):
    """A request that is no GraphQL request. `status` is the HTTP status, `code` is stable.

    `allow` are the methods that would do, of a 405.
    """

    def __init__(self, status: int, code: str, message: str, *, allow: str = "GET, POST") -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.allow = allow


class DisconnectedError(Exception):
    """The client left before it had said what it wanted."""


@dataclass(frozen=True, slots=True)
class Request:
    """The parameters of a GraphQL request."""

    query: str
    operation_name: str | None
    variables: dict[str, Any]


def headers_of(scope: Mapping[str, Any]) -> dict[str, str]:
    """Header values by lower-case name; repeated ones joined by a comma."""
    found: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def media_type(accept: str | None) -> str | None:
    """What to answer in: the client's first choice of those offered; None if it takes none.

    Without an Accept header, or with `*/*`, that is application/json.
    """
    if not accept:
        return JSON
    asked: list[tuple[str, float]] = []
    for item in accept.split(","):
        name, *parameters = (part.strip().lower() for part in item.split(";"))
        asked.append((name, _quality(parameters)))
    refused = {name for name, quality in asked if quality <= 0}
    best: tuple[float, str] | None = None
    for name, quality in asked:
        chosen = name
        if name in {"*/*", "application/*"}:
            chosen = JSON if JSON not in refused else RESPONSE
        if chosen in OFFERED and quality > 0 and (best is None or quality > best[0]):
            best = (quality, chosen)
    return best and best[1]


def wants_html(accept: str | None) -> bool:
    """Whether this is a browser asking for a page."""
    return HTML in (accept or "").lower()


def bearer(authorization: str | None) -> str:
    """The token of an Authorization header; empty if there is none."""
    scheme, _, token = (authorization or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def check_content(headers: Mapping[str, str]) -> None:
    """Refuse what is not plain JSON in UTF-8. Raises BadRequestError 415."""
    kind, *parameters = (
        part.strip().lower() for part in headers.get("content-type", "").split(";")
    )
    charset = next((p.partition("=")[2] for p in parameters if p.startswith("charset=")), "utf-8")
    if kind != JSON or charset.strip('"') not in {"utf-8", "utf8"}:
        raise BadRequestError(
            415, "UNSUPPORTED_MEDIA_TYPE", "Send content-type: application/json, in UTF-8."
        )
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise BadRequestError(415, "UNSUPPORTED_MEDIA_TYPE", "Send the body uncompressed.")


async def read_body(receive: Receive, headers: Mapping[str, str]) -> bytes:
    """The body, at most 256 kB. Raises BadRequestError 413, DisconnectedError."""
    declared = headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > MAX_BODY:
        raise _too_large()
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise DisconnectedError
        body += message.get("body", b"")
        if len(body) > MAX_BODY:
            raise _too_large()
        if not message.get("more_body", False):
            return bytes(body)


def parse_request(body: bytes) -> Request:
    """The parameters in a body. Raises BadRequestError 400, naming the one that is wrong."""
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadRequestError(400, "BAD_JSON", f"The body is not JSON: {error}.") from error
    if isinstance(given, list):
        raise BadRequestError(400, "BATCHING", "One operation a request: batching is not served.")
    if not isinstance(given, dict):
        raise BadRequestError(400, "BAD_REQUEST", "Expected a JSON object with the key query.")
    return parameters(given)


def parse_query(text: bytes) -> Request:
    """The parameters in a URL: `variables` and `extensions` are JSON. Raises BadRequestError 400.

    GraphQL over HTTP, section 5.3 (GET).
    """
    try:
        pairs = parse_qsl(
            text.decode("ascii"), keep_blank_values=True, max_num_fields=20, errors="strict"
        )
    except ValueError as error:
        raise BadRequestError(400, "BAD_REQUEST", "The query string is not readable.") from error
    given: dict[str, Any] = dict(pairs)
    if len(given) < len(pairs):
        raise BadRequestError(400, "BAD_REQUEST", "A parameter is given twice.")
    for name in ("variables", "extensions"):
        if (value := given.get(name)) is not None:
            try:
                given[name] = orjson.loads(value) if value else None
            except orjson.JSONDecodeError as error:
                message = f"{name}: expected JSON: {error}."
                raise BadRequestError(400, "BAD_JSON", message) from error
    given["operationName"] = given.get("operationName") or None
    return parameters(given)


def parameters(given: Mapping[str, Any]) -> Request:
    """The four parameters, however they came. Raises BadRequestError 400, naming a wrong one."""
    if not isinstance(given.get("query"), str):
        raise BadRequestError(400, "BAD_REQUEST", "query: expected a string with a document.")
    for name, kind in _PARAMETERS.items():
        value = given.get(name)
        if value is not None and not isinstance(value, kind):
            raise BadRequestError(400, "BAD_REQUEST", f"{name}: expected {_WORDS[kind]} or null.")
    return Request(given["query"], given.get("operationName"), given.get("variables") or {})


def _too_large() -> BadRequestError:
    return BadRequestError(413, "TOO_LARGE", f"The body is larger than {MAX_BODY:,} bytes.")


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
