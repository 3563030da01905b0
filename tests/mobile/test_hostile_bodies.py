"""What no app sends to the mobile API: refused in its words, item by item; never a 500."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.operations import field_actions
from hub.requests import JSON
from mobile_api.app import ENDPOINTS
from tests.mobile.conftest import Phone

DIGITS = "7" * 5_000
AT = "2026-01-01T00:00:00Z"


def nested(depth: int, opening: str, closing: str) -> str:
    """JSON that is nothing but depth."""
    return opening * depth + "1" + closing * depth


RAW = [
    DIGITS,
    f"-{DIGITS}",
    f"1e{DIGITS}",
    "1e400",
    "18446744073709551616",
    "9" * 40,
    "-1",
    "true",
    "null",
    "{}",
    "[]",
    '{"$ne": null}',
    '{"$where": "1"}',
    '{"a.b": 1, "\\u0000": 2}',
    '"\\ud800"',
    '"\\u0000"',
    '"a\\u0000b"',
    '"\\u202e\\u2066"',
    json.dumps("x" * 20_000),
    f'"{DIGITS}"',
    '"0001-01-01T00:00:00+14:00"',
    '"9999-12-31T23:59:59-14:00"',
    '"2026-02-30T00:00:00Z"',
    nested(200, "[", "]"),
    nested(300, "[", "]"),
    nested(900, "[", "]"),
    nested(300, '{"a":', "}"),
]
FIELDS: dict[str, dict[str, Any]] = {
    "/session": {
        "login": "nobody",
        "password": "x",
        "device": {
            "id": "d",
            "platform": "p",
            "model": "m",
            "appVersion": "1",
            "locale": "zh",
            "refreshToken": "a.b",
        },
    },
    "/session/refresh": {"refreshToken": "a.b"},
    "/device": {"pushChannel": "fcm", "pushToken": "t", "fid": "f", "subscription": {}},
    "/attachments": {"id": "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "size": 1, "sha256": "0" * 64},
    "/positions": {
        "positions": [{"at": AT, "lat": 31, "lon": 121, "accuracy": 5, "battery": 0.5}],
    },
}
BODIES: dict[str, dict[str, Any]] = {
    "order.accepted": {"orderId": "x", "note": "n", "via": "fcm"},
    "duty.signIn": {"post": "p"},
    "duty.signOut": {},
    "incident.report": {
        "kind": "FIRE",
        "title": "t",
        "description": "d",
        "place": "p",
        "lat": 31,
        "lon": 121,
        "attachments": ["6ba7b810-9dad-11d1-80b4-00c04fd430c8"],
    },
    "wake.confirmed": {"event": "x"},
    "no.such.kind": {"a": 1},
}


def holes(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a body."""
    found = [at]
    if isinstance(value, dict | list):
        inner = value.items() if isinstance(value, dict) else enumerate(value)
        found += [place for key, part in inner for place in holes(part, (*at, key))]
    return found


def filled(value: Any, at: tuple[Any, ...], raw: str) -> str:
    """The body as JSON, with `raw` at a place."""
    if not at:
        return raw
    whole = json.loads(json.dumps(value))
    place = whole
    for key in at[:-1]:
        place = place[key]
    place[at[-1]] = "a hole in the JSON"
    return json.dumps(whole).replace('"a hole in the JSON"', raw)


async def sent(phone: Phone, method: str, path: str, body: str) -> Any:
    """Send it, and refuse whatever would be our own fault."""
    headers = {"content-type": "application/json"}
    reply = await phone.call(method, path, content=body.encode(), headers=headers)
    assert reply.status_code < 500, (body[:300], reply.text)
    assert "INTERNAL" not in reply.text
    return reply


@pytest.mark.parametrize("path", sorted(FIELDS))
async def test_no_value_of_any_field_is_our_fault(phone: Phone, path: str) -> None:
    """Numbers of 5,000 digits, moments at the ends of the calendar, NUL, half surrogates, deep
    nesting and operators, in every place of every body."""
    mine = await phone.sign_in("officer14")
    (method,) = {each.method for each in ENDPOINTS if each.path == path and each.has_body}
    for at in holes(FIELDS[path]):
        for raw in RAW:
            await sent(mine, method, path, filled(FIELDS[path], at, raw))


@pytest.mark.parametrize("kind", sorted(BODIES))
async def test_no_value_of_any_action_is_our_fault(phone: Phone, kind: str) -> None:
    """The same in every part of every kind of action; a good one beside it is still judged."""
    mine = await phone.sign_in("officer15")
    action = {"id": "h", "kind": kind, "at": AT, "body": BODIES[kind]}
    good = {"id": "g", "kind": "order.seen", "at": AT, "body": {"orderId": "none"}}
    for at in holes(action):
        for raw in RAW:
            body = f'{{"actions": [{filled(action, at, raw)}, {json.dumps(good)}]}}'
            reply = await sent(mine, "POST", "/actions", body)
            if reply.status_code == 200:
                assert reply.json()["results"][-1]["code"] == "NOT_FOUND"


READS = [each for each in ENDPOINTS if each.method == "GET" and each.media == JSON]


@pytest.mark.parametrize("endpoint", READS, ids=[each.name for each in READS])
async def test_no_query_is_our_fault(phone: Phone, endpoint: Any) -> None:
    """Nor is any value of a parameter in a URL."""
    mine = await phone.sign_in("officer16")
    for text in ("", "%00", "%ff", "%ed%a0%80", DIGITS, "-1", "1e9", "$where", "bm90aGluZw"):
        for name in ("since", "limit", "x"):
            reply = await mine.call("GET", f"{endpoint.path}?{name}={text}")
            assert reply.status_code < 500, reply.text


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=12,
)


@settings(
    max_examples=100,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(kind=st.sampled_from(sorted(field_actions())), body=anything, name=st.text(max_size=9))
async def test_no_mixture_is_our_fault(phone: Phone, kind: str, body: Any, name: str) -> None:
    """Any body of any action, under any id."""
    if not phone.access:
        phone.access = (await phone.sign_in("officer17")).access
    action = {"id": name, "kind": kind, "at": AT, "body": body}
    await sent(phone, "POST", "/actions", json.dumps({"actions": [action]}))
