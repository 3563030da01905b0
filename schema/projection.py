"""Types as projections: a field says once where it is stored, who may read it and what it means.

`@entity` makes a federation type whose objects wrap one database document; `stored`, `embedded`,
`named`, `computed` and `spoken` declare its fields. `bind` turns the declarations into resolvers on
the compiled schema; `schema.selection` turns what an operation selects into what the database is
asked.
"""

import copy
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, dataclass_transform

import strawberry
from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_list_type,
)
from strawberry.types.field import StrawberryField

from schema.languages import InLanguage, Language, order
from schema.policy import Policy

if TYPE_CHECKING:
    from schema.context import SchemaContext

Row = Mapping[str, Any]
Info = strawberry.Info["SchemaContext", None]
"""What a root field's resolver is given."""
ResolveInfo = GraphQLResolveInfo[Any]
Read = Callable[[Any, "SchemaContext"], Any]
T = TypeVar("T")

_KEY = "projection"
_DEFINITION = "strawberry-definition"
MANY = 10
"""How many items a list is counted as when it does not say (cost of an operation)."""


@dataclass(frozen=True, slots=True)
class Projection:
    """What one field declares.

    `needs` are dotted paths below the entity's document; `inside` the path of an embedded
    document, below which the selected fields' own needs lie. `policy` None means the type's.
    """

    policy: Policy | None = None
    needs: tuple[str, ...] = ()
    inside: str | None = None
    read: Read | None = None
    by_language: Mapping[Language, Read] | None = None
    """In the place of `read` for a field that is asked for in a language."""
    size: int | None = None
    paged: bool = False
    """A list as long as the `first` of the connection around it."""


class Entity:
    """Base of the types that wrap a document (`doc`), and nothing else."""

    policy: Policy

    def __init__(self, doc: Row) -> None:
        self.doc = doc

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.doc.get('_id')!r})"


def entity(
    *,
    policy: Policy,
    keys: tuple[str, ...] = (),
    interface: bool = False,
    shareable: bool = False,
) -> Callable[[type[T]], type[T]]:
    """A type over a document. `policy` holds for each of its fields that names no other.

    `shareable`: other subgraphs may have it, too, with exactly these fields (decision 0019).
    """

    def decorate(cls: type[T]) -> type[T]:
        # dataclasses would write these from the fields, which are no attributes here
        for method in ("__init__", "__repr__", "__eq__"):
            setattr(cls, method, getattr(Entity, method))
        cls.policy = policy  # type: ignore[attr-defined]
        text = inspect.getdoc(cls)
        if interface:
            return strawberry.federation.interface(cls, description=text)
        return strawberry.federation.type(
            cls, description=text, keys=list(keys), shareable=shareable
        )

    return decorate


@dataclass_transform(kw_only_default=True)
def value(*, policy: Policy, shareable: bool = False) -> Callable[[type[T]], type[T]]:
    """A type over plain attributes: connections, payloads, events. `shareable` as of `entity`."""

    def decorate(cls: type[T]) -> type[T]:
        cls.policy = policy  # type: ignore[attr-defined]
        text = inspect.getdoc(cls)
        return strawberry.federation.type(cls, description=text, shareable=shareable)

    return decorate


def declare(projection: Projection, text: str, zh: str | None, graphql_type: object = None) -> Any:  # noqa: ANN401  # a field stands for its value's type
    """A field with this declaration; its description ends with the Chinese term."""
    return strawberry.field(
        description=f"{text} ({zh})." if zh else f"{text}.",
        metadata={_KEY: projection},
        graphql_type=graphql_type,
    )


def stored(path: str, text: str, *, zh: str | None = None, policy: Policy | None = None) -> Any:  # noqa: ANN401
    """A value as it lies in the document, at a dotted path."""
    return declare(Projection(policy, (path,), read=_reader(path)), text, zh)


