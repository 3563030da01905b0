"""Alarms: raised with what makes them, once, and cleared when their condition ends."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from operations_builders import FakeChannel, World, fresh, principal

from hub import clock as hub_clock
from hub.clock import ManualClock
from hub.errors import AccessDenied, NotFound, UserFault
from hub.model.alarms import AlarmState
from hub.model.operations import OrderState, Stage
from hub.model.people import Principal, Role
from hub.operations import conditions
from hub.operations.alarming.condition import Changed
from hub.operations.alarming.documents import AlarmDoc
from hub.operations.alarming.keeper import AlarmKeeper
from hub.operations.alarming.store import AlarmRepository
from hub.operations.alarms.acknowledging import acknowledge_alarm
from hub.operations.asking.chains import Chains, Link
from hub.operations.incidents.actions import close_incident
from hub.operations.orders.actions import cancel_order
from hub.operations.orders.alarms import ORDER_UNANSWERED
from hub.operations.orders.documents import OrderDoc
from hub.operations.waking.channels import Outcome
from hub.operations.words import Both

REFUSES = FakeChannel(answer=lambda *_: Outcome.failed("403: the key is refused"))


@pytest.fixture
def keeper(world: World) -> AlarmKeeper:
    """The keeper of this machine's process."""
    return AlarmKeeper(world.ops.desk, "hub-1")


async def alarms(kind: str | None = None, *, active: bool = True) -> list[AlarmDoc]:
    """The stored alarms, newest first."""
    query = {"active": active} | ({"kind": kind} if kind else {})
    return await AlarmDoc.find(query).sort("-raised_at").to_list()


