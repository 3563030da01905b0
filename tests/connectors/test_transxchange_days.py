"""When TransXChange journeys run: profiles, bank holidays, periods, revisions."""

from datetime import timedelta

import pytest

from connectors.transxchange import CONNECTOR
from hub.formats.transxchange.bank_holidays import GROUPS, bank_holidays
from tests.connectors import netex_builder
from tests.connectors.txc_builder import (
    DAILY,
    bank,
    days,
    document,
    journey,
    read,
    reasons,
    runs,
    service,
    times_of,
)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("", "WTF"),
        ("<MondayToFriday/>", "WTF"),
        ("<Wednesday/><Friday/>", "WF"),
        ("<NotThursday/>", "WF"),
        ("<Weekend/>", ""),
        ("<MondayToSaturday/>", "WTF"),
    ],
)
def test_days_of_the_week_are_single_spans_or_negated(names, expected):
    """An empty DaysOfWeek is every day. 4 March 2026 is a Wednesday."""
    regular = f"<RegularDayType><DaysOfWeek>{names}</DaysOfWeek></RegularDayType>"
    letters = {"2026-03-04": "W", "2026-03-05": "T", "2026-03-06": "F"}
    assert "".join(letters[day] for day in days(regular, "2026-03-05")) == expected


def test_the_nearest_profile_counts_and_profiles_are_not_mixed():
    """Journey, else pattern, else service; without any it is Monday to Friday."""
    weekend = "<RegularDayType><DaysOfWeek><Weekend/></DaysOfWeek></RegularDayType>"
    saturday = "2026-03-07"
    with_profile = service(profile=f"<OperatingProfile>{weekend}</OperatingProfile>")
    assert days(None, saturday) == ["2026-03-06"]
    assert days(None, saturday, services=with_profile) == ["2026-03-07", "2026-03-08"]
    assert len(days(DAILY, saturday, services=with_profile)) == 3


def test_nothing_runs_outside_the_operating_period():
    """Special days do not either; a service without an end goes on."""
    special = DAILY + (
        "<SpecialDaysOperation><DaysOfOperation><DateRange><StartDate>2026-12-31</StartDate>"
        "<EndDate>2027-01-01</EndDate></DateRange></DaysOfOperation></SpecialDaysOperation>"
    )
    assert days(special, "2026-12-31") == ["2026-12-30", "2026-12-31"]
    assert len(days(DAILY, "2031-06-01", services=service(end=None))) == 3


OTHER = "<OtherPublicHoliday><Date>2026-06-03</Date></OtherPublicHoliday>"


@pytest.mark.parametrize(
    ("off", "at", "missing"),
    [
        ("<GoodFriday/>", "2026-04-03", "2026-04-03"),
        ("<EasterMonday/>", "2026-04-06", "2026-04-06"),
        ("<MayDay/>", "2026-05-04", "2026-05-04"),
        ("<SpringBank/>", "2026-05-25", "2026-05-25"),
        ("<LateSummerBankHolidayNotScotland/>", "2026-08-31", "2026-08-31"),
        ("<AllBankHolidays/>", "2026-12-28", "2026-12-28"),
        ("<HolidayMondays/>", "2026-05-04", "2026-05-04"),
        ("<EarlyRunOffDays/>", "2026-12-24", "2026-12-24"),
        ("<BoxingDayHoliday/>", "2026-12-28", "2026-12-28"),
        (OTHER, "2026-06-03", "2026-06-03"),
    ],
)
def test_bank_holidays_are_known_by_name(off, at, missing):
    """A day of non-operation is taken out of the week."""
    found = days(bank(off=off), at)
    assert missing not in found
    assert len(found) == 2


def test_a_holiday_s_own_name_goes_before_a_group_s_and_special_days_before_both():
    """Off on all holidays but Good Friday; and off on that too where a date says so."""
    profile = bank(on="<GoodFriday/>", off="<AllBankHolidays/>")
    assert "2026-04-03" in days(profile, "2026-04-03")
    assert "2026-04-06" not in days(profile, "2026-04-06")
    special = profile + (
        "<SpecialDaysOperation><DaysOfNonOperation><DateRange><StartDate>2026-04-03</StartDate>"
        "<EndDate>2026-04-03</EndDate></DateRange></DaysOfNonOperation></SpecialDaysOperation>"
    )
    assert "2026-04-03" not in days(special, "2026-04-03")


def test_holidays_only_runs_on_holidays_only():
    """No day of the week, but the holidays of operation."""
    only = bank(on="<MayDay/>").replace(DAILY, "<RegularDayType><HolidaysOnly/></RegularDayType>")
    assert days(only, "2026-05-04") == ["2026-05-04"]


