"""What the phone is told: entities of the sync stream, JSON-ready, in the mobile API's words."""

from datetime import UTC, datetime
from typing import Any

from hub.store.documents import AccountDoc, IncidentDoc, OrderDoc, RecipientDoc
from hub.store.inbox import News


def moment(at: datetime | None) -> str | None:
    """RFC 3339, UTC, milliseconds as MongoDB keeps them."""
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def order_news(order: OrderDoc, row: RecipientDoc, incident: IncidentDoc) -> News:
    """An order (指令) as the recipient of `row` holds it; `stage` is that recipient's.

    `takenByOther`: somebody else who was asked in the same place has accepted. Where `stage` is
    ESCALATED nothing is asked any more then; where it is not, both have it. `nobodyNext`: nobody
    was left to be asked in this one's place, so the order waits for whoever accepts late.
    """
    data = {
        "id": order.id,
        "number": order.number,
        "incidentId": order.incident_id,
        "text": order.text,
        "priority": str(order.priority),
        "state": str(order.state),
        "stage": str(row.stage),
        "takenByOther": row.taken_by_other,
        "nobodyNext": row.nobody_next,
        "acceptWithinSeconds": order.accept_within_s,
        "createdAt": moment(order.created_at),
        "endedAt": moment(order.ended_at),
        "incident": {
            "number": incident.number,
            "title": incident.title,
            "place": incident.place,
            "kind": str(incident.kind),
            "exercise": incident.exercise,
        },
    }
    return News(row.account_id, "order", data)


def incident_news(account_id: str, incident: IncidentDoc) -> News:
    """An incident (事件) as an officer involved holds it."""
    return News(account_id, "incident", incident_data(incident))


def incident_data(incident: IncidentDoc) -> dict[str, Any]:
    """An incident without its timeline."""
    lon, lat = (incident.location or {"coordinates": (None, None)})["coordinates"]
    return {
        "id": incident.id,
        "number": incident.number,
        "kind": str(incident.kind),
        "severity": str(incident.severity),
        "state": str(incident.state),
        "title": incident.title,
        "description": incident.description,
        "place": incident.place,
        "position": None if lat is None else {"lat": lat, "lon": lon},
        "openedAt": moment(incident.opened_at),
        "closedAt": moment(incident.closed_at),
        "outcome": incident.outcome,
        "exercise": incident.exercise,
    }


def duty_news(account: AccountDoc) -> News:
    """Whether the officer is on duty (勤务签到)."""
    data = {
        "id": account.id,
        "on": account.duty.on,
        "since": moment(account.duty.since),
        "post": account.duty.post,
    }
    return News(account.id, "duty", data)
