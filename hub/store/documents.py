"""Beanie documents: people, duty, incidents, orders and what delivers them.

Feed data (calls, journeys, positions, ...) is not here: it lives in raw collections behind the
typed repositories (`feeds/transit.py`), because Beanie costs several times the driver there
(docs/decisions/0001). Ids are text we choose, never ObjectIds: they are stable across exports.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from beanie import Document
from pydantic import BaseModel, Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from hub.model.alarms import AlarmKind
from hub.model.operations import (
    IncidentKind,
    IncidentState,
    OrderPriority,
    OrderState,
    Role,
    Stage,
    UnitKind,
)
from hub.model.situations import Severity


class NameDoc(BaseModel):
    """Chinese and English name."""

    zh: str | None = None
    en: str | None = None


class TextDocument(Document):
    """A document whose id is text of our choosing.

    Made, and its fields read, as any other model. Beanie's own way, for lazy fields, which we do
    not use, costs three times that: an order to a thousand makes eight thousand of them.
    """

    id: str  # type: ignore[assignment]  # Beanie's default is an ObjectId; ours are never

    if not TYPE_CHECKING:  # or what is made, and every field of it, would have no type
        __init__ = BaseModel.__init__
        __getattribute__ = object.__getattribute__

    @classmethod
    def __pydantic_init_subclass__(cls, **given: Any) -> None:  # noqa: ANN401
        super().__pydantic_init_subclass__(**given)
        # pydantic runs a private state's beginning once for each class that inherits it
        setattr(cls, "model_post_init", _begin_state)  # noqa: B010  # to mypy it is a method


def _begin_state(document: TextDocument, _context: object) -> None:
    """Give a new document the private state that Beanie looks into."""
    state = {"_store": {}, "_lazily_parsed": False}
    state |= {"_saved_state": None, "_previous_saved_state": None}
    object.__setattr__(document, "__pydantic_private__", state)


def plain(document: TextDocument) -> dict[str, Any]:
    """The document as it is stored."""
    return {"_id": document.id, **document.model_dump(exclude={"id", "revision_id"})}


class UnitDoc(TextDocument):
    """A member unit (成员单位); `id` is its code."""

    name: NameDoc
    kind: UnitKind
    note: str | None = None

    class Settings:
        name = "units"


class Duty(BaseModel):
    """Whether an officer is on duty (勤务签到), since when and at which post."""

    on: bool = False
    since: datetime | None = None
    post: str | None = None


class AccountDoc(TextDocument):
    """An account: officer, liaison, watch officer, commander, partner client or admin.

    `password_hash` is argon2id. `demo` accounts exist on the embedded database only.
    `former_hash` is a partner's secret before the last rotation, good until `former_until`.
    """

    login: str
    password_hash: str
    former_hash: str | None = None
    former_until: datetime | None = None
    role: Role
    unit: str | None = None
    name: NameDoc
    duty: Duty = Field(default_factory=Duty)
    active: bool = True
    demo: bool = False
    created_at: datetime

    class Settings:
        name = "accounts"
        indexes: ClassVar[list[IndexModel]] = [
            IndexModel([("login", ASCENDING)], unique=True),
            IndexModel([("unit", ASCENDING), ("login", ASCENDING)]),
        ]


class SessionDoc(TextDocument):
    """A signed-in device or client. Refresh tokens are stored hashed and used once.

    `previous_hash` with `rotated_at` allows one lost reply within the grace period; any other
    reuse revokes the session (`revoked_at`).
    """

    account_id: str
    device_id: str | None = None
    refresh_hash: str
    previous_hash: str | None = None
    rotated_at: datetime | None = None
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None

    class Settings:
        name = "sessions"
        indexes: ClassVar[list[IndexModel]] = [
            IndexModel([("account_id", ASCENDING)]),
            IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0),
        ]


class DeviceDoc(TextDocument):
    """A phone (设备) and how to wake it; `id` is account and device id together.

    A push token belongs to one device: registering it elsewhere takes it away here. Which of
    `push_token`, `push_fid` (Firebase installation id) and `push_subscription` (Web Push) is set
    depends on the channel.
    """

    account_id: str
    device_id: str
    platform: str
    model: str | None = None
    app_version: str | None = None
    locale: str = "zh-CN"
    push_channel: str | None = None
    push_token: str | None = None
    push_fid: str | None = None
    push_subscription: dict[str, Any] | None = None
    seen_at: datetime

    class Settings:
        name = "devices"
        indexes: ClassVar[list[IndexModel]] = [
            IndexModel([("account_id", ASCENDING)]),
            IndexModel([("push_token", ASCENDING)], sparse=True),
            IndexModel([("push_fid", ASCENDING)], sparse=True),
            IndexModel([("push_subscription.endpoint", ASCENDING)], sparse=True),
        ]


class OfficerPositionDoc(TextDocument):
    """Where an officer on duty was; `id` is the account and the phone's time, so repeats are one.

    `at` is the phone's time, `received_at` the hub's; 30 days later the row is gone.
    """

    account_id: str
    unit: str | None = None
    device_id: str | None = None
    at: datetime
    received_at: datetime
    location: dict[str, Any] = Field(description="GeoJSON Point, WGS-84, [lon, lat]")
    accuracy_m: float | None = None
    battery: float | None = Field(default=None, description="share of a full battery, 0 to 1")

    class Settings:
        name = "officer_positions"
        indexes: ClassVar[list[IndexModel]] = [
            IndexModel([("account_id", ASCENDING), ("at", DESCENDING)]),
            IndexModel([("received_at", ASCENDING)], expireAfterSeconds=30 * 86400),
        ]


class TimelineEntry(BaseModel):
    """One line of an incident's append-only timeline, as it is written.

    `units` are those of whom it speaks; a unit is shown what speaks of it alone.
    """

    at: datetime
    by: str
    kind: str
    text: str
    units: list[str] = Field(default_factory=list)


class TimelineDoc(TextDocument, TimelineEntry):
    """A line as it is stored: a document of its own, so that many may write to one incident.

    Lines are read by `at`, then `id`: the incident's and the moment it was written.
    """

    incident_id: str

    class Settings:
        name = "timeline"
        indexes: ClassVar[list[IndexModel]] = [
            IndexModel([("incident_id", ASCENDING), ("at", ASCENDING), ("_id", ASCENDING)]),
        ]


class IncidentDoc(TextDocument):
    """An incident (事件). `units` are the codes of the units involved, the lead unit first."""

    number: str
    kind: IncidentKind
    severity: Severity = Severity.UNKNOWN
    state: IncidentState = IncidentState.OPEN
    title: str
    description: str | None = None
    place: str | None = None
    location: dict[str, Any] | None = Field(
        default=None, description="GeoJSON Point, WGS-84, [lon, lat]"
    )
    units: list[str] = Field(default_factory=list)
    officers: list[str] = Field(
        default_factory=list, description="accounts ordered here, or that reported it"
    )
    opened_by: str
    opened_at: datetime
    closed_by: str | None = None
    closed_at: datetime | None = None
    outcome: str | None = None
    exercise: bool = False
    revision: int = 1

    class Settings:
        name = "incidents"
        indexes: ClassVar[list[IndexModel]] = [
            IndexModel([("number", ASCENDING)], unique=True),
            IndexModel([("opened_at", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("units", ASCENDING), ("opened_at", DESCENDING)]),
            IndexModel([("officers", ASCENDING), ("opened_at", DESCENDING)]),
        ]


class DispatchWarningDoc(BaseModel):
    """What whoever dispatched an order was warned of; `path` names the argument it is about."""

    code: str
    path: list[str]
    message: str


class OrderDoc(TextDocument):
    """An order (指令) of an incident. Its truth is here and in its recipients' ledgers.

    `escalation` lists the accounts to ask next, in order; the policy is a snapshot taken when
    the order was made, so that a later change of settings moves no running clock. `warnings` are
    what was said to whoever gave it.
    """

    incident_id: str
    number: str
    text: str
    priority: OrderPriority = OrderPriority.URGENT
    state: OrderState = OrderState.OPEN
    created_by: str
    created_at: datetime
    units: list[str] = Field(default_factory=list)
    recipients: list[str] = Field(default_factory=list)
    escalation: list[str] = Field(default_factory=list)
    accept_within_s: int
    ended_at: datetime | None = None
    exhausted_at: datetime | None = Field(
        default=None,
        description="since when a part has nobody left to ask: an alarm for the watch",
    )
    warnings: list[DispatchWarningDoc] = Field(default_factory=list)
    revision: int = 1

    class Settings:
        name = "orders"
        indexes: ClassVar[list[IndexModel]] = [
            IndexModel([("created_at", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("incident_id", ASCENDING)]),
            IndexModel([("units", ASCENDING), ("created_at", DESCENDING)]),
            IndexModel([("recipients", ASCENDING), ("created_at", DESCENDING)]),
        ]


class LedgerEntry(BaseModel):
    """One step of an order with one recipient: stage, the hub's time, and how it was learnt.

    `channel` is what carried it: fcm, webpush, sync, events, actions, escalation, hub.
    `device_at` is the phone's own time for it, which is data and never decides an order of events.
    """

    stage: Stage
    at: datetime
    channel: str
    device_at: datetime | None = None
    note: str | None = None


class RecipientDoc(TextDocument):
    """The ledger of one order with one recipient (签收记录); `id` is `order:account`.

    `next_step_at` is the durable timer: when it passes before acceptance, the escalation takes
    its next step. It is None once nothing is awaited. `escalated_from` names who did not answer.
    `taken_by_other`: somebody else who was asked in the same place has accepted. `nobody_next`:
    nobody was left to be asked in this one's place.
    """

    order_id: str
    incident_id: str
    account_id: str
    unit: str | None = None
    stage: Stage = Stage.QUEUED
    entries: list[LedgerEntry] = Field(default_factory=list)
    next_step_at: datetime | None = None
    escalated_from: str | None = None
    taken_by_other: bool = False
    nobody_next: bool = False
    created_at: datetime
    revision: int = 1

    class Settings:
        name = "recipients"
        indexes: ClassVar[list[IndexModel]] = [
            IndexModel([("order_id", ASCENDING), ("created_at", ASCENDING)]),
            IndexModel([("account_id", ASCENDING), ("created_at", DESCENDING)]),
            IndexModel([("next_step_at", ASCENDING)], sparse=True),
        ]


class OutboxDoc(TextDocument):
    """One wake-up to be sent, written in the transaction that made it necessary.

    A worker leases it (`lease_owner`, `lease_until` by the server's clock, `fence` counts leases:
    only the holder of the current fence may finish it). `state`: QUEUED, SENT, NO_DEVICE, SKIPPED,
    DEAD. `failing_since` is the first failure in a row.
    """

    account_id: str
    recipient_id: str | None = None
    topic: str
    priority: OrderPriority = OrderPriority.URGENT
    state: str = "QUEUED"
    due_at: datetime
    created_at: datetime
    attempts: int = 0
    lease_owner: str | None = None
    lease_until: datetime | None = None
    fence: int = 0
    failing_since: datetime | None = None
    sent_at: datetime | None = None
    last_error: str | None = None

    class Settings:
        name = "outbox"
        indexes: ClassVar[list[IndexModel]] = [
            IndexModel([("state", ASCENDING), ("due_at", ASCENDING)]),
            IndexModel([("created_at", ASCENDING)], expireAfterSeconds=30 * 86400),
        ]


class AlarmDoc(TextDocument):
    """An alarm (告警): a condition that somebody has to act on, from when it came to its end.

    `condition` names what is wrong with what; one alarm of a condition is `active` at a time, and
    it is raised in the transaction that makes the condition so. `units` are those whose liaison
    sees it; empty, it is the centre's alone. `parts` counts what is concerned: with more of it
    the alarm calls anew. `confirmed_at` is when the condition was last found to hold. `withdrawn`:
    it is about an order that has ended, which therefore does not end it.
    """

    kind: AlarmKind
    condition: str
    active: bool = True
    message: str
    next_step: str
    place: str | None = None
    parts: int = 1
    units: list[str] = Field(default_factory=list)
    order_id: str | None = None
    incident_id: str | None = None
    account_id: str | None = None
    withdrawn: bool = False
    raised_at: datetime
    confirmed_at: datetime
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    cleared_at: datetime | None = None
    cleared_because: str | None = None
    revision: int = 1

    class Settings:
        name = "alarms"
        indexes: ClassVar[list[IndexModel]] = [
            IndexModel(
                [("condition", ASCENDING)],
                unique=True,
                partialFilterExpression={"active": True},
                name="one_active_a_condition",
            ),
            IndexModel([("raised_at", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("active", ASCENDING), ("raised_at", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("units", ASCENDING), ("raised_at", DESCENDING)]),
            IndexModel([("cleared_at", ASCENDING)], expireAfterSeconds=400 * 86400),
        ]


class InboxHeadDoc(TextDocument):
    """The last sequence number given to a recipient; `id` is the account."""

    seq: int = 0

    class Settings:
        name = "inbox_heads"


class InboxDoc(TextDocument):
    """One change in a recipient's sync stream, numbered inside the transaction that made it."""

    account_id: str
    seq: int
    entity: str
    op: str
    data: dict[str, Any]
    at: datetime

    class Settings:
        name = "inbox"
        indexes: ClassVar[list[IndexModel]] = [
            IndexModel([("account_id", ASCENDING), ("seq", ASCENDING)], unique=True),
            IndexModel([("at", ASCENDING)], expireAfterSeconds=30 * 86400),
        ]


