"""Validity beyond any sense, and times in milliseconds: never in force for ever without a word."""

from datetime import UTC, datetime, timedelta

import pytest
from given import notes, read, refusals, sample

from hub.connector import Batch
from hub.errors import Reason
from hub.formats.common.xsd import FOREVER
from hub.model.situations import Period, Situation
from tests.connectors.gtfs_builder import NOON, Message, stop, timetable
from tests.connectors.test_siri_sx import TEXT, only, situation, sx

AT = int(NOON.timestamp())
HOUR = 3600
YEAR_9999 = int(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp())
YEAR_1 = 2**64 + int(datetime(1, 1, 1, tzinfo=UTC).timestamp())
"""As an unsigned field shows it."""


def alert(*periods: dict[str, int]) -> Batch:
    """What a message with one alert with these active_periods comes to."""
    message = Message()
    told = message.entity("a1").alert
    told.header_text.translation.add(text="停运")
    for period in periods:
        told.active_period.add(**period)
    return message.read()


def validity(batch: Batch) -> tuple[Period, ...]:
    """The periods of the one situation."""
    (found,) = batch.records
    assert isinstance(found, Situation)
    return found.validity


@pytest.mark.parametrize(
    ("told", "period", "noted"),
    [
        ({}, Period(), []),
        ({"start": 0, "end": 0}, Period(), []),
        ({"start": AT, "end": YEAR_9999}, Period(NOON, None), []),
        ({"start": AT * 1000}, Period(NOON, None), ["BAD_VALUE"]),
        (
            {"start": AT * 1000, "end": (AT + HOUR) * 1000},
            Period(NOON, NOON + timedelta(hours=1)),
            ["BAD_VALUE", "BAD_VALUE"],
        ),
        ({"start": AT, "end": AT * 10**6}, Period(NOON, None), ["BAD_VALUE"]),
        ({"start": AT, "end": 2**64 - 1}, Period(NOON, None), ["BAD_VALUE"]),
        ({"start": 2**64 - 1}, Period(FOREVER, None), ["BAD_VALUE"]),
        ({"start": 1, "end": AT}, Period(None, NOON), ["BAD_VALUE"]),
        ({"start": 179_556_480}, Period(), ["BAD_VALUE"]),
        ({"start": YEAR_1, "end": AT}, Period(None, NOON), ["BAD_VALUE"]),
        ({"start": AT, "end": YEAR_1}, Period(NOON, None), ["BAD_VALUE"]),
    ],
)
def test_an_active_period_of_gtfs_rt(
    told: dict[str, int], period: Period, noted: list[str]
) -> None:
    """Milliseconds are read as such; what is beyond sense is noted, and never in force at once."""
    batch = alert(told)
    assert validity(batch) == (period,)
    assert [str(note.reason) for note in batch.notes] == noted


@pytest.mark.parametrize(
    "other",
    [
        {"start": 20_261_125, "end": 99_999_999_999},
        {"start": AT, "end": AT * 10**6},
        {"start": 2**64 - 1},
        {"start": 1, "end": AT},
    ],
)
def test_a_period_with_a_time_that_is_none_makes_no_alert_for_ever(other: dict[str, int]) -> None:
    """Beside a whole one it is left out, with a note."""
    whole = {"start": AT, "end": AT + HOUR}
    for told in ((whole, other), (other, whole)):
        batch = alert(*told)
        assert validity(batch) == (Period(NOON, NOON + timedelta(hours=1)),)
        assert "left out" in batch.notes[-1].detail


@pytest.mark.parametrize(
    "periods",
    [
        ({"start": AT, "end": AT - 1},),
        ({"end": 3600},),
        ({"start": 2**63, "end": AT}, {"start": AT, "end": 1}),
    ],
)
def test_an_alert_none_of_whose_periods_can_be_is_refused(
    periods: tuple[dict[str, int], ...],
) -> None:
    """Without any it would be in force for ever."""
    batch = alert(*periods)
    assert [reject.reason for reject in batch.rejects] == [Reason.BAD_VALUE]
    assert not batch.records
    assert Reason.TIME_ORDER in {note.reason for note in batch.notes}


@pytest.mark.samples
def test_the_reported_alerts() -> None:
    """al4 begins at its millisecond, with a note; the others are as they were."""
    arrived = datetime(2026, 11, 25, 2, tzinfo=UTC)
    batch = read("gtfs_rt", sample("reported/rt-alert-periods.json"), at=arrived)
    found = {one.native_id: one.validity for one in batch.records}
    assert found["al4"] == (Period(datetime(2026, 11, 25, tzinfo=UTC), None),)
    assert [len(found[name]) for name in ("al0", "al2", "al3", "al5")] == [1, 1, 2, 1]
    assert notes(batch) == [("BAD_VALUE", "al4")]
    assert refusals(batch) == [("MISSING_FIELD", "al1")]


