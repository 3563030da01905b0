"""What officers answer to orders, in order, out of order, twice and at once."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from operations_builders import FakeChannel, World, fresh, principal

from hub import clock as hub_clock
from hub.clock import ManualClock
from hub.errors import AccessDenied
from hub.model.operations import OrderState, Stage
from hub.model.people import Role
from hub.operations.incidents.documents import IncidentDoc
from hub.operations.orders.actions import cancel_order
from hub.store.documents import InboxDoc

STEPS = ("received", "seen", "accepted", "enRoute", "arrived", "done")


async def test_the_whole_life_of_an_order(world: World, clock: ManualClock) -> None:
    """From queued to done every stage gets its line with the hub's time and what carried it."""
    officer = await world.officer()
    order = await world.order(officer)
    clock.advance(seconds=1)
    await world.send_all(FakeChannel())
    for kind in STEPS:
        clock.advance(seconds=2)
        result = await world.act(officer, f"order.{kind}", orderId=order.id)
        assert (result.status, result.code) == ("applied", None)
    ledger = await world.ledger(order, officer)
    assert [(line.stage.value, line.channel) for line in ledger.entries] == [
        ("QUEUED", "hub"),
        ("SENT", "fcm"),
        ("RECEIVED", "actions"),
        ("SEEN", "actions"),
        ("ACCEPTED", "actions"),
        ("EN_ROUTE", "actions"),
        ("ARRIVED", "actions"),
        ("DONE", "actions"),
    ]
    times = [line.at for line in ledger.entries]
    assert times == sorted(set(times))
    assert (await world.read_order(order)).state is OrderState.COMPLETED
    assert await world.timeline(order.incident_id) == [
        "incident.opened",
        "order.dispatched",
        "order.accepted",
        "order.en_route",
        "order.arrived",
        "order.done",
        "order.completed",
    ]


async def test_accepting_stops_the_timer(world: World, clock: ManualClock) -> None:
    """An accepted order is never escalated; one that was only seen is."""
    one, two = await world.officer(), await world.officer()
    order = await world.order(one, two)
    await world.act(one, "order.accepted", orderId=order.id)
    await world.act(two, "order.seen", orderId=order.id)
    clock.advance(minutes=2)
    await world.escalator().step()
    assert await world.stages(order) == {
        one.account_id: Stage.ACCEPTED,
        two.account_id: Stage.ESCALATED,
    }


async def test_the_phones_clock_is_data(world: World) -> None:
    """A phone a day off gets the same order; its time is recorded beside the hub's."""
    officer = await world.officer()
    order = await world.order(officer)
    wrong = hub_clock.now() - timedelta(hours=24)
    result = await world.act(officer, "order.accepted", at=wrong, orderId=order.id)
    assert result.data["stage"] == "ACCEPTED"
    line = (await world.ledger(order, officer)).entries[-1]
    assert line.at == (await world.read_order(order)).created_at
    assert line.device_at is not None
    assert abs(line.device_at - wrong) < timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("note", "kept"),
    [("\u200b", None), ("\ud83d", None), ("来" * 501, "来" * 499 + "…"), ("好\ud83d", "好")],
)
async def test_an_acceptance_counts_whatever_its_note(
    world: World, note: str, kept: str | None
) -> None:
    """Nothing that an officer types or pastes beside an answer undoes it: too long, it is cut."""
    officer = await world.officer()
    order = await world.order(officer)
    result = await world.act(officer, "order.accepted", orderId=order.id, note=note)
    assert (result.status, result.code) == ("applied", None)
    line = (await world.ledger(order, officer)).entries[-1]
    assert (line.stage, line.note) == (Stage.ACCEPTED, kept)


@pytest.mark.parametrize("unseen", ["\u200b", "\u3164", "\ud800"])
async def test_what_cannot_be_seen_keeps_nobody_from_acting(world: World, unseen: str) -> None:
    """A post, a place and a description of which nothing is seen are as if they were not there."""
    officer = await world.officer()
    await world.act(officer, "duty.signIn", post="北广场")
    signed_in = await world.act(officer, "duty.signIn", post=unseen)
    assert (signed_in.status, signed_in.data["post"]) == ("applied", None)
    body = {"kind": "FIRE", "title": "冒烟", "place": unseen, "description": unseen}
    reported = await world.act(officer, "incident.report", **body)
    assert reported.status == "applied"


