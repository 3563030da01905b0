"""The contract every capability in the registry keeps, whatever it is about."""

import ast
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from graphql import get_named_type, is_required_argument

from hub.model.area import parse_area
from hub.model.people import Role, Scope
from hub.operations import REGISTRY, capabilities, conditions, documents
from hub.operations.alarming.condition import Condition
from hub.operations.alarming.documents import AlarmDoc
from hub.operations.alarming.keeper import AlarmKeeper
from hub.settings import area_text
from hub.store.documents import DOCUMENTS, InboxHeadDoc, TextDocument, collection_of
from hub.store.driver import Store
from hub.store.feeds.cache import FeedCache
from hub.store.feeds.identity import IdentityRepository
from hub.store.feeds.transit import TransitRepository
from liandong.codes import CODES
from mobile_api.app import ENDPOINTS
from mobile_api.context import MobileContext
from mobile_api.openapi import document
from schema.context import Services
from schema.executing import executor
from schema.live.source import SOURCES
from schema.nodes import global_id
from schema.operations.audit import OF_PERSONS
from schema.permissions import policy_of
from tests.contract.examples import examples
from tests.contract.scene import PEOPLE, STRANGERS, Person, Scene, caught_up, changed, snapshot
from tests.contract.writes import (
    FIELD_WRITES,
    SCHEMA,
    TYPES,
    WRITES,
    FieldWrite,
    Write,
    roots_of,
    type_named,
    types_of,
)
from tests.operations.operations_builders import FakeChannel, fresh
from tests.schema.live_rig import serving

ROOT = Path(__file__).parents[2]
OF_UNIT = [write for write in WRITES if write.is_of_unit]
KEPT = (*DOCUMENTS, *documents())
CONDITIONS = [
    pytest.param(name, one, id=one.kind)
    for name, found in capabilities().items()
    for one in found.alarms
]
PHONES = [who for who, (role, _) in PEOPLE.items() if role in Scope.FIELD_WORK.roles]


@pytest.fixture(scope="module")
async def services(context: MobileContext) -> Services:
    """What GraphQL works with, over the same store."""
    transit = TransitRepository(context.store)
    return Services(
        area=parse_area(area_text("shanghai-railway-station")),
        transit=transit,
        feeds=FeedCache(transit),
        accounts=context.accounts,
        units=context.units,
        identity=IdentityRepository(context.store),
        operations=context.operations,
        tokens=context.tokens,
    )


