"""Pages of lines, and of the journeys a line has on a day."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

from hub.errors import NotFound
from hub.store.feeds.network import JourneysOfLine, Lines
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
    listed = Lines(None if modes is None else tuple(modes))
    place = decode_cursor(after, str)
    projection = project(info, *_WHOLE)
    return await _page(info, listed, Line, place, first, after, projection)


async def journeys_page(
    info: Info, line: str, day: date | None, first: int, after: str | None
) -> Connection[DatedJourney]:
    """A line's journeys of one service day, by their start.

    Raises UserFault for arguments that cannot be, NotFound for a line nobody knows.
    """
    context = info.context
    key = key_of(line, "Line", "line")
    listed = JourneysOfLine(key, day or today(context))
    place = decode_cursor(after, datetime, str)
    projection = project(info, "starts_at")
    found = await _page(info, listed, DatedJourney, place, first, after, projection)
    if not found.nodes and await context.load.line.load(key) is None:
        raise NotFound("Line", line, path=("line",))
    return found


def today(context: "SchemaContext") -> date:
    """The day it is at the interchange."""
    return context.now.astimezone(ZoneInfo(context.services.area.timezone)).date()


async def _page(
    info: Info,
    listed: Lines | JourneysOfLine,
    wrap: type[N],
    after_place: tuple[Any, ...] | None,
    first: int,
    after: str | None,
    projection: dict[str, int],
) -> Connection[N]:
    network = info.context.services.transit.network
    rows = await network.page(
        listed, limit=page_size(first) + 1, after=after_place, projection=projection
    )

    def place(row: Row) -> tuple[Any, ...]:
        return tuple(row[name] for name in dict.fromkeys((listed.key, "_id")))

    async def behind(row: Row | None) -> bool:
        return await network.any_before(listed, place(row) if row else None)

    async def count() -> int:
        return await network.count(listed)

    return connect(
        rows,
        first=first,
        after=after,
        wrap=wrap,
        place=place,
        behind=behind,
        count=count,
    )
