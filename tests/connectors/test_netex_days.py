"""When NeTEx journeys run: day types, periods, conditions, dated journeys."""

from datetime import date

import pytest

from connectors.netex import load_reference
from hub.connector import Envelope
from tests.connectors.netex_builder import (
    CALENDAR,
    DAYS,
    LINE,
    PATTERN,
    SHARED,
    STOPS,
    WEDNESDAY,
    context,
    dated,
    days,
    delivery,
    journey,
    read,
    reasons,
    runs,
    whole,
)


def test_day_types_run_on_their_days_within_their_period():
    """Weekdays of March: not on the Saturday, not in April."""
    assert runs(DAYS, "03-07") == [6]
    assert runs(DAYS, "03-31") == [30, 31]


def test_a_day_taken_away_is_away():
    """isAvailable false overrules the period, whatever their order."""
    without = CALENDAR.replace(
        '<DayTypeAssignment id="X:DTA:1"',
        '<DayTypeAssignment id="X:DTA:0" order="1"><Date>2026-03-04</Date>'
        '<DayTypeRef ref="X:DayType:work"/><isAvailable>false</isAvailable></DayTypeAssignment>'
        '<DayTypeAssignment id="X:DTA:1"',
    )
    assert runs(DAYS, "03-04", without) == [3, 5]


@pytest.mark.parametrize(
    ("assigned", "expected"),
    [
        ("<Date>2026-03-07</Date>", [7]),
        ('<OperatingDayRef ref="X:OperatingDay:7"/>', [7]),
        ('<OperatingPeriodRef ref="X:UicOperatingPeriod:1"/>', [6, 8]),
        ('<UicOperatingPeriodRef ref="X:UicOperatingPeriod:1"/>', [6, 8]),
        ('<OperatingPeriodRef ref="X:OperatingPeriod:byDay"/>', [7, 8]),
    ],
)
def test_days_are_given_in_every_way_the_profiles_have(assigned, expected):
    """A date, an OperatingDay, the bits of a UicOperatingPeriod, a period between two days."""
    calendar = (
        '<OperatingPeriod id="X:OperatingPeriod:byDay">'
        '<FromOperatingDayRef ref="X:OperatingDay:7"/>'
        "<ToDate>2026-03-09T00:00:00</ToDate></OperatingPeriod>"
        '<UicOperatingPeriod id="X:UicOperatingPeriod:1"><FromDate>2026-03-05T00:00:00</FromDate>'
        "<ToDate>2026-03-08T00:00:00</ToDate><ValidDayBits>0101</ValidDayBits></UicOperatingPeriod>"
        '<DayType id="X:DayType:any"/>'
        '<OperatingDay id="X:OperatingDay:7"><CalendarDate>2026-03-07</CalendarDate></OperatingDay>'
        f'<DayTypeAssignment>{assigned}<DayTypeRef ref="X:DayType:any"/></DayTypeAssignment>'
    )
    assert runs(DAYS.replace("work", "any"), "03-07", calendar) == expected


def test_a_day_type_without_assignment_holds_in_its_frame_or_calendar():
    """With neither it never runs, and a note says so."""
    day_type = CALENDAR[: CALENDAR.index("<OperatingPeriod")]
    parts = (STOPS, SHARED, LINE, PATTERN, day_type, journey())
    between = (
        "<ValidBetween><FromDate>2026-03-04</FromDate><ToDate>2026-03-04</ToDate></ValidBetween>"
    )
    assert days(read(delivery(*parts, validity=between))) == [4]
    in_calendar = (
        "<ServiceCalendar><FromDate>2026-03-05</FromDate><ToDate>2026-03-06</ToDate>"
        f"<dayTypes>{day_type}</dayTypes></ServiceCalendar>"
    )
    assert days(read(delivery(STOPS, SHARED, LINE, PATTERN, in_calendar, journey()))) == [5]
    batch = read(delivery(*parts))
    assert days(batch) == []
    assert reasons(batch.notes)["OUTSIDE_PERIOD"] == 2


def test_availability_conditions_give_days_and_bound_day_types():
    """Alone they are the days; beside day types they narrow them; unavailable they take away."""
    condition = (
        '<AvailabilityCondition id="X:AC:1"><FromDate>2026-03-03</FromDate>'
        "<ToDate>2026-03-04</ToDate>{}</AvailabilityCondition>"
    )
    named = '<validityConditions><AvailabilityConditionRef ref="X:AC:1"/></validityConditions>'
    bits = CALENDAR + condition.format("<ValidDayBits>01</ValidDayBits>")
    assert runs(named, "03-04", bits) == [4]
    assert runs(named + DAYS, "03-04", CALENDAR + condition.format("")) == [3, 4]
    away = CALENDAR + condition.format("<IsAvailable>false</IsAvailable>")
    assert runs(named + DAYS, "03-04", away) == [5]


def test_dated_service_journeys_are_the_days_of_their_journey():
    """A journey without day types runs where it is dated; its dated id finds it too."""
    body = whole(journey(days=""), dated("X:DSJ:1"))
    batch = read(body)
    assert (batch.entities, batch.accepted, days(batch)) == (7, 7, [4])
    timetable = load_reference(Envelope(body, WEDNESDAY), context())
    trip = timetable.trip("X:DSJ:1")
    assert trip is not None
    assert trip.native_id == "X:ServiceJourney:1"
    assert timetable.runs_on(trip.service_id, date(2026, 3, 4))


@pytest.mark.parametrize("alteration", ["cancellation", "replaced"])
def test_a_dated_journey_called_off_does_not_run(alteration):
    """It takes its day from the journey's day types."""
    off = dated("X:DSJ:1", more=f"<ServiceAlteration>{alteration}</ServiceAlteration>")
    assert days(read(whole(journey(), off))) == [3, 5]


def test_a_dated_journey_that_another_replaces_does_not_run():
    """What replaces it does, although it says "replaced" as well."""
    replacing = dated(
        "X:DSJ:2",
        of_journey="2",
        more="<ServiceAlteration>replaced</ServiceAlteration><replacedJourneys>"
        '<DatedVehicleJourneyRef ref="X:DSJ:1"/></replacedJourneys>',
    )
    second = journey("X:ServiceJourney:2", days="")
    batch = read(whole(journey(days=""), second, dated("X:DSJ:1"), replacing))
    assert (days(batch), days(batch, "X:ServiceJourney:2")) == ([], [4])
