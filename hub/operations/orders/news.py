"""What a phone is told of an order."""

from pydantic import Field

from hub.model.operations import IncidentKind, OrderPriority, OrderState, Stage
from hub.operations.asking.documents import RecipientDoc
from hub.operations.incidents.documents import IncidentDoc
from hub.operations.orders.documents import OrderDoc
from hub.operations.telling.wire import ID, Instant, Message
from hub.store.news import News


class OrderIncident(Message):
    """The incident of an order, as far as its recipient needs it (所属事件)."""

    number: str
    title: str
    place: str | None
    kind: IncidentKind
    exercise: bool


class SyncedOrder(Message):
    """An order (指令) as one recipient holds it; `stage` is this recipient's.

    `takenByOther`: somebody else who was asked in the same place has accepted. While `stage` is
    ESCALATED offer no answer then, though one that comes late is still welcome; otherwise both have
    it, and this one's part goes on. `nobodyNext`: nobody was left to be asked in this one's place:
    it is not passed on, whoever can still accepts. `reassignedBecause`: the watch has given it to
    somebody else, for this reason: `stage` is CANCELLED while `state` is OPEN. Say that the officer
    need not go, and offer no answer. `cancelledBecause`: why their part was taken back with the
    order. `round` counts how often this one was asked, by `askedAt` for the last time: with a
    higher one it is a new order to them, whatever they answered before.
    """

    id: str = ID
    number: str
    incident_id: str
    text: str
    priority: OrderPriority
    state: OrderState
    stage: Stage
    taken_by_other: bool = False
    nobody_next: bool = False
    reassigned_because: str | None = None
    cancelled_because: str | None = None
    round: int = 1
    asked_at: Instant
    accept_within_seconds: int = Field(description="seconds the recipient has to accept")
    created_at: Instant
    ended_at: Instant | None
    incident: OrderIncident


def _taken_back(row: RecipientDoc) -> str | None:
    if row.stage is not Stage.CANCELLED or row.reassigned_because is not None:
        return None
    return next((line.note for line in row.entries if line.stage is Stage.CANCELLED), None)


def order_news(order: OrderDoc, row: RecipientDoc, incident: IncidentDoc) -> News:
    """An order as the recipient of `row` holds it."""
    synced = SyncedOrder(
        id=order.id,
        number=order.number,
        incident_id=order.incident_id,
        text=order.text,
        priority=order.priority,
        state=order.state,
        stage=row.stage,
        taken_by_other=row.taken_by_other,
        nobody_next=row.nobody_next,
        reassigned_because=row.reassigned_because,
        cancelled_because=_taken_back(row),
        round=row.round,
        asked_at=row.created_at,
        accept_within_seconds=order.within_s,
        created_at=order.created_at,
        ended_at=order.ended_at,
        incident=OrderIncident(
            number=incident.number,
            title=incident.title,
            place=incident.place,
            kind=incident.kind,
            exercise=incident.exercise,
        ),
    )
    return News(row.account_id, "order", synced.wire())
