"""How live tables are laid out: what stays on a narrow terminal, and the words for states."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from rich.box import SIMPLE
from rich.cells import cell_len, set_cell_size
from rich.table import Table
from rich.text import Text

WIDE = 110
"""Columns from which English stands beside the Chinese."""
ROOMY = 160
"""Columns from which it does so also in narrow columns; what is piped has them all."""

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
STATUSES = {
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
STAGES = {
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
    "NOBODY_LEFT": "无人可接",
    "TAKEN": "他人已接",
    "UNANSWERED": "未签收",
    "REASSIGNED": "已改派",
    "CANCELLED": "已撤销",
}
ORDER_STATES = {"COMPLETED": "已完成", "CANCELLED": "已撤销"}
"""How an order has ended."""
LOST = {"LOST": "断线"}
"""In the place of every state while the hub cannot be heard."""
LINKS = {"CONNECTING": "连接中", "UP": "通", "DOWN": "断", "REFUSED": "被拒"}
MODES = {
    "RAIL": "铁路",
    "METRO": "轨交",
    "COACH": "长途",
    "TAXI": "出租",
    "BUS": "公交",
    "TRAM": "有轨",
    "FERRY": "轮渡",
    "OTHER": "其他",
}
CHANNELS = {
    "HUB": "中枢",
    "ESCALATION": "升级",
    "FCM": "推送FCM",
    "WEBPUSH": "网页推送",
    "JPUSH": "极光推送",
    "SYNC": "同步",
    "EVENTS": "实时流",
    "ACTIONS": "手机回报",
    "OTHER": "其他",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: a fixed width in cells, or `flex`, which takes what the others leave.

    The English of its title, behind the first space, stands where there is room for it. `above`:
    shown only on terminals at least that wide. `whole`: broken into lines, never cut off.
    """

    title: str
    width: int
    flex: bool = False
    above: int = 0
    whole: bool = False

    @property
    def heading(self) -> str:
        """As much of its title as there is room for."""
        fits = self.flex or cell_len(self.title) <= self.width
        return self.title if fits else self.title.partition(" ")[0]


@dataclass(frozen=True, slots=True)
class Sheet:
    """What one view shows: its title, its columns and rows, and what is said where none are.

    `words` are those that its cells may hold, by their codes.
    """

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[str | Text]]
    empty: str
    words: Sequence[Mapping[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Screen:
    """The terminal a table is drawn for: its width in cells, and the area's time zone."""

    width: int
    zone: ZoneInfo

    @property
    def wide(self) -> bool:
        """Whether English stands beside the Chinese."""
        return self.width >= WIDE

    @property
    def roomy(self) -> bool:
        """Whether it does so in narrow columns, too."""
        return self.width >= ROOMY

    def brief(self, value: str | None, words: Mapping[str, str]) -> str:
        """A code in a narrow column: its word, with the code where there is plenty of room."""
        word = words.get(value or "")
        return " ".join(filter(None, (word, value if self.roomy or not word else None))) or "–"

    def clock(self, value: str | None) -> str:
        """An RFC 3339 time as the area's HH:MM:SS, or a dash."""
        moment = datetime.fromisoformat(value).astimezone(self.zone) if value else None
        return f"{moment:%H:%M:%S}" if moment else "–"

    def as_of(self, value: str | None) -> str:
        """As `clock`; what is older than half a day is a date (YY-MM-DD), lest it read as today."""
        if not value:
            return "–"
        moment = datetime.fromisoformat(value).astimezone(self.zone)
        old = datetime.now(self.zone) - moment > timedelta(hours=12)
        return f"{moment:%y-%m-%d}" if old else self.clock(value)

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
        return " ".join(dict.fromkeys(filter(None, (chinese, english))))

    def state(self, value: str, words: dict[str, str]) -> Text:
        """A state in words and colour; a word that is not known stays as it is."""
        return Text(
            self.words(words.get(value), value) if value in words else value,
            style=STYLES.get(value, ""),
        )


def service(line: str, number: str, width: int) -> str:
    """A line and a journey's number in `width` cells: what does not fit is cut off the line."""
    room = width - cell_len(number) - 1
    if line and number and cell_len(line) > room:
        line = set_cell_size(line, room - 1).rstrip() + "…" if room > 1 else ""
    return " ".join(filter(None, (line, number)))


def legend(
    titles: Iterable[str], cells: Iterable[str | Text], words: Sequence[Mapping[str, str]]
) -> str:
    """Titles whose English had no room, and the codes of words that stand in cells without them.

    They are as manuals and queries say them. Of a cell that says more, what stands before the dot.
    """
    shown = {str(cell).partition(" · ")[0] for cell in cells}
    pairs = [f"{word} {code}" for known in words for code, word in known.items() if word in shown]
    return " · ".join(dict.fromkeys((*titles, *pairs)))


def table(screen: Screen, heading: str, sheet: Sheet, *, live: bool) -> Table:
    """A sheet as wide as the screen under a heading; dimmed while its values are not live.

    Below it stand the codes of its words, or that there are no rows, once that is known, and what
    to do next.
    """
    columns, rows = sheet.columns, sheet.rows
    shown = [number for number, column in enumerate(columns) if screen.width >= column.above]
    cut = [one.title for one in map(columns.__getitem__, shown) if one.heading != one.title]
    codes = legend(cut, (row[number] for row in rows for number in shown), sheet.words)
    made = Table(
        title=heading,
        caption=codes if rows else sheet.empty if live else None,
        caption_justify="left",
        width=screen.width,
        padding=(0, 0, 0, 1),
        box=SIMPLE,
        pad_edge=False,
        style="" if live else "dim",
        row_styles=[] if live else ["dim"],
    )
    for column in (columns[number] for number in shown):
        made.add_column(
            column.heading,
            no_wrap=not column.whole,
            overflow="fold" if column.whole else "ellipsis",
            width=None if column.flex else column.width,
            ratio=1 if column.flex else None,
        )
    for row in rows:
        made.add_row(*(row[number] for number in shown))
    return made
