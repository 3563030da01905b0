"""SIRI Estimated Timetable: EstimatedVehicleJourney and its calls as typed messages.

Source: CEN/TS 15531-3 (SIRI-ET), EstimatedTimetableDelivery.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from hub.formats.common.xml import Fault, Reader
from hub.formats.siri.delivery import (
    Delivery,
    Shape,
    deliveries,
    occupancy,
    service_day,
    vehicle_occupancy,
)
from hub.model.common import Name, Occupancy
from hub.model.journeys import Times

SHAPE = Shape(
    "EstimatedTimetableDelivery",
    frozenset({"EstimatedVehicleJourney"}),
    frame="EstimatedJourneyVersionFrame",
    beside_items=frozenset({"RecordedAtTime", "VersionRef", "TimetableVersionRef"}),
)

_CALLS = (("RecordedCalls/RecordedCall", True), ("EstimatedCalls/EstimatedCall", False))
_REFS = (
    "FramedVehicleJourneyRef/DatedVehicleJourneyRef",
    "DatedVehicleJourneyRef",
    "EstimatedVehicleJourneyCode",
    "VehicleJourneyRef",
)
"""An extra journey has a code of its own, beside the reference of the journey it replaces."""
_OCCUPANCIES = ("RecordedDepartureOccupancy", "ExpectedDepartureOccupancy")


@dataclass(frozen=True, slots=True, kw_only=True)
class SiriCall:
    """A call of any of SIRI's services, in the producer's own words; times in UTC.

    `recorded`: it is over (RecordedCall, PreviousCall). `visit_number` tells visits of one journey
    to one stop apart; `at_stop`: the vehicle stands there now.
    """

    recorded: bool
    stop_point_ref: str | None
    order: int | None
    visit_number: int | None
    at_stop: bool
    stop_point_name: Name | None
    destination: Name | None
    extra: bool
    cancelled: bool
    inaccurate: bool
    occupancy: Occupancy | None
    aimed: Times
    expected: Times
    actual: Times
    arrival_status: str | None
    departure_status: str | None
    alighting: bool
    boarding: bool
    platform: str | None
    aimed_platform: str | None
    aimed_quay_ref: str | None
    expected_quay_ref: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimatedVehicleJourney:
    """One journey. `ref` and `data_frame` come from the framed reference if there is one.

    `recorded_at` is the journey's own RecordedAtTime, else its frame's. `partial`: the calls are
    some of the journey's, so that their position says nothing. `faults` are the values that could
    not be read.
    """

    ref: str | None
    data_frame: str | None
    recorded_at: datetime | None
    line_ref: str | None
    line_name: Name | None
    direction: Name | None
    mode: str | None
    service_features: tuple[str, ...]
    origin_ref: str | None
    origin: Name | None
    destination_ref: str | None
    destination: Name | None
    via: tuple[Name, ...]
    operator_ref: str | None
    origin_departure: datetime | None
    destination_arrival: datetime | None
    vehicle_ref: str | None
    train_number: str | None
    journey_name: str | None
    cancelled: bool
    extra: bool
    inaccurate: bool
    monitored: bool | None
    occupancy: Occupancy | None
    calls: tuple[SiriCall, ...]
    faults: tuple[Fault, ...]
    partial: bool = False

    @property
    def declared_date(self) -> date | None:
        """The service day that DataFrameRef names, if it names one."""
        return service_day(self.data_frame)


def read(body: bytes, zone: ZoneInfo) -> list[Delivery]:
    """The ET deliveries of a document. Raises PayloadError; see `delivery.deliveries`."""
    return deliveries(body, SHAPE, zone)


def journeys(delivery: Delivery, zone: ZoneInfo) -> Iterator[EstimatedVehicleJourney]:
    """The journeys of one delivery, in its order, whichever frame they are in."""
    for frame in delivery.element.iterfind("EstimatedJourneyVersionFrame"):
        head = Reader(frame, zone)
        recorded_at = head.time("RecordedAtTime")
        for element in frame.iterfind("EstimatedVehicleJourney"):
            yield _journey(Reader(element, zone, list(head.faults)), recorded_at)


def journey_of(
    read: Reader,
    calls: tuple[SiriCall, ...],
    *,
    recorded_at: datetime | None,
    ref: str | None = None,
    partial: bool = False,
) -> EstimatedVehicleJourney:
    """A journey of any service: EstimatedVehicleJourney or MonitoredVehicleJourney.

    `recorded_at` is when its frame or item was recorded, `ref` stands in for a missing reference.
    """
    return EstimatedVehicleJourney(
        ref=read.first(*_REFS) or ref,
        data_frame=read.text("FramedVehicleJourneyRef/DataFrameRef"),
        recorded_at=recorded_at,
        line_ref=read.text("LineRef"),
        line_name=read.name("PublishedLineName"),
        direction=read.name("DirectionName"),
        mode=read.text("VehicleMode"),
        service_features=tuple(
            (feature.text or "").strip() for feature in read.element.iterfind("ServiceFeatureRef")
        ),
        origin_ref=read.text("OriginRef"),
        origin=read.name("OriginName"),
        destination_ref=read.text("DestinationRef"),
        destination=read.name("DestinationName") or read.name("DestinationDisplayAtOrigin"),
        via=tuple(_via(read)),
        operator_ref=read.text("OperatorRef"),
        origin_departure=read.time("OriginAimedDepartureTime"),
        destination_arrival=read.time("DestinationAimedArrivalTime"),
        vehicle_ref=read.text("VehicleRef"),
        train_number=read.first("TrainNumbers/TrainNumberRef", "TrainNumber/TrainNumberRef"),
        journey_name=read.text("VehicleJourneyName"),
        cancelled=read.flag("Cancellation"),
        extra=read.flag("ExtraJourney"),
        inaccurate=read.flag("PredictionInaccurate"),
        monitored=read.optional_flag("Monitored"),
        occupancy=occupancy(read.text("Occupancy"), read.number("OccupancyPercentage")),
        calls=calls,
        faults=tuple(read.faults),
        partial=partial,
    )


def calls_of(
    journey: Reader, paths: tuple[tuple[str, bool], ...], *, stop_ref: str | None = None
) -> Iterator[SiriCall]:
    """The calls at the paths (each with whether they are over), in order; faults go to `journey`.

    `stop_ref` is the stop of a call that names none.
    """
    for path, recorded in paths:
        for position, found in enumerate(journey.element.iterfind(path), start=1):
            read = Reader(found, journey.zone)
            yield _call(read, stop_ref, recorded=recorded)
            where = f"{path.rpartition('/')[2]} {position}"
            journey.faults.extend(
                Fault(fault.reason, f"{where}: {fault.detail}") for fault in read.faults
            )


def _journey(read: Reader, frame_recorded_at: datetime | None) -> EstimatedVehicleJourney:
    calls = tuple(calls_of(read, _CALLS))
    return journey_of(read, calls, recorded_at=read.time("RecordedAtTime") or frame_recorded_at)


def _call(read: Reader, stop_ref: str | None, *, recorded: bool) -> SiriCall:
    return SiriCall(
        recorded=recorded,
        stop_point_ref=read.text("StopPointRef") or stop_ref,
        order=read.whole("Order"),
        visit_number=read.whole("VisitNumber"),
        at_stop=read.flag("VehicleAtStop"),
        stop_point_name=read.name("StopPointName"),
        destination=read.name("DestinationDisplay"),
        extra=read.flag("ExtraCall"),
        cancelled=read.flag("Cancellation"),
        inaccurate=read.flag("PredictionInaccurate"),
        occupancy=occupancy(read.text("Occupancy")) or vehicle_occupancy(read, *_OCCUPANCIES),
        aimed=_times(read, "Aimed"),
        expected=_times(read, "Expected"),
        actual=_times(read, "Actual"),
        arrival_status=read.text("ArrivalStatus"),
        departure_status=read.text("DepartureStatus"),
        alighting=read.text("ArrivalBoardingActivity") not in {"noAlighting", "passThru"},
        boarding=read.text("DepartureBoardingActivity") not in {"noBoarding", "passThru"},
        platform=_assigned(read, "ActualQuayName")
        or _assigned(read, "ExpectedQuayName")
        or read.first("DeparturePlatformName", "ArrivalPlatformName"),
        aimed_platform=_assigned(read, "AimedQuayName"),
        aimed_quay_ref=_assigned(read, "AimedQuayRef"),
        expected_quay_ref=_assigned(read, "ActualQuayRef") or _assigned(read, "ExpectedQuayRef"),
    )


def _via(read: Reader) -> Iterator[Name]:
    for place in read.each("Via"):
        if name := place.name("PlaceName") or place.name("PlaceShortName"):
            yield name


def _times(read: Reader, kind: str) -> Times:
    return Times(
        arrival=read.time(f"{kind}ArrivalTime"), departure=read.time(f"{kind}DepartureTime")
    )


def _assigned(read: Reader, name: str) -> str | None:
    """From the stop assignments; the departure's counts before the arrival's (part 3, 5.2)."""
    return read.first(f"DepartureStopAssignment/{name}", f"ArrivalStopAssignment/{name}")
