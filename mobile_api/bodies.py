"""Actions and changes with the shapes that capabilities declare for them, for the document."""

from typing import Any, Literal

from pydantic import BaseModel, Field, create_model

from hub.operations import capabilities, field_actions
from hub.operations.telling.wire import Message
from mobile_api.models import Action, SyncChange


def typed_actions() -> dict[str, type[BaseModel]]:
    """An Action for each kind, with its own body, by kind."""
    return {kind: _action(kind, action.body) for kind, action in field_actions().items()}


def entities() -> dict[str, type[Message]]:
    """What is in the data of each entity of the sync stream."""
    return {name: shape for one in capabilities().values() for name, shape in one.news.items()}


def typed_changes() -> dict[str, type[BaseModel]]:
    """A SyncChange for each entity, with its own data, by entity."""
    return {entity: _change(entity, data) for entity, data in entities().items()}


def _action(kind: str, body: type[Message]) -> type[BaseModel]:
    needed = any(field.is_required() for field in body.model_fields.values())
    default: Any = ... if needed else Field(default_factory=body)
    fields: dict[str, Any] = {"kind": (Literal[kind], ...), "body": (body, default)}
    return create_model(
        f"{''.join(part[0].upper() + part[1:] for part in kind.split('.'))}Action",
        __base__=Action,
        __doc__=body.__doc__,
        **fields,
    )


def _change(entity: str, data: type[Message]) -> type[BaseModel]:
    fields: dict[str, Any] = {"entity": (Literal[entity], ...), "data": (data, ...)}
    return create_model(
        f"{entity.capitalize()}Change", __base__=SyncChange, __doc__=data.__doc__, **fields
    )
