"""The situation page (态势): what it shows is what the hub says, and it looks as true as it is."""

import asyncio
import json
import os
import re
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx2
import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.e2e.conftest import PASSWORD, Running, started
from tests.web.conftest import Watched, watched

PATIENT = 90_000
"""Milliseconds for what needs a feed to speak or to fall silent: only a failure takes them."""
ZONE = ZoneInfo("Asia/Shanghai")
BOARD = """{ departures(stopPlace: "railway:SHH", first: 30) { nodes {
    status aimedDeparture plannedPlatform actualPlatform
    journey { publicCode origin destination } } } }"""
FAULTY = ("ERR_CONNECTION_REFUSED", "ERR_CONNECTION_RESET", "WebSocket", "503", "Failed to load")


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A hub of these tests' own: they silence its feeds and kill it."""
    with started(tmp_path_factory) as held:
        yield held


@pytest.fixture
async def console(browser: Browser, own: Running) -> AsyncIterator[Watched]:
    """A browser at that hub."""
    async with watched(browser, own.url) as held:
        yield held


def region(page: Page, name: str) -> Locator:
    """A pane by its accessible name."""
    return page.get_by_role("region", name=name, exact=True)


def aimed_at(call: dict[str, Any]) -> str:
    """The timetabled time of a call as people of the area read it: struck, where it is late."""
    aimed = datetime.fromisoformat(call["aimedDeparture"])
    return aimed.astimezone(ZONE).strftime("%H:%M")


@asynccontextmanager
async def silenced(running: Running, feed: str) -> AsyncIterator[None]:
    """The sandbox's feed says nothing new meanwhile."""
    async with httpx2.AsyncClient(base_url=running.sandbox, timeout=30) as http:
        order = {"feed": feed, "silent": True, "how": "error"}
        (await http.post("/control", json=order)).raise_for_status()
        try:
            yield
        finally:
            (await http.post("/control", json={"feed": feed, "silent": False})).raise_for_status()


async def test_every_pane_is_there_by_its_name_and_in_both_languages(desk: Watched) -> None:
    page = await desk.signed_in("/console/", "watch")
    for name in ("到发", "出租车", "地图", "预警", "停车", "情况", "指令"):
        await expect(region(page, name)).to_be_visible()
    await expect(region(page, "地图")).to_contain_text("示意图，位置非测绘")
    await page.get_by_role("button", name="English").click()
    names = ("Departures and arrivals", "Taxis", "Map", "Alarms", "Parking", "Situations", "Orders")
    for name in names:
        await expect(region(page, name)).to_be_visible()
    await expect(region(page, "Map")).to_contain_text("Illustrative, not surveyed")
    words = page.locator("main :is(h2, h3, thead th, .tabs, .layers, .legend)")
    said = " ".join(await words.all_inner_texts())
    assert "Officers" in said
    assert not re.search("[一-鿿]", said)


async def test_the_board_shows_what_the_hub_says(own: Running, console: Watched) -> None:
    """Time, number, where to, platform: of each departure that GraphQL lists."""
    page = await console.signed_in("/console/", "watch")
    board = region(page, "到发").get_by_role("table", name="到发 铁路")
    heads = board.get_by_role("columnheader")
    words = ["时刻", "车次", "始发", "终到", "站台", "状态"]
    await expect(heads).to_have_text(words, timeout=PATIENT)
    await page.get_by_role("button", name="出发", exact=True).click()
    await expect(board.locator("tbody tr").nth(5)).to_be_visible(timeout=PATIENT)
    told = (await own.client("watch").query(BOARD))["departures"]["nodes"]
    calm = [one for one in told if one["status"] in {"ON_TIME", "DELAYED", "SCHEDULED"}]
    assert calm
    for call in calm[:5]:
        journey = call["journey"]
        row = board.get_by_role("row").filter(
            has=page.get_by_role("cell", name=journey["publicCode"], exact=True)
        )
        await expect(row).to_contain_text(journey["destination"])
        await expect(row).to_contain_text(journey["origin"])
        platform = call["actualPlatform"] or call["plannedPlatform"]
        await expect(row.locator("td.platform")).to_contain_text(platform)
        await expect(row).to_contain_text(aimed_at(call))


