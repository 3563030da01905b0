"""Changing an incident while it goes on, passing an order on, answering over GraphQL."""

from itertools import count
from typing import Any

import pytest
from schema_builders import LIAISON, OFFICER, PARTNER, WATCH, Run, code_of, codes_of, principal

from hub.model.people import Principal, Role
from hub.store.driver import Store
from schema.nodes import global_id, split_id
from tests.schema.test_schema_operations import dispatched, opened

_keys = count(1)
FIELDS = """userErrors { code path message } incident { kind title description severity state place
  position { lat lon } units { code } outcome closedAt timeline { by { login } kind text } }"""


async def changed(run: Run, mutation: str, by: Principal = WATCH, **given: Any) -> dict[str, Any]:
    """The payload of one of the mutations of an incident; or the whole answer, where refused."""
    name = f"{mutation[0].upper()}{mutation[1:]}Input"
    text = f"mutation ($input: {name}!) {{ {mutation}(input: $input) {{ {FIELDS} }} }}"
    given = {"clientMutationId": f"change-{next(_keys)}", **given}
    answer = await run(text, by, input=given)
    return dict(answer["data"][mutation]) if answer.get("data") else answer


async def test_what_is_given_changes_and_what_is_absent_stays(run: Run) -> None:
    """A null takes a place away; the timeline names what was changed, and nothing more."""
    key = await opened(run, "upd", place="南广场", description="约二百人")
    payload = await changed(run, "updateIncident", incident=key, severity="SEVERE", place=None)
    incident = payload["incident"]
    assert payload["userErrors"] == []
    assert (incident["severity"], incident["place"]) == ("SEVERE", None)
    assert (incident["title"], incident["description"]) == ("北广场客流", "约二百人")
    assert incident["timeline"][-1] == {
        "by": {"login": "watch"},
        "kind": "INCIDENT_UPDATED",
        "text": "事件更新：严重程度、地点 / Incident updated: severity, place",
    }
    moved = await changed(run, "updateIncident", incident=key, position={"lat": 31.2, "lon": 121.4})
    assert moved["incident"]["position"] == {"lat": 31.2, "lon": 121.4}
    same = await changed(run, "updateIncident", incident=key, severity="SEVERE")
    assert len(same["incident"]["timeline"]) == 3


async def test_a_note_is_read_by_whoever_sees_the_incident(run: Run) -> None:
    """Written down once per key, by its writer."""
    key = await opened(run, "note", units=["RPS"])
    given = {"incident": key, "text": "已开放备用出口", "clientMutationId": "note-1"}
    first = await changed(run, "noteIncident", **given)
    assert await changed(run, "noteIncident", **given) == first
    text = "query ($id: ID!) { incident(id: $id) { timeline { by { login } kind text } } }"
    for by, person in ((WATCH, {"login": "watch"}), (LIAISON, {"login": "watch"})):
        seen = (await run(text, by, id=key))["data"]["incident"]["timeline"]
        assert seen[-1] == {"by": person, "kind": "INCIDENT_NOTED", "text": "已开放备用出口"}


async def test_a_long_timeline_is_read_in_pages_newest_first(run: Run) -> None:
    """Each line once; who may not see the incident, or gives no cursor of it, is told."""
    key = await opened(run, "long")
    for number in range(4):
        await changed(run, "noteIncident", incident=key, text=str(number))
    text = """query ($id: ID!, $after: String) {
      incidentTimeline(incident: $id, first: 2, after: $after) {
        nodes { kind text by { login } } pageInfo { hasNextPage hasPreviousPage endCursor } } }"""
    read, after, before = [], None, []
    while True:
        page = (await run(text, id=key, after=after))["data"]["incidentTimeline"]
        read += page["nodes"]
        before.append(page["pageInfo"]["hasPreviousPage"])
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert [line["text"] for line in read[:4]] == ["3", "2", "1", "0"]
    assert [line["kind"] for line in read[4:]] == ["INCIDENT_OPENED"]
    assert before == [False, True, True]
    for by, given, code in (
        (LIAISON, {"id": key}, "NOT_FOUND"),
        (WATCH, {"id": "nowhere"}, "NOT_FOUND"),
        (WATCH, {"id": key, "after": "x"}, "BAD_CURSOR"),
    ):
        (error,) = (await run(text, by, **given))["errors"]
        assert error["extensions"]["code"] == code


