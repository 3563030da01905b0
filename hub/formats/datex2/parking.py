"""DATEX II v2 parking publications: the facilities of a table, and the status of each.

Two generations are in use: ParkingTablePublication and ParkingStatusPublication of the extension
of version 2.3 (`parkingRecord`, `parkingRecordStatus`), and before it the parkingFacilityTable
publications (`parkingFacility`, `parkingFacilityStatus`). Both are found by the local names of
their elements, in a d2LogicalModel, in a SOAP envelope, or as version 3 writes them.
Source: CEN/TS 16157-6 (Parking Publications), DATEX II v2.3 schema and its parking extension.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from hub.errors import PayloadError, Reason
from hub.formats.common.xml import Element, Fault, Reader, name_of, parse, type_of
from hub.formats.datex2.status import Status, ident_of, legacy_status, record_status
from hub.model.common import Name, Position

VERSION = "2"

_PUBLICATIONS = {
    "ParkingTablePublication",
    "ParkingStatusPublication",
    "ParkingFacilityTablePublication",
    "ParkingFacilityTableStatusPublication",
}
_PAYLOADS = ("payloadPublication", "payload")
_WITH_VERSION = ("d2LogicalModel", "messageContainer", *_PAYLOADS)
_UNREAD = ("parkingArea", "parkingAreaStatus", "parkingStatusInformation")
"""Sums over several facilities, and what stands for a status since version 3.7."""
_SCENARIO = "parkAndRide"
_PARK_AND_RIDE = re.compile(r"(?:P ?[+&] ?R|Park ?(?:and|&|\+) ?Ride)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Facility:
    """A parkingRecord or parkingFacility. `capacity` counts all spaces."""

    native_id: str | None
    name: Name | None
    position: Position | None
    capacity: int | None
    park_and_ride: bool
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Publication:
    """What a document holds. `version` is its modelBaseVersion, None if it says none.

    `unread` counts what a parking publication may hold and this hub does not read, by its name.
    """

    time: datetime | None
    version: str | None
    facilities: list[Facility]
    statuses: list[Status]
    unread: Mapping[str, int]
    faults: tuple[Fault, ...] = ()


def decode(body: bytes, zone: ZoneInfo) -> Publication:
    """The facilities and statuses of a document; `zone` is that of times without an offset.

    Raises PayloadError: TOO_LARGE, DTD_FORBIDDEN, NOT_DECODABLE (see hub.formats.common.xml);
    UNSUPPORTED_MESSAGE if it holds no parking publication, UNSUPPORTED_VERSION if it holds one and
    nothing in it is read, which must not look as if there were no parking; SOURCE_ERROR if its
    producer says that something went wrong.
    """
    root = parse(body, "DATEX II")
    if (denied := _denied(root)) is not None:
        raise PayloadError(
            Reason.SOURCE_ERROR, f"The producer answered with an error: {denied[:200]}."
        )
    if not any(_is_parking(element) for element in root.iter()):
        held = next((type_of(e) or e.tag for e in root.iter(*_PAYLOADS)), root.tag)
        raise PayloadError(
            Reason.UNSUPPORTED_MESSAGE, f"{root.tag} holds {held} and no parking publication."
        )
    head = Reader(root, zone)
    time = head.time(".//publicationTime")
    facilities = [_record(element, zone) for element in root.iter("parkingRecord")]
    facilities += [_legacy(element, zone) for element in root.iter("parkingFacility")]
    statuses = [record_status(element, zone) for element in root.iter("parkingRecordStatus")]
    statuses += [
        legacy_status(element, zone)
        for element in root.iter("parkingFacilityStatus")
        if len(element)  # the status word inside has the name of the element around it
    ]
    unread = Counter(str(element.tag) for element in root.iter(*_UNREAD))
    if unread and not facilities and not statuses:
        raise PayloadError(
            Reason.UNSUPPORTED_VERSION, f"a parking publication of {', '.join(unread)} only."
        )
    return Publication(time, _version(root), facilities, statuses, unread, tuple(head.faults))


def _version(root: Element) -> str | None:
    versions = (element.get("modelBaseVersion") for element in root.iter(*_WITH_VERSION))
    return next((version for version in versions if version), root.get("modelBaseVersion"))


def _is_parking(element: Element) -> bool:
    kind = element.tag if element.tag not in _PAYLOADS else (type_of(element) or "")
    return kind[:1].upper() + kind[1:] in _PUBLICATIONS


def _denied(root: Element) -> str | None:
    fault = next(root.iter("Fault"), None)
    if fault is not None:
        said = fault.findtext("faultstring") or fault.findtext("Reason/Text") or "no reason given"
        return f"SOAP fault: {' '.join(said.split())}"
    reason = root.findtext(".//exchange/denyReason")
    return " ".join(reason.split()) if reason else None


def _record(element: Element, zone: ZoneInfo) -> Facility:
    return _facility(element, zone, "parkingName", "parkingNumberOfSpaces", "parkingLocation")


def _legacy(element: Element, zone: ZoneInfo) -> Facility:
    names = ("parkingFacilityName", "totalParkingCapacity", "facilityLocation", "entranceLocation")
    return _facility(element, zone, *names)


def _facility(element: Element, zone: ZoneInfo, named: str, spaces: str, *located: str) -> Facility:
    reader = Reader(element, zone)
    name = name_of(element.findall(f"{named}//value") or element.findall(named))
    return Facility(
        native_id=ident_of(element),
        name=name,
        position=next((found for path in located if (found := _position(reader, path))), None),
        capacity=reader.whole(spaces),
        park_and_ride=_is_park_and_ride(element, name),
        faults=tuple(reader.faults),
    )


def _position(reader: Reader, path: str) -> Position | None:
    """The first coordinates below the location: a point's, or those for display."""
    for point in reader.element.iterfind(f"{path}//latitude/.."):
        inner = Reader(point, reader.zone, reader.faults)
        lat, lon = inner.number("latitude"), inner.number("longitude")
        if lat is None or lon is None:
            continue
        if not (-90 <= lat <= 90 and -180 <= lon <= 180) or (lat == 0 and lon == 0):
            reader.faults.append(
                Fault(Reason.POSITION_OUT_OF_RANGE, f"{path} {lat}, {lon} is no place")
            )
            return None
        return Position(lat, lon)
    return None


def _is_park_and_ride(element: Element, name: Name | None) -> bool:
    """Whether the scenario of use says so, or the name begins with it."""
    if any((inner.text or "").strip() == _SCENARIO for inner in element.iter()):
        return True
    names = (name.zh, name.en) if name else ()
    return any(_PARK_AND_RIDE.match(text) for text in names if text)
