"""What the field says reaches the watch, and what the watch decides reaches the field: unasked."""

import re
import uuid

import pytest
from playwright.async_api import Locator, Page, expect

from tests.e2e.conftest import Running
from tests.web.conftest import Watched
from tests.web.officers import Centre, app_of, go, tap

TOP_ROW = """(table) => {
  const box = table.closest('.rows');
  const top = box.getBoundingClientRect().top + table.tHead.offsetHeight;
  const row = [...table.tBodies[0].rows].find(
    (one) => one.getBoundingClientRect().top >= top - 2,
  );
  return { over: row.classList.contains('done'), at: row.querySelector('time').dateTime };
}"""


@pytest.fixture
def centre(running: Running) -> Centre:
    return Centre(running)


def region(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name, exact=True)


async def test_a_report_calls_every_desk_until_somebody_acknowledges_it(
    phone: Watched, desk: Watched
) -> None:
    """What, who and where, with a link; a reload keeps it; its place was chosen on the map."""
    title = f"旅客晕倒 {uuid.uuid4().hex[:6]}"
    page = await desk.signed_in("/console/", "watch")
    field = await app_of(phone, "officer7")
    await go(field, "上报")
    await field.get_by_text("医疗救助", exact=True).tap()
    await field.get_by_label("标题", exact=True).fill(title)
    await field.get_by_label("地点", exact=True).fill("北广场 3 号口")
    await tap(field, "图上选")
    await field.get_by_role("application", name=re.compile("地图")).press("ArrowUp")
    await tap(field, "用这里")
    await expect(field.get_by_text("已在图上选定")).to_be_visible()
    await tap(field, "提交")

    alarm = region(page, "预警").get_by_role("listitem").filter(has_text=title)
    await expect(alarm).to_contain_text("新上报")
    await expect(alarm).to_contain_text("队员 07")
    await expect(alarm).to_contain_text("北广场 3 号口")
    called = page.get_by_role("status").filter(has_text="条新上报未确认")
    await expect(called).to_have_count(1)
    await page.reload()
    await expect(alarm).to_contain_text("新上报")
    await alarm.get_by_role("link").click()
    await expect(page.get_by_role("heading", name=title)).to_be_visible()
    properties = region(page, "属性")
    await expect(properties).to_contain_text("医疗救助")
    alarms = page.get_by_role("region", name="告警")
    band = alarms.get_by_role("listitem").filter(has_text=title)
    more = alarms.get_by_role("button", name=re.compile("^另有"))
    await expect(band.or_(more).first).to_be_visible()
    if await more.is_visible():  # those of other tests come first
        await more.click()
    await band.get_by_role("button", name="确认").click()
    await expect(band).to_contain_text("值班员 已确认")

    await properties.get_by_role("link", name=re.compile("31[.]")).click()
    await expect(page).to_have_url(re.compile("situation[?]at="))
    view, mark = page.locator(".map"), page.locator(".sign.at")
    await expect(mark).to_be_visible()
    outer, inner = await view.bounding_box(), await mark.bounding_box()
    assert outer is not None
    assert inner is not None
    for at, size in (("x", "width"), ("y", "height")):
        middle = outer[at] + outer[size] / 2
        assert abs(inner[at] + inner[size] / 2 - middle) < outer[size] / 10


async def test_the_board_opens_at_now_and_stays_there(desk: Watched) -> None:
    """What is gone lies above; who scrolls away comes back by a button."""
    page = await desk.signed_in("/console/", "watch")
    board = region(page, "到发").get_by_role("table", name="到发 铁路")
    await expect(board.locator("tbody tr").nth(12)).to_be_attached()
    now = await page.locator(".head time").get_attribute("datetime")
    assert now is not None
    await page.wait_for_function(
        f"([table, now]) => {{ const row = ({TOP_ROW})(table);"
        " return !row.over && row.at.slice(0, 16) >= now.slice(0, 16); }",
        arg=[await board.element_handle(), now],
    )
    back = region(page, "到发").get_by_role("button", name="回到现在")
    await expect(back).to_have_count(0)
    await board.locator("tbody tr").nth(12).hover()
    await page.mouse.wheel(0, 600)
    await back.click()
    await expect(back).to_have_count(0)


async def test_an_urgent_order_is_over_every_page_and_its_end_is_as_loud(
    phone: Watched, centre: Centre
) -> None:
    """With the reason, until the officer says that they know."""
    page = await app_of(phone, "officer12")
    await go(page, "勤务")
    words = f"到东南出口疏导 {uuid.uuid4().hex[:6]}"
    order = await centre.order("officer12", words)
    bar = page.locator("a.call")
    await expect(bar).to_contain_text(f"新指令 · {words}")
    await expect(bar).to_contain_text("签收还剩")
    box = await bar.bounding_box()
    assert box is not None
    assert (box["width"], box["height"] >= 56) == (360, True)
    await bar.tap()
    await tap(page, "签收")
    await centre.stage(order, "ACCEPTED")
    await go_back(page)
    await go(page, "通讯录")
    await expect(bar).to_have_count(0)

    await centre.cancel(order)
    await expect(bar).to_contain_text("已撤销，不必再去")
    await bar.tap()
    await expect(page.get_by_text(re.compile("原因："))).to_be_visible()
    await expect(page.locator("header.loud")).to_contain_text("已撤销")
    await tap(page, "知道了")
    await go(page, "勤务")
    await expect(page.get_by_role("button", name="签退", exact=True)).to_be_visible()
    await expect(bar).to_have_count(0)


async def go_back(page: Page) -> None:
    await page.get_by_role("link", name="返回", exact=True).tap()


async def test_who_is_at_the_wrong_app_is_told_which_is_theirs(
    phone: Watched, desk: Watched
) -> None:
    page = await desk.signed_in("/console/", "officer13")
    link = page.get_by_role("status").get_by_role("link", name="队员端")
    await expect(link).to_have_attribute("href", "/app/")
    phone.expected.extend(["403", "Failed to load resource"])
    field = await phone.signed_in("/app/", "watch")
    await expect(field.get_by_role("link", name="到指挥席")).to_have_attribute("href", "/console/")


async def test_the_audit_log_reads_in_words_with_links(desk: Watched, centre: Centre) -> None:
    """No code and no id where a person or a page is meant; the other language too."""
    await centre.order("officer14", "到场")
    page = await desk.signed_in("/console/", "admin")
    await page.goto(f"{desk.url}/console/admin/audit?action=order.")
    rows = page.get_by_role("table", name="审计日志").get_by_role("row")
    row = rows.filter(has_text="下达指令").first
    await expect(row).to_contain_text("值班员")
    link = row.get_by_role("link")
    await expect(link).to_have_text(re.compile(r"^\d{8}-\d{3,}-\d{2}$"))
    await expect(rows.filter(has_text=re.compile(r"[0-9a-f]{32}"))).to_have_count(0)
    await page.get_by_role("button", name="English").click()
    await expect(page.get_by_role("row").filter(has_text="Gave an order").first).to_be_visible()
    await page.get_by_role("row").filter(has_text="Gave an order").first.get_by_role("link").click()
    await expect(page).to_have_url(re.compile("/console/incidents/"))
