"""What a phone learns: by pages, and live."""

import asyncio
import json
import socket
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from hub import transports
from hub.clock import ManualClock
from hub.store.audit import Author
from liandong.connections import BoundedProtocol, Connections
from mobile_api import sync as sync_module
from mobile_api.context import MobileContext
from mobile_api.streams import MOST_PER_ACCOUNT
from mobile_api.sync import decode_cursor, encode_cursor
from tests.mobile.conftest import BASE, Desk, Phone
from tests.mobile.serving import served


class Events:
    """The events of one live stream."""

    def __init__(self, reply: httpx2.Response) -> None:
        self.reply = reply
        self._blocks = self._parse()
        self._lines = reply.aiter_lines()

    async def _parse(self) -> AsyncGenerator[dict[str, Any], None]:
        block: dict[str, Any] = {}
        async for line in self._lines:
            if not line:
                if "event" in block or "comment" in block:
                    yield block
                block = {}
            elif line.startswith(":"):
                block["comment"] = line[1:].strip()
            else:
                name, _, value = line.partition(": ")
                block[name] = json.loads(value) if name == "data" else value

    async def close(self) -> None:
        """End what reads it, here: the collector would, at any time and in any thread."""
        await self._blocks.aclose()
        await self._lines.aclose()

    async def next(self, event: str | None = None) -> dict[str, Any]:
        """The next event, or the next one of that name."""
        async with asyncio.timeout(60):
            while True:
                block = await anext(self._blocks)
                if event is None or block.get("event") == event:
                    return block


@asynccontextmanager
async def live(phone: Phone, **params: str) -> AsyncIterator[Events]:
    """A live stream of this phone."""
    headers = {**phone.headers, **{k: v for k, v in params.items() if k == "Last-Event-ID"}}
    query = {k: v for k, v in params.items() if k == "since"}
    async with phone.http.stream("GET", f"{BASE}/events", headers=headers, params=query) as reply:
        assert reply.status_code == 200
        assert reply.headers["content-type"].startswith("text/event-stream")
        events = Events(reply)
        try:
            yield events
        finally:
            await events.close()


def orders(page: dict[str, Any]) -> list[str]:
    return [change["data"]["id"] for change in page["changes"] if change["entity"] == "order"]


async def test_the_first_sync_is_a_snapshot_and_the_next_what_changed(
    phone: Phone, desk: Desk
) -> None:
    """A phone that knows nothing gets what stands; with the cursor only what is new, once."""
    mine = await phone.sign_in("officer1")
    first_order = await desk.order("officer1")
    snapshot = await mine.sync()
    assert first_order.id in orders(snapshot)
    assert {"duty", "incident", "order"} <= {change["entity"] for change in snapshot["changes"]}
    assert snapshot["limited"] is False
    second_order = await desk.order("officer1")
    page = await mine.sync(snapshot["nextCursor"])
    assert orders(page) == [second_order.id]
    assert page["reset"] is False
    assert [change["seq"] for change in page["changes"]] == sorted(
        {change["seq"] for change in page["changes"]}
    )
    again = await mine.sync(page["nextCursor"])
    assert again["changes"] == []
    assert again["nextCursor"] == page["nextCursor"]


async def test_pages_are_limited_and_add_up(phone: Phone, desk: Desk) -> None:
    """With limit=1 every page but the last says there is more, and nothing is lost or repeated."""
    mine = await phone.sign_in("officer2")
    start = (await mine.sync())["nextCursor"]
    for _ in range(3):
        await desk.order("officer2")
    whole = (await mine.sync(start))["changes"]
    assert len(whole) >= 3
    pieces: list[dict[str, Any]] = []
    cursor, limited = start, True
    while limited:
        page = await mine.sync(cursor, limit=1)
        assert len(page["changes"]) == 1
        pieces += page["changes"]
        cursor, limited = page["nextCursor"], page["limited"]
    assert pieces == whole


