"""Signing in to the console: by its form, by its cookie, and out again."""

import re

from playwright.async_api import expect

from tests.e2e.conftest import PASSWORD
from tests.web.conftest import Watched


async def test_a_desk_signs_in_stays_signed_in_and_signs_out(desk: Watched) -> None:
    desk.expected.append("401")  # what was under way while one signs out
    page = await desk.signed_in("/console/", "watch")
    await expect(page.get_by_role("link", name="态势", exact=True)).to_be_visible()
    await expect(page).to_have_url(re.compile("/console/situation$"))
    await page.reload()
    await expect(page.get_by_role("link", name="事件", exact=True)).to_be_visible()
    await page.get_by_role("button", name="退出登录").click()
    asked = page.get_by_role("dialog", name="现在退出登录？")
    await expect(asked).to_contain_text("告警声随之停止")
    await asked.get_by_role("button", name="取消").click()
    await expect(page.get_by_role("link", name="事件", exact=True)).to_be_visible()
    await page.get_by_role("button", name="退出登录").click()
    await asked.get_by_role("button", name="退出", exact=True).click()
    await expect(page.get_by_label("账号", exact=True)).to_be_visible()
    await page.reload()
    await expect(page.get_by_role("button", name="登录", exact=True)).to_be_visible()


async def test_what_a_role_cannot_do_is_not_shown(desk: Watched) -> None:
    desk.expected.append("401")  # what was under way while one signs out
    page = await desk.signed_in("/console/", "watch")
    await expect(page.get_by_role("link", name="管理", exact=True)).to_have_count(0)
    await page.get_by_role("button", name="退出登录").click()
    await page.get_by_role("button", name="退出", exact=True).click()
    await expect(page.get_by_label("账号", exact=True)).to_be_visible()
    page = await desk.signed_in("/console/", "admin")
    await expect(page.get_by_role("link", name="管理", exact=True)).to_be_visible()


async def test_a_wrong_password_says_so_in_the_language_that_is_spoken(desk: Watched) -> None:
    desk.expected.append("401")
    page = await desk.page()
    await page.goto(f"{desk.url}/console/")
    await page.get_by_label("账号", exact=True).fill("watch")
    await page.get_by_label("密码", exact=True).fill("wrong")
    await page.get_by_role("button", name="登录", exact=True).click()
    await expect(page.get_by_role("alert")).to_have_text("登录名或密码不正确")
    await page.get_by_role("button", name="English").click()
    await expect(page.get_by_role("alert")).to_have_text("Wrong login or password.")
    await expect(page.locator("html")).to_have_attribute("lang", "en")
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await expect(page.get_by_role("link", name="Situation", exact=True)).to_be_visible()


async def test_the_palette_leads_anywhere_by_keyboard_alone(desk: Watched) -> None:
    page = await desk.signed_in("/console/", "watch")
    await page.keyboard.press("Control+k")
    palette = page.get_by_role("dialog", name="命令面板")
    await expect(palette).to_be_visible()
    await page.keyboard.type("duty")
    await expect(palette.get_by_role("option")).to_have_text(["勤务"])
    await page.keyboard.press("Enter")
    await expect(palette).to_be_hidden()
    await expect(page).to_have_url(re.compile("/console/duty$"))
    await page.keyboard.press("Control+k")
    await page.keyboard.press("ArrowDown")
    await expect(palette.get_by_role("option", selected=True)).to_have_text("事件")
    await page.keyboard.press("Escape")
    await expect(palette).to_be_hidden()
