"""Ids of several datasets through the schema: read by readers, decided by administrators."""

import asyncio
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from schema_builders import (
    NOW,
    OFFICER,
    PARTNER,
    WATCH,
    Followed,
    Run,
    call_doc,
    code_of,
    codes_of,
    condition_doc,
    principal,
)
from schema_builders import stop_place_doc as place_doc

from hub.bus import Bus, Change, ChangeKind, Cursor
from hub.clock import ManualClock, manual
from hub.model.people import Role, Scope
from hub.store.driver import Store
from hub.store.tail import ChangeTail
from schema.context import Services
from schema.executing.documents import Documents
from schema.live.engine import LiveEngine
from schema.live.source import SOURCES
from schema.nodes import global_id, split_id
from schema.root import build_schema, graphql_schema

ADMIN = principal(Role.ADMIN, "admin")
FIELDS = """id code scheme dataset nativeId canonicalId method confidence state validFrom validTo
    decidedAt stopPlace { scopedId } canonical { scopedId name }"""
_keys = count(1)
CONFIRM = f"""mutation ($input: ConfirmIdMappingInput!) {{ confirmIdMapping(input: $input) {{
    clientMutationId userErrors {{ code path message }} replaced
    idMapping {{ {FIELDS} decidedBy {{ login }} }} }} }}"""
REJECT = """mutation ($input: RejectIdMappingInput!) { rejectIdMapping(input: $input) {
    clientMutationId userErrors { code path } idMapping { code state } } }"""
LIST = f"""query ($state: MappingState, $dataset: String, $first: Int! = 50, $after: String) {{
    idMappings(state: $state, dataset: $dataset, first: $first, after: $after) {{
      nodes {{ {FIELDS} }} pageInfo {{ hasNextPage endCursor }} }} }}"""
UNMATCHED = """query ($dataset: String, $first: Int! = 50, $after: String) {
    unmatchedStopPlaces(dataset: $dataset, first: $first, after: $after) {
      nodes { stopPlace { scopedId name kind } proposals { state method canonical { name } } }
      pageInfo { hasNextPage endCursor } } }"""
CONDITIONS = "query ($at: ID) { facilityConditions(stopPlace: $at) { nodes { scopedId } } }"
FOLLOW = """subscription { facilityConditions(stopPlace: "netex:1") {
    change node { scopedId } } }"""
PLACE = "query ($id: ID!) { stopPlace(id: $id) { scopedId ids sameAs { scopedId name } } }"
BOARD = """query ($at: ID!) { departures(stopPlace: $at, from: "2026-03-02T08:00:00Z",
    until: "2026-03-02T12:00:00Z") { nodes { journey { publicCode } } } }"""


@pytest.fixture(autouse=True)
async def picture(store: Store):
    """The railway's station, the same one in another dataset, a departure in each."""
    for name in ("stop_places", "calls", "id_mappings", "facility_conditions"):
        await store.db[name].delete_many({})
    elsewhere = place_doc("metro:9", "别处") | {"location": None, "name": {"zh": "别处"}}
    places = [place_doc(), place_doc("netex:1", "上海火车站"), elsewhere]
    await store.db["stop_places"].insert_many(places)
    with manual(NOW) as clock:
        yield clock


async def confirmed(run: Run, by: Any = ADMIN, **fields: Any) -> dict[str, Any]:
    key = f"k{next(_keys)}"
    given = {"clientMutationId": key, "stopPlace": "netex:1", "canonical": "railway:SHH", **fields}
    answer = await run(CONFIRM, by, input=given)
    return answer["data"]["confirmIdMapping"] if "data" in answer else answer


