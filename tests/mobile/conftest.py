"""The mobile API on a real socket, over a real database and its real change stream."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from hub.access.demo import PASSWORD, seed_demo
from hub.access.keys import load_signing_key
from hub.access.tokens import Tokens
from hub.bus import Bus
from hub.model.area import parse_area
from hub.model.people import Principal
from hub.operations import desk as desks
from hub.operations.facade import Operations
from hub.operations.incidents import actions as incidents
from hub.operations.orders import actions as orders
from hub.operations.orders.documents import OrderDoc
from hub.settings import AccessSettings, OrderSettings, area_text
from hub.store.driver import Store
from hub.store.motor_side import RateLimiter
from hub.store.people import Accounts, Units
from hub.store.tail import ChangeTail
from mobile_api.app import build
from mobile_api.context import MobileContext
from mobile_api.oauth import routes
from tests.mobile.serving import served

BASE = "/mobile/v1"


@dataclass
class Phone:
    """A client of the mobile API; after `sign_in`, an officer's."""

    http: httpx2.AsyncClient
    account: str = ""
    access: str = ""
    refresh: str = ""

    async def sign_in(self, login: str, device: str | None = "phone-1") -> "Phone":
        """Sign in with the demo password."""
        body: dict[str, Any] = {"login": login, "password": PASSWORD}
        if device is not None:
            body["device"] = {"id": f"{device}-{login}", "platform": "android"}
        reply = await self.http.post(f"{BASE}/session", json=body)
        assert reply.status_code == 200, reply.text
        told = reply.json()
        return Phone(self.http, login, told["accessToken"], told["refreshToken"])

    @property
    def headers(self) -> dict[str, str]:
        """The bearer token, when there is one."""
        return {"Authorization": f"Bearer {self.access}"} if self.access else {}

    async def call(self, method: str, path: str, **more: Any) -> httpx2.Response:
        """One request with this phone's token."""
        headers = {**self.headers, **more.pop("headers", {})}
        return await self.http.request(method, f"{BASE}{path}", headers=headers, **more)

    async def sync(self, since: str | None = None, **more: Any) -> dict[str, Any]:
        """One page of changes."""
        params = {**({"since": since} if since else {}), **more}
        reply = await self.call("GET", "/sync", params=params)
        assert reply.status_code == 200, reply.text
        page: dict[str, Any] = reply.json()
        return page

    async def act(self, *actions: object) -> list[dict[str, Any]]:
        """Actions, and their outcomes."""
        reply = await self.call("POST", "/actions", json={"actions": actions})
        assert reply.status_code == 200, reply.text
        results: list[dict[str, Any]] = reply.json()["results"]
        return results


@pytest.fixture(scope="module")
async def context(
    store: Store, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[MobileContext]:
    """What the hub gives the mobile API, with the change stream running."""
    area = parse_area(area_text("shanghai-railway-station"))
    await Units().seed(area)
    await seed_demo(Accounts(store), area)
    key = load_signing_key(tmp_path_factory.mktemp("keys") / "signing.pem")
    tokens = Tokens(store, AccessSettings(), key, limiter=RateLimiter(store), embedded=True)
    bus = Bus()
    tail = ChangeTail(store, bus, "test-mobile")
    tasks = [asyncio.create_task(tail.run()), asyncio.create_task(tokens.watch(bus))]
    await tail.ready.wait()
    yield MobileContext(
        store=store,
        bus=bus,
        tokens=tokens,
        operations=Operations(desks.Desk.over(store, OrderSettings(), area.zone)),
        channels=frozenset({"fcm"}),
    )
    for task in tasks:
        task.cancel()
    for task in tasks:
        with suppress(asyncio.CancelledError):
            await task


@pytest.fixture(scope="module")
async def http(context: MobileContext) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the served application."""
    app = Starlette(routes=[*routes(context.tokens, context.walls), Mount(BASE, build(context))])
    async with served(app) as url, httpx2.AsyncClient(base_url=url, timeout=60) as client:
        yield client


@pytest.fixture
def phone(http: httpx2.AsyncClient) -> Phone:
    """A phone nobody has signed in on."""
    return Phone(http)


@pytest.fixture(scope="module")
async def commander(context: MobileContext) -> Principal:
    """Somebody who may dispatch orders."""
    signed_in = await context.tokens.issue("commander")
    return await context.tokens.authenticate(signed_in.access_token)


@dataclass
class Desk:
    """Makes orders, each of an incident of its own."""

    operations: Operations
    by: Principal
    made: int = 0

    async def order(self, *recipients: str) -> OrderDoc:
        """A new order for these accounts."""
        self.made += 1
        name = "-".join((*recipients, str(self.made)))
        desk = self.operations.desk
        asked = incidents.request_of(kind="CROWD", title="北广场客流")
        incident = await incidents.open_incident(desk, self.by, asked, f"incident-{name}")
        order = orders.request_of(
            incident_id=incident.id,
            text="前往北广场 / Go to the north square",
            recipients=list(recipients),
        )
        return await orders.dispatch_order(desk, self.by, order, f"order-{name}")


@pytest.fixture(scope="module")
def desk(context: MobileContext, commander: Principal) -> Desk:
    """A dispatcher's desk."""
    return Desk(context.operations, commander)
