"""Alarms as the desk has them: acknowledged once, read by whom they concern, counted."""

from datetime import timedelta
from typing import Any

import pytest
from alarm_builders import REFUSES, alarms, stored, unanswered
from operations_builders import World, fresh, principal

from hub.clock import ManualClock
from hub.errors import AccessDenied, NotFound, UserFault
from hub.model.alarms import AlarmState
from hub.model.people import Principal, Role
from hub.operations.alarming.documents import AlarmDoc
from hub.operations.alarming.keeper import AlarmKeeper
from hub.operations.alarming.store import AlarmRepository
from hub.operations.alarms.acknowledging import acknowledge_alarm
from hub.operations.alarms.shelving import shelve_alarm, unshelve_alarm
from hub.operations.orders.store import OrderRepository


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
    mine = {state: count for (kind, state), count in standing.items() if kind == "ORDER_UNANSWERED"}
    assert mine == {AlarmState.ACTIVE: 1, AlarmState.ACKNOWLEDGED: 1, AlarmState.SHELVED: 0}
    assert standing["CLOCK_OFF", AlarmState.ACTIVE] == 0
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


async def not_woken(world: World) -> AlarmDoc:
    """The alarm of somebody whom no push reaches, which can wait."""
    await world.order(await world.officer())
    await world.send_all(REFUSES)
    (alarm,) = await alarms()
    return alarm


async def shelved(
    world: World, clock: ManualClock, alarm: AlarmDoc, by: Principal | None = None, **given: Any
) -> AlarmDoc:
    """It, put aside for ten minutes, or as given."""
    asked = {"reason": "手机维修", "until": clock() + timedelta(minutes=10), "key": fresh("key")}
    asked |= given
    return await shelve_alarm(world.ops.desk, by or world.watch, alarm_id=alarm.id, **asked)


async def in_state(world: World, state: AlarmState) -> int:
    """How many alarms stand so."""
    page = world.ops.desk.of(AlarmRepository).page
    return len(await page(world.watch.viewer, first=9, state=state))


async def test_what_is_put_aside_calls_anew_when_its_time_is_over(
    world: World, clock: ManualClock
) -> None:
    """Also where somebody had acknowledged it; who, why and until when are kept, and audited."""
    alarm = await not_woken(world)
    await acknowledge_alarm(world.ops.desk, world.watch, alarm_id=alarm.id, key=fresh("key"))
    until = stored(clock() + timedelta(minutes=10))
    done = await shelved(world, clock, alarm, key="shelve")
    assert (done.shelved_by, done.shelved_because, done.shelved_until) == (
        "watch",
        "手机维修",
        until,
    )
    assert (await in_state(world, AlarmState.SHELVED), done.active) == (1, True)
    assert await in_state(world, AlarmState.ACTIVE) == 0
    clock.advance(minutes=10)
    assert await in_state(world, AlarmState.SHELVED) == 0
    assert await in_state(world, AlarmState.ACTIVE) == 1
    (row,) = await world.store.db["audit"].find({"action": "alarm.shelved"}).to_list()
    assert (row["actor"], row["target"], row["after"]["reason"]) == ("watch", alarm.id, "手机维修")


async def test_it_calls_again_as_soon_as_somebody_says_so(world: World, clock: ManualClock) -> None:
    """Said of one that is not put aside it changes nothing."""
    alarm = await not_woken(world)
    await shelved(world, clock, alarm)
    for _ in range(2):
        found = await unshelve_alarm(
            world.ops.desk, world.watch, alarm_id=alarm.id, key=fresh("key")
        )
        assert (found.shelved_until, found.shelved_by) == (None, None)
        assert await in_state(world, AlarmState.ACTIVE) == 1
    assert await world.store.db["audit"].count_documents({"action": "alarm.unshelved"}) == 1


async def test_what_grows_worse_calls_although_it_was_put_aside(
    world: World, clock: ManualClock
) -> None:
    """As it does although somebody had acknowledged it."""
    alarm = await not_woken(world)
    await shelved(world, clock, alarm)
    worse = alarm.model_copy(update={"parts": alarm.parts + 1})
    assert not await world.ops.desk.of(AlarmRepository).raise_alone(worse)
    (now,) = await alarms()
    assert (now.parts, now.shelved_until) == (alarm.parts + 1, None)


async def test_what_ends_while_it_is_put_aside_is_over(
    world: World, clock: ManualClock, keeper: AlarmKeeper
) -> None:
    """Shelving ends no alarm, and keeps none."""
    alarm = await not_woken(world)
    await shelved(world, clock, alarm)
    await world.cancel(await world.ops.desk.of(OrderRepository).for_hub(alarm.about["order"]))
    await keeper.look()
    assert await in_state(world, AlarmState.CLEARED) == 1
    with pytest.raises(UserFault) as refused:
        await shelved(world, clock, alarm)
    assert refused.value.code == "ALARM_CLEARED"


async def test_an_unanswered_order_cannot_be_put_aside(world: World, clock: ManualClock) -> None:
    """People in need wait for it."""
    await unanswered(world, clock, await world.officer())
    (alarm,) = await alarms()
    with pytest.raises(UserFault) as refused:
        await shelved(world, clock, alarm)
    assert refused.value.code == "ALARM_PRESSES"
    assert await in_state(world, AlarmState.ACTIVE) == 1


@pytest.mark.parametrize("minutes", [-1, 0, 8 * 60 + 2, 60 * 24 * 365])
async def test_it_is_put_aside_for_a_shift_at_most(
    world: World, clock: ManualClock, minutes: int
) -> None:
    """Never for ever, nor until a moment that has passed."""
    alarm = await not_woken(world)
    with pytest.raises(UserFault) as refused:
        await shelved(world, clock, alarm, until=clock() + timedelta(minutes=minutes))
    assert (refused.value.code, refused.value.path) == ("BAD_UNTIL", ("until",))
    assert await alarms() == [alarm]


@pytest.mark.parametrize("role", [Role.OFFICER, Role.LIAISON, Role.PARTNER])
async def test_only_the_centre_puts_one_aside(world: World, clock: ManualClock, role: Role) -> None:
    """Without the scope it is refused, and nothing is changed."""
    alarm = await not_woken(world)
    with pytest.raises(AccessDenied):
        await shelved(world, clock, alarm, principal("someone", role, "RPS"))
    assert await alarms() == [alarm]
