"""Web Push: what the push service is shown, what only the browser can read, what answers mean."""

import stat
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from fake_webpush import HOST, Browser, FakeWebPush, certificate
from starlette.responses import Response

from hub import clock
from hub.access.keys import load_vapid_key, vapid_key_path
from hub.errors import StartError
from hub.model.channels import PushChannel
from hub.model.operations import OrderPriority
from hub.operations.waking.channels import Outcome, OutcomeKind, Wake
from hub.settings import HubSettings, PushSettings, Settings, WebPushSettings
from hub.store.documents import DeviceDoc
from mobile_api.context import MobileContext
from mobile_api.push import registry, sealed
from mobile_api.push.webpush import WebPushChannel
from tests.mobile.conftest import Phone
from tests.mobile.serving import served

WAKE = Wake("event-1", "order.created", OrderPriority.URGENT)
CONTACT = "mailto:watch@example.org"


@dataclass
class Rig:
    """A browser, its push service, and the channel between the hub and it."""

    service: FakeWebPush
    channel: WebPushChannel
    browser: Browser
    endpoint: str

    def device(self, **changes: Any) -> DeviceDoc:
        subscription = {**self.browser.subscription(self.endpoint), **changes}
        return DeviceDoc(
            id="officer1:browser",
            account_id="officer1",
            device_id="browser",
            platform="web",
            push_channel="webpush",
            push_subscription=subscription,
            seen_at=clock.now(),
        )

    async def send(self, wake: Wake = WAKE, **changes: Any) -> Outcome:
        return await self.channel.send(self.device(**changes), wake)


async def here(_host: str, _port: int) -> list[str]:
    return ["127.0.0.1"]


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    """All of it over TLS, on a free port."""
    pem, trusting = certificate(tmp_path)
    settings = WebPushSettings(contact=CONTACT, allow_private=True)
    key = load_vapid_key(tmp_path / "webpush.pem")
    channel = WebPushChannel(settings, key, tls=trusting, resolver=here, timeout=2)
    service = FakeWebPush(channel.public_key)
    async with served(service.app, ssl_certfile=str(pem)) as url:
        port = url.rpartition(":")[2]
        yield Rig(service, channel, Browser(), f"https://{HOST}:{port}/send/one")
    await channel.close()


async def test_only_the_browser_can_read_it(rig: Rig) -> None:
    """An id, a topic, a priority: as over every channel. The push service sees none of them but
    how long and how urgently, and knows who sent it."""
    assert (await rig.send()).kind is OutcomeKind.SENT
    (headers, body), (claims,) = rig.service.taken[0], rig.service.claims
    assert rig.browser.read(body) == {
        "event": "event-1",
        "topic": "order.created",
        "priority": "URGENT",
    }
    assert b"event-1" not in body
    assert b"order" not in body
    assert (headers["content-encoding"], headers["urgency"]) == ("aes128gcm", "high")
    assert (headers["ttl"], headers["topic"]) == ("3600", "order-created")
    assert claims["aud"] == rig.endpoint.removesuffix("/send/one")
    assert claims["sub"] == CONTACT
    left = claims["exp"] - clock.now().timestamp()
    assert 0 < left <= timedelta(hours=24).total_seconds()
    await rig.send(Wake("event-2", "bulletin.published", OrderPriority.ROUTINE))
    headers, again = rig.service.taken[1]
    assert headers["urgency"] == "normal"
    assert again[:16] != body[:16]


def test_it_is_encrypted_as_the_standard_has_it() -> None:
    """RFC 8291, 5: the same keys and salt give the same bytes."""
    number = int.from_bytes(sealed.decoded("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big")
    made = sealed.encrypted(
        b"When I grow up, I want to be a watermelon",
        p256dh="BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoI"
        "Aiw4",
        auth="BTBZMqHH6r4Tts7J_aSIgg",
        salt=sealed.decoded("DGv6ra1nlYgDCS1FRnbzlw"),
        key=ec.derive_private_key(number, ec.SECP256R1()),
    )
    assert sealed.encoded(made) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWA"
        "mS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxs"
        "j_Qulcy4a-fN"
    )


