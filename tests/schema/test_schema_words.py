"""Closed vocabularies: codes, kinds of lines, channels; a word nobody declared never fails."""

import re
from pathlib import Path
from typing import Any

import pytest
import structlog
from graphql import GraphQLEnumType
from schema_builders import WATCH, Run

from hub.errors import UserFault
from hub.model.channels import PushChannel
from hub.model.operations import Stage
from hub.operations import lines
from hub.operations.asking.answers import CARRIERS
from hub.operations.orders.asked import OrderAsked
from hub.store.driver import Store
from schema.operations.common import UserErrorCode, WarningCode, attempt
from schema.root import build_schema, graphql_schema
from tests.docs.test_reference import used
from tests.schema.test_schema_operations import dispatched, opened

SCHEMA = graphql_schema(build_schema())
OPERATIONS = Path(__file__).parents[2] / "hub/operations"
ANSWERED_BY = re.compile(
    r"hub/(operations|model|errors)|hub/store/(idempotency|feeds/identity)|schema/operations"
    r"|schema/feeds/identity"
)
NOT_BY_MUTATIONS = {
    *("UNKNOWN_KIND", "BAD_TIME", "INVALID"),  # of an action that a phone has made up
    "NO_DEVICE",  # of a phone that has signed in as none
    *("ALREADY_RECORDED", "ALREADY_ON_DUTY", "ALREADY_OFF_DUTY"),  # no fault: done before
}
"""Codes of hub.operations that only the field app is answered with."""


def values(name: str) -> set[str]:
    """Names of an enum's values in the schema."""
    type_ = SCHEMA.type_map[name]
    assert isinstance(type_, GraphQLEnumType)
    return set(type_.values)


def test_every_code_that_a_mutation_can_answer_with_is_in_the_enums():
    """Found in the source: a new code needs its words in the capability's declaration."""
    made = {code for code, where in used().items() if any(map(ANSWERED_BY.match, where))}
    assert len(made) > 30
    assert made - NOT_BY_MUTATIONS - values("UserErrorCode") - values("DispatchWarningCode") == (
        set()
    )
    assert values("UserErrorCode") & values("DispatchWarningCode") == {"OTHER"}
    assert set(WarningCode) - {"OTHER"} <= made


async def test_a_code_nobody_declared_is_answered_and_logged():
    """The answer does not fail of it: OTHER, with its message and path."""

    async def work() -> Any:
        raise UserFault("MADE_UP", "不行 / It cannot be done.", path=("order_id",))

    with structlog.testing.capture_logs() as logged:
        _, (error,) = await attempt(work)
    assert (error.code, error.path) == (UserErrorCode.OTHER, ["input", "order"])
    assert error.message == "不行 / It cannot be done."
    (line,) = logged
    assert (line["event"], line["code"], line["log_level"]) == ("code_unknown", "MADE_UP", "error")


def written() -> set[str]:
    """Kinds of lines that the source writes into timelines."""
    text = "".join(path.read_text(encoding="utf-8") for path in OPERATIONS.rglob("*.py"))
    literal = re.findall(r'\b(?:entry|note)\([^()]*?"([a-z]+\.\w+)"', text)
    asked = re.findall(r'\.note\([^()]*f"\{asked\.kind\}\.(\w+)"', text)
    answers = [to.lower() for to in (Stage.ACCEPTED, Stage.EN_ROUTE, Stage.ARRIVED, Stage.DONE)]
    kind = OrderAsked.kind
    return {*literal, *(f"{kind}.{word}" for word in (*asked, *answers, Stage.DECLINED.lower()))}


def test_every_kind_of_line_is_declared():
    """What the source writes, and no other, is what capabilities declare."""
    assert written() == set(lines())
    assert {"INCIDENT_UNITS_ADDED", "ORDER_EN_ROUTE", "OTHER"} <= values("TimelineKind")
    assert len(values("TimelineKind")) == len(lines()) + 1


def test_every_channel_has_its_value():
    """Push services, what a phone says it learnt by, and the hub's own."""
    named = {word.upper() for word in {*PushChannel, *CARRIERS, "hub", "escalation", "actions"}}
    assert values("LedgerChannel") == {*named, "OTHER"}


async def test_what_was_stored_in_another_word_reads_as_other(run: Run, store: Store) -> None:
    """A kind that no capability declares any more, and a channel nobody knows."""
    incident = await opened(run, "words-i")
    await store.db["accounts"].update_many({"login": "officer1"}, {"$set": {"duty.on": True}})
    order = await dispatched(run, "words-o", incident, ["officer1"])
    text = """query ($id: ID!, $order: ID!) { incident(id: $id) { timeline { kind text } }
        order(id: $order) { recipients { entries { stage channel } } } }"""
    found = (await run(text, WATCH, id=incident, order=order))["data"]
    kinds = [line["kind"] for line in found["incident"]["timeline"]]
    assert kinds == ["INCIDENT_OPENED", "ORDER_DISPATCHED"]
    assert found["order"]["recipients"][0]["entries"][0] == {"stage": "QUEUED", "channel": "HUB"}
    await store.db["timeline"].update_many({"kind": "order.dispatched"}, {"$set": {"kind": "x.y"}})
    await store.db["recipients"].update_many({}, {"$set": {"entries.0.channel": "pigeon"}})
    found = (await run(text, WATCH, id=incident, order=order))["data"]
    assert found["incident"]["timeline"][1]["kind"] == "OTHER"
    assert found["order"]["recipients"][0]["entries"][0]["channel"] == "OTHER"


@pytest.mark.parametrize("word", [None, "Immediate", "Soon"])
async def test_an_alerts_urgency_is_a_word_of_caps(
    run: Run, store: Store, word: str | None
) -> None:
    """Null where it says none; what is no word of CAP's is UNKNOWN."""
    row = {"_id": "cap:1", "severity": "MINOR", "progress": "OPEN", "version": 1, "urgency": word}
    await store.db["situations"].replace_one({"_id": "cap:1"}, row, upsert=True)
    answer = await run('{ situation(id: "cap:1") { urgency certainty } }')
    named = {None: None, "Immediate": "IMMEDIATE", "Soon": "UNKNOWN"}[word]
    assert answer["data"]["situation"] == {"urgency": named, "certainty": None}
