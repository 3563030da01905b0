"""One id for one thing: what GraphQL gives the mobile API takes, and the other way round."""

from typing import Any

import pytest

from hub import clock
from hub.errors import UserFault
from hub.model.ids import global_id, split_global_id
from hub.model.people import Principal
from hub.operations.incidents.actions import close_incident
from hub.operations.orders.actions import cancel_order
from mobile_api.context import MobileContext
from schema.nodes import key_of
from schema.root import build_schema
from tests.mobile.conftest import Desk, Phone


def action(key: str, kind: str, order: str) -> dict[str, Any]:
    return {"id": key, "kind": kind, "at": clock.now().isoformat(), "body": {"orderId": order}}


async def test_an_order_is_answered_by_its_global_id(phone: Phone, desk: Desk) -> None:
    """The id GraphQL gives names the order, and so does its number; a repetition by another of them
    is the same action."""
    mine = await phone.sign_in("officer1")
    order = await desk.order("officer1")
    whole = global_id("Order", order.id)
    (first,) = await mine.act(action("g1", "order.accepted", whole))
    assert (first["status"], first["data"]["orderId"]) == ("applied", order.id)
    for name in (order.id, order.number):
        (again,) = await mine.act(action("g1", "order.accepted", name))
        assert again["status"] == "duplicate"
    (by_number,) = await mine.act(action("g1-number", "order.enRoute", order.number))
    assert (by_number["status"], by_number["data"]["orderId"]) == ("applied", order.id)
    (change,) = [c for c in (await mine.sync())["changes"] if c["data"]["id"] == order.id]
    assert change["data"]["stage"] == "EN_ROUTE"


async def test_the_global_id_of_something_else_is_refused(phone: Phone, desk: Desk) -> None:
    """An incident is no order: said so, and nothing is done. Another's order is not found, by
    whichever id."""
    mine = await phone.sign_in("officer2")
    order, foreign = await desk.order("officer2"), await desk.order("officer3")
    (wrong,) = await mine.act(
        action("g2", "order.accepted", global_id("Incident", order.incident_id))
    )
    assert (wrong["status"], wrong["code"]) == ("rejected", "BAD_ID")
    assert "Incident" in wrong["message"]
    (without,) = await mine.act({**action("g2b", "order.accepted", ""), "body": {}})
    assert (without["code"], without["path"]) == ("BAD_ID", "body.orderId")
    assert without["message"].endswith("orderId: is missing.")
    theirs = await mine.act(
        action("g3", "order.accepted", global_id("Order", foreign.id)),
        action("g4", "order.accepted", foreign.id),
        action("g5", "order.accepted", foreign.number),
    )
    assert [(one["status"], one["code"]) for one in theirs] == [("rejected", "NOT_FOUND")] * 3
    (change,) = [c for c in (await mine.sync())["changes"] if c["data"]["id"] == order.id]
    assert change["data"]["stage"] == "QUEUED"


async def test_graphql_takes_the_ids_that_a_phone_is_given(
    phone: Phone, desk: Desk, context: MobileContext, commander: Principal
) -> None:
    """Order, incident and officer by what `/sync` and `/me` say."""
    mine = await phone.sign_in("officer4")
    await desk.order("officer4")
    told = {change["entity"]: change["data"] for change in (await mine.sync())["changes"]}
    me = (await mine.call("GET", "/me")).json()["officer"]
    assert key_of(me["id"], "Officer") == told["duty"]["id"] == "officer4"
    order = await cancel_order(
        context.operations.desk,
        commander,
        order_id=key_of(told["order"]["id"], "Order"),
        reason="误报",
        key="cancel",
    )
    incident = key_of(told["order"]["incidentId"], "Incident")
    assert incident == order.incident_id == told["incident"]["id"]
    closed = await close_incident(
        context.operations.desk, commander, incident_id=incident, outcome="误报", key="close"
    )
    assert closed.id == incident


def test_a_global_id_is_the_key_with_its_type() -> None:
    """There and back; what is no global id stays what it is; that of another type is refused."""
    build_schema()  # so that its types are known
    assert key_of(global_id("Order", "a:1"), "Order") == key_of("a:1", "Order") == "a:1"
    assert split_global_id("a:1") is None
    assert split_global_id("") is None
    with pytest.raises(UserFault, match="Incident"):
        key_of(global_id("Incident", "a"), "Order")
