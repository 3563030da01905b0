"""Who may ask what: every field declares it, and nothing runs without it."""

import re

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    is_introspection_type,
    parse,
    validate,
)
from schema_builders import LIAISON, OFFICER, PARTNER, WATCH, Run, code_of, principal

from hub.model.people import SCOPES, Principal, Role, Scope
from hub.operations import REGISTRY
from schema.executing.limits import fragments_of
from schema.live.source import SOURCES
from schema.nodes import global_id
from schema.permissions import check, policy_of, required_scopes
from schema.policy import SIGNED_IN
from schema.projection import Projection, attach, declaration
from schema.root import build_schema, graphql_schema
from tests.contract.examples import examples
from tests.contract.writes import roots_of

SCHEMA = graphql_schema(build_schema())

READERS = {*Role}
PEOPLE = READERS - {Role.PARTNER, Role.WALL}
FIELD = {Role.OFFICER, Role.LIAISON}
CENTRE = {Role.WATCH, Role.COMMANDER, Role.ADMIN}
SCREENS = CENTRE | {Role.LIAISON, Role.WALL}
DEVELOPERS = READERS - {Role.OFFICER, Role.WALL}
ALLOWED = {
    "Query": {
        **dict.fromkeys(
            (
                *("interchange", "stopPlaces", "stopPlace", "departures", "arrivals", "journey"),
                *("line", "lines", "journeys", "situation", "feed"),
                *("situations", "vehicles", "taxiRanks", "feeds", "me", "units"),
                *("idMappings", "unmatchedStopPlaces"),
                *("parkingFacilities", "sharingStations", "facilityConditions"),
                *("node", "nodes", "_entities", "incidents", "incident"),
                *("history", "moment"),
            ),
            READERS,
        ),
        **dict.fromkeys(("orders", "order"), READERS - {Role.PARTNER}),
        **dict.fromkeys(("bulletins", "bulletin"), PEOPLE),
        **dict.fromkeys(("officers", "dutyCounts", "alarms", "alarm"), SCREENS),
        "_service": DEVELOPERS,
    },
    "Mutation": {
        **dict.fromkeys(
            (
                *("openIncident", "closeIncident", "reopenIncident", "updateIncident"),
                *("noteIncident", "addIncidentUnits", "publishBulletin", "withdrawBulletin"),
            ),
            CENTRE | {Role.LIAISON},
        ),
        **dict.fromkeys(
            ("dispatchOrder", "cancelOrder", "reassignOrder", "acknowledgeAlarm"), CENTRE
        ),
        **dict.fromkeys(("acknowledgeOrder", "readBulletin"), FIELD),
        "confirmIdMapping": {Role.ADMIN},
        "rejectIdMapping": {Role.ADMIN},
    },
    "Subscription": {
        **dict.fromkeys(
            (
                *("departures", "arrivals", "situations", "vehicles", "taxiRanks", "feeds"),
                *("parkingFacilities", "sharingStations", "facilityConditions"),
                "incidents",
            ),
            READERS,
        ),
        "orders": READERS - {Role.PARTNER},
        "bulletins": PEOPLE,
        "alarms": SCREENS,
        "officers": SCREENS,
    },
}


def fields_of(schema: GraphQLSchema) -> list[tuple[str, str]]:
    """Every field of every type that can be selected, introspection aside."""
    return [
        (type_.name, name)
        for type_ in schema.type_map.values()
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType)
        and not is_introspection_type(type_)
        for name in type_.fields
    ]


def test_every_field_declares_its_policy() -> None:
    """A field without a policy would be refused to everybody; there is none."""
    found = fields_of(SCHEMA)
    assert len(found) > 200
    assert [at for at in found if policy_of(SCHEMA.get_type(at[0]), at[1]) is None] == []


def test_every_field_of_ours_is_described() -> None:
    """In English; federation's own fields aside."""
    nameless = [
        (name, field)
        for name, field in fields_of(SCHEMA)
        if not SCHEMA.type_map[name].fields[field].description
    ]
    assert nameless == [("Query", "_entities"), ("Query", "_service"), ("_Service", "sdl")]


def test_every_enum_value_of_ours_says_what_it_means() -> None:
    """In English, with the Chinese word; introspection's and federation's own aside."""
    ours = [
        type_
        for name, type_ in SCHEMA.type_map.items()
        if isinstance(type_, GraphQLEnumType) and not name.startswith(("__", "link__"))
    ]
    assert len(ours) > 30
    said = re.compile(r"[A-Z][^()]*\([^()]*[\u4e00-\u9fff]+[^()]*\)[^()]*\.", re.DOTALL)
    for type_ in ours:
        told = {type_.name: type_.description} | {k: v.description for k, v in type_.values.items()}
        assert [name for name, text in told.items() if not said.fullmatch(text or "")] == []


@pytest.mark.parametrize("root", list(ALLOWED))
def test_each_role_may_ask_exactly_these_roots(root: str) -> None:
    """The snapshot of roles by root field: a change here, or in `may` of a capability's examples
    for the contract suite, is a decision."""
    told = {name: examples(one).may for one in REGISTRY for name in roots_of(one, root)}
    for one in REGISTRY:
        for name in {*roots_of(one, root)} - examples(one).may.keys() - ALLOWED[root].keys():
            where = f"may= of tests/contract/capabilities/{one}.py"
            pytest.fail(f'write "{name}": the roles who may ask for it, into {where}')
    allowed = {name: may[name] for name, may in told.items() if name in may}
    found = {}
    for name in SCHEMA.type_map[root].fields:
        policy = policy_of(SCHEMA.get_type(root), name)
        found[name] = {role for role in Role if policy is SIGNED_IN or policy in SCOPES[role]}
    assert found == {**allowed, **ALLOWED[root]}


