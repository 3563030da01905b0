"""The front door: three doors for who is signed in nowhere, and straight on for who is."""

import re

import pytest
from playwright.async_api import expect

from tests.web.conftest import Watched
from tests.web.looks import serious


async def test_who_is_signed_in_nowhere_sees_three_doors(desk: Watched) -> None:
    page = await desk.page()
    await page.goto(desk.url)
    await expect(page.get_by_role("heading", level=1)).to_contain_text("联动")
    doors = page.get_by_role("heading", level=2)
    await expect(doors).to_have_text(
        ["指挥席位 Console", "队员端 Officer's app", "接入与开发 Developers"]
    )
    await page.get_by_role("link", name="手册 Docs").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("接入指南")
    await page.goto(desk.url)
    await page.get_by_role("link", name="查询台 GraphiQL").click()
    await expect(page.get_by_role("heading", name="登录后查询")).to_be_visible()


@pytest.mark.parametrize("width", [360, 1366, 1920])
async def test_it_fits_and_reads_well(desk: Watched, width: int) -> None:
    page = await desk.page()
    await page.set_viewport_size({"width": width, "height": 740})
    await page.goto(desk.url)
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)
        assert await serious(page) == []


async def test_it_leads_to_the_app_one_is_signed_in_to(desk: Watched) -> None:
    page = await desk.signed_in("/console/", "watch")
    await page.goto(desk.url)
    await expect(page).to_have_url(re.compile("/console/situation$"))
    await page.goto(f"{desk.url}/?stay")
    await expect(page.get_by_role("link", name="查询台 GraphiQL")).to_be_visible()


async def test_it_leads_an_officer_to_the_officers_app(phone: Watched) -> None:
    page = await phone.signed_in("/app/", "officer9")
    await page.goto(phone.url)
    await expect(page).to_have_url(re.compile("/app/"))


async def test_who_signed_out_sees_the_doors_again(desk: Watched) -> None:
    desk.expected.append("401")  # what was under way while one signs out
    page = await desk.signed_in("/console/", "watch")
    await page.get_by_role("button", name="退出登录").click()
    await page.get_by_role("dialog").get_by_role("button", name="退出", exact=True).click()
    await expect(page.get_by_label("账号", exact=True)).to_be_visible()
    await page.goto(desk.url)
    await expect(page.get_by_role("link", name="进入席位 Open")).to_be_visible()
