"""Relay: global ids, the Node interface, pages with keyset cursors."""

import base64
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar

import orjson
import strawberry

from hub.errors import UserFault
from hub.model.ids import global_id, split_global_id
from hub.model.people import Scope
from schema.policy import SIGNED_IN
from schema.projection import Entity, Projection, Row, computed, declare, described, entity, value

if TYPE_CHECKING:
    from strawberry.dataloader import DataLoader

    from schema.context import SchemaContext

T = TypeVar("T")
N = TypeVar("N", bound=type[Any])

Place = Callable[[Row], tuple[object, ...]]
"""A row's place in the order of its list, for example (time, id)."""

KEYS = ("id", "scopedId")
"""What names an entity to a gateway: its global id, or the id that its dataset gives it."""

FIRST_DEFAULT = 50
FIRST_MOST = 200
IDS_MOST = 100


def split_id(given: str) -> tuple[str, str] | None:
    """Type and key behind a Relay id of one of our types; None if it is none."""
    parts = split_global_id(given)
    return parts if parts is not None and parts[0] in NODES else None


def key_of(given: str, type_name: str, *path: str) -> str:
    """The database id behind what a client gave: a Relay id of that type, or the plain id.

    Raises UserFault BAD_ID, at the argument `path`, for the Relay id of something else.
    """
    parts = split_id(given)
    if parts is None:
        return given
    if parts[0] != type_name:
        said = f"{given!r} is an id of type {parts[0]}; expected one of type {type_name}"
        message = f"编号类型不符 / {said}."
        raise UserFault("BAD_ID", message, path=path)
    return parts[1]


@entity(policy=SIGNED_IN, interface=True)
class Node(Entity):
    """Anything with a globally unique id (全局标识)."""

    kept_in: ClassVar[str]
    """The collection of what everybody may see; types with row policies load by themselves."""

    @computed(needs=("id",), zh="全局标识")
    def id(self, _context: "SchemaContext") -> strawberry.ID:
        """The global id, for `node(id)` and wherever an id is asked for."""
        return strawberry.ID(global_id(type(self).__name__, self.key))

    @property
    def key(self) -> str:
        """The database id; an embedded document carries it as `id`."""
        found: str = self.doc.get("_id") or self.doc["id"]
        return found

    @classmethod
    def of(cls, row: Row | None) -> Self | None:
        """The object over a row; None for none."""
        return None if row is None else cls(row)

    @classmethod
    async def load(cls, context: "SchemaContext", key: str) -> Self | None:
        """The object, if it exists and the caller may see it."""
        return cls.of(await context.services.transit.one(cls.kept_in, key))

    async def whole(self, loader: "DataLoader[str, Row | None]", mark: str) -> Row:
        """The whole document: what is embedded elsewhere is a part of it, without `mark`."""
        if mark in self.doc:
            return self.doc
        return await loader.load(self.key) or self.doc


NODES: dict[str, type[Node]] = {}
"""Every type behind `node` and `_entities`, by its GraphQL name."""


def keyed(text: str, *, zh: str) -> Any:  # noqa: ANN401  # a field stands for its value's type
    """The id as the database knows it: readable, and accepted wherever a Relay id is."""
    return declare(Projection(needs=("id",), read=lambda node, _context: node.key), text, zh)


def node_type(cls: N) -> N:
    """Register a type with `node(id)` and `_entities`. Stands above `@entity`."""
    NODES[cls.__name__] = cls
    return cls


async def load_node(context: "SchemaContext", type_name: str, key: str) -> Node | None:
    """An object by type and key, under the policy of its type and of its row.

    Absent, forbidden and unheard-of look the same: None.
    """
    return await NODES[type_name].load(context, key) if may_read(context, type_name) else None


def may_read(context: "SchemaContext", type_name: str) -> bool:
    """Whether there is such a type, and the caller may read it, whatever its rows say."""
    cls = NODES.get(type_name)
    if cls is None:
        return False
    return not isinstance(cls.policy, Scope) or cls.policy in context.principal.scopes


@value(policy=SIGNED_IN, shareable=True)
class PageInfo:
    """Where a page stands (分页)."""

    has_next_page: bool = described("Whether more follows")
    start_cursor: str | None = described("Cursor of the first row")
    end_cursor: str | None = described("Cursor of the last row: the next page's `after`")

    @computed()
    async def has_previous_page(self: "_PageInfo", _context: "SchemaContext") -> bool:
        """Whether the list has rows before this page now; looked up when it is asked for."""
        return await self.behind()


@value(policy=SIGNED_IN, shareable=True)
class Edge(Generic[T]):
    """A row and its cursor."""

    cursor: str = described("Opaque; as `after` it starts a page behind this row")
    node: T = described("The row")


