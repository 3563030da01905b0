"""Acknowledging an alarm (确认告警): somebody says they see to it."""

from typing import Any

from hub import clock
from hub.errors import NotFound
from hub.model.people import Principal, Scope
from hub.operations import checks
from hub.operations.desk import Desk
from hub.store.driver import Tx


async def acknowledge_alarm(desk: Desk, by: Principal, *, alarm_id: str, key: str) -> str:
    """Acknowledge an alarm once per key; its id. Who was first stays: another changes nothing.

    One that was cleared meanwhile can be acknowledged too: it says that somebody has seen it.
    """
    by.require(Scope.ALARMS_WRITE)
    alarm_id = checks.identifier(alarm_id, ("alarm_id",))

    async def work(tx: Tx) -> dict[str, Any]:
        alarm = await desk.alarms.get(alarm_id, by.viewer, tx=tx)
        if alarm is None:
            raise NotFound("alarm", alarm_id, path=("alarm_id",))
        if desk.alarms.acknowledge(tx, alarm, at=clock.now(), by=by.account_id):
            await desk.audit.append(by.account_id, "alarm.acknowledged", alarm.id, tx=tx)
        return {"id": alarm.id}

    return await desk.once(by, "acknowledgeAlarm", {"alarm": alarm_id}, key, work)
