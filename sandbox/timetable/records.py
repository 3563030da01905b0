"""What a timetable is made of. Times are seconds of a service day (GTFS: noon minus 12 h)."""

from dataclasses import dataclass, replace

from hub.model.common import Name


@dataclass(frozen=True, slots=True)
class Stop:
    """A GTFS stop. A station (`is_station`) has platforms, whose `parent` it is."""

    id: str
    name: Name
    lat: float
    lon: float
    is_station: bool = False
    parent: str | None = None
    platform_code: str | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """A GTFS route."""

    id: str
    short_name: str
    name: Name
    type: int
    colour: str | None = None


@dataclass(frozen=True, slots=True)
class TripCall:
    """One stop_time."""

    stop_id: str
    arrival: int
    departure: int


@dataclass(frozen=True, slots=True)
class Trip:
    """A journey as it runs every service day. `focus` indexes its call at the station area."""

    id: str
    route_id: str
    number: str | None
    origin: Name
    destination: Name
    direction: int
    calls: tuple[TripCall, ...]
    focus: int

    @property
    def focus_time(self) -> int:
        """When it is at the station area: departure, or arrival where it ends."""
        call = self.calls[self.focus]
        return call.arrival if self.focus == len(self.calls) - 1 else call.departure

    def moved(self, seconds: int) -> "Trip":
        """The same trip, so much later."""
        calls = tuple(
            TripCall(call.stop_id, call.arrival + seconds, call.departure + seconds)
            for call in self.calls
        )
        return replace(self, calls=calls)


@dataclass(frozen=True, slots=True)
class Agency:
    """Who runs a dataset."""

    id: str
    name: Name


@dataclass(frozen=True, slots=True)
class Timetable:
    """A dataset: everything its GTFS zip holds but the calendar."""

    dataset: str
    agency: Agency
    stops: dict[str, Stop]
    routes: dict[str, Route]
    trips: tuple[Trip, ...]

    def platforms_beside(self, stop_id: str) -> list[str]:
        """The other platforms of the same station, in their order."""
        parent = self.stops[stop_id].parent
        return [
            stop.id
            for stop in self.stops.values()
            if parent is not None and stop.parent == parent and stop.id != stop_id
        ]
