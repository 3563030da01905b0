"""Nothing a client does delays an order: it is sent, and escalated, by a process of its own."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from terminal.client import ClientError, HubClient
from tests.e2e.conftest import Running
from tests.e2e.test_main_job import Phone, open_incident

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

LATEST = timedelta(seconds=5)
ACCEPT_WITHIN = timedelta(seconds=5)
SEND = """mutation($key: String!, $incident: ID!) {
  dispatchOrder(input: { clientMutationId: $key, incident: $incident, text: "请到北广场",
    recipients: ["officer21"], escalation: ["officer22"], acceptWithinSeconds: 5 }) {
  order { number } userErrors { code message } } }"""
LEDGER = """{ orders(first: 50) { nodes { number
  recipients { officer { login } entries { stage at } } } } }"""


@asynccontextmanager
async def flooded(running: Running, login: str) -> AsyncIterator[None]:
    """Within the block one account asks all it can; in the end it must have been answered."""
    token = await running.client(login).token()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(__file__).with_name("flood.py")),
        running.url,
        token,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        assert (await process.stdout.readline()).strip() == b"flooding"
        yield
    finally:
        process.stdin.close()
        last = await process.stdout.read()
        await process.wait()
    assert int(last.split()[-1]) > 0


async def test_a_flooded_api_delays_neither_a_push_nor_an_escalation(running: Running):
    """Both come within five seconds of when they are due, by the ledger's and the push service's
    own times, while one token keeps the API busy.
    """
    first, second = Phone(running, "officer21"), Phone(running, "officer22")
    for phone in (first, second):
        await phone.sign_in()
    watch = running.client("commander")
    incident = await open_incident(watch)
    async with flooded(running, "liaison"):
        numbers = [await _sent(watch, incident, key) for key in ("flood-1", "flood-2", "flood-3")]
        escalated = await _accepted(second, len(numbers))
        sent = await _accepted(first, len(numbers))
    ledgers = await _ledgers(watch, numbers)
    asked = sorted(one["officer21"] for one in ledgers)
    for pushed, queued in zip(sent, asked, strict=False):
        assert pushed - queued <= LATEST, "a push was late"
    for pushed, queued in zip(escalated, asked, strict=True):
        late = pushed - (queued + ACCEPT_WITHIN)
        assert timedelta(0) <= late <= LATEST, "an escalation was late"
    for phone in (first, second):
        await phone.http.aclose()


async def _sent(watch: HubClient, incident: str, key: str) -> str:
    """An order's number; a busy API may refuse to answer in time, the key makes it once."""
    while True:
        try:
            data = await watch.query(SEND, key=key, incident=incident)
        except (ClientError, httpx2.HTTPError):
            await asyncio.sleep(0.5)
            continue
        assert data["dispatchOrder"]["userErrors"] == []
        return str(data["dispatchOrder"]["order"]["number"])


async def _accepted(phone: Phone, count: int) -> list[datetime]:
    """When the push service took the first wake-ups for this phone."""
    pushes = phone.pushes()
    try:
        found = [datetime.fromisoformat((await anext(pushes))["acceptedAt"]) for _ in range(count)]
    finally:
        await pushes.aclose()
    return sorted(found)


async def _ledgers(watch: HubClient, numbers: list[str]) -> list[dict[str, Any]]:
    """For each order: when each recipient was asked."""
    nodes = (await watch.query(LEDGER))["orders"]["nodes"]
    return [
        {
            part["officer"]["login"]: datetime.fromisoformat(part["entries"][0]["at"])
            for part in node["recipients"]
        }
        for node in nodes
        if node["number"] in numbers
    ]
