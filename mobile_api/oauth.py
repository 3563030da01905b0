"""`POST /auth/token`: OAuth 2.0's token endpoint (RFC 6749) for consoles, partners and curl.

`POST /auth/device_authorization` beside it begins for a screen that wants to be a wall (RFC 8628).
"""

import base64
import binascii
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import parse_qsl, unquote_plus

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from hub.access.attempts import RateLimited
from hub.access.tokens import SignedIn, Tokens
from hub.access.walls import NotYet, Walls
from hub.deadline import in_time
from hub.errors import AccessDenied, RetryLater
from hub.requests import JSON, BodyRefused, check_content, read_body
from hub.store.faults import passing

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
WALL = "wall"
"""The `client_id` of every screen: a public one, which has no secret."""
APPROVE = "/console/approve"
FORM = "application/x-www-form-urlencoded"
_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_FIELDS = 20


class _Declined(Exception):
    """An error answer of RFC 6749, 5.2."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status


def routes(tokens: Tokens, walls: Walls) -> list[Route]:
    """The token endpoint, and where a screen begins.

    Grants: `password` (username, password), `client_credentials` (client_id, client_secret, in
    the form or as HTTP Basic), `refresh_token`, `device_code` (client_id, device_code).
    """

    async def token(request: Request) -> Response:
        return _granted(await _grant(tokens, walls, request))

    async def begin(request: Request) -> Response:
        return await _begin(walls, request)

    return [
        Route("/auth/token", _answering(tokens, token), methods=["POST"], name="token"),
        Route("/auth/device_authorization", _answering(tokens, begin), methods=["POST"]),
    ]


def _answering(
    tokens: Tokens, work: Callable[[Request], Awaitable[Response]]
) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint of this work, with the answers to what it raises."""

    async def answer(request: Request) -> Response:
        try:
            return await in_time(work(request), tokens.database_answers, waits_on=True)
        except _Declined as declined:
            return _declined(declined, request)
        except RateLimited as error:
            wait = {"Retry-After": str(error.after)}
            return _error("temporarily_unavailable", error.message, 429, wait)
        except RetryLater:
            return _away()
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it
        except Exception as error:
            if passing(error) is None:
                raise
            return _away()

    return answer


async def _begin(walls: Walls, request: Request) -> Response:
    _is_wall(await _form(request))
    asked = await walls.ask(address=request.client.host if request.client else None)
    where = str(request.url.replace(path=APPROVE, query="", fragment=""))
    body = {
        "device_code": asked.device_code,
        "user_code": asked.user_code,
        "verification_uri": where,
        "verification_uri_complete": f"{where}?code={asked.user_code}",
        "expires_in": asked.expires_in,
        "interval": asked.interval,
    }
    return Response(orjson.dumps(body), 200, _NO_STORE, JSON)


def _is_wall(form: Mapping[str, str]) -> None:
    if _required(form, "client_id") != WALL:
        raise _Declined("unauthorized_client", f"Expected client_id={WALL}.")


async def _grant(tokens: Tokens, walls: Walls, request: Request) -> SignedIn:
    form = await _form(request)
    address = request.client.host if request.client else None
    grant_type = _required(form, "grant_type")
    try:
        match grant_type:
            case "password":
                return await tokens.sign_in(
                    _required(form, "username"), _required(form, "password"), address=address
                )
            case "client_credentials":
                client_id, secret = _client(form, request)
                return await tokens.client_credentials(client_id, secret, address=address)
            case "refresh_token":
                return await tokens.refresh(_required(form, "refresh_token"), address=address)
            case _ if grant_type == DEVICE_CODE:
                _is_wall(form)
                return await walls.redeem(_required(form, "device_code"), address=address)
            case _:
                raise _Declined(
                    "unsupported_grant_type",
                    f"Expected password, client_credentials, refresh_token or {DEVICE_CODE}.",
                )
    except NotYet as waiting:
        raise _Declined(waiting.word, waiting.message) from waiting
    except AccessDenied as error:
        if grant_type == "client_credentials":
            raise _Declined("invalid_client", error.message, 401) from error
        raise _Declined("invalid_grant", error.message) from error


async def _form(request: Request) -> Mapping[str, str]:
    try:
        check_content(request.headers, FORM)
        body = await read_body(request.stream(), request.headers)
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, max_num_fields=_FIELDS, errors="strict"
        )
    except BodyRefused as refused:
        raise _Declined("invalid_request", refused.message) from refused
    except ValueError as error:
        raise _Declined("invalid_request", "Not a readable form.") from error
    form = dict(pairs)
    if len(form) < len(pairs):
        raise _Declined("invalid_request", "A parameter is given twice.")
    return form


def _required(form: Mapping[str, str], name: str) -> str:
    value = form.get(name)
    if not value:
        raise _Declined("invalid_request", f"{name} is missing.")
    return value


def _client(form: Mapping[str, str], request: Request) -> tuple[str, str]:
    scheme, _, rest = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return _required(form, "client_id"), _required(form, "client_secret")
    if "client_secret" in form:
        raise _Declined("invalid_request", "The client authenticates in two ways at once.")
    try:
        name, found, secret = base64.b64decode(rest, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        found = ""
    if not found:
        raise _Declined("invalid_client", "Not readable as HTTP Basic.", 401)
    return unquote_plus(name), unquote_plus(secret)


def _away() -> Response:
    words = "数据库暂时没有应答，请稍后重试 / The database does not answer now. Try again."
    return _error("temporarily_unavailable", words, 503, {"Retry-After": "2"})


def _granted(signed_in: SignedIn) -> Response:
    body: dict[str, str | int] = {
        "access_token": signed_in.access_token,
        "token_type": "Bearer",
        "expires_in": signed_in.expires_in,
    }
    if signed_in.refresh_token is not None:
        body["refresh_token"] = signed_in.refresh_token
    return Response(orjson.dumps(body), 200, _NO_STORE, JSON)


def _declined(declined: _Declined, request: Request) -> Response:
    headers = {}
    if declined.status == 401 and request.headers.get("authorization"):
        headers = {"WWW-Authenticate": 'Basic realm="liandong"'}
    return _error(declined.error, declined.description, declined.status, headers)


def _error(error: str, description: str, status: int, headers: Mapping[str, str]) -> Response:
    body = {"error": error, "error_description": description}
    return Response(orjson.dumps(body), status, {**_NO_STORE, **headers}, JSON)
