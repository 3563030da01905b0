"""The console's desks: duty, bulletins, feeds, admin; what they show, do, refuse and hide."""

import re
import uuid
from datetime import UTC, datetime

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from terminal.client import HubClient, RefusedError
from tests.e2e.conftest import Running
from tests.e2e.test_main_job import Phone
from tests.web.conftest import Watched, watched

LOST = ["401", "WebSocket", "ERR_", "Failed to load resource"]
ADD = """mutation ($input: AddAccountInput!) { addAccount(input: $input) {
  account { id } secret userErrors { code } } }"""

ENTRIES = """query ($target: String) { auditEntries(target: $target) {
  nodes { action changes { after } } } }"""


@pytest.fixture
def admin(running: Running) -> HubClient:
    return running.client("admin")


def fresh(prefix: str) -> str:
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


async def added(admin: HubClient, role: str = "WATCH", unit: str | None = None) -> tuple[str, str]:
    """An account that no other test has; its login and password."""
    asked = {"clientMutationId": fresh("key"), "login": fresh("desk"), "role": role, "unit": unit}
    told = (await admin.query(ADD, input=asked))["addAccount"]
    assert told["userErrors"] == []
    return asked["login"], told["secret"]


async def signed_in(desk: Watched, login: str, password: str) -> Page:
    page = await desk.page()
    await page.goto(f"{desk.url}/console/")
    await page.get_by_label("账号", exact=True).fill(login)
    await page.get_by_label("密码", exact=True).fill(password)
    await page.get_by_role("button", name="登录", exact=True).click()
    await page.get_by_role("navigation").first.wait_for()
    return page


def row(page: Page | Locator, table: str, text: str) -> Locator:
    rows = page.get_by_role("table", name=table, exact=True).get_by_role("row")
    return rows.filter(has_text=text)


async def reports(phone: Phone, kind: str, **body: str) -> None:
    """What a phone tells the hub."""
    action = {"id": fresh("act"), "kind": kind, "at": datetime.now(UTC).isoformat(), "body": body}
    answer = await phone.http.post("/actions", json={"actions": [action]})
    assert answer.json()["results"][0]["status"] == "applied", answer.text


async def test_the_feeds_page_shows_each_feed_as_graphql_tells_it(
    desk: Watched, admin: HubClient
) -> None:
    page = await desk.signed_in("/console/", "watch")
    await page.get_by_role("link", name="数据源", exact=True).click()
    feeds = (await admin.query("{ feeds { code totals { accepted } } }"))["feeds"]
    table = page.get_by_role("table", name="数据源", exact=True)
    await expect(table.get_by_role("row")).to_have_count(len(feeds) + 1)
    for feed in feeds:
        await expect(table.get_by_role("link", name=feed["code"], exact=True)).to_be_visible()
    await table.get_by_role("link", name="taxi", exact=True).click()
    detail = page.get_by_role("region", name="数据源详情")
    await expect(detail.get_by_role("heading", name="taxi")).to_be_visible()
    await expect(detail.get_by_role("region", name="拒收原因")).to_be_visible()
    await expect(detail.get_by_role("region", name="回连")).to_be_visible()
    await expect(page.get_by_role("link", name="站点对应")).to_have_count(0)


async def test_a_mapping_is_confirmed_with_its_consequence_said(
    desk: Watched, admin: HubClient
) -> None:
    page = await desk.signed_in("/console/", "admin")
    await page.goto(f"{desk.url}/console/feeds?tab=places")
    text = "{ unmatchedStopPlaces(first: 200) { nodes { stopPlace { scopedId } } } }"
    found = (await admin.query(text))["unmatchedStopPlaces"]["nodes"]
    if found:
        unmatched = page.get_by_role("region", name="未对应站点")
        await expect(unmatched.get_by_text(found[0]["stopPlace"]["scopedId"])).to_be_visible()
    else:
        await expect(page.get_by_text("所有站点都已对应")).to_be_visible()
    await expect(page.get_by_role("region", name="已决定")).to_be_visible()


