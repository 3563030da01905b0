"""Reads what a SIRI 2.0 consumer sends: requests, subscriptions, their end, CheckStatus."""

import re
from dataclasses import dataclass
from datetime import datetime

from lxml import etree

from sandbox.wire.siri import NAMESPACE

SERVICES = {
    "EstimatedTimetable": "ET",
    "SituationExchange": "SX",
    "StopMonitoring": "SM",
    "VehicleMonitoring": "VM",
    "FacilityMonitoring": "FM",
}
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?)?$")


class RefusedError(Exception):
    """The request cannot be answered. `error` is the SIRI error element to answer with."""

    def __init__(self, error: str, text: str, request_ref: str | None = None) -> None:
        super().__init__(text)
        self.error = error
        self.text = text
        self.request_ref = request_ref


@dataclass(frozen=True, slots=True)
class ServiceRequest:
    """What is asked for: `service` "ET", "SX", ...; `preview` in seconds; no `lines` means all.

    `stops` are the stops that are monitored (SM).
    """

    service: str
    request_ref: str | None = None
    preview: float | None = None
    lines: frozenset[str] = frozenset()
    stops: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wish:
    """One subscription that is asked for: its name, until when (POSIX), and of what."""

    identifier: str
    until: float
    request: ServiceRequest


@dataclass(frozen=True, slots=True)
class SubscriptionRequest:
    """Subscriptions asked for together. `heartbeat` is in seconds, None: without."""

    subscriber: str
    request_ref: str | None
    address: str
    heartbeat: float | None
    wishes: tuple[Wish, ...]


@dataclass(frozen=True, slots=True)
class TerminateRequest:
    """Subscriptions to be ended; none named means all of the subscriber's."""

    subscriber: str
    request_ref: str | None
    identifiers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CheckStatusRequest:
    """Whether we live."""

    request_ref: str | None


SiriRequest = ServiceRequest | SubscriptionRequest | TerminateRequest | CheckStatusRequest


def parse(body: bytes) -> SiriRequest:
    """The request in `body`. Raises RefusedError."""
    try:
        root = etree.fromstring(body, _PARSER)
    except etree.XMLSyntaxError as error:
        raise RefusedError("OtherError", f"not well-formed XML: {error.msg}") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise RefusedError("OtherError", "a document type declaration is not accepted")
    if root.tag != _tag("Siri"):
        raise RefusedError("OtherError", f"expected Siri in {NAMESPACE}, got {root.tag}")
    for name, read in (
        ("ServiceRequest", _service_request),
        ("SubscriptionRequest", _subscription_request),
        ("TerminateSubscriptionRequest", _terminate_request),
    ):
        request = root.find(_tag(name))
        if request is not None:
            return read(request)
    check = root.find(_tag("CheckStatusRequest"))
    if check is None:
        raise RefusedError("OtherError", "expected a ServiceRequest")
    return CheckStatusRequest(_said(check, "MessageIdentifier"))


def _service_request(request: etree._Element) -> ServiceRequest:
    reference = _said(request, "MessageIdentifier")
    asked = [part for part in request if isinstance(part.tag, str) and part.tag.endswith("Request")]
    if not asked:
        raise RefusedError("OtherError", "the ServiceRequest asks for no service", reference)
    read = [_functional(part, reference) for part in asked]
    if len({one.service for one in read}) > 1:
        raise RefusedError("OtherError", "a ServiceRequest asks for one service", reference)
    stops = tuple(stop for one in read for stop in one.stops)
    first = read[0]
    return ServiceRequest(first.service, reference, first.preview, first.lines, stops)


def _functional(part: etree._Element, reference: str | None) -> ServiceRequest:
    name = etree.QName(part).localname.removesuffix("Request")
    if name not in SERVICES:
        text = f"{name}Request is not offered here; {', '.join(SERVICES)} are"
        raise RefusedError("CapabilityNotSupportedError", text, reference)
    service = SERVICES[name]
    stop = _said(part, "MonitoringRef")
    if service == "SM" and stop is None:
        raise RefusedError("OtherError", "a StopMonitoringRequest names a MonitoringRef", reference)
    return ServiceRequest(
        service,
        reference,
        _seconds(_said(part, "PreviewInterval"), reference),
        frozenset(ref.text for ref in part.iterfind(f".//{_tag('LineRef')}") if ref.text),
        (stop,) if stop is not None else (),
    )


def _subscription_request(request: etree._Element) -> SubscriptionRequest:
    reference, subscriber = _said(request, "MessageIdentifier"), _said(request, "RequestorRef")
    address = _said(request, "ConsumerAddress") or _said(request, "Address")
    if subscriber is None or address is None or not address.startswith("http"):
        text = "a SubscriptionRequest names its RequestorRef and a ConsumerAddress"
        raise RefusedError("OtherError", text, reference)
    beat = request.findtext(f"{_tag('SubscriptionContext')}/{_tag('HeartbeatInterval')}")
    wishes = tuple(
        _wish(part, reference)
        for part in request
        if isinstance(part.tag, str) and part.tag.endswith("SubscriptionRequest")
    )
    if not wishes:
        raise RefusedError("OtherError", "nothing is subscribed to", reference)
    return SubscriptionRequest(subscriber, reference, address, _seconds(beat, reference), wishes)


def _wish(part: etree._Element, reference: str | None) -> Wish:
    identifier, until = _said(part, "SubscriptionIdentifier"), _said(part, "InitialTerminationTime")
    name = etree.QName(part).localname.removesuffix("SubscriptionRequest")
    inner = part.find(_tag(f"{name}Request"))
    if identifier is None or until is None or inner is None:
        text = f"{name}: expected SubscriptionIdentifier, InitialTerminationTime, {name}Request"
        raise RefusedError("OtherError", text, reference)
    try:
        ends = datetime.fromisoformat(until).timestamp()
    except ValueError as error:
        text = f"InitialTerminationTime {until!r} is no time"
        raise RefusedError("OtherError", text, reference) from error
    return Wish(identifier, ends, _functional(inner, reference))


def _terminate_request(request: etree._Element) -> TerminateRequest:
    subscriber = _said(request, "SubscriberRef") or _said(request, "RequestorRef") or ""
    refs = tuple(ref.text for ref in request.iterfind(_tag("SubscriptionRef")) if ref.text)
    return TerminateRequest(subscriber, _said(request, "MessageIdentifier"), refs)


def _said(element: etree._Element, name: str) -> str | None:
    text = element.findtext(_tag(name))
    return text.strip() if text and text.strip() else None


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _seconds(text: str | None, reference: str | None) -> float | None:
    """Seconds of an xsd:duration in days, hours, minutes and seconds."""
    if text is None:
        return None
    found = _DURATION.fullmatch(text.strip())
    if found is None or not any(found.groups()):
        raise RefusedError("OtherError", f"{text!r} is no duration", reference)
    days, hours, minutes, seconds = (int(group or 0) for group in found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds
