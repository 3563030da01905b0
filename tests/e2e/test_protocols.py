"""graphql-transport-ws and SSE on the running hub, exactly as the protocols say."""

import asyncio
import json
from typing import Any

import httpx2
import pytest
import websockets
from websockets.asyncio.client import ClientConnection
from websockets.typing import Subprotocol

from tests.e2e.conftest import PASSWORD, Running

pytestmark = pytest.mark.slow
PROTOCOL = Subprotocol("graphql-transport-ws")
FEEDS = "subscription { feeds { cursor change node { code state } } }"


async def dial(running: Running, *protocols: str, **options: Any) -> ClientConnection:
    return await websockets.connect(
        running.url.replace("http", "ws") + "/graphql",
        subprotocols=[Subprotocol(name) for name in protocols] or None,
        **options,
    )


async def signed_in(running: Running, login: str = "watch") -> ClientConnection:
    """A socket that has been acknowledged."""
    socket = await dial(running, PROTOCOL)
    token = await running.client(login).token()
    payload = {"authorization": f"Bearer {token}"}
    await socket.send(json.dumps({"type": "connection_init", "payload": payload}))
    assert await _message(socket) == {"type": "connection_ack"}
    return socket


async def _message(socket: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(60):
        answer: dict[str, Any] = json.loads(await socket.recv())
    return answer


async def _closed(socket: ClientConnection, within: float = 15) -> int:
    async with asyncio.timeout(within):
        await socket.wait_closed()
    return socket.close_code or 0


def _subscribe(identifier: str, query: str) -> str:
    return json.dumps({"id": identifier, "type": "subscribe", "payload": {"query": query}})


async def test_the_legacy_protocol_is_refused(running: Running):
    """A client that offers `graphql-ws`, or nothing, is closed with 4406."""
    assert await _closed(await dial(running, "graphql-ws")) == 4406
    assert await _closed(await dial(running)) == 4406


async def test_a_foreign_page_cannot_open_a_socket(running: Running):
    """A handshake with another site's Origin is refused before it is accepted."""
    with pytest.raises(websockets.InvalidStatus) as refused:
        await dial(running, PROTOCOL, origin="https://elsewhere.example")
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (_subscribe("1", FEEDS), 4401),
        ("not json", 4400),
        ('{"type": 7}', 4400),
        ('{"type": "start"}', 4400),
        (b"\x00\x01", 4400),
        ('{"type": "connection_init", "payload": {"authorization": "Bearer nonsense"}}', 4403),
        ('{"type": "connection_init"}', 4403),
    ],
)
async def test_what_may_not_come_first_closes_the_socket(running: Running, sent, code):
    """Before a good connection_init each fault has its own close code."""
    socket = await dial(running, PROTOCOL)
    await socket.send(sent)
    assert await _closed(socket) == code


async def test_no_init_in_time_closes_the_socket(running: Running):
    """A client that says nothing is closed with 4408."""
    assert await _closed(await dial(running, PROTOCOL), within=20) == 4408


async def test_a_second_init_and_a_second_use_of_an_id_close_the_socket(running: Running):
    """4429 and 4409, as the protocol says."""
    socket = await signed_in(running)
    await socket.send('{"type": "connection_init"}')
    assert await _closed(socket) == 4429
    socket = await signed_in(running)
    await socket.send(_subscribe("1", FEEDS))
    await socket.send(_subscribe("1", FEEDS))
    assert await _closed(socket) == 4409


async def test_a_ping_is_answered(running: Running):
    """Before and after the init."""
    socket = await dial(running, PROTOCOL)
    await socket.send('{"type": "ping"}')
    assert await _message(socket) == {"type": "pong"}
    await socket.close()


async def test_one_bad_document_leaves_the_others_alone(running: Running):
    """A syntax error, an unknown field and a forbidden root answer `error` for their id only."""
    socket = await signed_in(running, "partner")
    await socket.send(_subscribe("good", FEEDS))
    assert (await _message(socket))["id"] == "good"
    for identifier, query in (
        ("syntax", "subscription {"),
        ("unknown", "subscription { nothing { id } }"),
        ("forbidden", "subscription { orders { cursor node { number } } }"),
    ):
        await socket.send(_subscribe(identifier, query))
        while (answer := await _message(socket))["id"] != identifier:
            assert answer["type"] == "next"
        assert answer["type"] == "error"
        assert answer["payload"][0]["message"]
    await socket.send(_subscribe("later", FEEDS))
    while (await _message(socket))["id"] != "later":
        pass
    await socket.close()


async def test_a_query_over_the_socket_is_answered_once(running: Running):
    """`next`, then `complete`."""
    socket = await signed_in(running)
    await socket.send(_subscribe("1", "{ me { login } }"))
    answer = await _message(socket)
    assert answer["payload"] == {"data": {"me": {"login": "watch"}}}
    assert await _message(socket) == {"id": "1", "type": "complete"}
    await socket.close()


async def test_a_socket_carries_twenty_operations_and_no_more(running: Running):
    """The twenty-first is answered with an error for its id."""
    socket = await signed_in(running)
    for number in range(21):
        await socket.send(_subscribe(str(number), FEEDS))
    while (answer := await _message(socket))["type"] != "error":
        pass
    assert answer["id"] == "20"
    assert answer["payload"][0]["extensions"]["code"] == "TOO_MANY_SUBSCRIPTIONS"
    await socket.close()


async def test_signing_out_closes_the_live_socket(running: Running):
    """A revoked session gets no further event and is closed with 4403 within five seconds."""
    phone = running.phone()
    device = {"id": "d-out", "platform": "android"}
    session = await phone.post(
        "/session", json={"login": "officer9", "password": PASSWORD, "device": device}
    )
    token = session.json()["accessToken"]
    socket = await dial(running, PROTOCOL)
    payload = {"authorization": f"Bearer {token}"}
    await socket.send(json.dumps({"type": "connection_init", "payload": payload}))
    await _message(socket)
    await phone.delete("/session", headers={"authorization": f"Bearer {token}"})
    assert await _closed(socket, within=5) == 4403
    await phone.aclose()


async def test_a_subscription_streams_over_sse(running: Running):
    """POST with accept: text/event-stream yields `next` events with the same payloads."""
    token = await running.client("watch").token()
    headers = {"authorization": f"Bearer {token}", "accept": "text/event-stream"}
    lines: list[str] = []
    async with (
        httpx2.AsyncClient(timeout=60) as http,
        http.stream(
            "POST", f"{running.url}/graphql", json={"query": FEEDS}, headers=headers
        ) as stream,
    ):
        assert stream.headers["content-type"].startswith("text/event-stream")
        async for line in stream.aiter_lines():
            lines.append(line)
            if line.startswith("data:"):
                break
    assert "event: next" in lines
    event = json.loads(lines[-1].removeprefix("data:"))["data"]["feeds"]
    assert event["change"] == "SNAPSHOT"
    assert event["cursor"]


async def test_a_stream_without_a_token_is_refused(running: Running):
    """401 before the first byte of a stream."""
    async with httpx2.AsyncClient(timeout=60) as http:
        answer = await http.post(
            f"{running.url}/graphql",
            json={"query": FEEDS},
            headers={"accept": "text/event-stream"},
        )
    assert answer.status_code == 401
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