@pytest.fixture(scope="module")
async def graphql(context: MobileContext, services: Services) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the served /graphql."""
    async with (
        serving(services, "", bus=context.bus) as live,
        httpx2.AsyncClient(base_url=live.url, timeout=60) as client,
    ):
        yield client


@pytest.fixture
def scene(
    context: MobileContext,
    services: Services,
    http: httpx2.AsyncClient,
    graphql: httpx2.AsyncClient,
) -> Scene:
    """People nobody has met yet."""
    return Scene(context, services, http, graphql)


@pytest.mark.parametrize("name", REGISTRY)
def test_a_capability_is_what_its_registry_line_says(name: str) -> None:
    """It can be imported, has its examples, and names nothing that another has."""
    found = capabilities()[name]
    for other, theirs in capabilities().items():
        if other != name:
            assert not found.field_actions.keys() & theirs.field_actions.keys()
            assert not found.news.keys() & theirs.news.keys()
            assert not {*found.documents} & {*theirs.documents}
            assert not {one.kind for one in found.alarms} & {one.kind for one in theirs.alarms}
    told = examples(name)
    assert told.actions.keys() <= found.field_actions.keys()
    assert told.mutations.keys() <= {*roots_of(name, "Mutation")}
    assert told.rows.keys() <= {*types_of(name)}
    roots = {
        root for kind in ("Query", "Mutation", "Subscription") for root in roots_of(name, kind)
    }
    assert told.may.keys() <= roots
    assert told.alarms.keys() <= {one.kind for one in found.alarms}
    assert all(zh and en for zh, en in found.codes.values())
    assert all(not one.means.isascii() for one in found.field_actions.values())
    assert {*found.acts} == {*_acts_of(name)}, f"write them into acts= of {REGISTRY[name]}"
    if found.asks is not None:
        assert found.asks.kind in found.news


@pytest.mark.parametrize(
    ("name", "condition"), CONDITIONS, ids=lambda one: getattr(one, "kind", "")
)
async def test_a_condition_is_one_alarm_while_it_holds_and_none_after(
    scene: Scene, name: str, condition: Condition
) -> None:
    """Raised once, cleared by its end; it says in both languages what is wrong and what to do, how
    much, and leads to what it is about."""
    holds = examples(name).alarms.get(condition.kind)
    assert holds, (
        f'write "{condition.kind}": ... into alarms= of tests/contract/capabilities/{name}.py'
    )
    keeper = AlarmKeeper(scene.world.ops.desk, "hub-1")
    before = await _quiet(scene, keeper, condition)
    async with holds(scene) as again:
        await keeper.look()
        (alarm,) = await _holding(condition, before)
        await again()
        await keeper.look()
        (same,) = await _holding(condition, before)
        assert same.id == alarm.id
        await _says_all(scene, condition, same)
    await keeper.look()
    cleared = await AlarmDoc.get(alarm.id)
    assert cleared is not None
    assert (cleared.active, await _holding(condition, before)) == (False, [])
    _in_both(cleared.cleared_because or "")


async def _quiet(scene: Scene, keeper: AlarmKeeper, condition: Condition) -> set[str]:
    """What other tests have left is done with; the alarms of this kind that hold all the same."""
    await scene.world.teller().step()
    await scene.world.send_all(FakeChannel())
    await scene.world.escalator().step()
    await keeper.look()
    return {alarm.id for alarm in await _holding(condition, set())}


async def _holding(condition: Condition, but: set[str]) -> list[AlarmDoc]:
    found = await AlarmDoc.find({"kind": condition.kind, "active": True}).to_list()
    return [alarm for alarm in found if alarm.id not in but]


def _in_both(said: str) -> None:
    """Chinese first, English second."""
    zh, en = said.split(" / ")
    assert not zh.isascii()
    assert any(letter.isascii() and letter.isalpha() for letter in en)
    assert "{" not in said


async def _says_all(scene: Scene, condition: Condition, alarm: AlarmDoc) -> None:
    """As the watch is told it."""
    for said in (alarm.message, alarm.next_step):
        _in_both(said)
    assert condition.means.isascii()
    assert conditions()[condition.kind] is condition
    links = " ".join(f"{word} {{ id }}" for word in alarm.about)
    told = await scene.ask(
        "watch",
        f"""query ($id: ID!, $kind: AlarmKind) {{
          alarms(kind: $kind, active: true, first: 200) {{ nodes {{ id }} }}
          alarm(id: $id) {{ kind level zh: name en: name(language: EN) {links} }} }}""",
        id=alarm.id,
        kind=condition.kind,
    )
    assert {"id": global_id("Alarm", alarm.id)} in told["data"]["alarms"]["nodes"]
    shown = told["data"]["alarm"]
    word = {"zh": condition.word.zh, "en": condition.word.en}
    assert not word["zh"].isascii()
    assert word["en"].isascii()
    about = {w: {"id": global_id(type_named(w), key)} for w, key in alarm.about.items()}
    assert shown == {"kind": condition.kind, "level": condition.level, **word, **about}


def _acts_of(name: str) -> Iterator[str]:
    """What the audit log calls that which is done with it, as the source says."""
    folder = ROOT.joinpath(*REGISTRY[name].split("."))
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Call":
                yield ast.literal_eval(node.args[1])


@pytest.mark.parametrize("write", WRITES, ids=str)
async def test_a_phone_that_follows_holds_what_a_fresh_one_is_told(
    scene: Scene, write: Write
) -> None:
    """What a phone held, with what it is told of the write, is a new snapshot: for everybody."""
    told = await write.example.given(scene)
    assert told.keys() >= write.fields(), "an example says all that can be said"
    phones = {who: (await scene.person(who)).phone for who in PHONES}
    for situation in (write.example.given, *write.example.also):
        given = await situation(scene)
        held = {who: await snapshot(phone) for who, phone in phones.items()}
        answer = await write.send(scene, given, fresh("key"), write.by)
        assert answer.done, answer
        for who, phone in phones.items():
            now, _ = await snapshot(phone)
            assert await caught_up(phone, *held[who]) == now, (who, situation)


@pytest.mark.parametrize("write", WRITES, ids=str)
async def test_who_may_not_is_refused_and_nothing_is_changed(scene: Scene, write: Write) -> None:
    """Every role that lacks the scope, and whoever has signed out."""
    given = await write.example.given(scene)
    denied = [role.value.lower() for role in Role if role not in write.roles]
    assert denied
    for who in (write.by, *denied):
        await scene.person(who)
    await scene.sign_out(write.by)
    before = await scene.stored()
    for who in denied:
        refused = await write.send(scene, given, fresh("key"), who)
        assert (refused.done, refused.code) == (False, "FORBIDDEN"), who
    refused = await write.send(scene, given, fresh("key"), write.by)
    assert (refused.done, refused.code) == (False, "UNAUTHENTICATED")
    assert changed(before, await scene.stored()) == {}


@pytest.mark.parametrize("write", WRITES, ids=str)
async def test_the_action_itself_refuses_who_may_not(
    scene: Scene, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever way leads to it: here the interface lets everybody pass."""
    given = await write.example.given(scene)
    denied = [role.value.lower() for role in Role if role not in write.roles]
    for who in denied:
        await scene.person(who)
    before = await scene.stored()
    monkeypatch.setattr(executor, "check", lambda *_: [])
    for who in denied:
        refused = await write.inside(scene, given, fresh("key"), who)
        assert (refused.done, refused.code) == (False, "FORBIDDEN"), who
        assert f"needs {write.scope}" in refused.message, "begin it with by.require(Scope....)"
    assert changed(before, await scene.stored()) == {}


