"""A report from the field calls the watch, until a desk has done something about it."""

import pytest
from operations_builders import World, fresh, principal

from hub.model.alarms import AlarmState
from hub.model.people import Principal, Role
from hub.operations.alarming.documents import AlarmDoc
from hub.operations.alarming.keeper import AlarmKeeper
from hub.operations.alarming.store import AlarmRepository
from hub.operations.alarms.acknowledging import acknowledge_alarm
from hub.operations.incidents.actions import close_incident
from hub.operations.incidents.changes import add_incident_units, note_incident
from hub.operations.incidents.documents import IncidentDoc
from hub.operations.orders.actions import cancel_order
from hub.operations.orders.news import order_news


async def reported(world: World, officer: Principal, **more: object) -> AlarmDoc:
    """The alarm of a report by phone."""
    body = {"kind": "MEDICAL", "title": "旅客晕倒", "place": "北广场", **more}
    told = await world.act(officer, "incident.report", **body)
    found = await AlarmDoc.find_one({"about.incident": told.data["incidentId"]})
    assert found is not None
    return found


async def acted(world: World, how: str, incident: str) -> None:
    """One of the things a desk does."""
    given = {"incident_id": incident, "key": fresh("key")}
    match how:
        case "note":
            await note_incident(world.ops.desk, world.watch, text="已通知 120", **given)
        case "units":
            await add_incident_units(world.ops.desk, world.watch, units=["SAO"], **given)
        case "close":
            await close_incident(world.ops.desk, world.watch, outcome="已送医", **given)


async def test_a_report_says_what_where_who_and_how_many_photographs(world: World) -> None:
    """In both languages, to the centre and the liaison of the officer's unit."""
    officer = await world.officer(unit="RPS")
    alarm = await reported(world, officer, attachments=["5b0e5c5c-7b1a-4a39-9a51-0d8a7a3f1c11"])
    assert (alarm.kind, alarm.place) == ("INCIDENT_REPORTED", "北广场")
    zh, en = alarm.message.split(" / ")
    for said in (zh, en):
        assert "旅客晕倒" in said
        assert officer.login in said
        assert "1" in said.replace(officer.login, "")
    assert alarm.account_id == officer.account_id
    seen = world.ops.desk.of(AlarmRepository).page
    for role, unit, many in ((Role.LIAISON, "RPS", 1), (Role.LIAISON, "MTR", 0)):
        viewer = principal("liaison", role, unit).viewer
        assert len(await seen(viewer, first=9)) == many


@pytest.mark.parametrize("how", ["note", "units", "close"])
async def test_it_stands_until_a_desk_acts_and_is_acknowledged_meanwhile(
    world: World, how: str
) -> None:
    keeper = AlarmKeeper(world.ops.desk, "hub-1")
    alarm = await reported(world, await world.officer())
    await keeper.sweep()
    await acknowledge_alarm(world.ops.desk, world.watch, alarm_id=alarm.id, key=fresh("key"))
    await keeper.sweep()
    held = world.ops.desk.of(AlarmRepository).page
    (standing,) = await held(world.watch.viewer, first=9, state=AlarmState.ACKNOWLEDGED)
    assert standing.id == alarm.id
    await acted(world, how, alarm.about["incident"])
    await keeper.sweep()
    (cleared,) = await held(world.watch.viewer, first=9, state=AlarmState.CLEARED)
    assert (cleared.id, cleared.cleared_because) == (
        alarm.id,
        "已有人处置 / somebody has acted on it",
    )


async def test_an_incident_that_a_desk_opens_calls_nobody(world: World) -> None:
    await world.incident()
    assert await AlarmDoc.find_all().to_list() == []


async def test_whose_part_is_taken_back_is_told_why(world: World) -> None:
    """Not who has done it already."""
    first, second = await world.officer(), await world.officer()
    order = await world.order(first, second)
    for step in ("order.accepted", "order.done"):
        await world.act(second, step, orderId=order.id)
    await cancel_order(
        world.ops.desk, world.watch, order_id=order.id, reason="已由 120 接手", key=fresh("key")
    )
    incident = await IncidentDoc.get(order.incident_id)
    assert incident is not None
    told = [
        order_news(await world.read_order(order), await world.ledger(order, one), incident).data
        for one in (first, second)
    ]
    assert [one["cancelledBecause"] for one in told] == ["已由 120 接手", None]
