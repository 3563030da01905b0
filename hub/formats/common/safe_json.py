"""JSON of any standard, read safely: one decoder for all, and typed values of an object.

Producers write numbers as texts, truth as 1 and times in three ways; such is read. What nobody can
be sure of is not: a name said twice with two values, NaN, a number beyond reason. It spoils its own
value and nothing else.
Source: RFC 8259 (JSON), RFC 3339 (date and time).
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from math import isfinite
from typing import Any

from hub.errors import PayloadError, Reason
from hub.formats.common.fields import checked_position
from hub.formats.common.localised import localised
from hub.formats.common.marks import check_json
from hub.formats.common.xml import Fault
from hub.formats.common.xsd import EARLIEST, FOREVER, instant
from hub.model.common import Name, Position

MAX_BYTES = 64 * 1024 * 1024
MAX_TEXT = 500
"""Characters of a name or id; none is longer, and each is stored with every record."""

_BOM = b"\xef\xbb\xbf"
_DIGITS = 18
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_POSSIBLE = range(int(EARLIEST.timestamp()), int(FOREVER.timestamp()))
"""Seconds since 1970 that can be a time."""
_UNITS = {"seconds": 1, "milliseconds": 1000}
_DATE_TIME = re.compile(
    r"(\d{4})-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:[Zz]|[+-]\d\d:?\d\d)?", re.ASCII
)
_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,20})?", re.ASCII)
_FLAGS = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True, slots=True)
class Unusable:
    """Stands where a value was written that nobody can be sure of."""

    why: str


def loads(body: bytes, what: str = "JSON") -> Any:  # noqa: ANN401  # JSON is any value
    """The value of a document in UTF-8, with or without a byte order mark.

    Values that cannot be used are `Unusable`. `what` names the standard in the message of the
    error. Raises PayloadError: TOO_LARGE, NOT_DECODABLE.
    """
    if len(body) > MAX_BYTES:
        raise PayloadError(
            Reason.TOO_LARGE, f"{what}: {len(body)} bytes, more than the {MAX_BYTES} allowed."
        )
    check_json(body, what)
    try:
        return json.loads(
            body.removeprefix(_BOM).decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=lambda word: Unusable(f"{word} is no number"),
            parse_float=_float,
            parse_int=_int,
        )
    except RecursionError as error:
        raise PayloadError(Reason.NOT_DECODABLE, f"{what}: nested without end.") from error
    except UnicodeDecodeError as error:
        raise PayloadError(Reason.NOT_DECODABLE, f"{what}: not UTF-8.") from error
    except json.JSONDecodeError as error:
        raise PayloadError(
            Reason.NOT_DECODABLE, f"{what}: not JSON: {error.msg} at character {error.pos}."
        ) from error


def table(value: object, what: str, *names: str) -> dict[str, Any]:
    """An object, at the top or below `names`. Raises PayloadError NOT_DECODABLE if it is none."""
    found = value
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    if not isinstance(found, dict):
        where = ".".join(names) or "the document"
        raise PayloadError(Reason.NOT_DECODABLE, f"{what}: {where} is no JSON object.")
    return found


@dataclass(slots=True)
class Fields:
    """Typed values of one object; what is malformed is None and a fault, never a crash.

    An absent value, null and an empty text are None without a fault. What `value` is if it is no
    object is a fault too. `prefix` is the path to the object, as faults name it.
    """

    value: object
    faults: list[Fault] = field(default_factory=list)
    prefix: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.value, dict):
            self._bad("", self.value, "an object")
            self.value = {}

    @property
    def names(self) -> set[str]:
        """What the object has values for."""
        found = self.value if isinstance(self.value, dict) else {}
        return {name for name, value in found.items() if value is not None}

    def raw(self, name: str) -> Any:  # noqa: ANN401  # JSON is any value
        """The value as it is; None if it is absent, or unusable, which is a fault."""
        found = self.value.get(name) if isinstance(self.value, dict) else None
        if isinstance(found, Unusable):
            self._fault(Reason.BAD_VALUE, f"{self.prefix}{name}: {found.why}")
            return None
        return found

    def text(self, name: str) -> str | None:
        """A text, its white space made one space each and what cannot be printed taken out."""
        found = self.raw(name)
        if found is None:
            return None
        if not isinstance(found, str) or len(found) > MAX_TEXT:
            self._bad(name, found, f"a text of at most {MAX_TEXT} characters")
            return None
        return cleaned(found) or None

    def ident(self, name: str) -> str | None:
        """An id: a text, or a whole number that is taken as one."""
        found = self.raw(name)
        if isinstance(found, int) and not isinstance(found, bool):
            return str(found)
        return self.text(name)

    def number(self, name: str) -> float | None:
        """A finite number, or a text that is one."""
        found = self.raw(name)
        if isinstance(found, str) and _NUMBER.fullmatch(found.strip()):
            return float(found)
        if found is None or found == "":
            return None
        if isinstance(found, bool) or not isinstance(found, int | float):
            self._bad(name, found, "a number")
            return None
        return float(found)

    def whole(self, name: str) -> int | None:
        """A whole number from 0 up to a thousand million, also as 5.0 or "5"."""
        number = self.number(name)
        if number is None:
            return None
        if number < 0 or number > 1e9 or number != int(number):
            self._bad(name, self.raw(name), "a whole number from 0")
            return None
        return int(number)

    def flag(self, name: str) -> bool | None:
        """True or false, also as 1, 0, "true" or "false"."""
        found = self.raw(name)
        if found is None or isinstance(found, bool):
            return found
        flag = _FLAGS.get(str(found).lower())
        if flag is None:
            self._bad(name, found, "true or false")
        return flag

    def time(self, name: str, zone: tzinfo = UTC, *, milliseconds: bool = False) -> datetime | None:
        """A time in UTC: seconds (or milliseconds) since 1970 or RFC 3339, also as a text.

        A text without an offset is read in `zone`. Before 2000 it is a default that leaked out: a
        fault TIMESTAMP_EPOCH. Seconds that can only be milliseconds are read as such, with a fault,
        and the other way round.
        """
        found = self.raw(name)
        if found is None or found == "":
            return None
        if isinstance(found, str) and not _NUMBER.fullmatch(found):
            moment = _written(found, zone)
        else:
            moment = self._counted(name, milliseconds=milliseconds)
        if moment is None or moment >= FOREVER:
            self._bad(name, found, "a time of this century or the next")
            return None
        if moment < EARLIEST:
            shown = cleaned(str(found))[:40]
            self._fault(Reason.TIMESTAMP_EPOCH, f"{self.prefix}{name} {shown}: a default")
            return None
        return moment

    def place(self, lat: str, lon: str) -> Position | None:
        """A WGS-84 position; None if one of the two is missing, and a fault if it is no place."""
        north, east = self.number(lat), self.number(lon)
        if north is None or east is None:
            return None
        position = checked_position(north, east)
        if position is None:
            where = f"{self.prefix}{lat}, {lon}"
            self._fault(Reason.POSITION_OUT_OF_RANGE, f"{where}: {north}, {east}")
            return None
        return position

    def name(self, name: str, language: str = "") -> Name | None:
        """A name: a text in `language`, or a list of objects with `text` and `language`."""
        if not isinstance(self.raw(name), list):
            text = self.text(name)
            return localised([(language, text)]) if text else None
        texts = [(each.text("language") or "", each.text("text") or "") for each in self.each(name)]
        return localised(texts)

    def inner(self, name: str) -> "Fields":
        """The object of that name; an empty one if it is absent. Its faults are collected here."""
        found = self.raw(name)
        return Fields({} if found is None else found, self.faults, f"{self.prefix}{name}.")

    def each(self, name: str) -> Iterator["Fields"]:
        """The objects of a list of that name; their faults are collected here."""
        found = self.raw(name)
        if found is None:
            return
        if not isinstance(found, list):
            self._bad(name, found, "a list")
            return
        for number, item in enumerate(found):
            yield Fields(item, self.faults, f"{self.prefix}{name}[{number}].")

    def _counted(self, name: str, *, milliseconds: bool) -> datetime | None:
        number = self.number(name)
        if number is None:
            return None
        told, other = reversed(_UNITS) if milliseconds else _UNITS
        unit = told
        if int(number / _UNITS[told]) not in _POSSIBLE and int(number / _UNITS[other]) in _POSSIBLE:
            self._fault(Reason.BAD_VALUE, f"{self.prefix}{name} is in {other}; read as such")
            unit = other
        try:
            return _EPOCH + timedelta(seconds=number / _UNITS[unit])
        except OverflowError:
            return None

    def _bad(self, name: str, found: object, expected: str) -> None:
        said = found.why if isinstance(found, Unusable) else cleaned(repr(found)[:40])
        where = f"{self.prefix}{name}".rstrip(".") or "the entry"
        self._fault(Reason.BAD_VALUE, f"{where} = {said}: expected {expected}")

    def _fault(self, reason: Reason, detail: str) -> None:
        self.faults.append(Fault(reason, detail))


def cleaned(text: str) -> str:
    """A text on one line, without control characters and half characters (lone surrogates)."""
    return "".join(char for char in " ".join(text.split()) if char == " " or char.isprintable())


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: dict[str, Any] = {}
        for name, value in pairs:
            if name in seen and seen[name] != value:
                found[name] = Unusable("said twice, with two values")
            seen.setdefault(name, value)
    return found


def _float(text: str) -> float | Unusable:
    number = float(text)
    return number if isfinite(number) else Unusable(f"{text[:20]} is beyond any number")


def _int(text: str) -> int | Unusable:
    return int(text) if len(text) <= _DIGITS else Unusable(f"{text[:20]}... is beyond any number")


def _written(text: str, zone: tzinfo) -> datetime | None:
    return instant(text.upper(), zone) if _DATE_TIME.fullmatch(text) else None
