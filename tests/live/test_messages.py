"""A socket's messages are read as strictly as HTTP reads requests."""

import json
from typing import Any

import pytest

from schema.executing.requests import BadRequestError, parse_request
from schema.live.messages import InvalidMessageError, read, request_of, token_of

QUERY = "{ me { login } }"


def subscribe(payload: Any, **fields: Any) -> dict[str, Any]:
    """A subscribe message as sent."""
    return {"id": "1", "type": "subscribe", "payload": payload, **fields}


@pytest.mark.parametrize(
    "message",
    [
        [],
        None,
        {},
        {"type": 7},
        {"type": "start", "id": "1"},
        {"type": "next", "id": "1"},
        {"type": "ping", "payload": 1},
        {"type": "pong", "payload": []},
        {"type": "connection_init", "payload": "token"},
        {"type": "complete"},
        {"type": "complete", "id": ""},
        {"type": "complete", "id": 1},
        subscribe({"query": QUERY}, id=""),
        subscribe({"query": QUERY}, id=1),
        subscribe({"query": QUERY}, id=None),
        {"type": "subscribe", "payload": {"query": QUERY}},
    ],
)
def test_what_is_no_message_is_refused(message):
    """Each with a sentence for the close frame."""
    with pytest.raises(InvalidMessageError, match="Invalid message"):
        read(json.dumps(message))


@pytest.mark.parametrize("text", [None, "", "{", '{"type": "ping"', "\x00"])
def test_what_is_no_json_is_refused(text):
    """A binary frame is none either."""
    with pytest.raises(InvalidMessageError):
        read(text)


@pytest.mark.parametrize("payload", [None, {}, {"a": 1}])
def test_a_payload_may_be_absent_or_null_where_it_is_optional(payload):
    """As the reference implementation has it."""
    for kind in ("connection_init", "ping", "pong"):
        assert read(json.dumps({"type": kind, "payload": payload}))["type"] == kind
        assert read(json.dumps({"type": kind}))["type"] == kind


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"query": None},
        {"query": 7},
        {"query": ["a"]},
        *(
            {"query": QUERY, name: value}
            for name, kind in (("variables", dict), ("extensions", dict), ("operationName", str))
            for value in (0, 1, False, True, "", "x", [], [1], {}, {"a": 1})
            if not isinstance(value, kind)
        ),
    ],
)
def test_a_socket_refuses_what_http_refuses_and_in_its_words(payload):
    """Also what is falsy: 0, false, an empty text or list are no object."""
    with pytest.raises(BadRequestError) as over_http:
        parse_request(json.dumps(payload).encode())
    with pytest.raises(InvalidMessageError) as over_socket:
        request_of(read(json.dumps(subscribe(payload))))
    assert over_http.value.message in str(over_socket.value)


@pytest.mark.parametrize("payload", [None, 7, "x", [], [{"query": QUERY}]])
def test_a_subscribe_without_an_object_is_refused(payload):
    """No payload, no request."""
    with pytest.raises(InvalidMessageError):
        request_of(read(json.dumps(subscribe(payload))))


def test_a_socket_takes_what_http_takes():
    """Null is as if absent; extensions may be any object."""
    payload = {"query": QUERY, "variables": None, "operationName": None, "extensions": {"a": 1}}
    taken = request_of(read(json.dumps(subscribe(payload))))
    assert taken == parse_request(json.dumps(payload).encode())


@pytest.mark.parametrize(
    ("payload", "token"),
    [
        ({"authorization": "Bearer t"}, "t"),
        ({"Authorization": "bearer t"}, "t"),
        ({"token": "t"}, "t"),
        ({}, "h"),
        (None, "h"),
    ],
)
def test_a_token_comes_in_the_init_payload_or_in_the_header(payload, token):
    """The payload first: a browser can set no header."""
    assert token_of(payload, [(b"authorization", b"Bearer h")]) == token
