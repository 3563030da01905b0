"""Every route: who may not, and what may not be sent. None of it is ever a 500."""

import gzip
import json
from typing import Any

import pytest

from hub.clock import ManualClock
from hub.model.people import SCOPES, Role, Scope
from hub.operations.incidents.documents import AttachmentDoc, IncidentDoc
from hub.requests import MAX_BODY
from hub.store.documents import DeviceDoc, OfficerPositionDoc, OutboxDoc
from mobile_api.app import ENDPOINTS
from mobile_api.endpoint import Endpoint, Nothing
from tests.mobile.conftest import Phone

GUARDED = [endpoint for endpoint in ENDPOINTS if endpoint.scope is not None]
FIELD_ONLY = [endpoint for endpoint in GUARDED if endpoint.scope is Scope.FIELD_WORK]
OTHERS = [
    role.value.lower()
    for role in Role
    if Scope.FIELD_WORK not in SCOPES[role] and role is not Role.WALL
]
WITH_BODY = [endpoint for endpoint in ENDPOINTS if endpoint.has_body]
GOOD_BODY: dict[str, dict[str, Any]] = {
    "/device": {"pushChannel": "fcm", "pushToken": "t"},
    "/attachments": {
        "id": "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        "size": 1,
        "sha256": "0" * 64,
    },
    "/actions": {
        "actions": [
            {
                "id": "x",
                "kind": "incident.report",
                "at": "2026-01-01T00:00:00Z",
                "body": {"kind": "FIRE", "title": "x"},
            }
        ]
    },
    "/positions": {"positions": [{"at": "2026-01-01T00:00:00Z", "lat": 31, "lon": 121}]},
}


def named(endpoint: Endpoint[Any]) -> str:
    return endpoint.name


async def state() -> tuple[int, ...]:
    """How much a refused request could have written."""
    return (
        await DeviceDoc.find({"push_token": {"$ne": None}}).count(),
        await IncidentDoc.find_all().count(),
        await OfficerPositionDoc.find_all().count(),
        await AttachmentDoc.find_all().count(),
        await OutboxDoc.find_all().count(),
    )


async def send(phone: Phone, endpoint: Endpoint[Any]) -> Any:
    body = {"json": GOOD_BODY[endpoint.path]} if endpoint.path in GOOD_BODY else {}
    return await phone.call(endpoint.method, endpoint.path, **body)


def of_code(reply: Any, status: int, code: str) -> dict[str, Any]:
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    if reply.request.method == "HEAD":
        assert reply.content == b""  # RFC 9110, 9.3.2: the headers alone are the answer
        return {}
    problem: dict[str, Any] = reply.json()
    assert problem["code"] == code
    assert problem["status"] == status
    assert problem["title"].isascii() is False
    assert problem["type"] == f"urn:liandong:problem:{code}"
    return problem


@pytest.mark.parametrize("endpoint", GUARDED, ids=named)
@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c"])
async def test_without_a_good_token_nothing_is_done(
    phone: Phone, endpoint: Endpoint[Any], token: str
) -> None:
    """No token, or one that is not ours: 401 with a challenge, and nothing changed."""
    before = await state()
    phone.access = token
    reply = await send(phone, endpoint)
    of_code(reply, 401, "UNAUTHENTICATED")
    challenge = reply.headers["www-authenticate"]
    assert challenge.startswith('Bearer realm="liandong"')
    assert ("invalid_token" in challenge) is bool(token)
    assert await state() == before


@pytest.mark.parametrize("endpoint", GUARDED, ids=named)
async def test_an_expired_token_is_refused(
    phone: Phone, endpoint: Endpoint[Any], clock: ManualClock
) -> None:
    """Sixteen minutes later every route answers 401."""
    mine = await phone.sign_in("officer1")
    before = await state()
    clock.advance(minutes=16)
    of_code(await send(mine, endpoint), 401, "UNAUTHENTICATED")
    assert await state() == before


@pytest.mark.parametrize("endpoint", FIELD_ONLY, ids=named)
@pytest.mark.parametrize("login", OTHERS)
async def test_field_work_is_for_who_can_be_ordered(
    phone: Phone, endpoint: Endpoint[Any], login: str
) -> None:
    """A role without the scope is answered 403 by the field routes, and nothing changed."""
    mine = await phone.sign_in(login)
    before = await state()
    of_code(await send(mine, endpoint), 403, "FORBIDDEN")
    assert await state() == before


