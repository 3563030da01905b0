"""xsd:dateTime and xsd:time: one reader, whatever standard writes them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from given import notes, read
from lxml import etree

from hub.formats.common import xsd
from hub.formats.common.xml import Reader
from hub.formats.netex.fields import seconds
from hub.model.situations import Period
from tests.connectors import netex_builder, txc_builder

SHANGHAI = ZoneInfo("Asia/Shanghai")
MIDNIGHT = datetime(2026, 11, 25, 16, tzinfo=UTC)
"""The first instant of 26 November in Shanghai."""


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-25T24:00:00+08:00",
        "2026-11-25T24:00:00.000+08:00",
        "2026-11-25T24:00:00",
        "2026-11-25 24:00:00+08:00",
        "2026-11-24T24:00:00-14:00",
        "2026-11-25T23:59:59.9999999+08:00",
    ],
)
def test_the_end_of_a_day_is_the_beginning_of_the_next(text: str) -> None:
    """24:00:00 with or without fractions and zone; XML Schema part 2, 3.2.7.1."""
    expected = {
        "2026-11-24T24:00:00-14:00": datetime(2026, 11, 25, 14, tzinfo=UTC),
        "2026-11-25T23:59:59.9999999+08:00": MIDNIGHT - timedelta(microseconds=1),
    }
    assert xsd.date_time(text, SHANGHAI) == expected.get(text, MIDNIGHT)


def test_the_day_ends_when_the_zone_says_so() -> None:
    """Over the end of a year, of February, and of a day that lasts 25 hours."""
    oslo = ZoneInfo("Europe/Oslo")
    assert xsd.date_time("2026-12-31T24:00:00Z", SHANGHAI) == datetime(2027, 1, 1, tzinfo=UTC)
    assert xsd.date_time("2028-02-28T24:00:00Z", SHANGHAI) == datetime(2028, 2, 29, tzinfo=UTC)
    assert xsd.date_time("2026-10-25T24:00:00", oslo) == datetime(2026, 10, 25, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-25T24:00:01+08:00",
        "2026-11-25T24:01:00+08:00",
        "2026-11-25T24:00:00.001+08:00",
        "2026-11-25T25:00:00+08:00",
        "2026-11-25T24:00",
        "2026-02-30T24:00:00Z",
        "2026-11-25T10:00:00+15:00",
        "2026-11-25T10:00:00+14:30",
        "9999-12-31T24:00:00Z",
        "2026-11-25T10:00:60Z",
        "2026-11-25T23:59:61Z",
        "2026-11-25T23:59:60+08:00",
        "58870-01-01T00:00:00Z",
        "-2026-11-25T10:00:00Z",
        "2026-11-25",
        "",
    ],
)
def test_what_is_no_date_time(text: str) -> None:
    """Hour 24 with anything behind it, zones beyond 14 hours, sixty seconds at any other time."""
    assert xsd.date_time(text, SHANGHAI) is None


@pytest.mark.parametrize(
    "text", ["2016-12-31T23:59:60Z", "2017-01-01T07:59:60.5+08:00", "2017-01-01T07:59:60"]
)
def test_a_leap_second_is_the_instant_after_it(text: str) -> None:
    """The last second of a day in UTC may be its sixty-first."""
    moment = xsd.date_time(text, SHANGHAI)
    assert moment is not None
    assert moment.replace(microsecond=0) == datetime(2017, 1, 1, tzinfo=UTC)


def test_times_of_day() -> None:
    """24:00:00 is the end of the day; a zone is told, nothing else of hour 24 is a time."""
    assert xsd.seconds_of_day("24:00:00") == (86_400, False)
    assert xsd.seconds_of_day("24:00:00.000Z") == (86_400, True)
    assert xsd.seconds_of_day("24:00") == (86_400, False)
    assert xsd.seconds_of_day("23:59:59.9+08:00") == (86_399, True)
    for wrong in ("24:00:01", "24:00:00.1", "24:30:00", "25:00:00", "7:00:00", ""):
        assert xsd.seconds_of_day(wrong) == (None, False)
    assert seconds("24:00:00", "1") == (172_800, False)


def test_days() -> None:
    """As written; what begins at 24:00:00 begins on the day after."""
    assert xsd.day("2026-11-25T24:00:00") == date(2026, 11, 25)
    assert xsd.day("2026-11-25T24:00:00+08:00", begins=True) == date(2026, 11, 26)
    assert xsd.day("2026-11-25T00:00:00", begins=True) == date(2026, 11, 25)
    assert xsd.day("2026-11-25+08:00", begins=True) == date(2026, 11, 25)
    assert xsd.day("2026-02-30") is None
    assert xsd.day("9999-12-31T24:00:00", begins=True) is None


def reader(**values: str) -> Reader:
    """An element with these children."""
    root = etree.Element("A")
    for name, text in values.items():
        etree.SubElement(root, name).text = text
    return Reader(root, SHANGHAI)


def test_ends_and_beginnings_far_out() -> None:
    """9999 says that there is no end; another end that far is none with a fault, and what begins
    then is not in force at once.
    """
    far = reader(a="9999-12-31T23:59:59Z", b="2500-01-01T00:00:00Z", c="58870-01-01T00:00:00Z")
    assert [far.end(name) for name in "abc"] == [None] * 3
    assert len(far.faults) == 2
    assert [far.begin(name) for name in "abc"] == [xsd.FOREVER] * 3
    assert len(far.faults) == 5
    assert far.time("b") is None


def test_every_xml_kind_reads_the_end_of_a_day() -> None:
    """CAP alone and in EDXL-DE, DATEX II, SIRI-FM: by the same reader, in their own fields."""
    alert = (
        '<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>1</identifier>'
        "<sender>s@example.invalid</sender><sent>2026-11-24T24:00:00+08:00</sent>"
        "<status>Actual</status><msgType>Alert</msgType><scope>Public</scope>"
        "<info><event>Rain</event><expires>2026-11-25T24:00:00+08:00</expires></info></alert>"
    )
    envelope = (
        '<EDXLDistribution xmlns="urn:oasis:names:tc:emergency:EDXL:DE:1.0"><contentObject>'
        f"<xmlContent><embeddedXMLContent>{alert}</embeddedXMLContent></xmlContent>"
        "</contentObject></EDXLDistribution>"
    )
    day = Period(MIDNIGHT - timedelta(days=1), MIDNIGHT)
    for body in (alert, envelope):
        batch = read("cap", body.encode(), at=MIDNIGHT - timedelta(hours=1))
        assert [one.validity for one in batch.records] == [(day,)]
        assert not notes(batch)
    parked = (
        "<d2LogicalModel modelBaseVersion='2'><payloadPublication>"
        "<publicationTime>2026-11-25T24:00:00+08:00</publicationTime><parkingStatusPublication>"
        '<parkingRecordStatus><parkingRecordReference id="P"/>'
        "<parkingStatusOriginTime>2026-11-25T24:00:00.000</parkingStatusOriginTime>"
        "<parkingSiteStatus>full</parkingSiteStatus></parkingRecordStatus>"
        "</parkingStatusPublication></payloadPublication></d2LogicalModel>"
    )
    batch = read("datex2_parking", parked.encode(), at=MIDNIGHT)
    assert (batch.as_of, batch.records[0].observed_at) == (MIDNIGHT, MIDNIGHT)
    lift = (
        "<Siri><ServiceDelivery><ResponseTimestamp>2026-11-25T24:00:00+08:00</ResponseTimestamp>"
        "<FacilityMonitoringDelivery><FacilityCondition><FacilityRef>L</FacilityRef>"
        "<FacilityStatus><Status>notAvailable</Status></FacilityStatus><ValidityPeriod>"
        "<StartTime>2026-11-24T24:00:00+08:00</StartTime>"
        "<EndTime>2026-11-25T24:00:00+08:00</EndTime></ValidityPeriod></FacilityCondition>"
        "</FacilityMonitoringDelivery></ServiceDelivery></Siri>"
    )
    batch = read("siri_fm", lift.encode(), at=MIDNIGHT)
    assert (batch.as_of, batch.records[0].validity) == (MIDNIGHT, (day,))


def test_a_netex_journey_arrives_at_the_end_of_its_day() -> None:
    """24:00:00 is what 00:00:00 a day later is; its calendar may begin at that, too."""
    times = "".join(
        netex_builder.passing(*row)
        for row in (
            ("X:SPJP:1", None, "23:50:00", 0),
            ("X:SPJP:2", "24:00:00", "24:00:00.000", 0),
            ("X:SPJP:3", "01:20:00", None, 1),
        )
    )
    calendar = netex_builder.CALENDAR.replace("2026-03-01T00", "2026-03-03T24")
    found = netex_builder.journey(times=f"<passingTimes>{times}</passingTimes>")
    runs = netex_builder.journeys(
        netex_builder.read(netex_builder.whole(found, calendar=calendar))
    ).values()
    assert [run.service_date.day for run in runs] == [4, 5]
    midnight = datetime(2026, 3, 4, 16, tzinfo=UTC)
    second = next(iter(runs)).calls[1]
    assert second.aimed.arrival == second.aimed.departure == midnight


def test_a_transxchange_journey_may_start_at_the_end_of_its_day() -> None:
    """DepartureTime is an xsd:time."""
    at_midnight = txc_builder.journey(at="<DepartureTime>24:00:00</DepartureTime>")
    batch = txc_builder.read(txc_builder.document(at_midnight))
    run = next(iter(netex_builder.journeys(batch).values()))
    day = datetime.combine(run.service_date, datetime.min.time(), UTC)
    assert run.calls[0].aimed.departure == day + timedelta(days=1)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1772424000", (datetime(2026, 3, 2, 4, tzinfo=UTC), "seconds")),
        ("1772424000500", (datetime(2026, 3, 2, 4, 0, 0, 500_000, UTC), "milliseconds")),
        ("2026030212", None),
        ("2603021200", None),
        ("202603021200", None),
        ("2026030212000", None),
        ("20260302", None),
        ("900000000", None),
    ],
)
def test_digits_that_may_be_a_date_are_no_count_since_1970(text, found):
    """2026030212 is noon of 2 March 2026 without its dashes, and no time of 2034."""
    assert xsd.counted(text) == found
