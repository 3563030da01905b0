"""The main job as a newcomer sees it, with public clients only."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest

from terminal.client import ClientError, Event, HubClient, LiveQuery
from terminal.following import queries_for
from terminal.watch import FEEDS, ORDERS
from tests.e2e.conftest import PASSWORD, PATIENCE, Running, command, started

PLACES = ("railway:SHH", "metro:L1-SHRS", "metro:L34-SHRS", "coach:SHLD")

OPEN = """mutation($key: String!) { openIncident(input: {
  clientMutationId: $key, kind: CROWD, title: "北广场客流聚集", place: "北广场", units: ["RPS"] }) {
  incident { id number } userErrors { code message } } }"""
DISPATCH = """mutation($key: String!, $incident: ID!, $to: [ID!]!, $then: [ID!]) {
  dispatchOrder(input: { clientMutationId: $key, incident: $incident, text: "请到北广场疏导客流",
    recipients: $to, escalation: $then, acceptWithinSeconds: 30 }) {
  order { id number } userErrors { code path message } } }"""


class Phone:
    """An officer's phone: a script on the mobile API and the push service's phone side."""

    def __init__(self, running: Running, login: str) -> None:
        self.running = running
        self.login = login
        self.http = running.phone()
        self.push_token = ""

    async def sign_in(self) -> None:
        device = {
            "id": f"device-{self.login}",
            "platform": "android",
            "model": "test",
            "appVersion": "1",
            "locale": "zh-CN",
        }
        answer = await self.http.post(
            "/session", json={"login": self.login, "password": PASSWORD, "device": device}
        )
        assert answer.status_code == 200, answer.text
        self.http.headers["authorization"] = f"Bearer {answer.json()['accessToken']}"
        async with httpx2.AsyncClient() as http:
            registered = await http.post(f"{self.running.sandbox}/fcm/phones")
        self.push_token = registered.json()["token"]
        put = await self.http.put(
            "/device", json={"pushChannel": "fcm", "pushToken": self.push_token}
        )
        assert put.status_code < 300, put.text

    async def pushes(self) -> AsyncIterator[dict[str, Any]]:
        path = f"{self.running.sandbox}/fcm/phones/{self.push_token}/messages"
        async with httpx2.AsyncClient(timeout=60) as http, http.stream("GET", path) as stream:
            async for line in stream.aiter_lines():
                if line.startswith("data:"):
                    yield json.loads(line.removeprefix("data:"))

    async def orders(self) -> dict[str, dict[str, Any]]:
        held: dict[str, dict[str, Any]] = {}
        page = (await self.http.get("/sync")).json()
        while True:
            held.update(
                {c["data"]["id"]: c["data"] for c in page["changes"] if c["entity"] == "order"}
            )
            if not page["limited"]:
                return held
            page = (await self.http.get("/sync", params={"since": page["nextCursor"]})).json()

    async def act(self, kind: str, order_id: str) -> dict[str, Any]:
        action = {
            "id": str(uuid.uuid4()),
            "kind": kind,
            "at": datetime.now(UTC).isoformat(),
            "body": {"orderId": order_id},
        }
        answer = await self.http.post("/actions", json={"actions": [action]})
        assert answer.status_code == 200, answer.text
        result: dict[str, Any] = answer.json()["results"][0]
        return result


async def open_incident(watch: HubClient) -> str:
    data = await watch.query(OPEN, key=str(uuid.uuid4()))
    assert data["openIncident"]["userErrors"] == []
    return str(data["openIncident"]["incident"]["id"])


async def dispatch(watch: HubClient, incident: str, to: list[str], then: list[str]) -> str:
    data = await watch.query(DISPATCH, key=str(uuid.uuid4()), incident=incident, to=to, then=then)
    assert data["dispatchOrder"]["userErrors"] == []
    return str(data["dispatchOrder"]["order"]["number"])


async def _changes(events: AsyncIterator[Event], wanted: set[str]) -> None:
    """Wait until a live change, not only the snapshot, has come for each wanted place."""
    missing = set(wanted)
    async for event in events:
        if event.change in {"UPDATED", "ADDED", "REMOVED"} and event.node is not None:
            missing.discard(_place_of(event.node))
        if not missing:
            return


def _place_of(node: dict[str, Any]) -> str:
    return node["stopPlace"]["name"] if "stopPlace" in node else "taxi"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A hub that has just been started: nobody has turned or silenced its sources before."""
    with started(tmp_path_factory) as held:
        yield held


@pytest.mark.slow
async def test_departures_of_all_four_modes_change_live(running: Running):
    """Within a minute of the start, boards of rail, both metro halls, coach and the ranks move."""
    watch = running.client("watch")
    await all_healthy(watch)
    data = await watch.query("{ interchange { stopPlaces { id name modes } } }")
    known = data["interchange"]["stopPlaces"]
    places = {place["name"] for place in known}
    assert len(places) == len(PLACES)
    queries = [
        query for view in ("board", "taxi") for query in await queries_for(watch, view, known, None)
    ]
    async with asyncio.timeout(PATIENCE):
        async with aclosing(watch.follow(queries)) as events:
            await _changes(events, places | {"taxi"})


async def all_healthy(watch: HubClient) -> list[dict[str, Any]]:
    """Follow the feeds until every one is HEALTHY; their nodes."""
    nodes: dict[str, dict[str, Any]] = {}
    following = watch.follow([LiveQuery("feeds", FEEDS)])
    try:
        async with asyncio.timeout(PATIENCE), aclosing(following) as events:
            async for event in events:
                if event.node is not None:
                    nodes[event.node["id"]] = event.node
                states = {node["state"] for node in nodes.values()}
                if len(nodes) == 11 and states == {"HEALTHY"}:
                    break
    except TimeoutError:
        told = [(node["code"], node["state"], node["detail"]) for node in nodes.values()]
        pytest.fail(f"not all are well: {told}")
    return list(nodes.values())


