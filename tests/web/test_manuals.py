"""The manuals at /docs/: searched, copied, in both languages; every link leads somewhere."""

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urldefrag, urljoin

import httpx2
import pytest
from playwright.async_api import expect

from tests.e2e.conftest import Running
from tests.web.conftest import Watched
from tests.web.looks import serious

ROOT = Path(__file__).parents[2]


class Read(HTMLParser):
    """The links and the anchors of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.styled: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        for name in ("href", "src", "data-index"):
            if link := given.get(name):
                self.links.append(link)
        if anchor := given.get("id"):
            self.anchors.add(anchor)
        if "style" in given:
            self.styled.append(tag)


async def test_every_link_leads_somewhere_and_every_manual_is_there(running: Running) -> None:
    """From the first page on, by links alone; anchors too. No page needs an inline style."""
    pages: dict[str, Read] = {}
    wanted, seen = ["/docs/"], {"/docs/"}
    anchors: list[tuple[str, str, str]] = []
    async with httpx2.AsyncClient(base_url=running.url, timeout=60) as http:
        while wanted:
            at = wanted.pop()
            answer = await http.get(at, headers={"accept": "text/html, */*"})
            assert answer.status_code == 200, at
            if not at.startswith("/docs/") or "html" not in answer.headers["content-type"]:
                continue
            pages[at] = Read(answer.text)
            assert pages[at].styled == [], at
            for link in pages[at].links:
                to, anchor = urldefrag(urljoin(at, link))
                if to.startswith(("http:", "https:")) or to in {"/console/", "/app/"}:
                    continue
                if anchor:
                    anchors.append((at, to, anchor))
                if to not in seen:
                    seen.add(to)
                    wanted.append(to)
    lost = [one for one in anchors if one[1] in pages and one[2] not in pages[one[1]].anchors]
    assert lost == []
    manuals = {
        path.relative_to(ROOT / "docs").with_suffix("") for path in ROOT.glob("docs/**/*.md")
    }
    named = {f"/docs/{one}" for one in manuals if not str(one).startswith("README")}
    assert {one.lower() for one in named} - set(pages) == set()
    assert "/docs/files/schema/schema.graphql" in seen


async def test_a_title_is_found_by_its_words_and_by_keyboard_alone(desk: Watched) -> None:
    page = await desk.page()
    await page.goto(f"{desk.url}/docs/")
    await page.keyboard.press("/")
    search = page.get_by_label("搜索标题")
    await expect(search).to_be_focused()
    await page.keyboard.type("cursors")
    hit = page.locator("#found a").first
    await expect(hit).to_have_text("Events and cursors实时订阅")
    await page.keyboard.press("ArrowDown")
    await expect(hit).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile("/docs/live#events-and-cursors$"))
    await expect(page.get_by_role("heading", name="Events and cursors")).to_be_in_viewport()
    await search.fill("没有这样的标题")
    await expect(page.locator("#found")).to_have_text("标题中没有找到")
    await page.keyboard.press("Escape")
    await expect(page.locator("#found")).to_be_hidden()


async def test_both_languages_and_what_was_chosen_stays(desk: Watched) -> None:
    page = await desk.page()
    await page.goto(f"{desk.url}/docs/")
    await expect(page.get_by_role("heading", level=1)).to_have_text("接入指南")
    await expect(page).to_have_title("接入指南 · 联动手册")
    await page.get_by_role("button", name="English").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("How to connect")
    await expect(page.locator("html")).to_have_attribute("lang", "en")
    await page.get_by_role("link", name="Live queries", exact=True).first.click()
    await expect(page).to_have_title("Live queries · Liandong manuals")
    await expect(page.get_by_role("navigation")).to_contain_text("Accounts, tokens, roles")
    await page.get_by_role("button", name="中文").click()
    await expect(page.get_by_role("main")).to_contain_text("本页正文为英文")


async def test_a_command_is_copied_with_this_hub_s_own_address(desk: Watched) -> None:
    await desk.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = await desk.page()
    await page.goto(f"{desk.url}/docs/access")
    block = page.locator(".block", has_text="grant_type=password").first
    await block.hover()
    await block.get_by_role("button", name="复制").click()
    await expect(block.locator(".copy[data-done]")).to_be_visible()
    copied = await page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"curl -s {desk.url}/auth/token")


async def test_a_page_that_is_not_there_says_so_with_the_menu_beside_it(desk: Watched) -> None:
    desk.expected.append("404")
    page = await desk.page()
    await page.goto(f"{desk.url}/docs/nothing/here")
    await expect(page.get_by_role("heading", level=1, name="没有此页", exact=True)).to_be_visible()
    await page.get_by_role("link", name="错误码").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Error codes")


async def test_the_menu_of_a_phone_opens_and_leads_on(phone: Watched) -> None:
    page = await phone.page()
    await page.goto(f"{phone.url}/docs/")
    menu = page.get_by_role("navigation")
    await expect(menu).to_be_hidden()
    await page.get_by_role("button", name="目录").tap()
    await expect(menu).to_be_visible()
    await menu.get_by_role("link", name="移动接口").tap()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("The mobile API")
    await expect(menu).to_be_hidden()


@pytest.mark.parametrize("width", [360, 1366, 1920])
async def test_pages_fit_and_read_well_by_day_and_by_night(desk: Watched, width: int) -> None:
    page = await desk.page()
    await page.emulate_media(reduced_motion="reduce")  # a colour on its way is no colour yet
    await page.set_viewport_size({"width": width, "height": 900})
    for name in ("", "access", "configuration", "feeds"):
        await page.goto(f"{desk.url}/docs/{name}")
        assert await serious(page) == [], name
    await page.get_by_role("button", name="切换日夜").click()
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert await serious(page) == []
