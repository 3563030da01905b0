"""A connector: what it is, and its functions."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from hub.connector.batch import Batch, Envelope
from hub.connector.context import ConnectorConfig, Context, Reference
from hub.connector.polling import Link, Request
from hub.connector.push import Accepted, Pushed
from hub.connector.subscription import ProducerSubscription
from hub.connector.tcp import Session
from hub.errors import Reason
from hub.model.common import Mode

MAX_BYTES = 64 * 1024**2


class Transport(StrEnum):
    """How the bytes arrive."""

    POLL = "POLL"
    TCP_SERVER = "TCP_SERVER"
    HTTP_PUSH = "HTTP_PUSH"


Parse = Callable[[Envelope, Context], Batch]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a connector is, for the registry, the documentation and the configuration."""

    kind: str
    standard: str
    modes: frozenset[Mode]
    transport: Transport
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
    subscription: Callable[[Context], ProducerSubscription | None] | None = None
    follow_up: Callable[[Envelope, Context], tuple[Link, ...]] | None = None
    samples: tuple[str, ...] = ()
    """Files the contract suite mutilates: samples, or our own examples (`connectors/...`)."""


def options_of(manifest: Manifest, raw: dict[str, Any]) -> ConnectorConfig:
    """The connector's own keys, validated. Raises pydantic.ValidationError."""
    return manifest.config.model_validate(raw)
