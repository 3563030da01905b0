"""Subscriptions over both transports, on real sockets: resumed, refused, ended, bounded."""

import asyncio
import json
import select
import socket
import time
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import httpx2
import pytest
import websockets
from live_rig import EVENTS, Live, closed, message, serving, subscribe
from schema_builders import feed_doc, stop_place_doc

from hub import clock
from hub.access.demo import PASSWORD
from hub.store.audit import Author
from hub.store.driver import Store
from schema.context import Services
from schema.live import outbound, sse, websocket
from schema.live.limits import LiveLimits

FEEDS = "subscription ($after: String) { feeds(after: $after) { cursor change node { code } } }"
BOARD = 'subscription { departures(stopPlace: "railway:SHH"%s) { cursor node { id } } }'
NOWHERE = 'subscription { departures(stopPlace: "railway:NO") { cursor } }'
MANY = 300


@pytest.fixture(scope="module")
async def token(store: Store, services: Services) -> str:
    """The watch officer's token, over 300 feeds and a stop place."""
    feeds = [feed_doc(f"feed-{n:03}", detail="x" * 1_000) for n in range(MANY)]
    await store.db["feeds"].insert_many(feeds)
    await store.db["stop_places"].insert_one(stop_place_doc())
    return (await services.tokens.sign_in("watch", PASSWORD)).access_token


@pytest.fixture
async def live(services: Services, token: str) -> AsyncIterator[Live]:
    """A served /graphql."""
    async with serving(services, token) as made:
        yield made


def event_of(payload: str) -> dict[str, Any]:
    """The event in an ExecutionResult."""
    found: dict[str, Any] = json.loads(payload)["data"]["feeds"]
    return found


@pytest.mark.parametrize("by", ["header", "variable", "literal"])
async def test_a_cut_snapshot_is_resumed_over_sse(live: Live, by: str) -> None:
    """By Last-Event-ID, by `after`, and by `after` written into the document: the other 200."""
    held: set[str] = set()
    async with live.stream({"query": FEEDS}) as events:
        for _ in range(100):
            event = await events.next()
            held.add(event_of(event["data"])["node"]["code"])
            assert event["id"] == event_of(event["data"])["cursor"]
    body: dict[str, Any] = {"query": FEEDS}
    headers = {"last-event-id": event["id"]} if by == "header" else {}
    if by == "variable":
        body["variables"] = {"after": event["id"]}
    if by == "literal":
        body["query"] = FEEDS.replace("after: $after", f'after: "{event["id"]}"').replace(
            "($after: String)", ""
        )
        # the same question is the same group, whatever place is written into it
        async with live.stream({"query": body["query"].replace(event["id"], "x")}) as events:
            assert event_of((await events.next())["data"])["change"] == "RESET"
            body["query"] = body["query"].replace(event["id"], (await events.next())["id"])
            held.add(event_of((await events.next())["data"])["node"]["code"])
    async with live.stream(body, **headers) as events:
        while len(held) < MANY:
            told = event_of((await events.next())["data"])
            assert told["change"] == "SNAPSHOT"
            held.add(told["node"]["code"])


async def test_names_come_in_the_language_of_a_variable(live: Live) -> None:
    """Two that ask the same in two languages are each told in theirs."""
    query = "subscription ($in: Language!) { taxiRanks { node { name(language: $in) } } }"
    found = {}
    for language in ("EN", "ZH"):
        async with live.stream({"query": query, "variables": {"in": language}}) as events:
            await events.next()
            told = json.loads((await events.next())["data"])["data"]["taxiRanks"]
            found[language] = told["node"]["name"]
    assert found["EN"].isascii()
    assert not found["ZH"].isascii()


async def test_a_cut_snapshot_is_resumed_over_a_socket(live: Live) -> None:
    """With the hundredth event's cursor as `after`: the other 200, and no RESET."""
    held: set[str] = set()
    first = await live.signed_in()
    await message(first)
    await first.send(subscribe("1", FEEDS))
    for _ in range(100):
        event = (await message(first))["payload"]["data"]["feeds"]
        held.add(event["node"]["code"])
    await first.close()
    second = await live.signed_in()
    await message(second)
    await second.send(subscribe("1", FEEDS, after=event["cursor"]))
    while len(held) < MANY:
        told = (await message(second))["payload"]["data"]["feeds"]
        assert told["change"] == "SNAPSHOT"
        held.add(told["node"]["code"])
    await second.close()


