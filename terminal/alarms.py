"""Alarms in a terminal: what is wrong, where, since when, what to do, and who sees to it."""

from typing import Any

from rich.box import SIMPLE
from rich.table import Table
from rich.text import Text

from terminal.tables import Screen

SHOWN = 200
"""What the hub answers at most: the most pressing."""
ALARMS = f"""
subscription Alarms($after: String) {{
  alarms(active: true, first: {SHOWN}, after: $after) {{
    cursor change
    node {{ id kind state message nextStep place raisedAt acknowledgedBy }}
  }}
}}"""
_PRESSING = ("ORDER_UNANSWERED", "ESCALATION_LATE", "WAKE_UP_DEAD", "CLOCK_OFF")

_NONE = (
    "暂无告警 No alarms: 目前没有需要处置的 nothing needs you now. "
    "新告警会响铃并列在这里 a new one rings, and is listed here."
)
_STATES = {"ACTIVE": "未确认", "ACKNOWLEDGED": "已确认"}
_STYLES = {"ACTIVE": "bold red", "ACKNOWLEDGED": "yellow"}


def alarms_table(alarms: list[dict[str, Any]], title: str, screen: Screen, *, live: bool) -> Table:
    """Alarms that nobody sees to first, then by kind, then the newest; none of them is cut off.

    As many as the hub answers may not be all: then it says so, above them.
    """
    if len(alarms) >= SHOWN:
        title += (
            f"\n仅列最要紧的 {SHOWN} 条，可能还有更多，待这些结束后显示 / only the {SHOWN} most "
            "pressing; there may be more, which follow as these end (all: query alarms)"
        )
    table = Table(title=title, width=screen.width, padding=(0, 0, 0, 1), box=SIMPLE, pad_edge=False)
    if live and not alarms:
        table.caption, table.caption_justify = _NONE, "left"
    table.add_column("时间", no_wrap=True, width=8)
    table.add_column("状态", width=20 if screen.wide else 8)
    table.add_column("内容 What is wrong", ratio=1, overflow="fold")
    table.add_column("处置 What to do", ratio=1, overflow="fold")
    newest = sorted(alarms, key=lambda alarm: alarm["raisedAt"], reverse=True)
    for alarm in sorted(newest, key=_place):
        state, style = alarm["state"], _STYLES.get(alarm["state"], "dim")
        seen_by = f"\n{alarm['acknowledgedBy']}" if alarm["acknowledgedBy"] else ""
        place = f"\n{alarm['place']}" if alarm["place"] else ""
        table.add_row(
            screen.clock(alarm["raisedAt"]),
            Text(screen.words(_STATES.get(state, state), state) + seen_by, style=style),
            Text(alarm["message"] + place, style=style),
            Text(alarm["nextStep"]),
        )
    return table


def _place(alarm: dict[str, Any]) -> tuple[bool, int]:
    kind = alarm["kind"]
    rank = _PRESSING.index(kind) if kind in _PRESSING else len(_PRESSING)
    return alarm["state"] != "ACTIVE", rank
