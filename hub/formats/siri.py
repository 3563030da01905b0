"""SIRI 1.3 to 2.1: the envelope and the values inside it.

Nothing is gated on the schema, because no real producer keeps to it: elements are found by their
local name, whatever namespace, prefix, wrapper or SOAP dialect carries them. What is refused is
what could harm: a DOCTYPE, entities, more bytes than a delivery ever has.
Source: CEN/TS 15531 (SIRI) parts 1 and 2.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from lxml import etree

from hub.errors import PayloadError, Reason
from hub.model.common import Name, Occupancy, OccupancyStatus

Element = etree._Element  # noqa: SLF001  # lxml publishes its element type under no other name

MAX_BYTES = 64 * 1024 * 1024
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""No service ran under SIRI before: an earlier time is a default value that leaked out."""
FOREVER_FROM = 2200
"""Years from here on are a producer's way to write "no end"."""

_DATE_TIME = re.compile(r"(\d{4})-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?", re.ASCII)
_CJK = re.compile(r"[\u3400-\u9fff]")
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_ENCODINGS = ("ascii", "utf-16-le", "utf-16-be")
_HEADERS = ("ServiceDelivery", "ServiceDeliveryInfo")


@dataclass(frozen=True, slots=True)
class Fault:
    """A value that could not be used: why, and one sentence that names the element."""

    reason: Reason
    detail: str


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


@dataclass(slots=True)
class Reader:
    """Reads typed values below one element; what is malformed becomes a fault, never a crash.

    `zone` is the zone of times written without one. Paths are local names joined by "/".
    """

    element: Element
    zone: ZoneInfo
    faults: list[Fault] = field(default_factory=list)

    def text(self, path: str) -> str | None:
        """The text at the path with the white space around it removed; None if empty."""
        found = self.element.findtext(path)
        return (found.strip() or None) if found else None

    def first(self, *paths: str) -> str | None:
        """The first of several texts that is there."""
        return next((text for path in paths if (text := self.text(path))), None)

    def flag(self, path: str) -> bool:
        """An xsd:boolean; absent is false. Anything but true, 1, false, 0 is a fault and false."""
        return self.optional_flag(path) is True

    def optional_flag(self, path: str) -> bool | None:
        """An xsd:boolean, or None if absent or malformed."""
        text = self.text(path)
        if text is None:
            return None
        if text in {"true", "1"}:
            return True
        if text not in {"false", "0"}:
            self._bad(path, text, "true or false")
            return None
        return False

    def whole(self, path: str) -> int | None:
        """A positive whole number of at most nine digits."""
        text = self.text(path)
        if text is None:
            return None
        if not re.fullmatch(r"\d{1,9}", text, re.ASCII):
            self._bad(path, text, "a whole number")
            return None
        return int(text)

    def time(self, path: str) -> datetime | None:
        """An xsd:dateTime in UTC; None if absent, malformed, before 2000 or from 2200 on.

        Fractions of a second are kept to the microsecond. A time without a zone is read in
        `zone`; in the hour that autumn repeats, as the earlier of the two.
        """
        text = self.text(path)
        if text is None:
            return None
        match = _DATE_TIME.fullmatch(text)
        if match and int(match[1]) < EARLIEST.year:
            self.faults.append(
                Fault(Reason.TIMESTAMP_EPOCH, f"{path} {text}: a default value, no time")
            )
            return None
        moment = _moment(text, self.zone) if match and int(match[1]) < FOREVER_FROM else None
        if moment is None:
            self._bad(path, text, "an xsd:dateTime of this century or the next")
        return moment

    def end(self, path: str) -> datetime | None:
        """Like `time`, but a year from 2200 on means that there is no end: None."""
        text = self.text(path) or ""
        if text[:4].isdigit() and int(text[:4]) >= FOREVER_FROM:
            return None
        return self.time(path)

    def name(self, path: str) -> Name | None:
        """A NaturalLanguageString in Chinese and English, from every xml:lang given.

        Text without a language is Chinese if it has a Chinese character. A third language stands
        in the English place, unless there is English.
        """
        return name_of(self.element.findall(path))

    def each(self, path: str) -> Iterator["Reader"]:
        """A reader for every element at the path; their faults are collected here."""
        for element in self.element.iterfind(path):
            yield Reader(element, self.zone, self.faults)

    def _bad(self, path: str, text: str, expected: str) -> None:
        self.faults.append(Fault(Reason.BAD_VALUE, f"{path} {text[:60]!r} is not {expected}"))


