"""The keeper of alarms: raises what no write would raise, clears what has ended, once."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from alarm_builders import alarms, stored, unanswered
from operations_builders import World, fresh

from hub import clock as hub_clock
from hub.clock import ManualClock
from hub.operations import conditions
from hub.operations.alarming.condition import Changed
from hub.operations.alarming.documents import AlarmDoc
from hub.operations.alarming.keeper import AlarmKeeper
from hub.operations.orders.actions import cancel_order
from hub.operations.orders.alarms import ORDER_UNANSWERED
from hub.operations.words import Both


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
