"""From the elements of NeTEx files to rows: what is listed, once each, in the version that counts.

`entities` counts the StopPlaces, Lines, ServiceJourneys and DatedServiceJourneys that are listed. A
StopPlace or Line that several files of one zip repeat is one; the same thing twice in one file, or
in another version, is a reject DUPLICATE. The version that counts is one valid on the day of
reading, and of several the highest.
"""

from collections.abc import Callable
from datetime import date
from typing import TypeVar
from zoneinfo import ZoneInfo

from hub.errors import Reason
from hub.formats.common.fields import Problems
from hub.formats.common.xml import Element
from hub.formats.common.xml_stream import Document, local_name
from hub.formats.netex import journey_rows, place_rows
from hub.formats.netex.calendar import Calendar
from hub.formats.netex.fields import day, gone, name, ref, text
from hub.formats.netex.rows import (
    DatedRow,
    JourneyRow,
    LineRow,
    LooseQuayRow,
    PatternRow,
    PlaceRow,
    Versioned,
)
from hub.model.common import Name, Position

Row = TypeVar("Row", bound=Versioned)

DROPPED = frozenset(
    {
        *(
            "StopPlace",
            "Quay",
            "TopographicPlace",
            "Parking",
            "PointOfInterest",
            "GroupOfStopPlaces",
        ),
        *("ScheduledStopPoint", "PassengerStopAssignment", "TrainStopAssignment"),
        *("Operator", "Authority", "Line", "FlexibleLine", "Route", "RoutePoint", "RouteLink"),
        *("ServiceLink", "TimingLink", "DestinationDisplay", "TrainNumber"),
        *("JourneyPattern", "ServiceJourneyPattern", "ServicePattern"),
        *("ServiceJourney", "TemplateServiceJourney", "DatedServiceJourney", "DeadRun"),
        *("ServiceJourneyInterchange", "NoticeAssignment", "DayTypeAssignment"),
    }
)
"""Elements freed as soon as they were read; one inside another that is read, with that."""


