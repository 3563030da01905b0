"""Accounts and sessions, as an administrator is shown them."""

from datetime import datetime
from typing import TYPE_CHECKING, Self

from hub.model.channels import PushChannel
from hub.model.people import Scope
from hub.operations.accounts.store import AccountRows, DeviceRows, SessionRows, device_of
from schema import enums
from schema.nodes import Node, keyed, node_type
from schema.open_enums import made, stored_word
from schema.operations.common import Payload
from schema.people.types import Unit, unit_of
from schema.policy import SIGNED_IN
from schema.projection import Entity, computed, described, entity, named, stored, value

if TYPE_CHECKING:
    from schema.context import SchemaContext

READ = Scope.ACCOUNTS_READ
PushService = made(
    "PushService",
    "By which service a phone is woken (推送通道).",
    {one.value: one.said for one in PushChannel},
    other="By another (其他).",
)


@node_type
@entity(policy=READ)
class Account(Node):
    """Who may sign in (账号): a person, or a partner's application. Its secret is never shown."""

    login: str = stored("login", "Login, or client_id", zh="登录名")
    name: str | None = named("name", "Name", zh="姓名")
    role: enums.Role = stored("role", "What it is", zh="角色")
    active: bool = stored("active", "Whether it may sign in", zh="启用")
    demo: bool = stored("demo", "Made for the demonstration, with a known password", zh="演示账号")
    created_at: datetime = stored("created_at", "When it was made", zh="建立时间")
    former_until: datetime | None = stored(
        "former_until", "Until when a partner's secret before this one works", zh="旧密钥有效至"
    )
    on_duty: bool = stored("duty.on", "Whether signed in for duty", zh="在岗")

    @classmethod
    async def load(cls, context: "SchemaContext", key: str) -> Self | None:
        """The account, if the caller may see it."""
        return cls.of(await context.load.of(AccountRows).load(key))

    @computed(needs=("unit",), zh="所属单位", policy=Scope.UNITS_READ)
    async def unit(self, context: "SchemaContext") -> Unit | None:
        """The unit it belongs to."""
        return await unit_of(context, self.doc.get("unit"))


@entity(policy=READ)
class Device(Entity):
    """A phone or browser that an account has signed in on (设备)."""

    platform: str = stored("platform", "Its system, in its own words", zh="系统")
    model: str | None = stored("model", "Which model", zh="型号")
    app_version: str | None = stored("app_version", "Version of the app", zh="版本")
    seen_at: datetime = stored("seen_at", "When it was last heard from", zh="最近联系")
    push: str | None = stored_word(
        "push_channel",
        PushService,
        "How it is woken; null: not at all",
        zh="推送通道",
        graphql_type=PushService | None,
    )


@node_type
@entity(policy=READ)
class Session(Node):
    """That an account is signed in (会话), until it ends or is ended."""

    code: str = keyed("As the audit log calls it", zh="代码")
    created_at: datetime = stored("created_at", "When it signed in", zh="登录时间")
    expires_at: datetime = stored("expires_at", "When it ends if nobody uses it", zh="到期时间")

    @classmethod
    async def load(cls, context: "SchemaContext", key: str) -> Self | None:
        """The session, if it stands and the caller may see it."""
        return cls.of(await context.load.of(SessionRows).load(key))

    @computed(needs=("account_id",), zh="账号")
    async def account(self, context: "SchemaContext") -> Account | None:
        """Whose it is."""
        return await Account.load(context, self.doc["account_id"])

    @computed(needs=("account_id", "device_id"), zh="设备")
    async def device(self, context: "SchemaContext") -> Device | None:
        """The phone it is on; null for a console or a program."""
        key = device_of(self.doc)
        row = await context.load.of(DeviceRows).load(key) if key else None
        return Device(row) if row else None

    @computed(zh="本会话")
    def mine(self, context: "SchemaContext") -> bool:
        """Whether it is the one that asks."""
        return self.key == context.principal.session_id


@value(policy=SIGNED_IN)
class AccountPayload(Payload):
    """What became of the account."""

    account: Account | None = described("The account after it; null with errors", zh="账号")


@value(policy=SIGNED_IN)
class SecretPayload(Payload):
    """What became of the account, and its secret."""

    account: Account | None = described("The account after it; null with errors", zh="账号")
    secret: str | None = described(
        "The new password, or a partner's client_secret, told this once: null when the call is"
        " repeated. What was lost is reset anew",
        zh="密码或密钥",
    )
