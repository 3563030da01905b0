"""Keeps the raw frames of a TCP feed: many small ones become one message of the archive.

The message is a capture the connector can parse again. It is bounded: when frames come faster
than they can be stored, the excess is counted and dropped; the records themselves are not.
"""

import asyncio
from datetime import datetime

import structlog

from hub.connector import Envelope
from hub.ingest.durable import until_durable
from hub.settings import FeedSettings
from hub.store.feeds import FeedRepository

FLUSH_SECONDS = 5.0
FLUSH_BYTES = 64 * 1024
MAX_BYTES = 1024 * 1024

log = structlog.get_logger()


class Capture:
    """Gathers frames; `run` stores them every few seconds, or sooner when they are many."""

    def __init__(self, feed: FeedSettings, repository: FeedRepository) -> None:
        self._feed = feed
        self._repository = repository
        self._frames: list[bytes] = []
        self._size = 0
        self._first_at: datetime | None = None
        self._full = asyncio.Event()
        self.dropped = 0

    def add(self, frames: list[bytes], at: datetime) -> int:
        """Take frames that arrived by `at`; their size in bytes."""
        size = sum(map(len, frames))
        if self._size + size > MAX_BYTES:
            if not self.dropped:
                log.warning("raw frames dropped", feed=self._feed.id)
            self.dropped += len(frames)
            return size
        self._first_at = self._first_at or at
        self._frames.extend(frames)
        self._size += size
        if self._size >= FLUSH_BYTES:
            self._full.set()
        return size

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
        frames, first_at = self._frames, self._first_at
        if not frames or first_at is None:
            return
        self._frames, self._size, self._first_at = [], 0, None
        envelope = Envelope(
            b"".join(frames), first_at, f"tcp://{self._feed.listen}", "application/octet-stream"
        )
        await until_durable(
            self._feed.id, lambda: self._repository.archive(self._feed.id, envelope)
        )
