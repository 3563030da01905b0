"""Numbers: what people call an incident, an order or a bulletin by names it as its id does."""

from typing import Any

import pytest
from schema_builders import LIAISON, OFFICER, WATCH, Run, principal

from hub.model.people import Role
from hub.operations.numbered import _NUMBER, id_of
from hub.store.driver import Store
from tests.schema.test_schema_bulletins import published
from tests.schema.test_schema_incident_changes import ANSWER, REASSIGN, changed, on_duty
from tests.schema.test_schema_operations import dispatched, opened

INCIDENT = """query ($id: ID!) { incident(id: $id) { id number }
  orders(incident: $id) { nodes { id } } incidents(incident: $id) { nodes { id } }
  incidentTimeline(incident: $id) { totalCount } }"""
ORDER = "query ($id: ID!) { order(id: $id) { id number } }"
BULLETIN = """query ($id: ID!) { bulletin(id: $id) { id }
  bulletinRecipients(bulletin: $id) { nodes { stage } } }"""
CANCEL = """mutation ($input: CancelOrderInput!) { cancelOrder(input: $input) {
  userErrors { code path } order { id state } } }"""
WITHDRAW = """mutation ($input: WithdrawBulletinInput!) { withdrawBulletin(input: $input) {
  userErrors { code } bulletin { id state } } }"""
READ = """mutation ($input: ReadBulletinInput!) { readBulletin(input: $input) {
  userErrors { code } bulletin { id readCount } } }"""


async def number_of(run: Run, text: str, name: str, key: str) -> str:
    found: str = (await run(text, WATCH, id=key))["data"][name]["number"]
    return found


async def test_an_incident_goes_by_its_number(run: Run, store: Store) -> None:
    """Looked up, followed, changed, ordered for, closed: the answer is that of its id."""
    await on_duty(store, "officer1")
    key = await opened(run, "num-i")
    number = await number_of(run, INCIDENT, "incident", key)
    order = await dispatched(run, "num-io", number, ["officer1"])
    assert await run(INCIDENT, WATCH, id=number) == await run(INCIDENT, WATCH, id=key)
    assert order in str(await run(INCIDENT, WATCH, id=number))
    given: dict[str, dict[str, Any]] = {
        "updateIncident": {"place": "南广场"},
        "noteIncident": {"text": "记"},
        "addIncidentUnits": {"units": ["MTR"]},
        "closeIncident": {"outcome": "完"},
        "reopenIncident": {"reason": "再"},
    }
    for mutation, more in given.items():
        assert (await changed(run, mutation, incident=number, **more))["userErrors"] == []


async def test_an_order_goes_by_its_number(run: Run, store: Store) -> None:
    """Answered, reassigned, cancelled; sent again with its id it is the same act."""
    await on_duty(store, "officer1", "officer2")
    key = await dispatched(run, "num-o", await opened(run, "num-oi"), ["officer1"])
    number = await number_of(run, ORDER, "order", key)
    seen = {"clientMutationId": "num-1", "order": number, "answer": "SEEN"}
    answered = (await run(ANSWER, OFFICER, input=seen))["data"]["acknowledgeOrder"]
    assert (answered["userErrors"], answered["order"]["state"]) == ([], "OPEN")
    people = {"officer": "officer1", "to": "officer2", "reason": "远"}
    moved = {"clientMutationId": "num-2", "order": number, **people}
    assert (await run(REASSIGN, input=moved))["data"]["reassignOrder"]["userErrors"] == []
    end = {"clientMutationId": "num-3", "order": number, "reason": "误报"}
    ended = (await run(CANCEL, input=end))["data"]["cancelOrder"]
    assert (ended["userErrors"], ended["order"]) == ([], {"id": key, "state": "CANCELLED"})
    again = await run(CANCEL, input={**end, "order": key})
    assert again["data"]["cancelOrder"] == ended


async def test_a_bulletin_goes_by_its_number(run: Run) -> None:
    """Looked up, read, corrected, withdrawn."""
    key = (await published(run))["id"]
    number = (await run("query ($id: ID!) { bulletin(id: $id) { number } }", WATCH, id=key))["data"]
    number = number["bulletin"]["number"]
    assert await run(BULLETIN, WATCH, id=number) == await run(BULLETIN, WATCH, id=key)
    read = {"clientMutationId": "num-read", "bulletin": number}
    told = (await run(READ, OFFICER, input=read))["data"]["readBulletin"]
    assert told == {"userErrors": [], "bulletin": {"id": key, "readCount": 1}}
    newer = await published(run, corrects=number)
    asked = {"clientMutationId": "num-w", "bulletin": newer["number"], "reason": "误发"}
    gone = (await run(WITHDRAW, input=asked))["data"]["withdrawBulletin"]
    assert gone["bulletin"] == {"id": newer["id"], "state": "WITHDRAWN"}


async def test_a_number_opens_nothing(run: Run, store: Store) -> None:
    """Whoever may not see it is told the same as of one that nobody has, by either name."""
    await on_duty(store, "officer1")
    key = await dispatched(run, "num-p", await opened(run, "num-pi", units=["RPS"]), ["officer1"])
    number = await number_of(run, ORDER, "order", key)
    stranger = principal(Role.LIAISON, "stranger", "MTR")
    for name in (number, key, "20200101-001-01"):
        assert (await run(ORDER, stranger, id=name))["data"] == {"order": None}
    for by, name in ((WATCH, "20200101-001-01"), (WATCH, "20200101-001")):
        given = {"clientMutationId": f"none-{name}", "order": name, "reason": "x"}
        (error,) = (await run(CANCEL, by, input=given))["data"]["cancelOrder"]["userErrors"]
        assert error == {"code": "NOT_FOUND", "path": ["input", "order"]}
    incident = number.rpartition("-")[0]
    assert (await run(ORDER, LIAISON, id=incident))["data"] == {"order": None}
    assert await id_of(store, "Officer", number) == number


@pytest.mark.parametrize("name", ["", "2026-12-01", "20261201", "20261201-001-02x", "a" * 32])
def test_what_is_no_number_costs_no_question(name: str) -> None:
    """Ids and logins are not looked up as numbers."""
    assert not _NUMBER.fullmatch(name)
