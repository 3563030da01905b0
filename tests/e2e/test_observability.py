"""What an operator looks at."""

import httpx2
import pytest

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
    """An unknown path neither redirects nor fails."""
    async with httpx2.AsyncClient(base_url=running.url) as http:
        assert (await http.get("/nowhere")).status_code == 404
        assert "/graphql" in (await http.get("/")).text


async def test_the_coach_profile_is_published(running: Running):
    """A coach station finds the JSON Schema of its payloads on the hub, without signing in."""
    async with httpx2.AsyncClient(base_url=running.url) as http:
        answer = await http.get("/schemas/coach-profile-1.0.json")
    assert answer.status_code == 200
    assert answer.json()["$schema"] == "https://json-schema.org/draft/2020-12/schema"
