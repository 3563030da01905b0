"""What is asked and done about accounts; `hub.operations.accounts` decides."""

from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from hub.errors import NotFound
from hub.model.people import Scope
from hub.operations.accounts.actions import (
    Given,
    add_account,
    changes_of,
    new_account,
    reset_secret,
    revoke_session,
    sign_out_account,
    update_account,
)
from hub.operations.accounts.store import AccountRows, SessionRows
from hub.store.documents import AccountDoc, SessionDoc
from schema import enums
from schema.context import row_of
from schema.listing import Page, listing
from schema.nodes import key_of
from schema.operations.accounts.inputs import (
    AddAccountInput,
    ResetSecretInput,
    RevokeSessionInput,
    SignOutAccountInput,
    UpdateAccountInput,
)
from schema.operations.accounts.types import (
    READ,
    Account,
    AccountPayload,
    SecretPayload,
    Session,
)
from schema.operations.common import answers, at_desk, mutation
from schema.people.queries import OfUnit, known_unit
from schema.projection import Info, root

if TYPE_CHECKING:
    from schema.context import SchemaContext

RUN_OUT_SECONDS = 60.0
"""How late it may be shown that a session has run out: nothing is written then."""

Roles = Annotated[
    list[enums.Role] | None, strawberry.argument(description="Only these; null: all (角色).")
]
Active = Annotated[
    bool | None, strawberry.argument(description="Only who may, or may not, sign in (启用).")
]
Text = Annotated[
    str | None,
    strawberry.argument(description="Part of the login, a name or the unit (查找)."),
]
OfAccount = Annotated[
    strawberry.ID | None, strawberry.argument(description="Only of this account (账号).")
]


@listing(READ, "Accounts", Account, zh="账号", by="created_at", collections={"accounts"})
async def _accounts(
    context: "SchemaContext",
    page: Page,
    roles: Roles = None,
    unit: OfUnit = None,
    active: Active = None,
    text: Text = None,
) -> list[AccountDoc]:
    """Also those that may not sign in any more."""
    found = await context.services.of(AccountRows).page(
        context.viewer,
        first=page.first,
        after=page.after,
        roles=roles,
        unit=None if unit is None else key_of(unit, "Unit", "unit"),
        active=active,
        text=text,
    )
    if not found:
        await known_unit(context, unit)
    return found


@listing(
    READ,
    "Sessions that stand",
    Session,
    zh="会话",
    by="created_at",
    collections={"sessions"},
    refresh_s=RUN_OUT_SECONDS,
)
async def _sessions(
    context: "SchemaContext", page: Page, account: OfAccount = None
) -> list[SessionDoc]:
    """Neither ended nor run out."""
    key = None if account is None else key_of(account, "Account", "account")
    found = await context.services.of(SessionRows).page(
        context.viewer, first=page.first, after=page.after, account=key
    )
    if not found and key is not None and await Account.load(context, key) is None:
        raise NotFound("account", key, path=("account",))
    return found


@strawberry.type
class Query:
    """Roots about accounts."""

    accounts = _accounts.asked
    sessions = _sessions.asked

    @root(READ, "An account by its id or login; null if not the caller's to see", zh="账号")
    async def account(self, info: Info, id: strawberry.ID) -> Account | None:  # noqa: A002
        """Absent and forbidden look the same."""
        return await Account.load(info.context, key_of(id, "Account", "id"))


@strawberry.type
class Subscription:
    """Accounts and sessions, live."""

    accounts = _accounts.followed
    sessions = _sessions.followed


@answers(AccountPayload)
def _written(account: AccountDoc | None) -> dict[str, Any]:
    return {"account": Account(row_of(account)) if account else None}


@answers(SecretPayload)
def _told(given: Given | None) -> dict[str, Any]:
    return {
        **_written.shown(given.account if given else None),
        "secret": given.secret if given else None,
    }


@strawberry.type
class Mutation:
    """What an administrator does with accounts."""

    @mutation(
        Scope.ACCOUNTS_WRITE, "Make an account; its secret is told once", _told, zh="新建账号"
    )
    async def add_account(self, info: Info, input: AddAccountInput) -> Given:  # noqa: A002
        """Once per clientMutationId."""
        asked = new_account(
            login=input.login,
            role=input.role,
            unit=None if input.unit is None else key_of(input.unit, "Unit", "unit"),
            name_zh=input.name_zh,
            name_en=input.name_en,
        )
        return await add_account(*at_desk(info), asked, input.client_mutation_id)

    @mutation(
        Scope.ACCOUNTS_WRITE,
        "Change an account; let in no more, or as another, it is signed out",
        _written,
        zh="变更账号",
    )
    async def update_account(self, info: Info, input: UpdateAccountInput) -> AccountDoc:  # noqa: A002
        """Once per clientMutationId."""
        changes = changes_of(
            role=input.role,
            unit=None if input.unit is None else key_of(input.unit, "Unit", "unit"),
            name_zh=input.name_zh,
            name_en=input.name_en,
            active=input.active,
        )
        return await update_account(
            *at_desk(info),
            account_id=key_of(input.account, "Account", "account"),
            changes=changes,
            key=input.client_mutation_id,
        )

    @mutation(
        Scope.ACCOUNTS_WRITE,
        "A new password or secret, told once; what was opened with the old one ends",
        _told,
        zh="重置密码或密钥",
    )
    async def reset_secret(self, info: Info, input: ResetSecretInput) -> Given:  # noqa: A002
        """Once per clientMutationId."""
        return await reset_secret(
            *at_desk(info),
            account_id=key_of(input.account, "Account", "account"),
            grace_hours=input.grace_hours,
            key=input.client_mutation_id,
        )

    @mutation(Scope.ACCOUNTS_WRITE, "End all that an account has open", _written, zh="强制下线")
    async def sign_out_account(self, info: Info, input: SignOutAccountInput) -> AccountDoc:  # noqa: A002
        """Once per clientMutationId; no phone of it is woken until it signs in again."""
        return await sign_out_account(
            *at_desk(info),
            account_id=key_of(input.account, "Account", "account"),
            key=input.client_mutation_id,
        )

    @mutation(
        Scope.ACCOUNTS_WRITE, "End one session, and stop waking its phone", _written, zh="结束会话"
    )
    async def revoke_session(self, info: Info, input: RevokeSessionInput) -> AccountDoc:  # noqa: A002
        """Once per clientMutationId; open sockets of it close within seconds."""
        return await revoke_session(
            *at_desk(info),
            session_id=key_of(input.session, "Session", "session"),
            key=input.client_mutation_id,
        )
