"""The stand-in's HTTP interface, under /fcm."""

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import orjson
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from sandbox.clock import Clock
from sandbox.fcm import messages
from sandbox.fcm.account import PROJECT, AccessTokens, GrantError, ServiceAccount
from sandbox.fcm.faults import FaultOrder, Faults
from sandbox.fcm.messages import FcmError
from sandbox.fcm.phones import Phone, Phones
from sandbox.http import BadRequestError, Json, body_of, hang, json_of, model_of

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

KEEP_ALIVE = 15.0
PAGE = "<!doctype html><title>502</title><h1>502 Bad Gateway</h1><p>nginx</p>"


class PushService:
    """Tokens, phones and faults behind the routes."""

    def __init__(self, account: ServiceAccount, clock: Clock, seed: int) -> None:
        self.account = account
        self.tokens = AccessTokens(account, clock.posix)
        self.phones = Phones()
        self.faults = Faults(seed)
        self._clock = clock
        self._hanging = 0

    def routes(self) -> list[Route]:
        """To be mounted at the root."""
        return [
            Route("/fcm/token", self.token, methods=["POST"]),
            Route("/fcm/v1/projects/{project}/messages:send", self.send, methods=["POST"]),
            Route("/fcm/phones", self.register, methods=["POST"]),
            Route("/fcm/phones/{token}", self.unregister, methods=["DELETE"]),
            Route("/fcm/phones/{token}/messages", PhoneStream(self.phones), methods=["GET"]),
            Route("/fcm/messages", self.accepted, methods=["GET"]),
            Route("/fcm/service-account.json", self.credential, methods=["GET"]),
            Route("/control/fcm", self.control, methods=["POST"]),
        ]

    def status(self) -> dict[str, object]:
        """For a look."""
        return {
            "phones": len(self.phones),
            "accepted": len(self.phones.accepted),
            "hanging": self._hanging,
            "faults": self.faults.status(),
        }

    async def token(self, request: Request) -> Response:
        """OAuth 2.0 token endpoint: JWT bearer grant only."""
        form = parse_qs((await body_of(request)).decode("utf-8", "replace"))
        grant_type, assertion = (form.get(key, [""])[0] for key in ("grant_type", "assertion"))
        try:
            return Json(self.tokens.grant(grant_type, assertion))
        except GrantError as error:
            return Json({"error": error.code, "error_description": error.text}, status_code=400)

    async def send(self, request: Request) -> Response:
        """projects.messages.send."""
        try:
            return await self._send(request)
        except BadRequestError as error:
            return _refused(messages.invalid(f"Invalid JSON payload received. {error}"))
        except FcmError as error:
            return _refused(error)

    async def _send(self, request: Request) -> Response:
        body = await json_of(request)
        if not self.tokens.known(request.headers.get("authorization")):
            raise messages.UNAUTHENTICATED
        project = request.path_params["project"]
        if project != PROJECT:
            text = f"Permission denied on project {project}: the credential is of {PROJECT}."
            raise FcmError(403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH", text)
        asked = messages.check(body)
        mode = self.faults.next(asked.target)
        if mode == "html":
            return HTMLResponse(PAGE)  # 200: as a proxy or a captive portal does it
        if mode == "gateway":
            return Json({"error": "no such route"}, status_code=404)  # not FCM's: a wrong endpoint
        if mode == "hang":
            await self._hang(request)
            raise messages.INTERNAL
        errors = {
            "unregistered": messages.UNREGISTERED,
            "429": messages.QUOTA,
            "500": messages.INTERNAL,
        }
        if mode in errors:
            raise errors[mode]
        phone = self.phones.find(asked.target)
        if phone is None:
            raise messages.UNREGISTERED
        if asked.validate_only:
            return Json({"name": f"projects/{project}/messages/fake_message_id"})
        name = self.phones.deliver(phone, asked.message, project, self._clock.now())
        return Json({"name": name})

    async def _hang(self, request: Request) -> None:
        self._hanging += 1
        try:
            await hang(request, self.faults.changed)
        finally:
            self._hanging -= 1

    async def register(self, request: Request) -> Response:
        """A new phone."""
        await body_of(request)
        return Json({"token": self.phones.register().token}, status_code=201)

    async def unregister(self, request: Request) -> Response:
        """A phone uninstalls the app."""
        removed = self.phones.remove(request.path_params["token"])
        return Response(status_code=204 if removed else 404)

    async def accepted(self, request: Request) -> Response:
        """The newest messages that were accepted, newest first."""
        asked = request.query_params.get("limit", "50")
        if not asked.isdigit():
            raise BadRequestError(f"limit: expected a number, got {asked!r}")
        newest = list(self.phones.accepted)[::-1][: int(asked)]
        return Json({"messages": newest})

    async def credential(self, request: Request) -> Response:
        """The service account a sender needs. This is a sandbox: its key guards nothing."""
        del request
        return Json(self.account.content)

    async def control(self, request: Request) -> Response:
        """Order a fault."""
        self.faults.order(await model_of(request, FaultOrder))
        return Json({"faults": self.faults.status()})


class PhoneStream:
    """A phone's messages as server-sent events; those kept while it was offline come first.

    Raw ASGI, because a message counts as delivered only while the phone is still there.
    """

    def __init__(self, phones: Phones) -> None:
        self._phones = phones

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Serve one listener until it hangs up, is taken over, or the phone is gone."""
        phone = self._phones.find(scope["path_params"]["token"])
        if phone is None:
            await Json({"error": "no such phone"}, status_code=404)(scope, receive, send)
            return
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [
                    (b"content-type", b"text/event-stream; charset=utf-8"),
                    (b"cache-control", b"no-store"),
                ],
            }
        )
        left = asyncio.ensure_future(_hung_up(receive))
        stream = asyncio.ensure_future(_stream(phone, send))
        try:
            await asyncio.wait({left, stream}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (left, stream):
                task.cancel()
            await asyncio.gather(left, stream, return_exceptions=True)


async def _hung_up(receive: "Receive") -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _stream(phone: Phone, send: "Send") -> None:
    listener = phone.take_over()
    await _chunk(send, b": listening\n\n")
    while True:
        try:
            async with asyncio.timeout(KEEP_ALIVE):
                message = await phone.next(listener)
        except TimeoutError:
            await _chunk(send, b": keep-alive\n\n")
            continue
        if message is None:
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        head = f"event: message\nid: {message.sequence}\ndata: ".encode()
        await _chunk(send, head + orjson.dumps(message.json()) + b"\n\n")
        phone.delivered(message)


async def _chunk(send: "Send", body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})


def _refused(error: FcmError) -> Response:
    headers = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
    return Json(error.json(), status_code=error.http, headers=headers)
