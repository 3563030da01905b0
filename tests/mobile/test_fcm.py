"""The FCM channel against a push service on a real socket."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
import time_machine
from firebase_admin import messaging
from google.auth import _helpers
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.responses import JSONResponse, Response

from hub.clock import ManualClock
from hub.errors import StartError
from hub.model.operations import OrderPriority
from hub.operations.waking.channels import Channel, Outcome, OutcomeKind, Wake
from hub.settings import FcmSettings
from hub.store.documents import DeviceDoc
from hub.store.driver import Store
from mobile_api.push import fcm
from mobile_api.push.fcm import NOT_OF_FCM, FcmChannel
from tests.mobile.fake_fcm import PROJECT, FakeFcm, fcm_error
from tests.mobile.serving import served

WAKE = Wake("event-1", "order.created", OrderPriority.URGENT)
HTML = "<html><body>Bad Gateway</body></html>"
KEY = RSAKey.generate_key(2048).as_pem(private=True).decode()


@pytest.fixture
def push() -> FakeFcm:
    """The push service, well behaved until told otherwise."""
    return FakeFcm()


@pytest.fixture
async def url(push: FakeFcm) -> AsyncIterator[str]:
    """Where it listens."""
    async with served(push.app) as url:
        yield url
        push.release.set()


def credentials(folder: Path, url: str, **changes: object) -> Path:
    """A service account file whose token endpoint is ours."""
    path = folder / "service-account.json"
    account = {
        "type": "service_account",
        "project_id": PROJECT,
        "private_key_id": "1",
        "private_key": KEY,
        "client_email": f"push@{PROJECT}.example",
        "token_uri": f"{url}/token",
        **changes,
    }
    path.write_text(json.dumps(account))
    return path


@pytest.fixture
async def channel(
    url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Channel]:
    """The channel; its patience is a minute, on however busy a machine, or the test's own."""
    settings = FcmSettings(credentials=credentials(tmp_path, url), endpoint=url)
    opened = FcmChannel(settings, timeout=getattr(request, "param", 60.0))
    yield opened
    await opened.close()


@pytest.fixture
def device(store: Store, clock: ManualClock) -> DeviceDoc:
    """A phone registered for fcm by token."""
    return DeviceDoc(
        id="officer1:phone-1",
        account_id="officer1",
        device_id="phone-1",
        platform="android",
        push_channel="fcm",
        push_token="device-token",
        seen_at=clock(),
    )


async def test_a_wake_is_opaque(channel: Channel, push: FakeFcm, device: DeviceDoc) -> None:
    """What is sent is an event id, a topic and a priority: no text, no name, no place."""
    outcome = await channel.send(device, WAKE)
    assert outcome == Outcome.sent(f"projects/{PROJECT}/messages/1")
    assert push.sent == [
        {
            "token": "device-token",
            "data": {"event": "event-1", "topic": "order.created", "priority": "URGENT"},
            "android": {"collapse_key": "order.created", "priority": "high"},
        }
    ]


async def test_routine_news_does_not_wake_a_sleeping_phone(
    channel: Channel, push: FakeFcm, device: DeviceDoc
) -> None:
    """A routine wake is of normal priority."""
    await channel.send(device, Wake("event-2", "order.created", OrderPriority.ROUTINE))
    assert push.sent[0]["android"]["priority"] == "normal"


async def test_an_installation_id_goes_before_a_token(
    channel: Channel, push: FakeFcm, device: DeviceDoc
) -> None:
    """A phone registered by Firebase installation id is addressed by it."""
    device.push_fid = "an-installation"
    await channel.send(device, WAKE)
    assert push.sent[0]["fid"] == "an-installation"
    assert "token" not in push.sent[0]


async def test_a_device_without_an_address_is_a_failure(
    channel: Channel, push: FakeFcm, device: DeviceDoc
) -> None:
    """Nothing is sent to a device that has neither."""
    device.push_token = None
    assert (await channel.send(device, WAKE)).kind is OutcomeKind.FAILED
    assert push.sent == []


async def test_one_access_token_serves_many_sends(
    channel: Channel, push: FakeFcm, device: DeviceDoc
) -> None:
    """Twenty sends at once fetch one access token between them."""
    outcomes = await asyncio.gather(*(channel.send(device, WAKE) for _ in range(20)))
    assert {outcome.kind for outcome in outcomes} == {OutcomeKind.SENT}
    assert push.issued == 1
    assert set(push.bearers) == {"Bearer token-1"}


