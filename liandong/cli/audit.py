"""`audit`: whether the audit log is whole, and its end; from the server's own shell only."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.errors import StartError
from hub.rules.audit_chain import Fault, Finding, moment
from liandong.cli import common
from liandong.cli.common import Config

if TYPE_CHECKING:
    from hub.access.verifying import Verified
    from hub.settings import Settings
    from hub.store.audit_chain import AuditChain, Head
    from hub.store.driver import Store

_KEPT = re.compile(r"([1-9][0-9]{0,17}):([0-9a-f]{64})")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    audit = typer.Typer(help="审计日志 · The audit log.", no_args_is_help=True)
    audit.command("verify")(verify)
    audit.command("head")(head)
    app.add_typer(audit, name="audit")


def verify(
    kept: Annotated[
        str | None,
        typer.Option(
            "--head",
            metavar="SEQ:HASH",
            help="另存的链末 · a head told before: is it still in the chain",
        ),
    ] = None,
    config: Config = None,
) -> None:
    """核验 · Walk the whole chain; exit 1 if a row was altered, dropped or moved.

    整库回退从内部看不出来，须用 --head 与另存的链末比较 · A database that was set back as a whole
    cannot be told from inside: compare with a head kept elsewhere.
    """
    found = common.run(_verify(config, _parsed(kept)))
    for finding in found.findings:
        typer.echo(f"  ✗ {words(finding)}")
    if found.findings:
        typer.echo(f"审计日志不完整 The audit log does not hold: {len(found.findings)}")
        raise typer.Exit(1)
    typer.echo(f"审计日志完整 The audit log holds: {found.rows} 行 rows. {_end(found.head)}")


def head(
    sign: Annotated[
        bool,
        typer.Option(
            "--sign", help="重新签名 · sign it with this hub's key: after the key was replaced"
        ),
    ] = False,
    config: Config = None,
) -> None:
    """链末 · Print the signed end of the chain, to be kept elsewhere."""
    end = common.run(_head(config, sign=sign))
    if end is None:
        raise StartError("审计日志尚未封存 The audit log has no sealed row yet.")
    typer.echo(f"{end.seq}:{end.hash}")


def words(finding: Finding) -> str:
    """A finding for people: what it is, at which number, of which row."""
    seq, until = finding.seq, finding.until
    which = f"{seq}" if until in {None, seq} else f"{seq}-{until}"
    said = {
        Fault.ALTERED: f"被改 altered: {which} (或其前一行连同散列被改 or the row before it, with "
        "its hash made anew)",
        Fault.DROPPED: f"缺失 dropped: {which}",
        Fault.REORDERED: f"错位 reordered: {which}, 现位于 stands at {finding.stands_at}",
        Fault.FOREIGN: f"非本机封存 not sealed by this hub: {which}",
        Fault.HEAD_MISSING: "链末缺失 the signed head is gone",
        Fault.HEAD_FORGED: f"链末签名不是本机所签 the head is not signed by this hub: {which}",
        Fault.HEAD_DIFFERS: f"与已签链末不符 not what was signed: {which} (其前某行被改，其后散列"
        "重算 a row before it was altered, and all hashes behind made anew)",
        Fault.KEPT_DIFFERS: f"与另存的链末不符 not the head that was kept: {which} (整库回退或改写 "
        "the database was set back or rewritten)",
        Fault.UNSEALED: f"久未封存 long unsealed: {until} 行 rows, 最早 the oldest",
    }[finding.fault]
    return said if finding.id is None else f"{said}, id {finding.id}"


async def _verify(config: Path | None, kept: tuple[int, str] | None) -> "Verified":
    from hub.access.verifying import verify as walk

    async with common.opened(config, prepare=False) as (settings, store):
        with _bar() as seen:
            return await walk(_chain(settings, store), kept, seen=seen)


async def _head(config: Path | None, *, sign: bool) -> "Head | None":
    async with common.opened(config, prepare=False) as (settings, store):
        chain = _chain(settings, store)
        return await chain.sign_anew() if sign else await chain.head()


def _chain(settings: "Settings", store: "Store") -> "AuditChain":
    """The log, with the key of this hub: one that is not there is not made for this."""
    from hub.access.keys import load_signing_key, signing_key_path
    from hub.access.sealing import chain_of

    path = signing_key_path(settings)
    if not path.exists():
        raise StartError(
            f"没有签名密钥 No signing key: {path}.",
            hint="须在封存审计日志的主机上运行 run this where the hub's dispatch process runs.",
        )
    return chain_of(store, load_signing_key(path))


@contextmanager
def _bar() -> "Iterator[Callable[[int, int], None]]":
    """Progress on standard error, where somebody looks at it."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    quiet = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=quiet) as progress:
        bar = progress.add_task("")

        def seen(rows: int, last: int) -> None:
            if rows % 1000 == 0:
                progress.update(bar, completed=rows, total=last)

        yield seen


def _parsed(kept: str | None) -> tuple[int, str] | None:
    if kept is None:
        return None
    if (parts := _KEPT.fullmatch(kept.strip())) is None:
        raise StartError(
            f"--head {kept!r}: 应为 expected SEQ:HASH, as liandong audit head says it."
        )
    return int(parts[1]), parts[2]


def _end(end: "Head | None") -> str:
    if end is None:
        return ""
    return f"链末 head {end.seq}:{end.hash} ({moment(end.at)})"
