"""What the mobile API takes and gives: JSON in camelCase, unknown fields refused."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field, model_validator

from hub import clock
from hub.fate import Fate
from hub.model.channels import PushChannel
from hub.model.operations import UnitKind
from hub.model.people import Role
from hub.operations.incidents.documents import AttachmentState
from hub.operations.telling.wire import Instant, Message
from hub.store.documents import AccountDoc, UnitDoc

MAX_ACTIONS = 100
MAX_POSITIONS = 500
Moment = Annotated[AwareDatetime, AfterValidator(clock.usable)]
"""RFC 3339 with an offset. A phone's own time: recorded, never used to order or to judge."""
Ident = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[\x21-\x7e]+$")]
"""An id made by the client: printable ASCII without spaces."""


class Name(Message):
    """A name in Chinese and English (中英文名称)."""

    zh: str | None = None
    en: str | None = None


class Unit(Message):
    """A member unit (成员单位)."""

    code: str
    name: Name


class Duty(Message):
    """Whether the officer is on duty (勤务状态), since when and at which post."""

    on: bool
    since: datetime | None = None
    post: str | None = None


class Officer(Message):
    """The account that is signed in (当前账号)."""

    id: str
    login: str
    role: Role
    name: Name
    unit: Unit | None = None
    duty: Duty

    @classmethod
    def of(cls, account: AccountDoc, unit: UnitDoc | None) -> "Officer":
        """From what is stored; a unit that is not stored shows its code for a name."""
        name = Name(zh=unit.name.zh, en=unit.name.en) if unit else Name(zh=account.unit)
        return cls(
            id=account.id,
            login=account.login,
            role=account.role,
            name=Name(zh=account.name.zh, en=account.name.en),
            unit=Unit(code=account.unit, name=name) if account.unit else None,
            duty=Duty(on=account.duty.on, since=account.duty.since, post=account.duty.post),
        )


class Device(Message):
    """The phone that signs in (设备). `id` is made by the app once and kept.

    `refreshToken` is the last one this app was given, kept also after signing out: with it, wrong
    passwords that others try from the same address do not make this phone wait.
    """

    id: Ident
    platform: str = Field(min_length=1, max_length=32, examples=["android", "ios", "web"])
    model: str | None = Field(default=None, max_length=100)
    app_version: str | None = Field(default=None, max_length=40)
    locale: str = Field(default="zh-CN", max_length=35)
    refresh_token: str | None = Field(default=None, min_length=1, max_length=256)


class SignIn(Message):
    """Login and password (登录). Without a device there is nothing to push to."""

    login: str = Field(min_length=1, max_length=64)
    password: str = Field(min_length=1, max_length=256)
    device: Device | None = None


class Refresh(Message):
    """A refresh token, to be traded for a new pair (换发令牌)."""

    refresh_token: str = Field(min_length=1, max_length=256)


class SignedInReply(Message):
    """Tokens: the access token for `expiresIn` seconds, the refresh token for one use."""

    access_token: str
    refresh_token: str | None = None
    expires_in: int
    officer: Officer


class PushSubscriptionKeys(Message):
    """The keys of a Web Push subscription (RFC 8291), base64url."""

    p256dh: str = Field(alias="p256dh", min_length=1, max_length=200)
    auth: str = Field(min_length=1, max_length=100)


class PushSubscription(Message):
    """A Web Push PushSubscription as the browser gives it."""

    endpoint: str = Field(max_length=2048, pattern=r"^https://[^\s]+$")
    expiration_time: float | None = None
    keys: PushSubscriptionKeys


class PushRegistration(Message):
    """How to wake this phone (推送登记): a channel, and exactly one of the three addresses."""

    push_channel: PushChannel
    push_token: str | None = Field(default=None, min_length=1, max_length=4096)
    fid: str | None = Field(default=None, min_length=1, max_length=256)
    subscription: PushSubscription | None = None

    @model_validator(mode="after")
    def _one_address(self) -> "PushRegistration":
        given = [self.push_token, self.fid, self.subscription]
        if sum(item is not None for item in given) != 1:
            message = "expected exactly one of pushToken, fid, subscription"
            raise ValueError(message)
        if (self.push_channel is PushChannel.WEBPUSH) != (self.subscription is not None):
            message = "a subscription goes with webpush, a pushToken or fid with the others"
            raise ValueError(message)
        return self


class DeviceReply(Message):
    """The phone as registered. `active`: the hub has a service for this channel now."""

    device_id: str
    push_channel: str
    active: bool


class SyncQuery(Message):
    """Where to go on from, and how many changes at most."""

    since: str | None = Field(default=None, max_length=200)
    limit: int = Field(default=200, ge=1, le=500)


class EventsQuery(Message):
    """Where to go on from: a cursor; the header Last-Event-ID goes before it."""

    since: str | None = Field(default=None, max_length=200)


