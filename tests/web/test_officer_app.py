"""The officer's app with a network: orders by one thumb, bulletins, reports, duty, settings."""

import io
import json
import re
from pathlib import Path

import httpx2
import pytest
from PIL import Image
from playwright.async_api import Page, expect

from tests.e2e.conftest import Running
from tests.web.conftest import Watched
from tests.web.officers import ANSWERS, Centre, app_of, go, report, sign_in, tap, waits

AXE = Path("web/node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")
STEPS = (("签收", "ACCEPTED"), ("出发", "EN_ROUTE"), ("到场", "ARRIVED"), ("完成", "DONE"))


@pytest.fixture
def centre(running: Running) -> Centre:
    return Centre(running)


async def test_an_order_comes_and_is_answered_by_one_thumb(phone: Watched, centre: Centre) -> None:
    page = await app_of(phone, "officer5")
    order = await centre.order("officer5", "到南广场暂停放行")
    row = page.get_by_role("link", name=re.compile("到南广场暂停放行"))
    await expect(row).to_contain_text("签收还剩")
    await centre.stage(order, "RECEIVED")
    await row.tap()
    await expect(page.get_by_role("heading", name="到南广场暂停放行")).to_be_visible()
    await expect(page.get_by_role("timer")).to_have_text(re.compile(r"签收还剩\s*4:"))
    await centre.stage(order, "SEEN")
    for button, stage in STEPS:
        target = page.get_by_role("button", name=button, exact=True)
        box = await target.bounding_box()
        assert box is not None
        assert box["height"] >= 76
        assert box["y"] > 740 / 2, "within reach of a thumb"
        await target.tap()
        await centre.stage(order, stage)
    await expect(page.get_by_text("已完成").first).to_be_visible()
    await waits(page, 0)
    assert await centre.answers(order) == list(ANSWERS), "each step once"


async def test_a_double_tap_says_one_step(phone: Watched, centre: Centre) -> None:
    page = await app_of(phone, "officer28")
    order = await centre.order("officer28", "到西广场疏导")
    await page.get_by_role("link", name=re.compile("到西广场疏导")).tap()
    await page.get_by_role("button", name="签收", exact=True).dblclick()
    await centre.stage(order, "ACCEPTED")
    await expect(page.get_by_role("button", name="出发", exact=True)).to_be_enabled()
    await waits(page, 0)
    assert await centre.answers(order) == ["RECEIVED", "SEEN", "ACCEPTED"]


async def test_an_order_is_declined_with_a_reason(phone: Watched, centre: Centre) -> None:
    page = await app_of(phone, "officer6")
    order = await centre.order("officer6", "到北广场疏导")
    await page.get_by_role("link", name=re.compile("到北广场疏导")).tap()
    box = await page.get_by_role("button", name="不能执行", exact=True).bounding_box()
    assert box is not None
    assert min(box["height"], box["width"]) >= 56
    await tap(page, "不能执行")
    await tap(page, "身体不适")
    await expect(page.get_by_text("已答复不能执行")).to_be_visible()
    await centre.stage(order, "DECLINED")
    notes = [entry["note"] for entry in (await centre.ledger(order))["entries"]]
    assert "身体不适" in notes


async def test_a_bulletin_is_read_when_its_reader_says_so(phone: Watched, centre: Centre) -> None:
    page = await app_of(phone, "officer7")
    await centre.bulletin("officer7")
    row = page.get_by_role("link", name=re.compile("首班地铁提前"))
    await expect(row).to_contain_text("未读")
    await row.tap()
    await expect(page.get_by_text("请引导旅客由 3 号口进站")).to_be_visible()
    await tap(page, "已阅")
    await expect(page.get_by_role("button", name="已阅", exact=True)).to_have_count(0)
    await go(page, "指令")
    await expect(row).to_contain_text("已阅")
    await expect(row).not_to_contain_text("未读")


