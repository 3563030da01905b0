"""`liandong watch`: live tables in a terminal, each over the public subscription."""

from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from terminal.alarms import ALARMS, alarms_table
from terminal.client import Event, HubClient, LiveQuery, RefusedError
from terminal.tables import (
    CHANNELS,
    FRESHNESS,
    HEALTH,
    LINKS,
    MODES,
    STAGES,
    STATUSES,
    WIDE,
    Column,
    Screen,
    table,
)

Node = dict[str, Any]

_FRESHNESS = "freshness { asOf source state }"

DEPARTURES = f"""
subscription Board($stopPlace: ID!, $after: String) {{
  departures(stopPlace: $stopPlace, first: 40, after: $after) {{
    cursor change
    node {{
      id aimedDeparture aimedApproximate expectedDeparture actualDeparture status delaySeconds
      plannedPlatform actualPlatform
      journey {{ publicCode mode destination destinationEn line {{ publicCode }} }}
      stopPlace {{ name nameEn }}
      {_FRESHNESS}
    }}
  }}
}}"""

TAXI_RANKS = f"""
subscription Ranks($after: String) {{
  taxiRanks(after: $after) {{
    cursor change
    node {{ id name nameEn vehiclesWaiting holding holdingCapacity departures15m {_FRESHNESS} }}
  }}
}}"""

FEEDS = """
subscription Feeds($after: String) {
  feeds(after: $after) {
    cursor change
    node {
      id code kind mode state linkState lastReceivedAt dataAsOf
      counts { accepted rejected } rejects { reason count } detail
    }
  }
}"""

ORDERS = """
subscription Orders($after: String) {
  orders(after: $after) {
    cursor change
    node {
      id number text state createdAt
      incident { number title }
      recipients { officer { login name } stage nobodyNext entries { stage at channel } }
    }
  }
}"""

_WELL = {"HEALTHY", "STARTING", "PRIMING", "DISABLED"}
_NO_DEPARTURES = (
    "近两小时没有班次 No departures within two hours. "
    "数据源是否正常 whether the feeds are well: liandong watch feeds"
)
_NO_RANKS = "没有候客点 No taxi ranks: 站区文件里没有 the area file names none."
_NO_FEEDS = "没有数据源 No feeds. 检查配置 check the configuration: liandong doctor"
_NO_ORDERS = (
    "暂无指令 No orders yet. 在查询页用 dispatchOrder 下达（见 README“下达指令”） "
    'Dispatch one with dispatchOrder on the query page (README, "Send an order").'
)


@dataclass
class View:
    """Nodes by id of several live queries, and whether the link is up."""

    nodes: dict[str, dict[str, Node]] = field(default_factory=dict)
    live: bool = False
    link: str = "连接中 connecting"

    def take(self, event: Event) -> None:
        """Apply one event."""
        if event.name == "link":
            self.live = event.change == "UP"
            self.link = "在线 live" if self.live else f"断线 reconnecting: {event.reason}"
            return
        held = self.nodes.setdefault(event.name, {})
        if event.change == "RESET":
            held.clear()
        elif event.node is not None and event.change == "REMOVED":
            held.pop(event.node["id"], None)
        elif event.node is not None:
            held[event.node["id"]] = event.node

    def of(self, name: str) -> list[Node]:
        """The nodes of one live query."""
        return list(self.nodes.get(name, {}).values())


def _drawn(
    screen: Screen,
    view: View,
    title: str,
    columns: list[Column],
    rows: list[list[str | Text]],
    empty: str,
) -> Table:
    heading = f"{title} · {screen.now()} · {view.link}"
    return table(screen, heading, columns, rows, live=view.live, empty=empty)


def _trust(screen: Screen, view: View, state: str, words: dict[str, str]) -> Text:
    """How far a row can be trusted: while the hub cannot be heard, not at all."""
    return screen.state(state, words) if view.live else Text(screen.words("断线", "LOST"), "red")


def board_table(view: View, screen: Screen, limit: int) -> Table:
    """Departures of all modes, soonest first."""
    columns = [
        Column("计划", 6),
        Column("预计", 5),
        Column("线路/车次", 14),
        Column("开往 To", 0, flex=True),
        Column("站台", 4),
        Column("状态", 14 if screen.wide else 4),
        Column("站点", 16, above=WIDE),
        Column("新鲜度", 14 if screen.wide else 6),
    ]
    nodes = sorted(
        view.of("departures"), key=lambda n: n["expectedDeparture"] or n["aimedDeparture"] or ""
    )
    rows: list[list[str | Text]] = []
    for node in nodes[:limit]:
        journey, line = node["journey"], node["journey"]["line"] or {}
        rows.append(
            [
                ("~" if node["aimedApproximate"] else "") + screen.minute(node["aimedDeparture"]),
                screen.minute(node["expectedDeparture"]),
                " ".join(filter(None, (line.get("publicCode"), journey["publicCode"]))),
                screen.words(journey["destination"], journey["destinationEn"]),
                node["actualPlatform"] or node["plannedPlatform"] or "–",
                screen.state(node["status"], STATUSES),
                node["stopPlace"]["name"] or "",
                _trust(screen, view, node["freshness"]["state"], FRESHNESS),
            ]
        )
    return _drawn(screen, view, "出发 Departures", columns, rows, _NO_DEPARTURES)


