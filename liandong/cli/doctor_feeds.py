"""What `doctor` says of a feed that a hub reads: how it is, its link, and what to do about it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from hub.model.feeds import FeedState, LinkState
from hub.settings import FeedSettings
from hub.store.feeds.freshness import feed_reason, feed_state

_WELL = {FeedState.HEALTHY, FeedState.STARTING, FeedState.PRIMING}
_CUT = {LinkState.DOWN, LinkState.REFUSED}
_STEPS = {
    FeedState.UNAUTHORISED: "更换凭据 renew the credential that its secret_ref names",
    FeedState.RATE_LIMITED: "加大其 interval raise its interval",
    FeedState.MISCONFIGURED: "改正配置后重启中枢 mend its configuration and start the hub again",
}
"""What to do about these; about others, to look at whoever sends."""


def said(
    feed: Mapping[str, Any], given: FeedSettings | None, now: datetime, zone: ZoneInfo
) -> tuple[bool | None, str]:
    """Whether it is well (None: for now, or on purpose not), and a line; `given`: as configured.

    `feed` is its document, times are of `zone`.
    """
    state = feed_state(feed, now)
    link = feed.get("link_state")
    well = state in _WELL and link not in _CUT
    words = [f"feed {feed['_id']}: {state}", f"链路 link {link}" if link else None]
    words.append(feed_reason(feed, now, zone))
    read = state == feed["state"]  # else its reason says that nobody reads it, and what to start
    if read and not well and state is not FeedState.DISABLED:
        words.append(_next_step(state, feed, given))
    passing = state in _WELL | {FeedState.DISABLED}
    return True if well else None if passing else False, " · ".join(filter(None, words))


def _next_step(state: FeedState, feed: Mapping[str, Any], given: FeedSettings | None) -> str:
    if state in _STEPS:
        return _STEPS[state]
    if given is not None and given.listen is not None:
        return f"查看对端能否连到 see whether its peers reach {given.listen}"
    if given is not None and given.push:
        return f"查看来源是否推送到 see whether the source posts to /feeds/{given.id}"
    return f"直接试读其地址 try its address: liandong feed check {feed.get('kind') or 'KIND'} URL"
