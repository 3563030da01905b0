"""Acknowledging an alarm (确认告警): somebody says they see to it."""

from hub import clock
from hub.errors import NotFound
from hub.model.people import Principal, Scope
from hub.operations import checks
from hub.operations.alarming.documents import AlarmDoc
from hub.operations.alarming.store import AlarmRepository
from hub.operations.desk import Call, Desk, Done
from hub.store.driver import Tx


async def acknowledge_alarm(desk: Desk, by: Principal, *, alarm_id: str, key: str) -> AlarmDoc:
    """Acknowledge an alarm once per key. Who was first stays: another changes nothing.

    One that was cleared meanwhile can be acknowledged too: it says that somebody has seen it.
    Needs ALARMS_WRITE. Codes: NOT_FOUND, BAD_ID.
    """
    by.require(Scope.ALARMS_WRITE)
    alarm_id = checks.identifier(alarm_id, ("alarm_id",))
    alarms = desk.of(AlarmRepository)

    async def work(tx: Tx) -> Done:
        alarm = await alarms.get(alarm_id, by.viewer, tx=tx)
        if alarm is None:
            raise NotFound("alarm", alarm_id, path=("alarm_id",))
        mine = alarms.acknowledge(tx, alarm, at=clock.now(), by=by.account_id)
        before = {"condition": alarm.condition, "acknowledged_by": alarm.acknowledged_by}
        after = {**before, "acknowledged_by": by.account_id}
        return Done(alarm.id, before=before, after=after, changed=mine)

    call = Call("acknowledgeAlarm", "alarm.acknowledged", {"alarm": alarm_id}, key)
    found = await alarms.get(await desk.once(by, call, work), by.viewer)
    if found is None:
        raise NotFound("alarm", alarm_id)
    return found
