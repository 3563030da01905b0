"""A feed's health: a pure state machine over link events, data events and the time.

The age of the data decides between HEALTHY, STALE and DOWN; an answer of 200 does not. A valid
payload without entities is data: an empty night is HEALTHY. Every state has its own reason, said
anew each time, so that none outlives what it tells of.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

from hub.model.feeds import FeedState, LinkState, not_renewed, nothing_came

PATIENCE = 4
"""Intervals of silence after which a feed is STALE, if its kind's own standard is not stricter."""
SLOWER = 1.5
"""Intervals from which on a source has something new less often than it is asked."""
REMEMBERED = 5
"""Renewals by which it is judged how often the source has something new."""


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
_TROUBLES = {
    Trouble.UNDECODABLE: "内容读不懂 Not readable",
    Trouble.RATE_LIMITED: "被限流 Asked too often",
    Trouble.UNAUTHORISED: "未获授权 Not authorised",
    Trouble.MISCONFIGURED: "配置有误 Wrong configuration",
}
_BEGINNING = {
    FeedState.STARTING: "还没有数据 Nothing has come yet.",
    FeedState.PRIMING: "正在读取基础数据 What stands behind static_url is being read.",
}


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Ages of data from which it is STALE and from which it is unknown, the feed DOWN.

    `every`: how often the source is asked, or says that it lives; None where nobody knows, or
    where the configuration says the ages itself.
    """

    warn_after: timedelta
    expire_after: timedelta
    every: timedelta | None = None

    def silence(self, every: timedelta | None) -> tuple[timedelta, timedelta]:
        """After how long without a sign that is due so often the feed is STALE, and DOWN."""
        if every is None:
            return self.warn_after, self.expire_after
        warn = min(self.warn_after, PATIENCE * every)
        return warn, self.expire_after * (warn / self.warn_after)


@dataclass(frozen=True, slots=True)
class _TurnedAway:
    """Peers that were not let in: until when that is told, and whether data is missing by it."""

    detail: str
    until: datetime
    degrades: bool


@dataclass(frozen=True, slots=True)
class Health:
    """What happened so far; every event returns the next one, `state` reads it at a time.

    `data_as_of` is the newest time the data speaks of, never later than the hub's own time when
    it came; `renewed_at` is when that last moved, `gaps` how long it took before, `answered_at`
    when a payload last came at all, `reading` that one is being read. `detail` is one sentence
    about the trouble, `link_detail` one about the connection, for people.
    """

    started_at: datetime
    link: LinkState = LinkState.CONNECTING
    priming: bool = False
    data_as_of: datetime | None = None
    answered_at: datetime | None = None
    renewed_at: datetime | None = None
    gaps: tuple[timedelta, ...] = ()
    reading: bool = False
    trouble: Trouble | None = None
    detail: str | None = None
    link_detail: str | None = None
    turned: _TurnedAway | None = None

    def primes(self) -> "Health":
        """The reference is being loaded; without it no payload can be used."""
        return replace(self, priming=True)

    def primed(self) -> "Health":
        """The reference is there."""
        return replace(self, priming=False)

    def connected(self) -> "Health":
        """The other side answers, or a peer has called."""
        return replace(self, link=LinkState.UP, link_detail=None)

    def reads(self) -> "Health":
        """A payload is here and being read, which may take long."""
        return replace(self.connected(), reading=True)

    def listening(self) -> "Health":
        """Its port is open, and nobody has called yet."""
        return replace(self, link=LinkState.CONNECTING, trouble=None, detail=None, link_detail=None)

    def heard(self) -> "Health":
        """The other side spoke to us, though not of data."""
        return self.connected()

    def subscribed(self) -> "Health":
        """The other side has promised to notify us; what it sends decides the rest."""
        return self._unless(*_NEEDS_A_PERSON, Trouble.RATE_LIMITED).heard()

    def waiting(self) -> "Health":
        """Listening, and nobody is connected."""
        return replace(self, link=LinkState.CONNECTING)

    def disconnected(self, detail: str) -> "Health":
        """The other side cannot be reached, or answers with an error of its own."""
        after = self._unless(Trouble.RATE_LIMITED)
        return replace(after, link=LinkState.DOWN, link_detail=detail, reading=False)

    def data(self, as_of: datetime, now: datetime, unread: str | None = None) -> "Health":
        """A payload was decoded and is durable; `unread`: but for a part nobody can read."""
        newest = min(now, max(self.data_as_of or as_of, as_of))
        after = replace(
            self.connected(),
            data_as_of=newest,
            answered_at=now,
            reading=False,
            trouble=Trouble.UNDECODABLE if unread else None,
            detail=unread,
        )
        if self.data_as_of is not None and newest <= self.data_as_of:
            return after
        gap = () if self.renewed_at is None else (now - self.renewed_at,)
        return replace(after, renewed_at=now, gaps=(*self.gaps, *gap)[-REMEMBERED:])

    def undecodable(self, detail: str, now: datetime) -> "Health":
        """A payload could not be used; what it was to replace is kept."""
        return replace(self._troubled(Trouble.UNDECODABLE, detail), answered_at=now)

    def rate_limited(self, detail: str) -> "Health":
        """The other side wants fewer requests."""
        return self._troubled(Trouble.RATE_LIMITED, detail)

    def unauthorised(self, detail: str) -> "Health":
        """The other side refuses the credential."""
        return replace(self._troubled(Trouble.UNAUTHORISED, detail), link=LinkState.REFUSED)

    def misconfigured(self, detail: str) -> "Health":
        """As configured this feed cannot work."""
        return replace(self._troubled(Trouble.MISCONFIGURED, detail), link=LinkState.DOWN)

    def turned_away(self, detail: str, until: datetime, *, degrades: bool) -> "Health":
        """A peer was not let in; told until a moment. `degrades`: it had data for us."""
        return replace(self, turned=_TurnedAway(detail, until, degrades))

    def silent_from(self, thresholds: Thresholds) -> tuple[datetime, datetime]:
        """From when on, if nothing comes, the feed is STALE, and from when on DOWN."""
        since = self.data_as_of or self.started_at
        stale, down = since + thresholds.warn_after, since + thresholds.expire_after
        for sign, every in self._signs(thresholds):
            warn, expire = thresholds.silence(every)
            stale, down = min(stale, sign + warn), min(down, sign + expire)
        return stale, down

    def every(self, thresholds: Thresholds) -> timedelta | None:
        """How often there is something new: as often as is asked, or as the source usually has."""
        if thresholds.every is None or not self.gaps:
            return thresholds.every
        usual = self._usual_gap()
        return usual if usual > SLOWER * thresholds.every else thresholds.every

    def state(self, thresholds: Thresholds, now: datetime) -> FeedState:
        """The feed's state at `now`."""
        if self.trouble in _NEEDS_A_PERSON:
            return _NEEDS_A_PERSON[self.trouble]
        stale, down = self.silent_from(thresholds)
        if now > down:
            return FeedState.DOWN
        if self.trouble is Trouble.RATE_LIMITED:
            return FeedState.RATE_LIMITED
        if self.data_as_of is None:
            return self._state_before_data(now)
        if now > stale:
            return FeedState.STALE
        return FeedState.DEGRADED if self._lacks(now) else FeedState.HEALTHY

    def reason(self, thresholds: Thresholds, now: datetime, zone: ZoneInfo) -> str | None:
        """Why the feed is in its state at `now`, causes first; None where all is well.

        Times in it are of `zone`.
        """
        state = self.state(thresholds, now)
        effect = _BEGINNING.get(state)
        if state in {FeedState.STALE, FeedState.DOWN}:
            old = now > self.silent_from(thresholds)[0]
            effect = self._silence(zone) if old or self.trouble is None else None
        turned = self.turned if self.turned and now < self.turned.until else None
        causes = [self._trouble(), turned.detail if turned else None]
        if self.link is LinkState.DOWN and self.link_detail:
            causes.append(f"取不到数据 No data comes: {self.link_detail}")
        return " ".join(filter(None, [*causes, effect])) or None

    def _trouble(self) -> str | None:
        return f"{_TROUBLES[self.trouble]}: {self.detail}" if self.trouble and self.detail else None

    def _silence(self, zone: ZoneInfo) -> str | None:
        if self.data_as_of is not None:
            return not_renewed(self.data_as_of, zone)
        return None if self.link_detail else nothing_came(self.started_at, zone)

    def _signs(self, thresholds: Thresholds) -> Iterator[tuple[datetime, timedelta]]:
        """What shows that the source lives, and how often each is due."""
        every = self.every(thresholds)
        if thresholds.every is None or every is None or self.reading or self.answered_at is None:
            return
        yield self.answered_at, thresholds.every
        if self.gaps and self.renewed_at is not None:
            yield self.renewed_at, every

    def _usual_gap(self) -> timedelta:
        """The median, in whole seconds: one outage does not make a source seem slow."""
        return timedelta(seconds=round(sorted(self.gaps)[len(self.gaps) // 2].total_seconds()))

    def _lacks(self, now: datetime) -> bool:
        """Whether data that was there to be had is missing."""
        turned = self.turned is not None and self.turned.degrades and now < self.turned.until
        return turned or self.trouble is Trouble.UNDECODABLE

    def _state_before_data(self, now: datetime) -> FeedState:
        if self.link is LinkState.DOWN:
            return FeedState.DOWN
        if self._lacks(now):
            return FeedState.DEGRADED
        return FeedState.PRIMING if self.priming else FeedState.STARTING

    def _troubled(self, trouble: Trouble, detail: str) -> "Health":
        return replace(self.connected(), trouble=trouble, detail=detail, reading=False)

    def _unless(self, *troubles: Trouble) -> "Health":
        """Without these troubles: they are over."""
        return replace(self, trouble=None, detail=None) if self.trouble in troubles else self