@pytest.mark.parametrize("write", WRITES, ids=str)
async def test_what_has_had_its_time_leaves_the_phones(scene: Scene, write: Write) -> None:
    """The database deletes it, one collection before the other, and tells nobody: a phone begins
    anew once in a while, and a snapshot bears that a part of what it shows is gone."""
    await write.example.given(scene)
    phones = {who: (await scene.person(who)).phone for who in PHONES}
    held = {who: await snapshot(phone) for who, phone in phones.items()}
    for kept in documents():
        if kept.keep.since is None:
            continue
        ended = {kept.keep.since: {"$ne": None}}
        gone = await scene.context.store.db[collection_of(kept)].delete_many(ended)
        if not gone.deleted_count:
            continue
        await InboxHeadDoc.find_all().update({"$set": {"renewed_at": None}})
        for who, phone in phones.items():
            now = await snapshot(phone)
            assert await caught_up(phone, *held[who], anew=True) == now[0], who
            held[who] = now


@pytest.mark.parametrize("write", OF_UNIT, ids=str)
async def test_another_units_is_refused_and_nothing_is_changed(scene: Scene, write: Write) -> None:
    """Whoever is of another unit finds nothing there, or may not."""
    given = await write.example.given(scene)
    await scene.person(write.stranger)
    before = await scene.stored()
    refused = await write.send(scene, given, fresh("key"), write.stranger)
    assert not refused.done
    assert refused.code in {"NOT_FOUND", "FORBIDDEN"}
    assert changed(before, await scene.stored()) == {}


