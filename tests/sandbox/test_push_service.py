"""The push stand-in: what a sender and a phone see of it."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from google.auth.transport.requests import Request as GoogleRequest
from google.oauth2.service_account import Credentials
from joserfc import jwt
from joserfc.jwk import RSAKey
from sandbox_process import SandboxProcess

SEND = "/fcm/v1/projects/liandong-sandbox/messages:send"
SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@pytest.fixture
async def client(sandbox: SandboxProcess) -> AsyncIterator[httpx2.AsyncClient]:
    """A sender with an access token; the faults are cleared after the test."""
    async with sandbox.client() as opened:
        account = (await opened.get("/fcm/service-account.json")).json()
        form = {"grant_type": GRANT, "assertion": _assertion(account)}
        answer = await opened.post("/fcm/token", data=form)
        opened.headers["authorization"] = f"Bearer {answer.json()['access_token']}"
        yield opened
        await opened.post("/control/fcm", json={"mode": "ok"})


@pytest.fixture
async def phone(client: httpx2.AsyncClient) -> str:
    """A registered phone's token."""
    return str((await client.post("/fcm/phones")).json()["token"])


def _assertion(account: dict[str, str], **changes: object) -> str:
    now = datetime.now(UTC)
    claims: dict[str, object] = {
        "iss": account["client_email"],
        "aud": account["token_uri"],
        "scope": SCOPE,
        "iat": int(now.timestamp()),
        "exp": int((now + timedelta(hours=1)).timestamp()),
        **changes,
    }
    key = RSAKey.import_key(account["private_key"])
    return jwt.encode({"alg": "RS256"}, claims, key)


def _message(token: str, **fields: object) -> dict[str, object]:
    return {"message": {"token": token, "data": {"event": "e-1"}, **fields}}


async def _next(lines: AsyncIterator[str]) -> dict[str, Any]:
    async with asyncio.timeout(60):
        async for line in lines:
            if line.startswith("data: "):
                return dict(json.loads(line.removeprefix("data: ")))
    raise AssertionError("the stream ended")


async def test_googles_own_library_gets_a_token(client: httpx2.AsyncClient):
    """google-auth, given the stand-in's service account, gets an access token that sends."""
    account = (await client.get("/fcm/service-account.json")).json()
    credentials = Credentials.from_service_account_info(account, scopes=[SCOPE])
    await asyncio.to_thread(credentials.refresh, GoogleRequest())
    token = (await client.post("/fcm/phones")).json()["token"]
    headers = {"authorization": f"Bearer {credentials.token}"}
    assert (await client.post(SEND, json=_message(token), headers=headers)).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "somebody@else"},
        {"aud": "https://example.org"},
        {"exp": 1_600_000_000, "iat": 1_599_990_000},
        {"exp": None},
        {"scope": "https://www.googleapis.com/auth/drive"},
    ],
)
async def test_a_wrong_assertion_gets_no_token(
    client: httpx2.AsyncClient, changes: dict[str, object]
):
    """An assertion of another issuer, audience, time or scope is refused as OAuth says."""
    account = (await client.get("/fcm/service-account.json")).json()
    form = {"grant_type": GRANT, "assertion": _assertion(account, **changes)}
    answer = await client.post("/fcm/token", data=form)
    assert answer.status_code == 400
    assert answer.json()["error"] in {"invalid_grant", "invalid_scope"}


async def test_a_foreign_key_gets_no_token(client: httpx2.AsyncClient):
    """An assertion signed with another key, garbage, and another grant are refused."""
    account = (await client.get("/fcm/service-account.json")).json()
    foreign = RSAKey.generate_key(2048).as_pem(private=True).decode()
    for form in (
        {"grant_type": GRANT, "assertion": _assertion({**account, "private_key": foreign})},
        {"grant_type": GRANT, "assertion": "garbage"},
        {"grant_type": "password", "assertion": _assertion(account)},
        {},
    ):
        assert (await client.post("/fcm/token", data=form)).status_code == 400


async def test_a_message_reaches_a_listening_phone(client: httpx2.AsyncClient, phone: str):
    """A data message comes out of the phone's stream with its name, data and priority."""
    async with client.stream("GET", f"/fcm/phones/{phone}/messages") as stream:
        lines = stream.aiter_lines()
        assert await anext(lines) == ": listening"
        answer = await client.post(SEND, json=_message(phone, android={"priority": "HIGH"}))
        got = await _next(lines)
    assert answer.json()["name"] == got["messageId"]
    assert got["messageId"].startswith("projects/liandong-sandbox/messages/")
    assert got["data"] == {"event": "e-1"}
    assert got["priority"] == "high"


