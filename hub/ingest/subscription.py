"""One feed that subscribes: asks its producer to notify us, and sees to it that this goes on.

It runs in one process, under the feed's lease. Notifications come to whichever process serves HTTP
(`hub.ingest.endpoint`); what they were is read from the feed's document, so both may be the same
process or not. Every tick one question is asked: is there a reason to subscribe (again)? There is
at the start, before the subscription ends, when the producer ended it or restarted, and when its
heartbeats stopped. Subscribing again replaces: identifiers never change.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from hub import clock
from hub.connector import Envelope, Heard, Request
from hub.connector import ProducerSubscription as Dialogue
from hub.errors import AccessDenied, FeedStopped, LiandongError, PayloadError, RetryLater
from hub.ingest.fetch import Fetcher, Unauthorised
from hub.ingest.inlet import Inlet
from hub.ingest.plan import Plan
from hub.ingest.pushed import Pushes, followed
from hub.ingest.spacing import Spacing
from hub.ingest.status import Monitor
from hub.store.faults import passing
from hub.store.feeds.cache import FeedRepository

TICK_SECONDS = 1.0
MISSED_HEARTBEATS = 3
"""After so many heartbeats missed the producer is asked whether it lives."""
LOST_AFTER = 10
"""Heartbeats of silence after which a producer that never sent one is subscribed to again."""
GOODBYE_SECONDS = 3.0

log = structlog.get_logger()


@dataclass(slots=True)
class _Held:
    """A subscription as it was granted; `alive_at`: when a check was asked that was answered."""

    at: datetime
    renew_at: datetime
    service_started_at: datetime | None
    alive_at: datetime


class Subscriber:
    """Keeps one feed subscribed until cancelled, then ends the subscription if it is still ours."""

    def __init__(
        self,
        one: Plan,
        dialogue: Dialogue,
        *,
        address: str,
        monitor: Monitor,
        repository: FeedRepository,
        inlet: Inlet,
        spacing: Spacing,
        still_ours: Callable[[], Awaitable[bool]],
    ) -> None:
        """`address` is our endpoint for this feed as the producer reaches it, secret included."""
        self._feed = one.feed
        self._dialogue = dialogue
        self._address = address
        self._monitor = monitor
        self._repository = repository
        self._inlet = inlet
        self._still_ours = still_ours
        self._producer = Fetcher(one.feed, one.feed.url or "", spacing=spacing)
        self._held: _Held | None = None
        self._backoff = self._producer.backoff(min(one.feed.interval, dialogue.heartbeat))
        self._seen = Pushes()
        self._next_try: datetime | None = None

    async def run(self) -> None:
        """Watch until cancelled."""
        try:
            while True:
                await self.tick()
                await asyncio.sleep(TICK_SECONDS)
        finally:
            await self._say_goodbye()
            await self._producer.aclose()
            await self._inlet.aclose()

    async def tick(self) -> None:
        """Look once at what came, and do what follows from it."""
        try:
            seen = Pushes.of(await self._repository.get(self._feed.id))
        except Exception as error:
            if passing(error) is None:
                raise
            return  # the database is away: nothing can be written either
        self._monitor.health = followed(self._monitor.health, self._seen, seen)
        self._seen = seen
        now = clock.now()
        if self._next_try is not None and now < self._next_try:
            return
        try:
            await self._see_to_it(now)
        except (AccessDenied, Unauthorised) as error:
            self._failed(error)
            self._monitor.health = self._monitor.health.unauthorised(str(error))
        except FeedStopped as error:
            self._failed(error)
            self._monitor.health = self._monitor.health.misconfigured(str(error))
        except (RetryLater, PayloadError) as error:
            self._failed(error)
            self._monitor.health = self._monitor.health.disconnected(str(error))

    async def _see_to_it(self, now: datetime) -> None:
        reason = self._reason(now)
        if reason is not None:
            await self._subscribe(now, reason)
        elif self._held is not None and now - self._last_sign(self._held) > self._silence():
            await self._check(now, self._held)

    def _reason(self, now: datetime) -> str | None:
        """Why to subscribe now; None if all is well as far as is known."""
        held, seen = self._held, self._seen
        if held is None:
            return "not subscribed"
        if now >= held.renew_at:
            return "renewal"
        if seen.terminated_at is not None and seen.terminated_at >= held.at:
            return f"the producer ended the subscription: {seen.terminated}"
        if seen.told_at is not None and seen.told_at >= held.at:
            started = seen.service_started_at
            if held.service_started_at is None:
                held.service_started_at = started
            elif started is not None and started != held.service_started_at:
                return "the producer restarted"
        return None

    async def _subscribe(self, now: datetime, reason: str) -> None:
        was = self._held
        self._held = None
        until = now + self._dialogue.lifetime
        granted = self._dialogue.granted(
            await self._ask(self._dialogue.subscribe(self._address, now, until))
        )
        ends = min(until, granted.until or until)
        self._held = _Held(now, _renewal(now, ends), granted.service_started_at, now)
        self._backoff.succeeded()
        self._next_try = None
        self._monitor.health = self._monitor.health.subscribed()
        if was is None or reason != "renewal":
            log.info("feed subscribed", feed=self._feed.id, reason=reason, until=ends.isoformat())
        if granted.refused:
            log.warning("subscription granted in part", feed=self._feed.id, refused=granted.refused)

    async def _check(self, now: datetime, held: _Held) -> None:
        """Nothing was heard for long: ask. A producer that lives but does not send has lost us."""
        heard = self._dialogue.alive(await self._ask(self._dialogue.check(now)))
        if not heard.available:
            raise RetryLater("对方称暂不能服务 The producer says that it cannot serve.")
        if self._is_lost(heard, now, held):
            await self._subscribe(now, "the producer lives, and does not notify us any more")
            return
        held.alive_at = now
        self._backoff.succeeded()
        self._next_try = None
        self._monitor.health = self._monitor.health.heard()
        if heard.data_ready:
            await self._inlet.fetch()

    def _is_lost(self, heard: Heard, now: datetime, held: _Held) -> bool:
        started = heard.service_started_at
        if started and held.service_started_at and started != held.service_started_at:
            return True
        beats = self._seen.proof_at is not None and self._seen.proof_at >= held.at
        since = max(filter(None, (held.at, self._seen.heard_at)))
        return beats or now - since > self._dialogue.heartbeat * LOST_AFTER

    def _last_sign(self, held: _Held) -> datetime:
        return max(filter(None, (held.at, held.alive_at, self._seen.heard_at)))

    def _silence(self) -> timedelta:
        return self._dialogue.heartbeat * MISSED_HEARTBEATS

    async def _ask(self, request: Request) -> Envelope:
        answer = await self._producer.get(request)
        if answer is None:
            raise RetryLater(f"{self._producer.source} answered nothing.")
        return answer

    def _failed(self, error: LiandongError) -> None:
        """Not subscribed any more, as far as we know; wait longer each time."""
        self._held = None
        if isinstance(error, AccessDenied | FeedStopped):
            wait = self._backoff.refused()
        else:
            wait = self._backoff.failed(getattr(error, "after", None))
        self._next_try = clock.now() + timedelta(seconds=wait)
        if self._backoff.failures == 1:
            log.warning("feed not subscribed", feed=self._feed.id, detail=str(error))

    async def _say_goodbye(self) -> None:
        """End the subscription, unless another process has the feed now: it uses the same names."""
        if self._held is None:
            return
        try:
            async with asyncio.timeout(GOODBYE_SECONDS):
                if await self._still_ours():
                    await self._producer.get(self._dialogue.terminate(clock.now()))
                    log.info("feed unsubscribed", feed=self._feed.id)
        except (LiandongError, TimeoutError) as error:
            # it runs out by itself, and starting again replaces it
            log.info("subscription not ended", feed=self._feed.id, detail=str(error))


def _renewal(now: datetime, ends: datetime) -> datetime:
    """When to renew: with a tenth of the time left, so that several attempts fit in."""
    return ends - (ends - now) / 10
