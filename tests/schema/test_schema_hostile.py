"""Every argument of every root, with what no sane client sends: a plain error, never ours."""

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import httpx2
import orjson
import pytest
from graphql import (
    GraphQLArgument,
    GraphQLError,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_input_object_type,
    is_list_type,
    is_required_argument,
    is_required_input_field,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schema_builders import call_doc, feed_doc, stop_place_doc

from hub.access.demo import PASSWORD
from hub.bus import Bus
from hub.store.driver import Store
from schema.context import Services
from schema.executing.errors import RefusedError
from schema.executing.executor import Executor
from schema.live.engine import LiveEngine
from schema.live.replay import Told
from schema.nodes import NODES, encode_cursor, global_id
from schema.root import build_schema, graphql_schema
from schema.serving.app import GraphQLApp

SCHEMA = graphql_schema(build_schema())
DIGITS = "7" * 5_000


def roots(type_: GraphQLObjectType | None) -> list[tuple[str, GraphQLField]]:
    """The fields of a root type that take arguments."""
    assert type_ is not None
    return [(name, field) for name, field in type_.fields.items() if field.args]


ROOTS = [
    (operation, name, field)
    for operation, type_ in (
        ("query", SCHEMA.query_type),
        ("mutation", SCHEMA.mutation_type),
        ("subscription", SCHEMA.subscription_type),
    )
    for name, field in roots(type_)
]
NAMED = [f"{operation}-{name}" for operation, name, _ in ROOTS]


def nested(depth: int, opening: str, closing: str) -> str:
    """JSON that is nothing but depth."""
    return opening * depth + "1" + closing * depth


MOMENTS = [
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "2026-01-01T00:00:00+23:59",
    "2026-01-01T00:00:60Z",
    "2026-02-30T00:00:00Z",
    "2099-12-31T23:59:59Z",
]
CURSORS: list[tuple[object, ...]] = [
    (),
    (None,),
    ([[]],),
    (DIGITS,),
    (1e308, "x"),
    ("\x00",),
    *((moment, "x") for moment in MOMENTS),
    *((None, "\x00", moment) for moment in MOMENTS[:2]),
    (MOMENTS[3], {"$gt": ""}),
]
TEXTS = [
    "",
    " ",
    "\x00",
    "a\x00b",
    "\u202e\u2066\u200b",
    "x" * 20_000,
    "中" * 5_000,
    "$where",
    "a.b",
    "=",
    "bm90aGluZw==",
    DIGITS,
    *MOMENTS,
    *(encode_cursor(*cursor) for cursor in CURSORS),
    *(global_id(name, key) for name in NODES for key in ("x", "\x00", "$", "railway:SHH")),
]
RAW = [
    DIGITS,
    f"-{DIGITS}",
    f"1e{DIGITS}",
    f"0.{DIGITS}",
    "1e400",
    "-0.0",
    "1e308",
    "2147483648",
    "-1",
    "0",
    "18446744073709551616",
    "true",
    "null",
    "{}",
    "[]",
    '{"$ne": null}',
    '{"\\u0000": 1}',
    '"\\ud800"',
    nested(200, "[", "]"),
    nested(900, "[", "]"),
    nested(200, '{"a":', "}"),
    "[" + ",".join(["null"] * 2_000) + "]",
    *(f'[{{"__typename": "{name}", "id": "{global_id(name, "x")}"}}]' for name in NODES),
    f'[{{"__typename": "Order", "id": {nested(150, "[", "]")}}}]',
]
LITERALS = [
    DIGITS,
    f"-{DIGITS}",
    f"1e{DIGITS}",
    f"0.{DIGITS}",
    "1e400",
    f'"{DIGITS}"',
    r'"\u0000"',
    r'"\uD800"',
    '"""\x0b"""',
    nested(240, "[", "]"),
    nested(200, "{a:", "}"),
    "[1 2 3]",
    "NOTHING",
    "$none",
    f"{{a: {DIGITS}}}",
    f"[{DIGITS}]",
]
GOOD: dict[str, object] = {
    "ID": "railway:SHH",
    "String": "a text",
    "Int": 10,
    "Float": 1.0,
    "Boolean": True,
    "DateTime": "2026-03-02T09:00:00Z",
    "_Any": {"__typename": "StopPlace", "id": global_id("StopPlace", "railway:SHH")},
}


def good(type_: GraphQLInputType) -> Any:
    """A value that fits a type, with nothing more in it than is asked for."""
    bare = get_nullable_type(type_)
    if is_list_type(bare):
        return [good(bare.of_type)]
    if is_input_object_type(bare):
        return {
            name: good(field.type)
            for name, field in bare.fields.items()
            if is_required_input_field(field)
        }
    return GOOD.get(bare.name) or next(iter(getattr(bare, "values", {"x": 1})))


def places(name: str, argument: GraphQLArgument) -> Iterator[tuple[str, ...]]:
    """An argument, and what is inside it."""
    yield (name,)
    type_ = get_named_type(argument.type)
    if isinstance(type_, GraphQLInputObjectType):
        for inner in type_.fields:
            yield (name, inner)


def document(operation: str, name: str, field: GraphQLField, literal: str | None = None) -> str:
    """An operation of one root, its arguments by variables, or as the literal says."""
    arguments = list(field.args.items())
    declared = ", ".join(f"${key}: {arg.type}" for key, arg in arguments)
    passed = ", ".join(f"{key}: ${key}" for key, _ in arguments)
    if literal is not None:
        return f"{operation} {{ {name}({literal}) {inside(field)} }}"
    return f"{operation} ({declared}) {{ {name}({passed}) {inside(field)} }}"


def inside(field: GraphQLField) -> str:
    """What is selected: enough for it to be looked up."""
    type_ = get_named_type(field.type)
    if not is_composite_type(type_):
        return ""
    paged = "nodes" in getattr(type_, "fields", {})
    return "{ nodes { __typename } pageInfo { endCursor } }" if paged else "{ __typename }"


def required(field: GraphQLField) -> dict[str, Any]:
    """The arguments without which there is no operation."""
    return {
        key: good(argument.type)
        for key, argument in field.args.items()
        if is_required_argument(argument)
    }


@pytest.fixture(scope="module")
async def client(services: Services, store: Store) -> AsyncIterator[httpx2.AsyncClient]:
    """An administrator over HTTP, with a board to look at."""
    await store.db["feeds"].insert_one(feed_doc())
    await store.db["stop_places"].insert_one(stop_place_doc())
    await store.db["calls"].insert_one(call_doc())
    app = GraphQLApp(
        Executor(SCHEMA, services),
        LiveEngine(SCHEMA, Bus(), services.context, services.operations.database_answers),
    )
    token = (await services.tokens.sign_in("admin", PASSWORD)).access_token
    transport = httpx2.ASGITransport(app=app)
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://hub", headers=headers
    ) as made:
        yield made