async def test_a_unit_that_is_added_sees_the_incident(run: Run) -> None:
    """Not before, and named once however often it is added."""
    key, text = await opened(run, "units"), "query ($id: ID!) { incident(id: $id) { number } }"
    assert (await run(text, PARTNER, id=key))["data"]["incident"] is None
    given = {"incident": key, "units": ["RWS", global_id("Unit", "RPS"), "RWS"]}
    payload = await changed(run, "addIncidentUnits", **given)
    assert [unit["code"] for unit in payload["incident"]["units"]] == ["RWS", "RPS"]
    again = await changed(run, "addIncidentUnits", **given)
    assert again["incident"]["timeline"] == payload["incident"]["timeline"]
    assert (await run(text, PARTNER, id=key))["data"]["incident"] is not None


async def test_a_closed_incident_goes_on(run: Run) -> None:
    """Open again, without its outcome; an open one is not reopened."""
    key = await opened(run, "again")
    await changed(run, "closeIncident", incident=key, outcome="已疏散")
    payload = await changed(run, "reopenIncident", incident=key, reason="人流再次聚集")
    incident = payload["incident"]
    assert (incident["state"], incident["outcome"], incident["closedAt"]) == ("OPEN", None, None)
    assert incident["timeline"][-1]["kind"] == "INCIDENT_REOPENED"
    (error,) = (await changed(run, "reopenIncident", incident=key, reason="再"))["userErrors"]
    assert (error["code"], error["path"]) == ("INCIDENT_OPEN", ["input", "incident"])


@pytest.mark.parametrize(
    ("mutation", "given", "code", "path"),
    [
        ("updateIncident", {}, "NOTHING_ASKED", ["input"]),
        ("updateIncident", {"title": " "}, "BAD_TEXT", ["input", "title"]),
        ("updateIncident", {"kind": None}, "BAD_VALUE", ["input", "kind"]),
        ("noteIncident", {"text": ""}, "BAD_TEXT", ["input", "text"]),
        ("addIncidentUnits", {"units": []}, "NOTHING_ASKED", ["input", "units"]),
        ("addIncidentUnits", {"units": ["RPS", "X"]}, "UNIT_UNKNOWN", ["input", "units", "1"]),
        ("reopenIncident", {"reason": ""}, "BAD_TEXT", ["input", "reason"]),
    ],
)
async def test_a_change_that_cannot_be_is_a_user_error(
    run: Run, mutation: str, given: dict[str, Any], code: str, path: list[str]
) -> None:
    """With its code and path; the incident stays as it was."""
    key = await opened(run, f"bad-{next(_keys)}")
    (error,) = (await changed(run, mutation, incident=key, **given))["userErrors"]
    assert (error["code"], error["path"]) == (code, path)
    text = "query ($id: ID!) { incident(id: $id) { timeline { kind } } }"
    timeline = (await run(text, id=key))["data"]["incident"]["timeline"]
    assert timeline == [{"kind": "INCIDENT_OPENED"}]


@pytest.mark.parametrize(
    ("mutation", "given"),
    [
        ("updateIncident", {"title": "别的"}),
        ("noteIncident", {"text": "记"}),
        ("addIncidentUnits", {"units": ["PSS"]}),
        ("reopenIncident", {"reason": "再"}),
    ],
)
async def test_who_may_not_change_an_incident_changes_nothing(
    run: Run, store: Store, mutation: str, given: dict[str, Any]
) -> None:
    """Neither an officer nor a partner; nor a liaison what another unit leads, but for notes."""
    key = await opened(run, f"denied-{next(_keys)}", units=["PSS", "RPS"])
    before = [row async for row in store.db["audit"].find()]
    for by in (OFFICER, PARTNER):
        assert codes_of(await changed(run, mutation, by, incident=key, **given)) == {"FORBIDDEN"}
    stranger = principal(Role.LIAISON, "stranger", "SAO")
    (error,) = (await changed(run, mutation, stranger, incident=key, **given))["userErrors"]
    assert error["code"] == "NOT_FOUND"
    if mutation != "noteIncident":
        (error,) = (await changed(run, mutation, LIAISON, incident=key, **given))["userErrors"]
        assert error["code"] == "FORBIDDEN"
    assert [row async for row in store.db["audit"].find()] == before


ORDER = """order { state recipients { stage escalatedFrom { login } officer { login } } }"""
REASSIGN = f"""mutation ($input: ReassignOrderInput!) {{ reassignOrder(input: $input) {{
    userErrors {{ code path }} {ORDER} }} }}"""
ANSWER = """mutation ($input: AcknowledgeOrderInput!) { acknowledgeOrder(input: $input) {
    userErrors { code path message } order { state recipients { stage } } } }"""


async def on_duty(store: Store, *logins: str) -> None:
    """Sign these demo officers in."""
    await store.db["accounts"].update_many({"login": {"$in": logins}}, {"$set": {"duty.on": True}})