def stored(moment: datetime) -> datetime:
    """As the database keeps it: to the millisecond."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


async def unanswered(world: World, clock: ManualClock, *officers: Principal) -> OrderDoc:
    """An order that nobody took and nobody is left for."""
    order = await world.order(*officers, accept_within_s=30)
    clock.advance(seconds=31)
    assert await world.escalator().step() == len(officers)
    return order


async def test_an_order_nobody_takes_raises_an_alarm(world: World, clock: ManualClock) -> None:
    """It says what, where, since when and what to do, in both languages, and names no person."""
    officer = await world.officer()
    order = await unanswered(world, clock, officer)
    (alarm,) = await alarms()
    assert alarm.kind == "ORDER_UNANSWERED"
    assert (alarm.about, alarm.units) == (
        {"order": order.id, "incident": order.incident_id},
        ["RPS"],
    )
    assert alarm.raised_at == (await world.read_order(order)).exhausted_at
    for text in (alarm.message, alarm.next_step):
        chinese, english = text.split(" / ")
        assert any("一" <= letter <= "鿿" for letter in chinese)
        assert english.isascii()
    assert order.number in alarm.message
    assert officer.account_id not in alarm.message
    assert alarm.place == "北广场客流积压"


@pytest.mark.parametrize("way", ["declined", "signed out", "timed out"])
async def test_every_way_to_the_end_of_a_list_raises_it(
    world: World, clock: ManualClock, way: str
) -> None:
    """A refusal, going home and silence of the last one who was asked are the same to the watch."""
    officer = await world.officer()
    order = await world.order(officer)
    match way:
        case "declined":
            await world.act(officer, "order.declined", orderId=order.id)
        case "signed out":
            await world.act(officer, "duty.signOut")
        case _:
            clock.advance(minutes=2)
            await world.escalator().step()
    (alarm,) = await alarms()
    assert alarm.condition == f"ORDER_UNANSWERED:{order.id}"


async def test_an_alarm_is_not_repeated_while_it_is_active(
    world: World, clock: ManualClock, keeper: AlarmKeeper
) -> None:
    """Two parts of one order that end at different times are one alarm, which then says two.

    As more is concerned than was acknowledged, it calls anew.
    """
    first, second = await world.officer(), await world.officer()
    order = await world.order(first, second)
    await world.act(first, "order.declined", orderId=order.id)
    (alarm,) = await alarms()
    await acknowledge_alarm(world.ops.desk, world.watch, alarm_id=alarm.id, key=fresh("key"))
    await keeper.look()
    (alarm,) = await alarms()
    assert (alarm.parts, alarm.acknowledged_by) == (1, "watch")
    await world.act(second, "order.declined", orderId=order.id)
    (alarm,) = await alarms()
    assert (alarm.parts, alarm.acknowledged_at) == (2, None)
    assert "2 人次" in alarm.message


@pytest.mark.parametrize("accepts_first", [True, False])
async def test_an_alarm_says_how_much_of_an_order_is_not_taken(
    world: World, clock: ManualClock, keeper: AlarmKeeper, accepts_first: bool
) -> None:
    """Of two officers one is coming: nobody reads that none is, whichever was first.

    That less is missing calls nobody anew, and more than that does.
    """
    first, second = await world.officer(), await world.officer()
    order = await world.order(first, second, accept_within_s=30)
    if accepts_first:
        await world.act(first, "order.accepted", orderId=order.id)
    clock.advance(seconds=31)
    await world.escalator().step()
    if not accepts_first:
        (alarm,) = await alarms()
        assert "Nobody has accepted" in alarm.message
        assert "2 人次" in alarm.message
        await acknowledge_alarm(world.ops.desk, world.watch, alarm_id=alarm.id, key=fresh("key"))
        await world.act(first, "order.accepted", orderId=order.id)
        await keeper.look()
    (alarm,) = await alarms()
    assert alarm.parts == 1
    assert "2 人次中有 1 人次无人签收" in alarm.message
    assert f"1 of 2 parts of order {order.number} is not taken" in alarm.message
    assert "Nobody has" not in alarm.message
    assert (alarm.acknowledged_at is None) is accepts_first
    revision = alarm.revision
    await keeper.look()
    assert [alarm.revision for alarm in await alarms()] == [revision]


async def test_a_late_acceptance_clears_it(
    world: World, clock: ManualClock, keeper: AlarmKeeper
) -> None:
    """Once somebody of the chain has taken the order its alarm is cleared, with time and reason."""
    officer = await world.officer()
    order = await unanswered(world, clock, officer)
    await keeper.look()
    assert len(await alarms()) == 1
    await world.act(officer, "order.accepted", orderId=order.id)
    clock.advance(seconds=2)
    await keeper.look()
    (cleared,) = await alarms(active=False)
    assert (cleared.cleared_at, await alarms()) == (stored(clock()), [])
    assert "签收" in (cleared.cleared_because or "")


async def test_an_acceptance_clears_its_own_chain_only(
    world: World, clock: ManualClock, keeper: AlarmKeeper
) -> None:
    """Of two officers to be sent one is still missing: the alarm stays."""
    first, second = await world.officer(), await world.officer()
    order = await unanswered(world, clock, first, second)
    await world.act(first, "order.accepted", orderId=order.id)
    await keeper.look()
    assert len(await alarms()) == 1
    await world.act(second, "order.accepted", orderId=order.id)
    await keeper.look()
    assert await alarms() == []


@pytest.mark.parametrize("way", ["cancelled", "closed", "completed"])
async def test_the_end_of_the_order_clears_it(
    world: World, clock: ManualClock, keeper: AlarmKeeper, way: str
) -> None:
    """A withdrawn order, one of a closed incident, and one that others have done need nobody."""
    one, other = await world.officer(), await world.officer()
    order = await world.order(one, other)
    await world.act(one, "order.declined", orderId=order.id)
    assert len(await alarms()) == 1
    match way:
        case "cancelled":
            await cancel_order(
                world.ops.desk, world.watch, order_id=order.id, reason="误报", key=fresh("key")
            )
        case "closed":
            await close_incident(
                world.ops.desk,
                world.watch,
                incident_id=order.incident_id,
                outcome="疏散",
                key=fresh("key"),
            )
        case _:
            await world.act(other, "order.done", orderId=order.id)
            await keeper.look()
            assert len(await alarms()) == 1
            third = await world.officer()
            await world.reassign(order, one, third)
            await world.act(third, "order.done", orderId=order.id)
            assert (await world.read_order(order)).state is OrderState.COMPLETED
    await keeper.look()
    assert await alarms() == []


@pytest.mark.parametrize("first", ["lost", "done"])
@pytest.mark.parametrize("way", ["declined", "signed out", "timed out", "reassigned"])
async def test_a_part_that_nobody_took_keeps_the_order_open(
    world: World, clock: ManualClock, keeper: AlarmKeeper, way: str, first: str
) -> None:
    """Whichever of two parts ends first: the order stays open and its alarm stands until the watch
    has found somebody who does it."""
    one, other, third = [await world.officer() for _ in range(3)]
    order = await world.order(one, other)

    async def lose() -> Principal:
        match way:
            case "declined":
                await world.act(one, "order.declined", orderId=order.id)
            case "signed out":
                await world.act(one, "duty.signOut")
            case "timed out":
                clock.advance(minutes=2)
                await world.escalator().step()
            case _:
                await world.act(one, "order.accepted", orderId=order.id)
                given_on = await world.officer()
                await world.reassign(order, one, given_on)
                await world.act(given_on, "order.declined", orderId=order.id)
                return given_on
        return one

    await world.act(other, "order.accepted", orderId=order.id)
    if first == "lost":
        holder = await lose()
    await world.act(other, "order.done", orderId=order.id)
    if first == "done":
        holder = await lose()
    await keeper.look()
    stored = await world.read_order(order)
    assert (stored.state, stored.ended_at) == (OrderState.OPEN, None)
    assert stored.exhausted_at is not None
    assert len(await alarms()) == 1
    await world.reassign(order, holder, third)
    await world.act(third, "order.done", orderId=order.id)
    assert (await world.read_order(order)).state is OrderState.COMPLETED
    await keeper.look()
    assert await alarms() == []


async def test_what_is_raised_anew_after_it_was_cleared_is_another_alarm(
    world: World, clock: ManualClock, keeper: AlarmKeeper
) -> None:
    """Each has its own beginning and end: the history of a condition is kept."""
    first, second = await world.officer(), await world.officer()
    order = await world.order(first, second)
    await world.act(first, "order.declined", orderId=order.id)
    await world.store.db["recipients"].update_one(
        {"_id": f"{order.id}:{first.account_id}"}, {"$set": {"stage": "ACCEPTED"}}
    )
    await keeper.look()
    assert (len(await alarms()), len(await alarms(active=False))) == (0, 1)
    await world.act(second, "order.declined", orderId=order.id)
    assert (len(await alarms()), len(await alarms(active=False))) == (1, 1)


async def test_a_condition_that_cannot_be_asked_holds_up_no_other(
    world: World, keeper: AlarmKeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own alarms stay; the next kind's are cleared as ever."""

    async def fails(*_: object) -> list[Changed]:
        raise KeyError("order")

    broken = replace(ORDER_UNANSWERED, kind="BROKEN", asked=fails)
    known = {broken.kind: broken, **conditions()}
    monkeypatch.setattr("hub.operations.alarming.keeper.conditions", lambda: known)
    officer = await world.officer()
    order = await world.order(officer)
    await world.act(officer, "order.declined", orderId=order.id)
    await broken.alarm(Both("坏", "broken"), hub_clock.now()).insert()
    key = fresh("key")
    await cancel_order(world.ops.desk, world.watch, order_id=order.id, reason="误报", key=key)
    await keeper.sweep()
    assert [alarm.kind for alarm in await alarms()] == ["BROKEN"]