async def test_duty_follows_who_signs_in_and_out(
    desk: Watched, running: Running, admin: HubClient
) -> None:
    page = await desk.signed_in("/console/", "watch")
    await page.get_by_role("link", name="勤务", exact=True).click()
    officer = row(page, "队员", "officer9")
    await expect(officer).to_be_visible()
    counts = (await admin.query("{ dutyCounts { officers onDuty } }"))["dutyCounts"]
    on, every = (sum(one[name] for one in counts) for name in ("onDuty", "officers"))
    everybody = page.get_by_role("region", name="成员单位").get_by_role("link").first
    await expect(everybody).to_contain_text(f"{on} / {every}")

    phone = Phone(running, "officer9")
    await phone.sign_in()
    try:
        await reports(phone, "duty.signOut")
        await expect(officer).to_have_count(0)
        await expect(everybody).to_contain_text(f"{on - 1} / {every}")
        await reports(phone, "duty.signIn", post="北广场")
        await expect(officer).to_contain_text("北广场")
    finally:
        await phone.http.aclose()
    await page.get_by_label("查找队员").fill("队员 09")
    await expect(page.get_by_role("table", name="队员").get_by_role("row")).to_have_count(2)
    await page.get_by_label("查找队员").fill("nobody at all")
    await expect(page.get_by_text("没有符合条件的人员")).to_be_visible()


async def test_a_bulletin_is_composed_read_corrected_and_withdrawn(
    desk: Watched, running: Running
) -> None:
    title = fresh("出口关闭")
    page = await desk.signed_in("/console/", "watch")
    await page.get_by_role("link", name="通报", exact=True).click()
    await page.get_by_role("button", name="发布通报").click()
    dialog = page.get_by_role("dialog", name="发布通报")
    await dialog.get_by_role("button", name="发布", exact=True).click()
    await expect(dialog.get_by_text("请填写", exact=True)).to_have_count(2)
    await expect(dialog.get_by_role("alert").first).to_be_visible()
    await dialog.get_by_label("标题").fill(title)
    await dialog.get_by_label("内容").fill("请引导旅客走东侧")
    people = dialog.get_by_role("combobox", name="指定人员")
    await people.fill("officer12")
    await expect(dialog.get_by_role("option", name="队员 12")).to_be_visible()
    await people.press("Enter")
    await expect(dialog.get_by_role("status")).to_contain_text("将通知 1 人")
    await dialog.get_by_role("button", name="发布", exact=True).click()
    await expect(dialog).to_have_count(0)

    detail = page.get_by_role("region", name="通报内容")
    await expect(detail.get_by_role("heading", name=title)).to_be_visible()
    await expect(row(detail, "阅读情况", "队员 12")).to_be_visible()
    phone = Phone(running, "officer12")
    await phone.sign_in()
    try:
        told = await running.client("watch").query("{ bulletins(first: 5) { nodes { id title } } }")
        (mine,) = [one for one in told["bulletins"]["nodes"] if one["title"] == title]
        await reports(phone, "bulletin.read", bulletinId=mine["id"])
    finally:
        await phone.http.aclose()
    await expect(detail.get_by_role("img", name="已读 1/1")).to_be_visible()
    await expect(detail.get_by_text("全部已读")).to_be_visible()

    await detail.get_by_role("button", name="更正").click()
    dialog = page.get_by_role("dialog", name=re.compile("^更正"))
    await expect(dialog.get_by_role("status")).to_contain_text("原接收人（1 人）")
    await dialog.get_by_label("标题").fill(f"{title} 恢复")
    await dialog.get_by_role("button", name="发布", exact=True).click()
    await expect(detail.get_by_role("heading", name=f"{title} 恢复")).to_be_visible()

    await detail.get_by_role("button", name="撤回").click()
    dialog = page.get_by_role("dialog", name=re.compile("^撤回通报"))
    await dialog.get_by_role("button", name="撤回").click()
    await expect(dialog.get_by_text("请填写")).to_be_visible()
    await dialog.get_by_label("原因").fill("误发")
    await dialog.get_by_role("button", name="撤回").click()
    await expect(detail.get_by_text("原因：误发")).to_be_visible()
    await expect(detail.get_by_role("button", name="更正")).to_have_count(0)


