"""Live tables at eighty columns: whole reasons, words instead of codes, and never just blank."""

import re
from typing import Any

import pytest
from test_watch_alarms import shown

from terminal.client import Event
from terminal.tables import CHANNELS, LINKS
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
    entry = {"stage": "ACCEPTED", "at": "2026-03-02T01:00:00Z", "channel": "actions"}
    recipient = {"officer": {"login": "officer1", "name": "甲"}, "stage": "ACCEPTED"}
    order = {
        "id": "1",
        "number": "O-1",
        "text": "请到北广场",
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


@pytest.mark.parametrize("what", VIEWS)
def test_an_empty_table_says_so_and_what_to_do(what: str) -> None:
    """Chinese first; not while nobody knows whether it is empty."""
    text = shown(live(), what, 80)
    (said,) = (line for line in text.splitlines() if "暂无" in line or "没有" in line)
    assert CHINESE.match(said.strip())
    lost = shown(View(), what, 80)
    assert "暂无" not in lost
    assert "没有" not in lost
