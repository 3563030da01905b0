"""NeTEx data that is wrong, doubled, outdated or too much."""

import pytest

from connectors.planned import XmlTimetableConfig
from hub.errors import PayloadError, Reason
from hub.model.common import Name, Position
from hub.model.network import StopPlace
from tests.connectors.netex_builder import (
    DAYS,
    STOPS,
    UNDER,
    dated,
    days,
    delivery,
    journey,
    of,
    passing,
    read,
    reasons,
    whole,
    zipped,
)

CALLS = (
    '<calls><Call order="1"><ScheduledStopPointRef ref="X:SSP:C"/>'
    "<Departure><Time>08:00:00</Time></Departure></Call>"
    '<Call order="2"><ScheduledStopPointRef ref="X:SSP:F"/>'
    "<Arrival><Time>09:00:00</Time></Arrival></Call></calls>"
)


def test_what_files_of_one_zip_repeat_is_one():
    """Stops that stand in every file of a zip are no duplicates; twice in one file they are."""
    shared = read(zipped(a=delivery(STOPS), b=delivery(STOPS)))
    assert (shared.entities, shared.rejects) == (4, [])
    twice = read(delivery(STOPS, STOPS))
    assert (twice.entities, reasons(twice.rejects)) == (8, {"DUPLICATE": 4})


def test_of_several_versions_the_valid_one_counts_and_of_those_the_highest():
    """A future version does not hold yet; the one it will replace does."""
    old, new, future = (
        f'<StopPlace id="V" version="{number}">{validity}<Name>{number}</Name></StopPlace>'
        for number, validity in (
            (1, ""),
            (2, "<ValidBetween><FromDate>2026-01-01T00:00:00</FromDate></ValidBetween>"),
            (3, "<ValidBetween><FromDate>2027-01-01T00:00:00</FromDate></ValidBetween>"),
        )
    )
    batch = read(delivery(old, future, new))
    assert of(batch, StopPlace)["V"].name == Name(zh="2")
    assert batch.entities == 3
    assert reasons(batch.rejects) == {"DUPLICATE": 2}
    assert "version 2 is used" in batch.rejects[-1].detail


def test_what_is_marked_as_deleted_is_refused():
    """A StopPlace with modification delete is no stop place any more."""
    batch = read(delivery('<StopPlace id="D" modification="delete"><Name>x</Name></StopPlace>'))
    assert (batch.entities, reasons(batch.rejects)) == (1, {"EMPTY_ENTITY": 1})
    assert not batch.complete


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (journey(days=""), "UNKNOWN_SERVICE"),
        (journey(days=DAYS.replace("work", "none")), "UNKNOWN_SERVICE"),
        (journey(under=UNDER + '<LineRef ref="X:Line:none"/>'), "UNKNOWN_ROUTE"),
        (journey(times=""), "EMPTY_ENTITY"),
        (journey(more="<ServiceAlteration>cancellation</ServiceAlteration>"), "EMPTY_ENTITY"),
        (journey(times="<passingTimes>" + passing("X:SPJP:1", None, "8") + "</passingTimes>"),
         "EMPTY_ENTITY"),
        (journey(native=""), "MISSING_FIELD"),
        ('<TemplateServiceJourney id="T"/>', "UNSUPPORTED_MESSAGE"),
        (dated("X:DSJ:1", of_journey="9"), "UNKNOWN_TRIP"),
        (journey("X:ServiceJourney:1") + dated("X:DSJ:1", day="none"), "UNKNOWN_SERVICE"),
        (journey() + journey(), "DUPLICATE"),
    ],
)  # fmt: skip
def test_a_bad_journey_is_refused_and_nothing_else(one, reason):
    """One bad record never drops the rest: the stops, the line and a good journey stay."""
    batch = read(whole(one, journey("X:ServiceJourney:good")))
    assert reasons(batch.rejects) == {reason: 1}
    assert len(days(batch, "X:ServiceJourney:good")) == 3
    assert batch.accepted == batch.entities - 1


@pytest.mark.parametrize(
    ("times", "reason"),
    [
        ([("X:SPJP:1", None, "10:00:00"), ("X:SPJP:2", "09:00:00", None),
          ("X:SPJP:3", "11:00:00", None)], "TIME_ORDER"),
        ([("X:SPJP:1", None, "10:00:00"), ("X:SPJP:2", "10:09:00", "10:05:00"),
          ("X:SPJP:3", "11:00:00", None)], "NEGATIVE_DWELL"),
        ([("X:SPJP:1", None, "10:00:00"), ("X:SPJP:2", "25:00:00", None),
          ("X:SPJP:3", "11:00:00", None)], "BAD_VALUE"),
        ([("X:SPJP:1", None, "10:00:00Z"), ("X:SPJP:2", "10:30:00.0", None),
          ("X:SPJP:3", "11:00:00.0", None)], "BAD_VALUE"),
        ([("X:SPJP:1", None, "10:00:00"), ("nowhere", "10:30:00", None),
          ("X:SPJP:3", "11:00:00", None)], "BAD_VALUE"),
    ],
)  # fmt: skip
def test_a_bad_time_is_a_note_on_a_journey_that_stays(times, reason):
    """A time that is none, or runs backwards, is left out or mended, and said."""
    rows = "".join(passing(*row) for row in times)
    batch = read(whole(journey(times=f"<passingTimes>{rows}</passingTimes>")))
    assert reasons(batch.notes) == {reason: 1}
    assert len(days(batch)) == 3


