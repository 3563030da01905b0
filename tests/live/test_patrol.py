"""Quiet connections are ended when their principal may not listen any more."""

import asyncio

import pytest
from live_builders import somebody

from schema.live import patrol
from schema.live.patrol import Patrol


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(patrol, "ROUND", 0.01)


async def test_who_may_not_go_on_is_ended_and_nobody_else():
    """One of three is revoked, one has left before: one is ended, once, the third goes on."""
    revoked: set[str] = set()
    ended: list[str] = []
    over = asyncio.Event()

    def end(name: str) -> None:
        ended.append(name)
        over.set()

    made = Patrol(lambda principal: principal.account_id not in revoked)
    leaves = {
        name: made.watch(somebody(name), lambda name=name: end(name)) for name in ("a", "b", "c")
    }
    leaves["c"]()
    revoked |= {"a", "c"}
    async with asyncio.timeout(60):
        await over.wait()
    walking = made._walking
    assert walking is not None
    leaves["b"]()
    async with asyncio.timeout(60):
        await walking
    assert ended == ["a"]


async def test_a_patrol_walks_again_for_who_comes_later():
    """It rests while there is nobody, and is no task then."""
    made, ended = Patrol(lambda _principal: False), asyncio.Event()
    made.watch(somebody("a"), ended.set)
    async with asyncio.timeout(60):
        await ended.wait()
    assert made._walking is not None
    await made._walking
    again = asyncio.Event()
    made.watch(somebody("b"), again.set)
    async with asyncio.timeout(60):
        await again.wait()
