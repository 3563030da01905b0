"""Documents prepared once: parsed, bounded, validated, their scopes and cost known."""

from collections import OrderedDict
from dataclasses import dataclass, field

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    parse,
    validate,
)

from schema.context import Memory
from schema.executing.limits import (
    MAX_COST,
    MAX_DEPTH,
    MAX_TOKENS,
    check_shape,
    cost_of,
    fragments_of,
    over,
)
from schema.permissions import Requirement, required_scopes

KEPT = 1_000
LONGEST_KEPT = 16_384
"""Longer texts are served but not remembered."""
TEXT_KEPT = 1024 * 1024
"""Characters remembered in all."""
PARSED = 80
"""Bytes that a character of a text takes when it is prepared, about."""
MOST_ERRORS = 5
_ABORTED = "Parsing aborted."
"""How the parser ends what it says of a document that is too large or too deep to be read."""


class InvalidError(Exception):
    """A document that cannot be served; `errors` say why."""

    def __init__(self, *errors: GraphQLError) -> None:
        super().__init__(errors[0].message)
        self.errors = list(errors)


@dataclass(slots=True)
class Prepared:
    """One operation of a valid document, ready to be executed as often as wanted.

    `memory` is where what follows from its text alone is remembered as it is executed.
    """

    text: str
    document: DocumentNode
    operation: OperationDefinitionNode
    operation_name: str | None
    cost: int
    required: tuple[Requirement, ...]
    memory: Memory = field(default_factory=Memory)


class Documents:
    """The prepared documents of a schema by their text: the last 1,000 used, or 1 MB of them."""

    def __init__(self, schema: GraphQLSchema, *, kept: int = KEPT) -> None:
        self._schema = schema
        self._kept = kept
        self._known: OrderedDict[str, dict[str | None, Prepared]] = OrderedDict()
        self._characters = 0

    def __len__(self) -> int:
        return len(self._known)

    def knows(self, text: str) -> bool:
        """Whether `prepare` has nothing left to do for this text."""
        return text in self._known

    def prepare(
        self, text: str, operation_name: str | None = None, *, suggestions: bool = False
    ) -> Prepared:
        """The operation of this name, or the only one.

        Raises InvalidError for what is no valid document, or asks for too much. `suggestions`: the
        caller may be told the names it might have meant.
        """
        operations = self._known.get(text)
        if operations is None:
            operations = self._prepared(text, suggestions=suggestions)
            if len(text) <= LONGEST_KEPT:
                self._remember(text, operations)
        else:
            self._known.move_to_end(text)
        return _chosen(operations, operation_name)

    def _remember(self, text: str, operations: dict[str | None, Prepared]) -> None:
        self._known[text] = operations
        self._characters += len(text)
        while len(self._known) > self._kept or self._characters > TEXT_KEPT:
            forgotten, _ = self._known.popitem(last=False)
            self._characters -= len(forgotten)

    def _prepared(self, text: str, *, suggestions: bool) -> dict[str | None, Prepared]:
        document = _parsed(text)
        errors = validate(
            self._schema, document, max_errors=MOST_ERRORS, hide_suggestions=not suggestions
        )
        if errors:
            raise InvalidError(*(_coded(error, "GRAPHQL_VALIDATION_FAILED") for error in errors))
        fragments = fragments_of(document)
        found: dict[str | None, Prepared] = {}
        for definition in document.definitions:
            if isinstance(definition, OperationDefinitionNode):
                name = definition.name.value if definition.name else None
                cost = cost_of(self._schema, definition, fragments)
                if cost > MAX_COST:
                    raise InvalidError(over("fields to answer, by estimate", MAX_COST))
                required = required_scopes(self._schema, definition, fragments)
                found[name] = Prepared(text, document, definition, name, cost, required)
        return found


def _parsed(text: str) -> DocumentNode:
    try:
        document = parse(text, max_tokens=MAX_TOKENS)
        check_shape(document)
    except GraphQLSyntaxError as error:
        if not error.message.endswith(_ABORTED):
            raise InvalidError(_coded(error, "GRAPHQL_PARSE_FAILED")) from error
        large = "tokens" in error.message
        most = ("tokens", MAX_TOKENS) if large else ("levels of nesting", MAX_DEPTH)
        raise InvalidError(over(*most)) from error
    except GraphQLError as error:  # of `check_shape`, with its code
        raise InvalidError(error) from error
    except RecursionError as error:
        raise InvalidError(over("levels of nesting", MAX_DEPTH)) from error
    return document


def _coded(error: GraphQLError, code: str) -> GraphQLError:
    error.extensions = {"code": code, **(error.extensions or {})}
    return error


def _chosen(operations: dict[str | None, Prepared], name: str | None) -> Prepared:
    if name is not None:
        found = operations.get(name)
        message = f"The document has no operation named {name[:80]!r}."
    else:
        found = next(iter(operations.values())) if len(operations) == 1 else None
        message = "operationName is needed: the document has several operations, or none."
    if found is None:
        raise InvalidError(GraphQLError(message, extensions={"code": "OPERATION_NOT_FOUND"}))
    return found
