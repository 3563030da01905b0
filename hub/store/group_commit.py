"""Group commit: what waits to write in one lane is written in one transaction (decision 0011).

Sixteen orders to one incident are one transaction with the calls of one, not sixteen transactions
that abort each other.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from contextvars import Context
from dataclasses import dataclass
from functools import partial
from math import inf
from types import MappingProxyType
from typing import Any, TypeVar, cast
from uuid import uuid4

from pymongo.errors import PyMongoError

from hub.errors import RetryLater
from hub.fate import Fate, Write, watching
from hub.store.driver import TRANSACTION_SECONDS, Store, TransactionTooLong, Tx
from hub.store.pending import pending
from hub.store.tries import Contended
from hub.store.turns import Turns

Work = TypeVar("Work")

MOST = 64
"""How many share a transaction at most."""
BUDGET = 0.25
"""Seconds after which no other joins: a large one must not make the small ones late."""
MEETING = 5.0
"""Seconds after another process was met in a lane during which both take turns there."""
PATIENCE = 1.0
"""Seconds that a group is repeated in its turn: what stands in its way then is what a killed
process has left locked. Each of it goes on by itself from there, and holds up no other."""


Reads = Mapping[str, Collection[str]]
"""Ids of rows that a work will ask for, by collection; under NUMBERS incidents it will number
an order of."""
NUMBERS = "numbers"
NO_READS: Reads = MappingProxyType({})


@dataclass(slots=True, eq=False)
class _Item:
    """One caller's work, and what became of it in the last attempt.

    `write` is what its caller watches: from when it is taken up until it is answered nobody can
    take it back, so its fate is unknown. `committing`: the last attempt came to its end.
    """

    work: Callable[[Tx], Awaitable[Any]]
    reads: Reads
    done: asyncio.Future[Any]
    write: Write | None
    result: Any = None
    error: Exception | None = None
    committing: bool = False

    def becomes(self, fate: Fate) -> None:
        """Tell whoever watches."""
        if self.write is not None:
            self.write.fate = fate


class _Spoilt(Exception):
    """One of a group has failed after its writes were sent: the group must be rolled back."""


class _Met(Exception):
    """A transaction has met one of another process."""


class GroupCommit:
    """Runs works in transactions: those of one lane in the order they came, together.

    Each has its own outcome: one that raises is undone and leaves the others as they are. A work
    may run more than once and must do nothing but database calls with its session. It writes
    through `pending` alone. A caller that is cancelled while its work runs does not stop it.
    """

    def __init__(self, store: Store, *, patience: float | None = None) -> None:
        self._store = store
        self._patience = patience
        self._waiting: dict[str, deque[_Item]] = {}
        self._owner = uuid4().hex
        self._met: dict[str, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(
        self, lane: str, work: Callable[[Tx], Awaitable[Work]], reads: Reads = NO_READS
    ) -> Work:
        """The work's result, once it is committed; raises what the work or the store raises.

        What `reads` names is read for the whole group in one call a collection.
        """
        done = asyncio.get_running_loop().create_future()
        item = _Item(work, reads, done, watching())
        if (queue := self._waiting.get(lane)) is not None:
            queue.append(item)
        else:
            queue = self._waiting[lane] = deque([item])
            self._start(self._lead(lane, queue))
        try:
            return cast("Work", await item.done)
        except asyncio.CancelledError:
            if item in queue:
                queue.remove(item)
            raise

    async def _lead(self, lane: str, queue: deque[_Item]) -> None:
        """Write group after group until nobody waits in the lane."""
        try:
            while queue:
                async with self._store.lanes.held(lane):
                    await self._together(lane, queue)
        finally:
            del self._waiting[lane]
            for item in queue:  # only when the process ends
                item.done.cancel()

    async def _together(self, lane: str, queue: deque[_Item]) -> None:
        group = [queue.popleft() for _ in range(min(len(queue), MOST))]
        for item in group:
            item.becomes(Fate.UNKNOWN)
        try:
            count = await self._commit(lane, group)
        except Exception as error:  # noqa: BLE001  # handed to whoever it concerns
            self._failed(group, error)
        except BaseException:
            for item in group:
                item.done.cancel()
            raise
        else:
            for item in group[count:]:
                item.becomes(Fate.NOT_DONE)
            queue.extendleft(reversed(group[count:]))
            for item in group[:count]:
                _answer(item)

    async def _commit(self, lane: str, group: list[_Item]) -> int:
        """One transaction; where another process writes to the lane, in turns with it."""
        if self._met.get(lane, 0.0) < time.monotonic():
            self._met.pop(lane, None)
            attempts = 0

            async def alone(tx: Tx) -> int:
                nonlocal attempts
                attempts += 1
                if attempts > 1:
                    raise _Met
                return await _each(group, tx)

            with suppress(_Met):
                return await self._store.transaction(alone)
        self._met[lane] = time.monotonic() + MEETING
        turns = Turns(self._store, lane, self._owner)
        enough = time.monotonic() + TRANSACTION_SECONDS
        while True:
            async with turns.one() as until:
                last = until if until < enough else inf
                with suppress(_Met):
                    work = partial(_before, last, group)
                    return await self._store.transaction(work, patience=PATIENCE)

    def _failed(self, group: list[_Item], error: Exception) -> None:
        """What one of a group, or its size, has caused concerns the others no more."""
        held_up = isinstance(error, Contended | TransactionTooLong)
        if held_up or (len(group) > 1 and not isinstance(error, RetryLater)):
            for item in group:
                self._start(self._alone(item))
            return
        for item in group:
            item.error = error
            _answer(item)

    async def _alone(self, item: _Item) -> None:
        """In a transaction of its own, beside the lane."""
        try:
            await self._store.transaction(partial(_each, [item]), patience=self._patience)
        except Exception as error:  # noqa: BLE001  # its caller's
            item.error = error
        _answer(item)

    def _start(self, work: Any) -> None:  # noqa: ANN401  # any coroutine
        # a context of its own: it serves many callers, and none of their deadlines
        task = asyncio.get_running_loop().create_task(work, context=Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _before(end: float, group: list[_Item], tx: Tx) -> int:
    """As `_each`, while its turn lasts: what the database was away for may have outlived it."""
    if time.monotonic() > end:
        raise _Met
    return await _each(group, tx)


async def _each(group: list[_Item], tx: Tx) -> int:
    """Do the works one after the other; how many were done."""
    writes, began = pending(tx), time.monotonic()
    writes.numbers_wanted.update(name for item in group for name in item.reads.get(NUMBERS, ()))
    for collection, row_ids in _wanted(group).items():
        await writes.load(collection, row_ids)
    for count, item in enumerate(group):
        if count and time.monotonic() - began > BUDGET:
            return count
        mark = writes.mark()
        try:
            item.result, item.error = await item.work(tx), None
            item.committing = True
        except PyMongoError:
            raise  # the transaction's: the store repeats it, or gives up
        except Exception as error:
            if not writes.undo(mark):
                if len(group) == 1:
                    raise
                raise _Spoilt from error
            item.result, item.error = None, error
    return len(group)


def _wanted(group: list[_Item]) -> dict[str, set[str]]:
    """What a new attempt of the group will read, by collection."""
    wanted: dict[str, set[str]] = {}
    for item in group:
        item.committing = False
        for collection, row_ids in item.reads.items():
            if collection != NUMBERS:
                wanted.setdefault(collection, set()).update(row_ids)
    return wanted


def _answer(item: _Item) -> None:
    if item.error is None:
        item.becomes(Fate.DONE)
    elif not (item.committing and isinstance(item.error, RetryLater)):
        item.becomes(Fate.NOT_DONE)
    if item.done.done():
        return  # its caller has gone
    if item.error is not None:
        item.done.set_exception(item.error)
    else:
        item.done.set_result(item.result)
