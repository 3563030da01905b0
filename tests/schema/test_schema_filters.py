"""A filter by what nobody knows, or may not see, is told so: never an empty list."""

from typing import Any

import pytest
from schema_builders import LIAISON, WATCH, Run, code_of, feed_doc, principal

from hub.model.people import Principal, Role
from hub.operations.incidents.actions import open_incident, request_of
from hub.store.driver import Store
from schema.context import Services
from schema.executing.errors import RefusedError
from schema.executing.executor import Executor
from schema.live.engine import LiveEngine
from schema.nodes import global_id
from schema.root import build_schema, graphql_schema

ADMIN = principal(Role.ADMIN, "admin")
UNKNOWN = [
    ("incidents", "unit", "Unit", "nodes"),
    ("incidents", "incident", "Incident", "nodes"),
    ("officers", "unit", "Unit", "nodes"),
    ("orders", "incident", "Incident", "nodes"),
    ("departures", "stopPlace", "StopPlace", "nodes"),
    ("arrivals", "stopPlace", "StopPlace", "nodes"),
    ("facilityConditions", "stopPlace", "StopPlace", None),
    ("idMappings", "dataset", None, "nodes"),
    ("unmatchedStopPlaces", "dataset", None, "nodes"),
]


@pytest.mark.parametrize(("name", "argument", "kind", "inside"), UNKNOWN)
async def test_an_unknown_filter_is_not_found(
    run: Run, name: str, argument: str, kind: str | None, inside: str | None
) -> None:
    """At its argument, by whichever kind of id it is named."""
    selected = f"{{ {inside} {{ __typename }} }}" if inside else "{ __typename }"
    for given in ["no-such", *([global_id(kind, "no-such")] if kind else [])]:
        answer = await run(f'{{ {name}({argument}: "{given}") {selected} }}', ADMIN)
        assert code_of(answer) == "NOT_FOUND"
        (error,) = answer["errors"]
        assert error["extensions"]["argument"] == [argument]
        assert "未找到" in error["message"]


async def test_a_known_filter_without_rows_is_empty(run: Run, store: Store) -> None:
    """A unit without incidents, and a dataset of a feed that has told of no stop place yet."""
    await store.db["feeds"].insert_one(feed_doc("new-feed", dataset="new-dataset"))
    text = """{ incidents(unit: "PSS") { nodes { id } }
        idMappings(dataset: "new-dataset") { nodes { id } }
        unmatchedStopPlaces(dataset: "new-dataset") { nodes { __typename } } }"""
    answer = await run(text, ADMIN)
    assert all(page == {"nodes": []} for page in answer["data"].values())


async def incident_of(services: Services, by: Principal, key: str, *units: str) -> Any:
    asked = request_of(kind="CROWD", title="客流", units=list(units))
    return await open_incident(services.operations.desk, by, asked, key)


async def test_one_incident_can_be_followed(run: Run, services: Services) -> None:
    """The only row, open or closed; in a state it is not in, none."""
    one = await incident_of(services, WATCH, "one-of", "CCT")
    await incident_of(services, WATCH, "other-of", "CCT")
    text = "query ($i: ID!) { incidents(incident: $i) { nodes { number } } }"
    answer = await run(text, WATCH, i=global_id("Incident", one.id))
    assert answer["data"] == {"incidents": {"nodes": [{"number": one.number}]}}
    closed = f'{{ incidents(incident: "{one.id}", state: CLOSED) {{ nodes {{ number }} }} }}'
    assert (await run(closed))["data"] == {"incidents": {"nodes": []}}
    assert code_of(await run(text, LIAISON, i=one.id)) == "NOT_FOUND"


async def test_what_may_not_be_seen_is_as_if_it_was_not_there(run: Run, services: Services) -> None:
    """The orders of another unit's incident: the same answer as for no incident at all."""
    other = await incident_of(services, WATCH, "foreign", "CCT")
    own = await incident_of(services, WATCH, "own", "RPS")
    text = "query ($i: ID!) { orders(incident: $i) { nodes { id } } }"
    assert (await run(text, LIAISON, i=own.id))["data"] == {"orders": {"nodes": []}}
    foreign = (await run(text, LIAISON, i=other.id))["errors"][0]
    absent = (await run(text, LIAISON, i="x" * len(other.id)))["errors"][0]
    assert foreign["extensions"] == absent["extensions"]
    assert foreign["message"].replace(other.id, "?") == absent["message"].replace("x" * 32, "?")
    assert (await run(text, WATCH, i=other.id))["data"] == {"orders": {"nodes": []}}


@pytest.mark.parametrize(
    "root",
    [
        'incidents(unit: "no-such")',
        'incidents(incident: "no-such")',
        'orders(incident: "no-such")',
        'departures(stopPlace: "x")',
        'officers(unit: "no-such")',
    ],
)
async def test_a_subscription_is_told_too(services: Services, bus: Any, root: str) -> None:
    """It is refused when it begins."""
    schema = graphql_schema(build_schema())
    engine = LiveEngine(schema, bus, services.context, services.operations.database_answers)
    prepared = await Executor(schema, services).prepare(
        f"subscription {{ {root} {{ cursor }} }}", None, WATCH
    )
    with pytest.raises(RefusedError) as refused:
        await engine.subscribe(prepared, {}, WATCH, lambda _payloads: None)
    assert [(error.extensions or {})["code"] for error in refused.value.errors] == ["NOT_FOUND"]
    await engine.close()


async def test_looking_one_up_is_null(run: Run) -> None:
    """A root that takes an id answers null for what is not there."""
    answer = await run('{ incident(id: "x") { id } order(id: "x") { id } node(id: "x") { id } }')
    assert answer == {"data": {"incident": None, "order": None, "node": None}}


async def test_an_id_of_the_wrong_type_is_told_in_words(run: Run) -> None:
    """Without an article that cannot be right for every type."""
    wrong = global_id("Unit", "PSS")
    answer = await run(f'{{ order(id: "{wrong}") {{ id }} }}')
    assert code_of(answer) == "BAD_ID"
    assert "type Unit; expected one of type Order" in answer["errors"][0]["message"]
