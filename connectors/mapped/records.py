"""One entity of a mapped feed to the hub's records."""

import re
from dataclasses import replace
from datetime import datetime
from hashlib import blake2b, sha256

from connectors.coach_profile.journeys import Station, journey_of
from connectors.mapped.values import Values
from connectors.snapshot import believable, believed, no_capacity
from hub.connector import Batch, Context, Record
from hub.errors import Reason
from hub.formats.coach_profile import CoachDeparture
from hub.formats.common import gcj02
from hub.model.common import Mode, Name, Occupancy, OccupancyStatus, Position
from hub.model.ids import scoped
from hub.model.journeys import CallStatus, CheckIn, DatedJourney, SaleStatus
from hub.model.moments import AHEAD
from hub.model.parking import OpeningStatus, ParkingFacility, ParkingSiteStatus, ParkingStatus
from hub.model.vehicles import TaxiState, VehiclePosition

TOP_SPEED_KMH = 500

_CJK = re.compile(r"[\u3400-\u9fff]")


class RefusedRecord(Exception):
    """An entity cannot be used."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def records_of(values: Values, native: str, context: Context, batch: Batch) -> list[Record]:
    """The records of an entity named `native`; doubts are noted. Raises RefusedRecord."""
    match values.config.record:
        case "departure":
            return [_departure(values, native, context, batch)]
        case "parking":
            return _parking(values, native, context, batch)
        case "vehicle":
            return [_vehicle(values, native, context)]


def native_id(values: Values, context: Context) -> str | None:
    """The entity's id; a vehicle's is replaced by a keyed hash of 16 hex digits.

    Only where the configuration says that a vehicle's id is public it stays as it is.
    """
    config, found = values.config, values.text("id")
    if found is None or config.record != "vehicle" or config.public_ids:
        return found
    key = sha256((config.id_key or context.dataset).encode()).digest()
    return blake2b(found.encode(), key=key, digest_size=8).hexdigest()


def _departure(values: Values, native: str, context: Context, batch: Batch) -> DatedJourney:
    day = values.calendar_date("service_date")
    if day is None and "service_date" in values.config.fields:
        raise _missing(values, "service_date")
    aimed = values.time("aimed_departure", day=day)
    number, place = values.text("number"), values.text("stop_place")
    place_name, destination = _name(values, "stop_name"), _name(values, "destination")
    if aimed is None or number is None:
        raise _missing(values, "aimed_departure" if aimed is None else "number")
    if place is None or place_name is None or destination is None:
        needed = {"stop_place": place, "stop_name": place_name, "destination": destination}
        raise _missing(values, next(name for name, value in needed.items() if value is None))
    cancelled = values.flag("cancelled")
    if cancelled is None:
        raise _missing(values, "cancelled")
    line, line_name = values.text("line"), _name(values, "line_name")
    departure = CoachDeparture(
        id=native,
        service_date=day or aimed.astimezone(values.zone).date(),
        number=number,
        destination=replace(destination, en=values.text("destination_en") or destination.en),
        aimed=aimed,
        line=(line, line_name) if line else None,
        expected=values.time("expected_departure", near=aimed),
        actual=values.time("actual_departure", near=aimed),
        planned_gate=values.text("planned_platform"),
        gate=values.text("platform"),
        check_in=values.word("check_in", CheckIn),
        sale=values.word("sale", SaleStatus),
        seats_total=values.count("seats_total"),
        seats_available=values.count("seats_available"),
        cancelled=cancelled,
        extra=values.flag("extra") is True,
        observed_at=_observed(values, required=False),
        faults=(),
    )
    station = Station(place, place_name)
    journey = journey_of(departure, station, context, values.received_at, batch)
    return _with_status(journey, values, context)


def _with_status(journey: DatedJourney, values: Values, context: Context) -> DatedJourney:
    """The status that the source states; it knows more than its times, unless it has cancelled."""
    told = values.word("status", CallStatus)
    calls = journey.calls
    if told is not None and calls[0].status is not CallStatus.CANCELLED:
        calls = tuple(replace(call, status=told) for call in calls)
    return replace(journey, mode=context.mode or Mode.OTHER, calls=calls)


def _parking(values: Values, native: str, context: Context, batch: Batch) -> list[Record]:
    told, vacant = values.count("capacity"), values.count("vacant")
    capacity = told or None
    occupied, opening = values.count("occupied"), values.word("opening", OpeningStatus)
    identifier, name = scoped(context.dataset, native), _name(values, "name")
    observed_at, late = believed(values.time("observed_at"), values.received_at)
    said = ParkingStatus(
        facility_id=identifier,
        dataset=context.dataset,
        vacant=vacant,
        occupied=occupied,
        capacity=capacity,
        occupancy_percent=values.number("occupancy_percent"),
        status=values.word("status", ParkingSiteStatus),
        opening=opening or OpeningStatus.UNKNOWN,
        observed_at=observed_at,
    )
    status, doubts = believable(said)
    for doubt in (*no_capacity(told), *late, *doubts):
        batch.note(doubt.reason, native, doubt.detail)
    if name is None:
        return [status]
    facility = ParkingFacility(
        id=identifier,
        dataset=context.dataset,
        native_id=native,
        name=name,
        position=_position(values, required=False),
        capacity=capacity,
        park_and_ride=values.flag("park_and_ride") is True,
    )
    return [facility, status]


def _vehicle(values: Values, native: str, context: Context) -> VehiclePosition:
    observed_at, position = _observed(values, required=True), _position(values, required=True)
    if observed_at is None or position is None:
        raise _missing(values, "observed_at" if observed_at is None else "lat")
    line, occupancy = values.text("line"), values.word("occupancy", OccupancyStatus)
    return VehiclePosition(
        id=scoped(context.dataset, native),
        dataset=context.dataset,
        native_id=native,
        mode=context.mode or Mode.OTHER,
        position=position,
        observed_at=observed_at,
        bearing=_within(values, "bearing", 360),
        speed_kmh=_within(values, "speed_kmh", TOP_SPEED_KMH),
        label=values.text("label"),
        line_id=scoped(context.dataset, line) if line else None,
        occupancy=Occupancy(status=occupancy) if occupancy else None,
        taxi_state=values.word("taxi_state", TaxiState),
    )


def _within(values: Values, name: str, most: float) -> float | None:
    found = values.number(name)
    if found is not None and not 0 <= found <= most:
        values.doubt(name, Reason.BAD_VALUE, f"{name} = {found:g}: expected 0 to {most:g}")
        return None
    return found


def _position(values: Values, *, required: bool) -> Position | None:
    """A place on Earth, in WGS-84. RefusedRecord if one is required and cannot be, else a doubt."""
    lat, lon = values.number("lat"), values.number("lon")
    if lat is None or lon is None:
        if required:
            raise _missing(values, "lat" if lat is None else "lon")
        return None
    reason = None
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        reason = Reason.POSITION_OUT_OF_RANGE
    elif lat == 0 and lon == 0:
        reason = Reason.POSITION_NOT_FIXED
    if reason is None:
        shifted = values.config.coordinates == "gcj02"
        return Position(*(gcj02.to_wgs84(lat, lon) if shifted else (lat, lon)))
    if required:
        raise RefusedRecord(reason, f"position {lat:g}, {lon:g}")
    values.doubt("lat", reason, f"position {lat:g}, {lon:g}")
    return None


def _observed(values: Values, *, required: bool) -> datetime | None:
    observed = values.time("observed_at")
    if observed is None and required:
        raise _missing(values, "observed_at")
    if observed is not None and observed > values.received_at + AHEAD:
        detail = f"observed_at {observed.isoformat()} is yet to come"
        raise RefusedRecord(Reason.TIMESTAMP_IN_FUTURE, detail)
    return observed


def _name(values: Values, name: str) -> Name | None:
    """A text in the place of its language: Chinese if it has a Chinese character."""
    found = values.text(name)
    if found is None:
        return None
    return Name(zh=found) if _CJK.search(found) else Name(en=found)


def _missing(values: Values, name: str) -> RefusedRecord:
    """Why a required field has no value: the fault in it, or its absence."""
    for fault in values.faults:
        if fault.name == name:
            return RefusedRecord(fault.reason, fault.detail)
    return RefusedRecord(Reason.MISSING_FIELD, f"{name} is missing")
