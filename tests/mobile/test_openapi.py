"""The OpenAPI document."""

from typing import Any

from openapi_spec_validator import validate
from starlette.routing import Route

from mobile_api.app import ENDPOINTS, build
from mobile_api.context import MobileContext
from mobile_api.openapi import document
from tests.mobile.conftest import Phone


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