async def test_reading_an_order_does_not_mark_it_received(
    phone: Phone, desk: Desk, context: MobileContext
) -> None:
    """Neither a sync nor a live stream moves the ledger: the app says `order.received`."""
    mine = await phone.sign_in("officer3")
    order = await desk.order("officer3")
    await mine.sync()
    async with live(mine) as events:
        await events.next("synced")
    page = await mine.sync()
    (data,) = [c["data"] for c in page["changes"] if c["data"].get("id") == order.id]
    assert data["stage"] == "QUEUED"


async def test_nobody_syncs_another_ones_orders(phone: Phone, desk: Desk) -> None:
    """A colleague of the same unit sees nothing of an officer's order, by page or by a cursor of
    the other's."""
    mine = await phone.sign_in("officer4")
    other = await phone.sign_in("officer20")
    start = (await other.sync())["nextCursor"]
    order = await desk.order("officer4")
    assert order.id in orders(await mine.sync())
    assert orders(await other.sync(start)) == []
    stolen = (await mine.sync())["nextCursor"]
    page = await other.sync(stolen)
    assert page["reset"] is True
    assert order.id not in json.dumps(page)


@pytest.mark.parametrize("cursor", ["nonsense", "", "====", "é", "a" * 200, "MS4"])
async def test_an_unknown_cursor_is_a_reset(phone: Phone, cursor: str) -> None:
    """A cursor that is not this officer's leads to a snapshot that says so."""
    mine = await phone.sign_in("officer5")
    reply = await mine.call("GET", "/sync", params={"since": cursor})
    assert reply.status_code == 200
    assert reply.json()["reset"] is True


async def test_a_cursor_from_the_future_is_a_reset(phone: Phone) -> None:
    """A number that was never given is not believed."""
    mine = await phone.sign_in("officer5")
    assert (await mine.sync(encode_cursor("officer5", 10**9)))["reset"] is True


def test_a_cursor_belongs_to_its_account() -> None:
    """A cursor is read by the account it was given to, and by no other."""
    cursor = encode_cursor("officer1", 7)
    assert decode_cursor("officer1", cursor) == 7
    assert decode_cursor("officer2", cursor) is None


async def test_an_order_arrives_live(phone: Phone, desk: Desk) -> None:
    """A live stream begins with a snapshot, ends it with its place, and then brings each change
    with its place as it happens."""
    mine = await phone.sign_in("officer6")
    async with live(mine) as events:
        assert (await events.next())["event"] == "reset"
        synced = await events.next("synced")
        order = await desk.order("officer6")
        change = await events.next("change")
        while change["data"]["entity"] != "order":
            change = await events.next("change")
        assert change["data"]["data"]["id"] == order.id
        assert change["data"]["seq"] > synced["data"]["seq"]
        for event in (synced, change):
            assert event["id"] == encode_cursor("officer6", event["data"]["seq"])


async def test_a_stream_resumes_after_the_last_event(phone: Phone, desk: Desk) -> None:
    """The id of an event and the cursor of a page name one place: by Last-Event-ID, by `since`,
    live and by page, either brings what came after it, without a snapshot."""
    mine = await phone.sign_in("officer7")
    async with live(mine) as events:
        last = (await events.next("synced"))["id"]
    assert (await mine.sync())["nextCursor"] == last
    seq = decode_cursor("officer7", last)
    assert seq is not None
    order = await desk.order("officer7")
    page = await mine.sync(last)
    assert (page["reset"], orders(page)) == (False, [order.id])
    for where in ("Last-Event-ID", "since"):
        async with live(mine, **{where: last}) as events:
            first = await events.next()
            assert first["event"] == "change"
            assert first["data"]["seq"] == seq + 1
            while first["data"]["entity"] != "order":
                first = await events.next()
            assert first["data"]["data"]["id"] == order.id


async def test_an_unknown_last_event_is_a_reset(phone: Phone) -> None:
    """A Last-Event-ID that is no place of this officer's begins anew, and says so: whatever it is,
    another's, of a number that was never given, or one that would do without its owner."""
    mine = await phone.sign_in("officer7")
    other = encode_cursor("officer8", 0)
    beyond = encode_cursor("officer7", 10**9)
    for last in ("nonsense", "1", "-1", "9" * 20_000, other, beyond):
        async with live(mine, **{"Last-Event-ID": last}) as events:
            assert (await events.next())["event"] == "reset"


