"""Typed values of one entity, as its mapping says; what is malformed becomes a fault."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from math import isfinite
from typing import TypeVar
from zoneinfo import ZoneInfo

from connectors.mapped.config import (
    OTHERWISE,
    TODAY,
    MappedConfig,
    is_time_of_day,
    read_date,
    written,
)
from hub.errors import Reason
from hub.formats.common.xsd import EARLIEST, FOREVER, instant

_LONGEST = 300
_LARGEST = 1_000_000
_WHOLE = re.compile(r"\d{1,7}", re.ASCII)
_EPOCH = re.compile(r"\d{1,14}(?:\.\d{1,9})?", re.ASCII)

Word = TypeVar("Word", bound=StrEnum)
Find = Callable[[str], object]
"""The raw value at a path or in a column; None where there is none."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A value that could not be used: its canonical field, why, and one sentence."""

    name: str
    reason: Reason
    detail: str


@dataclass(slots=True)
class Values:
    """Reads the canonical fields of one entity. Absent, empty and null are None."""

    config: MappedConfig
    find: Find
    zone: ZoneInfo
    received_at: datetime
    faults: list[Fault] = field(default_factory=list)

    def text(self, name: str) -> str | None:
        """A text of at most 300 characters; a number is written out."""
        found = self._raw(name)
        if found is not None and len(found) > _LONGEST:
            self._bad(name, found, f"a text of at most {_LONGEST} characters")
            return None
        return found

    def number(self, name: str) -> float | None:
        """A finite number, multiplied by its factor."""
        found = self._raw(name)
        if found is None:
            return None
        try:
            number = float(found) if found.isascii() else None
        except ValueError:
            number = None
        if number is None or not isfinite(number):
            self._bad(name, found, "a number")
            return None
        return number * (self.config.fields[name].factor or 1)

    def count(self, name: str) -> int | None:
        """A whole number from 0 to 1,000,000."""
        found = self._raw(name)
        if found is None:
            return None
        if not (_WHOLE.fullmatch(found) and int(found) <= _LARGEST):
            self._bad(name, found, f"a whole number from 0 to {_LARGEST}")
            return None
        return int(found)

    def flag(self, name: str) -> bool | None:
        """A boolean; absent is false, and None is a malformed one."""
        faults = len(self.faults)
        found = self._raw(name)
        if found in {"true", "false"}:
            return found == "true"
        if found is not None:
            self._bad(name, found, "true or false; give a table of values")
        return None if len(self.faults) > faults else False

    def word(self, name: str, words: type[Word]) -> Word | None:
        """A word of an enumeration."""
        found = self._raw(name)
        if found is None:
            return None
        try:
            return words(found)
        except ValueError:
            self._bad(name, found, f"one of {', '.join(words)}; give a table of values")
            return None

    def calendar_date(self, name: str) -> date | None:
        """A calendar date; the constant today is the day of arrival in the feed's zone."""
        source = self.config.fields.get(name)
        found = self._raw(name)
        if source is None or found is None:
            return None
        if source.constant == TODAY:
            return self.received_at.astimezone(self.zone).date()
        pattern = source.format or "iso"
        try:
            return read_date(found, pattern)
        except ValueError:
            self._bad(name, found, f"a date written {pattern}")
            return None

    def time(
        self, name: str, *, day: date | None = None, near: datetime | None = None
    ) -> datetime | None:
        """A time in UTC, from 2000 to 2199.

        One without a zone is read in the feed's. One without a date is on `day`, or else at the
        day that puts it nearest to `near`; without either it is nearest to the arrival.
        """
        found, source = self._raw(name), self.config.fields.get(name)
        if found is None or source is None:
            return None
        pattern = self.config.format_of(source)
        moment = read_time(found, pattern, self.zone, day or EARLIEST.date())
        if moment is None:
            self._bad(name, found, f"a time written {pattern}")
            return None
        if is_time_of_day(pattern) and day is None:
            return self._nearest(found, pattern, near or self.received_at)
        if not EARLIEST <= moment < FOREVER:
            detail = f"{name} = {found[:40]!r}: no time of this century or the next"
            self.faults.append(Fault(name, Reason.TIMESTAMP_EPOCH, detail))
            return None
        return moment

    def doubt(self, name: str, reason: Reason, detail: str) -> None:
        """Say that a value was read and cannot be."""
        self.faults.append(Fault(name, reason, detail))

    def _nearest(self, text: str, pattern: str, near: datetime) -> datetime | None:
        middle = near.astimezone(self.zone).date()
        days = (middle + timedelta(days=away) for away in (-1, 0, 1))
        moments = (read_time(text, pattern, self.zone, day) for day in days)
        known = [moment for moment in moments if moment is not None]
        return min(known, key=lambda moment: abs(moment - near), default=None)

    def _raw(self, name: str) -> str | None:
        """The value as text, after its table of values."""
        source = self.config.fields.get(name)
        if source is None:
            return None
        found = source.constant if source.origin is None else self.find(source.origin)
        if found is None:
            return None
        if not isinstance(found, str | int | float):
            self._bad(name, str(found), "a single value")
            return None
        text = written(found)
        if source.values is None:
            return text or None
        word = source.values.get(text, source.values.get(OTHERWISE))
        if word is None and text:
            self._bad(name, text, f"one of {', '.join(source.values)}"[:200])
        return word

    def _bad(self, name: str, found: str, expected: str) -> None:
        detail = f"{name} = {found[:40]!r}: expected {expected}"
        self.faults.append(Fault(name, Reason.BAD_VALUE, detail))


def read_time(text: str, pattern: str, zone: ZoneInfo, day: date) -> datetime | None:
    """A time in UTC: iso, unix, unix_ms or a pattern of strptime; None if it is not written so.

    `zone` is that of times without one, `day` that of times of day.
    """
    try:
        if pattern in {"unix", "unix_ms"}:
            if not _EPOCH.fullmatch(text):
                return None
            return datetime.fromtimestamp(float(text) / (1000 if pattern == "unix_ms" else 1), UTC)
        if pattern != "iso":
            moment = datetime.strptime(text, pattern)  # noqa: DTZ007  # it gets its zone below
            if is_time_of_day(pattern):
                moment = datetime.combine(day, moment.timetz())
        else:
            return instant(text, zone) if ":" in text else None  # a date alone is no time
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
