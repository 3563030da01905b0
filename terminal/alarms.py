"""Alarms in a terminal: what is wrong, where, since when, what to do, and who sees to it."""

from typing import Any

from rich.box import SIMPLE
from rich.table import Table
from rich.text import Text

from terminal.tables import Screen, legend

SHOWN = 200
"""What the hub answers at most: the most pressing."""
ALARMS = f"""
subscription Alarms($after: String) {{
  alarms(active: true, first: {SHOWN}, after: $after) {{
    cursor change
    node {{ id level state message nextStep place raisedAt acknowledgedBy {{ login name }}
      shelvedUntil shelvedBecause shelvedBy {{ login name }} }}
  }}
}}"""
ENDING = "query Ending($id: ID!) { alarm(id: $id) { state clearedAt clearedBecause } }"
"""What became of an alarm that is listed no more."""
HEADINGS = (
    "告警 alarm",
    "时间 since",
    "状态 state",
    "内容 what is wrong",
    "地点 where",
    "处置 what to do",
    "何人处理 who sees to it",
)
"""Of the cells of a line."""
_LEVELS = ("ACT", "URGENT", "CAUTION", "NOTICE")

NO_ALARMS = (
    "暂无告警 No alarms: 目前没有需要处置的 nothing needs you now. "
    "新告警会响铃并列在这里 a new one rings, and is listed here."
)
_LINES, _LINES_WIDE, _FRAME = 8, 4, 4
"""Lines that a whole alarm takes about, and those that the table takes for itself."""
_MORE = (
    "另有 {left} 条告警 and {left} more: 加高窗口，或查询 alarms a taller window, or query alarms"
)
_STATES = {"ACTIVE": "未确认", "ACKNOWLEDGED": "已确认", "SHELVED": "已搁置", "CLEARED": "已结束"}
_STYLES = {"ACTIVE": "bold red", "ACKNOWLEDGED": "yellow"}


def alarms_table(
    alarms: list[dict[str, Any]], title: str, screen: Screen, *, room: int, live: bool
) -> Table:
    """Alarms that nobody sees to first, then by level, then the newest.

    Whole, with what to do, where they fit into `room` lines; else a line each, and how many more
    there are. As many as the hub answers may not be all: then it says so, above them.
    """
    if len(alarms) >= SHOWN:
        title += (
            f"\n仅列最要紧的 {SHOWN} 条，可能还有更多，待这些结束后显示 / only the {SHOWN} most "
            "pressing; there may be more, which follow as these end (all: query alarms)"
        )
    table = Table(title=title, width=screen.width, padding=(0, 0, 0, 1), box=SIMPLE, pad_edge=False)
    if live and not alarms:
        table.caption, table.caption_justify = NO_ALARMS, "left"
    table.add_column("时间", no_wrap=True, width=8)
    table.add_column("状态 state" if screen.wide else "状态", width=20 if screen.wide else 8)
    whole = len(alarms) * (_LINES_WIDE if screen.wide else _LINES) <= room
    if whole:
        table.add_column("内容 What is wrong", ratio=1, overflow="fold")
        table.add_column("处置 What to do", ratio=1, overflow="fold")
    else:
        table.add_column("内容 What is wrong", ratio=1, overflow="ellipsis", no_wrap=True)
    newest = sorted(alarms, key=lambda alarm: alarm["raisedAt"], reverse=True)
    pressing = sorted(newest, key=_place)
    shown = pressing if whole else pressing[: max(1, room - _FRAME)]
    if len(shown) < len(alarms):
        left = len(alarms) - len(shown)
        table.caption, table.caption_justify = _MORE.format(left=left), "left"
    if shown and not screen.wide:
        states = [_STATES.get(alarm["state"], "") for alarm in shown]
        codes = legend(HEADINGS[1:3], states, (_STATES,))
        table.caption = "\n".join(filter(None, (codes, str(table.caption or ""))))
        table.caption_justify = "left"
    for alarm in shown:
        state, style = alarm["state"], _STYLES.get(alarm["state"], "dim")
        seen_by = f"\n{_seen_by(alarm, screen)}".rstrip()
        place = f"\n{alarm['place']}" if alarm["place"] else ""
        said = screen.words(_STATES.get(state, state), state)
        if whole:
            cells = [Text(said + seen_by), Text(alarm["message"] + place), Text(alarm["nextStep"])]
        else:
            cells = [Text(said), Text(" ".join(filter(None, (alarm["place"], alarm["message"]))))]
        for cell in cells[:2]:
            cell.stylize(style)
        table.add_row(screen.clock(alarm["raisedAt"]), *cells)
    return table


def alarm_cells(alarm: dict[str, Any], screen: Screen) -> list[str]:
    """An alarm as the cells of one line (`HEADINGS`); of one that has ended, when and why."""
    step = alarm["nextStep"]
    if alarm["state"] == "CLEARED":
        step = f"{screen.clock(alarm['clearedAt'])} 原因 because: {alarm['clearedBecause'] or '–'}"
    return [
        "告警 alarm",
        screen.clock(alarm["raisedAt"]),
        screen.words(_STATES.get(alarm["state"]), alarm["state"]),
        alarm["message"],
        alarm["place"] or "",
        step,
        _seen_by(alarm, screen),
    ]


def _seen_by(alarm: dict[str, Any], screen: Screen) -> str:
    """Who sees to it; of one that is put aside who did, until when and why."""
    if alarm["state"] != "SHELVED":
        return _named(alarm["acknowledgedBy"])
    until = screen.clock(alarm["shelvedUntil"])
    return f"{_named(alarm['shelvedBy'])} 至 until {until}: {alarm['shelvedBecause']}".lstrip()


def _named(person: dict[str, Any] | None) -> str:
    return (person or {}).get("name") or (person or {}).get("login") or ""


def _place(alarm: dict[str, Any]) -> tuple[int, int]:
    level, state = alarm["level"], alarm["state"]
    rank = _LEVELS.index(level) if level in _LEVELS else len(_LEVELS)
    return list(_STATES).index(state) if state in _STATES else len(_STATES), rank
