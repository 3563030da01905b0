"""What everybody sees of one feed: its document in `feeds`, kept up to date, transitions logged."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from hub import clock
from hub.connector import Batch, Manifest, Reject
from hub.ingest.health import Health, Thresholds
from hub.model.common import Mode
from hub.model.feeds import FeedState, LinkState
from hub.settings import FeedSettings
from hub.store.faults import passing
from hub.store.feeds.cache import FeedRepository
from hub.store.feeds.freshness import held_until

_WELL = {FeedState.HEALTHY, FeedState.STARTING, FeedState.PRIMING, FeedState.DISABLED}

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Beside:
    """A connection that the hub opened because a peer asked for it, and what is wrong with it."""

    host: str
    port: int
    link: LinkState
    detail: str | None = None


class Monitor:
    """One feed's health and counts. Set `health` and call `payload`; `save` writes what changed.

    `beside` are connections besides the one the data needs, by name: their trouble is told, and
    does not touch the feed's state; nor does what is `note`d.
    """

    def __init__(
        self,
        feed: FeedSettings,
        manifest: Manifest,
        mode: Mode | None,
        repository: FeedRepository,
        *,
        zone: ZoneInfo,
        every: timedelta | None = None,
    ) -> None:
        """`every`: how often the source is asked, or promises a sign of life; None if never.

        `zone` is the area's: that of the times in what people read.
        """
        self.feed = feed
        self.thresholds = thresholds(feed, manifest, every)
        self.health = Health(started_at=clock.now())
        self.beside: dict[str, Beside] = {}
        self.state = FeedState.STARTING if feed.enabled else FeedState.DISABLED
        self._repository = repository
        self._zone = zone
        self._about = {
            "kind": feed.kind,
            "mode": mode.value if mode else None,
            "dataset": feed.namespace,
            "standard": manifest.standard,
            "priority": feed.priority,
            "warn_after_s": self.thresholds.warn_after.total_seconds(),
            "expire_after_s": self.thresholds.expire_after.total_seconds(),
        }
        self._before: dict[str, datetime] | None = None
        self._totals = {"payloads": 0, "accepted": 0, "rejected": 0, "bytes": 0}
        self._received: dict[str, Any] = {}
        self._notes: dict[str, str] = {}
        self._saved: dict[str, Any] = {}
        self._refusals: list[Reject] = []
        self._unread: str | None = None
        self._saving = asyncio.Lock()

    @property
    def totals(self) -> dict[str, int]:
        """Payloads, entities accepted and rejected, and bytes, over all runs."""
        return dict(self._totals)

    async def open(self) -> None:
        """Take up totals and silence where the last process left them, and show the feed."""
        known = await self._repository.get(self.feed.id) or {}
        limits = held_until(known) if known.get("data_as_of") else None
        if limits is not None:
            self._before = dict(zip(("stale_at", "down_at"), limits, strict=True))
        totals = known.get("totals") or {}
        self._totals = {key: int(totals.get(key, 0)) for key in self._totals}
        if totals:  # as they stand: what is pushed is counted by the process that takes it
            self._saved["totals"] = dict(self._totals)
        await self.save()

    def payload(self, batch: Batch, *, size: int, now: datetime) -> None:
        """A payload was decoded and is durable."""
        self._unread = batch.unread
        self.health = self.health.data(batch.as_of or now, now, self._unread)
        self.counted(batch, size=size, now=now)

    def counted(self, batch: Batch, *, size: int, now: datetime) -> None:
        """A payload came and was decoded; its counts, whether or not it held data."""
        self._totals["payloads"] += 1
        self._totals["bytes"] += size
        self._totals["accepted"] += batch.accepted
        self._totals["rejected"] += len(batch.rejects)
        self._received = received(batch, now)

    def unchanged(self, as_of: datetime, now: datetime) -> None:
        """The other side has nothing newer than what was decoded before."""
        self.health = self.health.data(as_of, now, self._unread)
        self._received["last_received_at"] = now

    def quarantined(self, size: int, now: datetime) -> None:
        """A payload came and could not be decoded."""
        self._totals["payloads"] += 1
        self._totals["rejected"] += 1
        self._totals["bytes"] += size
        self._received["last_received_at"] = now

    def note(self, what: str, detail: str | None) -> None:
        """Something besides the data is wrong, or is not any more."""
        if detail is None:
            self._notes.pop(what, None)
        else:
            self._notes[what] = detail

    async def refuse(self, refused: list[Reject]) -> None:
        """Keep rejects and notes for people to read, unless they are those of last time."""
        if refused and refused != self._refusals:
            await self._repository.add_rejects(self.feed.id, refused)
        self._refusals = refused

    async def save(self) -> None:
        """Evaluate the state now and write what changed; a database away now is tried again."""
        async with self._saving:
            await self._save(clock.now())

    async def _save(self, now: datetime) -> None:
        state = self.health.state(self.thresholds, now) if self.feed.enabled else self.state
        fields = {
            **self._about,
            **self._received,
            "state": state.value,
            "link_state": self.health.link.value if self.feed.enabled else None,
            "detail": self._reason(now),
            "callbacks": [
                {
                    "name": name,
                    "address": f"{one.host}:{one.port}",
                    "link_state": one.link.value,
                    "detail": one.detail,
                }
                for name, one in sorted(self.beside.items())
            ],
            "totals": dict(self._totals),
            **self._silence(),
        }
        if self.health.data_as_of is not None:
            fields["data_as_of"] = self.health.data_as_of
        if state is not self.state:
            self._log(state, fields["detail"])
            self.state = state
        if self._saved.get("state") != fields["state"]:
            fields["changed_at"] = now
        changed = {
            key: value
            for key, value in fields.items()
            if key not in self._saved or self._saved[key] != value
        }
        if not changed and self._saved:
            return
        try:
            await self._repository.save_status(self.feed.id, changed)
        except Exception as error:
            if passing(error) is None:
                raise
            return  # the next tick tries again; the outage itself is logged by the writers
        self._saved |= changed

    def _reason(self, now: datetime) -> str | None:
        """Why the feed is in its state, and what is wrong beside, in one line."""
        if not self.feed.enabled:
            return "配置停用 enabled = false in the configuration."
        wrong = [
            self.health.reason(self.thresholds, now, self._zone),
            *(f"{what}: {detail}" for what, detail in sorted(self._notes.items())),
            *(
                f"回连 {name}, callback to {one.host}:{one.port} is {one.link.value}: {one.detail}"
                for name, one in sorted(self.beside.items())
                if one.detail
            ),
        ]
        return " ".join(filter(None, wrong)) or None

    def _silence(self) -> dict[str, Any]:
        """From when on the feed counts as silent, for whoever reads this when nobody writes it.

        `before`: the same of what is stored from before this process, until it has data itself.
        """
        if not self.feed.enabled:
            return {}
        stale, down = self.health.silent_from(self.thresholds)
        warn, expire = self.thresholds.silence(self.health.every(self.thresholds))
        return {
            "stale_at": stale,
            "down_at": down,
            "silent_after_s": warn.total_seconds(),
            "lost_after_s": expire.total_seconds(),
            "before": self._before if self.health.data_as_of is None else None,
        }

    def _log(self, state: FeedState, detail: str | None) -> None:
        say = log.info if state in _WELL else log.warning
        say(
            "feed state",
            feed=self.feed.id,
            state=state.value,
            was=self.state.value,
            detail=detail,
        )


def thresholds(
    feed: FeedSettings, manifest: Manifest, every: timedelta | None = None
) -> Thresholds:
    """The feed's own ages where set, else the kind's, and sooner where it speaks `every` so long.

    Who sets `warn_after` knows better than any interval.
    """
    return Thresholds(
        feed.warn_after or manifest.fresh_for,
        feed.expire_after or manifest.expires_after,
        every if feed.warn_after is None else None,
    )


def received(batch: Batch, now: datetime) -> dict[str, Any]:
    """What a feed's document shows of its last payload."""
    return {
        "last_received_at": now,
        "counts": {
            "accepted": batch.accepted,
            "rejected": len(batch.rejects),
            "entities": batch.entities,
        },
        "rejects": _by_reason(batch.rejects),
        "notes": _by_reason(batch.notes),
    }


def _by_reason(refused: Iterable[Reject]) -> list[dict[str, Any]]:
    counted = Counter(reject.reason.value for reject in refused)
    return [{"reason": reason, "count": count} for reason, count in sorted(counted.items())]