async def test_a_confirmed_mapping_shows_on_both_places(run: Run, picture: ManualClock):
    """By a scoped id or a global one; the answer says who decided, and when."""
    given = {"clientMutationId": "shows", "stopPlace": global_id("StopPlace", "netex:1")}
    payload = await confirmed(run, **given)
    assert (payload["clientMutationId"], payload["userErrors"]) == ("shows", [])
    found = payload["idMapping"]
    assert found["code"] == "STOP_PLACE:netex:1=railway:SHH"
    assert (found["method"], found["confidence"], found["state"]) == ("MANUAL", 1.0, "CONFIRMED")
    assert (found["decidedBy"], found["decidedAt"]) == ({"login": "admin"}, "2026-03-02T09:00:00Z")
    assert found["stopPlace"] == {"scopedId": "netex:1"}
    assert found["canonical"] == {"scopedId": "railway:SHH", "name": "上海站"}
    for place, other in (("railway:SHH", "netex:1"), ("netex:1", "railway:SHH")):
        shown = (await run(PLACE, OFFICER, id=place))["data"]["stopPlace"]
        assert shown["scopedId"] == place
        assert shown["ids"] == ["railway:SHH", "netex:1"]
        assert [same["scopedId"] for same in shown["sameAs"]] == [other]


async def test_without_a_decision_places_are_what_they_are(
    run: Run, services: Services, picture: ManualClock
):
    """A proposal is listed and has no effect on places and boards."""
    await services.identity.propose("netex")
    (listed,) = (await run(LIST, OFFICER, state="PROPOSED"))["data"]["idMappings"]["nodes"]
    assert (listed["method"], listed["decidedAt"]) == ("NAME", None)
    shown = (await run(PLACE, OFFICER, id="railway:SHH"))["data"]["stopPlace"]
    assert (shown["ids"], shown["sameAs"]) == (["railway:SHH"], [])


async def test_a_board_by_either_id_shows_both(run: Run, store: Store, picture: ManualClock):
    """Also by an id that no timetable tells of; until then that is not found."""
    calls = [call_doc("G1"), call_doc("G2", at="netex:1")]
    await store.db["calls"].insert_many(calls)

    async def board(place: str) -> set[str]:
        nodes = (await run(BOARD, OFFICER, at=place))["data"]["departures"]["nodes"]
        return {node["journey"]["publicCode"] for node in nodes}

    assert await board("railway:SHH") == {"G1"}
    assert code_of(await run(BOARD, OFFICER, at="other:77")) == "NOT_FOUND"
    await confirmed(run)
    await confirmed(run, stopPlace="other:77")
    for place in ("railway:SHH", "netex:1", "other:77"):
        assert await board(place) == {"G1", "G2"}
    known = (await run(PLACE, OFFICER, id="other:77"))["data"]["stopPlace"]
    assert known["scopedId"] == "railway:SHH"
    await store.db["calls"].delete_many({})
    assert await board("other:77") == set()


async def test_conditions_by_either_id_are_those_of_both(run: Run, store: Store, picture):
    """Lifts a dataset tells of under its own id are the station's; then no more, when rejected."""
    lifts = [condition_doc("L1"), condition_doc("L2", stop_place_id="netex:1")]
    await store.db["facility_conditions"].insert_many(lifts)

    async def shown(place: str) -> set[str]:
        nodes = (await run(CONDITIONS, OFFICER, at=place))["data"]["facilityConditions"]["nodes"]
        return {node["scopedId"] for node in nodes}

    one, other = (lift["_id"] for lift in lifts)
    assert (await shown("railway:SHH"), await shown("netex:1")) == ({one}, {other})
    assert code_of(await run(CONDITIONS, OFFICER, at="other:77")) == "NOT_FOUND"
    await confirmed(run)
    await confirmed(run, stopPlace="other:77")
    for place in ("railway:SHH", "netex:1", "other:77", global_id("StopPlace", "netex:1")):
        assert await shown(place) == {one, other}
    await store.db["facility_conditions"].delete_many({})
    assert await shown("other:77") == set()
    mapping = {
        "clientMutationId": f"r{next(_keys)}",
        "idMapping": "STOP_PLACE:other:77=railway:SHH",
    }
    await run(REJECT, ADMIN, input=mapping)
    assert code_of(await run(CONDITIONS, OFFICER, at="other:77")) == "NOT_FOUND"


