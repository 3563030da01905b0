"""What several commands need: settings with the database found, and running a coroutine."""

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from hub import clock
from hub import settings as configuration
from hub.errors import StartError
from hub.settings import Settings

if TYPE_CHECKING:
    from hub.store.driver import Store

T = TypeVar("T")
Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        help="配置文件 · configuration file, such as liandong.toml; without it what "
        "`make run` started here",
    ),
]
GENERATED = "liandong.toml"
_DATABASE = (
    "请启动 start `make run`, or set LIANDONG_MONGODB_URI. "
    "试用自己的数据源 To try feeds of your own: "
    "保持 `make run` 运行，自己的配置写同一 data_dir、另一 port 和 database leave it running, "
    'and give your file the same data_dir, another port, and database = "own".'
)


def load(config: Path | None) -> Settings:
    """Settings of `--config`, else of the file `up` generated, with the database's URI in them.

    The embedded database that runs for this data directory is found by itself. Raises StartError
    when there is neither a URI nor a running database.
    """
    return with_database(read(config))


def checked(config: Path | None) -> Settings:
    """As `load`, of a configuration of which every part can work.

    Raises ConfigError with all its faults: those of the file, of the area, of every feed.
    """
    from connectors import connector
    from liandong import configured

    return with_database(configured.load(_file(config), connector))


def read(config: Path | None) -> Settings:
    """As `load`, without a look for the database. Raises StartError."""
    return configuration.load(_file(config))


def _file(config: Path | None) -> Path | None:
    """The file that is meant: the one given, else the one `up` generated here, else none."""
    if config is not None:
        return config
    generated = configuration.load().hub.data_dir / GENERATED
    return generated if generated.exists() else None


def with_database(settings: Settings) -> Settings:
    """The settings with the database's URI in them. Raises StartError where there is none."""
    if settings.hub.mongodb_uri is None:
        from hub.store import embedded

        uri = embedded.running(settings.hub.data_dir)
        if uri is None:
            raise StartError(
                f"没有数据库 No database: nothing runs for {settings.hub.data_dir}.", hint=_DATABASE
            )
        settings = settings.model_copy(
            update={"hub": settings.hub.model_copy(update={"mongodb_uri": uri})}
        )
    return settings


def moment(text: str | None) -> datetime | None:
    """An aware time from what was typed; None stays None. Raises BadParameter."""
    if text is None:
        return None
    try:
        return clock.parse(text)
    except ValueError:
        message = "expected RFC 3339 with a zone, such as 2026-11-23T18:00:00+08:00"
        raise typer.BadParameter(message) from None


def is_embedded(settings: Settings) -> bool:
    """Whether the configured database is the embedded one of this data directory."""
    from hub.store import embedded

    uri = settings.hub.mongodb_uri
    return uri is not None and uri == embedded.running(settings.hub.data_dir)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's coroutine."""
    return asyncio.run(work)


def facts_of(data_dir: Path) -> dict[str, Any]:
    """What a running `up` wrote down about itself: addresses and process ids; empty if none."""
    try:
        facts: dict[str, Any] = json.loads((data_dir / "up.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return facts


@asynccontextmanager
async def opened(
    config: Path | None, *, prepare: bool = True
) -> "AsyncIterator[tuple[Settings, Store]]":
    """The settings, and their database open; `prepare` as in Store.open. Raises StartError."""
    from hub.operations import documents
    from hub.store.driver import Store

    settings = load(config)
    store = await Store.open(
        settings.hub.mongodb_uri or "",
        settings.hub.database,
        documents=documents(),
        raw_days=settings.hub.raw_days,
        prepare=prepare,
    )
    try:
        yield settings, store
    finally:
        await store.close()
