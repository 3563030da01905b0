"""Alarms through the schema: asked for, followed, acknowledged, and only by whom they are for."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from schema_builders import LIAISON, OFFICER, PARTNER, WATCH, Run, code_of, principal

from hub import clock
from hub.model.alarms import AlarmState
from hub.model.people import Principal, Role
from hub.operations.actions import FieldAction
from hub.operations.alarming.documents import AlarmDoc
from hub.store.driver import Store
from schema.context import Services
from schema.live.source import SOURCES
from schema.nodes import global_id, split_id

ALARMS = """query ($active: Boolean, $state: AlarmState, $first: Int = 50, $after: String) {
    alarms(active: $active, state: $state, first: $first, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes { id kind state message nextStep place raisedAt acknowledgedAt acknowledgedBy { login }
        clearedAt clearedBecause order { number } incident { title } officer { login } } } }"""
ACKNOWLEDGE = """mutation ($alarm: ID!, $key: String!) {
    acknowledgeAlarm(input: {clientMutationId: $key, alarm: $alarm}) {
      clientMutationId userErrors { code path message }
      alarm { state acknowledgedBy { login } acknowledgedAt } } }"""
ELSEWHERE = principal(Role.LIAISON, "liaison-2", "SAN")


@pytest.fixture
async def alarm(run: Run, services: Services, store: Store) -> AsyncIterator[str]:
    """The id of the alarm of an order that its one officer, of the unit RPS, has declined."""
    people = await run('{ officers(unit: "RPS", onDuty: true) { nodes { login } } }')
    officer = people["data"]["officers"]["nodes"][0]
    key = f"a-{clock.now().timestamp()}"
    opened = await run(
        """mutation ($key: String!) { openIncident(input: {clientMutationId: $key, kind: CROWD,
            title: "北广场客流", place: "北广场"}) { incident { id } } }""",
        key=key,
    )
    incident = opened["data"]["openIncident"]["incident"]["id"]
    given = await run(
        """mutation ($key: String!, $incident: ID!, $to: ID!) { dispatchOrder(input: {
            clientMutationId: $key, incident: $incident, text: "疏导", recipients: [$to]}) {
            order { id } } }""",
        key=f"{key}-order",
        incident=incident,
        to=officer["login"],
    )
    order = split_id(given["data"]["dispatchOrder"]["order"]["id"])
    assert order is not None
    by = principal(Role.OFFICER, officer["login"], "RPS")
    action = FieldAction(
        id=key, kind="order.declined", at=clock.now(), device_id="p", body={"orderId": order[1]}
    )
    assert (await services.operations.act(by, action)).status == "applied"
    (row,) = await AlarmDoc.find({"about.order": order[1]}).to_list()
    yield global_id("Alarm", row.id)
    await store.db["alarms"].delete_many({})


async def nodes(run: Run, by: Principal = WATCH, **variables: Any) -> list[dict[str, Any]]:
    """The alarms the caller is answered."""
    found: list[dict[str, Any]] = (await run(ALARMS, by, **variables))["data"]["alarms"]["nodes"]
    return found


async def test_an_alarm_says_what_where_since_when_and_what_to_do(run: Run, alarm: str) -> None:
    """And what it is about: enough to act on without asking anything more."""
    (found,) = await nodes(run, active=True)
    assert found["id"] == alarm
    assert (found["kind"], found["state"]) == ("ORDER_UNANSWERED", "ACTIVE")
    assert found["order"]["number"] in found["message"]
    assert "下达指令" in found["nextStep"]
    assert "dispatch a new order" in found["nextStep"]
    assert (found["place"], found["incident"]["title"]) == ("北广场客流 · 北广场", "北广场客流")
    assert found["raisedAt"]
    assert found["clearedAt"] is None
    assert found["officer"] is None
    one = await run("query ($id: ID!) { alarm(id: $id) { kind } }", id=alarm)
    assert one["data"]["alarm"] == {"kind": "ORDER_UNANSWERED"}


async def test_a_liaison_sees_its_own_units_alarms(run: Run, alarm: str) -> None:
    """The unit whose officer was asked, and no other."""
    assert [row["id"] for row in await nodes(run, LIAISON)] == [alarm]
    assert await nodes(run, ELSEWHERE) == []


async def test_a_foreign_alarm_looks_absent_whichever_way_it_is_asked_for(
    run: Run, services: Services, alarm: str
) -> None:
    """By id, by node, by entity, in lists and live: null or nothing, and not a word of it."""
    text = """query ($id: ID!, $r: [_Any!]!) { alarm(id: $id) { message }
        node(id: $id) { id ... on Alarm { message } } nodes(ids: [$id]) { id }
        _entities(representations: $r) { __typename } alarms { nodes { message } } }"""
    entity = {"__typename": "Alarm", "id": alarm}
    data = (await run(text, ELSEWHERE, id=alarm, r=[entity]))["data"]
    assert (data["alarm"], data["node"], data["nodes"]) == (None, None, [None])
    assert (data["_entities"], data["alarms"]["nodes"]) == ([None], [])
    plain = split_id(alarm)
    assert plain is not None
    by_key = "query ($id: ID!) { alarm(id: $id) { message } }"
    assert await run(by_key, ELSEWHERE, id=plain[1]) == {"data": {"alarm": None}}
    source = SOURCES["alarms"]
    assert source.per_viewer
    for by, count in ((WATCH, 1), (LIAISON, 1), (ELSEWHERE, 0), (OFFICER, 0), (PARTNER, 0)):
        assert len(await source.rows(services.context(by), {"active": True})) == count


@pytest.mark.parametrize("by", [OFFICER, PARTNER])
async def test_officers_and_partners_may_not_ask(run: Run, alarm: str, by: Principal) -> None:
    """Root fields and the subscription are refused; by node it looks absent."""
    for text in (
        "{ alarms { nodes { id } } }",
        'query { alarm(id: "x") { id } }',
        "subscription { alarms { cursor } }",
    ):
        assert code_of(await run(text, by)) == "FORBIDDEN"
    node = "query ($id: ID!) { node(id: $id) { id } nodes(ids: [$id]) { id } }"
    assert await run(node, by, id=alarm) == {"data": {"node": None, "nodes": [None]}}


@pytest.mark.parametrize("by", [LIAISON, OFFICER, PARTNER])
async def test_only_the_centre_acknowledges(run: Run, alarm: str, by: Principal) -> None:
    """It is refused, and nothing is changed."""
    answer = await run(ACKNOWLEDGE, by, alarm=alarm, key="no")
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"FORBIDDEN"}
    assert "data" not in answer
    assert [row["state"] for row in await nodes(run)] == ["ACTIVE"]


async def test_acknowledging_says_who_sees_to_it(run: Run, alarm: str) -> None:
    """By Relay id or plain id, once per key; it stays active, in state ACKNOWLEDGED."""
    first = await run(ACKNOWLEDGE, alarm=alarm, key="ack")
    payload = first["data"]["acknowledgeAlarm"]
    assert payload["userErrors"] == []
    assert payload["alarm"]["acknowledgedBy"] == {"login": "watch"}
    assert payload["alarm"]["state"] == "ACKNOWLEDGED"
    plain = split_id(alarm)
    assert plain is not None
    assert await run(ACKNOWLEDGE, alarm=plain[1], key="ack") == first
    assert await nodes(run, state="ACTIVE") == []
    assert len(await nodes(run, state="ACKNOWLEDGED")) == len(await nodes(run, active=True)) == 1


@pytest.mark.parametrize(
    ("alarm_id", "code"),
    [("nothing", "NOT_FOUND"), (global_id("Order", "x"), "BAD_ID"), ("", "BAD_ID")],
)
async def test_what_is_no_alarm_is_a_user_error(run: Run, alarm_id: str, code: str) -> None:
    """With the argument's path in the input."""
    payload = (await run(ACKNOWLEDGE, alarm=alarm_id, key=f"bad-{code}-{alarm_id}"))["data"][
        "acknowledgeAlarm"
    ]
    (error,) = payload["userErrors"]
    assert (error["code"], error["path"]) == (code, ["input", "alarm"])
    assert payload["alarm"] is None


