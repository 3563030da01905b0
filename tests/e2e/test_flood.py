"""Nothing a client does delays an order: it is sent, and escalated, by a process of its own."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from hub import clock
from hub.model.people import SCOPES, Principal, Role
from hub.operations import documents
from hub.operations.asking.documents import RecipientDoc
from hub.operations.desk import Desk
from hub.operations.facade import Operations
from hub.operations.incidents import actions as incidents
from hub.operations.orders import actions as orders
from hub.settings import OrderSettings
from hub.store import embedded
from hub.store.driver import Store
from schema.nodes import global_id
from tests.e2e.conftest import Running
from tests.e2e.test_main_job import Phone

pytestmark = [pytest.mark.slow, pytest.mark.timeout(500)]

LATEST = timedelta(seconds=5)
ACCEPT_WITHIN = 5
ORDERS = 3
FIRST, SECOND = "officer21", "officer22"
COMMANDER = Principal(
    "commander",
    "commander",
    Role.COMMANDER,
    None,
    SCOPES[Role.COMMANDER],
    "flood",
    clock.real() + timedelta(days=1),
)


@asynccontextmanager
async def flooded(running: Running, login: str, incident: str) -> AsyncIterator[None]:
    """Within the block one account asks and writes all it can, and is answered."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(__file__).with_name("flood.py")),
        running.url,
        await running.client(login).token(),
        global_id("Incident", incident),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        begun = {(await process.stdout.readline()).strip() for _ in range(2)}
        assert begun == {b"asking", b"writing"}
        yield
        assert process.returncode is None, "the flood was over before"
    finally:
        process.stdin.close()
        await process.wait()


@dataclass
class Duty:
    """Two officers with phones, and a desk beside the API that sends the first one orders.

    Beside it, as another API process would be: only so the moment an order is due does not depend
    on the one that is flooded.
    """

    operations: Operations
    incident: str
    first: Phone
    second: Phone

    async def latest(self) -> timedelta:
        """How late the latest push or escalation of some orders was, by the times recorded."""
        asked = [await _order(self.operations, self.incident) for _ in range(ORDERS)]
        pushed, escalated = await _accepted(self.first), await _accepted(self.second)
        late = [sent - at for (_, at), sent in zip(asked, pushed, strict=True)]
        for (order, at), sent in zip(asked, escalated, strict=True):
            due = at + timedelta(seconds=ACCEPT_WITHIN)
            handed_over = await _asked_at(order, SECOND)
            assert handed_over >= due, "the next officer was asked too early"
            late += [handed_over - due, sent - due]
        return max(late)


@pytest.fixture
async def duty(running: Running) -> AsyncIterator[Duty]:
    phones = [Phone(running, FIRST), Phone(running, SECOND)]
    for phone in phones:
        await phone.sign_in()
    store = await Store.open(
        embedded.running(running.data_dir) or "", "liandong", documents=documents()
    )
    operations = Operations(Desk.over(store, OrderSettings(), ZoneInfo("Asia/Shanghai")))
    asked = incidents.request_of(kind="CROWD", title="北广场客流聚集", units=["RPS"])
    incident = await incidents.open_incident(operations.desk, COMMANDER, asked, str(uuid4()))
    yield Duty(operations, incident.id, *phones)
    await store.close()
    for phone in phones:
        await phone.http.aclose()


async def test_a_flooded_api_delays_neither_a_push_nor_an_escalation(running: Running, duty: Duty):
    """While one token keeps the API busy, and writes into the same incident, both come in time.

    Within five seconds of when they are due, by the ledger's and the push service's own times; on a
    machine that is slow anyway, within five seconds more than without the flood.
    """
    quiet = await duty.latest()
    async with flooded(running, "liaison", duty.incident):
        assert await duty.latest() <= LATEST + quiet


async def _order(operations: Operations, incident: str) -> tuple[str, datetime]:
    """An order to the first officer; its id, and when he was asked."""
    asked = orders.request_of(
        incident_id=incident,
        text="请到北广场",
        recipients=[FIRST],
        escalation=[SECOND],
        accept_within_s=ACCEPT_WITHIN,
    )
    order = await orders.dispatch_order(operations.desk, COMMANDER, asked, str(uuid4()))
    return order.id, await _asked_at(order.id, FIRST)


async def _asked_at(order_id: str, officer: str) -> datetime:
    """When an officer was asked, by the ledger."""
    ledger = await RecipientDoc.get(f"{order_id}:{officer}")
    assert ledger is not None
    return ledger.created_at


async def _accepted(phone: Phone) -> list[datetime]:
    """When the push service took the wake-ups for this phone."""
    pushes = phone.pushes()
    try:
        found = [datetime.fromisoformat((await anext(pushes))["acceptedAt"]) for _ in range(ORDERS)]
    finally:
        await pushes.aclose()
    return sorted(found)
