"""A group: one live query, asked once for all subscribers with the same operation and scope.

The group keeps the rows it last saw. When something they depend on changes it asks again, renders
the nodes that differ, once, and hands the same bytes to every subscriber. Between changes it looks
at what time alone changes (freshness, moving windows), also while the database does not answer.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog
from graphql import GraphQLError, GraphQLSchema

from hub.bus import Bus, Change, ChangeKind
from hub.deadline import DEADLINE, in_time
from schema.executing.errors import foreseen
from schema.live.memory import size_of
from schema.live.rendering import Rendered, Renderer, Watched
from schema.live.replay import Place, Replay, Told
from schema.live.source import Arguments, ChangeType, LiveSource, Row

log = structlog.get_logger()

SETTLE = 0.02
"""Seconds a group waits, at least, after a change: a burst is answered with one question."""
TICK = 1.0
AT_ONCE = 2
"""Groups of one process that ask at once: the others' turn comes, and so does everybody else's."""
MOST_AT_ONCE = 64
"""Events that are kept back to be told together, at most."""


class Subscriber(Protocol):
    """Who is told. Neither method may block or raise."""

    def tell(self, told: Sequence[Told]) -> None:
        """Take events, in order."""
        ...

    def end(self, error: GraphQLError) -> None:
        """Take it that nothing more will come, and why."""
        ...


@dataclass(slots=True)
class Known:
    """A row as last seen, with what was rendered of it; `number` orders rows as they came."""

    number: int
    row: Row
    volatile: Hashable
    rendered: Rendered


@dataclass
class Group:
    """One live query and its subscribers. `run()` keeps it current until cancelled.

    `turns` is shared by the groups of a process. `beside`: bytes of its document and variables.
    A question may take `seconds`, and longer while the database `answers`.
    """

    source: LiveSource
    watched: Watched
    schema: GraphQLSchema
    arguments: Arguments
    variables: dict[str, Any]
    make_context: Callable[[], Any]
    bus: Bus
    answers: Callable[[], Awaitable[bool]]
    seconds: float = DEADLINE
    beside: int = 0
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    subscribers: dict[int, Subscriber] = field(default_factory=dict)
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    failure: BaseException | None = None

    def __post_init__(self) -> None:
        self._known: dict[Any, Known] = {}
        self._replay = Replay()
        self._untold: list[Told] = []
        self._joined = 0
        self._rows = 0
        self._rendered = 0
        self._row_size = 0
        self._asking = 0.0
        self._failing = False
        self._empty: Rendered | None = None
        self._renderer = Renderer(self.schema, self.watched, self.variables)

    @property
    def held(self) -> int:
        """Bytes of memory this group keeps, about: rows, what was rendered of them, and replay."""
        rows = len(self._known) * self._row_size
        return self.beside + self._replay.held + self._rendered + rows

    def join(self, subscriber: Subscriber, after: str | None) -> int:
        """Add a subscriber; it gets what it missed since `after`, or the present state.

        Without `after`: a SNAPSHOT event for each node. With a cursor of this group: the rest of
        the snapshot that it was cut off in, if it was, and every event from there on. Otherwise
        RESET, then the snapshot: the client was away too long to be told what it missed.
        """
        self._tell()
        here = Place(self._replay.head, 0)
        place = here if after is None else self._replay.place(after)
        if place is None:
            told = self._snapshot(here, reset=True)
        else:
            told = [*self._snapshot(place), *self._replay.since(place.number)]
        if told:
            subscriber.tell(told)
        self._joined += 1
        self.subscribers[self._joined] = subscriber
        return self._joined

    def leave(self, number: int) -> None:
        """Remove a subscriber."""
        self.subscribers.pop(number, None)

    def fail(self, error: BaseException) -> None:
        """It has ended by a defect: whoever waits for its beginning hears of it."""
        self.failure = self.failure or error
        self.ready.set()

    def end(self, error: GraphQLError) -> None:
        """Send everybody away."""
        gone, self.subscribers = self.subscribers, {}
        for subscriber in gone.values():
            subscriber.end(error)

    def _snapshot(self, place: Place, *, reset: bool = False) -> list[Told]:
        """The rows behind a place. Its last event says that all was told, the others how far."""
        if place.row is None:
            return []
        parts = [(ChangeType.RESET, 0, self._empty)] if reset and self._empty is not None else []
        parts += [
            (ChangeType.SNAPSHOT, known.number, known.rendered)
            for known in self._known.values()
            if known.number > place.row
        ]
        told: list[Told] = []
        for left, (change, row, rendered) in zip(reversed(range(len(parts))), parts, strict=True):
            cursor = self._replay.cursor(place.number, row if left else None)
            told.append(Told(cursor, rendered.payload(cursor, change)))
        return told

    async def run(self) -> None:
        """Prime, then follow. Ends only by cancellation, or by a defect.

        What was touched is asked of until it is answered: no later change may come of it.
        """
        listener = self.bus.listen(*self.source.collections)
        changes = aiter(listener)
        upcoming: asyncio.Task[Change] | None = None
        loop = asyncio.get_running_loop()
        try:
            await self._prime()
            refreshed = loop.time()
            touched: set[Any] | None = set()
            while True:
                if upcoming is None:
                    upcoming = asyncio.ensure_future(anext(changes))
                await asyncio.wait({upcoming}, timeout=TICK)
                if upcoming.done():
                    first, upcoming = upcoming.result(), None
                    # a costly question is asked less often; telling the answer must not wait
                    await asyncio.sleep(max(SETTLE, 2 * self._asking))
                    touched = _together(touched, self._touched([first, *listener.take()]))
                due = self.source.refresh_s and loop.time() - refreshed >= self.source.refresh_s
                whole = due or not self._may_narrow(touched)
                asked = touched is None or touched or due
                if asked and await self._done(self._refresh(touched, whole=whole)):
                    touched = set()
                    refreshed = loop.time() if whole else refreshed
                else:
                    await self._done(self._age())
        finally:
            self.bus.unlisten(listener)
            if upcoming is not None:
                upcoming.cancel()

    async def _prime(self) -> None:
        try:
            self._empty = await self._render(None)
            await self._in_time(self._refresh(set()))
        except BaseException as error:  # told to who asked, and logged there if it is a defect
            self.failure = error
            if not isinstance(error, Exception):
                raise
        finally:
            self.ready.set()

    async def _done(self, work: Awaitable[None]) -> bool:
        """Whether it came to its end: what fails for a while, as the database does, is done again.

        That is logged once, until it has worked again.
        """
        try:
            await self._in_time(work)
        except Exception as error:
            if foreseen(error) is None:
                raise
            if not self._failing:
                log.warning("live.failing", error=repr(error))
            self._failing = True
            return False
        self._failing = False
        return True

    async def _in_time(self, work: Awaitable[None]) -> None:
        await in_time(work, self.answers, seconds=self.seconds, waits_on=True)

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

    def _may_narrow(self, touched: set[Any] | None) -> bool:
        """Whether it is enough to ask of what was touched."""
        if touched is None or self.source.some is None:
            return False
        return len(self._known) + len(touched) <= self.source.most

    async def _refresh(self, touched: set[Any] | None, *, whole: bool = True) -> None:
        """Ask again, of all rows or of the touched ones, and send the difference."""
        began = asyncio.get_running_loop().time()
        async with self.turns:
            context = self.make_context()
            asked = set(self._known)
            if whole or touched is None or self.source.some is None:
                rows = await self.source.rows(context, self.arguments)
            else:
                rows = await self.source.some(context, self.arguments, touched)
                asked &= touched
            # the wait for a turn counts: the more is asked of a process, the less often each asks
            self._asking = asyncio.get_running_loop().time() - began
            if rows and whole:
                self._row_size = size_of(rows[0])
            await self._compare({row["_id"]: row for row in rows}, asked, touched, context)
        self._tell()

    async def _compare(
        self,
        present: dict[Any, Row],
        asked: set[Any],
        touched: set[Any] | None,
        context: Any,  # noqa: ANN401  # the schema's
    ) -> None:
        for gone in asked - present.keys():
            before = self._known.pop(gone).rendered
            self._rendered -= before.size
            self._broadcast(before, ChangeType.REMOVED)
        for identifier, row in present.items():
            known = self._known.get(identifier)
            state = self.source.volatile(row, context)
            dirty = touched is None or identifier in touched
            if known and not dirty and known.row == row and known.volatile == state:
                continue
            await self._update(identifier, row, state, known)

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
        if before is None:
            self._rows += 1
        number = self._rows if before is None else before.number
        self._known[identifier] = Known(number, row, state, rendered)
        self._rendered += rendered.size - (before.rendered.size if before else 0)
        if before is None:
            self._broadcast(rendered, ChangeType.ADDED)
        elif before.rendered != rendered:
            self._broadcast(rendered, ChangeType.UPDATED)

    def _broadcast(self, rendered: Rendered, change: ChangeType) -> None:
        if not self.ready.is_set():
            return
        self._untold.append(self._replay.add(lambda cursor: rendered.payload(cursor, change)))
        if len(self._untold) >= MOST_AT_ONCE:
            self._tell()

    def _tell(self) -> None:
        """Hand every subscriber what one question brought up, together: one write for each."""
        told, self._untold = self._untold, []
        if told:
            for subscriber in list(self.subscribers.values()):
                subscriber.tell(told)

    async def _render(self, row: Row | None) -> Rendered:
        node = None if row is None else self.source.wrap(row)
        return await self._renderer.render(node, self.make_context())


def _together(some: set[Any] | None, more: set[Any] | None) -> set[Any] | None:
    """What was touched in all; None = all rows."""
    return None if some is None or more is None else some | more
