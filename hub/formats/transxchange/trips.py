"""TransXChange journeys, resolved: the trips, routes and services of a `Timetable`.

Ids: a line is `ServiceCode:line id` (its id alone where the code is in it), a journey
`line:VehicleJourneyCode`, because both are unique in one document only.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple

from hub.errors import Reason
from hub.formats.common.fields import Problems
from hub.formats.common.published import RefusedJourney
from hub.formats.gtfs.trips import in_order
from hub.formats.transxchange.days import DEFAULT, Period, Profile, in_session, service
from hub.formats.transxchange.rows import (
    DocumentRows,
    FrequencyRow,
    JourneyRow,
    LinkRow,
    PatternRow,
    ServiceRow,
)
from hub.model.common import Mode, Name
from hub.model.ids import scoped
from hub.model.journeys import LineRef
from hub.model.network import Line
from hub.model.timetable_rows import (
    NAMED_BY_NUMBER,
    Frequency,
    Route,
    Service,
    Stop,
    StopTime,
    Trip,
)

_NO_BOARDING = {"setDown", "setDownDriverRequest", "pass"}
_NO_ALIGHTING = {"pickUp", "pickUpDriverRequest", "pass"}
_PASS = "pass"  # noqa: S105  # an Activity
_HOUR = 3600
_DEEPEST = 8


class _Visit(NamedTuple):
    """A stop of a journey; `before` and `after` are the activities coming in and going out."""

    number: int
    stop_ref: str
    arrival_s: int
    departure_s: int
    before: str
    after: str
    timepoint: bool


class Trips:
    """Lines, trips and services of a dataset. `mode` goes before what the documents say."""

    def __init__(
        self,
        stops: Mapping[str, Stop],
        dataset: str,
        mode: Mode | None,
        until: date,
        problems: Problems,
    ) -> None:
        self._stops = stops
        self._dataset = dataset
        self._mode = mode
        self._until = until
        self._problems = problems
        self._services: dict[tuple[Profile, Period], str] = {}
        self._codes: Counter[str] = Counter()
        self._known_by: dict[str, str] = {}
        self.lines: dict[str, Line] = {}
        self.routes: dict[str, Route] = {}
        self.services: dict[str, Service] = {}
        self.trips: dict[str, Trip] = {}

    @property
    def aliases(self) -> dict[str, str]:
        """VehicleJourneyCodes, PrivateCodes and JourneyCodes that name one trip only."""
        return {code: trip for code, trip in self._known_by.items() if self._codes[code] == 1}

    def add(self, document: DocumentRows, periods: Mapping[str, Period | None]) -> None:
        """The journeys of one document; `periods` are those in which its Services hold."""
        for found in document.services.values():
            for native in found.lines:
                self._add_line(document, found, native)
        for row in document.journeys.values():
            try:
                trip = self._trip(document, row, periods)
            except RefusedJourney as refused:
                self._problems.reject(refused.reason, row.code, refused.detail)
                continue
            self.trips[trip.native_id] = trip
            for code in {row.code, row.private_code, row.machine_code} - {None}:
                self._codes[str(code)] += 1
                self._known_by[str(code)] = trip.native_id

    def _add_line(self, document: DocumentRows, found: ServiceRow, native: str) -> None:
        key = line_id(found, native)
        if key in self.routes:
            return
        line_name, description = found.lines[native]
        mode = self._mode or found.mode or Mode.BUS
        operator = document.operators.get(found.operator or "")
        ref = LineRef(
            id=scoped(self._dataset, key),
            public_code=line_name,
            name=Name(en=description or line_name),
        )
        company = Name(en=operator) if operator else None
        self.routes[key] = Route(native_id=key, line=ref, mode=mode, operator=company)
        self.lines[key] = Line(
            id=ref.id,
            dataset=self._dataset,
            native_id=key,
            public_code=line_name,
            name=ref.name,
            mode=mode,
            operator=company,
        )

    def _trip(
        self, document: DocumentRows, row: JourneyRow, periods: Mapping[str, Period | None]
    ) -> Trip:
        chain = list(_chain(document, row))
        found = document.services.get(next((one.service for one in chain if one.service), ""))
        if found is None:
            raise RefusedJourney(Reason.UNKNOWN_SERVICE, f"ServiceRef {row.service!r}")
        line = next((one.line for one in chain if one.line), None)
        if line is None and len(found.lines) == 1:
            line = next(iter(found.lines))
        if line is None or line not in found.lines:
            raise RefusedJourney(Reason.UNKNOWN_ROUTE, f"LineRef {line!r}")
        pattern = found.patterns.get(next((one.pattern for one in chain if one.pattern), ""))
        if pattern is None:
            raise RefusedJourney(
                Reason.BAD_VALUE, f"JourneyPatternRef {row.pattern!r} is not there"
            )
        within = periods.get(found.code)
        if within is None:
            raise RefusedJourney(Reason.OUTSIDE_PERIOD, f"no sound OperatingPeriod of {found.code}")
        departure = row.departure_s
        if departure is None:
            raise RefusedJourney(Reason.BAD_VALUE, "no DepartureTime, or none that can be read")
        key = line_id(found, line)
        display = next((one.display for one in chain if one.display), pattern.display)
        mode = self.routes[key].mode
        profile = in_session(
            _profile(chain, pattern, found), document.organisations, row.code, self._problems
        )
        return Trip(
            native_id=self._new_id(f"{key}:{row.code}", within),
            route_id=key,
            service_id=self._service(profile, within),
            calls=self._calls(document, chain, pattern, departure),
            short_name=row.code if mode in NAMED_BY_NUMBER else None,
            headsign=Name(en=display) if display else None,
            direction_id=None if pattern.outbound is None else int(not pattern.outbound),
            frequencies=_frequencies(row.frequency, departure),
        )

    def _new_id(self, native: str, within: Period) -> str:
        """One journey may hold in two documents for two periods: the later one has its start."""
        if native not in self.trips:
            return native
        dated = f"{native}:{date.fromordinal(within.start).isoformat()}"
        known = self.services[self.trips[native].service_id]
        if dated in self.trips or known.start == within.start:
            raise RefusedJourney(
                Reason.DUPLICATE, "another document has the journey for that period"
            )
        return dated

    def _service(self, profile: Profile, within: Period) -> str:
        key = (profile, within)
        if key not in self._services:
            self._services[key] = f"profile-{len(self._services) + 1}"
            self.services[self._services[key]] = service(profile, within, self._until)
        return self._services[key]

    def _calls(
        self,
        document: DocumentRows,
        chain: list[JourneyRow],
        pattern: PatternRow,
        departure_s: int,
    ) -> tuple[StopTime, ...]:
        links = list(_links(document, chain, pattern))
        self._look_for_links(document, chain, pattern)
        if not links:
            raise RefusedJourney(Reason.EMPTY_ENTITY, "its JourneyPattern has no timing links")
        rows: list[StopTime] = []
        lost: list[str] = []
        for visit in _visits(links, departure_s):
            stop = self._stops.get(visit.stop_ref.upper())
            if stop is None:
                lost.append(visit.stop_ref)
            elif _PASS not in {visit.before, visit.after}:
                rows.append(
                    StopTime(
                        visit.number,
                        stop.native_id,
                        visit.arrival_s,
                        visit.departure_s,
                        visit.after not in _NO_BOARDING,
                        visit.before not in _NO_ALIGHTING,
                        timepoint=visit.timepoint,
                    )
                )
        for stop_ref in lost:
            detail = f"{stop_ref!r} is not in StopPoints"
            self._problems.note(Reason.UNKNOWN_STOP, chain[0].code, detail)
        ordered = in_order(chain[0].code, rows, self._stops, self._problems)
        if len(ordered) < 2:
            reason = Reason.UNKNOWN_STOP if lost else Reason.EMPTY_ENTITY
            raise RefusedJourney(reason, "fewer than two of its stops can be used")
        return ordered

    def _look_for_links(
        self, document: DocumentRows, chain: list[JourneyRow], pattern: PatternRow
    ) -> None:
        """Note what a journey says of timing links that its pattern does not have."""
        named = [
            link for one in chain for link in (*one.changes, one.starts_at, one.ends_after) if link
        ]
        if not named:
            return
        # a journey may end before a section that is not there
        sections = (document.sections.get(name, ()) for name in pattern.sections)
        known = {link.id for section in sections for link in section}
        for link in named:
            if link not in known:
                detail = f"JourneyPatternTimingLink {link!r} is not in its pattern"
                self._problems.note(Reason.BAD_VALUE, chain[0].code, detail)


def line_id(found: ServiceRow, native: str) -> str:
    """The id of a Line that no other document of the dataset has for another."""
    return native if found.code in native else f"{found.code}:{native}"


def _chain(document: DocumentRows, row: JourneyRow) -> Iterator[JourneyRow]:
    """A journey, the one it refers to, and so on: the nearest that says a thing decides."""
    seen: set[str] = set()
    at: JourneyRow | None = row
    while at is not None:
        if at.code in seen or len(seen) > _DEEPEST:
            raise RefusedJourney(Reason.BAD_VALUE, "its VehicleJourneyRefs lead in a ring")
        seen.add(at.code)
        yield at
        like = at.like
        if like and like not in document.journeys:
            raise RefusedJourney(Reason.UNKNOWN_TRIP, f"VehicleJourneyRef {like!r} is not there")
        at = document.journeys[like] if like else None


def _profile(chain: list[JourneyRow], pattern: PatternRow, found: ServiceRow) -> Profile:
    own = next((one.profile for one in chain if one.profile is not None), None)
    return own or pattern.profile or found.profile or DEFAULT


def _links(
    document: DocumentRows, chain: list[JourneyRow], pattern: PatternRow
) -> Iterator[LinkRow]:
    """The links a journey runs in service, with its own times in place of the pattern's."""
    starts = next((one.starts_at for one in chain if one.starts_at), None)
    ends = next((one.ends_after for one in chain if one.ends_after), None)
    for name in pattern.sections:
        if name not in document.sections:
            raise RefusedJourney(Reason.BAD_VALUE, f"JourneyPatternSection {name!r} is not there")
        for link in document.sections[name]:
            if starts and link.id != starts:
                continue
            starts = None
            yield _changed(link, chain)
            if ends and link.id == ends:
                return