@pytest.mark.parametrize("write", WRITES, ids=str)
async def test_a_repetition_does_nothing_more(scene: Scene, write: Write) -> None:
    """Three at once do it once, all are answered alike, and so is a later one; another body under
    the same key is a conflict, and changes nothing."""
    given = await write.example.given(scene)
    await scene.person(write.by)
    audited = await scene.context.store.db["audit"].count_documents({})
    key = fresh("key")
    first, *others = await write.at_once(scene, given, key)
    assert first.done, first
    assert [each.data for each in others] == [first.data] * 2
    before = await scene.stored()
    assert len(before["audit"]) == audited + 1
    again = await write.send(scene, given, key, write.by)
    assert (again.done, again.data) == (True, first.data)
    other = await write.send(scene, write.otherwise(given), key, write.by)
    assert (other.done, other.code) == (False, "IDEMPOTENCY_CONFLICT")
    assert changed(before, await scene.stored()) == {}


@pytest.mark.parametrize("write", WRITES, ids=str)
async def test_a_bad_body_is_refused_where_it_is_bad(scene: Scene, write: Write) -> None:
    """With a known code, words Chinese first, and the path of what is wrong; nothing is changed."""
    given = await write.example.given(scene)
    await scene.person(write.by)
    before = await scene.stored()
    for body, wanted in write.bad_bodies(given):
        refused = await write.send(scene, body, fresh("key"), write.by)
        assert not refused.done, body
        assert refused.code == (wanted.code or refused.code), body
        assert refused.code in CODES, body
        assert f"{refused.path}.".startswith(f"{wanted.path}."), (body, refused)
        chinese, _, english = refused.message.partition(" / ")
        assert english, refused.message
        assert not chinese.isascii()
    assert changed(before, await scene.stored()) == {}


@pytest.mark.parametrize("write", WRITES, ids=str)
async def test_a_write_is_one_line_in_the_audit_log(scene: Scene, write: Write) -> None:
    """Who, what, on whose authority, from which device; before and after."""
    given = await write.example.given(scene)
    actor = await scene.person(write.by)
    before = await scene.stored()
    assert (await write.send(scene, given, fresh("key"), write.by)).done
    after = await scene.stored()
    (new,) = after["audit"].keys() - before["audit"].keys()
    line = after["audit"][new]
    assert line["actor"] == actor.id
    assert line["authority"] == actor.principal.role
    assert line["session"] in after["sessions"]
    if isinstance(write, FieldWrite):
        assert (line["action"], line["device"]) == (write.name, actor.device)
    declared = capabilities()[write.capability]
    assert line["action"] in {*declared.field_actions, *declared.acts}
    assert line["after"]
    assert line["before"] != line["after"]
    stood = any(line["target"] in rows for rows in before.values())
    stands = any(line["target"] in rows for rows in after.values())
    assert stands
    assert bool(line["before"]) is stood


def test_a_word_names_a_type_whose_name_is_of_two() -> None:
    """Of what an alarm is about, and of acts: the type's own name but for its first letter."""
    assert type_named("lostItem") == "LostItem"


@pytest.mark.parametrize("name", REGISTRY)
def test_a_line_of_the_audit_log_leads_to_what_it_is_about(name: str) -> None:
    """Where that has an id to ask for: `order.accepted` to an Order, by a field `order`."""
    links = SCHEMA.type_map["AuditEntry"].fields
    declared = capabilities()[name]
    for act in (*declared.field_actions, *declared.acts):
        kind, _, _ = act.partition(".")
        if kind in OF_PERSONS or type_named(kind) not in types_of(name):
            continue
        assert kind in links, f"add it by @adds(AuditEntry) in schema.operations.{name}"
        assert get_named_type(links[kind].type).name == type_named(kind)


@pytest.mark.parametrize("kept", KEPT, ids=lambda kept: kept.__name__)
async def test_every_collection_is_kept_by_a_rule(store: Store, kept: type[TextDocument]) -> None:
    """Why, and how long; what has a term is removed by an index that is in the database."""
    keep = kept.keep
    assert keep.why
    assert (keep.since is None) is (keep.days is None)
    found = await store.db[collection_of(kept)].index_information()
    terms = {
        tuple(index["key"]): index["expireAfterSeconds"]
        for index in found.values()
        if "expireAfterSeconds" in index
    }
    if keep.since is None or keep.days is None:
        assert terms == {}
    else:
        assert keep.since in kept.model_fields
        assert terms == {((keep.since, 1),): keep.days * 86_400}


