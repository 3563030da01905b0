"""Rows that several callers look up at once, read in one call."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextvars import Context
from typing import Generic, TypeVar

import pymongo

Row = TypeVar("Row")

LIMIT = 2.0
"""Seconds a call may take: less than any caller waits, so that one may be asked anew."""
AHEAD = 0.5
"""Seconds the next call waits for the one on its way: a dead connection costs its own callers."""


class Together(Generic[Row]):
    """Looks up rows by key with `find`; who asks while a call is on its way shares the next one.

    So nobody is answered from before they asked, one alone waits for nobody, and sixteen at once
    cost two calls instead of sixteen. Who asks behind a call that hangs waits AHEAD, no longer.
    """

    def __init__(self, find: Callable[[Collection[str]], Awaitable[Mapping[str, Row]]]) -> None:
        self._find = find
        self._wanted: set[str] = set()
        self._next: asyncio.Task[Mapping[str, Row]] | None = None
        self._last: asyncio.Task[Mapping[str, Row]] | None = None

    async def of(self, keys: Collection[str]) -> dict[str, Row]:
        """The rows of these keys; what is not there is absent. Raises what `find` raises."""
        self._wanted.update(keys)
        if self._next is None:
            # a context of its own: it serves many callers, and none of their deadlines
            self._next = self._last = asyncio.get_running_loop().create_task(
                self._call(self._last), context=Context()
            )
        found = await asyncio.shield(self._next)
        return {key: found[key] for key in keys if key in found}

    async def _call(self, before: asyncio.Task[Mapping[str, Row]] | None) -> Mapping[str, Row]:
        if before is not None and not before.done():
            await asyncio.wait({before}, timeout=AHEAD)
        wanted, self._wanted, self._next = self._wanted, set(), None
        with pymongo.timeout(LIMIT):
            return await self._find(wanted)
