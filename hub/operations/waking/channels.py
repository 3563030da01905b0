"""What a push channel is: something that wakes one device, and says plainly how that went."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from hub.model.operations import OrderPriority
from hub.store.documents import DeviceDoc

SEND_TIMEOUT = 5.0
"""Seconds a channel has for one send; the dispatcher enforces it too."""


@dataclass(frozen=True, slots=True)
class Wake:
    """What is sent: opaque. No text, no name, no place; the phone syncs to learn more.

    `event_id` is the same for every repetition of one wake-up, so a phone can drop duplicates.
    `topic` is `order.created`, `order.cancelled` and the like.
    """

    event_id: str
    topic: str
    priority: OrderPriority


class OutcomeKind(StrEnum):
    """How a send went, by what to do next."""

    SENT = "SENT"
    DEAD_TOKEN = "DEAD_TOKEN"  # noqa: S105  # no secret: the vendor no longer knows the token
    RETRY = "RETRY"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one send to one device.

    SENT: the vendor took it (`vendor_id`), which is not a delivery. DEAD_TOKEN: forget the token.
    RETRY: the same send may succeed later, not before `after` seconds if given.
    FAILED: repeating it is pointless.
    """

    kind: OutcomeKind
    vendor_id: str | None = None
    after: float | None = None
    detail: str | None = None

    @classmethod
    def sent(cls, vendor_id: str | None = None) -> "Outcome":
        """The vendor took it."""
        return cls(OutcomeKind.SENT, vendor_id=vendor_id)

    @classmethod
    def dead_token(cls, detail: str | None = None) -> "Outcome":
        """The vendor does not know the token any more."""
        return cls(OutcomeKind.DEAD_TOKEN, detail=detail)

    @classmethod
    def retry(cls, detail: str, after: float | None = None) -> "Outcome":
        """Try again, not before `after` seconds."""
        return cls(OutcomeKind.RETRY, after=after, detail=detail)

    @classmethod
    def failed(cls, detail: str) -> "Outcome":
        """Will not succeed if repeated."""
        return cls(OutcomeKind.FAILED, detail=detail)


class Channel(Protocol):
    """One push service. `name` is what a device registers as its `push_channel`."""

    @property
    def name(self) -> str:
        """One of `PushChannel`."""
        ...

    async def send(self, device: DeviceDoc, wake: Wake) -> Outcome:
        """Wake one device. Expected failures are outcomes, not exceptions."""
        ...
