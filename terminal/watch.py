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
from terminal.tables import FRESHNESS, HEALTH, WIDE, Column, Screen, table

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
      recipients { officer { login name } stage entries { stage at channel } }
    }
  }
}"""

_STATUS_ZH = {
    "SCHEDULED": "计划",
    "ON_TIME": "正点",
    "EARLY": "早点",
    "DELAYED": "晚点",
    "ARRIVED": "到达",
    "DEPARTED": "已开",
    "CANCELLED": "停运",
    "SKIPPED": "不停",
    "NO_DATA": "无数据",
    "UNKNOWN": "未知",
}
_STAGE_ZH = {
    "QUEUED": "待发",
    "SENT": "已推送",
    "RECEIVED": "已送达",
    "SEEN": "已读",
    "ACCEPTED": "已签收",
    "EN_ROUTE": "在途",
    "ARRIVED": "到场",
    "DONE": "处置完毕",
    "DECLINED": "不能前往",
    "ESCALATED": "已升级",
    "CANCELLED": "已撤销",
}


@dataclass
class View:
    """Nodes by id of several live queries, and whether the link is up."""

    nodes: dict[str, dict[str, Node]] = field(default_factory=dict)
    live: bool = False
    link: str = "连接中 connecting"

    def take(self, event: Event) -> None:
        """Apply one event."""
        if event.name == "link":
            reason = (event.node or {}).get("reason", "")
            self.live = event.change == "UP"
            self.link = "在线 live" if self.live else f"断线 reconnecting: {reason}"
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
    screen: Screen, view: View, title: str, columns: list[Column], rows: list[list[str | Text]]
) -> Table:
    heading = f"{title} · {screen.now()} · {view.link}"
    return table(screen, heading, columns, rows, live=view.live)


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
                screen.state(node["status"], _STATUS_ZH),
                node["stopPlace"]["name"] or "",
                _trust(screen, view, node["freshness"]["state"], FRESHNESS),
            ]
        )
    return _drawn(screen, view, "出发 Departures", columns, rows)


def taxi_table(view: View, screen: Screen, _limit: int) -> Table:
    """Both ranks: waiting, holding, loaded departures."""
    columns = [
        Column("候客点 Rank", 0, flex=True),
        Column("候客 waiting", 12),
        Column("蓄车 holding", 12),
        Column("15分钟离场 left", 15 if screen.wide else 10),
        Column("截至", 8),
        Column("新鲜度", 14 if screen.wide else 6),
    ]
    rows: list[list[str | Text]] = [
        [
            screen.words(node["name"], node["nameEn"]),
            _known(node["vehiclesWaiting"]),
            f"{_known(node['holding'])} / {node['holdingCapacity']}",
            _known(node["departures15m"]),
            screen.clock(node["freshness"]["asOf"]),
            _trust(screen, view, node["freshness"]["state"], FRESHNESS),
        ]
        for node in sorted(view.of("taxiRanks"), key=lambda n: n["id"])
    ]
    return _drawn(screen, view, "出租车候客点 Taxi ranks", columns, rows)


def feeds_table(view: View, screen: Screen, _limit: int) -> Table:
    """Health of every feed."""
    columns = [
        Column("数据源 Feed", 17),
        Column("标准", 14, above=WIDE),
        Column("方式", 5, above=WIDE),
        Column("状态", 21 if screen.wide else 8),
        Column("链路", 5),
        Column("收到", 8),
        Column("数据截至", 8),
        Column("收/拒", 9, above=WIDE),
        Column("原因 Reason", 0, flex=True),
    ]
    rows: list[list[str | Text]] = []
    for node in sorted(view.of("feeds"), key=lambda n: n["code"]):
        counts = node["counts"] or {"accepted": 0, "rejected": 0}
        reasons = ", ".join(f"{reject['reason']} {reject['count']}" for reject in node["rejects"])
        rows.append(
            [
                node["code"],
                node["kind"],
                node["mode"] or "–",
                _trust(screen, view, node["state"], HEALTH),
                node["linkState"],
                screen.clock(node["lastReceivedAt"]),
                screen.clock(node["dataAsOf"]),
                f"{counts['accepted']}/{counts['rejected']}",
                node["detail"] or reasons,
            ]
        )
    return _drawn(screen, view, "数据源 Feeds", columns, rows)


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
            rows.append(
                [
                    node["number"],
                    (node["incident"] or {}).get("title", ""),
                    node["text"],
                    f"{officer['login']} {officer['name'] or ''}",
                    screen.state(recipient["stage"], _STAGE_ZH),
                    screen.clock(last["at"]),
                    last["channel"],
                ]
            )
    return _drawn(screen, view, "指令 Orders", columns, rows)


def orders_view(view: View, screen: Screen, limit: int) -> RenderableType:
    """The orders, below the alarms where there are any: an order that nobody takes is one."""
    orders = orders_table(view, screen, limit)
    return Group(alarms_view(view, screen, limit), orders) if view.of("alarms") else orders


def alarms_view(view: View, screen: Screen, _limit: int) -> Table:
    """Every alarm that the hub answered; none is left out for want of room."""
    heading = f"告警 Alarms · {screen.now()} · {view.link}"
    return alarms_table(view.of("alarms"), heading, screen)


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
