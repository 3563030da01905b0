"""`user`, `client`, `token`: accounts from the server's own shell, each use on the audit log."""

import secrets
import sys
from datetime import timedelta
from getpass import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.errors import StartError
from hub.model.people import Role
from hub.settings import AccessSettings
from liandong.cli import common
from liandong.cli.common import Config

if TYPE_CHECKING:
    from hub.access.tokens import SignedIn

MIN_PASSWORD = 10
_MINUTES = AccessSettings.model_fields["access_minutes"].default
_ISSUE = (
    "签发令牌 · Print an access token for an account; audited.\n\n"
    f"有效期见配置 access.access_minutes，默认 {_MINUTES} 分钟 · "
    f"It is good for as long as access.access_minutes says, {_MINUTES} minutes by default."
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    user = typer.Typer(help="账号 · Accounts of people.", no_args_is_help=True)
    user.command("add")(user_add)
    user.command("list")(user_list)
    user.command("revoke")(user_revoke)
    app.add_typer(user, name="user")
    client = typer.Typer(help="合作单位应用 · Partner applications.", no_args_is_help=True)
    client.command("add")(client_add)
    client.command("list")(client_list)
    client.command("rotate")(client_rotate)
    client.command("revoke")(client_revoke)
    app.add_typer(client, name="client")
    token = typer.Typer(help="令牌 · Access tokens.", no_args_is_help=True)
    token.command("issue", help=_ISSUE)(token_issue)
    app.add_typer(token, name="token")


def user_add(
    login: Annotated[str, typer.Argument(help="登录名 · name the person signs in with")],
    role: Annotated[str, typer.Option(help="角色 · OFFICER, LIAISON, WATCH, COMMANDER or ADMIN")],
    unit: Annotated[str | None, typer.Option(help="成员单位代码 · code of the member unit")] = None,
    name_zh: Annotated[str | None, typer.Option(help="中文姓名 · name in Chinese")] = None,
    name_en: Annotated[str | None, typer.Option(help="英文姓名 · name in English")] = None,
    config: Config = None,
) -> None:
    """添加账号 · Add an account; asks for its password."""
    try:
        kind = Role(role.upper())
    except ValueError:
        kind = Role.PARTNER
    if kind is Role.PARTNER:
        raise StartError(
            f"--role {role!r}: 应为 expected OFFICER, LIAISON, WATCH, COMMANDER or ADMIN.",
            hint="合作单位应用 partner applications: liandong client add.",
        )
    password = _password()
    common.run(_add(config, login, password, kind, unit, name_zh or login, name_en))
    typer.echo(f"已添加 added {login} ({kind})")


def _password() -> str:
    """A new password, typed twice. Raises StartError if it is too short, or none is typed."""
    try:
        while True:
            password = _typed("密码 password: ")
            if len(password) < MIN_PASSWORD:
                raise StartError(
                    f"密码太短 The password is too short: 至少 at least {MIN_PASSWORD} characters."
                )
            if _typed("再输一次 once more: ") == password:
                return password
            typer.echo("两次不一致，请重输 They differ: type both again.", err=True)
    except EOFError:
        raise StartError("没有输入密码 No password was typed: 未添加 nothing was added.") from None
    except KeyboardInterrupt:
        typer.echo("\n已取消，未添加 Cancelled: nothing was added.", err=True)
        raise typer.Exit(130) from None


def _typed(prompt: str) -> str:
    """What is typed unseen; what a pipe says nobody sees anyway. Raises EOFError at its end."""
    if sys.stdin.isatty():
        return getpass(prompt)
    typer.echo(prompt, err=True)
    if not (line := sys.stdin.readline()):
        raise EOFError
    return line.removesuffix("\n")


def client_add(
    login: Annotated[str, typer.Argument(help="应用标识 · the application's client_id")],
    unit: Annotated[str, typer.Option(help="所属单位代码 · code of the member unit it belongs to")],
    config: Config = None,
) -> None:
    """添加应用 · Add a partner application; its secret is shown once."""
    secret = secrets.token_urlsafe(32)
    common.run(_add(config, login, secret, Role.PARTNER, unit, login, None))
    _show(login.lower(), secret)


def client_rotate(
    login: Annotated[str, typer.Argument(help="应用标识 · the application's client_id")],
    grace: Annotated[
        float,
        typer.Option(
            help="宽限小时数 · hours for which the old secret works too, at most 720", min=0
        ),
    ] = 0,
    config: Config = None,
) -> None:
    """更换密钥 · A new secret; the old one is dead at once, or after --grace."""
    _show(login.lower(), common.run(_rotate(config, login, timedelta(hours=grace))))


def client_revoke(
    login: Annotated[str, typer.Argument(help="应用标识 · the application's client_id")],
    config: Config = None,
) -> None:
    """吊销应用 · Keep an application out for good; its sessions end."""
    ended = common.run(_revoke(config, login))
    typer.echo(f"已吊销 revoked {login}, 结束会话 sessions ended: {ended}")


def user_list(config: Config = None) -> None:
    """列出账号 · List accounts."""
    common.run(_list(config, partners=False))


def user_revoke(
    login: Annotated[str, typer.Argument(help="账号登录名 · the person's login")],
    config: Config = None,
) -> None:
    """强制下线 · End all sessions of a person and stop waking the phones; the account stays."""
    ended = common.run(_revoke_user(config, login))
    typer.echo(f"已下线 signed out {login}, 结束会话 sessions ended: {ended}")


def client_list(config: Config = None) -> None:
    """列出应用 · List partner applications, those revoked marked."""
    common.run(_list(config, partners=True))


def token_issue(
    login: Annotated[str, typer.Argument(help="账号 · account it is for, such as watch")],
    config: Config = None,
) -> None:
    """Print an access token, and beside it how long it is good."""
    issued = common.run(_issue(config, login))
    typer.echo(issued.access_token)
    typer.echo(f"有效 good for {issued.expires_in} s", err=True)


async def _add(
    config: Path | None,
    login: str,
    password: str,
    role: Role,
    unit: str | None,
    name_zh: str,
    name_en: str | None,
) -> None:
    from hub.access.passwords import hash_password
    from hub.store.documents import NameDoc
    from hub.store.people import Accounts, Units

    async with common.opened(config) as (_, store):
        known = [row.id for row in await Units().all()]
        if unit is not None and unit not in known:
            units = ", ".join(known) or "尚无 none yet"
            raise StartError(f"--unit {unit!r}: 应为 expected one of {units}.")
        if unit is None and role in {Role.OFFICER, Role.LIAISON, Role.PARTNER}:
            raise StartError(
                f"{role} 须指定单位 --unit is needed for {role}.",
                hint=f"可选 one of {', '.join(known)}.",
            )
        hashed = await hash_password(password)
        await Accounts(store).add(
            login=login.lower(),
            password_hash=hashed,
            role=role,
            name=NameDoc(zh=name_zh, en=name_en),
            unit=unit,
        )


def _show(client_id: str, secret: str) -> None:
    typer.echo(f"client_id      {client_id}\nclient_secret  {secret}\n(只显示一次 shown only now)")


async def _rotate(config: Path | None, login: str, grace: timedelta) -> str:
    from hub.access.partners import Partners

    async with common.opened(config) as (_, store):
        return await Partners(store).rotate(login, grace=grace)


async def _revoke(config: Path | None, login: str) -> int:
    from hub.access.partners import Partners

    async with common.opened(config) as (_, store):
        return await Partners(store).revoke(login)


async def _revoke_user(config: Path | None, login: str) -> int:
    from hub.access.revoking import revoke_user

    async with common.opened(config) as (_, store):
        return await revoke_user(store, login)


async def _list(config: Path | None, *, partners: bool) -> None:
    from hub.model.people import Viewer
    from hub.store.people import Accounts

    everything = Viewer("server shell", Role.ADMIN, None)
    roles = {Role.PARTNER} if partners else set(Role) - {Role.PARTNER}
    async with common.opened(config) as (_, store):
        for account in await Accounts(store).list_(
            everything, first=10_000, roles=roles, revoked_too=True
        ):
            unit, name = account.unit or "-", account.name.zh or account.name.en or ""
            revoked = "" if account.active else "  已吊销 revoked"
            typer.echo(f"{account.login:16} {account.role:10} {unit:5} {name}{revoked}")


async def _issue(config: Path | None, login: str) -> "SignedIn":
    from hub.access.service import tokens_for

    async with common.opened(config, prepare=False) as (settings, store):
        tokens = tokens_for(store, settings, embedded=common.is_embedded(settings))
        return await tokens.issue(login)
