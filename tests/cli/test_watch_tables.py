"""Live tables at eighty columns: whole reasons, words instead of codes, and never just blank."""

import asyncio
import io
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from graphql import parse, validate
from rich.console import Console
from test_watch_alarms import ZONE, alarm, shown

from schema.root import build_schema, graphql_schema
from terminal.alarms import ENDING
from terminal.client import ClientError, Event, HubClient
from terminal.following import _ended, _lines, headings, lines_of
from terminal.tables import CHANNELS, LINKS, ROOMY, Screen
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


def part(who: str, stage: str, **fields: Any) -> dict[str, Any]:
    """An order with one of its recipients, as the subscription sends it."""
    return {
        "officer": {"id": who, "login": who, "name": "甲"},
        "round": 1,
        "stage": stage,
        "nobodyNext": False,
        "reassignedBecause": None,
        "escalatedFrom": None,
        "escalatedFromRound": 1,
        "entries": [{"stage": stage, "at": "2026-03-02T01:00:00Z", "channel": "ACTIONS"}],
        **fields,
    }


def order(*parts: dict[str, Any], state: str = "OPEN", change: str = "UPDATED") -> Event:
    """An order as the subscription sends it."""
    node = {
        "id": "1",
        "number": "O-1",
        "text": "请到北广场",
        "state": state,
        "createdAt": "2026-03-02T01:00:00Z",
        "incident": None,
        "recipients": list(parts),
    }
    return Event("orders", change, node)


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
    parts = (part("a", "ACCEPTED"), part("b", "ESCALATED", nobodyNext=True))
    text = shown(live(order(*parts)), "orders", 140)
    assert "手机回报" in text
    assert "无人可接" in text
    assert "已升级" not in text
    assert all(CHINESE.search(word) for word in (*CHANNELS.values(), *LINKS.values()))


@pytest.mark.parametrize(
    ("state", "ended", "stages"),
    [
        ("OPEN", None, ["无人可接", "已改派", "处置完毕"]),
        ("COMPLETED", "已完成", ["他人已接", "已改派", "处置完毕"]),
        ("CANCELLED", "已撤销", ["未签收", "已改派", "处置完毕"]),
    ],
)
@pytest.mark.parametrize("width", [80, 140])
def test_an_order_that_has_ended_says_so(width: int, state: str, ended: Any, stages: Any) -> None:
    """Before its text; that nobody is left is said only while somebody is needed."""
    parts = (
        part("a", "ESCALATED", nobodyNext=True),
        part("b", "CANCELLED", reassignedBecause="距离较远"),
        part("c", "DONE"),
    )
    text = shown(live(order(*parts, state=state)), "orders", width)
    rows = [line for line in text.splitlines() if "O-1" in line]
    assert [ended is None or f"{ended} " in row.partition("请到北")[0] for row in rows] == [
        True
    ] * 3
    assert [s for s, row in zip(stages, rows, strict=True) if s not in row.partition("甲")[2]] == []
    words = ("无人可接", "未签收", "他人已接", "已升级", "已改派")
    assert [word for word in words if word in text] == [word for word in words if word in stages]


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
    assert text.count("实时") == 2 + (width == 80)


def test_codes_that_stand_in_chinese_alone_are_below_the_table() -> None:
    """As manuals and queries say them; of a wide table only those of its narrow columns."""
    view = live(feed("a", "STALE"), feed("b", "HEALTHY", linkState="UP"))
    narrow, wide = (" ".join(shown(view, "feeds", width).split()) for width in (90, 140))
    assert "状态 state · 链路 link · 数据截至 as of · 正常" in narrow
    assert narrow.endswith("正常 HEALTHY · 过时 STALE · 通 UP · 断 DOWN")
    assert wide.endswith("通 UP · 断 DOWN · 轨交 METRO")
    lost = View()
    for event in (departure("上海—南通", "1242"), Event("link", "DOWN", reason="closed")):
        lost.take(event)
    assert "断线 LOST" in shown(lost, "board", 90)
    assert "未确认 ACTIVE" in shown(live(alarm(7)), "alarms", 90)


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


def lines(what: str, *events: Event) -> list[list[str]]:
    """The cells of all that the events say where there is no terminal, without the time."""
    view, screen = View(), Screen(ROOMY, ZONE)
    told = [line for event in events for line in lines_of(what, view, event, screen)]
    return [line.split(" | ")[1:] for line in told]


