"""Signing in to duty and out of it."""

from operations_builders import World

from hub.model.operations import Stage
from hub.store.documents import AccountDoc


async def _on_duty(account_id: str) -> bool:
    account = await AccountDoc.get(account_id)
    assert account is not None
    return account.duty.on


async def test_signing_in_and_out_is_stored_and_told(world: World) -> None:
    """Duty is kept with the account, and every phone of the officer hears of it."""
    officer = await world.officer(on_duty=False)
    result = await world.act(officer, "duty.signIn", post="北广场")
    assert (result.data["on"], result.data["post"]) == (True, "北广场")
    assert await _on_duty(officer.account_id)
    again = await world.act(officer, "duty.signIn", post="北广场")
    assert (again.status, again.code) == ("duplicate", "ALREADY_ON_DUTY")
    await world.act(officer, "duty.signOut")
    assert not await _on_duty(officer.account_id)
    assert (await world.act(officer, "duty.signOut")).code == "ALREADY_OFF_DUTY"
    page = await world.ops.sync(officer.account_id, 0, 10)
    assert [change.data["on"] for change in page.changes] == [True, False]


async def test_moving_to_another_post_keeps_since(world: World) -> None:
    """A second sign-in at another post changes the post, not since when."""
    officer = await world.officer(on_duty=False)
    first = await world.act(officer, "duty.signIn", post="北广场")
    second = await world.act(officer, "duty.signIn", post="南广场")
    assert second.data == {**first.data, "post": "南广场"}


async def test_signing_out_passes_unanswered_orders_on(world: World) -> None:
    """Who goes home with an unanswered order does not take it along."""
    officer, fallback = await world.officer(), await world.officer()
    order = await world.order(officer, escalation=[fallback.account_id])
    await world.act(officer, "duty.signOut")
    assert await world.stages(order) == {
        officer.account_id: Stage.ESCALATED,
        fallback.account_id: Stage.QUEUED,
    }
    assert "order.escalated" in await world.timeline(order.incident_id)


async def test_signing_out_with_an_accepted_order_is_noted(world: World) -> None:
    """Nobody is kept on duty; the incident's timeline says what stayed open."""
    officer, fallback = await world.officer(), await world.officer()
    order = await world.order(officer, escalation=[fallback.account_id])
    await world.act(officer, "order.accepted", orderId=order.id)
    result = await world.act(officer, "duty.signOut")
    assert result.data["openOrders"] == 1
    assert await world.stages(order) == {officer.account_id: Stage.ACCEPTED}
    assert (await world.timeline(order.incident_id))[-1] == "duty.signedOut"
