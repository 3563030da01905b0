"""What `liandong watch` shows: each view over a public subscription, as a table of its rows."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from terminal.alarms import alarms_table
from terminal.client import Event
from terminal.ledger import reached, stage_of
from terminal.tables import (
    CHANNELS,
    FRESHNESS,
    HEALTH,
    LINKS,
    LOST,
    MODES,
    ORDER_STATES,
    STAGES,
    STATUSES,
    WIDE,
    Column,
    Screen,
    Sheet,
    service,
    table,
)

Node = dict[str, Any]
GONE = {"REMOVED", "ENDED"}
"""Changes that take a node away."""

_FRESHNESS = "freshness { asOf source state }"

DEPARTURES = f"""
subscription Board($stopPlace: ID!, $after: String) {{
  departures(stopPlace: $stopPlace, first: 40, after: $after) {{
    cursor change
    node {{
      id aimedDeparture aimedApproximate expectedDeparture actualDeparture status delaySeconds
      plannedPlatform actualPlatform
      journey {{ publicCode mode line {{ publicCode }}
        destination destinationEn: destination(language: EN) }}
      stopPlace {{ name }}
      {_FRESHNESS}
    }}
  }}
}}"""

TAXI_RANKS = f"""
subscription Ranks($after: String) {{
  taxiRanks(after: $after) {{
    cursor change
    node {{
      id name nameEn: name(language: EN)
      vehiclesWaiting holding holdingCapacity departures15m {_FRESHNESS}
    }}
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
      recipients {
        officer { id login name } round stage nobodyNext reassignedBecause
        escalatedFrom { id } escalatedFromRound entries { stage at channel }
      }
    }
  }
}"""

_QUIT = " · q 退出 quit"
_SERVICE = 20
"""Cells of a board for a line and its number: room for a coach's at 80 columns."""
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
        elif event.node is not None and event.change in GONE:
            held.pop(event.node["id"], None)
        elif event.node is not None:
            held[event.node["id"]] = event.node

    def of(self, name: str) -> list[Node]:
        """The nodes of one live query."""
        return list(self.nodes.get(name, {}).values())


def _drawn(screen: Screen, view: View, sheet: Sheet) -> Table:
    heading = f"{sheet.title} · {screen.now()} · {view.link}{_QUIT}"
    return table(screen, heading, sheet, live=view.live)


def _trust(screen: Screen, view: View, state: str, words: dict[str, str]) -> Text:
    """How far a row can be trusted: while the hub cannot be heard, not at all."""
    return (
        screen.state(state, words) if view.live else Text(screen.words(LOST["LOST"], "LOST"), "red")
    )


def board_sheet(view: View, screen: Screen, limit: int) -> Sheet:
    """Departures of all modes, soonest first."""
    columns = [
        Column("计划 aimed", 6),
        Column("预计 expected", 5),
        Column("线路/车次 Service", _SERVICE),
        Column("开往 To", 0, flex=True),
        Column("站台 platform", 4),
        Column("状态 status", 14 if screen.wide else 4),
        Column("站点 stop place", 16, above=WIDE),
        Column("新鲜度 freshness", 16 if screen.wide else 6),
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
                service(line.get("publicCode") or "", journey["publicCode"] or "", _SERVICE),
                screen.words(journey["destination"], journey["destinationEn"]),
                node["actualPlatform"] or node["plannedPlatform"] or "–",
                screen.state(node["status"], STATUSES),
                node["stopPlace"]["name"] or "",
                _trust(screen, view, node["freshness"]["state"], FRESHNESS),
            ]
        )
    return Sheet("出发 Departures", columns, rows, _NO_DEPARTURES, (STATUSES, FRESHNESS, LOST))


