"""A list and its live form, declared once: a page of rows, and the same rows followed.

`@listing` stands over the function that asks for the rows. Its arguments are those of both fields,
beside `first` and `after`; `asked` and `followed` are the fields, for `Query` and `Subscription`.
"""

import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel
from strawberry.utils.str_converters import to_camel_case

from hub.store.listing import Place
from schema.context import row_of
from schema.events import Event, live
from schema.live.source import Arguments, LiveSource
from schema.nodes import FIRST_DEFAULT, Connection, Node, connect, decode_cursor, page_size
from schema.policy import Policy
from schema.projection import Info, Row, root
from schema.transit.arguments import After, First, Resume

if TYPE_CHECKING:
    from schema.context import SchemaContext

T = TypeVar("T")
Ask = Callable[..., Awaitable[Sequence[BaseModel]]]
"""`(context, page, **arguments)`: the documents of that page that the viewer may see."""
Mark = Callable[["SchemaContext", list[Row]], Awaitable[list[Row]]]


@dataclass(frozen=True, slots=True)
class Page:
    """Which rows are asked for: at most `first`, of those that a place means, or of all."""

    first: int
    after: Place | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """The two fields of one list."""

    asked: Any
    followed: Any


async def newest_first(
    ask: Callable[[Page], Awaitable[Sequence[BaseModel]]],
    *,
    by: str,
    wrap: Callable[[Row], T],
    first: int,
    after: str | None,
) -> Connection[T]:
    """A page of what `ask` answers, newest first `by` that moment of its rows."""

    def place(row: Row) -> tuple[datetime, str]:
        return row[by], row["_id"]

    async def behind(row: Row | None) -> bool:
        return bool(await ask(Page(1, Place(*place(row), before=True) if row else None)))

    at = decode_cursor(after, datetime, str)
    found = await ask(Page(page_size(first) + 1, Place(*at) if at else None))
    rows = [row_of(document) for document in found]
    return connect(rows, first=first, after=after, wrap=wrap, place=place, behind=behind)


def listing(
    policy: Policy,
    text: str,
    node: type[Node],
    *,
    zh: str,
    by: str,
    collections: Collection[str],
    mark: Mark | None = None,
    **source: Any,  # noqa: ANN401  # the rest of a LiveSource
) -> Callable[[Ask], Listing]:
    """A list, newest first `by` that moment of its rows, and the newest `first` of it, live.

    What is viewed depends on the viewer. `collections` are followed, with what else a LiveSource
    says (`concerns`, `related`). `mark` adds to rows that are followed what is not shown of them,
    and makes them differ all the same.
    """

    def decorate(ask: Ask) -> Listing:
        _, _, *given = inspect.signature(ask).parameters.values()
        own = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in given]

        async def asked(_: object, info: Info, first: int, after: str | None, **given: Any) -> Any:  # noqa: ANN401
            return await newest_first(
                lambda page: ask(info.context, page, **given),
                by=by,
                wrap=node,
                first=first,
                after=after,
            )

        async def followed(context: "SchemaContext", arguments: Arguments) -> list[Row]:
            page = Page(page_size(arguments.get("first", FIRST_DEFAULT)))
            given = {one.name: arguments.get(to_camel_case(one.name), one.default) for one in own}
            rows = [row_of(document) for document in await ask(context, page, **given)]
            return await mark(context, rows) if mark else rows

        feeds = LiveSource(frozenset(collections), followed, node, per_viewer=True, **source)
        in_query = _signed(asked, ask, [_INFO, *own, _FIRST, _AFTER], Connection[node])  # type: ignore[valid-type]  # a type at run time, as strawberry wants it
        in_live = _signed(_never, ask, [*own, _FIRST, _RESUME], AsyncGenerator[Event[node], None])  # type: ignore[valid-type]  # likewise
        return Listing(
            root(policy, f"{text}, newest first", zh=zh)(in_query),
            live(policy, f"{text}, live", feeds, zh=zh)(in_live),
        )

    return decorate


def _parameter(name: str, annotation: object, default: object = inspect.Parameter.empty) -> Any:  # noqa: ANN401
    kind = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(name, kind, annotation=annotation, default=default)


_SELF = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
_INFO = _parameter("info", Info)
_FIRST = _parameter("first", First, FIRST_DEFAULT)
_AFTER = _parameter("after", After, None)
_RESUME = _parameter("after", Resume, None)


async def _never(_: object, **_given: object) -> None:
    """Who follows is served by `schema.live`, which asks no resolver."""
    raise NotImplementedError


def _signed(
    method: Callable[..., Any], like: Ask, parameters: list[inspect.Parameter], gives: object
) -> Callable[..., Any]:
    """The method under the other's name, with the arguments and the type that GraphQL shows."""

    async def signed(source: object, /, **given: Any) -> Any:  # noqa: ANN401
        return await method(source, **given)

    signed.__name__, signed.__module__ = like.__name__.lstrip("_"), like.__module__
    signed.__signature__ = inspect.Signature([_SELF, *parameters], return_annotation=gives)  # type: ignore[attr-defined]  # how `inspect` is told
    return signed