@pytest.mark.slow
async def test_every_feed_is_healthy(running: Running):
    """All feeds of the sandbox reach HEALTHY, with nothing rejected."""
    feeds = await all_healthy(running.client("watch"))
    assert not [feed for feed in feeds if feed["rejects"]]


@pytest.mark.slow
async def test_an_order_goes_out_and_comes_back_accepted(running: Running):
    """Dispatch, push at the stand-in, sync, accept; the ledger tells it all live."""
    phone, watch = Phone(running, "officer1"), running.client("watch")
    await phone.sign_in()
    seen: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def follow() -> None:
        queries = await queries_for(watch, "orders", [], None)
        async with aclosing(watch.follow(queries)) as events:
            async for event in events:
                if event.name == "orders" and event.node is not None:  # alarms come beside them
                    seen.put_nowait(event.node)

    async def until(number: str, stage: str) -> dict[str, Any]:
        while True:
            node = await seen.get()
            if node["number"] == number and node["recipients"][0]["stage"] == stage:
                return node

    following = asyncio.create_task(follow())
    pushes = phone.pushes()
    try:
        async with asyncio.timeout(PATIENCE):
            number = await dispatch(watch, await open_incident(watch), ["officer1"], ["officer2"])
            push = await anext(pushes)
            assert "北广场" not in json.dumps(push, ensure_ascii=False)
            await until(number, "SENT")
            order = next(o for o in (await phone.orders()).values() if o["number"] == number)
            assert order["text"] == "请到北广场疏导客流"
            for kind in ("order.received", "order.seen", "order.accepted", "order.done"):
                assert (await phone.act(kind, order["id"]))["status"] == "applied"
            node = await until(number, "DONE")
    finally:
        following.cancel()
        await pushes.aclose()
        await phone.http.aclose()
    stages = [entry["stage"] for entry in node["recipients"][0]["entries"]]
    assert stages == ["QUEUED", "SENT", "RECEIVED", "SEEN", "ACCEPTED", "DONE"]
    assert all(entry["at"] and entry["channel"] for entry in node["recipients"][0]["entries"])
    assert "orders" in ORDERS


@pytest.mark.slow
async def test_a_killed_hub_loses_nothing(running: Running):
    """kill -9 while orders are being dispatched: every acknowledged one is there and pushed."""
    phone, watch = Phone(running, "officer3"), running.client("commander")
    await phone.sign_in()
    incident = await open_incident(watch)
    acknowledged: list[str] = []
    enough = asyncio.Event()

    async def dispatching() -> None:
        for _ in range(200):
            try:
                acknowledged.append(await dispatch(watch, incident, ["officer3"], []))
            except ClientError:
                return
            if len(acknowledged) == 10:
                enough.set()

    work = asyncio.create_task(dispatching())
    await enough.wait()
    await asyncio.to_thread(running.kill_hub)
    await work
    held = {order["number"] for order in (await phone.orders()).values()}
    assert set(acknowledged) <= held
    data = """{ orders(first: 200) { nodes { number recipients { stage } } } }"""
    async with asyncio.timeout(PATIENCE):
        while True:
            nodes = (await watch.query(data))["orders"]["nodes"]
            stages = {node["number"]: node["recipients"][0]["stage"] for node in nodes}
            if all(stages[number] != "QUEUED" for number in acknowledged):
                break
            await asyncio.sleep(0.2)
    await phone.http.aclose()


@pytest.mark.slow
async def test_a_wrong_password_is_one_line(running: Running):
    """A terminal client with a wrong password ends with one line and no traceback."""
    env = {"LIANDONG_PORT": str(running.port), "LIANDONG_DATA_DIR": str(running.data_dir)}
    process = command("watch", "board", "--password", "wrong", env=env)
    _, error = await asyncio.to_thread(process.communicate, timeout=PATIENCE)
    assert process.returncode == 2
    assert len(error.decode().strip().splitlines()) == 1


@pytest.mark.slow
async def test_a_port_in_use_is_one_line(running: Running, tmp_path):
    """A second `up` on the same port but another folder says what to do."""
    env = {
        "LIANDONG_PORT": str(running.port),
        "LIANDONG_DATA_DIR": str(tmp_path),
        "LIANDONG_MONGODB_URI": "",
    }
    process = command("up", env=env)
    _, error = await asyncio.to_thread(process.communicate, timeout=PATIENCE)
    assert process.returncode == 2
    assert f"Port {running.port} is in use. 另选 free it, or choose another" in error.decode()
    assert "Traceback" not in error.decode()


@pytest.mark.slow
async def test_the_same_folder_is_not_run_twice(running: Running):
    """A second `up` on the same folder points to the first and leaves it alone."""
    env = {
        "LIANDONG_PORT": str(running.port),
        "LIANDONG_DATA_DIR": str(running.data_dir),
        "LIANDONG_MONGODB_URI": "",
    }
    process = command("up", env=env)
    _, error = await asyncio.to_thread(process.communicate, timeout=PATIENCE)
    assert process.returncode == 0
    assert running.url in error.decode()
    assert f"中枢 hub pid {running.facts['hub_pid']} = 接口 api" in error.decode()
    assert running.ready()