@value(policy=SIGNED_IN, shareable=True)
class Connection(Generic[T]):
    """A page of rows in a stable order (分页), forward only: there is no `last` and no `before`.

    Lists lose rows at their beginning while they are read (a board's window moves on), so a page
    backward would be of another list than the one that was read. A client that goes back keeps the
    pages it has, or asks again from the start.
    """

    edges: list[Edge[T]] = described("Rows with their cursors", paged=True)
    nodes: list[T] = described("The rows alone", paged=True)
    page_info: PageInfo = described("Where this page stands")

    @computed(zh="总数")
    async def total_count(self: "_Page[Any]", _context: "SchemaContext") -> int | None:
        """How many rows all pages have now; null for a list that only reading would count."""
        return await self.count() if self.count else None


Count = Callable[[], Awaitable[int]]
Behind = Callable[[], Awaitable[bool]]


class _PageInfo(PageInfo):
    """Where a page stands; what is behind it is looked up when it is asked for."""

    def __init__(self, behind: Behind, *, more: bool, start: str | None, end: str | None) -> None:
        self.has_next_page = more
        self.start_cursor = start
        self.end_cursor = end
        self.behind = behind


class _Page(Connection[T]):
    """A page whose cursors are made when they are asked for: mostly only its nodes are."""

    def __init__(
        self,
        rows: Sequence[Row],
        nodes: list[T],
        place: Place,
        *,
        more: bool,
        behind: Behind,
        count: Count | None,
    ) -> None:
        self.nodes = nodes
        self.count = count
        self._rows = rows
        self._place = place
        self._more = more
        self._behind = behind

    @cached_property
    def edges(self) -> list[Edge[T]]:  # type: ignore[override]  # nobody writes an answer's page
        """Rows with their cursors."""
        return [
            Edge(cursor=self._cursor(row), node=node)
            for row, node in zip(self._rows, self.nodes, strict=True)
        ]

    @cached_property
    def page_info(self) -> PageInfo:  # type: ignore[override]  # nobody writes an answer's page
        """Where this page stands."""
        return _PageInfo(
            self._behind,
            more=self._more,
            start=self._cursor(self._rows[0]) if self._rows else None,
            end=self._cursor(self._rows[-1]) if self._rows else None,
        )

    def _cursor(self, row: Row) -> str:
        return encode_cursor(*self._place(row))


def page_size(first: int) -> int:
    """How many rows to answer. Raises UserFault BAD_FIRST outside 1 to 200."""
    if not 1 <= first <= FIRST_MOST:
        message = (
            f"每页须为 1 至 {FIRST_MOST} 条 / first is {first}: expected 1 to {FIRST_MOST}. "
            "Use `after` for what follows."
        )
        raise UserFault("BAD_FIRST", message, path=("first",))
    return first


def encode_cursor(*place: object) -> str:
    """The cursor of a row: its place in the order, for example (time, id)."""
    return base64.urlsafe_b64encode(orjson.dumps(place)).decode()


def decode_cursor(after: str | None, *kinds: Any) -> Any:  # noqa: ANN401  # a tuple of the kinds
    """The place a cursor names, as a tuple of `kinds` (datetime, str, or NoneType | str).

    Raises UserFault BAD_CURSOR for what is no cursor of such a list.
    """
    if after is None:
        return None
    try:
        given = orjson.loads(base64.urlsafe_b64decode(after.encode("ascii")))
        return tuple(_part(part, kind) for part, kind in zip(given, kinds, strict=True))
    except (ValueError, TypeError, OverflowError):
        message = (
            "游标无效 / after is no cursor of this list. "
            "Take one from edges or pageInfo, unchanged."
        )
        raise UserFault("BAD_CURSOR", message, path=("after",)) from None


def _part(part: Any, kind: Any) -> Any:  # noqa: ANN401  # JSON in, a member of `kind` out
    if kind is datetime:
        part = datetime.fromisoformat(part)
        if part.tzinfo is None:
            raise ValueError
        part = part.astimezone(UTC)  # the database takes no moment that leaves the calendar there
    if not isinstance(part, kind):
        raise TypeError
    return part


def connect(
    rows: Sequence[Row],
    *,
    first: int,
    after: str | None,
    wrap: Callable[[Row], T],
    place: Place,
    behind: Callable[[Row | None], Awaitable[bool]] | None = None,
    count: Count | None = None,
) -> Connection[T]:
    """A page from `first` + 1 rows: the last one only says that there is more.

    `behind` tells of a page asked for with `after` whether rows stand before its first row (None:
    before the end of the list); left out for a list from which no row ever goes.
    """
    page = rows[:first]

    async def is_behind() -> bool:
        if after is None or behind is None:
            return after is not None
        return await behind(page[0] if page else None)

    return _Page(
        page,
        [wrap(row) for row in page],
        place,
        more=len(rows) > first,
        behind=is_behind,
        count=count,
    )
