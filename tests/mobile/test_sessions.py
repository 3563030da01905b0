"""Signing in and out over the wire, registering for push, and /me."""

import pytest

from hub.access.demo import PASSWORD
from hub.store.documents import DeviceDoc, SessionDoc
from mobile_api.context import MobileContext
from tests.mobile.conftest import BASE, Phone


async def test_signing_in_gives_tokens_and_the_officer(phone: Phone) -> None:
    """The reply carries both tokens, their life in seconds, and who the officer is."""
    body = {
        "login": "officer1",
        "password": PASSWORD,
        "device": {
            "id": "d1",
            "platform": "android",
            "model": "P1",
            "appVersion": "1.2",
            "locale": "zh-CN",
        },
    }
    reply = await phone.http.post(f"{BASE}/session", json=body)
    assert reply.status_code == 200
    assert reply.headers["cache-control"] == "no-store"
    told = reply.json()
    assert set(told) == {"accessToken", "refreshToken", "expiresIn", "officer"}
    assert told["expiresIn"] == 900
    officer = told["officer"]
    assert officer["name"] == {"zh": "队员 01", "en": "Officer 01"}
    assert officer["unit"] == {
        "code": "SAO",
        "name": {"zh": "上海站管委办", "en": "Station Area Administration Office"},
    }
    assert officer["duty"]["on"] is True
    device = await DeviceDoc.find_one({"_id": "officer1:d1"})
    assert device is not None
    assert (device.platform, device.app_version) == ("android", "1.2")


async def test_a_wrong_password_is_answered_in_both_languages(phone: Phone) -> None:
    """Unknown login and wrong password get the same 401 problem, and no session is opened."""
    before = await SessionDoc.find_all().count()
    bodies = []
    for login in ("officer2", "no-such-login"):
        reply = await phone.http.post(f"{BASE}/session", json={"login": login, "password": "wrong"})
        assert reply.status_code == 401
        assert reply.headers["content-type"] == "application/problem+json"
        assert reply.headers["www-authenticate"].startswith("Bearer")
        bodies.append(reply.json())
    assert bodies[0] == bodies[1]
    assert bodies[0]["code"] == "UNAUTHENTICATED"
    assert bodies[0]["detail"] == "登录名或密码不正确 / Wrong login or password."
    assert await SessionDoc.find_all().count() == before


async def test_guessing_is_slowed_down(phone: Phone) -> None:
    """After ten wrong passwords a login answers 429 with the wait, the right password included."""
    for _ in range(10):
        body = {"login": "officer40", "password": "wrong"}
        assert (await phone.http.post(f"{BASE}/session", json=body)).status_code == 401
    body = {"login": "officer40", "password": PASSWORD}
    reply = await phone.http.post(f"{BASE}/session", json=body)
    assert reply.status_code == 429
    assert reply.json()["code"] == "RATE_LIMITED"
    assert 1 <= int(reply.headers["retry-after"]) <= 61


async def test_a_session_is_refreshed_and_ended(phone: Phone) -> None:
    """Refresh gives a working pair; DELETE ends the session for both tokens at once."""
    mine = await phone.sign_in("officer3")
    reply = await mine.http.post(f"{BASE}/session/refresh", json={"refreshToken": mine.refresh})
    assert reply.status_code == 200
    told = reply.json()
    fresh = Phone(mine.http, "officer3", told["accessToken"], told["refreshToken"])
    assert (await fresh.call("GET", "/me")).status_code == 200
    assert (await fresh.call("DELETE", "/session")).status_code == 204
    gone = await fresh.call("GET", "/me")
    assert gone.status_code == 401
    assert 'error="invalid_token"' in gone.headers["www-authenticate"]
    refused = await mine.http.post(f"{BASE}/session/refresh", json={"refreshToken": fresh.refresh})
    assert (refused.status_code, refused.json()["code"]) == (401, "UNAUTHENTICATED")


async def test_me_says_what_the_account_may_do(phone: Phone) -> None:
    """/me lists the scopes and when the access token ends, for every role."""
    officer = (await (await phone.sign_in("officer4")).call("GET", "/me")).json()
    assert "field:work" in officer["scopes"]
    assert "orders:write" not in officer["scopes"]
    assert officer["expiresAt"].endswith("Z")
    watch = (await (await phone.sign_in("watch", None)).call("GET", "/me")).json()
    assert "orders:write" in watch["scopes"]
    assert watch["officer"]["unit"] is None


@pytest.mark.parametrize(
    ("sent", "active"),
    [
        ({"pushChannel": "fcm", "pushToken": "token-a"}, True),
        ({"pushChannel": "fcm", "fid": "installation-a"}, True),
        ({"pushChannel": "jpush", "pushToken": "token-b"}, False),
        (
            {
                "pushChannel": "webpush",
                "subscription": {
                    "endpoint": "https://push.example/1",
                    "expirationTime": None,
                    "keys": {"p256dh": "k", "auth": "a"},
                },
            },
            False,
        ),
    ],
)
async def test_a_phone_registers_for_push(
    phone: Phone, context: MobileContext, sent: dict[str, object], active: bool
) -> None:
    """The address is stored with the phone of the session; `active` tells whether the hub has a
    service for it."""
    mine = await phone.sign_in("officer5")
    reply = await mine.call("PUT", "/device", json=sent)
    assert reply.status_code == 200
    assert reply.json() == {
        "deviceId": "phone-1-officer5",
        "pushChannel": sent["pushChannel"],
        "active": active,
    }
    (row,) = await context.devices.of_account("officer5")
    assert row.push_channel == sent["pushChannel"]
    assert row.push_token == sent.get("pushToken")
    assert row.push_fid == sent.get("fid")
    assert row.push_subscription == sent.get("subscription")


async def test_a_session_without_a_phone_cannot_register(phone: Phone) -> None:
    """A session opened without a device has nothing to push to, and is told so."""
    mine = await phone.sign_in("officer6", None)
    reply = await mine.call("PUT", "/device", json={"pushChannel": "fcm", "pushToken": "t"})
    assert (reply.status_code, reply.json()["code"]) == (409, "NO_DEVICE")
    assert await DeviceDoc.find({"account_id": "officer6"}).count() == 0


@pytest.mark.parametrize(
    "sent",
    [
        {"pushChannel": "fcm"},
        {"pushChannel": "fcm", "pushToken": "t", "fid": "f"},
        {"pushChannel": "webpush", "pushToken": "t"},
        {"pushChannel": "fcm", "subscription": {"endpoint": "https://p.example/1"}},
        {"pushChannel": "pigeon", "pushToken": "t"},
        {"pushChannel": "fcm", "pushToken": ""},
        {"pushChannel": "fcm", "pushToken": 7},
        {"pushChannel": "fcm", "pushToken": {"$ne": None}},
        {
            "pushChannel": "webpush",
            "subscription": {
                "endpoint": "http://p.example/1",
                "keys": {"p256dh": "k", "auth": "a"},
            },
        },
    ],
)
async def test_a_wrong_push_address_is_refused(phone: Phone, sent: dict[str, object]) -> None:
    """None, two, or the wrong kind of address: 422, and the phone keeps what it had."""
    mine = await phone.sign_in("officer7")
    before = await DeviceDoc.find_one({"_id": "officer7:phone-1-officer7"})
    assert before is not None
    reply = await mine.call("PUT", "/device", json=sent)
    assert (reply.status_code, reply.json()["code"]) == (422, "INVALID")
    after = await DeviceDoc.find_one({"_id": before.id})
    assert after is not None
    assert after.push_token == before.push_token
