"""When TransXChange journeys run: OperatingProfile within an OperatingPeriod.

TransXChange schema guide, operating profiles. Special days go before bank holidays, those before
days of the week; among equals not running goes before running, and a holiday's own name before a
name that stands for several. Without a profile a journey runs from Monday to Friday; an empty
DaysOfWeek is every day. Terms of a ServicedOrganisation are not read, nor weeks of the month.
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from hub.errors import Reason
from hub.formats.bank_holidays import GROUPS, NAMES, bank_holidays
from hub.formats.gtfs_fields import Problems
from hub.formats.netex_fields import day, text
from hub.formats.xml import Element
from hub.model.timetable_rows import Service

_WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_EVERY_DAY = (True,) * 7
_WORKDAYS = (True,) * 5 + (False,) * 2
_NO_DAY = (False,) * 7
_SPAN = re.compile(r"(Not)?(Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)(?:To(\w+))?")
_LAST = date.max.toordinal()
_YEARS = 60
_OPEN_YEARS = 2
"""Years of bank holidays that are worked out for a period without an end."""


class Period(NamedTuple):
    """An OperatingPeriod, both days included, as ordinals; without an end the last day there is."""

    start: int
    end: int


class Profile(NamedTuple):
    """An OperatingProfile: days of the week, holidays by name, and dates, on and off.

    Dates are pairs of ordinals, both included.
    """

    week: tuple[bool, ...]
    on: frozenset[str] = frozenset()
    off: frozenset[str] = frozenset()
    other_on: tuple[tuple[int, int], ...] = ()
    other_off: tuple[tuple[int, int], ...] = ()
    special_on: tuple[tuple[int, int], ...] = ()
    special_off: tuple[tuple[int, int], ...] = ()


DEFAULT = Profile(_WORKDAYS)


def period(element: Element) -> Period | None:
    """The OperatingPeriod of a Service; None if it has no StartDate or ends before it."""
    start, end = day(text(element, "StartDate")), day(text(element, "EndDate"))
    if start is None or (end is not None and end < start):
        return None
    return Period(start.toordinal(), end.toordinal() if end else _LAST)


def profile(element: Element, native_id: str, problems: Problems) -> Profile:
    """An OperatingProfile; what is not read of it is a note."""
    for unread in ("ServicedOrganisationDayType", "PeriodicDayType"):
        if element.find(unread) is not None or element.find(f"RegularDayType/{unread}") is not None:
            problems.note(
                Reason.UNSUPPORTED_MESSAGE, native_id, f"{unread} is not read; taken as not there"
            )
    bank = "BankHolidayOperation"
    special = "SpecialDaysOperation"
    on = tuple(_holidays(element, f"{bank}/DaysOfOperation", native_id, problems))
    off = tuple(_holidays(element, f"{bank}/DaysOfNonOperation", native_id, problems))
    return Profile(
        _week(element),
        frozenset(on),
        frozenset(off),
        tuple(_dates(element, f"{bank}/DaysOfOperation/OtherPublicHoliday")),
        tuple(_dates(element, f"{bank}/DaysOfNonOperation/OtherPublicHoliday")),
        tuple(_dates(element, f"{special}/DaysOfOperation/DateRange")),
        tuple(_dates(element, f"{special}/DaysOfNonOperation/DateRange")),
    )


def service(found: Profile, within: Period, until: date) -> Service:
    """The days a profile gives within a period; holidays up to two years after `until`."""
    days: dict[int, bool] = {}
    holidays = list(_years(within, until))
    generic = frozenset(GROUPS)
    for names, runs in (
        (found.on & generic, True),
        (found.off & generic, False),
        (found.on - generic, True),
        (found.off - generic, False),
    ):
        singles = {single for name in names for single in GROUPS.get(name, (name,))}
        for year in holidays:
            for name in singles & year.keys():
                days[year[name].toordinal()] = runs
    for ranges, runs in (
        (found.other_on, True),
        (found.other_off, False),
        (found.special_on, True),
        (found.special_off, False),
    ):
        for first, last in ranges:
            stop = min(last, within.end, within.start + _YEARS * 366)
            days.update(dict.fromkeys(range(max(first, within.start), stop + 1), runs))
    inside = {number: runs for number, runs in days.items() if within.start <= number <= within.end}
    return Service(
        found.week,
        within.start,
        within.end,
        frozenset(number for number, runs in inside.items() if runs),
        frozenset(number for number, runs in inside.items() if not runs),
    )


def _week(element: Element) -> tuple[bool, ...]:
    regular = element.find("RegularDayType")
    if regular is None:
        return _WORKDAYS
    if regular.find("HolidaysOnly") is not None:
        return _NO_DAY
    names = [str(found.tag) for found in regular.iterfind("DaysOfWeek/*")]
    if not names:
        return _EVERY_DAY
    running: set[str] = set()
    for name in names:
        running.update(_named(name))
    return tuple(name in running for name in _WEEK)


def _named(name: str) -> tuple[str, ...]:
    """Monday, MondayToFriday, NotSaturday, Weekend."""
    if name == "Weekend":
        return _WEEK[5:]
    match = _SPAN.fullmatch(name)
    if match is None:
        return ()
    negated, first, last = match.groups()
    if negated:
        return tuple(one for one in _WEEK if one != first)
    start = _WEEK.index(first)
    end = _WEEK.index(last) if last in _WEEK else start
    return _WEEK[start : end + 1]


def _holidays(element: Element, path: str, native_id: str, problems: Problems) -> Iterator[str]:
    for found in element.iterfind(f"{path}/*"):
        name = str(found.tag)
        if name in GROUPS or name in NAMES:
            yield name
        elif name != "OtherPublicHoliday":
            problems.note(
                Reason.UNSUPPORTED_MESSAGE, native_id, f"bank holiday {name} is not known"
            )


def _dates(element: Element, path: str) -> Iterator[tuple[int, int]]:
    """DateRanges, or single Dates."""
    for found in element.iterfind(path):
        first = day(text(found, "StartDate", "Date"))
        last = day(text(found, "EndDate", "Date"))
        if first is not None and last is None:
            last = first
        if first is not None and last is not None and first <= last:
            yield first.toordinal(), last.toordinal()


def _years(within: Period, until: date) -> Iterator[dict[str, date]]:
    first = date.fromordinal(within.start).year
    known = date.fromordinal(within.end).year
    last = min(known, first + _YEARS, max(first, until.year) + _OPEN_YEARS)
    for year in range(first, last + 1):
        yield bank_holidays(year)


def day_before(ordinal: int) -> date:
    """The day before an ordinal, for sentences."""
    return date.fromordinal(ordinal) - timedelta(days=1)
