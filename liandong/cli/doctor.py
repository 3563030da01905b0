"""`doctor`: what is right and wrong with this installation, each with what to do."""

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from hub import clock
from hub.complaints import Problems
from hub.errors import LiandongError
from hub.settings import HubSettings, Settings, Unreadable
from liandong.cli import common
from liandong.cli.common import Config

if TYPE_CHECKING:
    from hub.model.area import Area
    from hub.store.driver import Store

LONGEST_LOCK = 3
"""Seconds; escalation promises to start at most five late after a crash."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(doctor)


class _Findings:
    """Lines of a report; `bad` counts what must be mended."""

    def __init__(self) -> None:
        self.bad = 0

    def about(self, text: str) -> None:
        typer.echo(text)

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
    findings.about("环境与配置 Environment and configuration")
    findings.ok(f"Python {sys.version.split()[0]}")
    settings = _settings(findings, config)
    if settings is not None:
        no_database: LiandongError | None = None
        try:
            settings = common.with_database(settings)
        except LiandongError as error:
            no_database = error
        _configuration(findings, settings)
        findings.about("数据库与中枢 Database and hub")
        if no_database is not None:
            findings.wrong(str(no_database))
        else:
            common.run(_checked_database(findings, settings))
    raise typer.Exit(1 if findings.bad else 0)


def _settings(findings: _Findings, config: Path | None) -> Settings | None:
    problems = Problems()
    try:
        return common.read(config)
    except Unreadable:
        with problems.noted():
            common.checked(config)  # the same, and what is wrong with the area and the feeds
    except LiandongError as error:
        problems.found.append(str(error))
    for one in problems.found:
        findings.wrong(one)
    return None


def _configuration(findings: _Findings, settings: Settings) -> None:
    from connectors import connector
    from hub.access.keys import signing_key_path
    from hub.ingest.plan import plan
    from liandong.configured import area_of

    if common.is_embedded(settings):
        findings.note(
            "内嵌数据库仅供试用 embedded MongoDB: for evaluation only, one node, no backup"
        )
    problems = Problems()
    area = area_of(HubSettings().area)
    with problems.noted():
        area = area_of(settings.hub.area)
        findings.ok(f"站区 area {area.id}: {area.name.zh or area.name.en}")
    findings.about("配置的数据源 Feeds as configured")
    for feed in settings.feeds:
        with problems.noted():
            found = plan(feed, connector, area)
            findings.ok(f"feed {feed.id}: {found.connector.manifest.standard}")
    for one in problems.found:
        findings.wrong(one)
    findings.about("推送与密钥 Push and keys")
    _push(findings, settings)
    _signing_key(findings, signing_key_path(settings))
    if importlib.util.find_spec("uvloop") is None:
        findings.note("未安装 uvloop is not installed: a quarter more CPU")
    else:
        findings.ok("事件循环 event loop: uvloop")


def _push(findings: _Findings, settings: Settings) -> None:
    """Whether phones can be woken; the service itself is not asked."""
    from mobile_api.push.registry import REGISTRY, configured

    found = configured(settings.push)
    if not found:
        findings.note(
            "未配置推送，手机仅靠同步 no push channel: phones learn of orders by sync alone"
        )
    for name, given in found.items():
        try:
            findings.ok(f"推送 push: {REGISTRY[name].described(given)}")
        except LiandongError as error:
            findings.wrong(f"推送凭据 push: {error}")


def _signing_key(findings: _Findings, path: Path) -> None:
    """Whether it can be used; one that is not there yet is not made here."""
    from hub.access.keys import load_signing_key

    if not path.exists():
        findings.note(f"签名密钥首次启动时生成 signing key: made at the first start: {path}")
        return
    try:
        load_signing_key(path)
        findings.ok("签名密钥 signing key")
    except LiandongError as error:
        findings.wrong(str(error))


async def _places(findings: _Findings, settings: Settings, store: "Store") -> None:
    """Whether the feeds brought the stop places that the area names."""
    from hub.store.feeds.coverage import brought, uncovered
    from hub.store.feeds.same_as import SameAs

    area = _area(settings)
    if area is None:
        return  # said among the configuration's faults
    here = await SameAs(store).with_equivalents(area.stop_places)
    datasets = {feed.namespace for feed in settings.feeds if feed.enabled}
    outside = await uncovered(store, here, area.centre, datasets)
    for one in outside:
        findings.wrong(str(one))
    if here and not outside:
        findings.ok(
            f"站点 stop places: 站区列出 the area names {len(here)}, "
            "带来站点的数据集都有其中的站点 every dataset that brought any has some of them"
        )
    if here:
        return
    findings.note(
        f"站区 {area.id} 没有列出站点，站区的到发屏是空的 area {area.id} names no stop places, so "
        "the boards of the area are empty. 写入站区文件 name them in stop_places of the area file"
    )
    for dataset in sorted(datasets):
        if (places := await brought(store, dataset, area.centre)) is not None:
            findings.note(f"数据集带来 dataset {dataset} brings: {places.few}")


def _area(settings: Settings) -> "Area | None":
    """The configured area; None where its file has faults, which are said elsewhere."""
    from liandong.configured import area_of

    try:
        return area_of(settings.hub.area)
    except LiandongError:
        return None


async def _processes(findings: _Findings, store: "Store") -> None:
    """Who runs, and whether orders are sent: asked of the database, so of every host."""
    from hub.store.processes import Processes

    known = [one for one in await Processes(store).all() if not one.left]
    living = {role for one in known if one.lives for role in one.roles}
    for one in known:
        if one.lives:
            findings.ok(f"进程 process {one.who}")
            continue
        say = findings.note if living >= set(one.roles) else findings.wrong
        ago = f"{one.age.total_seconds():.0f} s"
        say(f"进程失联 process lost {one.who}: 最后消息距今 heard of {ago} ago")
    if not known:
        findings.note("中枢未运行 no hub runs on this database: liandong serve")
    elif "dispatch" not in living:
        findings.wrong(
            "无派发进程 no process dispatches: orders are neither pushed nor escalated. "
            "Start: liandong serve --role dispatch"
        )


async def _feeds(findings: _Findings, settings: Settings, store: "Store") -> None:
    """The feeds that hubs on this database read, which may be configured otherwise than here."""
    from hub.store.feeds.transit import TransitRepository
    from liandong.cli.doctor_feeds import said
    from liandong.configured import area_of

    here = {feed.id: feed for feed in settings.feeds}
    known = await TransitRepository(store).feeds()
    parts = {
        "数据库中的数据源 Feeds in the database, as the hub on it reads them": [
            feed for feed in known if feed["_id"] in here
        ],
        "数据库中不在此配置里的数据源 Feeds in the database that this configuration has not": [
            feed for feed in known if feed["_id"] not in here
        ],
    }
    now, zone = clock.now(), (_area(settings) or area_of(HubSettings().area)).zone
    for heading, feeds in parts.items():
        if feeds:
            findings.about(heading)
        for feed in feeds:
            well, line = said(feed, here.get(feed["_id"]), now, zone)
            say = {True: findings.ok, None: findings.note, False: findings.wrong}[well]
            say(line)


async def _checked_database(findings: _Findings, settings: Settings) -> None:
    try:
        await _database(findings, settings)
    except LiandongError as error:
        findings.wrong(f"数据库 database: {error}")


async def _database(findings: _Findings, settings: Settings) -> None:
    from hub.operations import documents
    from hub.store.driver import Store

    store = await Store.open(
        settings.hub.mongodb_uri or "",
        settings.hub.database,
        documents=documents(),
        raw_days=settings.hub.raw_days,
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
                f"事务锁保留过久 transactionLifetimeLimitSeconds is {lifetime:.0f}: "
                "a killed hub could hold up an escalation that long. Start mongod with "
                f"--setParameter transactionLifetimeLimitSeconds={LONGEST_LOCK}."
            )
        elif lifetime is not None:
            findings.ok(f"事务锁保留 transactionLifetimeLimitSeconds is {lifetime:.0f}")
        else:
            findings.note(
                "无权查看事务锁时限 transactionLifetimeLimitSeconds may not be asked here: "
                f"it should be {LONGEST_LOCK}"
            )
        await _places(findings, settings, store)
        await _processes(findings, store)
        await _feeds(findings, settings, store)
    finally:
        await store.close()
