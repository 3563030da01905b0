"""What is told to do something with accounts."""

import strawberry

from schema import enums
from schema.operations.common import Keyed


@strawberry.input(description="A new account (新建账号).")
class AddAccountInput(Keyed):
    """Who it is for, as what."""

    login: str = strawberry.field(
        description="What is signed in with: 1 to 64 small letters, digits, . _ - (登录名)."
    )
    role: enums.Role = strawberry.field(
        description="What it is; a partner's application is PARTNER (角色)."
    )
    unit: strawberry.ID | None = strawberry.field(
        default=None,
        description="The unit it belongs to: id or code; officers, liaisons, partners need one"
        " (所属单位).",
    )
    name_zh: str | None = strawberry.field(
        default=None, description="Name in Chinese; null: the login (中文姓名)."
    )
    name_en: str | None = strawberry.field(default=None, description="In English (英文姓名).")


@strawberry.input(description="A change of an account (变更账号).")
class UpdateAccountInput(Keyed):
    """Which account, and what of it; what is null stays."""

    account: strawberry.ID = strawberry.field(description="The account (账号).")
    role: enums.Role | None = strawberry.field(default=None, description="What it is (角色).")
    unit: strawberry.ID | None = strawberry.field(
        default=None, description="The unit it belongs to (所属单位)."
    )
    name_zh: str | None = strawberry.field(default=None, description="Name in Chinese (中文姓名).")
    name_en: str | None = strawberry.field(default=None, description="In English (英文姓名).")
    active: bool | None = strawberry.field(
        default=None,
        description="Whether it may sign in; a partner that was revoked stays so (启用).",
    )


@strawberry.input(description="A new password, or secret of a partner (重置密码或密钥).")
class ResetSecretInput(Keyed):
    """Of which account."""

    account: strawberry.ID = strawberry.field(description="The account (账号).")
    grace_hours: int = strawberry.field(
        default=0,
        description="Hours for which a partner's old secret works too, at most 720 (宽限).",
    )


@strawberry.input(description="The end of all that an account has open (强制下线).")
class SignOutAccountInput(Keyed):
    """Which account."""

    account: strawberry.ID = strawberry.field(description="The account (账号).")


@strawberry.input(description="The end of a session (结束会话).")
class RevokeSessionInput(Keyed):
    """Which session."""

    session: strawberry.ID = strawberry.field(description="The session (会话).")
