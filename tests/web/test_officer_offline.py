"""The officer's app when things go wrong: no network, a hub killed, a tab killed, a full phone."""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
from playwright.async_api import Browser, Page, expect

from liandong.faces.pages import BUILT
from tests.e2e.conftest import Running
from tests.web.conftest import Watched, watched
from tests.web.officers import (
    ANSWERS,
    Centre,
    app_of,
    go,
    no_answers,
    no_sending,
    report,
    sign_in,
    tap,
    until,
    waits,
)

FULL = """
const put = (name) => {
  const real = IDBObjectStore.prototype[name];
  IDBObjectStore.prototype[name] = function (...given) {
    if (window.full) throw new DOMException('full', 'QuotaExceededError');
    return real.apply(this, given);
  };
};
put('add');
put('put');
"""
THREE_HOURS_FAST = """
const real = Date;
const ahead = 3 * 3600 * 1000;
Date = class extends real {
  constructor(...given) { if (given.length) super(...given); else super(real.now() + ahead); }
  static now() { return real.now() + ahead; }
};
"""
TWENTY = 20


@pytest.fixture
def centre(running: Running) -> Centre:
    return Centre(running)


@pytest.fixture
def newer() -> Iterator[Callable[[], None]]:
    """Puts a newer version of the app in the place of the built one; that is put back."""
    worker = BUILT / "officer" / "worker.js"
    before = {path: path.read_bytes() for path in BUILT.glob("officer/worker.js*")}

    def replace() -> None:
        for path in before:
            path.unlink()
        worker.write_bytes(before[worker] + b"\n// newer\n")

    yield replace
    for path, content in before.items():
        path.write_bytes(content)


@pytest.fixture
async def second(browser: Browser, running: Running) -> AsyncIterator[Watched]:
    """Another phone."""
    size = {"width": 360, "height": 740}
    async with watched(browser, running.url, viewport=size, is_mobile=True, has_touch=True) as held:
        yield held


async def test_twenty_things_wait_without_a_network_and_arrive_once(
    phone: Watched, centre: Centre
) -> None:
    page = await app_of(phone, "officer16")
    await phone.context.set_offline(True)
    titles = [f"离线上报 {number}" for number in range(TWENTY)]
    for title in titles:
        await report(page, title)
    await waits(page, TWENTY)
    await expect(page.get_by_role("status").filter(has_text="连接中断")).to_be_visible()
    await page.reload()
    await waits(page, TWENTY)
    await page.get_by_role("link", name=re.compile("待发送")).tap()
    await expect(page.get_by_text("在手机上").first).to_be_visible()
    await phone.context.set_offline(False)
    await waits(page, 0)
    await expect(page.get_by_role("status").filter(has_text="连接中断")).to_have_count(0)
    await expect(page.get_by_text("指挥中心已收")).to_have_count(TWENTY)
    assert [await centre.reported(title) for title in titles] == [1] * TWENTY


async def test_a_hub_killed_in_the_middle_loses_nothing_and_does_nothing_twice(
    phone: Watched, centre: Centre, running: Running
) -> None:
    phone.expected.extend(["500", "503"])
    page = await app_of(phone, "officer17")
    order = await centre.order("officer17", "到西进站口")
    await page.get_by_role("link", name=re.compile("到西进站口")).tap()
    await tap(page, "签收")
    # it may be over before the next tap is: looked for from before the kill on
    lost = page.get_by_role("status").filter(has_text="连接中断")
    told = asyncio.create_task(lost.wait_for())
    killing = asyncio.create_task(asyncio.to_thread(running.kill_hub))
    await tap(page, "出发")
    await tap(page, "到场")
    await told
    await tap(page, "完成")
    await killing
    await waits(page, 0)
    await expect(lost).to_have_count(0)
    await centre.stage(order, "DONE")
    assert await centre.answers(order) == list(ANSWERS), "each step once"


