"""/graphql over HTTP: statuses, content types, limits, and what is never told."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import orjson
import pytest
import structlog
from graphql import GraphQLError

from hub.access.demo import PASSWORD
from hub.bus import Bus
from hub.clock import ManualClock
from hub.errors import RetryLater
from hub.fate import Fate
from hub.requests import MAX_BODY
from schema.context import Services
from schema.executing.errors import presented
from schema.executing.executor import Executor
from schema.live.engine import LiveEngine
from schema.operations.orders import roots as orders
from schema.root import build_schema, graphql_schema
from schema.serving.app import GraphQLApp

JSON = "application/json"
RESPONSE = "application/graphql-response+json"
ME = "{ me { login } }"


@pytest.fixture(scope="module")
async def token(services: Services) -> str:
    """The watch officer's access token."""
    return (await services.tokens.sign_in("watch", PASSWORD)).access_token


def app_of(services: Services, **options: float) -> GraphQLApp:
    """The application, with an engine of its own."""
    schema = graphql_schema(build_schema())
    return GraphQLApp(
        Executor(schema, services, **options),
        LiveEngine(schema, Bus(), services.context, services.operations.database_answers),
    )


@pytest.fixture
async def client(services: Services, token: str) -> AsyncIterator[httpx2.AsyncClient]:
    """A client signed in as the watch officer."""
    headers = {"authorization": f"Bearer {token}"}
    transport = httpx2.ASGITransport(app=app_of(services))
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://hub", headers=headers
    ) as made:
        yield made


def code(answer: httpx2.Response) -> str:
    """The code of an answer without data."""
    said = answer.json()
    assert "data" not in said
    return str(said["errors"][0]["extensions"]["code"])


async def test_a_query_is_answered_as_json(client: httpx2.AsyncClient) -> None:
    """application/json where the client says nothing, the newer type where it asks for it."""
    plain = await client.post("/graphql", json={"query": ME})
    assert (plain.status_code, plain.json()) == (200, {"data": {"me": {"login": "watch"}}})
    assert plain.headers["content-type"] == "application/json; charset=utf-8"
    newer = await client.post("/graphql", json={"query": ME}, headers={"accept": RESPONSE})
    assert newer.headers["content-type"] == f"{RESPONSE}; charset=utf-8"
    both = {"accept": f"{JSON};q=0.8, {RESPONSE}"}
    answer = await client.post("/graphql", json={"query": ME}, headers=both)
    assert answer.headers["content-type"].startswith(RESPONSE)


@pytest.mark.parametrize("query", ["{", "{ nothing }", "query A {me{login}} query B {me{login}}"])
async def test_what_cannot_run_is_400_in_the_newer_type_and_200_in_json(
    client: httpx2.AsyncClient, query: str
) -> None:
    """As GraphQL over HTTP says; without `data` either way."""
    for accept, status in ((JSON, 200), (RESPONSE, 400)):
        answer = await client.post("/graphql", json={"query": query}, headers={"accept": accept})
        assert answer.status_code == status
        code(answer)


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        (b"", 400, "BAD_JSON"),
        (b"{", 400, "BAD_JSON"),
        (b"\xff\xfe", 400, "BAD_JSON"),
        (b"[" * 100_000, 400, "BAD_JSON"),
        (b'{"query": "\\ud800"}', 400, "BAD_JSON"),
        (b"null", 400, "BAD_REQUEST"),
        (b"7", 400, "BAD_REQUEST"),
        (b'"{ me { login } }"', 400, "BAD_REQUEST"),
        (b'[{"query": "{ me { login } }"}]', 400, "BATCHING"),
        (b"{}", 400, "BAD_REQUEST"),
        (b'{"query": null}', 400, "BAD_REQUEST"),
        (b'{"query": {"$ne": 1}}', 400, "BAD_REQUEST"),
        (b'{"query": ["a"]}', 400, "BAD_REQUEST"),
        (b'{"query": "{me{login}}", "variables": "x"}', 400, "BAD_REQUEST"),
        (b'{"query": "{me{login}}", "variables": [1]}', 400, "BAD_REQUEST"),
        (b'{"query": "{me{login}}", "operationName": 1}', 400, "BAD_REQUEST"),
        (b'{"query": "{me{login}}", "extensions": true}', 400, "BAD_REQUEST"),
        (b" " * (MAX_BODY + 1), 413, "TOO_LARGE"),
    ],
)
async def test_what_is_no_graphql_request_is_refused(
    client: httpx2.AsyncClient, body: bytes, status: int, expected: str
) -> None:
    """4xx with a code and a sentence, never 500."""
    answer = await client.post("/graphql", content=body, headers={"content-type": JSON})
    assert (answer.status_code, code(answer)) == (status, expected)


