"""Live tables at eighty columns: whole reasons, words instead of codes, and never just blank."""

import re
from typing import Any

import pytest
from test_watch_alarms import ZONE, alarm, shown

from terminal.client import Event
from terminal.following import lines_of
from terminal.tables import CHANNELS, LINKS, Screen
from terminal.watch import VIEWS, View

REASON = (
    "取不到数据 No data comes: http://127.0.0.1:8090/metro/gtfs-rt.pb answered 500. "
    "没有更新的数据 Nothing newer has come: the newest data is of 2026-03-02 01:00:00Z."
)
CHINESE = re.compile("[\u4e00-\u9fff]")


def feed(code: str, state: str, detail: str | None = None, **fields: Any) -> Event:
    """A feed as the subscription sends it."""
    node = {
        "id": code,
        "code": code,
        "kind": "gtfs_rt",
        "mode": "METRO",
        "state": state,
        "linkState": "DOWN",
        "lastReceivedAt": "2026-03-02T01:00:00Z",
        "dataAsOf": "2026-03-02T01:00:00Z",
        "counts": None,
        "rejects": [],
        "detail": detail,
        **fields,
    }
    return Event("feeds", "ADDED", node)


def live(*events: Event) -> View:
    """A view whose link is up."""
    view = View()
    for event in (Event("link", "UP"), *events):
        view.take(event)
    return view


@pytest.mark.parametrize("width", [80, 140])
def test_a_reason_is_shown_whole_and_what_is_wrong_first(width: int) -> None:
    """Broken into lines; the feed that is down stands above those that are well."""
    text = shown(live(feed("a-well", "HEALTHY"), feed("z-down", "DOWN", REASON)), "feeds", width)
    assert text.index("z-down") < text.index("a-well")
    joined = "".join(text.split())
    assert "…" not in text
    for word in ("取不到数据", "answered", "没有更新的数据", "newest"):
        assert word in joined


def test_codes_are_said_in_words() -> None:
    """The state of a link, and the way an order or answer took."""
    assert "断" in shown(live(feed("a", "DOWN")), "feeds", 80)
    entry = {"stage": "ACCEPTED", "at": "2026-03-02T01:00:00Z", "channel": "ACTIONS"}
    recipient = {"officer": {"login": "officer1", "name": "甲"}, "stage": "ACCEPTED"}
    order = {
        "id": "1",
        "number": "O-1",
        "text": "请到北广场",
        "state": "OPEN",
        "createdAt": "2026-03-02T01:00:00Z",
        "incident": None,
        "recipients": [
            {**recipient, "entries": [entry]},
            {**recipient, "stage": "ESCALATED", "nobodyNext": True, "entries": [entry]},
        ],
    }
    text = shown(live(Event("orders", "ADDED", order)), "orders", 140)
    assert "手机回报" in text
    assert "无人可接" in text
    assert "已升级" not in text
    assert all(CHINESE.search(word) for word in (*CHANNELS.values(), *LINKS.values()))


@pytest.mark.parametrize(
    ("state", "ended", "stages"),
    [
        ("OPEN", None, ["无人可接", "已改派", "处置完毕"]),
        ("COMPLETED", "已完成", ["已升级", "已改派", "处置完毕"]),
        ("CANCELLED", "已撤销", ["已升级", "已撤销", "处置完毕"]),
    ],
)
@pytest.mark.parametrize("width", [80, 140])
def test_an_order_that_has_ended_says_so(width: int, state: str, ended: Any, stages: Any) -> None:
    """Before its text; that nobody is left is said only while somebody is needed."""
    entry = {"stage": "SEEN", "at": "2026-03-02T01:00:00Z", "channel": "actions"}
    part = {"officer": {"login": "o", "name": "甲"}, "nobodyNext": True, "entries": [entry]}
    order = {
        "id": "1",
        "number": "O-1",
        "text": "请到北广场",
        "state": state,
        "createdAt": "2026-03-02T01:00:00Z",
        "incident": None,
        "recipients": [{**part, "stage": one} for one in ("ESCALATED", "CANCELLED", "DONE")],
    }
    text = shown(live(Event("orders", "ADDED", order)), "orders", width)
    rows = [line for line in text.splitlines() if "O-1" in line]
    assert [ended is None or f"{ended} " in row.partition("请到北")[0] for row in rows] == [
        True
    ] * 3
    assert [s for s, row in zip(stages, rows, strict=True) if s not in row.partition("甲")[2]] == []
    said = [word for word in ("无人可接", "已升级", "已改派") if word in text]
    assert said == [word for word in ("无人可接", "已升级", "已改派") if word in stages]


