"""Escalation: an order that nobody accepts goes to the next person, on time, once."""

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import pytest
import structlog.testing
from operations_builders import FakeChannel, World, fresh

from hub import clock as hub_clock
from hub.bus import Bus
from hub.clock import ManualClock
from hub.model.operations import OrderState, Stage
from hub.operations.alarming.keeper import AlarmKeeper
from hub.operations.alarming.store import AlarmRepository
from hub.operations.asking import escalator as escalation
from hub.operations.asking.documents import RecipientDoc
from hub.operations.asking.escalator import Escalator
from hub.operations.asking.store import Recipients
from hub.operations.orders.actions import cancel_order
from hub.store import driver
from hub.store.documents import OutboxDoc


async def test_an_unaccepted_order_goes_to_the_next_person(
    world: World, clock: ManualClock
) -> None:
    """When the time to accept has passed, and not before, the next on the list is asked."""
    officer, fallback = await world.officer(unit="RPS"), await world.officer(unit="MTR")
    order = await world.order(officer, escalation=[fallback.account_id], accept_within_s=30)
    escalator = world.escalator()
    clock.advance(seconds=29)
    assert await escalator.step() == 0
    clock.advance(seconds=1)
    assert await escalator.step() == 1
    assert await escalator.step() == 0
    assert await world.stages(order) == {
        officer.account_id: Stage.ESCALATED,
        fallback.account_id: Stage.QUEUED,
    }
    ledger = await world.ledger(order, fallback)
    assert (ledger.escalated_from, ledger.entries[0].channel) == (officer.account_id, "escalation")
    stored = await world.read_order(order)
    assert stored.recipients == [officer.account_id, fallback.account_id]
    assert stored.units == ["RPS", "MTR"]
    assert (await world.timeline(order.incident_id))[-1] == "order.escalated"
    told = await world.ops.sync(officer.account_id, 0, 100)
    assert told.changes[-1].data["stage"] == "ESCALATED"
    asked = await world.ops.sync(fallback.account_id, 0, 100)
    assert [change.entity for change in asked.changes] == ["incident", "order"]
    channel = FakeChannel()
    await world.send_all(channel)
    woken = {account: wake.topic for account, wake in channel.sent}
    assert woken == {
        officer.account_id: "order.escalated",
        fallback.account_id: "order.created",
    }


async def test_the_chain_goes_on_to_its_end(world: World, clock: ManualClock) -> None:
    """Each person asked has the full time; at the end of the list there is an alarm."""
    first, second, third = [await world.officer() for _ in range(3)]
    order = await world.order(
        first, escalation=[second.account_id, third.account_id], accept_within_s=30
    )
    escalator = world.escalator()
    for _ in range(2):
        clock.advance(seconds=30)
        assert await escalator.step() == 1
    assert (await world.read_order(order)).exhausted_at is None
    clock.advance(seconds=30)
    with structlog.testing.capture_logs() as logs:
        assert await escalator.step() == 1
    assert [line["event"] for line in logs if line["log_level"] == "error"] == ["asked_in_vain"]
    assert set((await world.stages(order)).values()) == {Stage.ESCALATED}
    stored = await world.read_order(order)
    assert (stored.state, stored.exhausted_at is None) == (OrderState.OPEN, False)
    assert (await world.timeline(order.incident_id))[-1] == "order.exhausted"
    assert await RecipientDoc.find({"next_step_at": {"$ne": None}}).count() == 0


async def test_who_is_off_duty_or_asked_already_is_skipped(
    world: World, clock: ManualClock
) -> None:
    """Escalation passes over the signed-out, the closed accounts and the recipients themselves."""
    officer, other, third, on_duty = [await world.officer() for _ in range(4)]
    off, gone = await world.officer(on_duty=False), await world.officer()
    order = await world.order(
        officer,
        other,
        escalation=[person.account_id for person in (off, gone, third, on_duty)],
    )
    await world.store.db["accounts"].update_one(
        {"_id": gone.account_id}, {"$set": {"active": False}}
    )
    await world.act(other, "order.declined", orderId=order.id)
    clock.advance(minutes=2)
    await world.escalator().step()
    assert await world.stages(order) == {
        officer.account_id: Stage.ESCALATED,
        other.account_id: Stage.DECLINED,
        third.account_id: Stage.ESCALATED,
        on_duty.account_id: Stage.QUEUED,
    }


