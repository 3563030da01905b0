"""NeTEx journeys, resolved: lines, and the trips and services of a `Timetable`."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from hub.errors import Reason
from hub.formats.common.fields import Problems
from hub.formats.common.published import RefusedJourney
from hub.formats.gtfs.trips import in_order, look_for_times
from hub.formats.netex.content import Content
from hub.formats.netex.places import Places
from hub.formats.netex.rows import (
    DatedRow,
    JourneyRow,
    LineRow,
    PassRow,
    PatternRow,
    PointRow,
)
from hub.model.common import Mode, Name
from hub.model.ids import scoped
from hub.model.journeys import LineRef
from hub.model.network import Line
from hub.model.timetable_rows import NAMED_BY_NUMBER, Route, Service, StopTime, Trip

_NO_PATTERN = PatternRow(None, None, None, ())
_CALLED_OFF = "cancellation"
_REPLACED = "replaced"


class _Days(NamedTuple):
    """The days DatedServiceJourneys give one ServiceJourney, and those they take."""

    given: set[int]
    taken: set[int]


class Trips:
    """Lines, trips and services of a dataset. `mode` goes before what the files say."""

    def __init__(
        self, content: Content, places: Places, dataset: str, mode: Mode | None, problems: Problems
    ) -> None:
        self._content = content
        self._places = places
        self._dataset = dataset
        self._mode = mode
        self._problems = problems
        self.lines: list[Line] = []
        self.routes: dict[str, Route] = {}
        self.services: dict[str, Service] = {}
        self.trips: dict[str, Trip] = {}
        self.aliases: dict[str, str] = {}
        self._dated = self._dated_days()
        for line in content.lines.values():
            self._add_line(line)
        for native in list(content.journeys):
            row = content.journeys.pop(native)  # freed as they are read: there are many
            try:
                self.trips[native] = self._trip(row)
            except RefusedJourney as refused:
                problems.reject(refused.reason, native, refused.detail)

    def _add_line(self, row: LineRow) -> None:
        mode = self._mode or row.mode or Mode.OTHER
        name = row.name or Name(en=row.public_code or row.id)
        ref = LineRef(
            id=scoped(self._dataset, row.id),
            public_code=row.public_code or name.best,
            name=name,
            colour=row.colour,
        )
        operator = self._content.operators.get(row.operator or "")
        route = Route(native_id=row.id, line=ref, mode=mode, operator=operator)
        self.routes[row.id] = route
        self.lines.append(
            Line(
                id=ref.id,
                dataset=self._dataset,
                native_id=row.id,
                public_code=ref.public_code,
                name=name,
                mode=mode,
                colour=row.colour,
                text_colour=row.text_colour,
                operator=operator,
                submode=row.submode,
            )
        )

    def _trip(self, row: JourneyRow) -> Trip:
        if row.cancelled:
            raise RefusedJourney(
                Reason.EMPTY_ENTITY, "its ServiceAlteration says that it does not run"
            )
        pattern = self._pattern(row)
        route = self._route(row, pattern)
        service_id = self._service(row)
        calls = self._calls(row, pattern)
        display = row.display or pattern.display or next((p.display for p in pattern.points), None)
        return Trip(
            native_id=row.id,
            route_id=route,
            service_id=service_id,
            calls=calls,
            short_name=self._number(row, self.routes[route].mode),
            headsign=row.headsign or self._content.displays.get(display or ""),
        )

    def _pattern(self, row: JourneyRow) -> PatternRow:
        """The pattern a journey names; one without any may list its stops itself."""
        found = self._content.patterns.get(row.pattern or "")
        if found is None and row.pattern:
            self._problems.note(Reason.BAD_VALUE, row.id, f"pattern {row.pattern!r} is in no file")
        return found or _NO_PATTERN

    def _route(self, row: JourneyRow, pattern: PatternRow) -> str:
        """The route a journey runs under: its line's, or the line's with the journey's own mode.

        A bus that stands in for a train is a journey of the railway line.
        """
        line = row.line or pattern.line
        named = row.route or pattern.route
        line = line or self._content.routes.get(named or "")
        if line is None and named:
            self._problems.note(
                Reason.UNKNOWN_ROUTE,
                row.id,
                f"Route {named!r}, which names its line, is in no file",
            )
        if line is None:
            return self._lineless(self._mode or row.mode or Mode.OTHER)
        route = self.routes.get(line)
        if route is None:
            raise RefusedJourney(Reason.UNKNOWN_ROUTE, f"line {line!r} is not there")
        if self._mode or row.mode in {None, route.mode}:
            return route.native_id
        key = f"{route.native_id}#{row.mode}"
        if key not in self.routes and row.mode is not None:
            self.routes[key] = Route(
                native_id=route.native_id, line=route.line, mode=row.mode, operator=route.operator
            )
        return key

    def _lineless(self, mode: Mode) -> str:
        """The route of journeys that run under no line, as long-distance trains do."""
        key = f"#{mode}"
        self.routes.setdefault(key, Route(native_id=key, line=None, mode=mode))
        return key

    def _number(self, row: JourneyRow, mode: Mode) -> str | None:
        """What the public calls the run; a PrivateCode is that where runs go by numbers."""
        train = self._content.numbers.get(row.train_number or "") or row.number
        return train or (row.private_code if mode in NAMED_BY_NUMBER else None)

    def _service(self, row: JourneyRow) -> str:
        service, unknown = self._content.calendar.service(row.day_types, row.conditions)
        days = self._dated.get(row.id)
        if service is None and days is None:
            what = f"{', '.join(unknown)} not there" if unknown else "no DayType and no date"
            raise RefusedJourney(Reason.UNKNOWN_SERVICE, what)
        for native in unknown:
            self._problems.note(Reason.UNKNOWN_SERVICE, row.id, f"{native} is not there")
        key = "|".join((*row.day_types, *row.conditions))
        if days is not None:
            key = row.id
            service = Service(
                added=frozenset(days.given - days.taken),
                removed=frozenset(days.taken),
                others=(service,) if service else (),
            )
        if service is not None:
            self.services.setdefault(key, service)
        return key

    def _calls(self, row: JourneyRow, pattern: PatternRow) -> tuple[StopTime, ...]:
        if not row.times:
            raise RefusedJourney(Reason.EMPTY_ENTITY, "it has no passingTimes and no calls")
        found: list[StopTime] = []
        lost: list[str] = []
        for passing, point in self._placed(row, pattern):
            stop = self._places.stop_of(point.stop_point)
            if stop is None:
                lost.append(point.stop_point)
                continue
            arrival, departure = passing.arrival_s, passing.departure_s
            found.append(
                StopTime(
                    point.order,
                    stop.native_id,
                    departure if arrival is None else arrival,
                    arrival if departure is None else departure,
                    point.boarding and passing.boarding,
                    point.alighting and passing.alighting,
                    timepoint=point.stop_point not in self._content.untimed_points,
                )
            )
        for stop_point in lost:
            self._problems.note(
                Reason.UNKNOWN_STOP, row.id, f"{stop_point} has no Quay, StopPlace or name"
            )
        ordered = in_order(row.id, found, self._places.stops, self._problems)
        if len(ordered) < 2:
            reason = Reason.UNKNOWN_STOP if lost else Reason.EMPTY_ENTITY
            raise RefusedJourney(
                reason, f"only {len(ordered)} of its {len(row.times)} calls can be used"
            )
        look_for_times(ordered, "passingTimes", self._problems)
        return ordered

    def _placed(self, row: JourneyRow, pattern: PatternRow) -> Iterator[tuple[PassRow, PointRow]]:
        """Each passing time with its point: by reference, by its own stop, or by its place."""
        by_id = {point.id: point for point in pattern.points}
        same_length = len(row.times) == len(pattern.points)
        self._look_for_passings(row, by_id, same_length=same_length)
        for number, passing in enumerate(row.times):
            point = by_id.get(passing.point or "")
            if passing.stop_point is not None:
                point = PointRow("", passing.order, passing.stop_point, None, True, True)
            elif point is None and passing.point is None and same_length:
                point = pattern.points[number]
            if point is not None:
                yield passing, point
            else:
                self._problems.note(
                    Reason.BAD_VALUE, row.id, f"point {passing.point!r} is not in its pattern"
                )

    def _look_for_passings(
        self, row: JourneyRow, by_id: Mapping[str, PointRow], *, same_length: bool
    ) -> None:
        """Note the stops of a pattern at which a journey does not say when it calls."""
        if same_length or any(passing.stop_point is not None for passing in row.times):
            return
        left = len(by_id.keys() - {passing.point for passing in row.times})
        if left:
            self._problems.note(
                Reason.MISSING_FIELD, row.id, f"{left} stops of its pattern have no passing time"
            )

    def _dated_days(self) -> dict[str, _Days]:
        found: dict[str, _Days] = {}
        replaced = {native for row in self._content.dated.values() for native in row.replaces}
        for row in self._content.dated.values():
            journey = self._content.journeys.get(row.journey or "")
            day = self._content.calendar.date_of(row.day)
            if journey is None:
                self._problems.reject(Reason.UNKNOWN_TRIP, row.id, f"journey {row.journey!r}")
            elif day is None:
                self._problems.reject(Reason.UNKNOWN_SERVICE, row.id, f"OperatingDay {row.day!r}")
            else:
                self.aliases[row.id] = journey.id
                days = found.setdefault(journey.id, _Days(set(), set()))
                runs = row.id not in replaced and _runs(row)
                (days.given if runs else days.taken).add(day.toordinal())
        return found


def _runs(row: DatedRow) -> bool:
    """Whether a DatedServiceJourney runs; "replaced" is also written by one that replaces."""
    return row.alteration != _CALLED_OFF and (row.alteration != _REPLACED or bool(row.replaces))
