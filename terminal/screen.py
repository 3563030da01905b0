"""The screen of a phone in a terminal: what it holds, what it says of it, what its keys answer."""

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape

from terminal.news import Held, bulletin_text, is_unread, offered, urgency

ANSWERS = {
    "a": ("order.accepted", "签收 accept"),
    "x": ("order.declined", "不能执行 decline"),
    "e": ("order.enRoute", "出发 en route"),
    "h": ("order.arrived", "到场 here"),
    "d": ("order.done", "完成 done"),
}
READ = "b"
_READ = f"[b]{READ}[/b] 读通报 read the bulletin"


@dataclass
class Screen:
    """What is held, by id, and where it is shown."""

    console: Console = field(default_factory=Console)
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    orders: dict[str, Held] = field(default_factory=dict)
    bulletins: dict[str, Held] = field(default_factory=dict)
    incidents: dict[str, Held] = field(default_factory=dict)

    def show_order(self, order: Held, title: str) -> None:
        """An order that calls for its officer, under this title."""
        incident = order.get("incident") or {}
        where = " ".join(filter(None, (incident.get(key) for key in ("number", "title", "place"))))
        self.console.bell()
        self.say(
            f"[bold red]{title} {order['number']}[/bold red] "
            f"[b]{escape(order['text'])}[/b]\n   事件 incident {escape(where)}"
        )

    def show_bulletin(self, bulletin: Held) -> None:
        """A bulletin that is new."""
        self.console.bell()
        self.say(bulletin_text(bulletin))

    def unread(self) -> Held | None:
        """The newest bulletin that is unread."""
        unread = filter(is_unread, self.bulletins.values())
        return max(unread, key=lambda one: str(one["publishedAt"]), default=None)

    def meant(self, key: str) -> Held | None:
        """The order that this key answers; None if there is none."""
        fitting = [order for order in self.orders.values() if key in offered(order)]
        return max(fitting, key=urgency, default=None)

    def refuse(self, key: str) -> None:
        """Say that a key answers no order, and which do."""
        if any(offered(order) for order in self.orders.values()):
            self.say(f"[b]{key}[/b] {ANSWERS[key][1]}: 现在不能 no order takes it now")
        self.tell_keys()

    def tell_keys(self) -> None:
        """Which order each key answers now, the most urgent first."""
        meant = {key: order for key in ANSWERS if (order := self.meant(key)) is not None}
        orders = {order["id"]: order for order in meant.values()}
        for order in sorted(orders.values(), key=urgency, reverse=True):
            which = "".join(key for key, one in meant.items() if one["id"] == order["id"])
            self.say(f"   按键答复指令 keys answer order {order['number']}: {_keys_line(which)}")
        if not orders:
            self.say("没有待办指令 no open order")

    def tell_bulletin(self) -> None:
        """Which bulletin the key reads now."""
        bulletin = self.unread()
        if bulletin is None:
            self.say("没有未读通报 no unread bulletin")
        else:
            self.say(f"   {_READ} {bulletin['number']} {escape(bulletin['title'])}")

    def unknown(self, key: str) -> None:
        """Say that there is no such key, and which there are."""
        named = f"[b]{escape(key)}[/b]" if key.isprintable() else "此键 this key"
        self.say(f"{named} 没有作用 does nothing. {_ALL_KEYS}")

    def help(self) -> None:
        """Every key, and what each answers now."""
        self.say(_ALL_KEYS)
        self.tell_keys()
        if self.unread() is not None:
            self.tell_bulletin()

    def say(self, text: str | None) -> None:
        """A line with the time of the place; nothing for None. Only a terminal breaks it."""
        if text is not None:
            at = f"{datetime.now(self.zone):%H:%M:%S}"
            whole = not self.console.is_terminal
            self.console.print(f"[dim]{at}[/dim] {text}", highlight=False, soft_wrap=whole)


def _keys_line(which: str) -> str:
    return "  ".join(f"[b]{key}[/b] {ANSWERS[key][1]}" for key in which)


_ALL_KEYS = f"{_keys_line(''.join(ANSWERS))}  {_READ}  [b]?[/b] 帮助 help  [b]q[/b] 退出 quit"
