"""Firebase Cloud Messaging: one opaque message per call, bounded in time, retried by us alone.

Source: FCM HTTP v1, projects.messages.send, and its ErrorCode table.
"""

import asyncio
import json
import warnings
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any
from uuid import uuid4

import firebase_admin
from firebase_admin import App, credentials, exceptions, messaging
from firebase_admin._http_client import HttpxAsyncClient
from firebase_admin._retry import HttpxRetry
from google.auth import _helpers as google_time
from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError
from google.auth.transport.requests import Request

from hub import clock
from hub.errors import StartError
from hub.model.operations import OrderPriority
from hub.operations.waking.channels import SEND_TIMEOUT, Outcome, Wake
from hub.settings import FcmSettings
from hub.store.documents import DeviceDoc
from mobile_api.push.replies import line, retry_after

# RFC 6749, 5.2: what no repetition mends; anything else the token endpoint says may pass
_REFUSALS = {"invalid_grant", "invalid_client", "unauthorized_client", "invalid_scope"}
_FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
_BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"
_INVALID_TOKEN = "The registration token is not a valid FCM registration token"  # noqa: S105  # a sentence
NOT_OF_FCM = (
    "not an answer of the push service, but of something in between. "
    "Check push.fcm.endpoint and the way to it."
)
_ASK_THE_OWNER = "Check the service account of [push.fcm] in the Firebase console."


class FcmChannel:
    """The `fcm` channel: wakes phones through Firebase, or what speaks its HTTP v1 interface.

    Nothing is sent before the first `send`; `close` it on the loop it was used on. Raises
    StartError when the settings' file is no service account.
    """

    name = "fcm"

    def __init__(self, settings: FcmSettings, *, timeout: float = SEND_TIMEOUT) -> None:
        self._app = firebase_admin.initialize_app(
            certificate_of(settings), name=f"liandong-{uuid4().hex}"
        )
        self._timeout = timeout
        self._credential = self._app.credential.get_credential()
        self._service = _service_of(self._app, settings.endpoint, timeout)
        self._refreshing: asyncio.Task[None] | None = None

    async def close(self) -> None:
        """Close connections and forget the app."""
        if self._refreshing is not None:
            self._refreshing.cancel()
        await self._service._async_client.aclose()  # noqa: SLF001  # see _service_of
        # in a thread: the library closes its client, which by now is closed, with asyncio.run
        await asyncio.to_thread(firebase_admin.delete_app, self._app)

    async def send(self, device: DeviceDoc, wake: Wake) -> Outcome:
        """Wake one device within the timeout. Expected failures are outcomes."""
        message = _message(device, wake)
        if message is None:
            return Outcome.failed("device has neither a token nor an installation id")
        try:
            async with asyncio.timeout(self._timeout):
                return await self._send(message)
        except TimeoutError:
            return Outcome.retry(f"no answer within {self._timeout:g} s")

    async def _send(self, message: messaging.Message) -> Outcome:
        for last in (False, True):
            try:
                await self._authorise()
            except RefreshError as error:
                return _refused_credential(error)
            except GoogleAuthError as error:
                return Outcome.retry(f"token endpoint: {error}")
            used = self._credential.token
            outcome = await self._attempt(message)
            if outcome is not None:
                return outcome
            if not last and self._credential.token == used:
                # withdrawn before its time: once more with a fresh one
                self._credential.token = None
        return Outcome.failed(f"401: the service account is not accepted. {_ASK_THE_OWNER}")

    async def _attempt(self, message: messaging.Message) -> Outcome | None:
        """One call of the send method; None when the access token was not accepted."""
        try:
            batch = await messaging.send_each_async([message], app=self._app)
        except exceptions.FirebaseError:
            # The library failed at reading the answer, of a proxy or a wrong endpoint; what it says
            # of that is about its own code.
            return Outcome.retry(NOT_OF_FCM)
        answer = batch.responses[0]
        if answer.success:
            return Outcome.sent(answer.message_id)
        return _outcome_of(answer.exception)

    async def _authorise(self) -> None:
        """Put a good access token on the service, fetched in a thread: google-auth blocks."""
        if not self._credential.valid:
            if self._refreshing is None or self._refreshing.done():
                self._refreshing = asyncio.create_task(self._refresh(), name="fcm access token")
                self._refreshing.add_done_callback(_observed)
            # shielded: one refresh serves all who wait, and outlives the first to lose patience
            await asyncio.shield(self._refreshing)
        self._service._fcm_headers["Authorization"] = f"Bearer {self._credential.token}"  # noqa: SLF001  # see _service_of

    async def _refresh(self) -> None:
        request = partial(Request(), timeout=self._timeout)
        try:
            await asyncio.to_thread(self._credential.refresh, request)
        except TypeError as error:
            # google-auth looks for its token inside whatever text came with a status of 200
            message = "the token endpoint did not answer with JSON"
            raise TransportError(message) from error  # type: ignore[no-untyped-call]


def described(settings: FcmSettings) -> str:
    """Which project is spoken to, and where. Raises StartError."""
    project = certificate_of(settings).project_id
    return f"FCM, 项目 project {project}, {settings.endpoint or 'Google'}"


def certificate_of(settings: FcmSettings) -> credentials.Certificate:
    """The service account of the configured file. Raises StartError."""
    where = f"push.fcm.credentials = '{settings.credentials}'"
    try:
        account = json.loads(settings.credentials.read_text(encoding="utf-8"))
        certificate = credentials.Certificate(account if isinstance(account, dict) else {})
    except (OSError, ValueError) as error:
        raise StartError(
            f"{where}: {line(error)}", hint="Expected the JSON file of a service account."
        ) from error
    if not certificate.project_id:
        raise StartError(f"{where}: the file names no project_id.")
    return certificate