async def test_what_is_followed_is_the_most_pressing(
    run: Run, services: Services, alarm: str
) -> None:
    """A flood of newer alarms of less weight hides no unanswered order; what is cleared is last."""
    (row,) = await AlarmDoc.find_all().to_list()

    async def beside(number: int, **fields: Any) -> str:
        later = {"id": f"{row.id}-{number}", "condition": f"c-{number}"}
        later |= {"raised_at": row.raised_at + timedelta(minutes=number)}
        return (await row.model_copy(update={**later, **fields}).insert()).id

    clock_off = await beside(1, kind="CLOCK_OFF")
    dead = [await beside(number, kind="WAKE_UP_DEAD") for number in range(2, 60)]
    late = await beside(60, kind="ESCALATION_LATE")
    seen_to = await beside(61, acknowledged_at=row.raised_at, acknowledged_by="watch")
    cleared = await beside(62, active=False, cleared_at=row.raised_at)
    later = clock.now() + timedelta(hours=1)
    shelved = await beside(63, kind="ESCALATION_LATE", shelved_until=later, shelved_by="watch")
    again = await beside(64, kind="CLOCK_OFF", shelved_until=clock.now(), shelved_by="watch")
    expected = [row.id, late, *reversed(dead), again, clock_off, seen_to, shelved, cleared]
    source, context = SOURCES["alarms"], services.context(WATCH)

    async def followed(**arguments: Any) -> list[Any]:
        return [found["_id"] for found in await source.rows(context, arguments)]

    assert await followed(first=200) == expected
    assert await followed(active=True, first=200) == expected[:-1]
    assert await followed() == expected[:50]
    assert await followed(active=False) == [cleared]
    assert await followed(state=AlarmState.ACKNOWLEDGED) == [seen_to]
    assert await followed(state=AlarmState.CLEARED) == [cleared]
    assert await followed(state=AlarmState.SHELVED) == [shelved]
    assert await followed(kind="CLOCK_OFF") == [again, clock_off]
    (found,) = await source.rows(context, {"state": AlarmState.SHELVED})
    assert source.volatile(found, context) is AlarmState.SHELVED
    after = replace(context, now=later)
    assert source.volatile(found, after) is AlarmState.ACTIVE
    assert await source.rows(services.context(ELSEWHERE), {}) == []


