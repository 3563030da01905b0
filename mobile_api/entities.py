"""What a change of the sync stream holds, by its entity: the shapes `hub.operations` tells."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field, create_model

from hub.model.operations import IncidentKind, IncidentState, OrderPriority, OrderState, Stage
from hub.model.situations import Severity
from mobile_api.models import Message, SyncChange

_ID = Field(description="as GraphQL takes it too, wherever an id of this kind is asked for")


class Spot(Message):
    """A place on the map (位置), WGS-84 degrees."""

    lat: float
    lon: float


class OrderIncident(Message):
    """The incident of an order, as far as its recipient needs it (所属事件)."""

    number: str
    title: str
    place: str | None
    kind: IncidentKind
    exercise: bool


class SyncedOrder(Message):
    """An order (指令) as one recipient holds it; `stage` is this recipient's.

    `takenByOther`: somebody else who was asked in the same place has accepted. With `stage`
    ESCALATED nothing is asked any more; with another both have it, and this one's part goes on.
    `nobodyNext`: nobody was left to be asked in this one's place: whoever can still accepts.
    """

    id: str = _ID
    number: str
    incident_id: str
    text: str
    priority: OrderPriority
    state: OrderState
    stage: Stage
    taken_by_other: bool = False
    nobody_next: bool = False
    accept_within_seconds: int
    created_at: datetime
    ended_at: datetime | None
    incident: OrderIncident


class SyncedIncident(Message):
    """An incident (事件) the officer is involved in, without its timeline."""

    id: str = _ID
    number: str
    kind: IncidentKind
    severity: Severity
    state: IncidentState
    title: str
    description: str | None
    place: str | None
    position: Spot | None
    opened_at: datetime
    closed_at: datetime | None
    outcome: str | None
    exercise: bool


class SyncedDuty(Message):
    """Whether the officer is on duty (勤务签到). `id` is the account's."""

    id: str = _ID
    on: bool
    since: datetime | None
    post: str | None


ENTITIES: dict[str, type[Message]] = {
    "order": SyncedOrder,
    "incident": SyncedIncident,
    "duty": SyncedDuty,
}
"""What is in the data of each entity."""


def typed_changes() -> dict[str, type[BaseModel]]:
    """A SyncChange for each entity, with its own data, by entity."""
    return {entity: _typed(entity, data) for entity, data in ENTITIES.items()}


def _typed(entity: str, data: type[Message]) -> type[BaseModel]:
    fields: dict[str, Any] = {"entity": (Literal[entity], ...), "data": (data, ...)}
    return create_model(
        f"{entity.capitalize()}Change", __base__=SyncChange, __doc__=data.__doc__, **fields
    )
