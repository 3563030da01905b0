"""SIRI Situation Exchange: PtSituationElement and RoadSituationElement as typed messages.

Source: CEN/TS 15531-5 (SIRI-SX), SituationExchangeDelivery.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from hub.formats.common.fields import web_address
from hub.formats.common.xml import Fault, Reader
from hub.formats.siri.delivery import Delivery, Shape, deliveries
from hub.model.common import Name
from hub.model.situations import Link, Period

SHAPE = Shape(
    "SituationExchangeDelivery",
    frozenset({"PtSituationElement", "RoadSituationElement", "SituationNumber"}),
    frame="Situations",
    beside=frozenset({"PtSituationContext", "RoadSituationContext"}),
)
ELEMENTS = ("PtSituationElement", "RoadSituationElement")

_CAUSES = (
    "AlertCause",
    "UnknownReason",
    "MiscellaneousReason",
    "PersonnelReason",
    "EquipmentReason",
    "EnvironmentReason",
)
_MOST_LINKS = 20
_TEXTS = "PublishingActions/PublishingAction/PassengerInformationAction/TextualContent"


@dataclass(frozen=True, slots=True)
class AffectedJourney:
    """An affected vehicle journey as the producer names it."""

    ref: str
    data_frame: str | None
    origin_departure: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SituationElement:
    """One situation in the producer's own words; times in UTC.

    `periods` holds what ValidityPeriod says. One of which nothing can be read is none, and one of
    which a part cannot counts, open there, only where no other is whole: `unreadable_periods`
    counts those left out. `affected_*` gather the situation's own
    Affects and those of its consequences. `faults` are the values that could not be read.
    """

    road: bool
    number: str | None
    participant_ref: str | None
    version: int | None
    created_at: datetime | None
    versioned_at: datetime | None
    progress: str | None
    severities: tuple[str, ...]
    cause: str | None
    conditions: tuple[str, ...]
    summary: Name | None
    description: Name | None
    advice: Name | None
    links: tuple[Link, ...]
    reason: Name | None
    periods: tuple[Period, ...]
    unreadable_periods: int
    affected_stop_points: tuple[str, ...]
    affected_stop_places: tuple[str, ...]
    affected_lines: tuple[str, ...]
    affected_journeys: tuple[AffectedJourney, ...]
    modes: tuple[str, ...]
    faults: tuple[Fault, ...]


def read(body: bytes, zone: ZoneInfo) -> list[Delivery]:
    """The SX deliveries of a document. Raises PayloadError; see `delivery.deliveries`."""
    return deliveries(body, SHAPE, zone)


def situations(delivery: Delivery, zone: ZoneInfo) -> Iterator[SituationElement]:
    """The situations of one delivery, in its order.

    SIRI-Lite's JSON may list them right under Situations, which repeats then: public transport's.
    """
    for listed in delivery.element.iterfind("Situations"):
        found = list(listed.iterchildren(*ELEMENTS))
        for element in found if found or not len(listed) else [listed]:
            yield _situation(
                Reader(element, zone), road=str(element.tag).startswith("RoadSituation")
            )


def _situation(read: Reader, *, road: bool) -> SituationElement:
    affects = [
        *read.each("Affects"),
        *read.each("Consequences/Consequence/Affects"),
    ]
    periods, unreadable = _periods(read)
    return SituationElement(
        road=road,
        number=read.text("SituationNumber"),
        participant_ref=read.text("ParticipantRef"),
        version=read.whole("Version"),
        created_at=read.time("CreationTime"),
        versioned_at=read.time("VersionedAtTime"),
        progress=read.text("Progress"),
        severities=_words(read, "Severity", "Consequences/Consequence/Severity"),
        cause=read.first(*_CAUSES),
        conditions=_words(read, "Consequences/Consequence/Condition"),
        summary=read.name("Summary") or read.name(f"{_TEXTS}/SummaryContent/SummaryText"),
        description=read.name("Description")
        or read.name(f"{_TEXTS}/DescriptionContent/DescriptionText"),
        advice=read.name("Advice")
        or read.name(f"{_TEXTS}/RecommendationContent/RecommendationText")
        or read.name(f"{_TEXTS}/RemarkContent/Remark"),
        links=tuple(_links(read)),
        reason=read.name("ReasonName"),
        periods=periods,
        unreadable_periods=unreadable,
        affected_stop_points=_refs(affects, "AffectedStopPoint/StopPointRef"),
        affected_stop_places=_refs(affects, "AffectedStopPlace/StopPlaceRef"),
        affected_lines=_refs(affects, "AffectedLine/LineRef"),
        affected_journeys=tuple(found for part in affects for found in _affected_journeys(part)),
        modes=(
            *_refs(affects, "AffectedModes/Mode/VehicleMode"),
            *_refs(affects, "AffectedNetwork/VehicleMode"),
        ),
        faults=tuple(read.faults),
    )


def _periods(read: Reader) -> tuple[tuple[Period, ...], int]:
    """The ValidityPeriods that count, and how many are left out."""
    whole, partly, told = [], [], 0
    for period in read.each("ValidityPeriod"):
        told += 1
        before = len(period.faults)
        found = Period(period.begin("StartTime"), period.end("EndTime"))
        if len(period.faults) == before:
            whole.append(found)
        elif found != Period():
            partly.append(found)
    counts = whole or partly
    return tuple(counts), told - len(counts)


def _links(read: Reader) -> Iterator[Link]:
    """Its links, then those of its texts, each address once."""
    told: dict[str, Name | None] = {}
    for path in ("InfoLinks/InfoLink", f"{_TEXTS}/InfoLink"):
        for link in read.each(path):
            if uri := web_address(link.text("Uri")):
                told[uri] = told.get(uri) or link.name("Label")
    for uri, label in list(told.items())[:_MOST_LINKS]:
        yield Link(uri, label)


def _affected_journeys(affects: Reader) -> Iterator[AffectedJourney]:
    for journey in affects.each(".//AffectedVehicleJourney"):
        frame = journey.text("FramedVehicleJourneyRef/DataFrameRef")
        framed = journey.text("FramedVehicleJourneyRef/DatedVehicleJourneyRef")
        start = journey.time("OriginAimedDepartureTime")
        plain = [*_each_text(journey, "DatedVehicleJourneyRef", "VehicleJourneyRef")]
        for ref in [framed] if framed else plain:
            yield AffectedJourney(ref, frame, start)


def _words(read: Reader, *paths: str) -> tuple[str, ...]:
    return tuple(_each_text(read, *paths))


def _refs(parts: list[Reader], path: str) -> tuple[str, ...]:
    """Every reference once, in the document's order, however deep below Affects it stands."""
    found = (text for part in parts for text in _each_text(part, f".//{path}"))
    return tuple(dict.fromkeys(found))


def _each_text(read: Reader, *paths: str) -> Iterator[str]:
    for path in paths:
        for element in read.element.iterfind(path):
            if text := (element.text or "").strip():
                yield text
