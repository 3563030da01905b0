"""Accounts as an administrator manages them: secrets, sessions, and what nobody may do."""

import pytest

from hub.errors import AccessDenied, UserFault
from hub.model.people import Principal, Role
from hub.operations.accounts.actions import (
    AccountChanges,
    Given,
    NewAccount,
    add_account,
    changes_of,
    new_account,
    reset_secret,
    update_account,
)
from hub.operations.accounts.store import AccountRows
from mobile_api.context import MobileContext
from tests.mobile.conftest import context, http
from tests.operations.operations_builders import fresh, principal

__all__ = ["context", "http"]


@pytest.fixture
def admin() -> Principal:
    return principal("admin", Role.ADMIN)


async def _added(
    context: MobileContext, admin: Principal, role: Role, key: str = ""
) -> tuple[NewAccount, Given]:
    asked = new_account(login=fresh("person"), role=role, unit="RPS")
    given = await add_account(context.operations.desk, admin, asked, key or fresh("key"))
    return asked, given


async def test_a_secret_is_told_once_and_signs_in(context: MobileContext, admin: Principal) -> None:
    """Who repeats the call is not told it again."""
    key = fresh("key")
    asked, given = await _added(context, admin, Role.OFFICER, key)
    assert given.secret is not None
    assert (await context.tokens.sign_in(asked.login, given.secret)).account.id == asked.login
    again = await add_account(context.operations.desk, admin, asked, key)
    assert (again.account.id, again.secret) == (asked.login, None)


async def test_a_reset_ends_what_the_old_secret_opened(
    context: MobileContext, admin: Principal
) -> None:
    """The old password is dead, and so is its session."""
    asked, given = await _added(context, admin, Role.WATCH)
    opened = await context.tokens.sign_in(asked.login, given.secret)
    desk = context.operations.desk
    new = await reset_secret(desk, admin, account_id=asked.login, grace_hours=0, key=fresh("key"))
    with pytest.raises(AccessDenied):
        await context.tokens.refresh(opened.refresh_token)
    with pytest.raises(AccessDenied):
        await context.tokens.sign_in(asked.login, given.secret)
    assert await context.tokens.sign_in(asked.login, new.secret)


async def test_within_its_grace_a_partners_old_secret_works(
    context: MobileContext, admin: Principal
) -> None:
    """Both do."""
    asked, given = await _added(context, admin, Role.PARTNER)
    desk = context.operations.desk
    new = await reset_secret(desk, admin, account_id=asked.login, grace_hours=2, key=fresh("key"))
    for secret in (given.secret, new.secret):
        assert await context.tokens.client_credentials(asked.login, secret)


async def test_nobody_shuts_themselves_out(context: MobileContext, admin: Principal) -> None:
    """So an administrator is always left."""
    for changes in (changes_of(active=False), changes_of(role=Role.WATCH)):
        with pytest.raises(UserFault) as refused:
            await update_account(
                context.operations.desk,
                admin,
                account_id="admin",
                changes=changes,
                key=fresh("key"),
            )
        assert refused.value.code == "OWN_ACCOUNT"


async def test_a_person_is_let_in_again_and_a_revoked_partner_is_not(
    context: MobileContext, admin: Principal
) -> None:
    """An application is added anew."""
    desk, off, on = context.operations.desk, changes_of(active=False), changes_of(active=True)
    people = [await _added(context, admin, role) for role in (Role.OFFICER, Role.PARTNER)]
    for asked, _ in people:
        await update_account(desk, admin, account_id=asked.login, changes=off, key=fresh("key"))
        with pytest.raises(UserFault) as refused:
            await reset_secret(desk, admin, account_id=asked.login, grace_hours=0, key=fresh("key"))
        assert refused.value.code == "ACCOUNT_OFF"
    (person, given), (partner, _) = people
    await update_account(desk, admin, account_id=person.login, changes=on, key=fresh("key"))
    assert await context.tokens.sign_in(person.login, given.secret)
    with pytest.raises(UserFault) as refused:
        await update_account(desk, admin, account_id=partner.login, changes=on, key=fresh("key"))
    assert refused.value.code == "CLIENT_REVOKED"


@pytest.mark.parametrize(
    ("changes", "anew"),
    [
        (changes_of(unit="MTR"), True),
        (changes_of(role=Role.LIAISON), True),
        (changes_of(active=False), True),
        (changes_of(name_zh="张三"), False),
    ],
)
async def test_whose_unit_or_role_changes_has_a_phone_that_begins_anew(
    context: MobileContext, admin: Principal, changes: AccountChanges, anew: bool
) -> None:
    """What it holds was another's to see, and what is this one's nobody has told it."""
    asked, _ = await _added(context, admin, Role.OFFICER)
    inbox = context.operations.inbox
    held = await inbox.changes_since(asked.login, None, 50)
    assert not (await inbox.changes_since(asked.login, held.next_cursor, 50)).reset
    await update_account(
        context.operations.desk, admin, account_id=asked.login, changes=changes, key=fresh("key")
    )
    page = await inbox.changes_since(asked.login, held.next_cursor, 50)
    assert page.reset is anew
    assert not (await inbox.changes_since(asked.login, page.next_cursor, 50)).reset


async def test_an_account_is_found_by_part_of_its_login_name_or_unit(
    context: MobileContext, admin: Principal
) -> None:
    """However many there are; blanks and capitals say nothing, and nothing is a pattern."""
    mark = fresh("mark")
    for number in range(3):
        asked = new_account(
            login=f"{mark}-{number}", role=Role.OFFICER, unit="RPS", name_zh=f"队员 {mark} {number}"
        )
        await add_account(context.operations.desk, admin, asked, fresh("key"))
    rows = context.operations.desk.of(AccountRows)

    async def found(text: str) -> set[str]:
        page = await rows.page(admin.viewer, first=200, text=text)
        return {account.login for account in page if account.login.startswith(mark)}

    everybody = {f"{mark}-{number}" for number in range(3)}
    assert await found(mark.upper()) == everybody
    assert await found(f"队员{mark}1") == {f"{mark}-1"}
    assert await found("上海站派出所") == everybody
    assert await found("rps") == everybody
    assert await found(".*") == set()
    assert await rows.page(principal("watch", Role.WATCH).viewer, first=9, text=mark) == []
