"""The dispatcher: takes wake-ups out of the outbox and sends them, several at a time.

A change of the outbox wakes it, a poll each second guarantees it. A row is leased before it is
sent and settled after: a crash between the two leads to a second send under the same event id,
which the phone drops; never to none.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from functools import partial

import structlog

from hub import clock
from hub.bus import Bus, Change, ChangeKind
from hub.defects import worked_around
from hub.operations.desk import Desk
from hub.operations.waking.channels import SEND_TIMEOUT, Channel
from hub.operations.waking.delivery import Delivery, Errand
from hub.rounds import Failing, in_rounds
from hub.store.faults import passes
from hub.store.outbox import RANKS

log = structlog.get_logger()

POLL = 1.0
LEASE = 10.0
"""Real seconds a row is ours: twice the longest send."""
BATCH = 200
"""Rows looked up at a time."""
IN_FLIGHT = 100
"""Sends at once: what a push service takes over one HTTP/2 connection."""
BESIDE = 10
"""Sends at once of what is not of the first rank: each is in the way of what is."""
IN_HAND = 4
"""Times as many may be in hand with those that were sent and are being written down."""
DRAIN = 8.0
"""Real seconds that sends in hand get to finish when the process is told to stop."""


class Dispatcher:
    """Sends what the outbox holds of some `ranks`. Any number may run, in any number of processes.

    Each rank has places of its own: what nobody else would be asked for keeps no order waiting.
    """

    def __init__(
        self,
        desk: Desk,
        bus: Bus,
        channels: Mapping[str, Channel],
        owner: str,
        *,
        ranks: Collection[int] = RANKS,
        in_flight: int = IN_FLIGHT,
        lease: float = LEASE,
        send_timeout: float = SEND_TIMEOUT,
    ) -> None:
        self._desk = desk.apart()
        self._bus = bus
        self._owner = f"{owner}:{'+'.join(map(str, ranks))}"
        self._ranks = ranks
        self._lease = lease
        self._delivery = Delivery(self._desk, channels, send_timeout=send_timeout)
        self._room = asyncio.Semaphore(in_flight)
        self._most = in_flight * IN_HAND
        self._sending: set[asyncio.Task[None]] = set()
        self._failing = Failing("dispatcher_failing", over="dispatcher_recovered")
        self._looked = clock.now()

    async def run(self) -> None:
        """Work until cancelled; then let the sends in hand finish."""
        try:
            await in_rounds(
                self._guarded_pass,
                self._rest,
                bus=self._bus,
                follows=["outbox"],
                wakes=self._is_more,
            )
        finally:
            await self.drain(DRAIN)

    async def take_all(self) -> int:
        """Lease and start every row that is due; how many. They are in hand when it returns."""
        taken = 0
        while found := await self._due():
            asked, started = len(found), 0
            while found:
                room = await self._rooms(len(found))
                started += await self._take(found[:room], room)
                found = found[room:]
            taken += started
            if not started or asked < BATCH:
                break  # others have them; or that was all, and a change tells of more
        return taken

    async def _due(self) -> list[str]:
        self._looked = clock.now()
        return await self._desk.outbox.due(self._looked, BATCH, self._ranks)

    async def drain(self, timeout: float) -> None:
        """Wait for the sends in hand, at most `timeout` real seconds; cancel what is left."""
        if self._sending:
            _, late = await asyncio.wait(self._sending, timeout=timeout)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _rooms(self, most: int) -> int:
        """Wait for room for a send, and take as much as there is; how much."""
        while (left := self._most - len(self._sending)) <= 0:
            await asyncio.wait(self._sending, return_when=asyncio.FIRST_COMPLETED)
        await self._room.acquire()
        taken = 1
        while taken < min(most, left) and not self._room.locked():
            await self._room.acquire()
            taken += 1
        return taken

    async def _take(self, row_ids: Sequence[str], room: int) -> int:
        """Lease these rows and start to send them, in the room taken for them; how many."""
        errands: list[Errand] = []
        try:
            rows = await self._desk.outbox.lease(row_ids, self._owner, seconds=self._lease)
            errands = await self._delivery.prepare(rows)
        finally:
            for _ in range(room - len(errands)):
                self._room.release()
        for errand in errands:
            held = ExitStack()
            held.callback(self._room.release)
            task = asyncio.create_task(self._deliver(errand, sent=held.close))
            self._sending.add(task)
            task.add_done_callback(partial(self._done, held))
        return len(errands)

    async def _guarded_pass(self) -> None:
        with self._failing.guard():
            await self.take_all()

    async def _deliver(self, errand: Errand, *, sent: Callable[[], None]) -> None:
        row = errand.row
        try:
            await self._delivery.deliver(errand, sent)
        except Exception as error:  # noqa: BLE001  # one bad row never holds up the others
            self._delivery.failing.add(row, repr(error))
            # if this fails too, the database is away: the lease runs out and the row comes again
            with worked_around("dispatcher.failed", expected=passes):
                await self._delivery.failed(errand, type(error).__name__)

    def _done(self, room: ExitStack, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        room.close()

    async def _rest(self) -> float:
        """Until something falls due, at most POLL."""
        if not self._failing:
            # reported by the next pass
            with worked_around("dispatcher.next_due", expected=passes):
                # from when was looked: what has fallen due since is seen at once
                due = await self._desk.outbox.next_due(self._looked, self._ranks)
                return POLL if due is None else min(POLL, clock.seconds_until(due))
        return POLL

    def _is_more(self, change: Change) -> bool:
        ours = (change.document or {}).get("rank", 0) in self._ranks
        return change.kind is ChangeKind.RESET or (change.kind is ChangeKind.INSERTED and ours)
