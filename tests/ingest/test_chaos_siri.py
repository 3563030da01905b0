"""SIRI publish/subscribe over a broken network, in both directions."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from urllib.parse import urlsplit

import httpx2
import pytest
from chaos_proxy import Chaos, Mode, Victim, chaos
from feed_fakes import Origin
from push_rig import NAMESPACE
from subscription_rig import SECRET, Rig, subscribing

from hub.store.driver import Store

BROKEN = [(Mode.BLACK_HOLE, 0), (Mode.RESET, 0), (Mode.DRIP, 0), (Mode.GARBAGE, 0), (Mode.CUT, 90)]


@pytest.fixture
async def towards_producer(origin: Origin) -> AsyncIterator[Chaos]:
    """What the hub asks goes through; what the producer answers is mistreated."""
    async with chaos(origin.port) as proxy:
        yield proxy


@pytest.fixture
async def rig(
    store: Store, origin: Origin, clock, monkeypatch, towards_producer: Chaos
) -> AsyncIterator[Rig]:
    """A hub whose producer is behind the proxy."""
    keys = {"url": towards_producer.url(), "timeout": 1}
    async with subscribing(store, origin, clock, monkeypatch, **keys) as made:
        yield made


@pytest.fixture
async def notified(store: Store, origin: Origin, clock, monkeypatch) -> AsyncIterator[Rig]:
    """A hub that reaches its producer undisturbed."""
    async with subscribing(store, origin, clock, monkeypatch) as made:
        yield made


@pytest.mark.parametrize(("mode", "after"), BROKEN)
async def test_a_producer_whose_answers_do_not_arrive_is_asked_again(
    rig: Rig, towards_producer: Chaos, clock, mode: Mode, after: int
):
    """Not subscribed, and the feed says why; once answers come through it is, and takes data."""
    towards_producer.turn(mode, after=after)
    rig.supervise()
    down = await rig.status(lambda row: row.get("link_state") == "DOWN")
    assert down["detail"]
    towards_producer.turn(Mode.PASS)
    clock.advance(minutes=6)
    await rig.status(lambda row: row.get("link_state") == "UP")
    await rig.producer.notify(rig.producer.vehicles("a"))
    await rig.in_state("HEALTHY")
    assert await rig.vehicles() == {"a"}


@pytest.mark.parametrize(("mode", "after"), BROKEN)
async def test_a_notification_that_does_not_arrive_whole_changes_nothing(
    notified: Rig, mode: Mode, after: int
):
    """It is not acknowledged and nothing of it is stored; others get through, and so does the next.

    A delivery is cut, dripped, turned to noise or lost on its way to the hub.
    """
    notified.supervise()
    await notified.subscribed()
    await notified.producer.notify(notified.producer.vehicles("a"))
    parts = urlsplit(notified.url)
    async with chaos(parts.port or 0, Victim.CALLED) as proxy:
        address = proxy.url(f"/feeds/{notified.id}/{SECRET}")
        proxy.turn(mode, after=after)
        lost = asyncio.create_task(
            notified.producer.notify(notified.producer.vehicles("b"), address)
        )
        await notified.producer.notify(notified.producer.vehicles("c"))
        assert await notified.vehicles() == {"a", "c"}
        proxy.turn(Mode.PASS)
        with suppress(httpx2.HTTPError):
            assert (await lost).status_code >= 400
        assert await notified.vehicles() == {"a", "c"}
        answer = await notified.producer.notify(notified.producer.vehicles("d"), address)
    assert answer.status_code == 200
    assert NAMESPACE["s"].encode() in answer.content
    assert await notified.vehicles() == {"a", "c", "d"}
    await notified.in_state("HEALTHY")
