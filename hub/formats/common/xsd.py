"""Dates and times as XML Schema writes them: one reader for every kind that has any.

24:00:00 is legal and is the first instant of the next day; nothing else of hour 24 is. A leap
second (23:59:60 in UTC) is not of XML Schema 1.1 but happens: it is read as the instant after it.
Source: W3C XML Schema part 2, 3.2.7 (dateTime), 3.2.8 (time); RFC 3339, 5.7 (leap seconds).
"""

import re
from datetime import UTC, date, datetime, timedelta, tzinfo

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""No real-time service published before: an earlier time is a default value that leaked out."""
FOREVER = datetime(2200, 1, 1, tzinfo=UTC)
"""Nobody plans that far: a later time is a mistake, or a producer's way to write "no end"."""
NO_END = 9999
"""The year that producers write for "no end"."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_COUNTS = range(int(EARLIEST.timestamp()), 2_000_000_000)
"""Seconds since 1970 that are believed to be such, until 18 May 2033. Ten digits beyond are a date
without its dashes, 2026030212 or 2603021200, and would be read as of another decade."""
_COUNT = re.compile(r"\d{9,13}", re.ASCII)
_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_DATE_TIME = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-](?:0\d:[0-5]\d|1[0-3]:[0-5]\d|14:00))?",
    re.ASCII,
)
_YEAR = re.compile(r"(-?\d{4,9})-\d\d-\d\d", re.ASCII)
_TIME = re.compile(r"(\d\d):([0-5]\d)(?::([0-5]\d)(?:\.(\d+))?)?(Z|[+-]\d\d:\d\d)?", re.ASCII)
_DATE = re.compile(r"(\d{4}-\d\d-\d\d)(?:([T ].*)|Z|[+-]\d\d:\d\d)?", re.ASCII)
_DAY_OVER = re.compile(r"[Tt ]24:00(?::00(?:[.,]0+)?)?(?=$|[Zz+-])", re.ASCII)
_LEAP = re.compile(r":59:60(?:[.,]\d+)?(?=$|[Zz+-])", re.ASCII)


def date_time(text: str, zone: tzinfo) -> datetime | None:
    """The instant of an xsd:dateTime, UTC; None if it is none, or beyond the years 1 to 9999.

    A space for the T is a common slip. Fractions of a second are kept to the microsecond. One
    without a zone is read in `zone`; in the hour that autumn repeats, as the earlier of the two.
    """
    return instant(text, zone) if _DATE_TIME.fullmatch(text) else None


def instant(text: str, zone: tzinfo) -> datetime | None:
    """The instant of any ISO 8601 date and time that Python reads, and of 24:00 and leap seconds.

    For standards that are less strict than `date_time`.
    """
    later = timedelta(0)
    if "24:00" in text:
        text, ended = _DAY_OVER.subn("T00:00:00", text)
        later = _DAY * ended
    leap = ":60" in text
    if leap:
        text, leap = _LEAP.sub(":59:59", text), True
    try:
        moment = datetime.fromisoformat(text) + later + _SECOND * leap
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    if leap and (moment.hour, moment.minute, moment.second) != (0, 0, 0):
        return None
    return moment


def counted(text: str) -> tuple[datetime, str] | None:
    """The instant of a count since 1970 that can be a time, and its unit: seconds or milliseconds.

    No xsd:dateTime, but written in its place, in JSON above all. Digits that may be a date are no
    count.
    """
    if not _COUNT.fullmatch(text):
        return None
    for unit, thousandths in (("seconds", 1000), ("milliseconds", 1)):
        since = int(text) * thousandths
        if since // 1000 in _COUNTS:
            return _EPOCH + timedelta(milliseconds=since), unit
    return None


def year_of(text: str) -> int | None:
    """The year that a date or dateTime begins with, of as many digits as it has."""
    found = _YEAR.match(text)
    return int(found[1]) if found else None


def seconds_of_day(text: str) -> tuple[int | None, bool]:
    """Seconds of the day of an xsd:time, None if it is none; and whether a zone stands behind it.

    24:00:00 is 86,400: at the end of a day, not at its beginning, where nobody would write it.
    Seconds may be left out, which is a common slip.
    """
    found = _TIME.fullmatch(text)
    if found is None:
        return None, False
    hours, minutes, seconds = int(found[1]), int(found[2]), int(found[3] or 0)
    rest = minutes or seconds or (found[4] or "").strip("0")
    if hours > 24 or (hours == 24 and rest):
        return None, False
    return hours * 3600 + minutes * 60 + seconds, found[5] is not None


def day(text: str, *, begins: bool = False) -> date | None:
    """The day of an xsd:date or xsd:dateTime, as it is written; None if it is none.

    What `begins` at 24:00:00 begins on the day after.
    """
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    try:
        written = date.fromisoformat(found[1])
        return written + _DAY if begins and _DAY_OVER.match(found[2] or "") else written
    except (ValueError, OverflowError):
        return None
