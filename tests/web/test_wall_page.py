"""Walls in a real browser: let be by somebody, turning, standing still at what is red, missed."""

import re
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.conftest import Running
from tests.web.conftest import Watched, watched
from tests.web.officers import CANCEL, OPEN, until
from tests.web.test_situation import PATIENT

CODE = re.compile(r"[A-Z]{4}-[A-Z]{4}")
ORDER = """mutation($key: String!, $incident: ID!) { dispatchOrder(input: { clientMutationId: $key,
  incident: $incident, text: "疏导北广场",
  recipients: ["officer7"], acceptWithinSeconds: 5 }) {
  order { id } userErrors { code } } }"""
GOING = "{ orders(state: OPEN, first: 200) { nodes { id } } }"
FORBIDDEN = """mutation { openIncident(input: { clientMutationId: "wall", kind: CROWD,
  title: "大屏", place: "大厅", units: [] }) { userErrors { code } } }"""


@pytest.fixture
async def screen(browser: Browser, running: Running) -> AsyncIterator[Watched]:
    """A browser of a screen on the wall of the hall."""
    size = {"width": 1920, "height": 1080}
    async with watched(browser, running.url, viewport=size) as held:
        yield held


async def hung(
    screen: Watched, desk: Watched, name: str, *, seconds: int = 20
) -> tuple[Page, Page]:
    """A wall of this name, and the desk's page that has let it be."""
    wall = await screen.page()
    await wall.goto(f"{screen.url}/console/wall")
    shown = wall.get_by_label("代码", exact=True)
    await expect(shown).to_have_text(CODE)
    await expect(wall.get_by_role("img", name="批准用二维码")).to_be_visible()
    page = await desk.signed_in("/console/", "watch")
    await page.goto(f"{desk.url}/console/approve?code={await shown.inner_text()}")
    await expect(page.get_by_text("127.0.0.1")).to_be_visible()
    await page.get_by_role("button", name="批准", exact=True).click()
    await expect(page.get_by_text("请填写")).to_be_visible()
    await page.get_by_label("大屏名称").fill(name)
    await page.get_by_label("每页秒数").fill(str(seconds))
    await page.get_by_role("button", name="批准", exact=True).click()
    await expect(page.get_by_role("status").filter(has_text="已批准")).to_be_visible()
    await expect(wall.get_by_text(name, exact=True)).to_be_visible()
    return wall, page


async def test_a_screen_becomes_a_wall_that_only_shows_until_it_is_ended(
    screen: Watched, desk: Watched
) -> None:
    name = f"大厅{uuid.uuid4().hex[:6]}"
    wall, page = await hung(screen, desk, name)
    row = page.get_by_role("table", name="大屏").get_by_role("row").filter(has_text=name)
    await expect(row).to_contain_text("值班")
    await expect(row).to_contain_text("3 页 · 20 秒")
    await expect(row).to_contain_text("秒前")
    # after a restart of its browser, and wherever it is sent, it is the same wall
    await wall.goto(f"{screen.url}/console/incidents")
    await expect(wall.get_by_text(name, exact=True)).to_be_visible()
    await expect(wall.get_by_role("navigation")).to_have_count(0)
    for button in ("退出登录", "确认", "登记事件", "下达指令"):
        await expect(wall.get_by_role("button", name=button)).to_have_count(0)
    # and it can do nothing
    request = screen.context.request
    token = (await (await request.post(f"{screen.url}/console/session/refresh")).json())[
        "accessToken"
    ]
    answer = await request.post(
        f"{screen.url}/graphql",
        data={"query": FORBIDDEN},
        headers={"authorization": f"Bearer {token}"},
    )
    assert (await answer.json())["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    screen.expected.append("401")  # what was under way while it is ended
    await row.get_by_role("button", name=f"断开 {name}").click()
    await page.get_by_role("dialog").get_by_role("button", name="断开", exact=True).click()
    await expect(row).to_have_count(0)
    await expect(wall.get_by_label("代码", exact=True)).to_have_text(CODE)


async def test_a_screen_that_is_refused_is_told(screen: Watched, desk: Watched) -> None:
    wall = await screen.page()
    await wall.goto(f"{screen.url}/console/wall")
    shown = wall.get_by_label("代码", exact=True)
    await expect(shown).to_have_text(CODE)
    page = await desk.signed_in("/console/", "watch")
    await page.get_by_role("link", name="大屏", exact=True).click()
    await page.get_by_label("大屏上显示的代码").fill("bcdf 0000")
    await page.get_by_role("button", name="查找").click()
    await expect(page.get_by_text("没有显示此代码的大屏，或代码已过期")).to_be_visible()
    typed = (await shown.inner_text()).lower().replace("-", " ")
    await page.get_by_label("大屏上显示的代码").fill(typed)
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="拒绝").click()
    await expect(page.get_by_role("status").filter(has_text="已拒绝")).to_be_visible()
    await expect(wall.get_by_text("未获批准")).to_be_visible()


