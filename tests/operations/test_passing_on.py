"""Who an order was taken from is told so; whom it will not reach is said when it is dispatched."""

import asyncio
from typing import Any

import pytest
from operations_builders import FakeChannel, World, fresh, operations

from hub.clock import ManualClock
from hub.errors import UserFault
from hub.model.operations import Stage
from hub.model.people import Principal, Role
from hub.operations.alarming.documents import AlarmDoc
from hub.operations.asking.store import Recipients
from hub.operations.orders.documents import OrderDoc
from hub.operations.waking.channels import Outcome
from hub.store.documents import OutboxDoc
from hub.store.driver import Store

PASSED_ON = "order.escalated"


async def topics(world: World) -> dict[tuple[str, str], str]:
    """The state of each wake-up, by account and topic."""
    rows = await OutboxDoc.find_all().to_list()
    return {(row.account_id, row.topic): row.state for row in rows}


async def told(world: World, officer: Principal) -> tuple[str, bool]:
    """The order's stage, and whether somebody else has it, as the phone was last told.

    A phone that asks for everything anew is told the same.
    """
    page = await world.ops.sync(officer.account_id, 0, 500)
    anew = await world.ops.sync(officer.account_id, None, 500)
    last, again = (
        [one.data for one in changes if one.entity == "order"][-1]
        for changes in (page.changes, anew.changes)
    )
    assert last == again
    return str(last["stage"]), last["takenByOther"]


async def test_the_officer_is_told_when_an_order_has_gone_to_somebody_else(
    world: World, clock: ManualClock
) -> None:
    """By the sync stream, and by a wake-up of its own that says nothing but its topic."""
    officer, fallback = await world.officer(), await world.officer()
    order = await world.order(officer, escalation=[fallback.account_id])
    await world.send_all(FakeChannel())
    clock.advance(minutes=2)
    await world.escalator().step()
    channel = FakeChannel()
    await world.send_all(channel)
    assert {account: wake.topic for account, wake in channel.sent} == {
        officer.account_id: PASSED_ON,
        fallback.account_id: "order.created",
    }
    assert await told(world, officer) == ("ESCALATED", False)
    ledger = await world.ledger(order, officer)
    assert ledger.stage is Stage.ESCALATED  # the wake-up is a line, and does not move it
    assert (ledger.entries[-1].stage, ledger.entries[-1].note) == (
        Stage.SENT,
        "转交通知 / passed on",
    )


async def test_who_was_asked_in_place_of_one_who_took_it_is_told_too(
    world: World, clock: ManualClock
) -> None:
    """A accepts after B was asked: B's phone is woken to learn that."""
    officer, fallback = await world.officer(), await world.officer()
    order = await world.order(officer, escalation=[fallback.account_id])
    clock.advance(minutes=2)
    await world.escalator().step()
    await world.send_all(FakeChannel())
    await world.act(officer, "order.accepted", orderId=order.id)
    channel = FakeChannel()
    await world.send_all(channel)
    assert [(account, wake.topic) for account, wake in channel.sent] == [
        (fallback.account_id, PASSED_ON)
    ]
    assert await told(world, fallback) == ("ESCALATED", True)


async def sent_on(world: World, clock: ManualClock, *chain: Principal) -> OrderDoc:
    """An order that each of the chain but the last has let pass; the last is asked."""
    first, *others = chain
    order = await world.order(first, escalation=[one.account_id for one in others])
    for _ in others:
        clock.advance(minutes=2)
        assert await world.escalator().step() == 1
    return order


async def test_who_let_it_pass_is_told_when_another_takes_it(
    world: World, clock: ManualClock
) -> None:
    """By sync alone, with the acceptance: nobody is woken for it, and the phone offers nothing.

    Whoever comes all the same is welcome, and the other is told that they are two.
    """
    officer, fallback = await world.officer(), await world.officer()
    order = await sent_on(world, clock, officer, fallback)
    woken = len(await OutboxDoc.find_all().to_list())
    assert await told(world, officer) == ("ESCALATED", False)
    await world.act(fallback, "order.accepted", orderId=order.id)
    assert await told(world, officer) == ("ESCALATED", True)
    assert await told(world, fallback) == ("ACCEPTED", False)
    late = await world.act(officer, "order.accepted", orderId=order.id)
    assert (late.status, late.data["stage"]) == ("applied", "ACCEPTED")
    assert await told(world, officer) == await told(world, fallback) == ("ACCEPTED", True)
    assert len(await OutboxDoc.find_all().to_list()) == woken
    for one in (officer, fallback):
        await world.act(one, "order.done", orderId=order.id)
    assert (await world.read_order(order)).state == "COMPLETED"
    assert await told(world, officer) == await told(world, fallback) == ("DONE", True)