async def test_a_tab_killed_while_it_sends_is_taken_up_by_the_next(
    phone: Watched, centre: Centre
) -> None:
    page = await app_of(phone, "officer18")
    async with no_answers(phone) as sent:
        await report(page, "标签页被杀")

        async def was_sent() -> bool:
            return any("标签页被杀" in body for body in sent)

        await until(was_sent)
        await page.close()
    page = await phone.page()
    await page.goto(f"{phone.url}/app/")
    await page.get_by_role("link", name=re.compile("待发送")).tap()
    await expect(page.get_by_text("指挥中心已收").first).to_be_visible()
    await waits(page, 0)
    assert await centre.reported("标签页被杀") == 1


async def test_a_full_phone_says_so_keeps_what_is_there_and_still_sends(
    phone: Watched, centre: Centre
) -> None:
    await phone.context.add_init_script(FULL)
    page = await app_of(phone, "officer19")
    async with no_sending(phone):
        await report(page, "存下的一件")
        await waits(page, 1)
        await page.evaluate("window.full = true")
        await page.get_by_text("设施故障", exact=True).tap()
        await page.get_by_label("标题", exact=True).fill("存不下的一件")
        await tap(page, "提交")
        await expect(page.get_by_role("alert").filter(has_text="手机存储已满")).to_be_visible()
        await waits(page, 2)

    async def arrived() -> bool:
        titles = ("存下的一件", "存不下的一件")
        return [await centre.reported(title) for title in titles] == [1, 1]

    await until(arrived)
    await page.evaluate("window.full = false")
    await waits(page, 0)
    assert await arrived(), "each once, however often it was sent"


async def test_a_wrong_clock_on_the_phone_makes_no_timer_wrong(
    phone: Watched, centre: Centre
) -> None:
    await phone.context.add_init_script(THREE_HOURS_FAST)
    page = await app_of(phone, "officer20")
    order = await centre.order("officer20", "到东进站口")
    await page.get_by_role("link", name=re.compile("到东进站口")).tap()
    await expect(page.get_by_role("timer")).to_have_text(re.compile(r"签收还剩\s*4:"))
    await tap(page, "签收")
    await centre.stage(order, "ACCEPTED")
    [accepted] = [
        entry for entry in (await centre.ledger(order))["entries"] if entry["stage"] == "ACCEPTED"
    ]
    assert accepted["deviceAt"][11:13] != accepted["at"][11:13], "the phone's time is kept as data"
    await page.get_by_role("link", name="返回").tap()
    await go(page, "勤务")
    await expect(page.get_by_text("快 180 分")).to_be_visible()


async def test_a_new_version_is_offered_when_nothing_waits(
    phone: Watched, newer: Callable[[], None]
) -> None:
    page = await app_of(phone, "officer21")
    async with no_sending(phone):
        await report(page, "升级前的上报")
        await waits(page, 1)
        newer()
        await page.evaluate(
            """async () => {
              const registration = await navigator.serviceWorker.ready;
              await registration.update();
              const worker = registration.installing ?? registration.waiting;
              if (worker.state !== 'installed') await new Promise(
                (resolve) => worker.addEventListener('statechange', resolve, { once: true }));
            }"""
        )
        await expect(page.get_by_role("button", name="更新", exact=True)).to_have_count(0)
    await waits(page, 0)
    async with page.expect_navigation():
        await tap(page, "更新")
    await expect(page.get_by_role("link", name="指令", exact=True)).to_be_visible()
    await expect(page.get_by_role("button", name="更新", exact=True)).to_have_count(0)


async def test_two_tabs_show_the_same_and_send_each_thing_once(
    phone: Watched, centre: Centre
) -> None:
    page = await app_of(phone, "officer22")
    other = await phone.page()
    await other.goto(f"{phone.url}/app/outbox")
    sent: list[str] = []
    for tab in (page, other):
        tab.on("request", lambda asked: sent.extend(_ids(asked.url, asked.post_data)))
    await phone.context.set_offline(True)
    await report(page, "两个标签页")
    await waits(other, 1)
    await expect(other.get_by_text("上报：两个标签页")).to_be_visible()
    sent.clear()
    await phone.context.set_offline(False)
    await waits(page, 0)
    await waits(other, 0)
    assert await centre.reported("两个标签页") == 1
    assert len(sent) == len({*sent}), "each by one tab"


