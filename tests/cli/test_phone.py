"""The phone in a terminal: what it offers follows the order, and it says what to do."""

import asyncio
import io
import json
import os
from typing import Any

import httpx2
import pytest
from rich.console import Console

from terminal.client import RefusedError
from terminal.keys import keys
from terminal.mobile import MobileClient
from terminal.news import offered
from terminal.phone import Phone
from terminal.screen import ANSWERS, Screen


def order(number: str = "O-1", **fields: Any) -> dict[str, Any]:
    """An order as sync tells it."""
    return {
        "id": number,
        "number": number,
        "text": "请到北广场",
        "state": "OPEN",
        "stage": "SEEN",
        "takenByOther": False,
        "createdAt": f"2026-03-02T01:00:0{number[-1]}Z",
        **fields,
    }


MOVED = {"order": {"state": "OPEN", "stage": "ACCEPTED"}, "bulletin": {"stage": "SEEN"}}


class Hub(MobileClient):
    """Answers every action as the hub does, and moves nothing by itself."""

    def __init__(self) -> None:
        super().__init__("http://hub", "officer1", "x", "phone")
        self.asked: list[tuple[object, ...]] = []
        self.news: list[dict[str, Any]] = []

    async def call(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        if path.startswith("/mobile/v1/sync"):
            return {"reset": False, "changes": self.news, "nextCursor": "c", "limited": False}
        actions = body["actions"]
        self.asked += [(one["kind"], *one["body"].values()) for one in actions]
        results = [
            {"status": "applied", "message": None, "data": MOVED[one["kind"].partition(".")[0]]}
            for one in actions
        ]
        return {"results": results}


def phone_with(*orders: dict[str, Any]) -> tuple[Phone, Hub, io.StringIO]:
    """A phone that holds these orders, and what it says."""
    hub, said = Hub(), io.StringIO()
    phone = Phone(hub, None, Screen(Console(file=said, width=200)))
    phone.screen.orders = {one["id"]: one for one in orders}
    return phone, hub, said


@pytest.mark.parametrize(
    ("fields", "keys"),
    [
        ({"stage": "RECEIVED"}, "ax"),
        ({"stage": "ACCEPTED"}, "ehd"),
        ({"stage": "EN_ROUTE"}, "hd"),
        ({"stage": "ARRIVED"}, "d"),
        ({"stage": "DONE"}, ""),
        ({"stage": "DECLINED"}, ""),
        ({"stage": "ESCALATED"}, "a"),
        ({"stage": "ESCALATED", "takenByOther": True}, ""),
        ({"stage": "ACCEPTED", "takenByOther": True}, "ehd"),
        ({"state": "CANCELLED"}, ""),
        ({"state": "COMPLETED", "stage": "ESCALATED"}, ""),
    ],
)
async def test_what_is_offered_follows_the_order(fields, keys):
    """No key answers an order that is over, or that somebody else has taken."""
    assert offered(order(**fields)) == keys
    for key in ANSWERS:
        phone, hub, said = phone_with(order(**fields))
        await phone._answer(key)
        assert hub.asked == ([(ANSWERS[key][0], "O-1")] if key in keys else [])
        assert keys or "没有待办指令" in said.getvalue()


async def test_a_key_answers_the_order_that_waits_before_one_that_went_on():
    """Though the escalated one is newer; and what is possible next is shown."""
    phone, hub, said = phone_with(order("O-1"), order("O-2", stage="ESCALATED"))
    await phone._answer("a")
    assert hub.asked == [("order.accepted", "O-1")]
    assert "出发" in said.getvalue()
    await phone._answer("x")
    assert "现在不能" in said.getvalue()
    assert len(hub.asked) == 1


async def test_which_order_each_key_answers_is_said_with_its_number():
    """Of two that one key answers only the newest stands beside it; after an answer it is anew."""
    accepted = order("O-1", stage="ACCEPTED")
    phone, hub, said = phone_with(accepted, order("O-2"), order("O-3"))
    phone.screen.help()
    lines = [line.split("指令", 1)[1] for line in said.getvalue().splitlines() if "指令" in line]
    assert lines == [
        " keys answer order O-3: a 签收 accept  x 不能执行 decline",
        " keys answer order O-1: e 出发 en route  h 到场 here  d 完成 done",
    ]
    said.truncate(0)
    await phone._answer("a")
    assert hub.asked == [("order.accepted", "O-3")]
    assert "keys answer order O-2: a 签收 accept" in said.getvalue()
    assert "keys answer order O-3: e 出发 en route" in said.getvalue()
    assert "O-1:" not in said.getvalue()


async def test_a_phone_that_is_back_says_which_orders_its_keys_answer():
    """After a restart of the hub: that it is back, and what can be answered; once."""
    phone, _, said = phone_with(order("O-1", stage="ACCEPTED"))
    phone._lost(RefusedError("closed"))
    phone._lost(RefusedError("closed"))
    phone._back()
    phone._back()
    text = said.getvalue()
    assert [text.count(word) for word in ("断线", "已重连", "keys answer order O-1")] == [1, 1, 1]
    phone.screen.orders.clear()
    phone._lost(RefusedError("closed"))
    phone._back()
    assert "没有待办指令" in said.getvalue()


@pytest.mark.parametrize(("taken", "words"), [(True, "已由他人签收"), (False, "仍可按 a 签收")])
async def test_an_order_that_went_on_says_to_whom(taken, words):
    """Escalated for want of an answer, or because somebody else has it."""
    phone, _, said = phone_with(order())
    news = order(stage="ESCALATED", takenByOther=taken)
    phone.shown.add("O-1")
    await phone._take({"entity": "order", "op": "upsert", "data": news})
    assert words in said.getvalue()


@pytest.mark.parametrize(
    ("stage", "words"), [("ESCALATED", "已由他人签收"), ("ACCEPTED", "另有人签收")]
)
async def test_that_another_has_taken_it_is_said_when_it_is_known(stage, words):
    """To who let it pass: nothing to do any more. To who has it: another has it too. Once."""
    phone, _, said = phone_with(order(stage=stage))
    phone.shown.add("O-1")
    for _ in range(2):
        news = order(stage=stage, takenByOther=True)
        await phone._take({"entity": "order", "op": "upsert", "data": news})
    assert said.getvalue().count(words) == 1


REASSIGNED = {"stage": "CANCELLED", "reassignedBecause": "另有警情"}


@pytest.mark.parametrize("known", [True, False])
async def test_who_was_replaced_is_told_that_they_need_not_go_and_why(known):
    """Once, also after a restart of the phone; never that somebody else has accepted."""
    phone, hub, said = phone_with(*([order(stage="EN_ROUTE")] if known else []))
    phone.shown = set(phone.screen.orders)
    for _ in range(2):
        news = order(takenByOther=True, **REASSIGNED)
        await phone._take({"entity": "order", "op": "upsert", "data": news})
    text = said.getvalue()
    assert text.count("改派，你不必再去 reassigned, you need not go: 另有警情") == 1
    assert "另有人签收" not in text
    assert "由他人签收" not in text
    await phone._answer("d")
    assert hub.asked == []


async def test_an_order_that_was_reassigned_and_is_over_is_no_news():
    """What sync tells again of long ago calls nobody back."""
    phone, _, said = phone_with()
    news = order(state="COMPLETED", **REASSIGNED)
    await phone._take({"entity": "order", "op": "upsert", "data": news})
    assert said.getvalue() == ""


def bulletin(number: str = "TB-1", **fields: Any) -> dict[str, Any]:
    """A bulletin as sync tells it."""
    return {
        "id": number,
        "number": number,
        "title": "[今晚] 加开末班车",
        "text": "23:40 加开一班",
        "state": "PUBLISHED",
        "stage": "QUEUED",
        "read": False,
        "publishedAt": f"2026-03-02T01:00:0{number[-1]}Z",
        "reason": None,
        "corrects": None,
        "replacedBy": None,
        **fields,
    }


async def take(phone: Phone, entity: str, *news: dict[str, Any]) -> None:
    """What sync tells, in its order."""
    for data in news:
        await phone._take({"entity": entity, "op": "upsert", "data": data})


async def test_a_bulletin_is_shown_and_a_key_reads_the_newest_that_is_unread():
    """Number, title and text; then which one `b` reads, until none is left."""
    phone, hub, said = phone_with()
    await take(phone, "bulletin", bulletin("TB-1"), bulletin("TB-2"), bulletin("TB-3", read=True))
    text = said.getvalue()
    assert "新通报 New bulletin TB-1 [今晚] 加开末班车" in text
    assert "23:40 加开一班" in text
    assert "TB-3" not in text
    for _ in range(3):
        await phone._read()
    assert hub.asked[2:] == [("bulletin.read", "TB-2"), ("bulletin.read", "TB-1")]
    assert hub.asked[:2] == [("bulletin.received", "TB-1"), ("bulletin.received", "TB-2")]
    assert said.getvalue().splitlines()[-1].endswith("没有未读通报 no unread bulletin")


@pytest.mark.parametrize(
    ("replaced", "words"), [(None, "已撤回 was withdrawn"), ("TB-2", "已更正 was corrected")]
)
async def test_a_bulletin_that_does_not_hold_any_more_is_said(replaced, words):
    """Once, with the reason; one that the reader never had is not."""
    phone, _, said = phone_with()
    gone = {"state": "WITHDRAWN", "text": None, "reason": "时间有误", "replacedBy": replaced}
    await take(phone, "bulletin", bulletin("TB-1"), *[bulletin("TB-1", **gone)] * 2)
    await take(phone, "bulletin", bulletin("TB-5", **gone), bulletin("TB-2", corrects="TB-1"))
    text = said.getvalue()
    assert text.count(f"通报 TB-1 {words}") == 1
    assert "时间有误" in text
    assert "TB-5" not in text
    assert "更正通报 Corrected bulletin TB-2" in text


async def test_what_has_changed_of_an_incident_is_one_line():
    """What it is now; nothing while nothing has changed, and nothing of a new one."""
    phone, _, said = phone_with()
    facts = {"kind": "CROWD", "severity": "MINOR", "title": "聚集", "description": None}
    one = {"id": "I", "number": "I-1", "state": "OPEN", "place": "北广场", "outcome": None, **facts}
    one["position"] = None
    await take(phone, "incident", one, one)
    assert said.getvalue() == ""
    worse = {**one, "severity": "SEVERE", "kind": "NEW_KIND"}
    await take(phone, "incident", worse, one)
    assert "类型 kind: NEW_KIND · 严重程度 severity: 严重 SEVERE" in said.getvalue()
    said.truncate(0)
    said.seek(0)
    moved = {**one, "place": "南广场", "position": {"lat": 31.2, "lon": 121.4}}
    await take(phone, "incident", moved, {**moved, "state": "CLOSED", "outcome": "已疏散"}, moved)
    lines = [line.split(" ", 1)[1] for line in said.getvalue().splitlines()]
    assert lines == [
        "事件有变 incident I-1 地点 place: 南广场 · 位置 position: 31.2, 121.4",
        "事件有变 incident I-1 已办结 was closed · 处置结果 outcome: 已疏散",
        "事件有变 incident I-1 已重启 goes on",
    ]


def served(handler) -> MobileClient:
    """A phone's client whose hub is a function."""
    client = MobileClient("http://hub", "officer1", "x", "phone-1")
    client._http = httpx2.AsyncClient(base_url=client.url, transport=httpx2.MockTransport(handler))
    return client


async def test_a_known_phone_shows_its_last_refresh_token_when_it_signs_in_again():
    """So that it does not wait for what others try from the same address (docs/mobile-api.md)."""
    sent: list[Any] = []

    def hub(request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/mobile/v1/session":
            sent.append(json.loads(request.content)["device"].get("refreshToken"))
            number = len(sent)
            tokens = {"refreshToken": f"r{number}", "accessToken": f"t{number}"}
            return httpx2.Response(200, json=tokens)
        ended = request.headers["authorization"] == "Bearer t1"
        return httpx2.Response(401 if ended else 200, json={})

    phone = served(hub)
    await phone._sign_in()
    assert await phone.call("GET", "/mobile/v1/me") == {}
    assert sent == [None, "r1"]


async def test_who_cannot_sign_in_again_is_told_what_to_do():
    """The API's own words, then what helps; Chinese first."""
    wrong = {"title": "未登录", "detail": "登录名或密码不正确 / Wrong login or password."}
    phone = served(lambda _: httpx2.Response(401, json=wrong))
    with pytest.raises(RefusedError) as caught:
        await phone._sign_in()
    assert str(caught.value).startswith("登录名或密码不正确 / Wrong login or password. 请核对")
    assert "--password" in str(caught.value)


async def test_an_order_that_comes_back_is_a_new_one():
    """It was shown, and taken back: in another round it is asked again, once."""
    phone, hub, said = phone_with(order())
    phone.shown.add("O-1")
    news = order(stage="SEEN", round=2)
    for _ in range(2):
        await phone._take({"entity": "order", "op": "upsert", "data": news})
    assert said.getvalue().count("Order under way") == 1
    await phone._answer("a")
    assert hub.asked == [("order.accepted", "O-1", 2)]


async def test_which_keys_answer_is_said_once_for_all_that_came():
    """Several orders and a bulletin in one sync; also where the link was lost before."""
    phone, hub, said = phone_with()
    hub.news = [
        {"entity": entity, "op": "upsert", "data": data}
        for entity, data in (
            ("order", order("O-1")),
            ("order", order("O-2", stage="ACCEPTED")),
            ("bulletin", bulletin()),
        )
    ]
    await phone._sync()
    await phone._sync()
    assert said.getvalue().count("keys answer order O-1") == 1
    assert said.getvalue().count("read the bulletin") == 1
    phone, phone.api, said = phone_with()[0], hub, io.StringIO()
    phone.screen.console = Console(file=said, width=200)
    phone._lost(RefusedError("closed"))
    await phone._sync()
    phone._back()
    assert said.getvalue().count("keys answer order O-1") == 1


def test_a_line_is_broken_by_terminals_alone():
    """What is piped is read by the line, however long that is."""
    for terminal in (False, True):
        said = io.StringIO()
        Screen(Console(file=said, width=80, force_terminal=terminal)).help()
        assert (len(said.getvalue().splitlines()) > 2) is terminal


async def test_an_unknown_key_says_which_there_are(monkeypatch: pytest.MonkeyPatch):
    """A letter, one that is no letter, an arrow; the line's end and half a character are none."""
    phone, _, said = phone_with()
    read, write = os.pipe()
    with os.fdopen(read) as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        os.write(write, "中z\n\x1b[Aq".encode())
        async with asyncio.timeout(60):
            assert await phone._quit_by_key()
    os.close(write)
    told = [line.split(" ", 1)[1] for line in said.getvalue().splitlines()]
    assert [line.partition(" 没有作用")[0] for line in told] == ["中", "z", "此键 this key"]
    assert all("does nothing. a 签收 accept  x 不能执行 decline" in line for line in told)


async def test_keys_go_on_behind_what_no_key_sends(monkeypatch: pytest.MonkeyPatch):
    """Half a character ends nothing; the end of the input does."""
    read, write = os.pipe()
    with os.fdopen(read) as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        os.write(write, "中".encode()[:2] + b"\xffa")
        os.close(write)
        async with asyncio.timeout(60):
            assert [key async for key in keys()] == ["a"]
