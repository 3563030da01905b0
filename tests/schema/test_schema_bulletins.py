"""Bulletins through the schema: asked for, published, followed, and only by whom they are for."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
from live_rig import Events, Live, serving
from schema_builders import LIAISON, OFFICER, PARTNER, WATCH, Run, code_of, principal

from hub import clock
from hub.bus import Bus
from hub.model.people import Principal, Role
from hub.operations.actions import FieldAction
from hub.store.driver import Store
from hub.store.tail import ChangeTail
from schema.context import Services
from schema.nodes import global_id, split_id

PUBLISH = """mutation ($input: PublishBulletinInput!) { publishBulletin(input: $input) {
    clientMutationId userErrors { code path message }
    bulletin { id number title text urgency state remindAfterSeconds publishedAt withdrawnAt
      withdrawnReason unit { code } publishedBy { login } units { code } audienceCount
      untoldCount readCount
      corrects { id } replacedBy { id } recipients { stage officer { login } } } } }"""
WITHDRAW = """mutation ($input: WithdrawBulletinInput!) { withdrawBulletin(input: $input) {
    clientMutationId userErrors { code path message } bulletin { id state withdrawnReason } } }"""
PAGE = """query ($state: BulletinState, $unit: ID, $first: Int = 50, $after: String) {
    bulletins(state: $state, unit: $unit, first: $first, after: $after) {
      pageInfo { hasNextPage endCursor } nodes { id title } } }"""
LIVE = """subscription { bulletins { change node { title state readCount audienceCount
    replacedBy { title } } } }"""
READ = """mutation ($input: ReadBulletinInput!) { readBulletin(input: $input) {
    userErrors { code } } }"""
TOLD = """query ($id: ID!, $stages: [Stage!], $first: Int = 50, $after: String) {
    bulletinRecipients(bulletin: $id, stages: $stages, first: $first, after: $after) {
      pageInfo { hasNextPage endCursor } nodes { stage officer { login } } } }"""
ELSEWHERE = principal(Role.LIAISON, "liaison-2", "SAN")
HERE = principal(Role.LIAISON, "liaison-3", "SAO")


async def published(run: Run, by: Principal = WATCH, **given: Any) -> dict[str, Any]:
    """What is answered of a new bulletin."""
    asked = {"clientMutationId": f"k-{clock.now().timestamp()}", "title": "出口关闭"}
    asked |= {"text": "请走东侧", "audience": {"officers": ["officer1"]}, **given}
    payload = (await run(PUBLISH, by, input=asked))["data"]["publishBulletin"]
    assert payload["userErrors"] == []
    found: dict[str, Any] = payload["bulletin"]
    return found


@pytest.fixture
async def emptied(store: Store) -> None:
    """No bulletins of other tests."""
    for name in ("bulletins", "recipients", "outbox"):
        await store.db[name].delete_many({})


async def test_a_bulletin_says_all_of_itself(run: Run) -> None:
    """By login, by global id and by unit; once per key, the same answer again."""
    given = {
        "clientMutationId": "once",
        "title": "北广场出口临时关闭",
        "text": "十八时至二十时请引导旅客走东侧",
        "audience": {
            "officers": ["officer1", global_id("Officer", "officer2")],
            "units": [global_id("Unit", "SAO")],
        },
        "urgency": "URGENT",
    }
    first = await run(PUBLISH, WATCH, input=given)
    bulletin = first["data"]["publishBulletin"]["bulletin"]
    assert first["data"]["publishBulletin"]["clientMutationId"] == "once"
    assert (bulletin["urgency"], bulletin["state"]) == ("URGENT", "PUBLISHED")
    assert bulletin["remindAfterSeconds"] == 300
    assert bulletin["publishedBy"] == {"login": "watch"}
    assert {unit["code"] for unit in bulletin["units"]} >= {"SAO"}
    assert bulletin["audienceCount"] == len(bulletin["recipients"]) >= 2
    assert (bulletin["readCount"], bulletin["corrects"], bulletin["replacedBy"]) == (0, None, None)
    assert {row["stage"] for row in bulletin["recipients"]} == {"QUEUED"}
    assert await run(PUBLISH, WATCH, input=given) == first
    one = await run("query ($id: ID!) { bulletin(id: $id) { title } }", id=bulletin["id"])
    assert one["data"]["bulletin"] == {"title": "北广场出口临时关闭"}


@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        ({"title": "  "}, "BAD_TEXT", ["title"]),
        ({"audience": None}, "AUDIENCE_EMPTY", ["audience"]),
        ({"audience": {"units": ["SAO", "XXX"]}}, "UNIT_UNKNOWN", ["audience", "units", "1"]),
        ({"audience": {"units": [global_id("Feed", "x")]}}, "BAD_ID", ["audience", "units"]),
        (
            {"audience": {"officers": ["nobody"]}},
            "RECIPIENT_UNKNOWN",
            ["audience", "officers", "0"],
        ),
        ({"audience": {"officers": ["watch"]}}, "RECIPIENT_ROLE", ["audience", "officers", "0"]),
        ({"audience": {"officers": ["o"] * 201}}, "AUDIENCE_COUNT", ["audience", "officers"]),
        ({"remindAfterSeconds": 59}, "BAD_VALUE", ["remindAfterSeconds"]),
        ({"corrects": "nothing"}, "NOT_FOUND", ["corrects"]),
        ({"corrects": ""}, "BAD_ID", ["corrects"]),
        ({"corrects": global_id("Order", "x")}, "BAD_ID", ["corrects"]),
        ({"clientMutationId": ""}, "BAD_KEY", ["clientMutationId"]),
    ],
)
async def test_what_cannot_be_published_comes_back_as_user_errors(
    run: Run, change: dict[str, Any], code: str, path: list[str]
) -> None:
    """With the code and the argument's path; nothing is published."""
    before = await run(PAGE, first=200)
    given = {"clientMutationId": f"bad-{code}", "title": "一", "text": "二"}
    given |= {"audience": {"officers": ["officer1"]}, **change}
    payload = (await run(PUBLISH, WATCH, input=given))["data"]["publishBulletin"]
    (error,) = payload["userErrors"]
    assert (error["code"], error["path"]) == (code, ["input", *path])
    assert " / " in error["message"]
    assert payload["bulletin"] is None
    assert await run(PAGE, first=200) == before


