"""Alarms as the desk has them: acknowledged once, read by whom they concern, counted."""

import pytest
from alarm_builders import REFUSES, alarms, stored, unanswered
from operations_builders import World, fresh, principal

from hub.clock import ManualClock
from hub.errors import AccessDenied, NotFound, UserFault
from hub.model.alarms import AlarmState
from hub.model.people import Role
from hub.operations.alarming.keeper import AlarmKeeper
from hub.operations.alarming.store import AlarmRepository
from hub.operations.alarms.acknowledging import acknowledge_alarm


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
