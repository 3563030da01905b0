"""A feed's state is only as good as the age of its data."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from hub.model.feeds import FeedState, FreshnessState
from hub.store.feeds.freshness import feed_reason, feed_state, freshness

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")


def _feed(state: FeedState, age: float | None) -> dict[str, object]:
    as_of = None if age is None else NOW - timedelta(seconds=age)
    return {"state": state, "data_as_of": as_of, "warn_after_s": 90, "expire_after_s": 300}


@pytest.mark.parametrize(
    ("stored", "age", "shown"),
    [
        (FeedState.HEALTHY, 10, FeedState.HEALTHY),
        (FeedState.HEALTHY, 91, FeedState.STALE),
        (FeedState.HEALTHY, 301, FeedState.DOWN),
        (FeedState.DEGRADED, 10, FeedState.DEGRADED),
        (FeedState.STARTING, None, FeedState.STARTING),
        (FeedState.UNAUTHORISED, 10_000, FeedState.UNAUTHORISED),
    ],
)
def test_a_dead_ingest_process_leaves_no_healthy_feed_behind(stored, age, shown):
    """What was HEALTHY when its reader died reads STALE, then DOWN; other states say themselves."""
    assert feed_state(_feed(stored, age), NOW) is shown


def _silent_from(stale: float, down: float, **fields: object) -> dict[str, object]:
    """A feed that was to be heard again by these seconds from now."""
    moments = {"stale_at": stale, "down_at": down}
    about = {name: NOW + timedelta(seconds=seconds) for name, seconds in moments.items()}
    return {**_feed(FeedState.HEALTHY, 10), **about, **fields}


@pytest.mark.parametrize(
    ("stored", "stale", "down", "shown"),
    [
        (FeedState.HEALTHY, 1, 60, FeedState.HEALTHY),
        (FeedState.HEALTHY, -1, 60, FeedState.STALE),
        (FeedState.DEGRADED, -60, -1, FeedState.DOWN),
        (FeedState.RATE_LIMITED, -1, 60, FeedState.RATE_LIMITED),
        (FeedState.RATE_LIMITED, -60, -1, FeedState.DOWN),
        (FeedState.STARTING, -60, -1, FeedState.DOWN),
        (FeedState.PRIMING, -1, 60, FeedState.PRIMING),
        (FeedState.MISCONFIGURED, -60, -1, FeedState.MISCONFIGURED),
        (FeedState.DISABLED, -60, -1, FeedState.DISABLED),
    ],
)
def test_a_state_ends_when_its_feed_was_to_be_heard_again(stored, stale, down, shown):
    """No state that waits for something outlives the wait, also when nobody writes any more."""
    assert feed_state(_silent_from(stale, down, state=stored), NOW) is shown


def test_a_state_by_age_has_its_reason_though_nobody_wrote_it():
    """HEALTHY was written without a reason; DOWN by age says which data, and who is missing."""
    feed = _silent_from(-60, -1, detail=None)
    reason = feed_reason(feed, NOW, ZONE) or ""
    assert "the newest data is of 2026-03-01 19:59:50 Asia/Shanghai" in reason
    assert "No process reads this feed" in reason
    assert feed_reason(_silent_from(1, 60, detail=None), NOW, ZONE) is None
    assert (
        feed_reason(_silent_from(1, 60, state="DEGRADED", detail="no zip"), NOW, ZONE) == "no zip"
    )


def test_who_reads_a_feed_has_a_moment_to_write_that_it_is_silent():
    """Until then its reason is what was written, or its age: never that nobody reads it."""
    just = _silent_from(-1, 60, state="DEGRADED", detail="answered 503")
    assert feed_state(just, NOW) is FeedState.STALE
    assert feed_reason(just, NOW, ZONE) == "answered 503"
    told = feed_reason(_silent_from(-1, 60, detail=None), NOW, ZONE) or ""
    assert "the newest data is of" in told
    assert "No process" not in told
    lost = _silent_from(-60, -1, state="STALE", detail="answered 503")
    assert feed_reason(lost, NOW, ZONE) == "answered 503"
    long_ago = _silent_from(-6, 60, state="DEGRADED", detail="answered 503")
    assert "No process" in (feed_reason(long_ago, NOW, ZONE) or "")


@pytest.mark.parametrize(
    ("stale", "down", "state"),
    [
        (1, 60, FreshnessState.FRESH),
        (-1, 60, FreshnessState.STALE),
        (-60, -1, FreshnessState.UNKNOWN),
    ],
)
def test_no_value_is_fresher_than_its_feed(stale, down, state):
    """A value of ten seconds ago is STALE as soon as its fast feed counts as silent."""
    found = freshness(
        observed_at=NOW - timedelta(seconds=10),
        source="a",
        realtime=True,
        feed=_silent_from(stale, down),
        now=NOW,
    )
    assert found.state is state


def test_a_value_ages_by_its_own_time_in_a_feed_that_speaks():
    """A bus that reported 100 s ago is STALE, however fast its feed is."""
    found = freshness(
        observed_at=NOW - timedelta(seconds=100),
        source="a",
        realtime=True,
        feed=_silent_from(15, 60),
        now=NOW,
    )
    assert found.state is FreshnessState.STALE


@pytest.mark.parametrize("state", FeedState)
@pytest.mark.parametrize(
    ("stale", "down", "shown"),
    [
        (1, 60, FreshnessState.FRESH),
        (-1, 60, FreshnessState.STALE),
        (-60, -1, FreshnessState.UNKNOWN),
    ],
)
def test_what_is_stored_from_before_a_restart_is_as_old_as_it_was(state, stale, down, shown):
    """The feed itself has only begun to wait; its values are not younger by that, in no state."""
    before = {name: _silent_from(stale, down)[name] for name in ("stale_at", "down_at")}
    feed = _silent_from(90, 300, state=state, before=before)
    for observed_at in (NOW - timedelta(seconds=10), None):
        found = freshness(observed_at=observed_at, source="a", realtime=True, feed=feed, now=NOW)
        assert found.state is shown
    assert feed_state(feed, NOW) is state
