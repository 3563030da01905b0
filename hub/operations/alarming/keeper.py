"""The keeper of alarms: raises what no write would raise, clears what has ended.

It asks the condition of each active alarm again, so it does not matter what ended it. Any number
may run, in any process: one alarm of a condition is active at a time, and a late escalation is
told also when the process that escalates is the one that died.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import nullcontext
from functools import partial

import structlog

from hub import clock
from hub.operations import conditions
from hub.operations.alarming.condition import Changed, Watch
from hub.operations.alarming.documents import AlarmDoc
from hub.operations.alarming.store import AlarmRepository
from hub.operations.desk import Desk
from hub.operations.words import Both
from hub.rounds import Failing
from hub.store.driver import Tx

log = structlog.get_logger()

POLL = 2.0
"""Real seconds between two looks."""


class AlarmKeeper:
    """Keeps the alarms true. `host` names this machine, of which some are."""

    def __init__(self, desk: Desk, host: str) -> None:
        self._desk, self._store = desk, desk.store
        self._alarms = desk.of(AlarmRepository)
        self._host = host
        self._failing = Failing("alarm_keeper_failing")

    async def run(self) -> None:
        """Look regularly, until cancelled; no watch waits for another, or for a flood to clear."""
        async with asyncio.TaskGroup() as tasks:
            for kind, watch in _watched().items():
                tasks.create_task(_regularly(kind, partial(self.watch, watch)))
            tasks.create_task(_regularly("sweep", self.sweep))

    async def look(self) -> None:
        """Raise what has begun and clear what has ended, once."""
        for watch in _watched().values():
            await self.watch(watch)
        await self.sweep()

    async def watch(self, watch: Watch) -> None:
        """Raise or clear what no write goes with."""
        match await watch(self._desk, self._host):
            case AlarmDoc() as alarm:
                if await self._alarms.raise_alone(alarm):
                    log.error("alarm_raised", kind=alarm.kind, message=alarm.message)
            case (alarm, because):
                await self._clear(alarm, because)

    async def sweep(self) -> None:
        """Clear whatever else has ended, and let what holds say how it stands; many at once."""
        ids = [alarm.id for alarm, _ in await self._changed(await self._alarms.active())]
        async for _, changed in self._store.in_parts(ids, self._settle):
            for alarm, now in changed:
                if isinstance(now, Both):
                    _say_cleared(alarm, now)

    async def _settle(self, tx: Tx, *, items: Sequence[str]) -> list[Changed]:
        """Write what has changed still: asked beside the write, as raising writes them too."""
        changed = await self._changed(await self._alarms.active(items, tx=tx), tx)
        for alarm, now in changed:
            if isinstance(now, Both):
                self._alarms.clear(tx, alarm, at=clock.now(), because=str(now))
            else:
                self._alarms.restate(tx, alarm, now)
        return changed

    async def _changed(self, active: Sequence[AlarmDoc], tx: Tx | None = None) -> list[Changed]:
        """Those that have ended, and why, or say something else now.

        A condition that cannot be asked holds up no other. In `tx` a failure is the transaction's.
        """
        found: list[Changed] = []
        for kind, condition in conditions().items():
            mine = [alarm for alarm in active if alarm.kind == kind]
            if mine and condition.asked is not None:
                with self._failing.guard(kind) if tx is None else nullcontext():
                    found += await condition.asked(self._desk, mine, tx)
        return found

    async def _clear(self, alarm: AlarmDoc, because: Both) -> None:
        async def work(tx: Tx) -> bool:
            found = await self._alarms.active([alarm.id], tx=tx)
            for one in found:
                self._alarms.clear(tx, one, at=clock.now(), because=str(because))
            return bool(found)

        if await self._store.transaction(work):
            _say_cleared(alarm, because)


def _watched() -> dict[str, Watch]:
    return {kind: one.watch for kind, one in conditions().items() if one.watch is not None}


async def _regularly(name: str, look: Callable[[], Awaitable[None]]) -> None:
    failing = Failing("alarm_keeper_failing")
    while True:
        with failing.guard(name):
            await look()
        await asyncio.sleep(POLL)


def _say_cleared(alarm: AlarmDoc, because: Both) -> None:
    log.info("alarm_cleared", kind=alarm.kind, condition=alarm.condition, because=str(because))
