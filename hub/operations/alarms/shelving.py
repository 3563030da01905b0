"""Shelving an alarm (搁置告警, ISA-18.2 clause 11): put aside for a while, with a reason, by name.

It calls nobody until the moment named, and then by itself anew. What people in need wait for is
never put aside: that ends by being seen to.
"""

from datetime import datetime, timedelta

from hub import clock
from hub.errors import NotFound, UserFault
from hub.model.alarms import AlarmLevel, AlarmState
from hub.model.people import Principal, Scope
from hub.operations import checks, conditions
from hub.operations.alarming.documents import AlarmDoc, state_of
from hub.operations.alarming.store import AlarmRepository
from hub.operations.desk import Call, Desk, Done
from hub.store.documents import plain
from hub.store.driver import Tx

LONGEST = timedelta(hours=8)
"""A shift: whoever comes on watch next decides anew."""
SLACK = timedelta(minutes=1)
"""So far a caller's clock may be ahead."""


async def shelve_alarm(
    desk: Desk, by: Principal, *, alarm_id: str, reason: str, until: datetime, key: str
) -> AlarmDoc:
    """Put an alarm aside until a moment in the next eight hours, once per key.

    One that is shelved already is shelved anew. Needs ALARMS_WRITE. Codes: NOT_FOUND, BAD_ID,
    BAD_TEXT, BAD_UNTIL, ALARM_CLEARED, ALARM_PRESSES.
    """
    by.require(Scope.ALARMS_WRITE)
    alarm_id = checks.identifier(alarm_id, ("alarm_id",))
    reason = checks.text(reason, ("reason",), most=checks.REASON)
    alarms = desk.of(AlarmRepository)

    async def work(tx: Tx) -> Done:
        alarm = await _found(alarms, by, alarm_id, tx)
        _require_soon(until)
        if not alarm.active:
            raise UserFault(
                "ALARM_CLEARED", "告警已恢复 / The alarm has ended already.", path=("alarm_id",)
            )
        known = conditions().get(alarm.kind)
        if known is not None and known.level is AlarmLevel.ACT:
            raise UserFault(
                "ALARM_PRESSES",
                "须立即处置的告警不能搁置 / People in need wait for it: it cannot be shelved.",
                path=("alarm_id",),
            )
        alarms.shelve(tx, alarm, until=until, by=by.account_id, because=reason)
        after = {"condition": alarm.condition, "shelved_until": until, "reason": reason}
        return Done(alarm.id, before=_shelf(alarm), after=after)

    call = Call("shelveAlarm", "alarm.shelved", [alarm_id, reason, until], key)
    return await _found(alarms, by, await desk.once(by, call, work))


async def unshelve_alarm(desk: Desk, by: Principal, *, alarm_id: str, key: str) -> AlarmDoc:
    """Let an alarm that is put aside call again now, once per key; of another it changes nothing.

    Needs ALARMS_WRITE. Codes: NOT_FOUND, BAD_ID.
    """
    by.require(Scope.ALARMS_WRITE)
    alarm_id = checks.identifier(alarm_id, ("alarm_id",))
    alarms = desk.of(AlarmRepository)

    async def work(tx: Tx) -> Done:
        alarm = await _found(alarms, by, alarm_id, tx)
        shelved = state_of(plain(alarm), clock.now()) is AlarmState.SHELVED
        if shelved:
            alarms.unshelve(tx, alarm)
        after = {"condition": alarm.condition, "shelved_until": None}
        return Done(alarm.id, before=_shelf(alarm), after=after, changed=shelved)

    call = Call("unshelveAlarm", "alarm.unshelved", {"alarm": alarm_id}, key)
    return await _found(alarms, by, await desk.once(by, call, work))


async def _found(
    alarms: AlarmRepository, by: Principal, alarm_id: str, tx: Tx | None = None
) -> AlarmDoc:
    alarm = await alarms.get(alarm_id, by.viewer, tx=tx)
    if alarm is None:
        raise NotFound("alarm", alarm_id, path=("alarm_id",))
    return alarm


def _require_soon(until: datetime) -> None:
    now = clock.now()
    if now < until <= now + LONGEST + SLACK:
        return
    hours = f"{LONGEST.seconds // 3600}"
    raise UserFault(
        "BAD_UNTIL",
        f"须在此后 {hours} 小时内 / Expected a moment in the next {hours} hours.",
        path=("until",),
    )


def _shelf(alarm: AlarmDoc) -> dict[str, object]:
    return {"condition": alarm.condition, "shelved_until": alarm.shelved_until}
