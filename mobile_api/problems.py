"""Errors on the wire: RFC 9457 problem+json with a stable code, Chinese first, English second."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson
import structlog
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from hub.access.attempts import RateLimited
from hub.errors import DatabaseAway, LiandongError, RetryLater, UserFault
from hub.fate import Fate
from hub.requests import bearer
from hub.store.faults import passing

log = structlog.get_logger()

TITLES: dict[str, tuple[int, str]] = {
    "BAD_JSON": (400, "不是有效的 JSON / Not valid JSON"),
    "UNAUTHENTICATED": (401, "未登录或登录无效 / Not signed in"),
    "FORBIDDEN": (403, "无权进行此操作 / Not allowed"),
    "NOT_FOUND": (404, "未找到 / Not found"),
    "METHOD_NOT_ALLOWED": (405, "不支持此方法 / Method not allowed"),
    "CONFLICT": (409, "与当前状态冲突 / In conflict with the current state"),
    "IDEMPOTENCY_CONFLICT": (409, "编号已被使用 / Id already used"),
    "NO_DEVICE": (409, "本次登录没有设备 / No device in this session"),
    "UPLOAD_OFFSET": (409, "续传位置不符 / Not where the hub's part ends"),
    "ATTACHMENT_TOO_LARGE": (413, "照片过大 / Photograph too large"),
    "ATTACHMENT_TYPE": (415, "不是可接收的照片 / Not a photograph that is taken"),
    "ATTACHMENT_TRAILING": (422, "照片之后另有内容 / Something behind the picture"),
    "ATTACHMENT_PIXELS": (422, "像素过多 / Too many pixels"),
    "ATTACHMENT_BROKEN": (422, "照片无法读取 / Cannot be decoded"),
    "ATTACHMENT_CHECKSUM": (422, "校验和不符 / Came damaged"),
    "ATTACHMENT_QUOTA": (429, "今日照片已达上限 / As much as a day allows"),
    "TOO_LARGE": (413, "内容过大 / Body too large"),
    "UNSUPPORTED_MEDIA_TYPE": (415, "不支持的内容类型 / Unsupported content type"),
    "INVALID": (422, "内容不符合要求 / Content not as required"),
    "RATE_LIMITED": (429, "请求过于频繁 / Too many requests"),
    "INTERNAL": (500, "服务内部错误 / Internal error"),
    "RETRY_LATER": (503, "暂时不可用，请稍后重试 / Try again later"),
}
MEDIA_TYPE = "application/problem+json"


class Invalid(Exception):
    """A body or query that does not fit its model: path and reason of each refused field."""

    def __init__(self, errors: list[dict[str, str]]) -> None:
        super().__init__(f"{errors[0]['path']}: {errors[0]['message']}")
        self.errors = errors


def problem(
    code: str,
    detail: str,
    *,
    hint: str | None = None,
    errors: list[dict[str, str]] | None = None,
    outcome: Fate | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The answer for `code`; one that TITLES does not list has the status and title of INVALID."""
    status, title = TITLES.get(code, TITLES["INVALID"])
    body: dict[str, Any] = {
        "type": f"urn:liandong:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
    }
    if hint is not None:
        body["hint"] = hint
    if errors is not None:
        body["errors"] = errors
    if outcome is not None:
        body["outcome"] = outcome.value
    return Response(orjson.dumps(body), status, headers, MEDIA_TYPE)


def complaints(error: ValidationError) -> list[dict[str, str]]:
    """Path and reason of each refused field. What was sent is not repeated: it may be a secret."""
    return [
        {
            "path": ".".join(str(part) for part in item["loc"]) or "(body)",
            "message": item["msg"].removeprefix("Value error, "),
        }
        for item in error.errors(include_url=False, include_input=False, include_context=False)
    ]


async def on_invalid(request: Request, error: Exception) -> Response:
    """Starlette's handler for Invalid."""
    if not isinstance(error, Invalid):
        raise error
    return problem("INVALID", str(error), errors=error.errors)


async def on_expected(request: Request, error: Exception) -> Response:
    """Starlette's handler for the hub's own errors."""
    match error:
        case RateLimited():
            wait = str(error.after)
            return problem(error.code, error.message, headers={"Retry-After": wait})
        case UserFault(code="UNAUTHENTICATED"):
            return problem(error.code, error.message, headers=challenge(request))
        case UserFault():
            return problem(error.code, error.message, hint=error.hint)
        case RetryLater():
            return retry_later(error)
        case LiandongError():
            log.error("mobile_api.unexpected", path=request.url.path, error=str(error))
            return problem("INTERNAL", "服务内部错误 / The hub could not do this.")
        case _:
            raise error


async def on_http(request: Request, error: Exception) -> Response:
    """Starlette's handler for unknown paths and methods."""
    if not isinstance(error, HTTPException):
        raise error
    code = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}.get(error.status_code, "INVALID")
    return problem(code, said_of(request, error), headers=error.headers)


def said_of(request: Request, error: HTTPException) -> str:
    """What is wrong with a path or method, for people."""
    match error.status_code:
        case 404:
            return "没有这个地址 / There is nothing at this address."
        case 405:
            allowed = (error.headers or {}).get("Allow", "")
            return (
                f"此地址不支持 {request.method}，可用 {allowed} / "
                f"This address takes {allowed}, not {request.method}."
            )
        case status:
            return f"不能处理此请求 / This cannot be done: {HTTPStatus(status).phrase}."


async def on_unexpected(request: Request, error: Exception) -> Response:
    """Starlette's handler for everything else; the server logs the traceback after it."""
    fault = passing(error)
    if fault is not None:
        return retry_later(fault)
    log.error("mobile_api.unexpected", path=request.url.path, error=repr(error))
    return problem("INTERNAL", "服务内部错误 / The hub could not do this.")


def retry_later(error: RetryLater, outcome: Fate | None = None) -> Response:
    """503 with the wait in Retry-After; `outcome`: what became of what was to be done, if known."""
    wait = max(1, round(error.after)) if error.after is not None else 2
    away = isinstance(error, DatabaseAway)
    detail = "The database does not answer now." if away else error.message
    return problem(
        "RETRY_LATER",
        f"暂时不可用 / {detail}",
        hint="Send the same request again: ids make it safe.",
        outcome=outcome,
        headers={"Retry-After": str(wait)},
    )


def challenge(request: Request) -> dict[str, str]:
    """The WWW-Authenticate header (RFC 6750, 3): with an error only where a token was sent."""
    sent = bearer(request.headers.get("authorization"))
    detail = ', error="invalid_token"' if sent else ""
    return {"WWW-Authenticate": f'Bearer realm="liandong"{detail}'}
