"""Alarms of the asking machine itself: that it is late with what it promised.

No write goes with them, and the process that ought to act may be the one that is dead: any looks.
"""

from collections.abc import Mapping

from hub import clock
from hub.model.alarms import AlarmLevel
from hub.operations import escalating, kinds
from hub.operations.alarming.condition import Condition, Ended
from hub.operations.alarming.documents import AlarmDoc
from hub.operations.alarming.store import AlarmRepository
from hub.operations.asking.parts import Stalled, Untold
from hub.operations.asking.store import Recipients
from hub.operations.asking.timers import Late
from hub.operations.desk import Desk
from hub.operations.words import Both, both
from hub.store.driver import Tx

LATE_SECONDS = 5.0
"""Escalation promises to start within five seconds of its timer; cleared below half of it."""
TELLING_SECONDS = 60.0
"""So long nobody may be told of what thousands are to be told of; cleared below half of it."""
OVERDUE = 1000
"""Overdue parts that are counted."""


async def watch_escalation(desk: Desk, _host: str) -> AlarmDoc | Ended | None:
    """Look for timers that have passed and were not acted on."""
    active = await desk.of(AlarmRepository).holding(ESCALATION_LATE.of())
    since = clock.ago(LATE_SECONDS if active is None else LATE_SECONDS / 2)
    late = await desk.of(Recipients).late_since(since, escalating(), most=OVERDUE)
    if active is not None:
        over = Both("积压已处理", "nothing is overdue any more")
        return None if late else (active, over)
    return await _late(desk, late) if late else None


async def watch_telling(desk: Desk, _host: str) -> AlarmDoc | Ended | None:
    """Look for people who are not told of what was decided."""
    active = await desk.of(AlarmRepository).holding(TELLING_LATE.of())
    since = clock.ago(TELLING_SECONDS if active is None else TELLING_SECONDS / 2)
    stalled = await desk.of(Untold).stalled(since)
    if active is not None:
        over = Both("通知已恢复", "people are being told again, or all have been")
        return None if stalled else (active, over)
    return await _not_told(desk, stalled) if stalled else None


ESCALATION_LATE = Condition(
    kind="ESCALATION_LATE",
    word=Both("升级延误", "Escalation late"),
    means="Somebody should have been asked by now",
    level=AlarmLevel.URGENT,
    next_step=Both(
        "请电话联系未签收人员及其后备；检查 dispatch 进程和数据库：/readyz, liandong doctor",
        "Call those who have not answered, and who is next on their lists; check the dispatch "
        "process and the database: /readyz, liandong doctor.",
    ),
    watch=watch_escalation,
)
TELLING_LATE = Condition(
    kind="TELLING_LATE",
    word=Both("通知停滞", "Telling stopped"),
    means="For a while nobody was told of what thousands are to hear",
    level=AlarmLevel.CAUTION,
    next_step=Both(
        "请用电话或电台转告；检查 dispatch 进程和数据库：/readyz, liandong doctor",
        "Tell them by phone or radio; check the dispatch process and the database: /readyz, "
        "liandong doctor.",
    ),
    watch=watch_telling,
)


async def _late(desk: Desk, late: Late) -> AlarmDoc:
    """Timers that have passed and were not acted on; it names what waits longest."""
    name, about = await _named(desk, late.subject_kind, late.subject_id)
    said = both(
        "升级催办延误（{parts} 人次），最早的是 {name}",
        "Escalation runs late ({parts} overdue); {name} waits longest.",
        parts=late.parts,
        name=name,
    )
    return ESCALATION_LATE.alarm(said, clock.now(), parts=late.parts, about=about)


async def _not_told(desk: Desk, stalled: Stalled) -> AlarmDoc:
    """Of this, and whatever else waits so long, nobody was told since then."""
    name, about = await _named(desk, stalled.part.asked.kind, stalled.part.id)
    now = clock.now()
    said = both(
        "{name}：尚有 {people} 人未通知，{seconds} 秒内无进展",
        "{name}: {people} people are still to be told, and nobody was for {seconds} s.",
        name=name,
        people=stalled.people,
        seconds=round((now - stalled.since).total_seconds()),
    )
    return TELLING_LATE.alarm(said, now, parts=stalled.people, about=about)


async def _named(desk: Desk, kind: str, subject_id: str) -> tuple[Both, Mapping[str, str]]:
    """How a person calls a subject, and what an alarm about it names."""

    async def named(tx: Tx) -> tuple[Both, Mapping[str, str]]:
        asks = kinds().get(kind)
        asked = await asks.take_up(desk, tx, subject_id) if asks else None
        return (asked.subject.name, asked.about()) if asked else (Both.of(kind), {})

    return await desk.store.transaction(named)
