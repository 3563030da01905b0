"""What each alarm says: what is wrong, where, and the next step; Chinese first, English second."""

from datetime import datetime

from hub import clock
from hub.model.alarms import AlarmKind
from hub.operations.alarms.documents import AlarmDoc
from hub.operations.desk import new_id
from hub.operations.words import Both, both, hubs_own

LATE = "ESCALATION_LATE"
"""The one condition of late escalations: it is the hub that is late, not an order."""
UNTOLD = "TELLING_LATE"
"""The one condition of late telling, likewise."""


def escalation_late(
    name: Both,
    parts: int,
    at: datetime,
    *,
    order_id: str | None = None,
    incident_id: str | None = None,
) -> AlarmDoc:
    """Timers that have passed and were not acted on; `name` is what waits longest."""
    return AlarmDoc(
        id=new_id(),
        kind=AlarmKind.ESCALATION_LATE,
        condition=LATE,
        message=str(
            both(
                "升级催办延误（{parts} 人次），最早的是 {name}",
                "Escalation runs late ({parts} overdue); {name} waits longest.",
                parts=parts,
                name=name,
            )
        ),
        next_step=(
            "请电话联系未签收人员及其后备；检查 dispatch 进程和数据库：/readyz, liandong doctor / "
            "Call those who have not answered, and who is next on their lists; check the dispatch "
            "process and the database: /readyz, liandong doctor."
        ),
        parts=parts,
        order_id=order_id,
        incident_id=incident_id,
        raised_at=at,
        confirmed_at=at,
    )


def telling_late(name: Both, people: int, seconds: float, at: datetime) -> AlarmDoc:
    """Of `name`, and whatever else waits so long, nobody was told for that many seconds."""
    return AlarmDoc(
        id=new_id(),
        kind=AlarmKind.TELLING_LATE,
        condition=UNTOLD,
        message=str(
            both(
                "{name}：尚有 {people} 人未通知，{seconds} 秒内无进展",
                "{name}: {people} people are still to be told, and nobody was for {seconds} s.",
                name=name,
                people=people,
                seconds=round(seconds),
            )
        ),
        next_step=(
            "请用电话或电台转告；检查 dispatch 进程和数据库：/readyz, liandong doctor / "
            "Tell them by phone or radio; check the dispatch process and the database: /readyz, "
            "liandong doctor."
        ),
        parts=people,
        raised_at=at,
        confirmed_at=at,
    )


def clock_off(host: str, trouble: str, at: datetime) -> AlarmDoc:
    """A machine of the hub whose clock is wrong; `trouble` is `clock.trouble()` there."""
    return AlarmDoc(
        id=new_id(),
        kind=AlarmKind.CLOCK_OFF,
        condition=clock_condition(host),
        message=str(
            both("{host}：{trouble}", "{host}: {trouble}", host=host, trouble=hubs_own(trouble))
        ),
        next_step=str(
            both(
                "请在该主机启用 NTP 校时 (chrony)；偏差超过 {most} 秒即告警",
                "Set that machine's clock and keep it by NTP (chrony); more than {most} s off "
                "is an alarm.",
                most=clock.TOLERATED.seconds,
            )
        ),
        place=host,
        raised_at=at,
        confirmed_at=at,
    )


def clock_condition(host: str) -> str:
    """Names what `clock_off` of this machine is about."""
    return f"CLOCK_OFF:{host}"
