"""The messages of graphql-transport-ws, read as strictly as HTTP reads requests, and written.

Source: the GraphQL over WebSocket Protocol document of the graphql-ws project, Message Types.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import orjson
from graphql import GraphQLError

from hub.requests import bearer
from schema.executing.requests import BadRequestError, Request, parameters

ACK: Final = b'{"type":"connection_ack"}'
PONG: Final = b'{"type":"pong"}'
_HEADER: Final = b"authorization"
_WITH_PAYLOAD: Final = frozenset({"connection_init", "ping", "pong"})
_WITH_ID: Final = frozenset({"subscribe", "complete"})


class InvalidMessageError(Exception):
    """What is no message of the protocol: the connection is closed with 4400 and this reason."""


def read(text: str | None) -> dict[str, Any]:
    """A message of a known type, its id and payload as that type has them.

    Raises InvalidMessageError. `text` is None for a binary frame.
    """
    try:
        message = orjson.loads(text) if text is not None else None
    except orjson.JSONDecodeError:
        message = None
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise InvalidMessageError("Invalid message: expected a JSON object with a type")
    kind = message["type"]
    if kind in _WITH_PAYLOAD:
        if not isinstance(message.get("payload"), dict | None):
            raise InvalidMessageError(f"Invalid message: {kind} takes an object as payload")
    elif kind in _WITH_ID:
        if not isinstance(message.get("id"), str) or not message["id"]:
            raise InvalidMessageError(f"Invalid message: {kind} needs an id, a string")
    else:
        raise InvalidMessageError(f"Invalid message type {kind[:40]!r}")
    return message


def request_of(message: Mapping[str, Any]) -> Request:
    """What a subscribe message asks. Raises InvalidMessageError."""
    payload = message.get("payload")
    if not isinstance(payload, dict):
        raise InvalidMessageError("Invalid message: subscribe needs a payload, an object")
    try:
        return parameters(payload)
    except BadRequestError as bad:
        raise InvalidMessageError(f"Invalid message: {bad.message}") from bad


def token_of(payload: object, headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The init payload's `authorization` or `token`, else the Authorization header's; or empty."""
    if isinstance(payload, dict):
        folded = {str(key).lower(): value for key, value in payload.items()}
        given = str(folded.get("authorization") or folded.get("token") or "")
        if given:
            return bearer(given) or given.strip()
    return bearer(next((value.decode("latin-1") for key, value in headers if key == _HEADER), ""))


def next_head(identifier: str) -> bytes:
    """What comes before the result in a `next`; a brace comes behind it."""
    return b'{"id":' + orjson.dumps(identifier) + b',"type":"next","payload":'


def complete(identifier: str) -> bytes:
    """Nothing more will come for this id."""
    return orjson.dumps({"id": identifier, "type": "complete"})


def error(identifier: str, errors: Sequence[GraphQLError]) -> bytes:
    """An operation that did not run, or does not go on."""
    payload = [each.formatted for each in errors]
    return orjson.dumps({"id": identifier, "type": "error", "payload": payload})
