"""Pages of lists: lines, the journeys a line has on a day, and what the roots list."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

from hub.errors import NotFound
from hub.store.feeds import listed
from hub.store.feeds.listed import Listed
from schema.nodes import Connection, Node, connect, decode_cursor, key_of, page_size
from schema.projection import Info, Row
from schema.selection import project
from schema.transit.arguments import Modes
from schema.transit.journeys import DatedJourney
from schema.transit.network import Line

if TYPE_CHECKING:
    from schema.context import SchemaContext

N = TypeVar("N", bound=Node)
_WHOLE = ("mode", "operator", "submode", "text_colour")
"""By these a line is known to be no part of another document."""


async def lines_page(info: Info, modes: Modes, first: int, after: str | None) -> Connection[Line]:
    """Lines by scoped id."""
    return await page_by_id(info, listed.lines(modes), Line, first, after, *_WHOLE)


async def page_by_id(
    info: Info, of: Listed, wrap: type[N], first: int, after: str | None, *always: str
) -> Connection[N]:
    """A page of a list by `_id`; `always` names paths that are read whatever is selected."""
    place = decode_cursor(after, str)
    return await _page(info, of, wrap, place, first, after, project(info, *always))


async def journeys_page(
    info: Info, line: str, day: date | None, first: int, after: str | None
) -> Connection[DatedJourney]:
    """A line's journeys of one service day, by their start.

    Raises UserFault for arguments that cannot be, NotFound for a line nobody knows.
    """
    context = info.context
    key = key_of(line, "Line", "line")
    of = listed.journeys_of(key, day or today(context))
    place = decode_cursor(after, datetime, str)
    projection = project(info, "starts_at")
    found = await _page(info, of, DatedJourney, place, first, after, projection)
    if not found.nodes and await context.load.line.load(key) is None:
        raise NotFound("Line", line, path=("line",))
    return found


def page_of_rows(
    rows: Sequence[Row], wrap: Callable[[Row], N], first: int, after: str | None
) -> Connection[N]:
    """A page of rows that were read whole, newest first."""
    size, place = page_size(first), decode_cursor(after, int, str)
    here = [row for row in rows if place is None or _newest_first(row) > place]

    async def behind(row: Row | None) -> bool:
        return bool(rows) and row is not rows[0]

    async def count() -> int:
        return len(rows)

    return connect(
        here[: size + 1],
        first=first,
        after=after,
        wrap=wrap,
        place=_newest_first,
        behind=behind,
        count=count,
    )


def _newest_first(row: Row) -> tuple[int, str]:
    """Its place where the newest comes first, and what has no time comes last."""
    moment = row.get("observed_at")
    return (1 if moment is None else -round(moment.timestamp() * 1000)), row["_id"]


def today(context: "SchemaContext") -> date:
    """The day it is at the interchange."""
    return context.now.astimezone(ZoneInfo(context.services.area.timezone)).date()


async def _page(
    info: Info,
    of: Listed,
    wrap: type[N],
    after_place: tuple[Any, ...] | None,
    first: int,
    after: str | None,
    projection: dict[str, int],
) -> Connection[N]:
    network = info.context.services.transit.network
    rows = await network.page(
        of, limit=page_size(first) + 1, after=after_place, projection=projection
    )

    def place(row: Row) -> tuple[Any, ...]:
        return tuple(row[name] for name in dict.fromkeys((of.key, "_id")))

    async def behind(row: Row | None) -> bool:
        return await network.any_before(of, place(row) if row else None)

    async def count() -> int:
        return await network.count(of)

    return connect(
        rows,
        first=first,
        after=after,
        wrap=wrap,
        place=place,
        behind=behind,
        count=count,
    )
