"""How a feed has itself pushed to by a producer."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from hub.connector.batch import Envelope
from hub.connector.polling import Request
from hub.connector.push import Heard


@dataclass(frozen=True, slots=True)
class Granted:
    """What a producer answered to a subscription: until when it holds, what was refused of it."""

    until: datetime | None = None
    service_started_at: datetime | None = None
    refused: tuple[str, ...] = ()


class ProducerSubscription(Protocol):
    """The requests of one feed that subscribes, and what the answers to them mean. Pure.

    Subscribing again under the same identifiers renews: the producer replaces what it had.
    """

    @property
    def heartbeat(self) -> timedelta:
        """How often the producer shall say that it lives."""
        ...

    @property
    def lifetime(self) -> timedelta:
        """For how long is asked at a time."""
        ...

    def subscribe(self, address: str, now: datetime, until: datetime) -> Request:
        """Ask for notifications at `address`, our endpoint, until a moment."""
        ...

    def granted(self, answer: Envelope) -> Granted:
        """The answer. Raises RetryLater, AccessDenied, FeedStopped or PayloadError."""
        ...

    def check(self, now: datetime) -> Request:
        """Ask the producer whether it lives."""
        ...

    def alive(self, answer: Envelope) -> Heard:
        """The answer to `check`. Raises PayloadError."""
        ...

    def supply(self, now: datetime) -> Request:
        """Fetch what is ready."""
        ...

    def terminate(self, now: datetime) -> Request:
        """End the subscription."""
        ...
