"""SIRI Vehicle Monitoring: VehicleActivity and its cancellation as typed messages.

Extensions, where producers put drivers, are not read.
Source: CEN/TS 15531-3 (SIRI-VM), VehicleMonitoringDelivery.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from hub.errors import Reason
from hub.formats.common.xml import Fault, Reader
from hub.formats.siri.delivery import Delivery, Shape, deliveries
from hub.formats.siri.et import EstimatedVehicleJourney, calls_of, journey_of
from hub.formats.siri.sm import CALLS, MONITORED

SHAPE = Shape(
    "VehicleMonitoringDelivery",
    frozenset({"VehicleActivity", "VehicleActivityCancellation"}),
)
_ZONED = ("Z", "+", "-")


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleActivity:
    """One VehicleActivity in the producer's own words; times in UTC.

    `journey` has the calls that the message tells. `stop_ref` is the stop of its MonitoredCall, at
    which the vehicle stands if `at_stop`. `velocity` is in metres a second, `progress` in per cent
    of the way from stop to stop. `valid_until` is None where it is written without a zone: nobody
    can say which one was meant.
    """

    item: str | None
    monitoring_ref: str | None
    vehicle_ref: str | None
    valid_until: datetime | None
    progress: float | None
    lat: float | None
    lon: float | None
    bearing: float | None
    velocity: float | None
    in_panic: bool
    stop_ref: str | None
    at_stop: bool
    journey: EstimatedVehicleJourney


@dataclass(frozen=True, slots=True)
class VehicleActivityCancellation:
    """A vehicle that is not monitored any more."""

    monitoring_ref: str | None
    journey_ref: str | None
    data_frame: str | None


def read(body: bytes, zone: ZoneInfo) -> list[Delivery]:
    """The VM deliveries of a document. Raises PayloadError; see `delivery.deliveries`."""
    return deliveries(body, SHAPE, zone)


def activities(delivery: Delivery, zone: ZoneInfo) -> Iterator[VehicleActivity]:
    """The activities of one delivery, in its order."""
    for element in delivery.element.iterfind("VehicleActivity"):
        yield _activity(Reader(element, zone), zone)


def cancellations(delivery: Delivery, zone: ZoneInfo) -> Iterator[VehicleActivityCancellation]:
    """The vehicles that one delivery takes back."""
    for element in delivery.element.iterfind("VehicleActivityCancellation"):
        found = Reader(element, zone)
        yield VehicleActivityCancellation(
            found.text("VehicleMonitoringRef"),
            found.text("VehicleJourneyRef/DatedVehicleJourneyRef"),
            found.text("VehicleJourneyRef/DataFrameRef"),
        )


def _activity(outer: Reader, zone: ZoneInfo) -> VehicleActivity:
    recorded_at, valid_until = outer.time("RecordedAtTime"), _valid_until(outer)
    progress = outer.number("ProgressBetweenStops/Percentage")
    element = outer.element.find("MonitoredVehicleJourney")
    inner = Reader(outer.element if element is None else element, zone, outer.faults)
    monitored = Reader(inner.element, zone)
    lon, lat = inner.number("VehicleLocation/Longitude"), inner.number("VehicleLocation/Latitude")
    bearing, velocity = inner.number("Bearing"), inner.number("Velocity")
    in_panic = inner.flag("InPanic")
    calls = tuple(calls_of(inner, CALLS))
    return VehicleActivity(
        item=outer.text("ItemIdentifier"),
        monitoring_ref=outer.text("VehicleMonitoringRef"),
        vehicle_ref=inner.text("VehicleRef"),
        valid_until=valid_until,
        progress=progress,
        lat=lat,
        lon=lon,
        bearing=bearing,
        velocity=velocity,
        in_panic=in_panic,
        stop_ref=monitored.text(f"{MONITORED}/StopPointRef"),
        at_stop=monitored.flag(f"{MONITORED}/VehicleAtStop"),
        journey=journey_of(inner, calls, recorded_at=recorded_at, partial=True),
    )


def _valid_until(outer: Reader) -> datetime | None:
    """ValidUntilTime; without a zone a note, for it may be hours off in either direction."""
    text = outer.text("ValidUntilTime")
    moment = outer.end("ValidUntilTime")
    if text and moment and not any(sign in text[10:] for sign in _ZONED):
        outer.faults.append(Fault(Reason.BAD_VALUE, f"ValidUntilTime {text} has no zone; not used"))
        return None
    return moment
