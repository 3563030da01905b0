"""One peer of a JT/T feed: cuts its bytes into frames and watches that it speaks the protocol."""

from abc import ABC, abstractmethod
from datetime import datetime
from typing import Generic, TypeVar

from connectors.jtt.capture import Dialect
from hub.connector import Callback, Exchange
from hub.errors import PayloadError
from hub.formats.jtt.framing import Splitter

MAX_BROKEN = 32
"""Broken frames in a row after which a peer does not speak the protocol and is disconnected."""
FROM_PLATFORM = 0x8000
"""Message ids from here on are a platform's; below, a terminal's."""

F = TypeVar("F")


class FrameSession(ABC, Generic[F]):
    """The part of `hub.connector.Session` that is the same for terminals and platforms.

    Broken frames are counted and not answered: who sent them is not certain. Nor are they kept,
    for nobody knows what they hold.
    """

    def __init__(self, dialect: Dialect[F]) -> None:
        self._dialect = dialect
        self._splitter = Splitter(dialect.framing)
        self._serial = 0
        self._broken = 0
        self.peer_id: str | None = None
        self.callback: Callback | None = None

    def receive(self, data: bytes, at: datetime) -> Exchange:
        """Take what arrived, in any split, and say what follows from it."""
        exchange = Exchange()
        for segment in self._splitter.feed(data):
            exchange.batch.entities += 1
            try:
                frame = self._dialect.decode_segment(segment)
            except PayloadError as error:
                exchange.batch.reject(error.reason, self.peer_id or "?", error.message)
                self._broken += 1
                if self._broken >= MAX_BROKEN:
                    exchange.close = True
                    break
            else:
                self._broken = 0
                self.take(frame, at, exchange)
        return exchange

    @abstractmethod
    def take(self, frame: F, at: datetime, exchange: Exchange) -> None:
        """Add what a frame leads to."""

    def next_serial(self) -> int:
        """Number of the next message to the peer."""
        serial, self._serial = self._serial, (self._serial + 1) & 0xFFFF
        return serial
