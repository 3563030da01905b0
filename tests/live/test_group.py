"""A group converges to what its query answers, and says so once for everybody."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from graphql import GraphQLError, build_schema, parse

from hub.bus import Bus, Change, ChangeKind, Cursor
from hub.errors import DatabaseAway
from schema.context import Memory
from schema.live.group import Group
from schema.live.replay import Told
from schema.live.source import ChangeType, LiveEvent, LiveSource

SCHEMA = build_schema(
    """
    type Query { no: String }
    type Node { id: ID! text: String age: String }
    type Event { cursor: String! change: String! node: Node }
    type Subscription { things: Event }
    """
)


def _resolve(event: LiveEvent, _info: Any) -> dict[str, Any]:
    return {"cursor": event.cursor, "change": event.change.value, "node": event.node}


SCHEMA.subscription_type.fields["things"].resolve = _resolve
CONTEXT = SimpleNamespace(memory=Memory())


@dataclass
class World:
    """A collection that tests change, with the group that follows it."""

    bus: Bus
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    age: str = "young"
    asked: int = 0
    asked_of: list[set[str]] = field(default_factory=list)
    some: bool = False
    most: int = 100
    away: asyncio.Event | None = None
    silent: asyncio.Event | None = None
    answering: bool = True
    unread: asyncio.Event | None = None
    tick: int = 0
    events: asyncio.Queue[tuple[str, str, str | None]] = field(default_factory=asyncio.Queue)
    payloads: list[dict[str, Any]] = field(default_factory=list)
    told: list[int] = field(default_factory=list)

    async def _ask(self, _context: Any, _arguments: Any) -> list[dict[str, Any]]:
        self.asked += 1
        if self.silent is not None:
            await self.silent.wait()
        if self.away is not None:
            self.away.set()
            raise DatabaseAway
        return [{"_id": key, **row} for key, row in self.rows.items()]

    async def _ask_of(self, context: Any, arguments: Any, ids: Any) -> list[dict[str, Any]]:
        self.asked_of.append(set(ids))
        self.asked -= 1
        return [row for row in await self._ask(context, arguments) if row["_id"] in ids]

    def group(self) -> Group:
        source = LiveSource(
            collections=frozenset({"things"}),
            rows=self._ask,
            wrap=lambda row: {"id": row["_id"], "text": self._text(row), "age": self.age},
            volatile=lambda _row, _context: self.age,
            some=self._ask_of if self.some else None,
            most=self.most,
        )

        @dataclass
        class Watched:
            document = parse("subscription { things { cursor change node { id text age } } }")
            operation_name = None

        return Group(
            source, Watched(), SCHEMA, {}, {}, lambda: CONTEXT, self.bus, self.answers, 0.05
        )

    def _text(self, row: dict[str, Any]) -> Any:
        """A field that is read of the database when it is asked for."""
        unread = self.unread
        if unread is None:
            return row.get("text")

        def read(_info: Any) -> None:
            unread.set()
            raise DatabaseAway

        return read

    async def answers(self) -> bool:
        return self.answering

    def tell(self, told: Sequence[Told]) -> None:
        self.told.append(len(told))
        for cursor, payload in told:
            body = orjson.loads(payload)["data"]["things"]
            assert body["cursor"] == cursor
            self.payloads.append(body)
            node = body["node"] or {}
            self.events.put_nowait((body["change"], node.get("id"), node.get("text")))

    def end(self, error: GraphQLError) -> None:
        raise error

    def change(self, key: str, kind: ChangeKind = ChangeKind.UPDATED) -> None:
        self.tick += 1
        self.bus.publish(Change(Cursor(1, self.tick, 0), "things", kind, key))


@pytest.fixture
def world(bus: Bus) -> World:
    return World(bus, {"a": {"text": "1"}, "b": {"text": "1"}})


@pytest.fixture
async def group(world: World) -> AsyncIterator[Group]:
    made = world.group()
    running = asyncio.create_task(made.run())
    await made.ready.wait()
    yield made
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def _next(world: World) -> tuple[str, str, str | None]:
    async with asyncio.timeout(60):
        return await world.events.get()


async def test_a_new_subscriber_gets_the_present_state(world, group):
    """Joining yields one SNAPSHOT event for each node, without asking the database again."""
    asked = world.asked
    group.join(world, None)
    assert [await _next(world), await _next(world)] == [
        ("SNAPSHOT", "a", "1"),
        ("SNAPSHOT", "b", "1"),
    ]
    assert world.asked == asked


async def test_changes_become_added_updated_removed(world, group):
    """Each kind of difference is told once, and an unchanged node is not told at all."""
    group.join(world, None)
    await _next(world), await _next(world)
    world.rows["a"]["text"] = "2"
    world.rows["c"] = {"text": "1"}
    del world.rows["b"]
    for key in ("a", "b", "c"):
        world.change(key)
    told = {await _next(world), await _next(world), await _next(world)}
    assert told == {("UPDATED", "a", "2"), ("REMOVED", "b", "1"), ("ADDED", "c", "1")}
    assert world.events.empty()


@pytest.mark.parametrize("most", [100, 3])
async def test_only_what_was_touched_is_asked_of(bus, most):
    """Where a source can tell: added, updated and removed as ever; a full answer is asked whole."""
    world = World(bus, {"a": {"text": "1"}, "b": {"text": "1"}}, some=True, most=most)
    made = world.group()
    running = asyncio.create_task(made.run())
    await made.ready.wait()
    try:
        made.join(world, None)
        await _next(world), await _next(world)
        asked = world.asked
        world.rows["b"]["text"] = "unsaid"
        world.rows["c"] = {"text": "1"}
        del world.rows["a"]
        world.change("a", ChangeKind.DELETED)
        world.change("c")
        told = {await _next(world), await _next(world)}
        if most == 100:
            assert told == {("REMOVED", "a", "1"), ("ADDED", "c", "1")}
            assert (world.asked_of, world.asked) == ([{"a", "c"}], asked)
        else:
            told.add(await _next(world))
            assert told == {
                ("REMOVED", "a", "1"),
                ("ADDED", "c", "1"),
                ("UPDATED", "b", "unsaid"),
            }
            assert (world.asked_of, world.asked) == ([], asked + 1)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_what_one_question_brings_up_is_told_together(world, group):
    """The snapshot, and then all that changed with it: one call of the subscriber for each."""
    group.join(world, None)
    await _next(world), await _next(world)
    for key in ("a", "b", "c"):
        world.rows[key] = {"text": "2"}
        world.change(key)
    await _next(world), await _next(world), await _next(world)
    assert world.told == [2, 3]


async def test_who_joins_while_events_are_kept_back_hears_none_twice(world, group):
    """What is rendered and not yet told goes to those who were there first."""
    early = World(world.bus)
    group.join(early, None)
    group._broadcast(group._known["a"].rendered, ChangeType.UPDATED)
    assert early.told == [2]
    group.join(world, None)
    assert early.told == [2, 1]
    assert [await _next(world), await _next(world)] == [
        ("SNAPSHOT", "a", "1"),
        ("SNAPSHOT", "b", "1"),
    ]
    group._tell()
    assert world.events.empty()


async def test_a_burst_is_answered_with_one_question(world, group):
    """A hundred changes at once make the group ask once."""
    group.join(world, None)
    asked = world.asked
    for number in range(100):
        world.rows["a"]["text"] = str(number)
        world.change("a")
    await _next(world), await _next(world)
    assert await _next(world) == ("UPDATED", "a", "99")
    assert world.asked == asked + 1


async def test_a_change_that_shows_nowhere_is_not_told(world, group):
    """A touched row whose selected fields read the same makes no event."""
    group.join(world, None)
    await _next(world), await _next(world)
    world.rows["a"]["hidden"] = 1
    world.change("a")
    world.rows["b"]["text"] = "seen"
    world.change("b")
    assert await _next(world) == ("UPDATED", "b", "seen")


async def test_what_time_alone_changes_is_told(world, group):
    """A node whose freshness changed is sent again although no row changed."""
    group.join(world, None)
    await _next(world), await _next(world)
    world.age = "old"
    assert (await _next(world))[0] == "UPDATED"
    assert world.payloads[-1]["node"]["age"] == "old"


async def test_a_client_that_comes_back_gets_what_it_missed(world, group):
    """With a cursor the group remembers, the events from there on are replayed; none is missed."""
    number = group.join(world, None)
    await _next(world), await _next(world)
    cursor = world.payloads[-1]["cursor"]
    group.leave(number)
    other = World(world.bus, world.rows)
    group.join(other, None)
    await _next(other), await _next(other)
    world.rows["a"]["text"] = "2"
    world.change("a")
    await _next(other)
    group.join(world, cursor)
    assert await _next(world) == ("UPDATED", "a", "2")


async def test_an_unknown_cursor_gets_reset_and_snapshot(world, group):
    """A client from before a restart is told to drop what it holds, then gets the state."""
    group.join(world, "from-another-life")
    assert [(await _next(world))[0] for _ in range(3)] == ["RESET", "SNAPSHOT", "SNAPSHOT"]


async def test_a_reset_on_the_bus_makes_the_group_ask_again(world, group):
    """When changes were missed, the difference is found by asking."""
    group.join(world, None)
    await _next(world), await _next(world)
    world.rows["a"]["text"] = "2"
    world.change("a", ChangeKind.RESET)
    assert await _next(world) == ("UPDATED", "a", "2")


def test_change_types_are_the_interface():
    """The words clients rely on."""
    assert {change.value for change in ChangeType} == {
        "ADDED",
        "UPDATED",
        "REMOVED",
        "SNAPSHOT",
        "RESET",
    }


async def test_what_was_touched_while_the_database_was_away_is_told_afterwards(world, group):
    """No other change comes of it: what failed is asked again by itself, and nothing is lost."""
    group.join(world, None)
    await _next(world), await _next(world)
    world.away = asyncio.Event()
    world.rows["a"]["text"] = "2"
    world.change("a")
    async with asyncio.timeout(60):
        await world.away.wait()
    world.away = None
    assert await _next(world) == ("UPDATED", "a", "2")


@pytest.mark.parametrize("some", [False, True])
async def test_rows_grow_old_while_the_database_says_nothing(bus, some):
    """A question that is not answered is given up; freshness is a matter of time alone."""
    world = World(bus, {"a": {"text": "1"}}, some=some)
    made = world.group()
    running = asyncio.create_task(made.run())
    await made.ready.wait()
    try:
        made.join(world, None)
        await _next(world)
        world.silent, world.answering, world.age = asyncio.Event(), False, "old"
        world.rows["a"]["text"] = "2"
        world.change("a")
        assert await _next(world) == ("UPDATED", "a", "1")
        assert world.payloads[-1]["node"]["age"] == "old"
        world.silent.set()
        assert await _next(world) == ("UPDATED", "a", "2")
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_slow_question_is_waited_for_while_the_database_answers(world, group):
    """Slow is not silent."""
    group.join(world, None)
    await _next(world), await _next(world)
    probed = asyncio.Event()

    async def answers() -> bool:
        probed.set()
        return True

    group.answers, world.silent = answers, asyncio.Event()
    world.rows["a"]["text"] = "2"
    world.change("a")
    async with asyncio.timeout(60):
        await probed.wait()
    world.silent.set()
    assert await _next(world) == ("UPDATED", "a", "2")


async def test_a_node_that_cannot_be_read_now_is_no_news_of_it(world, group):
    """What the database's absence leaves out is not told as the node's state; it is once it is."""
    group.join(world, None)
    await _next(world), await _next(world)
    world.unread = asyncio.Event()
    world.rows["a"]["text"] = "2"
    world.change("a")
    async with asyncio.timeout(60):
        await world.unread.wait()
    world.unread = None
    assert await _next(world) == ("UPDATED", "a", "2")
    assert world.events.empty()


async def test_a_group_that_cannot_begin_says_why(world):
    """Whoever waits for its first answer hears of the silence."""
    world.silent, world.answering = asyncio.Event(), False
    made = world.group()
    running = asyncio.create_task(made.run())
    async with asyncio.timeout(60):
        await made.ready.wait()
    assert isinstance(made.failure, DatabaseAway)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
