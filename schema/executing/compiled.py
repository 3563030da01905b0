"""Selections compiled to closures: what an operation selects of stored documents, without a walk.

graphql-core completes a value field by field, some microseconds each; a board of fifty rows has
650 fields. Most selections are plain reads of documents that lie there already, decided by the
operation's text alone. Such a selection is compiled once per prepared document, into a function
from a resolved value to its JSON, and is completed by that. Whatever goes wrong in it (a null that
may not be, a value that is none of its type) is completed again by graphql-core, from the same
value, so that nulls and errors are exactly the specification's.

GraphQL specification, section 6.4.3 (Value Completion).
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from types import CoroutineType
from typing import TYPE_CHECKING, Any, TypeGuard

from graphql import (
    DocumentNode,
    EnumValueNode,
    ExecutionResult,
    FieldNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLField,
    GraphQLLeafType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    VariableNode,
    execute,
    get_named_type,
    get_nullable_type,
    get_operation_ast,
    is_composite_type,
    is_leaf_type,
    is_list_type,
    is_object_type,
)
from graphql.execution.collect_fields import FieldDetailsList, FragmentDetails, collect_fields
from graphql.execution.executor_throwing_on_incremental import ExecutorThrowingOnIncremental
from graphql.execution.values import VariableValues, get_variable_values
from graphql.pyutils import Path, is_awaitable

from hub.defects import worked_around
from hub.errors import LiandongError
from schema.executing.limits import fragments_of
from schema.languages import Language
from schema.permissions import Fragments
from schema.projection import Read, declaration, definition_of

if TYPE_CHECKING:
    from schema.context import SchemaContext

Complete = Callable[[object, "SchemaContext"], object]
Plans = dict[tuple[GraphQLOutputType, tuple[int, ...]], Complete | None]
"""By type and field nodes; None for a selection that graphql-core must walk."""

_PLAIN: dict[str, type] = {"String": str, "ID": str, "Boolean": bool}
"""What such a leaf's value is when nothing has to be done to it."""


class CompilingExecutor(ExecutorThrowingOnIncremental):
    """graphql-core's executor, completing by a compiled function where there is one.

    Plans are kept in the context's memory, which belongs to the prepared document: that keeps the
    nodes alive by whose identity they are found.
    """

    def complete_value(
        self,
        return_type: GraphQLOutputType,
        field_details_list: FieldDetailsList,
        info: "GraphQLResolveInfo[SchemaContext]",
        path: Path,
        result: object,
        position_context: None,
    ) -> object:
        """A value of a composite type by its plan, everything else as graphql-core does."""
        if result is not None and is_composite_type(get_named_type(return_type)):
            nodes = [details.node for details in field_details_list]
            plan = self._plan(return_type, nodes, info.fragments)
            if plan is not None:
                # graphql-core says what is wrong, in its own words
                with worked_around("compiled.selection", expected=unfit):
                    return plan(result, self.context_value)
        return super().complete_value(
            return_type, field_details_list, info, path, result, position_context
        )

    def _plan(
        self, type_: GraphQLOutputType, nodes: list[FieldNode], fragments: Fragments
    ) -> Complete | None:
        plans: Plans = self.context_value.memory.plans
        self.context_value.variables = self.variable_values.coerced
        key = (type_, tuple(map(id, nodes)))
        if key not in plans:
            plans[key] = _Compiler(self.schema, fragments).of(type_, nodes)
        return plans[key]


async def run(schema: GraphQLSchema, document: DocumentNode, **given: Any) -> ExecutionResult:  # noqa: ANN401  # graphql-core's
    """Execute an operation, its selections compiled; `given` is as for graphql-core's `execute`.

    graphql-core holds a field's coroutine in another that awaits it. Where that is cancelled
    before its first step nobody begins the field's: Python would complain of it, so it is closed.
    """
    made: list[CoroutineType[Any, Any, Any]] = []

    def noted(value: object) -> TypeGuard[Awaitable[Any]]:
        if isinstance(value, CoroutineType):
            made.append(value)
        return is_awaitable(value)

    result = execute(
        schema, document, executor_class=CompilingExecutor, is_awaitable=noted, **given
    )
    try:
        return await result if inspect.isawaitable(result) else result
    except asyncio.CancelledError:
        for one in made:
            if inspect.getcoroutinestate(one) == inspect.CORO_CREATED:
                one.close()
        raise


