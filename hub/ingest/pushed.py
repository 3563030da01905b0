"""What a feed's document says of what was pushed.

The process that took it writes this; the one that holds the feed's lease reads it, and answers for
the feed's health.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hub.connector import Batch, Heard
from hub.ingest.health import Health
from hub.ingest.status import Monitor
from hub.settings import FeedSettings
from hub.store.faults import passing
from hub.store.feeds.cache import FeedRepository

FIELD = "push"
TICK_SECONDS = 1.0
DENIED_EVERY = timedelta(seconds=60)
"""How often it is written that somebody posts who may not."""
DENIED_FOR = 5 * DENIED_EVERY
"""How long that is shown."""


@dataclass(frozen=True, slots=True)
class Pushes:
    """The last of what came in. All None before anything did.

    `heard_at`: any message; `received_at`: a payload, of `as_of`, or refused because of `trouble`;
    `proof_at`: a heartbeat; `told_at`: when the producer last said `service_started_at`;
    `terminated_at`: when it ended the subscription; `denied_at`: when somebody was not let in.
    """

    heard_at: datetime | None = None
    received_at: datetime | None = None
    as_of: datetime | None = None
    trouble: str | None = None
    proof_at: datetime | None = None
    available: bool = True
    service_started_at: datetime | None = None
    told_at: datetime | None = None
    terminated_at: datetime | None = None
    terminated: str | None = None
    denied_at: datetime | None = None
    denied: str | None = None

    @property
    def payload(self) -> tuple[object, ...]:
        """What tells one payload from the next; two may come at the same time."""
        return self.received_at, self.as_of, self.trouble

    @classmethod
    def of(cls, document: Mapping[str, Any] | None) -> "Pushes":
        """From a feed's document."""
        told = (document or {}).get(FIELD) or {}
        return cls(**{name: told[name] for name in cls.__slots__ if name in told})


def payload_fields(batch: Batch, now: datetime) -> dict[str, Any]:
    """What a payload that is durable changes in its feed's document."""
    as_of = min(batch.as_of or now, now)
    return _dotted(heard_at=now, received_at=now, as_of=as_of, trouble=None)


def refused_fields(trouble: str, now: datetime) -> dict[str, Any]:
    """What a payload that cannot be used changes."""
    return _dotted(heard_at=now, received_at=now, trouble=trouble)


def heard_fields(heard: Heard, now: datetime) -> dict[str, Any]:
    """What a message about the producer itself changes."""
    told: dict[str, Any] = {"heard_at": now, "available": heard.available}
    if heard.proof:
        told["proof_at"] = now
    if heard.service_started_at is not None:
        told |= {"service_started_at": heard.service_started_at, "told_at": now}
    if heard.terminated is not None:
        told |= {"terminated_at": now, "terminated": heard.terminated}
    return _dotted(**told)


def denied_fields(why: str, now: datetime) -> dict[str, Any]:
    """What it changes that somebody posts who may not."""
    return _dotted(denied_at=now, denied=why)


def followed(health: Health, before: Pushes, after: Pushes) -> Health:
    """The health after what was pushed since `before`.

    A heartbeat proves that what was not sent has not changed, so the data is as fresh as it; not
    while the last payload could not be used, and not before the first.
    """
    if after.denied is not None and after.denied_at and after.denied_at != before.denied_at:
        until = after.denied_at + DENIED_FOR
        health = health.turned_away(after.denied, until, degrades=False)
    if after.received_at is not None and after.payload != before.payload:
        if after.trouble is not None:
            return health.undecodable(after.trouble, after.received_at)
        health = health.data(after.as_of or after.received_at, after.received_at)
    if after.heard_at is None or after.heard_at == before.heard_at:
        return health
    if not after.available:
        return health.disconnected("对方称暂不能服务 The producer says that it cannot serve.")
    fresh = after.proof_at is not None and after.proof_at != before.proof_at
    if fresh and after.proof_at and health.data_as_of is not None and health.trouble is None:
        return health.data(after.proof_at, after.proof_at)
    return health.heard()


async def attend(feed: FeedSettings, monitor: Monitor, repository: FeedRepository) -> None:
    """Answer for the health of a feed whose source posts by itself, until cancelled."""
    seen = Pushes()
    while True:
        try:
            after = Pushes.of(await repository.get(feed.id))
        except Exception as error:
            if passing(error) is None:
                raise
            after = seen  # the database is away: nothing can have been written
        monitor.health = followed(monitor.health, seen, after)
        seen = after
        await asyncio.sleep(TICK_SECONDS)


def _dotted(**fields: Any) -> dict[str, Any]:  # noqa: ANN401  # values of a document
    return {f"{FIELD}.{name}": value for name, value in fields.items()}
