"""A phone that no push reaches: an alarm until its person gives a sign of life."""

import pytest
from alarm_builders import REFUSES, alarms
from operations_builders import FakeChannel, World, fresh

from hub.clock import ManualClock
from hub.operations.alarming.keeper import AlarmKeeper
from hub.operations.alarms.acknowledging import acknowledge_alarm
from hub.operations.orders.actions import cancel_order


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
