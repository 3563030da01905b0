"""A small NeTEx dataset for tests: a metro stop at a station, a coach station, and their lines."""

import io
from collections import Counter
from datetime import UTC, datetime
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile
from zoneinfo import ZoneInfo

from connectors.netex import CONNECTOR
from connectors.planned import XmlTimetableConfig
from hub.connector import Batch, Context, Envelope, Incrementality
from hub.model.journeys import DatedJourney

WEDNESDAY = datetime(2026, 3, 4, 4, 0, tzinfo=UTC)
"""Noon in Shanghai on Wednesday 4 March 2026."""

LOCALE = (
    "<FrameDefaults><DefaultLocale><TimeZone>Asia/Shanghai</TimeZone>"
    "<DefaultLanguage>zh</DefaultLanguage></DefaultLocale></FrameDefaults>"
)
STOPS = """
<StopPlace id="X:StopPlace:HUB" version="2"><Name>交通枢纽</Name>
  <Centroid><Location><Longitude>121.45</Longitude><Latitude>31.25</Latitude></Location></Centroid>
</StopPlace>
<StopPlace id="X:StopPlace:METRO" version="1">
  <Centroid><Location><Longitude>121.451</Longitude><Latitude>31.251</Latitude></Location></Centroid>
  <ParentSiteRef ref="X:StopPlace:HUB"/><TransportMode>metro</TransportMode>
  <StopPlaceType>metroStation</StopPlaceType>
  <quays>
    <Quay id="X:Quay:M1" version="1"><PublicCode>1</PublicCode></Quay>
    <Quay id="X:Quay:M2" version="1"><Name lang="en">South side</Name>
      <PublicCode>2</PublicCode></Quay>
  </quays>
</StopPlace>
<StopPlace id="X:StopPlace:COACH" version="1"><Name>长途客运站</Name>
  <alternativeNames><AlternativeName><NameType>translation</NameType>
    <Name lang="en">Coach Station</Name></AlternativeName></alternativeNames>
  <Centroid><Location><Longitude>121.452</Longitude><Latitude>31.252</Latitude></Location></Centroid>
  <TransportMode>coach</TransportMode><StopPlaceType>coachStation</StopPlaceType>
  <quays><Quay id="X:Quay:C1" version="1"><PublicCode>A</PublicCode></Quay></quays>
</StopPlace>
<StopPlace id="X:StopPlace:FAR" version="1"><Name>苏州</Name>
  <Centroid><Location><Longitude>120.6</Longitude><Latitude>31.3</Latitude></Location></Centroid>
  <TransportMode>coach</TransportMode>
</StopPlace>
"""
SHARED = """
<Operator id="X:Operator:1"><Name>长运</Name></Operator>
<DestinationDisplay id="X:DestinationDisplay:1"><FrontText>苏州北</FrontText></DestinationDisplay>
<ScheduledStopPoint id="X:SSP:C"><Name>长途客运站</Name></ScheduledStopPoint>
<ScheduledStopPoint id="X:SSP:M"><Name>地铁</Name></ScheduledStopPoint>
<ScheduledStopPoint id="X:SSP:F"><Name>苏州</Name></ScheduledStopPoint>
<PassengerStopAssignment id="X:PSA:1"><ScheduledStopPointRef ref="X:SSP:C"/>
  <QuayRef ref="X:Quay:C1"/></PassengerStopAssignment>
<PassengerStopAssignment id="X:PSA:2"><ScheduledStopPointRef ref="X:SSP:F"/>
  <StopPlaceRef ref="X:StopPlace:FAR"/></PassengerStopAssignment>
<PassengerStopAssignment id="X:PSA:3"><ScheduledStopPointRef ref="X:SSP:M"/>
  <StopPlaceRef ref="X:StopPlace:METRO"/><QuayRef ref="X:Quay:M2"/></PassengerStopAssignment>
"""
CALENDAR = """
<DayType id="X:DayType:work"><properties><PropertyOfDay><DaysOfWeek>Weekdays</DaysOfWeek>
  </PropertyOfDay></properties></DayType>
<OperatingPeriod id="X:OperatingPeriod:spring"><FromDate>2026-03-01T00:00:00</FromDate>
  <ToDate>2026-03-31T00:00:00</ToDate></OperatingPeriod>
<OperatingDay id="X:OperatingDay:4"><CalendarDate>2026-03-04</CalendarDate></OperatingDay>
<DayTypeAssignment id="X:DTA:1" order="1"><OperatingPeriodRef ref="X:OperatingPeriod:spring"/>
  <DayTypeRef ref="X:DayType:work"/></DayTypeAssignment>
"""
LINE = """
<Line id="X:Line:L1" version="1"><Name>上海-苏州</Name><TransportMode>coach</TransportMode>
  <PublicCode>S1</PublicCode><OperatorRef ref="X:Operator:1"/>
  <Presentation><Colour>e4002b</Colour></Presentation></Line>
<Route id="X:Route:1"><LineRef ref="X:Line:L1"/></Route>
"""
PATTERN = """
<JourneyPattern id="X:JourneyPattern:1"><RouteRef ref="X:Route:1"/><pointsInSequence>
  <StopPointInJourneyPattern order="1" id="X:SPJP:1"><ScheduledStopPointRef ref="X:SSP:C"/>
    <ForAlighting>false</ForAlighting>
    <DestinationDisplayRef ref="X:DestinationDisplay:1"/></StopPointInJourneyPattern>
  <StopPointInJourneyPattern order="2" id="X:SPJP:2"><ScheduledStopPointRef ref="X:SSP:M"/>
    <ForBoarding>false</ForBoarding></StopPointInJourneyPattern>
  <StopPointInJourneyPattern order="3" id="X:SPJP:3"><ScheduledStopPointRef ref="X:SSP:F"/>
  </StopPointInJourneyPattern></pointsInSequence></JourneyPattern>
"""
TIMES = (
    ("X:SPJP:1", None, "23:50:00", 0),
    ("X:SPJP:2", "23:58:00", "00:03:00", 1),
    ("X:SPJP:3", "01:20:00", None, 1),
)
DAYS = '<dayTypes><DayTypeRef ref="X:DayType:work"/></dayTypes>'
UNDER = '<JourneyPatternRef ref="X:JourneyPattern:1"/>'