def needs(text: str) -> set[Scope | None]:
    """The scopes of a valid document's only operation."""
    document = parse(text)
    assert not validate(SCHEMA, document)
    operation = next(d for d in document.definitions if isinstance(d, OperationDefinitionNode))
    found = required_scopes(SCHEMA, operation, fragments_of(document))
    return {requirement.scope for requirement in found}


def test_scopes_are_found_through_fragments_and_interfaces() -> None:
    """Nested named fragments, inline fragments on an interface's types, fields of other policy."""
    text = """query { node(id: "x") { __typename id ...Any } }
        fragment Any on Node { ... on Incident { ...Inner } }
        fragment Inner on Incident { title orders { recipients { officer { unit { code } } } } }"""
    assert needs(text) == {
        Scope.INCIDENTS_READ,
        Scope.ORDERS_READ,
        Scope.PEOPLE_READ,
        Scope.UNITS_READ,
    }
    assert needs('{ node(id: "x") { __typename id } }') == set()


@pytest.mark.parametrize(
    "text",
    [
        "{ __schema { types { name } } }",
        '{ __type(name: "Order") { name } }',
        "{ _service { sdl } }",
        "{ ...F } fragment F on Query { __schema { queryType { name } } }",
    ],
)
def test_the_schema_is_shown_to_developers_only(text: str) -> None:
    """Introspection and the subgraph's text; an officer's app needs neither."""
    assert needs(text) == {Scope.DEVELOPER}


def test_a_field_without_policy_is_refused_to_everybody() -> None:
    """Deny by default: whoever forgets to declare shows nothing."""
    field = SCHEMA.type_map["Unit"].fields["note"]
    before = declaration(field)
    assert before is not None
    attach(field, Projection())
    try:
        document = parse("{ units { note } }")
        operation = document.definitions[0]
        assert isinstance(operation, OperationDefinitionNode)
        required = required_scopes(SCHEMA, operation, {})
        (error,) = check(required, principal(Role.ADMIN))
    finally:
        attach(field, before)
    assert error.extensions == {"code": "FORBIDDEN"}
    assert error.path == ["units", "note"]


async def test_nothing_runs_without_the_scope(run: Run) -> None:
    """A forbidden field refuses the whole operation, and what it would have done is not done."""
    text = """mutation { openIncident(input: {clientMutationId: "p1", kind: CROWD, title: "试"}) {
        incident { id } } }"""
    answer = await run(text, OFFICER)
    assert code_of(answer) == "FORBIDDEN"
    assert "data" not in answer
    assert answer["errors"][0]["path"] == ["openIncident"]
    found = await run("{ incidents { nodes { number } } }", WATCH)
    assert found["data"]["incidents"]["nodes"] == []


async def test_an_alias_does_not_hide_a_field(run: Run) -> None:
    """The path in the error is the caller's own."""
    answer = await run("{ a: me { login } b: officers { nodes { login } } }", OFFICER)
    assert code_of(answer) == "FORBIDDEN"
    assert answer["errors"][0]["path"] == ["b"]


@pytest.mark.parametrize("by", [OFFICER, PARTNER])
async def test_a_node_of_a_forbidden_type_looks_absent(run: Run, by: Principal) -> None:
    """`node` and `_entities` follow the policy of the type, whatever is selected."""
    mine = global_id("Officer", "officer2")
    assert await run("query ($id: ID!) { node(id: $id) { id } }", by, id=mine) == {
        "data": {"node": None}
    }


async def test_an_officer_may_ask_who_and_sees_whom_the_rows_allow(run: Run) -> None:
    """`openedBy` and its like: an officer reads their own name and who at the centre it was, of
    nobody else that there is one; a partner may not ask; the list of officers stays for desks."""
    text = """mutation ($kind: IncidentKind!) { openIncident(input: {clientMutationId: "who",
        kind: $kind, title: "试", units: ["SAO"]}) { incident { id } } }"""
    incident = (await run(text, kind="CROWD"))["data"]["openIncident"]["incident"]["id"]
    asked = "query ($id: ID!) { incident(id: $id) { title openedBy { name } } }"
    seen = (await run(asked, OFFICER, id=incident))["data"]["incident"]
    assert seen == {"title": "试", "openedBy": {"name": "值班员"}}
    assert (await run("{ officers { nodes { login } } }", OFFICER))["errors"]
    other = global_id("Officer", "officer17")
    node = "query ($id: ID!) { node(id: $id) { id } }"
    assert (await run(node, OFFICER, id=other))["data"]["node"] is None
    found = (await run(asked, WATCH, id=incident))["data"]["incident"]
    assert found["openedBy"]["name"]
    assert code_of(await run(asked, PARTNER, id=incident)) == "FORBIDDEN"
    mine = global_id("Officer", OFFICER.account_id)
    text = "query ($id: ID!) { node(id: $id) { ... on Officer { login } } }"
    assert (await run(text, OFFICER, id=mine))["data"]["node"] == {"login": OFFICER.login}


async def test_suggestions_are_for_developers(run: Run) -> None:
    """A typing mistake tells an officer's token nothing about the schema."""
    told = await run("{ me { logi } }", LIAISON)
    untold = await run("{ me { logi } }", OFFICER)
    assert "login" in told["errors"][0]["message"]
    assert "login" not in untold["errors"][0]["message"]
    assert code_of(untold) == "GRAPHQL_VALIDATION_FAILED"


def test_every_subscription_has_its_source() -> None:
    """What can be followed is exactly what the live engine knows how to ask."""
    assert set(SCHEMA.type_map["Subscription"].fields) == set(SOURCES)