def taxi_sheet(view: View, screen: Screen, _limit: int) -> Sheet:
    """Both ranks: waiting, holding, loaded departures."""
    columns = [
        Column("候客点 Rank", 0, flex=True),
        Column("候客 waiting", 12),
        Column("蓄车 holding", 12),
        Column("15分钟离场 left", 15 if screen.wide else 10),
        Column("截至 as of", 8),
        Column("新鲜度 freshness", 16 if screen.wide else 6),
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
    return Sheet("出租车候客点 Taxi ranks", columns, rows, _NO_RANKS, (FRESHNESS, LOST))


def feeds_sheet(view: View, screen: Screen, _limit: int) -> Sheet:
    """Health of every feed: those that want something first, each with its whole reason."""
    columns = [
        Column("数据源 Feed", 17),
        Column("标准 kind", 14, above=WIDE),
        Column("方式 mode", 10 if screen.roomy else 4, above=WIDE),
        Column("状态 state", 21 if screen.wide else 8),
        Column("链路 link", 17 if screen.roomy else 6),
        Column("收到 received", 8, above=WIDE),
        Column("数据截至 as of", 8),
        Column("接受/拒绝 accepted/rejected", 9, above=WIDE),
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
                screen.brief(node["mode"], MODES),
                _trust(screen, view, node["state"], HEALTH),
                screen.brief(node["linkState"], LINKS),
                screen.as_of(node["lastReceivedAt"]),
                screen.as_of(node["dataAsOf"]),
                f"{counts['accepted']}/{counts['rejected']}",
                node["detail"] or (refused and f"拒收 rejected: {refused}"),
            ]
        )
    return Sheet("数据源 Feeds", columns, rows, _NO_FEEDS, (HEALTH, LINKS, MODES, LOST))


def orders_sheet(view: View, screen: Screen, limit: int) -> Sheet:
    """Orders, newest first, one line a recipient with how far it has come."""
    columns = [
        Column("编号 Number", 15),
        Column("事件 Incident", 20, above=WIDE),
        Column("指令 Order", 0, flex=True),
        Column("队员 Officer", 16 if screen.wide else 10),
        Column("阶段 stage", 20 if screen.wide else 8),
        Column("最近 last", 8),
        Column("途径 channel", 20 if screen.roomy else 10, above=WIDE),
    ]
    rows: list[list[str | Text]] = []
    for node in sorted(view.of("orders"), key=lambda n: n["createdAt"], reverse=True)[:limit]:
        for recipient in node["recipients"]:
            last = reached(recipient)
            officer = recipient["officer"] or {"login": "?", "name": ""}
            rows.append(
                [
                    node["number"],
                    (node["incident"] or {}).get("title", ""),
                    _what(node, screen),
                    screen.words(officer["name"], officer["login"]),
                    screen.state(stage_of(node, recipient), STAGES),
                    screen.clock(last["at"]),
                    screen.brief(last["channel"], CHANNELS),
                ]
            )
    return Sheet("指令 Orders", columns, rows, _NO_ORDERS, (ORDER_STATES, STAGES, CHANNELS))


def _what(order: Node, screen: Screen) -> str:
    """What an order asks for; of one that has ended, first how."""
    if order["state"] not in ORDER_STATES:
        return str(order["text"])
    return f"{screen.state(order['state'], ORDER_STATES)} · {order['text']}"


def orders_view(view: View, screen: Screen, limit: int) -> RenderableType:
    """The orders, below the alarms where there are any: an order that nobody takes is one."""
    orders = _drawn(screen, view, orders_sheet(view, screen, limit))
    return Group(alarms_view(view, screen, limit // 2), orders) if view.of("alarms") else orders


def alarms_view(view: View, screen: Screen, limit: int) -> Table:
    """The alarms that the hub answered, as many as there is room for, and how many more."""
    heading = f"告警 Alarms · {screen.now()} · {view.link}{_QUIT}"
    return alarms_table(view.of("alarms"), heading, screen, room=limit, live=view.live)


def _known(value: int | None) -> str:
    return "未知" if value is None else str(value)


SHEETS: dict[str, Callable[[View, Screen, int], Sheet]] = {
    "board": board_sheet,
    "taxi": taxi_sheet,
    "feeds": feeds_sheet,
    "orders": orders_sheet,
}


def _table_of(what: str) -> Callable[[View, Screen, int], RenderableType]:
    return lambda view, screen, limit: _drawn(screen, view, SHEETS[what](view, screen, limit))


VIEWS: dict[str, Callable[[View, Screen, int], RenderableType]] = {
    **{what: _table_of(what) for what in SHEETS},
    "orders": orders_view,
    "alarms": alarms_view,
}
