"""Whom nothing could wake: the ledgers say it, and an urgent bulletin is one alarm for all."""

from alarm_builders import REFUSES, alarms
from operations_builders import FakeChannel, World, fresh

from hub.clock import ManualClock
from hub.model.people import Principal
from hub.operations.alarming.documents import AlarmDoc
from hub.operations.alarming.keeper import AlarmKeeper
from hub.operations.alarms.acknowledging import acknowledge_alarm
from hub.operations.asking.documents import AskedDoc, ledger_id
from hub.operations.asking.store import Recipients
from hub.operations.bulletins.actions import publish_bulletin, request_of, withdraw_bulletin
from hub.operations.bulletins.documents import BulletinDoc
from hub.operations.waking.channels import Outcome


async def urgent(world: World, *readers: Principal, urgency: str = "URGENT") -> BulletinDoc:
    """A bulletin to these, of which no phone could be woken."""
    names = [reader.account_id for reader in readers]
    asked = request_of(title="出口关闭", text="请走东侧", officers=names, urgency=urgency)
    bulletin = await publish_bulletin(world.ops.desk, world.watch, asked, fresh("key"))
    await world.send_all(REFUSES)
    return bulletin


async def unwoken(world: World, subject: AskedDoc, who: Principal) -> bool:
    """What the ledger says."""
    row_id = ledger_id(subject.id, who.account_id)
    (row,) = (await world.ops.desk.of(Recipients).by_ids([row_id])).values()
    return row.unwoken


async def test_an_urgent_bulletin_that_wakes_nobody_is_one_alarm(
    world: World, clock: ManualClock, keeper: AlarmKeeper
):
    """However many readers: it counts them, names none, and is for their units and the sender's."""
    readers = [await world.officer(unit=unit) for unit in ("RPS", "RPS", "MTR")]
    bulletin = await urgent(world, *readers)
    await keeper.look()
    (alarm,) = await alarms()
    assert (alarm.kind, alarm.condition) == ("WAKE_UP_DEAD", f"WAKE_UP_DEAD:{bulletin.id}")
    assert (alarm.about, alarm.parts) == ({"bulletin": bulletin.id}, 3)
    assert alarm.units == ["MTR", "RPS"]
    assert (alarm.account_id, alarm.place) == (None, None)
    for text in (alarm.message, alarm.next_step):
        assert len(text.split(" / ")) == 2
        assert not any(reader.account_id in text for reader in readers)
    assert "3" in alarm.message
    assert [await unwoken(world, bulletin, reader) for reader in readers] == [True] * 3
    revision = alarm.revision
    await keeper.look()
    assert [one.revision for one in await alarms()] == [revision]


async def test_fewer_are_said_as_they_read_and_the_last_ends_it(
    world: World, clock: ManualClock, keeper: AlarmKeeper
):
    """Who reads, is woken after all, or goes home; nobody who sees to it is called anew."""
    one, two, three = [await world.officer() for _ in range(3)]
    bulletin = await urgent(world, one, two, three)
    await keeper.look()
    (alarm,) = await alarms()
    await acknowledge_alarm(world.ops.desk, world.watch, alarm_id=alarm.id, key=fresh("key"))
    await world.act(one, "bulletin.read", bulletinId=bulletin.id)
    await keeper.look()
    (alarm,) = await alarms()
    assert (alarm.parts, alarm.acknowledged_by) == (2, "watch")
    clock.advance(minutes=6)
    await world.escalator().step()
    again = FakeChannel(
        answer=lambda device, _wake: (
            Outcome.sent("id")
            if device.account_id == two.account_id
            else Outcome.failed("403: the key is refused")
        )
    )
    await world.send_all(again)
    await keeper.look()
    (alarm,) = await alarms()
    assert alarm.parts == 1
    assert [await unwoken(world, bulletin, who) for who in (one, two, three)] == [
        False,
        False,
        True,
    ]
    await world.act(three, "duty.signOut")
    await keeper.look()
    assert await alarms() == []
    (cleared,) = await AlarmDoc.find({"active": False}).to_list()
    assert cleared.cleared_because == "已无未唤醒人员 / nobody is left who was not woken"


