"""CAP documents, and what is read of them."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from connectors.cap import CONNECTOR
from connectors.cap.config import CapConfig
from hub.connector import Batch, Context, Envelope, Incrementality
from hub.errors import Reason
from hub.model.situations import Situation

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
SENT = "2026-03-02T11:00:00+08:00"
SENDER = "warning@example.invalid"
CAP = "urn:oasis:names:tc:emergency:cap:1.2"
SQUARE = "31.2,121.4 31.2,121.5 31.3,121.5 31.3,121.4 31.2,121.4"
CONTEXT = Context(
    feed_id="weather",
    dataset="weather",
    mode=None,
    timezone=ZoneInfo("Asia/Shanghai"),
    incrementality=Incrementality.AUTO,
    config=CapConfig(),
)


def info(inner: str = "", language: str | None = "zh-CN", **elements: str | None) -> str:
    """An info block in force from 11:00 to 18:00, with elements replaced; None takes one out."""
    told = {
        "language": language,
        "category": "Met",
        "event": "暴雨" if (language or "zh").lower().startswith("zh") else "Rainstorm",
        "urgency": "Immediate",
        "severity": "Severe",
        "certainty": "Observed",
        "expires": "2026-03-02T18:00:00+08:00",
    } | elements
    parts = (f"<{name}>{value}</{name}>" for name, value in told.items() if value is not None)
    return f"<info>{''.join(parts)}{inner}</info>"


def alert(inner: str | None = None, *, xmlns: str = CAP, **elements: str | None) -> str:
    """An alert with elements replaced; None takes one out."""
    told = {
        "identifier": "A1",
        "sender": SENDER,
        "sent": SENT,
        "status": "Actual",
        "msgType": "Alert",
        "scope": "Public",
    } | elements
    parts = (f"<{name}>{value}</{name}>" for name, value in told.items() if value is not None)
    body = info() if inner is None else inner
    return f'<alert xmlns="{xmlns}">{"".join(parts)}{body}</alert>'


def area(inner: str, description: str = "静安区") -> str:
    return f"<area><areaDesc>{description}</areaDesc>{inner}</area>"


def read(
    document: str | bytes,
    *,
    at: datetime = NOW,
    incrementality: Incrementality = Incrementality.AUTO,
    **options: object,
) -> Batch:
    body = document.encode() if isinstance(document, str) else document
    context = replace(CONTEXT, config=CapConfig(**options), incrementality=incrementality)
    return CONNECTOR.parse(Envelope(body, at), context)


def alerts(*documents: str) -> str:
    return f"<alerts>{''.join(documents)}</alerts>"


def only(batch: Batch) -> Situation:
    (record,) = batch.records
    assert isinstance(record, Situation)
    return record


def reference(identifier: str = "A1", sent: str = SENT, sender: str = SENDER) -> str:
    return f"{sender},{identifier},{sent}"


def id_of(identifier: str = "A1", status: str = "") -> str:
    return f"weather:{status}{SENDER},{identifier},2026-03-02T03:00:00+00:00"


def reasons(batch: Batch) -> list[Reason]:
    assert not batch.rejects
    return [note.reason for note in batch.notes]


def refused(batch: Batch) -> Reason:
    assert (batch.entities, batch.accepted, batch.records, batch.withdrawn) == (1, 0, [], [])
    return batch.rejects[0].reason
