"""The keeper of alarms: raises what no write would raise, clears what has ended.

It asks the condition of each active alarm again, so it does not matter what ended it. Any number
may run, in any process: one alarm of a condition is active at a time, and a late escalation is
told also when the process that escalates is the one that died.
"""

import asyncio
from collections.abc import Iterable

import structlog

from hub import clock
from hub.model.alarms import AlarmKind
from hub.model.operations import OrderState
from hub.operations.alarms.raising import (
    LATE,
    clock_condition,
    clock_off,
    escalation_late,
    lost,
)
from hub.operations.desk import Desk
from hub.store.alarm_conditions import ends_of, heard_of, late_since, links_of
from hub.store.documents import AlarmDoc
from hub.store.driver import Store, Tx

log = structlog.get_logger()

POLL = 2.0
"""Real seconds between two looks."""
LATE_SECONDS = 5.0
"""Escalation promises to start within five seconds of its timer; cleared below half of it."""
CONFIRM_SECONDS = 60.0
SILENT_SECONDS = 300.0
"""Real seconds after which a machine that says nothing more of its clock is taken for gone."""
OVERDUE = 1000
"""Overdue parts that are counted."""
_OF_ORDERS = frozenset({AlarmKind.ORDER_UNANSWERED, AlarmKind.WAKE_UP_DEAD})
_COMPLETED = "指令已完成 / the order is completed"
_ENDS: dict[OrderState | None, str] = {
    OrderState.COMPLETED: _COMPLETED,
    OrderState.CANCELLED: "指令已撤销 / the order was cancelled",
}


class AlarmKeeper:
    """Keeps the alarms true. `host` names this machine, whose clock it watches."""

    def __init__(self, store: Store, host: str) -> None:
        self._desk = Desk.over(store)
        self._host = host
        self._failing = False

    async def run(self) -> None:
        """Look regularly, until cancelled."""
        while True:
            try:
                await self.look()
            except Exception as error:  # noqa: BLE001  # an election ends this look, never the keeper
                if not self._failing:
                    log.warning("alarm_keeper_failing", error=repr(error))
                self._failing = True
            else:
                self._failing = False
            await asyncio.sleep(POLL)

    async def look(self) -> None:
        """Raise what has begun and clear what has ended."""
        active = await self._desk.alarms.active()
        await self._watch_escalation(_of_condition(active, LATE))
        await self._watch_clock(_of_condition(active, clock_condition(self._host)))
        for alarm, because in [*await self._ended(active), *self._silent(active)]:
            await self._clear(alarm, because)

    async def _watch_escalation(self, active: AlarmDoc | None) -> None:
        patience = LATE_SECONDS if active is None else LATE_SECONDS / 2
        late = await late_since(clock.ago(patience), most=OVERDUE)
        if active is None and late is not None:
            first = await self._desk.orders.for_hub(late.order_id)
            await self._raise(escalation_late(first, late.parts, clock.now()))
        elif active is not None and late is None:
            await self._clear(active, "积压已处理 / nothing is overdue any more")

    async def _watch_clock(self, active: AlarmDoc | None) -> None:
        trouble = clock.trouble()
        if trouble is not None:
            told = active is not None and active.confirmed_at > clock.ago(CONFIRM_SECONDS)
            if not told:
                await self._raise(clock_off(self._host, trouble, clock.now()))
        elif active is not None and abs(clock.off_by()) < clock.TOLERATED / 2:
            await self._clear(active, "时钟已校准 / the clock is right again")

    def _silent(self, active: Iterable[AlarmDoc]) -> list[tuple[AlarmDoc, str]]:
        """Machines of which nothing was heard since their clock was off."""
        since = clock.ago(SILENT_SECONDS)
        return [
            (alarm, "该主机不再报告 / nothing more was heard of that machine")
            for alarm in active
            if alarm.kind is AlarmKind.CLOCK_OFF
            and alarm.condition != clock_condition(self._host)
            and alarm.confirmed_at < since
        ]

    async def _ended(
        self, active: Iterable[AlarmDoc], tx: Tx | None = None
    ) -> list[tuple[AlarmDoc, str]]:
        """Those about orders whose condition does not hold any more, and why."""
        about = [alarm for alarm in active if alarm.kind in _OF_ORDERS]
        if not about:
            return []
        ends = await ends_of({alarm.order_id or "" for alarm in about}, tx=tx)
        unanswered = [alarm for alarm in about if alarm.kind is AlarmKind.ORDER_UNANSWERED]
        links = await links_of({alarm.order_id or "" for alarm in unanswered}, tx=tx)
        since = min(alarm.confirmed_at for alarm in about)
        heard = await heard_of({a.account_id for a in about if a.account_id}, since, tx=tx)
        found = []
        for alarm in about:
            order = alarm.order_id or ""
            end, last = ends.get(order), heard.get(alarm.account_id or "")
            if end is None or (end.at is not None and not alarm.withdrawn):
                found.append((alarm, _ENDS.get(end.state if end else None, _COMPLETED)))
            elif last is not None and last > alarm.confirmed_at:
                found.append((alarm, "已联系上本人 / the phone was reached"))
            elif order in links and not lost(links[order]):
                found.append((alarm, "已有人签收 / somebody has accepted"))
        return found

    async def _clear(self, alarm: AlarmDoc, because: str) -> None:
        at = clock.now()

        async def work(tx: Tx) -> bool:
            # asked again beside the write: whoever raises it anew writes the same alarm
            if alarm.kind in _OF_ORDERS and not await self._ended([alarm], tx):
                return False
            return await self._desk.alarms.clear(tx, alarm.id, at=at, because=because)

        if await self._desk.store.transaction(work):
            log.info("alarm_cleared", kind=alarm.kind, condition=alarm.condition, because=because)

    async def _raise(self, alarm: AlarmDoc) -> None:
        if await self._desk.alarms.raise_alone(alarm):
            log.error("alarm_raised", kind=alarm.kind, message=alarm.message)


def _of_condition(alarms: Iterable[AlarmDoc], condition: str) -> AlarmDoc | None:
    return next((alarm for alarm in alarms if alarm.condition == condition), None)