async def test_more_who_are_not_woken_call_nobody_anew(world: World, keeper: AlarmKeeper):
    """Thousands fail one after the other: whoever sees to the bulletin sees to all of them."""
    one, two = await world.officer(), await world.officer()
    bulletin = await urgent(world, one, two)
    later = {"_id": ledger_id(bulletin.id, two.account_id)}
    await world.store.db["recipients"].update_one(later, {"$set": {"unwoken": False}})
    await keeper.look()
    (alarm,) = await alarms()
    assert alarm.parts == 1
    await acknowledge_alarm(world.ops.desk, world.watch, alarm_id=alarm.id, key=fresh("key"))
    await world.store.db["recipients"].update_one(later, {"$set": {"unwoken": True}})
    await keeper.look()
    (alarm,) = await alarms()
    assert (alarm.parts, alarm.acknowledged_by) == (2, "watch")


async def test_its_withdrawal_ends_the_alarm_and_raises_none(
    world: World, clock: ManualClock, keeper: AlarmKeeper
):
    """Who never knew of it need not know that it is over."""
    bulletin = await urgent(world, await world.officer())
    assert len(await alarms()) == 1
    asked = {"bulletin_id": bulletin.id, "reason": "误发", "key": fresh("key")}
    await withdraw_bulletin(world.ops.desk, world.watch, **asked)
    await world.send_all(REFUSES)
    await keeper.look()
    assert await alarms() == []


async def test_a_routine_bulletin_calls_nobody(world: World, keeper: AlarmKeeper):
    """Its ledger says all the same who was not woken."""
    reader = await world.officer()
    bulletin = await urgent(world, reader, urgency="ROUTINE")
    await keeper.look()
    assert await alarms() == []
    assert await unwoken(world, bulletin, reader)


async def test_an_order_says_who_was_not_woken_until_they_are_heard_of(world: World):
    """A refused push, and no phone at all; not who is off duty by then, nor who was woken."""
    dead, silent = await world.officer(), await world.officer(phone=False)
    order = await world.order(dead, silent)
    await world.send_all(REFUSES)
    fine, gone = await world.officer(), await world.officer()
    other = await world.order(fine, gone)
    await world.act(gone, "duty.signOut")
    await world.send_all(FakeChannel())
    assert [await unwoken(world, order, who) for who in (dead, silent)] == [True, True]
    assert [await unwoken(world, other, who) for who in (fine, gone)] == [False, False]
    await world.act(dead, "order.received", orderId=order.id)
    assert [await unwoken(world, order, who) for who in (dead, silent)] == [False, True]


async def test_who_signs_out_is_unwoken_for_no_order_any_more(world: World):
    """Neither for one that they leave to the next, nor for one that they had taken."""
    officer = await world.officer(phone=False)
    left, taken = await world.order(officer), await world.order(officer)
    await world.send_all(REFUSES)
    assert [await unwoken(world, order, officer) for order in (left, taken)] == [True, True]
    later = {"_id": ledger_id(taken.id, officer.account_id)}
    await world.store.db["recipients"].update_one(later, {"$set": {"stage": "ACCEPTED"}})
    await world.act(officer, "duty.signOut")
    assert [await unwoken(world, order, officer) for order in (left, taken)] == [False, False]


async def test_an_alarm_about_nothing_that_is_known_stays(
    world: World, clock: ManualClock, keeper: AlarmKeeper
):
    """What it was about cannot have ended; a sign of life of its person ends it all the same."""
    officer = await world.officer()
    await world.order(officer)
    await world.send_all(REFUSES)
    await world.store.db["alarms"].update_many({}, {"$set": {"about": {"gone": "x"}}})
    await keeper.look()
    assert [alarm.about for alarm in await alarms()] == [{"gone": "x"}]
    await world.store.db["alarms"].update_many({}, {"$set": {"account_id": None}})
    await keeper.look()
    assert len(await alarms()) == 1
    back = {"$set": {"account_id": officer.account_id}}
    await world.store.db["alarms"].update_many({}, back)
    clock.advance(seconds=1)
    await world.act(officer, "duty.signOut")
    await keeper.look()
    assert [alarm.kind for alarm in await alarms()] == ["ORDER_UNANSWERED"]
