"""Queries of one account take turns; mutations, and everybody else's queries, do not wait."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from schema_builders import OFFICER, WATCH, Run, principal

from hub.access.shares import PER_PERSON, PER_SHARED_ACCOUNT
from hub.model.people import Principal, Role
from schema.context import Services
from schema.executing.documents import Prepared
from schema.executing.executor import Executor

RANKS = "{ taxiRanks { name } }"
MORE = PER_SHARED_ACCOUNT + 3


class Held:
    """A read of the database that ends when it is let go."""

    def __init__(self) -> None:
        self.inside = 0
        self.go = asyncio.Event()
        self._entered = asyncio.Condition()

    async def __call__(self) -> list[dict[str, Any]]:
        async with self._entered:
            self.inside += 1
            self._entered.notify_all()
        await self.go.wait()
        return []

    async def until(self, inside: int) -> None:
        """So many reads are under way, or were."""
        async with asyncio.timeout(60), self._entered:
            await self._entered.wait_for(lambda: self.inside >= inside)


@pytest.fixture
def held(services: Services, monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    """What a query for the ranks comes to."""
    read = Held()
    monkeypatch.setattr(services.transit, "taxi_ranks", read)
    yield read
    read.go.set()


def ask(run: Run, by: Principal, times: int) -> "list[asyncio.Task[dict[str, Any]]]":
    return [asyncio.create_task(run(RANKS, by)) for _ in range(times)]


@pytest.mark.parametrize(
    ("by", "most"),
    [
        (OFFICER, PER_PERSON),
        (principal(Role.LIAISON, "liaison", "RPS"), PER_PERSON),
        (WATCH, PER_SHARED_ACCOUNT),
        (principal(Role.PARTNER, "partner", "RWS"), PER_SHARED_ACCOUNT),
    ],
    ids=["officer", "liaison", "watch", "partner"],
)
async def test_so_many_of_one_account_run_and_then_the_rest(
    run: Run, held: Held, by: Principal, most: int
) -> None:
    """All are answered; no more than the bound at a time."""
    asking = ask(run, by, MORE)
    await held.until(most)
    await run("{ me { login } }", principal(Role.ADMIN, "somebody-else"))
    assert held.inside == most
    held.go.set()
    answers = await asyncio.gather(*asking)
    assert held.inside == MORE
    assert all(answer.keys() == {"data"} for answer in answers)


async def test_an_officer_who_asks_much_delays_nobody_elses_query_and_no_action(
    run: Run, held: Held
) -> None:
    """Also not the same account's own mutation."""
    asking = ask(run, WATCH, MORE)
    await held.until(PER_SHARED_ACCOUNT)
    (other,) = ask(run, OFFICER, 1)
    await held.until(PER_SHARED_ACCOUNT + 1)
    cancel = 'mutation { cancelOrder(input: {clientMutationId: "t", order: "none", reason: "r"})'
    refused = await run(cancel + " { userErrors { code } } }", WATCH)
    assert refused["data"]["cancelOrder"]["userErrors"][0]["code"] == "NOT_FOUND"
    held.go.set()
    await asyncio.gather(other, *asking)


async def test_who_leaves_or_fails_gives_the_turn_on(
    run: Run, held: Held, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cancelled query, and one that failed, hold nobody up."""
    asking = ask(run, OFFICER, PER_PERSON + 1)
    await held.until(PER_PERSON)
    asking[0].cancel()
    await held.until(PER_PERSON + 1)

    async def broken() -> Any:
        raise RuntimeError("a defect")

    with monkeypatch.context() as patched:
        patched.setattr(services.transit, "taxi_ranks", broken)
        held.go.set()
        for _ in range(PER_PERSON + 1):
            (error,) = (await run(RANKS, OFFICER))["errors"]
            assert error["extensions"]["code"] == "INTERNAL"
    assert (await run(RANKS, OFFICER)).keys() == {"data"}
    await asyncio.gather(*asking, return_exceptions=True)


async def test_unknown_documents_are_read_one_by_one(
    executor: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever sends many new ones has one read at a time, and somebody else's comes between."""
    read: list[str] = []
    prepare = executor.documents.prepare

    def noted(text: str, *given: Any, **more: Any) -> Prepared:
        read.append(text)
        return prepare(text, *given, **more)

    monkeypatch.setattr(executor.documents, "prepare", noted)
    many = [f"query Q{number} {{ me {{ login }} }}" for number in range(MORE)]
    reading = [asyncio.create_task(executor.prepare(text, None, OFFICER)) for text in many]
    other, order = "query Other { me { login } }", "mutation { __typename }"
    await executor.prepare(other, None, WATCH)
    await executor.prepare(order, None, OFFICER)
    before = len(read)
    await asyncio.gather(*reading)
    assert sorted(read) == sorted([other, order, *many])
    assert before < MORE  # neither waited for all of them
    await executor.prepare(many[0], None, OFFICER)
    assert executor.documents.knows(many[0])
