"""A group: one live query, asked once for all subscribers with the same operation and scope.

The group keeps the rows it last saw. When something they depend on changes it asks again, renders
the nodes that differ, once, and hands the same bytes to every subscriber. Between changes it looks
at what time alone changes (freshness, moving windows).
"""

import asyncio
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import Any, Protocol

import orjson
import structlog
from graphql import DocumentNode, GraphQLSchema, execute

from hub.bus import Bus, Change, ChangeKind
from hub.errors import LiandongError
from schema.live.source import Arguments, ChangeType, LiveEvent, LiveSource, Row
from schema.serving.compiled import CompilingExecutor, event_plan
from schema.serving.errors import presented

log = structlog.get_logger()

SETTLE = 0.02
"""Seconds a group waits, at least, after a change: a burst is answered with one question."""
TICK = 1.0
REPLAYED = 2_000
_CURSOR = "\x00cursor"

MOST_AT_ONCE = 64
"""Events that are kept back to be told together, at most."""

Subscriber = Callable[[Sequence[bytes]], None]
"""Takes the JSON of ExecutionResults, in order. Must not block or raise."""


class Watched(Protocol):
    """What a group needs to know of an operation."""

    document: DocumentNode
    operation_name: str | None


@dataclass(slots=True)
class Rendered:
    """One node's result, kept so that cursor and change type can be put in without executing."""

    root: str
    keys: list[tuple[str, str, Any]] | None
    errors: list[Any] | None = None

    def payload(self, cursor: str, change: ChangeType) -> bytes:
        """The ExecutionResult JSON of this node as one event."""
        event: dict[str, Any] = {}
        for key, kind, value in self.keys or ():
            if kind == "cursor":
                event[key] = cursor
            elif kind == "change":
                event[key] = change.value
            elif kind == "node":
                event[key] = orjson.Fragment(value)
            else:
                event[key] = value
        result: dict[str, Any] = {"data": {self.root: event if self.keys is not None else None}}
        if self.errors:
            result["errors"] = self.errors
        return orjson.dumps(result)


@dataclass(slots=True)
class Known:
    """A row as last seen, with what was rendered of it."""

    row: Row
    volatile: Hashable
    rendered: Rendered