@pytest.mark.parametrize(
    ("answer", "kind", "after"),
    [
        (Response(status_code=201, headers={"location": "/m/1"}), OutcomeKind.SENT, None),
        (Response(status_code=410), OutcomeKind.DEAD_TOKEN, None),
        (Response(status_code=404), OutcomeKind.DEAD_TOKEN, None),
        (Response(status_code=429, headers={"retry-after": "7"}), OutcomeKind.RETRY, 7.0),
        (Response(status_code=500), OutcomeKind.RETRY, None),
        (Response(status_code=503, headers={"retry-after": "3"}), OutcomeKind.RETRY, 3.0),
        (Response(status_code=400), OutcomeKind.FAILED, None),
        (Response(status_code=403), OutcomeKind.FAILED, None),
        (Response(status_code=413), OutcomeKind.FAILED, None),
        (Response(status_code=307, headers={"location": "https://x/"}), OutcomeKind.FAILED, None),
    ],
)
async def test_what_an_answer_means(
    rig: Rig, answer: Response, kind: OutcomeKind, after: float | None
) -> None:
    rig.service.answer = answer
    outcome = await rig.send()
    assert (outcome.kind, outcome.after) == (kind, after)
    assert len(rig.service.taken) == 1


async def test_no_answer_is_tried_again(rig: Rig) -> None:
    """A service that hangs, one that is not there, one that is somebody else, a name that is not
    known: none of it says that the subscription has ended."""
    rig.service.hang = True
    hanging = await rig.send()
    rig.service.release.set()
    nobody = await rig.send(endpoint=f"https://{HOST}:1/send/one")
    other = await rig.send(endpoint=rig.endpoint.replace(HOST, "other.example.net"))

    async def unknown(_host: str, _port: int) -> list[str]:
        raise OSError

    rig.channel._resolver = unknown
    for outcome in (hanging, nobody, other, await rig.send()):
        assert outcome.kind is OutcomeKind.RETRY
    assert len(rig.service.taken) == 1


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "::ffff:10.1.2.3", "fd00::1", "0.0.0.0"],
)
async def test_an_address_within_is_never_called(rig: Rig, address: str) -> None:
    """Also as one of several: which one is called would be chance."""

    async def within(_host: str, _port: int) -> list[str]:
        return ["203.0.113.9", address]

    settings = WebPushSettings(contact=CONTACT)
    key = rig.channel._key
    guarded = WebPushChannel(settings, key, resolver=within)
    outcome = await guarded.send(rig.device(), WAKE)
    assert outcome.kind is OutcomeKind.FAILED
    await guarded.close()
    assert rig.service.taken == []


@pytest.mark.parametrize(
    "changes",
    [
        {"endpoint": "http://push.example.net/send/one"},
        {"endpoint": "https://user:word@push.example.net/"},
        {"endpoint": "https:///"},
        {"endpoint": "https://["},
        {"keys": {"p256dh": "AAAA", "auth": "AAAA"}},
        {"keys": {}},
        {"keys": None},
    ],
)
async def test_what_is_no_subscription_is_not_called(rig: Rig, changes: dict[str, Any]) -> None:
    assert (await rig.send(**changes)).kind is OutcomeKind.FAILED
    assert rig.service.taken == []


def test_the_key_is_made_at_the_first_start(tmp_path: Path) -> None:
    """And kept as the signing key is: browsers know the hub by it."""
    settings = Settings(
        hub=HubSettings(data_dir=tmp_path),
        push=PushSettings(webpush=WebPushSettings(contact=CONTACT)),
    )
    first, again = registry.opened(settings), registry.opened(settings)
    assert registry.vapid_key(first) == registry.vapid_key(again)
    assert len(sealed.decoded(registry.vapid_key(first) or "")) == 65
    path = vapid_key_path(settings)
    assert path == tmp_path / "secrets" / "webpush.pem"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert first.keys() == {PushChannel.WEBPUSH}
    path.chmod(0o640)
    with pytest.raises(StartError, match="chmod 600"):
        registry.opened(settings)
    path.write_text("none")
    path.chmod(0o600)
    with pytest.raises(StartError, match="P-256"):
        registry.opened(settings)


async def test_a_browser_is_told_the_key(phone: Phone, context: MobileContext) -> None:
    """Null where the hub serves no Web Push: it need not ask for leave then."""
    mine = await phone.sign_in("officer1")
    assert (await mine.call("GET", "/push/vapid")).json() == {"publicKey": None}
    object.__setattr__(context, "vapid_key", "key")
    assert (await mine.call("GET", "/push/vapid")).json() == {"publicKey": "key"}
    object.__setattr__(context, "vapid_key", None)
    assert (await phone.call("GET", "/push/vapid")).status_code == 401