class SyncChange(Message):
    """One change of what this officer may see (变更)."""

    seq: int
    entity: str = Field(examples=["order", "incident", "duty"])
    op: Literal["upsert", "remove"]
    data: dict[str, Any]


class SyncReply(Message):
    """Changes in sequence. Ask again from `nextCursor`, at once if `limited`.

    `reset`: forget what was synced before; these changes begin a snapshot.
    """

    changes: list[SyncChange]
    next_cursor: str
    limited: bool
    reset: bool


class Action(Message):
    """One thing the officer did (操作). `id` is made by the phone; a repeat does nothing more."""

    id: Ident
    kind: str = Field(min_length=1, max_length=64, examples=["order.accepted"])
    at: Moment
    body: dict[str, Any] = Field(default_factory=dict)


class Actions(Message):
    """Actions in the order they were done; each is judged on its own."""

    actions: list[Any] = Field(
        max_length=MAX_ACTIONS, json_schema_extra={"items": {"$ref": "#/components/schemas/Action"}}
    )


class ActionOutcome(Message):
    """What became of one action (操作结果)."""

    id: str | None
    status: Literal["applied", "duplicate", "rejected", "conflict"]
    code: str | None = None
    message: str | None = None
    path: str | None = Field(
        default=None,
        description="which part of the action is wrong",
        examples=["body.orderId"],
    )
    data: dict[str, Any] = Field(default_factory=dict)


class ActionsReply(Message):
    """Outcomes, in the order of the actions."""

    results: list[ActionOutcome]


class Position(Message):
    """Where the officer was (定位): WGS-84 degrees, accuracy in metres, battery from 0 to 1."""

    at: Moment
    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)
    accuracy: float | None = Field(default=None, ge=0, le=100_000)
    battery: float | None = Field(default=None, ge=0, le=1)


class Positions(Message):
    """Positions in any order; each is judged on its own."""

    positions: list[Any] = Field(
        max_length=MAX_POSITIONS,
        json_schema_extra={"items": {"$ref": "#/components/schemas/Position"}},
    )


class PositionRejection(Message):
    """A position that was not kept: its place in the call, and why."""

    index: int
    code: str = Field(examples=["INVALID", "OFF_DUTY", "TIMESTAMP_IN_FUTURE"])
    message: str


class PositionsReply(Message):
    """How many positions were kept. Repeating a position keeps it once."""

    accepted: int
    rejected: list[PositionRejection]


class AttachmentReply(Message):
    """How far a photograph has come (附件): `offset` of `size` bytes are here.

    READY: it can be looked at. RECEIVING with all bytes here: it is being judged, ask again.
    """

    id: str
    state: AttachmentState
    offset: int
    size: int


class Hours(Message):
    """A stretch of duty (勤务时段), cut where the day begins; `until` is null while it lasts."""

    since: Instant
    until: Instant | None
    post: str | None


class DeviceStanding(Message):
    """This phone as the hub would wake it (设备状态).

    `canBeWoken`: it has an address of a push channel in service. `wokenAt`: when a push last woke
    it there, by its own word; null: that has not been seen to work.
    """

    device_id: str
    push_channel: str | None
    can_be_woken: bool
    woken_at: Instant | None


class Me(Message):
    """Who is signed in, what the account may do, and until when this access token is good.

    `dutyToday`: their hours on duty, of the area's day. `device`: null without one.
    """

    officer: Officer
    scopes: list[str]
    expires_at: datetime
    device: DeviceStanding | None = None
    duty_today: list[Hours] = Field(default_factory=list)


class DeviceTest(Message):
    """Whether a wake-up was queued for this phone (唤醒自检), and why not.

    NO_ADDRESS: register for push first. NOT_SERVED: the hub has no service for its channel.
    """

    queued: bool
    push_channel: str | None
    reason: Literal["NO_ADDRESS", "NOT_SERVED"] | None = None


class VapidKey(Message):
    """What a browser registers for push with (base64url); null: the hub serves no Web Push."""

    public_key: str | None


class Contact(Message):
    """Somebody of the joint command (人员), and where they are on duty."""

    id: str
    name: Name
    role: Role
    on_duty: bool
    post: str | None


class DirectoryUnit(Message):
    """A member unit (成员单位) and its people, of those the caller may see."""

    code: str
    name: Name
    kind: UnitKind
    note: str | None
    people: list[Contact]


class Directory(Message):
    """Who is who (通讯录). `others`: those who belong to no unit."""

    units: list[DirectoryUnit]
    others: list[Contact]


class Problem(Message):
    """An error (RFC 9457). `code` is stable; `errors` name the fields that were refused."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    code: str
    hint: str | None = None
    outcome: Fate | None = None
    errors: list[dict[str, str]] | None = None
