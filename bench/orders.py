"""Orders: sixteen dispatchers on one incident, and one order to a thousand officers.

The old way stands beside it: each order a transaction of its own that pushes its line into the
incident's document, raises the number's counter and the inbox's head, eight at once, as the hub
did it up to version 1.0; the bare driver does it here, without the hub's Python and without HTTP.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from uuid import uuid4
from zoneinfo import ZoneInfo

from pymongo import AsyncMongoClient, MongoClient, ReturnDocument
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from bench.load import percentile
from bench.peer import cpu_seconds
from bench.world import World
from hub import clock
from hub.bus import Bus
from hub.model.people import SCOPES, Principal, Role
from hub.operations import documents
from hub.operations.desk import Desk
from hub.operations.facade import Operations
from hub.operations.incidents import actions as incidents
from hub.operations.orders import actions as orders
from hub.operations.waking.channels import Outcome, Wake
from hub.operations.waking.dispatcher import Dispatcher
from hub.settings import OrderSettings
from hub.store.documents import AccountDoc, DeviceDoc, Duty, NameDoc
from hub.store.driver import Store
from schema.nodes import global_id

AT_ONCE, SECONDS, MASS = 16, 10.0, 1_000
OPEN = """mutation { openIncident(input: {clientMutationId: "%s", kind: CROWD, title: "bench"}) {
  incident { id } } }"""
DISPATCH = """mutation ($input: DispatchOrderInput!) { dispatchOrder(input: $input) {
  order { id number } userErrors { code message } } }"""


async def measure(world: World, _node: bool) -> None:
    """Orders a second and their latency, through GraphQL; then the mass order."""
    for officers, what in ((AT_ONCE, "an officer each"), (1, "all to one officer")):
        ours = await _dispatchers(world, officers, what)
        theirs = await _old_way(world, officers)
        print(f"ratio liandong / the old way, {what}: {ours / theirs:.1f} x orders a second")
    await _mass(world)


async def _timed(
    world: World, side: str, cpu: Callable[[], float], one: Callable[[int, str], Awaitable[None]]
) -> float:
    """Run `one` from sixteen at once for some seconds; orders a second.

    `cpu`: seconds of CPU that this side has used so far.
    """
    took: list[float] = []
    failed = 0
    end = time.monotonic() + SECONDS

    async def caller(number: int) -> None:
        nonlocal failed
        while time.monotonic() < end:
            began = time.monotonic()
            try:
                await one(number, uuid4().hex)
            except Exception:  # noqa: BLE001  # counted: what the callers would see
                failed += 1
            else:
                took.append(time.monotonic() - began)

    before, used, began = _transactions(world.client), cpu(), time.monotonic()
    await asyncio.gather(*(caller(number) for number in range(AT_ONCE)))
    rate = len(took) / (time.monotonic() - began)
    each = (cpu() - used) / max(1, len(took))
    aborted, committed = (b - a for a, b in zip(before, _transactions(world.client), strict=True))
    print(
        f"{side}: {rate:.1f} orders/s, p50 {percentile(took, 0.5) * 1000:.0f} ms, "
        f"p99 {percentile(took, 0.99) * 1000:.0f} ms, {each * 1000:.1f} ms CPU/order, "
        f"failed {failed}, "
        f"transactions aborted {aborted}, committed {committed}"
    )
    return rate


def _transactions(client: "MongoClient[dict[str, object]]") -> tuple[int, int]:
    counts = client.admin.command("serverStatus")["transactions"]
    return int(counts["totalAborted"]), int(counts["totalCommitted"])


async def _dispatchers(world: World, officers: int, what: str) -> float:
    token = world.token
    answer = await post(world.port, token, {"query": OPEN % uuid4().hex})
    incident = answer["data"]["openIncident"]["incident"]["id"]

    async def one(number: int, key: str) -> None:
        given = {
            "clientMutationId": key,
            "incident": incident,
            "text": "到场疏导",
            "recipients": [global_id("Officer", f"officer{number % officers + 1}")],
        }
        answer = await post(world.port, token, {"query": DISPATCH, "variables": {"input": given}})
        if not answer["data"]["dispatchOrder"]["order"]:
            raise RuntimeError(answer)

    for number in range(officers):  # the incident knows them: a steady state
        await one(number, uuid4().hex)
    return await _timed(
        world, f"liandong over GraphQL, {what}", partial(cpu_seconds, world.hub.pid), one
    )


async def post(port: int, token: str, body: dict[str, object]) -> dict:
    """One POST on a connection of its own; connections are the same for both sides' ratio."""
    data = json.dumps(body).encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(
            b"POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n"
            b"content-type: application/json\r\n"
            + f"authorization: Bearer {token}\r\ncontent-length: {len(data)}\r\n\r\n".encode()
            + data
        )
        head, _, answer = (await reader.read()).partition(b"\r\n\r\n")
    finally:
        writer.close()
    if b" 200 " not in head.split(b"\r\n", 1)[0]:
        raise RuntimeError(head.decode())
    return dict(json.loads(answer))