async def test_null_parameters_are_as_if_absent(client: httpx2.AsyncClient) -> None:
    """variables, operationName and extensions may be null; extensions may be an object."""
    body = {"query": ME, "variables": None, "operationName": None, "extensions": {"a": 1}}
    answer = await client.post("/graphql", json=body)
    assert answer.json()["data"] == {"me": {"login": "watch"}}


async def test_a_body_without_end_is_cut_off(services: Services, token: str) -> None:
    """Chunks are counted as they come, whatever content-length says."""

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b" " * 65_536

    headers = {"authorization": f"Bearer {token}", "content-type": JSON}
    transport = httpx2.ASGITransport(app=app_of(services))
    async with httpx2.AsyncClient(transport=transport, base_url="http://hub") as client:
        answer = await client.post("/graphql", content=endless(), headers=headers)
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "multipart/form-data; boundary=x"},
        {"content-type": "application/json; charset=utf-16"},
        {"content-type": JSON, "content-encoding": "gzip"},
        {},
    ],
)
async def test_only_plain_json_is_read(client: httpx2.AsyncClient, headers: dict[str, str]) -> None:
    """Anything a form on a foreign page could send is 415."""
    answer = await client.post("/graphql", content=b'{"query": "{me{login}}"}', headers=headers)
    assert (answer.status_code, code(answer)) == (415, "UNSUPPORTED_MEDIA_TYPE")


async def test_a_query_is_answered_by_get(client: httpx2.AsyncClient) -> None:
    """Its parameters stand in the URL, variables and extensions as JSON; empty ones are absent."""
    named = "query A($id: ID!) { node(id: $id) { id } } query B { me { login } }"
    for params, data in (
        ({"query": ME}, {"me": {"login": "watch"}}),
        ({"query": ME, "variables": "", "operationName": ""}, {"me": {"login": "watch"}}),
        ({"query": ME, "variables": "null", "extensions": "{}"}, {"me": {"login": "watch"}}),
        ({"query": named, "operationName": "A", "variables": '{"id": "x"}'}, {"node": None}),
    ):
        answer = await client.get("/graphql", params=params, headers={"accept": RESPONSE})
        assert (answer.status_code, answer.json()) == (200, {"data": data})
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("kind", [JSON, RESPONSE, "text/event-stream"])
@pytest.mark.parametrize(
    "query",
    [
        "mutation { __typename }",
        "subscription { feeds { cursor } }",
    ],
)
async def test_nothing_else_runs_by_get(client: httpx2.AsyncClient, query: str, kind: str) -> None:
    """A mutation or a subscription in a URL is 405, with the method that would do."""
    answer = await client.get("/graphql", params={"query": query}, headers={"accept": kind})
    assert (answer.status_code, code(answer)) == (405, "METHOD_NOT_ALLOWED")
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_other_methods_are_405(client: httpx2.AsyncClient, method: str) -> None:
    """With what is allowed."""
    answer = await client.request(method, "/graphql", params={"query": ME})
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "operationName=A",
        "query=%7Bme%7Blogin%7D%7D&query=%7Bme%7Blogin%7D%7D",
        "query=%ff%fe",
        "query=%7Bme%7Blogin%7D%7D&variables=%7B",
        "query=%7Bme%7Blogin%7D%7D&variables=%5B1%5D",
        "query=%7Bme%7Blogin%7D%7D&variables=7",
        "query=%7Bme%7Blogin%7D%7D&extensions=true",
        "query=%7Bme%7Blogin%7D%7D&variables=" + "%5B" * 3000,
        "&".join(f"a{n}=1" for n in range(50)),
    ],
)
async def test_a_url_is_read_as_strictly_as_a_body(client: httpx2.AsyncClient, text: str) -> None:
    """What is missing, given twice, or no JSON is 400."""
    answer = await client.get(f"/graphql?{text}")
    assert answer.status_code == 400
    assert code(answer) in {"BAD_REQUEST", "BAD_JSON"}


