"""The OpenAPI 3.1 document, from the declarations that also make the routes.

Written by hand rather than by spectree: its decorator reads and judges a body before the caller
is known, and has no word for an event stream. Here one declaration is route, checks and document.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from hub.requests import EVENTS, JSON
from mobile_api import models
from mobile_api.bodies import typed_actions, typed_changes
from mobile_api.endpoint import Endpoint
from mobile_api.problems import MEDIA_TYPE, TITLES

_REF = "#/components/schemas/{model}"
# items of lists that are judged one by one: the endpoints take them as anything
_JUDGED_SINGLY: tuple[type[BaseModel], ...] = (models.Position,)


def document(endpoints: Iterable[Endpoint[Any]]) -> dict[str, Any]:
    """The document for these endpoints, ready to be sent as JSON."""
    endpoints = list(endpoints)
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "联动 移动端接口 / Liandong mobile API",
            "version": "1",
            "description": (
                "供现场队员应用使用。时间为 RFC 3339；错误为 problem+json，`code` 稳定不变。\n\n"
                "For the field app. Times are RFC 3339; errors are problem+json with a stable "
                "`code`. Every write carries an id made by the client and may be repeated."
            ),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/mobile/v1"}],
        "paths": paths,
        "components": {
            "schemas": _schemas(endpoints),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
            },
        },
    }


def _operation(endpoint: Endpoint[Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "description": _first_line(endpoint.handler.__doc__),
        "security": [{"bearer": []}] if endpoint.scope else [],
        "responses": {**_success(endpoint), **_failures(endpoint)},
    }
    if endpoint.has_body:
        operation["requestBody"] = {
            "required": True,
            "content": {JSON: {"schema": _reference(endpoint.takes)}},
        }
    elif endpoint.consumes is not None:
        operation["requestBody"] = {"required": True, "content": {endpoint.consumes: {}}}
    if parameters := [*_in_path(endpoint), *_in_query(endpoint)]:
        operation["parameters"] = parameters
    return operation


def _success(endpoint: Endpoint[Any]) -> dict[str, Any]:
    if endpoint.media != JSON:
        words = "事件流 / Events" if endpoint.media == EVENTS else "照片 / The picture"
        schema = {"type": "string", "description": endpoint.media}
        return {"200": {"description": words, "content": {endpoint.media: {"schema": schema}}}}
    if endpoint.method == "HEAD":
        return {"200": {"description": "OK"}}
    if endpoint.gives is None:
        if endpoint.method == "GET":
            return {"200": {"description": "OK", "content": {JSON: {"schema": {"type": "object"}}}}}
        return {"204": {"description": "已完成 / Done"}}
    schema = _reference(endpoint.gives)
    return {"200": {"description": "OK", "content": {JSON: {"schema": schema}}}}


def _failures(endpoint: Endpoint[Any]) -> dict[str, Any]:
    codes = set(endpoint.problems) | {"RETRY_LATER", "INVALID"}
    if endpoint.scope:
        codes |= {"UNAUTHENTICATED", "FORBIDDEN"}
    if endpoint.has_body or endpoint.consumes is not None:
        codes |= {"BAD_JSON", "TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE"}
    by_status: dict[str, list[str]] = {}
    for code in sorted(codes):
        status, title = TITLES[code]
        by_status.setdefault(str(status), []).append(f"{code}: {title}")
    return {
        status: {
            "description": "\n\n".join(lines),
            "content": {MEDIA_TYPE: {"schema": _reference(models.Problem)}},
        }
        for status, lines in sorted(by_status.items())
    }


def _in_path(endpoint: Endpoint[Any]) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", endpoint.path)
    ]


def _in_query(endpoint: Endpoint[Any]) -> list[dict[str, Any]]:
    if endpoint.has_body:
        return []
    schema = endpoint.takes.model_json_schema(by_alias=True)
    return [
        {"name": name, "in": "query", "required": False, "schema": part}
        for name, part in schema.get("properties", {}).items()
    ]


def _schemas(endpoints: Iterable[Endpoint[Any]]) -> dict[str, Any]:
    wanted: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {
        (models.Problem, "validation"): None
    }
    for endpoint in endpoints:
        if endpoint.has_body:
            wanted[(endpoint.takes, "validation")] = None
        if endpoint.gives is not None:
            wanted[(endpoint.gives, "validation")] = None
    wanted.update({(model, "validation"): None for model in _JUDGED_SINGLY})
    variants = {"Action": ("kind", typed_actions()), "SyncChange": ("entity", typed_changes())}
    for _, models_ in variants.values():
        wanted.update({(model, "validation"): None for model in models_.values()})
    _, schema = models_json_schema(list(wanted), by_alias=True, ref_template=_REF)
    definitions: dict[str, Any] = schema["$defs"]
    for name, (by, models_) in variants.items():
        definitions[name] = _one_of(name, by, models_)
    return definitions


def _one_of(name: str, by: str, variants: Mapping[str, type[BaseModel]]) -> dict[str, Any]:
    """What is one of several shapes, told apart by a property (OpenAPI 3.1, 4.8.25)."""
    references = {word: _reference(model)["$ref"] for word, model in variants.items()}
    return {
        "title": name,
        "description": getattr(models, name).__doc__,
        "oneOf": [{"$ref": reference} for reference in references.values()],
        "discriminator": {"propertyName": by, "mapping": references},
    }


def _reference(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": _REF.format(model=model.__name__)}


def _first_line(text: str | None) -> str:
    return (text or "").strip().partition("\n")[0]