def test_lines_begin_with_what_stands_where() -> None:
    """Each cell under its heading, in both languages; codes beside every word."""
    for what, event in (("feeds", feed("a", "DOWN")), ("orders", order(part("a", "SEEN")))):
        heading = headings(what, Screen(ROOMY, ZONE))[-1].split(" | ")[1:]
        (cells,) = lines(what, event)
        assert len(heading) == len(cells)
        assert all(re.search("[\u4e00-\u9fff].* [a-zA-Z/ -]+$", word) for word in heading)
    named = dict(zip(heading, cells, strict=True))
    assert named["途径 channel"] == "手机回报 ACTIONS"
    alarms, orders = headings("orders", Screen(ROOMY, ZONE))
    assert alarms == headings("alarms", Screen(ROOMY, ZONE))[0]
    assert len(alarms.split(" | ")[1:]) == len(lines("alarms", alarm(7))[0])
    assert orders != alarms


def test_of_an_order_only_what_changed_is_a_line_and_its_words_are_true() -> None:
    """Nobody is left to be asked; who was asked before takes it after all; it is done."""
    first = part("a", "ESCALATED")
    last = part("b", "ESCALATED", nobodyNext=True, escalatedFrom={"id": "a"})
    told = lines(
        "orders",
        order(first, last, change="ADDED"),
        order({**first, "stage": "ACCEPTED"}, last),
        order({**first, "stage": "ARRIVED"}, last),
        order({**first, "stage": "ARRIVED"}, last),
        order({**first, "stage": "DONE"}, last, state="COMPLETED"),
    )
    assert [(row[3], row[4], row[5]) for row in told] == [
        ("请到北广场", "甲 a", "已升级 ESCALATED"),
        ("请到北广场", "甲 b", "无人可接 NOBODY_LEFT"),
        ("请到北广场", "甲 a", "已签收 ACCEPTED"),
        ("请到北广场", "甲 b", "他人已接 TAKEN"),
        ("请到北广场", "甲 a", "到场 ARRIVED"),
        ("已完成 COMPLETED · 请到北广场", "甲 a", "处置完毕 DONE"),
    ]


def test_a_push_that_is_noted_behind_what_was_answered_is_no_news() -> None:
    """The channel beside a stage is that by which it was reached."""
    seen = part("a", "SEEN")
    pushed = {"stage": "SENT", "at": "2026-03-02T01:00:09Z", "channel": "FCM"}
    (told,) = lines("orders", order(seen), order({**seen, "entries": [*seen["entries"], pushed]}))
    assert told[5:] == ["已读 SEEN", "09:00:00", "手机回报 ACTIONS"]


def test_an_order_that_changes_as_a_whole_is_told_as_a_whole() -> None:
    """With whoever did not answer, if nobody's part changed."""
    last = part("a", "ESCALATED", nobodyNext=True)
    _, told = lines("orders", order(last, change="ADDED"), order(last, state="CANCELLED"))
    assert told[3:6] == ["已撤销 CANCELLED · 请到北广场", "甲 a", "未签收 UNANSWERED"]


async def test_an_alarm_that_ended_says_when_and_why() -> None:
    """The hub is asked, as no list tells it; one that is only listed no more is not said to end."""
    because = "已有人签收 / somebody accepted it"
    fates = {
        "7": {"state": "CLEARED", "clearedAt": "2026-03-02T02:00:00Z", "clearedBecause": because},
        "8": {"state": "ACTIVE", "clearedAt": None, "clearedBecause": None},
    }

    class Hub(HubClient):
        """Knows what became of two alarms, and of no other."""

        async def query(self, text: str, **variables: object) -> dict[str, Any]:
            if variables["id"] not in fates:
                raise ClientError("away")
            return {"alarm": fates[str(variables["id"])]}

    async def events() -> AsyncIterator[Event]:
        for number in (7, 8, 9):
            yield alarm(number)
            yield replace(alarm(number), change="REMOVED")

    hub = Hub("http://hub", "watch", "x")
    told = lines("alarms", *[event async for event in _ended(hub, events())])
    assert [(row[0], row[3]) for row in told[1::2]] == [
        ("结束 ended", "已结束 CLEARED"),
        ("移除 removed", "未确认 ACTIVE"),
        ("移除 removed", "未确认 ACTIVE"),
    ]
    assert told[1][6] == f"10:00:00 原因 because: {because}"
    assert validate(graphql_schema(build_schema()), parse(ENDING)) == []


async def test_what_is_piped_has_an_end() -> None:
    """Headings first, and at the end that it is over: also where it is interrupted."""

    async def events(begun: asyncio.Event, last: asyncio.Event) -> AsyncIterator[Event]:
        yield Event("link", "UP")
        begun.set()
        await last.wait()

    for interrupted in (False, True):
        said, begun, over = io.StringIO(), asyncio.Event(), asyncio.Event()
        task = asyncio.create_task(_lines(Console(file=said), ZONE, "board", events(begun, over)))
        await begun.wait()
        task.cancel() if interrupted else over.set()
        await asyncio.wait([task])
        first, *_, end = said.getvalue().splitlines()
        assert first.startswith("时刻 at | 变化 change | 计划 aimed | ")
        assert end.endswith(" | 到此为止 end of the watch")
