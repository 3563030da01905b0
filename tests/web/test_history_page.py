"""The history page (历史): any moment that is kept, as it was shown; nothing is done there."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.e2e.conftest import Running, started
from tests.web.conftest import Watched, watched
from tests.web.test_situation import PATIENT, region, silenced

RANGE = "{ history { start end outages { feed state start end } } }"
MOMENT = """query M($at: DateTime!) { moment(at: $at) { boards(first: 60) { stopPlace { scopedId }
    departures { status journey { publicCode } } } } }"""


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A hub of these tests' own: they silence a feed of it."""
    with started(tmp_path_factory) as held:
        yield held


@pytest.fixture
async def console(browser: Browser, own: Running) -> AsyncIterator[Watched]:
    """A browser at that hub."""
    async with watched(browser, own.url) as held:
        yield held


def moment(text: str) -> datetime:
    """A moment as GraphQL says it."""
    return datetime.fromisoformat(text)


async def until_kept(own: Running, *, outage: str | None = None) -> datetime:
    """Until somebody has looked again, at a feed that is DOWN if one is named: when that was."""
    client, asked = own.client("watch"), datetime.now(UTC)
    deadline = time.monotonic() + 240
    while True:
        kept = (await client.query(RANGE))["history"]
        down = [one["feed"] for one in kept["outages"] if one["state"] == "DOWN" and not one["end"]]
        if kept["end"] and moment(kept["end"]) > asked and (outage is None or outage in down):
            return moment(kept["end"])
        assert time.monotonic() < deadline, kept
        await asyncio.sleep(0.5)


async def departures(own: Running, at: datetime) -> list[dict[str, Any]]:
    """The rail board of a moment, as GraphQL tells it."""
    told = await own.client("watch").query(MOMENT, at=at.isoformat())
    boards = {one["stopPlace"]["scopedId"]: one for one in told["moment"]["boards"]}
    return list(boards["railway:SHH"]["departures"])


async def slide(page: Page, at: datetime) -> None:
    """Move the slider to the last of its steps before a moment."""
    slider = page.get_by_role("slider", name="时间轴")
    start = float(await slider.get_attribute("min") or 0)
    step = float(await slider.get_attribute("step") or 1)
    steps = (at.timestamp() * 1000 - start) // step
    await slider.fill(f"{start + steps * step:.0f}")


def rail(page: Page) -> Locator:
    """The board of trains."""
    return region(page, "到发").get_by_role("table", name="到发 铁路")


async def test_a_moment_shows_what_was_and_not_what_came_of_it(
    own: Running, console: Watched
) -> None:
    """A board before its feed fell silent, while it was, and now again; one clock for all."""
    page = await console.signed_in("/console/", "watch")
    await expect(rail(page).locator("tr.plain").first).to_be_visible(timeout=PATIENT)
    well = await until_kept(own)
    async with silenced(own, "railway"):
        await until_kept(own, outage="railway-et")
        ill = await until_kept(own)  # a look later: the slider stands before it, not before that
    await page.get_by_role("link", name="历史", exact=True).click()
    band = page.get_by_role("status").filter(has_text="历史 ·")
    await expect(page.get_by_role("slider", name="时间轴")).to_be_visible()
    await expect(band).to_have_count(0)

    await slide(page, ill)
    await expect(band).to_contain_text("非实时")
    await expect(rail(page).locator("tr.unknown").first).to_be_visible()
    await expect(rail(page).locator("tr.plain")).to_have_count(0)
    strip = page.get_by_role("list", name="数据源状态")
    await expect(strip).to_contain_text("异常")

    await page.goto(f"{own.url}/console/history?at={well.isoformat().replace('+00:00', 'Z')}")
    await expect(band).to_be_visible()
    await expect(rail(page).locator("tr.plain").first).to_be_visible()
    told = {one["journey"]["publicCode"]: one["status"] for one in await departures(own, well)}
    assert "UNKNOWN" not in told.values()
    await expect(rail(page).locator("tr.unknown")).to_have_count(0)
    shown = await rail(page).locator("tbody td.number").all_inner_texts()
    assert set(told) <= {text.strip() for text in shown}

    await band.get_by_role("button", name="回到现在").click()
    await expect(band).to_have_count(0)
    await expect(page.locator(".head time")).to_be_visible()
    await page.wait_for_url("**/history")


