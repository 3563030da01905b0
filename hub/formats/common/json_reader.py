"""Typed values out of a JSON object; what is malformed becomes a fault, never a crash."""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, TypeVar

from hub.errors import Reason
from hub.model.common import Name

_DATE_TIME = re.compile(
    r"(20|21)\d\d-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_DATE = re.compile(r"(20|21)\d\d-\d\d-\d\d", re.ASCII)
_LONGEST = 200
_LARGEST = 999_999

Word = TypeVar("Word", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Fault:
    """A value that could not be used: the property, why, and one sentence that names it."""

    path: str
    reason: Reason
    detail: str


@dataclass(slots=True)
class Reader:
    """Typed properties of one JSON object; what is absent is None, what is malformed also a fault.

    `prefix` is the path to the object within the record, as faults name it.
    """

    value: dict[str, Any]
    faults: list[Fault] = field(default_factory=list)
    prefix: str = ""

    def text(self, name: str) -> str | None:
        """A text of 1 to 200 characters with no white space around it."""
        found = self.value.get(name)
        if found is None:
            return None
        if isinstance(found, str) and 0 < len(found) <= _LONGEST and found.strip() == found:
            return found
        self._bad(name, found, f"a text of 1 to {_LONGEST} characters without outer spaces")
        return None

    def flag(self, name: str) -> bool | None:
        """A boolean; absent is false, and None is a malformed one."""
        found = self.value.get(name)
        if found is None or isinstance(found, bool):
            return found is True
        self._bad(name, found, "true or false")
        return None

    def count(self, name: str) -> int | None:
        """A whole number from 0 to 999,999."""
        found = self.value.get(name)
        if found is None:
            return None
        if isinstance(found, int) and not isinstance(found, bool) and 0 <= found <= _LARGEST:
            return found
        self._bad(name, found, f"a whole number from 0 to {_LARGEST}")
        return None

    def time(self, name: str) -> datetime | None:
        """An RFC 3339 date and time with its offset, in UTC."""
        found = self.value.get(name)
        if found is None:
            return None
        try:
            if isinstance(found, str) and _DATE_TIME.fullmatch(found):
                return datetime.fromisoformat(found.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            pass  # the thirtieth of February: named like any other value
        self._bad(name, found, "an RFC 3339 date and time with its offset")
        return None

    def date(self, name: str) -> date | None:
        """A calendar date YYYY-MM-DD."""
        found = self.value.get(name)
        if found is None:
            return None
        try:
            if isinstance(found, str) and _DATE.fullmatch(found):
                return date.fromisoformat(found)
        except ValueError:
            pass  # named like any other value
        self._bad(name, found, "a date YYYY-MM-DD")
        return None

    def word(self, name: str, words: type[Word]) -> Word | None:
        """A member of an enumeration, by value."""
        found = self.value.get(name)
        if found is None:
            return None
        try:
            return words(found)
        except ValueError:
            self._bad(name, found, f"one of {', '.join(words)}")
        return None

    def name(self, name: str) -> Name | None:
        """A bilingual name: an object with zh, en or both."""
        inside = self.inner(name)
        if inside is None:
            return None
        zh, en = inside.text("zh"), inside.text("en")
        inside.only(("zh", "en"))
        if zh or en:
            return Name(zh=zh, en=en)
        self._bad(name, inside.value, "a name with zh, en or both")
        return None

    def inner(self, name: str) -> "Reader | None":
        """A reader of an inner object; its faults are collected here."""
        found = self.value.get(name)
        if found is None:
            return None
        if isinstance(found, dict):
            return Reader(found, self.faults, f"{self.prefix}{name}.")
        self._bad(name, found, "an object")
        return None

    def only(self, known: tuple[str, ...]) -> None:
        """A fault for up to five properties beyond these; such are dropped unread."""
        for name in sorted(set(self.value) - set(known))[:5]:
            path = self.prefix + " ".join(name[:40].split())
            detail = f"{path} is no property known here; not read"
            self.faults.append(Fault(path, Reason.BAD_VALUE, detail))

    def _bad(self, name: str, found: object, expected: str) -> None:
        path = f"{self.prefix}{name}"
        detail = f"{path} = {repr(found)[:40]}: expected {expected}"
        self.faults.append(Fault(path, Reason.BAD_VALUE, detail))