async def test_messages_wait_for_a_phone_that_is_offline(client: httpx2.AsyncClient, phone: str):
    """The newest hundred messages wait for an offline phone, in order, and are delivered once."""
    for number in range(103):
        await client.post(SEND, json=_message(phone, data={"n": str(number)}))
    async with client.stream("GET", f"/fcm/phones/{phone}/messages") as stream:
        lines = stream.aiter_lines()
        got = [(await _next(lines))["data"]["n"] for _ in range(100)]
    assert got == [str(number) for number in range(3, 103)]
    async with client.stream("GET", f"/fcm/phones/{phone}/messages") as stream:
        lines = stream.aiter_lines()
        await client.post(SEND, json=_message(phone, data={"n": "new"}))
        assert (await _next(lines))["data"]["n"] == "new"


async def test_a_second_listener_takes_over(client: httpx2.AsyncClient, phone: str):
    """When a phone listens anew its older stream ends."""
    async with client.stream("GET", f"/fcm/phones/{phone}/messages") as old:
        old_lines = old.aiter_lines()
        await anext(old_lines)
        async with client.stream("GET", f"/fcm/phones/{phone}/messages") as new:
            new_lines = new.aiter_lines()
            await anext(new_lines)
            async with asyncio.timeout(60):
                assert [line async for line in old_lines if line] == []
            await client.post(SEND, json=_message(phone))
            assert (await _next(new_lines))["data"] == {"event": "e-1"}


async def test_an_unknown_token_is_unregistered(client: httpx2.AsyncClient, phone: str):
    """A token that was never given out, or whose app was removed, is 404 UNREGISTERED."""
    assert (await client.delete(f"/fcm/phones/{phone}")).status_code == 204
    for token in (phone, "never-given"):
        answer = await client.post(SEND, json=_message(token))
        error = answer.json()["error"]
        assert answer.status_code == 404
        assert error["status"] == "NOT_FOUND"
        assert error["details"] == [
            {
                "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError",
                "errorCode": "UNREGISTERED",
            }
        ]
    assert (await client.get(f"/fcm/phones/{phone}/messages")).status_code == 404
    assert (await client.delete(f"/fcm/phones/{phone}")).status_code == 404


async def test_an_installation_id_is_a_target_too(client: httpx2.AsyncClient, phone: str):
    """A message may name its phone by fid."""
    body = {"message": {"fid": phone, "data": {"event": "e-2"}}}
    assert (await client.post(SEND, json=body)).status_code == 200


async def test_a_dry_run_delivers_nothing(client: httpx2.AsyncClient, phone: str):
    """validate_only answers with a name and the phone gets nothing."""
    answer = await client.post(SEND, json={**_message(phone), "validate_only": True})
    assert answer.status_code == 200
    accepted = (await client.get("/fcm/messages")).json()["messages"]
    assert phone not in {message["to"] for message in accepted}


@pytest.mark.parametrize("header", [None, "Bearer wrong", "Basic abc", "ya29.x"])
async def test_without_a_token_nothing_is_sent(
    sandbox: SandboxProcess, phone: str, header: str | None
):
    """A send without a valid access token is 401 UNAUTHENTICATED and reaches nobody."""
    headers = {} if header is None else {"authorization": header}
    async with sandbox.client() as stranger:
        answer = await stranger.post(SEND, json=_message(phone), headers=headers)
        accepted = (await stranger.get("/fcm/messages")).json()["messages"]
    assert answer.status_code == 401
    assert answer.json()["error"]["status"] == "UNAUTHENTICATED"
    assert phone not in {message["to"] for message in accepted}


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"message": "text"},
        {"message": {"data": {}}},
        {"message": {"token": "a", "topic": "b"}},
        {"message": {"topic": "all"}},
        {"message": {"token": 7}},
        {"message": {"token": "PHONE", "data": {"n": 1}}},
        {"message": {"token": "PHONE", "data": {"from": "x"}}},
        {"message": {"token": "PHONE", "data": {"big": "x" * 5000}}},
        {"message": {"token": "PHONE", "text": "x"}},
        {"message": {"token": "PHONE"}, "extra": 1},
    ],
)
async def test_a_malformed_message_is_an_invalid_argument(
    client: httpx2.AsyncClient, phone: str, body: Any
):
    """A message that FCM would refuse is refused with INVALID_ARGUMENT."""
    text = json.dumps(body).replace('"PHONE"', json.dumps(phone))
    answer = await client.post(SEND, content=text)
    assert answer.status_code == 400
    assert answer.json()["error"]["status"] == "INVALID_ARGUMENT"


