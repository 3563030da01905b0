"""FacilityConditions to facilities and their condition; those of parking to what is free there."""

from connectors.siri.common import each, is_full, open_batch
from connectors.snapshot import believable
from hub.connector import Batch, Context, Envelope
from hub.errors import Reason
from hub.formats.common.fields import checked_position
from hub.formats.siri import fm as siri_fm
from hub.formats.siri.fm import Counting, MonitoredFacility
from hub.model.common import Name
from hub.model.facilities import FacilityCondition, FacilityStatus
from hub.model.ids import scoped
from hub.model.parking import OpeningStatus, ParkingFacility, ParkingStatus
from hub.model.situations import Period
from hub.model.timetable import Timetable

_STATUS = {
    "available": FacilityStatus.AVAILABLE,
    "added": FacilityStatus.AVAILABLE,
    "partiallyAvailable": FacilityStatus.PARTLY_AVAILABLE,
    "notAvailable": FacilityStatus.NOT_AVAILABLE,
    "removed": FacilityStatus.NOT_AVAILABLE,
}
_OPENING = {
    FacilityStatus.AVAILABLE: OpeningStatus.OPEN,
    FacilityStatus.PARTLY_AVAILABLE: OpeningStatus.OPEN,
    FacilityStatus.NOT_AVAILABLE: OpeningStatus.CLOSED,
    FacilityStatus.UNKNOWN: OpeningStatus.UNKNOWN,
}
_PARKING = "ParkingFacility"
_UNITS = {None, "bays", "vehicles", "otherSpaces"}
"""What is counted in parking; persons, kilograms and the like say nothing of spaces."""
_VACANT = {"availabilityCount"}
_OCCUPIED = {"inUseCount", "presentCount", "currentStateCount"}
_UNSAID = {"unknown", "undefined"}


def parse(raw: Envelope, context: Context) -> Batch:
    """Facilities and parking of one FacilityMonitoring delivery; what is refused, with its reason.

    `entities` are FacilityConditions. One of parking gives the facility and its status, any other
    its condition. The standard gives a condition no time of its own: it is as old as its delivery.
    Raises PayloadError if the bytes are no such delivery or carry only the producer's error.
    """
    deliveries = siri_fm.read(raw.body, context.timezone)
    batch = open_batch(deliveries, raw)
    seen: set[str] = set()
    for facility, _ in each(siri_fm.conditions, deliveries, context, batch):
        _take(facility, seen, context, batch)
    batch.lists_all(is_full(deliveries, context))
    return batch


def _take(facility: MonitoredFacility, seen: set[str], context: Context, batch: Batch) -> None:
    code = facility.code
    if code is None:
        named = facility.description.best if facility.description else "?"
        batch.reject(Reason.MISSING_FIELD, named, "neither FacilityCode nor FacilityRef")
        return
    if code in seen:
        batch.reject(Reason.DUPLICATE, code, "in the delivery twice; the first is taken")
        return
    if facility.status is None and not facility.countings:
        batch.reject(Reason.EMPTY_ENTITY, code, "neither a FacilityStatus nor a count")
        return
    seen.add(code)
    for fault in facility.faults:
        batch.note(fault.reason, code, fault.detail)
    if facility.status not in _STATUS and facility.status not in {None, *_UNSAID}:
        batch.note(Reason.BAD_VALUE, code, f"Status {facility.status!r} is none of SIRI's")
    if _is_parking(facility):
        batch.records.extend(_parking(facility, code, context, batch))
        return
    condition = _condition(facility, code, context, batch)
    if condition.status is FacilityStatus.UNKNOWN and condition.reason is None:
        batch.note(Reason.EMPTY_ENTITY, code, "nothing is said of its condition")
    batch.records.append(condition)


def _is_parking(facility: MonitoredFacility) -> bool:
    """Said by its class or feature; a count of bays without either is one of parking too."""
    named = any(feature == _PARKING for feature, _ in facility.features)
    counted = any(counting.unit == "bays" for counting in facility.countings)
    return named or "parkingBay" in facility.classes or counted


