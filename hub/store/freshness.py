"""How far a stored value can be trusted now. Pure: the rule of docs/data-model.md in one place."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.model.feeds import FreshnessState


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
