"""The keeper of alarms: raises what no write would raise, clears what has ended.

It asks the condition of each active alarm again, so it does not matter what ended it. Any number
may run, in any process: one alarm of a condition is active at a time, and a late escalation is
told also when the process that escalates is the one that died.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

import structlog

from hub import clock
from hub.model.alarms import AlarmKind
from hub.model.operations import OrderState
from hub.operations import escalating, kinds
from hub.operations.alarms.documents import AlarmDoc
from hub.operations.alarms.raising import (
    LATE,
    UNTOLD,
    clock_condition,
    clock_off,
    escalation_late,
    telling_late,
)
from hub.operations.alarms.store import AlarmRepository
from hub.operations.asking.chains import Chains
from hub.operations.asking.parts import Stalled, Untold
from hub.operations.asking.store import Recipients
from hub.operations.asking.timers import Late
from hub.operations.desk import Desk
from hub.operations.incidents.store import IncidentRepository
from hub.operations.orders.alarms import order_unanswered
from hub.operations.orders.conditions import Conditions
from hub.operations.orders.store import OrderRepository
from hub.operations.words import Both
from hub.rounds import Failing
from hub.store.driver import Tx

log = structlog.get_logger()

POLL = 2.0
"""Real seconds between two looks."""
LATE_SECONDS = 5.0
"""Escalation promises to start within five seconds of its timer; cleared below half of it."""
TELLING_SECONDS = 60.0
"""So long nobody may be told of what thousands are to be told of; cleared below half of it."""
CONFIRM_SECONDS = 60.0
SILENT_SECONDS = 300.0
"""Real seconds after which a machine that says nothing more of its clock is taken for gone."""
OVERDUE = 1000
"""Overdue parts that are counted."""
Ended = tuple[AlarmDoc, str]
"""An alarm whose condition does not hold any more, and why."""
_OF_ORDERS = frozenset({AlarmKind.ORDER_UNANSWERED, AlarmKind.WAKE_UP_DEAD})
_COMPLETED = "指令已完成 / the order is completed"
_ENDS: dict[OrderState | None, str] = {
    OrderState.COMPLETED: _COMPLETED,
    OrderState.CANCELLED: "指令已撤销 / the order was cancelled",
}


class AlarmKeeper:
    """Keeps the alarms true. `host` names this machine, whose clock it watches."""

    def __init__(self, desk: Desk, host: str) -> None:
        self._desk, self._store = desk, desk.store
        self._alarms = desk.of(AlarmRepository)
        self._orders = desk.of(OrderRepository)
        self._incidents = desk.of(IncidentRepository)
        self._ledgers = desk.of(Recipients)
        self._untold = desk.of(Untold)
        self._conditions = desk.of(Conditions)
        self._host = host

    async def run(self) -> None:
        """Look regularly, until cancelled; no watch waits for another, or for a flood to clear."""
        async with asyncio.TaskGroup() as tasks:
            for look in (self.watch_escalation, self.watch_telling, self.watch_clock, self.sweep):
                tasks.create_task(_regularly(look))

    async def look(self) -> None:
        """Raise what has begun and clear what has ended, once."""
        await self.watch_escalation()
        await self.watch_telling()
        await self.watch_clock()
        await self.sweep()

    async def watch_escalation(self) -> None:
        """Raise or clear the alarm of timers that passed and were not acted on."""
        active = await self._alarms.holding(LATE)
        patience = LATE_SECONDS if active is None else LATE_SECONDS / 2
        late = await self._ledgers.late_since(clock.ago(patience), escalating(), most=OVERDUE)
        if active is None and late is not None:
            await self._raise(await self._late(late))
        elif active is not None and late is None:
            await self._clear(active, "积压已处理 / nothing is overdue any more")

    async def _late(self, late: Late) -> AlarmDoc:
        name, ids = await self._named(late.subject_kind, late.subject_id)
        return escalation_late(name, late.parts, clock.now(), **ids)

    async def watch_telling(self) -> None:
        """Raise or clear the alarm of people who are not told of what was decided."""
        active = await self._alarms.holding(UNTOLD)
        patience = TELLING_SECONDS if active is None else TELLING_SECONDS / 2
        stalled = await self._untold.stalled(clock.ago(patience))
        if active is None and stalled is not None:
            await self._raise(await self._not_told(stalled))
        elif active is not None and stalled is None:
            await self._clear(active, "通知已恢复 / people are being told again, or all have been")

    async def _not_told(self, stalled: Stalled) -> AlarmDoc:
        name, _ = await self._named(stalled.part.asked.kind, stalled.part.id)
        now = clock.now()
        return telling_late(name, stalled.people, (now - stalled.since).total_seconds(), now)

    async def _named(self, kind: str, subject_id: str) -> tuple[Both, Mapping[str, str]]:
        """How a person calls a subject, and what an alarm about it names."""

        async def named(tx: Tx) -> tuple[Both, Mapping[str, str]]:
            asks = kinds().get(kind)
            asked = await asks.take_up(self._desk, tx, subject_id) if asks else None
            return (asked.subject.name, asked.alarmed()) if asked else (Both.of(kind), {})

        return await self._store.transaction(named)

    async def watch_clock(self) -> None:
        """Raise or clear the alarm of this machine's clock."""
        active = await self._alarms.holding(clock_condition(self._host))
        trouble = clock.trouble()
        if trouble is not None:
            told = active is not None and active.confirmed_at > clock.ago(CONFIRM_SECONDS)
            if not told:
                await self._raise(clock_off(self._host, trouble, clock.now()))
        elif active is not None and abs(clock.off_by()) < clock.TOLERATED / 2:
            await self._clear(active, "时钟已校准 / the clock is right again")

    async def sweep(self) -> None:
        """Clear whatever else has ended, and say of what has not how much is left; many at once."""
        active = await self._alarms.active()
        over = await self._over(active)
        ids = [alarm.id for alarm, _ in over]
        async for _, cleared in self._store.in_parts(ids, self._end):
            for alarm, because in cleared:
                _say_cleared(alarm, because)
        fewer = [alarm.id for alarm, _ in await self._fewer(active)]
        async for _ in self._store.in_parts(fewer, self._restate):
            pass

    async def _end(self, tx: Tx, *, items: Sequence[str]) -> list[Ended]:
        """Clear those that are over still: read beside the write, as raising writes them too."""
        over = await self._over(await self._alarms.active(items, tx=tx), tx)
        for alarm, because in over:
            self._alarms.clear(tx, alarm, at=clock.now(), because=because)
        return over

    async def _restate(self, tx: Tx, *, items: Sequence[str]) -> None:
        """Let those alarms of unanswered orders say how much is missing now."""
        for alarm, chains in await self._fewer(await self._alarms.active(items, tx=tx), tx):
            order = await self._orders.for_hub(alarm.order_id or "", tx=tx)
            incident = await self._incidents.for_hub(alarm.incident_id or "", tx=tx)
            if order is not None and incident is not None:
                said = order_unanswered(order, incident, chains, clock.now())
                await self._alarms.raise_(tx, said)

    async def _over(self, active: Sequence[AlarmDoc], tx: Tx | None = None) -> list[Ended]:
        """Those whose condition does not hold any more, and why."""
        ended = [*await self._ended(active, tx), *await self._seen_to(active, tx)]
        return [*ended, *self._silent(active)]

    async def _seen_to(self, active: Iterable[AlarmDoc], tx: Tx | None) -> list[Ended]:
        """Reports that a desk has done something about."""
        reports = [alarm for alarm in active if alarm.kind is AlarmKind.INCIDENT_REPORTED]
        if not reports:
            return []
        named = {alarm.incident_id or "" for alarm in reports}
        acted = await self._incidents.acted_on(named, tx=tx)
        because = "已有人处置 / somebody has acted on it"
        return [(alarm, because) for alarm in reports if alarm.incident_id in acted]

    async def _fewer(
        self, active: Iterable[AlarmDoc], tx: Tx | None = None
    ) -> list[tuple[AlarmDoc, Chains]]:
        """Those of orders of which less is missing than they say, and who was asked."""
        unanswered = [alarm for alarm in active if alarm.kind is AlarmKind.ORDER_UNANSWERED]
        if not unanswered:
            return []
        chains = await self._chains_of(unanswered, tx)
        asked = [(alarm, chains[alarm.order_id or ""]) for alarm in unanswered]
        return [(alarm, who) for alarm, who in asked if 0 < who.lost() < alarm.parts]

    async def _chains_of(self, about: Iterable[AlarmDoc], tx: Tx | None) -> Mapping[str, Chains]:
        return await self._ledgers.chains_of({alarm.order_id or "" for alarm in about}, tx=tx)

    def _silent(self, active: Iterable[AlarmDoc]) -> list[Ended]:
        """Machines of which nothing was heard since their clock was off."""
        since = clock.ago(SILENT_SECONDS)
        return [
            (alarm, "该主机不再报告 / nothing more was heard of that machine")
            for alarm in active
            if alarm.kind is AlarmKind.CLOCK_OFF
            and alarm.condition != clock_condition(self._host)
            and alarm.confirmed_at < since
        ]

    async def _ended(self, active: Iterable[AlarmDoc], tx: Tx | None = None) -> list[Ended]:
        """Those about orders whose condition does not hold any more, and why."""
        about = [alarm for alarm in active if alarm.kind in _OF_ORDERS]
        if not about:
            return []
        ends = await self._conditions.ends_of({alarm.order_id or "" for alarm in about}, tx=tx)
        unanswered = [alarm for alarm in about if alarm.kind is AlarmKind.ORDER_UNANSWERED]
        chains = await self._chains_of(unanswered, tx)
        since = min(alarm.confirmed_at for alarm in about)
        heard = await self._conditions.heard_of(
            {a.account_id for a in about if a.account_id}, since, tx=tx
        )
        found = []
        for alarm in about:
            order = alarm.order_id or ""
            end, last = ends.get(order), heard.get(alarm.account_id or "")
            if end is None or (end.at is not None and not alarm.withdrawn):
                found.append((alarm, _ENDS.get(end.state if end else None, _COMPLETED)))
            elif last is not None and last > alarm.confirmed_at:
                found.append((alarm, "已联系上本人 / the phone was reached"))
            elif order in chains and not chains[order].lost():
                found.append((alarm, "已有人签收 / somebody has accepted"))
        return found

    async def _clear(self, alarm: AlarmDoc, because: str) -> None:
        async def work(tx: Tx) -> bool:
            found = await self._alarms.active([alarm.id], tx=tx)
            for one in found:
                self._alarms.clear(tx, one, at=clock.now(), because=because)
            return bool(found)

        if await self._store.transaction(work):
            _say_cleared(alarm, because)

    async def _raise(self, alarm: AlarmDoc) -> None:
        if await self._alarms.raise_alone(alarm):
            log.error("alarm_raised", kind=alarm.kind, message=alarm.message)


async def _regularly(look: Callable[[], Awaitable[None]]) -> None:
    failing = Failing("alarm_keeper_failing")
    while True:
        with failing.guard(look.__name__):
            await look()
        await asyncio.sleep(POLL)


def _say_cleared(alarm: AlarmDoc, because: str) -> None:
    log.info("alarm_cleared", kind=alarm.kind, condition=alarm.condition, because=because)
