"""A feed that falls silent, as people see it."""

from collections.abc import Callable
from contextlib import aclosing
from typing import Any

import httpx2
import pytest

from terminal.client import HubClient, LiveQuery
from tests.e2e.conftest import Running

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

FEEDS = """subscription Feeds($after: String) { feeds(after: $after) { cursor change node {
  code state detail warnAfterSeconds expireAfterSeconds } } }"""
KIND_SECONDS = (90, 300)


async def silence(running: Running, *, silent: bool) -> None:
    """The metro's source goes on answering, with what it said last."""
    async with httpx2.AsyncClient(base_url=running.sandbox) as http:
        (await http.post("/control", json={"feed": "metro", "silent": silent})).raise_for_status()


async def metro_until(watch: HubClient, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The metro's real-time feed, once it is so."""
    async with aclosing(watch.follow([LiveQuery("feeds", FEEDS)])) as events:
        async for event in events:
            if event.node is not None and event.node["code"] == "metro-rt" and holds(event.node):
                return event.node
    pytest.fail("the live query has ended")


def well(node: dict[str, Any]) -> bool:
    return node["state"] == "HEALTHY" and node["detail"] is None


async def test_a_silent_feed_says_so_sooner_than_its_kind_and_why(running: Running):
    """Polled every 5 s it is not waited for 90 s; its reason names its data, and goes with it."""
    watch = running.client("watch")
    await metro_until(watch, well)
    await silence(running, silent=True)
    try:
        stale = await metro_until(watch, lambda node: node["state"] in {"STALE", "DOWN"})
        assert stale["warnAfterSeconds"] < KIND_SECONDS[0]
        assert stale["expireAfterSeconds"] < KIND_SECONDS[1]
        assert "the newest data is of 20" in stale["detail"]
    finally:
        await silence(running, silent=False)
    await metro_until(watch, well)