async def test_a_secret_is_shown_once_and_works(
    desk: Watched, running: Running, admin: HubClient
) -> None:
    login = fresh("gateway")
    page = await desk.signed_in("/console/", "admin")
    await page.goto(f"{desk.url}/console/admin/partners")
    await page.get_by_role("button", name="新建应用").click()
    dialog = page.get_by_role("dialog", name="新建应用")
    await dialog.get_by_role("button", name="建立").click()
    await expect(dialog.get_by_text("请填写", exact=True)).to_be_visible()
    await expect(dialog.get_by_text("该角色须指定单位")).to_be_visible()
    await dialog.get_by_label("应用标识").fill("Ein Name!")
    await dialog.get_by_label("所属单位").select_option("MTR")
    await dialog.get_by_role("button", name="建立").click()
    await expect(dialog.get_by_text("登录名须为")).to_be_visible()
    await dialog.get_by_label("应用标识").fill("partner")
    await dialog.get_by_role("button", name="建立").click()
    await expect(dialog.get_by_text("登录名已存在")).to_be_visible()
    await dialog.get_by_label("应用标识").fill(login)
    await dialog.get_by_role("button", name="建立").click()
    told = page.get_by_role("dialog", name="client_secret")
    secret = await told.get_by_label("client_secret", exact=True).last.inner_text()
    assert len(secret) >= 40
    await told.get_by_role("button", name="我已记下").click()
    await expect(told).to_have_count(0)
    assert secret not in await page.content()
    await page.reload()
    await expect(page.get_by_role("heading", name=login)).to_be_visible()
    assert secret not in await page.content()

    log = (await admin.query(ENTRIES, target=login))["auditEntries"]["nodes"]
    assert [one["action"] for one in log] == ["account.added"]
    assert secret not in str(log)

    detail = page.get_by_role("region", name="账号详情")
    await detail.get_by_role("button", name="更换密钥").click()
    dialog = page.get_by_role("dialog", name=re.compile("更换密钥"))
    await dialog.get_by_label("旧密钥宽限").fill("1000")
    await dialog.get_by_role("button", name="更换密钥").click()
    await expect(dialog.get_by_text("须为 0 至 720")).to_be_visible()
    await dialog.get_by_label("旧密钥宽限").fill("0")
    await dialog.get_by_role("button", name="更换密钥").click()
    other = await page.get_by_role("dialog", name="client_secret").locator("output").inner_text()
    assert other != secret


async def test_a_revoked_session_is_thrown_out_of_its_console(
    desk: Watched, browser: Browser, running: Running, admin: HubClient
) -> None:
    login, password = await added(admin)
    async with watched(browser, running.url) as theirs:
        theirs.expected += LOST
        other = await signed_in(theirs, login, password)
        await expect(other.get_by_role("link", name="态势", exact=True)).to_be_visible()
        page = await desk.signed_in("/console/", "admin")
        await page.goto(f"{desk.url}/console/admin/sessions")
        mine = row(page, "会话与设备", login)
        await mine.get_by_role("button", name="结束会话").click()
        dialog = page.get_by_role("dialog", name=re.compile("结束会话"))
        await expect(dialog).to_contain_text("数秒内被登出")
        await dialog.get_by_role("button", name="结束会话").click()
        await expect(mine).to_have_count(0)
        await expect(other.get_by_label("密码", exact=True)).to_be_visible()


async def test_an_account_is_reset_changed_and_shut(
    desk: Watched, running: Running, admin: HubClient
) -> None:
    login, password = await added(admin)
    page = await desk.signed_in("/console/", "admin")
    await page.goto(f"{desk.url}/console/admin/accounts?account={login}")
    detail = page.get_by_role("region", name="账号详情")
    await detail.get_by_role("button", name="重置密码").click()
    dialog = page.get_by_role("dialog", name=re.compile("重置密码"))
    await expect(dialog).to_contain_text("旧密码与全部会话立即失效")
    await dialog.get_by_role("button", name="重置密码").click()
    told = page.get_by_role("dialog", name="新密码")
    new = await told.locator("output").inner_text()
    await told.get_by_role("button", name="我已记下").click()
    with pytest.raises(RefusedError):
        await HubClient(running.url, login, password).token()
    assert await HubClient(running.url, login, new).token()

    await detail.get_by_role("button", name="修改").click()
    dialog = page.get_by_role("dialog", name=re.compile("修改"))
    await dialog.get_by_label("角色").select_option("LIAISON")
    await dialog.get_by_role("button", name="保存修改").click()
    await expect(dialog.get_by_text("该角色须指定单位")).to_be_visible()
    await dialog.get_by_label("所属单位").select_option("RPS")
    await dialog.get_by_role("button", name="保存修改").click()
    await expect(row(page, "账号", login)).to_contain_text("联络员")

    await detail.get_by_role("button", name="停用").click()
    await page.get_by_role("dialog").get_by_role("button", name="停用").click()
    await expect(row(page, "账号", login)).to_contain_text("已停用")
    with pytest.raises(RefusedError):
        await HubClient(running.url, login, new).token()