async def test_an_alarm_is_raised_with_what_makes_it_or_not_at_all(
    world: World, clock: ManualClock
) -> None:
    """What rolls the hand-over back takes the alarm with it."""
    officer = await world.officer()
    order = await world.order(officer)
    clock.advance(minutes=2)
    await world.store.db["incidents"].delete_one({"_id": order.incident_id})
    await world.escalator().step()
    assert (await world.stages(order)) == {officer.account_id: Stage.QUEUED}
    assert await alarms() == []


async def test_a_dead_wake_up_raises_an_alarm(world: World, clock: ManualClock) -> None:
    """It names whom to call, and is for that person's unit: another's liaison does not see it."""
    officer = await world.officer(unit="MTR")
    order = await world.order(officer)
    await world.send_all(REFUSES)
    (alarm,) = await alarms()
    assert (alarm.kind, alarm.units, alarm.account_id) == (
        "WAKE_UP_DEAD",
        ["MTR"],
        officer.account_id,
    )
    assert officer.account_id in alarm.message
    assert "电台" in alarm.next_step
    assert order.number in alarm.message


@pytest.mark.parametrize("way", ["answered", "woken", "signed out", "withdrawn"])
async def test_a_person_who_is_reached_clears_it(
    world: World, clock: ManualClock, keeper: AlarmKeeper, way: str
) -> None:
    """An answer, a later push that is taken, going off duty, the order's end: nobody need call."""
    officer = await world.officer()
    order = await world.order(officer)
    await world.send_all(REFUSES)
    clock.advance(seconds=1)
    await keeper.look()
    assert len(await alarms("WAKE_UP_DEAD")) == 1
    match way:
        case "answered":
            await world.act(officer, "order.received", orderId=order.id)
        case "woken":
            await world.order(officer)
            await world.send_all(FakeChannel())
        case "signed out":
            await world.act(officer, "duty.signOut")
        case _:
            await cancel_order(
                world.ops.desk, world.watch, order_id=order.id, reason="误报", key=fresh("key")
            )
    await keeper.look()
    assert await alarms("WAKE_UP_DEAD") == []


