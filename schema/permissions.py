"""What an operation asks for, decided before anything runs: deny by default.

The scopes of an operation follow from its text alone, so they are found once per document and
compared with each caller's. A field that declares no policy is refused to everybody.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
)

from hub.model.people import Principal, Scope
from schema.policy import SIGNED_IN, Policy, SignedIn
from schema.projection import declaration

Path = tuple[str, ...]
Fragments = Mapping[str, FragmentDefinitionNode]

FREE: Final = frozenset({"__typename"})
INTROSPECTION: Final = frozenset({"__schema", "__type"})


@dataclass(frozen=True, slots=True)
class Requirement:
    """A scope that an operation needs, and the first field that needs it. None: nobody has it."""

    scope: Scope | None
    path: Path
    node: FieldNode


def policy_of(type_: GraphQLNamedType | None, name: str) -> Policy | None:
    """The policy of a field; None where none is declared."""
    if name in FREE:
        return SIGNED_IN
    if name in INTROSPECTION:
        return Scope.DEVELOPER
    field = getattr(type_, "fields", {}).get(name)
    declared = declaration(field) if field is not None else None
    return declared.policy if declared else None


def required_scopes(
    schema: GraphQLSchema, operation: OperationDefinitionNode, fragments: Fragments
) -> tuple[Requirement, ...]:
    """Every scope that this operation of a valid document needs, each once."""
    walk = _Walk(schema, fragments)
    walk.visit(schema.get_root_type(operation.operation), operation.selection_set, ())
    return tuple(walk.found.values())


def check(required: tuple[Requirement, ...], principal: Principal) -> list[GraphQLError]:
    """An error, code FORBIDDEN, for each scope the caller lacks; empty when all may run."""
    return [
        GraphQLError(
            f"该账号无此权限 / This account may not read or do {'.'.join(need.path)!r}"
            f" (needs {need.scope or 'what nobody has'}).",
            nodes=need.node,
            path=need.path,
            extensions={"code": "FORBIDDEN"},
        )
        for need in required
        if need.scope not in principal.scopes
    ]


class _Walk:
    def __init__(self, schema: GraphQLSchema, fragments: Fragments) -> None:
        self.found: dict[Scope | None, Requirement] = {}
        self._schema = schema
        self._fragments = fragments
        self._seen: set[str] = set()

    def visit(self, type_: GraphQLNamedType | None, selections: SelectionSetNode, at: Path) -> None:
        for node in selections.selections:
            if isinstance(node, FieldNode):
                self._field(type_, node, at)
            elif isinstance(node, FragmentSpreadNode):
                name = node.name.value
                if name not in self._seen:
                    self._seen.add(name)
                    self._fragment(type_, self._fragments[name], at)
            elif isinstance(node, InlineFragmentNode):
                self._fragment(type_, node, at)

    def _fragment(
        self,
        type_: GraphQLNamedType | None,
        node: FragmentDefinitionNode | InlineFragmentNode,
        at: Path,
    ) -> None:
        condition = node.type_condition
        on = self._schema.get_type(condition.name.value) if condition else type_
        self.visit(on, node.selection_set, at)

    def _field(self, type_: GraphQLNamedType | None, node: FieldNode, at: Path) -> None:
        name = node.name.value
        path = (*at, node.alias.value if node.alias else name)
        policy = policy_of(type_, name)
        if not isinstance(policy, SignedIn):
            self.found.setdefault(policy, Requirement(policy, path, node))
        if node.selection_set and name not in INTROSPECTION:
            field: Any = getattr(type_, "fields", {}).get(name)
            self.visit(field and get_named_type(field.type), node.selection_set, path)
