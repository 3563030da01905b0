"""While the database does not answer: every face says so, in time, and what became of a write."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
import websockets
from websockets.typing import Subprotocol

from hub import fate
from hub.deadline import TooLong, in_time
from hub.errors import DatabaseAway
from hub.fate import Fate
from hub.operations.incidents import actions
from hub.store import driver
from hub.store.driver import Tx
from schema.live import websocket
from tests.serving.conftest import RESPONSE, Running

pytestmark = pytest.mark.slow
OPEN = """mutation ($input: OpenIncidentInput!) {
  openIncident(input: $input) { userErrors { code } incident { id title } } }"""


def incident(key: str) -> dict[str, Any]:
    """What is asked for under a key."""
    return {"clientMutationId": key, "kind": "CROWD", "title": f"北广场客流 {key}"}


def error_of(answer: httpx2.Response) -> dict[str, Any]:
    """The one error of an answer without data, which names nothing of the inside."""
    told = answer.json()
    assert told.get("data") is None
    (error,) = told["errors"]
    assert "127.0.0.1" not in answer.text
    found: dict[str, Any] = error
    return found


async def incidents(running: Running, key: str) -> int:
    """How many were opened under a key."""
    query = "{ incidents(first: 200) { nodes { title } } }"
    nodes = (await running.graphql(query)).json()["data"]["incidents"]["nodes"]
    return sum(node["title"].endswith(f" {key}") for node in nodes)


@pytest.mark.parametrize("accept", ["application/json", RESPONSE])
async def test_a_query_says_retry_later(stopped: Running, accept: str) -> None:
    """RETRY_LATER with the wait, in the body and in the header; never "ask for less"."""
    answer = await stopped.graphql("{ units { code } }", accept=accept)
    error = error_of(answer)
    assert error["extensions"]["code"] == "RETRY_LATER"
    assert "outcome" not in error["extensions"]
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1


async def test_a_mutation_says_that_it_was_not_done(running: Running) -> None:
    """NOT_DONE, and that the same key may be sent again: then it happens, once."""
    running.stop()
    try:
        answer = await running.graphql(OPEN, input=incident("away"))
    finally:
        running.resume()
    error = error_of(answer)
    assert answer.status_code == 503
    assert error["extensions"]["code"] == "RETRY_LATER"
    assert error["extensions"]["outcome"] == "NOT_DONE"
    assert "clientMutationId" in error["message"]
    again = await running.graphql(OPEN, input=incident("away"))
    assert again.json()["data"]["openIncident"]["userErrors"] == []
    assert await incidents(running, "away") == 1


async def test_a_mutation_whose_commit_is_not_answered_says_so(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """UNKNOWN where the commit was sent; with the same key the caller finds out, and it is once."""
    mark = fate.mark

    def then_hang(come_to: Fate) -> None:
        mark(come_to)
        if come_to is Fate.UNKNOWN:
            running.stop()

    monkeypatch.setattr(fate, "mark", then_hang)
    try:
        answer = await running.graphql(OPEN, input=incident("commit"))
    finally:
        running.resume()
        monkeypatch.undo()
    error = error_of(answer)
    assert error["extensions"]["code"] == "RETRY_LATER"
    assert error["extensions"]["outcome"] == "UNKNOWN"
    again = await running.graphql(OPEN, input=incident("commit"))
    assert again.json()["data"]["openIncident"]["userErrors"] == []
    assert await incidents(running, "commit") == 1


async def test_a_mutation_that_is_done_says_so(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DONE where the write stands and only its answer could not be read."""

    async def away(*_given: object, **_more: object) -> None:
        running.stop()
        await running.hub.operations.desk.units.all()

    monkeypatch.setattr(actions, "readable", away)
    try:
        answer = await running.graphql(OPEN, input=incident("done"))
    finally:
        running.resume()
        monkeypatch.undo()
    assert error_of(answer)["extensions"]["outcome"] == "DONE"
    assert await incidents(running, "done") == 1


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/sync", None),
        ("GET", "/me", None),
        ("PUT", "/device", {"pushChannel": "fcm", "pushToken": "t"}),
        ("POST", "/positions", {"positions": []}),
        (
            "POST",
            "/actions",
            {"actions": [{"id": "a1", "kind": "duty.signOut", "at": "2026-01-01T00:00:00Z"}]},
        ),
        ("POST", "/session/refresh", {"refreshToken": "a.b"}),
        ("POST", "/session", {"login": "officer9", "password": "x"}),
    ],
)
async def test_the_mobile_api_says_retry_later(
    stopped: Running, method: str, path: str, body: object
) -> None:
    """503 RETRY_LATER with the wait, and that the same may be sent again."""
    content = {} if body is None else {"json": body}
    headers = stopped.headers("officer1")
    answer = await stopped.http.request(method, f"/mobile/v1{path}", headers=headers, **content)
    assert (answer.status_code, answer.json()["code"]) == (503, "RETRY_LATER")
    assert int(answer.headers["retry-after"]) >= 1
    assert "again" in answer.json()["hint"]
    assert "127.0.0.1" not in answer.text


async def test_the_metrics_say_that_the_database_is_gone(stopped: Running) -> None:
    """Not nothing, and no number of before; once it answers they are all there again."""
    answer = await stopped.http.get("/metrics")
    assert answer.status_code == 200
    assert "liandong_database_up 0.0" in answer.text
    assert "liandong_order_oldest_unacknowledged_seconds NaN" in answer.text
    assert "liandong_alarms{" not in answer.text
    stopped.resume()
    answer = await stopped.http.get("/metrics")
    assert "liandong_database_up 1.0" in answer.text
    assert "liandong_alarms{" in answer.text


