"""Ledgers and alarms of an older version."""

import pytest
from operations_builders import World

from hub.model.operations import Stage
from hub.operations.alarming.documents import AlarmDoc
from hub.operations.alarming.keeper import AlarmKeeper
from hub.operations.alarming.moving import move_alarms
from hub.operations.asking.moving import move_ledgers


async def test_ledgers_of_before_are_answered_as_ever(world: World):
    """Written as version 1.1 wrote them, moved twice, accepted and done."""
    officer = await world.officer()
    order = await world.order(officer)
    db = world.store.db
    back = {"subject_id": "order_id", "lane": "incident_id"}
    await db["recipients"].update_many({}, {"$rename": back, "$unset": {"subject_kind": True}})
    await db["orders"].update_many({}, {"$rename": {"within_s": "accept_within_s"}})
    await move_ledgers(world.store)
    await move_ledgers(world.store)
    assert (await world.act(officer, "order.accepted", orderId=order.id)).status == "applied"
    assert (await world.act(officer, "order.done", orderId=order.id)).status == "applied"
    assert await world.stages(order) == {officer.account_id: Stage.DONE}
    assert (await world.read_order(order)).within_s == order.within_s


async def test_alarms_of_before_say_what_they_are_about(world: World):
    """Moved twice; one about nothing stays about nothing."""
    officer = await world.officer()
    order = await world.order(officer)
    await world.act(officer, "order.declined", orderId=order.id)
    db = world.store.db["alarms"]
    await db.update_many(
        {}, {"$rename": {"about.order": "order_id", "about.incident": "incident_id"}}
    )
    await db.update_many({}, {"$unset": {"about": True}})
    (row,) = await db.find({}).to_list()
    await db.insert_one(
        {**row, "_id": "x", "condition": "x", "order_id": None, "incident_id": None}
    )
    await move_alarms(world.store)
    await move_alarms(world.store)
    moved, beside = await AlarmDoc.get(row["_id"]), await AlarmDoc.get("x")
    assert moved is not None
    assert moved.about == {"order": order.id, "incident": order.incident_id}
    assert beside is not None
    assert beside.about == {}


@pytest.mark.parametrize("nameless", [False, True])
async def test_alarms_that_an_older_process_writes_end_with_what_they_are_about(
    world: World, nameless: bool
):
    """It runs on beside the new ones, which moved all there were; one about nothing stays."""
    officer, other = await world.officer(), await world.officer()
    order, beside = await world.order(officer), await world.order(other)
    await world.act(officer, "order.declined", orderId=order.id)
    await world.act(other, "order.declined", orderId=beside.id)
    old = {} if nameless else {"order_id": order.id, "incident_id": order.incident_id}
    condition = f"ORDER_UNANSWERED:{order.id}"
    await world.store.db["alarms"].update_one(
        {"condition": condition}, {"$unset": {"about": True}, **({"$set": old} if old else {})}
    )
    for one in (order, beside):
        await world.store.db["orders"].update_one({"_id": one.id}, {"$set": {"state": "CANCELLED"}})
    await AlarmKeeper(world.ops.desk, "hub-1").look()
    left = await AlarmDoc.find({"active": True}).to_list()
    assert [alarm.condition for alarm in left] == ([condition] if nameless else [])