async def test_another_failure_reaches_nobody(
    world: World, clock: ManualClock, keeper: AlarmKeeper
) -> None:
    """A line that the hub itself writes into the ledger is no sign of life."""
    officer = await world.officer()
    await world.order(officer)
    await world.send_all(REFUSES)
    clock.advance(seconds=1)
    await world.order(officer)
    await world.send_all(REFUSES)
    clock.advance(minutes=2)
    await world.escalator().step()
    await keeper.look()
    assert len(await alarms("WAKE_UP_DEAD")) == 2


async def test_a_withdrawal_that_wakes_nobody_is_told_until_it_is_known(
    world: World, clock: ManualClock, keeper: AlarmKeeper
) -> None:
    """An officer on the way to a cancelled order must be called: its end does not clear that."""
    officer = await world.officer()
    order = await world.order(officer)
    await world.act(officer, "order.accepted", orderId=order.id)
    await world.send_all(FakeChannel())
    clock.advance(seconds=1)
    await world.cancel(order)
    clock.advance(seconds=1)
    await world.send_all(REFUSES)
    await keeper.look()
    (alarm,) = await alarms()
    assert "撤销通知" in alarm.message
    clock.advance(seconds=1)
    await world.act(officer, "duty.signOut")
    await keeper.look()
    assert await alarms() == []


async def test_a_withdrawal_is_told_also_of_whom_the_order_did_not_wake(
    world: World, clock: ManualClock, keeper: AlarmKeeper
) -> None:
    """The order's own alarm ends with it, the withdrawal's does not: it calls by itself.

    That somebody has seen to the first, by radio, says nothing of the second.
    """
    officer = await world.officer()
    order = await world.order(officer)
    await world.send_all(REFUSES)
    (first,) = await alarms()
    await acknowledge_alarm(world.ops.desk, world.watch, alarm_id=first.id, key=fresh("key"))
    clock.advance(seconds=1)
    await world.cancel(order)
    clock.advance(seconds=1)
    await world.send_all(REFUSES)
    await keeper.look()
    (alarm,) = await alarms()
    assert "撤销通知" in alarm.message
    assert alarm.acknowledged_at is None
    assert [cleared.id for cleared in await alarms(active=False)] == [first.id]
    clock.advance(seconds=1)
    await world.act(officer, "duty.signOut")
    await keeper.look()
    assert await alarms() == []


