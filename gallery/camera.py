"""A browser that opens pages as their users do, and takes pictures of them."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from uuid import uuid4

from playwright.async_api import Browser, BrowserContext, async_playwright
from playwright.async_api import Error as BrowserError
from playwright.async_api import Page as Tab

from gallery.pages import HEIGHTS, PHONE, Page
from gallery.people import desk
from gallery.running import PASSWORD
from gallery.scene import Scene

Language = Literal["zh", "en"]
Theme = Literal["day", "night"]
SCHEMES: dict[Theme, Literal["light", "dark"]] = {"day": "light", "night": "dark"}
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
PATIENCE_MS = 60_000
_SETTLED = """() => new Promise((done) => {
  const begun = performance.now();
  const since = () => performance.now() - begun;
  const busy = () =>
    document.querySelector('[aria-busy=true]') !== null ||
    /正在载入|Loading…/.test(document.body.innerText);
  let calm = setTimeout(end, 300);
  function end() {
    if (busy() && since() < 15_000) return (calm = setTimeout(end, 300));
    watching.disconnect();
    requestAnimationFrame(() => requestAnimationFrame(() => done(!busy())));
  }
  const watching = new MutationObserver(() => {
    if (since() > 2_000) return;
    clearTimeout(calm);
    calm = setTimeout(end, 300);
  });
  watching.observe(document.body, { childList: true, subtree: true });
})"""
"""Nothing comes or goes for a moment, two seconds at most (it is live); false: it still loads."""


class NoBrowserError(Exception):
    """There is no Chromium."""


@dataclass
class Camera:
    """Looks at one world. `complaints` are what browsers said since they were last taken."""

    browser: Browser
    scene: Scene
    complaints: list[str] = field(default_factory=list)
    _tabs: dict[tuple[str, bool], Tab] = field(default_factory=dict)

    def path(self, page: Page) -> str | None:
        """Where the page is in this world; None where it has no such thing."""
        try:
            return page.path.format(**self.scene.things)
        except KeyError:
            return None

    async def open(self, page: Page, path: str, language: Language) -> Tab:
        """The page in this language, shown and at rest.

        Raises playwright's Error where it does not come to what it should show.
        """
        tab = await self._tab(page)
        await tab.goto("about:blank")  # the same address with another # would stay as it is
        await tab.set_viewport_size({"width": page.widths[0], "height": HEIGHTS[page.widths[0]]})
        await tab.goto(f"{self.scene.url}/docs/", wait_until="commit")
        await tab.evaluate(f"localStorage.setItem('liandong.language', '{language}')")
        await tab.goto(self.scene.url + path)
        await self._rest(tab)
        if page.prepare is not None:
            await page.prepare(tab)
            await self._rest(tab)
        return tab

    async def take(self, tab: Tab, width: int, theme: Theme, file: Path) -> None:
        """One picture of what is shown, in a window so wide, by day or by night."""
        await tab.emulate_media(color_scheme=SCHEMES[theme], reduced_motion="reduce")
        await tab.set_viewport_size({"width": width, "height": HEIGHTS[width]})
        await self._rest(tab)
        file.parent.mkdir(parents=True, exist_ok=True)
        await tab.screenshot(path=file)

    def told(self) -> list[str]:
        """The complaints since the last time."""
        told, self.complaints = self.complaints, []
        return told

    async def _rest(self, tab: Tab) -> None:
        if not await tab.evaluate(_SETTLED):
            self.complaints.append("it still loads")

    async def _tab(self, page: Page) -> Tab:
        """The tab of who sees this page, signed in."""
        key = (page.who, page.widths == PHONE)
        if key not in self._tabs:
            self._tabs[key] = await self._signed_in(page, await self._new_tab(*key))
        return self._tabs[key]

    async def _new_tab(self, _who: str, phone: bool) -> Tab:
        context: BrowserContext = await self.browser.new_context(
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            is_mobile=phone,
            has_touch=phone,
            device_scale_factor=2 if phone else 1,
        )
        context.set_default_timeout(PATIENCE_MS)
        tab = await context.new_page()
        tab.on(
            "console",
            lambda said: self.complaints.append(said.text) if said.type == "error" else None,
        )
        tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        tab.on("request", lambda request: self._asked(request.url))
        return tab

    def _asked(self, url: str) -> None:
        if not url.startswith((self.scene.url, "data:", "blob:", "about:")):
            self.complaints.append(f"asked another host: {url}")

    async def _signed_in(self, page: Page, tab: Tab) -> Tab:
        if page.who == "wall":
            await self._let_be(tab)
        elif page.who != "nobody":
            await tab.goto(self.scene.url + ("/app/" if page.widths == PHONE else "/console/"))
            await tab.get_by_label("账号", exact=True).fill(page.who)
            await tab.get_by_label("密码", exact=True).fill(PASSWORD)
            await tab.get_by_role("button", name="登录", exact=True).click()
            await tab.get_by_role("navigation").first.wait_for()
        return tab

    async def _let_be(self, tab: Tab) -> None:
        """A wall of this world, approved by a desk."""
        await tab.goto(f"{self.scene.url}/console/wall")
        code = await tab.get_by_label("代码", exact=True).inner_text()
        name = f"大厅左屏 {uuid4().hex[:4]}"
        pages = ["MAP_AND_BOARDS", "TAXIS_AND_PARKING", "ALARMS_AND_ORDERS"]
        await desk(self.scene.url, "watch").do(
            "approveWall", "", code=code, name=name, pages=pages, turnSeconds=600
        )
        await tab.get_by_text(name, exact=True).wait_for()


@asynccontextmanager
async def camera(scene: Scene) -> AsyncIterator[Camera]:
    """A browser for this world. Raises NoBrowserError."""
    found = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if found is None:
        raise NoBrowserError(
            "图册需要 Chromium · The gallery needs Chromium: "
            "apt-get install chromium-headless-shell fonts-noto-cjk"
        )
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=found, args=FLAGS)
        try:
            yield Camera(browser, scene)
        finally:
            await browser.close()


__all__ = [
    "SCHEMES",
    "BrowserError",
    "Camera",
    "Language",
    "NoBrowserError",
    "Tab",
    "Theme",
    "camera",
]
