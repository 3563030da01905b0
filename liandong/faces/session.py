"""Signing in to a web app: the access token for its scripts, the refresh token in a cookie.

The cookie is HttpOnly, SameSite=Strict and sent to the app's own session path only, so that no
script reads it and no other site's page makes a browser send it. A request that names another
origin is refused all the same.
"""

from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import clock
from hub.access.tokens import SignedIn
from hub.access.walls import NotYet
from hub.errors import AccessDenied
from hub.model.people import SCOPES, Role, Scope
from hub.model.walls import WallPage
from hub.operations.telling.wire import Message
from hub.requests import JSON
from hub.store import walls
from hub.store.devices import DeviceInfo
from liandong.faces.face import CONSOLE, LAST, Face
from mobile_api.context import MobileContext
from mobile_api.endpoint import Call, Endpoint, Nothing
from mobile_api.models import Name, SignIn, Unit

_YEAR: Final = 366 * 24 * 3600


class ShownOnWall(Message):
    """What a wall shows (大屏): these pages in turn, each for so many seconds."""

    name: str
    pages: list[WallPage]
    turn_seconds: int


class DeviceCode(Message):
    """What a screen was given to ask with whether it is a wall by now."""

    device_code: str = Field(min_length=1, max_length=256)


class Beat(Message):
    """That a wall lives: what it shows, how many seconds old its picture is."""

    page: WallPage
    frame_age_seconds: float = Field(ge=0, le=1e9, allow_inf_nan=False)
    held: bool = False


class Waiting(Message):
    """Why a screen is no wall, in a word of RFC 8628, 3.5."""

    error: str


class Myself(Message):
    """Who is signed in (当前账号), and what the account may do; `wall` of a wall's session."""

    account: str
    login: str
    role: Role
    name: Name
    unit: Unit | None
    scopes: list[str]
    wall: ShownOnWall | None = None


class Granted(Message):
    """An access token for so many seconds. `now` is the hub's time, running at `speed`."""

    access_token: str
    expires_in_seconds: int
    now: datetime
    speed: float
    me: Myself


class FaceSession:
    """The session of one of the apps, as endpoints of it."""

    def __init__(self, face: Face, context: MobileContext) -> None:
        self._face = face
        self._context = context

    def routes(self) -> list[Route]:
        """POST `session`, POST `session/refresh`, DELETE `session`; of a wall two more."""
        endpoints: tuple[Endpoint[Any], ...] = (
            self._endpoint("POST", "", self._sign_in, SignIn),
            self._endpoint("POST", "/refresh", self._refresh, Nothing),
            self._endpoint("DELETE", "", self._sign_out, Nothing),
        )
        if self._face is CONSOLE:
            beat = self._endpoint("POST", "/beat", self._beat, Beat, Scope.WALL_SHOW)
            endpoints += (self._endpoint("POST", "/device", self._redeem, DeviceCode), beat)
        return [endpoint.route(self._context) for endpoint in endpoints]

    def _endpoint(
        self,
        method: str,
        path: str,
        handler: Any,  # noqa: ANN401  # of whatever it takes
        takes: Any,  # noqa: ANN401
        scope: Scope | None = None,
    ) -> Endpoint[Any]:
        return Endpoint(
            method=method,
            path="/session" + path,
            name=f"{self._face.name}{method}{path}",
            summary="",
            handler=handler,
            takes=takes,
            scope=scope,
        )

    async def _sign_in(self, call: Call[SignIn]) -> Response:
        _same_origin(call.request)
        sent = call.sent
        device = None
        if sent.device is not None:
            # the last token this browser was given proves it, as an app's own copy does
            given = {"refresh_token": call.request.cookies.get(self._face.cookie)}
            device = DeviceInfo(**(sent.device.model_dump() | given))
        signed_in = await self._context.tokens.sign_in(
            sent.login, sent.password, device, address=call.address
        )
        return await self._granted(call.request, signed_in)

    async def _refresh(self, call: Call[Nothing]) -> Response:
        """Another token; 204 where nobody is signed in, which is no error of a page's."""
        _same_origin(call.request)
        token = call.request.cookies.get(self._face.cookie)
        if not token:
            return Response(status_code=204)
        try:
            signed_in = await self._context.tokens.refresh(token, address=call.address)
        except AccessDenied:
            return self._forgotten(Response(status_code=204))
        return await self._granted(call.request, signed_in)

    async def _redeem(self, call: Call[DeviceCode]) -> Response:
        """The session of a wall; until it is one 202 and why: who waits has done nothing wrong."""
        _same_origin(call.request)
        try:
            signed_in = await self._context.walls.redeem(
                call.sent.device_code, address=call.address
            )
        except NotYet as waiting:
            said = Waiting(error=waiting.word).model_dump_json(by_alias=True)
            return Response(said, 202, {"Cache-Control": "no-store"}, JSON)
        return await self._granted(call.request, signed_in)

    async def _beat(self, call: Call[Beat]) -> None:
        """Note that the caller's wall lives."""
        await walls.beat(
            call.caller.session_id,
            clock.now(),
            page=call.sent.page,
            frame_age_s=call.sent.frame_age_seconds,
            held=call.sent.held,
        )

    async def _sign_out(self, call: Call[Nothing]) -> Response:
        """Whoever holds the cookie ends its session; without one there is nothing to end."""
        _same_origin(call.request)
        response = Response(status_code=204)
        token = call.request.cookies.get(self._face.cookie)
        if token:
            try:
                signed_in = await self._context.tokens.refresh(token, address=call.address)
            except AccessDenied:
                pass  # it has ended already
            else:
                tokens = self._context.tokens
                await tokens.sign_out(await tokens.authenticate(signed_in.access_token))
        return self._forgotten(response)

    def _forgotten(self, response: Response) -> Response:
        response.delete_cookie(self._face.cookie, path=self._face.session)
        response.delete_cookie(LAST)
        return response

    async def _granted(self, request: Request, signed_in: SignedIn) -> Response:
        account = signed_in.account
        units = await self._context.units.by_codes([account.unit]) if account.unit else {}
        unit = units.get(account.unit or "")
        wall = signed_in.wall
        granted = Granted(
            access_token=signed_in.access_token,
            expires_in_seconds=signed_in.expires_in,
            now=clock.now(),
            speed=clock.speed(),
            me=Myself(
                account=account.id,
                login=account.login,
                role=account.role,
                name=Name(zh=account.name.zh, en=account.name.en),
                unit=unit and Unit(code=unit.id, name=Name(zh=unit.name.zh, en=unit.name.en)),
                scopes=sorted(SCOPES[account.role]),
                wall=wall
                and ShownOnWall(name=wall.name, pages=wall.pages, turn_seconds=wall.turn_seconds),
            ),
        )
        response = Response(
            granted.model_dump_json(by_alias=True),
            media_type=JSON,
            headers={"Cache-Control": "no-store"},
        )
        secure = request.url.scheme == "https"
        response.set_cookie(
            self._face.cookie,
            signed_in.refresh_token or "",
            max_age=self._context.tokens.stay_seconds,
            path=self._face.session,
            secure=secure,
            httponly=True,
            samesite="strict",
        )
        response.set_cookie(LAST, self._face.name, max_age=_YEAR, secure=secure, samesite="lax")
        return response


def _same_origin(request: Request) -> None:
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.url.netloc:
        words = "只能从本站页面登录 / Sign in from this site's own pages."
        raise AccessDenied("FORBIDDEN", words)