def _service_of(app: App, endpoint: str | None, timeout: float) -> Any:  # noqa: ANN401  # untyped
    """The app's messaging service, bent to our needs: the one place that touches private parts.

    firebase-admin 7 has no public way to set the endpoint, to switch its own retries off (four, up
    to half a minute) or to keep its token refresh, which blocks, off the event loop. So its URL is
    set, and its HTTP client replaced by one without retries and without a credential: the channel
    puts the Authorization header on itself. And google-auth signs what it asks tokens with by the
    machine's clock, which Google refuses when it is wrong: it is given the hub's.
    tests/mobile/test_fcm.py fails if the libraries change.
    """
    google_time.utcnow = _utcnow
    service = messaging._get_messaging_service(app)  # noqa: SLF001
    if endpoint is not None:
        service._fcm_url = (  # noqa: SLF001
            f"{endpoint.rstrip('/')}/v1/projects/{app.project_id}/messages:send"
        )
    service._async_client = HttpxAsyncClient(  # noqa: SLF001
        retry_config=HttpxRetry(max_retries=0), timeout=timeout
    )
    return service


def _utcnow() -> datetime:
    """The hub's time as google-auth has it: UTC, naive."""
    return clock.now().replace(tzinfo=None)


def _message(device: DeviceDoc, wake: Wake) -> messaging.Message | None:
    if device.push_fid is None and device.push_token is None:
        return None
    urgent = wake.priority is OrderPriority.URGENT
    target: dict[str, str] = (
        {"fid": device.push_fid} if device.push_fid else {"token": device.push_token or ""}
    )
    with warnings.catch_warnings():
        # `token` is deprecated for `fid`, and is still what most phones register
        warnings.simplefilter("ignore", DeprecationWarning)
        return messaging.Message(
            data={"event": wake.event_id, "topic": wake.topic, "priority": wake.priority.value},
            android=messaging.AndroidConfig(
                priority="high" if urgent else "normal", collapse_key=wake.topic
            ),
            **target,
        )


def _outcome_of(error: exceptions.FirebaseError) -> Outcome | None:
    """What an error of the service means; None for an access token that was not accepted."""
    response = error.http_response
    status = response.status_code if response is not None else None
    detail = f"{status or 'no answer'}: {line(error)}"
    if _names_dead_address(response):
        return Outcome.dead_token(detail)
    if isinstance(error, messaging.SenderIdMismatchError):
        # a wrong credential is answered like this for every phone: it must not forget them
        return Outcome.failed(f"{detail} (the token is of another project). {_ASK_THE_OWNER}")
    if status == 401 and not isinstance(error, messaging.ThirdPartyAuthError):
        return None
    if status == 403 or isinstance(error, messaging.ThirdPartyAuthError):
        return Outcome.failed(f"{detail}. {_ASK_THE_OWNER}")
    if status == 400 and _error_of(response).get("status") == "INVALID_ARGUMENT":
        return Outcome.failed(detail)
    return Outcome.retry(detail, retry_after(response))


def _refused_credential(error: RefreshError) -> Outcome:
    answer = error.args[1] if len(error.args) > 1 else None
    if isinstance(answer, dict) and answer.get("error") in _REFUSALS:
        return Outcome.failed(f"token endpoint: {line(error)}. {_ASK_THE_OWNER}")
    return Outcome.retry(f"token endpoint: {line(error)}")


def _observed(task: "asyncio.Task[None]") -> None:
    """Note that the result was seen, also when whoever waited for it has lost patience."""
    if not task.cancelled():
        task.exception()


def _names_dead_address(response: Any) -> bool:  # noqa: ANN401  # httpx's, which we do not depend on
    """Whether FCM itself says that this token or installation id will never be good again.

    UNREGISTERED, or INVALID_ARGUMENT about the address (google.rpc.BadRequest, or FCM's sentence).
    A 404 without FCM's own error detail is of whatever stands in between, such as a gateway that
    is misconfigured: forgetting phones for it would silence all of them.
    """
    if response is None:
        return False
    error = _error_of(response)
    details = _objects(error.get("details"))
    codes = [detail.get("errorCode") for detail in details if detail.get("@type") == _FCM_ERROR]
    if response.status_code == 404:
        return "UNREGISTERED" in codes
    if response.status_code != 400 or "INVALID_ARGUMENT" not in codes:
        return False
    violations = [
        violation.get("field")
        for detail in details
        if detail.get("@type") == _BAD_REQUEST
        for violation in _objects(detail.get("fieldViolations"))
    ]
    about_it = any(field in violations for field in ("message.token", "message.fid"))
    return about_it or str(error.get("message")).startswith(_INVALID_TOKEN)


def _objects(given: object) -> list[dict[str, Any]]:
    """The JSON objects of a JSON array; none of anything else."""
    return [item for item in given if isinstance(item, dict)] if isinstance(given, list) else []


def _error_of(response: Any) -> dict[str, Any]:  # noqa: ANN401  # httpx's
    """The error object of an answer in the shape of Google's APIs; empty for anything else."""
    with suppress(ValueError):
        body = response.json()
        error = body.get("error") if isinstance(body, dict) else None
        return error if isinstance(error, dict) else {}
    return {}
