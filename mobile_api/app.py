"""The mobile API as one ASGI application, mounted at `/mobile/v1`."""

from typing import Any, Final

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import Response

from hub.errors import LiandongError
from hub.requests import JSON
from mobile_api import attachments, directory, openapi, sessions, sync, work
from mobile_api.context import MobileContext
from mobile_api.endpoint import Call, Endpoint, Nothing
from mobile_api.problems import Invalid, on_expected, on_http, on_invalid, on_unexpected


async def describe(call: Call[Nothing]) -> Response:  # every endpoint takes a call
    """This document."""
    return Response(orjson.dumps(openapi.document(ENDPOINTS)), media_type=JSON)


ENDPOINTS: tuple[Endpoint[Any], ...] = (
    *sessions.ENDPOINTS,
    *sync.ENDPOINTS,
    *work.ENDPOINTS,
    *attachments.ENDPOINTS,
    *directory.ENDPOINTS,
    Endpoint(
        method="GET",
        path="/openapi.json",
        name="openapi",
        summary="接口说明 / This description",
        handler=describe,
        takes=Nothing,
    ),
)


EXCEPTIONS: Final = {
    Invalid: on_invalid,
    LiandongError: on_expected,
    HTTPException: on_http,
    Exception: on_unexpected,
}
"""How an application says what went wrong, each as a problem."""


def build(context: MobileContext) -> Starlette:
    """The application; `POST /auth/token` is apart, in `mobile_api.oauth`."""
    return Starlette(
        routes=[endpoint.route(context) for endpoint in ENDPOINTS],
        exception_handlers=EXCEPTIONS,
    )
