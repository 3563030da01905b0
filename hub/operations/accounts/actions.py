"""What an administrator does with accounts: makes, changes, resets, signs out (账号管理).

A secret is made here, given to the caller once and stored hashed. Who repeats a call with its key
is not given it again: then it is reset anew.
"""

import re
import secrets
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from hub import clock
from hub.access.partners import LONGEST_GRACE
from hub.access.passwords import hash_password
from hub.access.revoking import end_sessions, ended_within
from hub.errors import NotFound, UserFault
from hub.model.people import Principal, Role, Scope
from hub.operations import checks
from hub.operations.desk import Call, Desk, Done
from hub.store.audit import Author
from hub.store.documents import AccountDoc, NameDoc, SessionDoc, plain
from hub.store.driver import Tx
from hub.store.pending import pending, seen
from hub.store.people import ACCOUNTS
from hub.store.sessions import SESSIONS

NAME = 100
"""The most characters of a name, in each language."""
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_OF_UNITS = frozenset({Role.OFFICER, Role.LIAISON, Role.PARTNER})
_READABLE = "abcdefghjkmnpqrstuvwxyz23456789"
"""What is not taken for another letter when somebody reads it out."""


@dataclass(frozen=True, slots=True)
class Given:
    """An account after its secret was made; `secret` is None for who asks again."""

    account: AccountDoc
    secret: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """An account to be made, checked as far as that is possible without the database."""

    login: str
    role: Role
    unit: str | None
    name: NameDoc


def new_account(
    *,
    login: object,
    role: object,
    unit: str | None = None,
    name_zh: object = None,
    name_en: object = None,
) -> NewAccount:
    """Check what a caller asks for. Raises UserFault with the path of the first fault."""
    given = login.strip().lower() if isinstance(login, str) else ""
    if not _LOGIN.fullmatch(given):
        words = "登录名须为 1 至 64 个小写字母、数字或 . _ - / login: letters, digits, . _ - only."
        raise UserFault("BAD_VALUE", words, path=("login",))
    kind = checks.word(role, Role, ("role",))
    _is_no_wall(kind)
    unit = checks.identifier(unit, ("unit",)) if unit is not None else None
    _has_its_unit(kind, unit)
    name = NameDoc(
        zh=checks.optional_text(name_zh, ("nameZh",), most=NAME) or given,
        en=checks.optional_text(name_en, ("nameEn",), most=NAME),
    )
    return NewAccount(login=given, role=kind, unit=unit, name=name)


async def add_account(desk: Desk, by: Principal, asked: NewAccount, key: str) -> Given:
    """Make an account once per key, with a secret of its own. Needs ACCOUNTS_WRITE.

    Codes: BAD_VALUE, BAD_TEXT, UNIT_UNKNOWN, LOGIN_TAKEN.
    """
    by.require(Scope.ACCOUNTS_WRITE)
    secret = _new_secret(asked.role)
    account = AccountDoc(
        id=asked.login,
        login=asked.login,
        password_hash=await hash_password(secret),
        role=asked.role,
        unit=asked.unit,
        name=asked.name,
        created_at=clock.now(),
    )

    async def work(tx: Tx) -> Done:
        await _known_unit(desk, asked.unit)
        await seen(tx, ACCOUNTS)
        if await desk.accounts.by_login(asked.login, tx=tx) is not None:
            words = f"登录名已存在 / The login {asked.login!r} is taken."
            raise UserFault("LOGIN_TAKEN", words, path=("login",))
        pending(tx).insert(ACCOUNTS, plain(account))
        return Done(account.id, after={"login": account.login, **_said(account)})

    body = {"login": asked.login, **_said(account)}
    done = await desk.once(by, Call("addAccount", "account.added", body, key), work)
    return await _given(desk, done, account.password_hash, secret)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountChanges:
    """What of an account is to be another; None leaves it."""

    role: Role | None = None
    unit: str | None = None
    name_zh: str | None = None
    name_en: str | None = None
    active: bool | None = None


def changes_of(
    *,
    role: object = None,
    unit: str | None = None,
    name_zh: object = None,
    name_en: object = None,
    active: bool | None = None,
) -> AccountChanges:
    """Check what a caller asks for. Raises UserFault with the path of the first fault."""
    return AccountChanges(
        role=None if role is None else checks.word(role, Role, ("role",)),
        unit=None if unit is None else checks.identifier(unit, ("unit",)),
        name_zh=checks.optional_text(name_zh, ("nameZh",), most=NAME),
        name_en=checks.optional_text(name_en, ("nameEn",), most=NAME),
        active=active,
    )