async def test_an_alarm_of_a_kind_that_nobody_declares_is_read_and_stands_last(
    run: Run, services: Services, alarm: str
) -> None:
    """As after a capability is gone: its alarms of a year are in the history."""
    (row,) = await AlarmDoc.find_all().to_list()
    fields = {"id": f"{row.id}-old", "condition": "c-old", "kind": "GATE_JAMMED"}
    later = {"raised_at": row.raised_at + timedelta(minutes=1)}
    old = await row.model_copy(update={**fields, **later}).insert()
    text = "{ alarms(kind: OTHER) { nodes { kind level name en: name(language: EN) } } }"
    (found,) = (await run(text))["data"]["alarms"]["nodes"]
    word = "GATE_JAMMED"
    assert found == {"kind": "OTHER", "level": "NOTICE", "name": word, "en": word}
    pressing = await SOURCES["alarms"].rows(services.context(WATCH), {})
    assert [one["_id"] for one in pressing] == [row.id, old.id]


async def test_alarms_come_newest_first_in_pages(run: Run, alarm: str) -> None:
    """Every one once; cleared ones are in the history and not among the active."""
    (row,) = await AlarmDoc.find_all().to_list()
    for number in range(1, 4):
        await row.model_copy(
            update={
                "id": f"{row.id}-{number}",
                "active": False,
                "raised_at": row.raised_at - timedelta(minutes=number // 2),
                "cleared_at": row.raised_at,
                "cleared_because": "已有人签收 / somebody has accepted",
            }
        ).insert()
    whole = [found["id"] for found in await nodes(run)]
    assert len(whole) == 4
    assert alarm in whole
    paged: list[str] = []
    after = None
    while True:
        page = (await run(ALARMS, first=3, after=after))["data"]["alarms"]
        paged += [found["id"] for found in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert paged == whole
    cleared = await nodes(run, active=False)
    assert {found["state"] for found in cleared} == {"CLEARED"}
    assert code_of(await run(ALARMS, after="nonsense")) == "BAD_CURSOR"
