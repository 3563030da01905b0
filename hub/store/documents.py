"""Beanie documents: their base, people and sessions, and what delivers, numbers and remembers.

What a capability keeps is in its own folder (`hub/operations/<name>/documents.py`).

Feed data (calls, journeys, positions, ...) is not here: it lives in raw collections behind the
typed repositories (`feeds/transit.py`), because Beanie costs several times the driver there
(docs/decisions/0001). Ids are text we choose, never ObjectIds: they are stable across exports.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from beanie import Document
from pydantic import BaseModel, Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from hub.model.operations import OrderPriority, UnitKind
from hub.model.people import Role
from hub.model.walls import WallPage


@dataclass(frozen=True, slots=True)
class Keep:
    """How long rows are kept: `days` after the moment in their field `since`, then they are gone.

    Without `days` for good, or until something else removes them: `why` says which, and why.
    """

    why: str
    since: str | None = None
    days: int | None = None

    def indexes(self) -> list[IndexModel]:
        """The index by which the database removes what has had its time."""
        if self.since is None or self.days is None:
            return []
        seconds = timedelta(days=self.days) // timedelta(seconds=1)
        return [IndexModel([(self.since, ASCENDING)], expireAfterSeconds=seconds)]


Index = IndexModel


def index(*fields: str, **options: Any) -> IndexModel:  # noqa: ANN401  # IndexModel's own
    """An index over these fields, in this order; `-` stands before one that runs downwards."""
    keys = [
        (name.removeprefix("-"), DESCENDING if name[0] == "-" else ASCENDING) for name in fields
    ]
    return IndexModel(keys, **options)


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
    keep: ClassVar[Keep]

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


def collection_of(document: type[TextDocument]) -> str:
    """The name of the collection that holds these documents."""
    return str(document.Settings.name)


def plain(document: TextDocument) -> dict[str, Any]:
    """The document as it is stored."""
    return {"_id": document.id, **document.model_dump(exclude={"id", "revision_id"})}


class UnitDoc(TextDocument):
    """A member unit (成员单位); `id` is its code."""

    keep = Keep("members of the joint command; seeded, changed by people")

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

    keep = Keep("what was done stays somebody's: an account is revoked, never removed")

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
            index("login", unique=True),
            index("unit", "login"),
            index("-created_at", "-_id"),  # whoever administers accounts sees them all
        ]


class Wall(BaseModel):
    """A screen that shows and does nothing (大屏): what it was let be, and what it says of itself.

    `pages` are shown in turn for `turn_seconds` each. `heard_at` is when it last said that it
    lives, `page` what it showed then, `frame_age_s` how old its picture was, in seconds, and
    `held` whether it stood still at something red.
    """

    name: str
    pages: list[WallPage]
    turn_seconds: int
    approved_by: str
    heard_at: datetime | None = None
    page: WallPage | None = None
    frame_age_s: float | None = None
    held: bool = False


class WallRequestDoc(TextDocument):
    """A screen's wish to be a wall (RFC 8628); `id` is the digest of its device code.

    `wall` is what somebody let it be; a row is answered once, and good for one session.
    `polled_at` and `interval_s`: when it last asked, and how many seconds it has to wait.
    """

    keep = Keep("asked: good for nothing", since="expires_at", days=0)

    user_code: str
    address: str | None = None
    asked_at: datetime
    expires_at: datetime
    interval_s: int
    polled_at: datetime | None = None
    answered_at: datetime | None = None
    wall: Wall | None = None
    used_at: datetime | None = None

    class Settings:
        name = "wall_requests"
        indexes: ClassVar[list[IndexModel]] = [index("user_code", unique=True)]


class SessionDoc(TextDocument):
    """A signed-in device or client. Refresh tokens are stored hashed and used once.

    `previous_hash` with `rotated_at` allows one lost reply within the grace period; any other
    reuse revokes the session (`revoked_at`). `wall`: it is a screen's that only shows.
    """

    keep = Keep("ended: good for nothing", since="expires_at", days=0)

    account_id: str
    device_id: str | None = None
    refresh_hash: str
    previous_hash: str | None = None
    rotated_at: datetime | None = None
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    wall: Wall | None = None

    class Settings:
        name = "sessions"
        indexes: ClassVar[list[IndexModel]] = [
            index("account_id", "-created_at", "-_id"),
            index("-created_at", "-_id"),  # whoever administers accounts sees them all
        ]


class DeviceDoc(TextDocument):
    """A phone (设备) and how to wake it; `id` is account and device id together.

    A push token belongs to one device: registering it elsewhere takes it away here. Which of
    `push_token`, `push_fid` (Firebase installation id) and `push_subscription` (Web Push) is set
    depends on the channel.
    """

    keep = Keep("as long as its account: it is a key to a person's phone")

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
    woken_at: datetime | None = Field(
        default=None, description="when a push last woke it, by its own word, at this address"
    )
    listens_until: datetime | None = Field(
        default=None, description="until when its open event stream counts, unless it goes on"
    )

    @property
    def channels(self) -> set[str]:
        """The push channel it is registered with, if it is."""
        return {self.push_channel} if self.push_channel else set()

    class Settings:
        name = "devices"
        indexes: ClassVar[list[IndexModel]] = [
            index("account_id"),
            index("push_token", sparse=True),
            index("push_fid", sparse=True),
            index("push_subscription.endpoint", sparse=True),
        ]


class OfficerPositionDoc(TextDocument):
    """Where an officer on duty was; `id` is the account and the phone's time, so repeats are one.

    `at` is the phone's time, `received_at` the hub's; 30 days later the row is gone.
    """

    keep = Keep("where people were: no longer than it is of use", since="received_at", days=30)

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
            index("account_id", "-at"),
        ]


class OutboxDoc(TextDocument):
    """One wake-up to be sent, written in the transaction that made it necessary.

    A worker leases it (`lease_owner`, `lease_until` by the server's clock, `fence` counts leases:
    only the holder of the current fence may finish it). `state`: QUEUED, SENT, NO_DEVICE, SKIPPED,
    DEAD. `failing_since` is the first failure in a row.
    `rank` 0 goes before all others: somebody else is asked if it is late. `device_id`: for this
    phone of the account alone.
    """

    keep = Keep("long enough to see why a phone was not woken", since="created_at", days=30)

    account_id: str
    recipient_id: str | None = None
    device_id: str | None = None
    topic: str
    priority: OrderPriority = OrderPriority.URGENT
    rank: int = 0
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
            index("state", "due_at"),
            index("state", "rank", "due_at"),
        ]


class InboxHeadDoc(TextDocument):
    """The last sequence number given to a recipient; `id` is the account.

    `renewed_at`: when the account's phones last had to begin anew.
    """

    keep = Keep("a number that was given is never given twice")

    seq: int = 0
    renewed_at: datetime | None = None

    class Settings:
        name = "inbox_heads"


class InboxDoc(TextDocument):
    """One change in a recipient's sync stream, numbered at the end of the transaction that made it.

    `id` is `account:seq`.
    """

    keep = Keep("a phone that was away longer gets a snapshot", since="at", days=30)

    account_id: str
    seq: int
    entity: str
    op: str
    data: dict[str, Any]
    at: datetime

    class Settings:
        name = "inbox"
        indexes: ClassVar[list[IndexModel]] = [
            index("account_id", "seq", unique=True),
        ]


class IdempotencyDoc(TextDocument):
    """What a client-made id already led to. Same id with another body is a conflict."""

    keep = Keep("nobody repeats a call later than that", since="at", days=30)

    body_hash: str
    result: dict[str, Any]
    at: datetime

    class Settings:
        name = "idempotency"
        indexes: ClassVar[list[IndexModel]] = []


class AuditDoc(TextDocument):
    """One line of the audit log: who did what to whom. Append only.

    `seq` and `hash` are set once, when the line is sealed behind the line before it
    (`audit_chain.py`); nothing else of it is ever written again.
    """

    keep = Keep("the record of who did what")

    at: datetime
    actor: str
    action: str
    target: str
    authority: str = ""
    session: str | None = None
    device: str | None = None
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    detail: dict[str, Any] = Field(default_factory=dict)
    seq: int | None = None
    hash: str | None = None

    class Settings:
        name = "audit"
        indexes: ClassVar[list[IndexModel]] = [
            index("-at", "-_id"),
            index("actor", "-at", "-_id"),
            index("action", "-at", "-_id"),
            index("target", "-at", "-_id"),
            index("seq", unique=True, partialFilterExpression={"seq": {"$type": "number"}}),
            index("seq", "at", "_id", partialFilterExpression={"seq": None}),
        ]


class AuditHeadDoc(TextDocument):
    """The end of the sealed audit log, of which there is one: its last `seq` and `hash`.

    `signature` is by the hub's signing key, which does not lie in the database.
    """

    keep = Keep("the end of the record of who did what")

    seq: int
    hash: str
    at: datetime
    signature: str

    class Settings:
        name = "audit_heads"


class CounterDoc(TextDocument):
    """Running numbers: incidents and orders of a day, photographs of an account; `id` names which.

    `value` is the last that was given, outside of any transaction: one may be missing.
    """

    keep = Keep("a number that was given is never given twice")

    value: int = 0

    class Settings:
        name = "counters"


DOCUMENTS: tuple[type[TextDocument], ...] = (
    UnitDoc,
    AccountDoc,
    SessionDoc,
    WallRequestDoc,
    DeviceDoc,
    OfficerPositionDoc,
    OutboxDoc,
    InboxHeadDoc,
    InboxDoc,
    IdempotencyDoc,
    AuditDoc,
    AuditHeadDoc,
    CounterDoc,
)
"""What the hub itself keeps; capabilities bring their own (`hub.operations.documents`)."""
