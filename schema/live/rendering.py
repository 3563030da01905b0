"""One node's result, completed once and kept apart from its cursor and what happened to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import orjson
from graphql import DocumentNode, GraphQLSchema

from hub.defects import worked_around
from hub.errors import DatabaseAway
from schema.executing.compiled import coerced, event_plan, run, unfit
from schema.executing.errors import presented
from schema.live.source import ChangeType, LiveEvent

_CURSOR = "\x00cursor"


class Watched(Protocol):
    """What a group needs to know of an operation."""

    document: DocumentNode
    operation_name: str | None


@dataclass(slots=True)
class Rendered:
    """One node's result, kept so that cursor and change type can be put in without executing."""

    root: str | None
    keys: list[tuple[str, str, Any]] | None
    errors: list[Any] | None = None
    size: int = field(default=0, compare=False)

    def payload(self, cursor: str, change: ChangeType) -> bytes:
        """The ExecutionResult JSON of this node as one event."""
        event: dict[str, Any] = {}
        for key, kind, value in self.keys or ():
            if kind == "cursor":
                event[key] = cursor
            elif kind == "change":
                event[key] = change.value
            elif kind == "node":
                event[key] = orjson.Fragment(value)
            else:
                event[key] = value
        data = {self.root: event if self.keys is not None else None}
        result: dict[str, Any] = {"data": None if self.root is None else data}
        if self.errors:
            result["errors"] = self.errors
        return orjson.dumps(result)


class Renderer:
    """Completes an operation for one event: by its plan where there is one, else by execution."""

    def __init__(self, schema: GraphQLSchema, watched: Watched, variables: dict[str, Any]) -> None:
        self._schema = schema
        self._watched = watched
        self._variables = variables
        self._plan = event_plan(schema, watched.document, watched.operation_name)
        self._coerced = coerced(schema, watched.document, watched.operation_name, variables)

    async def render(self, node: object, context: Any) -> Rendered:  # noqa: ANN401  # the schema's
        """The operation's result for one event; its cursor and change type are filled in later.

        Raises DatabaseAway where a part of it could not be read now: that is no state of the node.
        """
        event = LiveEvent(_CURSOR, ChangeType.RESET, node)
        if self._plan is not None:
            key, complete = self._plan
            context.variables = self._coerced
            # graphql-core says what is wrong, in its own words
            with worked_around("compiled.event", expected=unfit):
                return _taken_apart({key: complete(event, context)}, None)
        result = await run(
            self._schema,
            self._watched.document,
            root_value=event,
            context_value=context,
            variable_values=self._variables,
            operation_name=self._watched.operation_name,
        )
        errors = [error.formatted for error in presented(result.errors or ())] or None
        if any(error["extensions"]["code"] == "RETRY_LATER" for error in errors or ()):
            raise DatabaseAway
        return _taken_apart(result.data, errors)


def _taken_apart(data: Mapping[str, Any] | None, errors: list[Any] | None) -> Rendered:
    root, event = next(iter((data or {}).items()), (None, None))
    if event is None:
        return Rendered(root, None, errors)
    keys: list[tuple[str, str, Any]] = []
    size = 0
    for key, value in event.items():
        if value == _CURSOR:
            keys.append((key, "cursor", None))
        elif value == ChangeType.RESET.value:
            keys.append((key, "change", None))
        elif isinstance(value, str):
            keys.append((key, "name", value))
        else:
            rendered = orjson.dumps(value)
            size += len(rendered)
            keys.append((key, "node", rendered))
    return Rendered(root, keys, errors, size)
