"""How many groups there may be, whom they count for, and which goes first."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from graphql import GraphQLError
from test_group import World

from hub.bus import Bus, ChangeKind
from schema.live import groups as groups_module
from schema.live.group import Group
from schema.live.groups import Entry, Groups
from schema.live.limits import LimitError, LiveLimits, Seats

MEGABYTE = 1024 * 1024
Make = Callable[[LiveLimits], Groups]


@pytest.fixture
async def make() -> AsyncIterator[Make]:
    """Makes groups, and ends them after the test."""
    made: list[Groups] = []

    def make(limits: LiveLimits) -> Groups:
        made.append(Groups(limits))
        return made[-1]

    yield make
    for each in made:
        await each.close()


def group(rows: int = 1, text: str = "1") -> Group:
    """A group over so many rows."""
    return World(Bus(), {str(number): {"text": text} for number in range(rows)}).group()


async def entered(groups: Groups, key: str, account: str, made: Group | None = None) -> Entry:
    """A group that has begun, with this account in it."""
    entry = groups.enter(key.encode(), account, lambda: made or group())
    await entry.group.ready.wait()
    return entry


async def test_one_account_has_so_many_and_another_as_many_again(make: Make) -> None:
    """A group that it is in already counts once; one shared with others counts for each."""
    groups = make(LiveLimits(queries_per_account=2))
    for key in ("a", "b", "a"):
        await entered(groups, key, "one")
    with pytest.raises(LimitError) as refused:
        await entered(groups, "c", "one")
    assert refused.value.code == "TOO_MANY_LIVE_QUERIES"
    await entered(groups, "a", "two")
    await entered(groups, "c", "two")
    with pytest.raises(LimitError):
        await entered(groups, "c", "one")
    assert len(groups) == 3


async def test_what_an_account_left_makes_room_for_what_it_asks_next(make: Make) -> None:
    """The longest left goes first; until then one can come back to it."""
    groups = make(LiveLimits(queries_per_account=2))
    first, second = await entered(groups, "a", "one"), await entered(groups, "b", "one")
    groups.leave(first, "one")
    groups.leave(second, "one")
    assert await entered(groups, "a", "one") is first
    third = await entered(groups, "c", "one")
    assert len(groups) == 2
    assert await entered(groups, "c", "one") is third
    assert second.task.cancelling()


async def test_a_process_has_so_many(make: Make) -> None:
    """Whoever asks; and what nobody is in makes room, whosever it was."""
    groups = make(LiveLimits(queries=2))
    first = await entered(groups, "a", "one")
    await entered(groups, "b", "two")
    with pytest.raises(LimitError) as refused:
        await entered(groups, "c", "three")
    assert refused.value.code == "LIVE_CAPACITY"
    groups.leave(first, "one")
    await entered(groups, "c", "three")
    assert len(groups) == 2


async def test_the_memory_of_one_account_is_bounded(make: Make) -> None:
    """A quarter of the process's: the next different query is refused, others' are not."""
    groups = make(LiveLimits(megabytes=4))
    heavy = await entered(groups, "a", "one", group(300, "x" * 4_000))
    assert MEGABYTE < heavy.group.held < 4 * MEGABYTE
    with pytest.raises(LimitError) as refused:
        await entered(groups, "b", "one")
    assert refused.value.code == "TOO_MANY_LIVE_QUERIES"
    await entered(groups, "b", "two")


async def test_what_grows_over_the_bound_is_ended_with_a_code(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The heaviest, whose subscribers are told; the others go on."""
    monkeypatch.setattr(groups_module, "ROUND", 0.01)
    ended: asyncio.Future[GraphQLError] = asyncio.get_running_loop().create_future()
    groups = make(LiveLimits(megabytes=1))
    light = await entered(groups, "a", "one")
    world = World(Bus(), {"0": {"text": "1"}})
    world.end = ended.set_result  # type: ignore[method-assign]
    growing = await entered(groups, "b", "two", world.group())
    growing.group.join(world, None)
    world.rows = {str(number): {"text": "x" * 4_000} for number in range(300)}
    world.change("0", ChangeKind.RESET)
    async with asyncio.timeout(60):
        error = await ended
    assert (error.extensions or {})["code"] == "LIVE_CAPACITY"
    assert len(groups) == 1
    assert not light.task.done()


async def test_a_group_nobody_is_in_is_kept_for_a_while(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then it ends, and so does what looks after the groups."""
    monkeypatch.setattr(groups_module, "ROUND", 0.01)
    monkeypatch.setattr(groups_module, "LINGER", 0.05)
    groups = make(LiveLimits())
    entry = await entered(groups, "a", "one")
    groups.leave(entry, "one")
    tending = groups._tending
    assert tending is not None
    async with asyncio.timeout(60):
        await tending
    assert len(groups) == 0


async def test_a_defect_ends_a_group_and_is_told(make: Make) -> None:
    """Subscribers do not wait for ever for what cannot come; the next to ask begins anew."""
    ended: asyncio.Future[GraphQLError] = asyncio.get_running_loop().create_future()
    groups = make(LiveLimits())
    world = World(Bus(), {"a": {"text": "1"}})
    world.end = ended.set_result  # type: ignore[method-assign]
    made = world.group()
    entry = await entered(groups, "a", "one", made)
    made.join(world, None)
    made._age = _broken  # type: ignore[method-assign]
    async with asyncio.timeout(60):
        error = await ended
    assert (error.extensions or {})["code"] == "INTERNAL"
    assert len(groups) == 0
    assert await entered(groups, "a", "one") is not entry


async def test_a_group_that_cannot_begin_keeps_nobody_waiting(make: Make) -> None:
    """What it follows does not come to this process: whoever asked hears so at once."""
    groups, deaf = make(LiveLimits()), World(Bus(carries={"other"}))
    async with asyncio.timeout(60):
        entry = await entered(groups, "a", "one", deaf.group())
    assert isinstance(entry.group.failure, ValueError)
    assert len(groups) == 0


async def _broken() -> None:
    raise LookupError


def test_a_seat_is_given_back() -> None:
    """As many as there are, and again after one has left."""
    seats = Seats("TOO_MANY", "chairs")
    leave = seats.take("one", 1)
    with pytest.raises(LimitError, match="at most 1 chairs"):
        seats.take("one", 1)
    seats.take("two", 1)
    leave()
    seats.take("one", 1)
