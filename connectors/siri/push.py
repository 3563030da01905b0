"""SIRI publish/subscribe: what a feed asks of its producer, and what it answers to notifications.

One implementation for every service; a service adds its topics and its policy.
Source: CEN/TS 15531-2 (SIRI), sections 5 (subscription), 6 (delivery), 9 (status).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.siri.common import XML, config_of, post, sender_of
from hub.connector import Accepted, Context, Envelope, Granted, Heard, Parse, Pushed, Request
from hub.errors import AccessDenied, FeedStopped, PayloadError, Reason, RetryLater
from hub.formats.siri import notice as siri_notice
from hub.formats.siri import request as siri_request
from hub.formats.siri.notice import Kind, Notice
from hub.formats.siri.request import Terms, Topics

_NOT_ALLOWED = "AccessNotAllowedError"
_FOR_A_PERSON = ("CapabilityNotSupportedError", "UnapprovedKeyAccessError", "UnknownEndpointError")

INCREMENTAL: Topics = (("IncrementalUpdates", "true"),)

Asks = Callable[[Context], Sequence[Topics]]
"""The topics of each request of a service, as its configuration says."""


@dataclass(frozen=True, slots=True)
class SiriSubscription:
    """The requests of one feed that subscribes to a SIRI service. See `hub.connector.Subscription`.

    Identifiers are the same at every start, so that a hub which died does not leave subscriptions
    behind: the producer replaces them.
    """

    service: str
    context: Context
    asks: tuple[Topics, ...]
    policy: Topics
    heartbeat: timedelta
    lifetime: timedelta

    @property
    def identifiers(self) -> tuple[str, ...]:
        """SubscriptionIdentifier of each of `asks`."""
        name = self.context.feed_id
        if len(self.asks) == 1:
            return (name,)
        return tuple(f"{name}-{number}" for number in range(1, len(self.asks) + 1))

    def subscribe(self, address: str, now: datetime, until: datetime) -> Request:
        """A SubscriptionRequest; sent again it renews."""
        terms = Terms(self.identifiers, address, until, self.heartbeat, self.policy)
        sender = sender_of(self.context, now)
        return post(siri_request.subscription_request(self.service, sender, now, self.asks, terms))

    def granted(self, answer: Envelope) -> Granted:
        """What the producer granted.

        Raises AccessDenied or FeedStopped where a person must act, RetryLater where every
        subscription was refused for now, PayloadError where the answer is none.
        """
        response = siri_notice.subscription_response(answer.body, self.context.timezone)
        refused = tuple(
            f"{status.identifier or '?'}: {status.error}"
            for status in response.statuses
            if status.error
        )
        kept = [status for status in response.statuses if not status.error]
        if not kept:
            raise _refusal(refused)
        # ValidUntil of a producer that fills it with "now" would have us renew without end
        ends = [
            status.until
            for status in kept
            if status.until and status.until > answer.received_at + self.heartbeat
        ]
        return Granted(min(ends, default=None), response.service_started_at, refused)

    def check(self, now: datetime) -> Request:
        """A CheckStatusRequest."""
        return post(siri_request.check_status_request(sender_of(self.context, now), now))

    def alive(self, answer: Envelope) -> Heard:
        """What the producer says of itself."""
        response = siri_notice.check_status_response(answer.body, self.context.timezone)
        return Heard(
            available=response.error is None,
            service_started_at=response.service_started_at,
            data_ready=response.data_ready,
        )

    def supply(self, now: datetime) -> Request:
        """A DataSupplyRequest (fetched delivery)."""
        return post(siri_request.data_supply_request(sender_of(self.context, now), now))

    def terminate(self, now: datetime) -> Request:
        """A TerminateSubscriptionRequest for what this feed subscribed to."""
        sender = sender_of(self.context, now)
        return post(siri_request.terminate_request(sender, now, self.identifiers))


def subscription_of(
    service: str, asks: Asks, policy: Callable[[Context], Topics] = lambda _context: INCREMENTAL
) -> Callable[[Context], SiriSubscription | None]:
    """A connector's `subscription`: None for a feed that polls."""

    def subscription(context: Context) -> SiriSubscription | None:
        config = config_of(context)
        if not config.subscribe:
            return None
        topics = tuple(asks(context))
        return SiriSubscription(
            service, context, topics, policy(context), config.heartbeat, config.lifetime
        )

    return subscription


def accept_with(parse: Parse) -> Callable[[Pushed, Context], Accepted]:
    """A connector's `accept`: takes every message a producer may send to a consumer's endpoint.

    A delivery that cannot be used is answered with a negative DataReceivedAcknowledgement, as the
    standard has it. Raises PayloadError for what is no SIRI message.
    """

    def accept(pushed: Pushed, context: Context) -> Accepted:
        notice = siri_notice.notice(pushed.envelope.body, context.timezone)
        if notice.kind is Kind.DELIVERY:
            return _delivered(parse, notice, pushed, context)
        return _noticed(notice, pushed, context)

    return accept


def _delivered(parse: Parse, notice: Notice, pushed: Pushed, context: Context) -> Accepted:
    heard = Heard(service_started_at=notice.service_started_at)
    try:
        batch = parse(pushed.envelope, context)
    except PayloadError as error:
        said = f"{error.reason}: {error.message}"
        body = _acknowledged("DataReceivedAcknowledgement", notice, pushed, context, said)
        return Accepted(content_type=XML, body=body, heard=heard, refused=error)
    body = _acknowledged("DataReceivedAcknowledgement", notice, pushed, context)
    return Accepted(batch, content_type=XML, body=body, heard=heard)


def _noticed(notice: Notice, pushed: Pushed, context: Context) -> Accepted:
    now = pushed.envelope.received_at
    alive = notice.error is None
    if notice.kind is Kind.HEARTBEAT:
        heard = Heard(alive, alive, service_started_at=notice.service_started_at)
        return Accepted(content_type=XML, heard=heard)
    if notice.kind is Kind.DATA_READY:
        body = _acknowledged("DataReadyAcknowledgement", notice, pushed, context)
        return Accepted(content_type=XML, body=body, heard=Heard(data_ready=True))
    if notice.kind is Kind.TERMINATED:
        return Accepted(content_type=XML, heard=Heard(terminated=notice.error or "no reason given"))
    sender = sender_of(context, now)
    body = siri_request.check_status_response(sender, now, notice.message_id)
    return Accepted(content_type=XML, body=body, heard=Heard())


def _acknowledged(
    name: str, notice: Notice, pushed: Pushed, context: Context, error: str | None = None
) -> bytes:
    now = pushed.envelope.received_at
    return siri_request.acknowledgement(
        name, sender_of(context, now), now, notice.message_id, error
    )


def _refusal(refused: tuple[str, ...]) -> Exception:
    """What can be done about a subscription of which nothing was granted."""
    if not refused:
        return PayloadError(
            Reason.NOT_DECODABLE, "The producer answered without granting or refusing anything."
        )
    said = f"The producer refuses the subscription: {'; '.join(refused)}."
    if any(_NOT_ALLOWED in why for why in refused):
        return AccessDenied("FORBIDDEN", said, hint="Ask the operator to admit our RequestorRef.")
    if any(word in why for why in refused for word in _FOR_A_PERSON):
        return FeedStopped(said, hint="Ask the operator what it offers, then change the options.")
    return RetryLater(said)