@pytest.mark.parametrize(("capability", "type_name"), TYPES)
async def test_strangers_see_nothing_whichever_way_they_ask(
    scene: Scene, capability: str, type_name: str
) -> None:
    """Root fields, node, nodes, _entities, subscription and sync; the watch sees it by all."""
    make = examples(capability).rows.get(type_name)
    assert make, (
        f'write "{type_name}": ... into rows= of tests/contract/capabilities/{capability}.py'
    )
    phones = {who: (await scene.person(who)).phone for who in STRANGERS if who in PHONES}
    held = {who: await snapshot(phone) for who, phone in phones.items()}
    key = await make(scene)
    reader = examples(capability).reader
    ways = await _ways(scene, capability, type_name, key, reader)
    assert set(ways) >= {"node", "nodes"}
    assert all(ways.values()), ways
    for who in STRANGERS:
        seen = await _ways(scene, capability, type_name, key, who)
        assert not any(seen.values()), (who, seen)
    for who, phone in phones.items():
        now = await caught_up(phone, *held[who])
        assert now == (await snapshot(phone))[0]
        assert key not in json.dumps([*now.values()]), who


LISTS = [
    (name, root)
    for name in REGISTRY
    for root in roots_of(name, "Query")
    if get_named_type(SCHEMA.query_type.fields[root].type).name.endswith("Connection")
    and not any(map(is_required_argument, SCHEMA.query_type.fields[root].args.values()))
]
"""Those of one row's own, such as `bulletinRecipients`, are found by its id."""


@pytest.mark.parametrize(("capability", "root"), LISTS)
async def test_a_list_is_found_by_an_index(scene: Scene, capability: str, root: str) -> None:
    """Whoever asks, the database reads no collection whole; and for the centre, which sees all of
    it, it sorts nothing: `index("-created_at", "-_id")`."""
    for make in examples(capability).rows.values():
        for _ in range(2):
            await make(scene)
    text = f"query ($a: String) {{ {root}(first: 1, after: $a) {{ pageInfo {{ endCursor }} }} }}"
    asking = [who for who in PEOPLE if root in _asked(await scene.person(who))]
    for who in asking:
        async with _plans(scene) as read:
            told = await scene.ask(who, text)
            end = told["data"][root]["pageInfo"]["endCursor"]
            await scene.ask(who, text, a=end)
        assert read or who in STRANGERS, who
        assert _whole(read) == [], who
        if who == examples(capability).reader:
            assert [plan["command"] for plan in read if plan.get("hasSortStage")] == []
    assert examples(capability).reader in asking


@pytest.mark.parametrize("name", REGISTRY)
async def test_what_is_read_again_and_again_is_found_by_an_index(scene: Scene, name: str) -> None:
    """What a phone with nothing is told, and what the keeper of alarms looks at."""
    phones = [(await scene.person(who)).phone for who in PHONES]
    for make in examples(name).rows.values():
        await make(scene)
    keeper = AlarmKeeper(scene.world.ops.desk, "hub-1")
    async with AsyncExitStack() as held:
        for holds in examples(name).alarms.values():
            await held.enter_async_context(holds(scene))
        async with _plans(scene) as read:
            for phone in phones:
                await snapshot(phone)
            await keeper.look()
    assert read
    assert _whole(read) == []


@asynccontextmanager
async def _plans(scene: Scene) -> AsyncIterator[list[dict[str, Any]]]:
    """How the database reads the collections of people, within it; known behind it."""
    db = scene.context.store.db
    read: list[dict[str, Any]] = []
    await db.command("profile", 2)
    try:
        yield read
    finally:
        await db.command("profile", 0)
        names = [f"{db.name}.{collection_of(one)}" for one in KEPT]
        plans = await db["system.profile"].find({"ns": {"$in": names}}).to_list()
        await db.drop_collection("system.profile")
        read += [plan for plan in plans if "planSummary" in plan]


