"""`watch` and `demo phone`: terminal clients over the public interfaces."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Annotated, Any

import typer

from hub import settings as configuration
from hub.access.demo import PASSWORD as DEMO_PASSWORD
from hub.errors import LiandongError, StartError
from liandong.cli import common

Url = Annotated[str | None, typer.Option(help="中枢地址 · address of the hub")]
Password = Annotated[
    str | None, typer.Option(help="密码，默认为演示账号的 · password; else the demo accounts'")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(watch)
    demo = typer.Typer(help="演示 · Demonstrations.", no_args_is_help=True)
    demo.callback()(_demo)
    demo.command("phone")(phone)
    app.add_typer(demo, name="demo")


def _demo() -> None:
    """演示 · Demonstrations over the public interfaces."""


def _address(url: str | None) -> str:
    hub = configuration.load().hub
    return (
        url or common.facts_of(hub.data_dir).get("hub") or f"http://127.0.0.1:{hub.port}"
    ).rstrip("/")


async def _to_its_end(work: Coroutine[Any, Any, None]) -> None:
    """Do it; SIGTERM ends it as Ctrl-C does: a terminal is put back, what is piped has an end."""
    told: list[int] = []
    task = asyncio.ensure_future(work)

    def end() -> None:
        told.append(signal.SIGTERM)
        task.cancel()

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, end)
    try:
        await task
    except asyncio.CancelledError:
        if told:
            raise typer.Exit(128 + signal.SIGTERM) from None
        raise


def watch(
    what: Annotated[
        str, typer.Argument(help="看什么 · one of board, taxi, feeds, orders, alarms")
    ] = "board",
    stop_place: Annotated[
        str | None, typer.Option(help="只看一个站点 · one stop place of the board")
    ] = None,
    url: Url = None,
    login: Annotated[str, typer.Option(help="账号 · account")] = "watch",
    password: Password = None,
    events: Annotated[
        int | None, typer.Option(help="收到多少条后结束 · end after so many events")
    ] = None,
) -> None:
    """实时查看 · Live tables, or lines where the output is no terminal; q ends it."""
    from terminal.client import ClientError, HubClient
    from terminal.following import watch as show
    from terminal.watch import VIEWS

    if what not in VIEWS:
        raise StartError(f"watch {what!r}: 应为 expected {', '.join(VIEWS)}.")
    client = HubClient(_address(url), login, password or DEMO_PASSWORD)
    try:
        asyncio.run(_to_its_end(show(client, what, stop_place=stop_place, events=events)))
    except ClientError as error:
        raise LiandongError(str(error)) from None


def phone(
    login: Annotated[str, typer.Argument(help="队员账号 · an officer's account, such as officer1")],
    url: Url = None,
    password: Password = None,
    push: Annotated[
        str | None, typer.Option(help="推送替身的地址 · address of the push stand-in's phones")
    ] = None,
) -> None:
    """手机演示 · An officer's phone in this terminal: orders arrive, keys answer them."""
    from terminal.client import ClientError
    from terminal.phone import run_phone

    facts = common.facts_of(configuration.load().hub.data_dir)
    push_url = push or (f"{facts['sandbox']}/fcm" if facts.get("sandbox") else None)
    try:
        work = run_phone(_address(url), push_url, login, password or DEMO_PASSWORD)
        asyncio.run(_to_its_end(work))
    except ClientError as error:
        raise LiandongError(str(error)) from None