async def test_another_account_on_the_phone_sees_and_sends_nothing_of_the_first(
    phone: Watched, centre: Centre
) -> None:
    page = await app_of(phone, "officer23")
    await centre.order("officer23", "只给第一人的指令")
    await expect(page.get_by_role("link", name=re.compile("只给第一人"))).to_be_visible()
    async with no_sending(phone):
        await report(page, "第一人的上报")
        await waits(page, 1)
        await _sign_out(page)
        dialog = page.get_by_role("dialog")
        await expect(dialog).to_contain_text("有 1 件事还没发出")
        await tap(page, "先不退出")
        await expect(dialog).not_to_be_visible()
        await tap(page, "退出登录")
        await tap(page, "退出，内容留在手机上")
        await expect(page.get_by_text("officer23 有 1 件")).to_be_visible()
    await sign_in(page, "officer24")
    await waits(page, 0)
    await expect(page.get_by_role("link", name=re.compile("只给第一人"))).to_have_count(0)
    await report(page, "第二人的上报")
    await waits(page, 0)
    assert [await centre.reported(title) for title in ("第一人的上报", "第二人的上报")] == [0, 1]
    await _sign_out(page)
    await sign_in(page, "officer23")
    await waits(page, 0)

    async def arrived() -> bool:
        return await centre.reported("第一人的上报") == 1

    await until(arrived)


async def test_whoever_is_signed_out_by_the_centre_signs_in_again_and_nothing_is_lost(
    phone: Watched, centre: Centre, running: Running
) -> None:
    phone.expected.append("401")
    page = await app_of(phone, "officer25")
    await phone.context.set_offline(True)
    await report(page, "吊销前的上报")
    await waits(page, 1)
    _revoke(running, "officer25")
    await phone.context.set_offline(False)
    await expect(page.get_by_text("officer25 有 1 件")).to_be_visible()
    assert await centre.reported("吊销前的上报") == 0
    await sign_in(page, "officer25")
    await waits(page, 0)

    async def arrived() -> bool:
        return await centre.reported("吊销前的上报") == 1

    await until(arrived)


async def test_signing_out_without_a_network_takes_effect_at_once_and_at_the_hub_later(
    phone: Watched,
) -> None:
    page = await app_of(phone, "officer26")
    await phone.context.set_offline(True)
    await _sign_out(page)
    await expect(page.get_by_label("账号", exact=True)).to_be_visible()
    await page.reload()
    await expect(page.get_by_label("账号", exact=True)).to_be_visible()
    await phone.context.set_offline(False)
    await page.reload()
    await expect(page.get_by_label("账号", exact=True)).to_be_visible()

    async def ended() -> bool:
        cookies = await phone.context.cookies(f"{phone.url}/app/session")
        return not any(cookie["name"] == "liandong_officer" for cookie in cookies)

    await until(ended)


async def test_what_is_refused_says_why_and_can_be_dismissed(
    phone: Watched, centre: Centre
) -> None:
    page = await app_of(phone, "officer27")
    order = await centre.order("officer27", "会被撤销的指令")
    await page.get_by_role("link", name=re.compile("会被撤销的指令")).tap()
    await centre.stage(order, "SEEN")
    await phone.context.set_offline(True)
    await tap(page, "签收")
    await expect(page.get_by_text(re.compile("^在手机上"))).to_be_visible()
    await centre.cancel(order)
    await phone.context.set_offline(False)
    await expect(page.get_by_text("已撤销，不必再去")).to_be_visible()
    await page.get_by_role("link", name=re.compile("待发送 0，被退回 1")).tap()
    refused = page.get_by_role("list", name="被退回")
    await expect(refused).to_contain_text("被退回：")
    await tap(page, "知道了")
    await expect(refused).to_have_count(0)


async def _sign_out(page: Page) -> None:
    await go(page, "勤务")
    await page.get_by_role("link", name=re.compile("设置")).tap()
    await tap(page, "退出登录")


def _ids(url: str, body: str | None) -> list[str]:
    """The ids of the reports in a call."""
    if not url.endswith("/actions") or not body:
        return []
    actions = json.loads(body)["actions"]
    return [action["id"] for action in actions if action["kind"] == "incident.report"]


def _revoke(running: Running, login: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "liandong.cli", "user", "revoke", login],
        env={**os.environ, "LIANDONG_DATA_DIR": str(running.data_dir), "LIANDONG_MONGODB_URI": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
