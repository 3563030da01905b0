"""What people read is the same in Chinese and in English: no name and no number in one alone."""

import ast
import re
from pathlib import Path
from string import Formatter

import pytest
from operations_builders import FakeChannel, World, fresh

from hub.clock import ManualClock
from hub.operations import conditions
from hub.operations.incidents.actions import close_incident
from hub.operations.incidents.changes import add_incident_units, changes_of, update_incident
from hub.operations.incidents.documents import TimelineDoc
from hub.operations.waking.channels import Outcome
from hub.operations.words import SLASH, Both, both, people, person
from hub.store.documents import AccountDoc, NameDoc

HAN = re.compile(r"[\u4e00-\u9fff]")
OPERATIONS = Path(__file__).parents[2] / "hub" / "operations"


def forms() -> list[tuple[str, str, str, frozenset[str]]]:
    """Each use of `both` in the hub: where, the two forms of words, and what is filled in."""
    found = []
    for path in OPERATIONS.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or getattr(node.func, "id", "") != "both":
                continue
            zh, en = (eval(ast.unparse(part), {"are": "are"}) for part in node.args)
            given = {word.arg for word in node.keywords if word.arg}
            spread = any(word.arg is None for word in node.keywords)
            where = f"{path.relative_to(OPERATIONS)}:{node.lineno}"
            found.append((where, zh, en, frozenset() if spread else frozenset(given)))
    return found


@pytest.mark.parametrize(("where", "zh", "en", "given"), forms())
def test_both_forms_name_the_same_things(
    where: str, zh: str, en: str, given: frozenset[str]
) -> None:
    def fields(form: str) -> list[str]:
        return sorted(name for _, name, _, _ in Formatter().parse(form) if name)

    assert fields(zh) == fields(en), where
    assert not given or set(fields(zh)) == given, where
    assert not HAN.search(en), where


@pytest.mark.parametrize("kind", conditions())
def test_the_next_step_of_every_alarm_names_the_same_things(kind: str) -> None:
    step = conditions()[kind].next_step
    test_both_forms_name_the_same_things(kind, step.zh, step.en, frozenset())


def test_what_is_filled_in_never_parts_the_languages() -> None:
    """A title with a slash in it stays a title."""
    said = str(both("登记：{title}", "Opened: {title}", title="A / B"))
    zh, en = said.split(SLASH)
    assert (zh.replace("\xa0", " "), en.replace("\xa0", " ")) == ("登记：A / B", "Opened: A / B")


def test_people_are_called_by_their_name_in_each_language(clock: ManualClock) -> None:
    def account(number: int, en: str | None) -> AccountDoc:
        name = NameDoc(zh=f"队员 {number}", en=en)
        return AccountDoc.model_construct(login=f"officer{number}", name=name)

    some = [account(n, f"Officer {n}") for n in range(7)]
    assert person(some[1]) == Both("队员 1", "Officer 1")
    assert person(account(8, None)) == Both("队员 8", "队员 8")
    assert people(some[:2]) == Both("队员 0、队员 1", "Officer 0, Officer 1")
    zh, en = people(some)
    assert zh.endswith("队员 4 等 7 人")
    assert en.endswith("Officer 4 and 2 more")


async def test_a_timeline_reads_whole_in_english(world: World, clock: ManualClock) -> None:
    """From its begin to its end, with a push that fails and an order that nobody takes."""
    one, two, three = [await world.officer() for _ in range(3)]
    refuses = FakeChannel(answer=lambda *_: Outcome.failed("403: the key is refused"))
    order = await world.order(one, escalation=[two.account_id], accept_within_s=60)
    await world.send_all(refuses)
    clock.advance(seconds=61)
    await world.escalator().step()
    await world.act(two, "order.declined", orderId=order.id, note="busy")
    await world.reassign(order, two, three)
    await world.act(three, "order.accepted", orderId=order.id)
    await world.act(three, "duty.signOut")
    given = {"incident_id": order.incident_id}
    desk, watch = world.ops.desk, world.watch
    changes = changes_of(place="北广场", severity="SEVERE")
    await update_incident(desk, watch, changes=changes, key=fresh("key"), **given)
    await add_incident_units(desk, watch, units=["MTR"], key=fresh("key"), **given)
    await close_incident(desk, watch, outcome="done", key=fresh("key"), **given)
    lines = await TimelineDoc.find({"incident_id": order.incident_id}).sort("at", "_id").to_list()
    kinds = {line.kind for line in lines}
    assert kinds >= {
        "incident.opened",
        "order.dispatched",
        "push.failed",
        "order.escalated",
        "order.declined",
        "order.exhausted",
        "order.reassigned",
        "order.accepted",
        "duty.signedOut",
        "incident.updated",
        "incident.unitsAdded",
        "incident.closed",
        "order.cancelled",
    }
    for line in lines:
        zh, slash, en = line.text.partition(SLASH)
        assert slash, line.text
        for login in (one.login, two.login, three.login):
            assert (login in zh) == (login in en), line.text
        assert (order.number in zh) == (order.number in en), line.text
