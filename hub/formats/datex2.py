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
from hub.formats.xml import Element, Fault, Reader, name_of, parse, type_of
from hub.model.common import Name, Position
from hub.model.parking import OpeningStatus, ParkingSiteStatus

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
_NATURAL = re.compile(r"\[.*\]$", re.DOTALL)
_CLOSED = {"closed", "closedAbnormal", "closedPermanently"}
_OPEN = {"open", "openingTimesInForce"}
_UNKNOWN = {"unknown", "statusUnknown"}
"""What is counted beside such a word and a vacant of 0 is a default, not a full car park."""
_FULLNESS = {
    "full": ParkingSiteStatus.FULL,
    "fullAtEntrance": ParkingSiteStatus.FULL_AT_ENTRANCE,
    "almostFull": ParkingSiteStatus.ALMOST_FULL,
    "expectCarParkToBeFull": ParkingSiteStatus.ALMOST_FULL,
    "spacesAvailable": ParkingSiteStatus.SPACES_AVAILABLE,
}
"""In the order in which they count where several are said."""
_GRADED = re.compile(r"percentage([1-9]\d?)", re.ASCII)
_SAYINGS = {
    *("parkingRecordReference", "parkingStatusOriginTime", "parkingOccupancy"),
    *("parkingSiteStatus", "parkingSiteOpeningStatus", "parkingNumberOfSpacesOverride"),
    *("parkingNumberOfVacantSpaces", "parkingNumberOfOccupiedSpaces", "parkingNumberOfVehicles"),
    *("parkingOccupancyGraded", "parkingNotAllowed"),
    *("parkingFacilityReference", "parkingFacilityStatus", "parkingFacilityStatusTime"),
    *("parkingFacilityOccupancy", "totalNumberOfVacantParkingSpaces"),
    *("totalNumberOfOccupiedParkingSpaces", "totalParkingCapacityOverride"),
}
"""What is read of a status."""
_DROPPED = {
    *("parkingOccupancyTrend", "vehicleCountAndRate", "overrideParkingThresholds"),
    *("groupOfParkingSpacesStatus", "parkingSpaceStatus", "assignedParkingSpacesStatus"),
    *("tariffsAndPayment", "parkingStatusValidity", "parkingFacilityOccupancyTrend"),
    *("parkingFacilityExitRate", "parkingFacilityFillRate", "parkingFacilityQueuingTime"),
    *("totalParkingCapacityLongTermOverride", "totalParkingCapacityShortTermOverride"),
}
"""What the manifest says is dropped; any other element of a status is a fault."""
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
class Status:
    """A parkingRecordStatus or parkingFacilityStatus with its own time, UTC.

    `faults` name what could not be read of it, and what it says that is not read.
    """

    native_id: str | None
    vacant: int | None
    occupied: int | None
    capacity: int | None
    occupancy_percent: float | None
    status: ParkingSiteStatus | None
    opening: OpeningStatus
    origin_time: datetime | None
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

    Raises PayloadError: TOO_LARGE, DTD_FORBIDDEN, NOT_DECODABLE (see hub.formats.xml);
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
    statuses = [_record_status(element, zone) for element in root.iter("parkingRecordStatus")]
    statuses += [
        _legacy_status(element, zone)
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
        native_id=_ident(element),
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


def _record_status(element: Element, zone: ZoneInfo) -> Status:
    reader = Reader(element, zone)
    counted = "parkingOccupancy/parkingNumberOf"
    graded = reader.text("parkingOccupancy/parkingOccupancyGraded")
    words = _words(element, "parkingSiteStatus", "parkingSiteOpeningStatus")
    vacant, occupied = _counts(
        reader,
        words,
        reader.whole(f"{counted}VacantSpaces"),
        _first_whole(reader, f"{counted}OccupiedSpaces", f"{counted}Vehicles"),
    )
    percent = reader.number("parkingOccupancy/parkingOccupancy")
    if percent is None and graded and (tenths := _GRADED.fullmatch(graded)):
        percent, graded = float(tenths[1]), None
    if reader.flag("parkingOccupancy/parkingNotAllowed"):
        words.add("closed")
    reader.faults += _unsaid(words | {graded or "unknown"}, element, "parkingOccupancy")
    return Status(
        native_id=_ident(element.find("parkingRecordReference")),
        vacant=vacant,
        occupied=occupied,
        capacity=reader.whole(f"{counted}SpacesOverride"),
        occupancy_percent=percent,
        status=_fullness(words | {graded or ""}),
        opening=_opening(words),
        origin_time=reader.time("parkingStatusOriginTime"),
        faults=tuple(reader.faults),
    )


def _legacy_status(element: Element, zone: ZoneInfo) -> Status:
    reader = Reader(element, zone)
    words = _words(element, "parkingFacilityStatus")
    vacant, occupied = _counts(
        reader,
        words,
        reader.whole("totalNumberOfVacantParkingSpaces"),
        reader.whole("totalNumberOfOccupiedParkingSpaces"),
    )
    reader.faults += _unsaid(words, element)
    return Status(
        native_id=_ident(element.find("parkingFacilityReference")),
        vacant=vacant,
        occupied=occupied,
        capacity=reader.whole("totalParkingCapacityOverride"),
        occupancy_percent=reader.number("parkingFacilityOccupancy"),
        status=_fullness(words),
        opening=_opening(words),
        origin_time=reader.time("parkingFacilityStatusTime"),
        faults=tuple(reader.faults),
    )


def _first_whole(reader: Reader, *paths: str) -> int | None:
    return next((n for path in paths if (n := reader.whole(path)) is not None), None)


def _counts(
    reader: Reader, words: set[str], vacant: int | None, occupied: int | None
) -> tuple[int | None, int | None]:
    if vacant != 0 or not words & _UNKNOWN:
        return vacant, occupied
    detail = "nothing vacant, and the status is unknown: a default, not used"
    reader.faults.append(Fault(Reason.BAD_VALUE, detail))
    return None, None


def _words(element: Element, *paths: str) -> set[str]:
    found = ((one.text or "").strip() for path in paths for one in element.findall(path))
    return {word for word in found if word}


def _opening(words: set[str]) -> OpeningStatus:
    if words & _CLOSED:
        return OpeningStatus.CLOSED
    return OpeningStatus.OPEN if words & _OPEN else OpeningStatus.UNKNOWN


def _fullness(words: set[str]) -> ParkingSiteStatus | None:
    return next((status for word, status in _FULLNESS.items() if word in words), None)


def _unsaid(words: set[str], element: Element, inner: str = "") -> list[Fault]:
    """What a status says, in a word or an element of its own, and is not carried on."""
    known = {*_CLOSED, *_OPEN, *_UNKNOWN, *_FULLNESS}
    faults = [
        Fault(Reason.BAD_VALUE, f"status {word[:40]!r} is not read")
        for word in sorted(words - known)
    ]
    parts = [*element, *(element.iterfind(f"{inner}/*") if inner else ())]
    unread = {str(part.tag) for part in parts} - _SAYINGS - _DROPPED
    faults += [
        Fault(Reason.UNSUPPORTED_MESSAGE, f"{name[:60]} is not carried")
        for name in sorted(unread)
        if not name.endswith("Extension")
    ]
    return faults


def _ident(element: Element | None) -> str | None:
    """The id without what some producers add to it in brackets: `1035[P+R Bondorf]` is 1035."""
    written = (element.get("id") or "") if element is not None else ""
    return _NATURAL.sub("", written.strip()).strip()[:200] or None
