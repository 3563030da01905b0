"""A feed's health, as everybody sees it."""

from enum import StrEnum


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