async def test_a_revoked_session_hears_no_more(
    phone: Phone, desk: Desk, context: MobileContext
) -> None:
    """Once the session is revoked the stream ends with the reason, and later orders do not reach
    it; another session of the same officer goes on."""
    mine = await phone.sign_in("officer8", "phone-1")
    other = await phone.sign_in("officer8", "phone-2")
    who = await context.tokens.authenticate(mine.access)
    async with live(mine) as events, live(other) as others:
        await events.next("synced")
        await others.next("synced")
        await context.tokens.revoke(who.session_id, by=Author("admin"), why="lost phone")
        order = await desk.order("officer8")
        assert await events.next() == {
            "event": "closed",
            "data": {"code": "UNAUTHENTICATED"},
        }
        with pytest.raises(StopAsyncIteration):
            await events.next()
        change = await others.next("change")
        while change["data"]["entity"] != "order":
            change = await others.next("change")
        assert change["data"]["data"]["id"] == order.id


async def test_a_stream_ends_with_its_token(
    phone: Phone, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the access token expires the stream ends, even if nothing happens on it."""
    monkeypatch.setattr(sync_module, "RECHECK", 0.05)
    mine = await phone.sign_in("officer9")
    async with live(mine) as events:
        await events.next("synced")
        clock.advance(minutes=16)
        assert (await events.next())["data"] == {"code": "UNAUTHENTICATED"}


async def test_a_quiet_stream_beats(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream on which nothing happens sends comments, so that nobody on the way closes it."""
    monkeypatch.setattr(sync_module, "RECHECK", 0.02)
    monkeypatch.setattr(sync_module, "HEARTBEAT", 0.05)
    mine = await phone.sign_in("officer10")
    async with live(mine) as events:
        await events.next("synced")
        for _ in range(2):
            assert (await events.next())["comment"] == "heartbeat"


async def test_one_account_has_a_few_streams(phone: Phone, context: MobileContext) -> None:
    """A sixth stream of one account is refused with 429, and a closed one makes room again."""
    mine = await phone.sign_in("officer11")
    async with asyncio.TaskGroup() as group:
        done = asyncio.Event()
        opened = [asyncio.Event() for _ in range(MOST_PER_ACCOUNT)]

        async def hold(mark: asyncio.Event) -> None:
            async with live(mine) as events:
                await events.next("synced")
                mark.set()
                await done.wait()

        for mark in opened:
            group.create_task(hold(mark))
        for mark in opened:
            await mark.wait()
        reply = await mine.call("GET", "/events")
        assert (reply.status_code, reply.json()["code"]) == (429, "RATE_LIMITED")
        done.set()


async def test_shutting_down_ends_the_streams(phone: Phone, context: MobileContext) -> None:
    """On `close` every stream ends with a word that says to come back."""
    mine = await phone.sign_in("officer12")
    async with live(mine) as events:
        await events.next("synced")
        await context.streams.close()
        assert (await events.next())["data"] == {"code": "SHUTTING_DOWN"}
    context.streams.closed = False


async def test_a_stream_that_nobody_takes_is_reset(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel holds nothing for it, and what made its events has ended."""
    monkeypatch.setattr(transports, "PATIENCE", 0.2)
    ended = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"event: change\ndata: " + b"x" * 10_000 + b"\n\n"
        finally:
            ended.set()

    app = Starlette(routes=[Route("/", lambda _request: sync_module._Events(endless()))])
    async with served(app, http=partial(BoundedProtocol, bounded=Connections())) as url:
        host, _, port = url.removeprefix("http://").partition(":")
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        client.connect((host, int(port)))
        client.sendall(b"GET / HTTP/1.1\r\nhost: hub\r\n\r\n")
        async with asyncio.timeout(60):
            await ended.wait()
        with pytest.raises(ConnectionResetError):
            list(iter(partial(client.recv, 1 << 20), b""))
        client.close()
