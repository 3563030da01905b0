"""What an operator looks at."""

import re

import httpx2
import pytest

from liandong.faces.pages import BUILT
from tests.e2e.conftest import Running
from tests.e2e.test_main_job import all_healthy

pytestmark = pytest.mark.slow


async def test_the_metrics_tell_of_feeds_streams_and_orders(running: Running):
    """Feed ages and states, change-stream lag, bus depth, outbox age and requests are published."""
    await all_healthy(running.client("watch"))
    async with httpx2.AsyncClient(base_url=running.url) as http:
        assert (await http.get("/livez")).json() == {"status": "ok"}
        assert (await http.get("/readyz")).json()["status"] == "ready"
        text = (await http.get("/metrics")).text
    for sign in (
        'liandong_feed_age_seconds{feed="railway-et"}',
        'liandong_feed_state{feed="metro-rt",state=',
        "liandong_change_stream_lag_seconds",
        "liandong_bus_depth",
        "liandong_outbox_oldest_seconds",
        "liandong_order_oldest_unacknowledged_seconds",
        'liandong_requests_total{route="/readyz",status="200"}',
        "liandong_subscribers",
    ):
        assert sign in text, sign


async def test_what_is_not_there_is_404(running: Running):
    """It neither redirects nor fails, and says so, Chinese first; a wrong method is said, too."""
    nothing, wrong = (
        "没有这个地址 / There is nothing at this address.",
        "此地址不支持 DELETE，可用 ",
    )
    async with httpx2.AsyncClient(base_url=running.url) as http:
        for path in ("/nowhere", "/graphql/assets/nowhere", "/console/nowhere.js"):
            answer = await http.get(path)
            assert answer.status_code == 404
            assert nothing in answer.text
        for path in ("/livez", "/auth/token", "/feeds/coach-rt", "/docs/access", "/console/x"):
            answer = await http.delete(path)
            assert answer.status_code == 405
            assert wrong in answer.text


async def test_the_front_page_leads_everywhere(running: Running):
    """Chinese first, then English; every link answers; nothing is loaded from anywhere."""
    async with httpx2.AsyncClient(base_url=running.url, headers={"accept": "text/html"}) as http:
        answer = await http.get("/")
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "unsafe" not in answer.headers["content-security-policy"]
        page = answer.text
        assert "铁路上海站地区 Shanghai Railway Station Area" in page
        assert page.index("联动") < page.index("Liandong")
        links = re.findall(r'<a href="([^"]+)"', page)
        assert {"console/", "app/", "docs/", "graphql"} <= set(links)
        assert {"mobile/v1/openapi.json", "readyz", "livez", "metrics"} <= set(links)
        unbuilt = set() if BUILT.exists() else {"console/", "app/", "docs/", "graphql"}
        for link in links:
            answer = await http.get(f"/{link}")
            assert answer.status_code == (503 if link in unbuilt else 200), link
    outside = re.findall(r'(?:src|href)="(?!data:)([^"]*:[^"]*)"|@import|url\(', page)
    assert outside == []
    assert not re.search(r"<(script|img|iframe|link rel=.stylesheet)", page)


async def test_the_demo_s_feeds_are_in_its_area(running: Running):
    """`/readyz` has a place for what a person should know; here there is nothing to say."""
    async with httpx2.AsyncClient(base_url=running.url) as http:
        assert (await http.get("/readyz")).json()["notes"] == []


async def test_the_coach_profile_is_published(running: Running):
    """A coach station finds the JSON Schema of its payloads on the hub, without signing in."""
    async with httpx2.AsyncClient(base_url=running.url) as http:
        answer = await http.get("/schemas/coach-profile-1.0.json")
    assert answer.status_code == 200
    assert answer.json()["$schema"] == "https://json-schema.org/draft/2020-12/schema"
