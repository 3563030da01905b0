"""How far a stored value can be trusted now. Pure: the rule of docs/data-model.md in one place."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.model.feeds import FeedState, FreshnessState


@dataclass(frozen=True, slots=True)
class Freshness:
    """As-of time, source feed, and state of one value."""

    as_of: datetime | None
    source: str | None
    state: FreshnessState


def freshness(
    *,
    observed_at: datetime | None,
    source: str | None,
    realtime: bool,
    feed: Mapping[str, Any] | None,
    now: datetime,
) -> Freshness:
    """Freshness of a value from `source`, whose document in `feeds` is `feed` (None if unknown)."""
    if not realtime:
        as_of = observed_at or (feed or {}).get("data_as_of")
        return Freshness(as_of, source, FreshnessState.SCHEDULED)
    as_of = observed_at or (feed or {}).get("data_as_of")
    if feed is None or as_of is None:
        return Freshness(as_of, source, FreshnessState.UNKNOWN)
    age = (now - as_of).total_seconds()
    if age > feed["expire_after_s"]:
        state = FreshnessState.UNKNOWN
    elif age > feed["warn_after_s"]:
        state = FreshnessState.STALE
    else:
        state = FreshnessState.FRESH
    return Freshness(as_of, source, state)


_BY_AGE = frozenset({FeedState.HEALTHY, FeedState.DEGRADED, FeedState.STALE})


def feed_state(feed: Mapping[str, Any], now: datetime) -> FeedState:
    """The state of a feed that can be vouched for now.

    The process that reads a feed writes its state every time it changes. When that process has
    died the last state stays behind, so whoever shows it looks at the age of the data again.
    """
    stored = FeedState(feed["state"])
    as_of = feed.get("data_as_of")
    if stored not in _BY_AGE or as_of is None:
        return stored
    age = (now - as_of).total_seconds()
    if age > feed["expire_after_s"]:
        return FeedState.DOWN
    if age > feed["warn_after_s"]:
        return FeedState.STALE
    return stored
