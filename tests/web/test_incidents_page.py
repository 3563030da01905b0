"""The console's incidents: opened, ordered, followed and closed, by mouse and by keyboard."""

import asyncio
import json
import re
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Locator, Page, Route, expect

from terminal.client import HubClient
from tests.e2e.conftest import Running
from tests.e2e.test_main_job import Phone
from tests.web.conftest import Watched

ORDERS = """query ($incident: ID!) { orders(incident: $incident) { nodes { id number text
  recipients { officer { login } stage } } } }"""
OPEN = """mutation ($input: OpenIncidentInput!) { openIncident(input: $input) {
  incident { id number } userErrors { message } } }"""
DISPATCH = """mutation ($input: DispatchOrderInput!) { dispatchOrder(input: $input) {
  order { id number } userErrors { message } } }"""
HEARD = """() => {
  window.heard = [];
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...given) {
    window.heard.push(this.frequency.value);
    return start.apply(this, given);
  };
}"""
LOST = ["ERR_", "WebSocket", "Failed to load resource", "502", "503"]


@pytest.fixture
def watch(running: Running) -> HubClient:
    """The watch officer by the API."""
    return running.client("watch")


@pytest.fixture
async def officer(running: Running) -> AsyncIterator[Phone]:
    """An officer with a phone that can be woken."""
    phone = Phone(running, "officer5")
    await phone.sign_in()
    yield phone
    await phone.http.aclose()


def key() -> str:
    return str(uuid.uuid4())


def title() -> str:
    """A title that no other test has."""
    return f"南广场旅客拥挤 {uuid.uuid4().hex[:8]}"


KEPT = """(text) => new Promise((done) => {
  const look = () =>
    JSON.stringify({ ...localStorage }).replaceAll("\\\\", "").includes(text)
      ? done()
      : requestAnimationFrame(look);
  look();
})"""
"""Waits until the browser keeps this: the panes do so a moment after they were moved."""


async def opened(client: HubClient, **given: Any) -> dict[str, Any]:
    asked = {"clientMutationId": key(), "kind": "CROWD", "title": title(), **given}
    answer = (await client.query(OPEN, input=asked))["openIncident"]
    assert answer["userErrors"] == []
    return {**asked, **answer["incident"]}


async def dispatched(client: HubClient, incident: str, *to: str, **given: Any) -> dict[str, Any]:
    asked = {"clientMutationId": key(), "incident": incident, "text": "请到场", "recipients": to}
    answer = (await client.query(DISPATCH, input={**asked, **given}))["dispatchOrder"]
    assert answer["userErrors"] == []
    return dict(answer["order"])


async def orders(client: HubClient, incident: str) -> list[dict[str, Any]]:
    return list((await client.query(ORDERS, incident=incident))["orders"]["nodes"])


async def at_incident(desk: Watched, login: str, incident: dict[str, Any]) -> Page:
    page = await desk.signed_in("/console/", login)
    await page.goto(f"{desk.url}/console/incidents/{incident['id'].replace('=', '%3D')}")
    await expect(page.get_by_role("heading", name=incident["title"])).to_be_visible()
    return page


def row(page: Page, name: str) -> Locator:
    ledger = page.get_by_role("table", name="签收记录")
    return ledger.get_by_role("row").filter(has=page.get_by_role("rowheader", name=name))


async def choose(page: Page, label: str, typed: str) -> None:
    await page.get_by_label(label, exact=True).first.fill(typed)
    await page.get_by_role("option", name=re.compile(typed)).first.click()


