"""What a resolver may reach: the process's repositories, the caller, and this request's loaders."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from pydantic import BaseModel
from strawberry.dataloader import DataLoader

from hub import clock
from hub.fate import Write
from hub.model.area import Area
from hub.model.people import Principal, Viewer
from hub.store.driver import Store
from hub.store.feeds.cache import FeedCache
from hub.store.feeds.freshness import Freshness, freshness
from hub.store.feeds.identity import IdentityRepository
from hub.store.feeds.transit import TransitRepository
from hub.store.people import Accounts, Units
from schema.loading import Row, by_id

if TYPE_CHECKING:
    from hub.access.tokens import Tokens
    from hub.operations.facade import Operations

Part = TypeVar("Part")
Repository = TypeVar("Repository")
Value = TypeVar("Value")
Values = Callable[[Repository, Viewer, Collection[str]], Awaitable[Mapping[str, Value]]]
Lists = Callable[
    [Repository, Viewer, Collection[str]], Awaitable[Mapping[str, Sequence[BaseModel]]]
]


class Visible(Protocol):
    """A repository whose documents are read by id, under its row policy."""

    async def visible(self, viewer: Viewer, ids: Collection[str], /) -> Mapping[str, BaseModel]:
        """Those of them that the viewer may see."""
        ...


@dataclass(frozen=True, slots=True)
class Services:
    """What all requests of a process share."""

    area: Area
    transit: TransitRepository
    feeds: FeedCache
    accounts: Accounts
    units: Units
    identity: IdentityRepository
    operations: "Operations"
    tokens: "Tokens"

    def of(self, repository: Callable[[Store], Repository]) -> Repository:
        """A capability's repository."""
        return self.operations.desk.of(repository)

    def context(
        self,
        principal: Principal,
        memory: "Memory | None" = None,
        writes: list[Write] | None = None,
    ) -> "SchemaContext":
        """A context for one execution. `memory` is the prepared document's; `writes` is filled."""
        return SchemaContext(self, principal, memory or Memory(), [] if writes is None else writes)


@dataclass(slots=True)
class Memory:
    """What follows from a prepared document's text, found when it is first executed.

    `selections`: the projections its fields ask of the database, by field node; `plans`: how its
    selections are completed (schema.executing.compiled). The document keeps the nodes alive.
    """

    selections: dict[int, dict[str, int]] = field(default_factory=dict)
    plans: dict[Any, Any] = field(default_factory=dict)


@dataclass
class SchemaContext:
    """One execution of one operation by one caller, at one moment (`now`).

    `shared`: for a live query, whose answer goes to others with the same rights, too.

    `writes`: those of the mutation roots that were begun, in their order. `variables`: the
    operation's, coerced, for compiled selections.
    """

    services: Services
    principal: Principal
    memory: Memory
    writes: list[Write]
    now: datetime = field(default_factory=clock.now)
    shared: bool = False
    variables: Mapping[str, Any] = field(default_factory=dict, init=False)
    _parts: dict[Any, Any] = field(default_factory=dict, init=False)
    _freshness: dict[tuple[Any, Any, bool], Freshness] = field(default_factory=dict, init=False)
    _row: Row | None = field(default=None, init=False)
    _age: Freshness | None = field(default=None, init=False)

    @property
    def viewer(self) -> Viewer:
        """What the repositories' row policies look at."""
        return self.principal.viewer

    def freshness(self, row: Row) -> Freshness:
        """How far a stored record can be trusted now. Rows without `realtime` are real time."""
        if self._age is None or row is not self._row:  # a row's fields are completed together
            self._row, self._age = row, self._freshness_of(row)
        return self._age

    def _freshness_of(self, row: Row) -> Freshness:
        source = row.get("source") or row.get("feed")
        key = (source, row.get("observed_at"), row.get("realtime", True))
        known = self._freshness.get(key)
        if known is None:
            known = self._freshness[key] = freshness(
                observed_at=key[1],
                source=source,
                realtime=key[2],
                feed=self.services.feeds.get(source),
                now=self.now,
            )
        return known

    def forget(self) -> None:
        """Drop what was loaded: it is read anew."""
        self.__dict__.pop("load", None)

    @cached_property
    def load(self) -> "Loaders":
        """Loaders of joined rows: each batch is one query, each row is read once."""
        return Loaders(self)

    def part(self, kind: Callable[["SchemaContext"], Part]) -> Part:
        """What one subject keeps for this request (its loaders), made when first asked for."""
        if kind not in self._parts:
            self._parts[kind] = kind(self)
        found: Part = self._parts[kind]
        return found


class Loaders:
    """Joined rows by id, None where absent or not the viewer's to see."""

    def __init__(self, context: SchemaContext) -> None:
        services, viewer = context.services, context.viewer
        transit = services.transit
        self.stop_place = by_id(transit.stop_places)
        self.line = by_id(transit.lines)
        self.journey = by_id(transit.journeys)
        self.unit = _documents(services.units.by_codes)
        self.officer = _documents(lambda ids: services.accounts.visible(viewer, ids))
        self._context = context
        self._made: dict[Any, Any] = {}

    def of(self, repository: Callable[[Store], Visible]) -> DataLoader[str, Row | None]:
        """A capability's documents by id, of those the viewer may see."""
        found: DataLoader[str, Row | None] | None = self._made.get(repository)
        if found is None:
            rows, viewer = self._context.services.of(repository), self._context.viewer
            found = _documents(lambda ids: rows.visible(viewer, ids))
            self._made[repository] = found
        return found

    def lists(
        self, repository: Callable[[Store], Repository], read: Lists[Repository]
    ) -> DataLoader[str, list[Row]]:
        """What the repository's method `read` lists by id, of what the viewer may see."""
        found: DataLoader[str, list[Row]] | None = self._made.get(read)
        if found is None:
            rows, viewer = self._context.services.of(repository), self._context.viewer
            found = self._made[read] = _lists(lambda ids: read(rows, viewer, ids))
        return found

    def values(
        self, repository: Callable[[Store], Repository], read: Values[Repository, Value]
    ) -> DataLoader[str, Value | None]:
        """What the repository's method `read` says by id, None where it says nothing."""
        found: DataLoader[str, Value | None] | None = self._made.get(read)
        if found is None:
            rows, viewer = self._context.services.of(repository), self._context.viewer

            async def batch(keys: list[str]) -> list[Value | None]:
                said = await read(rows, viewer, keys)
                return [said.get(key) for key in keys]

            found = self._made[read] = DataLoader(load_fn=batch)
        return found


def row_of(document: BaseModel) -> Row:
    """A stored document as a plain row, its id under `_id` as in the database."""
    row = document.model_dump()
    row["_id"] = row.pop("id")
    return row


def _documents(
    fetch: Callable[[Collection[str]], Awaitable[Mapping[str, BaseModel]]],
) -> DataLoader[str, Row | None]:
    async def batch(keys: list[str]) -> list[Row | None]:
        found = await fetch(keys)
        return [row_of(found[key]) if key in found else None for key in keys]

    return DataLoader(load_fn=batch)


def _lists(
    fetch: Callable[[Collection[str]], Awaitable[Mapping[str, Sequence[BaseModel]]]],
) -> DataLoader[str, list[Row]]:
    async def batch(keys: list[str]) -> list[list[Row]]:
        found = await fetch(keys)
        return [[row_of(document) for document in found.get(key, ())] for key in keys]

    return DataLoader(load_fn=batch)