async def test_an_answer_can_say_what_carried_the_order(world: World) -> None:
    """`via` names a known carrier; anything else counts as an action like any other."""
    officer = await world.officer()
    order = await world.order(officer)
    await world.act(officer, "order.received", orderId=order.id, via="events")
    await world.act(officer, "order.seen", orderId=order.id, via={"$ne": 1}, note="马上到")
    lines = (await world.ledger(order, officer)).entries
    assert [line.channel for line in lines] == ["hub", "events", "actions"]
    assert lines[-1].note == "马上到"


async def test_late_answers_are_recorded_without_going_back(world: World) -> None:
    """Received and seen that arrive after accepted get their lines; the stage stays."""
    officer = await world.officer()
    order = await world.order(officer)
    for kind in ("accepted", "seen", "received"):
        result = await world.act(officer, f"order.{kind}", orderId=order.id)
        assert (result.status, result.data["stage"]) == ("applied", "ACCEPTED")
    ledger = await world.ledger(order, officer)
    stages = [line.stage for line in ledger.entries]
    assert stages == [Stage.QUEUED, Stage.ACCEPTED, Stage.SEEN, Stage.RECEIVED]
    assert ledger.stage is Stage.ACCEPTED


async def test_a_stage_is_recorded_once(world: World) -> None:
    """The same answer from another phone of the officer changes nothing and says so."""
    officer = await world.officer()
    order = await world.order(officer)
    await world.act(officer, "order.accepted", orderId=order.id, device="phone")
    before = await world.ledger(order, officer)
    again = await world.act(officer, "order.accepted", orderId=order.id, device="tablet")
    assert (again.status, again.code, again.data["stage"]) == (
        "duplicate",
        "ALREADY_RECORDED",
        "ACCEPTED",
    )
    assert await world.ledger(order, officer) == before


async def test_two_phones_accepting_at_once_make_one_acceptance(world: World) -> None:
    """Of two simultaneous acceptances one is applied, the other is a duplicate."""
    officer = await world.officer()
    order = await world.order(officer)
    results = await asyncio.gather(
        *(
            world.act(officer, "order.accepted", orderId=order.id, device=f"phone-{number}")
            for number in range(6)
        )
    )
    assert sorted(result.status for result in results) == ["applied"] + ["duplicate"] * 5
    stages = [line.stage for line in (await world.ledger(order, officer)).entries]
    assert stages == [Stage.QUEUED, Stage.ACCEPTED]


async def test_what_comes_too_late_is_a_conflict(world: World) -> None:
    """Declining after accepting, or accepting after declining, answers with the stage it met."""
    one, two = await world.officer(), await world.officer()
    order = await world.order(one, two)
    await world.act(one, "order.accepted", orderId=order.id)
    await world.act(two, "order.declined", orderId=order.id)
    late = await world.act(one, "order.declined", orderId=order.id)
    assert (late.status, late.code, late.data["stage"]) == ("conflict", "STAGE_PASSED", "ACCEPTED")
    late = await world.act(two, "order.accepted", orderId=order.id)
    assert (late.status, late.code, late.data["stage"]) == ("conflict", "STAGE_PASSED", "DECLINED")
    assert (await world.ledger(order, one)).stage is Stage.ACCEPTED


async def test_a_cancelled_order_takes_no_more_answers(world: World) -> None:
    """After cancellation work is a conflict; that the phone saw it is still recorded."""
    officer = await world.officer()
    order = await world.order(officer)
    await cancel_order(
        world.ops.desk, world.watch, order_id=order.id, reason="误报", key=fresh("key")
    )
    late = await world.act(officer, "order.accepted", orderId=order.id)
    assert (late.status, late.code) == ("conflict", "ORDER_CANCELLED")
    assert (await world.act(officer, "order.seen", orderId=order.id)).status == "applied"
    assert (await world.ledger(order, officer)).stage is Stage.CANCELLED


