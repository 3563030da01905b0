"""Groups by operation: equal subscriptions with equal rights share one execution."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson
from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    VariableNode,
    get_argument_values,
    get_variable_values,
)

from hub.access.principal import Principal
from hub.bus import Bus
from schema.context import Memory
from schema.live.group import Group, Subscriber
from schema.live.source import SOURCES
from schema.serving.documents import Prepared
from schema.serving.errors import told

LINGER = 60.0
"""Seconds a group without subscribers is kept, so that a client that comes back can resume."""


class RefusedError(Exception):
    """A subscription that cannot start; `errors` are GraphQL errors for the client."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__(errors[0].message)
        self.errors = errors


@dataclass(slots=True)
class Subscription:
    """One subscriber's place in a group."""

    group: Group
    number: int

    def end(self) -> None:
        """Leave; safe to call twice."""
        self.group.leave(self.number)


@dataclass
class LiveEngine:
    """All groups of this process. `make_context(principal, memory)` gives the schema's context."""

    schema: GraphQLSchema
    bus: Bus
    make_context: Callable[[Principal, Memory], Any]
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    _groups: dict[bytes, Group] = field(default_factory=dict)
    _tasks: dict[bytes, asyncio.Task[None]] = field(default_factory=dict)

    @property
    def subscribers(self) -> int:
        """Live subscriptions in this process."""
        return sum(len(group.subscribers) for group in self._groups.values())

    @property
    def groups(self) -> int:
        """Distinct live queries in this process."""
        return len(self._groups)

    async def subscribe(
        self,
        prepared: Prepared,
        variables: dict[str, Any],
        principal: Principal,
        subscriber: Subscriber,
    ) -> Subscription:
        """Join the group of this operation, or start it. Raises RefusedError."""
        name, arguments, values = self._coerced(prepared.operation, variables)
        after = arguments.pop("after", None)
        source = SOURCES[name]
        key = self._key(prepared, values, principal, source.per_viewer)
        group = self._groups.get(key)
        if group is None:
            group = Group(
                source=source,
                watched=prepared,
                schema=self.schema,
                arguments=arguments,
                variables=variables,
                make_context=lambda: self.make_context(principal, prepared.memory),
                bus=self.bus,
            )
            self._groups[key] = group
            self._tasks[key] = asyncio.create_task(self._keep(key, group))
        await group.ready.wait()
        if group.failure is not None:
            raise RefusedError([_as_error(group.failure)])
        return Subscription(group, group.join(subscriber, after))

    async def close(self) -> None:
        """End every group, and every stream that follows one."""
        self.closing.set()
        for task in list(self._tasks.values()):
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _keep(self, key: bytes, group: Group) -> None:
        """Run a group until it failed to start or nobody has wanted it for a while."""
        running = asyncio.create_task(group.run())
        loop = asyncio.get_running_loop()
        wanted = loop.time()
        try:
            await group.ready.wait()
            while group.failure is None and loop.time() - wanted < LINGER:
                await asyncio.wait({running}, timeout=LINGER / 4)
                if running.done():
                    running.result()
                if group.subscribers:
                    wanted = loop.time()
        finally:
            running.cancel()
            self._groups.pop(key, None)
            self._tasks.pop(key, None)

    def _coerced(
        self, operation: OperationDefinitionNode, variables: dict[str, Any]
    ) -> tuple[str, dict[str, Any], dict[str, Any]]:
        """Root field name, its coerced arguments, and the variables that tell groups apart."""
        values = get_variable_values(self.schema, operation.variable_definitions or (), variables)
        if isinstance(values, list):
            raise RefusedError(values)
        root = operation.selection_set.selections[0]
        root_type = self.schema.subscription_type
        if not isinstance(root, FieldNode) or root_type is None or root.name.value not in SOURCES:
            raise RefusedError([GraphQLError("Select one subscription field directly.")])
        name = root.name.value
        try:
            arguments = get_argument_values(root_type.fields[name], root, values)
        except GraphQLError as error:
            raise RefusedError([error]) from error
        after = next(
            (node.value for node in root.arguments or () if node.name.value == "after"), None
        )
        own = after.name.value if isinstance(after, VariableNode) else None
        declared = {each.variable.name.value for each in operation.variable_definitions or ()}
        apart = {key: variables[key] for key in declared - {own} if key in variables}
        return name, arguments, apart

    def _key(
        self,
        prepared: Prepared,
        variables: dict[str, Any],
        principal: Principal,
        per_viewer: bool,
    ) -> bytes:
        viewer = principal.viewer
        whose: list[Any] = sorted(principal.scopes)
        if per_viewer:
            everything = viewer.sees_everything
            whose = [*whose, "centre" if everything else [viewer.account_id, viewer.unit]]
        return orjson.dumps(
            [prepared.text, prepared.operation_name, variables, whose],
            option=orjson.OPT_SORT_KEYS,
        )


def _as_error(failure: BaseException) -> GraphQLError:
    return failure if isinstance(failure, GraphQLError) else told(failure)
