"""Where officers on duty are: who may know it, and that looking is on the audit log."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from schema_builders import LIAISON, NOW, PARTNER, WATCH, Followed, Run, codes_of, principal

from hub.bus import Bus
from hub.clock import ManualClock, manual
from hub.model.operations import IncidentKind
from hub.model.people import Principal, Role
from hub.operations.incidents.actions import open_incident, request_of
from hub.store.devices import LOCATED, Fix, Positions
from hub.store.documents import AuditDoc, Duty, OfficerPositionDoc
from hub.store.driver import Store
from hub.store.people import Accounts
from liandong.configured import area_of
from schema.context import Services
from schema.executing.documents import Documents
from schema.executing.executor import Executor
from schema.live.engine import LiveEngine
from schema.nodes import global_id
from schema.root import build_schema, graphql_schema

LOOK = """query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Officer {
    login lastPosition { at accuracyMetres position { lat lon } } } } }"""
MAP = "{ interchange { map } }"
OURS, THEIRS, OFF_DUTY, BEFORE = "officer3", "officer1", "officer19", "officer2"
"""Of the liaison's unit; of another; signed out; seen before this duty only."""


@pytest.fixture
async def clock() -> AsyncIterator[ManualClock]:
    """The hub's clock at NOW."""
    with manual(NOW) as mine:
        yield mine


@pytest.fixture(autouse=True)
async def seen(store: Store, services: Services, clock: ManualClock) -> AsyncIterator[None]:
    """Four officers whose phones have told where they are, twice."""
    await OfficerPositionDoc.delete_all()
    await AuditDoc.find({"action": LOCATED}).delete()
    on_duty = Duty(on=True, since=NOW - timedelta(hours=1))
    for login in (OURS, THEIRS, BEFORE):
        await services.accounts.set_duty(login, on_duty)
    await services.accounts.set_duty(OFF_DUTY, Duty(on=False))
    for login in (OURS, THEIRS, OFF_DUTY, BEFORE):
        ago = timedelta(hours=2) if login == BEFORE else timedelta(minutes=3)
        older = Fix(NOW - ago - timedelta(minutes=1), 31.1, 121.1)
        await Positions().add(login, None, "p", [older, Fix(NOW - ago, 31.25, 121.45, 8.0)])
    yield
    for login in (OURS, THEIRS, OFF_DUTY, BEFORE):
        await Accounts(store).set_duty(login, Duty(on=True))
    await OfficerPositionDoc.delete_all()


async def look(run: Run, by: Principal, *logins: str) -> dict[str, Any]:
    """What each of them shows the caller; who is not the caller's to see is absent."""
    ids = [global_id("Officer", login) for login in logins]
    nodes = (await run(LOOK, by=by, ids=ids))["data"]["nodes"]
    return {node["login"]: node["lastPosition"] for node in nodes if node}


async def looks() -> list[tuple[str, str, str]]:
    """Who looked at whom, on which authority, as the audit log has it."""
    rows = await AuditDoc.find({"action": LOCATED}).sort("_id").to_list()
    return [(row.actor, row.target, row.authority) for row in rows]


async def test_the_centre_sees_where_who_is_on_duty_was_last(run: Run) -> None:
    """The newest position since they signed in; nobody's from off duty or from before."""
    found = await look(run, WATCH, OURS, THEIRS, OFF_DUTY, BEFORE)
    assert found[OURS] == found[THEIRS]
    assert found[OURS] == {
        "at": "2026-03-02T08:57:00Z",
        "accuracyMetres": 8.0,
        "position": {"lat": 31.25, "lon": 121.45},
    }
    assert found[OFF_DUTY] is found[BEFORE] is None
    assert await looks() == [("watch", THEIRS, "WATCH"), ("watch", OURS, "WATCH")]


async def test_a_look_is_written_down_once_a_minute_for_each_who_looks(
    run: Run, clock: ManualClock
) -> None:
    """The same again in a minute adds nothing; the next minute, or somebody else, does."""
    await look(run, WATCH, OURS)
    await look(run, WATCH, OURS, OURS)
    assert len(await looks()) == 1
    await look(run, LIAISON, OURS)
    clock.advance(minutes=1)
    await look(run, WATCH, OURS)
    assert await looks() == [
        ("liaison", OURS, "LIAISON"),
        ("watch", OURS, "WATCH"),
        ("watch", OURS, "WATCH"),
    ]


async def test_a_liaison_sees_its_own_unit_and_nobody_else(run: Run) -> None:
    """Another unit's officer is not there at all, and no look at one is on the log."""
    found = await look(run, LIAISON, OURS, THEIRS)
    assert list(found) == [OURS]
    assert found[OURS] is not None
    assert await looks() == [("liaison", OURS, "LIAISON")]
    assert await Positions().whereabouts(LIAISON, [THEIRS]) == {}


@pytest.mark.parametrize("role", [Role.OFFICER, Role.PARTNER])
async def test_an_officer_and_a_partner_may_not_look(run: Run, role: Role) -> None:
    """Refused before anything runs, also of their own unit; the row policy knows none either."""
    by = principal(role, unit="RPS")
    answer = await run(LOOK, by=by, ids=[global_id("Officer", OURS)])
    assert codes_of(answer) == {"FORBIDDEN"}
    assert answer.get("data") is None
    assert await Positions().whereabouts(by, [OURS]) == {}
    assert await looks() == []


async def test_where_somebody_is_cannot_be_followed_live(services: Services, bus: Bus) -> None:
    """A live query is one for all at the centre: nobody would know who looks."""
    asked = request_of(kind=IncidentKind.OTHER, title="试", units=["RPS"])
    desk = services.operations.desk
    await open_incident(desk, principal(Role.WATCH, OURS), asked, "whereabouts")
    text = "subscription { incidents { node { openedBy { login lastPosition { at } } } } }"
    schema = graphql_schema(build_schema())
    engine = LiveEngine(schema, bus, services.context, services.operations.database_answers)
    told = Followed()
    try:
        await engine.subscribe(Documents(schema).prepare(text), {}, WATCH, told)
        async with asyncio.timeout(60):
            event = await told.next()
    finally:
        await engine.close()
    assert event == {"node": {"openedBy": {"login": OURS, "lastPosition": None}}}
    assert await looks() == []


async def test_the_hub_serves_the_drawing_of_its_area(run: Run, services: Services) -> None:
    """A FeatureCollection that says of itself that it is no survey, and names every feature."""
    assert (await run(MAP))["data"] == {"interchange": {"map": None}}
    shown = replace(services, area=area_of("shanghai-railway-station"))
    executor = Executor(graphql_schema(build_schema()), shown)
    prepared = await executor.prepare(MAP, None, PARTNER)
    told = dict((await executor.execute(prepared, {}, PARTNER)).formatted)["data"]
    told = told["interchange"]["map"]
    assert told["type"] == "FeatureCollection"
    assert "非测绘" in told["note"]["zh"]
    kinds = {feature["properties"]["kind"] for feature in told["features"]}
    assert kinds >= {"square", "entrance", "exit", "platform", "track", "metro-line", "metro-exit"}
    assert kinds >= {"coach-gate", "rank", "holding", "garage", "road"}
    assert all(one["properties"]["zh"] and one["properties"]["en"] for one in told["features"])
