"""The escalator: when an answer is overdue, the next person is asked. Timers are rows, not tasks.

One process leads by a short lease; each step is a transaction that checks its timer again, so two
leaders for a moment, or a crash at any point, repeat nothing and miss nothing.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog

from hub import clock
from hub.bus import Bus, Change
from hub.defects import worked_around
from hub.operations import kinds
from hub.operations.asking.asked import Asked
from hub.operations.asking.documents import RECIPIENTS
from hub.operations.asking.ladder import hand_over
from hub.operations.asking.reminding import remind
from hub.operations.asking.store import Recipients
from hub.operations.asking.timers import Overdue
from hub.operations.desk import Desk
from hub.operations.words import Why
from hub.rounds import Failing, in_rounds
from hub.store.driver import Tx
from hub.store.faults import passes
from hub.store.group_commit import GroupCommit
from hub.store.leases import Lease

log = structlog.get_logger()

POLL = 1.0
LEADER_TTL = timedelta(seconds=3)
"""With POLL, an escalation starts at most five seconds late after the leader's death."""
RENEW = 1.0
"""Real seconds between renewals of the lead, also while a long backlog is worked through."""
BATCH = 200
"""Overdue parts looked up at a time; handled subject by subject, the most overdue first."""
STEP_SECONDS = 2.0
"""Real seconds one subject may meet locks that others hold; then it is tried in the next pass.

Time it waits for its turn, or takes on a slow machine, does not count.
"""
AT_ONCE = 64
"""Subjects in hand: those of one lane are written together, others side by side."""
_NEVER = datetime.max.replace(tzinfo=UTC)


class Escalator:
    """Takes the next step for every recipient whose timer has passed. Any number may run."""

    def __init__(self, desk: Desk, bus: Bus, owner: str) -> None:
        self._desk = desk
        self._ledgers = desk.of(Recipients)
        self._bus = bus
        self._leader = Lease(desk.store, "escalator", owner, ttl=LEADER_TTL)
        self._commits = GroupCommit(desk.store.apart(), patience=STEP_SECONDS)
        self._room = asyncio.Semaphore(AT_ONCE)
        self._asleep_until = _NEVER
        self._failing = Failing("escalation_failing", level=logging.ERROR)

    async def run(self) -> None:
        """Work until cancelled, whenever this process leads."""
        try:
            await in_rounds(
                self._guarded_pass,
                self._rest,
                bus=self._bus,
                follows=["recipients"],
                wakes=self._is_sooner,
            )
        finally:
            # a lease that is not given back runs out
            with worked_around("escalator.release", expected=passes):
                await self._leader.release()

    async def step(self) -> int:
        """Escalate everything that is overdue now; how many parts were passed on."""
        steps: list[asyncio.Task[int]] = []
        async with asyncio.TaskGroup() as group:
            async for part in self._ledgers.overdue(clock.now(), at_a_time=BATCH):
                await self._room.acquire()
                steps.append(group.create_task(self._one(part)))
        return sum(step.result() for step in steps)

    async def _guarded_pass(self) -> None:
        with self._failing.guard("database"):
            if await self._leader.acquire():
                await self._lead()

    async def _lead(self) -> None:
        """One pass, for as long as this process leads."""
        work = asyncio.create_task(self.step())
        watch = asyncio.create_task(self._leader.keep(every=RENEW))
        try:
            await asyncio.wait({work, watch}, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                await work
            else:
                log.warning("escalation_taken_over")
        finally:
            work.cancel()
            watch.cancel()
            await asyncio.gather(work, watch, return_exceptions=True)

    async def _one(self, part: Overdue) -> int:
        """The overdue parts of one subject; its fault, or its lock, never holds up the others."""
        report = None
        try:
            with self._failing.guard(part.subject_id):
                asked = kinds()[part.subject_kind]
                report = await self._commits.run(
                    part.lane,
                    partial(self._step, asked, part.subject_id, part.ledgers),
                    {
                        RECIPIENTS: part.ledgers,
                        asked.collection: [part.subject_id],
                        **asked.beside(part.lane),
                    },
                )
        finally:
            self._room.release()
        if report is None:
            return 0
        report()
        return len(part.ledgers)

    async def _step(
        self, asked: type[Asked], subject_id: str, ledgers: list[str], tx: Tx
    ) -> Callable[[], None] | None:
        """Take the step; what is to be said of it once it is committed, None if there was none."""
        now = clock.now()
        rows = await self._ledgers.still_overdue(tx, ledgers, now)
        if not rows:
            return None
        subject = await asked.take_up(self._desk, tx, subject_id)
        if subject is None:
            message = f"{asked.kind} {subject_id} has ledgers, and is not there"
            raise LookupError(message)
        if subject.subject.ended_at is not None and subject.subject.untold:
            return None  # it has ended, and they are told so in their turn
        if asked.escalates:
            return (await hand_over(subject, rows, Why.TIMEOUT, now)).report
        woken = await remind(subject, rows, now)
        return partial(log.info, "reminded", subject=subject.subject.name.zh, woken=woken)

    def _is_sooner(self, change: Change) -> bool:
        """Whether a timer is due sooner than planned."""
        timer = (change.document or {}).get("next_step_at")
        return timer is not None and timer < self._asleep_until

    async def _rest(self) -> float:
        """Until the earliest timer, at most POLL."""
        self._asleep_until = _NEVER
        now = clock.now()
        # reported by the next pass
        with worked_around("escalator.next_timer", expected=passes):
            timer = await self._ledgers.next_timer()
            if timer is not None and timer > now:
                self._asleep_until = timer
                return min(POLL, clock.seconds_until(timer))
        return POLL