async def test_declining_asks_the_next_person_at_once(world: World) -> None:
    """A declined order goes to the next person in the same transaction."""
    officer, fallback = await world.officer(), await world.officer()
    order = await world.order(officer, escalation=[fallback.account_id])
    await world.act(officer, "order.declined", orderId=order.id, note="正在处置另一事件")
    assert await world.stages(order) == {
        officer.account_id: Stage.DECLINED,
        fallback.account_id: Stage.QUEUED,
    }
    assert (await world.ledger(order, fallback)).escalated_from == officer.account_id
    assert (await world.outbox())[fallback.account_id] == "QUEUED"


async def test_an_order_is_complete_when_every_part_is_done(world: World) -> None:
    """By whoever was asked last for it; then every recipient hears of it."""
    one, two, fallback = [await world.officer() for _ in range(3)]
    order = await world.order(one, two, escalation=[fallback.account_id])
    await world.act(one, "order.done", orderId=order.id)
    assert (await world.read_order(order)).state is OrderState.OPEN
    await world.act(two, "order.declined", orderId=order.id)
    assert (await world.read_order(order)).state is OrderState.OPEN
    await world.act(fallback, "order.done", orderId=order.id)
    assert (await world.read_order(order)).state is OrderState.COMPLETED
    for officer in (one, two, fallback):
        page = await world.ops.sync(officer.account_id, 0, 100)
        assert page.changes[-1].data["state"] == "COMPLETED"


async def test_an_order_nobody_did_stays_open(world: World) -> None:
    """If everybody declines and nobody is left, the order is exhausted, not completed."""
    one, two = await world.officer(), await world.officer()
    order = await world.order(one, two)
    for officer in (one, two):
        await world.act(officer, "order.declined", orderId=order.id)
    stored = await world.read_order(order)
    assert (stored.state, stored.exhausted_at is None) == (OrderState.OPEN, False)
    assert "order.exhausted" in await world.timeline(order.incident_id)


async def test_last_parts_that_end_at_once_complete_the_order(world: World) -> None:
    """When all officers are done at the same moment, none overlooks the others."""
    officers = [await world.officer() for _ in range(8)]
    order = await world.order(*officers)
    await asyncio.gather(
        *(world.act(officer, "order.done", orderId=order.id) for officer in officers)
    )
    assert (await world.read_order(order)).state is OrderState.COMPLETED
    assert (await world.timeline(order.incident_id)).count("order.completed") == 1


async def test_repeated_actions_have_one_effect_and_one_answer(world: World) -> None:
    """Twenty actions sent ten times over, all at once, have twenty effects and twenty answers."""
    officers = [await world.officer() for _ in range(5)]
    order = await world.order(*officers)
    actions = [
        (officer, f"order.{kind}", fresh("action"))
        for officer in officers
        for kind in ("received", "seen", "accepted", "enRoute")
    ]

    async def send(officer: Any, kind: str, action_id: str) -> tuple[str, str, Any]:
        result = await world.act(officer, kind, action_id=action_id, orderId=order.id)
        return action_id, result.status, result.data

    answers = await asyncio.gather(*(send(*action) for _ in range(10) for action in actions))
    for _officer, _kind, action_id in actions:
        mine = [(status, str(data)) for name, status, data in answers if name == action_id]
        assert sorted(status for status, _ in mine) == ["applied"] + ["duplicate"] * 9
        assert len({data for _, data in mine}) == 1
    for officer in officers:
        entries = (await world.ledger(order, officer)).entries
        assert len(entries) == len({line.stage for line in entries}) == 5


async def test_the_same_id_with_another_body_is_a_conflict(world: World) -> None:
    """An action id belongs to one kind and body; on another device it is another id."""
    officer = await world.officer()
    order = await world.order(officer)
    await world.act(officer, "order.received", action_id="a", orderId=order.id)
    other = await world.act(officer, "order.seen", action_id="a", orderId=order.id)
    assert (other.status, other.code) == ("conflict", "IDEMPOTENCY_CONFLICT")
    assert (await world.ledger(order, officer)).stage is Stage.RECEIVED
    fine = await world.act(officer, "order.seen", action_id="a", device="tablet", orderId=order.id)
    assert fine.status == "applied"


