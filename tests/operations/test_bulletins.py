"""Bulletins: whom they reach, who has read them, reminders, correction and withdrawal."""

from typing import Any

from operations_builders import FakeChannel, World, fresh

from hub.clock import ManualClock
from hub.model.operations import Stage
from hub.model.people import Principal
from hub.operations.asking.documents import RecipientDoc
from hub.operations.bulletins.actions import publish_bulletin, request_of, withdraw_bulletin
from hub.operations.bulletins.documents import BulletinDoc, BulletinState


async def published(world: World, by: Principal | None = None, **given: Any) -> BulletinDoc:
    """A bulletin of the watch, or of somebody else."""
    asked = {"title": "北广场出口临时关闭", "text": "十八时至二十时请引导旅客走东侧"}
    request = request_of(**{**asked, **given})
    return await publish_bulletin(world.ops.desk, by or world.watch, request, fresh("key"))


async def stage_of(bulletin: BulletinDoc, officer: Principal) -> Stage:
    """How far it has come with one reader."""
    row = await RecipientDoc.get(f"{bulletin.id}:{officer.account_id}")
    assert row is not None
    return row.stage


async def told(world: World, officer: Principal) -> list[dict[str, Any]]:
    """The bulletins a phone with nothing would hold."""
    page = await world.ops.snapshot(officer.account_id)
    return [change.data for change in page.changes if change.entity == "bulletin"]


async def test_it_goes_to_units_persons_and_all_on_duty_once_each(world: World):
    """Whoever is meant twice has it once; who is off duty has it too, where a unit is meant."""
    one = await world.officer(unit="RPS")
    resting = await world.officer(unit="RPS", on_duty=False)
    other = await world.officer(unit="PSS")
    away = await world.officer(unit="PSS", on_duty=False)
    bulletin = await published(
        world, units=["RPS"], officers=[one.account_id], all_on_duty=True, urgency="URGENT"
    )
    assert set(bulletin.recipients) == {p.account_id for p in (one, resting, other)}
    assert bulletin.units == ["PSS", "RPS"]
    assert await told(world, away) == []
    (mine,) = await told(world, resting)
    assert (mine["number"], mine["read"], mine["state"]) == (bulletin.number, False, "PUBLISHED")


async def test_who_has_not_read_is_reminded_twice_and_who_has_is_not(
    world: World, clock: ManualClock
):
    """Pushed, read by one, the other is woken twice more; then the timer rests."""
    reader, forgetful = await world.officer(), await world.officer()
    names = [reader.account_id, forgetful.account_id]
    bulletin = await published(world, officers=names, remind_after_s=60)
    channel = FakeChannel()
    await world.send_all(channel)
    assert {wake.topic for _, wake in channel.sent} == {"bulletin.created"}
    read = await world.act(reader, "bulletin.read", bulletinId=bulletin.id, via="fcm")
    assert (read.status, read.data) == ("applied", {"bulletinId": bulletin.id, "stage": "SEEN"})
    channel.sent.clear()
    for _ in range(3):
        clock.advance(seconds=61)
        await world.escalator().step()
        await world.send_all(channel)
    assert [(who, wake.topic) for who, wake in channel.sent] == [
        (forgetful.account_id, "bulletin.reminded")
    ] * 2
    assert await stage_of(bulletin, reader) is Stage.SEEN
    assert await stage_of(bulletin, forgetful) is Stage.SENT


async def test_a_correction_takes_the_place_of_the_first(world: World):
    """It goes to whoever had that one; the first says so, and is read late without going back."""
    reader = await world.officer()
    first = await published(world, officers=[reader.account_id])
    second = await published(world, title="北广场出口恢复", corrects=first.id)
    assert (second.recipients, second.corrects) == ([reader.account_id], first.id)
    held = {item["id"]: item for item in await told(world, reader)}
    assert held[first.id]["state"] == BulletinState.WITHDRAWN
    assert held[first.id]["replacedBy"] == second.id
    late = await world.act(reader, "bulletin.read", bulletinId=first.id)
    assert (late.status, late.data["stage"]) == ("applied", "CANCELLED")


async def test_it_is_withdrawn_once_and_its_readers_are_told(world: World):
    """Who had not read it is woken; again is a repetition by key, and refused without."""
    reader = await world.officer()
    bulletin = await published(world, officers=[reader.account_id])
    asked = {"bulletin_id": bulletin.id, "reason": "误发", "key": "once"}
    first = await withdraw_bulletin(world.ops.desk, world.watch, **asked)
    again = await withdraw_bulletin(world.ops.desk, world.watch, **asked)
    assert first == again
    assert (first.state, first.reason) == (BulletinState.WITHDRAWN, "误发")
    (held,) = await told(world, reader)
    assert (held["state"], held["reason"]) == ("WITHDRAWN", "误发")