@pytest.mark.parametrize("taker", [0, 1, 2])
@pytest.mark.parametrize("action", ["order.accepted", "order.arrived"])
async def test_all_of_a_chain_are_told_whoever_takes_it(
    world: World, clock: ManualClock, taker: int, action: str
) -> None:
    """Asked before or after, escalated long ago or only now: each once, and no other chain."""
    chain, beside = [await world.officer() for _ in range(3)], await world.officer()
    order = await sent_on(world, clock, *chain)
    await world.order(beside, incident=order.incident_id)
    await world.act(chain[taker], action, orderId=order.id)
    stage = action.removeprefix("order.").upper()
    assert [await told(world, one) for one in chain] == [
        (stage, False) if place == taker else ("ESCALATED", True) for place in range(3)
    ]
    assert await told(world, beside) == ("QUEUED", False)
    heads = [(await world.ops.sync(one.account_id, None, 500)).next_cursor for one in chain]
    await world.act(chain[taker], "order.done", orderId=order.id)
    after = [
        await world.ops.sync(one.account_id, head, 500)
        for one, head in zip(chain, heads, strict=True)
    ]
    assert [len(page.changes) for page in after] == [1, 1, 1]  # that it is completed
    assert [await told(world, one) for one in chain] == [
        ("DONE", False) if place == taker else ("ESCALATED", True) for place in range(3)
    ]


async def test_two_who_take_it_at_once_are_told_of_each_other(
    world: World, clock: ManualClock
) -> None:
    """In two processes, at the same moment: neither transaction overlooks the other."""
    officer, fallback = await world.officer(), await world.officer()
    order = await sent_on(world, clock, officer, fallback)
    here, there = world, World(world.store, operations(_another(world)))
    results = await asyncio.gather(
        here.act(officer, "order.accepted", orderId=order.id),
        there.act(fallback, "order.accepted", orderId=order.id),
    )
    assert {result.status for result in results} == {"applied"}
    first = await told(world, officer)
    # who was stood down a moment before it answered has come late, and is as welcome
    assert first == await told(world, fallback) == ("ACCEPTED", True)


def _another(world: World) -> Store:
    """The same database as another process has it."""
    return world.store.beside(world.store.db.name)