async def test_a_get_needs_the_token_in_its_header(client: httpx2.AsyncClient, token: str) -> None:
    """A token in the URL or in a cookie, as a foreign page could send it, is none."""
    client.headers.pop("authorization")
    for params in ({}, {"access_token": token}, {"authorization": f"Bearer {token}"}):
        answer = await client.get(
            "/graphql",
            params={"query": ME, **params},
            headers={"cookie": f"authorization=Bearer {token}"},
        )
        assert (answer.status_code, code(answer)) == (401, "UNAUTHENTICATED")


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("*/*", JSON),
        ("application/*;q=0.5", JSON),
        ("application/json;q=0, */*", RESPONSE),
        (f"{RESPONSE}, {JSON}", RESPONSE),
        (f"{JSON}, {RESPONSE}", JSON),
        (f"text/html;q=0.1, {RESPONSE};q=0.2, */*;q=0.1", RESPONSE),
        (f"{RESPONSE};charset=utf-8", RESPONSE),
        (f"{RESPONSE}, application/graphql+json, {JSON}, text/event-stream", RESPONSE),
    ],
)
async def test_the_client_chooses_how_it_is_answered(
    client: httpx2.AsyncClient, accept: str, chosen: str
) -> None:
    """By quality, then by its own order; what it refuses it does not get (RFC 9110, 12.5.1)."""
    answer = await client.post("/graphql", json={"query": ME}, headers={"accept": accept})
    assert answer.headers["content-type"] == f"{chosen}; charset=utf-8"


async def test_an_unknown_answer_type_is_406(client: httpx2.AsyncClient) -> None:
    """And a subscription asks for a stream."""
    answer = await client.post("/graphql", json={"query": ME}, headers={"accept": "text/csv"})
    assert answer.status_code == 406
    answer = await client.post("/graphql", json={"query": "subscription { feeds { cursor } }"})
    assert (answer.status_code, code(answer)) == (406, "SUBSCRIPTION")


@pytest.mark.parametrize("given", [None, "Bearer", "Bearer nonsense", "Basic d2F0Y2g6eA==", "x"])
async def test_without_a_good_token_nothing_is_answered(
    client: httpx2.AsyncClient, given: str | None
) -> None:
    """401 with UNAUTHENTICATED in either type, also for a document that is wrong."""
    client.headers.pop("authorization")
    headers = {} if given is None else {"authorization": given}
    for query in (ME, "{", "{ __typename }"):
        answer = await client.post("/graphql", json={"query": query}, headers=headers)
        assert (answer.status_code, code(answer)) == (401, "UNAUTHENTICATED")
        assert answer.headers["www-authenticate"] == "Bearer"
        (error,) = answer.json()["errors"]
        assert error["extensions"] == {"code": "UNAUTHENTICATED"}


async def test_no_token_an_old_one_and_a_wrong_one_are_told_apart(
    client: httpx2.AsyncClient, token: str, clock: ManualClock
) -> None:
    """Each with what to do about it."""
    clock.advance(minutes=16)
    for given, words in ((f"Bearer {token}", "expired"), ("Bearer x.y.z", "no access token of")):
        answer = await client.post("/graphql", json={"query": ME}, headers={"authorization": given})
        assert words in answer.json()["errors"][0]["message"]
    client.headers.pop("authorization")
    answer = await client.post("/graphql", json={"query": ME})
    message = answer.json()["errors"][0]["message"]
    assert "No access token was sent" in message
    assert "expired" not in message


async def test_a_forbidden_field_is_403_in_the_newer_type(
    services: Services, client: httpx2.AsyncClient
) -> None:
    """An officer's token and the list of officers."""
    officer = (await services.tokens.sign_in("officer1", PASSWORD)).access_token
    headers = {"authorization": f"Bearer {officer}", "accept": RESPONSE}
    body = {"query": "{ officers { nodes { login } } }"}
    answer = await client.post("/graphql", json=body, headers=headers)
    assert (answer.status_code, code(answer)) == (403, "FORBIDDEN")


async def test_variables_of_the_wrong_type_are_a_request_error(client: httpx2.AsyncClient) -> None:
    """400 in the newer type, with BAD_USER_INPUT."""
    body = {
        "query": "query ($first: Int!) { incidents(first: $first) { nodes { id } } }",
        "variables": {"first": {"$gt": 1}},
    }
    answer = await client.post("/graphql", json=body, headers={"accept": RESPONSE})
    assert (answer.status_code, code(answer)) == (400, "BAD_USER_INPUT")