async def test_nothing_can_be_done_in_the_past_and_the_keyboard_moves_it(
    own: Running, console: Watched
) -> None:
    """Steps, arrows, play; no button that acts; a moment before all that is kept says from when."""
    at = await until_kept(own)
    page = await console.signed_in("/console/", "watch")
    await page.goto(f"{own.url}/console/history?at={at.isoformat().replace('+00:00', 'Z')}")
    band = page.get_by_role("status").filter(has_text="历史 ·")
    time_ = band.locator("time")
    first = await time_.get_attribute("datetime") or ""
    slider = page.get_by_role("slider", name="时间轴")
    await slider.focus()
    await page.keyboard.press("ArrowLeft")
    await expect(time_).not_to_have_attribute("datetime", first)
    second = await time_.get_attribute("datetime") or ""
    assert moment(second) < moment(first)
    await page.get_by_role("button", name="×60").click()
    await page.get_by_role("button", name="播放").click()
    await expect(band).to_have_count(0)  # it runs into the present, and stops there
    await expect(page.get_by_role("button", name="播放")).to_be_disabled()
    for name in ("下达", "确认", "登记事件"):
        await expect(page.get_by_role("button", name=name)).to_have_count(0)
    await page.goto(f"{own.url}/console/history?at=2020-01-01T00:00:00Z")
    await expect(region(page, "无记录")).to_contain_text("历史保留自")
    await page.goto(f"{own.url}/console/history?at=gestern")
    await expect(page.get_by_role("alert")).to_contain_text("时刻无效")


async def test_a_moment_is_typed_while_the_clock_runs(own: Running, console: Watched) -> None:
    """What is half typed stays as each second of the present comes; what is none says so."""
    await until_kept(own)
    page = await console.signed_in("/console/", "watch")
    await page.goto(f"{own.url}/console/history")
    field, band = page.get_by_label("日期和时刻", exact=True), page.get_by_role("status")
    await expect(field).not_to_have_value("")
    await field.fill("")
    await field.press_sequentially("23:")
    shown = page.locator(".head time")
    before = await shown.inner_text()
    await expect(shown).not_to_have_text(before)
    await expect(field).to_have_value("23:")
    await field.press_sequentially("x")
    await field.press("Enter")
    await expect(page.get_by_role("alert").filter(has_text="14:38")).to_be_visible()
    await expect(band.filter(has_text="历史 ·")).to_have_count(0)
    at = datetime.now(UTC) - timedelta(days=1)
    await field.fill(at.strftime("%Y-%m-%d %H:%M"))
    await field.press("Enter")
    await expect(band.filter(has_text="历史 ·")).to_be_visible()
    await expect(page.get_by_role("alert").filter(has_text="14:38")).to_have_count(0)


async def test_a_line_of_an_incident_leads_to_its_moment(own: Running, console: Watched) -> None:
    """From the timeline, and from the audit log."""
    page = await console.signed_in("/console/incidents", "admin")
    await page.get_by_role("button", name="登记事件").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("类型", exact=True).select_option("CROWD")
    await dialog.get_by_label("标题", exact=True).fill("历史链接")
    await dialog.get_by_label("地点", exact=True).fill("北广场")
    await dialog.get_by_role("button", name="登记", exact=True).click()
    line = page.get_by_role("region", name="时间线").get_by_role("link").first
    await expect(line).to_be_visible()
    await until_kept(own)
    await line.click()
    await expect(page.get_by_role("status").filter(has_text="历史 ·")).to_be_visible()
    await page.goto(f"{own.url}/console/admin/audit")
    await page.get_by_role("table").get_by_role("button").first.click()
    await expect(page.get_by_role("link", name="看当时的态势")).to_have_attribute(
        "href", re.compile(r"/console/history\?at=")
    )