async def test_who_follows_conditions_by_one_id_hears_of_the_other_s(
    run: Run, store: Store, services: Services, bus: Bus, picture
):
    """From the decision on, without asking anew; a third place's lift is not asked for."""
    told = Followed()
    lifts = [condition_doc("L0", stop_place_id="netex:1"), condition_doc("L1")]
    await store.db["facility_conditions"].insert_many(lifts)
    schema = graphql_schema(build_schema())
    engine = LiveEngine(schema, bus, services.context, services.operations.database_answers)
    tail = ChangeTail(store, bus, "identity")
    same_as = services.transit.same_as
    tasks = [asyncio.create_task(work) for work in (tail.run(), same_as.follow(bus))]
    try:
        async with asyncio.timeout(60):
            await tail.ready.wait()
            await same_as.news()
            prepared = Documents(schema).prepare(FOLLOW)
            await engine.subscribe(prepared, {}, OFFICER, told)
            assert (await told.next())["change"] == "SNAPSHOT"
            await confirmed(run)
            added = await told.next()
            assert (added["change"], added["node"]["scopedId"]) == ("ADDED", "railway:L1")
            await store.db["facility_conditions"].insert_one(
                condition_doc("L2", stop_place_id="railway:SHH")
            )
            assert (await told.next())["node"] == {"scopedId": "railway:L2"}
        here, context = {"stopPlace": "netex:1"}, services.context(OFFICER)
        for place, matters in (("railway:SHH", True), ("netex:1", True), ("metro:9", False)):
            lift = condition_doc("L3", stop_place_id=place)
            change = Change(Cursor(1, 1, 0), "facility_conditions", ChangeKind.INSERTED, "x", lift)
            assert SOURCES["facilityConditions"].concerns(change, here, context) is matters
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await engine.close()


async def test_a_decision_can_be_corrected_and_taken_back(
    run: Run, store: Store, picture: ManualClock
):
    """Confirming another replaces; rejecting ends the effect; both are on the audit log."""
    await store.db["audit"].delete_many({})
    await confirmed(run)
    payload = await confirmed(run, canonical="metro:9")
    assert payload["replaced"] == [global_id("IdMapping", "STOP_PLACE:netex:1=railway:SHH")]
    mapping = payload["idMapping"]["id"]
    for given in (mapping, "STOP_PLACE:netex:1=metro:9"):
        answer = await run(
            REJECT, ADMIN, input={"clientMutationId": f"r{next(_keys)}", "idMapping": given}
        )
        assert answer["data"]["rejectIdMapping"]["idMapping"]["state"] == "REJECTED"
    shown = (await run(PLACE, OFFICER, id="netex:1"))["data"]["stopPlace"]
    assert shown["ids"] == ["netex:1"]
    rows = await store.db["audit"].find().to_list()
    assert {(row["actor"], row["authority"], row["session"]) for row in rows} == {
        (ADMIN.login, "ADMIN", ADMIN.session_id)
    }
    changes = [(row["action"], (row["before"] or {}).get("state")) for row in rows]
    assert sorted(changes, key=str) == [
        ("idMapping.confirmed", None),
        ("idMapping.confirmed", None),
        ("idMapping.rejected", "CONFIRMED"),
        ("idMapping.rejected", "CONFIRMED"),
    ]