async def test_duty_is_signed_out_of_and_into_at_a_post(phone: Watched) -> None:
    page = await app_of(phone, "officer29")
    await go(page, "勤务")
    await tap(page, "签退")
    await expect(page.get_by_text("未在勤", exact=True)).to_be_visible()
    await expect(page.get_by_text("指挥中心已收")).to_be_visible()
    await page.get_by_label("岗位").fill("南广场巡逻")
    await tap(page, "签到")
    await expect(page.get_by_text("南广场巡逻")).to_be_visible()
    await expect(page.get_by_role("button", name="签退", exact=True)).to_be_visible()
    await waits(page, 0)


async def test_drafts_stay_with_their_photographs_until_they_are_submitted(
    phone: Watched, desk: Watched, centre: Centre
) -> None:
    page = await app_of(phone, "officer9")
    await go(page, "上报")
    await tap(page, "提交")
    await expect(page.get_by_role("alert")).to_have_text("请选类型")
    await page.get_by_text("大客流", exact=True).tap()
    await tap(page, "提交")
    await expect(page.get_by_role("alert")).to_have_text("请写标题")
    await page.get_by_label("标题", exact=True).fill("一号草稿")
    photo = {"name": "a.png", "mimeType": "image/png", "buffer": _png()}
    await page.get_by_label("照片", exact=True).set_input_files(photo)
    await expect(page.get_by_role("img", name="照片 1")).to_be_visible()
    await tap(page, "另写一份")
    await page.get_by_label("标题", exact=True).fill("二号草稿")
    await expect(page.get_by_text("草稿已存手机")).to_be_visible()
    await page.reload()
    await expect(page.get_by_role("link", name="二号草稿")).to_be_visible()
    await page.get_by_role("link", name="一号草稿").tap()
    await expect(page.get_by_role("img", name="照片 1")).to_be_visible()
    await expect(page.get_by_role("radio", name="大客流")).to_be_checked()
    await tap(page, "提交")
    await expect(page.get_by_role("link", name="一号草稿", exact=True)).to_have_count(0)
    await expect(page.get_by_role("link", name="二号草稿")).to_be_visible()

    await page.get_by_role("link", name="待发送").tap()
    await expect(page.get_by_text("照片 1/1 指挥中心已收")).to_be_visible()
    await waits(page, 0)
    assert await centre.photographs("一号草稿") == 1

    seen = await desk.signed_in("/console/incidents", "watch")
    row = seen.get_by_role("link").filter(has_text="一号草稿")
    await expect(row).to_contain_text("现场上报")
    await row.click()
    photographs = seen.get_by_role("group", name="照片")
    await photographs.get_by_role("button").click()
    whole = seen.get_by_role("dialog").get_by_role("img", name=re.compile("^照片"))
    await expect(whole).to_have_js_property("complete", True)
    await expect(whole).to_have_js_property("naturalWidth", 640)


async def test_contacts_are_there_without_a_network_too(phone: Watched) -> None:
    page = await app_of(phone, "officer10")
    await go(page, "通讯录")
    own = page.get_by_role("listitem").filter(has_text="队员 10")
    await expect(own).to_contain_text("在勤")
    await phone.context.set_offline(True)
    await page.reload()
    await expect(own).to_be_visible()
    await expect(page.get_by_text("现在取不到新的")).to_be_visible()
    await page.get_by_label("查找").fill("没有这个人")
    await expect(page.get_by_text("没有找到")).to_be_visible()


async def test_positions_are_sent_on_duty_and_by_choice_only(
    phone: Watched, running: Running
) -> None:
    await phone.context.grant_permissions(["geolocation"], origin=phone.url)
    await phone.context.set_geolocation({"latitude": 31.2518, "longitude": 121.4556})
    page = await app_of(phone, "officer30")
    sent: list[str] = []
    page.on("request", lambda asked: sent.append(asked.url) if "positions" in asked.url else None)
    await go(page, "勤务")
    await expect(page.get_by_text("不发送。签退后一律不发送")).to_be_visible()
    assert sent == []
    await tap(page, "开始")
    await expect(page.get_by_text("正在发送，上次")).to_be_visible()
    assert len(sent) == 1
    await tap(page, "签退")
    await expect(page.get_by_text("发送我的位置")).to_have_count(0)


