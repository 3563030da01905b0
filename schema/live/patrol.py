"""One round for all connections: whose token expired or session was revoked is ended.

Every event is checked as it is told; this is for connections that nothing is told on. A timer for
each of five thousand would cost more than all of them together.
"""

import asyncio
from collections.abc import Callable
from itertools import count

from hub.model.people import Principal

ROUND = 1.0
"""Seconds from round to round: how late a quiet connection is ended, at most."""


class Patrol:
    """Ends what may not go on, while there is anything to look at."""

    def __init__(self, still_valid: Callable[[Principal], bool]) -> None:
        self._still_valid = still_valid
        self._watched: dict[int, tuple[Principal, Callable[[], None]]] = {}
        self._numbers = count()
        self._walking: asyncio.Task[None] | None = None

    def watch(self, principal: Principal, end: Callable[[], None]) -> Callable[[], None]:
        """Call `end`, once, when the principal may not listen any more; returns what stops that."""
        number = next(self._numbers)
        self._watched[number] = principal, end
        if self._walking is None or self._walking.done():
            self._walking = asyncio.get_running_loop().create_task(self._walk())

        def leave() -> None:
            self._watched.pop(number, None)

        return leave

    async def _walk(self) -> None:
        while self._watched:
            await asyncio.sleep(ROUND)  # a token expires by time alone: no event says so
            for number, (principal, end) in list(self._watched.items()):
                if not self._still_valid(principal):
                    del self._watched[number]
                    end()