async def update_account(
    desk: Desk, by: Principal, *, account_id: str, changes: AccountChanges, key: str
) -> AccountDoc:
    """Change an account once per key. Needs ACCOUNTS_WRITE.

    Who is let in no more, or as another than before, is signed out, and their phone begins anew.
    Codes: NOT_FOUND, BAD_VALUE, BAD_TEXT, UNIT_UNKNOWN, OWN_ACCOUNT, CLIENT_REVOKED.
    """
    by.require(Scope.ACCOUNTS_WRITE)
    account_id = checks.identifier(account_id, ("account",))

    async def work(tx: Tx) -> Done:
        account = await _account(desk, account_id, tx)
        after = _changed(account, changes)
        _may_be(by, account, after)
        await _known_unit(desk, changes.unit)
        before, now = _said(account), _said(after)
        if before == now:
            return Done(account.id, changed=False)
        pending(tx).update(ACCOUNTS, account.id, {"$set": now})
        told: dict[str, Any] = {name: now[name] for name in now if now[name] != before[name]}
        if told.keys() & {"role", "unit", "active"}:
            ended, silenced = await ended_within(tx, desk.store, account.id, clock.now())
            told |= {"sessions_ended": ended, "devices_silenced": silenced}
            desk.inbox.anew(tx, account.id)
        return Done(account.id, before={name: before.get(name) for name in told}, after=told)

    body = {"account": account_id, "changes": asdict(changes)}
    done = await desk.once(by, Call("updateAccount", "account.changed", body, key), work)
    return await _account(desk, done)


async def reset_secret(
    desk: Desk, by: Principal, *, account_id: str, grace_hours: int, key: str
) -> Given:
    """A new password or secret, once per key; what was opened with the old one ends.

    A partner's old one is good for `grace_hours` more, and its sessions go on. Needs
    ACCOUNTS_WRITE. Codes: NOT_FOUND, BAD_VALUE, ACCOUNT_OFF.
    """
    by.require(Scope.ACCOUNTS_WRITE)
    account_id = checks.identifier(account_id, ("account",))
    most = LONGEST_GRACE // timedelta(hours=1)
    if not 0 <= grace_hours <= most:
        words = f"宽限须为 0 至 {most} 小时 / graceHours: expected 0 to {most}."
        raise UserFault("BAD_VALUE", words, path=("graceHours",))
    known = await desk.accounts.by_id(account_id)
    secret = _new_secret(known.role if known is not None else Role.OFFICER)
    hashed = await hash_password(secret)

    async def work(tx: Tx) -> Done:
        account = await _account(desk, account_id, tx)
        _is_no_wall(account.role)
        if not account.active:
            words = "账号已停用，请先启用 / The account is off: let it in again first."
            raise UserFault("ACCOUNT_OFF", words, path=("account",))
        if grace_hours and account.role is not Role.PARTNER:
            words = "只有合作单位应用可以宽限 / graceHours: for partner applications only."
            raise UserFault("BAD_VALUE", words, path=("graceHours",))
        now = clock.now()
        until = now + timedelta(hours=grace_hours) if grace_hours else None
        desk.accounts.set_secret(account, hashed, former_until=until, tx=tx)
        ended, silenced = ([], []) if until else await ended_within(tx, desk.store, account.id, now)
        return Done(
            account.id,
            before={"former_until": account.former_until},
            after={
                "former_until": until,
                "reset_at": now,
                "sessions_ended": ended,
                "devices_silenced": silenced,
            },
        )

    body = {"account": account_id, "grace": grace_hours}
    done = await desk.once(by, Call("resetSecret", "account.secretReset", body, key), work)
    given = await _given(desk, done, hashed, secret)
    if given.secret is not None and not grace_hours:
        # whoever was signing in with the old one meanwhile
        await end_sessions(desk.store, given.account, by=Author.of(by), why="secret changed")
    return given


async def sign_out_account(desk: Desk, by: Principal, *, account_id: str, key: str) -> AccountDoc:
    """End all that an account has open, once per key; no phone of it is woken until it signs in.

    Needs ACCOUNTS_WRITE. Codes: NOT_FOUND.
    """
    by.require(Scope.ACCOUNTS_WRITE)
    account_id = checks.identifier(account_id, ("account",))

    async def work(tx: Tx) -> Done:
        account = await _account(desk, account_id, tx)
        now = clock.now()
        ended, silenced = await ended_within(tx, desk.store, account.id, now)
        return Done(
            account.id,
            before={"sessions": ended, "devices": silenced},
            after={"sessions": [], "devices": [], "revoked_at": now},
            changed=bool(ended or silenced),
        )

    call = Call("signOutAccount", "account.signedOut", {"account": account_id}, key)
    return await _account(desk, await desk.once(by, call, work))


