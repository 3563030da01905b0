"""Incidents and orders through the schema: once per key, and only what is the caller's to see."""

from typing import Any

import pytest
from schema_builders import LIAISON, OFFICER, PARTNER, WATCH, Run, code_of, principal

from hub.model.people import Principal, Role
from hub.store.driver import Store
from schema.nodes import global_id, split_id

OPEN = """mutation ($input: OpenIncidentInput!) { openIncident(input: $input) {
    clientMutationId userErrors { code path message }
    incident { id number kind severity state title place position { lat lon } units { code name }
      openedBy { login } openedAt closedAt outcome exercise
      timeline { at by { login } kind text } } } }"""
DISPATCH = """mutation ($input: DispatchOrderInput!) { dispatchOrder(input: $input) {
    clientMutationId userErrors { code path message } order { id number state } } }"""
ORDER = """query ($id: ID!) { order(id: $id) { number text priority state acceptWithinSeconds
    exhaustedAt incident { number title } escalation { login }
    recipients { stage officer { login name unit { code } } entries { stage at channel }
      nextStepAt escalatedFrom { login } } } }"""


async def opened(run: Run, key: str, **fields: Any) -> str:
    """The id of a new incident."""
    fields = {"kind": "CROWD", "title": "北广场客流", **fields}
    answer = await run(OPEN, WATCH, input={"clientMutationId": key, **fields})
    payload = answer["data"]["openIncident"]
    assert payload["userErrors"] == []
    return str(payload["incident"]["id"])


async def dispatched(run: Run, key: str, incident: str, recipients: list[str]) -> str:
    """The id of a new order."""
    given = {"clientMutationId": key, "incident": incident, "text": "到场疏导"}
    answer = await run(DISPATCH, WATCH, input={**given, "recipients": recipients})
    payload = answer["data"]["dispatchOrder"]
    assert payload["userErrors"] == []
    return str(payload["order"]["id"])


async def test_an_incident_is_opened_once_per_key(run: Run) -> None:
    """Sent again the answer is the same; with another title the key is refused."""
    given = {
        "clientMutationId": "once",
        "kind": "CROWD",
        "title": "南广场客流",
        "severity": "MODERATE",
        "place": "南广场",
        "position": {"lat": 31.248, "lon": 121.455},
        "units": ["PSS", global_id("Unit", "RPS")],
    }
    first = await run(OPEN, WATCH, input=given)
    incident = first["data"]["openIncident"]["incident"]
    assert first["data"]["openIncident"]["clientMutationId"] == "once"
    assert [unit["code"] for unit in incident["units"]] == ["PSS", "RPS"]
    assert incident["position"] == {"lat": 31.248, "lon": 121.455}
    assert (incident["openedBy"], incident["state"]) == ({"login": "watch"}, "OPEN")
    assert [line["kind"] for line in incident["timeline"]] == ["INCIDENT_OPENED"]
    assert await run(OPEN, WATCH, input=given) == first
    other = await run(OPEN, WATCH, input={**given, "title": "别的"})
    (error,) = other["data"]["openIncident"]["userErrors"]
    assert error["code"] == "IDEMPOTENCY_CONFLICT"
    assert other["data"]["openIncident"]["incident"] is None


@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        ({"title": "  "}, "BAD_TEXT", ["input", "title"]),
        ({"units": ["XXX"]}, "UNIT_UNKNOWN", ["input", "units", "0"]),
        ({"units": [global_id("Feed", "x")]}, "BAD_ID", ["input", "units"]),
        ({"position": {"lat": 200, "lon": 0}}, "BAD_POSITION", ["input", "position", "lat"]),
        ({"clientMutationId": ""}, "BAD_KEY", ["input", "clientMutationId"]),
    ],
)
async def test_what_cannot_be_done_comes_back_as_user_errors(
    run: Run, change: dict[str, Any], code: str, path: list[str]
) -> None:
    """With the code and the argument's path; nothing is written."""
    before = await run("{ incidents(first: 200) { nodes { id } } }")
    given = {"clientMutationId": f"bad-{code}", "kind": "CROWD", "title": "试", **change}
    payload = (await run(OPEN, WATCH, input=given))["data"]["openIncident"]
    (error,) = payload["userErrors"]
    assert (error["code"], error["path"]) == (code, path)
    assert error["message"]
    assert payload["incident"] is None
    assert await run("{ incidents(first: 200) { nodes { id } } }") == before


