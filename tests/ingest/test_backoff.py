"""How long a feed waits after errors, and what it knows of the others at the same host."""

import asyncio
from datetime import timedelta

import pytest

from hub.ingest import backoff as module
from hub.ingest.backoff import Backoff
from hub.ingest.spacing import Spacing

HOST = "feeds.example"
FIVE = timedelta(seconds=5)


@pytest.fixture
def spacing() -> Spacing:
    return Spacing(0)


def of(spacing: Spacing, interval: timedelta = FIVE, host: str | None = HOST) -> Backoff:
    return Backoff("mine", interval, host=host, spacing=spacing)


async def test_pauses_double_up_to_three_intervals_while_the_host_answers_others(
    spacing: Spacing, monkeypatch: pytest.MonkeyPatch
):
    """However long the outage: a 5 s feed is asked again within 15 s."""
    monkeypatch.setattr(module, "SHARE", 0.001)  # as if the outage had lasted for hours
    mine = of(spacing)
    spacing.answered(HOST, "another")
    waits = [mine.failed() for _ in range(20)]
    assert 0.5 <= waits[0] <= 1
    assert 1 <= waits[1] <= 2
    assert 7.5 <= min(waits[5:]) <= max(waits) <= 15


async def test_its_own_answers_and_those_of_other_hosts_say_nothing(spacing: Spacing):
    """Only another feed of the same host shows that the host is there."""
    spacing.answered(HOST, "mine")
    spacing.answered("elsewhere", "another")
    assert not spacing.answers_others(HOST, "mine", 60)
    spacing.answered(HOST, "another")
    assert spacing.answers_others(HOST, "mine", 60)
    assert not spacing.answers_others(HOST, "another", -1)


async def test_an_outage_of_a_lone_source_is_over_soon_after_it_ends(
    spacing: Spacing, monkeypatch: pytest.MonkeyPatch
):
    """After 30 s a 5 s feed waits 15 s at most; after an hour five minutes."""
    loop = asyncio.get_running_loop()
    for outage, longest in ((30, 15), (240, 60), (3600, 300)):
        mine = of(spacing)
        mine.failed()
        monkeypatch.setattr(mine, "_since", loop.time() - outage)
        waits = [mine.failed() for _ in range(20)]
        assert longest / 2 - 1 <= max(waits) <= longest + 1


async def test_a_slow_feed_is_not_asked_more_often_than_when_all_is_well(spacing: Spacing):
    """Asked every ten minutes: its pauses end there."""
    mine = of(spacing, timedelta(minutes=10))
    waits = [mine.failed() for _ in range(20)]
    assert 300 <= max(waits) <= 600


async def test_what_the_other_side_asks_for_is_kept_up_to_an_hour(spacing: Spacing):
    """Retry-After counts also where others are answered."""
    spacing.answered(HOST, "another")
    assert of(spacing).failed(900) == 900
    assert of(spacing).failed(99_999) == 3600


async def test_a_refused_credential_is_not_shown_fast(spacing: Spacing):
    """Half a minute first, then longer, five minutes in the end; then all begins anew."""
    mine = of(spacing)
    waits = [mine.refused() for _ in range(10)]
    assert 15 <= waits[0] <= 30
    assert 150 <= waits[-1] <= 300
    assert mine.failures == 10
    mine.succeeded()
    assert mine.failed() <= 1


async def test_a_long_rest_ends_when_the_host_answers_anybody(spacing: Spacing):
    """One interval after that, instead of in an hour."""
    mine = of(spacing, timedelta(seconds=0.01))
    resting = asyncio.create_task(mine.rest(3600))
    await asyncio.sleep(0)
    assert not resting.done()
    spacing.answered("elsewhere", "another")
    await asyncio.sleep(0.05)
    assert not resting.done()
    spacing.answered(HOST, "another")
    await asyncio.wait_for(resting, 60)


async def test_a_rest_without_news_ends_in_time(spacing: Spacing):
    """Nobody answers, or nobody else asks there: the rest is as long as it was to be."""
    loop = asyncio.get_running_loop()
    for host in (HOST, None):
        began = loop.time()
        await of(spacing, timedelta(seconds=0.01), host).rest(0.1)
        assert loop.time() - began >= 0.09