async def test_a_silent_feed_makes_its_board_look_unknown(own: Running, console: Watched) -> None:
    """The rows are hatched and say so, the strip does, and other boards stay as they were."""
    page = await console.signed_in("/console/", "watch")
    rail = region(page, "到发").get_by_role("table", name="到发 铁路")
    coach = region(page, "到发").get_by_role("table", name="到发 长途")
    feeds = page.get_by_role("list", name="数据源状态")
    await expect(rail.locator("tr.plain").first).to_be_visible(timeout=PATIENT)
    await expect(coach.locator("tr.plain").first).to_be_visible(timeout=PATIENT)
    async with silenced(own, "railway"):
        await expect(rail.locator("tr.stale").first).to_be_visible(timeout=PATIENT)
        await expect(rail.locator("tr.stale").first).to_contain_text("前")
        await expect(rail.locator("tr.unknown").first).to_be_visible(timeout=PATIENT)
        row = rail.locator("tr.unknown").first
        await expect(row).to_contain_text("未知")
        await expect(row.locator("td.platform")).to_have_text("—")
        await expect(rail.locator("tr.plain.stale")).to_have_count(0)
        await expect(feeds.get_by_role("listitem").filter(has_text="铁路实况")).to_contain_text(
            "静默"
        )
        await expect(coach.locator("tr.unknown")).to_have_count(0)
    await expect(rail.locator("tr.unknown")).to_have_count(0, timeout=PATIENT)
    await expect(rail.locator("tr.plain").first).to_be_visible()


async def test_a_killed_hub_is_seen_at_once_and_its_return_blanks_nothing(
    own: Running, console: Watched
) -> None:
    """Within three seconds the page says so; the rows stay, and live again afterwards."""
    console.expected.extend(FAULTY)
    page = await console.signed_in("/console/", "watch")
    rows = region(page, "到发").get_by_role("table", name="到发 铁路").locator("tbody tr")
    await expect(rows.nth(3)).to_be_visible(timeout=PATIENT)
    await page.evaluate(
        """() => {
          window.fewest = Infinity;
          const body = document.querySelector('table[aria-label="到发 铁路"] tbody');
          const look = () => (window.fewest = Math.min(window.fewest, body.rows.length));
          look();
          new MutationObserver(look).observe(body, { childList: true });
        }"""
    )
    lost = page.get_by_role("status").filter(has_text="连接中断")
    killed = own.facts["hub_pid"]
    os.kill(killed, signal.SIGKILL)
    await expect(lost).to_be_visible()
    await expect(rows.nth(3)).to_be_visible()
    await asyncio.to_thread(another_hub, own, killed)
    await expect(lost).to_have_count(0, timeout=PATIENT)
    await expect(region(page, "到发").locator("table[aria-busy=false]").first).to_be_visible()
    assert await page.evaluate("window.fewest") > 0


async def test_the_map_has_vehicles_and_its_layers_switch(own: Running, console: Watched) -> None:
    """Taxis are counted and drawn; a layer that is off is drawn no more, also after a reload."""
    page = await console.signed_in("/console/", "watch")
    area = region(page, "地图")
    taxis = area.get_by_role("button", name=re.compile("^出租车"))
    await expect(taxis).to_have_text(re.compile(r"出租车\s[1-9]\d*"), timeout=PATIENT)
    await expect(taxis).to_have_attribute("aria-pressed", "true")
    drawn = await inked(page)
    assert drawn > 0
    await taxis.click()
    await area.get_by_role("button", name=re.compile("^其他车辆")).click()
    await expect(taxis).to_have_attribute("aria-pressed", "false")
    await page.wait_for_function(f"() => ({INKED}) === 0")
    await page.reload()
    await expect(taxis).to_have_attribute("aria-pressed", "false")
    await taxis.click()
    await page.wait_for_function(f"() => ({INKED}) > 0")
    await area.get_by_role("button", name="列表").click()
    await expect(area.get_by_text(re.compile("空车"))).not_to_have_count(0)