@pytest.mark.parametrize(
    "query",
    [
        "subscription { ...F } fragment F on Subscription { feeds { change } }",
        "subscription { ... on Subscription { feeds { change } } }",
        """subscription { ... { ...F } } fragment F on Subscription { ...G }
        fragment G on Subscription { feeds { change } }""",
        "subscription { ...F ...F } fragment F on Subscription { feeds { change } }",
        "subscription { ...F feeds { cursor } } fragment F on Subscription { feeds { change } }",
    ],
)
async def test_the_one_root_field_may_stand_in_a_fragment(live: Live, query: str) -> None:
    """Named, inline, nested, or merged of several: GraphQL, 5.2.4.1, over both transports."""
    async with live.stream({"query": query}) as events:
        assert event_of((await events.next())["data"])["change"] == "SNAPSHOT"
    mine = await live.signed_in()
    await message(mine)
    await mine.send(subscribe("1", query))
    assert (await message(mine))["payload"]["data"]["feeds"]["change"] == "SNAPSHOT"
    await mine.close()


REFUSED = [
    ("subscription {", "GRAPHQL_PARSE_FAILED", None),
    ("subscription { nothing { id } }", "GRAPHQL_VALIDATION_FAILED", None),
    ("subscription { feeds { cursor } vehicles { cursor } }", "GRAPHQL_VALIDATION_FAILED", None),
    (
        "subscription { feeds @include(if: true) { cursor } }",
        "GRAPHQL_VALIDATION_FAILED",
        None,
    ),
    (
        "subscription { ...F @skip(if: false) } fragment F on Subscription { feeds { cursor } }",
        "GRAPHQL_VALIDATION_FAILED",
        None,
    ),
    ("subscription ($a: String) { feeds(after: $a) { node { code } } }", "BAD_USER_INPUT", None),
    (BOARD % ", first: 201", "BAD_FIRST", "departures"),
    (NOWHERE, "NOT_FOUND", "departures"),
    (
        (BOARD % "").replace("departures", "now: departures").replace("SHH", "NO"),
        "NOT_FOUND",
        "now",
    ),
]


@pytest.mark.parametrize(("query", "code", "path"), REFUSED)
async def test_a_subscription_that_cannot_start_says_where_and_why(
    live: Live, query: str, code: str, path: str | None
) -> None:
    """Code and locations, and the path where a field is at fault: the same on both transports.

    Over SSE in the protocol of graphql-sse: one `next` with the errors, then `complete`.
    """
    variables = {"a": 7}
    async with live.stream({"query": query, "variables": variables}) as events:
        assert events.reply.status_code == 200
        assert events.reply.headers["content-type"].startswith(EVENTS)
        refused, complete = await events.rest()
    assert (refused["event"], complete) == ("next", {"event": "complete", "data": ""})
    result = json.loads(refused["data"])
    assert "data" not in result
    mine = await live.signed_in()
    await message(mine)
    await mine.send(subscribe("1", query, **variables))
    said = await message(mine)
    assert said == {"id": "1", "type": "error", "payload": result["errors"]}
    error = result["errors"][0]
    assert error["extensions"]["code"] == code
    assert error["locations"]
    assert error.get("path") == (path and [path])
    await mine.close()


async def test_what_an_officer_may_not_read_is_refused_in_the_protocol(
    services: Services, live: Live
) -> None:
    """FORBIDDEN, with the field's path: over both transports, and nothing is told."""
    live.token = (await services.tokens.issue("partner")).access_token
    query = "subscription { orders { cursor node { number } } }"
    async with live.stream({"query": query}) as events:
        refused, complete = await events.rest()
    (error, *_) = json.loads(refused["data"])["errors"]
    assert (error["extensions"]["code"], error["path"]) == ("FORBIDDEN", ["orders"])
    assert complete["event"] == "complete"
    assert live.engine.groups == 0


async def test_a_revoked_session_breaks_its_stream_off(services: Services, live: Live) -> None:
    """An error that says so, then a lost connection, never a `complete`; and 401 who comes back."""
    signed_in = await services.tokens.sign_in("officer3", PASSWORD)
    live.token = signed_in.access_token
    async with live.stream({"query": FEEDS}) as events:
        for _ in range(MANY):
            await events.next()
        await services.tokens.revoke(signed_in.session_id, by=Author("test"), why="test")
        last = await events.next()
        (error,) = json.loads(last["data"])["errors"]
        assert (last["event"], error["extensions"]["code"]) == ("next", "UNAUTHENTICATED")
        with pytest.raises(httpx2.RemoteProtocolError):
            await events.next()
    async with live.stream({"query": FEEDS}) as events:
        assert events.reply.status_code == 401


