"""Incidents (事件): what happened, whose it is, its timeline, and how it ended."""

from collections.abc import Sequence
from datetime import datetime

from hub.operations.actions import Action
from hub.operations.capability import Capability
from hub.operations.desk import Desk
from hub.operations.incidents.alarms import INCIDENT_REPORTED
from hub.operations.incidents.documents import (
    AttachmentDoc,
    AttachmentPartDoc,
    IncidentDoc,
    TimelineDoc,
)
from hub.operations.incidents.news import SyncedIncident, incident_news
from hub.operations.incidents.reporting import Report, report_incident
from hub.operations.incidents.store import IncidentRepository
from hub.pictures import REFUSALS
from hub.store.documents import AccountDoc
from hub.store.driver import Tx
from hub.store.news import News


async def _standing(
    desk: Desk, tx: Tx, account: AccountDoc, since: datetime, most: int
) -> Sequence[News]:
    """Those the officer is involved in: all that are open, the last that were closed."""
    found = await desk.of(IncidentRepository).of_officer(
        account.id, closed_since=since, limit=most, tx=tx
    )
    return [incident_news(account.id, incident) for incident in found]


CAPABILITY = Capability(
    documents=(IncidentDoc, TimelineDoc, AttachmentDoc, AttachmentPartDoc),
    field_actions={
        "incident.report": Action(
            Report, report_incident, "opens an incident of the officer's unit (上报)"
        )
    },
    acts=(
        "incident.opened",
        "incident.updated",
        "incident.noted",
        "incident.unitsAdded",
        "incident.closed",
        "incident.reopened",
    ),
    news={"incident": SyncedIncident},
    snapshot=_standing,
    alarms=(INCIDENT_REPORTED,),
    lines={
        "incident.opened": "Opened (登记)",
        "incident.updated": "What is known of it was changed (更新)",
        "incident.attached": "A photograph has come (照片)",
        "incident.noted": "Something was written down (记事)",
        "incident.unitsAdded": "Units were made part of it (增加单位)",
        "incident.closed": "Closed (办结)",
        "incident.reopened": "Taken up again (重启)",
    },
    codes={
        "INCIDENT_CLOSED": ("事件已办结", "The incident is closed: open another."),
        "TOO_MANY_UNITS": ("单位过多", "At most 50 units an incident."),
        "INCIDENT_OPEN": ("事件未办结", "The incident is open: there is nothing to reopen."),
        **REFUSALS,
        "ATTACHMENT_TOO_LARGE": ("照片过大", "At most 10 MiB a photograph, and what was declared."),
        "ATTACHMENT_CHECKSUM": ("校验和不符", "It came damaged: send it again, from 0."),
        "ATTACHMENT_QUOTA": ("今日照片已达上限", "The account has sent as much as a day allows."),
        "ATTACHMENT_UNKNOWN": ("照片不属于此次上报", "Not this phone's, or another report's."),
        "TOO_MANY_ATTACHMENTS": ("照片过多", "At most 10 photographs a report."),
        "UPLOAD_OFFSET": ("续传位置不符", "Ask with HEAD how much is here, and go on from there."),
        "NOTHING_ASKED": ("没有要修改的内容", "Nothing to change, or to add, was given."),
    },
)