def test_timestamps_of_gtfs_rt_in_milliseconds() -> None:
    """Of the header, a vehicle, a trip update and a stop: each is read as such, with a note."""
    message = Message()
    message.feed.header.timestamp = AT * 1000
    vehicle = message.vehicle()
    vehicle.timestamp = (AT - 5) * 1000
    update = message.trip("T1")
    update.timestamp = (AT - 6) * 1000
    stop(update, stop_sequence=1).arrival.time = (AT + 60) * 1000
    batch = message.read(reference=timetable())
    assert batch.as_of == NOON
    journey, position = batch.records
    assert position.observed_at == NOON - timedelta(seconds=5)
    assert journey.observed_at == NOON - timedelta(seconds=6)
    assert journey.calls[0].expected.arrival == NOON + timedelta(minutes=1)
    assert {str(note.reason) for note in batch.notes} == {"BAD_VALUE"}
    assert len(batch.notes) == 4


@pytest.mark.parametrize(
    ("start", "end", "period", "notes_due"),
    [
        ("2026-03-02T09:00:00+08:00", "9999-12-31T23:59:59Z", Period(NOON, None), 0),
        ("2026-03-02T09:00:00+08:00", "2500-01-01T00:00:00Z", Period(NOON, None), 1),
        ("2026-03-02T09:00:00+08:00", "58870-01-01T00:00:00Z", Period(NOON, None), 1),
        ("2500-01-01T00:00:00Z", "9999-12-31T23:59:59Z", Period(FOREVER, None), 1),
    ],
)
def test_a_validity_of_siri(start: str, end: str, period: Period, notes_due: int) -> None:
    """The year 9999 says "no end"; others that far are noted, and what begins then is not yet."""
    told = (
        f"<ValidityPeriod><StartTime>{start}</StartTime><EndTime>{end}</EndTime></ValidityPeriod>"
    )
    batch = sx(situation(told + TEXT))
    expected = period if period.start == FOREVER else Period(datetime(2026, 3, 2, 1, tzinfo=UTC))
    assert only(batch).validity == (expected,)
    assert len(batch.notes) == notes_due


def test_a_validity_of_siri_without_an_end_that_can_be_read_is_left_out_beside_a_whole_one() -> (
    None
):
    """It would be in force for ever."""
    nine = datetime(2026, 3, 2, 1, tzinfo=UTC)
    start = "<StartTime>2026-03-02T09:00:00+08:00</StartTime>"
    whole = f"<ValidityPeriod>{start}<EndTime>2026-03-02T10:00:00+08:00</EndTime></ValidityPeriod>"
    partly = f"<ValidityPeriod>{start}<EndTime>later</EndTime></ValidityPeriod>"
    for told in (whole + partly, partly + whole):
        batch = sx(situation(told + TEXT))
        assert only(batch).validity == (Period(nine, nine + timedelta(hours=1)),)
        assert batch.notes
    assert only(sx(situation(partly + TEXT))).validity == (Period(nine, None),)


UNREADABLE = "<ValidityPeriod><StartTime>soon</StartTime><EndTime>later</EndTime></ValidityPeriod>"


def test_a_validity_of_siri_that_nothing_can_be_read_of() -> None:
    """It is not in force for ever: refused where it is all there is, else left out with notes."""
    for start in ("soon", "1970-01-01T00:00:00Z"):
        for end in ("later", "9999-12-31T23:59:59Z"):
            told = UNREADABLE.replace("soon", start).replace("later", end)
            batch = sx(situation(told + TEXT))
            assert batch.records == []
            assert [one.reason for one in batch.rejects] == [Reason.BAD_VALUE]
    readable = UNREADABLE.replace("soon", "2026-03-02T09:00:00+08:00")
    batch = sx(situation(UNREADABLE + readable + TEXT))
    assert only(batch).validity == (Period(datetime(2026, 3, 2, 1, tzinfo=UTC), None),)
    assert {note.reason for note in batch.notes} == {Reason.BAD_VALUE}


def test_a_closed_situation_is_withdrawn_whatever_its_validity() -> None:
    """What is over needs no time it can be read by."""
    batch = sx(situation("<Progress>closed</Progress>" + UNREADABLE))
    assert len(batch.withdrawn) == 1
    assert batch.rejects == []


@pytest.mark.samples
def test_the_reported_situations_end() -> None:
    """24:00:00 is the first instant of the next day; what ends before it starts is refused."""
    arrived = datetime(2026, 11, 25, 2, tzinfo=UTC)
    batch = read("siri_sx", sample("reported/sx-ends-at-24.xml"), at=arrived)
    found = {one.native_id: one.validity for one in batch.records}
    begins = datetime(2026, 11, 25, tzinfo=UTC)
    assert found["A:5"] == (Period(begins, datetime(2026, 11, 25, 16, tzinfo=UTC)),)
    assert refusals(batch) == [("BAD_VALUE", "A:4")]
    assert notes(batch) == []


def test_a_cap_alert_effective_in_another_century() -> None:
    """It is not in force at once, whatever its expires says, and it is noted."""
    body = (
        '<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>1</identifier>'
        "<sender>s</sender><sent>2026-03-02T08:00:00+08:00</sent><status>Actual</status>"
        "<msgType>Alert</msgType><scope>Public</scope><info><event>Rain</event>"
        "<effective>2500-01-01T00:00:00Z</effective><expires>9999-12-31T23:59:59Z</expires>"
        "</info></alert>"
    )
    batch = read("cap", body.encode())
    assert batch.records[0].validity == (Period(FOREVER, None),)
    assert ("BAD_VALUE", batch.records[0].native_id) in notes(batch)
