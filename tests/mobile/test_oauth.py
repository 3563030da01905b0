"""The OAuth 2.0 token endpoint."""

import base64
from typing import Any

import httpx2
import pytest

from hub.access.demo import PASSWORD
from tests.mobile.conftest import Phone

PASSWORD_GRANT = {"grant_type": "password", "username": "watch", "password": PASSWORD}
CLIENT = {"grant_type": "client_credentials", "client_id": "partner", "client_secret": PASSWORD}


async def ask(phone: Phone, form: dict[str, str], **more: Any) -> httpx2.Response:
    return await phone.http.post("/auth/token", data=form, **more)


def error_of(reply: httpx2.Response, status: int, error: str) -> None:
    assert reply.status_code == status, reply.text
    told = reply.json()
    assert set(told) == {"error", "error_description"}
    assert told["error"] == error
    assert reply.headers["cache-control"] == "no-store"


async def test_a_password_gives_a_pair(phone: Phone) -> None:
    """The password grant gives a bearer token that the API takes, and a refresh token."""
    reply = await ask(phone, PASSWORD_GRANT)
    assert reply.status_code == 200
    assert reply.headers["cache-control"] == "no-store"
    told = reply.json()
    assert (told["token_type"], told["expires_in"]) == ("Bearer", 900)
    assert (await Phone(phone.http, "watch", told["access_token"]).call("GET", "/me")).is_success
    again = await ask(
        phone, {"grant_type": "refresh_token", "refresh_token": told["refresh_token"]}
    )
    assert again.json()["refresh_token"] != told["refresh_token"]


async def test_a_partner_gets_no_refresh_token(phone: Phone) -> None:
    """Client credentials, in the form or as HTTP Basic, give an access token only."""
    basic = base64.b64encode(f"partner:{PASSWORD}".encode()).decode()
    for reply in (
        await ask(phone, CLIENT),
        await ask(
            phone,
            {"grant_type": "client_credentials"},
            headers={"Authorization": f"Basic {basic}"},
        ),
    ):
        assert reply.status_code == 200
        assert set(reply.json()) == {"access_token", "token_type", "expires_in"}


async def test_wrong_credentials_are_told_in_oauths_words(phone: Phone) -> None:
    """invalid_grant for a person or a refresh token, invalid_client for an application."""
    error_of(await ask(phone, {**PASSWORD_GRANT, "password": "wrong"}), 400, "invalid_grant")
    error_of(await ask(phone, {**PASSWORD_GRANT, "username": "nobody"}), 400, "invalid_grant")
    bad_refresh = {"grant_type": "refresh_token", "refresh_token": "made.up"}
    error_of(await ask(phone, bad_refresh), 400, "invalid_grant")
    error_of(await ask(phone, {**CLIENT, "client_secret": "wrong"}), 401, "invalid_client")
    error_of(await ask(phone, {**CLIENT, "client_id": "watch"}), 401, "invalid_client")
    basic = {"Authorization": "Basic " + base64.b64encode(b"partner:wrong").decode()}
    reply = await ask(phone, {"grant_type": "client_credentials"}, headers=basic)
    error_of(reply, 401, "invalid_client")
    assert reply.headers["www-authenticate"].startswith("Basic")


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": ""}, "invalid_request"),
        ({"grant_type": "implicit"}, "unsupported_grant_type"),
        ({"grant_type": "password", "username": "watch"}, "invalid_request"),
        ({"grant_type": "client_credentials"}, "invalid_request"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
    ],
)
async def test_an_incomplete_request_is_told(
    phone: Phone, form: dict[str, str], error: str
) -> None:
    """A missing or unknown grant, and a grant without its parameters, are 400."""
    error_of(await ask(phone, form), 400, error)


async def test_hostile_forms_are_refused(phone: Phone) -> None:
    """Repeats, JSON, broken bytes, broken Basic and a flood of fields: 400 or 401, never 500."""

    async def raw(content: bytes, kind: str = "application/x-www-form-urlencoded") -> Any:
        headers = {"content-type": kind}
        return await phone.http.post("/auth/token", content=content, headers=headers)

    twice = b"grant_type=password&grant_type=password&username=a&password=b"
    error_of(await raw(twice), 400, "invalid_request")
    error_of(await raw(b"{}", "application/json"), 400, "invalid_request")
    error_of(await raw(b"grant_type=%ff%fe"), 400, "invalid_request")
    error_of(await raw(b"\xff\xfe"), 400, "invalid_request")
    error_of(await raw(b"&".join(b"a%d=1" % n for n in range(1000))), 400, "invalid_request")
    error_of(await raw(b"a=" + b"x" * 300_000), 400, "invalid_request")
    for basic in ("!!!", base64.b64encode(b"no-colon").decode(), "/w=="):
        reply = await ask(
            phone,
            {"grant_type": "client_credentials"},
            headers={"Authorization": f"Basic {basic}"},
        )
        error_of(reply, 401, "invalid_client")
    both = {"Authorization": "Basic " + base64.b64encode(b"partner:x").decode()}
    error_of(await ask(phone, CLIENT, headers=both), 400, "invalid_request")


async def test_guessing_a_secret_is_slowed_down(phone: Phone) -> None:
    """After ten wrong passwords the endpoint answers 429 with the wait."""
    wrong = {**PASSWORD_GRANT, "username": "officer39", "password": "wrong"}
    for _ in range(10):
        error_of(await ask(phone, wrong), 400, "invalid_grant")
    reply = await ask(phone, wrong)
    error_of(reply, 429, "temporarily_unavailable")
    assert int(reply.headers["retry-after"]) >= 1


SCREEN = {"client_id": "wall"}
DEVICE = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", **SCREEN}


async def test_a_screen_asks_in_the_words_of_rfc_8628(phone: Phone) -> None:
    """It is given its codes and where to take them, and waits until somebody has answered."""
    reply = await phone.http.post("/auth/device_authorization", data=SCREEN)
    assert reply.status_code == 200
    assert reply.headers["cache-control"] == "no-store"
    told = reply.json()
    assert (told["expires_in"], told["interval"]) == (600, 5)
    assert told["verification_uri"].endswith("/console/approve")
    code = told["user_code"]
    assert told["verification_uri_complete"] == f"{told['verification_uri']}?code={code}"
    form = {**DEVICE, "device_code": told["device_code"]}
    error_of(await ask(phone, form), 400, "authorization_pending")
    error_of(await ask(phone, form), 400, "slow_down")
    error_of(await ask(phone, {**form, "device_code": "made up"}), 400, "expired_token")
    error_of(await ask(phone, {**form, "client_id": "other"}), 400, "unauthorized_client")
    error_of(await ask(phone, DEVICE), 400, "invalid_request")
    nobody = await phone.http.post("/auth/device_authorization", data={"client_id": "other"})
    error_of(nobody, 400, "unauthorized_client")
