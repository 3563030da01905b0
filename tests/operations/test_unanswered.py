"""An order nobody takes: an alarm until somebody does, or until it ends."""

from datetime import timedelta

import pytest
from alarm_builders import alarms, stored, unanswered
from operations_builders import World, fresh

from hub.clock import ManualClock
from hub.model.operations import OrderState, Stage
from hub.model.people import Principal
from hub.operations.alarming.keeper import AlarmKeeper
from hub.operations.alarms.acknowledging import acknowledge_alarm
from hub.operations.asking.chains import Chains, Link
from hub.operations.incidents.actions import close_incident
from hub.operations.orders.actions import cancel_order


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