async def test_a_sign_of_life_counts_for_what_failed_before_it(
    world: World, clock: ManualClock, keeper: AlarmKeeper
) -> None:
    """Of two failures for one person, only the one before a push that was taken is over."""
    officer = await world.officer()
    for channel in (REFUSES, FakeChannel(), REFUSES):
        clock.advance(seconds=1)
        last = await world.order(officer)
        await world.send_all(channel)
    await keeper.look()
    (alarm,) = await alarms()
    assert alarm.about["order"] == last.id


async def test_an_order_that_ended_as_it_was_lost_is_no_alarm_for_ever(
    world: World, clock: ManualClock, keeper: AlarmKeeper
) -> None:
    """Whichever of the two was written first: the times of both say nothing of that."""
    officer = await world.officer()
    order = await unanswered(world, clock, officer)
    await world.cancel(order)
    later = {"$set": {"raised_at": clock() + timedelta(milliseconds=5)}}
    await world.store.db["alarms"].update_many({}, later)
    await keeper.look()
    assert await alarms() == []


async def test_a_late_escalation_raises_an_alarm_whoever_is_to_blame(
    world: World, clock: ManualClock, keeper: AlarmKeeper
) -> None:
    """More than five seconds after a timer nothing has happened: any process says so, once."""
    officer = await world.officer()
    order = await world.order(officer, accept_within_s=30)
    clock.advance(seconds=34)
    await keeper.look()
    assert await alarms() == []
    clock.advance(seconds=2)
    await keeper.look()
    await AlarmKeeper(world.ops.desk, "hub-2").look()
    (alarm,) = await alarms()
    assert (alarm.kind, alarm.about["order"], alarm.units) == ("ESCALATION_LATE", order.id, [])
    await world.escalator().step()
    await keeper.look()
    assert await alarms("ESCALATION_LATE") == []
    (cleared,) = await alarms(active=False)
    assert cleared.cleared_because


async def test_two_keepers_at_once_raise_one_alarm(world: World, clock: ManualClock) -> None:
    """Processes that find the same at the same moment do not both say it."""
    await world.order(await world.officer(), accept_within_s=30)
    clock.advance(minutes=1)
    keepers = [AlarmKeeper(world.ops.desk, f"hub-{number}") for number in range(6)]
    await asyncio.gather(*(keeper.look() for keeper in keepers))
    assert len(await alarms()) == 1


class StuckKeeper(AlarmKeeper):
    """A keeper that does not come to the end of its clearing."""

    stuck: asyncio.Event

    async def sweep(self) -> None:
        self.stuck.set()
        await asyncio.Event().wait()


async def test_what_clears_delays_no_watch(world: World, clock: ManualClock) -> None:
    """While a flood of ended alarms is cleared, a late escalation is found all the same."""
    keeper = StuckKeeper(world.ops.desk, "hub-1")
    keeper.stuck = asyncio.Event()
    running = asyncio.create_task(keeper.run())
    await keeper.stuck.wait()
    await world.order(await world.officer(), accept_within_s=30)
    clock.advance(minutes=1)
    await world.until("alarms", {"kind": "ESCALATION_LATE"})
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_flood_is_cleared_in_one_transaction(
    world: World, clock: ManualClock, keeper: AlarmKeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many as end together, and not those beside them that hold still."""
    await unanswered(world, clock, await world.officer())
    (stays,) = await alarms()
    ended = [
        stays.model_copy(
            update={"id": fresh("a"), "about": {**stays.about, "order": name}, "condition": name}
        )
        for name in (fresh("gone") for _ in range(120))
    ]
    await AlarmDoc.insert_many(ended)
    run, begun = world.store.transaction, 0

    async def counted(*given: Any, **named: Any) -> Any:
        nonlocal begun
        begun += 1
        return await run(*given, **named)

    monkeypatch.setattr(world.store, "transaction", counted)
    await keeper.look()
    assert [alarm.id for alarm in await alarms()] == [stays.id]
    cleared = await alarms(active=False)
    assert (len(cleared), begun) == (120, 1)
    assert {alarm.cleared_at for alarm in cleared} == {stored(clock())}


async def test_several_keepers_clear_a_flood_once(world: World, clock: ManualClock) -> None:
    """Each alarm ends once, whichever of the processes was first."""
    await unanswered(world, clock, await world.officer())
    (stays,) = await alarms()
    ended = [
        stays.model_copy(
            update={"id": fresh("a"), "about": {**stays.about, "order": name}, "condition": name}
        )
        for name in (fresh("gone") for _ in range(40))
    ]
    await AlarmDoc.insert_many(ended)
    await asyncio.gather(*(AlarmKeeper(world.ops.desk, f"hub-{n}").look() for n in range(3)))
    assert [alarm.id for alarm in await alarms()] == [stays.id]
    assert {alarm.revision for alarm in await alarms(active=False)} == {2}


@pytest.fixture
def wrong() -> Iterator[time_machine.Traveller]:
    """This machine's clock an hour ahead."""
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=1), tick=True) as travel:
        yield travel


