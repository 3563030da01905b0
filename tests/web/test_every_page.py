"""Every page, opened once: it reads well, has a name, asks nobody else, and weighs little."""

import re
from collections.abc import Sequence
from typing import Any

import pytest
from playwright.async_api import Page, Response, expect

from tests.e2e.conftest import PASSWORD, Running
from tests.web.conftest import Watched
from tests.web.looks import serious
from tests.web.officers import Centre, app_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

OFFICER = "officer33"
CHINESE = re.compile("[\u4e00-\u9fff]")
DESK = ("situation", "incidents", "duty", "bulletins", "feeds", "history", "approve")
ADMIN = (
    *("feeds?tab=places", "admin/accounts", "admin/accounts?account=officer1"),
    *("admin/partners", "admin/sessions", "admin/audit"),
)
FIELD = ("orders", "report", "duty", "contacts", "outbox", "settings")
EDITORS = (".CodeMirror", ".graphiql-editor")
"""GraphiQL's own editors: their colours and roles are its makers'."""
INCIDENT = "query($id: ID!) { order(id: $id) { incident { id } } }"
BULLETINS = "{ bulletins(first: 1) { nodes { id } } }"
IDLE = """() => new Promise((done) => {
  const busy = () => document.querySelector('[aria-busy=true]') !== null
    || document.body.innerText.includes('正在载入');
  const look = () => (busy() ? requestAnimationFrame(look) : done(true));
  look();
})"""
PAINTED = """() => new Promise((done) => new PerformanceObserver((seen, self) => {
  const [first] = seen.getEntriesByName('first-contentful-paint');
  if (first) { self.disconnect(); done(first.startTime); }
}).observe({ type: 'paint', buffered: true }))"""


async def faults(page: Page, url: str, *but: str) -> list[Any]:
    """Open it; what is wrong with it once it has loaded."""
    await page.emulate_media(reduced_motion="reduce")  # a colour on its way is no colour yet
    await page.goto(url)
    heads = page.get_by_role("heading", level=1)
    await heads.first.wait_for(state="attached")
    await page.evaluate(IDLE)
    found = await serious(page, *but)
    if (count := await heads.count()) != 1:
        found.append(("level-one headings", count))
    if not CHINESE.search(await page.title()):
        found.append(("title", await page.title()))
    return found


async def all_faults(page: Page, base: str, paths: Sequence[str]) -> dict[str, list[Any]]:
    """What is wrong with these pages, by page; those that are well are left out."""
    found = {path: await faults(page, base + path) for path in paths}
    return {path: wrong for path, wrong in found.items() if wrong}


@pytest.fixture
def centre(running: Running) -> Centre:
    """The watch officer, over GraphQL."""
    return Centre(running)


async def test_every_page_of_a_watch_officer(
    desk: Watched, running: Running, centre: Centre
) -> None:
    watch = running.client("watch")
    order = await centre.order(OFFICER, "请到北广场")
    incident = (await watch.query(INCIDENT, id=order))["order"]["incident"]["id"]
    await centre.bulletin(OFFICER)
    bulletin = (await watch.query(BULLETINS))["bulletins"]["nodes"][0]["id"]
    page = await desk.signed_in("/console/", "watch")
    things = (f"incidents/{incident}", f"bulletins/{bulletin}", "feeds?feed=railway-et")
    assert await all_faults(page, f"{desk.url}/console/", (*DESK, *things)) == {}


async def test_every_page_of_an_administrator(desk: Watched) -> None:
    page = await desk.signed_in("/console/", "admin")
    assert await all_faults(page, f"{desk.url}/console/", ADMIN) == {}


async def test_every_page_of_a_liaison(desk: Watched) -> None:
    page = await desk.signed_in("/console/", "liaison")
    await expect(page.get_by_role("link", name="管理", exact=True)).to_have_count(0)
    assert await all_faults(page, f"{desk.url}/console/", ("situation", "incidents", "duty")) == {}


async def test_a_page_that_a_role_may_not_see_is_not_shown_to_it(desk: Watched) -> None:
    page = await desk.signed_in("/console/", "watch")
    await page.goto(f"{desk.url}/console/admin/audit")
    await expect(page).to_have_url(re.compile("/console/situation$"))
    await expect(page.get_by_role("table", name="审计日志")).to_have_count(0)


async def test_every_page_of_an_officer(phone: Watched, centre: Centre) -> None:
    await centre.order(OFFICER, "请到南广场")
    await centre.bulletin(OFFICER)
    page = await app_of(phone, OFFICER)
    await page.goto(f"{phone.url}/app/orders")
    things = [
        (await page.get_by_role("link", name=re.compile(words)).first.get_attribute("href") or "")
        for words in ("请到南广场", "首班地铁提前")
    ]
    things = [address.removeprefix("/app/") for address in things]
    assert [thing.split("/")[0] for thing in things] == ["orders", "bulletins"]
    assert await all_faults(page, f"{phone.url}/app/", (*FIELD, *things)) == {}


@pytest.mark.parametrize(
    "path", ["/", "/docs/", "/docs/live", "/graphql", "/console/", "/console/wall", "/app/"]
)
async def test_every_page_of_whoever_is_signed_in_nowhere(desk: Watched, path: str) -> None:
    page = await desk.page()
    assert await faults(page, desk.url + path) == []


async def test_the_query_page_around_its_editors(desk: Watched) -> None:
    page = await desk.page()
    await page.goto(f"{desk.url}/graphql")
    await page.get_by_label("账号", exact=True).fill("watch")
    await page.get_by_label("密码", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="登录", exact=True).click()
    await expect(page.locator(".graphiql-query-editor .CodeMirror")).to_contain_text("query")
    assert await serious(page, *EDITORS) == []


@pytest.mark.parametrize(
    ("base", "requests", "most"), [("/app/", 12, 80_000), ("/console/", 24, 75_000)]
)
async def test_what_comes_before_the_first_page_is_little(
    desk: Watched, record_property: Any, base: str, requests: int, most: int
) -> None:
    """Requests and bytes of who has not signed in. How long it took is noted, never asserted."""
    page = await desk.page()
    came: list[Response] = []
    page.on("response", lambda one: came.append(one))  # noqa: PLW0108  # playwright marks what it is given
    await page.goto(desk.url + base, wait_until="networkidle")
    await page.get_by_label("账号", exact=True).wait_for()
    sizes = [await answer.request.sizes() for answer in came]
    record_property("first_contentful_paint_ms", await page.evaluate(PAINTED))
    assert len(came) <= requests, [answer.url for answer in came]
    assert sum(one["responseBodySize"] for one in sizes) <= most
