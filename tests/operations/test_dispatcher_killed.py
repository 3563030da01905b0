"""The dispatcher as a process of its own, killed in the middle of its work."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter
from pathlib import Path

import pytest
from operations_builders import World

from hub.model.operations import Stage

SCRIPT = Path(__file__).parent / "dispatcher_to_kill.py"
ROOT = Path(__file__).parents[2]
KILLS, IN_FLIGHT = 3, 4


async def _start(world: World, uri: str, seed: int) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        str(SCRIPT),
        uri,
        world.store.db.name,
        str(seed),
        stdout=PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


async def _kill(process: Process, after: int = 0) -> list[str]:
    """Kill -9 after so many lines; all it said."""
    assert process.stdout is not None
    lines = [await process.stdout.readline() for _ in range(after)]
    process.kill()
    rest = await process.stdout.read()
    await process.wait()
    return [line.decode() for line in lines + rest.splitlines(keepends=True)]


@pytest.mark.slow
async def test_a_dispatcher_killed_again_and_again_loses_nothing(
    world: World, mongo_uri: str
) -> None:
    """Killed -9 in the middle three times, with one push in ten failing: all sent, few twice."""
    officers = [await world.officer() for _ in range(80)]
    order = await world.order(*officers, accept_within_s=600)
    said: list[str] = []
    async with asyncio.timeout(100):
        for seed in range(KILLS):
            said += await _kill(await _start(world, mongo_uri, seed), after=12)
        last = await _start(world, mongo_uri, KILLS)
        for officer in officers:
            await world.until("outbox", {"account_id": officer.account_id, "state": "SENT"})
        said += await _kill(last)
    sent = Counter(line.split()[1] for line in said if line.startswith("sent"))
    assert len(sent) == len(officers)
    assert sum(sent.values()) - len(officers) <= KILLS * IN_FLIGHT
    assert set((await world.stages(order)).values()) == {Stage.SENT}