async def test_an_incident_is_opened_ordered_and_its_ledger_moves(
    desk: Watched, officer: Phone
) -> None:
    """From the dialog to the officer's phone and back: no reload in between."""
    name = title()
    page = await desk.signed_in("/console/", "watch")
    await page.get_by_role("link", name="事件", exact=True).click()
    await page.get_by_role("button", name="登记事件").click()
    dialog = page.get_by_role("dialog", name="登记事件")
    await dialog.get_by_label("标题").fill(name)
    await dialog.get_by_label("类型").select_option("CROWD")
    await dialog.get_by_label("地点").fill("南广场 2 号缓冲区")
    await dialog.get_by_label("严重程度").select_option("SEVERE")
    await dialog.get_by_role("button", name="登记", exact=True).click()
    await expect(page).to_have_url(re.compile("/console/incidents/.+"))
    await expect(page.get_by_role("heading", name=name)).to_be_visible()
    await expect(page.get_by_role("link", name=re.compile(name))).to_be_visible()

    await page.get_by_role("button", name="下达指令", exact=True).click()
    await expect(page.get_by_label("内容", exact=True)).to_be_focused()
    await page.keyboard.type("到东侧增开通道")
    await choose(page, "接收人", "队员 05")
    await expect(page.get_by_text("将唤醒 1 人")).to_be_visible()
    await page.get_by_role("button", name="下达", exact=True).click()
    await expect(page.get_by_text(re.compile("指令 .+ 已下达")).first).to_be_visible()
    await expect(page.get_by_label("内容", exact=True)).to_have_value("")
    line = row(page, "队员 05")
    await expect(line).to_contain_text("推送")

    held = {one["text"]: one["id"] for one in (await officer.orders()).values()}
    for kind in ("order.received", "order.seen", "order.accepted", "order.enRoute"):
        assert (await officer.act(kind, held["到东侧增开通道"]))["status"] == "applied"
    await expect(line.get_by_role("time")).to_have_count(5)
    await expect(line).to_contain_text("等待")
    timeline = page.get_by_role("region", name="时间线")
    await expect(timeline.get_by_text("队员 05 已签收")).to_be_visible()
    await timeline.get_by_role("button", name="人工记录").click()
    await expect(timeline.get_by_text("队员 05 已签收")).to_have_count(0)


async def test_when_nobody_answers_the_alarm_is_seen_and_heard_until_somebody_takes_it(
    desk: Watched, watch: HubClient
) -> None:
    await desk.context.add_init_script(f"({HEARD})()")
    incident = await opened(watch)
    page = await at_incident(desk, "watch", incident)
    await page.get_by_role("region", name="属性").click()
    order = await dispatched(watch, incident["id"], "officer9", acceptWithinSeconds=5)
    band = page.get_by_role("region", name="告警")
    alarm = band.get_by_role("listitem").filter(has_text=order["number"])
    await expect(alarm.filter(has_text="指令无人签收")).to_be_visible()
    await page.wait_for_function("window.heard.includes(880)")
    await expect(row(page, "队员 09")).to_contain_text("已升级")
    await expect(page.get_by_role("button", name="改派", exact=True)).to_be_visible()
    for button in await alarm.get_by_role("button", name="确认").all():
        await button.click()
    taken = alarm.filter(has_text="值班员 已确认").first
    more = band.get_by_role("button", name=re.compile("^另有"))
    await expect(taken.or_(more).first).to_be_visible()
    if not await taken.is_visible():  # those of other tests come first
        await more.click()
    await expect(taken).to_be_visible()


async def test_silence_says_until_when_and_is_not_for_ever(desk: Watched) -> None:
    await desk.context.add_init_script(f"({HEARD})()")
    page = await desk.signed_in("/console/", "watch")
    await page.get_by_role("button", name="试听").click()
    await page.wait_for_function("window.heard.length >= 4")
    await page.get_by_label("静音 至").select_option("5")
    said = page.get_by_text(re.compile(r"静音至 \d\d:\d\d（值班员）"))
    await expect(said).to_be_visible()
    await page.reload()
    await expect(said).to_be_visible()
    await page.get_by_label("静音 至").select_option("0")
    await expect(said).to_have_count(0)


