"""Every page there is: where it is, who sees it, and what is done there before it is pictured."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from playwright.async_api import Page as Tab

from gallery.running import PASSWORD

PHONE, DESK, HALL = (360,), (1366, 1920, 3840), (360, 1366, 1920, 3840)
HEIGHTS = {360: 740, 1366: 768, 1920: 1080, 3840: 2160}
_ORDER = re.compile("^(下达指令|Give an order)$")
_OPEN = re.compile("^(登记事件|New)$")
_PUBLISH = re.compile("^(发布通报|Publish a bulletin)$")
_REPORTED = "北广场 3 号口扶梯停运"
_ADD = re.compile("^(新建账号|New account)$")

Prepare = Callable[[Tab], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Page:
    """One page. `{incident}` and the like in `path` are things of the world that is shown.

    `who` is the login that sees it, `nobody`, or `wall`: a screen that was let be.
    """

    name: str
    path: str
    who: str
    widths: tuple[int, ...]
    prepare: Prepare | None = None


async def _sign_in_to_ask(tab: Tab) -> None:
    """The query page keeps no session: it asks at every visit."""
    fields = tab.locator("form input")
    await fields.nth(0).fill("watch")
    await fields.nth(1).fill(PASSWORD)
    await tab.locator("form button[type=submit]").click()
    await tab.locator(".graphiql-query-editor .CodeMirror-line").first.wait_for()


async def _compose(tab: Tab) -> None:
    await tab.get_by_role("button", name=_ORDER).first.click()


async def _open(tab: Tab) -> None:
    await tab.get_by_role("button", name=_OPEN).first.click()
    await tab.get_by_role("dialog").wait_for()


async def _publish(tab: Tab) -> None:
    await tab.get_by_role("button", name=_PUBLISH).first.click()


async def _add(tab: Tab) -> None:
    await tab.get_by_role("button", name=_ADD).first.click()


def _first(kind: str) -> Prepare:
    """Open the first one there is: a phone knows things by its own ids."""

    async def opened(tab: Tab) -> None:
        await tab.locator(f"main a[href*='/{kind}/']").first.click()

    return opened


async def _write_report(tab: Tab) -> None:
    """A draft that was begun."""
    await tab.get_by_role("radiogroup").locator("label").nth(2).click()
    await tab.get_by_label(re.compile("^(标题|Title)$")).fill(_REPORTED)


def _wall(page: str) -> str:
    """A wall that shows this page alone."""
    return f"/console/wall#pages={page}&seconds=600"


PAGES: tuple[Page, ...] = (
    Page("front", "/?stay", "nobody", HALL),
    Page("docs", "/docs/", "nobody", HALL),
    Page("docs-access", "/docs/access", "nobody", HALL),
    Page("graphql-sign-in", "/graphql", "nobody", DESK),
    Page("graphql", "/graphql", "nobody", DESK, _sign_in_to_ask),
    Page("console-sign-in", "/console/", "nobody", DESK),
    Page("console-situation", "/console/situation", "watch", DESK),
    Page("console-incidents", "/console/incidents", "watch", DESK),
    Page("console-incident-new", "/console/incidents", "watch", DESK, _open),
    Page("console-incident", "/console/incidents/{incident}", "watch", DESK),
    Page("console-order", "/console/incidents/{incident}", "watch", DESK, _compose),
    Page("console-duty", "/console/duty", "watch", DESK),
    Page("console-bulletins", "/console/bulletins", "watch", DESK),
    Page("console-bulletin", "/console/bulletins/{bulletin}", "watch", DESK),
    Page("console-bulletin-new", "/console/bulletins", "watch", DESK, _publish),
    Page("console-feeds", "/console/feeds", "watch", DESK),
    Page("console-feed", "/console/feeds?feed={feed}", "watch", DESK),
    Page("console-places", "/console/feeds?tab=places", "admin", DESK),
    Page("console-history", "/console/history", "watch", DESK),
    Page("console-history-past", "/console/history?at={past}", "watch", DESK),
    Page("console-walls", "/console/approve", "watch", DESK),
    Page("console-accounts", "/console/admin/accounts", "admin", DESK),
    Page("console-account", "/console/admin/accounts?account=officer1", "admin", DESK),
    Page("console-account-new", "/console/admin/accounts", "admin", DESK, _add),
    Page("console-partners", "/console/admin/partners", "admin", DESK),
    Page("console-sessions", "/console/admin/sessions", "admin", DESK),
    Page("console-audit", "/console/admin/audit", "admin", DESK),
    Page("console-liaison", "/console/situation", "liaison", DESK),
    Page("wall-code", "/console/wall", "nobody", DESK),
    Page("wall-boards", _wall("MAP_AND_BOARDS"), "wall", DESK),
    Page("wall-taxis", _wall("TAXIS_AND_PARKING"), "wall", DESK),
    Page("wall-alarms", _wall("ALARMS_AND_ORDERS"), "wall", DESK),
    Page("app-sign-in", "/app/", "nobody", PHONE),
    Page("app-orders", "/app/orders", "officer1", PHONE),
    Page("app-order", "/app/orders#{order}", "officer1", PHONE, _first("orders")),
    Page("app-bulletin", "/app/orders#{bulletin}", "officer1", PHONE, _first("bulletins")),
    Page("app-report", "/app/report", "officer1", PHONE),
    Page("app-report-draft", "/app/report", "officer1", PHONE, _write_report),
    Page("app-duty", "/app/duty", "officer1", PHONE),
    Page("app-contacts", "/app/contacts", "officer1", PHONE),
    Page("app-outbox", "/app/outbox", "officer1", PHONE),
    Page("app-settings", "/app/settings", "officer1", PHONE),
)
