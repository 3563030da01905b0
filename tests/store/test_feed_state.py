"""A feed's state is only as good as the age of its data."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.model.feeds import FeedState
from hub.store.freshness import feed_state

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


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