async def revoke_session(desk: Desk, by: Principal, *, session_id: str, key: str) -> AccountDoc:
    """End one session, once per key, and stop waking its phone; gives its account.

    Needs ACCOUNTS_WRITE. Codes: NOT_FOUND, SESSION_ENDED.
    """
    by.require(Scope.ACCOUNTS_WRITE)
    session_id = checks.identifier(session_id, ("session",))

    async def work(tx: Tx) -> Done:
        row = await pending(tx).row(SESSIONS, session_id)
        if row is None:
            raise NotFound("session", session_id, path=("session",))
        if row["revoked_at"] is not None:
            words = "会话已结束 / The session has ended already."
            raise UserFault("SESSION_ENDED", words, path=("session",))
        now = clock.now()
        pending(tx).update(SESSIONS, session_id, {"$set": {"revoked_at": now}})
        if row.get("device_id") is not None:
            await desk.devices.silence(row["account_id"], row["device_id"], tx=tx)
        told = {"account": row["account_id"], "device": row.get("device_id")}
        before, after = {**told, "revoked_at": None}, {**told, "revoked_at": now}
        return Done(session_id, before=before, after=after)

    call = Call("revokeSession", "session.revoked", {"session": session_id}, key)
    done = await desk.once(by, call, work)
    session = await SessionDoc.find_one({"_id": done})
    if session is None:
        raise NotFound("session", done, path=("session",))
    return await _account(desk, session.account_id)


def _new_secret(role: Role) -> str:
    """A partner's is read by a program; a person's is read out and typed once: 79 random bits."""
    if role is Role.PARTNER:
        return secrets.token_urlsafe(32)
    return "-".join("".join(secrets.choice(_READABLE) for _ in range(4)) for _ in range(4))


async def _given(desk: Desk, account_id: str, hashed: str, secret: str) -> Given:
    account = await _account(desk, account_id)
    return Given(account, secret if account.password_hash == hashed else None)


async def _account(desk: Desk, account_id: str, tx: Tx | None = None) -> AccountDoc:
    account = await desk.accounts.by_id(account_id, tx=tx)
    if account is None:
        raise NotFound("account", account_id, path=("account",))
    return account


async def _known_unit(desk: Desk, unit: str | None) -> None:
    if unit is not None and unit not in await desk.units.by_codes([unit]):
        raise UserFault("UNIT_UNKNOWN", f"无此单位 / No unit {unit!r}.", path=("unit",))


def _has_its_unit(role: Role, unit: str | None) -> None:
    if role in _OF_UNITS and unit is None:
        words = f"该角色须指定单位 / unit: {role} belongs to a unit."
        raise UserFault("BAD_VALUE", words, path=("unit",))


def _is_no_wall(role: Role) -> None:
    if role is Role.WALL:
        words = (
            "大屏须在“大屏”页批准，没有密码 / role: a screen is let be a wall, and has no password."
        )
        raise UserFault("BAD_VALUE", words, path=("role",))


def _changed(account: AccountDoc, changes: AccountChanges) -> AccountDoc:
    name = NameDoc(
        zh=changes.name_zh or account.name.zh,
        en=changes.name_en or account.name.en,
    )
    after: AccountDoc = account.model_copy(
        update={
            "role": changes.role or account.role,
            "unit": changes.unit or account.unit,
            "name": name,
            "active": account.active if changes.active is None else changes.active,
        }
    )
    return after


def _may_be(by: Principal, account: AccountDoc, after: AccountDoc) -> None:
    """Whether the account may become that. Raises UserFault."""
    _has_its_unit(after.role, after.unit)
    if account.id == by.account_id and (after.role is not account.role or not after.active):
        words = "不能停用自己或改变自己的角色 / Not your own account: ask another administrator."
        raise UserFault("OWN_ACCOUNT", words, path=("account",))
    if after.role is not account.role and Role.WALL in {after.role, account.role}:
        _is_no_wall(Role.WALL)
    if (after.role is Role.PARTNER) is not (account.role is Role.PARTNER):
        words = "人员与应用不能互换 / role: a person's account is no application's."
        raise UserFault("BAD_VALUE", words, path=("role",))
    if account.role is Role.PARTNER and after.active and not account.active:
        words = f"应用已吊销 / {account.login} was revoked: add it under another name."
        raise UserFault("CLIENT_REVOKED", words, path=("active",))


def _said(account: AccountDoc) -> dict[str, Any]:
    """What the audit log says of an account, and what of it can be changed."""
    return {
        "role": account.role.value,
        "unit": account.unit,
        "name": account.name.model_dump(),
        "active": account.active,
    }
