"""A client of the mobile API for one device: its session, its requests, its event streams."""

import json
import platform
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import httpx2

from terminal.client import ClientError, RefusedError

REQUEST_SECONDS = 10
SILENCE_SECONDS = 45
"""A stream that says nothing for so long is lost: the hub sends a comment more often."""
_SIGN_IN = (
    "请核对账号和密码，再启动一次 Check the account and --password, and start this phone again."
)


@dataclass
class MobileClient:
    """One device of one account at one hub. Use it inside `async with`."""

    url: str
    login: str
    password: str
    device_id: str
    _refresh_token: str | None = None

    async def __aenter__(self) -> "MobileClient":
        """Sign in. Raises ClientError."""
        self._http = httpx2.AsyncClient(base_url=self.url, timeout=REQUEST_SECONDS)
        try:
            await self._sign_in()
        except ClientError:
            await self._http.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections; the session stays, as a phone's does."""
        await self._http.aclose()

    async def call(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """What a request gives; a session that ran out is renewed first. Raises ClientError."""
        response = await self._send(method, path, body)
        if response.status_code == 401:
            await self._renew()
            response = await self._send(method, path, body)
        return _answer(path, response)

    async def timezone(self) -> str:
        """The IANA name of the area's time zone. Raises ClientError."""
        query = {"query": "{ interchange { timezone } }"}
        answer = _answer("/graphql", await self._send("POST", "/graphql", query))
        return str(answer["data"]["interchange"]["timezone"])

    async def events(self, path: str, last_id: str | None) -> AsyncIterator[str]:
        """The data of each event of a stream of the hub's, until it is lost: ClientError."""
        async for data in server_sent(self._http, path, last_id, renew=self._renew):
            yield data

    async def _sign_in(self) -> None:
        device = {
            "id": self.device_id,
            "platform": "terminal",
            "model": platform.system(),
            "appVersion": "0.1.0",
            "locale": "zh-CN",
        }
        if self._refresh_token is not None:  # a phone that was here does not wait for others' tries
            device["refreshToken"] = self._refresh_token
        body = {"login": self.login, "password": self.password, "device": device}
        self._keep(_answer("/session", await self._send("POST", "/mobile/v1/session", body)))

    async def _renew(self) -> None:
        """Another access token; a refused refresh token means to sign in anew."""
        body = {"refreshToken": self._refresh_token}
        response = await self._send("POST", "/mobile/v1/session/refresh", body)
        if response.status_code in {400, 401, 403}:
            await self._sign_in()
        else:
            self._keep(_answer("/session/refresh", response))

    def _keep(self, session: dict[str, Any]) -> None:
        self._refresh_token = session["refreshToken"]
        self._http.headers["authorization"] = f"Bearer {session['accessToken']}"

    async def _send(self, method: str, path: str, body: object) -> httpx2.Response:
        try:
            return await self._http.request(method, path, json=body)
        except httpx2.HTTPError as error:
            raise ClientError(
                f"连接不上 {self.url} cannot be reached ({type(error).__name__})."
            ) from error


async def server_sent(
    http: httpx2.AsyncClient,
    path: str,
    last_id: str | None = None,
    *,
    renew: "Callable[[], Any] | None" = None,
) -> AsyncIterator[str]:
    """The data of each server-sent event, until the stream is lost: ClientError.

    `renew` is awaited when the stream was refused for its access token.
    """
    headers = {"accept": "text/event-stream", **({"last-event-id": last_id} if last_id else {})}
    timeout = httpx2.Timeout(REQUEST_SECONDS, read=SILENCE_SECONDS if renew else None)
    try:
        async with http.stream("GET", path, headers=headers, timeout=timeout) as response:
            if response.status_code == 401 and renew is not None:
                await renew()
                return
            if response.status_code >= 400:
                await response.aread()
                _answer(path, response)
            async for line in response.aiter_lines():
                if line.startswith("data:"):
                    yield line.removeprefix("data:").strip()
    except httpx2.HTTPError as error:
        raise ClientError(f"连接中断 the connection was lost ({type(error).__name__})") from error


def _answer(path: str, response: httpx2.Response) -> dict[str, Any]:
    """The JSON of an answer. Raises RefusedError for a caller's fault, ClientError for another."""
    try:
        answer: dict[str, Any] = json.loads(response.content) if response.content else {}
    except ValueError:
        answer = {}
    if response.status_code >= 400:
        kind = RefusedError if response.status_code in range(400, 429) else ClientError
        said = answer.get("detail") or answer.get("title") or ""
        if response.status_code == 401:
            said = f"{said} {_SIGN_IN}"
        raise kind(f"{said} ({path} {response.status_code})".lstrip())
    return answer
