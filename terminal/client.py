"""A public client of the hub: OAuth2 sign-in, GraphQL over HTTP, live queries that resume."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
import websockets
from websockets.typing import Subprotocol

RETRY = (0.5, 1, 2, 4)


class ClientError(Exception):
    """What went wrong, in one line, with what to do."""


class RefusedError(ClientError):
    """The hub answered, and said no: asking again would not help."""


PASSING = frozenset({"RETRY_LATER", "DEADLINE_EXCEEDED", "INTERNAL", "RATE_LIMITED"})
"""Codes of errors that may be gone a moment later."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a live query. `link` events tell about the connection: UP, or DOWN and why."""

    name: str
    change: str
    node: dict[str, Any] | None = None
    reason: str = ""


@dataclass
class LiveQuery:
    """A subscription to keep up: its document selects cursor, change and node, and takes $after."""

    name: str
    text: str
    variables: dict[str, Any] = field(default_factory=dict)
    cursor: str | None = None


@dataclass
class HubClient:
    """One signed-in account at one hub."""

    url: str
    login: str
    password: str
    _token: str | None = None

    async def token(self, *, fresh: bool = False) -> str:
        """An access token, signing in when there is none. Raises ClientError."""
        if self._token is None or fresh:
            form = {"grant_type": "password", "username": self.login, "password": self.password}
            answer = await self._post("/auth/token", data=form)
            self._token = str(answer["access_token"])
        return self._token

    async def query(self, text: str, **variables: object) -> dict[str, Any]:
        """The data of a query or mutation. Raises ClientError."""
        headers = {"authorization": f"Bearer {await self.token()}"}
        body = {"query": text, "variables": variables}
        answer = await self._post("/graphql", json=body, headers=headers)
        if answer.get("errors"):
            raise _refusal(answer["errors"])
        data: dict[str, Any] = answer["data"]
        return data

    async def _post(self, path: str, **request: Any) -> dict[str, Any]:  # noqa: ANN401  # httpx2's own keywords
        try:
            async with httpx2.AsyncClient(base_url=self.url, timeout=10) as http:
                response = await http.post(path, **request)
        except httpx2.HTTPError as error:
            raise ClientError(
                f"连接不上 {self.url} cannot be reached ({error}). "
                "请先启动 start it first: make run"
            ) from error
        try:
            answer: dict[str, Any] = response.json()
        except ValueError:
            answer = {}
        if response.status_code >= 300 and "errors" not in answer:
            detail = answer.get("error_description") or answer.get("detail") or response.text[:200]
            kind = RefusedError if response.status_code in range(400, 429) else ClientError
            raise kind(f"{detail} ({path} {response.status_code})")
        return answer

    async def follow(self, queries: list[LiveQuery]) -> AsyncGenerator[Event, None]:
        """Events of several live queries over one socket, for ever.

        A lost connection yields a `link` event DOWN, then each query resumes after its cursor.
        Raises RefusedError when the hub refuses the account or a query.
        """
        attempt = 0
        while True:
            try:
                async for event in self._follow_once(queries):
                    attempt = 0
                    yield event
                reason = "closed"
            except RefusedError:
                raise
            except (OSError, websockets.WebSocketException, ClientError) as error:
                reason = str(error) or type(error).__name__
            yield Event("link", "DOWN", reason=reason)
            await asyncio.sleep(RETRY[min(attempt, len(RETRY) - 1)])
            attempt += 1

    async def _follow_once(self, queries: list[LiveQuery]) -> AsyncIterator[Event]:
        address = self.url.replace("http", "ws", 1) + "/graphql"
        token = await self.token(fresh=True)
        async with websockets.connect(
            address, subprotocols=[Subprotocol("graphql-transport-ws")], max_size=None
        ) as socket:
            await socket.send(
                json.dumps({"type": "connection_init", "payload": {"authorization": token}})
            )
            by_id = {str(number): query for number, query in enumerate(queries)}
            async for raw in socket:
                message = json.loads(raw)
                if message["type"] == "connection_ack":
                    yield Event("link", "UP")
                    for identifier, query in by_id.items():
                        variables = {**query.variables, "after": query.cursor}
                        payload = {"query": query.text, "variables": variables}
                        await socket.send(
                            json.dumps({"id": identifier, "type": "subscribe", "payload": payload})
                        )
                elif message["type"] == "next":
                    yield _event(by_id[message["id"]], message["payload"])
                elif message["type"] == "error":
                    raise _refusal(message["payload"])


def _refusal(errors: list[dict[str, Any]]) -> ClientError:
    """The first error of an answer, by whether asking again may help."""
    code = errors[0].get("extensions", {}).get("code")
    return (ClientError if code in PASSING else RefusedError)(errors[0]["message"])


def _event(query: LiveQuery, payload: dict[str, Any]) -> Event:
    if payload.get("errors"):
        raise _refusal(payload["errors"])
    body = payload["data"][query.name]
    query.cursor = body["cursor"]
    return Event(query.name, body["change"], body["node"])