async def test_who_was_told_comes_in_pages(run: Run) -> None:
    """All who are asked for once, those alone who have not read it too, each viewer's own."""
    bulletin = await published(run, audience={"officers": ["officer1", "officer2"]})
    assert (bulletin["audienceCount"], bulletin["untoldCount"]) == (2, 0)
    asked = {"clientMutationId": f"read-{bulletin['id']}", "bulletin": bulletin["id"]}
    await run(READ, OFFICER, input=asked)

    async def told(by: Principal, **given: Any) -> tuple[list[tuple[str, str]], dict[str, Any]]:
        answer = await run(TOLD, by, id=bulletin["id"], **given)
        page = answer["data"]["bulletinRecipients"]
        rows = [(row["officer"]["login"], row["stage"]) for row in page["nodes"]]
        return rows, page["pageInfo"]

    first, info = await told(WATCH, first=1)
    second, last = await told(WATCH, first=1, after=info["endCursor"])
    assert (info["hasNextPage"], last["hasNextPage"]) == (True, False)
    assert sorted(first + second) == [("officer1", "SEEN"), ("officer2", "QUEUED")]
    unread, _ = await told(WATCH, stages=["QUEUED", "SENT", "RECEIVED"])
    assert unread == [("officer2", "QUEUED")]
    assert (await told(OFFICER))[0] == [("officer1", "SEEN")]
    assert code_of(await run(TOLD, ELSEWHERE, id=bulletin["id"])) == "NOT_FOUND"


async def test_it_is_withdrawn_and_corrected(run: Run) -> None:
    """Each leads to the other; what is withdrawn cannot be withdrawn again."""
    first = await published(run)
    second = await published(run, title="出口恢复", corrects=first["id"], audience=None)
    assert second["corrects"] == {"id": first["id"]}
    text = """query ($id: ID!) { bulletin(id: $id) { state replacedBy { title } withdrawnReason
        withdrawnAt recipients { stage } } }"""
    found = (await run(text, id=first["id"]))["data"]["bulletin"]
    assert (found["state"], found["replacedBy"]) == ("WITHDRAWN", {"title": "出口恢复"})
    assert second["number"] in found["withdrawnReason"]
    assert found["withdrawnAt"]
    assert found["recipients"] == [{"stage": "CANCELLED"}]
    given = {"clientMutationId": "w1", "bulletin": second["id"], "reason": "误发"}
    payload = (await run(WITHDRAW, WATCH, input=given))["data"]["withdrawBulletin"]
    assert payload["bulletin"] == {
        "id": second["id"],
        "state": "WITHDRAWN",
        "withdrawnReason": "误发",
    }
    again = {**given, "clientMutationId": "w2"}
    (error,) = (await run(WITHDRAW, WATCH, input=again))["data"]["withdrawBulletin"]["userErrors"]
    assert (error["code"], error["path"]) == ("BULLETIN_WITHDRAWN", ["input", "bulletin"])


async def test_each_sees_what_concerns_them(run: Run, emptied: None) -> None:
    """The reader, the unit of the reader, the unit that published it, the centre; that unit sees
    who has read it."""
    bulletin = await published(run, LIAISON)
    text = "query ($id: ID!) { bulletin(id: $id) { unit { code } readCount recipients { stage } } }"
    for by, ledgers in ((WATCH, 1), (LIAISON, 1), (HERE, 1), (OFFICER, 1)):
        found = (await run(text, by, id=bulletin["id"]))["data"]["bulletin"]
        assert (found["unit"], found["readCount"]) == ({"code": "RPS"}, 0), by.login
        assert len(found["recipients"]) == ledgers, by.login
    for by in (ELSEWHERE, principal(Role.OFFICER, "officer9", "SAO")):
        assert (await run(text, by, id=bulletin["id"]))["data"]["bulletin"] is None
        assert (await run(PAGE, by))["data"]["bulletins"]["nodes"] == []
    assert code_of(await run(PAGE, PARTNER)) == "FORBIDDEN"
    node = "query ($id: ID!) { node(id: $id) { id } }"
    assert await run(node, PARTNER, id=bulletin["id"]) == {"data": {"node": None}}


