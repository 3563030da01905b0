"""A hub on a machine whose clock is an hour off, fast or slow: real processes, real sockets."""

import asyncio
import json
import os
import re
import sys
import uuid
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from hub import clock
from hub.access.passwords import hash_password
from hub.model.people import Role
from hub.store.documents import AccountDoc, Duty, NameDoc
from hub.store.driver import Store
from terminal.alarms import ALARMS
from terminal.client import HubClient, LiveQuery
from tests.e2e.conftest import PASSWORD, free_port
from tests.mobile.fake_fcm import PROJECT, FakeFcm
from tests.mobile.serving import served

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
HERE = Path(__file__).parent
ACCEPT_SECONDS = 10
KEY = RSAKey.generate_key(2048).as_pem(private=True).decode()
OPEN = """mutation { openIncident(input: { clientMutationId: "i", kind: CROWD, title: "客流" }) {
  incident { id } } }"""
DISPATCH = """mutation($incident: ID!, $within: Int!) { dispatchOrder(input: {
  clientMutationId: "o", incident: $incident, text: "请到北广场", recipients: ["officer1"],
  escalation: ["officer2"], acceptWithinSeconds: $within }) {
  order { id } userErrors { code } } }"""
ORDER = """query($id: ID!) { order(id: $id) { createdAt
  recipients { officer { login } stage entries { stage at } } } }"""


@dataclass
class Wrong:
    """A running hub whose clock is `off` seconds ahead, and the push service it was given."""

    off: int
    url: str
    config: Path
    push: FakeFcm

    @property
    def env(self) -> dict[str, str]:
        """What makes a process of the hub read a wrong clock."""
        path = filter(None, (str(HERE / "wrong_clock"), os.environ.get("PYTHONPATH")))
        return {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(path),
            "LIANDONG_TEST_OFF": str(self.off),
            "COLUMNS": "140",
        }

    def client(self) -> HubClient:
        """The watch officer."""
        return HubClient(self.url, "watch", PASSWORD)

    async def command(self, *arguments: str) -> Process:
        """`liandong ...` on the same machine."""
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "liandong.cli", *arguments),
            env=self.env,
            stdout=PIPE,
            stderr=STDOUT,
        )

    async def said(self, *arguments: str) -> tuple[int | None, str]:
        """What a command says, and how it ends."""
        process = await self.command(*arguments)
        output, _ = await process.communicate()
        return process.returncode, output.decode()


async def people(store: Store) -> None:
    """A watch officer and two officers on duty."""
    password = await hash_password(PASSWORD)
    for login, role in (
        ("watch", Role.WATCH),
        ("officer1", Role.OFFICER),
        ("officer2", Role.OFFICER),
    ):
        await AccountDoc(
            id=login,
            login=login,
            password_hash=password,
            role=role,
            unit="RPS" if role is Role.OFFICER else None,
            name=NameDoc(zh=login),
            duty=Duty(on=role is Role.OFFICER),
            created_at=clock.now(),
        ).insert()


def configured(folder: Path, store: Store, push: str, port: int) -> Path:
    """A configuration without feeds, with a push service."""
    account = folder / "service-account.json"
    account.write_text(
        json.dumps(
            {
                "type": "service_account",
                "project_id": PROJECT,
                "private_key_id": "1",
                "private_key": KEY,
                "client_email": f"push@{PROJECT}.example",
                "token_uri": f"{push}/token",
            }
        )
    )
    config = folder / "liandong.toml"
    config.write_text(
        f'[hub]\nport = {port}\ndata_dir = "{folder}"\nmongodb_uri = "{store.uri}"\n'
        f'database = "{store.db.name}"\n'
        f'[push.fcm]\ncredentials = "{account}"\nendpoint = "{push}"\n'
    )
    return config


async def until_ready(wrong: Wrong, process: Process) -> None:
    """Wait for /readyz."""
    async with httpx2.AsyncClient(base_url=wrong.url, timeout=60) as http:
        while process.returncode is None:
            try:
                if (await http.get("/readyz")).status_code == 200:
                    return
            except httpx2.TransportError:
                await asyncio.sleep(0.2)
    raise AssertionError("the hub has ended")