def _condition(
    facility: MonitoredFacility, code: str, context: Context, batch: Batch
) -> FacilityCondition:
    features = [word for _, word in facility.features if word not in _UNSAID]
    classes = [word for word in facility.classes if word not in _UNSAID]
    return FacilityCondition(
        id=scoped(context.dataset, code),
        dataset=context.dataset,
        native_id=code,
        name=facility.description or Name(en=code),
        category=next(iter((*features, *classes)), None),
        status=_status(facility),
        stop_place_id=_stop_place(facility, context, batch),
        reason=facility.reason,
        validity=_validity(facility, code, batch),
    )


def _parking(
    facility: MonitoredFacility, code: str, context: Context, batch: Batch
) -> tuple[ParkingFacility, ParkingStatus]:
    identifier = scoped(context.dataset, code)
    _note_unread(facility, code, batch)
    position = None
    if facility.lat is not None and facility.lon is not None:
        position = checked_position(facility.lat, facility.lon)
        if position is None:
            place = f"{facility.lat}, {facility.lon}"
            batch.note(Reason.POSITION_OUT_OF_RANGE, code, place)
    said, doubts = believable(
        ParkingStatus(
            facility_id=identifier,
            dataset=context.dataset,
            vacant=_count(facility, _VACANT, code, batch),
            occupied=_count(facility, _OCCUPIED, code, batch),
            occupancy_percent=_percent(facility),
            opening=_OPENING[_status(facility)],
            observed_at=batch.as_of,
        )
    )
    for doubt in doubts:
        batch.note(doubt.reason, code, doubt.detail)
    return (
        ParkingFacility(
            id=identifier,
            dataset=context.dataset,
            native_id=code,
            name=facility.description or Name(en=code),
            position=position,
            park_and_ride=(_PARKING, "parkAndRidePark") in facility.features,
        ),
        said,
    )


def _percent(facility: MonitoredFacility) -> float | None:
    """How much of all spaces is taken: as counted, or what is not free."""
    for counting in facility.countings:
        if counting.percentage is not None and counting.unit in _UNITS and not counting.refined:
            if counting.type in _OCCUPIED:
                return counting.percentage
            if counting.type in _VACANT:
                return 100 - counting.percentage
    return None


def _note_unread(facility: MonitoredFacility, code: str, batch: Batch) -> None:
    for counting in facility.countings:
        if counting.type not in {*_VACANT, *_OCCUPIED} or counting.unit not in _UNITS:
            detail = f"{counting.type} of {counting.unit or 'spaces'} is not carried"
            batch.note(Reason.UNSUPPORTED_MESSAGE, code, detail)


def _count(facility: MonitoredFacility, types: set[str], code: str, batch: Batch) -> int | None:
    """The count of all spaces. Counts of a part of them never stand in for the whole."""
    found = [one for one in facility.countings if one.type in types and one.unit in _UNITS]
    whole = [one for one in found if not one.refined and one.count is not None]
    if whole:
        return whole[0].count
    unused = next((one for one in found if one.refined or one.percentage is None), None)
    if unused is not None:
        batch.note(Reason.MISSING_FIELD, code, _unused(unused))
    return None


def _unused(counting: Counting) -> str:
    if counting.refined:
        return f"{counting.type} counts a part of the spaces only (TypeOfCountedFeature); not used"
    return f"{counting.type} gives neither a Count nor a Percentage; not used"


def _status(facility: MonitoredFacility) -> FacilityStatus:
    return _STATUS.get(facility.status or "", FacilityStatus.UNKNOWN)


def _stop_place(facility: MonitoredFacility, context: Context, batch: Batch) -> str | None:
    ref = facility.stop_place_ref or facility.stop_point_ref
    if ref is None:
        return None
    timetable = context.reference if isinstance(context.reference, Timetable) else None
    place = timetable.place(ref) if timetable else None
    batch.matched_stops += place is not None
    return place.id if place else scoped(context.dataset, ref)


def _validity(facility: MonitoredFacility, code: str, batch: Batch) -> tuple[Period, ...]:
    kept = []
    for period in facility.validity:
        if period.start and period.end and period.end < period.start:
            batch.note(Reason.TIME_ORDER, code, "a validity period ends before it starts")
        else:
            kept.append(period)
    return tuple(kept)
