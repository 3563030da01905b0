"""Whatever a client was told, wherever it was cut off: by its last cursor it is told the rest."""

import asyncio
from collections.abc import Sequence
from typing import Any

import orjson
import pytest
from graphql import GraphQLError
from hypothesis import given
from hypothesis import strategies as st
from test_group import World

from hub.bus import Bus
from schema.live import replay
from schema.live.replay import Place, Replay, Told


class Client:
    """Does with events what a client does: an upsert by id each, and keeps the last cursor."""

    def __init__(self) -> None:
        self.held: dict[str, str] = {}
        self.cursor: str | None = None
        self.takes = 0
        self.heard: list[str] = []

    def tell(self, told: Sequence[Told]) -> None:
        """Take as many events as come through before the connection is cut."""
        for cursor, payload in told[: self.takes]:
            event = orjson.loads(payload)["data"]["things"]
            self.takes -= 1
            self.cursor = cursor
            self.heard.append(event["change"])
            self._apply(event["change"], event["node"])

    def _apply(self, change: str, node: dict[str, Any] | None) -> None:
        if node is None:
            self.held.clear()
        elif change == "REMOVED":
            self.held.pop(node["id"], None)
        else:
            self.held[node["id"]] = node["text"]

    def end(self, error: GraphQLError) -> None:
        """Not in these tests."""
        raise error


Rows = st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("12"))
Cut = st.tuples(Rows, st.integers(0, 9), st.lists(Rows, max_size=3))
"""What there is when it connects, the events that come through, and what changes after."""


@given(cuts=st.lists(Cut, min_size=1, max_size=5), last=Rows, remembered=st.integers(1, 12))
def test_a_client_cut_off_after_any_event_ends_with_the_full_state(cuts, last, remembered):
    """In a snapshot, in a RESET, in a replay, and live; whatever changed while it was away."""

    async def play(monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(replay, "REPLAYED", remembered)
        world, client = World(Bus()), Client()
        group = world.group()

        async def become(rows: dict[str, str]) -> None:
            world.rows = {key: {"text": text} for key, text in rows.items()}
            await group._refresh(None)

        await group._prime()
        for rows, takes, changes in cuts:
            await become(rows)
            client.takes = takes
            number = group.join(client, client.cursor)
            for changed in changes:
                await become(changed)
            group.leave(number)
        await become(last)
        client.takes = 1_000
        group.join(client, client.cursor)
        assert client.held == last

    with pytest.MonkeyPatch.context() as patched:
        asyncio.run(play(patched))


async def test_a_client_cut_off_in_a_snapshot_is_told_its_rest_only():
    """300 rows, cut after 100, resumed with the hundredth's cursor: 200 events, and no RESET."""
    world, client = World(Bus()), Client()
    world.rows = {str(number): {"text": "1"} for number in range(300)}
    group = world.group()
    await group._prime()
    client.takes = 100
    group.leave(group.join(client, None))
    client.heard.clear()
    client.takes = 1_000
    group.join(client, client.cursor)
    assert client.heard == ["SNAPSHOT"] * 200
    assert len(client.held) == 300


@pytest.mark.parametrize("after", ["", "new", "from.another.life", "x" * 100_000])
async def test_what_is_no_cursor_is_told_so(after):
    """Also an empty one: whatever is given and names no place is answered by RESET first."""
    group = World(Bus(), {"a": {"text": "1"}}).group()
    await group._prime()
    client = Client()
    client.takes = 1_000
    group.join(client, after)
    assert client.heard == ["RESET", "SNAPSHOT"]


async def test_a_client_cut_off_after_a_reset_is_told_everything():
    """The RESET's own cursor says that nothing has been told yet."""
    world, client = World(Bus(), {"a": {"text": "1"}, "b": {"text": "1"}}), Client()
    group = world.group()
    await group._prime()
    client.takes = 1
    group.leave(group.join(client, "from.another.life"))
    assert client.heard == ["RESET"]
    client.takes = 1_000
    group.join(client, client.cursor)
    assert client.heard == ["RESET", "SNAPSHOT", "SNAPSHOT"]


async def test_the_cursor_of_another_group_is_no_place_in_this_one():
    """Also when both stand at the same number: it was never told what this one has told."""
    first, second = World(Bus(), {"a": {"text": "1"}}), World(Bus(), {"a": {"text": "2"}})
    here, there = first.group(), second.group()
    await here._prime()
    await there._prime()
    client = Client()
    client.takes = 1
    here.join(client, None)
    client.takes = 1_000
    there.join(client, client.cursor)
    assert client.heard == ["SNAPSHOT", "RESET", "SNAPSHOT"]
    assert client.held == {"a": "2"}


@pytest.mark.parametrize(
    "told", ["", ".", "x", "{0}", "{0}.", "{0}.-1", "{0}.3", "{0}.1.x", "{0}.1.1.1", "{0}.²", "x.1"]
)
def test_what_is_no_cursor_is_no_place(told):
    """Neither malformed ones, nor of another epoch, nor from the future."""
    made = Replay()
    for _ in range(2):
        made.add(str.encode)
    assert made.place(told.format(made._epoch)) is None


def test_what_is_remembered_is_bounded_in_number_and_bytes(monkeypatch):
    """A place from which something is forgotten is none any more."""
    monkeypatch.setattr(replay, "REPLAYED_BYTES", 10_000)
    made = Replay()
    for _ in range(50):
        made.add(lambda cursor: cursor.encode() + b"x" * 1_000)
    assert made.held <= 10_000
    assert made.place(made.cursor(49)) == Place(49, None)
    assert made.place(made.cursor(41)) is None
    assert len(made.since(45)) == 5