class IdempotencyDoc(TextDocument):
    """What a client-made id already led to. Same id with another body is a conflict."""

    body_hash: str
    result: dict[str, Any]
    at: datetime

    class Settings:
        name = "idempotency"
        indexes: ClassVar[list[IndexModel]] = [
            IndexModel([("at", ASCENDING)], expireAfterSeconds=30 * 86400),
        ]


class AuditDoc(TextDocument):
    """One line of the audit log: who did what to whom. Append only."""

    at: datetime
    actor: str
    action: str
    target: str
    detail: dict[str, Any] = Field(default_factory=dict)

    class Settings:
        name = "audit"
        indexes: ClassVar[list[IndexModel]] = [IndexModel([("at", DESCENDING)])]


class CounterDoc(TextDocument):
    """Running numbers (incident and order numbers per day); `id` names the series."""

    value: int = 0

    class Settings:
        name = "counters"


DOCUMENTS: list[type[TextDocument]] = [
    UnitDoc,
    AccountDoc,
    SessionDoc,
    DeviceDoc,
    OfficerPositionDoc,
    IncidentDoc,
    TimelineDoc,
    OrderDoc,
    RecipientDoc,
    OutboxDoc,
    AlarmDoc,
    InboxHeadDoc,
    InboxDoc,
    IdempotencyDoc,
    AuditDoc,
    CounterDoc,
]