async def test_a_wrong_input_is_said_at_its_field_and_changes_nothing(
    desk: Watched, watch: HubClient
) -> None:
    incident = await opened(watch)
    page = await at_incident(desk, "watch", incident)

    async def invalid(where: Page | Locator, label: str, said: str) -> None:
        field = where.get_by_label(label, exact=True).first
        await expect(field).to_have_attribute("aria-invalid", "true")
        described = await field.get_attribute("aria-describedby")
        assert described is not None
        await expect(page.locator(f"#{described.split()[0]}")).to_contain_text(said)

    await page.get_by_role("button", name="登记事件").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="登记", exact=True).click()
    await invalid(dialog, "标题", "请填写")
    await invalid(dialog, "类型", "请填写")
    await dialog.get_by_label("标题").fill("长" * 201)
    await dialog.get_by_label("类型").select_option("FIRE")
    await dialog.get_by_label("坐标").fill("北边")
    await dialog.get_by_role("button", name="登记", exact=True).click()
    await invalid(dialog, "坐标", "坐标无效")
    await dialog.get_by_label("坐标").fill("")
    await dialog.get_by_role("button", name="登记", exact=True).click()
    await invalid(dialog, "标题", "200")
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)

    await page.get_by_role("button", name="下达", exact=True).click()
    await invalid(page, "内容", "请填写")
    await expect(page.get_by_text("请选择接收人")).to_be_visible()
    await page.get_by_label("内容", exact=True).fill("到场")
    await choose(page, "接收人", "队员 05")
    await page.get_by_label("签收时限（秒）").fill("0")
    await page.get_by_role("button", name="下达", exact=True).click()
    await expect(page.get_by_label("签收时限（秒）")).to_have_attribute("aria-invalid", "true")

    for button, label in (("办结", "处置结果"), ("记事", "写一条记事")):
        await page.get_by_role("button", name=button, exact=True).first.click()
        form = page.get_by_role("dialog") if button == "办结" else page
        if button == "办结":
            await form.get_by_role("button", name=button, exact=True).click()
        await invalid(form, label, "请填写")
        await page.keyboard.press("Escape")
    await page.get_by_role("button", name="增加单位").click()
    await page.get_by_role("dialog").get_by_role("button", name="增加", exact=True).click()
    await expect(page.get_by_role("dialog")).to_contain_text("请选择单位")
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="更新", exact=True).click()
    await page.get_by_role("dialog").get_by_role("button", name="更新", exact=True).click()
    await expect(page.get_by_role("dialog").get_by_role("alert")).to_be_visible()
    assert await orders(watch, incident["id"]) == []


async def test_an_incident_is_noted_changed_closed_and_taken_up_again(
    desk: Watched, watch: HubClient
) -> None:
    incident = await opened(watch)
    order = await dispatched(watch, incident["id"], "officer6")
    page = await at_incident(desk, "watch", incident)
    timeline = page.get_by_role("region", name="时间线")
    await page.get_by_label("写一条记事").fill("调看摄像机 C-14")
    await page.get_by_role("button", name="记事", exact=True).click()
    await expect(timeline.get_by_text("调看摄像机 C-14")).to_be_visible()

    await page.get_by_role("button", name="更新", exact=True).click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("地点").fill("北广场")
    await dialog.get_by_label("严重程度").select_option("EXTREME")
    await dialog.get_by_role("button", name="更新", exact=True).click()
    properties = page.get_by_role("region", name="属性")
    await expect(properties.get_by_text("北广场")).to_be_visible()
    await expect(properties.get_by_text("特别严重")).to_be_visible()

    await page.get_by_role("button", name="增加单位").click()
    await dialog.get_by_role("checkbox").first.check()
    await dialog.get_by_role("button", name="增加", exact=True).click()
    await expect(dialog).to_have_count(0)

    await page.get_by_role("button", name="撤销指令").click()
    await expect(dialog).to_contain_text("将通知 1 名接收人停止执行")
    await dialog.get_by_label("原因").fill("已恢复")
    await dialog.get_by_role("button", name="撤销指令").click()
    ledger = page.get_by_role("table", name="签收记录")
    await expect(ledger.get_by_role("row").filter(has_text=order["number"])).to_contain_text(
        "已撤销"
    )

    await page.get_by_role("button", name="办结", exact=True).click()
    await expect(dialog).to_contain_text("没有未完成的指令")
    await dialog.get_by_label("处置结果").fill("人流恢复正常")
    await dialog.get_by_role("button", name="办结", exact=True).click()
    await expect(page.get_by_text("人流恢复正常").first).to_be_visible()
    await expect(page.get_by_role("button", name="下达指令", exact=True)).to_have_count(0)
    await page.get_by_role("tab", name=re.compile("已结")).click()
    await expect(page.get_by_role("link", name=re.compile(incident["title"]))).to_be_visible()

    await page.get_by_role("button", name="重启", exact=True).click()
    await dialog.get_by_label("原因").fill("再次拥堵")
    await dialog.get_by_role("button", name="重启", exact=True).click()
    await expect(page.get_by_role("button", name="下达指令", exact=True)).to_be_visible()


