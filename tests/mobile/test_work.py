"""Actions and positions over the wire."""

from datetime import timedelta
from typing import Any

import pytest

from hub import clock
from hub.operations.incidents.documents import IncidentDoc
from hub.store.documents import Duty, OfficerPositionDoc
from mobile_api.context import MobileContext
from tests.mobile.conftest import Desk, Phone


def action(key: str, kind: str, /, **body: object) -> dict[str, Any]:
    return {"id": key, "kind": kind, "at": clock.now().isoformat(), "body": body}


def position(**changes: object) -> dict[str, Any]:
    return {"at": clock.now().isoformat(), "lat": 31.25, "lon": 121.45, **changes}


async def test_an_order_is_answered_from_the_phone(phone: Phone, desk: Desk) -> None:
    """Received, seen, accepted, en route, arrived, done: each applied, in order, and synced."""
    mine = await phone.sign_in("officer1")
    order = await desk.order("officer1")
    words = ("received", "seen", "accepted", "enRoute", "arrived", "done")
    steps = [action(f"a-{word}", f"order.{word}", orderId=order.id) for word in words]
    results = await mine.act(*steps)
    assert [result["status"] for result in results] == ["applied"] * 6, results
    assert [result["id"] for result in results] == [step["id"] for step in steps]
    page = await mine.sync()
    (data,) = [c["data"] for c in page["changes"] if c["data"].get("id") == order.id]
    assert data["stage"] == "DONE"
    assert {result["status"] for result in await mine.act(*steps)} == {"duplicate"}


async def test_one_bad_action_does_not_stop_the_others(phone: Phone) -> None:
    """Malformed, unknown and impossible actions are rejected each with its code; those before and
    after them are applied."""
    mine = await phone.sign_in("officer2")
    good = action("g1", "incident.report", kind="MEDICAL", title="有人晕倒")
    results = await mine.act(
        good,
        "not an action",
        None,
        {"id": "m1", "kind": "order.seen"},
        {**action("m2", "order.seen"), "surprise": 1},
        {**action("m3", "order.seen"), "at": "yesterday"},
        {**action("m4", "order.seen"), "at": "0001-01-01T00:00:00+14:00"},
        {**action("", "order.seen")},
        {**action("m5", "order.seen"), "body": ["a list"]},
        action("u1", "teleport"),
        action("n1", "order.accepted", orderId="no-such-order"),
        action("n2", "order.accepted", orderId={"$ne": None}),
        action("g2", "incident.report", kind="FIRE", title="烟雾"),
    )
    assert results[0]["status"] == results[-1]["status"] == "applied"
    rejected = results[1:-1]
    assert {result["status"] for result in rejected} == {"rejected"}
    assert [result["code"] for result in rejected[:8]] == ["INVALID"] * 8
    assert rejected[8]["code"] == "UNKNOWN_KIND"
    assert [result["id"] for result in rejected[2:5]] == ["m1", "m2", "m3"]
    assert all(result["message"] for result in rejected)
    mine_reported = await IncidentDoc.find({"opened_by": "officer2"}).count()
    assert mine_reported == 2


async def test_the_same_id_with_another_body_is_a_conflict(phone: Phone) -> None:
    """An id that was used is not used for something else, and nothing is written for it."""
    mine = await phone.sign_in("officer3")
    first, second = await mine.act(
        action("c1", "incident.report", kind="FIRE", title="烟雾"),
        action("c1", "incident.report", kind="FIRE", title="另一处"),
    )
    assert first["status"] == "applied"
    assert (second["status"], second["code"]) == ("conflict", "IDEMPOTENCY_CONFLICT")
    assert await IncidentDoc.find({"opened_by": "officer3"}).count() == 1


async def test_an_id_is_one_phones_own(phone: Phone) -> None:
    """Two officers' phones may use the same id: neither is taken for the other."""
    for login in ("officer4", "officer5"):
        mine = await phone.sign_in(login)
        (result,) = await mine.act(
            action("same", "incident.report", kind="CROWD", title=f"{login}")
        )
        assert result["status"] == "applied"


async def test_another_ones_order_cannot_be_answered(phone: Phone, desk: Desk) -> None:
    """An officer who was not ordered is refused as if the order were absent, and the ledger of the
    one who was stays as it is."""
    order = await desk.order("officer6")
    stranger = await phone.sign_in("officer7")
    (taken,) = await stranger.act(action("s1", "order.accepted", orderId=order.id))
    (absent,) = await stranger.act(action("s2", "order.accepted", orderId="no-such-order"))
    assert taken["status"] == "rejected"
    assert taken["code"] == absent["code"]
    mine = await phone.sign_in("officer6")
    page = await mine.sync()
    (data,) = [c["data"] for c in page["changes"] if c["data"].get("id") == order.id]
    assert data["stage"] == "QUEUED"


async def test_more_than_a_hundred_actions_are_refused_whole(phone: Phone) -> None:
    """101 actions are 422 and none is applied; 100 are taken."""
    mine = await phone.sign_in("officer8")
    many = [
        action(f"many-{number}", "incident.report", kind="OTHER", title="x")
        for number in range(101)
    ]
    reply = await mine.call("POST", "/actions", json={"actions": many})
    assert (reply.status_code, reply.json()["code"]) == (422, "INVALID")
    assert await IncidentDoc.find({"opened_by": "officer8"}).count() == 0
    assert await mine.act() == []


async def test_duty_decides_whether_positions_are_kept(
    phone: Phone, context: MobileContext
) -> None:
    """On duty a position is kept once; one from before this duty and one from the future are not;
    off duty none is."""
    mine = await phone.sign_in("officer9")
    since = clock.now() - timedelta(minutes=10)
    await context.accounts.set_duty("officer9", Duty(on=True, since=since))
    sent = [
        position(accuracy=5, battery=0.8),
        position(at=(since - timedelta(seconds=1)).isoformat()),
        position(at=(clock.now() + timedelta(hours=1)).isoformat()),
    ]
    for _ in range(2):
        reply = await mine.call("POST", "/positions", json={"positions": sent})
        assert reply.status_code == 200
        told = reply.json()
        assert told["accepted"] == 1
        assert [(item["index"], item["code"]) for item in told["rejected"]] == [
            (1, "OFF_DUTY"),
            (2, "TIMESTAMP_IN_FUTURE"),
        ]
    assert await OfficerPositionDoc.find({"account_id": "officer9"}).count() == 1
    (result,) = await mine.act(action("off", "duty.signOut"))
    assert result["status"] == "applied", result
    reply = await mine.call("POST", "/positions", json={"positions": [position()]})
    assert reply.json()["accepted"] == 0
    assert reply.json()["rejected"][0]["code"] == "OFF_DUTY"
    assert await OfficerPositionDoc.find({"account_id": "officer9"}).count() == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"lat": 91},
        {"lon": -181},
        {"lat": "31.25"},
        {"lat": None},
        {"accuracy": -1},
        {"battery": 80},
        {"at": "2026-01-01T00:00:00"},
        {"at": 0},
        {"extra": 1},
        {"lat": {"$gt": 0}},
    ],
)
async def test_a_bad_position_is_refused_alone(phone: Phone, changes: dict[str, object]) -> None:
    """A position out of range or of the wrong type is rejected with its index; its neighbour is
    kept."""
    mine = await phone.sign_in("officer10")
    sent = [position(**changes), position()]
    reply = await mine.call("POST", "/positions", json={"positions": sent})
    told = reply.json()
    assert told["accepted"] == 1
    assert [(item["index"], item["code"]) for item in told["rejected"]] == [(0, "INVALID")]