async def test_another_project_is_refused(client: httpx2.AsyncClient, phone: str):
    """A send to a project that is not the account's is 403 SENDER_ID_MISMATCH; bad JSON is 400."""
    answer = await client.post("/fcm/v1/projects/other/messages:send", json=_message(phone))
    assert answer.status_code == 403
    assert answer.json()["error"]["details"][0]["errorCode"] == "SENDER_ID_MISMATCH"
    assert (await client.post(SEND, content=b"{not json")).status_code == 400


@pytest.mark.parametrize(
    ("mode", "status", "code"),
    [
        ("unregistered", 404, "UNREGISTERED"),
        ("429", 429, "QUOTA_EXCEEDED"),
        ("500", 500, "INTERNAL"),
    ],
)
async def test_an_ordered_fault_happens_so_often(
    client: httpx2.AsyncClient, phone: str, mode: str, status: int, code: str
):
    """An ordered error comes for as many sends as ordered, in FCM's form, then all is well."""
    await client.post("/control/fcm", json={"mode": mode, "count": 2})
    answers = [await client.post(SEND, json=_message(phone)) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [status, status, 200]
    assert answers[0].json()["error"]["details"][0]["errorCode"] == code
    assert ("retry-after" in answers[0].headers) == (mode == "429")


async def test_html_instead_of_json(client: httpx2.AsyncClient, phone: str):
    """In mode html the answer is a page with status 200, and the message is not accepted."""
    await client.post("/control/fcm", json={"mode": "html", "count": 1})
    answer = await client.post(SEND, json=_message(phone))
    assert answer.headers["content-type"].startswith("text/html")
    with pytest.raises(json.JSONDecodeError):
        answer.json()
    accepted = (await client.get("/fcm/messages")).json()["messages"]
    assert phone not in {message["to"] for message in accepted}


async def test_a_hanging_send(client: httpx2.AsyncClient, phone: str):
    """In mode hang nothing is answered: the client's timeout ends it, or the order's end."""
    await client.post("/control/fcm", json={"mode": "hang"})
    with pytest.raises(httpx2.ReadTimeout):
        await client.post(SEND, json=_message(phone), timeout=0.3)
    hanging = asyncio.create_task(client.post(SEND, json=_message(phone)))
    async with asyncio.timeout(60):
        while (await client.get("/status")).json()["fcm"]["hanging"] != 1:
            pass
        assert not hanging.done()
        await client.post("/control/fcm", json={"mode": "ok"})
        assert (await hanging).status_code == 500


async def test_a_fault_can_be_one_phones(client: httpx2.AsyncClient, phone: str):
    """An order for one token leaves the others alone, and its end does too."""
    other = (await client.post("/fcm/phones")).json()["token"]
    await client.post("/control/fcm", json={"mode": "500", "token": phone})
    assert (await client.post(SEND, json=_message(phone))).status_code == 500
    assert (await client.post(SEND, json=_message(other))).status_code == 200
    await client.post("/control/fcm", json={"mode": "ok", "token": phone})
    assert (await client.post(SEND, json=_message(phone))).status_code == 200


async def test_a_rate_hits_some(client: httpx2.AsyncClient, phone: str):
    """At rate 0.5 about half of the sends fail."""
    await client.post("/control/fcm", json={"mode": "500", "rate": 0.5})
    answers = [await client.post(SEND, json=_message(phone)) for _ in range(40)]
    failed = sum(answer.status_code == 500 for answer in answers)
    assert 8 <= failed <= 32


@pytest.mark.parametrize(
    "order",
    [{}, {"mode": "explode"}, {"mode": "500", "rate": 2}, {"mode": "500", "count": 0}, {"x": 1}],
)
async def test_a_wrong_fault_order_changes_nothing(
    client: httpx2.AsyncClient, phone: str, order: dict[str, object]
):
    """A wrong order is 400 with a reason; sends go on."""
    answer = await client.post("/control/fcm", json=order)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert (await client.post(SEND, json=_message(phone))).status_code == 200


async def test_accepted_messages_can_be_looked_at(client: httpx2.AsyncClient, phone: str):
    """GET /fcm/messages lists the newest first; a limit that is no number is 400."""
    for number in range(3):
        await client.post(SEND, json=_message(phone, data={"n": str(number)}))
    listed = (await client.get("/fcm/messages", params={"limit": 2})).json()["messages"]
    assert [message["data"]["n"] for message in listed] == ["2", "1"]
    assert (await client.get("/fcm/messages", params={"limit": "many"})).status_code == 400


async def test_a_gateway_in_between(client: httpx2.AsyncClient, phone: str):
    """In mode gateway the answer is a 404 that is not FCM's, and the phone stays registered."""
    await client.post("/control/fcm", json={"mode": "gateway", "count": 1})
    answer = await client.post(SEND, json=_message(phone))
    assert (answer.status_code, answer.json()) == (404, {"error": "no such route"})
    assert (await client.post(SEND, json=_message(phone))).status_code == 200
