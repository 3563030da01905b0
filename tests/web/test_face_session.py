"""The session of an app: its cookie, who may send it, and what becomes of it."""

from collections.abc import AsyncIterator

import httpx2
import pytest

from tests.e2e.conftest import PASSWORD, Running

SIGN_IN = {"login": "watch", "password": PASSWORD}


@pytest.fixture
async def http(running: Running) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=running.url, timeout=60) as client:
        yield client


async def test_the_refresh_token_is_in_a_cookie_that_no_script_reads(
    http: httpx2.AsyncClient,
) -> None:
    answer = await http.post("/console/session", json=SIGN_IN)
    assert answer.status_code == 200
    cookie = next(
        value
        for name, value in answer.headers.multi_items()
        if name == "set-cookie" and value.startswith("liandong_console=")
    )
    attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"httponly", "samesite=strict", "path=/console/session"} <= attributes
    assert "refresh" not in answer.text.lower()
    assert answer.json()["me"]["login"] == "watch"


async def test_a_cookie_is_traded_for_a_token_until_it_is_signed_out(
    http: httpx2.AsyncClient,
) -> None:
    await http.post("/console/session", json=SIGN_IN)
    again = await http.post("/console/session/refresh")
    assert again.status_code == 200
    token = {"authorization": f"Bearer {again.json()['accessToken']}"}
    assert (await http.get("/mobile/v1/me", headers=token)).status_code == 200
    assert (await http.delete("/console/session")).status_code == 204
    assert (await http.post("/console/session/refresh")).status_code == 204
    assert (await http.get("/mobile/v1/me", headers=token)).status_code == 401


async def test_one_app_s_cookie_opens_nothing_at_the_other(http: httpx2.AsyncClient) -> None:
    await http.post("/console/session", json=SIGN_IN)
    assert (await http.post("/app/session/refresh")).status_code == 204


@pytest.mark.parametrize("method", ["POST /session", "POST /session/refresh", "DELETE /session"])
async def test_another_site_s_page_is_refused(http: httpx2.AsyncClient, method: str) -> None:
    await http.post("/console/session", json=SIGN_IN)
    verb, _, path = method.partition(" ")
    answer = await http.request(
        verb, f"/console{path}", json=SIGN_IN, headers={"origin": "https://elsewhere.example"}
    )
    assert answer.status_code == 403
    assert answer.json()["code"] == "FORBIDDEN"
    assert (await http.post("/console/session/refresh")).status_code == 200, "the session stands"


@pytest.mark.parametrize(
    ("body", "status"),
    [({"login": "watch", "password": "wrong"}, 401), ({"login": "watch"}, 422), ([], 422)],
)
async def test_what_is_no_sign_in_is_refused(
    http: httpx2.AsyncClient, body: object, status: int
) -> None:
    answer = await http.post("/console/session", json=body)
    assert answer.status_code == status
    assert "set-cookie" not in answer.headers


async def test_a_document_is_asked_for_by_its_hash_alone(http: httpx2.AsyncClient) -> None:
    granted = (await http.post("/console/session", json=SIGN_IN)).json()
    token = {"authorization": f"Bearer {granted['accessToken']}"}
    unknown = await http.post("/graphql", json={"documentId": "sha256:00"}, headers=token)
    assert unknown.json()["errors"][0]["extensions"]["code"] == "DOCUMENT_UNKNOWN"
    assert unknown.status_code == 400
