"""Under load a write waits for its turn: what it starts runs from when it is written."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from operations_builders import FakeChannel, World
from pymongo.errors import OperationFailure

from hub.clock import ManualClock
from hub.model.operations import Stage
from hub.model.people import Principal
from hub.operations.incidents.store import IncidentRepository
from hub.operations.orders.documents import OrderDoc
from hub.operations.waking.channels import Outcome
from hub.operations.waking.delivery import SYNC_GRACE
from hub.store.lanes import Lanes
from hub.store.numbers import Numbers

LATE = 20.0
"""Seconds a write waits for its turn."""
WITHIN = timedelta(seconds=30)
Busy = Callable[[], None]


@pytest.fixture(autouse=True)
def _whole_seconds(clock: ManualClock) -> None:
    clock.current = clock.current.replace(microsecond=0)  # the database keeps milliseconds


@pytest.fixture
def busy(clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> Busy:
    """From when it is called, whoever writes has waited for their turn."""
    held = Lanes.held

    @asynccontextmanager
    async def late(self: Lanes, name: str) -> AsyncIterator[None]:
        async with held(self, name):
            clock.advance(seconds=LATE)
            yield

    return lambda: monkeypatch.setattr(Lanes, "held", late)


async def ordered(world: World) -> tuple[OrderDoc, Principal, Principal]:
    """An order with 30 seconds to accept, its officer, and who is asked next."""
    officer, fallback = await world.officer(), await world.officer()
    order = await world.order(
        officer, escalation=[fallback.account_id], accept_within_s=WITHIN.seconds
    )
    return order, officer, fallback


async def test_the_time_to_accept_runs_from_when_the_order_is_written(
    world: World, clock: ManualClock, busy: Busy
) -> None:
    """Whoever is asked has all of it; the incident, too, is opened when it is written."""
    asked_at = clock()
    busy()
    order, officer, _ = await ordered(world)
    assert order.created_at == clock() >= asked_at + timedelta(seconds=2 * LATE)
    assert (await world.ledger(order, officer)).next_step_at == clock() + WITHIN
    incident = await world.ops.desk.of(IncidentRepository).for_hub(order.incident_id)
    assert incident is not None
    assert incident.opened_at == clock() - timedelta(seconds=LATE)
    clock.advance(seconds=WITHIN.seconds - 1)
    assert await world.escalator().step() == 0


async def test_an_attempt_that_is_repeated_stamps_anew(
    world: World, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was rolled back has started nothing."""
    incident, officer = await world.incident(), await world.officer()
    number, attempts = Numbers.below, []

    async def met(self: Numbers, *given: Any) -> str:
        attempts.append(clock())
        if len(attempts) == 1:
            clock.advance(seconds=LATE)
            labels = {"errorLabels": ["TransientTransactionError"]}
            raise OperationFailure("WriteConflict", 112, labels)
        return await number(self, *given)

    monkeypatch.setattr(Numbers, "below", met)
    order = await world.order(officer, incident=incident.id)
    assert order.created_at == clock() > attempts[0]


async def test_who_is_asked_next_has_all_the_time(
    world: World, clock: ManualClock, busy: Busy
) -> None:
    """Of an escalation that waited for its turn."""
    order, _, fallback = await ordered(world)
    clock.advance(seconds=WITHIN.seconds)
    busy()
    assert await world.escalator().step() == 1
    assert (await world.ledger(order, fallback)).next_step_at == clock() + WITHIN


@pytest.mark.parametrize("kind", ["order.declined", "duty.signOut"])
async def test_who_is_asked_instead_has_all_the_time(
    world: World, clock: ManualClock, busy: Busy, kind: str
) -> None:
    """The answer itself is of the time at which the hub received it."""
    order, officer, fallback = await ordered(world)
    received_at = clock.advance(seconds=5)
    busy()
    body = {"orderId": order.id} if kind == "order.declined" else {}
    assert (await world.act(officer, kind, **body)).status == "applied"
    assert (await world.ledger(order, fallback)).next_step_at == clock() + WITHIN
    if kind == "order.declined":
        lines = (await world.ledger(order, officer)).entries
        assert [line.at for line in lines if line.stage is Stage.DECLINED] == [received_at]
    else:
        account = await world.ops.desk.accounts.by_id(officer.account_id)
        assert account is not None
        assert account.duty.since == received_at


async def test_what_brings_a_timer_forward_leaves_its_grace_whole(
    world: World, clock: ManualClock, busy: Busy
) -> None:
    """A push that is refused for good: the order may still come by sync for all of that time."""
    officer = await world.officer()
    order = await world.order(officer, accept_within_s=300)
    busy()
    await world.send_all(FakeChannel(lambda *_given: Outcome.failed("credential refused")))
    assert (await world.ledger(order, officer)).next_step_at == clock() + SYNC_GRACE
