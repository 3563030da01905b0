"""From many peers to one writer: a bounded queue that gathers what arrives into few writes.

What a peer sent is answered only after it is durable. When the database is slow the queue fills,
`put` waits, and the receiver stops reading from its sockets.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from hub.connector import Batch, Exchange, Record
from hub.model.vehicles import VehiclePosition

WINDOW_SECONDS = 0.1
ENOUGH = 200
"""Records and replies after which a write does not wait for the window to end."""
LIMIT = 2000
"""Records and replies in the queue above which `put` waits."""
MAX_STATES = 8
"""Changes of state of one vehicle kept apart in one write; no honest taxi makes more in 0.1 s."""

Answer = Callable[[list[bytes]], None]


@dataclass(slots=True)
class _Arrival:
    exchange: Exchange
    answer: Answer


class Inflow:
    """Gathers exchanges and hands them to `write`, then answers their peers.

    `write` gets batches in which a vehicle occurs once, in the order they must be applied, and
    the exchanges they came from; it returns when everything is durable.
    """

    def __init__(
        self,
        write: Callable[[list[Batch], list[Exchange]], Awaitable[None]],
        *,
        window: float = WINDOW_SECONDS,
    ) -> None:
        self._write = write
        self._window = window
        self._queue: list[_Arrival] = []
        self._size = 0
        self._arrived = asyncio.Event()
        self._enough = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._writing = asyncio.Lock()

    @property
    def depth(self) -> int:
        """Records and replies waiting to be written."""
        return self._size

    async def put(self, exchange: Exchange, answer: Answer) -> None:
        """Queue what a peer sent; waits while the queue is full."""
        while not self._room.is_set():
            await self._room.wait()
        self._queue.append(_Arrival(exchange, answer))
        batch = exchange.batch
        self._size += len(batch.records) + len(batch.rejects) + len(exchange.replies)
        self._arrived.set()
        if self._size >= ENOUGH:
            self._enough.set()
        if self._size >= LIMIT:
            self._room.clear()

    async def run(self) -> None:
        """Write what arrives until cancelled; then `drain` what is left."""
        while True:
            await self._arrived.wait()
            try:
                async with asyncio.timeout(self._window):
                    await self._enough.wait()
            except TimeoutError:
                pass  # the window is over: write what there is
            await self.drain()

    async def drain(self) -> None:
        """Write and answer all that is queued now."""
        async with self._writing:
            arrivals, self._queue, self._size = self._queue, [], 0
            self._arrived.clear()
            self._enough.clear()
            if arrivals:
                try:
                    exchanges = [arrival.exchange for arrival in arrivals]
                    await self._write(gathered(exchanges), exchanges)
                except BaseException:
                    self._put_back(arrivals)
                    raise
            self._room.set()
        for arrival in arrivals:
            arrival.answer(arrival.exchange.replies)

    def _put_back(self, arrivals: list[_Arrival]) -> None:
        """A cancelled write is not known to be durable: its arrivals are written again."""
        self._queue[:0] = arrivals
        self._size += sum(
            len(arrival.exchange.batch.records) + len(arrival.exchange.replies)
            for arrival in arrivals
        )
        self._arrived.set()


def gathered(exchanges: Iterable[Exchange]) -> list[Batch]:
    """The batches that write what several exchanges say.

    Positions of one vehicle in one state become the newest of them. A change of state starts the
    next batch for that vehicle, so that each state is written and nobody downstream misses it.
    """
    first = Batch()
    generations: list[dict[str, VehiclePosition]] = []
    reached: dict[str, int] = {}
    for exchange in exchanges:
        batch = exchange.batch
        first.entities += batch.entities
        first.rejects.extend(batch.rejects)
        first.notes.extend(batch.notes)
        for record in batch.records:
            if isinstance(record, VehiclePosition):
                _place(record, generations, reached)
            else:
                first.records.append(record)
    batches = [first, *(Batch() for _ in generations[1:])]
    for batch, generation in zip(batches, generations, strict=False):
        batch.records.extend(generation.values())
    for batch in batches:
        batch.as_of = max(filter(None, map(_observed_at, batch.records)), default=None)
    return batches


def _place(
    record: VehiclePosition,
    generations: list[dict[str, VehiclePosition]],
    reached: dict[str, int],
) -> None:
    at = reached.get(record.id)
    if at is not None:
        known = generations[at][record.id]
        if known.taxi_state is record.taxi_state or at + 1 >= MAX_STATES:
            if record.observed_at >= known.observed_at:
                generations[at][record.id] = record
            return
    following = 0 if at is None else at + 1
    if following == len(generations):
        generations.append({})
    generations[following][record.id] = record
    reached[record.id] = following


def _observed_at(record: Record) -> datetime | None:
    moment: datetime | None = getattr(record, "observed_at", None)
    return moment