async def asked(client: httpx2.AsyncClient, operation: str, query: str, variables: str) -> None:
    """Send it, and refuse whatever would be our own fault. Variables as JSON text."""
    if operation == "subscription":
        return await subscribed(client, query, variables)
    body = f'{{"query": {json.dumps(query)}, "variables": {variables}}}'
    answer = await client.post("/graphql", content=body.encode())
    assert answer.status_code < 500, (variables[:300], answer.text)
    codes = [error["extensions"]["code"] for error in answer.json().get("errors", ())]
    assert "INTERNAL" not in codes, (query[-300:], variables[:300], answer.text)
    assert "sys." not in answer.text, "Python's own words"
    return None


class Deaf:
    """A subscriber that takes everything and looks at nothing."""

    def tell(self, told: Sequence[Told]) -> None:
        """Events."""

    def end(self, error: GraphQLError) -> None:
        """The end."""


async def subscribed(
    client: httpx2.AsyncClient, query: str, variables: str, engine: LiveEngine | None = None
) -> None:
    """Begin it as an event stream would, as far as its refusal; in an engine that has nothing."""
    app: GraphQLApp = client._transport.app
    own = engine or LiveEngine(SCHEMA, Bus(), app._engine.make_context, app._engine.answers)
    try:
        given = orjson.loads(variables)
    except orjson.JSONDecodeError:
        return  # refused where it is read
    token = client.headers["authorization"].removeprefix("Bearer ")
    principal = await app._executor.authenticate(token)
    errors: list[Any] = []
    try:
        prepared = await app._executor.prepare(query, None, principal)
        begun = await own.subscribe(prepared, given, principal, Deaf())
        begun.end()
    except RefusedError as refused:
        errors = refused.errors
    finally:
        if engine is None:
            await own.close()
    codes = [(error.extensions or {}).get("code") for error in errors]
    assert "INTERNAL" not in codes, (variables[:300], errors)


