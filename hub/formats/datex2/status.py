"""The status of a car park in DATEX II: what is free, in counts, in a word, in per cent.

A word may be said of the spaces (ParkingSiteStatusEnum) or of the opening (OpeningStatusEnum); the
older generation has both in one element. What a status says that is not carried on is a fault.
Source: CEN/TS 16157-6 (Parking Publications), DATEX II v2.3 schema and its parking extension.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from hub.errors import Reason
from hub.formats.common.xml import Element, Fault, Reader
from hub.model.parking import OpeningStatus, ParkingSiteStatus

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


def record_status(element: Element, zone: ZoneInfo) -> Status:
    """A parkingRecordStatus."""
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
        native_id=ident_of(element.find("parkingRecordReference")),
        vacant=vacant,
        occupied=occupied,
        capacity=reader.whole(f"{counted}SpacesOverride"),
        occupancy_percent=percent,
        status=_fullness(words | {graded or ""}),
        opening=_opening(words),
        origin_time=reader.time("parkingStatusOriginTime"),
        faults=tuple(reader.faults),
    )


def legacy_status(element: Element, zone: ZoneInfo) -> Status:
    """A parkingFacilityStatus, of before version 2.3."""
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
        native_id=ident_of(element.find("parkingFacilityReference")),
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


def ident_of(element: Element | None) -> str | None:
    """The id without what some producers add to it in brackets: `1035[P+R Bondorf]` is 1035."""
    written = (element.get("id") or "") if element is not None else ""
    return _NATURAL.sub("", written.strip()).strip()[:200] or None