async def test_the_phone_says_whether_it_can_wake_its_officer(phone: Watched) -> None:
    page = await app_of(phone, "officer12")
    await go(page, "勤务")
    checks = page.get_by_role("list", name="能叫醒我吗？").get_by_role("listitem")
    await expect(checks).to_have_count(5)
    await expect(checks.filter(has_text="指挥中心")).to_contain_text("已连接")
    await tap(page, "试响")
    await expect(checks.filter(has_text="声音")).to_contain_text("已试响")


async def test_settings_change_language_and_size_at_once(phone: Watched) -> None:
    page = await app_of(phone, "officer13")
    await go(page, "勤务")
    await page.get_by_role("link", name=re.compile("设置")).tap()
    await page.get_by_role("radio", name="特大").tap()
    await expect(page.locator("html")).to_have_attribute("data-size", "largest")
    await page.get_by_role("radio", name="夜间").tap()
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    await tap(page, "English")
    await expect(page.get_by_role("heading", name="Settings")).to_be_visible()
    await page.reload()
    await expect(page.get_by_role("link", name="Orders", exact=True)).to_be_visible()


@pytest.mark.parametrize("width", [320, 360])
async def test_every_page_fits_a_small_phone_and_a_screen_reader(
    phone: Watched, centre: Centre, width: int
) -> None:
    page = await app_of(phone, "officer14")
    await page.set_viewport_size({"width": width, "height": 640})
    await centre.order("officer14", "很长的指令" * 30)
    await page.get_by_role("link", name=re.compile("很长的指令")).first.wait_for()
    for theme in ("light", "dark"):
        await page.evaluate("(theme) => localStorage.setItem('liandong.theme', theme)", theme)
        for path in ("orders", "report", "duty", "contacts", "outbox", "settings"):
            await page.goto(f"{phone.url}/app/{path}")
            await page.get_by_role("heading", level=1).wait_for()
            await _sound(page, f"{path} {theme}", width)
        await page.goto(f"{phone.url}/app/orders")
        await page.get_by_role("link", name=re.compile("很长的指令")).first.tap()
        await page.get_by_role("timer").wait_for()
        await _sound(page, f"order {theme}", width)


async def test_the_app_can_be_installed(running: Running) -> None:
    async with httpx2.AsyncClient(base_url=running.url) as http:
        manifest = json.loads((await http.get("/app/manifest.webmanifest")).text)
        assert (manifest["start_url"], manifest["scope"]) == ("/app/orders", "/app/")
        assert manifest["display"] == "standalone"
        for icon in manifest["icons"]:
            answer = await http.get(icon["src"])
            assert answer.status_code == 200
            assert answer.headers["content-type"] == icon.get("type", "image/svg+xml")
        worker = await http.get("/app/worker.js")
        assert worker.headers["content-type"].startswith("text/javascript")
        assert worker.headers["cache-control"] == "no-cache"


async def test_a_session_s_page_says_no_more_than_the_sign_in(phone: Watched) -> None:
    page = await app_of(phone, "officer15")
    await report(page, "退出前的上报")
    await waits(page, 0)
    await go(page, "勤务")
    await page.get_by_role("link", name=re.compile("设置")).tap()
    await tap(page, "退出登录")
    await expect(page.get_by_label("账号", exact=True)).to_be_visible()
    await page.reload()
    await sign_in(page, "officer15")
    await expect(page.get_by_role("link", name="指令", exact=True)).to_be_visible()


async def _sound(page: Page, where: str, width: int) -> None:
    """Nothing is cut off at the side, and axe finds nothing serious."""
    assert await page.evaluate("document.documentElement.scrollWidth") <= width, where
    await page.evaluate(AXE)
    found = await page.evaluate("axe.run().then((result) => result.violations)")
    serious = [one for one in found if one["impact"] in {"serious", "critical"}]
    told = [(one["id"], one["nodes"][0]["html"]) for one in serious]
    assert told == [], where


def _png() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (640, 480), "teal").save(file, "PNG")
    return file.getvalue()