INKED = """[...document.querySelectorAll('.leaflet-overlay-pane canvas')].at(-1)
  .getContext('2d').getImageData(0, 0, 2000, 2000).data.filter((one) => one).length"""
"""How many bytes of the uppermost canvas, that of the vehicles, are no empty ones."""


async def inked(page: Page) -> int:
    """How much is drawn of vehicles."""
    await page.wait_for_function(f"() => ({INKED}) > 0")
    return int(await page.evaluate(INKED))


async def test_an_officer_and_an_incident_are_on_the_map_and_an_order_runs(
    own: Running, console: Watched
) -> None:
    """A position that a phone sent, an incident with a place, an order nobody takes: an alarm."""
    await stand(own, "officer7", 31.2519, 121.4542)
    incident = await ordered(own)
    page = await console.signed_in("/console/", "watch")
    area, orders, alarms = region(page, "地图"), region(page, "指令"), region(page, "预警")
    await expect(area.get_by_title(re.compile("^队员 07"))).to_be_visible(timeout=PATIENT)
    await expect(area.get_by_title(re.compile(incident["title"]))).to_be_visible()
    await expect(orders).to_contain_text("请疏导")
    await expect(orders.get_by_role("list", name="按环节人次")).to_contain_text("待发")
    row = alarms.get_by_role("listitem").filter(has_text="无人签收")
    await expect(row).to_be_visible(timeout=PATIENT)
    await expect(row).to_contain_text("起")
    await expect(alarms).to_contain_text("未确认 1")
    await row.get_by_role("button", name=re.compile("^确认")).click()
    await expect(row).to_contain_text("已确认")
    await expect(alarms).to_contain_text("未确认 0")
    await row.get_by_role("link").click()
    await expect(page).to_have_url(re.compile(r"/console/incidents/\w+"))


async def test_an_alarm_is_put_aside_with_a_reason_and_called_back(
    own: Running, console: Watched
) -> None:
    """It calls nobody, at the end of the list; who put it aside, until when and why is told."""
    title = await reported(own, "officer9")
    page = await console.signed_in("/console/", "watch")
    alarms = region(page, "预警")
    row = alarms.get_by_role("listitem").filter(has_text=title)
    await row.get_by_role("button", name=re.compile("^搁置")).click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="搁置", exact=True).click()
    await expect(dialog).to_contain_text("请填写")
    await dialog.get_by_label("原因", exact=True).fill("演练误报")
    await dialog.get_by_label("时长", exact=True).select_option(label="2 小时")
    await dialog.get_by_role("button", name="搁置", exact=True).click()
    await expect(dialog).to_have_count(0)
    await expect(row).to_contain_text("演练误报")
    await expect(row.get_by_role("button", name=re.compile("^确认"))).to_have_count(0)
    await expect(alarms).to_contain_text("已搁置 1")
    await row.get_by_role("button", name=re.compile("^取消搁置")).click()
    await expect(row.get_by_role("button", name=re.compile("^确认"))).to_be_visible()
    await expect(alarms).not_to_contain_text("已搁置 1")
    await row.get_by_role("button", name=re.compile("^确认")).click()
    await expect(row).to_contain_text("已确认")


async def test_a_liaison_may_not_acknowledge_and_is_shown_no_button(
    own: Running, console: Watched
) -> None:
    """What a role cannot do is not there; the panes are."""
    page = await console.signed_in("/console/", "liaison")
    await expect(region(page, "预警")).to_be_visible()
    await expect(region(page, "预警").get_by_role("button")).to_have_count(0)
    await expect(region(page, "出租车")).to_contain_text("北广场出租车候客点")


