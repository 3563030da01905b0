"""`doctor`: what is right and wrong with this installation, each with what to do."""

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from hub import clock
from hub.cli import common
from hub.errors import LiandongError, RetryLater
from hub.settings import Settings

LONGEST_LOCK = 3
"""Seconds; escalation promises to start at most five late after a crash."""

Config = Annotated[Path | None, typer.Option("--config", help="liandong.toml")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(doctor)


class _Findings:
    """Lines of a report; `bad` counts what must be mended."""

    def __init__(self) -> None:
        self.bad = 0

    def ok(self, text: str) -> None:
        typer.echo(f"  ✓ {text}")

    def note(self, text: str) -> None:
        typer.echo(f"  · {text}")

    def wrong(self, text: str) -> None:
        self.bad += 1
        typer.echo(f"  ✗ {text}")


def doctor(config: Config = None) -> None:
    """体检 · Check configuration, database, feeds, push and keys; exit 1 if any is wrong."""
    findings = _Findings()
    findings.ok(f"Python {sys.version.split()[0]}")
    settings = _try(findings, lambda: common.load(config))
    if settings is not None:
        _configuration(findings, settings)
        try:
            common.run(_database(findings, settings))
        except LiandongError as error:
            findings.wrong(f"数据库 database: {error}")
    raise typer.Exit(1 if findings.bad else 0)


def _try(findings: _Findings, work: Callable[[], Settings]) -> Settings | None:
    try:
        return work()
    except LiandongError as error:
        findings.wrong(str(error))
        return None


def _configuration(findings: _Findings, settings: Settings) -> None:
    from connectors import connector
    from hub import settings as configuration
    from hub.access.keys import load_signing_key, signing_key_path

    if common.is_embedded(settings):
        findings.note(
            "内嵌数据库仅供试用 embedded MongoDB: for evaluation only, one node, no backup"
        )
    for feed in settings.feeds:
        try:
            found = connector(feed.kind)
            configuration.secret(feed.secret_ref)
            findings.ok(f"feed {feed.id}: {found.manifest.standard}")
        except LiandongError as error:
            findings.wrong(f"feed {feed.id}: {error}")
    if settings.push.fcm is None:
        findings.note("未配置推送 no push channel: phones learn of orders by sync alone")
    elif not settings.push.fcm.credentials.exists():
        findings.wrong(f"push.fcm.credentials: {settings.push.fcm.credentials} does not exist.")
    try:
        load_signing_key(signing_key_path(settings))
        findings.ok("签名密钥 signing key")
    except LiandongError as error:
        findings.wrong(str(error))
    if importlib.util.find_spec("uvloop") is None:
        findings.note("uvloop is not installed: a quarter more CPU")


async def _database(findings: _Findings, settings: Settings) -> None:
    from hub.model.feeds import FeedState
    from hub.store.driver import Store
    from hub.store.freshness import feed_state
    from hub.store.transit import TransitRepository

    store = await Store.open(
        settings.hub.mongodb_uri or "", settings.hub.database, raw_days=settings.hub.raw_days
    )
    try:
        await store.ping()
        findings.ok("数据库可写 database: a primary can be written")
        if (trouble := clock.trouble()) is not None:
            findings.wrong(f"时钟 clock: {trouble}")
        else:
            findings.ok("时钟与数据库一致 clock: this machine's agrees with the database's")
        lifetime = await store.transaction_lifetime()
        if lifetime is not None and lifetime > LONGEST_LOCK:
            findings.wrong(
                f"transactionLifetimeLimitSeconds is {lifetime:.0f}: a killed hub could hold up an "
                f"escalation that long. Start mongod with --setParameter "
                f"transactionLifetimeLimitSeconds={LONGEST_LOCK}."
            )
        for feed in await TransitRepository(store).feeds():
            state = feed_state(feed, clock.now())
            line = f"feed {feed['_id']}: {state} {feed.get('detail') or ''}"
            good = state in {FeedState.HEALTHY, FeedState.STARTING, FeedState.PRIMING}
            findings.ok(line) if good else findings.wrong(line)
    except RetryLater as error:
        findings.wrong(f"数据库 database: {error}")
    finally:
        await store.close()
