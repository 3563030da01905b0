"""One order after the other, while a bulletin to 5,000 is published and withdrawn beside them.

The hub runs as it is served, in its three processes; a stand-in takes every push at once. An order
is timed from the mutation to the push for it. Every phone belongs to a reader of the bulletin.
"""

import asyncio
import json
import time
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from bench.load import percentile
from bench.orders import DISPATCH, OPEN, post
from bench.world import World
from hub.model.people import Role
from hub.store.documents import AccountDoc, DeviceDoc, Duty, NameDoc, plain
from schema.nodes import global_id

READERS, BEFORE, EVERY = 5_000, 20.0, 0.25
"""Readers of the bulletin; seconds with nothing beside the orders, and from one to the next."""
LOOK = 0.1
TEXT = "请各岗位注意客流" * 25
PUBLISH = """mutation ($input: PublishBulletinInput!) { publishBulletin(input: $input) {
  bulletin { id } userErrors { code message } } }"""
WITHDRAW = """mutation ($input: WithdrawBulletinInput!) { withdrawBulletin(input: $input) {
  bulletin { id } userErrors { code message } } }"""


class _Phones:
    """The push service: when which phone was woken for its order, and how many for a bulletin."""

    def __init__(self) -> None:
        self.woken: dict[str, asyncio.Future[float]] = {}
        self.count = 0

    async def serve(self, port: int) -> asyncio.Server:
        return await asyncio.start_server(self._connection, "127.0.0.1", port)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                _, _, length = head.partition(b"content-length:")
                body = await reader.readexactly(int(length.split(b"\r\n", 1)[0]))
                answer = json.dumps(self._answer(head, body)).encode()
                writer.write(
                    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
                    + f"content-length: {len(answer)}\r\n\r\n".encode()
                    + answer
                )
        except (asyncio.IncompleteReadError, asyncio.CancelledError):
            writer.close()  # the hub has ended, or this has

    def _answer(self, head: bytes, body: bytes) -> dict[str, Any]:
        if head.startswith(b"post /token"):
            return {"access_token": "bench", "expires_in": 3600, "token_type": "Bearer"}
        message = json.loads(body)["message"]
        if message["data"]["topic"].startswith("bulletin"):
            self.count += 1
        elif not (woken := self.woken[message["token"]]).done():
            woken.set_result(time.monotonic())
        return {"name": f"projects/bench/messages/{uuid4().hex}"}


async def measure(world: World, _node: bool) -> None:
    """Orders alone, then beside the bulletin, until every phone has heard that it is gone."""
    names = [f"reader{number}" for number in range(READERS)]
    world.db["accounts"].insert_many(_account(name) for name in names)
    world.db["devices"].insert_many(_device(name) for name in names)
    phones = _Phones()
    async with await phones.serve(world.push_port):
        orders = _Orders(world, phones, names)
        await orders.open()
        for _ in range(4):  # a steady state: tokens, connections, caches
            await orders.one()
        alone = await _beside(orders, asyncio.sleep(BEFORE))
        latest = _said("alone", alone)
        both = await _beside(orders, _bulletin(world, phones))
        later = _said("beside the bulletin", both) - latest
        print(f"the latest order was {later:.2f} s later than the latest alone (target < 2 s)")


class _Orders:
    def __init__(self, world: World, phones: _Phones, names: list[str]) -> None:
        self._world, self._phones = world, phones
        self._left = names[::-1]
        self._incident = ""

    async def open(self) -> None:
        answer = await self._ask({"query": OPEN % uuid4().hex})
        self._incident = answer["openIncident"]["incident"]["id"]

    async def one(self) -> tuple[float, float]:
        """Seconds from the mutation to its answer, and to the push."""
        name = self._left.pop()
        woken = self._phones.woken[name] = asyncio.get_running_loop().create_future()
        given = {
            "clientMutationId": uuid4().hex,
            "incident": self._incident,
            "text": "到场疏导",
            "recipients": [global_id("Officer", name)],
            "acceptWithinSeconds": 3600,
        }
        began = time.monotonic()
        await self._ask({"query": DISPATCH, "variables": {"input": given}})
        answered = time.monotonic()
        return answered - began, await woken - began

    async def _ask(self, body: dict[str, object]) -> dict[str, Any]:
        return await _ask(self._world, body)


async def _beside(orders: _Orders, other: Coroutine[Any, Any, None]) -> list[tuple[float, float]]:
    """How long each order took that was begun while the other ran."""
    running, taken = asyncio.create_task(other), []
    while not running.done():
        taken.append(asyncio.create_task(orders.one()))
        await asyncio.wait({running}, timeout=EVERY)
    await running
    return await asyncio.gather(*taken)


async def _bulletin(world: World, phones: _Phones) -> None:
    """Published and, when all have heard of it, withdrawn."""
    audience = {"allOnDuty": True}
    given = {"title": "全站广播", "text": TEXT, "audience": audience, "urgency": "URGENT"}
    bulletin = await _told(world, phones, "published", PUBLISH, given)
    gone = {"bulletin": global_id("Bulletin", bulletin), "reason": "误发"}
    await _told(world, phones, "withdrawn", WITHDRAW, gone)


async def _told(world: World, phones: _Phones, what: str, text: str, given: dict[str, Any]) -> str:
    rows, before, began = world.db["bulletins"], phones.count, time.monotonic()
    body = {"query": text, "variables": {"input": {"clientMutationId": uuid4().hex, **given}}}
    await _ask(world, body)
    decided = time.monotonic() - began
    while (row := await asyncio.to_thread(rows.find_one, {}, {"untold": True}))["untold"]:  # noqa: ASYNC110  # another process's doing
        await asyncio.sleep(LOOK)
    told = time.monotonic() - began
    while phones.count - before < READERS:  # noqa: ASYNC110  # likewise
        await asyncio.sleep(LOOK)
    print(
        f"{what} to {READERS:,}: decided in {decided:.2f} s, all told after {told:.1f} s, "
        f"all handed to push after {time.monotonic() - began:.1f} s"
    )
    return str(row["_id"])


async def _ask(world: World, body: dict[str, object]) -> dict[str, Any]:
    answer = await post(world.port, world.token, body)
    if "errors" in answer or any(one.get("userErrors") for one in answer["data"].values()):
        raise RuntimeError(answer)
    return dict(answer["data"])


def _said(what: str, took: list[tuple[float, float]]) -> float:
    """Print it; the seconds of the latest push."""
    for until, some in zip(("answered", "handed to push"), zip(*took, strict=True), strict=True):
        p50, p99 = (percentile(list(some), share) * 1000 for share in (0.5, 0.99))
        print(
            f"an order, {what}, {until}: p50 {p50:.0f} ms, p99 {p99:.0f} ms, "
            f"latest {max(some) * 1000:.0f} ms, of {len(some)}"
        )
    return max(pushed for _, pushed in took)


def _account(name: str) -> dict[str, Any]:
    now = datetime.now(UTC)
    return plain(
        AccountDoc(
            id=name,
            login=name,
            password_hash="x",
            role=Role.OFFICER,
            unit="RPS",
            name=NameDoc(zh=name),
            duty=Duty(on=True, since=now),
            created_at=now,
        )
    )


def _device(name: str) -> dict[str, Any]:
    return plain(
        DeviceDoc(
            id=f"{name}:phone",
            account_id=name,
            device_id="phone",
            platform="android",
            push_channel="fcm",
            push_token=name,
            seen_at=datetime.now(UTC),
        )
    )