async def test_a_decision_is_taken_once_per_key(
    run: Run, store: Store, picture: ManualClock
) -> None:
    """Sent again it answers the same and undoes nothing that was decided since; the same key for
    another decision is refused; a key that only failed is free."""
    await confirmed(run, canonical="metro:9")
    first = await confirmed(run, clientMutationId="once")
    assert [split_id(one)[1] for one in first["replaced"]] == ["STOP_PLACE:netex:1=metro:9"]
    assert await confirmed(run, clientMutationId="once") == first
    reject = {"clientMutationId": "twice", "idMapping": first["idMapping"]["code"]}
    for _ in range(2):
        answer = (await run(REJECT, ADMIN, input=reject))["data"]["rejectIdMapping"]
        assert answer["idMapping"]["state"] == "REJECTED"
    again = await confirmed(run, clientMutationId="once")
    assert (again["replaced"], again["idMapping"]["state"]) == (first["replaced"], "REJECTED")
    (error,) = (await confirmed(run, clientMutationId="once", canonical="metro:9"))["userErrors"]
    assert error["code"] == "IDEMPOTENCY_CONFLICT"
    rows = store.db["audit"].find({"target": reject["idMapping"]}).sort("$natural", 1)
    acts = [row["action"] async for row in rows]
    assert acts[-2:] == ["idMapping.confirmed", "idMapping.rejected"]
    (error,) = (await confirmed(run, clientMutationId="free", canonical="netex:2"))["userErrors"]
    assert error["code"] == "SAME_DATASET"
    assert (await confirmed(run, clientMutationId="free"))["userErrors"] == []
    (error,) = (await confirmed(run, clientMutationId=" "))["userErrors"]
    assert (error["code"], error["path"]) == ("BAD_KEY", ["input", "clientMutationId"])


@pytest.mark.parametrize("caller", [WATCH, OFFICER, PARTNER])
async def test_only_an_administrator_decides(run: Run, caller, store: Store, picture: ManualClock):
    """Everybody else is refused before anything runs, and is not told who decided."""
    assert codes_of(await confirmed(run, caller)) == {"FORBIDDEN"}
    rejected = {"clientMutationId": f"r{next(_keys)}", "idMapping": "x"}
    assert code_of(await run(REJECT, caller, input=rejected)) == "FORBIDDEN"
    assert await store.db["id_mappings"].count_documents({}) == 0
    named = "{ idMappings { nodes { decidedBy { login } } } }"
    assert codes_of(await run(named, caller)) == {"FORBIDDEN"}
    assert (await run(LIST, caller))["data"]["idMappings"]["nodes"] == []


@pytest.mark.parametrize(
    ("fields", "code", "path"),
    [
        ({"stopPlace": "nocolon"}, "BAD_ID", ["input", "stopPlace"]),
        ({"stopPlace": global_id("Feed", "x")}, "BAD_ID", ["input", "stopPlace"]),
        ({"canonical": "netex:2"}, "SAME_DATASET", ["input", "canonical"]),
        ({"canonical": "railway:XX"}, "UNKNOWN_STOP_PLACE", ["input", "canonical"]),
        (
            {"validFrom": "2026-03-02T09:00:00Z", "validTo": "2026-03-02T09:00:00Z"},
            "BAD_PERIOD",
            ["input", "validTo"],
        ),
    ],
)
async def test_what_cannot_be_confirmed_says_where(run: Run, fields, code, path, picture):
    """A user error with its code and the argument; nothing is written."""
    payload = await confirmed(run, **fields)
    (error,) = payload["userErrors"]
    assert (error["code"], error["path"]) == (code, path)
    assert payload["idMapping"] is None
    assert (await run(LIST, OFFICER))["data"]["idMappings"]["nodes"] == []


async def test_an_unknown_mapping_cannot_be_rejected(run: Run, picture):
    """Said as a user error."""
    answer = await run(
        REJECT, ADMIN, input={"clientMutationId": f"r{next(_keys)}", "idMapping": "nothing"}
    )
    assert answer["data"]["rejectIdMapping"]["userErrors"][0]["code"] == "NOT_FOUND"


