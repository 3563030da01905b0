"""A small TransXChange document for tests: one coach service between three stops."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from connectors.planned import XmlTimetableConfig
from connectors.transxchange import CONNECTOR
from hub.connector import Batch, Context, Envelope, Incrementality
from hub.model.journeys import DatedJourney

WEDNESDAY = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)

STOPS = """
<AnnotatedStopPointRef><StopPointRef>A1</StopPointRef><CommonName>Alpha</CommonName>
  <Indicator>Stand J</Indicator>
  <Location><Longitude>-1.5</Longitude><Latitude>52.4</Latitude></Location></AnnotatedStopPointRef>
<StopPoint><AtcoCode>B1</AtcoCode><Descriptor><CommonName>Bravo</CommonName></Descriptor>
  <Place><Location><Translation><Easting>1</Easting><Northing>2</Northing>
  <Longitude>-1.9</Longitude><Latitude>52.5</Latitude></Translation></Location></Place></StopPoint>
<AnnotatedStopPointRef><StopPointRef>C1</StopPointRef><CommonName>Charlie</CommonName>
  <Location><Longitude>-0.1</Longitude><Latitude>51.5</Latitude></Location></AnnotatedStopPointRef>
"""
DAILY = "<RegularDayType><DaysOfWeek/></RegularDayType>"


def link(
    number: int,
    start: str,
    end: str,
    run: str = "PT1H",
    *,
    before: str = "",
    after: str = "",
    ends: tuple[str, str] = ("pickUpAndSetDown", "pickUpAndSetDown"),
) -> str:
    """A JourneyPatternTimingLink; SequenceNumbers run backwards, as in a real file."""
    wait_before, wait_after = (
        f"<WaitTime>{wait}</WaitTime>" if wait else "" for wait in (before, after)
    )
    return (
        f'<JourneyPatternTimingLink id="L{number}">'
        f'<From SequenceNumber="{9 - number}">{wait_before}<Activity>{ends[0]}</Activity>'
        f"<StopPointRef>{start}</StopPointRef></From>"
        f'<To SequenceNumber="{8 - number}">{wait_after}<Activity>{ends[1]}</Activity>'
        f"<StopPointRef>{end}</StopPointRef></To><RunTime>{run}</RunTime>"
        "</JourneyPatternTimingLink>"
    )


LINKS = link(1, "A1", "b1", "PT1H25M0S", after="PT2M") + link(2, "B1", "C1", "PT2H", before="PT5M")


def service(
    code: str = "S",
    *,
    start: str = "2026-01-01",
    end: str | None = "2026-12-31",
    profile: str = "",
    patterns: str = "",
    mode: str = "coach",
) -> str:
    """A Service with one line and one pattern, "JP1"."""
    until = f"<EndDate>{end}</EndDate>" if end else ""
    return (
        f"<Service><ServiceCode>{code}</ServiceCode><Lines>"
        '<Line id="L"><LineName>UK1</LineName></Line></Lines>'
        f"<OperatingPeriod><StartDate>{start}</StartDate>{until}</OperatingPeriod>{profile}"
        f"<RegisteredOperatorRef>O</RegisteredOperatorRef><Mode>{mode}</Mode><StandardService>"
        "<Origin>Alpha</Origin><Destination>Charlie</Destination>"
        '<JourneyPattern id="JP1"><DestinationDisplay>London</DestinationDisplay>'
        "<Direction>inbound</Direction>"
        "<JourneyPatternSectionRefs>JPS1</JourneyPatternSectionRefs></JourneyPattern>"
        f"{patterns}</StandardService></Service>"
    )


def journey(
    code: str = "VJ1",
    *,
    profile: str | None = DAILY,
    under: str = "<JourneyPatternRef>JP1</JourneyPatternRef>",
    at: str = "<DepartureTime>22:00:00</DepartureTime>",
    of: str = "<ServiceRef>S</ServiceRef><LineRef>L</LineRef>",
    more: str = "",
) -> str:
    """A VehicleJourney; `profile` is what stands in its OperatingProfile, None: it has none."""
    days = "" if profile is None else f"<OperatingProfile>{profile}</OperatingProfile>"
    return (
        f"<VehicleJourney>{days}<VehicleJourneyCode>{code}</VehicleJourneyCode>"
        f"{of}{under}{more}{at}</VehicleJourney>"
    )


def document(
    *journeys: str,
    stops: str = STOPS,
    links: str = LINKS,
    services: str | None = None,
    version: str = "2.4",
    revision: int = 1,
    more: str = "",
) -> bytes:
    """A TransXChange document in the order of its schema."""
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        f'<TransXChange xmlns="http://www.transxchange.org.uk/" SchemaVersion="{version}"'
        f' RevisionNumber="{revision}"><StopPoints>{stops}</StopPoints>{more}'
        f'<JourneyPatternSections><JourneyPatternSection id="JPS1">{links}'
        "</JourneyPatternSection></JourneyPatternSections>"
        '<Operators><Operator id="O"><TradingName>Flix</TradingName></Operator></Operators>'
        f"<Services>{service() if services is None else services}</Services>"
        f"<VehicleJourneys>{''.join(journeys or (journey(),))}</VehicleJourneys></TransXChange>"
    ).encode()


def context(**changes: Any) -> Context:
    """A feed of dataset `x` in British time."""
    given: dict[str, Any] = {
        "feed_id": "f",
        "dataset": "x",
        "mode": None,
        "timezone": ZoneInfo("Europe/London"),
        "incrementality": Incrementality.AUTO,
        "config": XmlTimetableConfig(),
        **changes,
    }
    return Context(**given)


def read(body: bytes, at: datetime = WEDNESDAY, **changes: Any) -> Batch:
    """What the connector makes of a body."""
    return CONNECTOR.parse(Envelope(body, at, "test"), context(**changes))


def runs(batch: Batch, code: str = "VJ1") -> list[DatedJourney]:
    """The dated journeys of a VehicleJourneyCode."""
    return [
        record
        for record in batch.records
        if isinstance(record, DatedJourney) and f":{code}" in record.native_id
    ]


def reasons(refused: list[Any]) -> dict[str, int]:
    """How many of each reason."""
    return dict(Counter(str(one.reason) for one in refused))


def of(batch, kind):
    """Records of a kind by native id."""
    return {record.native_id: record for record in batch.records if isinstance(record, kind)}


def days(profile: str | None, at: str, **changes) -> list[str]:
    """The service days around `at` on which a journey with that profile runs."""
    moment = datetime.fromisoformat(f"{at}T12:00:00+00:00")
    batch = read(document(journey(profile=profile), **changes), at=moment)
    return [str(run.service_date) for run in runs(batch)]


def times(batch, code="VJ1"):
    """Arrivals and departures of the first run of a journey, as text."""
    return [
        tuple(moment and f"{moment:%H:%M}" for moment in (call.aimed.arrival, call.aimed.departure))
        for call in runs(batch, code)[0].calls
    ]


def bank(on: str = "", off: str = "") -> str:
    """A BankHolidayOperation on every day of the week."""
    return (
        f"{DAILY}<BankHolidayOperation><DaysOfOperation>{on}</DaysOfOperation>"
        f"<DaysOfNonOperation>{off}</DaysOfNonOperation></BankHolidayOperation>"
    )


def times_of(run):
    """When a run starts, as text."""
    return f"{run.calls[0].aimed.departure:%H:%M}"
