"""`feed check` and `schema export`: what looks at feeds and the schema without a running hub."""

import json
import os
import sys
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from hub.errors import LiandongError, StartError
from liandong.cli import common
from liandong.cli.changes import changes

if TYPE_CHECKING:
    from hub.connector import Batch, Reference


_UNMATCHED = (
    "提示 hint: 未给 --static，无法与静态数据匹配 nothing is matched without it: "
    "--static FILE or URL (static_url in the configuration)"
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    from liandong.cli import archive, identity

    feed = typer.Typer(help="数据源 · Feeds.", no_args_is_help=True)
    feed.command("check")(check)
    archive.register(feed)
    identity.register(feed)
    feed.command("docs")(docs)
    app.add_typer(feed, name="feed")
    app.command("docs")(manuals)
    schema = typer.Typer(help="GraphQL 模式 · The schema.", no_args_is_help=True)
    schema.command("export")(export)
    schema.command("changes")(changes)
    app.add_typer(schema, name="schema")


def check(
    kind: Annotated[
        str,
        typer.Argument(
            help="数据源类型 · kind of feed, such as gtfs_rt (docs/feeds.md lists them)"
        ),
    ],
    source: Annotated[str, typer.Argument(help="文件或网址 · a file or a URL")],
    static: Annotated[
        str | None,
        typer.Option(
            help="比对用的静态数据 · what to match against: a timetable (GTFS zip, NeTEx, "
            "TransXChange); of gbfs a station_information, of datex2_parking the facilities"
        ),
    ] = None,
    timezone: Annotated[
        str | None, typer.Option(help="默认时区 · zone of times that name none")
    ] = None,
    at: Annotated[str | None, typer.Option(help="接收时刻 · received at (RFC 3339)")] = None,
    options: Annotated[
        Path | None,
        typer.Option(
            help="配置 · TOML with the kind's own keys, or a liandong.toml with one such feed"
        ),
    ] = None,
    stop_place: Annotated[
        list[str] | None,
        typer.Option(
            help="只留此站 · keep only what calls at this stop place (native id); repeatable"
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON · print JSON")] = False,
    records: Annotated[
        bool,
        typer.Option(
            "--records", help="列出记录 · print what would be stored, one JSON object a line"
        ),
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="有拒绝即 1 · exit 1 also if anything was rejected")
    ] = False,
) -> None:
    """试读数据源 · Decode and normalise with the real connector; write nothing.

    读不了时退出码为 1；--strict 时有拒绝也为 1 · Exit 1 if it cannot be read; if anything was
    rejected with --strict.
    """
    from connectors import connector
    from hub.ingest import check as checking
    from hub.ingest.check_report import report

    if as_json and records:
        raise typer.BadParameter("二者择一 expected one of --json, --records")
    try:
        with _bar() as progress:
            batch, reference = checking.read(
                connector(kind),
                source,
                static=static,
                timezone=timezone,
                at=common.moment(at),
                options=_options(options, kind) if options else None,
                stop_places=frozenset(stop_place or ()),
                progress=progress,
            )
    except LiandongError as error:
        typer.echo(f"feed check: {error}", err=True)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    if static is None and checking.lacks_static(connector(kind), batch):
        typer.echo(_UNMATCHED, err=True)
    found = report(kind, batch)
    text = json.dumps(found.to_json(), ensure_ascii=False) if as_json else found.to_text()
    with _to_the_end():
        if records:
            _print_records(batch, reference)
        typer.echo(text, err=records)
    if strict and batch.rejects:
        raise typer.Exit(1)


def _print_records(batch: "Batch", reference: "Reference | None") -> None:
    """The records of a batch on standard output, as JSON lines."""
    from hub.ingest.records import lines

    out = sys.stdout.buffer
    for line in lines(batch, reference):
        out.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
    out.flush()


@contextmanager
def _to_the_end() -> Iterator[None]:
    """What is printed may be cut off: by a reader that has seen enough, a full disk, or Ctrl-C."""
    try:
        yield
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    except OSError as error:
        # what is still in the buffer would fail again when the interpreter ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            return
        typer.echo(
            f"feed check: 无法写出 the output cannot be written: {error.strerror}.", err=True
        )
        raise typer.Exit(1) from None


@contextmanager
def _bar() -> Iterator[Callable[[float], None]]:
    """A progress bar for what takes long to read, on a terminal; it is gone when it is done."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("已用 elapsed"),
        TimeElapsedColumn(),
        TextColumn("剩余 left"),
        TimeRemainingColumn(),
    )
    quiet = not sys.stderr.isatty()
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=quiet) as bar:
        task = bar.add_task("读取 reading", total=1.0)
        yield lambda share: bar.update(task, completed=share)


def _options(file: Path, kind: str) -> dict[str, Any]:
    """The kind's own keys: the whole file, or the options of the file's one feed of that kind.

    Raises StartError if it cannot be read, or holds several such feeds or none.
    """
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise StartError(f"{file}: not a readable TOML file: {error}.") from error
    if "feeds" not in data:
        return data
    mine = [feed for feed in data["feeds"] if feed.get("kind") == kind]
    if len(mine) != 1:
        raise StartError(
            f"{file} 中此类数据源不止或不足一个 has {len(mine)} feeds of kind {kind}; expected one."
        )
    options: dict[str, Any] = mine[0].get("options", {})
    return options


def docs(
    out: Annotated[Path, typer.Option(help="输出目录 · folder the pages are written to")] = Path(
        "docs/connectors"
    ),
) -> None:
    """生成连接器文档 · Write one page for each kind."""
    from liandong.cli.feeds_docs import pages

    try:
        out.mkdir(parents=True, exist_ok=True)
        for kind, text in pages().items():
            (out / f"{kind}.md").write_text(text, encoding="utf-8")
    except OSError as error:
        raise StartError(f"--out {out}: cannot be written: {error.strerror}.") from error


def manuals(
    out: Annotated[Path, typer.Option(help="手册目录 · folder of the manuals")] = Path("docs"),
) -> None:
    """生成参考文档 · Write configuration.md, errors.md and tables of other pages from the code."""
    from liandong.cli.reference import write

    write(out)


def export(
    federation: Annotated[
        bool, typer.Option("--federation", help="联邦子图 · the subgraph SDL with its directives")
    ] = False,
) -> None:
    """导出 SDL · Print the schema."""
    from schema.export import sdl

    typer.echo(sdl(federation=federation), nl=False)
