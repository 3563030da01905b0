"""`feed replay` and `feed record`: from the archive to a state, from a live feed to a fixture."""

import dataclasses
import logging
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from hub.errors import StartError
from liandong.cli import common
from liandong.cli.common import Config

if TYPE_CHECKING:
    from hub.connector import Connector
    from hub.ingest.record import Recorded
    from hub.ingest.replay import Replayed
    from hub.store.feeds.archive import Archive

TCP_SECONDS = 60.0


def register(feed: typer.Typer) -> None:
    """Add the commands to `liandong feed`."""
    feed.command("replay")(replay)
    feed.command("record")(record)


def replay(
    feeds: Annotated[
        list[str], typer.Argument(help="数据源标识 · ids of feeds, replayed together by time")
    ],
    start: Annotated[
        str | None, typer.Option("--from", help="起始时刻 · RFC 3339; else the oldest")
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", help="结束时刻 · RFC 3339; else the newest")
    ] = None,
    speed: Annotated[
        float, typer.Option(help="速度 · 1: as it was; 0: as fast as possible", min=0)
    ] = 0,
    into: Annotated[
        str, typer.Option(help="目标数据库，先清空 · database, emptied first")
    ] = "liandong_replay",
    config: Config = None,
) -> None:
    """重放存档 · Replay archived messages through the same code, into a database of its own."""
    bounds = common.moment(start), common.moment(end)
    outcome, contents = common.run(_replay(config, feeds, bounds, speed, into))
    typer.echo(
        f"已重放报文 replayed {outcome.messages}: 拒绝 refused {outcome.refused}, "
        f"缺失 missing {outcome.missing}, 丢失帧 lost frames {outcome.lost}"
    )
    listed = ", ".join(f"{name} {count}" for name, count in contents.items() if count)
    typer.echo(f"数据库 database {into}: {listed or '空 empty'}")


async def _replay(
    config: Path | None,
    feeds: list[str],
    bounds: tuple[datetime | None, datetime | None],
    speed: float,
    into: str,
) -> "tuple[Replayed, dict[str, int]]":
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    from connectors import connector
    from hub.ingest.replay import Replay, plans_of
    from hub.store.feeds import replays
    from hub.store.feeds.cache import FeedRepository
    from hub.store.feeds.same_as import SameAs
    from liandong import observe
    from liandong.configured import area_of

    async with common.opened(config) as (settings, store):
        observe.configure_logs(settings.hub.log)
        logging.getLogger().setLevel(logging.WARNING)  # states of that day are no news
        area = area_of(settings.hub.area)
        everywhere = await SameAs(store).with_equivalents(area.stop_places)
        area = dataclasses.replace(area, stop_places=everywhere)
        plans = plans_of(settings, feeds, connector, area)
        archive = FeedRepository(store).raw
        first, last = await _span(archive, feeds, *bounds)
        target = await replays.prepared(store, into, feeds)
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
        with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as progress:
            bar = progress.add_task("", total=(last - first).total_seconds() or 1)

            def reached(at: datetime) -> None:
                done = (at - first).total_seconds()
                progress.update(bar, completed=done, description=f"{at:%Y-%m-%d %H:%M:%S}Z")

            replay_ = Replay(archive, target, plans, area, speed=speed)
            outcome = await replay_.run(*bounds, seen=reached)
            progress.update(bar, completed=progress.tasks[bar].total)
        return outcome, await replays.contents(target)


async def _span(
    archive: "Archive", feeds: list[str], start: datetime | None, end: datetime | None
) -> tuple[datetime, datetime]:
    """What there is to replay. Raises StartError, saying what the archive has, for nothing."""
    held = [await archive.holdings(feed) for feed in feeds]
    firsts = [one.first for one in held if one.first is not None]
    lasts = [one.last for one in held if one.last is not None]
    if not firsts or not lasts:
        raise StartError(f"The archive has nothing of {', '.join(feeds)}.")
    first, last = max(start or min(firsts), min(firsts)), min(end or max(lasts), max(lasts))
    if first > last:
        raise StartError(
            f"The archive has nothing within these times: of {', '.join(feeds)} it has "
            f"{min(firsts):%Y-%m-%dT%H:%M:%SZ} to {max(lasts):%Y-%m-%dT%H:%M:%SZ}."
        )
    return first, last


def record(
    url: Annotated[
        str, typer.Argument(help="地址 · http(s)://..., or tcp://HOST:PORT to listen on")
    ],
    out: Annotated[
        Path | None, typer.Option(help="输出文件 · file; of several payloads: its pattern")
    ] = None,
    seconds: Annotated[
        float | None,
        typer.Option(
            "--for", help="时长 · how long; without it one payload, of peers one minute", min=0
        ),
    ] = None,
    every: Annotated[
        float, typer.Option(help="轮询间隔秒数 · seconds between two polls", min=1)
    ] = 20,
    kind: Annotated[
        str | None,
        typer.Option(help="按此类数据源请求 · ask, or answer peers, as this kind of feed does"),
    ] = None,
    allow_private: Annotated[
        bool,
        typer.Option("--allow-private", help="允许内网地址 · the host may be a private address"),
    ] = False,
) -> None:
    """录制样例 · Keep what a live feed sends, as files that `feed check` and tests read."""
    from connectors import connector
    from hub.ingest import record as recording

    found = connector(kind) if kind else None
    out = out or Path(recording.default_name(url))
    if urlsplit(url).scheme == "tcp":
        _record_peers(url, out, TCP_SECONDS if seconds is None else seconds, found)
        return
    if urlsplit(url).scheme not in {"http", "https"}:
        raise StartError(f"{url!r}: 应为 expected http://, https:// or tcp://HOST:PORT.")
    common.run(
        recording.record_http(
            url,
            out,
            allow_private=allow_private,
            connector=found,
            seconds=seconds,
            every=every,
            wrote=_said,
            missed=lambda error: print(error, file=sys.stderr),  # noqa: T201  # the command line's own voice
        )
    )


def _record_peers(url: str, out: Path, seconds: float, kind: "Connector | None") -> None:
    from hub.ingest.record import record_tcp

    host, port = _endpoint(url)

    def listening(bound: int) -> None:
        typer.echo(f"监听 listening on {host}:{bound}")

    _said(
        common.run(
            record_tcp(host, port, out, seconds=seconds, connector=kind, listening=listening)
        )
    )


def _endpoint(url: str) -> tuple[str, int]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if host is None or port is None:
        raise StartError(f"{url!r}: 应为 expected tcp://HOST:PORT, such as tcp://0.0.0.0:8905.")
    return host, port


def _said(recorded: "Recorded") -> None:
    typer.echo(f"{recorded.path}  {recorded.size} B  --at {recorded.at:%Y-%m-%dT%H:%M:%SZ}")