@pytest.mark.parametrize(
    ("one", "notes"),
    [
        # no time at the end: nothing says when it is there
        (journey(times="<passingTimes>" + passing("X:SPJP:1", None, "10:00:00")
                 + passing("X:SPJP:2", "10:30:00", None) + passing("X:SPJP:3", None, None)
                 + "</passingTimes>"), [("passingTimes", "MISSING_FIELD")]),
        # a stop of the pattern without a passing
        (journey(times="<passingTimes>" + passing("X:SPJP:1", None, "10:00:00")
                 + passing("X:SPJP:3", "11:00:00", None) + "</passingTimes>"),
         [("X:ServiceJourney:1", "MISSING_FIELD")]),
        # a pattern or route that no file has, of a journey that lists its stops itself
        (journey(under='<JourneyPatternRef ref="none"/>', times=CALLS),
         [("X:ServiceJourney:1", "BAD_VALUE")]),
        (journey(under='<RouteRef ref="none"/>', times=CALLS),
         [("X:ServiceJourney:1", "UNKNOWN_ROUTE")]),
    ],
)  # fmt: skip
def test_what_is_on_no_board_is_noted(one, notes):
    """The journey stays, and what of it nobody will see is told."""
    batch = read(whole(one))
    assert [(note.native_id, str(note.reason)) for note in batch.notes] == notes
    assert len(days(batch)) == 3


def test_a_journey_whose_pattern_is_missing_says_so():
    """None of its passings can be placed; which pattern they are of is told beside each."""
    batch = read(whole(journey(under='<JourneyPatternRef ref="none"/>')))
    assert reasons(batch.rejects) == {"EMPTY_ENTITY": 1}
    assert "pattern 'none' is in no file" in batch.notes[0].detail


def test_a_position_that_is_none_on_earth_is_left_out():
    """A national grid reference in gml:pos is refused with a reason; degrees in it are read."""
    place = (
        '<StopPlace id="G"><Name>g</Name>'
        "<Centroid><Location><pos>{}</pos></Location></Centroid></StopPlace>"
    )
    wrong = read(delivery(place.format("524811 170666")))
    assert of(wrong, StopPlace)["G"].position is None
    assert reasons(wrong.notes) == {"POSITION_OUT_OF_RANGE": 1}
    right = read(delivery(place.format("31.2 121.4")))
    assert of(right, StopPlace)["G"].position == Position(31.2, 121.4)


def test_only_journeys_of_the_interchange_are_kept():
    """The quays of a stop place count for it."""
    kept = read(whole(), stop_places=frozenset({"X:StopPlace:METRO"}))
    assert len(days(kept)) == 3
    assert days(read(whole(), stop_places=frozenset({"X:StopPlace:ELSEWHERE"}))) == []


def test_too_many_calls_are_cut_off_and_withdraw_nothing():
    """What was left out still holds."""
    batch = read(whole(), config=XmlTimetableConfig(max_calls=4))
    assert len(days(batch)) == 1
    assert reasons(batch.notes) == {"TOO_LARGE": 1}
    assert not batch.complete


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<a/>", Reason.UNSUPPORTED_MESSAGE),
        (zipped(a=b"<a/>"), Reason.UNSUPPORTED_MESSAGE),
        (zipped(), Reason.NOT_DECODABLE),
        (whole()[:-20], Reason.NOT_DECODABLE),
        (zipped(a=whole(), b=whole()[:-20]), Reason.NOT_DECODABLE),
        (zipped(a=b"<!DOCTYPE x><PublicationDelivery/>"), Reason.DTD_FORBIDDEN),
        (zipped(a=b"<PublicationDelivery>" + b" " * 5_000_000), Reason.TOO_LARGE),
        (b"PK\x03\x04", Reason.NOT_DECODABLE),
    ],
)
def test_a_body_that_cannot_be_used_is_refused_whole(body, reason):
    """One broken file of a zip refuses the zip: half a dataset would withdraw the other half."""
    with pytest.raises(PayloadError) as caught:
        read(body)
    assert caught.value.reason is reason


def test_an_unpacked_zip_has_a_cap():
    """The cap is the feed's to set."""
    with pytest.raises(PayloadError) as caught:
        read(zipped(a=whole()), config=XmlTimetableConfig(max_unpacked_bytes=1000))
    assert caught.value.reason is Reason.TOO_LARGE


def test_an_empty_delivery_withdraws_nothing():
    """A file that lists nothing is a mistake, not a network without stops."""
    batch = read(delivery())
    assert (batch.entities, batch.complete) == (0, False)
