"""Public holidays of Great Britain by the names TransXChange has for them.

Computed: New Year's Day, Good Friday, Easter Monday, early May and spring bank holidays, August
bank holiday, Christmas Day and Boxing Day of England and Wales with the days they are moved to from
a weekend; Christmas Eve and New Year's Eve; and, by their own names only, 2 January, St Andrew's
Day and the August holiday of Scotland. Not computed: days that were proclaimed once (a jubilee, a
coronation) or moved once by proclamation; TransXChange has OtherPublicHoliday with a date for them.
"""

from datetime import date, timedelta
from functools import lru_cache

_MONDAY, _SATURDAY, _SUNDAY = 0, 5, 6

_STATUTORY = (
    *("NewYearsDay", "GoodFriday", "EasterMonday", "MayDay", "SpringBank"),
    *("LateSummerBankHolidayNotScotland", "ChristmasDay", "BoxingDay"),
)
_DISPLACED = ("NewYearsDayHoliday", "ChristmasDayHoliday", "BoxingDayHoliday")
_CHRISTMAS = ("ChristmasDay", "BoxingDay")
_MONDAYS = ("EasterMonday", "MayDay", "SpringBank", "LateSummerBankHolidayNotScotland")
_RUN_OFF = ("ChristmasEve", "NewYearsEve")

GROUPS = {
    "AllBankHolidays": (*_STATUTORY, *_DISPLACED),
    "AllHolidaysExceptChristmas": tuple(
        name for name in (*_STATUTORY, "NewYearsDayHoliday") if name not in _CHRISTMAS
    ),
    "Holidays": ("NewYearsDay", "GoodFriday"),
    "HolidayMondays": _MONDAYS,
    "Christmas": _CHRISTMAS,
    "DisplacementHolidays": _DISPLACED,
    "EarlyRunOff": _RUN_OFF,
    "EarlyRunOffDays": _RUN_OFF,
}
"""Names that stand for several holidays."""


@lru_cache(maxsize=256)
def bank_holidays(year: int) -> dict[str, date]:
    """The holidays of a year by name; one that was not moved has no day it was moved to."""
    easter = _easter(year)
    found = {
        "NewYearsDay": date(year, 1, 1),
        "Jan2ndScotland": date(year, 1, 2),
        "GoodFriday": easter - timedelta(days=2),
        "EasterMonday": easter + timedelta(days=1),
        "MayDay": _monday_from(date(year, 5, 1)),
        "SpringBank": _monday_from(date(year, 5, 25)),
        "AugustBankHolidayScotland": _monday_from(date(year, 8, 1)),
        "LateSummerBankHolidayNotScotland": _monday_from(date(year, 8, 25)),
        "StAndrewsDay": date(year, 11, 30),
        "ChristmasEve": date(year, 12, 24),
        "ChristmasDay": date(year, 12, 25),
        "BoxingDay": date(year, 12, 26),
        "NewYearsEve": date(year, 12, 31),
    }
    for name in ("NewYearsDay", "StAndrewsDay"):
        if found[name].weekday() in {_SATURDAY, _SUNDAY}:
            found[f"{name}Holiday"] = _monday_from(found[name])
    # Christmas and Boxing Day stand side by side: either moves two days on
    for name in _CHRISTMAS:
        if found[name].weekday() in {_SATURDAY, _SUNDAY}:
            found[f"{name}Holiday"] = found[name] + timedelta(days=2)
    if found["Jan2ndScotland"].weekday() in {_SATURDAY, _SUNDAY}:
        found["Jan2ndScotlandHoliday"] = found["Jan2ndScotland"] + timedelta(days=2)
    elif found["Jan2ndScotland"].weekday() == _MONDAY:
        found["Jan2ndScotlandHoliday"] = date(year, 1, 3)
    return found


def _monday_from(first: date) -> date:
    return first + timedelta(days=-first.weekday() % 7)


def _easter(year: int) -> date:
    """Easter Sunday, Gregorian (Meeus, Astronomical Algorithms, chapter 8)."""
    golden = year % 19
    century, rest = divmod(year, 100)
    leap, odd = divmod(century, 4)
    moon = (19 * golden + century - leap - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    days = (32 + 2 * odd + 2 * (rest // 4) - moon - rest % 4) % 7
    late = (golden + 11 * moon + 22 * days) // 451
    month, day = divmod(moon + days - 7 * late + 114, 31)
    return date(year, month, day + 1)


NAMES = frozenset(name for year in range(2000, 2028) for name in bank_holidays(year))
"""Every single holiday's name; in 28 years each day falls on each weekday."""
