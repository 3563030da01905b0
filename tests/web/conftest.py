"""The two apps in a real browser, against a hub started as its user starts it."""

import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from tests.e2e.conftest import PASSWORD, Running, started

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TRACES = ".liandong/test-pages"
expect.set_options(timeout=60_000)  # a machine with both cores busy is no fault of a page


@pytest.fixture(scope="package")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A hub with its sandbox for all pages."""
    with started(tmp_path_factory) as held:
        yield held


@pytest.fixture(scope="package")
async def browser() -> AsyncIterator[Browser]:
    """Debian's Chromium, without its windows where that is installed: half the work of a test."""
    path = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    assert path, (
        "Browser tests need Chromium: apt-get install chromium-headless-shell fonts-noto-cjk"
    )
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        await browser.close()


@dataclass
class Watched:
    """A browser of its own, and all that went wrong in it.

    `expected` are words of complaints that a test brings about on purpose.
    """

    context: BrowserContext
    url: str
    faults: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    async def page(self) -> Page:
        """A tab whose every complaint is noted."""
        page = await self.context.new_page()
        page.on(
            "console",
            lambda said: self.faults.append(said.text) if said.type == "error" else None,
        )
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("request", lambda request: self._asked(request.url))
        return page

    async def signed_in(self, base: str, login: str) -> Page:
        """A tab of an app, signed in by its form."""
        page = await self.page()
        await page.goto(self.url + base)
        await page.get_by_label("账号", exact=True).fill(login)
        await page.get_by_label("密码", exact=True).fill(PASSWORD)
        await page.get_by_role("button", name="登录", exact=True).click()
        await page.get_by_role("navigation").first.wait_for()
        return page

    def _asked(self, url: str) -> None:
        if not url.startswith((self.url, "data:", "blob:")):
            self.faults.append(f"asked another host: {url}")

    def unexpected(self) -> list[str]:
        """What nobody meant to happen."""
        return [one for one in self.faults if not any(word in one for word in self.expected)]


@asynccontextmanager
async def watched(browser: Browser, url: str, **options: object) -> AsyncIterator[Watched]:
    """A fresh browser profile; it must end without a complaint or a request to another host."""
    settings = {"locale": "zh-CN", "viewport": {"width": 1366, "height": 768}, **options}
    context = await browser.new_context(**settings)
    context.set_default_timeout(90_000)
    held = Watched(context, url)
    try:
        yield held
    except BaseException:
        for number, page in enumerate(context.pages):  # playwright makes the folder
            await page.screenshot(path=f"{TRACES}/failed-{number}.png", timeout=5000)
        raise
    finally:
        await context.close()
    assert held.unexpected() == []


@pytest.fixture
async def desk(browser: Browser, running: Running) -> AsyncIterator[Watched]:
    """A browser of the command centre."""
    async with watched(browser, running.url) as held:
        yield held


@pytest.fixture
async def phone(browser: Browser, running: Running) -> AsyncIterator[Watched]:
    """A browser of a phone."""
    size = {"width": 360, "height": 740}
    async with watched(browser, running.url, viewport=size, is_mobile=True, has_touch=True) as held:
        yield held
