"""/graphql over HTTP: statuses, content types, limits, and what is never told."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import orjson
import pytest
import structlog

from hub.access.demo import PASSWORD
from hub.bus import Bus
from hub.errors import RetryLater
from schema.context import Services
from schema.live.engine import LiveEngine
from schema.root import build_schema, graphql_schema
from schema.serving.app import GraphQLApp
from schema.serving.executor import Executor
from schema.serving.requests import MAX_BODY

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
        Executor(schema, services, **options), LiveEngine(schema, Bus(), services.context)
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


async def test_nothing_runs_by_get(client: httpx2.AsyncClient) -> None:
    """Neither queries nor mutations: 405, with what is allowed."""
    for query in (ME, "mutation { closeIncident }"):
        answer = await client.get("/graphql", params={"query": query})
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")
    assert (await client.put("/graphql", json={"query": ME})).status_code == 405


async def test_a_browser_gets_the_query_page(client: httpx2.AsyncClient) -> None:
    """Its one script is allowed by hash, and nothing is loaded from elsewhere."""
    answer = await client.get("/graphql", headers={"accept": "text/html,*/*;q=0.8"})
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "script-src 'sha256-" in answer.headers["content-security-policy"]
    assert "联动" in answer.text
    assert "http://" not in answer.text
    assert "https://" not in answer.text


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


async def test_twenty_thousand_aliases_do_not_pass(client: httpx2.AsyncClient) -> None:
    """Refused as a document, with the limit's own words."""
    text = "{" + " ".join(f"a{n}: __typename" for n in range(12_000)) + "}"
    answer = await client.post(
        "/graphql", content=orjson.dumps({"query": text}), headers={"content-type": JSON}
    )
    assert code(answer) == "GRAPHQL_PARSE_FAILED"


async def test_a_query_over_sse_completes(client: httpx2.AsyncClient) -> None:
    """One `next`, then `complete`: the same endpoint, by the Accept header."""
    answer = await client.post(
        "/graphql", json={"query": ME}, headers={"accept": "text/event-stream"}
    )
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert "event: next" in answer.text
    assert answer.text.rstrip().endswith("event: complete\ndata:")