async def test_an_action_may_be_sent_again_after_it_was_refused(world: World) -> None:
    """A refusal has no effect and is not remembered: once it fits, the same action applies."""
    officer = await world.officer()
    refused = await world.act(officer, "duty.signIn", action_id="a", post="x" * 101)
    assert refused.status == "rejected"
    assert (await world.act(officer, "duty.signIn", action_id="a", post="北广场")).status == (
        "applied"
    )


@pytest.mark.parametrize(
    ("kind", "body", "code"),
    [
        ("order.teleported", {}, "UNKNOWN_KIND"),
        ("order.seen", {}, "BAD_ID"),
        ("order.seen", {"orderId": {"$ne": None}}, "BAD_ID"),
        ("order.seen", {"orderId": 7}, "BAD_ID"),
        ("order.seen", {"orderId": "\ud800"}, "BAD_ID"),
        ("order.seen", {"orderId": "0" * 32}, "NOT_FOUND"),
        ("incident.report", {"kind": "PARTY", "title": "x"}, "BAD_VALUE"),
        ("incident.report", {"kind": "FIRE", "title": ""}, "BAD_TEXT"),
        ("incident.report", {"kind": "FIRE", "title": "x", "lat": 31.2}, "BAD_POSITION"),
        ("incident.report", {"kind": "FIRE", "title": "x", "lat": "1", "lon": 2}, "BAD_POSITION"),
        ("incident.report", {"kind": "FIRE", "title": "x", "lat": True, "lon": 2}, "BAD_POSITION"),
        ("duty.signIn", {"post": ["x"]}, "BAD_TEXT"),
    ],
)
async def test_bad_actions_are_rejected(
    world: World, kind: str, body: dict[str, Any], code: str
) -> None:
    """An action that makes no sense is rejected with a code and a word of both languages."""
    officer = await world.officer()
    before = await world.counts()
    result = await world.act(officer, kind, **body)
    assert (result.status, result.code) == ("rejected", code)
    assert " / " in (result.message or "")
    assert await world.counts() == before


async def test_another_officers_order_looks_absent(world: World) -> None:
    """An order that is somebody else's answers exactly like one that does not exist."""
    officer, stranger = await world.officer(), await world.officer()
    order = await world.order(officer)
    before = await world.counts()
    answers = [
        await world.act(stranger, "order.accepted", orderId=order_id)
        for order_id in (order.id, "0" * 32)
    ]
    said = {(a.status, a.code, (a.message or "").replace(order.id, "0" * 32)) for a in answers}
    assert len(said) == 1
    assert await world.counts() == before


@pytest.mark.parametrize("role", [Role.WATCH, Role.COMMANDER, Role.PARTNER, Role.ADMIN])
async def test_only_the_field_acts(world: World, role: Role) -> None:
    """Who does no field work cannot act, and nothing changes."""
    before = await world.counts()
    with pytest.raises(AccessDenied):
        await world.act(principal("somebody", role), "duty.signIn")
    assert await world.counts() == before


async def test_an_account_that_was_closed_cannot_act(world: World) -> None:
    """A token may outlive its account for minutes; the account decides."""
    officer = await world.officer(active=False)
    assert (await world.act(officer, "duty.signIn")).code == "NOT_FOUND"


async def test_a_report_opens_an_incident_of_the_reporters_unit(world: World) -> None:
    """An officer's report is a numbered incident the officer can see and hears of."""
    officer = await world.officer(unit="MTR")
    result = await world.act(
        officer, "incident.report", kind="MEDICAL", title="旅客晕倒", lat=31.25, lon=121.45
    )
    incident = await IncidentDoc.get(result.data["incidentId"])
    assert incident is not None
    assert (incident.number, incident.units, incident.officers, incident.opened_by) == (
        result.data["number"],
        ["MTR"],
        [officer.account_id],
        officer.account_id,
    )
    news = await InboxDoc.find_one({"account_id": officer.account_id})
    assert news is not None
    assert (news.entity, news.data["position"]) == ("incident", {"lat": 31.25, "lon": 121.45})
