"""What tests of the officer's app share: orders from the centre, and a thumb on a phone."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Page, Route, expect

from terminal.client import HubClient
from tests.e2e.conftest import PASSWORD, Running
from tests.web.conftest import Watched

OPEN = """mutation($key: String!, $title: String!) { openIncident(input: {
  clientMutationId: $key, kind: CROWD, title: $title, place: "北广场", units: ["RPS"] }) {
  incident { id } userErrors { code } } }"""
DISPATCH = """mutation($key: String!, $incident: ID!, $to: [ID!]!, $words: String!) {
  dispatchOrder(input: { clientMutationId: $key, incident: $incident, text: $words,
    recipients: $to, acceptWithinSeconds: 300, priority: URGENT }) {
  order { id } userErrors { code message } } }"""
ORDER = """query($id: ID!) { order(id: $id) { state
  recipients { stage entries { stage at deviceAt note } } } }"""
PUBLISH = """mutation($key: String!, $to: [ID!]!) { publishBulletin(input: { clientMutationId: $key,
  title: "首班地铁提前", text: "请引导旅客由 3 号口进站", audience: { officers: $to } }) {
  bulletin { id } userErrors { code } } }"""
CANCEL = """mutation($key: String!, $id: ID!) { cancelOrder(input: { clientMutationId: $key,
  order: $id, reason: "已由他人处置" }) { userErrors { code } } }"""
INCIDENTS = "{ incidents(first: 200) { nodes { title attachments { url } } } }"
ANSWERS = ("RECEIVED", "SEEN", "ACCEPTED", "EN_ROUTE", "ARRIVED", "DONE")
NETWORK = (
    "ERR_INTERNET_DISCONNECTED",
    "ERR_CONNECTION",
    "ERR_FAILED",
    "ERR_EMPTY",
    "ERR_INCOMPLETE",
)


class Centre:
    """The watch officer, over GraphQL."""

    def __init__(self, running: Running) -> None:
        self._hub: HubClient = running.client("watch")

    async def order(self, login: str, words: str) -> str:
        """Open an incident and order the officer there; the order's id."""
        key, title = str(uuid.uuid4()), "北广场客流聚集"
        opened = (await self._hub.query(OPEN, key=key, title=title))["openIncident"]
        incident = opened["incident"]["id"]
        sent = await self._hub.query(
            DISPATCH, key=str(uuid.uuid4()), incident=incident, to=[login], words=words
        )
        assert sent["dispatchOrder"]["userErrors"] == []
        return str(sent["dispatchOrder"]["order"]["id"])

    async def cancel(self, order: str) -> None:
        """Take the order back."""
        sent = await self._hub.query(CANCEL, key=str(uuid.uuid4()), id=order)
        assert sent["cancelOrder"]["userErrors"] == []

    async def bulletin(self, login: str) -> None:
        """Publish a bulletin to the officer."""
        sent = await self._hub.query(PUBLISH, key=str(uuid.uuid4()), to=[login])
        assert sent["publishBulletin"]["userErrors"] == []

    async def ledger(self, order: str) -> dict[str, Any]:
        """The officer's part of the order: its stage and entries."""
        found = await self._hub.query(ORDER, id=order)
        part: dict[str, Any] = found["order"]["recipients"][0]
        return part

    async def answers(self, order: str) -> list[str]:
        """What the phone has said of the order, in the order of the ledger."""
        entries = (await self.ledger(order))["entries"]
        return [entry["stage"] for entry in entries if entry["stage"] in ANSWERS]

    async def stage(self, order: str, wanted: str) -> None:
        """Wait until the order has come so far."""
        await until(lambda: self._is(order, wanted))

    async def reported(self, title: str) -> int:
        """How many incidents have this title."""
        found = await self._hub.query(INCIDENTS)
        return sum(node["title"] == title for node in found["incidents"]["nodes"])

    async def photographs(self, title: str) -> int:
        """How many photographs the incident of this title has that can be seen."""
        found = await self._hub.query(INCIDENTS)
        [node] = [node for node in found["incidents"]["nodes"] if node["title"] == title]
        return len(node["attachments"])

    async def _is(self, order: str, wanted: str) -> bool:
        return bool((await self.ledger(order))["stage"] == wanted)


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Look until it holds: a browser's cookies and a phone's requests tell nobody of themselves."""
    async with asyncio.timeout(120):
        while not await holds():  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def sign_in(page: Page, login: str) -> None:
    """By the form that is shown."""
    await page.get_by_label("账号", exact=True).fill(login)
    await page.get_by_label("密码", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="登录", exact=True).click()
    await page.get_by_role("navigation").wait_for()


async def app_of(phone: Watched, login: str) -> Page:
    """The app of an officer, taken onto the phone: it opens without a network from now on."""
    phone.expected.extend(NETWORK)
    page = await phone.signed_in("/app/", login)
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    await page.wait_for_function("navigator.serviceWorker.controller !== null")
    return page


async def waits(page: Page, count: int) -> None:
    """So many things wait on the phone."""
    shown = page.get_by_role("status", name="待发送", exact=True)
    await expect(shown).to_contain_text(f"待发送 {count}")


async def go(page: Page, tab: str) -> None:
    """To one of the four tabs."""
    await page.get_by_role("link", name=tab, exact=True).click()


async def tap(page: Page, button: str) -> None:
    """A button by its name."""
    await page.get_by_role("button", name=button, exact=True).tap()


async def report(page: Page, title: str) -> None:
    """Write a report and submit it."""
    await go(page, "上报")
    await page.get_by_text("设施故障", exact=True).tap()
    await page.get_by_label("标题", exact=True).fill(title)
    await tap(page, "提交")
    await expect(page.get_by_label("标题", exact=True)).to_have_value("")


@asynccontextmanager
async def no_answers(phone: Watched) -> AsyncIterator[list[str]]:
    """The hub does what the phone sends, and no answer comes back; the bodies that were sent."""
    sent: list[str] = []

    async def swallow(route: Route) -> None:
        sent.append(route.request.post_data or "")
        await route.fetch()
        await route.abort()

    await phone.context.route("**/mobile/v1/actions", swallow)
    yield sent
    await phone.context.unroute("**/mobile/v1/actions", swallow)


@asynccontextmanager
async def no_sending(phone: Watched) -> AsyncIterator[None]:
    """What the phone sends does not arrive; all else does."""

    async def cut(route: Route) -> None:
        await route.abort()

    await phone.context.route("**/mobile/v1/actions", cut)
    yield
    await phone.context.unroute("**/mobile/v1/actions", cut)
