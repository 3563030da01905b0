"""What people do in the worlds: at a desk over GraphQL, in the field over the mobile API."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import uuid4

import httpx2
from PIL import Image, ImageDraw

from gallery.running import PASSWORD
from hub import clock
from terminal.client import ClientError, HubClient
from terminal.client import RefusedError as ClientRefusedError
from terminal.mobile import MobileClient

COMES_S = 120.0
"""How long a world is waited for to show what was brought about."""
_SIZE = (1280, 960)


class RefusedError(Exception):
    """The hub did not do what a world needs; the message says what it answered."""


@dataclass(frozen=True)
class Desk:
    """An account of the command centre."""

    hub: HubClient

    async def ask(self, query: str) -> dict[str, Any]:
        """The data of a query. Raises ClientError."""
        return await self.hub.query(query)

    async def do(self, mutation: str, selection: str, **given: object) -> dict[str, Any]:
        """The payload of a mutation with this input. Raises RefusedError."""
        kind = mutation[0].upper() + mutation[1:]
        text = (
            f"mutation($input: {kind}Input!) {{ {mutation}(input: $input) "
            f"{{ {selection} userErrors {{ code message }} }} }}"
        )
        payload: dict[str, Any] = (await self._sure(text, given))[mutation]
        if payload["userErrors"]:
            raise RefusedError(f"{mutation}: {payload['userErrors']}")
        return payload

    async def _sure(self, text: str, given: dict[str, object]) -> dict[str, Any]:
        """Once, though it is sent again while the hub has too much to do. Raises RefusedError."""
        sent = {"clientMutationId": uuid4().hex, **given}
        last: ClientError | None = None
        try:
            async with asyncio.timeout(COMES_S):
                while True:
                    try:
                        return await self.hub.query(text, input=sent)
                    except ClientRefusedError as refused:
                        raise RefusedError(str(refused)) from refused
                    except ClientError as error:
                        last = error  # it says of itself that it may be gone a moment later
                        await asyncio.sleep(1)
        except TimeoutError:
            raise RefusedError(f"not within {COMES_S:.0f} s: {last}") from last

    async def incident(self, **given: object) -> str:
        """Open one; its id."""
        payload = await self.do("openIncident", "incident { id }", **given)
        return str(payload["incident"]["id"])

    async def order(self, **given: object) -> str:
        """Give one; its id."""
        return str((await self.do("dispatchOrder", "order { id }", **given))["order"]["id"])

    async def bulletin(self, **given: object) -> str:
        """Publish one; its id."""
        payload = await self.do("publishBulletin", "bulletin { id }", **given)
        return str(payload["bulletin"]["id"])

    async def until(self, query: str, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Ask until it holds, as feeds and timers tell nobody of themselves: the data then."""
        async with asyncio.timeout(COMES_S):
            while True:
                data = await self.ask(query)
                if holds(data):
                    return data
                await asyncio.sleep(0.5)


def desk(url: str, login: str) -> Desk:
    """A desk of this account."""
    return Desk(HubClient(url, login, PASSWORD))


@dataclass(frozen=True)
class Phone:
    """An officer's phone."""

    api: MobileClient

    async def act(self, action: str, **body: object) -> None:
        """Report an action of this kind. Raises RefusedError, ClientError."""
        sent = {"id": uuid4().hex, "kind": action, "at": _now(), "body": body}
        answer = await self.api.call("POST", "/mobile/v1/actions", {"actions": [sent]})
        if any(one["status"] in {"rejected", "conflict"} for one in answer["results"]):
            raise RefusedError(f"{action}: {answer['results']}")

    async def wakeable(self, push: str) -> None:
        """Register with the sandbox's push service at this address."""
        async with httpx2.AsyncClient(timeout=30) as http:
            token = (await http.post(f"{push}/phones")).raise_for_status().json()["token"]
        body = {"pushChannel": "fcm", "pushToken": token}
        await self.api.call("PUT", "/mobile/v1/device", body)

    async def stand(self, lat: float, lon: float) -> None:
        """Say where it is."""
        seen = {"at": _now(), "lat": lat, "lon": lon, "accuracy": 8}
        await self.api.call("POST", "/mobile/v1/positions", {"positions": [seen]})

    async def answer(self, order: str, *steps: str) -> None:
        """Take these steps with an order, one after the other."""
        for step in ("received", "seen", *steps):
            await self.act(f"order.{step}", orderId=order)

    async def photograph(self, url: str) -> str:
        """Send one; its id, for a report."""
        identifier, picture = str(uuid4()), _photograph()
        announced = {
            "id": identifier,
            "size": len(picture),
            "sha256": sha256(picture).hexdigest(),
        }
        await self.api.call("POST", "/mobile/v1/attachments", announced)
        session = await _session(url, self.api.login)
        async with httpx2.AsyncClient(base_url=url, timeout=60) as http:
            answer = await http.patch(
                f"/mobile/v1/attachments/{identifier}",
                content=picture,
                headers={
                    "authorization": f"Bearer {session}",
                    "content-type": "application/offset+octet-stream",
                    "upload-offset": "0",
                },
            )
        if not answer.is_success:
            raise RefusedError(f"a photograph: {answer.text}")
        return identifier


@asynccontextmanager
async def phone(url: str, login: str) -> AsyncIterator[Phone]:
    """An officer's phone, signed in."""
    async with MobileClient(url, login, PASSWORD, f"gallery-{login}") as api:
        yield Phone(api)


async def _session(url: str, login: str) -> str:
    """An access token of the officer's: bytes go past the client, which speaks JSON."""
    return await HubClient(url, login, PASSWORD).token()


def _now() -> str:
    return _written(clock.now())


def _written(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _photograph() -> bytes:
    """A picture of a closed gate, more or less."""
    image = Image.new("RGB", _SIZE, "#5f6b73")
    draw = ImageDraw.Draw(image)
    width, height = _SIZE
    draw.rectangle((0, height * 0.7, width, height), fill="#3c434a")
    for left in range(120, width - 120, 130):
        draw.rectangle((left, 260, left + 70, 760), fill="#8d989f", outline="#2b3035", width=6)
    draw.rectangle((90, 200, width - 90, 270), fill="#b5302a")
    written = io.BytesIO()
    image.save(written, "JPEG", quality=85)
    return written.getvalue()
