"""SIRI Facility Monitoring: FacilityCondition and its monitored counts as typed messages.

Source: CEN/TS 15531-4 (SIRI-FM), FacilityMonitoringDelivery; MonitoredCounting is of SIRI 2.1.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from hub.formats.common.xml import Fault, Reader
from hub.formats.siri.delivery import Delivery, Shape, deliveries
from hub.model.common import Name
from hub.model.situations import Period

SHAPE = Shape("FacilityMonitoringDelivery", frozenset({"FacilityCondition"}))


@dataclass(frozen=True, slots=True)
class Counting:
    """One MonitoredCounting. `refined`: it counts a part only (TypeOfCountedFeature)."""

    type: str | None
    unit: str | None
    count: int | None
    percentage: float | None
    refined: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitoredFacility:
    """One FacilityCondition in the producer's own words.

    `features` are the values of its Feature elements by name ("AccessFacility", "ParkingFacility"),
    `status` SIRI's word; `validity` the period of the status, else of the facility.
    """

    code: str | None
    description: Name | None
    classes: tuple[str, ...]
    features: tuple[tuple[str, str], ...]
    stop_place_ref: str | None
    stop_point_ref: str | None
    lat: float | None
    lon: float | None
    status: str | None
    reason: Name | None
    countings: tuple[Counting, ...]
    validity: tuple[Period, ...]
    faults: tuple[Fault, ...]


def read(body: bytes, zone: ZoneInfo) -> list[Delivery]:
    """The FM deliveries of a document. Raises PayloadError; see `delivery.deliveries`."""
    return deliveries(body, SHAPE, zone)


def conditions(delivery: Delivery, zone: ZoneInfo) -> Iterator[MonitoredFacility]:
    """The conditions of one delivery, in its order."""
    for element in delivery.element.iterfind("FacilityCondition"):
        yield _condition(Reader(element, zone))


def _condition(found: Reader) -> MonitoredFacility:
    return MonitoredFacility(
        code=found.first("Facility/FacilityCode", "FacilityRef", "Facility/FacilityRef"),
        description=found.name("Facility/Description"),
        classes=tuple(
            text
            for element in found.element.iterfind("Facility/FacilityClass")
            if (text := (element.text or "").strip())
        ),
        features=tuple(
            (str(child.tag), text)
            for feature in found.element.iterfind("Facility/Features/Feature")
            for child in feature
            if (text := (child.text or "").strip())
        ),
        stop_place_ref=found.text("Facility/FacilityLocation/StopPlaceRef"),
        stop_point_ref=found.text("Facility/FacilityLocation/StopPointRef"),
        lat=found.number("FacilityUpdatedPosition/Latitude"),
        lon=found.number("FacilityUpdatedPosition/Longitude"),
        status=found.text("FacilityStatus/Status"),
        reason=found.name("FacilityStatus/Description"),
        countings=tuple(_counting(counting) for counting in found.each("MonitoredCounting")),
        validity=_validity(found),
        faults=tuple(found.faults),
    )


def _counting(found: Reader) -> Counting:
    return Counting(
        type=found.text("CountingType"),
        unit=found.text("CountedFeatureUnit"),
        count=found.whole("Count"),
        percentage=found.number("Percentage"),
        refined=found.element.find("TypeOfCountedFeature") is not None,
    )


def _validity(found: Reader) -> tuple[Period, ...]:
    for path in ("ValidityPeriod", "Facility/ValidityCondition/Period"):
        periods = tuple(
            Period(period.begin("StartTime"), period.end("EndTime")) for period in found.each(path)
        )
        if periods:
            return periods
    return ()