def passing(point: str, arrival: str | None, departure: str | None, offset: int = 0) -> str:
    """A TimetabledPassingTime; the offset is the departure's, or that of an arrival alone."""
    text = f'<StopPointInJourneyPatternRef ref="{point}"/>'
    if arrival:
        text += f"<ArrivalTime>{arrival}</ArrivalTime>"
        text += "" if departure else f"<ArrivalDayOffset>{offset}</ArrivalDayOffset>"
    if departure:
        text += f"<DepartureTime>{departure}</DepartureTime>"
        text += f"<DepartureDayOffset>{offset}</DepartureDayOffset>"
    return f"<TimetabledPassingTime>{text}</TimetabledPassingTime>"


PASSING = "<passingTimes>" + "".join(passing(*row) for row in TIMES) + "</passingTimes>"


def journey(
    native: str = "X:ServiceJourney:1",
    *,
    days: str = DAYS,
    under: str = UNDER,
    times: str = PASSING,
    more: str = "<PrivateCode>7001</PrivateCode>",
    version: str = "1",
) -> str:
    """A ServiceJourney."""
    inner = f"{more}{days}{under}{times}"
    return f'<ServiceJourney id="{native}" version="{version}">{inner}</ServiceJourney>'


def delivery(*parts: str, locale: str = LOCALE, validity: str = "") -> bytes:
    """A PublicationDelivery with everything in one frame: no order of frames is relied on."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<PublicationDelivery xmlns="http://www.netex.org.uk/netex" version="1.0"><dataObjects>'
        f'<CompositeFrame id="X:CompositeFrame:1">{validity}{locale}'
        f"<members>{''.join(parts)}</members></CompositeFrame></dataObjects></PublicationDelivery>"
    ).encode()


def whole(*journeys: str, calendar: str = CALENDAR) -> bytes:
    """The whole dataset with these journeys, in one file."""
    return delivery(STOPS, SHARED, calendar, LINE, PATTERN, *(journeys or (journey(),)))


def zipped(**files: bytes) -> bytes:
    """Files of one zip, by name without .xml."""
    out = io.BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for name, body in files.items():
            archive.writestr(f"data/{name}.xml", body)
    return out.getvalue()


def context(**changes: Any) -> Context:
    """A feed of dataset `x`; its own zone is not the file's."""
    given: dict[str, Any] = {
        "feed_id": "f",
        "dataset": "x",
        "mode": None,
        "timezone": ZoneInfo("Europe/Oslo"),
        "incrementality": Incrementality.AUTO,
        "config": XmlTimetableConfig(),
        **changes,
    }
    return Context(**given)


def read(body: bytes, at: datetime = WEDNESDAY, **changes: Any) -> Batch:
    """What the connector makes of a body."""
    return CONNECTOR.parse(Envelope(body, at, "test"), context(**changes))


def reasons(refused: list[Any]) -> dict[str, int]:
    """How many of each reason."""
    return dict(Counter(str(one.reason) for one in refused))


def of(batch, kind):
    """Records of a kind by native id."""
    return {record.native_id: record for record in batch.records if isinstance(record, kind)}


def journeys(batch):
    """Journeys of a batch by id."""
    return {record.id: record for record in batch.records if isinstance(record, DatedJourney)}


def days(batch, native="X:ServiceJourney:1"):
    """Days of March 2026 on which a journey runs, of those in the batch."""
    return [
        record.service_date.day
        for record in batch.records
        if isinstance(record, DatedJourney) and record.native_id == native
    ]


def runs(service_days: str, at: str, calendar: str = CALENDAR) -> list[int]:
    """Days around `at` (2026) on which a journey with these day types runs."""
    moment = datetime.fromisoformat(f"2026-{at}T04:00:00+00:00")
    return days(read(whole(journey(days=service_days), calendar=calendar), at=moment))


def dated(native: str, day: str = "X:OperatingDay:4", more: str = "", of_journey: str = "1") -> str:
    """A DatedServiceJourney."""
    return (
        f'<DatedServiceJourney id="{native}">{more}'
        f'<ServiceJourneyRef ref="X:ServiceJourney:{of_journey}"/>'
        f'<OperatingDayRef ref="{day}"/></DatedServiceJourney>'
    )
