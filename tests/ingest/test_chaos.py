"""Feeds behind a network that delays, cuts, drips, answers noise or nothing: over real sockets."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from uuid import uuid4

import pytest
from chaos_proxy import Chaos, Mode, chaos
from feed_fakes import LINES, Answer, Asked, Origin
from push_rig import AREA
from structlog.testing import capture_logs

from hub.ingest import backoff, supervisor
from hub.ingest.supervisor import FeedSupervisor
from hub.settings import Settings
from hub.store.driver import Store
from hub.store.feeds.transit import TransitRepository

PATIENCE = 15
TIMEOUT = 0.4


@dataclass
class Rig:
    """A hub with two feeds of one origin: `shaken` comes through the proxy, `calm` does not."""

    store: Store
    origin: Origin
    proxy: Chaos
    shaken: str
    calm: str

    async def status(self, feed: str, wanted: Callable[[dict], bool]) -> dict:
        """The feed's document as soon as `wanted` holds of it."""
        async with asyncio.timeout(PATIENCE):
            async with await self.store.db["feeds"].watch(full_document="updateLookup") as changes:
                found = await self.store.db["feeds"].find_one({"_id": feed})
                if found and wanted(found):
                    return found
                async for change in changes:
                    found = change.get("fullDocument")
                    if found and found["_id"] == feed and wanted(found):
                        return found
        raise AssertionError

    async def state(self, feed: str, state: str, link: str | None = None) -> dict:
        return await self.status(
            feed,
            lambda row: row.get("state") == state and link in (None, row.get("link_state")),
        )

    async def vehicles(self, feed: str) -> list[str]:
        found = await TransitRepository(self.store).vehicles()
        return [row["native_id"] for row in found if row["feed"] == feed]


@pytest.fixture
async def rig(store: Store, origin: Origin, clock, monkeypatch) -> AsyncIterator[Rig]:
    """Both feeds HEALTHY, each with two vehicles; retries are quick."""
    monkeypatch.setattr(supervisor, "TICK_SECONDS", 0.02)
    monkeypatch.setattr(supervisor, "LEASE_SECONDS", 0.1)
    monkeypatch.setattr(backoff, "FIRST_WAIT", 0.05)
    shaken, calm = f"shaken-{uuid4().hex[:8]}", f"calm-{uuid4().hex[:8]}"

    def answer(_asked: Asked) -> Answer:
        rows = "a 31.2 121.4\nb 31.3 121.5"
        return Answer(body=f"{int(clock().timestamp())}\n{rows}".encode())

    origin.answer = answer
    async with AsyncExitStack() as stack:
        proxy = await stack.enter_async_context(chaos(origin.port))
        ages = {"warn_after": 90, "expire_after": 300}
        common = {
            "kind": "lines",
            "allow_private": True,
            "interval": 0.1,
            "timeout": TIMEOUT,
            **ages,
        }
        feeds = [
            {"id": shaken, "url": proxy.url(), **common},
            {"id": calm, "url": origin.url, **common},
        ]
        hub = FeedSupervisor(
            store, Settings.model_validate({"feeds": feeds}), AREA, lambda _: LINES
        )
        task = asyncio.create_task(hub.run())
        made = Rig(store, origin, proxy, shaken, calm)
        try:
            await made.state(shaken, "HEALTHY")
            await made.state(calm, "HEALTHY")
            yield made
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize(
    ("mode", "after"),
    [
        (Mode.BLACK_HOLE, 0),
        (Mode.RESET, 0),
        (Mode.DRIP, 0),
        (Mode.GARBAGE, 0),
        (Mode.CUT, 0),
        (Mode.CUT, 20),
        (Mode.CUT, 60),
        (Mode.DELAY, 0),
    ],
)
async def test_a_feed_on_a_broken_network_says_so_keeps_its_state_and_recovers(
    rig: Rig, clock, mode: Mode, after: int
):
    """The link is DOWN within the timeout, the values age, nothing goes away, a neighbour is well.

    When the network is back the feed is HEALTHY by itself. Each transition is logged once.
    """
    with capture_logs() as logs:
        rig.proxy.turn(mode, after=after)
        broken = await rig.status(rig.shaken, lambda row: row["link_state"] == "DOWN")
        assert broken["state"] == "HEALTHY"
        assert broken["detail"]
        assert "\n" not in broken["detail"]
        clock.advance(seconds=91)
        await rig.state(rig.shaken, "STALE", "DOWN")
        fresh = await rig.status(rig.calm, lambda row: row["data_as_of"] > broken["data_as_of"])
        assert (fresh["state"], fresh["link_state"]) == ("HEALTHY", "UP")
        clock.advance(seconds=300)
        await rig.state(rig.shaken, "DOWN")
        await rig.state(rig.calm, "HEALTHY")
        assert await rig.vehicles(rig.shaken) == ["a", "b"]
        rig.proxy.turn(Mode.PASS)
        well = await rig.state(rig.shaken, "HEALTHY", "UP")
    assert well["detail"] is None
    said = [
        line["state"]
        for line in logs
        if line["event"] == "feed state" and line["feed"] == rig.shaken
    ]
    assert said == ["STALE", "DOWN", "HEALTHY"]


async def test_an_answer_that_is_late_but_within_the_timeout_is_taken(rig: Rig, clock):
    """A slow network is no fault: the data counts, and the link stays up."""
    rig.proxy.delay = TIMEOUT / 4
    rig.proxy.turn(Mode.DELAY)
    before = await rig.state(rig.shaken, "HEALTHY")
    clock.advance(seconds=60)
    later = await rig.status(rig.shaken, lambda row: row["data_as_of"] > before["data_as_of"])
    assert later["link_state"] == "UP"


async def test_a_body_that_stops_halfway_is_given_up_at_the_timeout(rig: Rig):
    """A terabyte is announced and a part of it sent: what was known stays."""
    rig.origin.answer = lambda _asked: Answer(
        headers={"content-length": str(10**12)}, body=b"x" * 100_000
    )
    broken = await rig.status(rig.calm, lambda row: row["link_state"] == "DOWN")
    assert "did not answer within" in broken["detail"]
    assert await rig.vehicles(rig.calm) == ["a", "b"]