async def test_the_list_is_paged(run: Run, picture):
    """By code; a cursor goes on where the page ended; a bad one is refused."""
    for number in range(3):
        await confirmed(run, stopPlace=f"x:{number}")
    first = (await run(LIST, OFFICER, first=2))["data"]["idMappings"]
    assert [node["nativeId"] for node in first["nodes"]] == ["0", "1"]
    assert first["pageInfo"]["hasNextPage"] is True
    cursor = first["pageInfo"]["endCursor"]
    rest = (await run(LIST, OFFICER, after=cursor))["data"]["idMappings"]
    assert [node["nativeId"] for node in rest["nodes"]] == ["2"]
    assert code_of(await run(LIST, OFFICER, after="nonsense")) == "BAD_CURSOR"
    assert (await run(LIST, OFFICER, dataset="metro"))["data"]["idMappings"]["nodes"] == []
    assert code_of(await run(LIST, OFFICER, dataset="y")) == "NOT_FOUND"


async def unmatched(run: Run, **arguments: Any) -> list[str]:
    nodes = (await run(UNMATCHED, OFFICER, **arguments))["data"]["unmatchedStopPlaces"]["nodes"]
    return [node["stopPlace"]["scopedId"] for node in nodes]


async def test_a_place_is_unmatched_until_a_mapping_of_it_is_confirmed(
    run: Run, services: Services, picture: ManualClock
):
    """A proposal stands beside both of its places; a decision takes them off, rejecting puts back.

    So does the end of the mapping's time.
    """
    assert await unmatched(run) == ["metro:9", "netex:1", "railway:SHH"]
    await services.identity.propose("netex")
    (shown,) = (await run(UNMATCHED, OFFICER, dataset="netex"))["data"]["unmatchedStopPlaces"][
        "nodes"
    ]
    assert shown["stopPlace"] == {
        "scopedId": "netex:1",
        "name": "上海火车站",
        "kind": "RAIL_STATION",
    }
    proposal = {"state": "PROPOSED", "method": "NAME", "canonical": {"name": "上海站"}}
    assert shown["proposals"] == [proposal]
    await confirmed(run, validTo="2026-03-02T10:00:00Z")
    assert await unmatched(run) == ["metro:9"]
    picture.advance(seconds=3600)
    assert await unmatched(run) == ["metro:9", "netex:1", "railway:SHH"]
    await confirmed(run)
    rejected = {
        "clientMutationId": f"r{next(_keys)}",
        "idMapping": "STOP_PLACE:netex:1=railway:SHH",
    }
    await run(REJECT, ADMIN, input=rejected)
    nodes = (await run(UNMATCHED, OFFICER))["data"]["unmatchedStopPlaces"]["nodes"]
    assert [node["proposals"] for node in nodes] == [[], [], []]


async def test_what_is_unmatched_is_paged(run: Run, picture: ManualClock):
    """By scoped id; a matched place between two pages is left out; bad arguments are refused."""
    first = (await run(UNMATCHED, OFFICER, first=2))["data"]["unmatchedStopPlaces"]
    assert first["pageInfo"]["hasNextPage"] is True
    cursor = first["pageInfo"]["endCursor"]
    assert await unmatched(run, after=cursor) == ["railway:SHH"]
    assert code_of(await run(UNMATCHED, OFFICER, dataset="nobody")) == "NOT_FOUND"
    await confirmed(run, stopPlace="other:77")
    assert await unmatched(run, after=cursor) == []
    assert code_of(await run(UNMATCHED, OFFICER, after="nonsense")) == "BAD_CURSOR"
    for size in (0, 201):
        assert code_of(await run(UNMATCHED, OFFICER, first=size)) == "BAD_FIRST"


async def test_what_is_unmatched_is_for_readers_of_feeds(run: Run, picture: ManualClock):
    """A token without feeds:read gets nothing of it, and nobody but administrators who decided."""
    reader = principal(Role.PARTNER)
    scopes = reader.scopes - {Scope.FEEDS_READ}
    answer = await run(UNMATCHED, replace(reader, scopes=scopes))
    assert code_of(answer) == "FORBIDDEN"
    assert "data" not in answer
    decided = "{ unmatchedStopPlaces { nodes { proposals { decidedBy { login } } } } }"
    assert code_of(await run(decided, WATCH)) == "FORBIDDEN"
