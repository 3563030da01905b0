"""What a client sends with an HTTP request, read one way for every API: its token, its body."""

import asyncio
from collections.abc import AsyncIterable, Mapping
from typing import Any, Final

import orjson

from hub.errors import UserFault

MAX_BODY: Final = 256 * 1024
"""Bytes of a body, and of a message on a socket, that a client of the APIs may send."""
JSON: Final = "application/json"
EVENTS: Final = "text/event-stream"
_STATUS: Final = {
    "BAD_JSON": 400,
    "TOO_SLOW": 408,
    "TOO_LARGE": 413,
    "UNSUPPORTED_MEDIA_TYPE": 415,
}


class BodyRefused(UserFault):
    """A body that cannot be taken; `status` is the HTTP status that says so."""

    @property
    def status(self) -> int:
        """400, 408, 413 or 415."""
        return _STATUS[self.code]


def bearer(authorization: str | None) -> str:
    """The token of an Authorization header (RFC 6750, 2.1); empty if there is none."""
    scheme, _, token = (authorization or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def check_content(headers: Mapping[str, str], kind: str) -> None:
    """Refuse what is not of this type in UTF-8, or compressed. Raises BodyRefused 415.

    `headers` are by lower-case name.
    """
    given, *parameters = (
        part.strip().lower() for part in headers.get("content-type", "").split(";")
    )
    charset = next((p.partition("=")[2] for p in parameters if p.startswith("charset=")), "utf-8")
    if given != kind or charset.strip('"') not in {"utf-8", "utf8"}:
        raise BodyRefused(
            "UNSUPPORTED_MEDIA_TYPE",
            f"应为 UTF-8 编码的 {kind} / Send content-type: {kind}, in UTF-8.",
        )
    if headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise BodyRefused("UNSUPPORTED_MEDIA_TYPE", "不接受压缩内容 / Send the body uncompressed.")


async def read_body(
    chunks: AsyncIterable[bytes],
    headers: Mapping[str, str],
    *,
    most: int = MAX_BODY,
    seconds: float | None = None,
) -> bytes:
    """The body, of at most so many bytes. Raises BodyRefused 413; 408 if it takes longer.

    Without `seconds` only the server bounds how slowly it may come. What is declared as too large
    is not read at all.
    """
    declared = headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > most:
        raise _too_large(most)
    body = bytearray()
    try:
        async with asyncio.timeout(seconds) as limit:
            async for chunk in chunks:
                body += chunk
                if len(body) > most:
                    raise _too_large(most)
    except TimeoutError as error:
        if not limit.expired():
            raise
        message = f"{seconds:g} 秒内未收完 / The body did not arrive within {seconds:g} s."
        raise BodyRefused("TOO_SLOW", message) from error
    return bytes(body)


def json_of(body: bytes) -> Any:  # noqa: ANN401  # JSON may be anything
    """What a body says: no NaN, no invalid UTF-8, no half a surrogate pair. Raises BodyRefused."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        message = f"不是有效的 JSON / The body is not JSON: {error}."
        raise BodyRefused("BAD_JSON", message) from error


def _too_large(most: int) -> BodyRefused:
    message = f"最大 {most:,} 字节 / The body is larger than {most:,} bytes."
    return BodyRefused("TOO_LARGE", message)