@dataclass
class Group:
    """One live query and its subscribers. `run()` keeps it current until cancelled."""

    source: LiveSource
    watched: Watched
    schema: GraphQLSchema
    arguments: Arguments
    variables: dict[str, Any]
    make_context: Callable[[], Any]
    bus: Bus
    subscribers: dict[int, Subscriber] = field(default_factory=dict)
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    failure: BaseException | None = None

    def __post_init__(self) -> None:
        self._known: dict[Any, Known] = {}
        self._replay: deque[tuple[str, bytes]] = deque(maxlen=REPLAYED)
        self._untold: list[bytes] = []
        self._next = 0
        self._asking = 0.0
        self._empty: Rendered | None = None
        self._plan = event_plan(self.schema, self.watched.document, self.watched.operation_name)

    @property
    def cursor(self) -> str:
        """Where a client that knows all this group has sent should resume."""
        return self._replay[-1][0] if self._replay else ""

    def join(self, subscriber: Subscriber, after: str | None) -> int:
        """Add a subscriber; it gets what it missed since `after`, or the present state.

        Without `after`: a SNAPSHOT event for each node. With one this group still remembers: every
        event from there on, the last one seen again (events are upserts, so twice is harmless).
        Otherwise RESET, then the snapshot: the client was away too long to be told what it missed.
        """
        self._tell()
        first = self._since(after) if after else None
        if first is None:
            cursor = self.cursor
            first = [
                known.rendered.payload(cursor, ChangeType.SNAPSHOT)
                for known in self._known.values()
            ]
            if after and self._empty is not None:
                first.insert(0, self._empty.payload(cursor, ChangeType.RESET))
        if first:
            subscriber(first)
        self._next += 1
        self.subscribers[self._next] = subscriber
        return self._next

    def leave(self, number: int) -> None:
        """Remove a subscriber."""
        self.subscribers.pop(number, None)

    def _since(self, after: str) -> list[bytes] | None:
        for index, (cursor, _) in enumerate(self._replay):
            if cursor == after:
                return [payload for _, payload in list(self._replay)[index:] if payload]
        return None

    def _head(self) -> str:
        return self.bus.head.encode() if self.bus.head else "-"

    async def run(self) -> None:
        """Prime, then follow. Ends only by cancellation; a failed read is tried again."""
        listener = self.bus.listen(*self.source.collections)
        changes = aiter(listener)
        upcoming: asyncio.Task[Change] | None = None
        loop = asyncio.get_running_loop()
        try:
            await self._prime()
            refreshed = loop.time()
            while True:
                if upcoming is None:
                    upcoming = asyncio.ensure_future(anext(changes))
                await asyncio.wait({upcoming}, timeout=TICK)
                touched: set[Any] | None = set()
                if upcoming.done():
                    first, upcoming = upcoming.result(), None
                    # a costly question is asked less often; telling the answer must not wait
                    await asyncio.sleep(max(SETTLE, 2 * self._asking))
                    touched = self._touched([first, *listener.take()])
                due = self.source.refresh_s and loop.time() - refreshed >= self.source.refresh_s
                if touched and not due and self._may_narrow(touched):
                    await self._refresh(touched, whole=False)
                elif touched is None or touched or due:
                    await self._refresh(touched)
                    refreshed = loop.time()
                else:
                    await self._age()
        finally:
            self.bus.unlisten(listener)
            if upcoming is not None:
                upcoming.cancel()

    async def _prime(self) -> None:
        try:
            self._empty = await self._render(None)
            await self._refresh(set())
            self._replay.append((self._head(), b""))
        except Exception as error:
            self.failure = error
            if not isinstance(error, LiandongError):  # that is the caller's, and told to it
                log.exception("live.prime_failed")
        finally:
            self.ready.set()

    def _touched(self, changes: Iterable[Change]) -> set[Any] | None:
        """Ids whose rows must be rendered again; None = all (a RESET came by)."""
        touched: set[Any] = set()
        context = self.make_context()
        for change in changes:
            if change.kind is ChangeKind.RESET:
                return None
            if change.id in self._known or self.source.concerns(change, self.arguments, context):
                touched.add(change.id)
                related = self.source.related(change)
                if related is not None:
                    touched.add(related)
        return touched

    def _may_narrow(self, touched: set[Any]) -> bool:
        """Whether it is enough to ask of what was touched."""
        return self.source.some is not None and len(self._known) + len(touched) <= self.source.most

    async def _refresh(self, touched: set[Any] | None, *, whole: bool = True) -> None:
        """Ask again, of all rows or of the touched ones, and send the difference."""
        context = self.make_context()
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            asked = set(self._known)
            if whole or touched is None or self.source.some is None:
                rows = await self.source.rows(context, self.arguments)
            else:
                rows = await self.source.some(context, self.arguments, touched)
                asked &= touched
        except Exception:
            if not self.ready.is_set():
                raise
            log.exception("live.refresh_failed")
            return
        self._asking = loop.time() - began
        present = {row["_id"]: row for row in rows}
        for gone in asked - present.keys():
            self._broadcast(self._known.pop(gone).rendered, ChangeType.REMOVED)
        for identifier, row in present.items():
            before = self._known.get(identifier)
            state = self.source.volatile(row, context)
            dirty = touched is None or identifier in touched
            if before and not dirty and before.row == row and before.volatile == state:
                continue
            await self._update(identifier, row, state, before)
        self._tell()

    async def _age(self) -> None:
        """Render again what has changed by time alone."""
        context = self.make_context()
        for identifier, known in list(self._known.items()):
            state = self.source.volatile(known.row, context)
            if state != known.volatile:
                await self._update(identifier, known.row, state, known)
        self._tell()

    async def _update(
        self, identifier: Hashable, row: Row, state: Hashable, before: Known | None
    ) -> None:
        rendered = await self._render(row)
        self._known[identifier] = Known(row, state, rendered)
        if before is None:
            self._broadcast(rendered, ChangeType.ADDED)
        elif before.rendered != rendered:
            self._broadcast(rendered, ChangeType.UPDATED)

    def _broadcast(self, rendered: Rendered, change: ChangeType) -> None:
        if not self.ready.is_set():
            return
        cursor = self._head()
        payload = rendered.payload(cursor, change)
        self._replay.append((cursor, payload))
        self._untold.append(payload)
        if len(self._untold) >= MOST_AT_ONCE:
            self._tell()

    def _tell(self) -> None:
        """Hand every subscriber what one question brought up, together: one write for each."""
        told, self._untold = self._untold, []
        if told:
            for subscriber in list(self.subscribers.values()):
                subscriber(told)

    async def _render(self, row: Row | None) -> Rendered:
        """Complete the operation once for one event and take the result apart."""
        event = LiveEvent(_CURSOR, ChangeType.RESET, None if row is None else self.source.wrap(row))
        context = self.make_context()
        if self._plan is not None:
            key, complete = self._plan
            with suppress(Exception):  # graphql-core says what is wrong, in its own words
                return _taken_apart({key: complete(event, context)}, None)
        result = execute(
            self.schema,
            self.watched.document,
            root_value=event,
            context_value=context,
            variable_values=self.variables,
            operation_name=self.watched.operation_name,
            executor_class=CompilingExecutor,
        )
        if isawaitable(result):
            result = await result
        errors = [error.formatted for error in presented(result.errors or ())] or None
        return _taken_apart(result.data, errors)


def _taken_apart(data: Mapping[str, Any] | None, errors: list[Any] | None) -> Rendered:
    root, event = next(iter((data or {}).items()), ("", None))
    if event is None:
        return Rendered(root, None, errors)
    keys: list[tuple[str, str, Any]] = []
    for key, value in event.items():
        if value == _CURSOR:
            keys.append((key, "cursor", None))
        elif value == ChangeType.RESET.value:
            keys.append((key, "change", None))
        elif isinstance(value, str):
            keys.append((key, "name", value))
        else:
            keys.append((key, "node", orjson.dumps(value)))
    return Rendered(root, keys, errors)
