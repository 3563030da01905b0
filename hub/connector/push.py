"""What sources post to the hub, and what it answers."""

from dataclasses import dataclass
from datetime import datetime

from hub.connector.batch import Batch, Envelope
from hub.errors import PayloadError


@dataclass(frozen=True, slots=True)
class Pushed:
    """One HTTP request of a source to this hub's own endpoint for a feed."""

    envelope: Envelope
    headers: dict[str, str]
    """By lower-case name."""
    secret: bytes | None = None
    """What `secret_ref` names, for connectors whose payloads are signed."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a message of a producer we subscribed to says of the producer itself.

    `proof`: a heartbeat, which says that whatever was not sent has not changed. A different
    `service_started_at` than before: the producer restarted and forgot the subscription.
    `data_ready`: data waits to be fetched. `terminated`: the subscription was ended, and why.
    """

    available: bool = True
    proof: bool = False
    service_started_at: datetime | None = None
    data_ready: bool = False
    terminated: str | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a pushed request led to. The answer is sent only after `batch` is durable.

    `batch` is None where the request carries no data. `refused`: the payload cannot be used and is
    quarantined, but the standard wants `body` as the answer.
    """

    batch: Batch | None = None
    status: int = 200
    content_type: str = "application/json"
    body: bytes = b""
    heard: Heard | None = None
    refused: PayloadError | None = None
