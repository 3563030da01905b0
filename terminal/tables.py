"""How live tables are laid out: what stays on a narrow terminal, and the words for states."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.box import SIMPLE
from rich.table import Table
from rich.text import Text

WIDE = 110
"""Columns from which English stands beside the Chinese."""

STYLES = {
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
FRESHNESS = {
    "FRESH": "实时",
    "SCHEDULED": "计划",
    "STALE": "过时",
    "UNKNOWN": "未知",
    "NO_DATA": "无数据",
}
HEALTH = {
    "STARTING": "启动中",
    "PRIMING": "首次读取",
    "HEALTHY": "正常",
    "DEGRADED": "降级",
    "STALE": "过时",
    "DOWN": "中断",
    "UNAUTHORISED": "未授权",
    "RATE_LIMITED": "被限流",
    "MISCONFIGURED": "配置有误",
    "DISABLED": "停用",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: a fixed width in cells, or `flex`, which takes what the others leave.

    `above`: shown only on terminals at least that wide.
    """

    title: str
    width: int
    flex: bool = False
    above: int = 0


@dataclass(frozen=True, slots=True)
class Screen:
    """The terminal a table is drawn for: its width in cells, and the area's time zone."""

    width: int
    zone: ZoneInfo

    @property
    def wide(self) -> bool:
        """Whether English stands beside the Chinese."""
        return self.width >= WIDE

    def clock(self, value: str | None) -> str:
        """An RFC 3339 time as the area's HH:MM:SS, or a dash."""
        moment = datetime.fromisoformat(value).astimezone(self.zone) if value else None
        return f"{moment:%H:%M:%S}" if moment else "–"

    def minute(self, value: str | None) -> str:
        """An RFC 3339 time as the area's HH:MM, or a dash."""
        return self.clock(value)[:5]

    def now(self) -> str:
        """The time in the area now, with its zone."""
        return f"{datetime.now(self.zone):%H:%M:%S} {self.zone.key}"

    def words(self, chinese: str | None, english: str | None) -> str:
        """A name in Chinese, with the English where there is room, or what there is of both."""
        if not self.wide:
            return chinese or english or ""
        return " ".join(filter(None, (chinese, english)))

    def state(self, value: str, words: dict[str, str]) -> Text:
        """A state in words and colour; a word that is not known stays as it is."""
        return Text(
            self.words(words.get(value), value) if value in words else value,
            style=STYLES.get(value, ""),
        )


def table(
    screen: Screen,
    title: str,
    columns: Sequence[Column],
    rows: Sequence[Sequence[str | Text]],
    *,
    live: bool,
) -> Table:
    """A table as wide as the screen; dimmed while its values are not live."""
    made = Table(
        title=title,
        width=screen.width,
        padding=(0, 0, 0, 1),
        box=SIMPLE,
        pad_edge=False,
        style="" if live else "dim",
        row_styles=[] if live else ["dim"],
    )
    shown = [number for number, column in enumerate(columns) if screen.width >= column.above]
    for column in (columns[number] for number in shown):
        made.add_column(
            column.title,
            no_wrap=True,
            overflow="ellipsis",
            width=None if column.flex else column.width,
            ratio=1 if column.flex else None,
        )
    for row in rows:
        made.add_row(*(row[number] for number in shown))
    return made
