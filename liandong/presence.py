"""A process among its kind: it says that it lives, and tells whether somebody sends the orders."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

import psutil
import structlog

from hub import clock, defects
from hub.bus import Bus
from hub.model.moments import said
from hub.rounds import Failing
from hub.store.driver import Store
from hub.store.faults import passing
from hub.store.processes import BEAT_SECONDS, Process, Processes
from hub.store.tail import ChangeTail

DISPATCH = "dispatch"
PATIENCE = timedelta(seconds=30)
"""How long a hub may be without any process that dispatches before that is a fault: roles that are
started one by one have a beginning."""
LEAVE_SECONDS = 1.0

log = structlog.get_logger()


class Presence:
    """Says every second that this process lives. `run` it; `leave` when it ends."""

    def __init__(
        self,
        store: Store,
        bus: Bus,
        tail: ChangeTail,
        *,
        name: str,
        roles: tuple[str, ...],
        zone: ZoneInfo,
    ) -> None:
        """`zone` is the area's: that of the times in what people read."""
        self._store = store
        self._processes = Processes(store)
        self._bus = bus
        self._tail = tail
        self._name = name
        self._roles = roles
        self._zone = zone
        self._system = psutil.Process()
        self._started_at = clock.real()

    async def run(self) -> None:
        """Say it until cancelled; while the database is away nobody can be told."""
        failing = Failing("presence not told")
        while True:
            with failing.guard():
                await self._processes.beat(
                    self._name, self._roles, self._numbers(), self._started_at
                )
            await asyncio.sleep(BEAT_SECONDS)

    async def leave(self) -> None:
        """Say that it ends; if nobody can be told, its silence tells."""
        try:
            async with asyncio.timeout(LEAVE_SECONDS):
                await self._processes.leave(self._name)
        except Exception as error:  # noqa: BLE001  # said above
            log.info("presence not told", error=repr(error))

    async def processes(self) -> list[Process]:
        """Every process of this hub that was heard of within a day. Raises RetryLater."""
        try:
            return await self._processes.all()
        except Exception as error:
            if (later := passing(error)) is not None:
                raise later from error
            raise

    def missing(self, processes: Sequence[Process]) -> str | None:
        """What is wrong where nobody dispatches: orders would neither be sent nor escalated."""
        able = [one for one in processes if DISPATCH in one.roles]
        if any(one.lives for one in able):
            return None
        if not able and clock.real() - self._started_at < PATIENCE:
            return None
        return "".join(_missing(able, self._zone))

    def _numbers(self) -> dict[str, float]:
        return {
            "resident_bytes": self._system.memory_info().rss,
            "cpu_seconds": sum(self._system.cpu_times()[:2]),
            "change_stream_lag_seconds": self._tail.lag_seconds,
            "bus_depth": self._bus.depth,
            "bus_overflows": self._bus.overflows,
            "transaction_conflicts": self._store.lanes.conflicts,
            "defects": defects.total(),
        }


def _missing(able: Sequence[Process], zone: ZoneInfo) -> Iterator[str]:
    yield "无派发进程 no process dispatches: orders are kept, but not pushed and not escalated"
    if able:
        last = max(able, key=lambda one: one.said_at)
        yield f" since {said(last.said_at, zone)}, when pid {last.pid} was heard last"
    yield ". `liandong serve` starts one by itself; else start `liandong serve --role dispatch`."
