"""GraphQL requests over HTTP, read strictly: what they accept, and the four parameters."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

import orjson

from hub.requests import EVENTS, JSON, json_of
from schema.executing.trusted import trusted

RESPONSE: Final = "application/graphql-response+json"
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


async def body_of(receive: Receive) -> AsyncIterator[bytes]:
    """The pieces of a body, as they come. Raises DisconnectedError."""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise DisconnectedError
        yield message.get("body", b"")
        more = message.get("more_body", False)


def parse_request(body: bytes) -> Request:
    """The parameters in a body. Raises BodyRefused; BadRequestError 400, naming a wrong one."""
    given = json_of(body)
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
    """The four parameters, however they came. Raises BadRequestError 400, naming a wrong one.

    In the place of `query` (absent or empty) there may be `documentId`, the hash of a document the
    hub knows.
    """
    query = given.get("query")
    if not query and "documentId" in given:
        query = _trusted(given["documentId"])
    if not isinstance(query, str):
        raise BadRequestError(400, "BAD_REQUEST", "query: expected a string with a document.")
    for name, kind in _PARAMETERS.items():
        value = given.get(name)
        if value is not None and not isinstance(value, kind):
            raise BadRequestError(400, "BAD_REQUEST", f"{name}: expected {_WORDS[kind]} or null.")
    return Request(query, given.get("operationName"), given.get("variables") or {})


def _trusted(document_id: object) -> str:
    text = trusted().get(document_id) if isinstance(document_id, str) else None
    if text is None:
        message = "documentId: no such document here: this app is of another version. Reload it."
        raise BadRequestError(400, "DOCUMENT_UNKNOWN", message)
    return text


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
