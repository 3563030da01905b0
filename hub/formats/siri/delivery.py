"""SIRI 1.3 to 2.1: the envelope and the values inside it.

Nothing is gated on the schema, because no real producer keeps to it: elements are found by their
local name, whatever namespace, prefix, wrapper or SOAP dialect carries them
(`hub.formats.common.xml`).
Source: CEN/TS 15531 (SIRI) parts 1 and 2.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from hub.errors import PayloadError, Reason
from hub.formats.common import xml
from hub.formats.common.xml import Element, Reader
from hub.formats.siri import json as siri_json
from hub.model.common import Occupancy, OccupancyStatus

_DAY = re.compile(r"(?:^|:)(\d{4}-\d\d-\d\d)(?:$|:)", re.ASCII)
_HEADERS = ("ServiceDelivery", "ServiceDeliveryInfo")
_BESIDE = ("Extensions", "ErrorCondition", "ErrrorCondition")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One functional service delivery (EstimatedTimetableDelivery, ...) and its header.

    `error` is what the producer says went wrong (Status false or ErrorCondition); a delivery with
    an error carries no state. `subscribed` deliveries answer a subscription, the others a request.
    """

    element: Element
    response_timestamp: datetime | None
    producer_ref: str | None
    more_data: bool
    subscribed: bool
    error: str | None


def root_of(body: bytes) -> Element:
    """The root element of a document, XML or SIRI-Lite's JSON, without namespaces.

    Raises PayloadError: see `hub.formats.common.xml` and `hub.formats.siri.json`.
    """
    return siri_json.tree(body) if siri_json.is_json(body) else xml.parse(body, "SIRI")


@dataclass(frozen=True, slots=True)
class Shape:
    """What a functional delivery is made of, to tell an empty one from one of another shape.

    `service` is its name, such as EstimatedTimetableDelivery, `items` what it lists. They stand in
    `frame`, where it has one, beside elements named `beside_items`; `beside` are structures of the
    delivery that are not read. Values without structure may stand beside either.
    """

    service: str
    items: frozenset[str]
    frame: str | None = None
    beside_items: frozenset[str] = frozenset()
    beside: frozenset[str] = frozenset()


def deliveries(body: bytes, shape: Shape, zone: ZoneInfo) -> list[Delivery]:
    """The deliveries of a service in a document; at least one that carries no error.

    Raises PayloadError if the bytes are no SIRI (see `root_of`), hold no such delivery, only the
    producer's errors, or a delivery that is not empty and lists nothing that is read.
    """
    service = shape.service
    root = root_of(body)
    header = next(root.iter(*_HEADERS), root)
    found = [_delivery(element, header, zone) for element in root.iter(service)]
    header_error = error_of(header) or error_of(root) or soap_fault(root)
    if header_error:
        raise PayloadError(
            Reason.SOURCE_ERROR, f"The producer answered with an error: {header_error}."
        )
    if not found:
        held = next((child.tag for child in root), None) or root.tag
        raise PayloadError(Reason.UNSUPPORTED_MESSAGE, f"{root.tag} holds {held} and no {service}.")
    if all(delivery.error for delivery in found):
        raise PayloadError(
            Reason.SOURCE_ERROR, f"The producer answered with an error: {found[0].error}."
        )
    for delivery in found:
        if not delivery.error and (unread := _unread(delivery.element, shape)):
            items = " or ".join(sorted(shape.items))
            raise PayloadError(
                Reason.UNSUPPORTED_MESSAGE, f"{service} holds {unread} and no {items}."
            )
    return found


def _unread(element: Element, shape: Shape) -> str | None:
    """What a delivery holds where its items should be; None if it has items, or is empty.

    SIRI-Lite's JSON leaves lists out or flattens them as its producer likes: what is not understood
    is no empty list, which would take back all that was told.
    """
    frames = element.findall(shape.frame) if shape.frame else [element]
    if any(child.tag in shape.items for frame in frames for child in frame):
        return None
    for frame in frames:
        if frame is not element and (frame.text or "").strip():
            return f"a text in {frame.tag}"
        for child in frame:
            if frame is not element and child.tag not in {*shape.beside_items, *_BESIDE}:
                return f"{frame.tag}/{child.tag}"
    if (element.text or "").strip():
        return "a text"
    known = {shape.frame, *_BESIDE, *shape.beside}
    return next((str(c.tag) for c in element if len(c) and c.tag not in known), None)


