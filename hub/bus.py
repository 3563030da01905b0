"""Bounded in-process fan-out of committed changes.

The change-stream tail publishes, rules and subscriptions listen. A listener that falls behind
loses its backlog and gets one RESET instead: it must read its state again, and nobody else waits.
Nothing is kept: what a client missed is remembered by its live group (schema/live/replay.py).
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

BACKLOG = 2_000


class Cursor(NamedTuple):
    """A place in the stream of changes: the database's cluster time and a count within it."""

    seconds: int
    increment: int
    ordinal: int


class ChangeKind(StrEnum):
    """What happened to the document. RESET: changes were missed, read everything again."""

    INSERTED = "INSERTED"
    UPDATED = "UPDATED"
    DELETED = "DELETED"
    RESET = "RESET"


@dataclass(frozen=True, slots=True)
class Change:
    """One committed change. `document` is the state after it (None when deleted or reset).

    `updated` names the dotted fields that an update set or unset, when the database says so.
    """

    cursor: Cursor
    collection: str
    kind: ChangeKind
    id: Any
    document: Mapping[str, Any] | None = None
    updated: frozenset[str] | None = None


class Listener:
    """One consumer's bounded queue."""

    def __init__(self, collections: frozenset[str], backlog: int) -> None:
        self.collections = collections
        self._queue: deque[Change] = deque()
        self._backlog = backlog
        self._ready = asyncio.Event()

    @property
    def depth(self) -> int:
        """Changes waiting."""
        return len(self._queue)

    def push(self, change: Change) -> bool:
        """Queue a change; False when the backlog was dropped for a RESET instead."""
        kept = True
        if len(self._queue) >= self._backlog:
            self._queue.clear()
            change = Change(change.cursor, change.collection, ChangeKind.RESET, None)
            kept = False
        self._queue.append(change)
        self._ready.set()
        return kept

    def take(self) -> list[Change]:
        """Everything that waits, without waiting."""
        taken = list(self._queue)
        self._queue.clear()
        return taken

    async def __aiter__(self) -> AsyncIterator[Change]:
        while True:
            while self._queue:
                yield self._queue.popleft()
            self._ready.clear()
            await self._ready.wait()


class Bus:
    """Publishes changes to listeners by collection. One per process; use it on its event loop.

    `carries` names the collections whose changes come at all; None: every one that is told.
    """

    def __init__(self, carries: Collection[str] | None = None) -> None:
        self.carries = None if carries is None else frozenset(carries)
        self._listeners: set[Listener] = set()
        self.head: Cursor | None = None
        self.published = 0
        self.overflows = 0

    def publish(self, change: Change) -> None:
        """Hand a change to every listener of its collection. Never blocks."""
        self.head = change.cursor
        self.published += 1
        for listener in self._listeners:
            wanted = not listener.collections or change.collection in listener.collections
            if (wanted or change.kind is ChangeKind.RESET) and not listener.push(change):
                self.overflows += 1

    def listen(self, *collections: str, backlog: int = BACKLOG) -> Listener:
        """Start listening (to all that it carries if none is named). Pair with `unlisten`."""
        if self.carries is not None and (deaf := set(collections) - self.carries):
            message = f"nothing of {sorted(deaf)} comes here: name it among what the role follows"
            raise ValueError(message)
        listener = Listener(frozenset(collections), backlog)
        self._listeners.add(listener)
        return listener

    def unlisten(self, listener: Listener) -> None:
        """Stop listening."""
        self._listeners.discard(listener)

    @property
    def depth(self) -> int:
        """The longest backlog among listeners."""
        return max((listener.depth for listener in self._listeners), default=0)
