"""The OpenAPI document."""

from typing import Any
from uuid import uuid4

import pytest
from openapi_spec_validator import validate
from starlette.routing import Route

from hub.operations import field_actions
from mobile_api.app import ENDPOINTS, build
from mobile_api.bodies import entities, typed_changes
from mobile_api.context import MobileContext
from mobile_api.openapi import document
from tests.mobile.conftest import Desk, Phone


async def served(phone: Phone) -> dict[str, Any]:
    reply = await phone.call("GET", "/openapi.json")
    assert reply.status_code == 200
    told: dict[str, Any] = reply.json()
    return told


async def test_the_document_is_valid(phone: Phone) -> None:
    """What is served is a valid OpenAPI 3.1 document, and anybody may read it."""
    validate(await served(phone))


async def test_routes_and_document_agree(phone: Phone, context: MobileContext) -> None:
    """Every route of the application is in the document, and nothing else is."""
    routes = {
        (route.path, method.lower())
        for route in build(context).routes
        if isinstance(route, Route)
        for method in route.methods or ()
    }
    told = await served(phone)
    documented = {(path, method) for path, item in told["paths"].items() for method in item}
    assert documented == routes
    assert len(documented) == len(ENDPOINTS)


async def test_the_interface_of_the_architecture_is_there(phone: Phone) -> None:
    """The routes that clients depend on are those of the fixed interface."""
    told = await served(phone)
    assert {(path, method) for path, item in told["paths"].items() for method in item} == {
        ("/session", "post"),
        ("/session", "delete"),
        ("/session/refresh", "post"),
        ("/device", "put"),
        ("/sync", "get"),
        ("/events", "get"),
        ("/actions", "post"),
        ("/positions", "post"),
        ("/me", "get"),
        ("/device/test", "post"),
        ("/push/vapid", "get"),
        ("/directory", "get"),
        ("/attachments", "post"),
        ("/attachments/{attachment_id}", "head"),
        ("/attachments/{attachment_id}", "patch"),
        ("/attachments/{attachment_id}", "get"),
        ("/attachments/{attachment_id}/thumbnail", "get"),
        ("/openapi.json", "get"),
    }


def test_every_operation_says_who_may_call_and_what_goes_wrong() -> None:
    """Each operation has Chinese and English words, its security, and its problems by status."""
    for item in document(ENDPOINTS)["paths"].values():
        for operation in item.values():
            assert " / " in operation["summary"]
            assert operation["description"]
            guarded = bool(operation["security"])
            assert guarded is ("401" in operation["responses"]) or not guarded
            assert "503" in operation["responses"]


def test_every_reference_leads_somewhere() -> None:
    """No $ref of the document names a schema that is not there, and no schema lies unused."""
    told = document(ENDPOINTS)

    def references(part: object) -> set[str]:
        if isinstance(part, dict):
            own = {part["$ref"]} if "$ref" in part else set()
            return own.union(*(references(value) for value in part.values()))
        if isinstance(part, list):
            return set().union(*(references(value) for value in part))
        return set()

    schemas = {f"#/components/schemas/{name}" for name in told["components"]["schemas"]}
    assert references(told) == schemas


def _schema(told: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = told["components"]["schemas"][name]
    return found


def test_every_kind_of_action_has_its_own_body() -> None:
    """An action is one of as many shapes as there are kinds, told apart by `kind`, and the shape of
    a kind says what its body holds."""
    told = document(ENDPOINTS)
    action = _schema(told, "Action")
    assert action["discriminator"]["propertyName"] == "kind"
    mapping = action["discriminator"]["mapping"]
    assert set(mapping) == set(field_actions())
    assert [one["$ref"] for one in action["oneOf"]] == list(mapping.values())
    for kind, reference in mapping.items():
        shape = _schema(told, reference.rpartition("/")[2])
        assert shape["properties"]["kind"]["const"] == kind
        assert "$ref" in str(shape["properties"]["body"])
    answer = _schema(told, "Answer")
    assert set(answer["properties"]) == {"orderId", "note", "via", "round"}
    assert answer["required"] == ["orderId"]


def test_every_entity_of_the_sync_stream_is_typed() -> None:
    """A change is one of as many shapes as there are entities, told apart by `entity`."""
    told = document(ENDPOINTS)
    change = _schema(told, "SyncChange")
    assert change["discriminator"]["propertyName"] == "entity"
    assert set(change["discriminator"]["mapping"]) == set(entities())
    assert {"order", "incident", "duty"} <= set(entities())


async def test_what_is_synced_is_what_the_document_says(phone: Phone, desk: Desk) -> None:
    """Every change of a snapshot and of what follows is of its entity's shape, without a property
    more or less."""
    mine = await phone.sign_in("officer9")
    await desk.order("officer9")
    report = {"kind": "FIRE", "title": "烟雾", "lat": 31.25, "lon": 121.45}
    first = await mine.sync()
    at = "2026-11-23T18:00:00+08:00"
    await mine.act(
        {"id": "o1", "kind": "incident.report", "at": at, "body": report},
        {"id": "o2", "kind": "duty.signOut", "at": at, "body": {}},
        {"id": "o3", "kind": "duty.signIn", "at": at, "body": {"post": "北广场"}},
    )
    then = await mine.sync(since=first["nextCursor"])
    shapes = typed_changes()
    seen = set()
    for change in [*first["changes"], *then["changes"]]:
        seen.add(change["entity"])
        model = shapes[change["entity"]].model_validate(change)
        assert set(change["data"]) == {
            field.alias for field in type(model.data).model_fields.values()
        }
    assert seen == {"order", "incident", "duty"}


OURS = ("duty.", "order.", "incident.")
"""Of the actions of every other capability the contract suite says the same."""
BODIES = {kind: action.body for kind, action in field_actions().items() if kind.startswith(OURS)}


@pytest.mark.parametrize(("kind", "body"), BODIES.items())
async def test_a_body_as_documented_is_taken(phone: Phone, desk: Desk, kind: str, body: Any):
    """The document's bodies are those that are carried out: with what is required and all else,
    the action is applied; without it, it is rejected."""
    mine = await phone.sign_in(f"officer{20 + list(BODIES).index(kind)}")
    order = await desk.order(mine.account)
    told = {"post": "北广场", "note": "收到", "via": "fcm", "title": "烟雾", "place": "南广场"}
    told |= {"orderId": order.id, "kind": "FIRE", "description": "小火", "lat": 31.2, "lon": 121.4}
    told["round"] = 1
    told["attachments"] = [str(uuid4())]
    names = {field.alias: field for field in body.model_fields.values()}
    action = {"id": "full", "kind": kind, "at": "2026-11-23T18:00:00+08:00"}
    for name in (name for name, field in names.items() if field.is_required()):
        lacking = {one: told[one] for one in names if one != name}
        (result,) = await mine.act({**action, "id": f"lacks-{name}", "body": lacking})
        assert result["status"] == "rejected", result
    (result,) = await mine.act({**action, "body": {one: told[one] for one in names}})
    assert result["status"] == "applied", result


async def test_an_unknown_kind_names_the_known_ones(phone: Phone) -> None:
    """Who mistypes a kind reads which there are."""
    mine = await phone.sign_in("officer10")
    at = "2026-11-23T18:00:00+08:00"
    (result,) = await mine.act({"id": "k1", "kind": "order.accept", "at": at, "body": {}})
    assert (result["status"], result["code"]) == ("rejected", "UNKNOWN_KIND")
    assert all(kind in result["message"] for kind in set(field_actions()))
