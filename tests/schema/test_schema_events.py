"""Subscriptions as the live engine executes them: one event at a time, from its source's rows."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from inspect import isawaitable
from typing import Any
from uuid import UUID

import pytest
from graphql import execute, get_argument_values
from schema_builders import NOW, OFFICER, WATCH, Run, call_doc, feed_doc, stop_place_doc

from hub.bus import Change, ChangeKind, Cursor
from hub.clock import ManualClock, manual
from hub.errors import UserFault
from hub.operations.incidents.store import IncidentRepository
from hub.store.driver import Store
from schema.context import SchemaContext, Services
from schema.executing import errors
from schema.executing.documents import Documents
from schema.live.rendering import Rendered, Renderer
from schema.live.source import SOURCES, ChangeType, LiveEvent
from schema.nodes import split_id
from schema.root import build_schema, graphql_schema

SCHEMA = graphql_schema(build_schema())
DOCUMENTS = Documents(SCHEMA)
HERE = {"stopPlace": "railway:SHH"}


@pytest.fixture(autouse=True)
async def clock() -> AsyncIterator[ManualClock]:
    """The hub's clock at NOW."""
    with manual(NOW) as mine:
        yield mine


@pytest.fixture
async def context(store: Store, services: Services) -> SchemaContext:
    """A context over a board of one departure and a coach."""
    for name in ("calls", "stop_places", "feeds"):
        await store.db[name].delete_many({})
    await store.db["feeds"].insert_one(feed_doc())
    await store.db["stop_places"].insert_one(stop_place_doc())
    await store.db["calls"].insert_many([call_doc(), call_doc("K3", minutes=20, mode="COACH")])
    await services.feeds.load()
    return services.context(WATCH)


async def event(text: str, context: SchemaContext, node: Any, change: ChangeType) -> Any:
    """One event executed with the event itself as the root value."""
    prepared = DOCUMENTS.prepare(text)
    result = execute(
        SCHEMA,
        prepared.document,
        root_value=LiveEvent("c1", change, node),
        context_value=context,
    )
    if isawaitable(result):
        result = await result
    return result.formatted


def changed(collection: str, document: dict[str, Any] | None, key: str = "x") -> Change:
    """A committed change."""
    return Change(Cursor(1, 1, 0), collection, ChangeKind.UPDATED, key, document)


async def test_an_event_is_executed_from_its_root_value(context: SchemaContext) -> None:
    """The operation's root field resolves to the event; its node reads like a row of the query."""
    text = """subscription { departures(stopPlace: "railway:SHH") { cursor change
        node { journey { publicCode } status stopPlace { kind } } } }"""
    source = SOURCES["departures"]
    (row, _) = await source.rows(context, HERE)
    assert await event(text, context, source.wrap(row), ChangeType.ADDED) == {
        "data": {
            "departures": {
                "cursor": "c1",
                "change": "ADDED",
                "node": {
                    "journey": {"publicCode": "G1"},
                    "status": "DELAYED",
                    "stopPlace": {"kind": "RAIL_STATION"},
                },
            }
        }
    }
    reset = await event(text, context, None, ChangeType.RESET)
    assert reset["data"]["departures"] == {"cursor": "c1", "change": "RESET", "node": None}


async def test_a_source_reads_coerced_arguments_by_their_graphql_names(
    context: SchemaContext,
) -> None:
    """What graphql-core makes of the literal arguments is what `rows` takes."""
    text = """subscription { departures(stopPlace: "railway:SHH", modes: [COACH],
        from: "2026-03-02T17:00:00+08:00", first: 1) { cursor } }"""
    (node,) = DOCUMENTS.prepare(text).operation.selection_set.selections
    root = SCHEMA.subscription_type
    assert root is not None
    arguments = get_argument_values(root.fields["departures"], node)  # type: ignore[arg-type]
    rows = await SOURCES["departures"].rows(context, arguments)
    assert [row["journey"]["public_code"] for row in rows] == ["K3"]
    vehicles = await SOURCES["vehicles"].rows(
        context, {"within": {"lat": 31.2, "lon": 121.4, "radiusMetres": 10.0}, "modes": None}
    )
    assert vehicles == []


