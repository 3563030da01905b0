"""The rows of a published timetable (GTFS Schedule), each in the hub's words.

Ids in `native_id`, `stop_id`, ... are the dataset's own; `id` fields are scoped. Times of day are
seconds of the service day, which may pass 86,400.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from hub.model.common import Accessibility, Mode, Name, Position
from hub.model.ids import scoped
from hub.model.journeys import LineRef
from hub.model.network import Quay

NAMED_BY_NUMBER = frozenset({Mode.RAIL, Mode.COACH})
"""Modes whose runs the public knows by number (车次); elsewhere people look for the line."""


class StopTime(NamedTuple):
    """A row of stop_times.txt: seconds of the service day.

    Where no time is published they are `interpolated`, worked out from the calls around it; None
    before the first and behind the last published time. `timepoint` is GTFS's: without it the
    vehicle does not keep strictly to the published times.
    """

    stop_sequence: int
    stop_id: str
    arrival_s: int | None
    departure_s: int | None
    pickup: bool
    drop_off: bool
    interpolated: bool = False
    timepoint: bool = True
    headsign: Name | None = None
    """Where it is not the trip's."""

    @property
    def is_approximate(self) -> bool:
        """Whether the vehicle is there at about these times."""
        return self.interpolated or not (self.timepoint or self.departure_s is None)


class Frequency(NamedTuple):
    """A row of frequencies.txt: a run every `headway_s` from `start_s` until before `end_s`."""

    start_s: int
    end_s: int
    headway_s: int
    exact: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A row of stops.txt. `place_id` is the native id of its stop place: the topmost parent.

    `location_type` is GTFS's: 0 stop or platform, 1 station, 2 entrance, 3 node, 4 boarding area.
    """

    native_id: str
    id: str
    name: Name
    place_id: str
    parent: str | None = None
    platform_code: str | None = None
    position: Position | None = None
    location_type: int = 0
    wheelchair: Accessibility | None = None

    @property
    def is_place(self) -> bool:
        """Whether it is a stop place of its own (a station, or a stop without a parent)."""
        return self.parent is None

    def quay_of(self, dataset: str) -> Quay:
        """What stands for it in the network where it is no stop place."""
        return Quay(
            id=self.id,
            dataset=dataset,
            native_id=self.native_id,
            stop_place_id=scoped(dataset, self.place_id),
            name=self.name,
            public_code=self.platform_code,
            position=self.position,
            wheelchair=self.wheelchair,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A row of routes.txt; `line` is what a board shows of it.

    It is None for journeys that run under no line, such as long-distance trains in NeTEx.
    """

    native_id: str
    line: LineRef | None
    mode: Mode
    route_type: int | None = None
    operator: Name | None = None
    text_colour: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """A row of trips.txt with its calls in order. `headsign` is None where none is published."""

    native_id: str
    route_id: str
    service_id: str
    calls: tuple[StopTime, ...]
    short_name: str | None = None
    headsign: Name | None = None
    direction_id: int | None = None
    frequencies: tuple[Frequency, ...] = ()
    wheelchair: Accessibility | None = None

    @property
    def start_s(self) -> int:
        """When the trip starts, in seconds of the service day (0 where no time is published)."""
        for call in self.calls:
            if call.departure_s is not None:
                return call.departure_s
        return 0

    @property
    def end_s(self) -> int:
        """When the trip ends, in seconds of the service day."""
        for call in reversed(self.calls):
            if call.arrival_s is not None:
                return call.arrival_s
        return 0

    def starts(self) -> Iterator[int | None]:
        """Start of each run of one service day: None for the trip as it stands in stop_times."""
        if not self.frequencies:
            yield None
        for window in self.frequencies:
            yield from range(window.start_s, window.end_s, window.headway_s)


@dataclass(frozen=True, slots=True)
class Service:
    """calendar.txt and calendar_dates.txt of one service_id. Days are ordinals (`toordinal`).

    `others` are services on whose days it runs too, unless its own `removed` says otherwise: a
    NeTEx DayType has many periods, a journey many DayTypes. With `only` it runs on none but the
    days of one of those, whatever else is said.
    """

    weekdays: tuple[bool, ...] = (False,) * 7
    start: int = 0
    end: int = 0
    added: frozenset[int] = frozenset()
    removed: frozenset[int] = frozenset()
    others: tuple["Service", ...] = ()
    only: tuple["Service", ...] = ()

    def runs_on(self, day: date) -> bool:
        """Whether it runs on that service day; calendar_dates.txt overrules calendar.txt."""
        ordinal = day.toordinal()
        if self.only and not any(one.runs_on(day) for one in self.only):
            return False
        if ordinal in self.added:
            return True
        if ordinal in self.removed:
            return False
        if self.start <= ordinal <= self.end and self.weekdays[day.weekday()]:
            return True
        return any(other.runs_on(day) for other in self.others)


@lru_cache(maxsize=1024)
def service_midnight(zone: ZoneInfo, day: date) -> datetime:
    """Second 0 of a service day, UTC: noon minus 12 hours, which is not midnight on clock changes.

    GTFS Schedule reference, field type Time.
    """
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=zone)
    return noon.astimezone(UTC) - timedelta(hours=12)


def run_ref(trip_id: str, start_s: int | None = None) -> str:
    """Native id of a run: the trip_id, with its start where one trip is run many times a day."""
    if start_s is None:
        return trip_id
    minutes, seconds = divmod(start_s, 60)
    return f"{trip_id}@{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"


def public_code(trip: Trip, mode: Mode) -> str | None:
    """What the public calls a run: its number where the mode has numbered runs, else None."""
    return trip.short_name or (trip.native_id if mode in NAMED_BY_NUMBER else None)