def variables_with(field: GraphQLField, at: tuple[str, ...], value: str) -> str:
    """Variables as JSON, with `value`, which is JSON, at one place."""
    hole = "a hole in the JSON"
    given: dict[str, Any] = required(field)
    name, *rest = at
    if rest:
        type_ = get_nullable_type(field.args[name].type)
        inner: Any = good(type_.of_type if is_list_type(type_) else type_)
        inner[rest[0]] = hole
        given[name] = inner
    else:
        given[name] = hole
    return json.dumps(given).replace(json.dumps(hole), value)


@pytest.mark.parametrize(("operation", "name", "field"), ROOTS, ids=NAMED)
async def test_no_value_of_any_argument_is_our_fault(
    client: httpx2.AsyncClient, operation: str, name: str, field: GraphQLField
) -> None:
    """Numbers of 5,000 digits, moments at the ends of the calendar, cursors of anything, NUL, half
    surrogates, deep nesting and ids of every type, as variables."""
    query = document(operation, name, field)
    for key, argument in field.args.items():
        for at in places(key, argument):
            for value in (*RAW, *map(json.dumps, TEXTS)):
                await asked(client, operation, query, variables_with(field, at, value))


@pytest.mark.parametrize(("operation", "name", "field"), ROOTS, ids=NAMED)
async def test_no_literal_of_any_argument_is_our_fault(
    client: httpx2.AsyncClient, operation: str, name: str, field: GraphQLField
) -> None:
    """The same, written into the document."""
    for key, argument in field.args.items():
        for at in places(key, argument):
            for literal in LITERALS:
                text = f"{at[0]}: {literal}" if len(at) == 1 else f"{at[0]}: {{{at[1]}: {literal}}}"
                await asked(client, operation, document(operation, name, field, text), "{}")


async def test_what_no_operation_declares_is_passed_over(client: httpx2.AsyncClient) -> None:
    """Undeclared variables, of any depth, change nothing: neither a query nor which group is
    joined."""
    deep = f'{{"none": {nested(900, "[", "]")}, "more": 1e300}}'
    await asked(client, "query", "{ me { login } }", deep)
    follow = "subscription { feeds { cursor change } }"
    engine = LiveEngine(
        SCHEMA,
        Bus(),
        client._transport.app._engine.make_context,
        client._transport.app._engine.answers,
    )
    await subscribed(client, follow, "{}", engine)
    await subscribed(client, follow, deep, engine)
    assert engine.groups == 1
    await engine.close()


leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=40),
    st.sampled_from(TEXTS),
    st.datetimes().map(lambda moment: moment.isoformat() + "+00:00"),
)
anything = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
async def test_no_mixture_of_arguments_is_our_fault(
    client: httpx2.AsyncClient, data: st.DataObject
) -> None:
    """Any arguments of any root together."""
    operation, name, field = data.draw(st.sampled_from(ROOTS))
    given_values = {
        key: data.draw(anything | st.just(good(argument.type)))
        for key, argument in field.args.items()
    }
    await asked(client, operation, document(operation, name, field), json.dumps(given_values))
