"""When NeTEx journeys run: DayTypes and their assignments, AvailabilityConditions, dated journeys.

CEN/TS 16614-1, service calendar. A day taken away (isAvailable false) is away whatever else gives
it. PropertyOfDay is read for DaysOfWeek; holiday types, weeks and seasons are not known here.
"""

from collections import defaultdict
from datetime import date
from typing import NamedTuple

from hub.errors import Reason
from hub.formats.common.fields import Problems
from hub.formats.common.xml import Element
from hub.formats.common.xml_stream import local_name
from hub.formats.netex.fields import day, flag, ref, refs, text
from hub.model.timetable_rows import Service

_WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_GROUPS = {
    "Everyday": _WEEK,
    "Weekdays": _WEEK[:5],
    "Weekend": _WEEK[5:],
    **{name: (name,) for name in _WEEK},
}
_EVERY_DAY = (True,) * 7
_NEVER = date.max.toordinal()
_LONGEST = 3660
"""Days of a period that is taken away; none real is longer than ten years."""


class Period(NamedTuple):
    """Days from `start` to `end`, both included, as ordinals; `days` where only some of them."""

    start: int
    end: int
    days: frozenset[int] | None = None


class _Written(NamedTuple):
    """A period as it is written: either end is a date or an OperatingDay's id."""

    start: date | None
    start_on: str | None
    end: date | None
    end_on: str | None
    bits: str | None


class _Assignment(NamedTuple):
    period: str | None
    on: str | None
    date: date | None
    available: bool


class _Condition(NamedTuple):
    period: Period
    available: bool
    day_types: tuple[str, ...]


