"""Lanes: in a process, who writes to one incident waits for the writer before.

Transactions that write to one document at once abort each other, and are repeated until one is
alone: the more there are, the less is done. Waiting in line costs nothing. Between processes the
database still decides.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Lane:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0


class Lanes:
    """Locks by name, first come first served. Hold one at a time: there is no order of two.

    `conflicts` counts the transactions of this process that met another all the same, and were
    repeated.
    """

    def __init__(self) -> None:
        self.conflicts = 0
        self._lanes: dict[str, _Lane] = {}

    @asynccontextmanager
    async def held(self, name: str) -> AsyncIterator[None]:
        """Have the lane alone."""
        lane = self._lanes.setdefault(name, _Lane())
        lane.users += 1
        try:
            async with lane.lock:
                yield
        finally:
            lane.users -= 1
            if not lane.users:
                self._lanes.pop(name, None)