async def test_an_order_is_given_to_somebody_else(run: Run, store: Store) -> None:
    """Whose part it was is out of it for good; the other is asked in that place."""
    await on_duty(store, "officer1", "officer2")
    order = await dispatched(run, "re-o", await opened(run, "re"), ["officer1"])
    given = {"order": order, "officer": "officer1", "to": "officer2", "reason": "距离较远"}
    answer = await run(REASSIGN, input={"clientMutationId": "re-1", **given})
    payload = answer["data"]["reassignOrder"]
    assert payload["userErrors"] == []
    assert [(r["officer"]["login"], r["stage"]) for r in payload["order"]["recipients"]] == [
        ("officer1", "CANCELLED"),
        ("officer2", "QUEUED"),
    ]
    late = {"clientMutationId": "late", "order": order, "answer": "ACCEPTED"}
    (error,) = (await run(ANSWER, OFFICER, input=late))["data"]["acknowledgeOrder"]["userErrors"]
    assert error["code"] == "ORDER_REASSIGNED"
    await on_duty(store, "officer3")
    again = await run(REASSIGN, input={"clientMutationId": "re-2", **given, "to": "officer3"})
    (error,) = again["data"]["reassignOrder"]["userErrors"]
    assert (error["code"], error["path"]) == ("PART_PASSED_ON", ["input", "officer"])


@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        ({"to": "nobody"}, "RECIPIENT_UNKNOWN", ["input", "to", "0"]),
        ({"to": "watch"}, "RECIPIENT_ROLE", ["input", "to", "0"]),
        ({"to": "officer1"}, "RECIPIENT_DUPLICATE", ["input", "to"]),
        ({"officer": "officer2"}, "NOT_A_RECIPIENT", ["input", "officer"]),
        ({"reason": " "}, "BAD_TEXT", ["input", "reason"]),
        ({"order": "nothing"}, "NOT_FOUND", ["input", "order"]),
    ],
)
async def test_an_order_that_cannot_be_given_on_stays_where_it_is(
    run: Run, store: Store, change: dict[str, Any], code: str, path: list[str]
) -> None:
    """The code and the argument's path; its recipient is asked as before."""
    await on_duty(store, "officer1", "officer2", "officer4")
    key = f"stay-{next(_keys)}"
    order = await dispatched(run, f"{key}-o", await opened(run, key), ["officer1"])
    given = {"order": order, "officer": "officer1", "to": "officer4", "reason": "远", **change}
    answer = await run(REASSIGN, input={"clientMutationId": f"{key}-r", **given})
    (error,) = answer["data"]["reassignOrder"]["userErrors"]
    assert (error["code"], error["path"]) == (code, path)
    key = (split_id(order) or ("", ""))[1]
    rows = store.db["recipients"].find({"subject_id": key})
    assert [row["stage"] async for row in rows] == ["QUEUED"]


async def test_an_officer_answers_over_graphql_as_by_phone(run: Run, store: Store) -> None:
    """Accepted, then done, each once per key; a stranger's answer finds nothing."""
    await on_duty(store, "officer1")
    order = await dispatched(run, "ans-o", await opened(run, "ans"), ["officer1"])
    given = {"clientMutationId": "ans-1", "order": order, "note": "马上到"}
    first = (await run(ANSWER, OFFICER, input=given))["data"]["acknowledgeOrder"]
    assert (first["userErrors"], first["order"]["recipients"][0]["stage"]) == ([], "ACCEPTED")
    assert (await run(ANSWER, OFFICER, input=given))["data"]["acknowledgeOrder"] == first
    other = {**given, "note": "别的"}
    (error,) = (await run(ANSWER, OFFICER, input=other))["data"]["acknowledgeOrder"]["userErrors"]
    assert error["code"] == "IDEMPOTENCY_CONFLICT"
    stranger = principal(Role.OFFICER, "officer9", "SAO")
    told = (await run(ANSWER, stranger, input={**given, "clientMutationId": "x"}))["data"]
    assert told["acknowledgeOrder"]["userErrors"][0]["code"] == "NOT_FOUND"
    done = {"clientMutationId": "ans-2", "order": order, "answer": "DONE"}
    last = (await run(ANSWER, OFFICER, input=done))["data"]["acknowledgeOrder"]["order"]
    assert (last["state"], last["recipients"][0]["stage"]) == ("COMPLETED", "DONE")
    assert code_of(await run(ANSWER, WATCH, input=done)) == "FORBIDDEN"
    passing = {"clientMutationId": "x", "order": order, "officer": "a", "to": "b", "reason": "r"}
    assert code_of(await run(REASSIGN, LIAISON, input=passing)) == "FORBIDDEN"