async def test_an_order_is_given_to_somebody_else(desk: Watched, watch: HubClient) -> None:
    """Who has it already is not offered; both stand in the ledger, with why."""
    incident = await opened(watch)
    order = await dispatched(watch, incident["id"], "officer10", acceptWithinSeconds=5)
    page = await at_incident(desk, "watch", incident)
    await page.get_by_role("button", name="改派", exact=True).click()
    dialog = page.get_by_role("dialog", name=f"改派 {order['number']}")
    await expect(dialog.get_by_role("option").first).to_be_visible()
    await dialog.get_by_label("改派至").first.fill("队员10")
    await expect(dialog.get_by_role("option")).to_have_count(0)
    await dialog.get_by_label("改派至").first.fill("队员11")
    await expect(dialog.get_by_role("option")).to_have_count(1)
    await page.keyboard.press("Enter")
    await dialog.get_by_label("原因").fill("无人应答")
    await dialog.get_by_role("button", name="改派", exact=True).click()
    await expect(dialog).to_have_count(0)
    await expect(row(page, "队员 11")).to_be_visible()
    await expect(page.get_by_text("已改派 · 无人应答")).to_be_visible()


async def test_a_liaison_sees_only_what_is_its_own_and_gives_no_orders(
    desk: Watched, watch: HubClient
) -> None:
    mine = await opened(watch, units=["RPS", "SAO"])
    others = await opened(watch, units=["CCT"])
    page = await at_incident(desk, "liaison", mine)
    queue = page.get_by_role("region", name="事件列表")
    await expect(queue.get_by_role("link", name=re.compile(mine["title"]))).to_be_visible()
    await expect(queue.get_by_role("link", name=re.compile(others["title"]))).to_have_count(0)
    for name in ("下达指令", "下达", "办结"):
        await expect(page.get_by_role("button", name=name, exact=True)).to_have_count(0)
    await expect(page.get_by_role("button", name="更新", exact=True)).to_be_visible()
    await page.goto(f"{desk.url}/console/incidents/{others['id'].replace('=', '%3D')}")
    await expect(page.get_by_role("alert")).to_contain_text("未找到")


async def test_a_draft_survives_a_reload_and_is_gone_when_it_is_sent(
    desk: Watched, watch: HubClient
) -> None:
    incident = await opened(watch)
    page = await at_incident(desk, "watch", incident)
    await page.get_by_label("内容", exact=True).fill("引导旅客向 3 号缓冲区分流")
    await choose(page, "接收人", "队员 08")
    await page.get_by_label("写一条记事").fill("半句话")
    await page.reload()
    await expect(page.get_by_label("内容", exact=True)).to_have_value("引导旅客向 3 号缓冲区分流")
    await expect(page.get_by_role("button", name="移除 队员 08")).to_be_visible()
    await expect(page.get_by_label("写一条记事")).to_have_value("半句话")
    await page.get_by_role("button", name="下达", exact=True).click()
    await expect(page.get_by_text(re.compile("指令 .+ 已下达")).first).to_be_visible()
    await page.reload()
    await expect(page.get_by_label("写一条记事")).to_have_value("半句话")
    await expect(page.get_by_label("内容", exact=True)).to_have_value("")


