"""Giving an order back to somebody who had it: another round, a ledger of its own."""

import pytest
from operations_builders import FakeChannel, World

from hub.clock import ManualClock
from hub.errors import UserFault
from hub.model.operations import OrderState, Stage
from hub.model.people import Principal
from hub.operations.asking.documents import RecipientDoc
from hub.operations.asking.store import Recipients
from hub.operations.orders.documents import OrderDoc


async def rounds(order: OrderDoc, officer: Principal) -> list[tuple[int, Stage]]:
    """The officer's rounds in the order, and how far each has come."""
    query = {"subject_id": order.id, "account_id": officer.account_id}
    rows = await RecipientDoc.find(query).sort("round").to_list()
    return [(row.round, row.stage) for row in rows]


async def held(world: World, officer: Principal) -> dict[str, object]:
    """The one order that the officer's phone holds, by a snapshot and by what it was told last."""
    page = await world.ops.snapshot(officer.account_id)
    (order,) = [change.data for change in page.changes if change.entity == "order"]
    told = await world.ops.sync(officer.account_id, 0, 1000)
    assert [c.data for c in told.changes if c.entity == "order"][-1] == order
    return order


async def test_who_had_it_before_is_asked_anew(world: World):
    """As if for the first time: woken, timed, shown as new; the first round stays on record."""
    one, other = await world.officer(), await world.officer()
    order = await world.order(one)
    await world.act(one, "order.accepted", orderId=order.id)
    await world.reassign(order, one, other)
    channel = FakeChannel()
    await world.send_all(FakeChannel())
    await world.reassign(order, other, one)
    mine = await held(world, one)
    assert (mine["stage"], mine["round"], mine["reassignedBecause"]) == ("QUEUED", 2, None)
    await world.send_all(channel)
    assert ("order.created", one.account_id) in {(w.topic, who) for who, w in channel.sent}
    assert await rounds(order, one) == [(1, Stage.CANCELLED), (2, Stage.SENT)]
    assert (await world.read_order(order)).recipients == [one.account_id, other.account_id]
    for kind in ("order.accepted", "order.done"):
        assert (await world.act(one, kind, orderId=order.id)).status == "applied"
    assert await rounds(order, one) == [(1, Stage.CANCELLED), (2, Stage.DONE)]
    assert (await world.read_order(order)).state is OrderState.COMPLETED
    assert (await held(world, one))["stage"] == "DONE"


async def test_it_goes_to_and_fro_and_ends_once(world: World):
    """Three rounds of one and two of the other are one chain: its last who is done ends it."""
    one, other = await world.officer(), await world.officer()
    order = await world.order(one)
    for _ in range(2):
        await world.reassign(order, one, other)
        await world.reassign(order, other, one)
    assert await rounds(order, one) == [
        (1, Stage.CANCELLED),
        (2, Stage.CANCELLED),
        (3, Stage.QUEUED),
    ]
    chains = (await world.ops.desk.of(Recipients).chains_of([order.id]))[order.id]
    assert len(chains.begun()) == 1
    assert [name.partition(":")[2] for name in chains.of(chains.begun()[0])] == [
        one.account_id,
        other.account_id,
        f"{one.account_id}:2",
        f"{other.account_id}:2",
        f"{one.account_id}:3",
    ]
    await world.act(one, "order.done", orderId=order.id)
    assert (await world.read_order(order)).state is OrderState.COMPLETED


@pytest.mark.parametrize("way", ["timed out", "declined"])
async def test_whom_it_was_passed_on_from_may_be_asked_again(
    world: World, clock: ManualClock, way: str
):
    """Whether they did not answer or could not; then nobody but them holds it."""
    one, other = await world.officer(), await world.officer()
    order = await world.order(one, escalation=[other.account_id])
    if way == "declined":
        await world.act(one, "order.declined", orderId=order.id)
    else:
        clock.advance(minutes=5)
        await world.escalator().step()
    await world.reassign(order, other, one)
    assert (await rounds(order, one))[-1] == (2, Stage.QUEUED)
    await world.act(one, "order.accepted", orderId=order.id)
    mine = await held(world, one)
    assert (mine["stage"], mine["takenByOther"]) == ("ACCEPTED", False)


async def test_who_asked_in_vain_again_is_passed_on_again(world: World, clock: ManualClock):
    """The timer runs anew, and with nobody left to ask it is an alarm as ever."""
    one, other = await world.officer(), await world.officer()
    order = await world.order(one, accept_within_s=30)
    await world.reassign(order, one, other)
    await world.reassign(order, other, one)
    clock.advance(seconds=31)
    assert await world.escalator().step() == 1
    assert (await rounds(order, one))[-1] == (2, Stage.ESCALATED)
    assert (await world.read_order(order)).exhausted_at is not None
    assert await world.store.db["alarms"].count_documents({"active": True}) == 1


async def test_what_is_withdrawn_is_told_by_the_last_round(world: World):
    """Each phone is told once, of what it holds."""
    one, other = await world.officer(), await world.officer()
    order = await world.order(one)
    await world.reassign(order, one, other)
    await world.reassign(order, other, one)
    await world.cancel(order)
    mine = await held(world, one)
    assert (mine["state"], mine["round"], mine["cancelledBecause"]) == ("CANCELLED", 2, "误报")


@pytest.mark.parametrize("stage", ["queued", "accepted", "nobody left"])
async def test_who_has_a_part_of_it_is_not_given_another(
    world: World, clock: ManualClock, stage: str
):
    """Also one that nobody took is theirs: refused, and nothing is changed."""
    one, other = await world.officer(), await world.officer()
    order = await world.order(one, other, accept_within_s=30)
    if stage == "accepted":
        await world.act(one, "order.accepted", orderId=order.id)
    if stage == "nobody left":
        await world.act(other, "order.accepted", orderId=order.id)
        clock.advance(seconds=31)
        await world.escalator().step()
    before = await world.counts()
    for holder in (other, one):
        with pytest.raises(UserFault) as fault:
            await world.reassign(order, holder, one)
        assert (fault.value.code, fault.value.path) == ("RECIPIENT_DUPLICATE", ("to",))
    assert await world.counts() == before


async def test_what_answers_an_earlier_round_says_nothing_of_this_one(world: World):
    """A refusal that a phone without a network sends late; that it has come was known."""
    one, other = await world.officer(), await world.officer()
    order = await world.order(one)
    await world.reassign(order, one, other)
    await world.reassign(order, other, one)
    late = await world.act(one, "order.declined", orderId=order.id, round=1)
    assert (late.status, late.code) == ("conflict", "STAGE_PASSED")
    assert late.data["stage"] == "QUEUED"
    assert (await world.act(one, "order.received", orderId=order.id, round=1)).status == "duplicate"
    assert await rounds(order, one) == [(1, Stage.CANCELLED), (2, Stage.QUEUED)]
    for bad in (0, "2", True):
        refused = await world.act(one, "order.accepted", orderId=order.id, round=bad)
        assert (refused.code, refused.path) == ("BAD_VALUE", ("body", "round"))
    now = await world.act(one, "order.accepted", orderId=order.id, round=2)
    assert (now.status, now.data["stage"]) == ("applied", "ACCEPTED")
