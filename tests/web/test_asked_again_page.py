"""The console says whom nothing woke, and gives an order back to who had it."""

import re
import uuid
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from terminal.client import HubClient
from tests.e2e.conftest import Running
from tests.web.conftest import Watched
from tests.web.test_incidents_page import at_incident, dispatched, opened

PUBLISH = """mutation($key: String!, $to: [ID!]!) { publishBulletin(input: {
  clientMutationId: $key, title: "北出口关闭", text: "请走东侧", urgency: URGENT,
  audience: { officers: $to } }) { bulletin { id number } userErrors { message } } }"""
REASSIGN = """mutation($input: ReassignOrderInput!) { reassignOrder(input: $input) {
  order { id } userErrors { message } } }"""
ACCEPT = """mutation($input: AcknowledgeOrderInput!) { acknowledgeOrder(input: $input) {
  order { id } userErrors { message } } }"""


@pytest.fixture
def watch(running: Running) -> HubClient:
    """The watch officer by the API."""
    return running.client("watch")


def row(page: Page, name: str) -> Locator:
    """The lines of this one, and not of who was asked in their place."""
    head = page.get_by_role("rowheader", name=re.compile(f"^{name}"))
    return page.get_by_role("table", name="签收记录").get_by_role("row").filter(has=head)


async def reassigned(client: HubClient, order: dict[str, Any], officer: str, to: str) -> None:
    key, reason = str(uuid.uuid4()), "另有任务"
    given = {"order": order["id"], "officer": officer, "to": to, "reason": reason}
    answer = await client.query(REASSIGN, input={"clientMutationId": key, **given})
    assert answer["reassignOrder"]["userErrors"] == []


async def test_an_order_is_given_back_to_who_had_it(desk: Watched, watch: HubClient) -> None:
    """They are offered, whoever has it is not; the ledger shows both rounds."""
    incident = await opened(watch)
    order = await dispatched(watch, incident["id"], "officer21", acceptWithinSeconds=600)
    await reassigned(watch, order, "officer21", "officer22")
    page = await at_incident(desk, "watch", incident)
    await expect(row(page, "队员 21")).to_contain_text("已改派 · 另有任务")
    await (
        page.get_by_role("button", name="改派 队员 22")
        .or_(row(page, "队员 22").get_by_role("button", name="改派", exact=True))
        .first.click()
    )
    dialog = page.get_by_role("dialog", name=f"改派 {order['number']}")
    await expect(dialog.get_by_role("option").first).to_be_visible()
    await dialog.get_by_label("改派至").first.fill("队员22")
    await expect(dialog.get_by_role("option")).to_have_count(0)
    await dialog.get_by_label("改派至").first.fill("队员21")
    await expect(dialog.get_by_role("option")).to_have_count(1)
    await page.keyboard.press("Enter")
    await dialog.get_by_label("原因").fill("离现场最近")
    await dialog.get_by_role("button", name="改派", exact=True).click()
    await expect(dialog).to_have_count(0)
    rounds = row(page, "队员 21")
    await expect(rounds).to_have_count(2)
    again = rounds.filter(has_text="第 2 轮")
    await expect(again).to_contain_text("改派自 队员 22")
    await expect(again).to_contain_text("不可达")
    await expect(rounds.first).to_contain_text("已改派 · 另有任务")


async def test_a_bulletin_says_whom_nothing_woke(desk: Watched, watch: HubClient) -> None:
    """A reader without a phone; not one who has read it."""
    asked = {"key": str(uuid.uuid4()), "to": ["officer23"]}
    bulletin = (await watch.query(PUBLISH, **asked))["publishBulletin"]["bulletin"]
    page = await desk.signed_in("/console/", "watch")
    await page.goto(f"{desk.url}/console/bulletins/{bulletin['id'].replace('=', '%3D')}")
    line = page.get_by_role("table", name=re.compile("阅读|读")).get_by_role("row")
    reader = line.filter(has_text="队员 23")
    await expect(reader).to_be_visible()
    await page.get_by_role("button", name=re.compile("^已读")).click()
    await expect(reader).to_have_count(0)
    await page.get_by_role("button", name=re.compile("^未读")).click()
    await expect(reader).to_contain_text("未唤醒")


async def test_who_accepts_while_it_is_taken_from_them_is_not_overlooked(
    desk: Watched, watch: HubClient, running: Running
) -> None:
    """The watch officer is told in the form, and by the hub; it is reassigned once they insist."""
    incident = await opened(watch)
    order = await dispatched(watch, incident["id"], "officer24", acceptWithinSeconds=600)
    page = await at_incident(desk, "watch", incident)
    await (
        page.get_by_role("button", name="改派 队员 24")
        .or_(row(page, "队员 24").get_by_role("button", name="改派", exact=True))
        .first.click()
    )
    dialog = page.get_by_role("dialog", name=f"改派 {order['number']}")
    await dialog.get_by_label("改派至").first.fill("队员25")
    await expect(dialog.get_by_role("option")).to_have_count(1)
    await page.keyboard.press("Enter")
    await dialog.get_by_label("原因").fill("另有任务")
    answer = {"clientMutationId": str(uuid.uuid4()), "order": order["id"]}
    await running.client("officer24").query(ACCEPT, input=answer)
    await expect(dialog.get_by_role("alert")).to_contain_text("队员 24: 签收")
    submit = dialog.get_by_role("button", name="改派", exact=True)
    await submit.click()
    await expect(dialog.get_by_role("alert")).to_contain_text("仍要改派，请再次提交")
    await submit.click()
    await expect(dialog).to_have_count(0)
    await expect(row(page, "队员 24").first).to_contain_text("已改派 · 另有任务")
