"""What partners' subgraphs make of ours: composed by two composers, asked through a gateway.

Composers and gateway are Node's, installed by `make test`; without them these are skipped, and
the shapes that partners rely on are tested all the same.
"""

import asyncio
import json
from asyncio.subprocess import PIPE
from datetime import UTC, datetime
from typing import Any

import pytest
from graphql import (
    GraphQLInputType,
    GraphQLObjectType,
    GraphQLOutputType,
    get_named_type,
    is_enum_type,
    is_input_object_type,
    is_introspection_type,
    is_object_type,
)
from live_rig import SCHEMA, serving
from real_feeds import ingest

from hub.clock import manual
from hub.store.driver import Store
from schema.context import Services
from schema.export import sdl
from tests.partners import INSTALLED, NODE, PARTNERS, ROOT

needs_node = pytest.mark.skipif(
    not INSTALLED, reason="needs Node and its composers, which `make test` installs"
)
SUBGRAPHS = ("shops", "fares")
AT = datetime(2023, 11, 8, 1, 5, 34, tzinfo=UTC)
"""When the sample of Caltrain's timetable is in force."""


async def node(script: str, given: object, *arguments: str) -> Any:
    """What a script of Node answers, both as JSON."""
    process = await asyncio.create_subprocess_exec(
        *NODE, str(PARTNERS / script), *arguments, stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    out, said = await process.communicate(json.dumps(given).encode())
    assert process.returncode == 0, said.decode()
    return json.loads(out)


def subgraphs(*partners: str) -> dict[str, str]:
    """Ours and those of these partners, by name."""
    texts = {name: (PARTNERS / f"{name}.graphql").read_text() for name in partners}
    return {"hub": sdl(federation=True), **texts}


async def composed(given: dict[str, str]) -> Any:
    """The errors of each composer."""
    return await node("compose.mjs", [{"name": name, "sdl": text} for name, text in given.items()])


@needs_node
@pytest.mark.parametrize("partners", [(), ("shops",), ("fares",), SUBGRAPHS])
async def test_an_ordinary_subgraph_composes_with_ours(partners: tuple[str, ...]) -> None:
    """One with PageInfo, Position, Node, Mode of its own; it extends entities by either key."""
    assert await composed(subgraphs(*partners)) == {"apollo": [], "hive": []}


@needs_node
@pytest.mark.parametrize(
    ("there", "here", "code"),
    [
        ("lon: Float!", "longitude: Float!", "SATISFIABILITY_ERROR"),
        ("scopedId: String!", "scopedId: ID!", "FIELD_TYPE_MISMATCH"),
        ("enum Mode {", "enum TransportMode { FOOT } enum Mode {", "ENUM_VALUE_MISMATCH"),
        ("shops(mode", "node(id: ID!): Node shops(mode", "INVALID_FIELD_SHARING"),
    ],
)
async def test_what_does_not_compose_is_as_the_manual_says(
    there: str, here: str, code: str
) -> None:
    """A shared type of other fields, a key of another type, fewer values, a second `node`."""
    given = subgraphs("shops")
    assert there in given["shops"]
    given["shops"] = given["shops"].replace(there, here)
    for errors in (await composed(given)).values():
        assert any(error.startswith(code) for error in errors)


@pytest.fixture
async def _timetable(store: Store, services: Services) -> None:
    with manual(AT):
        await ingest(store, "gtfs", "gtfs/caltrain-2023.zip", AT, feed="caltrain")
    await services.feeds.load()


@needs_node
@pytest.mark.slow
@pytest.mark.usefixtures("_timetable")
async def test_a_gateway_joins_what_partners_add(services: Services) -> None:
    """From a shop to our stop place by its scoped id, from there to another's fares by its id."""
    query = """{
      shops { pageInfo { hasNextPage } edges { node { name reachedBy accessibility position { lat }
        nearest { name modes position { lat lon } fareZone lines { publicCode fare } } } } }
      shoppingStops { nodes { name } pageInfo { endCursor } }
      stopPlace(id: "ds:palo_alto") { shops { edges { node { name } } } }
    }"""
    token = (await services.tokens.issue("officer1")).access_token
    asked = {"subgraphs": subgraphs(*SUBGRAPHS), "query": query}
    async with serving(services, token) as live:
        answer = await node("gateway.mjs", asked, f"{live.url}/graphql", token)
    assert "errors" not in answer
    (edge,) = answer["data"]["shops"]["edges"]
    place = edge["node"]["nearest"]
    assert edge["node"]["reachedBy"] == ["RAIL"]
    assert edge["node"]["accessibility"] == "ACCESSIBLE"
    assert place["name"] == "Palo Alto"
    assert place["fareZone"] == "3"
    assert place["modes"] == ["RAIL"]
    assert {"publicCode": "L1", "fare": 375} in place["lines"]
    assert answer["data"]["shoppingStops"]["nodes"] == [{"name": "Palo Alto"}]
    assert answer["data"]["stopPlace"]["shops"]["edges"] == [{"node": {"name": "Bakery"}}]


SHARED = {
    "PageInfo": ["hasNextPage", "hasPreviousPage", "startCursor", "endCursor"],
    "Position": ["lat", "lon"],
    "Period": ["start", "end"],
    "Polygon": ["points"],
}
PAGES = {"Connection": ["edges", "nodes", "pageInfo", "totalCount"], "Edge": ["cursor", "node"]}
FREE = {"Mode", "Role", "Link"}
"""Names that partners have for something else."""


def _fields(name: str) -> list[str]:
    type_ = SCHEMA.type_map[name]
    assert isinstance(type_, GraphQLObjectType)
    return sorted(type_.fields)


def test_shared_types_have_exactly_the_fields_that_partners_copied() -> None:
    """One more, and no subgraph that has the type composes: a breaking change."""
    shared = [line for line in sdl(federation=True).splitlines() if "@shareable {" in line]
    names = [line.removeprefix("type ").removesuffix(" @shareable {") for line in shared]
    pages = [name for name in names if name not in SHARED]
    for name, fields in SHARED.items():
        assert name in names
        assert _fields(name) == sorted(fields)
    for name in pages:
        (fields,) = [PAGES[end] for end in PAGES if name.endswith(end)]
        assert _fields(name) == sorted(fields)
    ends = [name for name in SCHEMA.type_map if name.endswith(tuple(PAGES))]
    assert sorted(pages) == sorted(ends)


def test_names_that_partners_have_for_something_else_are_free() -> None:
    """An enum that is asked for and answered must be equal everywhere: ours has its own name."""
    assert not FREE & SCHEMA.type_map.keys()
    assert is_enum_type(SCHEMA.type_map["TransportMode"])
    assert is_enum_type(SCHEMA.type_map["AccountRole"])


def test_the_manual_names_every_enum_that_must_be_equal_everywhere() -> None:
    """Those that are asked for and answered: whoever has one in a subgraph needs all its values."""
    asked: list[GraphQLInputType] = []
    answered: list[GraphQLOutputType] = []
    for type_ in SCHEMA.type_map.values():
        if is_input_object_type(type_):
            asked += [field.type for field in type_.fields.values()]
        elif is_object_type(type_) and not is_introspection_type(type_):
            answered += [field.type for field in type_.fields.values()]
            asked += [one.type for field in type_.fields.values() for one in field.args.values()]
    both = {get_named_type(one) for one in asked} & {get_named_type(one) for one in answered}
    names = [one.name for one in both if is_enum_type(one)]
    (rule,) = [
        part
        for part in (ROOT / "docs" / "federation.md").read_text().split("\n- ")
        if part.startswith("**Enums that are asked for and answered**")
    ]
    assert [name for name in names if f"`{name}`" not in rule] == []
    assert names