async def test_a_machine_whose_clock_is_off_raises_an_alarm(
    world: World, clock: ManualClock, keeper: AlarmKeeper, wrong: time_machine.Traveller
) -> None:
    """Each machine of the hub watches its own clock; several processes of one say it once."""
    await keeper.look()
    await AlarmKeeper(world.ops.desk, "hub-1").look()
    (alarm,) = await alarms()
    assert (alarm.kind, alarm.place, alarm.units) == ("CLOCK_OFF", "hub-1", [])
    assert "NTP" in alarm.next_step
    wrong.move_to(hub_clock.real())
    await keeper.look()
    assert await alarms() == []


async def test_a_machine_that_is_gone_is_not_told_for_ever(
    world: World, clock: ManualClock, wrong: time_machine.Traveller
) -> None:
    """An alarm of a machine of which nothing more is heard is cleared; one that is there stays."""
    gone, here = AlarmKeeper(world.ops.desk, "hub-gone"), AlarmKeeper(world.ops.desk, "hub-here")
    await gone.look()
    for _ in range(6):
        clock.advance(minutes=1)
        await here.look()
    assert [alarm.place for alarm in await alarms()] == ["hub-here"]
    (cleared,) = await alarms(active=False)
    assert cleared.place == "hub-gone"


async def test_who_acknowledges_is_written_down_once(world: World, clock: ManualClock) -> None:
    """By the same key and by another: one time, one name, one line of the audit log."""
    await unanswered(world, clock, await world.officer())
    (alarm,) = await alarms()
    clock.advance(seconds=5)
    done = await acknowledge_alarm(world.ops.desk, world.watch, alarm_id=alarm.id, key="ack-1")
    at = stored(clock())
    assert (done.acknowledged_by, done.acknowledged_at, done.active) == ("watch", at, True)
    clock.advance(seconds=5)
    again = await acknowledge_alarm(world.ops.desk, world.watch, alarm_id=alarm.id, key="ack-1")
    other = principal("commander", Role.COMMANDER)
    late = await acknowledge_alarm(world.ops.desk, other, alarm_id=alarm.id, key="ack-1")
    assert again.acknowledged_at == late.acknowledged_at == at
    assert late.acknowledged_by == "watch"
    rows = world.store.db["audit"].find({"action": "alarm.acknowledged"})
    assert [(row["actor"], row["target"]) async for row in rows] == [("watch", alarm.id)]
    with pytest.raises(UserFault, match="already used"):
        await acknowledge_alarm(world.ops.desk, world.watch, alarm_id="another", key="ack-1")


@pytest.mark.parametrize("role", [Role.OFFICER, Role.LIAISON, Role.PARTNER])
async def test_only_the_centre_acknowledges(world: World, clock: ManualClock, role: Role) -> None:
    """Without the scope it is refused, and nothing is changed."""
    await unanswered(world, clock, await world.officer())
    (alarm,) = await alarms()
    before = await world.counts()
    with pytest.raises(AccessDenied):
        await acknowledge_alarm(
            world.ops.desk, principal("someone", role, "RPS"), alarm_id=alarm.id, key=fresh("key")
        )
    assert (await alarms(), await world.counts()) == ([alarm], before)


