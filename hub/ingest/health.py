"""A feed's health: a pure state machine over link events, data events and the time.

The age of the data decides between HEALTHY, STALE and DOWN; an answer of 200 does not. A valid
payload without entities is data: an empty night is HEALTHY.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

from hub.model.feeds import FeedState, LinkState


class Trouble(Enum):
    """What the last attempt ran into, beside the age of the data."""

    UNDECODABLE = "UNDECODABLE"
    RATE_LIMITED = "RATE_LIMITED"
    UNAUTHORISED = "UNAUTHORISED"
    MISCONFIGURED = "MISCONFIGURED"


_NEEDS_A_PERSON = {
    Trouble.UNAUTHORISED: FeedState.UNAUTHORISED,
    Trouble.MISCONFIGURED: FeedState.MISCONFIGURED,
}


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Ages of data from which a feed is STALE and from which it is DOWN."""

    warn_after: timedelta
    expire_after: timedelta


@dataclass(frozen=True, slots=True)
class Health:
    """What happened so far; every event returns the next one, `state` reads it at a time.

    `data_as_of` is the newest time the data speaks of, never later than the hub's own time when
    it came. `detail` is one sentence about the trouble, for people.
    """

    started_at: datetime
    link: LinkState = LinkState.CONNECTING
    priming: bool = False
    data_as_of: datetime | None = None
    trouble: Trouble | None = None
    detail: str | None = None

    def primes(self) -> "Health":
        """The reference is being loaded; without it no payload can be used."""
        return replace(self, priming=True)

    def primed(self) -> "Health":
        """The reference is there."""
        return replace(self, priming=False)

    def connected(self) -> "Health":
        """The other side answers, or a peer has called."""
        return replace(self, link=LinkState.UP)

    def listening(self) -> "Health":
        """Its port is open, and nobody has called yet."""
        return replace(self, link=LinkState.CONNECTING, trouble=None, detail=None)

    def heard(self) -> "Health":
        """The other side spoke to us, though not of data."""
        detail = self.detail if self.trouble else None
        return replace(self, link=LinkState.UP, detail=detail)

    def subscribed(self) -> "Health":
        """The other side has promised to notify us; what it sends decides the rest."""
        trouble = None if self.trouble in _NEEDS_A_PERSON else self.trouble
        return replace(self, trouble=trouble).heard()

    def waiting(self) -> "Health":
        """Listening, and nobody is connected."""
        return replace(self, link=LinkState.CONNECTING)

    def disconnected(self, detail: str) -> "Health":
        """The other side cannot be reached, or answers with an error of its own."""
        return replace(self, link=LinkState.DOWN, detail=detail)

    def data(self, as_of: datetime, now: datetime) -> "Health":
        """A payload was decoded and is durable."""
        newest = min(now, max(self.data_as_of or as_of, as_of))
        return replace(self, link=LinkState.UP, data_as_of=newest, trouble=None, detail=None)

    def undecodable(self, detail: str) -> "Health":
        """A payload could not be used; what it was to replace is kept."""
        return replace(self, link=LinkState.UP, trouble=Trouble.UNDECODABLE, detail=detail)

    def rate_limited(self, detail: str) -> "Health":
        """The other side wants fewer requests."""
        return replace(self, link=LinkState.UP, trouble=Trouble.RATE_LIMITED, detail=detail)

    def unauthorised(self, detail: str) -> "Health":
        """The other side refuses the credential."""
        return replace(self, link=LinkState.REFUSED, trouble=Trouble.UNAUTHORISED, detail=detail)

    def misconfigured(self, detail: str) -> "Health":
        """As configured this feed cannot work."""
        return replace(self, link=LinkState.DOWN, trouble=Trouble.MISCONFIGURED, detail=detail)

    def state(self, thresholds: Thresholds, now: datetime) -> FeedState:
        """The feed's state at `now`."""
        if self.trouble in _NEEDS_A_PERSON:
            return _NEEDS_A_PERSON[self.trouble]
        since = self.data_as_of or self.started_at
        if now - since > thresholds.expire_after:
            return FeedState.DOWN
        if self.trouble is Trouble.RATE_LIMITED:
            return FeedState.RATE_LIMITED
        if self.data_as_of is None:
            return self._state_before_data()
        if now - since > thresholds.warn_after:
            return FeedState.STALE
        if self.trouble is Trouble.UNDECODABLE:
            return FeedState.DEGRADED
        return FeedState.HEALTHY

    def _state_before_data(self) -> FeedState:
        if self.link is LinkState.DOWN:
            return FeedState.DOWN
        if self.trouble is Trouble.UNDECODABLE:
            return FeedState.DEGRADED
        return FeedState.PRIMING if self.priming else FeedState.STARTING