def subscription_root(
    schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode
) -> tuple[str, list[FieldNode]]:
    """The response key of a valid subscription's one root field, and the nodes that select it.

    They may stand in fragments, and select it twice: that is one field (GraphQL, 5.2.4.1 and
    6.3.2). A directive that could leave it out is no valid subscription.
    """
    type_: Any = schema.subscription_type
    fragments = {name: FragmentDetails(node) for name, node in fragments_of(document).items()}
    found = collect_fields(schema, fragments, VariableValues({}, {}), type_, operation)
    ((key, fields),) = found.grouped_field_set.items()
    return key, [details.node for details in fields]


def event_plan(
    schema: GraphQLSchema, document: DocumentNode, operation_name: str | None
) -> tuple[str, Complete] | None:
    """The response key of a subscription's one root field, and what completes its event.

    None where graphql-core must execute the operation for each event. What an executor does for an
    operation besides, its variables and arguments, was done when the subscription began.
    """
    operation, type_ = get_operation_ast(document, operation_name), schema.subscription_type
    if operation is None or type_ is None:
        return None
    key, nodes = subscription_root(schema, document, operation)
    plan = _Compiler(schema, fragments_of(document)).of(
        type_.fields[nodes[0].name.value].type, nodes
    )
    return None if plan is None else (key, plan)


def coerced(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation_name: str | None,
    given: dict[str, Any],
) -> Mapping[str, Any]:
    """The variables of a valid operation as an executor has them; none where they do not fit."""
    operation = get_operation_ast(document, operation_name)
    definitions = (operation.variable_definitions if operation else None) or ()
    values = get_variable_values(schema, definitions, given)
    return {} if isinstance(values, list) else values.coerced


class _Uncompilable(Exception):
    """The selection needs what only an executor does: arguments, awaiting, abstract types."""


class _Unfit(Exception):
    """A value that does not fit its type."""


def unfit(error: Exception) -> bool:
    """Whether it is the value that a plan failed of, not the plan."""
    return isinstance(error, _Unfit | GraphQLError | LiandongError)


class _Compiler:
    def __init__(self, schema: GraphQLSchema, fragments: Fragments) -> None:
        self._schema = schema
        self._fragments = fragments

    def of(self, type_: GraphQLOutputType, nodes: Sequence[FieldNode]) -> Complete | None:
        """The function that completes a value of `type_`; None if there can be none."""
        try:
            return self._value(type_, nodes)
        except _Uncompilable:
            return None

    def _value(self, type_: GraphQLOutputType, nodes: Sequence[FieldNode]) -> Complete:
        bare = get_nullable_type(type_)
        required = bare is not type_
        if is_leaf_type(bare):
            return _leaf(bare, required=required)
        if is_list_type(bare):
            inner = self._value(bare.of_type, nodes)
            return _list(inner, _plain(bare.of_type), required=required)
        if is_object_type(bare):
            return self._object(bare, nodes, required=required)
        raise _Uncompilable

    def _object(
        self, type_: GraphQLObjectType, nodes: Sequence[FieldNode], *, required: bool
    ) -> Complete:
        selected: dict[str, list[FieldNode]] = {}
        for node in nodes:
            self._collect(
                type_, node.selection_set.selections if node.selection_set else (), selected
            )
        fields: list[tuple[str, Read, type | None, Complete]] = []
        for key, same in selected.items():
            if same[0].name.value == "__typename":
                fields.append((key, _constant(type_.name), str, _as_it_is))
                continue
            field = type_.fields[same[0].name.value]
            inner = self._value(field.type, same)
            fields.append((key, _read(field, same), _plain(field.type), inner))

        def complete(value: object, context: "SchemaContext") -> dict[str, object] | None:
            if value is None:
                if required:
                    raise _Unfit
                return None
            found: dict[str, object] = {}
            for key, read, plain, inner in fields:
                one = read(value, context)
                found[key] = one if type(one) is plain else inner(one, context)
            return found

        return complete

    def _collect(
        self,
        type_: GraphQLObjectType,
        selections: Iterable[SelectionNode],
        into: dict[str, list[FieldNode]],
    ) -> None:
        for node in selections:
            if node.directives:
                raise _Uncompilable
            if isinstance(node, FieldNode):
                key = node.alias.value if node.alias else node.name.value
                into.setdefault(key, []).append(node)
                continue
            spread: Any = node
            if isinstance(node, FragmentSpreadNode):
                spread = self._fragments[node.name.value]
            elif not isinstance(node, InlineFragmentNode):
                raise _Uncompilable
            condition = spread.type_condition
            if condition is None or self._applies(condition.name.value, type_):
                self._collect(type_, spread.selection_set.selections, into)

    def _applies(self, condition: str, type_: GraphQLObjectType) -> bool:
        on: Any = self._schema.get_type(condition)
        return on is type_ or (not is_object_type(on) and self._schema.is_sub_type(on, type_))


