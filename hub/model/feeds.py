"""A feed's health, as everybody sees it."""

from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from hub.model.moments import said


class FeedState(StrEnum):
    """Health of a feed's data (数据源状态). HEALTHY needs fresh data, not an answer of 200."""

    STARTING = "STARTING"
    PRIMING = "PRIMING"
    HEALTHY = "HEALTHY"
    DEGRADED = "DEGRADED"
    STALE = "STALE"
    DOWN = "DOWN"
    UNAUTHORISED = "UNAUTHORISED"
    RATE_LIMITED = "RATE_LIMITED"
    MISCONFIGURED = "MISCONFIGURED"
    DISABLED = "DISABLED"


class LinkState(StrEnum):
    """Health of the connection, apart from the age of what it carries."""

    CONNECTING = "CONNECTING"
    UP = "UP"
    DOWN = "DOWN"
    REFUSED = "REFUSED"


class FreshnessState(StrEnum):
    """How far a value can be trusted now. UNKNOWN: its source has been silent too long."""

    FRESH = "FRESH"
    STALE = "STALE"
    UNKNOWN = "UNKNOWN"
    SCHEDULED = "SCHEDULED"


def not_renewed(as_of: datetime, zone: ZoneInfo) -> str:
    """Why data counts as old, for people; the same sentence however long it lasts."""
    newest = said(as_of, zone)
    return (
        f"没有更新的数据，最新为 {newest} / Nothing newer has come: the newest data is of {newest}."
    )


def nothing_came(since: datetime, zone: ZoneInfo) -> str:
    """Why a feed that never had data is down, for people."""
    begun = said(since, zone)
    return f"自 {begun} 起没有数据 / Nothing has come since {begun}."