def named(path: str, text: str, *, zh: str | None = None) -> Any:  # noqa: ANN401
    """The name at `path` in the language that is asked for, or in the other: Chinese if none is."""
    get = _reader(path)

    def in_language(first: str, second: str) -> Read:
        def read(source: Entity, context: "SchemaContext") -> str | None:
            name = get(source, context)
            return (name.get(first) or name.get(second)) if name else None

        return read

    reads = {language: in_language(*order(language)) for language in Language}
    return _asked_in_language(Projection(needs=(path,), by_language=reads), text, zh)


def embedded(path: str, text: str, *, zh: str | None = None, size: int | None = None) -> Any:  # noqa: ANN401
    """A document within the document, or a list of them, as objects of the field's type."""
    return declare(Projection(inside=path, size=size), text, zh)


def described(
    text: str, *, zh: str | None = None, paged: bool = False, graphql_type: object = None
) -> Any:  # noqa: ANN401
    """A plain attribute of a `value` type; `graphql_type` where that is not its annotation's."""
    return declare(Projection(paged=paged), text, zh, graphql_type)


def computed(
    *,
    needs: tuple[str, ...] = (),
    zh: str | None = None,
    policy: Policy | None = None,
    size: int | None = None,
) -> Callable[[Callable[..., Any]], Any]:
    """A field by a method `(self, context)`, plain or async; its docstring is the description."""

    def decorate(method: Callable[..., Any]) -> Any:  # noqa: ANN401
        text = (inspect.getdoc(method) or "").rstrip(".")
        projection = Projection(policy, needs, read=method, size=size)
        return declare(projection, text, zh, method.__annotations__["return"])

    return decorate


def spoken(
    *, needs: tuple[str, ...] = (), zh: str | None = None
) -> Callable[[Callable[..., Any]], Any]:
    """As `computed`, by a method `(self, context, language)`."""

    def decorate(method: Callable[..., Any]) -> Any:  # noqa: ANN401
        text = (inspect.getdoc(method) or "").rstrip(".")
        reads = {language: partial(method, language=language) for language in Language}
        projection = Projection(needs=needs, by_language=reads)
        return _asked_in_language(projection, text, zh, method.__annotations__["return"])

    return decorate


def _asked_in_language(
    projection: Projection, text: str, zh: str | None, graphql_type: object = None
) -> Any:  # noqa: ANN401
    def resolver(self, language: InLanguage = Language.ZH):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202  # the field has the type
        raise NotImplementedError

    decorate: Callable[..., Any] = strawberry.field(
        description=f"{text} ({zh})." if zh else f"{text}.",
        metadata={_KEY: projection},
        graphql_type=graphql_type,
    )
    return decorate(resolver)


def root(
    policy: Policy, text: str, *, zh: str | None = None, subscription: bool = False
) -> Callable[[Callable[..., Any]], Any]:
    """A root field with a resolver of its own (strawberry's decorator, with our declaration)."""
    decorate: Callable[[Callable[..., Any]], Any] = strawberry.field(
        description=f"{text} ({zh})." if zh else f"{text}.",
        metadata={_KEY: Projection(policy)},
        is_subscription=subscription,
    )
    return decorate


def asked(
    text: str,
    *,
    zh: str | None = None,
    policy: Policy | None = None,
    needs: tuple[str, ...] = ("id",),
    size: int | None = None,
) -> Callable[[Callable[..., Any]], Any]:
    """A field of an entity that takes arguments, by a resolver `(self, info, ...)`."""
    decorate: Callable[[Callable[..., Any]], Any] = strawberry.field(
        description=f"{text} ({zh})." if zh else f"{text}.",
        metadata={_KEY: Projection(policy, needs, size=size)},
    )
    return decorate


def adds(cls: type[Any], name: str | None = None) -> Callable[[Any], Any]:
    """Give a type a field that leads to types of later modules: imports stay without cycles.

    Stands above `computed` or `asked`, over a function whose first parameter is called `self`.
    `name` is the field's where it is not the function's.
    """

    def decorate(field: StrawberryField) -> StrawberryField:
        resolver = field.base_resolver
        method = resolver.wrapped_func if resolver else field.metadata[_KEY].read
        held = {name or method.__name__: field, "__module__": method.__module__}
        holder: Any = strawberry.type(type(cls.__name__, (), held))
        definition: Any = cls
        definition.__strawberry_definition__.fields.extend(holder.__strawberry_definition__.fields)
        return field

    return decorate


