"""Dispatching and cancelling orders."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from operations_builders import World, fresh, principal

from hub import clock as hub_clock
from hub.errors import AccessDenied, NotFound, UserFault
from hub.model.operations import OrderState, Stage
from hub.model.people import Role
from hub.operations.asking.documents import RecipientDoc
from hub.operations.asking.store import Recipients
from hub.operations.incidents.store import IncidentRepository
from hub.operations.orders.actions import cancel_order, dispatch_order, request_of
from hub.operations.orders.documents import OrderDoc
from hub.operations.orders.store import OrderRepository
from hub.store.documents import AccountDoc, InboxDoc, NameDoc, OutboxDoc


async def test_an_order_is_written_whole(world: World) -> None:
    """One dispatch makes the order, a ledger, a wake-up and news for each, and the timeline."""
    one, two = await world.officer(unit="RPS"), await world.officer(unit="MTR")
    order = await world.order(one, two, accept_within_s=30)
    assert (order.units, order.state) == (["RPS", "MTR"], OrderState.OPEN)
    for officer in (one, two):
        ledger = await world.ledger(order, officer)
        assert (ledger.stage, [line.stage for line in ledger.entries]) == (
            Stage.QUEUED,
            [Stage.QUEUED],
        )
        assert ledger.next_step_at == ledger.created_at + timedelta(seconds=30)
    assert await world.outbox() == {one.account_id: "QUEUED", two.account_id: "QUEUED"}
    news = await InboxDoc.find({"account_id": one.account_id}).sort("seq").to_list()
    assert [(row.seq, row.entity) for row in news] == [(1, "incident"), (2, "order")]
    assert news[1].data["incident"]["title"] == "北广场客流积压"
    assert await world.timeline(order.incident_id) == ["incident.opened", "order.dispatched"]
    incident = await world.ops.desk.of(IncidentRepository).for_hub(order.incident_id)
    assert incident is not None
    assert order.number == f"{incident.number}-01"
    assert (incident.officers, incident.units) == ([one.account_id, two.account_id], ["RPS", "MTR"])


async def test_a_wake_up_says_nothing(world: World) -> None:
    """The id of a wake-up holds neither an account nor an order."""
    officer = await world.officer()
    order = await world.order(officer)
    row = await OutboxDoc.find_one()
    assert row is not None
    assert officer.account_id not in row.id
    assert order.id not in row.id


@pytest.mark.parametrize(
    ("given", "code", "path"),
    [
        ({"text": " "}, "BAD_TEXT", ("text",)),
        ({"text": "急" * 2001}, "BAD_TEXT", ("text",)),
        ({"recipients": []}, "RECIPIENT_COUNT", ("recipients",)),
        ({"recipients": ["x"] * 1001}, "RECIPIENT_COUNT", ("recipients",)),
        ({"recipients": ["on", "nobody"]}, "RECIPIENT_UNKNOWN", ("recipients", "1")),
        ({"recipients": ["on", "on"]}, "RECIPIENT_DUPLICATE", ("recipients", "1")),
        ({"recipients": ["off"]}, "RECIPIENT_OFF_DUTY", ("recipients", "0")),
        ({"recipients": ["gone"]}, "RECIPIENT_UNKNOWN", ("recipients", "0")),
        ({"recipients": ["partner"]}, "RECIPIENT_ROLE", ("recipients", "0")),
        ({"escalation": ["nobody"]}, "RECIPIENT_UNKNOWN", ("escalation", "0")),
        ({"escalation": ["off", "off"]}, "RECIPIENT_DUPLICATE", ("escalation", "1")),
        ({"accept_within_s": 4}, "BAD_VALUE", ("accept_within_s",)),
        ({"accept_within_s": 3601}, "BAD_VALUE", ("accept_within_s",)),
        ({"priority": "LOUD"}, "BAD_VALUE", ("priority",)),
        ({"incident_id": "0" * 32}, "NOT_FOUND", ("incident_id",)),
        ({"recipients": [{"$ne": None}]}, "BAD_ID", ("recipients",)),
        ({"incident_id": {"$ne": None}}, "BAD_ID", ("incident_id",)),
    ],
)
async def test_a_bad_order_writes_nothing(
    world: World, given: dict[str, Any], code: str, path: tuple[str, ...]
) -> None:
    """A fault is refused with its code and path, and not one document is written."""
    officer = await world.officer("on")
    await world.officer("off", on_duty=False)
    await world.officer("gone", active=False)
    await world.officer("partner", role=Role.PARTNER)
    incident = await world.incident()
    before = await world.counts()
    with pytest.raises(UserFault) as fault:
        await world.order(officer, incident=incident.id, **given)
    assert (fault.value.code, fault.value.path) == (code, path)
    assert await world.counts() == before


@pytest.mark.parametrize("role", [Role.OFFICER, Role.LIAISON, Role.PARTNER])
async def test_only_the_centre_gives_orders(world: World, role: Role) -> None:
    """Without the scope nothing can be dispatched or cancelled, and nothing changes."""
    officer = await world.officer()
    order = await world.order(officer)
    before = await world.counts()
    caller = principal("caller", role, "RPS")
    asked = request_of(incident_id=order.incident_id, text="去", recipients=[officer.account_id])
    with pytest.raises(AccessDenied):
        await dispatch_order(world.ops.desk, caller, asked, "k")
    with pytest.raises(AccessDenied):
        await cancel_order(world.ops.desk, caller, order_id=order.id, reason="不", key="k")
    assert await world.counts() == before


async def test_a_liaison_can_be_ordered_and_can_answer(world: World) -> None:
    """Whoever may be ordered may answer: liaisons too."""
    liaison = await world.officer("liaison-1", role=Role.LIAISON)
    order = await world.order(liaison)
    assert (await world.act(liaison, "order.accepted", orderId=order.id)).status == "applied"


async def test_concurrent_repetitions_make_one_order(world: World) -> None:
    """Twenty submissions with one key at once make one order, and all are answered with it."""
    officer = await world.officer()
    incident = await world.incident()
    key = fresh("key")
    orders = await asyncio.gather(
        *(world.order(officer, incident=incident.id, key=key) for _ in range(20))
    )
    assert len({order.id for order in orders}) == 1
    assert (await OrderDoc.count(), await OutboxDoc.count(), await RecipientDoc.count()) == (
        1,
        1,
        1,
    )


async def test_the_same_key_with_another_order_is_a_conflict(world: World) -> None:
    """A key that was used for one order cannot be used for another."""
    officer = await world.officer()
    incident = await world.incident()
    await world.order(officer, incident=incident.id, key="k")
    with pytest.raises(UserFault) as fault:
        await world.order(officer, incident=incident.id, key="k", text="另一项任务")
    assert fault.value.code == "IDEMPOTENCY_CONFLICT"
    assert await OrderDoc.count() == 1


async def test_a_refused_order_leaves_its_key_unused(world: World) -> None:
    """After a refusal the same key may be used for the corrected order."""
    officer = await world.officer(on_duty=False)
    incident = await world.incident()
    with pytest.raises(UserFault):
        await world.order(officer, incident=incident.id, key="k")
    await world.act(officer, "duty.signIn")
    assert (await world.order(officer, incident=incident.id, key="k")).state is OrderState.OPEN


async def test_a_thousand_recipients_fit_into_one_order(world: World) -> None:
    """An order to a thousand officers is one transaction, with all its ledgers and numbers."""
    now = hub_clock.now()
    await AccountDoc.insert_many(
        [
            AccountDoc(
                id=f"mass{number}",
                login=f"mass{number}",
                password_hash="x",
                role=Role.OFFICER,
                unit="APS",
                name=NameDoc(zh="队员"),
                duty={"on": True, "since": now},
                created_at=now,
            )
            for number in range(1000)
        ]
    )
    order = await world.order(recipients=[f"mass{number}" for number in range(1000)])
    assert await RecipientDoc.find({"subject_id": order.id}).count() == 1000
    assert await OutboxDoc.find({"state": "QUEUED"}).count() == 1000
    assert await InboxDoc.find({"entity": "order", "seq": 2}).count() == 1000


async def test_cancelling_ends_every_part_and_wakes_who_is_in_it(world: World) -> None:
    """A cancelled order ends every open part, stops its timers and queues wake-ups for those."""
    one, two, three = [await world.officer() for _ in range(3)]
    order = await world.order(one, two, three)
    await world.act(one, "order.accepted", orderId=order.id)
    await world.act(two, "order.declined", orderId=order.id)
    cancelled = await cancel_order(
        world.ops.desk, world.watch, order_id=order.id, reason="误报", key=fresh("key")
    )
    assert (cancelled.state, cancelled.ended_at is None) == (OrderState.CANCELLED, False)
    assert await world.stages(order) == {
        one.account_id: Stage.CANCELLED,
        two.account_id: Stage.DECLINED,
        three.account_id: Stage.CANCELLED,
    }
    assert await RecipientDoc.find({"next_step_at": {"$ne": None}}).count() == 0
    woken = await OutboxDoc.find({"topic": "order.cancelled"}).to_list()
    assert {row.account_id for row in woken} == {one.account_id, three.account_id}
    for officer in (one, two, three):
        page = await world.ops.sync(officer.account_id, 0, 100)
        assert page.changes[-1].data["state"] == "CANCELLED"


async def test_an_ended_order_cannot_be_cancelled(world: World) -> None:
    """Cancelling twice with two keys is a fault; with one key it is the same cancellation."""
    order = await world.order(await world.officer())
    first = await cancel_order(
        world.ops.desk, world.watch, order_id=order.id, reason="误报", key="a"
    )
    again = await cancel_order(
        world.ops.desk, world.watch, order_id=order.id, reason="误报", key="a"
    )
    assert (first.revision, first.ended_at) == (again.revision, again.ended_at)
    with pytest.raises(UserFault) as fault:
        await world.cancel(order, key="b")
    assert fault.value.code == "ORDER_ENDED"
    with pytest.raises(NotFound):
        await cancel_order(world.ops.desk, world.watch, order_id="0" * 32, reason="误报", key="c")


async def test_each_role_sees_its_own_orders_and_ledgers(world: World) -> None:
    """Of an order two units share, each liaison sees the order and its own officers' ledgers."""
    one, two = await world.officer(unit="RPS"), await world.officer(unit="MTR")
    order = await world.order(one, two)
    repository = world.ops.desk.of(OrderRepository)

    async def seen(caller: Any) -> set[str] | None:
        viewer = caller.viewer
        found = await repository.get(order.id, viewer)
        listed = await repository.page(viewer, first=10)
        of_incident = await repository.of_incidents(viewer, [order.incident_id])
        assert bool(found) == bool(listed) == bool(of_incident[order.incident_id])
        ledgers = (await world.ops.desk.of(Recipients).visible(viewer, [order.id]))[order.id]
        assert found or not ledgers
        return {ledger.account_id for ledger in ledgers} if found else None

    assert await seen(world.watch) == {one.account_id, two.account_id}
    assert await seen(principal("l", Role.LIAISON, "MTR")) == {two.account_id}
    assert await seen(principal("l", Role.LIAISON, "SAN")) is None
    assert await seen(one) == {one.account_id}
    assert await seen(principal("o", Role.OFFICER, "RPS")) is None
    assert await seen(principal("p", Role.PARTNER, "RPS")) is None


async def test_whom_an_order_was_passed_on_from_is_no_business_of_others(world: World) -> None:
    """A liaison sees its officer's ledger, not the name of the other unit's who declined."""
    first, second = await world.officer(unit="RPS"), await world.officer(unit="MTR")
    order = await world.order(first, escalation=[second.account_id])
    await world.act(first, "order.declined", orderId=order.id)

    async def named(role: Role, unit: str | None) -> set[str | None]:
        viewer = principal("x", role, unit).viewer
        ledgers = await world.ops.desk.of(Recipients).visible(viewer, [order.id])
        return {ledger.escalated_from for ledger in ledgers[order.id]}

    assert await named(Role.WATCH, None) == {None, first.account_id}
    assert await named(Role.LIAISON, "MTR") == {None}