@pytest.mark.parametrize("endpoint", WITH_BODY, ids=named)
async def test_every_body_is_checked(phone: Phone, endpoint: Endpoint[Any]) -> None:
    """Bad JSON, another type, a compressed body, too much, a list, a number, nothing and unknown
    fields are refused in their own words by every route that takes a body."""
    mine = await phone.sign_in("officer2")

    async def sent(content: bytes, **headers: str) -> Any:
        wanted = {"content-type": "application/json", **headers}
        return await mine.call(endpoint.method, endpoint.path, content=content, headers=wanted)

    for garbage in (b"", b"{", b"{'a': 1}", b'{"a": NaN}', b"\xff\xfe", b'"\\ud800"', b"[" * 5000):
        of_code(await sent(garbage), 400, "BAD_JSON")
    for wrong in (b"[]", b"7", b"null", b'"text"', b"[" * 900 + b"]" * 900):
        of_code(await sent(wrong), 422, "INVALID")
    problem = of_code(await sent(b'{"surprise": 1}'), 422, "INVALID")
    assert "surprise" in {error["path"] for error in problem["errors"]}
    form = {"content-type": "application/x-www-form-urlencoded"}
    of_code(await sent(b"a=1", **form), 415, "UNSUPPORTED_MEDIA_TYPE")
    packed = gzip.compress(b"{}")
    of_code(await sent(packed, **{"content-encoding": "gzip"}), 415, "UNSUPPORTED_MEDIA_TYPE")
    large = json.dumps({"login": "x" * MAX_BODY}).encode()
    of_code(await sent(large), 413, "TOO_LARGE")


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=named)
async def test_every_query_is_checked(phone: Phone, endpoint: Endpoint[Any]) -> None:
    """A GET or DELETE with a query it does not know is 422 with the name of it."""
    if endpoint.has_body:
        return
    mine = await phone.sign_in("officer3")
    reply = await mine.call(endpoint.method, endpoint.path, params={"surprise": "1"})
    problem = of_code(reply, 422, "INVALID")
    if endpoint.method != "HEAD":
        assert problem["errors"][0]["path"] == "surprise"


@pytest.mark.parametrize(
    "params", [{"limit": "0"}, {"limit": "501"}, {"limit": "x"}, {"since": "x" * 201}]
)
async def test_a_page_has_its_bounds(phone: Phone, params: dict[str, str]) -> None:
    """A limit out of bounds, and a cursor too long to be ours, are 422."""
    mine = await phone.sign_in("officer4")
    of_code(await mine.call("GET", "/sync", params=params), 422, "INVALID")


@pytest.mark.parametrize(
    "body",
    [
        {"login": {"$ne": ""}, "password": "x"},
        {"login": "officer1", "password": {"$gt": ""}},
        {"login": "", "password": "x"},
        {"login": "x" * 65, "password": "x"},
        {"login": "officer1", "password": "x" * 257},
        {"login": "officer1"},
        {"login": "officer1", "password": "x", "device": {"id": "a b", "platform": "android"}},
        {"login": "officer1", "password": "x", "device": {"id": "a"}},
    ],
)
async def test_a_sign_in_is_typed(phone: Phone, body: dict[str, Any]) -> None:
    """Operators, blanks and lengths out of bounds in a sign-in are 422, and the value sent is not
    repeated in the answer."""
    reply = await phone.call("POST", "/session", json=body)
    of_code(reply, 422, "INVALID")
    assert "xxxxxxxx" not in reply.text


async def test_a_wrong_path_or_method_is_a_problem_too(phone: Phone) -> None:
    """Unknown paths and methods are answered in the same format."""
    nothing = of_code(await phone.call("GET", "/nothing"), 404, "NOT_FOUND")
    assert nothing["detail"] == "没有这个地址 / There is nothing at this address."
    reply = await phone.call("PATCH", "/session")
    detail = of_code(reply, 405, "METHOD_NOT_ALLOWED")["detail"]
    assert detail.startswith("此地址不支持 PATCH，可用 ")
    assert detail.endswith(", not PATCH.")
    assert "POST" in reply.headers["allow"]
    assert (await phone.call("HEAD", "/events")).status_code == 405


async def test_nothing_is_asked_of_nobody() -> None:
    """Every endpoint either has a scope or is one of the three that anybody may call."""
    assert {"watch", "commander", "admin", "partner"} <= set(OTHERS)
    open_to_all = {endpoint.name for endpoint in ENDPOINTS if endpoint.scope is None}
    assert open_to_all == {"signIn", "refreshSession", "openapi"}
    assert all(
        endpoint.takes is Nothing or endpoint.takes.model_config["extra"] == "forbid"
        for endpoint in ENDPOINTS
    )
