"""Ledgers of an older version."""

from operations_builders import World

from hub.model.operations import Stage
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
