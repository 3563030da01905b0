"""GraphiQL at /graphql: signed in to, asked, followed, read in, and left without a trace."""

import json
import re
from pathlib import Path

import httpx2
import pytest
from graphql import parse, validate
from playwright.async_api import Page, expect

from schema.root import build_schema, graphql_schema
from tests.e2e.conftest import PASSWORD, Running
from tests.web.conftest import Watched

EXAMPLES = Path(__file__).parents[2] / "web" / "graphiql" / "examples"
ASKED = ".graphiql-query-editor .CodeMirror"
GIVEN = ".graphiql-editor-tool .graphiql-editor:not(.hidden) .CodeMirror"
ANSWER = ".result-window .CodeMirror"
RUN = re.compile("^Execute query")


async def _signed_in(desk: Watched, login: str = "watch") -> Page:
    page = await desk.page()
    await page.goto(f"{desk.url}/graphql")
    await page.get_by_label("账号", exact=True).fill(login)
    await page.get_by_label("密码", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="登录", exact=True).click()
    await expect(page.get_by_role("region", name="例子 Examples")).to_be_visible()
    await expect(page.locator(ASKED)).to_contain_text("query Departures")
    await expect(page.locator(GIVEN)).to_contain_text("railway:SHH")
    return page


async def _take(page: Page, example: str, operation: str) -> None:
    """Take an example, and run it once it stands in the editor."""
    await page.get_by_role("button", name=example).click()
    await expect(page.locator(ASKED)).to_contain_text(operation)
    await page.get_by_role("button", name=RUN).click()


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.graphql")), ids=lambda path: path.stem)
def test_every_example_is_valid(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert validate(graphql_schema(build_schema()), parse(text)) == []
    assert re.search(r"^# .*[\u4e00-\u9fff].*\n# [A-Z]", text, re.MULTILINE), "in both languages"


async def test_who_is_signed_out_sees_how_to_sign_in(desk: Watched) -> None:
    page = await desk.page()
    await page.goto(f"{desk.url}/graphql")
    await expect(page.get_by_role("heading", name="登录后查询")).to_be_visible()
    for way in ("账号密码", "应用密钥", "令牌"):
        await expect(page.get_by_role("button", name=way, exact=True)).to_be_visible()
    await page.get_by_role("button", name="English").click()
    await expect(page.get_by_role("heading", name="Sign in to ask")).to_be_visible()
    await page.get_by_role("link", name="How to connect").click()
    await expect(page).to_have_url(re.compile("/docs/$"))


async def test_a_wrong_password_says_so(desk: Watched) -> None:
    desk.expected.append("400")
    page = await desk.page()
    await page.goto(f"{desk.url}/graphql")
    await page.get_by_label("账号", exact=True).fill("watch")
    await page.get_by_label("密码", exact=True).fill("wrong")
    await page.get_by_role("button", name="登录", exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text("登录名或密码不正确")
    await expect(page.get_by_label("密码", exact=True)).to_have_value("")


async def test_an_example_runs(desk: Watched) -> None:
    page = await _signed_in(desk)
    await page.get_by_role("button", name=RUN).click()
    await expect(page.locator(ANSWER)).to_contain_text('"departures"')
    await _take(page, "出租车候客点", "query TaxiRanks")
    await expect(page.locator(ANSWER)).to_contain_text('"vehiclesWaiting"')
    await expect(page.locator(ANSWER)).not_to_contain_text('"errors"')


async def test_a_subscription_is_followed_until_it_is_stopped(desk: Watched) -> None:
    page = await _signed_in(desk)
    await _take(page, "实时发车", "subscription LiveDepartures")
    await expect(page.locator(ANSWER)).to_contain_text('"cursor"')
    stop = page.get_by_role("button", name=re.compile("^Stop query"))
    await stop.click()
    await expect(page.get_by_role("button", name=RUN)).to_be_visible()


async def test_an_order_is_given_in_the_incident_that_was_opened(desk: Watched) -> None:
    """The id goes from one example into the next by itself."""
    page = await _signed_in(desk)
    await _take(page, "登记事件", "mutation OpenIncident")
    await expect(page.locator(ANSWER)).to_contain_text('"number"')
    await _take(page, "下达指令", "mutation DispatchOrder")
    await expect(page.locator(ANSWER)).to_contain_text('"recipients"')
    await expect(page.locator(ANSWER)).to_contain_text('"userErrors": []')


async def test_the_schema_is_explained(desk: Watched) -> None:
    page = await _signed_in(desk)
    await page.get_by_role("button", name="Show Documentation Explorer").click()
    docs = page.locator(".graphiql-doc-explorer")
    await docs.get_by_role("link", name="Subscription", exact=True).click()
    await expect(docs).to_contain_text("taxiRanks")
    await page.get_by_role("button", name="切换日夜").click()
    await expect(page.locator("body")).to_have_class(re.compile("graphiql-(dark|light)"))
    await expect(docs).to_contain_text("taxiRanks")


async def test_without_the_scope_developer_operations_run_and_nothing_is_explained(
    desk: Watched,
) -> None:
    page = await _signed_in(desk, "officer11")
    await expect(page.get_by_role("status").first).to_contain_text("developer")
    await page.get_by_role("button", name=RUN).click()
    await expect(page.locator(ANSWER)).to_contain_text('"departures"')


async def test_an_application_s_token_is_pasted(desk: Watched, running: Running) -> None:
    form = {"grant_type": "password", "username": "commander", "password": PASSWORD}
    async with httpx2.AsyncClient(base_url=running.url, timeout=60) as http:
        token = (await http.post("/auth/token", data=form)).json()["access_token"]
    page = await desk.page()
    await page.goto(f"{desk.url}/graphql")
    await page.get_by_role("button", name="令牌", exact=True).click()
    await page.get_by_label("令牌", exact=True).fill(f"Bearer {token}")
    await page.get_by_role("button", name="登录", exact=True).click()
    await expect(page.get_by_role("banner")).to_contain_text("commander")


async def test_nothing_of_who_was_here_is_left_behind(desk: Watched) -> None:
    """No token is kept in the browser; a reload asks anew; signing out ends the session."""
    page = await _signed_in(desk)
    kept = "JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])"
    assert "eyJ" not in json.dumps(await page.evaluate(kept))
    async with page.expect_response(re.compile("/mobile/v1/session$")) as ended:
        await page.get_by_role("button", name="退出登录").click()
    assert (await ended.value).ok
    await expect(page.get_by_role("heading", name="登录后查询")).to_be_visible()
    await expect(page.locator(ANSWER)).to_have_count(0)


async def test_programs_are_answered_as_before(running: Running) -> None:
    """A browser's address bar gets the page, whatever stands behind it; a program its answer."""
    async with httpx2.AsyncClient(base_url=running.url, timeout=60) as http:
        for query in ("", "?query={me{login}}"):
            page = await http.get(f"/graphql{query}", headers={"accept": "text/html,*/*;q=0.8"})
            assert page.headers["content-type"] == "text/html; charset=utf-8"
            assert "unsafe" not in page.headers["content-security-policy"]
        answer = await http.get("/graphql", params={"query": "{ me { login } }"})
        assert answer.status_code == 401
        assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