def _whole(read: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that read a collection whole."""
    return [plan["command"] for plan in read if "COLLSCAN" in plan["planSummary"]]


def _asked(person: Person) -> set[str]:
    """The roots that this person may ask for."""
    roots = SCHEMA.query_type.fields
    return {root for root in roots if policy_of(SCHEMA.query_type, root) in person.principal.scopes}


async def _ways(
    scene: Scene, capability: str, type_name: str, key: str, who: str
) -> dict[str, bool]:
    """Whether this person sees the row, by each way there is to ask for it."""
    whole = global_id(type_name, key)
    asked = {
        "node": f'{{ node(id: "{whole}") {{ id }} }}',
        "nodes": f'{{ nodes(ids: ["{whole}"]) {{ id }} }}',
    }
    for name in roots_of(capability, "Query"):
        gives = get_named_type(SCHEMA.query_type.fields[name].type).name
        if gives == type_name:
            asked |= {name: f'{{ {name}(id: "{whole}") {{ id }} }}'}
            asked |= {f"{name} by key": f'{{ {name}(id: "{key}") {{ id }} }}'}
        elif gives == f"{type_name}Connection":
            asked[name] = f"{{ {name}(first: 200) {{ nodes {{ id }} }} }}"
    if type_name in {each.name for each in SCHEMA.type_map["_Entity"].types}:
        given = f'{{__typename: "{type_name}", id: "{whole}"}}'
        one = f"... on {type_name} {{ id }}"
        asked["_entities"] = f"{{ _entities(representations: [{given}]) {{ {one} }} }}"
    seen = {way: whole in json.dumps(await scene.ask(who, text)) for way, text in asked.items()}
    principal = (await scene.person(who)).principal
    for name in roots_of(capability, "Subscription"):
        if get_named_type(SCHEMA.subscription_type.fields[name].type).name == f"{type_name}Event":
            assert SOURCES[name].per_viewer
            may = policy_of(SCHEMA.subscription_type, name) in principal.scopes
            rows = await SOURCES[name].rows(scene.services.context(principal), {})
            seen[f"{name}, live"] = may and key in {row["_id"] for row in rows}
    return seen


@pytest.mark.parametrize("write", FIELD_WRITES, ids=str)
def test_the_body_of_an_action_is_in_the_openapi_document(write: Write) -> None:
    """Found by its kind, and described by the document as it is declared."""
    schemas = document(ENDPOINTS)["components"]["schemas"]

    def at(reference: str) -> dict[str, Any]:
        found: dict[str, Any] = schemas[reference.rpartition("/")[2]]
        return found

    action = at(schemas["Action"]["discriminator"]["mapping"][write.name])
    body = action["properties"]["body"]
    body = at(body["$ref"] if "$ref" in body else body["allOf"][0]["$ref"])
    model = capabilities()[write.capability].field_actions[write.name].body
    declared = model.model_json_schema(by_alias=True)
    assert body["description"] == declared["description"]
    assert body.get("properties", {}).keys() == declared.get("properties", {}).keys()
    assert body.get("required") == declared.get("required")


@pytest.mark.parametrize("name", REGISTRY)
def test_what_is_synced_is_in_the_openapi_document(name: str) -> None:
    """Each entity with its own shape."""
    changes = document(ENDPOINTS)["components"]["schemas"]["SyncChange"]
    assert capabilities()[name].news.keys() <= changes["discriminator"]["mapping"].keys()


FOLLOWED = """
from liandong.process import ProcessRole, _followed
print(*_followed(frozenset({ProcessRole.API})))
"""


def test_a_process_is_sent_what_its_live_queries_depend_on() -> None:
    """A process that has just begun, before anything of GraphQL was asked for, knows all of it."""
    told = subprocess.run([sys.executable, "-c", FOLLOWED], capture_output=True, check=True)
    followed = set(told.stdout.decode().split())
    for name in REGISTRY:
        for root in roots_of(name, "Subscription"):
            assert SOURCES[root].collections <= followed, root