async def test_an_order_that_was_given_while_the_hub_was_killed_is_given_once(
    desk: Watched, watch: HubClient, running: Running
) -> None:
    """Its answer is lost, the hub dies, the desk sends it again under the same key."""
    desk.expected += LOST
    incident = await opened(watch)
    page = await at_incident(desk, "watch", incident)
    keys: list[str] = []
    killing: list[asyncio.Task[None]] = []

    async def lose(route: Route) -> None:
        variables = json.loads(route.request.post_data or "{}").get("variables", {})
        asked = variables.get("input", {})
        if "recipients" not in asked:
            await route.continue_()
            return
        keys.append(asked["clientMutationId"])
        if len(keys) > 1:
            await route.continue_()
            return
        await route.fetch()
        killing.append(asyncio.create_task(asyncio.to_thread(running.kill_hub)))
        await route.abort()

    await page.route("**/graphql", lose)
    await page.get_by_label("内容", exact=True).fill("只此一次")
    await choose(page, "接收人", "队员 07")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_text("不会重复执行")).to_be_visible()
    await expect(page.get_by_text("连接中断").first).to_be_visible()
    await expect(page.get_by_text(re.compile("指令 .+ 已下达")).first).to_be_visible(timeout=90_000)
    await asyncio.gather(*killing)
    assert len(keys) > 1
    assert len(set(keys)) == 1
    given = await orders(watch, incident["id"])
    assert [one["text"] for one in given] == ["只此一次"]
    await expect(row(page, "队员 07")).to_be_visible()


async def test_it_can_be_done_by_keyboard_alone(desk: Watched, watch: HubClient) -> None:
    """Open, walk the list, order, and change the width of a pane, without a mouse."""
    incident = await opened(watch)
    other = await opened(watch)
    page = await at_incident(desk, "watch", incident)
    await page.get_by_role("link", name=re.compile(other["title"])).focus()
    await page.keyboard.press("ArrowDown")
    await expect(page.get_by_role("link", name=re.compile(incident["title"]))).to_be_focused()
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name=other["title"])).to_be_visible()
    await page.get_by_role("button", name="下达指令", exact=True).press("Enter")
    await page.keyboard.type("到场查看")
    await page.keyboard.press("Tab")
    await page.keyboard.type("officer12")
    await expect(page.get_by_role("option", name=re.compile("队员 12"))).to_be_visible()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="移除 队员 12")).to_be_visible()
    await page.keyboard.press("Control+Enter")
    await expect(row(page, "队员 12")).to_be_visible()
    bar = page.get_by_role("separator", name="列表栏宽度")
    before = await bar.get_attribute("aria-valuenow")
    await bar.press("ArrowRight")
    await expect(bar).not_to_have_attribute("aria-valuenow", before or "")
    after = await bar.get_attribute("aria-valuenow")
    await page.evaluate(KEPT, f'"layout":[{after},')
    await page.reload()
    await expect(bar).to_have_attribute("aria-valuenow", after or "")


async def test_it_speaks_english(desk: Watched, watch: HubClient) -> None:
    incident = await opened(watch)
    await dispatched(watch, incident["id"], "officer13")
    page = await at_incident(desk, "watch", incident)
    await page.get_by_role("button", name="English").click()
    ledger = page.get_by_role("table", name="Ledger")
    await expect(ledger.get_by_role("columnheader", name="Accepted")).to_be_visible()
    await expect(ledger.get_by_role("rowheader", name=re.compile("^Officer 13"))).to_be_visible()
    await page.get_by_role("button", name="Dispatch", exact=True).click()
    await expect(page.get_by_text("Required")).to_be_visible()
    await page.get_by_role("button", name="New incident").click()
    await expect(page.get_by_role("dialog", name="New incident")).to_be_visible()