def answers(status: int, word: str, code: str | None = None) -> Callable[[], Response]:
    return lambda: fcm_error(status, word, code)


def invalid_argument(field: str | None = None, text: str = "Invalid.") -> Response:
    """What FCM answers to an argument it refuses, naming the field in google.rpc.BadRequest."""
    details: list[dict[str, object]] = [
        {
            "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError",
            "errorCode": "INVALID_ARGUMENT",
        }
    ]
    if field is not None:
        details.append(
            {
                "@type": "type.googleapis.com/google.rpc.BadRequest",
                "fieldViolations": [{"field": field, "description": "Invalid"}],
            }
        )
    error = {"code": 400, "message": text, "status": "INVALID_ARGUMENT", "details": details}
    return JSONResponse({"error": error}, 400)


def unnamed_detail(code: object) -> dict[str, object]:
    """An error whose detail is not FCM's own."""
    return {"error": {"code": 404, "status": "NOT_FOUND", "details": [{"errorCode": code}]}}


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (answers(404, "NOT_FOUND", "UNREGISTERED"), OutcomeKind.DEAD_TOKEN),
        (lambda: invalid_argument("message.token"), OutcomeKind.DEAD_TOKEN),
        (lambda: invalid_argument("message.fid"), OutcomeKind.DEAD_TOKEN),
        (
            lambda: invalid_argument(
                text="The registration token is not a valid FCM registration token"
            ),
            OutcomeKind.DEAD_TOKEN,
        ),
        (answers(404, "NOT_FOUND"), OutcomeKind.RETRY),
        (lambda: JSONResponse({"error": "no such route"}, 404), OutcomeKind.RETRY),
        (
            lambda: JSONResponse({"error": {"code": 404, "status": "NOT_FOUND"}}, 404),
            OutcomeKind.RETRY,
        ),
        (lambda: JSONResponse({"detail": "Not Found"}, 404), OutcomeKind.RETRY),
        (lambda: JSONResponse({"errorCode": "UNREGISTERED"}, 404), OutcomeKind.RETRY),
        (lambda: JSONResponse(unnamed_detail("UNREGISTERED"), 404), OutcomeKind.RETRY),
        (lambda: JSONResponse(unnamed_detail(["UNREGISTERED"]), 404), OutcomeKind.RETRY),
        (answers(502, "NOT_FOUND", "UNREGISTERED"), OutcomeKind.RETRY),
        (answers(410, "GONE"), OutcomeKind.RETRY),
        (answers(403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH"), OutcomeKind.FAILED),
        (lambda: invalid_argument("message.data[event]"), OutcomeKind.FAILED),
        (lambda: invalid_argument("message.android.ttl"), OutcomeKind.FAILED),
        (lambda: JSONResponse({"message": "bad request"}, 400), OutcomeKind.RETRY),
        (answers(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT"), OutcomeKind.FAILED),
        (answers(403, "PERMISSION_DENIED"), OutcomeKind.FAILED),
        (answers(401, "UNAUTHENTICATED"), OutcomeKind.FAILED),
        (answers(401, "UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR"), OutcomeKind.FAILED),
        (answers(429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED"), OutcomeKind.RETRY),
        (answers(500, "INTERNAL", "INTERNAL"), OutcomeKind.RETRY),
        (answers(503, "UNAVAILABLE", "UNAVAILABLE"), OutcomeKind.RETRY),
        (lambda: Response(HTML, 502, media_type="text/html"), OutcomeKind.RETRY),
        (lambda: Response(HTML, 404, media_type="text/html"), OutcomeKind.RETRY),
        (lambda: Response(HTML, 400, media_type="text/html"), OutcomeKind.RETRY),
        (lambda: Response(HTML, 200, media_type="text/html"), OutcomeKind.RETRY),
        (lambda: Response(b"\xff\xfe\xff", 500), OutcomeKind.RETRY),
        (lambda: Response(b"", 500), OutcomeKind.RETRY),
        (lambda: Response(status_code=302, headers={"location": "/token"}), OutcomeKind.RETRY),
        (lambda: JSONResponse([1, 2], 500), OutcomeKind.RETRY),
        (lambda: JSONResponse({"error": "a text"}, 500), OutcomeKind.RETRY),
        (lambda: JSONResponse({"error": {"details": ["a text"]}}, 404), OutcomeKind.RETRY),
    ],
)
async def test_what_the_service_says_decides_what_is_done(
    channel: Channel,
    push: FakeFcm,
    device: DeviceDoc,
    answer: Callable[[], Response],
    kind: OutcomeKind,
) -> None:
    """Dead tokens are told apart from refusals, and both from what may pass: proxies' pages too."""
    push.answer = answer
    outcome = await channel.send(device, WAKE)
    assert outcome.kind is kind
    assert outcome.detail
    assert "device-token" not in outcome.detail
    push.answer = None
    assert (await channel.send(device, WAKE)).kind is OutcomeKind.SENT


@pytest.mark.parametrize(
    "answer",
    [
        lambda: JSONResponse({"error": "no such route"}, 404),
        lambda: JSONResponse({"error": {"details": ["a text"]}}, 404),
        lambda: Response(HTML, 200, media_type="text/html"),
    ],
)
async def test_an_answer_of_something_else_is_said_in_words(
    channel: Channel, push: FakeFcm, device: DeviceDoc, answer: Callable[[], Response]
) -> None:
    """A gateway's answer is told as such, not by what the library's code failed at."""
    push.answer = answer
    assert (await channel.send(device, WAKE)).detail == NOT_OF_FCM


async def test_a_wrong_gateway_forgets_no_installation(
    channel: Channel, push: FakeFcm, device: DeviceDoc
) -> None:
    """A phone known by its installation id is forgotten on UNREGISTERED, not on a gateway's 404."""
    device.push_token, device.push_fid = None, "an-installation"
    push.answer = lambda: JSONResponse({"error": {"code": 404, "message": "no route"}}, 404)
    assert (await channel.send(device, WAKE)).kind is OutcomeKind.RETRY
    push.answer = answers(404, "NOT_FOUND", "UNREGISTERED")
    assert (await channel.send(device, WAKE)).kind is OutcomeKind.DEAD_TOKEN


async def test_the_library_does_not_retry_behind_our_back(
    channel: Channel, push: FakeFcm, device: DeviceDoc
) -> None:
    """One send is one request, also for the statuses the library would repeat four times."""
    push.answer = answers(503, "UNAVAILABLE")
    await channel.send(device, WAKE)
    assert len(push.sent) == 1


async def test_retry_after_is_heard(
    channel: Channel, push: FakeFcm, device: DeviceDoc, clock: ManualClock
) -> None:
    """Seconds, a date, and nonsense in Retry-After give a wait, a wait, and none."""

    async def wait(value: str) -> float | None:
        push.answer = lambda: Response("{}", 429, {"retry-after": value})
        return (await channel.send(device, WAKE)).after

    assert await wait("17") == 17
    moment = clock() + timedelta(seconds=60)
    assert await wait(format_datetime(moment, usegmt=True)) == pytest.approx(60, abs=1)
    assert await wait("soon") is None
    assert await wait("-5") == 0


@pytest.mark.parametrize("channel", [1.0], indirect=True)
async def test_a_service_that_hangs_is_given_up(
    channel: Channel, push: FakeFcm, device: DeviceDoc
) -> None:
    """No answer within the timeout is a RETRY at that moment, not two minutes later."""
    push.hang = True
    outcome = await asyncio.wait_for(channel.send(device, WAKE), 60)
    assert outcome.kind is OutcomeKind.RETRY


@pytest.mark.parametrize("channel", [1.0], indirect=True)
async def test_a_hanging_token_endpoint_blocks_nobody(
    channel: Channel, push: FakeFcm, device: DeviceDoc
) -> None:
    """While the access token cannot be fetched the event loop goes on, and the send is given up
    in time; when the endpoint is well again the next send succeeds."""
    push.hang_tokens = True
    beats = 0

    async def feel_the_pulse() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(0.01)
            beats += 1

    pulse = asyncio.create_task(feel_the_pulse())
    outcome = await channel.send(device, WAKE)
    pulse.cancel()
    assert outcome.kind is OutcomeKind.RETRY
    assert beats > 5
    push.hang_tokens = False
    push.release.set()
    assert channel._refreshing is not None
    await asyncio.wait({channel._refreshing})
    assert (await channel.send(device, WAKE)).kind is OutcomeKind.SENT


async def test_google_is_asked_by_the_hubs_time(
    channel: Channel, push: FakeFcm, device: DeviceDoc, clock: ManualClock
) -> None:
    """The signed request for an access token bears the hub's time, whatever the machine's says."""
    with time_machine.travel(clock() + timedelta(hours=1), tick=True):
        assert (await channel.send(device, WAKE)).kind is OutcomeKind.SENT
    (assertion,) = push.assertions
    claims = jwt.decode(assertion, RSAKey.import_key(KEY), algorithms=["RS256"]).claims
    assert claims["iat"] == int(clock().timestamp())


async def test_a_withdrawn_access_token_is_fetched_anew(
    channel: Channel, push: FakeFcm, device: DeviceDoc
) -> None:
    """A 401 for a token that was good leads to a fresh one and a second try, in the same send."""
    await channel.send(device, WAKE)
    refusals = iter([fcm_error(401, "UNAUTHENTICATED")])
    push.answer = lambda: next(refusals, JSONResponse({"name": "second try"}))
    assert await channel.send(device, WAKE) == Outcome.sent("second try")
    assert push.bearers == ["Bearer token-1", "Bearer token-1", "Bearer token-2"]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (lambda: JSONResponse({"error": "invalid_grant"}, 400), OutcomeKind.FAILED),
        (lambda: JSONResponse({"error": "invalid_client"}, 401), OutcomeKind.FAILED),
        (lambda: Response(HTML, 502, media_type="text/html"), OutcomeKind.RETRY),
        (lambda: Response(HTML, 200, media_type="text/html"), OutcomeKind.RETRY),
        (lambda: JSONResponse({"no": "token"}), OutcomeKind.RETRY),
    ],
)
async def test_a_refused_service_account_is_no_hiccup(
    channel: Channel,
    push: FakeFcm,
    device: DeviceDoc,
    answer: Callable[[], Response],
    kind: OutcomeKind,
) -> None:
    """A service account that is refused fails with what to do; a hiccup of the endpoint passes."""
    push.token_answer = answer
    outcome = await channel.send(device, WAKE)
    assert outcome.kind is kind
    if kind is OutcomeKind.FAILED:
        assert "service account" in (outcome.detail or "")
    assert push.sent == []


async def test_nobody_listening_is_a_retry(tmp_path: Path, device: DeviceDoc, url: str) -> None:
    """A refused connection, to the service or to its token endpoint, may pass."""
    nowhere = "http://127.0.0.1:9"
    for service, tokens in ((nowhere, url), (url, nowhere)):
        settings = FcmSettings(credentials=credentials(tmp_path, tokens), endpoint=service)
        channel = FcmChannel(settings, timeout=60.0)
        assert (await channel.send(device, WAKE)).kind is OutcomeKind.RETRY
        await channel.close()


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"type": "service_account"}'])
def test_a_file_that_is_no_service_account_is_refused(tmp_path: Path, text: str) -> None:
    """The start says in one line which key names a file that cannot be used."""
    path = tmp_path / "wrong.json"
    path.write_text(text)
    with pytest.raises(StartError, match=r"push\.fcm\.credentials") as caught:
        FcmChannel(FcmSettings(credentials=path))
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_missing_project_are_refused(tmp_path: Path) -> None:
    """No file, and a file without a project, are refused alike."""
    with pytest.raises(StartError, match=r"push\.fcm\.credentials"):
        FcmChannel(FcmSettings(credentials=tmp_path / "none.json"))
    anonymous = credentials(tmp_path, "http://127.0.0.1:9", project_id=None)
    with pytest.raises(StartError, match="project_id"):
        FcmChannel(FcmSettings(credentials=anonymous))


async def test_the_private_parts_are_where_we_found_them(tmp_path: Path, url: str) -> None:
    """The libraries still keep URL, headers, client and clock where `_service_of` sets them.

    When this fails after an upgrade, read `_MessagingService` anew before mending it.
    """
    assert callable(_helpers.utcnow)
    channel = FcmChannel(FcmSettings(credentials=credentials(tmp_path, url)))
    fresh = messaging._MessagingService(channel._app)
    for name in ("_fcm_url", "_fcm_headers", "_async_client"):
        assert name in vars(fresh)
    vendor = f"https://fcm.googleapis.com/v1/projects/{PROJECT}/messages:send"
    assert fresh._fcm_url == vendor
    assert fcm._service_of(channel._app, None, 5.0) is channel._service
    assert channel._service._fcm_url == vendor
    fcm._service_of(channel._app, f"{url}/", 5.0)
    assert channel._service._fcm_url == f"{url}/v1/projects/{PROJECT}/messages:send"
    await channel.close()