def taxi_table(view: View, screen: Screen, _limit: int) -> Table:
    """Both ranks: waiting, holding, loaded departures."""
    columns = [
        Column("候客点 Rank", 0, flex=True),
        Column("候客 waiting", 12),
        Column("蓄车 holding", 12),
        Column(screen.words("15分钟离场", "left"), 15 if screen.wide else 10),
        Column("截至", 8),
        Column("新鲜度", 14 if screen.wide else 6),
    ]
    rows: list[list[str | Text]] = [
        [
            screen.words(node["name"], node["nameEn"]),
            _known(node["vehiclesWaiting"]),
            f"{_known(node['holding'])} / {node['holdingCapacity']}",
            _known(node["departures15m"]),
            screen.as_of(node["freshness"]["asOf"]),
            _trust(screen, view, node["freshness"]["state"], FRESHNESS),
        ]
        for node in sorted(view.of("taxiRanks"), key=lambda n: n["id"])
    ]
    return _drawn(screen, view, "出租车候客点 Taxi ranks", columns, rows, _NO_RANKS)


def feeds_table(view: View, screen: Screen, _limit: int) -> Table:
    """Health of every feed: those that want something first, each with its whole reason."""
    columns = [
        Column("数据源 Feed", 17),
        Column("标准", 14, above=WIDE),
        Column("方式", 4, above=WIDE),
        Column("状态", 21 if screen.wide else 8),
        Column("链路", 6),
        Column("收到", 8, above=WIDE),
        Column("数据截至", 8),
        Column("收/拒", 9, above=WIDE),
        Column("原因 Reason", 0, flex=True, whole=True),
    ]
    rows: list[list[str | Text]] = []
    for node in sorted(view.of("feeds"), key=lambda n: (n["state"] in _WELL, n["code"])):
        counts = node["counts"] or {"accepted": 0, "rejected": 0}
        refused = ", ".join(f"{reject['reason']} {reject['count']}" for reject in node["rejects"])
        rows.append(
            [
                node["code"],
                node["kind"],
                MODES.get(node["mode"], node["mode"] or "–"),
                _trust(screen, view, node["state"], HEALTH),
                LINKS.get(node["linkState"], node["linkState"] or "–"),
                screen.as_of(node["lastReceivedAt"]),
                screen.as_of(node["dataAsOf"]),
                f"{counts['accepted']}/{counts['rejected']}",
                node["detail"] or (refused and f"拒收 rejected: {refused}"),
            ]
        )
    return _drawn(screen, view, "数据源 Feeds", columns, rows, _NO_FEEDS)


def orders_table(view: View, screen: Screen, limit: int) -> Table:
    """Orders, newest first, one line a recipient with how far it has come."""
    columns = [
        Column("编号", 15),
        Column("事件", 20, above=WIDE),
        Column("指令 Order", 0, flex=True),
        Column("队员", 16 if screen.wide else 10),
        Column("阶段", 18 if screen.wide else 8),
        Column("最近", 8),
        Column("途径", 10, above=WIDE),
    ]
    rows: list[list[str | Text]] = []
    for node in sorted(view.of("orders"), key=lambda n: n["createdAt"], reverse=True)[:limit]:
        for recipient in node["recipients"]:
            last = recipient["entries"][-1]
            officer = recipient["officer"] or {"login": "?", "name": ""}
            waits = recipient["stage"] == "ESCALATED" and recipient["nobodyNext"]
            stage = "NOBODY_LEFT" if waits else recipient["stage"]
            rows.append(
                [
                    node["number"],
                    (node["incident"] or {}).get("title", ""),
                    node["text"],
                    screen.words(officer["name"], officer["login"]),
                    screen.state(stage, STAGES),
                    screen.clock(last["at"]),
                    CHANNELS.get(last["channel"], last["channel"]),
                ]
            )
    return _drawn(screen, view, "指令 Orders", columns, rows, _NO_ORDERS)


def orders_view(view: View, screen: Screen, limit: int) -> RenderableType:
    """The orders, below the alarms where there are any: an order that nobody takes is one."""
    orders = orders_table(view, screen, limit)
    return Group(alarms_view(view, screen, limit // 2), orders) if view.of("alarms") else orders


def alarms_view(view: View, screen: Screen, limit: int) -> Table:
    """The alarms that the hub answered, as many as there is room for, and how many more."""
    heading = f"告警 Alarms · {screen.now()} · {view.link}"
    return alarms_table(view.of("alarms"), heading, screen, room=limit, live=view.live)


def _known(value: int | None) -> str:
    return "未知" if value is None else str(value)


VIEWS: dict[str, Callable[[View, Screen, int], RenderableType]] = {
    "board": board_table,
    "taxi": taxi_table,
    "feeds": feeds_table,
    "orders": orders_view,
    "alarms": alarms_view,
}
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
    """Show one view until interrupted, or until `events` events have come."""
    console = Console()
    view = View()
    data = await client.query("{ interchange { timezone stopPlaces { id scopedId name } } }")
    interchange = data["interchange"]
    queries = await queries_for(client, what, interchange["stopPlaces"], stop_place)
    zone = ZoneInfo(interchange["timezone"])

    def drawn() -> RenderableType:
        screen = Screen(console.width, zone)
        return VIEWS[what](view, screen, max(5, console.height - 6))

    with Live(get_renderable=drawn, console=console, refresh_per_second=4):
        seen = 0
        async with aclosing(client.follow(queries)) as following:
            async for event in following:
                view.take(event)
                if event.name == "alarms" and event.change == "ADDED":
                    console.bell()
                seen += event.name != "link"
                if events is not None and seen >= events:
                    return
