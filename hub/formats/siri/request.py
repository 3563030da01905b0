"""SIRI messages the hub sends: requests, subscriptions, and answers to what a producer notifies.

Elements stand in the order of the schema: producers exist that insist on it.
Source: CEN/TS 15531-2 (SIRI), sections 5 to 9.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from lxml import etree

from hub.formats.common.xml import Element

NAMESPACE = "http://www.siri.org.uk/siri"

Part = tuple[str, "str | Parts"]
Parts = Sequence[Part]
Topics = tuple[tuple[str, str], ...]
"""Topic elements of one functional request in schema order, as (("PreviewInterval", "PT4H"),)."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who asks: the name the producer knows us by, SIRI's version, and this message's name."""

    ref: str
    version: str
    message_id: str


def request(service: str, sender: Sender, now: datetime, asks: Sequence[Topics]) -> bytes:
    """A ServiceRequest with one functional request for each of `asks`.

    `service` is StopMonitoring, EstimatedTimetable, ...
    """
    return document(
        sender.version,
        "ServiceRequest",
        [*_head(sender, now), *(_functional(service, sender, now, topics) for topics in asks)],
    )


@dataclass(frozen=True, slots=True)
class Terms:
    """What a subscription asks for besides its topics; `policy` in schema order."""

    identifiers: tuple[str, ...]
    address: str
    until: datetime
    heartbeat: timedelta
    policy: Topics = ()


def subscription_request(
    service: str, sender: Sender, now: datetime, asks: Sequence[Topics], terms: Terms
) -> bytes:
    """A SubscriptionRequest with one subscription for each of `asks`, named by `identifiers`."""
    parts: list[Part] = [
        *_head(sender, now),
        ("ConsumerAddress", terms.address),
        ("SubscriptionContext", [("HeartbeatInterval", duration(terms.heartbeat))]),
    ]
    for identifier, topics in zip(terms.identifiers, asks, strict=True):
        subscription: Parts = [
            ("SubscriberRef", sender.ref),
            ("SubscriptionIdentifier", identifier),
            ("InitialTerminationTime", timestamp(terms.until)),
            _functional(service, sender, now, topics),
            *terms.policy,
        ]
        parts.append((f"{service}SubscriptionRequest", subscription))
    return document(sender.version, "SubscriptionRequest", parts)


def terminate_request(sender: Sender, now: datetime, identifiers: Sequence[str]) -> bytes:
    """A TerminateSubscriptionRequest for our subscriptions, and for no others of ours."""
    refs = [("SubscriptionRef", identifier) for identifier in identifiers]
    parts = [*_head(sender, now), ("SubscriberRef", sender.ref), *refs]
    return document(sender.version, "TerminateSubscriptionRequest", parts)


def check_status_request(sender: Sender, now: datetime) -> bytes:
    """A CheckStatusRequest."""
    return document(sender.version, "CheckStatusRequest", _head(sender, now))


def data_supply_request(sender: Sender, now: datetime) -> bytes:
    """A DataSupplyRequest for what has changed since the last one."""
    parts = [
        ("RequestTimestamp", timestamp(now)),
        ("ConsumerRef", sender.ref),
        ("MessageIdentifier", sender.message_id),
        ("AllData", "false"),
    ]
    return document(sender.version, "DataSupplyRequest", parts)


def acknowledgement(
    name: str, sender: Sender, now: datetime, message_ref: str | None, error: str | None = None
) -> bytes:
    """A DataReceived- or DataReadyAcknowledgement; `error` says why it is negative."""
    parts: list[Part] = [("ResponseTimestamp", timestamp(now)), ("ConsumerRef", sender.ref)]
    if message_ref:
        parts.append(("RequestMessageRef", message_ref))
    parts.append(("Status", "false" if error else "true"))
    if error:
        parts.append(("ErrorCondition", [("OtherError", [("ErrorText", error)])]))
    return document(sender.version, name, parts)


def check_status_response(sender: Sender, now: datetime, message_ref: str | None) -> bytes:
    """A CheckStatusResponse: we live."""
    parts: list[Part] = [("ResponseTimestamp", timestamp(now)), ("ProducerRef", sender.ref)]
    if message_ref:
        parts.append(("RequestMessageRef", message_ref))
    return document(sender.version, "CheckStatusResponse", [*parts, ("Status", "true")])


def document(version: str, name: str, parts: Parts) -> bytes:
    """A Siri document with one message."""
    nsmap: Any = {None: NAMESPACE}  # the stubs know no default namespace
    root = etree.Element(f"{{{NAMESPACE}}}Siri", {"version": version}, nsmap=nsmap)
    _fill(etree.SubElement(root, f"{{{NAMESPACE}}}{name}"), parts, version)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def timestamp(moment: datetime) -> str:
    """An xsd:dateTime in UTC, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def duration(span: timedelta) -> str:
    """An xsd:duration in whole seconds."""
    return f"PT{max(1, int(span.total_seconds()))}S"


def _fill(element: Element, parts: Parts, version: str) -> None:
    for name, content in parts:
        child = etree.SubElement(element, f"{{{NAMESPACE}}}{name}")
        if isinstance(content, str):
            child.text = content
            continue
        if name.endswith("Request") and not name.endswith("SubscriptionRequest"):
            child.set("version", version)  # a functional request carries its own
        _fill(child, content, version)


def _head(sender: Sender, now: datetime) -> list[Part]:
    return [
        ("RequestTimestamp", timestamp(now)),
        ("RequestorRef", sender.ref),
        ("MessageIdentifier", sender.message_id),
    ]


def _functional(service: str, sender: Sender, now: datetime, topics: Topics) -> Part:
    head: list[Part] = [
        ("RequestTimestamp", timestamp(now)),
        ("MessageIdentifier", sender.message_id),
    ]
    return f"{service}Request", [*head, *topics]
