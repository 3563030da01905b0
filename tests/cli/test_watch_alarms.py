"""Alarms in the terminal: what is wrong and what to do, whole, beside the orders they are about."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console

from terminal.alarms import ALARMS, SHOWN
from terminal.client import Event
from terminal.tables import Screen
from terminal.watch import VIEWS, View

ZONE = ZoneInfo("Asia/Shanghai")


def alarm(number: int, **fields: Any) -> Event:
    """An alarm as the subscription sends it."""
    node = {
        "id": str(number),
        "level": "ACT",
        "state": "ACTIVE",
        "message": f"指令 {number} 无人签收 / Nobody has accepted order {number}",
        "nextStep": "请另行下达指令 / Dispatch a new order to officers on duty",
        "place": "北广场",
        "raisedAt": f"2026-03-02T01:{number:02}:00Z",
        "acknowledgedBy": None,
        "shelvedUntil": None,
        "shelvedBecause": None,
        "shelvedBy": None,
        **fields,
    }
    return Event("alarms", "ADDED", node)


def shown(view: View, what: str, width: int) -> str:
    """What stands on a terminal of that width, its lines joined."""
    console = Console(width=width, force_terminal=False)
    with console.capture() as captured:
        console.print(VIEWS[what](view, Screen(width, ZONE), 20))
    return captured.get()


@pytest.mark.parametrize("width", [80, 140])
def test_an_alarm_is_shown_whole(width: int) -> None:
    """Since when by the area's clock, what, where, and what to do: wrapped, never cut off."""
    view = View()
    view.take(alarm(7))
    for what in ("alarms", "orders"):
        text = "".join(shown(view, what, width).split())
        for part in ("09:07:00", "未确认", "北广场", "告警"):
            assert part in text
        for word in ("无人签收", "Nobody", "Dispatch", "officers", "duty"):
            assert word in text
        assert "…" not in text.partition("指令Orders")[0]


def test_what_nobody_sees_to_stands_first() -> None:
    """Then the newest; who has acknowledged one is named; what is cleared goes."""
    view = View()
    view.take(alarm(9, state="ACKNOWLEDGED", acknowledgedBy={"login": "watch", "name": "值班员"}))
    view.take(alarm(3))
    view.take(alarm(5))
    text = shown(view, "alarms", 140)
    places = [text.index(f"order {number}") for number in (5, 3, 9)]
    assert places == sorted(places)
    assert "值班员" in text
    view.take(Event("alarms", "REMOVED", {"id": "5"}))
    assert "order 5" not in shown(view, "alarms", 140)


def test_what_is_put_aside_stands_last_with_who_until_when_and_why() -> None:
    """Also behind what somebody has acknowledged."""
    view, by = View(), {"login": "watch", "name": "值班员"}
    shelf = {"shelvedUntil": "2026-03-02T02:30:00Z", "shelvedBecause": "维修", "shelvedBy": by}
    view.take(alarm(9, state="SHELVED", level="URGENT", **shelf))
    view.take(alarm(3, state="ACKNOWLEDGED", acknowledgedBy=by))
    view.take(alarm(5))
    text = shown(view, "alarms", 140)
    places = [text.index(f"order {number}") for number in (5, 3, 9)]
    assert places == sorted(places)
    for word in ("已搁置", "SHELVED", "10:30:00", "维修"):
        assert word in text


def test_of_those_nobody_sees_to_an_unanswered_order_stands_first() -> None:
    """However many newer ones there are of other levels."""
    view = View()
    for number, level in ((9, "NOTICE"), (5, "CAUTION"), (3, "ACT")):
        view.take(alarm(number, level=level))
    view.take(alarm(7, level="URGENT"))
    text = shown(view, "alarms", 140)
    places = [text.index(f"order {number}") for number in (3, 7, 5, 9)]
    assert places == sorted(places)


def test_as_many_as_the_hub_answers_are_said_not_to_be_all() -> None:
    """It is asked for as many as it answers at most; with fewer, those are all."""
    assert f"first: {SHOWN}" in ALARMS
    view = View()
    for number in range(SHOWN - 1):
        view.take(alarm(7, id=str(number)))
    assert "可能还有更多" not in shown(view, "alarms", 140)
    view.take(alarm(7, id="last"))
    for what in ("alarms", "orders"):
        assert "可能还有更多" in shown(view, what, 140)


def test_orders_alone_show_no_alarms() -> None:
    """Where there is none the table of orders has the screen to itself."""
    assert "告警" not in shown(View(), "orders", 80)


@pytest.mark.parametrize("width", [80, 140])
def test_more_alarms_than_there_is_room_for_leave_the_orders_in_sight(width: int) -> None:
    """A line each, the most pressing ones, and how many more; the orders stand below."""
    view = View()
    for number in range(30):
        view.take(alarm(number))
    text = shown(view, "orders", width)
    lines = text.splitlines()
    assert len(lines) <= 24
    assert sum("无人签收" in line for line in lines) == 6
    assert "另有 24 条告警" in text
    assert "指令 Orders" in text