async def test_someone_off_duty_at_dispatch_may_be_on_duty_when_needed(
    world: World, clock: ManualClock
) -> None:
    """Whether a person can be asked is decided when the person is needed."""
    officer, fallback = await world.officer(), await world.officer(on_duty=False)
    order = await world.order(officer, escalation=[fallback.account_id])
    await world.act(fallback, "duty.signIn")
    clock.advance(minutes=2)
    await world.escalator().step()
    assert (await world.stages(order))[fallback.account_id] is Stage.QUEUED


async def test_a_late_acceptance_is_welcome(world: World, clock: ManualClock) -> None:
    """Who accepts after the escalation is on the way too, and the record says so."""
    officer, fallback = await world.officer(), await world.officer()
    order = await world.order(officer, escalation=[fallback.account_id])
    clock.advance(minutes=2)
    await world.escalator().step()
    result = await world.act(officer, "order.accepted", orderId=order.id)
    assert (result.status, result.data["stage"]) == ("applied", "ACCEPTED")
    await world.act(fallback, "order.done", orderId=order.id)
    assert (await world.read_order(order)).state is OrderState.OPEN
    await world.act(officer, "order.done", orderId=order.id)
    assert (await world.read_order(order)).state is OrderState.COMPLETED


async def test_an_acceptance_after_completion_is_a_conflict(
    world: World, clock: ManualClock
) -> None:
    """Once the others have done it, a late acceptance is told so."""
    officer, fallback = await world.officer(), await world.officer()
    order = await world.order(officer, escalation=[fallback.account_id])
    clock.advance(minutes=2)
    await world.escalator().step()
    await world.act(fallback, "order.done", orderId=order.id)
    late = await world.act(officer, "order.accepted", orderId=order.id)
    assert (late.status, late.code) == ("conflict", "ORDER_COMPLETED")


async def test_declining_after_escalation_asks_nobody_twice(
    world: World, clock: ManualClock
) -> None:
    """A part that was passed on already is not passed on again by a late refusal."""
    officer, second, third = [await world.officer() for _ in range(3)]
    order = await world.order(officer, escalation=[second.account_id, third.account_id])
    clock.advance(minutes=2)
    await world.escalator().step()
    await world.act(officer, "order.declined", orderId=order.id)
    assert set(await world.stages(order)) == {officer.account_id, second.account_id}


async def test_each_unanswered_part_gets_its_own_successor(
    world: World, clock: ManualClock
) -> None:
    """Two officers who do not answer are replaced by two, a third by nobody: an alarm."""
    officers = [await world.officer() for _ in range(3)]
    spare = [await world.officer() for _ in range(2)]
    order = await world.order(*officers, escalation=[person.account_id for person in spare])
    clock.advance(minutes=2)
    assert await world.escalator().step() == 3
    stages = await world.stages(order)
    assert [stages[person.account_id] for person in spare] == [Stage.QUEUED] * 2
    assert (await world.read_order(order)).exhausted_at is not None


async def test_two_escalators_ask_one_person(world: World, clock: ManualClock) -> None:
    """Two leaders for a moment, and a refusal meanwhile, repeat nothing."""
    officers = [await world.officer() for _ in range(4)]
    spare = [await world.officer() for _ in range(8)]
    order = await world.order(*officers, escalation=[person.account_id for person in spare])
    clock.advance(minutes=2)
    await asyncio.gather(
        world.escalator().step(),
        world.escalator().step(),
        world.act(officers[0], "order.declined", orderId=order.id),
    )
    stored = await world.read_order(order)
    assert len(stored.recipients) == len(set(stored.recipients)) == 8
    assert await OutboxDoc.find({"topic": "order.created"}).count() == 8
    rows = await RecipientDoc.find(
        {"subject_id": order.id, "escalated_from": {"$ne": None}}
    ).to_list()
    assert {row.escalated_from for row in rows} == {officer.account_id for officer in officers}


async def test_a_cancelled_order_escalates_no_more(world: World, clock: ManualClock) -> None:
    """Cancelling stops every timer."""
    officer, fallback = await world.officer(), await world.officer()
    order = await world.order(officer, escalation=[fallback.account_id])
    await cancel_order(
        world.ops.desk, world.watch, order_id=order.id, reason="误报", key=fresh("key")
    )
    clock.advance(minutes=5)
    assert await world.escalator().step() == 0
    assert set(await world.stages(order)) == {officer.account_id}