async def test_panes_keep_their_size_and_a_drag_breaks_no_rule(
    own: Running, console: Watched
) -> None:
    """By the mouse and by the keyboard; after a reload it is as it was left."""
    page = await console.signed_in("/console/", "watch")
    divider = page.get_by_role("separator", name="到发与预警之间")
    before = await bounds(divider)
    await page.mouse.move(before["x"] + 3, before["y"] + 200)
    await page.mouse.down()
    await page.mouse.move(before["x"] - 80, before["y"] + 200, steps=4)
    await page.mouse.up()
    moved = await bounds(divider)
    assert moved["x"] < before["x"] - 40
    await page.reload()
    await expect(region(page, "预警")).to_be_visible()
    assert abs((await bounds(divider))["x"] - moved["x"]) < 4


def another_hub(running: Running, killed: int) -> None:
    """Wait until another hub is in the place of the one that was killed."""
    deadline = time.monotonic() + 120
    while running.facts["hub_pid"] == killed:
        assert time.monotonic() < deadline, "up did not start another hub"
        time.sleep(0.05)
    running.await_ready()


async def bounds(found: Locator) -> dict[str, float]:
    """Where it is on the page."""
    box = await found.bounding_box()
    assert box
    return dict(box)


@asynccontextmanager
async def phone_of(running: Running, login: str) -> AsyncIterator[httpx2.AsyncClient]:
    """The officer's phone, signed in."""
    device = {"id": f"situation-{login}", "platform": "android", "model": "t"}
    device |= {"appVersion": "1", "locale": "zh-CN"}
    async with running.phone() as http:
        body = {"login": login, "password": PASSWORD, "device": device}
        answer = (await http.post("/session", json=body)).raise_for_status()
        http.headers["authorization"] = f"Bearer {answer.json()['accessToken']}"
        yield http


def moment() -> str:
    """Now, as a phone says it."""
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


async def reported(running: Running, login: str) -> str:
    """The officer reports an incident from the field; its title."""
    title = f"栏杆松动 {uuid4().hex[:6]}"
    body = {"kind": "FACILITY", "title": title}
    action = {"id": uuid4().hex, "kind": "incident.report", "at": moment(), "body": body}
    async with phone_of(running, login) as http:
        (done,) = (await http.post("/actions", json={"actions": [action]})).json()["results"]
    assert done["status"] == "applied", done
    return title


async def stand(running: Running, login: str, lat: float, lon: float) -> None:
    """The officer's phone says where it is."""
    async with phone_of(running, login) as http:
        sent = {"positions": [{"at": moment(), "lat": lat, "lon": lon, "accuracy": 5}]}
        answer = (await http.post("/positions", json=sent)).raise_for_status()
    assert json.loads(answer.text)["accepted"] == 1


async def ordered(running: Running) -> dict[str, Any]:
    """An incident on the south square, and an order for officer 8, who has no phone."""
    watch = running.client("watch")
    opened = await watch.query(
        """mutation($key: String!) { openIncident(input: { clientMutationId: $key, kind: CROWD,
          severity: EXTREME, title: "南广场密度超限", place: "南广场",
          position: { lat: 31.2482, lon: 121.4552 }, units: ["RPS"] }) {
          incident { id title } } }""",
        key=uuid4().hex,
    )
    incident: dict[str, Any] = opened["openIncident"]["incident"]
    sent = await watch.query(
        """mutation($key: String!, $incident: ID!) { dispatchOrder(input: { clientMutationId: $key,
          incident: $incident, text: "请疏导", recipients: ["officer8"],
          acceptWithinSeconds: 10 }) { userErrors { message } } }""",
        key=uuid4().hex,
        incident=incident["id"],
    )
    assert sent["dispatchOrder"]["userErrors"] == []
    return incident