async def test_the_audit_log_is_filtered_and_leads_to_what_it_is_about(
    desk: Watched, admin: HubClient
) -> None:
    login, _ = await added(admin)
    page = await desk.signed_in("/console/", "admin")
    await page.goto(f"{desk.url}/console/admin/audit")
    await expect(page.get_by_text(re.compile("封存正常|审计日志异常"))).to_be_visible()
    search = page.get_by_role("search")
    await search.get_by_label("对象").fill(login)
    await search.get_by_label("操作", exact=True).select_option("account.")
    await search.get_by_role("button", name="查询").click()
    table = page.get_by_role("table", name="审计日志")
    await expect(table.get_by_role("row")).to_have_count(2)
    await expect(page).to_have_url(re.compile(f"target={login}"))
    # a moment that is none is not searched, nor the one that stood there before
    await search.get_by_label("从", exact=True).fill("gestern")
    await search.get_by_label("对象").fill("nobody")
    await search.get_by_role("button", name="查询").click()
    await expect(search.get_by_role("alert")).to_contain_text("14:38")
    await expect(page).to_have_url(re.compile(f"target={login}"))
    line = row(page, "审计日志", "新建账号")
    await line.get_by_role("button").click()
    entry = page.get_by_role("region", name="审计记录")
    await expect(entry).to_contain_text('"WATCH"')
    await line.get_by_role("link", name=login).click()
    await expect(page.get_by_role("heading", name=login)).to_be_visible()


async def test_roles_see_only_what_is_theirs(desk: Watched, running: Running) -> None:
    page = await desk.signed_in("/console/", "liaison")
    await page.goto(f"{desk.url}/console/admin/accounts")
    await expect(page.get_by_role("link", name="管理", exact=True)).to_have_count(0)
    await expect(page).to_have_url(re.compile("/console/situation$"))
    await page.get_by_role("link", name="勤务", exact=True).click()
    units = page.get_by_role("region", name="成员单位").get_by_role("link")
    await expect(units).to_have_count(2)
    for text in ("{ accounts { nodes { id } } }", "{ auditState { sealed } }"):
        with pytest.raises(RefusedError):
            await running.client("watch").query(text)


async def test_the_desks_speak_english(desk: Watched) -> None:
    page = await desk.signed_in("/console/", "admin")
    await page.get_by_role("button", name="English").click()
    for link, table in (("Duty", "Officers"), ("Feeds", "Feeds"), ("Admin", "Accounts")):
        await page.get_by_role("link", name=link, exact=True).click()
        await expect(page.get_by_role("table", name=table, exact=True)).to_be_visible()
        assert not re.search("[一-鿿]", await page.locator("main thead").first.inner_text())
    await page.get_by_role("link", name="Bulletins", exact=True).click()
    await expect(page.get_by_role("button", name="Publish a bulletin")).to_be_visible()


async def test_an_account_is_made_by_keyboard_alone(desk: Watched) -> None:
    login = fresh("keys")
    page = await desk.signed_in("/console/", "admin")
    await page.goto(f"{desk.url}/console/admin/accounts")
    await page.get_by_role("button", name="新建账号").focus()
    await page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="新建账号")
    await expect(dialog.get_by_label("登录名")).to_be_focused()
    await page.keyboard.type(login)
    await page.keyboard.press("Tab")
    await page.keyboard.press("End")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await page.keyboard.type("夜班管理员")
    await page.keyboard.press("Enter")
    told = page.get_by_role("dialog", name="新密码")
    await expect(told).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(told).to_have_count(0)
    await expect(row(page, "账号", login)).to_contain_text("管理员")
