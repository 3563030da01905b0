"""`liandong watch`: a view kept up to date: on a terminal a table, elsewhere a line a change."""

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import aclosing
from dataclasses import replace
from zoneinfo import ZoneInfo

from rich.console import Console, RenderableType
from rich.live import Live
from rich.text import Text

from terminal.alarms import ALARMS, ENDING, HEADINGS, alarm_cells
from terminal.client import ClientError, Event, HubClient, LiveQuery, RefusedError
from terminal.keys import pressed
from terminal.tables import ROOMY, Screen
from terminal.watch import (
    DEPARTURES,
    FEEDS,
    GONE,
    ORDERS,
    SHEETS,
    TAXI_RANKS,
    VIEWS,
    Node,
    View,
)

Row = tuple[str, ...]

_CHANGES = {
    "SNAPSHOT": "现有 present",
    "ADDED": "新增 added",
    "UPDATED": "更新 updated",
    "REMOVED": "移除 removed",
    "ENDED": "结束 ended",
}
_BEFORE = ("时刻 at", "变化 change")
"""What stands before the cells of what changed."""
_OVER = "到此为止 end of the watch"
_FRAME = 9
"""Lines of a terminal that a table takes for itself: its title, its headings, its legend."""
_RESET = "重新读取 read anew"
_QUERIES = {
    "taxi": {"taxiRanks": TAXI_RANKS},
    "feeds": {"feeds": FEEDS},
    "orders": {"orders": ORDERS, "alarms": ALARMS},
    "alarms": {"alarms": ALARMS},
}


async def queries_for(
    client: HubClient, what: str, places: list[Node], stop_place: str | None
) -> list[LiveQuery]:
    """The live queries behind a view; a board without a stop place shows the whole interchange.

    Raises RefusedError for a stop place the hub does not know.
    """
    if what != "board":
        return [LiveQuery(name, text) for name, text in _QUERIES[what].items()]
    if stop_place:
        data = await client.query("query ($id: ID!) { stopPlace(id: $id) { id } }", id=stop_place)
        if data["stopPlace"] is None:
            known = ", ".join(f"{place['scopedId']} {place['name']}" for place in places)
            raise RefusedError(
                f"--stop-place {stop_place!r}: 没有此站点 no such stop place. "
                f"可用 this interchange has: {known or '–'}."
            )
        return [LiveQuery("departures", DEPARTURES, {"stopPlace": stop_place})]
    return [LiveQuery("departures", DEPARTURES, {"stopPlace": place["id"]}) for place in places]