class Content:
    """The rows of all files so far. `on` is the day by which versions are chosen."""

    def __init__(self, on: date, problems: Problems) -> None:
        self.problems = problems
        self.calendar = Calendar(problems)
        self.entities = 0
        self.zone: ZoneInfo | None = None
        self.published: list[str | None] = []
        self.places: dict[str, PlaceRow] = {}
        self.quays: dict[str, LooseQuayRow] = {}
        self.stop_points: dict[str, tuple[Name | None, Position | None]] = {}
        self.untimed_points: set[str] = set()
        self.assignments: dict[str, tuple[str, ...]] = {}
        self.operators: dict[str, Name] = {}
        self.lines: dict[str, LineRow] = {}
        self.routes: dict[str, str] = {}
        self.displays: dict[str, Name] = {}
        self.numbers: dict[str, str] = {}
        self.patterns: dict[str, PatternRow] = {}
        self.journeys: dict[str, JourneyRow] = {}
        self.dated: dict[str, DatedRow] = {}
        self._on = on
        self._document = ""
        self._language: str | None = None
        self._read = self._readers()

    def add(self, document: Document) -> None:
        """Read one file. Raises PayloadError where its XML breaks."""
        self._document, self._language = document.name, None
        for element in document.elements(self._read.keys(), DROPPED):
            self._read[str(element.tag)](element, document.name)

    def _readers(self) -> dict[str, Callable[[Element, str], None]]:
        calendar = self.calendar
        return {
            "PublicationTimestamp": lambda element, _: self.published.append(element.text),
            "DefaultLocale": self._locale,
            "StopPlace": self._place,
            "Quay": self._quay,
            "ScheduledStopPoint": self._stop_point,
            "PassengerStopAssignment": self._assignment,
            "TrainStopAssignment": self._assignment,
            "Operator": self._operator,
            "Authority": self._operator,
            "Line": self._line,
            "FlexibleLine": self._line,
            "Route": self._route,
            "DestinationDisplay": self._display,
            "TrainNumber": self._number,
            "JourneyPattern": self._pattern,
            "ServiceJourneyPattern": self._pattern,
            "ServicePattern": self._pattern,
            "ServiceJourney": self._journey,
            "TemplateServiceJourney": self._template,
            "DatedServiceJourney": self._dated,
            "DayType": calendar.add_day_type,
            "OperatingPeriod": calendar.add_period,
            "UicOperatingPeriod": calendar.add_period,
            "OperatingDay": calendar.add_operating_day,
            "DayTypeAssignment": calendar.add_assignment,
            "AvailabilityCondition": calendar.add_condition,
            "ValidBetween": calendar.add_validity,
            "ServiceCalendar": calendar.add_service_calendar,
        }

    def _locale(self, element: Element, _document: str) -> None:
        self._language = text(element, "DefaultLanguage") or self._language
        written = text(element, "TimeZone")
        if not written or "/" not in written:
            return
        try:
            zone = ZoneInfo(written)
        except (KeyError, ValueError, OSError):
            self.problems.note(Reason.BAD_VALUE, self._document, f"TimeZone {written!r}")
            return
        if self.zone is not None and zone != self.zone:
            self.problems.note(Reason.BAD_VALUE, self._document, "files have several time zones")
        self.zone = self.zone or zone

    def _place(self, element: Element, document: str) -> None:
        if self._listed(element, "StopPlace"):
            row = place_rows.place(
                element, document, self._language, self._current(element), self.problems
            )
            self._keep(self.places, row, shared=True)

    def _quay(self, element: Element, _document: str) -> None:
        """A Quay beside its StopPlace; one within is read with it."""
        if gone(element) or any(local_name(a.tag) == "StopPlace" for a in element.iterancestors()):
            return
        native = element.get("id")
        if not native:
            self.problems.note(Reason.MISSING_FIELD, "Quay", "a Quay has no id")
            return
        row = place_rows.loose_quay(element, self._language, self._current(element), self.problems)
        known = self.quays.get(native)
        if known is None or (row.current, row.version) > (known.current, known.version):
            self.quays[native] = row

    def _stop_point(self, element: Element, _document: str) -> None:
        if native := element.get("id"):
            self.stop_points[native] = place_rows.stop_point(element, self._language)
            if text(element, "TimingPointStatus") == "notTimingPoint":
                self.untimed_points.add(native)

    def _assignment(self, element: Element, _document: str) -> None:
        """Of several assignments of one point a valid one counts, and of those the last."""
        point = ref(element, "ScheduledStopPointRef")
        if point and self._current(element):
            targets = (ref(element, "QuayRef"), ref(element, "StopPlaceRef"))
            self.assignments[point] = tuple(native for native in targets if native)

    def _operator(self, element: Element, _document: str) -> None:
        found = name(element, self._language, "Name", "TradingName", "ShortName", "LegalName")
        if found and (native := element.get("id")):
            self.operators[native] = found

    def _line(self, element: Element, document: str) -> None:
        if self._listed(element, "Line"):
            row = journey_rows.line(element, document, self._language, self._current(element))
            self._keep(self.lines, row, shared=True)

    def _route(self, element: Element, _document: str) -> None:
        line = ref(element, "LineRef", "FlexibleLineRef")
        if line and (native := element.get("id")):
            self.routes[native] = line

    def _display(self, element: Element, _document: str) -> None:
        found = name(element, self._language, "FrontText", "SideText", "Name")
        if found and (native := element.get("id")):
            self.displays[native] = found

    def _number(self, element: Element, _document: str) -> None:
        found = text(element, "ForAdvertisement", "ForProductionPlanning")
        if found and (native := element.get("id")):
            self.numbers[native] = found

    def _pattern(self, element: Element, _document: str) -> None:
        if native := element.get("id"):
            self.patterns[native] = journey_rows.pattern(element, native, self.problems)

    def _journey(self, element: Element, document: str) -> None:
        if self._listed(element, "ServiceJourney"):
            row = journey_rows.journey(
                element, document, self._language, self._current(element), self.problems
            )
            self._keep(self.journeys, row, shared=False)

    def _template(self, element: Element, _document: str) -> None:
        if self._listed(element, "TemplateServiceJourney"):
            self.entities += 1
            self.problems.reject(
                Reason.UNSUPPORTED_MESSAGE,
                element.get("id") or "",
                "TemplateServiceJourney: journeys by headway are not read",
            )

    def _dated(self, element: Element, _document: str) -> None:
        if not self._listed(element, "DatedServiceJourney"):
            return
        self.entities += 1
        row = journey_rows.dated(element)
        if row.id in self.dated:
            self.problems.reject(Reason.DUPLICATE, row.id, "listed twice")
        else:
            self.dated[row.id] = row

    def _listed(self, element: Element, kind: str) -> bool:
        """Whether an entity can be read at all; if not, it is counted and refused here."""
        native = element.get("id")
        if native and not gone(element):
            return True
        self.entities += 1
        if native:
            self.problems.reject(Reason.EMPTY_ENTITY, native, f"{kind} marked as deleted")
        else:
            self.problems.reject(Reason.MISSING_FIELD, kind, f"{kind} {self.entities} has no id")
        return False

    def _keep(self, table: dict[str, Row], row: Row, *, shared: bool) -> None:
        known = table.get(row.id)
        if known is not None and shared and _repeats(row, known):
            return
        self.entities += 1
        if known is None:
            table[row.id] = row
            return
        better = (row.current, row.version) > (known.current, known.version)
        used, over = (row, known) if better else (known, row)
        table[row.id] = used
        self.problems.reject(
            Reason.DUPLICATE,
            row.id,
            "listed twice"
            if used.version == over.version
            else f"version {over.version}, of which version {used.version} is used",
        )

    def _current(self, element: Element) -> bool:
        """Whether the element is valid on the day of reading; without a validity it is."""
        periods = [
            *element.iterfind("ValidBetween"),
            *element.iterfind("validityConditions/ValidBetween"),
        ]
        return not periods or any(
            (day(text(found, "FromDate"), begins=True) or date.min)
            <= self._on
            <= (day(text(found, "ToDate")) or date.max)
            for found in periods
        )


def _repeats(row: Versioned, known: Versioned) -> bool:
    return row.document != known.document and row.version == known.version
