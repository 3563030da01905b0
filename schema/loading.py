"""Loaders: what many objects of one answer ask for, read together."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping, Sequence
from typing import Any, TypeVar

from strawberry.dataloader import DataLoader

Row = Mapping[str, Any]
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


def by_id(
    fetch: Callable[[Collection[str]], Awaitable[Sequence[Row]]],
) -> DataLoader[str, Row | None]:
    """Rows by their `_id`, None where absent: each batch is one query."""

    async def batch(keys: list[str]) -> list[Row | None]:
        found = {row["_id"]: row for row in await fetch(keys)}
        return [found.get(key) for key in keys]

    return DataLoader(load_fn=batch)


def each(fetch: Callable[[K], Awaitable[V]]) -> DataLoader[K, V]:
    """What has an order and a limit of its own: asked once for each different key."""

    async def batch(keys: list[K]) -> list[V]:
        return list(await asyncio.gather(*map(fetch, keys)))

    return DataLoader(load_fn=batch)