_OCCUPANCY = {
    "empty": OccupancyStatus.EMPTY,
    "manySeatsAvailable": OccupancyStatus.MANY_SEATS_AVAILABLE,
    "seatsAvailable": OccupancyStatus.MANY_SEATS_AVAILABLE,
    "fewSeatsAvailable": OccupancyStatus.FEW_SEATS_AVAILABLE,
    "standingAvailable": OccupancyStatus.STANDING_ROOM_ONLY,
    "standingRoomOnly": OccupancyStatus.STANDING_ROOM_ONLY,
    "crushedStandingRoomOnly": OccupancyStatus.CRUSHED_STANDING_ROOM_ONLY,
    "full": OccupancyStatus.FULL,
    "notAcceptingPassengers": OccupancyStatus.NOT_ACCEPTING_PASSENGERS,
}


_WHOLE = {None, "secondClass", "economyClass", "standardClass"}
"""Fare classes whose occupancy stands for the vehicle's: no class, or the one with most seats."""


def occupancy(text: str | None, percent: float | None = None) -> Occupancy | None:
    """OccupancyEnumeration of SIRI 2.0 and 2.1; None for unknown, undefined or no such word.

    `percent` is the OccupancyPercentage, kept where it can be one.
    """
    status = _OCCUPANCY.get(text or "")
    share = round(percent) if percent is not None and 0 <= percent <= 1000 else None
    return Occupancy(status=status, percent=share) if status or share is not None else None


def vehicle_occupancy(read: Reader, *paths: str) -> Occupancy | None:
    """The first that is known of several VehicleOccupancy paths (SIRI 2.1).

    Of several fare classes or entrances the one without a fare class counts, else second class,
    else the first.
    """
    for path in paths:
        told = list(read.each(path))
        told.sort(key=lambda one: one.text("FareClass") not in _WHOLE)
        for one in told:
            level = one.first("OccupancyLevel", "VehicleOccupancy")
            if found := occupancy(level, one.number("OccupancyPercentage")):
                return found
    return None


def service_day(data_frame: str | None) -> date | None:
    """The service day that a DataFrameRef names; None where it is any other token.

    It is a date, or has one between its colons: `X:DataFrame::2026-03-02:LOC` (profile
    Île-de-France).
    """
    found = _DAY.search(data_frame or "")
    try:
        return date.fromisoformat(found[1] if found else data_frame or "")
    except ValueError:
        return None


def error_of(element: Element) -> str | None:
    """What ErrorCondition says, or that Status is false; None if all is well (part 2, 6.4)."""
    condition = element.find("ErrorCondition")
    if condition is None:
        condition = element.find("ErrrorCondition")  # the schema's own spelling, in one message
    if condition is not None:
        kind = next((child.tag for child in condition if child.tag != "Description"), "")
        text = condition.findtext(".//ErrorText") or condition.findtext("Description") or ""
        return ": ".join(part for part in (kind, text.strip()) if part) or "ErrorCondition"
    if (element.findtext("Status") or "").strip() in {"false", "0"}:
        return "Status is false, without an ErrorCondition"
    return None


def _delivery(element: Element, header: Element, zone: ZoneInfo) -> Delivery:
    own, outer = Reader(element, zone), Reader(header, zone)
    return Delivery(
        element=element,
        response_timestamp=outer.time("ResponseTimestamp") or own.time("ResponseTimestamp"),
        producer_ref=outer.text("ProducerRef"),
        more_data=outer.flag("MoreData") or own.flag("MoreData"),
        subscribed=own.text("SubscriptionRef") is not None,
        error=error_of(element),
    )


def soap_fault(root: Element) -> str | None:
    """What a SOAP fault says; None if there is none."""
    fault = root.find("Body/Fault")
    if fault is None:
        return None
    text = fault.findtext("faultstring") or fault.findtext("Reason/Text") or "no reason given"
    return f"SOAP fault: {text.strip()}"
