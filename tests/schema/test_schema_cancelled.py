"""An operation that is cancelled leaves nothing behind that Python complains of."""

import asyncio
import gc
from types import SimpleNamespace
from typing import Any

import pytest
import structlog.testing
from graphql import build_schema, parse
from schema_builders import NOW, WATCH, feed_doc

from hub import defects
from hub.deadline import in_time
from hub.errors import AccessDenied
from schema.context import Memory, SchemaContext
from schema.executing import compiled
from schema.executing.compiled import run
from schema.root import build_schema as build_hubs_schema
from schema.root import graphql_schema

SCHEMA = build_schema("type Query { rows: [Row] one: Int two: Int } type Row { one: Int two: Int }")


def bare() -> Any:
    """What an executor needs of a context."""
    return SimpleNamespace(memory=Memory())


class Rows:
    """A root whose fields are read, and rows whose fields are."""

    def __init__(self) -> None:
        self.read = 0

    async def one(self, _info: Any) -> int:
        self.read += 1
        return 1

    two = one

    async def rows(self, _info: Any) -> list["Rows"]:
        return [self, self]


@pytest.mark.parametrize("turns", range(1, 8))
async def test_a_field_that_nobody_begins_is_closed(turns: int) -> None:
    """Cancelled at any turn of the loop, also when the fields' tasks have yet to begin.

    A coroutine that is dropped unawaited is a warning, and here every warning is an error.
    """
    document = parse("{ one two rows { one two } }")
    task = asyncio.create_task(run(SCHEMA, document, root_value=Rows(), context_value=bare()))
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task})
    gc.collect()


async def test_what_is_not_cancelled_is_answered() -> None:
    """All of it."""
    rows = Rows()
    document = parse("{ one two rows { one two } }")
    result = await run(SCHEMA, document, root_value=rows, context_value=bare())
    assert result.errors is None
    assert rows.read == 6


async def test_a_caller_that_leaves_work_that_fails_leaves_no_complaint() -> None:
    """Nobody is there to take the error: it is in the log, not with the event loop."""
    begun, ended, complaints = asyncio.Event(), asyncio.Event(), []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, what: complaints.append(what))

    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
            raise RuntimeError("on the way out")

    async def answers() -> bool:
        return True

    task = asyncio.create_task(in_time(work(), answers))
    await begun.wait()
    task.cancel()
    with structlog.testing.capture_logs() as logs:
        await asyncio.wait({task})
        await ended.wait()
        await asyncio.sleep(0)
    gc.collect()
    assert [line["event"] for line in logs] == ["deadline.left"]
    assert complaints == []


async def test_a_plan_that_fails_is_a_defect_that_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer is graphql-core's; that the plan failed is counted, and said once."""

    def broken(*_given: Any) -> Any:
        def complete(*_value: Any) -> Any:
            raise ZeroDivisionError

        return complete

    monkeypatch.setattr(compiled._Compiler, "of", broken)
    schema = graphql_schema(build_hubs_schema())
    context = SchemaContext(
        SimpleNamespace(feeds={"rail-et": feed_doc()}), WATCH, Memory(), [], NOW
    )
    before = defects.total()
    with structlog.testing.capture_logs() as logs:
        for _ in range(2):
            result = await run(schema, parse("{ me { login } }"), context_value=context)
    assert result.data == {"me": {"login": WATCH.login}}
    assert defects.total() > before
    assert [line["where"] for line in logs] == ["compiled.selection"]


async def test_what_is_known_already_is_not_waited_for() -> None:
    """It comes, or fails, in the same turn of the loop, without a task and without a question."""

    async def never() -> bool:
        raise AssertionError

    turned = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(turned.set_result, None)
    for outcome in ("known", AccessDenied("UNAUTHENTICATED", "no")):
        known: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        if isinstance(outcome, str):
            known.set_result(outcome)
            assert await in_time(known, never) == outcome
        else:
            known.set_exception(outcome)
            with pytest.raises(AccessDenied):
                await in_time(known, never)
    assert not turned.done()