async def test_one_broken_order_holds_up_no_other(world: World, clock: ManualClock) -> None:
    """An order whose incident is gone is logged once; the others escalate."""
    broken, fine = await world.officer(), await world.officer()
    bad, good = await world.order(broken), await world.order(fine)
    await world.store.db["incidents"].delete_one({"_id": bad.incident_id})
    clock.advance(minutes=2)
    escalator = world.escalator()
    with structlog.testing.capture_logs() as logs:
        await escalator.step()
        await escalator.step()
    assert [line["event"] for line in logs].count("escalation_failing") == 1
    assert await world.stages(good) == {fine.account_id: Stage.ESCALATED}


async def test_a_locked_order_holds_up_no_other(
    world: World, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An order that a killed process has left locked is tried again; the others escalate."""
    monkeypatch.setattr(escalation, "STEP_SECONDS", 0.5)
    locked, fine = await world.officer(), await world.officer()
    stuck, good = await world.order(locked), await world.order(fine)
    clock.advance(minutes=2)
    escalator = world.escalator()
    async with world.held("recipients", {"account_id": locked.account_id}):
        await escalator.step()
        assert await world.stages(good) == {fine.account_id: Stage.ESCALATED}
    await escalator.step()
    assert await world.stages(stuck) == {locked.account_id: Stage.ESCALATED}


async def test_what_holds_the_places_of_others_delays_no_escalation(
    world: World, clock: ManualClock
) -> None:
    """With every place for the API's transactions taken, an escalation goes through."""
    officer, fallback = await world.officer(), await world.officer()
    order = await world.order(officer, escalation=[fallback.account_id])
    clock.advance(minutes=2)
    async with AsyncExitStack() as holders:
        for number in range(driver.TRANSACTIONS):
            await world.store.db["places"].insert_one({"_id": number})
            await holders.enter_async_context(world.held("places", {"_id": number}))
        async with asyncio.timeout(60):
            assert await world.escalator().step() == 1
    assert (await world.stages(order))[fallback.account_id] is Stage.QUEUED


async def test_waiting_for_a_turn_is_no_reason_to_give_up(
    world: World, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backlog of sixty orders is worked through in one pass, however short the limit of each."""
    monkeypatch.setattr(escalation, "STEP_SECONDS", 0.01)
    monkeypatch.setattr(escalation, "BATCH", 7)
    incidents = [(await world.incident()).id for _ in range(3)]
    for number in range(60):
        await world.order(await world.officer(), incident=incidents[number % 3])
    clock.advance(minutes=2)
    with structlog.testing.capture_logs() as logs:
        assert await world.escalator().step() == 60
    assert "escalation_failing" not in {line["event"] for line in logs}
    assert await RecipientDoc.find({"stage": "ESCALATED"}).count() == 60


async def test_the_most_overdue_is_first(world: World, clock: ManualClock) -> None:
    """Of a backlog what has waited longest is passed on first."""
    asked = []
    for seconds in (900, 60, 300, 5, 600):
        fallback = await world.officer()
        order = await world.order(
            await world.officer(), escalation=[fallback.account_id], accept_within_s=seconds
        )
        asked.append((seconds, order.id))
    clock.advance(minutes=30)
    found = world.ops.desk.of(Recipients).overdue(hub_clock.now(), at_a_time=2)
    assert [part.subject_id async for part in found] == [order_id for _, order_id in sorted(asked)]


async def test_more_that_fails_than_is_looked_up_at_once_holds_up_no_other(
    world: World, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Broken orders at the head of the backlog, pages of them, do not hide what is behind."""
    monkeypatch.setattr(escalation, "BATCH", 2)
    for _ in range(5):
        bad = await world.order(await world.officer(), accept_within_s=5)
        await world.store.db["incidents"].delete_one({"_id": bad.incident_id})
    fine = await world.officer()
    good = await world.order(fine)
    clock.advance(minutes=2)
    assert await world.escalator().step() == 1
    assert await world.stages(good) == {fine.account_id: Stage.ESCALATED}


async def test_the_lead_is_kept_through_a_long_backlog(
    world: World, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lease is renewed while a pass goes on: it outlives its time, and no other leads."""
    monkeypatch.setattr(escalation, "LEADER_TTL", timedelta(seconds=0.5))
    monkeypatch.setattr(escalation, "RENEW", 0.1)
    officer = await world.officer()
    order = await world.order(officer)
    clock.advance(minutes=2)
    going_on = asyncio.Event()
    one, other = world.escalator(), Escalator(world.ops.desk, Bus(), "two")

    async def slow(*_: object) -> None:
        await going_on.wait()

    monkeypatch.setattr(one, "_step", slow)  # a pass of any length
    leading = asyncio.create_task(one._guarded_pass())
    held = await world.until("leases", {"_id": "escalator", "owner": "one"})
    # several times its length later: renewed, and still the same lead
    renewed = held["until"] + timedelta(seconds=1.5)
    await world.until("leases", {"_id": "escalator", "until": {"$gt": renewed}})
    assert one._leader.fence == held["fence"]
    assert not await other._leader.acquire()
    going_on.set()
    await leading
    await one._leader.release()
    assert await world.stages(order) == {officer.account_id: Stage.QUEUED}


async def test_who_has_lost_the_lead_stops(
    world: World, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pass whose lease has gone to another process ends there; the other goes on."""
    monkeypatch.setattr(escalation, "RENEW", 0.05)
    order = await world.order(await world.officer())
    clock.advance(minutes=2)
    one, other = world.escalator(), Escalator(world.ops.desk, Bus(), "two")

    released = asyncio.Event()

    async def slow(*_: object) -> None:
        await released.wait()

    monkeypatch.setattr(one, "_step", slow)
    leading = asyncio.create_task(one._guarded_pass())
    await world.until("leases", {"_id": "escalator", "owner": "one"})
    past = {"$set": {"until": datetime(2000, 1, 1, tzinfo=UTC)}}
    while not await other._leader.acquire():
        await world.store.db["leases"].update_one({"_id": "escalator", "owner": "one"}, past)
    with structlog.testing.capture_logs() as logs:
        await leading
    assert [line["event"] for line in logs] == ["escalation_taken_over"]
    released.set()
    assert await other.step() == 1
    assert (await world.read_order(order)).exhausted_at is not None
    await other._leader.release()


async def test_a_running_escalator_takes_over_and_keeps_time(world: World) -> None:
    """With the real clock: a second escalator takes over from a dead one and is not late."""
    with hub_clock.manual():
        hub_clock.use(hub_clock.real)
        officer, fallback = await world.officer(), await world.officer()
        order = await world.order(officer, escalation=[fallback.account_id], accept_within_s=5)
        dead = Escalator(world.ops.desk, Bus(), "dead")
        assert await dead._leader.acquire()  # and never renewed: it died
        running = asyncio.create_task(Escalator(world.ops.desk, Bus(), "alive").run())
        asked = {"_id": f"{order.id}:{fallback.account_id}"}
        async with asyncio.timeout(60):
            ledger = await world.until("recipients", asked)
        late = (ledger["created_at"] - order.created_at).total_seconds() - 5
        running.cancel()
        assert 0 <= late <= 5


async def _wait_out(world: World, clock: ManualClock, times: int) -> None:
    """Let that many times to accept pass, with a pass of the escalator after each."""
    for _ in range(times):
        clock.advance(minutes=2)
        await world.escalator().step()


async def test_a_late_acceptance_ends_the_chain(world: World, clock: ManualClock) -> None:
    """A is asked, then B; A accepts: nobody else is asked, B is told, nothing is exhausted."""
    first, second, third, fourth = [await world.officer() for _ in range(4)]
    order = await world.order(
        first, escalation=[person.account_id for person in (second, third, fourth)]
    )
    await _wait_out(world, clock, 1)
    await world.act(first, "order.accepted", orderId=order.id)
    told = await world.ops.sync(second.account_id, 0, 100)
    assert told.changes[-1].data["stage"] == "ESCALATED"
    await _wait_out(world, clock, 4)
    assert await world.stages(order) == {
        first.account_id: Stage.ACCEPTED,
        second.account_id: Stage.ESCALATED,
    }
    assert (await world.read_order(order)).exhausted_at is None
    assert await RecipientDoc.find({"next_step_at": {"$ne": None}}).count() == 0
    kinds = await world.timeline(order.incident_id)
    assert kinds[-2:] == ["order.accepted", "order.taken"]
    channel = FakeChannel()
    await world.send_all(channel)
    woken = {account: wake.topic for account, wake in channel.sent}
    assert woken == {first.account_id: "order.created", second.account_id: "order.escalated"}


async def test_an_acceptance_two_links_back_ends_the_chain(
    world: World, clock: ManualClock
) -> None:
    """Of A, B and C the first accepts when the third is asked: the fourth never is."""
    officers = [await world.officer() for _ in range(4)]
    order = await world.order(
        officers[0], escalation=[person.account_id for person in officers[1:]]
    )
    await _wait_out(world, clock, 2)
    await world.act(officers[0], "order.accepted", orderId=order.id)
    await _wait_out(world, clock, 3)
    stages = [(await world.stages(order)).get(person.account_id) for person in officers]
    assert stages == [Stage.ACCEPTED, Stage.ESCALATED, Stage.ESCALATED, None]
    assert (await world.read_order(order)).exhausted_at is None


async def test_an_acceptance_ends_its_own_chain_only(world: World, clock: ManualClock) -> None:
    """Every recipient is to answer: when A accepts late, who was asked for B goes on."""
    one, two, for_one, for_two, next_one = [await world.officer(f"chain-{n}") for n in range(5)]
    order = await world.order(
        one, two, escalation=[person.account_id for person in (for_one, for_two, next_one)]
    )
    await _wait_out(world, clock, 1)
    await world.act(one, "order.accepted", orderId=order.id)
    await _wait_out(world, clock, 1)
    assert await world.stages(order) == {
        one.account_id: Stage.ACCEPTED,
        for_one.account_id: Stage.ESCALATED,
        two.account_id: Stage.ESCALATED,
        for_two.account_id: Stage.ESCALATED,
        next_one.account_id: Stage.QUEUED,
    }
    assert (await world.ledger(order, next_one)).escalated_from == for_two.account_id
    await _wait_out(world, clock, 1)
    assert (await world.read_order(order)).exhausted_at is not None  # of the second chain


async def test_a_late_acceptance_ends_the_exhaustion(world: World, clock: ManualClock) -> None:
    """Nobody is left to ask of two chains: `exhausted_at` stays until both have been accepted."""
    one, two, for_one = [await world.officer(f"late-{n}") for n in range(3)]
    order = await world.order(one, two, escalation=[for_one.account_id])
    await _wait_out(world, clock, 2)
    assert (await world.read_order(order)).exhausted_at is not None
    await world.act(one, "order.accepted", orderId=order.id)
    assert (await world.read_order(order)).exhausted_at is not None  # of the second chain
    await world.act(two, "order.accepted", orderId=order.id)
    assert (await world.read_order(order)).exhausted_at is None
    await AlarmKeeper(world.ops.desk, "host").sweep()
    assert await world.ops.desk.of(AlarmRepository).active() == []


async def test_exhausted_again_after_a_late_acceptance(world: World, clock: ManualClock) -> None:
    """Who comes back while another chain is asked leaves that one its own exhaustion."""
    one, two, third = [await world.officer(f"again-{n}") for n in range(3)]
    order = await world.order(one, two, escalation=[third.account_id])
    await _wait_out(world, clock, 1)
    first = (await world.read_order(order)).exhausted_at
    await world.act(two, "order.accepted", orderId=order.id)
    assert (await world.read_order(order)).exhausted_at is None
    await _wait_out(world, clock, 1)
    again = (await world.read_order(order)).exhausted_at
    assert first is not None
    assert again is not None
    assert again > first


@pytest.mark.parametrize("answer", ["order.declined", "duty.signOut"])
async def test_a_refusal_after_a_late_acceptance_asks_nobody(
    world: World, clock: ManualClock, answer: str
) -> None:
    """B, asked for A who has accepted since, declines or goes home: the chain stays ended."""
    first, second, third = [await world.officer() for _ in range(3)]
    order = await world.order(first, escalation=[second.account_id, third.account_id])
    await _wait_out(world, clock, 1)
    await world.act(first, "order.accepted", orderId=order.id)
    body = {"orderId": order.id} if answer == "order.declined" else {}
    assert (await world.act(second, answer, **body)).status == "applied"
    await _wait_out(world, clock, 2)
    assert set(await world.stages(order)) == {first.account_id, second.account_id}
    assert (await world.read_order(order)).exhausted_at is None


@pytest.mark.parametrize("step", ["TIMEOUT", "DECLINED", "SIGNED_OUT"])
async def test_a_hand_over_looks_at_the_chain(world: World, clock: ManualClock, step: str) -> None:
    """A timer that still runs in an accepted chain, as older data has it, asks nobody."""
    first, second, third = [await world.officer() for _ in range(3)]
    order = await world.order(first, escalation=[second.account_id, third.account_id])
    await _wait_out(world, clock, 1)
    await world.store.db["recipients"].update_one(
        {"_id": f"{order.id}:{first.account_id}"}, {"$set": {"stage": "ACCEPTED"}}
    )
    match step:
        case "TIMEOUT":
            await _wait_out(world, clock, 1)
        case "DECLINED":
            await world.act(second, "order.declined", orderId=order.id)
        case _:
            await world.act(second, "duty.signOut")
    assert set(await world.stages(order)) == {first.account_id, second.account_id}
    assert (await world.ledger(order, second)).next_step_at is None
    assert (await world.read_order(order)).exhausted_at is None
    assert (await world.timeline(order.incident_id))[-1] == "order.taken"


async def test_acceptances_and_hand_overs_at_once_agree(world: World, clock: ManualClock) -> None:
    """A accepts in the instant B's time runs out: whichever is first, C's timer does not run on."""
    for _ in range(8):
        officers = [await world.officer() for _ in range(4)]
        order = await world.order(
            officers[0], escalation=[person.account_id for person in officers[1:]]
        )
        await _wait_out(world, clock, 1)
        clock.advance(minutes=2)
        await asyncio.gather(
            world.escalator().step(),
            world.act(officers[0], "order.accepted", orderId=order.id),
        )
        await _wait_out(world, clock, 2)
        assert officers[3].account_id not in await world.stages(order)
        assert (await world.read_order(order)).exhausted_at is None


async def test_an_order_taken_late_ends_with_who_took_it(world: World, clock: ManualClock) -> None:
    """When A, who accepted late, is done, the order is: B's part ended when A accepted."""
    officer, fallback, third = [await world.officer() for _ in range(3)]
    order = await world.order(officer, escalation=[fallback.account_id, third.account_id])
    await _wait_out(world, clock, 1)
    await world.act(officer, "order.done", orderId=order.id)  # an acceptance, and more
    assert (await world.read_order(order)).state is OrderState.COMPLETED
    assert (await world.timeline(order.incident_id)).count("order.completed") == 1
    for person in (officer, fallback):
        page = await world.ops.sync(person.account_id, 0, 100)
        assert page.changes[-1].data["state"] == "COMPLETED"


async def test_who_was_spared_may_still_accept(world: World, clock: ManualClock) -> None:
    """B, told that A has accepted, is on the way already: welcome, and waited for."""
    officer, fallback = await world.officer(), await world.officer()
    order = await world.order(officer, escalation=[fallback.account_id])
    await _wait_out(world, clock, 1)
    await world.act(officer, "order.accepted", orderId=order.id)
    assert (await world.act(fallback, "order.accepted", orderId=order.id)).status == "applied"
    await world.act(officer, "order.done", orderId=order.id)
    assert (await world.read_order(order)).state is OrderState.OPEN
    await world.act(fallback, "order.done", orderId=order.id)
    assert (await world.read_order(order)).state is OrderState.COMPLETED


async def test_a_ledger_that_names_no_subject_holds_up_no_other(world: World, clock: ManualClock):
    """As an older version may still write one: it fails by itself, the others are escalated."""
    lost, fine = await world.officer(), await world.officer()
    bad, good = await world.order(lost), await world.order(fine)
    gone = {"subject_kind": True, "subject_id": True, "lane": True}
    row = {"_id": f"{bad.id}:{lost.account_id}"}
    await world.store.db["recipients"].update_one(row, {"$unset": gone})
    clock.advance(minutes=5)
    with structlog.testing.capture_logs() as logs:
        await world.escalator().step()
    assert await world.stages(good) == {fine.account_id: Stage.ESCALATED}
    assert [line["event"] for line in logs].count("escalation_failing") == 1
