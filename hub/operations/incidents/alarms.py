"""The alarm about a report: what it says, Chinese first, English second, and when it is over."""

from collections.abc import Sequence
from datetime import datetime

from hub.model.alarms import AlarmLevel
from hub.operations.alarming.condition import Changed, Condition
from hub.operations.alarming.documents import AlarmDoc
from hub.operations.desk import Desk
from hub.operations.incidents.documents import IncidentDoc
from hub.operations.incidents.store import IncidentRepository
from hub.operations.words import Both, both, person
from hub.store.documents import AccountDoc
from hub.store.driver import Tx

_ACTED = Both("已有人处置", "somebody has acted on it")


async def _asked(desk: Desk, active: Sequence[AlarmDoc], tx: Tx | None) -> list[Changed]:
    """Over once a desk has done something about the report."""
    named = [(alarm, alarm.about["incident"]) for alarm in active if "incident" in alarm.about]
    acted = await desk.of(IncidentRepository).acted_on({key for _, key in named}, tx=tx)
    return [(alarm, _ACTED) for alarm, key in named if key in acted]


INCIDENT_REPORTED = Condition(
    kind="INCIDENT_REPORTED",
    word=Both("新上报", "New report"),
    means="A report of which no desk has done anything",
    level=AlarmLevel.URGENT,
    next_step=Both(
        "请打开事件并处置：下达指令、增加单位、记事或办结",
        "Open the incident and act: give an order, add units, write a note, or close it.",
    ),
    asked=_asked,
)


def incident_reported(
    incident: IncidentDoc, by: AccountDoc, photographs: int, at: datetime
) -> AlarmDoc:
    """A report from the field of which no desk has done anything yet.

    `photographs` counts those it names, come or not.
    """
    said = both(
        "新上报：{title}，{who}",
        "New report: {title}, by {who}",
        title=incident.title,
        who=person(by),
    )
    if photographs:
        said = both(
            "{said}，{count} 张照片", "{said}, photographs: {count}", said=said, count=photographs
        )
    return INCIDENT_REPORTED.alarm(
        said,
        at,
        of=incident.id,
        place=incident.place,
        units=incident.units,
        about={"incident": incident.id},
        account_id=by.id,
    )