async def test_an_alarm_that_is_not_there_cannot_be_acknowledged(world: World) -> None:
    """Absent is NOT_FOUND at the argument; the key stays free."""
    for bad, error in (("no such", NotFound), ("", UserFault), ("x" * 500, UserFault)):
        with pytest.raises(error):
            await acknowledge_alarm(world.ops.desk, world.watch, alarm_id=bad, key="free")
    assert (await world.counts())["idempotency"] == 0


async def test_rows_are_the_viewers_own(world: World, clock: ManualClock) -> None:
    """The centre reads all, and alone what is the hub's; a liaison its unit's, nobody else any."""
    await unanswered(world, clock, await world.officer(unit="RPS"))
    await world.order(await world.officer(unit="MTR"))
    await world.send_all(REFUSES)
    await world.store.db["recipients"].update_many({}, {"$set": {"next_step_at": clock()}})
    clock.advance(minutes=1)
    await AlarmKeeper(world.ops.desk, "hub-1").look()
    repository = world.ops.desk.of(AlarmRepository)

    async def seen(role: Role, unit: str | None) -> set[str]:
        viewer = principal("someone", role, unit).viewer
        page = await repository.page(viewer, first=10)
        known = await repository.visible(viewer, [alarm.id for alarm in await alarms()])
        assert set(known) == {alarm.id for alarm in page}
        return {alarm.kind for alarm in page}

    assert await seen(Role.WATCH, None) == {
        "ORDER_UNANSWERED",
        "WAKE_UP_DEAD",
        "ESCALATION_LATE",
    }
    assert await seen(Role.LIAISON, "RPS") == {"ORDER_UNANSWERED"}
    assert await seen(Role.LIAISON, "MTR") == {"WAKE_UP_DEAD"}
    for role, unit in ((Role.LIAISON, "SAN"), (Role.LIAISON, None)):
        assert await seen(role, unit) == set()
    for role in (Role.OFFICER, Role.PARTNER):
        assert await seen(role, "RPS") == set()


async def test_the_metrics_count_what_holds(world: World, clock: ManualClock) -> None:
    """By kind, and by whether somebody sees to it; kinds of which there is none count nothing."""
    await unanswered(world, clock, await world.officer())
    await unanswered(world, clock, await world.officer())
    alarm, _ = await alarms()
    await acknowledge_alarm(world.ops.desk, world.watch, alarm_id=alarm.id, key=fresh("key"))
    standing = await world.ops.desk.of(AlarmRepository).standing()
    counted = standing["ORDER_UNANSWERED"]
    assert (counted.active, counted.acknowledged) == (1, 1)
    assert standing["CLOCK_OFF"].active == 0
    page = world.ops.desk.of(AlarmRepository).page
    viewer = world.watch.viewer
    for state, expected in (
        (AlarmState.ACTIVE, 1),
        (AlarmState.ACKNOWLEDGED, 1),
        (AlarmState.CLEARED, 0),
    ):
        assert len(await page(viewer, first=9, state=state)) == expected
    assert len(await page(viewer, first=9, active=True)) == 2
    assert await page(viewer, first=9, kind="CLOCK_OFF") == []


@pytest.mark.parametrize(
    ("stages", "expected"),
    [
        ({"a": ("ESCALATED", None)}, 1),
        ({"a": ("SEEN", None)}, 0),
        ({"a": ("DECLINED", None), "b": ("ESCALATED", "a")}, 1),
        ({"a": ("ESCALATED", None), "b": ("QUEUED", "a")}, 0),
        ({"a": ("ACCEPTED", None), "b": ("ESCALATED", "a")}, 0),
        ({"a": ("ESCALATED", None), "b": ("DONE", "a")}, 0),
        ({"a": ("ESCALATED", None), "b": ("ESCALATED", "a"), "c": ("DECLINED", None)}, 2),
        ({}, 0),
    ],
)
def test_a_chain_is_lost_when_nobody_took_it_and_nobody_is_asked(
    stages: dict[str, tuple[str, str | None]], expected: int
) -> None:
    """Counted by chain, whoever of it answered."""
    links = {name: Link(Stage(stage), asked_for) for name, (stage, asked_for) in stages.items()}
    assert Chains(links).lost() == expected
