"""When TransXChange journeys run: OperatingProfile within an OperatingPeriod.

TransXChange schema guide, operating profiles. Special days go before bank holidays, those before
days of the week; among equals not running goes before running, and a holiday's own name before a
name that stands for several. Without a profile a journey runs from Monday to Friday; an empty
DaysOfWeek is every day. The terms of a ServicedOrganisation narrow the days of the week down. Weeks
of the month are not read.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import NamedTuple

from hub.errors import Reason
from hub.formats.common.fields import Problems
from hub.formats.common.xml import Element
from hub.formats.netex.fields import day, text
from hub.formats.transxchange.bank_holidays import GROUPS, NAMES, bank_holidays
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


Dates = tuple[tuple[int, int], ...]
"""Pairs of ordinals, both included."""


class Organisation(NamedTuple):
    """A ServicedOrganisation: a school, say, and when it is in session and on holiday."""

    working: Dates
    holidays: Dates


class Term(NamedTuple):
    """The working days, or else the holidays, of a ServicedOrganisation."""

    organisation: str
    working: bool


class Profile(NamedTuple):
    """An OperatingProfile: days of the week, holidays by name, and dates, on and off.

    `only` bounds the days of the week and `never` takes off them: as `in_session` found the days
    of the terms `only_terms` and `never_terms`.
    """

    week: tuple[bool, ...]
    on: frozenset[str] = frozenset()
    off: frozenset[str] = frozenset()
    other_on: Dates = ()
    other_off: Dates = ()
    special_on: Dates = ()
    special_off: Dates = ()
    only_terms: tuple[Term, ...] = ()
    never_terms: tuple[Term, ...] = ()
    only: Dates | None = None
    never: Dates = ()


DEFAULT = Profile(_WORKDAYS)


def period(element: Element) -> Period | None:
    """The OperatingPeriod of a Service; None if it has no StartDate or ends before it."""
    start = day(text(element, "StartDate"), begins=True)
    end = day(text(element, "EndDate"))
    if start is None or (end is not None and end < start):
        return None
    return Period(start.toordinal(), end.toordinal() if end else _LAST)


def profile(element: Element, native_id: str, problems: Problems) -> Profile:
    """An OperatingProfile; what is not read of it is a note."""
    unread = "PeriodicDayType"
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
        tuple(_terms(element, "DaysOfOperation")),
        tuple(_terms(element, "DaysOfNonOperation")),
    )


def organisation(element: Element) -> Organisation:
    """A ServicedOrganisation."""
    return Organisation(
        tuple(_dates(element, "WorkingDays/DateRange")),
        tuple(_dates(element, "Holidays/DateRange")),
    )


def in_session(
    found: Profile, known: Mapping[str, Organisation], native_id: str, problems: Problems
) -> Profile:
    """The profile with the days of its terms; a term that nobody dates is noted and left out."""
    if not found.only_terms and not found.never_terms:
        return found
    dated: list[Dates] = []
    for terms in (found.only_terms, found.never_terms):
        days: Dates = ()
        for term in terms:
            told = known.get(term.organisation, Organisation((), ()))
            dates = told.working if term.working else told.holidays
            if not dates:
                what = "WorkingDays" if term.working else "Holidays"
                problems.note(
                    Reason.MISSING_FIELD,
                    native_id,
                    f"ServicedOrganisation {term.organisation!r} has no {what}; taken as not there",
                )
            days += dates
        dated.append(days)
    return found._replace(only_terms=(), never_terms=(), only=dated[0] or None, never=dated[1])


def service(found: Profile, within: Period, until: date) -> Service:
    """The days a profile gives within a period; holidays up to two years after `until`."""
    week, days = _terms_of(found, within)
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
            days.update(dict.fromkeys(_days(first, last, within), runs))
    inside = {number: runs for number, runs in days.items() if within.start <= number <= within.end}
    return Service(
        week,
        within.start,
        within.end,
        frozenset(number for number, runs in inside.items() if runs),
        frozenset(number for number, runs in inside.items() if not runs),
    )


def _terms_of(found: Profile, within: Period) -> tuple[tuple[bool, ...], dict[int, bool]]:
    """The days of the week that hold anyhow, and the days on and off by terms."""
    days: dict[int, bool] = {}
    for first, last in found.only or ():
        for number in _days(first, last, within):
            if found.week[date.fromordinal(number).weekday()]:
                days[number] = True
    for first, last in found.never:
        days.update(dict.fromkeys(_days(first, last, within), False))
    return (found.week if found.only is None else _NO_DAY), days


def _days(first: int, last: int, within: Period) -> range:
    """The ordinals of a span that lie within a period, which may have no end."""
    stop = min(last, within.end, within.start + _YEARS * 366)
    return range(max(first, within.start), stop + 1)


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


def _terms(element: Element, when: str) -> Iterator[Term]:
    """The terms that a profile's ServicedOrganisationDayType names."""
    for part in ("", "RegularDayType/"):
        for kind in ("WorkingDays", "Holidays"):
            path = f"{part}ServicedOrganisationDayType/{when}/{kind}/ServicedOrganisationRef"
            for found in element.iterfind(path):
                yield Term((found.text or "").strip(), kind == "WorkingDays")


def _dates(element: Element, path: str) -> Iterator[tuple[int, int]]:
    """DateRanges, or single Dates."""
    for found in element.iterfind(path):
        first = day(text(found, "StartDate", "Date"), begins=True)
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