def parse(body: bytes) -> Element:
    """The root element with all namespaces taken off.

    Raises PayloadError: TOO_LARGE, DTD_FORBIDDEN, NOT_DECODABLE.
    """
    if len(body) > MAX_BYTES:
        raise PayloadError(
            Reason.TOO_LARGE, f"SIRI: {len(body)} bytes, more than the {MAX_BYTES} allowed."
        )
    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        if any("<!DOCTYPE".encode(encoding) in body for encoding in _ENCODINGS):
            raise _dtd() from error
        first = str(error).splitlines()[0] if str(error) else "no XML"
        raise PayloadError(Reason.NOT_DECODABLE, f"not well-formed XML: {first}.") from error
    # lxml accepts a DOCTYPE even with entities off
    if root.getroottree().docinfo.internalDTD is not None:
        raise _dtd()
    for element in root.iter(etree.Element):
        element.tag = etree.QName(element).localname
    return root


def deliveries(body: bytes, service: str, zone: ZoneInfo) -> list[Delivery]:
    """The deliveries named `service` of a document; at least one that carries no error.

    `service` is the element's name, such as EstimatedTimetableDelivery. Raises PayloadError if the
    bytes are no XML (see `parse`), hold no such delivery, or hold only the producer's errors.
    """
    root = parse(body)
    header = next(root.iter(*_HEADERS), root)
    found = [_delivery(element, header, zone) for element in root.iter(service)]
    header_error = _error(header) or _error(root) or _soap_fault(root)
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
    return found


def name_of(elements: list[Element]) -> Name | None:
    """One Name from NaturalLanguageStrings in several languages; see `Reader.name`."""
    zh = en = other = None
    for element in elements:
        text = " ".join((element.text or "").split())
        language = (element.get(_LANG) or "").lower()
        if not text:
            continue
        if language.startswith("zh") or (not language and _CJK.search(text)):
            zh = zh or text
        elif language.startswith("en") or not language:
            en = en or text
        else:
            other = other or text
    english = en or other
    return Name(zh=zh, en=english) if zh or english else None


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


def occupancy(text: str | None) -> Occupancy | None:
    """OccupancyEnumeration of SIRI 2.0 and 2.1; None for unknown, undefined or no such word."""
    status = _OCCUPANCY.get(text or "")
    return Occupancy(status=status) if status else None


def _delivery(element: Element, header: Element, zone: ZoneInfo) -> Delivery:
    own, outer = Reader(element, zone), Reader(header, zone)
    return Delivery(
        element=element,
        response_timestamp=outer.time("ResponseTimestamp") or own.time("ResponseTimestamp"),
        producer_ref=outer.text("ProducerRef"),
        more_data=outer.flag("MoreData") or own.flag("MoreData"),
        subscribed=own.text("SubscriptionRef") is not None,
        error=_error(element),
    )


def _error(element: Element) -> str | None:
    """What ErrorCondition says, or that Status is false; None if all is well (part 2, 6.4)."""
    condition = element.find("ErrorCondition")
    if condition is not None:
        kind = next((child.tag for child in condition if child.tag != "Description"), "")
        text = condition.findtext(".//ErrorText") or condition.findtext("Description") or ""
        return ": ".join(part for part in (kind, text.strip()) if part) or "ErrorCondition"
    if (element.findtext("Status") or "").strip() in {"false", "0"}:
        return "Status is false, without an ErrorCondition"
    return None


def _soap_fault(root: Element) -> str | None:
    fault = root.find("Body/Fault")
    if fault is None:
        return None
    text = fault.findtext("faultstring") or fault.findtext("Reason/Text") or "no reason given"
    return f"SOAP fault: {text.strip()}"


def _moment(text: str, zone: ZoneInfo) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _dtd() -> PayloadError:
    return PayloadError(
        Reason.DTD_FORBIDDEN, "The document has a DOCTYPE, which is refused unread."
    )
