"""SIRI messages a producer sends by itself, and its answers about subscriptions and its status.

Source: CEN/TS 15531-2 (SIRI), sections 5 to 9.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from hub.errors import PayloadError, Reason
from hub.formats.common.xml import Reader
from hub.formats.siri.delivery import error_of, root_of, soap_fault


class Kind(StrEnum):
    """Messages that may arrive at a consumer's endpoint, by element name."""

    DELIVERY = "ServiceDelivery"
    HEARTBEAT = "HeartbeatNotification"
    DATA_READY = "DataReadyNotification"
    TERMINATED = "SubscriptionTerminatedNotification"
    CHECK_STATUS = "CheckStatusRequest"


@dataclass(frozen=True, slots=True)
class Notice:
    """One message at our endpoint. `error`: what it says is wrong with the producer."""

    kind: Kind
    message_id: str | None
    service_started_at: datetime | None
    error: str | None


@dataclass(frozen=True, slots=True)
class SubscriptionStatus:
    """The answer for one subscription: until when it holds, or why it was refused.

    `error` is the SIRI element (AccessNotAllowedError, ...) with its text; None if granted.
    """

    identifier: str | None
    until: datetime | None
    error: str | None


@dataclass(frozen=True, slots=True)
class SubscriptionResponse:
    """What a producer answered to a SubscriptionRequest."""

    statuses: tuple[SubscriptionStatus, ...]
    service_started_at: datetime | None


@dataclass(frozen=True, slots=True)
class CheckStatusResponse:
    """What a producer says of itself when asked."""

    error: str | None
    data_ready: bool
    service_started_at: datetime | None


def notice(body: bytes, zone: ZoneInfo) -> Notice:
    """The message in a body. Raises PayloadError, UNSUPPORTED_MESSAGE if it is of no such kind."""
    root = root_of(body)
    for kind in Kind:
        element = next(root.iter(kind.value), None)
        if element is None:
            continue
        read = Reader(element, zone)
        return Notice(
            kind,
            read.first("MessageIdentifier", "ResponseMessageIdentifier"),
            read.time("ServiceStartedTime"),
            error_of(element),
        )
    held = next((child.tag for child in root), None) or root.tag
    raise PayloadError(Reason.UNSUPPORTED_MESSAGE, f"{root.tag} holds {held}, which is no notice.")


def subscription_response(body: bytes, zone: ZoneInfo) -> SubscriptionResponse:
    """The answer to a SubscriptionRequest. Raises PayloadError."""
    root = root_of(body)
    element = next(root.iter("SubscriptionResponse"), None)
    if element is None:
        said = soap_fault(root) or error_of(root) or f"{root.tag} holds no SubscriptionResponse"
        raise PayloadError(Reason.UNSUPPORTED_MESSAGE, f"The producer answered: {said}.")
    read = Reader(element, zone)
    statuses = tuple(
        SubscriptionStatus(
            status.first("SubscriptionRef", "SubscriptionIdentifier"),
            status.end("ValidUntil"),
            error_of(status.element),
        )
        for status in read.each("ResponseStatus")
    )
    whole = error_of(element)
    if whole and not statuses:
        statuses = (SubscriptionStatus(None, None, whole),)
    return SubscriptionResponse(statuses, read.time("ServiceStartedTime"))


def check_status_response(body: bytes, zone: ZoneInfo) -> CheckStatusResponse:
    """The answer to a CheckStatusRequest. Raises PayloadError."""
    root = root_of(body)
    element = next(root.iter("CheckStatusResponse"), None)
    if element is None:
        said = soap_fault(root) or f"{root.tag} holds no CheckStatusResponse"
        raise PayloadError(Reason.UNSUPPORTED_MESSAGE, f"The producer answered: {said}.")
    read = Reader(element, zone)
    return CheckStatusResponse(
        error_of(element), read.flag("DataReady"), read.time("ServiceStartedTime")
    )
