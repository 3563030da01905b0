"""What a subscription root field follows: the contract between the schema and the live engine.

A live source is a query that is asked again when something it depends on changed. The engine
compares the rows with those it knew and sends the difference, so a subscriber always converges to
what the query of the same name would answer: joins, row policy and time windows need no code here.
"""

import sys
from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from hub.bus import Change
from schema.enums import worded

Row = Mapping[str, Any]
Arguments = Mapping[str, Any]
"""Coerced arguments by their GraphQL names."""


class ChangeType(StrEnum):
    """ADDED, UPDATED, REMOVED; SNAPSHOT: a node of the present state; RESET: drop what you hold."""

    ADDED = "ADDED"
    UPDATED = "UPDATED"
    REMOVED = "REMOVED"
    SNAPSHOT = "SNAPSHOT"
    RESET = "RESET"


worded(
    ChangeType,
    "What an event says about its node (变更类型).",
    {
        ChangeType.ADDED: "It is new among what is followed (新增).",
        ChangeType.UPDATED: "It has changed (更新).",
        ChangeType.REMOVED: "It is none of what is followed any more (移除).",
        ChangeType.SNAPSHOT: "It is part of how things stand now (当前状态).",
        ChangeType.RESET: "Drop what you hold: how things stand now follows (重置).",
    },
)


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """One event of a subscription: a cursor to resume after, what happened, and the node."""

    cursor: str
    change: ChangeType
    node: Any


@dataclass(frozen=True, slots=True)
class LiveSource:
    """How one subscription root field is fed.

    `rows(context, arguments)` answers the present rows, each with an `_id`, row policy applied;
    `wrap(row)` makes the schema's node of one. A change in `collections` for which
    `concerns(change, arguments, context)` holds makes the engine ask again and render anew the row
    of that id, and the row of the id that `related(change)` names (an order, when one of its
    recipients changed). So does `refresh_s`, for time windows that move. `volatile(row, context)`
    names what changes by time alone, such as freshness. `per_viewer` says that rows depend on who
    asks, beyond the scopes.

    `some(context, arguments, ids)` answers those of the rows that have these ids, for sources where
    a row's place in the answer follows from itself: then a change asks of what it touched alone,
    as long as there are fewer rows than `most`, up to which `rows` answers.
    """

    collections: frozenset[str]
    rows: Callable[[Any, Arguments], Awaitable[list[Row]]]
    wrap: Callable[[Row], Any]
    concerns: Callable[[Change, Arguments, Any], bool] = lambda *_: True
    related: Callable[[Change], Hashable | None] = lambda _change: None
    volatile: Callable[[Row, Any], Hashable] = lambda _row, _context: None
    refresh_s: float | None = None
    per_viewer: bool = False
    some: Callable[[Any, Arguments, Collection[Any]], Awaitable[list[Row]]] | None = None
    most: int = sys.maxsize


SOURCES: dict[str, LiveSource] = {}
"""By subscription root field name; filled by the modules that declare subscriptions."""
