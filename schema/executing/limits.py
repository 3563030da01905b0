"""How much one operation may ask for. Refused before validation costs anything, where possible."""

from collections import Counter
from collections.abc import Mapping

from graphql import (
    DocumentNode,
    FieldNode,
    FloatValueNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    Visitor,
    get_named_type,
    get_nullable_type,
    is_list_type,
    visit,
)

from schema.nodes import FIRST_DEFAULT, FIRST_MOST
from schema.permissions import INTROSPECTION
from schema.projection import MANY, declaration

MAX_TOKENS = 1_000
MAX_DEPTH = 10
MAX_ALIASES = 15
MAX_ROOT_FIELDS = 10
MAX_REPEATS = 60
"""Fields of one name in a document: validation compares each with each."""
MAX_NUMBER = 64
"""Characters of a number: no type takes longer ones, and Python refuses to read them."""
MAX_COST = 100_000
"""Fields an operation may answer, by estimate; one costs some microseconds."""

Fragments = Mapping[str, FragmentDefinitionNode]


def over(what: str, most: int, *, node: SelectionNode | None = None) -> GraphQLError:
    """The error for a limit that was passed."""
    return GraphQLError(
        f"查询过大 / The document has more than {most:,} {what}. "
        "Ask for less, or in several requests.",
        nodes=node,
        extensions={"code": "LIMIT_EXCEEDED"},
    )


def fragments_of(document: DocumentNode) -> Fragments:
    """Fragments by name."""
    return {
        definition.name.value: definition
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }


def check_shape(document: DocumentNode) -> None:
    """Raise for too many aliases, repeats or root fields, too deep a nesting, too long a number.

    Works on the text alone: the document need not be valid. Introspection is not counted as depth;
    its own nesting is bounded by validation.
    """
    names = _Names()
    visit(document, names)
    if names.aliases > MAX_ALIASES:
        raise over("aliases", MAX_ALIASES)
    if max(names.repeats.values(), default=0) > MAX_REPEATS:
        raise over("fields of one name", MAX_REPEATS)
    shape = _Shape(fragments_of(document))
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            if shape.roots(definition.selection_set, frozenset()) > MAX_ROOT_FIELDS:
                raise over("root fields", MAX_ROOT_FIELDS)
            shape.check_depth(definition.selection_set, 1, frozenset())


class _Names(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.aliases = 0
        self.repeats: Counter[str] = Counter()

    def enter_field(self, node: FieldNode, *_: object) -> None:
        if node.alias is not None:
            self.aliases += 1
        self.repeats[node.name.value] += 1

    def enter_int_value(self, node: IntValueNode, *_: object) -> None:
        _check_number(node)

    def enter_float_value(self, node: FloatValueNode, *_: object) -> None:
        _check_number(node)


def _check_number(node: IntValueNode | FloatValueNode) -> None:
    if len(node.value) > MAX_NUMBER:
        raise GraphQLError(
            f"数值过长 / A number has {len(node.value):,} characters: {MAX_NUMBER} at most.",
            nodes=node,
            extensions={"code": "BAD_USER_INPUT"},
        )


class _Shape:
    def __init__(self, fragments: Fragments) -> None:
        self._fragments = fragments
        self._reached: dict[str, int] = {}

    def roots(self, selections: SelectionSetNode, inside: frozenset[str]) -> int:
        count = 0
        for node in selections.selections:
            if isinstance(node, FieldNode):
                count += 1
            elif isinstance(node, InlineFragmentNode):
                count += self.roots(node.selection_set, inside)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in inside:
                fragment = self._fragments.get(node.name.value)
                if fragment is not None:
                    count += self.roots(fragment.selection_set, inside | {node.name.value})
            if count > MAX_ROOT_FIELDS:
                break
        return count

    def check_depth(self, selections: SelectionSetNode, depth: int, inside: frozenset[str]) -> None:
        for node in selections.selections:
            if isinstance(node, FieldNode):
                if depth > MAX_DEPTH:
                    raise over("levels of nesting", MAX_DEPTH, node=node)
                if node.selection_set and node.name.value not in INTROSPECTION:
                    self.check_depth(node.selection_set, depth + 1, inside)
            elif isinstance(node, InlineFragmentNode):
                self.check_depth(node.selection_set, depth, inside)
            elif isinstance(node, FragmentSpreadNode):
                self._check_fragment(node.name.value, depth, inside)

    def _check_fragment(self, name: str, depth: int, inside: frozenset[str]) -> None:
        """Once per depth at most: spreading a fragment a thousand times costs nothing more."""
        fragment = self._fragments.get(name)
        if fragment is None or name in inside or self._reached.get(name, 0) >= depth:
            return
        self._reached[name] = depth
        self.check_depth(fragment.selection_set, depth, inside | {name})


def cost_of(schema: GraphQLSchema, operation: OperationDefinitionNode, fragments: Fragments) -> int:
    """How many fields a valid operation may answer, by estimate.

    A list counts as its connection's `first` (as 200 where that is a variable), or as its declared
    size.
    """
    cost = _Cost(schema, fragments)
    return cost.of(schema.get_root_type(operation.operation), operation.selection_set, 1)


class _Cost:
    def __init__(self, schema: GraphQLSchema, fragments: Fragments) -> None:
        self._schema = schema
        self._fragments = fragments
        self._known: dict[tuple[str, int], int] = {}

    def of(self, type_: GraphQLNamedType | None, selections: SelectionSetNode, page: int) -> int:
        total = 0
        for node in selections.selections:
            if isinstance(node, FieldNode):
                total += self._field(type_, node, page)
            elif isinstance(node, FragmentSpreadNode):
                key = (node.name.value, page)
                if key not in self._known:
                    self._known[key] = self._fragment(type_, self._fragments[key[0]], page)
                total += self._known[key]
            elif isinstance(node, InlineFragmentNode):
                total += self._fragment(type_, node, page)
        return total

    def _fragment(
        self,
        type_: GraphQLNamedType | None,
        node: FragmentDefinitionNode | InlineFragmentNode,
        page: int,
    ) -> int:
        condition = node.type_condition
        on = self._schema.get_type(condition.name.value) if condition else type_
        return self.of(on, node.selection_set, page)

    def _field(self, type_: GraphQLNamedType | None, node: FieldNode, page: int) -> int:
        field = getattr(type_, "fields", {}).get(node.name.value)
        if field is None or node.selection_set is None:
            return 1
        declared = declaration(field)
        times = 1
        if is_list_type(get_nullable_type(field.type)):
            times = page if declared and declared.paged else (declared and declared.size) or MANY
        inner = _first(node) if "first" in field.args else page
        return 1 + times * self.of(get_named_type(field.type), node.selection_set, inner)


def _first(node: FieldNode) -> int:
    for argument in node.arguments or ():
        if argument.name.value == "first":
            given = argument.value
            if isinstance(given, IntValueNode) and len(given.value) < len("1000"):
                return min(int(given.value), FIRST_MOST)
            return FIRST_MOST
    return FIRST_DEFAULT
