"""The contract between feeds and the hub: a connector is a manifest and pure functions.

A connector never reads a clock, a socket or the database. It is given bytes and a context and
returns a `Batch`: records, rejects with reasons, and what was noticed on the way. One contract
test suite (`tests/contract/`) runs over every connector in `connectors.REGISTRY`.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from io import BytesIO
from typing import Any, BinaryIO, Protocol
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from hub.errors import PayloadError, Reason
from hub.model.common import Mode
from hub.model.facilities import FacilityCondition
from hub.model.journeys import DatedJourney
from hub.model.network import Line, Quay, StopPlace
from hub.model.parking import ParkingFacility, ParkingStatus, SharingStation
from hub.model.situations import Situation
from hub.model.vehicles import VehiclePosition
from hub.spool import Spool

Record = (
    StopPlace
    | Quay
    | Line
    | DatedJourney
    | Situation
    | VehiclePosition
    | ParkingFacility
    | ParkingStatus
    | SharingStation
    | FacilityCondition
)


MAX_BYTES = 64 * 1024**2


class Role(StrEnum):
    """How the bytes arrive."""

    POLL = "POLL"
    TCP_SERVER = "TCP_SERVER"
    HTTP_PUSH = "HTTP_PUSH"


class Incrementality(StrEnum):
    """What the absence of an entity means. AUTO: as the message itself says."""

    FULL = "full"
    DIFFERENTIAL = "differential"
    AUTO = "auto"


class ConnectorConfig(BaseModel):
    """Keys a connector understands beyond the common ones (`[feeds.options]`)."""

    model_config = ConfigDict(extra="forbid", frozen=True)


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


@dataclass(frozen=True, slots=True)
class Envelope:
    """Raw bytes as they came in, and when. `source` is the URL, file or peer without secrets.

    A large body lies on disk: who can read it bit by bit does so through `open`.
    """

    content: bytes | Spool
    received_at: datetime
    source: str = ""
    content_type: str | None = None

    @property
    def body(self) -> bytes:
        """All of it, in memory."""
        return self.content if isinstance(self.content, bytes) else self.content.read()

    @property
    def size(self) -> int:
        """Bytes of the body."""
        return len(self.content) if isinstance(self.content, bytes) else self.content.size

    @property
    def sha256(self) -> str:
        """Hex digest of the body: the name of this message in the archive."""
        if isinstance(self.content, bytes):
            return sha256(self.content).hexdigest()
        return self.content.sha256

    def open(self) -> BinaryIO:
        """The body as a file, at its beginning."""
        return BytesIO(self.content) if isinstance(self.content, bytes) else self.content.open()


@dataclass(frozen=True, slots=True)
class Reject:
    """One entity, or a part of one, that was refused: the reason, its native id, one sentence."""

    reason: Reason
    native_id: str
    detail: str


@dataclass(slots=True)
class Batch:
    """What one payload says.

    `entities` counts what the payload itself lists; `rejects` holds one entry for each entity
    refused whole, so accepted = entities - len(rejects). `notes` holds refused parts of accepted
    entities. `full` says that the source lists all that holds, `complete` that it could all be
    read: what is absent from `records` no longer holds then. Where it lists all and not all could
    be read, what is absent stays and is renewed no more; so are the records that `kept` names,
    which the payload has in a form nobody can read. `unread` says why of something in it nobody
    knows what it is of. `withdrawn` names journeys, situations or vehicles a differential message
    takes back. `more`: the answer goes on, and the same request brings the next part (SIRI
    MoreData).
    """

    as_of: datetime | None = None
    entities: int = 0
    records: list[Record] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    notes: list[Reject] = field(default_factory=list)
    matched_journeys: int = 0
    matched_stops: int = 0
    full: bool = False
    complete: bool = False
    withdrawn: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    unread: str | None = None
    more: bool = False

    @property
    def accepted(self) -> int:
        """Entities used, whole or in part."""
        return self.entities - len(self.rejects)

    def reject(self, reason: Reason, native_id: str, detail: str) -> None:
        """Refuse one entity."""
        self.rejects.append(Reject(reason, native_id, detail))

    def note(self, reason: Reason, native_id: str, detail: str) -> None:
        """Refuse a part of an accepted entity."""
        self.notes.append(Reject(reason, native_id, detail))

    def lists_all(self, full: bool) -> None:  # it is what the source says
        """Say whether the source lists all that holds: complete if none of it was refused.

        A duplicate leaves nothing out.
        """
        self.full = full
        self.complete = full and all(one.reason is Reason.DUPLICATE for one in self.rejects)

    def counts(self) -> dict[str, int]:
        """Records by type; the calls inside journeys are counted as `Call`."""
        counted = Counter(type(record).__name__ for record in self.records)
        counted["Call"] = sum(
            len(record.calls) for record in self.records if isinstance(record, DatedJourney)
        )
        return {name: number for name, number in sorted(counted.items()) if number}


class Reference(Protocol):
    """Static reference data a connector resolves ids against. Opaque to everybody else."""

    @property
    def version(self) -> str:
        """Names the content; another version means the reference was replaced."""
        ...


@dataclass(frozen=True, slots=True)
class Context:
    """All that a connector may know besides the bytes."""

    feed_id: str
    dataset: str
    mode: Mode | None
    timezone: ZoneInfo
    incrementality: Incrementality
    config: ConnectorConfig
    reference: Reference | None = None
    stop_places: frozenset[str] = frozenset()
    """Native ids of the interchange's stop places in this dataset; empty = keep every journey."""
    progress: Callable[[float], None] | None = field(default=None, compare=False, repr=False)
    """Told the share of a large payload that was read, 0 to 1, from the thread that reads it."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a poll sends: by default a GET without a body."""

    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A document that another one names: a GBFS feed, an alert of an Atom list, the next page.

    `url` may be relative to the naming document. `name` is what the connector will know it by. One
    that is not `needed` is left out where it cannot be had; without a needed one the poll failed.
    `edition` is what the naming document says of its age: while it stays, nobody asks again.
    """

    name: str
    url: str
    needed: bool = True
    edition: str | None = None


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


@dataclass(frozen=True, slots=True)
class Granted:
    """What a producer answered to a subscription: until when it holds, what was refused of it."""

    until: datetime | None = None
    service_started_at: datetime | None = None
    refused: tuple[str, ...] = ()


class Subscription(Protocol):
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


Parse = Callable[[Envelope, Context], Batch]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a connector is, for the registry, the documentation and the configuration."""

    kind: str
    standard: str
    modes: frozenset[Mode]
    role: Role
    fresh_for: timedelta
    expires_after: timedelta
    reads: str
    drops: str
    refuses: frozenset[Reason]
    """For what a payload, an entity of it, or a part of one may be refused."""
    config: type[ConnectorConfig] = ConnectorConfig
    max_bytes: int = MAX_BYTES
    """Largest payload, unless the feed says otherwise; more only where `parse` uses `open`."""
    max_static_bytes: int = MAX_BYTES
    """Largest content of `static_url`, likewise."""