class Calendar:
    """The calendar elements of all files, and the services they make."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._weekdays: dict[str, tuple[bool, ...]] = {}
        self._windows: dict[str, Period] = {}
        self._frames: dict[str, Period] = {}
        self._framed: dict[str, Period] = {}
        self._periods: dict[str, _Written] = {}
        self._days: dict[str, date] = {}
        self._assigned: defaultdict[str, list[_Assignment]] = defaultdict(list)
        self._conditions: dict[str, _Condition] = {}
        self._made: dict[str, Service] = {}

    def add_day_type(self, element: Element, document: str) -> None:
        """A DayType: its days of the week; a PropertyOfDay without any says nothing of them."""
        native = element.get("id")
        if not native:
            return
        written = element.iterfind("properties/PropertyOfDay/DaysOfWeek")
        words = [word for found in written for word in (found.text or "").split()]
        days = {name for word in words for name in _GROUPS.get(word, ())}
        self._weekdays[native] = tuple(name in days for name in _WEEK) if words else _EVERY_DAY
        if document in self._frames:
            self._framed[native] = self._frames[document]
        for found in element.iterfind("properties/PropertyOfDay/HolidayTypes"):
            if (found.text or "").strip() not in {"", "AnyDay"}:
                self._problems.note(
                    Reason.UNSUPPORTED_MESSAGE, native, f"HolidayTypes {found.text!r} is not read"
                )

    def add_period(self, element: Element, _document: str) -> None:
        """An OperatingPeriod or UicOperatingPeriod (ValidDayBits, one for each day)."""
        self._periods[element.get("id") or ""] = _Written(
            day(text(element, "FromDate"), begins=True),
            ref(element, "FromOperatingDayRef", "FromDateRef"),
            day(text(element, "ToDate")),
            ref(element, "ToOperatingDayRef", "ToDateRef"),
            text(element, "ValidDayBits"),
        )

    def add_operating_day(self, element: Element, _document: str) -> None:
        """An OperatingDay: its CalendarDate."""
        native, found = element.get("id"), day(text(element, "CalendarDate"))
        if native and found:
            self._days[native] = found
        else:
            self._problems.note(Reason.BAD_VALUE, native or "", "OperatingDay without CalendarDate")

    def add_assignment(self, element: Element, _document: str) -> None:
        """A DayTypeAssignment: a DayType to a period, an OperatingDay or a date."""
        day_type = ref(element, "DayTypeRef")
        if day_type is None:
            self._problems.note(Reason.MISSING_FIELD, element.get("id") or "", "no DayTypeRef")
            return
        self._assigned[day_type].append(
            _Assignment(
                ref(element, "OperatingPeriodRef", "UicOperatingPeriodRef"),
                ref(element, "OperatingDayRef"),
                day(text(element, "Date")),
                flag(element, "isAvailable", default=flag(element, "IsAvailable", default=True)),
            )
        )

    def add_condition(self, element: Element, document: str) -> None:
        """An AvailabilityCondition: of journeys by reference, or of the frame it stands in."""
        native = element.get("id") or element.get("ref") or ""
        start, period = day(text(element, "FromDate"), begins=True), _bounds(element)
        if (bits := text(element, "ValidDayBits")) and start:
            period = self._with_bits(native, start, bits)
        if _of_frame(element):
            self._frames[document] = period
        self._conditions[native] = _Condition(
            period,
            flag(element, "IsAvailable", default=True),
            (*refs(element, "dayTypes/DayTypeRef"), *_ids(element, "dayTypes/DayType")),
        )

    def add_validity(self, element: Element, document: str) -> None:
        """A frame's ValidBetween; those of other elements are their own."""
        if _of_frame(element):
            self._frames[document] = _bounds(element)

    def add_service_calendar(self, element: Element, _document: str) -> None:
        """A ServiceCalendar: the period of the DayTypes in it that no assignment gives one."""
        held = (*_ids(element, "dayTypes/DayType"), *refs(element, "dayTypes/DayTypeRef"))
        if element.find("FromDate") is not None:
            self._windows.update(dict.fromkeys(held, _bounds(element)))

    def date_of(self, operating_day: str | None) -> date | None:
        """The date of an OperatingDay."""
        return self._days.get(operating_day or "")

    def service(
        self, day_types: tuple[str, ...], conditions: tuple[str, ...]
    ) -> tuple[Service | None, list[str]]:
        """The days of any of the DayTypes within the AvailabilityConditions; and what is not known.

        Without DayTypes the conditions alone give the days; None if nothing of it is known. A
        condition with IsAvailable false only takes days away.
        """
        found = [self._day_type(native) for native in day_types if self._dated(native)]
        allowed: list[Service] = []
        removed: set[int] = set()
        for condition in map(self._conditions.get, conditions):
            if condition is not None and condition.available:
                allowed.append(self._condition(condition))
            elif condition is not None:
                removed |= _days(condition.period, _EVERY_DAY)
        unknown = [native for native in day_types if not self._dated(native)]
        unknown += [native for native in conditions if native not in self._conditions]
        if not found:
            found, allowed = allowed, []
        if not found:
            return None, unknown
        if len(found) == 1 and not removed and not allowed:
            return found[0], unknown
        whole = Service(removed=frozenset(removed), others=tuple(found), only=tuple(allowed))
        return whole, unknown

    def _dated(self, day_type: str) -> bool:
        return day_type in self._weekdays or day_type in self._assigned

    def _day_type(self, native: str) -> Service:
        if native not in self._made:
            self._made[native] = self._make(native)
        return self._made[native]

    def _make(self, native: str) -> Service:
        week = self._weekdays.get(native, _EVERY_DAY)
        given: list[Period] = []
        taken: set[int] = set()
        for assignment in self._assigned.get(native, ()):
            period = self._assigned_period(native, assignment)
            if period is None:
                continue
            if assignment.available:
                given.append(period)
            else:
                taken |= _days(period, week)
        if native not in self._assigned:
            given = self._unassigned(native)
        added = frozenset().union(*(found.days for found in given if found.days is not None))
        others = tuple(
            Service(week, found.start, found.end) for found in given if found.days is None
        )
        return Service(added=added - taken, removed=frozenset(taken), others=others)

    def _assigned_period(self, native: str, assignment: _Assignment) -> Period | None:
        """Single days hold whatever the days of the week are: the assignment names them."""
        on = assignment.date or self._days.get(assignment.on or "")
        if on is not None:
            return Period(on.toordinal(), on.toordinal(), frozenset({on.toordinal()}))
        period = self._period(assignment.period or "")
        if period is None:
            what = assignment.period or assignment.on or "no period"
            self._problems.note(Reason.UNKNOWN_SERVICE, native, f"assigned to {what!r}, not there")
        elif period.days is not None:
            week = self._weekdays.get(native, _EVERY_DAY)
            return period._replace(days=frozenset(_days(period, week)))
        return period

    def _unassigned(self, native: str) -> list[Period]:
        window = self._windows.get(native) or self._framed.get(native)
        if window is None:
            self._problems.note(
                Reason.OUTSIDE_PERIOD, native, "no DayTypeAssignment, and no period of its frame"
            )
            return []
        return [window]

    def _condition(self, condition: _Condition) -> Service:
        period = condition.period
        if period.days is not None:
            return Service(added=period.days)
        window = Service(_EVERY_DAY, period.start, period.end)
        if not condition.day_types:
            return window
        within = tuple(
            self._day_type(found)
            if found in self._assigned
            else Service(self._weekdays[found], period.start, period.end)
            for found in condition.day_types
            if self._dated(found)
        )
        return Service(others=within, only=(window,))

    def _period(self, native: str) -> Period | None:
        written = self._periods.get(native)
        if written is None:
            return None
        start = written.start or self.date_of(written.start_on)
        end = written.end or self.date_of(written.end_on)
        if start is None or (end is not None and end < start):
            self._problems.note(Reason.BAD_VALUE, native, "a period without a beginning or an end")
            return None
        if written.bits:
            return self._with_bits(native, start, written.bits)
        return Period(start.toordinal(), end.toordinal() if end else _NEVER)

    def _with_bits(self, native: str, start: date, bits: str) -> Period:
        """One bit for each day from `start`."""
        if bits.strip("01"):
            self._problems.note(
                Reason.BAD_VALUE, native, "ValidDayBits has other signs than 0 and 1"
            )
            bits = ""
        first = start.toordinal()
        days = frozenset(first + number for number, bit in enumerate(bits[:_LONGEST]) if bit == "1")
        return Period(first, first + max(0, len(bits) - 1), days)


def _bounds(element: Element) -> Period:
    """FromDate to ToDate; a side that is not there is open."""
    start, end = day(text(element, "FromDate"), begins=True), day(text(element, "ToDate"))
    return Period(start.toordinal() if start else 0, end.toordinal() if end else _NEVER)


def _of_frame(element: Element) -> bool:
    """Whether a validity is that of a frame, not of something in it."""
    holder = element.getparent()
    if holder is not None and local_name(holder.tag) == "validityConditions":
        holder = holder.getparent()
    return holder is not None and local_name(holder.tag).endswith("Frame")


def _ids(element: Element, path: str) -> list[str]:
    return [native for found in element.iterfind(path) if (native := found.get("id"))]


def _days(period: Period, week: tuple[bool, ...]) -> set[int]:
    """The days of a period that the week allows; ordinal 1 was a Monday."""
    if period.days is not None:
        single = period.start == period.end
        return {found for found in period.days if single or week[(found - 1) % 7]}
    last = min(period.end, period.start + _LONGEST)
    return {found for found in range(period.start, last + 1) if week[(found - 1) % 7]}
