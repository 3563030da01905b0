"""The alarm of a machine of the hub whose clock is wrong (时钟偏差): each watches its own."""

from collections.abc import Sequence

from hub import clock
from hub.model.alarms import AlarmLevel
from hub.operations.alarming.condition import Changed, Condition, Ended
from hub.operations.alarming.documents import AlarmDoc
from hub.operations.alarming.store import AlarmRepository
from hub.operations.desk import Desk
from hub.operations.words import Both, both, hubs_own
from hub.store.driver import Tx

CONFIRM_SECONDS = 60.0
"""Real seconds after which a machine says again that its clock is not right yet."""
SILENT_SECONDS = 300.0
"""Real seconds after which a machine that says nothing more of its clock is taken for gone."""


async def watch_clock(desk: Desk, host: str) -> AlarmDoc | Ended | None:
    """Look at this machine's clock."""
    active = await desk.of(AlarmRepository).holding(CLOCK_OFF.of(host))
    trouble = clock.trouble()
    if active is not None and abs(clock.off_by()) < clock.TOLERATED / 2:
        return active, Both("时钟已校准", "the clock is right again")
    if active is not None and active.confirmed_at > clock.ago(CONFIRM_SECONDS):
        return None
    if trouble is not None:
        return _clock_off(host, trouble)
    return active and active.model_copy(update={"confirmed_at": clock.now()})


async def _silent(_desk: Desk, active: Sequence[AlarmDoc], _tx: Tx | None) -> list[Changed]:
    """Of machines of which nothing was heard since their clock was off."""
    since = clock.ago(SILENT_SECONDS)
    because = Both("该主机不再报告", "nothing more was heard of that machine")
    return [(alarm, because) for alarm in active if alarm.confirmed_at < since]


CLOCK_OFF = Condition(
    kind="CLOCK_OFF",
    word=Both("时钟偏差", "Clock off"),
    means="A machine's clock is wrong",
    level=AlarmLevel.NOTICE,
    next_step=Both(
        "请在该主机启用 NTP 校时 (chrony)；偏差超过 {most} 秒即告警",
        "Set that machine's clock and keep it by NTP (chrony); more than {most} s off is an alarm.",
    ),
    asked=_silent,
    watch=watch_clock,
)


def _clock_off(host: str, trouble: str) -> AlarmDoc:
    """`trouble` is `clock.trouble()` there."""
    said = both("{host}：{trouble}", "{host}: {trouble}", host=host, trouble=hubs_own(trouble))
    step = {"most": clock.TOLERATED.seconds}
    return CLOCK_OFF.alarm(said, clock.now(), of=host, step=step, place=host)
