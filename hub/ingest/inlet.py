"""Takes what is pushed to a feed, or fetched because a push said so: decode, keep, apply, count."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from hub import clock
from hub.connector import Accepted, Batch, Context, Envelope, Heard, Pushed, Reject
from hub.errors import FeedStopped, PayloadError, RetryLater
from hub.ingest.decode import called
from hub.ingest.durable import until_durable
from hub.ingest.fetch import MAX_PARTS, Fetcher
from hub.ingest.plan import Plan
from hub.ingest.pushed import denied_fields, heard_fields, payload_fields, refused_fields
from hub.ingest.reference import ReferenceKeeper, static_fetcher
from hub.ingest.spacing import Spacing
from hub.ingest.status import received
from hub.ingest.turn import Hand, Turn
from hub.store.driver import Store
from hub.store.faults import passing
from hub.store.feeds.arrivals import Part
from hub.store.feeds.cache import FeedRepository

TURN_SECONDS = 30.0
"""Within this a payload is durable, or whoever sent it is told to come again."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What the inlets of one process have in common."""

    store: Store
    stop_places: frozenset[str]
    raw_bytes: int
    spacing: Spacing


class Inlet:
    """One feed's way in. `aclose` it."""

    def __init__(self, one: Plan, setting: Setting) -> None:
        feed = one.feed
        self.plan = one
        self._repository = FeedRepository(setting.store)
        self._turn = Turn(setting.store, feed, setting.stop_places, setting.raw_bytes)
        self._static = static_fetcher(feed, one.connector, setting.spacing)
        self._reference = self._keeper()
        self._loading = asyncio.Lock()
        most = one.connector.manifest.max_bytes
        self._producer = (
            Fetcher(feed, feed.url, max_bytes=most, spacing=setting.spacing) if feed.url else None
        )
        self._refusals: list[Reject] = []

    async def aclose(self) -> None:
        """Close the connections."""
        for fetcher in (self._static, self._producer):
            if fetcher is not None:
                await fetcher.aclose()

    async def move(self, one: Plan, stop_places: frozenset[str]) -> None:
        """Read and write for these stop places from now on; what is in hand is written first."""
        self.plan = one
        self._reference = self._keeper()  # what was read of the timetable was for the others
        await self._turn.move(stop_places)

    async def take(
        self, envelope: Envelope, headers: Mapping[str, str], secret: bytes | None
    ) -> Accepted:
        """What a request led to, durable.

        Raises AccessDenied; PayloadError, the payload being quarantined; RetryLater or FeedStopped
        when it cannot be taken now.
        """
        accept = self.plan.connector.accept
        if accept is None:
            raise FeedStopped(f"kind {self.plan.feed.kind} cannot be pushed.")
        context = await self._context()
        try:
            accepted = await called(
                lambda raw, where: accept(Pushed(raw, dict(headers), secret), where),
                envelope,
                context,
            )
        except PayloadError as error:
            await self._quarantine(envelope, error)
            raise
        if accepted.refused is not None:
            await self._quarantine(envelope, accepted.refused)
        elif accepted.batch is not None:
            await self._write(envelope, accepted.batch)
        if accepted.heard is not None:
            await self._hear(accepted.heard)
        return accepted

    async def denied(self, why: str) -> None:
        """Somebody who may not posts to this feed; while the database is away nobody is told."""
        try:
            await self._repository.count_push(
                self.plan.feed.id, denied_fields(why, clock.now()), {}
            )
        except Exception as error:
            if passing(error) is None:
                raise

    async def fetch(self) -> None:
        """Fetch what the producer has ready, all parts of it, and take it.

        Raises RetryLater, FeedStopped, PayloadError.
        """
        subscription = self.plan.subscription
        if subscription is None or self._producer is None:
            return
        for _ in range(MAX_PARTS):
            context = await self._context()
            envelope = await self._producer.get(subscription.supply(clock.now()))
            if envelope is None:
                return
            try:
                batch = await called(self.plan.connector.parse, envelope, context)
            except PayloadError as error:
                await self._quarantine(envelope, error)
                raise
            await self._write(envelope, batch)
            if not batch.more:
                return

    def _keeper(self) -> ReferenceKeeper:
        one = self.plan
        return ReferenceKeeper(one.feed, one.connector, self._static, self._keep_static)

    async def _context(self) -> Context:
        async with self._loading:
            reference = await self._reference.current(self.plan.context)
        return replace(self.plan.context, reference=reference)

    async def _write(self, envelope: Envelope, batch: Batch) -> None:
        """Keep, apply, count: after this the payload may be acknowledged."""
        feed_id = self.plan.feed.id

        async def write() -> None:
            async with self._turn.take() as hand:
                await hand.repository.archive(feed_id, envelope)
                await hand.writer.apply(batch)
                await self._refuse(hand, batch.rejects + batch.notes)

        await self._in_time(write)
        now = clock.now()
        fields = payload_fields(batch, now) | received(batch, now)
        counted = {
            "payloads": 1,
            "bytes": envelope.size,
            "accepted": batch.accepted,
            "rejected": len(batch.rejects),
        }
        await self._count(fields, counted)

    async def _quarantine(self, envelope: Envelope, error: PayloadError) -> None:
        feed_id, now = self.plan.feed.id, clock.now()

        async def keep() -> None:
            async with self._turn.take() as hand:
                await hand.repository.archive(feed_id, envelope, quarantined=error.reason)

        await self._in_time(keep)
        counted = {"payloads": 1, "bytes": envelope.size, "rejected": 1}
        fields = refused_fields(f"{error.reason}: {error}", now) | {"last_received_at": now}
        await self._count(fields, counted)

    async def _hear(self, heard: Heard) -> None:
        await self._count(heard_fields(heard, clock.now()), {})

    async def _count(self, fields: dict[str, Any], counted: dict[str, int]) -> None:
        feed_id = self.plan.feed.id
        await self._in_time(lambda: self._repository.count_push(feed_id, fields, counted))

    async def _in_time(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do it, again while the database is away, but not for longer than anybody would wait."""
        try:
            async with asyncio.timeout(TURN_SECONDS):
                await until_durable(self.plan.feed.id, work)
        except TimeoutError as error:
            raise RetryLater(f"feed {self.plan.feed.id} cannot write now.") from error

    async def _keep_static(self, envelope: Envelope) -> None:
        async def keep() -> None:
            async with self._turn.take() as hand:
                await hand.repository.raw.add(self.plan.feed.id, envelope, part=Part.STATIC)

        await self._in_time(keep)

    async def _refuse(self, hand: Hand, refused: list[Reject]) -> None:
        """Keep rejects and notes for people to read, unless they are those of last time."""
        if refused and refused != self._refusals:
            await hand.repository.add_rejects(self.plan.feed.id, refused)
        self._refusals = refused
