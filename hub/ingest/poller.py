"""One polled feed: acquire, keep the raw bytes, parse, apply; again at every tick."""

import asyncio
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import uniform

from hub import clock
from hub.connector import Batch, Connector, Context, Envelope
from hub.errors import FeedStopped, PayloadError, Reason, RetryLater
from hub.ingest.decode import called
from hub.ingest.durable import until_durable
from hub.ingest.fetch import MAX_PARTS, RateLimited, Unauthorised
from hub.ingest.gather import Gatherer
from hub.ingest.reference import ReferenceKeeper, static_fetcher
from hub.ingest.spacing import Spacing
from hub.ingest.status import Monitor
from hub.settings import FeedSettings
from hub.store.feeds.apply import FeedWriter
from hub.store.feeds.arrivals import Part
from hub.store.feeds.cache import FeedRepository
from hub.store.feeds.memory import ABSENCES


@dataclass(frozen=True, slots=True)
class _Read:
    """What was last parsed and applied: bytes, reference version and local day.

    `settled`: the same bytes need not be applied again. A complete message must come ABSENCES
    times before what it lacks is withdrawn, so it is not settled at its first.
    """

    digest: str
    basis: tuple[str | None, date]
    as_of: datetime | None
    times: int
    settled: bool


class Poller:
    """Runs one feed until cancelled. No error of the other side ends it."""

    def __init__(
        self,
        feed: FeedSettings,
        connector: Connector,
        context: Context,
        *,
        monitor: Monitor,
        writer: FeedWriter,
        repository: FeedRepository,
        spacing: Spacing,
    ) -> None:
        self._feed = feed
        self._connector = connector
        self._context = context
        self._monitor = monitor
        self._writer = writer
        self._repository = repository
        self._fetcher = Gatherer(feed, connector, spacing)
        self._static = static_fetcher(feed, connector, spacing)
        self._reference = ReferenceKeeper(feed, connector, self._static, self._keep_static)
        self._backoff = self._fetcher.backoff()
        self._read: _Read | None = None

    async def run(self) -> None:
        """Poll at every tick; a poll that overruns its tick skips the ones it missed."""
        due = clock.now()
        try:
            while True:
                wait = await self.poll()
                if wait is None:
                    due = _next_tick(due, self._feed.interval)
                    wait = clock.seconds_until(due) + uniform(0, self._jitter())  # noqa: S311  # spreads load, guards nothing
                    await asyncio.sleep(wait)
                else:
                    await self._backoff.rest(wait)
                    due = clock.now()
        finally:
            await self.aclose()

    async def aclose(self) -> None:
        """Close the connections; `run` does so at its end."""
        await self._fetcher.aclose()
        if self._static is not None:
            await self._static.aclose()

    async def poll(self) -> float | None:
        """Poll once and save the feed's status; seconds to wait, None for the regular tick."""
        monitor = self._monitor
        try:
            for _ in range(MAX_PARTS):
                if not await self._once():
                    break
            self._backoff.succeeded()
            wait = None
        except Unauthorised as error:
            monitor.health = monitor.health.unauthorised(str(error))
            wait = self._refused()
        except FeedStopped as error:
            monitor.health = monitor.health.misconfigured(str(error))
            wait = self._refused()
        except PayloadError as error:
            self._read = None
            self._fetcher.forget()
            monitor.health = monitor.health.undecodable(f"{error.reason}: {error}", clock.now())
            wait = None
        except RetryLater as error:
            if isinstance(error, RateLimited):
                monitor.health = monitor.health.rate_limited(str(error))
            else:
                monitor.health = monitor.health.disconnected(str(error))
            wait = self._backoff.failed(error.after)
        await monitor.save()
        return wait

    async def _once(self) -> bool:
        """Acquire, parse, apply; whether the answer goes on and the next part can be had now."""
        context = await self._with_reference()
        version = context.reference.version if context.reference else None
        today = clock.now().astimezone(self._feed.timezone).date()
        basis = (version, today)
        if self._read is not None and self._read.basis != basis:
            self._read = None
            self._fetcher.forget()
        request = self._connector.request
        envelope = await self._fetcher.get(
            context, request(context, clock.now()) if request else None
        )
        known = self._read
        same = known is not None and envelope is not None and known.digest == envelope.sha256
        if envelope is None or (same and known is not None and known.settled):
            self._unchanged()
            return False
        self._monitor.health = self._monitor.health.reads()
        batch = await self._parsed(envelope, context)
        await until_durable(self._feed.id, lambda: self._writer.apply(batch))
        times = known.times + 1 if same and known is not None else 1
        self._read = _Read(
            digest=envelope.sha256,
            basis=basis,
            as_of=batch.as_of if batch.as_of != envelope.received_at else None,
            times=times,
            settled=times >= ABSENCES or not batch.complete,
        )
        if not self._read.settled:
            self._fetcher.forget()
        self._monitor.payload(batch, size=envelope.size, now=clock.now())
        refused = batch.rejects + batch.notes
        await until_durable(self._feed.id, lambda: self._monitor.refuse(refused))
        return batch.more and not same

    async def _with_reference(self) -> Context:
        if self._reference.missing:
            self._monitor.health = self._monitor.health.primes()
            await self._monitor.save()
        reference = await self._reference.current(self._context)
        self._monitor.health = self._monitor.health.primed()
        self._monitor.note("static_url", self._reference.trouble)
        return replace(self._context, reference=reference)

    async def _parsed(self, envelope: Envelope, context: Context) -> Batch:
        """The batch of a payload, its bytes kept. One that cannot be used is kept, flagged."""
        try:
            batch = await called(self._connector.parse, envelope, context)
        except PayloadError as error:
            self._monitor.quarantined(envelope.size, clock.now())
            await self._archive(envelope, error.reason)
            raise
        await self._archive(envelope, None)
        return batch

    async def _archive(self, envelope: Envelope, refused: Reason | None) -> None:
        await until_durable(
            self._feed.id,
            lambda: self._repository.archive(self._feed.id, envelope, quarantined=refused),
        )

    async def _keep_static(self, envelope: Envelope) -> None:
        await until_durable(
            self._feed.id,
            lambda: self._repository.raw.add(self._feed.id, envelope, part=Part.STATIC),
        )

    def _unchanged(self) -> None:
        """The same bytes again: as old as they say, or as fresh as this answer if they do not."""
        now = clock.now()
        as_of = self._read.as_of if self._read else None
        self._monitor.unchanged(as_of or now, now)

    def _refused(self) -> float:
        self._fetcher.forget()
        return self._backoff.refused()

    def _jitter(self) -> float:
        return min(1.0, self._feed.interval.total_seconds() / 10)


def _next_tick(due: datetime, interval: timedelta) -> datetime:
    """The first tick after `due` that still lies ahead; one interval when the clock went back."""
    now = clock.now()
    missed = (now - due) // interval
    return min(due + interval * max(1, missed + 1), now + interval)
