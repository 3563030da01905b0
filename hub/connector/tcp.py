"""Peers that call the hub, and those that it calls back: pure state machines."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from pydantic import Field

from hub.connector.batch import Batch
from hub.connector.context import ConnectorConfig


class TcpServerConfig(ConnectorConfig):
    """Keys of every connector whose peers call the hub."""

    heartbeat_s: float = Field(
        default=60,
        gt=0,
        description="seconds between two signs of life; a peer without a whole message for three "
        "of these is disconnected. Terminals commonly send one a minute",
    )
    max_connections: int = Field(
        default=5000,
        ge=1,
        description="connections of all peers; more are refused. One process serves 5,000 "
        "terminals that report every ten seconds",
    )
    max_connections_per_peer: int = Field(
        default=1000,
        ge=1,
        description="connections of one address; many, because a whole fleet may come through one "
        "gateway",
    )


@dataclass(slots=True)
class Exchange:
    """What a peer's bytes led to: records to write, then replies to send, in that order.

    The receiver sends `replies` only after `batch` is durable (an acknowledgement is a promise).
    `raw` are the frames to keep: what `parse` makes of them alone must be what `batch` holds.
    """

    batch: Batch = field(default_factory=Batch)
    replies: list[bytes] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    close: bool = False
    received_at: datetime | None = None
    """When the bytes came; set by the receiver."""


class Outgoing(Protocol):
    """One connection that the hub opened to a peer: a pure state machine."""

    @property
    def standing(self) -> bool:
        """Whether the peer has accepted it."""
        ...

    @property
    def ended(self) -> str | None:
        """Why it must be closed, in a sentence; None while it need not be."""
        ...

    def opening(self, at: datetime) -> bytes:
        """What to send first."""
        ...

    def receive(self, data: bytes, at: datetime) -> Exchange:
        """Take what arrived, as `Session.receive` does."""
        ...

    def tick(self, at: datetime) -> bytes:
        """What is due now: a link test, or nothing. Called about every second."""
        ...

    def closing(self, at: datetime) -> bytes:
        """What says goodbye; the answer to it, or too long without one, ends the connection."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Callback:
    """A connection that a peer asks the hub to open to it, beside the one it opened itself.

    `host` and `port` are the peer's own words. The hub goes there only if `hosts` (addresses,
    networks, names) lists it, or, with none listed, if the peer called from there itself; and
    never to a private address unless the feed's `allow_private` says so. `name` tells one peer from
    the next: a later callback of the same name replaces. `dial` starts the state machine of one
    attempt; `lost` is what tells the peer over its own connection that this one could not be made
    (False) or broke (True).
    """

    name: str
    host: str
    port: int
    hosts: tuple[str, ...]
    dial: Callable[[datetime], Outgoing]
    lost: Callable[[datetime, bool], bytes]


class Session(Protocol):
    """One peer's connection to a TCP server feed: a pure state machine.

    `callback` is where the peer wants to be called now, None if nowhere. When the peer leaves
    without taking it back, the connection made for it serves as long as it holds.
    """

    peer_id: str | None
    callback: Callback | None

    def receive(self, data: bytes, at: datetime) -> Exchange:
        """Take what arrived (any split, any glue) and say what follows from it."""
        ...
