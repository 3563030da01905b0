"""Groups by operation: equal subscriptions with equal rights share one execution."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    StringValueNode,
    VariableNode,
    get_argument_values,
    get_variable_values,
)
from graphql.error import located_error

from hub.bus import Bus
from hub.model.people import Principal
from schema.context import Memory
from schema.executing.compiled import subscription_root
from schema.executing.documents import PARSED, Prepared
from schema.executing.errors import RefusedError, presented
from schema.live.group import AT_ONCE, Group, Subscriber
from schema.live.groups import Entry, Groups
from schema.live.limits import LimitError, LiveLimits, Seats
from schema.live.memory import size_of
from schema.live.source import SOURCES, Arguments


@dataclass(slots=True)
class Following:
    """One subscriber's place in a group."""

    end: Callable[[], None]
    """Leave; safe to call twice."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a subscription asks: its one root field, with its values."""

    key: str
    nodes: list[FieldNode]
    arguments: Arguments
    variables: dict[str, Any]
    after: str | None
    same: tuple[str, dict[str, Any]]
    """Text and variables without the cursor: who asks the same shares a group."""

    @property
    def name(self) -> str:
        return self.nodes[0].name.value

    def refused(self, error: Exception) -> RefusedError:
        """As an execution says it: where in the document, and at which path."""
        return RefusedError(presented([located_error(error, self.nodes, [self.key])]))


@dataclass
class LiveEngine:
    """All groups of this process.

    `make_context(principal, memory)` gives the schema's context; the database `answers` or not.
    """

    schema: GraphQLSchema
    bus: Bus
    make_context: Callable[[Principal, Memory], Any]
    answers: Callable[[], Awaitable[bool]]
    limits: LiveLimits = field(default_factory=LiveLimits)
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._groups = Groups(self.limits)
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._connections = Seats("TOO_MANY_CONNECTIONS", "WebSockets and event streams")
        self._subscriptions = Seats("TOO_MANY_SUBSCRIPTIONS", "live subscriptions")

    @property
    def subscribers(self) -> int:
        """Live subscriptions in this process."""
        return self._groups.subscribers

    @property
    def groups(self) -> int:
        """Distinct live queries in this process."""
        return len(self._groups)

    @property
    def held(self) -> int:
        """Bytes that the live queries of this process keep, about."""
        return self._groups.held

    def connect(self, principal: Principal) -> Callable[[], None]:
        """One more connection of an account; returns what gives it back. Raises LimitError."""
        return self._connections.take(principal.account_id, self.limits.connections(principal))

    async def subscribe(
        self,
        prepared: Prepared,
        variables: dict[str, Any],
        principal: Principal,
        subscriber: Subscriber,
        *,
        resume: str | None = None,
    ) -> Following:
        """Join the group of this operation, or start it. Raises RefusedError.

        `resume` is a cursor that the transport carries; it is newer than the operation's `after`.
        """
        asked = self._asked(prepared, variables)
        account_id = principal.account_id
        try:
            stand_up = self._subscriptions.take(account_id, self.limits.subscriptions_per_account)
        except LimitError as error:
            raise asked.refused(error.told()) from error
        entry: Entry | None = None
        try:
            entry = self._entry(asked, prepared, principal)
            await self._begun(entry, asked)
            number = entry.group.join(subscriber, resume or asked.after)
        except BaseException:
            stand_up()
            if entry is not None:
                self._groups.leave(entry, account_id)
            raise
        return Following(self._ending(entry, number, account_id, stand_up))

    def _entry(self, asked: _Asked, prepared: Prepared, principal: Principal) -> Entry:
        source = SOURCES[asked.name]

        def make() -> Group:
            return Group(
                source=source,
                watched=prepared,
                schema=self.schema,
                arguments=asked.arguments,
                variables=asked.variables,
                make_context=lambda: replace(
                    self.make_context(principal, prepared.memory), shared=True
                ),
                bus=self.bus,
                answers=self.answers,
                beside=len(prepared.text) * PARSED + size_of(asked.variables),
                turns=self._turns,
            )

        key = _key(asked, prepared.operation_name, principal, per_viewer=source.per_viewer)
        try:
            return self._groups.enter(key, principal.account_id, make)
        except LimitError as error:
            raise asked.refused(error.told()) from error

    async def _begun(self, entry: Entry, asked: _Asked) -> None:
        await entry.group.ready.wait()
        failure = entry.group.failure
        if failure is not None:
            self._groups.drop(entry)
            raise asked.refused(
                failure if isinstance(failure, Exception) else RuntimeError(repr(failure))
            )

    def _ending(
        self, entry: Entry, number: int, account_id: str, stand_up: Callable[[], None]
    ) -> Callable[[], None]:
        ended = False

        def end() -> None:
            nonlocal ended
            if not ended:
                ended = True
                entry.group.leave(number)
                self._groups.leave(entry, account_id)
                stand_up()

        return end

    async def close(self) -> None:
        """End every group, and every stream that follows one."""
        self.closing.set()
        await self._groups.close()

    def _asked(self, prepared: Prepared, given: dict[str, Any]) -> _Asked:
        definitions = prepared.operation.variable_definitions or ()
        values = get_variable_values(self.schema, definitions, given)
        if isinstance(values, list):
            raise RefusedError(presented(values))
        key, nodes = subscription_root(self.schema, prepared.document, prepared.operation)
        root: Any = self.schema.subscription_type
        try:
            arguments = get_argument_values(root.fields[nodes[0].name.value], nodes[0], values)
        except GraphQLError as error:
            raise RefusedError(presented([located_error(error, nodes, [key])])) from error
        names = {definition.variable.name.value for definition in definitions}
        variables = {name: value for name, value in given.items() if name in names}
        after = arguments.pop("after", None)
        same = _without_cursor(prepared.text, variables, nodes)
        return _Asked(key, nodes, arguments, variables, after, same)


def _without_cursor(
    text: str, variables: dict[str, Any], nodes: list[FieldNode]
) -> tuple[str, dict[str, Any]]:
    """What tells groups apart: not the place from which somebody wants to go on."""
    given = [
        argument.value
        for node in nodes
        for argument in node.arguments or ()
        if argument.name.value == "after"
    ]
    for value in sorted(given, key=lambda node: node.loc.start if node.loc else 0, reverse=True):
        if isinstance(value, StringValueNode) and value.loc is not None:
            text = f'{text[: value.loc.start]}""{text[value.loc.end :]}'
    names = {value.name.value for value in given if isinstance(value, VariableNode)}
    # defined once, and used for nothing else
    own = {
        name
        for name in names
        if len(re.findall(rf"\${name}(?![_0-9A-Za-z])", text)) == 1 + len(given)
    }
    return text, {name: value for name, value in variables.items() if name not in own}


def _key(
    asked: _Asked, operation_name: str | None, principal: Principal, *, per_viewer: bool
) -> bytes:
    viewer = principal.viewer
    whose: list[Any] = sorted(principal.scopes)
    if per_viewer:
        everything = viewer.sees_everything
        whose = [*whose, "centre" if everything else [viewer.account_id, viewer.unit]]
    return orjson.dumps([*asked.same, operation_name, whose], option=orjson.OPT_SORT_KEYS)