def _changed(link: LinkRow, chain: list[JourneyRow]) -> LinkRow:
    for one in reversed(chain):
        change = one.changes.get(link.id)
        if change is not None:
            given = {name: value for name, value in change._asdict().items() if value is not None}
            link = link._replace(**given)
    return link


def _visits(links: list[LinkRow], departure_s: int) -> Iterator[_Visit]:
    """Each stop in the order it is reached.

    A journey departs its first stop at the DepartureTime. Elsewhere it waits for as long as the
    link it comes by and the one it leaves by say together.
    """
    first = links[0]
    activity = first.activity_before
    yield _Visit(1, first.start, departure_s, departure_s, activity, activity, first.timed_before)
    at = departure_s
    for number, link in enumerate(links, start=2):
        following = links[number - 1] if number <= len(links) else None
        if link.run_s is None:
            raise RefusedJourney(Reason.MISSING_FIELD, f"link {link.id} has no RunTime")
        arrival = at + link.run_s
        at = arrival + link.wait_after_s
        activity, timed = link.activity_after, link.timed_after
        if following is not None:
            if following.start.upper() != link.end.upper():
                raise RefusedJourney(
                    Reason.BAD_VALUE,
                    f"link {link.id} ends where the next does not start",
                )
            at += following.wait_before_s
            activity, timed = following.activity_before, timed and following.timed_before
        yield _Visit(number, link.end, arrival, at, link.activity_after, activity, timed)


def _frequencies(row: FrequencyRow | None, departure_s: int) -> tuple[Frequency, ...]:
    """Runs until EndTime, that included; the DepartureTime is the first."""
    if row is None or row.end_s is None:
        return ()
    end = row.end_s if row.end_s >= departure_s else row.end_s + 24 * _HOUR
    if row.every_s:
        return (Frequency(departure_s, end + 1, row.every_s, True),)
    hour = departure_s - departure_s % _HOUR
    starts = [hour + minute * 60 for minute in row.minutes]
    return tuple(
        Frequency(start if start >= departure_s else start + _HOUR, end + 1, _HOUR, True)
        for start in starts
    )