@pytest.mark.parametrize("what", VIEWS)
def test_an_empty_table_says_so_and_what_to_do(what: str) -> None:
    """Chinese first; not while nobody knows whether it is empty."""
    text = shown(live(), what, 80)
    (said,) = (line for line in text.splitlines() if "暂无" in line or "没有" in line)
    assert CHINESE.match(said.strip())
    lost = shown(View(), what, 80)
    assert "暂无" not in lost
    assert "没有" not in lost


def departure(line: str, number: str) -> Event:
    """A departure as the subscription sends it."""
    node = {
        "id": number,
        "aimedDeparture": "2026-03-02T01:00:00Z",
        "aimedApproximate": False,
        "expectedDeparture": None,
        "status": "ON_TIME",
        "actualPlatform": None,
        "plannedPlatform": "16",
        "journey": {
            "publicCode": number,
            "destination": "石家庄",
            "destinationEn": "Shijiazhuang",
            "line": {"publicCode": line},
        },
        "stopPlace": {"name": "上海长途客运总站", "nameEn": None},
        "freshness": {"asOf": None, "source": "coach-rt", "state": "FRESH"},
    }
    return Event("departures", "ADDED", node)


@pytest.mark.parametrize("width", [80, 140])
def test_a_coach_shows_its_number_whole_beside_its_freshness(width: int) -> None:
    """What does not fit is cut off the line's name, never off the number."""
    text = shown(
        live(departure("上海—石家庄", "K1241"), departure("上海虹桥枢纽—乌鲁木齐", "K9999-2")),
        "board",
        width,
    )
    assert "上海—石家庄 K1241 " in text
    assert "… K9999-2 " in text
    assert text.count("实时") == 2


def test_a_change_is_one_line_with_its_columns_where_there_is_no_terminal() -> None:
    """Times with their zone; what has gone is told as it was; a lost link is a line."""
    view, screen = View(), Screen(140, ZONE)
    (up,) = lines_of("board", view, Event("link", "UP"), screen)
    assert up.endswith(" Asia/Shanghai | 在线 live")
    (added,) = lines_of("board", view, departure("上海—南通", "1242"), screen)
    cells = added.split(" | ")
    assert cells[0].endswith("Asia/Shanghai")
    assert cells[1:5] == ["新增 added", "09:00", "–", "上海—南通 1242"]
    assert cells[5:] == [
        "石家庄 Shijiazhuang",
        "16",
        "正点 ON_TIME",
        "上海长途客运总站",
        "实时 FRESH",
    ]
    (gone,) = lines_of("board", view, Event("departures", "REMOVED", {"id": "1242"}), screen)
    assert gone.split(" | ")[1:] == ["移除 removed", *cells[2:]]
    assert lines_of("board", view, Event("departures", "SNAPSHOT"), screen) == []
    (lost,) = lines_of("board", view, Event("link", "DOWN", reason="closed"), screen)
    assert lost.endswith("断线 reconnecting: closed")
    (told,) = lines_of("orders", view, alarm(7), screen)
    assert "告警 alarm | 09:07:00 | 未确认 ACTIVE | 指令 7 无人签收" in told
