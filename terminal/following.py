"""`liandong watch`: a view kept up to date: on a terminal a table, elsewhere a line a change."""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from zoneinfo import ZoneInfo

from rich.console import Console, RenderableType
from rich.live import Live
from rich.text import Text

from terminal.alarms import ALARMS, alarm_cells
from terminal.client import Event, HubClient, LiveQuery, RefusedError
from terminal.keys import pressed
from terminal.tables import WIDE, Screen
from terminal.watch import DEPARTURES, FEEDS, ORDERS, SHEETS, TAXI_RANKS, VIEWS, Node, View

_CHANGES = {
    "SNAPSHOT": "现有 present",
    "ADDED": "新增 added",
    "UPDATED": "更新 updated",
    "REMOVED": "移除 removed",
}
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
    showing = asyncio.create_task(show(console, zone, what, _counted(client, queries, events)))
    quitting = asyncio.create_task(pressed("q"))
    try:
        await asyncio.wait({showing, quitting}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (showing, quitting):
            task.cancel()
        await asyncio.wait({showing, quitting})
    if not showing.cancelled():
        showing.result()


async def _counted(
    client: HubClient, queries: list[LiveQuery], most: int | None
) -> AsyncIterator[Event]:
    """Events until `most` have come, those about the link not counted."""
    seen = 0
    async with aclosing(client.follow(queries)) as following:
        async for event in following:
            yield event
            seen += event.name != "link"
            if most is not None and seen >= most:
                return


async def _tables(
    console: Console, zone: ZoneInfo, what: str, following: AsyncIterator[Event]
) -> None:
    view = View()

    def drawn() -> RenderableType:
        screen = Screen(console.width, zone)
        return VIEWS[what](view, screen, max(5, console.height - 6))

    with Live(get_renderable=drawn, console=console, refresh_per_second=4):
        async for event in following:
            view.take(event)
            if event.name == "alarms" and event.change == "ADDED":
                console.bell()


async def _lines(
    console: Console, zone: ZoneInfo, what: str, following: AsyncIterator[Event]
) -> None:
    """Print until whoever reads has gone."""
    view, screen = View(), Screen(WIDE, zone)
    try:
        async for event in following:
            for line in lines_of(what, view, event, screen):
                console.file.write(f"{line}\n")
            console.file.flush()
    except BrokenPipeError:
        # what is left in the buffer must not fail once more when Python ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), console.file.fileno())


def lines_of(what: str, view: View, event: Event, screen: Screen) -> list[str]:
    """What one event says, for a file or another program: the cells of what changed, in a line.

    `view` takes the event; the state of its link is a line of its own.
    """
    now, known = screen.now(), dict(view.nodes.get(event.name, {}))
    view.take(event)
    if event.name == "link":
        return [f"{now} | {view.link}"]
    if event.node is None:
        return [f"{now} | {_RESET}"] if event.change == "RESET" else []
    id_ = event.node["id"]
    node = known.get(id_, event.node) if event.change == "REMOVED" else event.node
    if event.name == "alarms":
        rows: Sequence[Sequence[str | Text]] = [["告警 alarm", *alarm_cells(node, screen)]]
    else:
        one = View({event.name: {id_: node}}, live=True)
        rows = SHEETS[what](one, screen, 1).rows
    change = _CHANGES.get(event.change, event.change)
    return [" | ".join((now, change, *map(_one_line, row))) for row in rows]


def _one_line(cell: str | Text) -> str:
    return " ".join(str(cell).split()) or "–"