async def test_an_order_shows_its_ledger(run: Run) -> None:
    """By login and by Relay id; each recipient begins queued, with its timer running."""
    incident = await opened(run, "ledger")
    given = {
        "clientMutationId": "order-1",
        "incident": incident,
        "text": "到北广场疏导",
        "recipients": ["officer1", global_id("Officer", "officer2")],
        "escalation": ["officer3"],
        "acceptWithinSeconds": 90,
    }
    payload = (await run(DISPATCH, WATCH, input=given))["data"]["dispatchOrder"]
    assert payload["userErrors"] == []
    order = (await run(ORDER, id=payload["order"]["id"]))["data"]["order"]
    assert (order["priority"], order["state"], order["acceptWithinSeconds"]) == (
        "URGENT",
        "OPEN",
        90,
    )
    assert order["incident"]["title"] == "北广场客流"
    assert order["escalation"] == [{"login": "officer3"}]
    assert [row["officer"]["login"] for row in order["recipients"]] == ["officer1", "officer2"]
    assert {row["stage"] for row in order["recipients"]} == {"QUEUED"}
    assert order["recipients"][0]["nextStepAt"]
    assert order["recipients"][0]["entries"][0]["stage"] == "QUEUED"
    of_incident = """query ($id: ID!) { incident(id: $id) { orders { number recipients { stage } } }
        orders(incident: $id, state: OPEN) { nodes { number } } }"""
    found = (await run(of_incident, id=incident))["data"]
    assert len(found["incident"]["orders"][0]["recipients"]) == 2
    assert found["orders"]["nodes"] == [{"number": order["number"]}]


async def test_whom_an_order_will_not_reach_is_said_beside_the_errors(run: Run) -> None:
    """Warnings name code, argument and what to do; the order is given, and answered alike again."""
    incident = await opened(run, "warned")
    given = {
        "clientMutationId": "warned-1",
        "incident": incident,
        "text": "到场疏导",
        "recipients": ["officer1"],
        "escalation": ["officer3", "liaison"],
    }
    text = """mutation ($input: DispatchOrderInput!) { dispatchOrder(input: $input) {
        userErrors { code } warnings { code path message } order { number } } }"""
    first = await run(text, WATCH, input=given)
    payload = first["data"]["dispatchOrder"]
    assert (payload["userErrors"], payload["order"] is None) == ([], False)
    assert [(one["code"], one["path"]) for one in payload["warnings"]] == [
        ("RECIPIENT_NO_PUSH", ["input", "recipients", "0"]),
        ("ESCALATION_UNREACHABLE", ["input", "escalation"]),
        ("ESCALATION_OFF_DUTY", ["input", "escalation", "1"]),
        ("ESCALATION_NO_PUSH", ["input", "escalation", "0"]),
    ]
    assert all(" / " in one["message"] for one in payload["warnings"])
    assert await run(text, WATCH, input=given) == first
    named = {**given, "clientMutationId": "warned-2", "escalation": ["officer1"]}
    refused = (await run(text, WATCH, input=named))["data"]["dispatchOrder"]
    assert refused["userErrors"] == [{"code": "ESCALATION_NAMES_RECIPIENT"}]
    assert (refused["order"], refused["warnings"]) == (None, [])


async def test_an_order_to_nobody_known_is_not_given(run: Run) -> None:
    """An unknown recipient: a user error, and no order."""
    incident = await opened(run, "unknown-recipient")
    given = {"clientMutationId": "u1", "incident": incident, "text": "x", "recipients": ["nobody"]}
    payload = (await run(DISPATCH, WATCH, input=given))["data"]["dispatchOrder"]
    assert payload["userErrors"][0]["code"] == "RECIPIENT_UNKNOWN"
    assert payload["userErrors"][0]["path"][:2] == ["input", "recipients"]
    found = await run("query ($id: ID!) { incident(id: $id) { orders { id } } }", id=incident)
    assert found["data"]["incident"]["orders"] == []


async def test_an_order_is_cancelled_and_an_incident_closed(run: Run) -> None:
    """Closing names the outcome; what was open is withdrawn."""
    incident = await opened(run, "closing")
    order = await dispatched(run, "closing-1", incident, ["officer4"])
    cancel = """mutation ($input: CancelOrderInput!) { cancelOrder(input: $input) {
        userErrors { code path } order { state } } }"""
    given = {"clientMutationId": "cancel-1", "order": order, "reason": "人已散去"}
    payload = (await run(cancel, WATCH, input=given))["data"]["cancelOrder"]
    assert payload == {"userErrors": [], "order": {"state": "CANCELLED"}}
    again = {**given, "clientMutationId": "cancel-2"}
    payload = (await run(cancel, WATCH, input=again))["data"]["cancelOrder"]
    assert payload["userErrors"][0]["path"] == ["input", "order"]
    close = """mutation ($input: CloseIncidentInput!) { closeIncident(input: $input) {
        userErrors { code } incident { state outcome closedBy { login } } } }"""
    given = {"clientMutationId": "close-1", "incident": incident, "outcome": "客流疏散"}
    payload = (await run(close, WATCH, input=given))["data"]["closeIncident"]
    assert payload["incident"] == {
        "state": "CLOSED",
        "outcome": "客流疏散",
        "closedBy": {"login": "watch"},
    }