async def _old_way(world: World, officers: int) -> float:
    client: AsyncMongoClient[dict[str, object]] = AsyncMongoClient(world.mongo.uri, w="majority")
    db, room = client["bench_old_way"], asyncio.Semaphore(8)
    await db["incidents"].insert_one({"_id": "one", "timeline": [], "officers": [], "revision": 1})

    async def one(number: int, key: str) -> None:
        account, now = f"officer{number % officers}", datetime.now(UTC)

        async def work(tx: AsyncClientSession) -> None:
            await db["idempotency"].find_one({"_id": key}, session=tx)
            await db["incidents"].find_one({"_id": "one"}, session=tx)
            await db["accounts"].find_one({"_id": account}, session=tx)
            counter = await db["counters"].find_one_and_update(
                {"_id": "order:one"},
                {"$inc": {"value": 1}},
                upsert=True,
                return_document=ReturnDocument.AFTER,
                session=tx,
            )
            order = {"_id": key, "number": counter["value"], "text": "到场疏导", "at": now}
            await db["orders"].insert_one(order, session=tx)
            ledger = {"_id": f"{key}:{account}", "order_id": key, "stage": "QUEUED", "at": now}
            await db["recipients"].insert_one(ledger, session=tx)
            head = await db["heads"].find_one_and_update(
                {"_id": account},
                {"$inc": {"seq": 1}},
                upsert=True,
                return_document=ReturnDocument.AFTER,
                session=tx,
            )
            news = {"_id": f"{account}:{head['seq']}", "entity": "order", "data": order, "at": now}
            await db["inbox"].insert_one(news, session=tx)
            await db["outbox"].insert_one({"_id": key, "due_at": now}, session=tx)
            line = {"at": now, "by": "watch", "kind": "order.dispatched", "text": "..."}
            await db["incidents"].update_one(
                {"_id": "one"},
                {
                    "$push": {"timeline": line},
                    "$addToSet": {"officers": account},
                    "$inc": {"revision": 1},
                },
                session=tx,
            )
            await db["audit"].insert_one({"_id": key, "at": now}, session=tx)
            await db["idempotency"].insert_one({"_id": key, "at": now}, session=tx)

        async with room, client.start_session() as session:
            await session.with_transaction(
                work, read_concern=ReadConcern("snapshot"), write_concern=WriteConcern("majority")
            )

    try:
        return await _timed(world, "the old way, bare driver", time.process_time, one)
    finally:
        await client.drop_database("bench_old_way")
        await client.close()


class _Counting:
    """A push service that takes everything at once, and knows when it had how many."""

    name = "fcm"

    def __init__(self, wanted: int) -> None:
        self.taken: list[float] = []
        self.all = asyncio.Event()
        self._wanted = wanted

    async def send(self, _device: DeviceDoc, _wake: Wake) -> Outcome:
        self.taken.append(time.monotonic())
        if len(self.taken) >= self._wanted:
            self.all.set()
        return Outcome.sent("bench")


async def _mass(world: World) -> None:
    """From the call to the last of a thousand handed to push; dispatcher in the same process."""
    store = await Store.open(world.mongo.uri, "bench_mass", documents=documents())
    now = clock.now()
    names = [f"mass{number}" for number in range(MASS)]
    await AccountDoc.insert_many(
        [
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
            for name in names
        ]
    )
    await DeviceDoc.insert_many(
        [
            DeviceDoc(
                id=f"{name}:phone",
                account_id=name,
                device_id="phone",
                platform="android",
                push_channel="fcm",
                push_token=name,
                seen_at=now,
            )
            for name in names
        ]
    )
    ops = Operations(Desk.over(store, OrderSettings(), ZoneInfo("Asia/Shanghai")))
    watch = Principal(
        account_id="watch",
        login="watch",
        role=Role.WATCH,
        unit=None,
        scopes=SCOPES[Role.WATCH],
        session_id="bench",
        expires_at=now,
    )
    asked = incidents.request_of(kind="CROWD", title="bench")
    incident = await incidents.open_incident(ops.desk, watch, asked, "incident")
    for attempt in range(3):
        channel = _Counting(MASS)
        dispatcher = Dispatcher(ops.desk, Bus(), {"fcm": channel}, "bench")
        began, used = time.monotonic(), time.process_time()
        asked = orders.request_of(incident_id=incident.id, text="集结", recipients=names)
        await orders.dispatch_order(ops.desk, watch, asked, f"mass{attempt}")
        stored = time.monotonic()
        await dispatcher.take_all()
        await channel.all.wait()
        handed = time.monotonic()
        await dispatcher.drain(60)
        print(
            f"order to {MASS:,}: stored after {stored - began:.2f} s, "
            f"all handed to push {handed - stored:.2f} s later, "
            f"ledgers written {time.monotonic() - stored:.2f} s later (target < 2 s in all), "
            f"{time.process_time() - used:.2f} s CPU"
        )
    await store.drop()
    await store.close()
