"""How far a stored value can be trusted now. Pure: the rule of docs/data-model.md in one place."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hub.model.feeds import FeedState, FreshnessState, not_renewed


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
    stale_at, down_at = held_until(feed) or (now, now)
    age = (now - as_of).total_seconds()
    if age > feed["expire_after_s"] or now > down_at:
        state = FreshnessState.UNKNOWN
    elif age > feed["warn_after_s"] or now > stale_at:
        state = FreshnessState.STALE
    else:
        state = FreshnessState.FRESH
    return Freshness(as_of, source, state)


def silent_from(feed: Mapping[str, Any]) -> tuple[datetime, datetime] | None:
    """From when on a feed counts as silent (STALE), and as lost (DOWN); None if not known.

    Whatever its values say of their own age, none is fresher than its feed.
    """
    if feed.get("stale_at") is not None:
        return feed["stale_at"], feed["down_at"]
    as_of = feed.get("data_as_of")
    if as_of is None:
        return None
    warn, expire = feed["warn_after_s"], feed["expire_after_s"]
    return as_of + timedelta(seconds=warn), as_of + timedelta(seconds=expire)


def held_until(feed: Mapping[str, Any]) -> tuple[datetime, datetime] | None:
    """As `silent_from`, of what is stored: reading anew makes nothing younger (`before`)."""
    return silent_from(feed.get("before") or feed)


_AGES = frozenset({FeedState.HEALTHY, FeedState.DEGRADED})
"""States that become STALE by time alone."""
_ENDS = _AGES | {
    FeedState.STALE,
    FeedState.RATE_LIMITED,
    FeedState.STARTING,
    FeedState.PRIMING,
}
"""States that become DOWN by time alone."""


def feed_state(feed: Mapping[str, Any], now: datetime) -> FeedState:
    """The state of a feed that can be vouched for now.

    The process that reads a feed writes its state every time it changes. When that process has
    died the last state stays behind, so whoever shows it looks at the time again.
    """
    stored = FeedState(feed["state"])
    limits = silent_from(feed)
    if limits is None:
        return stored
    stale_at, down_at = limits
    if stored in _ENDS and now > down_at:
        return FeedState.DOWN
    return FeedState.STALE if stored in _AGES and now > stale_at else stored


WRITTEN_SECONDS = 5.0
"""After so long whoever reads a feed has written down that it is silent, or lost."""


def feed_reason(feed: Mapping[str, Any], now: datetime, zone: ZoneInfo) -> str | None:
    """Why a feed is in the state it is in now, for people, with times of `zone`.

    None where all is well.
    """
    written: str | None = feed.get("detail")
    stored, limits = FeedState(feed["state"]), silent_from(feed)
    if limits is None or feed_state(feed, now) is stored:
        return written
    as_of = feed.get("data_as_of")
    old = not_renewed(as_of, zone) if as_of is not None else None
    since = limits[0] if stored in _AGES else limits[1]
    if now <= since + timedelta(seconds=WRITTEN_SECONDS):
        return written or old
    unread = "没有进程在接入 No process reads this feed: start one with the role ingest."
    return " ".join(filter(None, (unread, old)))
