"""`up`, `down`, `serve`, `sandbox`: what starts and ends processes."""

import contextlib
import os
import sys
from typing import Annotated

import typer

from hub import settings as configuration
from hub.errors import StartError
from liandong.cli import common
from liandong.cli.common import Config


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(up)
    app.command()(down)
    app.command()(serve)
    # its options are the sandbox's own, --help among them
    own = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
    app.command(context_settings=own)(sandbox)


def up(
    scenario: Annotated[str | None, typer.Option(help="沙盒场景 · sandbox scenario")] = None,
    taxis: Annotated[int, typer.Option(help="沙盒出租车数 · taxis in the sandbox")] = 300,
    speed: Annotated[float, typer.Option(help="模拟速度 · simulated seconds per real second")] = 1,
) -> None:
    """启动数据库、沙盒与中枢 · Embedded MongoDB, sandbox and hub: everything to try it out."""
    from liandong.cli.supervise import Up

    Up(configuration.load().hub, scenario=scenario, taxis=taxis, speed=speed).run()


def down() -> None:
    """停止 · End what `up` started here, the embedded database included."""
    from hub.store import embedded
    from liandong.cli.supervise import end_running

    data_dir = configuration.load().hub.data_dir
    database = embedded.living(data_dir)
    ended = end_running(data_dir)
    if ended is not None:
        typer.echo(f"已停止 ended: up (pid {ended}), 及其中枢和沙盒 with its hub and sandbox")
    left = embedded.stop(data_dir)
    if database is not None:
        which = f"mongod pid {database.pid}, 端口 port {database.port}, {data_dir / 'mongo'}"
        was = "遗留的内嵌数据库 the embedded database, which was left running"
        own = "内嵌数据库 the embedded database"
        typer.echo(f"已停止 ended: {was if left else own}: {which}")
    elif ended is not None:
        typer.echo("没有内嵌数据库 no embedded database ran: 别处的数据库照常运行 yours goes on")
    else:
        typer.echo(
            f"没有在运行的，也没有内嵌数据库 nothing runs here, no database either: {data_dir}"
        )


def serve(
    config: Config = None,
    role: Annotated[str, typer.Option(help="进程角色 · all, api, ingest or dispatch")] = "all",
    until_stdin_closes: Annotated[bool, typer.Option(hidden=True)] = False,
) -> None:
    """运行中枢 · The hub, or one role of it, against the configured MongoDB."""
    if role not in {"all", "api", "ingest", "dispatch"}:
        raise StartError(f"--role {role!r}: 应为 expected all, api, ingest or dispatch.")
    # who only sends orders needs neither the feeds nor their secrets
    settings = common.load(config) if role == "dispatch" else common.checked(config)
    embedded = common.is_embedded(settings)
    if role == "all":
        from liandong import parts

        parts.run(settings, embedded=embedded, until_stdin_closes=until_stdin_closes)
        return
    from liandong import server

    server.run(
        settings,
        roles=frozenset({role}),
        embedded=embedded,
        listening=server.listening_at(settings) if role == "api" else None,
        until_stdin_closes=until_stdin_closes,
    )


def sandbox(context: typer.Context) -> None:
    """模拟外部世界 · The outside world, simulated; see `liandong sandbox --help`."""
    # The sandbox is another program: the hub never imports it.
    with contextlib.suppress(KeyboardInterrupt):
        os.execv(  # noqa: S606  # our own interpreter and module, the user's own arguments
            sys.executable, [sys.executable, "-m", "sandbox", *context.args]
        )
