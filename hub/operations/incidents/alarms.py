"""What the alarm about a report says; Chinese first, English second."""

from datetime import datetime

from hub.model.alarms import AlarmKind
from hub.operations.alarms.documents import AlarmDoc
from hub.operations.desk import new_id
from hub.operations.incidents.documents import IncidentDoc
from hub.operations.words import both, person
from hub.store.documents import AccountDoc


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
    return AlarmDoc(
        id=new_id(),
        kind=AlarmKind.INCIDENT_REPORTED,
        condition=f"INCIDENT_REPORTED:{incident.id}",
        message=str(said),
        next_step=(
            "请打开事件并处置：下达指令、增加单位、记事或办结 / "
            "Open the incident and act: give an order, add units, write a note, or close it."
        ),
        place=incident.place,
        units=incident.units,
        incident_id=incident.id,
        account_id=by.id,
        raised_at=at,
        confirmed_at=at,
    )
