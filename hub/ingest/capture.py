"""Keeps the raw frames of a TCP feed: many small ones become one message of the archive.

The message is a capture the connector can parse again, with spans that say which frames were
written together and when they came, so that a replay writes as the hub did. It is bounded: when
frames come faster than they can be stored, the excess is counted and dropped; the records
themselves are not.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from hub.connector import Envelope, Exchange
from hub.ingest.durable import until_durable
from hub.settings import FeedSettings
from hub.store.feeds.arrivals import Part, Span
from hub.store.feeds.cache import FeedRepository

FLUSH_SECONDS = 5.0
FLUSH_BYTES = 64 * 1024
MAX_BYTES = 1024 * 1024
_MICROSECOND = timedelta(microseconds=1)

log = structlog.get_logger()


class Capture:
    """Gathers frames; `run` stores them every few seconds, or sooner when they are many."""

    def __init__(self, feed: FeedSettings, repository: FeedRepository) -> None:
        self._feed = feed
        self._repository = repository
        self._frames: list[bytes] = []
        self._spans: list[Span] = []
        self._size = 0
        self._first_at: datetime | None = None
        self._writes = 0
        self._lost = 0
        self._full = asyncio.Event()

    def add(self, exchanges: Sequence[Exchange], now: datetime) -> int:
        """Take the frames of exchanges that were written together; their size in bytes."""
        size = sum(len(frame) for exchange in exchanges for frame in exchange.raw)
        if self._size + size > MAX_BYTES:
            if not self._lost:
                log.warning("raw frames dropped", feed=self._feed.id)
            self._lost += sum(len(exchange.raw) for exchange in exchanges)
            return size
        self._writes += 1
        for exchange in exchanges:
            self._take(exchange.raw, exchange.received_at or now)
        if self._size >= FLUSH_BYTES:
            self._full.set()
        return size

    def _take(self, frames: list[bytes], at: datetime) -> None:
        if not frames:
            return
        self._first_at = self._first_at or at
        size = sum(map(len, frames))
        self._frames.extend(frames)
        self._spans.append(Span(self._writes, (at - self._first_at) // _MICROSECOND, size))
        self._size += size

    async def run(self) -> None:
        """Store until cancelled; then `flush` what is left."""
        while True:
            try:
                async with asyncio.timeout(FLUSH_SECONDS):
                    await self._full.wait()
            except TimeoutError:
                pass  # time to store what there is
            await self.flush()

    async def flush(self) -> None:
        """Store what was gathered."""
        self._full.clear()
        frames, spans, first_at, lost = self._frames, self._spans, self._first_at, self._lost
        if not frames or first_at is None:
            return
        self._frames, self._spans, self._size = [], [], 0
        self._first_at, self._writes, self._lost = None, 0, 0
        envelope = Envelope(
            b"".join(frames), first_at, f"tcp://{self._feed.listen}", "application/octet-stream"
        )
        await until_durable(
            self._feed.id,
            lambda: self._repository.raw.add(
                self._feed.id, envelope, part=Part.FRAMES, spans=spans, lost=lost
            ),
        )