@pytest.mark.parametrize("by", [LIAISON, OFFICER, PARTNER, principal(Role.OFFICER, "officer9")])
async def test_what_is_not_the_callers_to_see_looks_absent(run: Run, by: Principal) -> None:
    """Another unit's incident: null by id, by node and by entity, and in no list."""
    incident = await opened(run, f"foreign-{by.login}", units=["SAN"], title="秘密")
    entity = {"__typename": "Incident", "id": incident}
    text = """query ($id: ID!, $r: [_Any!]!) { incident(id: $id) { title }
        node(id: $id) { id ... on Incident { title } } nodes(ids: [$id]) { id }
        _entities(representations: $r) { ... on Incident { title } }
        incidents(first: 200) { nodes { title units { code } } } }"""
    data = (await run(text, by, id=incident, r=[entity]))["data"]
    assert data["incident"] is None
    assert data["node"] is None
    assert data["nodes"] == data["_entities"] == [None]
    assert "秘密" not in [row["title"] for row in data["incidents"]["nodes"]]
    plain = split_id(incident)
    assert plain is not None
    found = await run("query ($id: ID!) { incident(id: $id) { title } }", by, id=plain[1])
    assert found == {"data": {"incident": None}}


async def test_an_officer_sees_its_own_order_and_no_other_ledger(run: Run) -> None:
    """Of an order to two, each recipient sees the order and its own line."""
    incident = await opened(run, "two")
    order = await dispatched(run, "two-1", incident, ["officer1", "officer5"])
    text = "query ($id: ID!) { order(id: $id) { text recipients { stage } } }"
    found = await run(text, OFFICER, id=order)
    assert found["data"]["order"]["recipients"] == [{"stage": "QUEUED"}]
    other = await run(text, principal(Role.OFFICER, "officer6", "RPS"), id=order)
    assert other["data"]["order"] is None


async def test_a_list_of_orders_is_joined_without_a_query_per_row(
    run: Run, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Incident, ledgers, officers and units of a page: one find each."""
    incident = await opened(run, "joined")
    for number in range(5):
        await dispatched(run, f"joined-{number}", incident, ["officer1", "officer2"])
    text = """{ orders(first: 5) { nodes { incident { number units { code } } escalation { login }
        recipients { officer { login unit { name } } } } } }"""
    counted = await _finds(store, run, text)
    assert counted <= 6


async def _finds(store: Store, run: Run, text: str) -> int:
    """How many finds a query costs, by the server's own count."""
    before = await store.db.command("serverStatus")
    answer = await run(text)
    assert "errors" not in answer
    after = await store.db.command("serverStatus")
    commands = [status["metrics"]["commands"]["find"]["total"] for status in (before, after)]
    return int(commands[1] - commands[0])


async def test_pages_of_incidents_and_officers_follow_each_other(run: Run) -> None:
    """Keyset cursors: every row once, in order."""
    for number in range(3):
        await opened(run, f"page-{number}")
    whole = await _all(run, "incidents(first: 200%s)", "number")
    paged = await _all(run, "incidents(first: 2%s)", "number")
    assert paged == whole
    assert len(whole) == len(set(whole)) >= 3
    officers = await _all(run, "officers(first: 7%s)", "login")
    assert len(officers) == len(set(officers)) == 40


async def _all(run: Run, root: str, field: str) -> list[str]:
    found: list[str] = []
    after = ""
    while True:
        rest = "pageInfo { hasNextPage endCursor }"
        answer = await run(f"{{ page: {root % after} {{ nodes {{ {field} }} {rest} }} }}")
        page = answer["data"]["page"]
        found += [row[field] for row in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = f', after: "{page["pageInfo"]["endCursor"]}"'


async def test_a_cursor_of_another_list_is_refused(run: Run) -> None:
    """A cursor says a place in one order and means nothing in another."""
    page = (await run("{ officers(first: 1) { pageInfo { endCursor } } }"))["data"]["officers"]
    cursor = page["pageInfo"]["endCursor"]
    assert (
        code_of(await run(f'{{ orders(after: "{cursor}") {{ nodes {{ id }} }} }}')) == "BAD_CURSOR"
    )


async def test_me_says_who_asks_and_what_they_may(run: Run) -> None:
    """From the token, with the account's name and unit."""
    text = "{ me { account login name role unit { code nameEn: name(language: EN) kind } scopes } }"
    data = (await run(text, OFFICER))["data"]["me"]
    assert (data["login"], data["role"], data["unit"]["code"]) == ("officer1", "OFFICER", "SAO")
    assert data["account"] == global_id("Officer", "officer1")
    assert data["scopes"] == sorted(scope.name for scope in OFFICER.scopes)
    units = (await run("{ units { code name nameEn: name(language: EN) kind } }"))["data"]["units"]
    assert len(units) == 16


async def test_officers_are_filtered_by_unit_duty_and_role(run: Run) -> None:
    """A liaison sees its own unit's officers only."""
    text = "query ($unit: ID) { officers(unit: $unit, onDuty: true) { nodes { login onDuty } } }"
    everywhere = (await run(text))["data"]["officers"]["nodes"]
    in_unit = (await run(text, unit=global_id("Unit", "RPS")))["data"]["officers"]["nodes"]
    mine = (await run(text, LIAISON))["data"]["officers"]["nodes"]
    assert 0 < len(in_unit) < len(everywhere) == 40
    assert mine == in_unit
    centre = await run("{ officers(roles: [WATCH, COMMANDER]) { nodes { login role } } }")
    assert {row["login"] for row in centre["data"]["officers"]["nodes"]} == {"watch", "commander"}
