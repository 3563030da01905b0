"""SIRI Stop Monitoring: MonitoredStopVisit and its cancellation as typed messages.

Source: CEN/TS 15531-3 (SIRI-SM), StopMonitoringDelivery.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from hub.formats.common.xml import Fault, Reader
from hub.formats.siri.delivery import Delivery, Shape, deliveries
from hub.formats.siri.et import EstimatedVehicleJourney, SiriCall, calls_of, journey_of

SHAPE = Shape(
    "StopMonitoringDelivery",
    frozenset({"MonitoredStopVisit", "MonitoredStopVisitCancellation"}),
    beside=frozenset(
        {"StopLineNotice", "StopLineNoticeCancellation", "StopNotice", "StopNoticeCancellation"}
        | {"ServiceException"}
    ),
)
MONITORED = "MonitoredCall"
CALLS = (
    ("PreviousCalls/PreviousCall", True),
    (MONITORED, False),
    ("OnwardCalls/OnwardCall", False),
)


@dataclass(frozen=True, slots=True)
class StopVisit:
    """One MonitoredStopVisit: a journey as one of its stops is told of it.

    `journey` has the previous, monitored and onward calls, in this order; `monitored` is None where
    the visit has no MonitoredCall. A journey without a reference goes by the ItemIdentifier.
    """

    item: str | None
    monitoring_ref: str | None
    journey: EstimatedVehicleJourney
    monitored: SiriCall | None


@dataclass(frozen=True, slots=True)
class StopVisitCancellation:
    """A visit that is taken back: by its item, or by journey and stop."""

    item: str | None
    monitoring_ref: str | None
    journey_ref: str | None
    data_frame: str | None
    recorded_at: datetime | None
    faults: tuple[Fault, ...]


def read(body: bytes, zone: ZoneInfo) -> list[Delivery]:
    """The SM deliveries of a document. Raises PayloadError; see `delivery.deliveries`."""
    return deliveries(body, SHAPE, zone)


def visits(delivery: Delivery, zone: ZoneInfo) -> Iterator[StopVisit]:
    """The visits of one delivery, in its order."""
    stop = Reader(delivery.element, zone).text("MonitoringRef")
    for element in delivery.element.iterfind("MonitoredStopVisit"):
        yield _visit(Reader(element, zone), stop, zone)


def cancellations(delivery: Delivery, zone: ZoneInfo) -> Iterator[StopVisitCancellation]:
    """The visits that one delivery takes back."""
    for element in delivery.element.iterfind("MonitoredStopVisitCancellation"):
        read_ = Reader(element, zone)
        yield StopVisitCancellation(
            item=read_.text("ItemRef"),
            monitoring_ref=read_.text("MonitoringRef"),
            journey_ref=read_.first(
                "VehicleJourneyRef/DatedVehicleJourneyRef",
                "FramedVehicleJourneyRef/DatedVehicleJourneyRef",
            ),
            data_frame=read_.first(
                "VehicleJourneyRef/DataFrameRef", "FramedVehicleJourneyRef/DataFrameRef"
            ),
            recorded_at=read_.time("RecordedAtTime"),
            faults=tuple(read_.faults),
        )


def _visit(read_: Reader, delivery_stop: str | None, zone: ZoneInfo) -> StopVisit:
    item, stop = read_.text("ItemIdentifier"), read_.text("MonitoringRef") or delivery_stop
    recorded_at = read_.time("RecordedAtTime")
    element = read_.element.find("MonitoredVehicleJourney")
    # a visit without a journey is read as an empty one, and refused as such
    inner = Reader(read_.element if element is None else element, zone, read_.faults)
    calls: list[SiriCall] = []
    monitored = None
    for path, recorded in CALLS:
        found = tuple(calls_of(inner, ((path, recorded),), stop_ref=_stop_of(path, stop)))
        calls.extend(found)
        if path == MONITORED and found:
            monitored = found[0]
    journey = journey_of(inner, tuple(calls), recorded_at=recorded_at, ref=item, partial=True)
    return StopVisit(item, stop, journey, monitored)


def _stop_of(path: str, monitoring_ref: str | None) -> str | None:
    """The monitored stop is that of its call unless the call names another."""
    return monitoring_ref if path == MONITORED else None
