"""What the npm clients graphql-sse and graphql-ws make of the hub's answers.

They are installed by `make test`; without them this is skipped.
"""

import asyncio
import json
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from live_rig import PATIENT, Live, serving
from schema_builders import feed_doc

from hub.store.audit import Author
from hub.store.driver import Store
from schema.context import Services
from tests.partners import INSTALLED, NODE, PARTNERS

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not INSTALLED, reason="needs Node and its clients, which `make test` installs"
    ),
]
FEEDS = """subscription ($after: String) { ...F }
    fragment F on Subscription { feeds(after: $after) { cursor change node { code } } }"""
TRANSPORTS = pytest.mark.parametrize("transport", ["sse", "ws"])


class Said:
    """What the client says, line by line."""

    def __init__(self, process: Process) -> None:
        self.process = process

    async def next(self, what: str) -> Any:
        """The next of this kind; anything else in between is left out."""
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENT):
            async for line in self.process.stdout:
                said = json.loads(line)
                if what in said:
                    return said[what]
                assert "complete" not in said, "the client takes it for finished"
        raise EOFError(what)


@pytest.fixture(scope="module")
async def feeds(store: Store) -> None:
    """Two feeds."""
    await store.db["feeds"].insert_many([feed_doc("a"), feed_doc("b")])


@asynccontextmanager
async def following(live: Live, transport: str, query: str = FEEDS) -> AsyncIterator[Said]:
    """A client that follows."""
    request = json.dumps({"query": query})
    process = await asyncio.create_subprocess_exec(
        *NODE,
        str(PARTNERS / "follow.mjs"),
        transport,
        f"{live.url}/graphql",
        live.token,
        request,
        stdout=PIPE,
    )
    try:
        yield Said(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@TRANSPORTS
async def test_a_session_that_ended_is_no_finished_subscription(
    services: Services, feeds: None, transport: str
) -> None:
    """The client comes back, and learns that it has to sign in again."""
    signed_in = await services.tokens.issue("officer1")
    async with (
        serving(services, signed_in.access_token) as live,
        following(live, transport) as said,
    ):
        assert await said.next("connecting") == "first"
        codes = {(await said.next("next"))["data"]["feeds"]["node"]["code"] for _ in range(2)}
        assert codes == {"a", "b"}
        await services.tokens.revoke(signed_in.session_id, by=Author("test"), why="test")
        if transport == "sse":
            (error,) = (await said.next("next"))["errors"]
            assert error["extensions"]["code"] == "UNAUTHENTICATED"
        assert await said.next("connecting") == "again"
        refused = await said.next("error")
        assert refused == (401 if transport == "sse" else {"code": 4403, "reason": "Forbidden"})


async def test_a_stream_that_breaks_off_is_resumed(services: Services, feeds: None) -> None:
    """As by a hub that shuts down: the client comes back by itself, with the cursor it has."""
    token = (await services.tokens.issue("officer1")).access_token
    async with serving(services, token) as live, following(live, "sse") as said:
        cursor = (await said.next("next"))["data"]["feeds"]["cursor"]
        assert (await said.next("next"))["data"]["feeds"]["cursor"] != cursor
        live.engine.closing.set()
        assert await said.next("connecting") == "again"
        live.engine.closing.clear()


@TRANSPORTS
async def test_a_refused_operation_is_told(services: Services, feeds: None, transport: str) -> None:
    """Over SSE as a result with errors, after which it is complete; over a socket as its error."""
    token = (await services.tokens.issue("officer1")).access_token
    async with (
        serving(services, token) as live,
        following(live, transport, "subscription { nothing { id } }") as said,
    ):
        if transport == "sse":
            errors = (await said.next("next"))["errors"]
            assert await said.next("complete") is True
        else:
            errors = await said.next("error")
        assert errors[0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