@pytest.mark.parametrize("by", [OFFICER, PARTNER])
async def test_who_may_not_publish_publishes_nothing(run: Run, by: Principal) -> None:
    """Refused before anything runs."""
    before = await run(PAGE, first=200)
    given = {"clientMutationId": "no", "title": "一", "text": "二"}
    answer = await run(PUBLISH, by, input={**given, "audience": {"allOnDuty": True}})
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"FORBIDDEN"}
    assert "data" not in answer
    assert await run(PAGE, first=200) == before


async def test_pages_follow_each_other_and_are_filtered(run: Run, emptied: None) -> None:
    """Newest first, every one once; by state, by the unit that published it; an unknown unit is an
    error, and a cursor of another list too."""
    made = [await published(run, LIAISON, title=f"通报{n}") for n in range(5)]
    await published(run, title="中心通报")
    paged, after = [], None
    while True:
        page = (await run(PAGE, unit="RPS", first=2, after=after))["data"]["bulletins"]
        paged += [node["id"] for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert paged == [one["id"] for one in reversed(made)]
    given = {"clientMutationId": "gone", "bulletin": made[0]["id"], "reason": "误发"}
    await run(WITHDRAW, LIAISON, input=given)
    gone = (await run(PAGE, state="WITHDRAWN"))["data"]["bulletins"]["nodes"]
    assert [node["title"] for node in gone] == ["通报0"]
    assert len((await run(PAGE, state="PUBLISHED"))["data"]["bulletins"]["nodes"]) == 5
    assert (await run(PAGE, unit="SAN"))["data"]["bulletins"]["nodes"] == []
    assert code_of(await run(PAGE, unit="XXX")) == "NOT_FOUND"
    assert code_of(await run(PAGE, after="nonsense")) == "BAD_CURSOR"
    assert code_of(await run(PAGE, first=201)) == "BAD_FIRST"


@pytest.fixture
async def follow(
    store: Store, services: Services, emptied: None
) -> AsyncIterator[Callable[[str], Awaitable[Live]]]:
    """A served /graphql over the database's own changes, for whoever signs in there."""
    bus = Bus()
    tail = ChangeTail(store, bus, f"bulletins-{clock.now().timestamp()}")
    task = asyncio.create_task(tail.run())
    await tail.ready.wait()
    async with serving(services, "", bus=bus) as live:

        async def signed_in(login: str) -> Live:
            token = (await services.tokens.issue(login)).access_token
            return Live(live.url, live.engine, token)

        yield signed_in
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def until(events: Events, **wanted: Any) -> dict[str, Any]:
    """The first event whose node is so."""
    async with asyncio.timeout(60):
        while True:
            event: dict[str, Any] = json.loads((await events.next())["data"])["data"]["bulletins"]
            node = event["node"]
            if node and wanted.items() <= node.items():
                return event


async def test_reading_withdrawing_and_correcting_are_seen_live(
    run: Run, services: Services, follow: Callable[[str], Awaitable[Live]]
) -> None:
    """`readCount` goes up when somebody reads; what is corrected says by which."""
    live = await follow("watch")
    bulletin = await published(run, audience={"officers": ["officer1", "officer2"]})
    key = split_id(bulletin["id"])
    assert key is not None
    async with live.stream({"query": LIVE}) as events:
        first = await until(events, title="出口关闭")
        assert first["node"]["readCount"] == 0
        for count, login in ((1, "officer1"), (2, "officer2")):
            by = principal(Role.OFFICER, login)
            action = FieldAction(
                id=f"read-{login}",
                kind="bulletin.read",
                at=clock.now(),
                device_id="p",
                body={"bulletinId": key[1]},
            )
            assert (await services.operations.act(by, action)).status == "applied"
            event = await until(events, readCount=count)
            assert (event["change"], event["node"]["audienceCount"]) == ("UPDATED", 2)
        await published(run, title="出口恢复", corrects=bulletin["id"], audience=None)
        gone = await until(events, state="WITHDRAWN")
        assert gone["node"]["replacedBy"] == {"title": "出口恢复"}
        assert gone["node"]["readCount"] == 2


async def test_a_stranger_follows_and_is_told_nothing(
    run: Run, store: Store, follow: Callable[[str], Awaitable[Live]]
) -> None:
    """Of a foreign unit's bulletin there is no event; the next to the stranger's own unit comes."""
    live = await follow("liaison")
    async with live.stream({"query": LIVE}) as events:
        await published(run, title="他人", audience={"officers": ["officer1"]})
        await published(run, title="自己", audience={"officers": ["liaison"]})
        assert (await until(events))["node"]["title"] == "自己"
