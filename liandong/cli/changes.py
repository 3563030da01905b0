"""`schema changes`: the gate of `make check`, and for partners what an upgrade takes from them."""

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.errors import StartError

if TYPE_CHECKING:
    from schema.changes import Changes

SDL = "schema.graphql"
DECISIONS = "breaking.toml"


class NothingBeforeError(Exception):
    """There is no earlier schema to compare with; the message says why."""


def changes(
    old: Annotated[
        Path | None,
        typer.Argument(help="旧模式 · an earlier schema.graphql; else the last git tag's"),
    ] = None,
) -> None:
    """与旧版对比 · What breaks for clients of an earlier schema; 1 when something does."""
    import schema

    folder = Path(schema.__file__).parent
    if not (decided(folder) if old is None else kept(folder, old)):
        raise typer.Exit(1)


def decided(folder: Path) -> bool:
    """Print what the schema in this folder changes since the last tag of git.

    False for a break without a reason; True where there is nothing earlier.
    """
    try:
        tag, before = at_last_tag(folder)
    except NothingBeforeError as error:
        typer.echo(f"没有可对比的旧版 nothing to compare the schema with: {error}")
        return True
    found = _compared(folder, before, tag)
    for change in found.idle:
        typer.echo(f"  已无此变更，可删去 no such change, leave it out: {change}")
    if found.refused:
        typer.echo(
            f"改为弃用，或在 schema/{DECISIONS} 写明理由 deprecate instead, or give the reason in"
            f" schema/{DECISIONS}: docs/schema-changes.md",
            err=True,
        )
    return not found.refused


def kept(folder: Path, old: Path) -> bool:
    """Print what the schema in this folder changes for clients of another; False if it breaks one.

    A reason breaks them no less.
    """
    found = _compared(folder, _text(old), str(old))
    return not found.refused and not found.accepted


def _compared(folder: Path, before: str, name: str) -> "Changes":
    from schema.changes import compare, reasons

    why = reasons(_text(folder / DECISIONS), f"schema/{DECISIONS}")
    found = compare(before, _text(folder / SDL), why)
    typer.echo(f"模式与 {name} 对比 the schema, compared with {name}:")
    for change in found.refused:
        typer.echo(f"  破坏性变更 breaking: {change}")
    for reason in dict.fromkeys(found.accepted.values()):
        typer.echo(f"  已决定 decided: {reason}")
        for change in (each for each, of in found.accepted.items() if of == reason):
            typer.echo(f"    {change}")
    for change in found.dangerous:
        typer.echo(f"  有风险 dangerous: {change}")
    return found


def at_last_tag(folder: Path) -> tuple[str, str]:
    """The last tag's name, and the schema in this folder as it was then.

    Raises NothingBeforeError.
    """
    tag = _git(folder, "describe", "--tags", "--abbrev=0").strip()
    return tag, _git(folder, "show", f"{tag}:./{SDL}")


def _git(folder: Path, *arguments: str) -> str:
    git = shutil.which("git")
    if git is None:
        raise NothingBeforeError("git?")
    done = subprocess.run(  # noqa: S603  # a list of arguments, the developer's own git
        [git, *arguments], cwd=folder, capture_output=True, encoding="utf-8", check=False
    )
    if done.returncode:
        raise NothingBeforeError(done.stderr.strip())
    return done.stdout


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StartError(f"{path}: cannot be read: {error}") from error
