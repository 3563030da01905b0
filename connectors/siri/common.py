"""What the SIRI connectors share: their configuration, the request, the head of a batch."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Literal, Self, TypeVar
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from hub.connector import (
    Batch,
    ConnectorConfig,
    Context,
    Envelope,
    Incrementality,
    Request,
)
from hub.errors import PayloadError, Reason
from hub.formats.siri import request as siri_request
from hub.formats.siri.delivery import Delivery
from hub.formats.siri.request import Sender, Topics
from hub.model.moments import AHEAD

XML = "text/xml; charset=utf-8"
MAX_ENTITIES = 100_000
Entity = TypeVar("Entity")


class SiriConfig(ConnectorConfig):
    """Keys of `[feeds.options]` for a SIRI feed."""

    requestor_ref: str = Field(
        default="liandong",
        min_length=1,
        description="RequestorRef the producer knows the hub by; producers usually give one out",
    )
    version: str = Field(
        default="2.0",
        description="SIRI version of the request; every answer from 1.3 to 2.1 is read",
    )
    transport: Literal["request", "lite"] = Field(
        default="request",
        description="request: POST a ServiceRequest; lite: SIRI-Lite, GET the address, answered in "
        "XML or JSON",
    )
    subscribe: bool = Field(
        default=False,
        description="have the producer notify the hub instead of polling it; needs "
        "`push_secret_ref`, see Pushes and subscriptions in [feeds.md](../feeds.md)",
    )
    heartbeat: timedelta = Field(
        default=timedelta(seconds=60),
        ge=timedelta(seconds=1),
        description="HeartbeatInterval asked for in a subscription; after three without one the "
        "producer is asked whether it lives",
    )
    lifetime: timedelta = Field(
        default=timedelta(days=1),
        ge=timedelta(minutes=1),
        description="how long a subscription is asked for; it is renewed when nine tenths are over",
    )

    @field_validator("version")
    @classmethod
    def _is_a_version(cls, version: str) -> str:
        if re.fullmatch(r"[12]\.\d", version, re.ASCII) is None:
            message = "expected a version such as 2.0"
            raise ValueError(message)
        return version

    @model_validator(mode="after")
    def _one_transport(self) -> Self:
        if self.subscribe and self.transport == "lite":
            message = "SIRI-Lite knows no subscriptions: subscribe needs transport = request"
            raise ValueError(message)
        return self


def config_of(context: Context) -> SiriConfig:
    """The feed's configuration."""
    if not isinstance(context.config, SiriConfig):
        message = f"feed {context.feed_id}: no SIRI configuration"
        raise TypeError(message)
    return context.config


def sender_of(context: Context, now: datetime) -> Sender:
    """Who a message is from. Its name is made of feed and time: the same poll, the same bytes."""
    config = config_of(context)
    name = f"{context.feed_id}-{now:%Y%m%dT%H%M%S%f}"
    return Sender(config.requestor_ref, config.version, name)


def build_request(
    service: str, context: Context, now: datetime, asks: Sequence[Topics] = ((),)
) -> Request:
    """The POST of a request/response poll; a plain GET with SIRI-Lite, whose address says all."""
    if config_of(context).transport == "lite":
        return Request(headers=(("Accept", "application/xml, text/xml, application/json;q=0.9"),))
    return post(siri_request.request(service, sender_of(context, now), now, asks))


def post(body: bytes) -> Request:
    """A SIRI message on its way to the producer."""
    headers = (("Content-Type", XML), ("Accept", "application/xml, text/xml"))
    return Request("POST", headers, body)


def open_batch(deliveries: Iterable[Delivery], raw: Envelope) -> Batch:
    """A batch with the producer's time and a note for every delivery that carries an error.

    `as_of` never lies after the moment of arrival: a clock that runs ahead must not make data look
    fresh for longer than it is.
    """
    deliveries = list(deliveries)
    stamps = [d.response_timestamp for d in deliveries if d.response_timestamp is not None]
    batch = Batch(as_of=min(max(stamps), raw.received_at) if stamps else raw.received_at)
    batch.more = any(delivery.more_data for delivery in deliveries)
    for delivery in deliveries:
        if delivery.error:
            batch.note(Reason.SOURCE_ERROR, delivery.producer_ref or "?", delivery.error)
    return batch


def each(
    read: Callable[[Delivery, ZoneInfo], Iterable[Entity]],
    deliveries: Iterable[Delivery],
    context: Context,
    batch: Batch,
) -> Iterator[tuple[Entity, Delivery]]:
    """What is in the deliveries without an error, counted as the entities of the batch.

    Raises PayloadError TOO_LARGE beyond the number of them that any area has.
    """
    for delivery in deliveries:
        if delivery.error:
            continue
        for entity in read(delivery, context.timezone):
            batch.entities += 1
            if batch.entities > MAX_ENTITIES:
                said = f"more than {MAX_ENTITIES} entities in one delivery."
                raise PayloadError(Reason.TOO_LARGE, said)
            yield entity, delivery


def is_full(deliveries: Iterable[Delivery], context: Context) -> bool:
    """Whether the deliveries list all that holds.

    Not while something is left out: MoreData, a delivery with an error. `auto` takes the answer to
    a request for full and the answer to a subscription for differential.
    """
    if context.incrementality is Incrementality.DIFFERENTIAL:
        return False
    automatic = context.incrementality is Incrementality.AUTO
    for delivery in deliveries:
        if delivery.more_data or delivery.error or (automatic and delivery.subscribed):
            return False
    return True


def too_early_or_late(moment: datetime | None, received_at: datetime) -> str | None:
    """Why a record's own time cannot be believed, or None."""
    if moment is not None and moment > received_at + AHEAD:
        return f"is of {moment.isoformat()}, received {received_at.isoformat()}"
    return None
