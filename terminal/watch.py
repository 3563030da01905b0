"""`liandong watch`: live tables in a terminal, each over the public subscription."""

from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rich.box import SIMPLE
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from terminal.client import Event, HubClient, LiveQuery

Node = dict[str, Any]

_FRESHNESS = "freshness { asOf source state }"

DEPARTURES = f"""
subscription Board($stopPlace: ID!, $after: String) {{
  departures(stopPlace: $stopPlace, first: 40, after: $after) {{
    cursor change
    node {{
      id aimedDeparture expectedDeparture actualDeparture status delaySeconds
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

_STATE_STYLE = {
    "FRESH": "green",
    "HEALTHY": "green",
    "SCHEDULED": "dim",
    "STALE": "yellow",
    "DEGRADED": "yellow",
    "UNKNOWN": "red",
    "DOWN": "red",
    "CANCELLED": "red",
    "DELAYED": "yellow",
    "DEPARTED": "dim",
}
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
    link: str = "连接中 connecting"

    def take(self, event: Event) -> None:
        """Apply one event."""
        if event.name == "link":
            reason = (event.node or {}).get("reason", "")
            self.link = "在线 live" if event.change == "UP" else f"断线 reconnecting: {reason}"
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


def clock_text(value: str | None) -> str:
    """An RFC 3339 time as local HH:MM:SS, or a dash."""
    return datetime.fromisoformat(value).astimezone().strftime("%H:%M:%S") if value else "–"


def _styled(value: str, words: dict[str, str] | None = None) -> Text:
    shown = f"{words[value]} {value}" if words and value in words else value
    return Text(shown, style=_STATE_STYLE.get(value, ""))


def _table(title: str, view: View, columns: dict[str, int]) -> Table:
    """An empty table; `columns` are titles with the least width each needs."""
    table = Table(title=f"{title} · {view.link}", expand=True, padding=(0, 0, 0, 1), box=SIMPLE)
    for name, width in columns.items():
        table.add_column(name, no_wrap=True, min_width=width)
    return table


def board_table(view: View, limit: int) -> Table:
    """Departures of all modes, soonest first."""
    columns = {"计划": 5, "预计": 5, "线路/车次": 10, "开往 To": 8, "站台": 4, "状态": 12}
    table = _table("出发 Departures", view, {**columns, "站点": 8, "新鲜度": 9})
    rows = sorted(
        view.of("departures"), key=lambda n: n["expectedDeparture"] or n["aimedDeparture"] or ""
    )
    for node in rows[:limit]:
        journey, line = node["journey"], node["journey"]["line"] or {}
        code = " ".join(filter(None, (line.get("publicCode"), journey["publicCode"])))
        table.add_row(
            clock_text(node["aimedDeparture"])[:5],
            clock_text(node["expectedDeparture"])[:5],
            code,
            f"{journey['destination'] or ''} {journey['destinationEn'] or ''}",
            node["actualPlatform"] or node["plannedPlatform"] or "–",
            _styled(node["status"], _STATUS_ZH),
            node["stopPlace"]["name"],
            _styled(node["freshness"]["state"]),
        )
    return table


def taxi_table(view: View, _limit: int) -> Table:
    """Both ranks: waiting, holding, loaded departures."""
    columns = {"候客点 Rank": 16, "候客 waiting": 8, "蓄车 holding": 8, "15分钟离场": 8}
    table = _table("出租车候客点 Taxi ranks", view, {**columns, "截至": 8, "新鲜度": 7})
    for node in sorted(view.of("taxiRanks"), key=lambda n: n["id"]):
        table.add_row(
            f"{node['name']} {node['nameEn'] or ''}",
            _known(node["vehiclesWaiting"]),
            f"{_known(node['holding'])} / {node['holdingCapacity']}",
            _known(node["departures15m"]),
            clock_text(node["freshness"]["asOf"]),
            _styled(node["freshness"]["state"]),
        )
    return table


def feeds_table(view: View, _limit: int) -> Table:
    """Health of every feed."""
    columns = {"数据源 Feed": 17, "标准": 7, "方式": 5, "状态": 8, "链路": 4, "收到": 8}
    table = _table("数据源 Feeds", view, {**columns, "截至": 8, "收/拒": 6, "原因": 4})
    for node in sorted(view.of("feeds"), key=lambda n: n["code"]):
        counts = node["counts"] or {"accepted": 0, "rejected": 0}
        reasons = ", ".join(f"{reject['reason']} {reject['count']}" for reject in node["rejects"])
        table.add_row(
            node["code"],
            node["kind"],
            node["mode"] or "–",
            _styled(node["state"]),
            node["linkState"],
            clock_text(node["lastReceivedAt"]),
            clock_text(node["dataAsOf"]),
            f"{counts['accepted']}/{counts['rejected']}",
            reasons or node["detail"] or "",
        )
    return table


def orders_table(view: View, limit: int) -> Table:
    """Orders, newest first, one line a recipient with how far it has come."""
    columns = {"编号": 14, "事件": 8, "指令": 10, "队员": 9, "阶段": 12, "最近": 8, "途径": 7}
    table = _table("指令 Orders", view, columns)
    for node in sorted(view.of("orders"), key=lambda n: n["createdAt"], reverse=True)[:limit]:
        for recipient in node["recipients"]:
            last = recipient["entries"][-1]
            officer = recipient["officer"] or {"login": "?", "name": ""}
            table.add_row(
                node["number"],
                (node["incident"] or {}).get("title", ""),
                node["text"],
                f"{officer['login']} {officer['name'] or ''}",
                _styled(recipient["stage"], _STAGE_ZH),
                clock_text(last["at"]),
                last["channel"],
            )
    return table


def _known(value: int | None) -> str:
    return "未知 unknown" if value is None else str(value)


VIEWS: dict[str, Callable[[View, int], Table]] = {
    "board": board_table,
    "taxi": taxi_table,
    "feeds": feeds_table,
    "orders": orders_table,
}
_SINGLE = {
    "taxi": LiveQuery("taxiRanks", TAXI_RANKS),
    "feeds": LiveQuery("feeds", FEEDS),
    "orders": LiveQuery("orders", ORDERS),
}


async def queries_for(client: HubClient, what: str, stop_place: str | None) -> list[LiveQuery]:
    """The live queries behind a view; a board without a stop place shows the whole interchange."""
    if what != "board":
        return [_SINGLE[what]]
    if stop_place:
        places = [stop_place]
    else:
        data = await client.query("{ interchange { stopPlaces { id } } }")
        places = [place["id"] for place in data["interchange"]["stopPlaces"]]
    return [LiveQuery("departures", DEPARTURES, {"stopPlace": place}) for place in places]


async def watch(
    client: HubClient, what: str, *, stop_place: str | None = None, events: int | None = None
) -> None:
    """Show one view until interrupted, or until `events` events have come."""
    console = Console()
    view = View()
    draw = VIEWS[what]
    queries = await queries_for(client, what, stop_place)
    limit = max(5, console.height - 6)
    with Live(Group(draw(view, limit)), console=console, refresh_per_second=4) as live:
        seen = 0
        async with aclosing(client.follow(queries)) as following:
            async for event in following:
                view.take(event)
                live.update(draw(view, limit))
                seen += event.name != "link"
                if events is not None and seen >= events:
                    return