async def test_an_order_that_went_to_nobody_else_is_accepted_without_a_look_at_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What almost every acceptance is costs no read for what it is not."""
    officer, fallback = await world.officer(), await world.officer()
    order = await world.order(officer, escalation=[fallback.account_id])
    for read in ("chains_of", "of_ids", "of_accounts", "of_subject"):
        monkeypatch.setattr(Recipients, read, None)
    result = await world.act(officer, "order.accepted", orderId=order.id)
    assert (result.status, result.data["stage"]) == ("applied", "ACCEPTED")


@pytest.mark.parametrize("way", ["declined", "signed out", "nobody left"])
async def test_who_knows_or_may_still_come_is_not_woken(
    world: World, clock: ManualClock, way: str
) -> None:
    """Who has declined or gone home knows; whose order nobody else was asked for may still come."""
    officer, fallback = await world.officer(), await world.officer()
    asked = [] if way == "nobody left" else [fallback.account_id]
    order = await world.order(officer, escalation=asked)
    match way:
        case "declined":
            await world.act(officer, "order.declined", orderId=order.id)
        case "signed out":
            await world.act(officer, "duty.signOut")
        case _:
            clock.advance(minutes=2)
            await world.escalator().step()
    assert (officer.account_id, PASSED_ON) not in await topics(world)


async def test_who_is_the_last_is_told_that_nobody_has_it(world: World, clock: ManualClock) -> None:
    """The phone does not say "passed on" where it went to nobody; the one before it may."""
    officer, fallback = await world.officer(), await world.officer()
    await world.order(officer, escalation=[fallback.account_id])
    for _ in range(2):
        clock.advance(minutes=2)
        await world.escalator().step()
    for who, nobody_next in ((officer, False), (fallback, True)):
        for since in (0, None):
            page = await world.ops.sync(who.account_id, since, 500)
            last = [one.data for one in page.changes if one.entity == "order"][-1]
            assert (last["stage"], last["nobodyNext"]) == ("ESCALATED", nobody_next)


async def test_who_accepts_after_all_is_not_told_that_it_is_gone(
    world: World, clock: ManualClock
) -> None:
    """A wake-up that is no longer true when it is to be sent is not sent."""
    officer, fallback = await world.officer(), await world.officer()
    order = await world.order(officer, escalation=[fallback.account_id])
    await world.send_all(FakeChannel())
    clock.advance(minutes=2)
    await world.escalator().step()
    await world.act(officer, "order.accepted", orderId=order.id)
    channel = FakeChannel()
    await world.send_all(channel)
    assert officer.account_id not in channel.woken
    assert (await topics(world))[officer.account_id, PASSED_ON] == "SKIPPED"


async def test_a_lost_word_of_passing_on_alarms_nobody(world: World, clock: ManualClock) -> None:
    """Somebody else has the order: there is nothing that the watch would have to do."""
    officer, fallback = await world.officer(), await world.officer()
    await world.order(officer, escalation=[fallback.account_id])
    await world.send_all(FakeChannel())
    clock.advance(minutes=2)
    await world.escalator().step()
    refuses = FakeChannel(
        answer=lambda device, _: (
            Outcome.failed("403") if device.account_id == officer.account_id else Outcome.sent()
        )
    )
    await world.send_all(refuses)
    assert (await topics(world))[officer.account_id, PASSED_ON] == "DEAD"
    assert await AlarmDoc.count() == 0


async def refused(world: World, *to: Principal, escalation: list[str]) -> UserFault:
    """The refusal of such an order, of which nothing is left."""
    incident = (await world.incident()).id
    before = await world.counts()
    with pytest.raises(UserFault) as caught:
        await world.order(*to, incident=incident, escalation=escalation)
    assert await world.counts() == before
    return caught.value


async def test_an_escalation_list_names_whom_nobody_has_asked_yet(world: World) -> None:
    """A recipient, somebody twice, nobody known, who cannot be ordered: refused at their place."""
    one, two, watch = (
        await world.officer(),
        await world.officer(),
        await world.officer(role=Role.WATCH),
    )
    gone = await world.officer(active=False)
    for escalation, code in (
        ([two.account_id, one.account_id], "ESCALATION_NAMES_RECIPIENT"),
        ([two.account_id, two.account_id], "RECIPIENT_DUPLICATE"),
        ([two.account_id, "nobody"], "RECIPIENT_UNKNOWN"),
        ([two.account_id, gone.account_id], "RECIPIENT_UNKNOWN"),
        ([two.account_id, watch.account_id], "RECIPIENT_ROLE"),
    ):
        fault = await refused(world, one, escalation=escalation)
        assert (fault.code, fault.path) == (code, ("escalation", "1"))
        assert " / " in str(fault)


async def warned(world: World, *to: Principal, **given: Any) -> list[tuple[str, str]]:
    """Code and path of each warning of such an order, which is given all the same."""
    order: OrderDoc = await world.order(*to, **given)
    assert all(" / " in warning.message for warning in order.warnings)
    return [(warning.code, ".".join(warning.path)) for warning in order.warnings]


async def test_who_can_be_reached_is_nothing_to_warn_of(world: World) -> None:
    """An officer on duty with a phone, and another to be asked next."""
    officer, fallback = await world.officer(), await world.officer()
    assert await warned(world, officer, escalation=[fallback.account_id]) == []


async def test_whom_an_order_will_not_reach_is_said_at_dispatch(world: World) -> None:
    """Each at their place in the list; and if nobody of it can be reached, that first."""
    officer, silent = await world.officer(), await world.officer(phone=False)
    off, ready = await world.officer(on_duty=False), await world.officer()
    assert await warned(world, silent, officer, escalation=[off.account_id, ready.account_id]) == [
        ("RECIPIENT_NO_PUSH", "recipients.0"),
        ("ESCALATION_OFF_DUTY", "escalation.0"),
    ]
    other = await world.officer(phone=False)
    assert await warned(world, officer, escalation=[off.account_id, other.account_id]) == [
        ("ESCALATION_UNREACHABLE", "escalation"),
        ("ESCALATION_OFF_DUTY", "escalation.0"),
        ("ESCALATION_NO_PUSH", "escalation.1"),
    ]
    assert await warned(world, officer) == [("ESCALATION_NONE", "escalation")]


async def test_only_a_phone_that_a_channel_in_service_wakes_counts(world: World) -> None:
    """Web Push where only FCM is configured reaches nobody; without a channel that is said once."""
    officer, other = await world.officer(phone=False), await world.officer()
    await world.phone(officer.account_id, channel="webpush")
    world.ops = operations(world.store, channels=frozenset({"fcm"}))
    escalation = [other.account_id]
    assert await warned(world, officer, escalation=escalation) == [
        ("RECIPIENT_NO_PUSH", "recipients.0")
    ]
    world.ops = operations(world.store, channels=frozenset({"fcm", "webpush"}))
    assert await warned(world, officer, escalation=escalation) == []
    world.ops = operations(world.store, channels=frozenset())
    assert await warned(world, officer, escalation=escalation) == [("PUSH_NOT_CONFIGURED", "")]


async def test_warnings_are_the_same_when_the_order_is_sent_again(world: World) -> None:
    """They are part of what was answered, also when everybody can be reached by now."""
    officer, off = await world.officer(), await world.officer(on_duty=False)
    incident, key = (await world.incident()).id, fresh("key")
    given = {"incident": incident, "escalation": [off.account_id], "key": key}
    first = await world.order(officer, **given)
    await world.act(off, "duty.signIn")
    assert (await world.order(officer, **given)).warnings == first.warnings != []


async def test_many_who_are_not_reached_are_counted(world: World) -> None:
    """A large order names twenty of them, and says how many more there are."""
    officers = [await world.officer(phone=False) for _ in range(23)]
    fallback = await world.officer()
    order = await world.order(*officers, escalation=[fallback.account_id])
    assert len(order.warnings) == 21
    assert "3" in order.warnings[-1].message
    assert order.warnings[-1].path == ["recipients"]
