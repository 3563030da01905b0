"""Giving an order to somebody else: who holds it, who is told, and that its chain stays whole."""

import asyncio

import pytest
from operations_builders import FakeChannel, World

from hub.clock import ManualClock
from hub.errors import UserFault
from hub.model.operations import OrderState, Stage
from hub.operations.orders.actions import reassign_order
from hub.operations.words import STAGES


async def test_both_are_told_and_the_other_carries_it_out(world: World):
    """One is woken that another has it, the other that there is an order; then it completes."""
    one, other = await world.officer(), await world.officer()
    order = await world.order(one)
    channel = FakeChannel()
    await world.send_all(channel)
    channel.sent.clear()
    await world.reassign(order, one, other)
    await world.send_all(channel)
    assert {(who, wake.topic) for who, wake in channel.sent} == {
        (one.account_id, "order.escalated"),
        (other.account_id, "order.created"),
    }
    held = [
        c.data for c in (await world.ops.snapshot(one.account_id)).changes if c.entity == "order"
    ]
    (held,) = [(one["stage"], one["takenByOther"], one["reassignedBecause"]) for one in held]
    assert held == ("CANCELLED", False, "距离较远")
    for kind in ("order.accepted", "order.done"):
        assert (await world.act(other, kind, orderId=order.id)).status == "applied"
    assert (await world.read_order(order)).state is OrderState.COMPLETED


async def test_who_accepted_late_holds_it_and_gives_it_on(world: World, clock: ManualClock):
    """Asked in vain, another asked, accepted after all: that part is given on, and the chain of all
    three ends when the last has it."""
    one, other, third = [await world.officer() for _ in range(3)]
    order = await world.order(one, escalation=[other.account_id])
    clock.advance(minutes=5)
    await world.escalator().step()
    await world.act(one, "order.accepted", orderId=order.id)
    with pytest.raises(UserFault) as fault:
        await world.reassign(order, other, third)
    assert fault.value.code == "PART_PASSED_ON"
    await world.reassign(order, one, third)
    assert await world.stages(order) == {
        one.account_id: Stage.CANCELLED,
        other.account_id: Stage.ESCALATED,
        third.account_id: Stage.QUEUED,
    }
    await world.act(third, "order.accepted", orderId=order.id)
    await world.act(third, "order.done", orderId=order.id)
    assert (await world.read_order(order)).state is OrderState.COMPLETED


async def test_an_exhausted_order_is_exhausted_no_more(world: World, clock: ManualClock):
    """Nobody was left to ask: the watch names somebody, and the alarm has no ground any more."""
    one, other = await world.officer(), await world.officer()
    order = await world.order(one)
    clock.advance(minutes=5)
    await world.escalator().step()
    assert (await world.read_order(order)).exhausted_at is not None
    await world.reassign(order, one, other)
    assert (await world.read_order(order)).exhausted_at is None
    late = await world.act(one, "order.accepted", orderId=order.id)
    assert (late.status, late.code) == ("conflict", "ORDER_REASSIGNED")


async def test_a_part_that_is_done_stays_done(world: World):
    """It is refused, and nobody is asked."""
    one, two, other = [await world.officer() for _ in range(3)]
    order = await world.order(one, two)
    await world.act(one, "order.done", orderId=order.id)
    before = await world.counts()
    with pytest.raises(UserFault) as fault:
        await world.reassign(order, one, other)
    assert (fault.value.code, fault.value.path) == ("PART_DONE", ("officer",))
    assert await world.counts() == before


async def test_whoever_cannot_be_woken_is_said_and_asked_all_the_same(world: World):
    """As when an order is dispatched; of the order itself the warnings stay those it had."""
    one, silent = await world.officer(), await world.officer(phone=False)
    order = await world.order(one)
    given = await world.reassign(order, one, silent)
    assert [(warning.code, warning.path) for warning in given.warnings] == [
        ("RECIPIENT_NO_PUSH", ["to"])
    ]
    assert (await world.stages(order))[silent.account_id] is Stage.QUEUED
    assert (await world.read_order(order)).warnings == order.warnings
    fine = await world.officer()
    assert (await world.reassign(order, silent, fine)).warnings == []


@pytest.mark.parametrize(
    ("seen", "came"),
    [
        (None, Stage.ACCEPTED),
        (Stage.SEEN, Stage.ACCEPTED),
        (Stage.ACCEPTED, Stage.ARRIVED),
        (Stage.ESCALATED, Stage.EN_ROUTE),
    ],
)
async def test_who_has_taken_it_since_the_watch_looked_keeps_it(
    world: World, seen: Stage | None, came: Stage
):
    """The watch is told who has it and how far they are, nothing is done; who knows that, and says
    so, reassigns it all the same."""
    one, other = await world.officer(), await world.officer()
    order = await world.order(one)
    kind = {Stage.ACCEPTED: "accepted", Stage.EN_ROUTE: "enRoute", Stage.ARRIVED: "arrived"}[came]
    await world.act(one, f"order.{kind}", orderId=order.id)
    before = await world.counts()
    asked = {"officer": one.account_id, "to": other.account_id, "reason": "距离较远"}
    how = {"order_id": order.id, **asked, "key": "since", "stage": seen}
    with pytest.raises(UserFault) as fault:
        await reassign_order(world.ops.desk, world.watch, **how)
    assert (fault.value.code, fault.value.path) == ("PART_TAKEN", ("stage",))
    assert all(part in fault.value.message for part in (one.account_id, str(STAGES[came].zh), came))
    assert await world.counts() == before
    assert await world.stages(order) == {one.account_id: came}
    await reassign_order(world.ops.desk, world.watch, **{**how, "stage": came})
    assert (await world.stages(order))[other.account_id] is Stage.QUEUED


async def test_an_acceptance_beside_a_reassignment_is_not_overlooked(world: World):
    """Whichever is written first: the order is with who accepted, and the watch is told, or it was
    given on, and the officer is."""
    one, other = await world.officer(), await world.officer()
    order = await world.order(one)
    accepted, given = await asyncio.gather(
        world.act(one, "order.accepted", orderId=order.id),
        world.reassign(order, one, other, stage=Stage.QUEUED),
        return_exceptions=True,
    )
    assert not isinstance(accepted, BaseException)
    if isinstance(given, UserFault):
        assert (given.code, accepted.status) == ("PART_TAKEN", "applied")
        assert await world.stages(order) == {one.account_id: Stage.ACCEPTED}
    else:
        assert (accepted.status, accepted.code) == ("conflict", "ORDER_REASSIGNED")