async def test_the_token_endpoint_says_so_in_its_words(stopped: Running) -> None:
    """503 temporarily_unavailable for every grant."""
    for form in (
        {"grant_type": "refresh_token", "refresh_token": "a.b"},
        {"grant_type": "password", "username": "watch", "password": "x"},
        {"grant_type": "client_credentials", "client_id": "partner", "client_secret": "x"},
    ):
        answer = await stopped.http.post("/auth/token", data=form)
        assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")
        assert int(answer.headers["retry-after"]) >= 1
        assert "127.0.0.1" not in answer.text


async def test_a_live_stream_that_cannot_begin_says_so(stopped: Running) -> None:
    """A subscription over SSE and a phone's stream are told RETRY_LATER."""
    live = await stopped.graphql(
        "subscription { incidents { cursor } }", accept="text/event-stream"
    )
    assert '"RETRY_LATER"' in live.text
    assert "INTERNAL" not in live.text
    phone = await stopped.http.get("/mobile/v1/events", headers=stopped.headers("officer1"))
    assert '"code":"RETRY_LATER"' in phone.text


async def test_an_unknown_session_is_told_so_too(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where even the token cannot be looked up: 503, not 401 and not 500; a socket is closed with
    1013 (try again later), which clients come back from."""
    issued = await running.hub.mobile.tokens.issue("liaison")  # type: ignore[union-attr]
    running.hub.mobile.tokens._register.end(issued.session_id)  # type: ignore[union-attr]
    monkeypatch.setattr(websocket, "INIT_TIMEOUT", 600)
    url = str(running.http.base_url).replace("http", "ws") + "/graphql"
    socket = await websockets.connect(url, subprotocols=[Subprotocol("graphql-transport-ws")])
    bearer = {"authorization": f"Bearer {issued.access_token}"}
    running.stop()
    try:
        answer = await running.http.post(
            "/graphql", json={"query": "{ me { login } }"}, headers=bearer
        )
        await socket.send(json.dumps({"type": "connection_init", "payload": bearer}))
        await socket.wait_closed()
    finally:
        running.resume()
    assert socket.close_code == 1013
    assert answer.status_code == 503
    assert error_of(answer)["extensions"]["code"] == "RETRY_LATER"


async def test_a_transaction_tells_how_far_it_came(running: Running) -> None:
    """NOT_DONE until its work is done, UNKNOWN while its commit is on its way, then DONE."""
    seen: list[Fate] = []

    async def work(tx: Tx) -> None:
        seen.append(write.fate)

    with fate.watched() as write:
        await running.hub.store.transaction(work)
        assert [*seen, write.fate] == [Fate.NOT_DONE, Fate.DONE]

        async def broken(tx: Tx) -> None:
            raise ValueError

        with pytest.raises(ValueError):  # noqa: PT011  # that very one
            await running.hub.store.transaction(broken)
        assert write.fate is Fate.NOT_DONE


async def never(told: asyncio.Event) -> None:
    """Work that does not end when it is told to."""
    while not told.is_set():
        try:
            await told.wait()
        except asyncio.CancelledError:
            continue


@pytest.mark.parametrize(("there", "why"), [(True, TooLong), (False, DatabaseAway)])
async def test_nobody_waits_for_late_work_to_end(there: bool, why: type[Exception]) -> None:
    """Work that will not be cancelled is left behind; why it was late the database tells."""

    async def answers() -> bool:
        return there

    told = asyncio.Event()
    with pytest.raises(why):
        await in_time(never(told), answers, seconds=0.01)
    told.set()


async def test_slow_work_goes_on_while_the_database_answers() -> None:
    """With `waits_on` it is given up at the first question that is not answered, and not before."""
    asked: list[int] = []

    async def answers() -> bool:
        asked.append(1)
        return len(asked) < 5

    told = asyncio.Event()
    with pytest.raises(DatabaseAway):
        await in_time(never(told), answers, seconds=0.01, waits_on=True)
    assert len(asked) == 5
    told.set()


@asynccontextmanager
async def late_loop(lateness: float) -> AsyncIterator[None]:
    """Meanwhile the event loop comes round only every so many seconds."""

    async def hog() -> None:
        while True:
            time.sleep(lateness)  # noqa: ASYNC251  # that is what it is about
            await asyncio.sleep(0)

    task = asyncio.create_task(hog())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_late_loop_is_not_laid_to_the_database(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the loop itself is later than the database may be, the work took too long, and the
    process is as ready as before: the database answers."""
    for name in ("ANSWER_SECONDS", "PING_SECONDS"):
        monkeypatch.setattr(driver, name, 0.05)
    store, told = running.hub.store, asyncio.Event()
    async with late_loop(0.1):
        assert await store.answers()
        await store.ping()
        with pytest.raises(TooLong):
            await in_time(never(told), store.answers, seconds=0.01)
    told.set()


async def test_a_silent_database_is_found_by_a_late_loop_too(
    stopped: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However late the loop is, a database that says nothing is away."""
    for name in ("ANSWER_SECONDS", "PING_SECONDS"):
        monkeypatch.setattr(driver, name, 0.05)
    store, told = stopped.hub.store, asyncio.Event()
    async with late_loop(0.02):
        assert not await store.answers()
        with pytest.raises(DatabaseAway):
            await store.ping()
        with pytest.raises(DatabaseAway):
            await in_time(never(told), store.answers, seconds=0.01)
    told.set()


async def test_a_cancelled_caller_takes_its_work_with_it() -> None:
    """Whoever stops waiting ends what was done for it."""
    ended = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def answers() -> bool:
        return True

    waiting = asyncio.create_task(in_time(work(), answers))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await ended.wait()