async def test_an_unexpected_failure_tells_its_number_only(
    services: Services, client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log has the cause under the number; the client has the number."""

    async def broken() -> Any:
        message = "secret detail"
        raise RuntimeError(message)

    monkeypatch.setattr(services.transit, "taxi_ranks", broken)
    body = {"query": "{ me { login } taxiRanks { name } }"}
    with structlog.testing.capture_logs() as logs:
        answer = await client.post("/graphql", json=body)
    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == "INTERNAL"
    assert "secret" not in answer.text
    assert [line["id"] for line in logs if "id" in line] == [error["extensions"]["id"]]


async def test_a_fault_that_passes_says_so(
    services: Services, client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RETRY_LATER, with how long."""

    async def electing() -> Any:
        raise RetryLater("No primary answers.", after=2.0)

    monkeypatch.setattr(services.transit, "taxi_ranks", electing)
    answer = await client.post("/graphql", json={"query": "{ taxiRanks { name } }"})
    (error,) = answer.json()["errors"]
    assert error["extensions"] == {"code": "RETRY_LATER", "retryAfter": 2.0}


async def test_an_operation_ends_at_its_deadline(
    services: Services, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What takes too long is stopped and says so; the others go on."""
    never = asyncio.Event()

    async def slow() -> Any:
        await never.wait()

    monkeypatch.setattr(services.transit, "taxi_ranks", slow)
    transport = httpx2.ASGITransport(app=app_of(services, deadline=0.05))
    headers = {"authorization": f"Bearer {token}", "accept": RESPONSE}
    async with httpx2.AsyncClient(transport=transport, base_url="http://hub") as client:
        body = {"query": "{ taxiRanks { name } }"}
        answer = await client.post("/graphql", json=body, headers=headers)
    assert (answer.status_code, code(answer)) == (504, "DEADLINE_EXCEEDED")


async def test_a_late_mutation_says_what_became_of_it(
    services: Services, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it was done, and that it may be sent again with its id; not "ask for less"."""
    never = asyncio.Event()

    async def slow(*_given: Any, **_more: Any) -> Any:
        await never.wait()

    monkeypatch.setattr(orders, "cancel_order", slow)
    transport = httpx2.ASGITransport(app=app_of(services, deadline=0.05))
    headers = {"authorization": f"Bearer {token}", "accept": RESPONSE}
    query = """mutation { cancelOrder(input: {clientMutationId: "late", order: "o", reason: "r"})
        { clientMutationId } }"""
    async with httpx2.AsyncClient(transport=transport, base_url="http://hub") as client:
        answer = await client.post("/graphql", json={"query": query}, headers=headers)
    (error,) = answer.json()["errors"]
    assert answer.status_code == 504
    assert error["extensions"] == {"code": "DEADLINE_EXCEEDED", "outcome": "NOT_DONE"}
    assert "clientMutationId" in error["message"]
    assert "Ask for less" not in error["message"]


@pytest.mark.parametrize("accept", [JSON, RESPONSE, "text/event-stream"])
async def test_what_was_not_begun_says_so(
    services: Services, token: str, monkeypatch: pytest.MonkeyPatch, accept: str
) -> None:
    """Refused before it was read, or before it is known who asks: nothing of it was done."""
    app = app_of(services, deadline=0.05)
    headers = {"authorization": f"Bearer {token}", "accept": accept}
    body = {"query": "mutation Unread { __typename }"}
    principal = await services.tokens.authenticate(token)
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://hub") as client:
        async with app._executor._new_mutations.of(principal):
            late = await client.post("/graphql", json=body, headers=headers)

        async def electing(_token: str) -> Any:
            raise RetryLater("No primary answers.", after=2.0)

        monkeypatch.setattr(services.tokens, "authenticate", electing)
        unknown = await client.post("/graphql", json=body, headers=headers)
    assert unknown.status_code == 503
    for answer, expected in ((late, "DEADLINE_EXCEEDED"), (unknown, "RETRY_LATER")):
        text = next(line for line in answer.text.splitlines() if "{" in line)
        (error,) = orjson.loads(text.removeprefix("data: "))["errors"]
        assert (error["extensions"]["code"], error["extensions"]["outcome"]) == (
            expected,
            "NOT_DONE",
        )
        assert "clientMutationId" in error["message"]
        assert "Ask for less" not in error["message"]


def test_what_fails_behind_a_write_says_that_it_was_done() -> None:
    """The payload of a mutation cannot be read; a query's error has no such word."""
    failed = GraphQLError("x", original_error=RetryLater("No primary answers."))
    (of_mutation,) = presented([failed], Fate.DONE)
    (of_query,) = presented([failed])
    assert of_mutation.extensions["outcome"] == "DONE"
    assert "outcome" not in of_query.extensions


async def test_twenty_thousand_aliases_do_not_pass(client: httpx2.AsyncClient) -> None:
    """Refused as a document, with the limit's own words."""
    text = "{" + " ".join(f"a{n}: __typename" for n in range(12_000)) + "}"
    answer = await client.post(
        "/graphql", content=orjson.dumps({"query": text}), headers={"content-type": JSON}
    )
    assert code(answer) == "LIMIT_EXCEEDED"


async def test_a_query_over_sse_completes(client: httpx2.AsyncClient) -> None:
    """One `next`, then `complete`: the same endpoint, by the Accept header."""
    answer = await client.post(
        "/graphql", json={"query": ME}, headers={"accept": "text/event-stream"}
    )
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert "event: next" in answer.text
    assert answer.text.rstrip().endswith("event: complete\ndata:")
