"""A push service for tests: FCM's HTTP v1 interface and an OAuth token endpoint, as told to be."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

PROJECT = "liandong-test"


def fcm_error(status: int, word: str, code: str | None = None) -> JSONResponse:
    """An error as the v1 interface words it."""
    details = []
    if code is not None:
        kind = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
        details = [{"@type": kind, "errorCode": code}]
    error = {"code": status, "message": f"{word} happened", "status": word, "details": details}
    return JSONResponse({"error": error}, status)


@dataclass
class FakeFcm:
    """Records what was sent; `answer` and `token_answer` decide what comes back."""

    answer: Callable[[], Response] | None = None
    token_answer: Callable[[], Response] | None = None
    hang: bool = False
    hang_tokens: bool = False
    sent: list[dict[str, Any]] = field(default_factory=list)
    bearers: list[str] = field(default_factory=list)
    assertions: list[str] = field(default_factory=list)
    issued: int = 0
    release: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def app(self) -> Starlette:
        """The application to serve."""
        return Starlette(
            routes=[
                Route("/token", self._token, methods=["POST"]),
                Route(f"/v1/projects/{PROJECT}/messages:send", self._send, methods=["POST"]),
            ]
        )

    async def _token(self, request: Request) -> Response:
        form = parse_qs((await request.body()).decode())
        self.assertions += form.get("assertion", [])
        if self.hang_tokens:
            await self.release.wait()
        if self.token_answer is not None:
            return self.token_answer()
        self.issued += 1
        return JSONResponse({"access_token": f"token-{self.issued}", "expires_in": 3600})

    async def _send(self, request: Request) -> Response:
        self.bearers.append(request.headers["authorization"])
        self.sent.append((await request.json())["message"])
        if self.hang:
            await self.release.wait()
        if self.answer is not None:
            return self.answer()
        return JSONResponse({"name": f"projects/{PROJECT}/messages/{len(self.sent)}"})
