"""`feed ids`: which ids of two datasets name one stop place; every decision is on the audit log."""

import json
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.errors import StartError
from hub.model.identity import IdMapping, IdScheme, MappingState, MatchMethod
from liandong.cli import common
from liandong.cli.common import Config

if TYPE_CHECKING:
    from hub.store.feeds.identity import Decided

PAGE = 500


def register(feed: typer.Typer) -> None:
    """Add the commands to `liandong feed`."""
    ids = typer.Typer(help="标识映射 · Ids of datasets that name one place.", no_args_is_help=True)
    ids.command("list")(list_)
    ids.command("propose")(propose)
    ids.command("confirm")(confirm)
    ids.command("reject")(reject)
    feed.add_typer(ids, name="ids")


def list_(
    state: Annotated[
        str | None, typer.Option(help="状态 · PROPOSED, CONFIRMED or REJECTED")
    ] = None,
    dataset: Annotated[str | None, typer.Option(help="数据集 · ids of this dataset")] = None,
    unmatched: Annotated[
        bool,
        typer.Option(
            "--unmatched", help="未映射的站点 · stop places without a confirmed mapping instead"
        ),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="输出 JSON · one JSON object a line")
    ] = False,
    config: Config = None,
) -> None:
    """列出 · List mappings, or the stop places that have none."""
    try:
        wanted = MappingState(state.upper()) if state else None
    except ValueError:
        message = f"--state {state!r}: expected PROPOSED, CONFIRMED or REJECTED."
        raise StartError(message) from None
    common.run(_list(config, wanted, dataset, unmatched=unmatched, as_json=as_json))


def propose(
    dataset: Annotated[
        str, typer.Argument(help="待查数据集 · dataset whose stop places are looked up")
    ],
    onto: Annotated[
        str | None, typer.Option(help="对照数据集 · dataset they are looked up in; else any other")
    ] = None,
    config: Config = None,
) -> None:
    """提出候选 · Propose mappings by id, name and distance; they have no effect until confirmed."""
    found = common.run(_propose(config, dataset, onto))
    for mapping in found:
        typer.echo(_line(_row(mapping)))
    typer.echo(f"新候选 new proposals: {len(found)}")


def confirm(
    stop_place: Annotated[
        str, typer.Argument(help="被映射的标识 · scoped id that is mapped, dataset:native")
    ],
    canonical: Annotated[
        str, typer.Argument(help="所指站点的标识 · scoped id of the place it stands for")
    ],
    start: Annotated[str | None, typer.Option("--from", help="生效时刻 · RFC 3339")] = None,
    end: Annotated[str | None, typer.Option("--to", help="失效时刻 · RFC 3339")] = None,
    config: Config = None,
) -> None:
    """确认 · Confirm that two ids name one stop place; corrects an earlier one."""
    dataset, native = _parts(stop_place)
    wanted = IdMapping(
        dataset=dataset,
        native_id=native,
        canonical_id=canonical,
        method=MatchMethod.MANUAL,
        confidence=1.0,
        valid_from=common.moment(start),
        valid_to=common.moment(end),
    )
    decided = common.run(_confirm(config, wanted))
    typer.echo(_line(decided.mapping))
    for old in decided.replaced:
        typer.echo(f"取代 replaced {old}")


def reject(
    stop_place: Annotated[
        str, typer.Argument(help="被映射的标识 · scoped id that is mapped, dataset:native")
    ],
    canonical: Annotated[
        str, typer.Argument(help="所指站点的标识 · scoped id of the place it stands for")
    ],
    config: Config = None,
) -> None:
    """否定 · Decide that two ids name two stop places, also when that was confirmed."""
    _parts(stop_place)
    mapping_id = f"{IdScheme.STOP_PLACE}:{stop_place}={canonical}"
    typer.echo(_line(common.run(_reject(config, mapping_id))))


async def _list(
    config: Path | None,
    state: MappingState | None,
    dataset: str | None,
    *,
    unmatched: bool,
    as_json: bool,
) -> None:
    from hub.store.feeds.identity import IdentityRepository

    async with common.opened(config) as (_, store):
        identity = IdentityRepository(store)
        page: Callable[..., Awaitable[list[dict[str, Any]]]] = partial(identity.page, state=state)
        line, data = _line, _whole
        if unmatched:
            page, line, data = identity.unmatched, _unmatched_line, _unmatched
        after: str | None = None
        while rows := await page(dataset=dataset, limit=PAGE, after=after):
            for row in rows:
                typer.echo(
                    json.dumps(data(row), ensure_ascii=False, default=str) if as_json else line(row)
                )
            after = rows[-1]["_id"]


async def _propose(config: Path | None, dataset: str, onto: str | None) -> list[IdMapping]:
    from hub.store.feeds.identity import IdentityRepository

    async with common.opened(config) as (_, store):
        return await IdentityRepository(store).propose(dataset, onto)


async def _confirm(config: Path | None, wanted: IdMapping) -> "Decided":
    from hub.store.audit import SHELL
    from hub.store.feeds.identity import IdentityRepository

    async with common.opened(config) as (_, store):
        return await IdentityRepository(store).confirm(SHELL, wanted)


async def _reject(config: Path | None, mapping_id: str) -> dict[str, Any]:
    from hub.store.audit import SHELL
    from hub.store.feeds.identity import IdentityRepository

    async with common.opened(config) as (_, store):
        return await IdentityRepository(store).reject(SHELL, mapping_id)


def _row(mapping: IdMapping) -> dict[str, Any]:
    return {
        "scoped_id": mapping.scoped_id,
        "canonical_id": mapping.canonical_id,
        "method": mapping.method.value,
        "confidence": mapping.confidence,
        "state": mapping.state.value,
    }


def _line(row: dict[str, Any]) -> str:
    method = f"{row['method']} {row['confidence']:.2f}"
    return f"{row['state']:9} {method:13} {row['scoped_id']} = {row['canonical_id']}"


def _whole(row: dict[str, Any]) -> dict[str, Any]:
    return row


def _unmatched(row: dict[str, Any]) -> dict[str, Any]:
    return {"id": row["_id"], "name": row["name"], "proposals": row["proposals"]}


def _unmatched_line(row: dict[str, Any]) -> str:
    name = row["name"].get("zh") or row["name"].get("en") or ""
    return "\n".join([f"{row['_id']:40} {name}", *(f"  {_line(one)}" for one in row["proposals"])])


def _parts(stop_place: str) -> tuple[str, str]:
    dataset, _, native = stop_place.partition(":")
    if not dataset or not native:
        raise StartError(f"{stop_place!r}: 应为 expected a scoped id, dataset:native.")
    return dataset, native