async def test_an_expired_token_breaks_its_stream_off(services: Services, live: Live) -> None:
    """By time alone, on a stream that nothing is told on."""
    with clock.manual() as mine:
        live.token = (await services.tokens.issue("officer4")).access_token
        async with live.stream({"query": BOARD % ""}) as events:
            mine.advance(minutes=16)
            last = await events.next()
            assert json.loads(last["data"])["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
            with pytest.raises(httpx2.RemoteProtocolError):
                await events.next()


async def test_a_hub_that_shuts_down_breaks_its_streams_off(live: Live) -> None:
    """A client comes back to another process: nothing has been completed."""
    async with live.stream({"query": FEEDS}) as events:
        for _ in range(MANY):
            await events.next()
        live.engine.closing.set()
        with pytest.raises(httpx2.RemoteProtocolError):
            await events.next()


async def test_a_person_has_so_many_connections_and_no_more(services: Services, token: str) -> None:
    """Sockets and streams together; the next is refused with a code, and has a place when one ends.

    Other accounts are not touched, and one that many screens share has its own bound.
    """
    limits = LiveLimits(connections_per_person=2, connections_per_shared_account=3)
    async with serving(services, token, limits=limits) as live:
        officer = (await services.tokens.issue("officer5")).access_token
        mine = await live.signed_in(officer)
        assert await message(mine) == {"type": "connection_ack"}
        live.token = officer
        async with live.stream({"query": FEEDS}) as events:
            await events.next()
            refused = await live.signed_in(officer)
            assert await closed(refused) == (1013, "TOO_MANY_CONNECTIONS")
            async with live.stream({"query": FEEDS}) as more:
                said, complete = await more.rest()
            (error,) = json.loads(said["data"])["errors"]
            assert error["extensions"]["code"] == "TOO_MANY_CONNECTIONS"
            assert complete["event"] == "complete"
            others = [await live.signed_in(token) for _ in range(3)]
            assert [await message(other) for other in others] == [{"type": "connection_ack"}] * 3
            assert await closed(await live.signed_in(token)) == (1013, "TOO_MANY_CONNECTIONS")
            for other in others:
                await other.close()
        await mine.close()
        async with asyncio.timeout(60):
            while not await _acknowledged(live, officer):
                pass  # it has a place as soon as the hub knows that the other has gone


async def _acknowledged(live: Live, token: str) -> bool:
    """Whether one more socket is taken; it is closed again."""
    mine = await live.signed_in(token)
    try:
        return await message(mine) == {"type": "connection_ack"}
    except websockets.ConnectionClosed:
        return False
    finally:
        await mine.close()


async def test_an_account_follows_so_many_different_queries_and_no_more(
    services: Services, token: str
) -> None:
    """The next is refused with a code and its path; the same question again is no other one."""
    async with serving(services, token, limits=LiveLimits(queries_per_account=2)) as live:
        mine = await live.signed_in()
        await message(mine)
        for number, query in enumerate((BOARD % "", BOARD % ", first: 5", BOARD % "")):
            await mine.send(subscribe(str(number), query))
        await mine.send(subscribe("3", "subscription { now: taxiRanks { cursor } }"))
        said = await message(mine)
        assert (said["id"], said["type"]) == ("3", "error")
        (error,) = said["payload"]
        assert error["extensions"]["code"] == "TOO_MANY_LIVE_QUERIES"
        assert error["path"] == ["now"]
        assert live.engine.groups == 2
        other = await live.signed_in((await services.tokens.issue("officer6")).access_token)
        await message(other)
        await other.send(subscribe("1", "subscription { feeds { cursor } }"))
        assert (await message(other))["type"] == "next"
        await other.close()
        await mine.close()


async def test_an_account_has_so_many_subscriptions_and_no_more(
    services: Services, token: str
) -> None:
    """Over all its connections, also to one question; one that ends leaves its place."""
    limits = LiveLimits(subscriptions_per_account=2)
    async with serving(services, token, limits=limits) as live:
        one, two = await live.signed_in(), await live.signed_in()
        await message(one), await message(two)
        await one.send(subscribe("1", BOARD % ""))
        await one.send(subscribe("2", BOARD % ""))
        await one.send('{"type": "ping"}')
        assert await message(one) == {"type": "pong"}
        await two.send(subscribe("1", BOARD % ""))
        (error,) = (await message(two))["payload"]
        assert error["extensions"]["code"] == "TOO_MANY_SUBSCRIPTIONS"
        await one.send('{"type": "complete", "id": "2"}')
        await one.send('{"type": "ping"}')
        await message(one)
        await two.send(subscribe("1", "subscription { feeds { cursor } }"))
        assert (await message(two))["type"] == "next"
        await one.close()
        await two.close()


async def given_up(client: socket.socket) -> None:
    """Wait until the connection was reset, without taking a byte from it."""
    watch = select.poll()
    watch.register(client, 0)
    ready = await asyncio.to_thread(watch.poll, 60_000)
    assert ready, "the connection stands"
    with pytest.raises(ConnectionResetError):
        await asyncio.to_thread(lambda: list(iter(partial(client.recv, 1 << 20), b"")))


async def reached(live: Live, subscribers: int) -> None:
    """Wait until there are so many."""
    async with asyncio.timeout(60):
        while live.engine.subscribers != subscribers:
            await asyncio.to_thread(time.sleep, 0.01)  # the engine tells nobody


def reluctant(url: str) -> socket.socket:
    """A client that takes a few kilobytes and then nothing more."""
    host, _, port = url.removeprefix("http://").partition(":")
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    client.connect((host, int(port)))
    return client


def frame(text: str) -> bytes:
    """A short text message as a client sends it, masked with zeros (RFC 6455, 5.2)."""
    size = len(text)
    assert 125 < size < 1 << 16
    return bytes((0x81, 0xFE, size >> 8, size & 0xFF, 0, 0, 0, 0)) + text.encode()


def socket_that_reads_nothing(live: Live, count: int) -> socket.socket:
    """One with `count` subscriptions of 300 events each."""
    client = reluctant(live.url)
    client.sendall(
        b"GET /graphql HTTP/1.1\r\nhost: hub\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
        b"sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-version: 13\r\n"
        b"sec-websocket-protocol: graphql-transport-ws\r\n\r\n"
    )
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += client.recv(1)
    payload = {"authorization": live.token, "padding": "x" * 100}
    client.sendall(frame(json.dumps({"type": "connection_init", "payload": payload})))
    for number in range(count):
        client.sendall(frame(subscribe(str(number), FEEDS) + " " * 100))
    return client


async def test_a_socket_whose_queue_overflows_is_aborted(live: Live) -> None:
    """It is reset with all that the kernel holds for it, and its subscriptions are over."""
    client = await asyncio.to_thread(socket_that_reads_nothing, live, 20)
    await given_up(client)
    client.close()
    await reached(live, 0)


async def test_a_session_that_ends_takes_a_socket_with_it_that_reads_nothing(
    services: Services, live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A close frame that is not taken is not waited for."""
    monkeypatch.setattr(websocket, "CLOSING", 0.1)
    monkeypatch.setattr(outbound, "MAX_QUEUED_BYTES", 1 << 40)
    signed_in = await services.tokens.issue("officer7")
    live.token = signed_in.access_token
    client = await asyncio.to_thread(socket_that_reads_nothing, live, 20)
    await reached(live, 20)
    await services.tokens.revoke(signed_in.session_id, by=Author("test"), why="test")
    await given_up(client)
    client.close()


async def test_a_session_that_ends_takes_a_stream_with_it_that_reads_nothing(
    services: Services, live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it was told last is not waited for either."""
    monkeypatch.setattr(sse, "PATIENCE", 0.1)
    signed_in = await services.tokens.issue("officer8")
    client = reluctant(live.url)
    body = json.dumps({"query": FEEDS.replace("code", "code detail")}).encode()
    head = (
        f"POST /graphql HTTP/1.1\r\nhost: hub\r\ncontent-type: application/json\r\n"
        f"accept: {EVENTS}\r\nauthorization: Bearer {signed_in.access_token}\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    )
    client.sendall(head.encode() + body)
    await reached(live, 1)
    await services.tokens.revoke(signed_in.session_id, by=Author("test"), why="test")
    await given_up(client)
    client.close()
    await reached(live, 0)