async def watch(
    client: HubClient, what: str, *, stop_place: str | None = None, events: int | None = None
) -> None:
    """Show one view until interrupted, until `q`, or until `events` events have come.

    On a terminal a table; where the output goes elsewhere, a line for whatever changes.
    """
    console = Console()
    data = await client.query("{ interchange { timezone stopPlaces { id scopedId name } } }")
    interchange = data["interchange"]
    queries = await queries_for(client, what, interchange["stopPlaces"], stop_place)
    zone = ZoneInfo(interchange["timezone"])
    show = _tables if console.is_terminal else _lines
    following = _ended(client, _counted(client, queries, events))
    showing = asyncio.create_task(show(console, zone, what, following))
    quitting = asyncio.create_task(pressed("q"))
    try:
        await asyncio.wait({showing, quitting}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (showing, quitting):
            task.cancel()
        await asyncio.wait({showing, quitting})
        await following.aclose()  # whoever reads may be gone before its end
    if not showing.cancelled():
        showing.result()


async def _counted(
    client: HubClient, queries: list[LiveQuery], most: int | None
) -> AsyncGenerator[Event, None]:
    """Events until `most` have come, those about the link not counted."""
    seen = 0
    async with aclosing(client.follow(queries)) as following:
        async for event in following:
            yield event
            seen += event.name != "link"
            if most is not None and seen >= most:
                return


async def _ended(
    client: HubClient, following: AsyncGenerator[Event, None]
) -> AsyncGenerator[Event, None]:
    """The events, those of alarms that have ended with when and why, which no list tells."""
    async with aclosing(following):
        async for event in following:
            gone = event.name == "alarms" and event.change == "REMOVED"
            yield await _fate(client, event) if gone else event


async def _fate(client: HubClient, event: Event) -> Event:
    """What became of an alarm that is listed no more; as it was, where the hub does not say."""
    node = event.node or {}
    try:
        became = (await client.query(ENDING, id=node["id"]))["alarm"] or {}
    except ClientError:
        return event
    change = "ENDED" if became.get("state") == "CLEARED" else event.change
    return replace(event, change=change, node=node | became)


async def _tables(
    console: Console, zone: ZoneInfo, what: str, following: AsyncIterator[Event]
) -> None:
    view = View()

    def drawn() -> RenderableType:
        screen = Screen(console.width, zone)
        return VIEWS[what](view, screen, max(5, console.height - _FRAME))

    with Live(get_renderable=drawn, console=console, refresh_per_second=4):
        async for event in following:
            view.take(event)
            if event.name == "alarms" and event.change == "ADDED":
                console.bell()


async def _lines(
    console: Console, zone: ZoneInfo, what: str, following: AsyncIterator[Event]
) -> None:
    """Print until whoever reads has gone; what stands where at the beginning, and that it ended."""
    view, screen = View(), Screen(ROOMY, zone)

    def say(lines: list[str]) -> None:
        for line in lines:
            console.file.write(f"{line}\n")
        console.file.flush()

    try:
        say(headings(what, screen))
        try:
            async for event in following:
                say(lines_of(what, view, event, screen))
        finally:
            say([f"{screen.now()} | {_OVER}"])
    except BrokenPipeError:
        # what is left in the buffer must not fail once more when Python ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), console.file.fileno())


def headings(what: str, screen: Screen) -> list[str]:
    """What stands where in the lines of this view."""
    rows: list[Row] = [HEADINGS] if "alarms" in _QUERIES.get(what, {}) else []
    if what in SHEETS:
        columns = SHEETS[what](View(), screen, 1).columns
        rows.append(tuple(column.title for column in columns))
    return [" | ".join((*_BEFORE, *row)) for row in rows]


def lines_of(what: str, view: View, event: Event, screen: Screen) -> list[str]:
    """What one event says, for a file or another program: the cells of what changed, in a line.

    `view` takes the event; the state of its link is a line of its own. Nothing is said of a change
    that no cell shows.
    """
    now, known = screen.now(), dict(view.nodes.get(event.name, {}))
    view.take(event)
    if event.name == "link":
        return [f"{now} | {view.link}"]
    if event.node is None:
        return [f"{now} | {_RESET}"] if event.change == "RESET" else []
    before = known.get(event.node["id"])
    if event.change in GONE:
        rows = _rows(what, event.name, {**(before or {}), **event.node}, screen)
    else:
        rows = _news(what, event.name, before, event.node, screen)
    change = _CHANGES.get(event.change, event.change)
    return [" | ".join((now, change, *row)) for row in rows]


def _news(what: str, name: str, before: Node | None, node: Node, screen: Screen) -> list[Row]:
    """The rows of a node that say something new.

    Of an order those of the recipients with whom something changed; all, where it is the order.
    """
    rows = _rows(what, name, node, screen)
    if before is None:
        return rows
    old = _rows(what, name, before, screen)
    moved = rows
    if "recipients" in node:
        moved = _rows(what, name, {**before, "recipients": node["recipients"]}, screen)
    news = [row for row, part in zip(rows, moved, strict=True) if part not in old]
    return news or (rows if rows != old else [])


def _rows(what: str, name: str, node: Node, screen: Screen) -> list[Row]:
    if name == "alarms":
        return [_row(alarm_cells(node, screen))]
    one = View({name: {node["id"]: node}}, live=True)
    return [_row(row) for row in SHEETS[what](one, screen, 1).rows]


def _row(cells: Iterable[str | Text]) -> Row:
    return tuple(" ".join(str(cell).split()) or "–" for cell in cells)