@dataclass(frozen=True, slots=True)
class Connector:
    """A manifest and its functions.

    `parse` decodes and normalises one payload (for a TCP feed: a raw capture). `load_reference`
    builds the static reference from the bytes behind `static_url`; `request` builds what a poll
    sends; `open_session` starts the state machine of one TCP peer; `accept` takes a request that a
    source pushes (raises AccessDenied when its signature is wrong); `subscription` is how the feed
    has itself pushed to, None where its options say that it is polled. parse, load_reference and
    accept raise PayloadError when the bytes are not what they should be.

    `follow_up` names the documents that one document leads to. Where it names any, the hub fetches
    them (and what they name in turn), and `parse` is given all as one bundle
    (hub.formats.common.bundle), the naming document first. It takes any bytes and raises nothing:
    () for what it cannot read.
    """

    manifest: Manifest
    parse: Parse
    load_reference: Callable[[Envelope, Context], Reference] | None = None
    request: Callable[[Context, datetime], Request] | None = None
    open_session: Callable[[Context], Session] | None = None
    accept: Callable[[Pushed, Context], Accepted] | None = None
    subscription: Callable[[Context], Subscription | None] | None = None
    follow_up: Callable[[Envelope, Context], tuple[Link, ...]] | None = None
    samples: tuple[str, ...] = ()
    """Files the contract suite mutilates: samples, or our own examples (`connectors/...`)."""


def options_of(manifest: Manifest, raw: dict[str, Any]) -> ConnectorConfig:
    """The connector's own keys, validated. Raises pydantic.ValidationError."""
    return manifest.config.model_validate(raw)