def mirrors(live: type[Any], *names: str, at: Callable[[Row], Any]) -> Callable[[type[T]], type[T]]:
    """Give a type these fields of another, read of its own document in the context `at` gives.

    Stands above `entity`; `live` is the type of the same documents as they are now.
    """

    def decorate(cls: type[T]) -> type[T]:
        theirs = {one.python_name: one for one in live.__strawberry_definition__.fields}
        definition: Any = cls
        mine = definition.__strawberry_definition__.fields
        mine.extend(_mirrored(live, theirs[name], at) for name in names)
        return cls

    return decorate


def _mirrored(live: type[Any], field: StrawberryField, at: Callable[[Row], Any]) -> StrawberryField:
    declared: Projection = field.metadata[_KEY]

    def over(read: Read) -> Read:
        if inspect.iscoroutinefunction(read):
            message = f"{live.__name__}.{field.python_name} asks for what is now"
            raise TypeError(message)
        return lambda source, _context: read(live(source.doc), at(source.doc))

    spoken = declared.by_language
    again: Any = copy.copy(field)
    again.metadata = {
        _KEY: replace(
            declared,
            policy=declared.policy or live.policy,
            read=declared.read and over(declared.read),
            by_language=spoken and {language: over(read) for language, read in spoken.items()},
        )
    }
    mirrored: StrawberryField = again
    return mirrored


def _reader(path: str) -> Read:
    """What lies at a path of one step or of two."""
    first, *rest = path.split(".")
    if not rest:
        return lambda source, _context: source.doc.get(first)
    (second,) = rest

    def read(source: Entity, _context: "SchemaContext") -> object:
        found = source.doc.get(first)
        return None if found is None else found.get(second)

    return read


def declaration(field: GraphQLField) -> Projection | None:
    """What a field of the compiled schema declares; None if it declares nothing."""
    found: Projection | None = field.extensions.get(_KEY)
    return found


def definition_of(field: GraphQLField) -> StrawberryField | None:
    """Strawberry's own definition of a field of the compiled schema; None for introspection."""
    found: StrawberryField | None = field.extensions.get(_DEFINITION)
    return found


def attach(field: GraphQLField, declared: Projection) -> None:
    """Declare for a field of the compiled schema."""
    field.extensions[_KEY] = declared


def bind(schema: GraphQLSchema) -> None:
    """Give each declared field of a compiled schema its resolver and its effective policy."""
    for type_ in schema.type_map.values():
        if not isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            continue
        definition = type_.extensions.get(_DEFINITION)
        default = getattr(getattr(definition, "origin", None), "policy", None)
        for field in type_.fields.values():
            _bind_field(field, default)


def _bind_field(field: GraphQLField, default: Policy | None) -> None:
    definition = definition_of(field)
    declared: Projection | None = definition.metadata.get(_KEY) if definition else None
    if declared is None:
        return
    read = declared.read
    if declared.inside is not None:
        read = _embedded_reader(field, declared.inside)
    attach(field, replace(declared, policy=declared.policy or default, read=read))
    if read is not None:
        field.resolve = _resolver(read)
    elif declared.by_language is not None:
        field.resolve = _resolver_in(declared.by_language)


def _resolver(read: Read) -> Callable[..., Any]:
    return lambda source, info: read(source, info.context)


def _resolver_in(reads: Mapping[Language, Read]) -> Callable[..., Any]:
    return lambda source, info, language: reads[language](source, info.context)


def _embedded_reader(field: GraphQLField, path: str) -> Read:
    get = _reader(path)
    wrap = get_named_type(field.type).extensions[_DEFINITION].origin
    if is_list_type(get_nullable_type(field.type)):
        return lambda source, context: [wrap(doc) for doc in get(source, context) or ()]

    def read(source: Entity, context: "SchemaContext") -> object:
        doc = get(source, context)
        return None if doc is None else wrap(doc)

    return read
