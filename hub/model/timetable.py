"""A published timetable as static reference: what real-time ids resolve against.

Words are GTFS Schedule's; NeTEx and TransXChange are read into the same shape.

Ids in arguments are the dataset's own; `id` fields of the rows are scoped. Seconds are of the
service day, which may pass 86,400; `Timetable.at` turns them into UTC. A `Timetable` does not
change once made and may be shared by any number of feeds.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from hub.model.common import Name
from hub.model.ids import journey_id
from hub.model.journeys import Call, DatedJourney, JourneyState, Layer, Times
from hub.model.timetable_patterns import Pattern, patterns_of
from hub.model.timetable_rows import (
    Route,
    Service,
    Stop,
    StopTime,
    Trip,
    public_code,
    run_ref,
    service_midnight,
)

_RUNS_REMEMBERED = 16_384

Elsewhere = Callable[[str], str | None]
"""From the id of a trip to its route's."""


def nothing_elsewhere(_trip_id: str) -> str | None:
    """Of a timetable from which nothing was left out."""
    return None


class Timetable:
    """Stops, routes, trips and calendars of one dataset. Satisfies `hub.connector.Reference`.

    `version` names the content (a digest), `feed_version` is what the publisher calls it.
    `aliases` are other ids trips are known by (DatedServiceJourneys, VehicleJourneyCodes).
    `elsewhere` tells the route of a trip that was left out for not calling at the interchange,
    and None of any other id: nothing else is known of such trips.
    """

    def __init__(
        self,
        *,
        dataset: str,
        version: str,
        zone: ZoneInfo,
        stops: Mapping[str, Stop],
        routes: Mapping[str, Route],
        trips: Mapping[str, Trip],
        services: Mapping[str, Service],
        feed_version: str | None = None,
        aliases: Mapping[str, str] | None = None,
        elsewhere: Elsewhere = nothing_elsewhere,
    ) -> None:
        self.dataset = dataset
        self.version = version
        self.zone = zone
        self.feed_version = feed_version
        self.stops = stops
        self.routes = routes
        self.trips = trips
        self.services = services
        self.elsewhere = elsewhere
        self._aliases = aliases or {}
        self._planned_runs: dict[tuple[str, date, int | None], tuple[Call, ...]] = {}
        self._calling: dict[frozenset[str], frozenset[str]] = {}

    @property
    def is_whole(self) -> bool:
        """Whether no trip was left out."""
        return self.elsewhere is nothing_elsewhere

    def stop(self, native_id: str) -> Stop | None:
        """The stop of that stop_id, with its parent, platform code and stop place."""
        return self.stops.get(native_id)

    def place(self, native_id: str) -> Stop | None:
        """The stop place a stop_id belongs to (itself, if it has no parent)."""
        found = self.stops.get(native_id)
        return self.stops[found.place_id] if found else None

    def quays_of(self, place_id: str) -> tuple[Stop, ...]:
        """The platforms of a stop place, for matching by `platform_code`."""
        return self._quays.get(place_id, ())

    def route(self, native_id: str) -> Route | None:
        """The route of that route_id."""
        return self.routes.get(native_id)

    def trip(self, native_id: str) -> Trip | None:
        """The trip of that trip_id, or of another id the dataset gives it (`aliases`)."""
        return self.trips.get(native_id) or self.trips.get(self._aliases.get(native_id, ""))

    def trips_by_short_name(self, name: str) -> tuple[Trip, ...]:
        """Trips the public knows by that number (trip_short_name), of any service."""
        return self._by_short_name.get(name, ())

    def trips_starting(self, route_id: str, start_s: int) -> tuple[Trip, ...]:
        """Trips of a route that start at that second of the service day, of any service."""
        return self._by_start.get((route_id, start_s), ())

    def patterns_at(self, place_id: str) -> tuple[Pattern, ...]:
        """Trips that call at a stop place, by all their stops; made when first asked for."""
        return self._patterns.get(place_id, ())

    def trips_calling_at(self, places: frozenset[str]) -> frozenset[str]:
        """Trip ids that call at one of the stop places or stops, given by native id."""
        known = self._calling.get(places)
        if known is None:
            wanted = {id_ for id_, stop in self.stops.items() if places & {id_, stop.place_id}}
            known = frozenset(
                trip.native_id
                for trip in self.trips.values()
                if any(row.stop_id in wanted for row in trip.calls)
            )
            self._calling[places] = known
        return known

    def calls_of(self, trip_id: str) -> tuple[StopTime, ...]:
        """The planned calls of a trip in order; empty if the trip is not known."""
        found = self.trips.get(trip_id)
        return found.calls if found else ()

    def runs_on(self, service_id: str, day: date) -> bool:
        """Whether a service runs on a service day; an unknown service does not."""
        found = self.services.get(service_id)
        return found is not None and found.runs_on(day)

    def service_dates(self, trip_id: str, among: Iterable[date]) -> list[date]:
        """Those of the given days on which the trip runs."""
        found = self.trips.get(trip_id)
        return [day for day in among if self.runs_on(found.service_id, day)] if found else []

    def at(self, service_date: date, seconds: int) -> datetime:
        """A time of a service day in UTC."""
        return service_midnight(self.zone, service_date) + timedelta(seconds=seconds)

    def planned_journey(
        self, trip_id: str, service_date: date, start_s: int | None = None
    ) -> DatedJourney | None:
        """The timetable's record of a trip on a service day; None if the trip is not known.

        It does not ask whether the service runs that day. `start_s` names a run of a trip that is
        repeated (frequencies.txt), or that was duplicated at another time.
        """
        found = self.trips.get(trip_id)
        if found is None:
            return None
        route = self.routes[found.route_id]
        return DatedJourney(
            id=journey_id(self.dataset, run_ref(trip_id, start_s), service_date),
            dataset=self.dataset,
            native_id=run_ref(trip_id, start_s),
            service_date=service_date,
            layer=Layer.TIMETABLE,
            mode=route.mode,
            state=JourneyState.PLANNED,
            line=route.line,
            public_code=public_code(found, route.mode),
            origin=self.origin(found),
            destination=self.destination(found),
            headsign=found.headsign,
            operator=route.operator,
            wheelchair=found.wheelchair,
            calls=self.planned_calls(found, service_date, start_s),
        )

    def planned_calls(
        self, trip: Trip, service_date: date, start_s: int | None = None
    ) -> tuple[Call, ...]:
        """The calls of a run as planned. Nobody alights at the first, nobody boards at the last.

        They are remembered, because a real-time feed asks for the same ones every few seconds.
        """
        key = (trip.native_id, service_date, start_s)
        known = self._planned_runs.get(key)
        if known is not None:
            return known
        midnight = service_midnight(self.zone, service_date)
        if start_s is not None:
            midnight += timedelta(seconds=start_s - trip.start_s)
        last = len(trip.calls) - 1
        planned = tuple(
            self._planned(row, midnight, first=index == 0, last=index == last)
            for index, row in enumerate(trip.calls)
        )
        if len(self._planned_runs) >= _RUNS_REMEMBERED:
            self._planned_runs.clear()
        self._planned_runs[key] = planned
        return planned

    def origin(self, trip: Trip) -> Name:
        """Name of the stop place where a trip starts."""
        return self.stops[self.stops[trip.calls[0].stop_id].place_id].name

    def destination(self, trip: Trip) -> Name:
        """What the vehicle shows (trip_headsign), else the name of the last stop place."""
        return trip.headsign or self.stops[self.stops[trip.calls[-1].stop_id].place_id].name

    def _planned(self, row: StopTime, midnight: datetime, *, first: bool, last: bool) -> Call:
        at_stop = self.stops[row.stop_id]
        place = self.stops[at_stop.place_id]
        arrival = None if row.arrival_s is None else midnight + timedelta(seconds=row.arrival_s)
        departure = (
            arrival
            if row.departure_s == row.arrival_s or row.departure_s is None
            else midnight + timedelta(seconds=row.departure_s)
        )
        return Call(
            order=row.stop_sequence,
            stop_place_id=place.id,
            stop_name=place.name,
            quay_id=None if at_stop.is_place else at_stop.id,
            aimed=Times(arrival, departure),
            aimed_approximate=row.is_approximate,
            aimed_interpolated=row.interpolated,
            planned_platform=at_stop.platform_code,
            headsign=row.headsign,
            boarding=row.pickup and not last,
            alighting=row.drop_off and not first,
        )

    @cached_property
    def _quays(self) -> dict[str, tuple[Stop, ...]]:
        found: defaultdict[str, list[Stop]] = defaultdict(list)
        for stop in self.stops.values():
            if stop.location_type == 0 and not stop.is_place:
                found[stop.place_id].append(stop)
        return {place: tuple(stops) for place, stops in found.items()}

    @cached_property
    def _by_short_name(self) -> dict[str, tuple[Trip, ...]]:
        found: defaultdict[str, list[Trip]] = defaultdict(list)
        for trip in self.trips.values():
            if trip.short_name:
                found[trip.short_name].append(trip)
        return {name: tuple(trips) for name, trips in found.items()}

    @cached_property
    def _patterns(self) -> dict[str, tuple[Pattern, ...]]:
        return patterns_of(self.trips.values(), self.stops)

    @cached_property
    def _by_start(self) -> dict[tuple[str, int], tuple[Trip, ...]]:
        found: defaultdict[tuple[str, int], list[Trip]] = defaultdict(list)
        for trip in self.trips.values():
            for start_s in trip.starts():
                found[trip.route_id, trip.start_s if start_s is None else start_s].append(trip)
        return {key: tuple(trips) for key, trips in found.items()}