@pytest.fixture(scope="module", params=[3600, -3600], ids=["fast", "slow"])
async def wrong(
    request: pytest.FixtureRequest, store: Store, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Wrong]:
    """A hub that reads a wrong clock; its database and push service are right."""
    for name in await store.db.list_collection_names():
        await store.db[name].delete_many({})
    await people(store)
    push, port = FakeFcm(), free_port()
    async with served(push.app) as url:
        config = configured(tmp_path_factory.mktemp("wrong"), store, url, port)
        held = Wrong(request.param, f"http://127.0.0.1:{port}", config, push)
        hub = await held.command("serve", "--config", str(config))
        assert hub.stdout is not None
        log = asyncio.create_task(hub.stdout.read())
        try:
            await until_ready(held, hub)
            yield held
        finally:
            if hub.returncode is None:
                hub.terminate()
            await hub.wait()
            print((await log).decode()[-4000:])  # noqa: T201  # shown where a test fails


async def test_an_order_escalates_on_time(wrong: Wrong) -> None:
    """Neither an hour early nor an hour late; its times are true, and so is what push is asked."""
    phone = httpx2.AsyncClient(base_url=f"{wrong.url}/mobile/v1", timeout=60)
    await signed_in(phone)
    watch, asked = wrong.client(), datetime.now(UTC)
    incident = (await watch.query(OPEN))["openIncident"]["incident"]["id"]
    given = await watch.query(DISPATCH, incident=incident, within=ACCEPT_SECONDS)
    assert given["dispatchOrder"]["userErrors"] == []
    order = await _escalated(watch, given["dispatchOrder"]["order"]["id"])
    seen = datetime.now(UTC)
    first, second = order["recipients"]
    assert (first["officer"]["login"], second["officer"]["login"]) == ("officer1", "officer2")
    assert first["stage"] == "ESCALATED"
    assert "SENT" in {entry["stage"] for entry in first["entries"]}
    created = datetime.fromisoformat(order["createdAt"])
    passed_on = datetime.fromisoformat(second["entries"][0]["at"])
    within = timedelta(seconds=ACCEPT_SECONDS)
    assert passed_on - created >= within
    doubt = timedelta(seconds=2)  # this machine's clock is the database's
    assert asked - doubt <= created <= passed_on <= seen + doubt
    assertion = wrong.push.assertions[0]
    claims = jwt.decode(assertion, RSAKey.import_key(KEY), algorithms=["RS256"]).claims
    assert abs(seen.timestamp() - claims["iat"]) < 600
    await phone.aclose()


async def signed_in(phone: httpx2.AsyncClient) -> None:
    """officer1's phone, registered for push; its token is good at once."""
    device = {"id": "phone-1", "platform": "android"}
    body = {"login": "officer1", "password": PASSWORD, "device": device}
    answer = await phone.post("/session", json=body)
    assert answer.status_code == 200, answer.text
    phone.headers["authorization"] = f"Bearer {answer.json()['accessToken']}"
    put = await phone.put("/device", json={"pushChannel": "fcm", "pushToken": str(uuid.uuid4())})
    assert put.status_code < 300, put.text


async def _escalated(watch: HubClient, order_id: str) -> dict[str, Any]:
    """The order, once a second person was asked."""
    while True:
        order = (await watch.query(ORDER, id=order_id))["order"]
        if len(order["recipients"]) > 1:
            return dict(order)
        await asyncio.sleep(0.2)


async def test_it_says_so_wherever_somebody_looks(wrong: Wrong) -> None:
    """In /readyz, which stays ready, a metric and `doctor`; as an alarm, live and in a terminal."""
    word = "快 3,600" if wrong.off > 0 else "慢 3,600"
    async with aclosing(wrong.client().follow([LiveQuery("alarms", ALARMS)])) as events:
        async for event in events:
            if event.node is not None and event.name == "alarms":
                assert event.node["level"] == "NOTICE"
                assert word in event.node["message"]
                break
    async with httpx2.AsyncClient(base_url=wrong.url, timeout=60) as http:
        ready = await http.get("/readyz")
        metrics = (await http.get("/metrics")).text
    assert (ready.status_code, len(ready.json()["notes"])) == (200, 1)
    assert word in ready.json()["notes"][0]
    told = re.search(r"^liandong_clock_off_seconds (\S+)$", metrics, re.MULTILINE)
    assert told is not None
    assert float(told[1]) == pytest.approx(wrong.off, abs=2)
    assert 'liandong_alarms{kind="CLOCK_OFF",state="ACTIVE"} 1.0' in metrics
    code, output = await wrong.said("doctor", "--config", str(wrong.config))
    assert (code, word in output) == (1, True)
    view = ("watch", "alarms", "--events", "1", "--url", wrong.url, "--password", PASSWORD)
    code, output = await wrong.said(*view)
    assert (code, "Set that machine's clock" in output, "请" in output) == (0, True, True), output
