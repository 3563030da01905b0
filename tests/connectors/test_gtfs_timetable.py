"""The timetable as static reference: lookups, service days, clock changes."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from hub.connector import Reference
from hub.model.timetable_rows import service_midnight
from tests.connectors.gtfs_builder import TABLES, shanghai, timetable, with_rows, zipped

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("day", "midnight"),
    [
        (date(2026, 3, 28), datetime(2026, 3, 27, 23, tzinfo=UTC)),
        (date(2026, 3, 29), datetime(2026, 3, 28, 22, tzinfo=UTC)),  # 23-hour day: noon - 12 h
        (date(2026, 3, 30), datetime(2026, 3, 29, 22, tzinfo=UTC)),
        (date(2026, 10, 25), datetime(2026, 10, 24, 23, tzinfo=UTC)),  # 25-hour day
    ],
)
def test_a_service_day_is_counted_from_noon_minus_twelve_hours(day, midnight):
    """On the day clocks change, second 0 is not local midnight, and 08:00 is still 08:00."""
    assert service_midnight(BERLIN, day) == midnight
    at_eight = (service_midnight(BERLIN, day) + timedelta(hours=8)).astimezone(BERLIN)
    assert (at_eight.hour, at_eight.date()) == (8, day)


def test_a_trip_over_the_night_of_the_clock_change_keeps_its_length():
    """A train of 23:30 to 27:30 runs four hours, though clocks jump in between."""
    agency = TABLES["agency.txt"].replace("Asia/Shanghai", "Europe/Berlin")
    night = with_rows(
        "stop_times.txt", "NIGHT,23:30:00,23:30:00,XZ,1,,", "NIGHT,27:30:00,27:30:00,FJ,2,,"
    )
    body = zipped({"agency.txt": agency, **with_rows("trips.txt", "L1,all,NIGHT,,,0"), **night})
    journey = timetable(body).planned_journey("NIGHT", date(2026, 3, 28))
    assert journey is not None
    left, came = journey.calls[0].aimed.departure, journey.calls[1].aimed.arrival
    assert left is not None
    assert came is not None
    assert came - left == timedelta(hours=4)
    assert came.astimezone(BERLIN).strftime("%d %H:%M") == "29 04:30"


def test_times_are_in_the_agencys_zone():
    """`at` turns seconds of a service day into UTC, past midnight into the next day."""
    reference = timetable()
    assert reference.at(date(2026, 3, 4), 12 * 3600) == shanghai("2026-03-04 12:00")
    assert reference.at(date(2026, 3, 4), 25 * 3600) == shanghai("2026-03-05 01:00")


def test_it_is_a_reference():
    """A Timetable is what the connector contract calls a Reference: it has a version."""
    reference: Reference = timetable()
    assert len(reference.version) == 64


def test_stops_know_their_parents_and_platforms():
    """A platform leads to its station, a station to its platforms."""
    reference = timetable()
    platform = reference.stop("SHRS-2")
    assert platform is not None
    assert (platform.parent, platform.place_id, platform.platform_code) == ("SHRS", "SHRS", "2")
    place = reference.place("SHRS-2")
    assert place is not None
    assert place.native_id == "SHRS"
    assert [quay.native_id for quay in reference.quays_of("SHRS")] == ["SHRS-1", "SHRS-2"]
    assert reference.stop("NOWHERE") is reference.place("NOWHERE") is None
    assert reference.quays_of("PS") == ()


def test_trips_are_found_by_id_number_and_start():
    """A trip is found by trip_id, by the number the public knows, by route and start."""
    reference = timetable()
    assert reference.trip("TR7") is not None
    assert [trip.native_id for trip in reference.trips_by_short_name("G7")] == ["TR7"]
    assert [trip.native_id for trip in reference.trips_starting("L1", 12 * 3600)] == ["T1"]
    assert reference.trip("X") is None
    assert reference.trips_by_short_name("X") == reference.trips_starting("L1", 5) == ()


def test_calls_are_rows_in_order():
    """The calls of a trip are its stop times by stop_sequence."""
    reference = timetable()
    assert [tuple(call) for call in reference.calls_of("TR7")] == [
        (1, "SHRS-2", 50400, 50400, True, False, False, True, None),
        (2, "XZ", 54000, 54000, False, True, False, True, None),
    ]
    assert reference.calls_of("X") == ()


def test_services_run_on_their_days():
    """A workday service rests on Saturday; an unknown one never runs."""
    reference = timetable()
    saturday = date(2026, 3, 7)
    assert reference.runs_on("workdays", date(2026, 3, 6))
    assert not reference.runs_on("workdays", saturday)
    assert not reference.runs_on("never", saturday)
    days = [date(2026, 3, day) for day in range(5, 10)]
    assert [day.day for day in reference.service_dates("TR7", among=days)] == [5, 6, 9]
    assert reference.service_dates("X", among=days) == []


def test_an_unknown_trip_has_no_journey():
    """Nothing is planned for a trip that is not there."""
    assert timetable().planned_journey("X", date(2026, 3, 4)) is None


def test_trips_calling_at_a_place_or_platform_are_found():
    """Places may be given as stations or as platforms."""
    reference = timetable()
    assert reference.trips_calling_at(frozenset({"SHRS"})) == {"T1", "LATE", "LOOP", "TR7"}
    assert reference.trips_calling_at(frozenset({"SHRS-2"})) == {"TR7"}
    assert reference.trips_calling_at(frozenset({"X"})) == frozenset()
