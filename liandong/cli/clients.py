"""`watch` and `demo phone`: terminal clients over the public interfaces."""

import asyncio
from typing import Annotated

import typer

from hub import settings as configuration
from hub.access.demo import PASSWORD as DEMO_PASSWORD
from hub.errors import LiandongError, StartError
from liandong.cli import common

Url = Annotated[str | None, typer.Option(help="address of the hub")]
Password = Annotated[str | None, typer.Option(help="the demo accounts' if not given")]


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


def watch(
    what: Annotated[str, typer.Argument(help="board, taxi, feeds, orders or alarms")] = "board",
    stop_place: Annotated[str | None, typer.Option(help="one stop place of the board")] = None,
    url: Url = None,
    login: Annotated[str, typer.Option(help="account")] = "watch",
    password: Password = None,
    events: Annotated[int | None, typer.Option(help="end after so many events")] = None,
) -> None:
    """实时查看 · Live tables: board, taxi, feeds, orders, alarms."""
    from terminal.client import ClientError, HubClient
    from terminal.following import watch as show
    from terminal.watch import VIEWS

    if what not in VIEWS:
        raise StartError(f"watch {what!r}: 应为 expected {', '.join(VIEWS)}.")
    client = HubClient(_address(url), login, password or DEMO_PASSWORD)
    try:
        asyncio.run(show(client, what, stop_place=stop_place, events=events))
    except ClientError as error:
        raise LiandongError(str(error)) from None


def phone(
    login: Annotated[str, typer.Argument(help="an officer's account, such as officer1")],
    url: Url = None,
    password: Password = None,
    push: Annotated[str | None, typer.Option(help="address of the push stand-in's phones")] = None,
) -> None:
    """手机演示 · An officer's phone in this terminal: orders arrive, keys answer them."""
    from terminal.client import ClientError
    from terminal.phone import run_phone

    facts = common.facts_of(configuration.load().hub.data_dir)
    push_url = push or (f"{facts['sandbox']}/fcm" if facts.get("sandbox") else None)
    try:
        asyncio.run(run_phone(_address(url), push_url, login, password or DEMO_PASSWORD))
    except ClientError as error:
        raise LiandongError(str(error)) from None