async def test_a_wall_turns_its_pages_and_stands_still_at_what_is_red(
    screen: Watched, desk: Watched, running: Running
) -> None:
    watch = running.client("watch")

    async def calm() -> None:
        going: list[dict[str, Any]] = (await watch.query(GOING))["orders"]["nodes"]
        for order in going:
            await watch.query(CANCEL, key=str(uuid.uuid4()), id=order["id"])

    await calm()
    wall, _ = await hung(screen, desk, f"东厅{uuid.uuid4().hex[:6]}", seconds=5)
    pages = wall.get_by_role("list", name="页面")
    alarms, board = wall.get_by_role("region", name="预警"), wall.get_by_role("region", name="到发")
    await expect(board).to_be_visible()
    await expect(alarms).to_be_hidden()
    await expect(wall.get_by_role("region", name="停车")).to_be_visible()
    opened = await watch.query(OPEN, key=str(uuid.uuid4()), title="北广场客流聚集")
    incident = opened["openIncident"]["incident"]["id"]
    await watch.query(ORDER, key=str(uuid.uuid4()), incident=incident)
    held = wall.get_by_text("停在本页")
    await expect(held).to_be_visible()
    await expect(alarms).to_be_visible()
    current = pages.locator("[aria-current=page]")
    await expect(current).to_have_text("预警 + 指令")
    await expect(wall.get_by_role("region", name="指令")).to_contain_text("疏导北广场")
    # a wall is told of alarms, whatever it may not read of what they are about
    unanswered = alarms.get_by_role("listitem").filter(has_text="无人签收")
    await expect(unanswered.filter(has_text="北广场客流聚集")).to_be_visible(timeout=PATIENT)
    await expect(alarms.get_by_role("button")).to_have_count(0)
    await calm()
    await expect(held).to_have_count(0)
    await expect(board).to_be_visible()
    await expect(current).to_have_text("地图 + 到发")


async def test_a_wall_that_is_dark_is_missed(screen: Watched, desk: Watched) -> None:
    """Its browser is closed; a minute later the desk says so, without being asked."""
    name = f"西厅{uuid.uuid4().hex[:6]}"
    wall, page = await hung(screen, desk, name)
    row = page.get_by_role("table", name="大屏").get_by_role("row").filter(has_text=name)
    strip = (
        page.get_by_role("list", name="数据源状态").get_by_role("listitem").filter(has_text="大屏")
    )
    await expect(row).to_contain_text("秒前")
    await expect(row).not_to_contain_text("静默")
    await wall.close()
    # the desk's own clock runs ahead: nobody has to wait for the minute
    desk.expected.append("WebSocket")
    await page.clock.install()
    await page.reload()
    await expect(row).to_contain_text("秒前")
    await page.clock.fast_forward(75_000)
    await expect(row).to_contain_text("静默")
    await expect(strip.filter(has_text="大屏")).to_contain_text("静默")


async def test_a_wall_that_is_cut_off_goes_on_by_itself(screen: Watched, desk: Watched) -> None:
    """A wall that is cut off says so, and goes on by itself."""
    wall, _ = await hung(screen, desk, f"北厅{uuid.uuid4().hex[:6]}")
    await screen.context.set_offline(True)
    screen.expected += ["ERR_INTERNET_DISCONNECTED", "WebSocket"]
    await expect(wall.get_by_role("status").filter(has_text="连接中断")).to_be_visible()
    await screen.context.set_offline(False)
    await expect(wall.get_by_role("status").filter(has_text="连接中断")).to_have_count(0)
    await until(lambda: wall.get_by_role("region", name="到发").is_visible())