SCHOOL = (
    "<ServicedOrganisations><ServicedOrganisation><OrganisationCode>S</OrganisationCode>"
    "<WorkingDays><DateRange><StartDate>2026-03-01</StartDate><EndDate>2026-03-04</EndDate>"
    "</DateRange></WorkingDays></ServicedOrganisation></ServicedOrganisations>"
)


def terms(when: str, kind: str = "WorkingDays", of: str = "S") -> str:
    """A ServicedOrganisationDayType."""
    ref = f"<ServicedOrganisationRef>{of}</ServicedOrganisationRef>"
    return (
        f"<ServicedOrganisationDayType><{when}><{kind}>{ref}</{kind}></{when}>"
        "</ServicedOrganisationDayType>"
    )


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        (DAILY + terms("DaysOfOperation"), [3, 4]),
        (DAILY.replace("/>", "><Wednesday/></DaysOfWeek>") + terms("DaysOfOperation"), [4]),
        (DAILY + terms("DaysOfNonOperation"), [5]),
        (
            DAILY
            + terms("DaysOfOperation")
            + "<SpecialDaysOperation><DaysOfOperation><DateRange><StartDate>2026-03-05</StartDate>"
            "<EndDate>2026-03-05</EndDate></DateRange></DaysOfOperation></SpecialDaysOperation>",
            [3, 4, 5],
        ),
    ],
)
def test_school_terms_bound_the_days_of_the_week(profile, expected):
    """School is until Wednesday 4 March; a special day goes before its terms."""
    batch = read(document(journey(profile=profile), more=SCHOOL))
    assert [run.service_date.day for run in runs(batch)] == expected
    assert batch.notes == []


@pytest.mark.parametrize("undated", [("WorkingDays", "unknown"), ("Holidays", "S")])
def test_a_term_nobody_dates_is_noted_and_taken_as_not_there(undated):
    """What is not known bounds nothing, and is said."""
    profile = DAILY + terms("DaysOfOperation", *undated)
    batch = read(document(journey(profile=profile), more=SCHOOL))
    assert reasons(batch.notes) == {"MISSING_FIELD": 1}
    assert len(runs(batch)) == 3


@pytest.mark.parametrize(
    ("year", "expected"),
    [
        (2021, "01-01 04-02 04-05 05-03 05-31 08-30 12-25 12-26 12-27 12-28"),
        (2023, "01-01 01-02 04-07 04-10 05-01 05-29 08-28 12-25 12-26"),
        (2025, "01-01 04-18 04-21 05-05 05-26 08-25 12-25 12-26"),
        (2026, "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-26 12-28"),
    ],
)
def test_the_holidays_of_england_and_wales_are_those_of_the_year(year, expected):
    """As published by the government, with the days that fell on a weekend beside them."""
    known = bank_holidays(year)
    found = {known[name] for name in GROUPS["AllBankHolidays"] if name in known}
    assert " ".join(f"{day:%m-%d}" for day in sorted(found)) == expected


def test_holidays_never_share_a_day_with_what_they_were_moved_to():
    """Over a whole cycle of weekdays."""
    for year in range(2000, 2100):
        found = [day for name, day in sorted(bank_holidays(year).items()) if "Scotland" not in name]
        assert len(found) == len(set(found))
        good_friday, monday = (bank_holidays(year)[name] for name in ("GoodFriday", "EasterMonday"))
        assert monday - good_friday == timedelta(days=3)


def test_a_newer_revision_holds_from_its_period_on():
    """Two documents of one service: the older one ends the day before the newer begins."""
    old = document(journey())
    new = document(
        journey(at="<DepartureTime>23:00:00</DepartureTime>"),
        services=service(start="2026-03-05"),
        revision=2,
    )
    batch = read(netex_builder.zipped(a=new, b=old))
    found = {str(run.service_date): times_of(run) for run in runs(batch)}
    assert found == {"2026-03-03": "22:00", "2026-03-04": "22:00", "2026-03-05": "23:00"}
    assert reasons(batch.notes) == {"OLDER_THAN_KNOWN": 1}
    assert (batch.entities, len(batch.rejects)) == (3 + 2 + 2, 0)


def test_the_connector_says_which_holidays_it_knows():
    """Operators elsewhere must not rely on them."""
    assert "England and Wales" in CONNECTOR.manifest.reads


def test_a_frequency_repeats_a_journey_until_its_end():
    """The last departure is at EndTime itself."""
    frequent = (
        "<Frequency><EndTime>09:00:00</EndTime><Interval>"
        "<ScheduledFrequency>PT30M</ScheduledFrequency></Interval></Frequency>"
    )
    at = "<DepartureTime>08:00:00</DepartureTime>"
    found = runs(read(document(journey(at=at, more=frequent))))
    assert len(found) == 9
    assert {run.native_id.partition("@")[2] for run in found} == {
        "08:00:00",
        "08:30:00",
        "09:00:00",
    }