def _read(field: GraphQLField, nodes: Sequence[FieldNode]) -> Read:
    """How a field's value is had from its object, when that takes that and a language at most."""
    declared, definition = declaration(field), definition_of(field)
    if declared is None or definition is None:
        raise _Uncompilable
    if declared.by_language is not None:
        return _read_in_language(declared.by_language, nodes[0])
    if field.args or any(node.arguments for node in nodes):
        raise _Uncompilable
    if declared.read is not None:
        if inspect.iscoroutinefunction(declared.read):
            raise _Uncompilable
        return declared.read
    if not definition.is_basic_field:
        raise _Uncompilable
    get = attrgetter(definition.python_name)
    return lambda source, _context: get(source)


def _read_in_language(reads: Mapping[Language, Read], node: FieldNode) -> Read:
    """By the language that the document names; where a variable does, by that of the execution."""
    if any(map(inspect.iscoroutinefunction, reads.values())):
        raise _Uncompilable
    if not node.arguments:
        return reads[Language.ZH]
    value = node.arguments[0].value
    if isinstance(value, EnumValueNode):
        return reads[Language[value.value]]
    if not isinstance(value, VariableNode):
        raise _Uncompilable
    name = value.name.value

    def read(source: object, context: "SchemaContext") -> object:
        found = reads.get(context.variables.get(name, Language.ZH))
        if found is None:
            raise _Unfit
        return found(source, context)

    return read


def _constant(text: str) -> Read:
    return lambda _source, _context: text


def _as_it_is(value: object, _context: "SchemaContext") -> object:
    return value


def _list(inner: Complete, plain: type | None, *, required: bool) -> Complete:
    def complete(value: object, context: "SchemaContext") -> list[object] | None:
        if value is None:
            if required:
                raise _Unfit
            return None
        if not isinstance(value, list | tuple):
            raise _Unfit
        return [item if type(item) is plain else inner(item, context) for item in value]

    return complete


def _plain(type_: GraphQLOutputType) -> type | None:
    """What a value of the type is when it is JSON as it stands; None: it has to be completed."""
    bare = get_nullable_type(type_)
    return _PLAIN.get(bare.name) if is_leaf_type(bare) else None


def _leaf(type_: GraphQLLeafType, *, required: bool) -> Complete:
    """What is not JSON as it stands is coerced, and remembered for an enum."""
    coerce = type_.coerce_output_value
    known: dict[object, object] = {}

    def complete(value: object, _context: "SchemaContext") -> object:
        if value is None:
            if required:
                raise _Unfit
            return None
        found = coerce(value)
        if found is None:
            raise _Unfit
        return found

    def complete_enum(value: object, context: "SchemaContext") -> object:
        found = known.get(value)
        if found is None and (found := complete(value, context)) is not None:
            known[value] = found
        return found

    return complete_enum if isinstance(type_, GraphQLEnumType) else complete
