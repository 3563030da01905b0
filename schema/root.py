"""The one schema: every root put together, compiled, its declarations bound."""

import asyncio
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

import strawberry
from graphql import (
    GraphQLObjectType,
    GraphQLSchema,
    default_field_resolver,
    is_interface_type,
    is_union_type,
)
from strawberry.federation import Schema
from strawberry.schema.config import StrawberryConfig

from hub import fate
from hub.errors import UserFault
from hub.model.people import Scope
from schema.executing.errors import EndedMutation
from schema.feeds.identity import IdentityMutation, IdentityQuery
from schema.feeds.queries import FeedsQuery
from schema.feeds.subscriptions import FeedsSubscription
from schema.history.queries import HistoryQuery
from schema.live.source import SOURCES
from schema.nodes import IDS_MOST, NODES, Node, load_node, may_read, split_id
from schema.operations import roots
from schema.people import reach  # noqa: F401  # gives an officer the field that leads to it
from schema.people.queries import PeopleQuery
from schema.people.subscriptions import PeopleSubscription
from schema.policy import SIGNED_IN
from schema.projection import Info, Projection, ResolveInfo, attach, bind, root
from schema.scalars import SCALARS
from schema.transit import graph  # noqa: F401  # gives types the fields that lead to later ones
from schema.transit.queries import TransitQuery
from schema.transit.subscriptions import TransitSubscription

if TYPE_CHECKING:
    from schema.context import SchemaContext


@strawberry.type
class NodeQuery:
    """Roots about anything that has a global id."""

    @root(SIGNED_IN, "Any object by its global id; null if not the caller's to see", zh="全局标识")
    async def node(self, info: Info, id: strawberry.ID) -> Node | None:  # noqa: A002
        """Under the policy of the object's type and row."""
        return await _load(info.context, split_id(id))

    @root(SIGNED_IN, "Objects by their global ids, in their order, at most 100", zh="全局标识")
    async def nodes(self, info: Info, ids: list[strawberry.ID]) -> list[Node | None]:
        """As `node`, for each."""
        _at_most(ids, "ids")
        parts = [split_id(each) for each in ids]
        return await asyncio.gather(*(_load(info.context, part) for part in parts))


@cache
def build_schema() -> Schema:
    """The schema, with its declarations bound to the compiled fields."""
    asked = (TransitQuery, FeedsQuery, IdentityQuery, PeopleQuery, HistoryQuery, NodeQuery)
    followed = (TransitSubscription, FeedsSubscription, PeopleSubscription)
    query = _merged("Query", "What can be asked (查询).", *asked)
    mutation = _merged("Mutation", "What can be done (操作).", IdentityMutation)
    subscription = _merged("Subscription", "What can be followed (订阅).", *followed)
    schema = Schema(
        query=query,
        mutation=mutation,
        subscription=subscription,
        types=list(NODES.values()),
        config=StrawberryConfig(scalar_map=SCALARS),
        federation_version="2.9",
    )
    compiled = graphql_schema(schema)
    bind(compiled)
    _bind_federation(compiled)
    _watch_mutations(compiled)
    return schema


def live_collections() -> frozenset[str]:
    """The collections that some live query follows."""
    build_schema()  # with it the modules that declare them are loaded
    return frozenset(name for source in SOURCES.values() for name in source.collections)


def _merged(name: str, text: str, *roots_: type) -> type:
    """One root type of these and of every capability's roots of that name."""
    return strawberry.type(type(name, (*roots_, *roots(name)), {}), description=text)


def graphql_schema(schema: Schema) -> GraphQLSchema:
    """What graphql-core executes."""
    compiled: GraphQLSchema = schema._schema  # noqa: SLF001  # strawberry offers no other way
    return compiled


def _watch_mutations(compiled: GraphQLSchema) -> None:
    """Let every mutation root that fails say what became of its write."""
    mutation = compiled.mutation_type
    for field in mutation.fields.values() if mutation else ():
        field.resolve = _watched(field.resolve or default_field_resolver)


def _watched(resolve: Callable[..., Any]) -> Callable[..., Any]:
    async def watched(source: object, info: ResolveInfo, **arguments: object) -> object:
        info.context.forget()  # what the mutation before it has changed
        with fate.watched() as write:
            info.context.writes.append(write)
            try:
                return await resolve(source, info, **arguments)
            except Exception as error:
                raise EndedMutation(write.fate) from error

    return watched


def _bind_federation(compiled: GraphQLSchema) -> None:
    """The subgraph's own fields, which strawberry makes, under our policies.

    A gateway resolves entities as whoever it asks for: under the same policy as `node`.
    """
    query = compiled.type_map["Query"]
    service = compiled.type_map["_Service"]
    if not isinstance(query, GraphQLObjectType) or not isinstance(service, GraphQLObjectType):
        message = "the federation fields are missing"
        raise TypeError(message)
    attach(query.fields["_service"], Projection(Scope.DEVELOPER))
    attach(service.fields["sdl"], Projection(Scope.DEVELOPER))
    attach(query.fields["_entities"], Projection(SIGNED_IN, size=IDS_MOST))
    query.fields["_entities"].resolve = _entities


async def _entities(
    _source: object, info: ResolveInfo, representations: list[object]
) -> list[Node | UserFault | None]:
    """Federation: the entities behind `{__typename, id}`; None for what is absent or forbidden.

    In the place of `id` may be `scopedId`, the second key.

    In the place of one that names no type and key, or whose type the caller may read, but is no
    entity, is its error.
    """
    _at_most(representations, "representations")
    union = info.schema.type_map["_Entity"]
    entities = {each.name for each in union.types} if is_union_type(union) else set()
    node = info.schema.type_map["Node"]
    implemented = info.schema.get_implementations(node) if is_interface_type(node) else None
    nodes = {each.name for each in implemented.objects} if implemented else set()

    async def one(index: int, given: object) -> Node | UserFault | None:
        try:
            type_name, key = _reference(given)
            if type_name in nodes and not may_read(info.context, type_name):
                return None
            if type_name not in entities:
                words = f"expected one of {', '.join(sorted(entities))}."
                message = f"不是可引用的类型 / {type_name} is no entity: {words}"
                raise _bad(message)
        except UserFault as fault:
            fault.path = ("representations", str(index))
            return fault
        return await load_node(info.context, type_name, key)

    return await asyncio.gather(*(one(*given) for given in enumerate(representations)))


async def _load(context: "SchemaContext", parts: tuple[str, str] | None) -> Node | None:
    return await load_node(context, *parts) if parts else None


def _reference(given: object) -> tuple[str, str]:
    """The type and the key that a representation names. Raises UserFault BAD_REPRESENTATION."""
    known = given if isinstance(given, dict) else {}
    type_name, key = known.get("__typename"), known.get("id", known.get("scopedId"))
    if not isinstance(type_name, str) or not isinstance(key, str):
        raise _bad("缺少类型或主键 / expected __typename, and id or scopedId, as strings.")
    kind, key = split_id(key) or (type_name, key)
    if kind != type_name:
        raise _bad(f"编号类型不符 / the id is one of type {kind}, not {type_name}.")
    return kind, key


def _bad(message: str) -> UserFault:
    return UserFault("BAD_REPRESENTATION", message)


def _at_most(given: list[Any], argument: str) -> None:
    if len(given) > IDS_MOST:
        message = f"编号过多 / {argument}: {len(given)} given, at most {IDS_MOST}."
        raise UserFault("TOO_MANY_IDS", message, path=(argument,))