async def test_bad_arguments_are_refused_before_anything_is_followed(
    context: SchemaContext,
) -> None:
    """As by the query of the same name."""
    for arguments in ({"stopPlace": "railway:NO"}, {**HERE, "first": 201}):
        with pytest.raises(UserFault):
            await SOURCES["departures"].rows(context, arguments)


def test_a_board_is_concerned_by_its_own_calls_only(context: SchemaContext) -> None:
    """Another stop place or mode does not make it ask again; a deleted call might, ids may."""
    concerns = SOURCES["departures"].concerns
    coaches = {**HERE, "modes": ["COACH"]}
    assert concerns(changed("calls", call_doc()), HERE, context)
    assert not concerns(changed("calls", call_doc(at="metro:L1-SHRS")), HERE, context)
    assert not concerns(changed("calls", call_doc()), coaches, context)
    assert concerns(changed("calls", None), coaches, context)
    assert concerns(changed("id_mappings", {"state": "REJECTED"}), coaches, context)


async def test_time_alone_changes_what_is_volatile(
    context: SchemaContext, clock: ManualClock
) -> None:
    """Freshness turns without any write; a row of the timetable does not."""
    volatile = SOURCES["departures"].volatile
    later = replace(context, now=NOW + timedelta(seconds=91))
    assert volatile(call_doc(), context) != volatile(call_doc(), later)
    planned = call_doc(late=None)
    assert volatile(planned, context) == volatile(planned, later)


async def test_an_order_is_touched_by_its_ledger_and_its_incident(
    run: Run, services: Services
) -> None:
    """A recipient's step names the order; an incident's change makes the order's row differ."""
    opened = await run(
        """mutation { openIncident(input: {clientMutationId: "e1", kind: CROWD, title: "x"}) {
            incident { id } } }"""
    )
    incident = opened["data"]["openIncident"]["incident"]["id"]
    await run(
        """mutation ($i: ID!) { dispatchOrder(input: {clientMutationId: "e2", incident: $i,
            text: "x", recipients: ["officer1"]}) { userErrors { code } } }""",
        i=incident,
    )
    source = SOURCES["orders"]
    (row,) = await source.rows(services.context(OFFICER), {"first": 5})
    ledger = {"subject_id": row["_id"], "lane": row["incident_id"]}
    assert source.related(changed("recipients", ledger)) == row["_id"]
    assert SOURCES["incidents"].related(changed("recipients", ledger)) == row["incident_id"]
    assert source.per_viewer
    await run(
        """mutation ($i: ID!) { closeIncident(input: {clientMutationId: "e3", incident: $i,
            outcome: "x"}) { userErrors { code } } }""",
        i=incident,
    )
    (after,) = await source.rows(services.context(OFFICER), {"first": 5})
    assert after["incident_revision"] != row["incident_revision"]
    assert await source.rows(services.context(OFFICER), {"state": "OPEN"}) == []


async def test_a_line_of_a_timeline_is_news_of_its_incident(run: Run, services: Services) -> None:
    """A line is a document of its own: it names its incident, and makes its orders' rows differ."""
    opened = await run(
        """mutation { openIncident(input: {clientMutationId: "t1", kind: CROWD, title: "x"}) {
            incident { id } } }"""
    )
    incident = opened["data"]["openIncident"]["incident"]["id"]
    await run(
        """mutation ($i: ID!) { dispatchOrder(input: {clientMutationId: "t2", incident: $i,
            text: "x", recipients: ["officer1"]}) { userErrors { code } } }""",
        i=incident,
    )
    key = split_id(incident)[1]
    sources = [SOURCES["incidents"], SOURCES["orders"]]
    assert all("timeline" in source.collections for source in sources)
    line = {"_id": f"{key}:x", "incident_id": key, "at": NOW, "by": "hub", "kind": "push.failed"}
    assert sources[0].related(changed("timeline", line)) == key
    (before,) = await sources[1].rows(services.context(WATCH), {"incident": incident})
    timeline = services.of(IncidentRepository)._store.db["timeline"]
    await timeline.insert_one({**line, "text": "x", "units": []})
    (after,) = await sources[1].rows(services.context(WATCH), {"incident": incident})
    assert before != after
    told = await run("query ($i: ID!) { incident(id: $i) { timeline { kind } } }", i=incident)
    kinds = [line["kind"] for line in told["data"]["incident"]["timeline"]]
    assert sorted(kinds) == ["INCIDENT_OPENED", "ORDER_DISPATCHED", "PUSH_FAILED"]


async def test_a_viewer_follows_only_what_it_may_see(services: Services, run: Run) -> None:
    """Rows of incidents and orders are the viewer's own."""
    await run(
        """mutation { openIncident(input: {clientMutationId: "v1", kind: FIRE, title: "x",
            units: ["SAN"]}) { incident { id } } }"""
    )
    theirs = await SOURCES["incidents"].rows(services.context(WATCH), {"unit": "SAN"})
    mine = await SOURCES["incidents"].rows(services.context(OFFICER), {"unit": "SAN"})
    assert (len(theirs), mine) == (1, [])


class Prepared:
    """An operation's events, rendered."""

    def __init__(self, text: str, context: SchemaContext) -> None:
        self.context = context
        self.renderer = Renderer(SCHEMA, DOCUMENTS.prepare(text), {})

    async def render(self, row: Any) -> Rendered:
        """The event of a row."""
        node = None if row is None else SOURCES["departures"].wrap(row)
        return await self.renderer.render(node, self.context)

    async def both(self, row: Any) -> tuple[Rendered, Rendered]:
        """The event as the plan completes it, and as graphql-core does."""
        quick = await self.render(row)
        plan, self.renderer._plan = self.renderer._plan, None
        walked = await self.render(row)
        self.renderer._plan = plan
        return quick, walked


@pytest.mark.parametrize("spoiled", [False, True])
async def test_a_planned_event_is_what_graphql_core_makes_of_it(
    context: SchemaContext, spoiled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Aliases, fragments, nulls; and the errors of a row that is none."""
    monkeypatch.setattr(errors, "uuid4", lambda: UUID(int=7))  # both tell the operator one number
    text = """subscription Board { now: departures(stopPlace: "railway:SHH") {
        __typename at: cursor ...Kind node { ...Row } } }
        fragment Kind on CallEvent { what: change }
        fragment Row on Call { id status journey { publicCode line { name } } stopPlace { name }
          actualPlatform freshness { state } }"""
    made = Prepared(text, context)
    assert made.renderer._plan is not None
    for row in [*await SOURCES["departures"].rows(context, HERE), None]:
        found = {**row, "status": "NONSENSE", "journey": 7} if row and spoiled else row
        quick, walked = await made.both(found)
        assert quick == walked
        assert bool(quick.errors) == (spoiled and row is not None)
        for error in quick.errors or ():
            assert error["path"][:2] == ["now", "node"]
            assert error["locations"]
            assert error["extensions"]["code"]


async def test_a_root_field_selected_twice_is_one_field(context: SchemaContext) -> None:
    """GraphQL merges both selections (specification, 5.2.3.1 and 6.3.2): neither is left out."""
    text = """subscription { departures(stopPlace: "railway:SHH") { cursor }
        departures(stopPlace: "railway:SHH") { node { status } } }"""
    made = Prepared(text, context)
    (row, _) = await SOURCES["departures"].rows(context, HERE)
    rendered = await made.render(row)
    assert [key for key, _, _ in rendered.keys or ()] == ["cursor", "node"]


async def test_what_needs_an_executor_is_executed(context: SchemaContext) -> None:
    """Directives with variables, and fields that await, are graphql-core's."""
    text = """subscription { departures(stopPlace: "railway:SHH") {
        cursor @include(if: true) node { id } } }"""
    made = Prepared(text, context)
    assert made.renderer._plan is None
    (row, _) = await SOURCES["departures"].rows(context, HERE)
    rendered = await made.render(row)
    assert [kind for _, kind, _ in rendered.keys or ()] == ["cursor", "node"]
