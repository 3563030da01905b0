"""The trains of a day at 上海站."""

from dataclasses import dataclass
from random import Random

from hub.model.common import Name
from sandbox.scenario import RailwayFigures
from sandbox.timetable.network import Corridor, RailwayNetwork
from sandbox.timetable.records import Route, Stop, Timetable, Trip, TripCall
from sandbox.timetable.spread import Platforms, over_day

DWELL = 120  # at a station on the way
THROUGH_DWELL = 12 * 60
BOARDS_BEFORE = 15 * 60
LEAVES_AFTER = 10 * 60
SOUTH = "HK"


@dataclass(frozen=True, slots=True)
class _Leg:
    """Stations outward from Shanghai with seconds from there."""

    stations: tuple[str, ...]
    seconds: tuple[int, ...]


def railway(network: RailwayNetwork, figures: RailwayFigures, seed: int) -> Timetable:
    """Every train of a service day. The same seed and figures give the same trains."""
    return _Maker(network, figures, Random(f"{seed}:railway:timetable")).timetable()


class _Maker:
    def __init__(self, network: RailwayNetwork, figures: RailwayFigures, random: Random) -> None:
        self.network = network
        self.figures = figures
        self.random = random
        self.names = {place.id: place.name for place in network.stations}
        self.home = network.station.id
        self.names[self.home] = network.station.name
        self.numbers: set[str] = set()
        codes = {f"{self.home}-{n}": str(n) for n in range(1, network.platforms + 1)}
        self.platform_stops = network.station.station(codes)
        self.platforms = Platforms(list(codes), random)

    def timetable(self) -> Timetable:
        f = self.figures
        moments = over_day(f.per_day, f.first, f.last, f.hourly, self.random)
        trips = [self._train(moment) for moment in sorted(moments)]
        stops: list[Stop] = [*self.platform_stops, *(p.stop() for p in self.network.stations)]
        routes = [
            Route(f"{corridor.id}-{kind}", corridor.zh.removesuffix("线"), corridor.name,
                  self.network.classes[kind].route_type, corridor.colour)
            for corridor in self.network.corridors
            for kind in corridor.classes
        ]  # fmt: skip
        return Timetable(
            "railway",
            self.network.agency.agency(),
            {stop.id: stop for stop in stops},
            {route.id: route for route in routes},
            tuple(trips),
        )

    def _train(self, at: int) -> Trip:
        kind = self.random.choices(
            ("through", "arriving", "departing"),
            (
                self.figures.through_share,
                self.figures.arriving_share,
                1 - self.figures.through_share - self.figures.arriving_share,
            ),
        )[0]
        corridor = self._corridor(None)
        letter = self._class(corridor)
        outward = self._leg(corridor, letter, 5)
        if kind == "departing":
            return self._departing(corridor, letter, outward, at)
        if kind == "arriving":
            return self._arriving(corridor, letter, outward, at)
        return self._through(corridor, letter, at)

    def _corridor(self, south: bool | None) -> Corridor:
        choice = [c for c in self.network.corridors if south is None or (c.id == SOUTH) == south]
        return self.random.choices(choice, [c.share for c in choice])[0]

    def _class(self, corridor: Corridor) -> str:
        return self.random.choices(list(corridor.classes), list(corridor.classes.values()))[0]

    def _leg(self, corridor: Corridor, letter: str, most: int) -> _Leg:
        """A terminal and up to `most` - 1 stations before it, in order outward."""
        terminal = self.random.choice(corridor.terminals)
        end = corridor.stations.index(terminal)
        fewest = 1 if most > 2 else 0
        between = self.random.sample(range(end), min(end, self.random.randint(fewest, most - 1)))
        picked = [*sorted(between), end]
        factor = self.network.classes[letter].factor
        return _Leg(
            tuple(corridor.stations[i] for i in picked),
            tuple(round(corridor.minutes[i] * factor) * 60 for i in picked),
        )

    def _number(self, letter: str, parity: int) -> str:
        low, high = self.network.classes[letter].numbers
        while True:
            number = f"{letter}{self.random.randrange(low + (low + parity) % 2, high + 1, 2)}"
            if number not in self.numbers:
                self.numbers.add(number)
                return number

    def _departing(self, corridor: Corridor, letter: str, leg: _Leg, at: int) -> Trip:
        platform = self.platforms.take(at - BOARDS_BEFORE, at + 60)
        calls = [TripCall(platform, at, at), *self._outward(leg, at)]
        return self._trip(corridor, letter, 0, calls, 0)

    def _arriving(self, corridor: Corridor, letter: str, leg: _Leg, at: int) -> Trip:
        platform = self.platforms.take(at, at + LEAVES_AFTER)
        calls = [*self._inward(leg, at), TripCall(platform, at, at)]
        return self._trip(corridor, letter, 1, calls, len(calls) - 1)

    def _through(self, corridor: Corridor, letter: str, at: int) -> Trip:
        """From the south over Shanghai to another corridor, or back."""
        north = corridor if corridor.id != SOUTH else self._corridor(south=False)
        letter = letter if letter in north.classes else self._class(north)
        south = next(c for c in self.network.corridors if c.id == SOUTH)
        ends = [(south, north), (north, south)]
        origin, destination = self.random.choice(ends)
        inward = self._inward(self._leg(origin, letter, 2), at - THROUGH_DWELL)
        outward = self._outward(self._leg(destination, letter, 2), at)
        platform = self.platforms.take(at - THROUGH_DWELL, at + 60)
        here = TripCall(platform, at - THROUGH_DWELL, at)
        parity = 0 if destination is north else 1
        return self._trip(north, letter, parity, [*inward, here, *outward], len(inward))

    @staticmethod
    def _outward(leg: _Leg, at: int) -> list[TripCall]:
        last = len(leg.stations) - 1
        return [
            TripCall(station, at + after, at + after + (DWELL if i < last else 0))
            for i, (station, after) in enumerate(zip(leg.stations, leg.seconds, strict=True))
        ]

    @staticmethod
    def _inward(leg: _Leg, at: int) -> list[TripCall]:
        pairs = list(zip(leg.stations, leg.seconds, strict=True))[::-1]
        return [
            TripCall(station, at - before - (DWELL if i else 0), at - before)
            for i, (station, before) in enumerate(pairs)
        ]

    def _trip(
        self, corridor: Corridor, letter: str, parity: int, calls: list[TripCall], focus: int
    ) -> Trip:
        number = self._number(letter, parity)
        return Trip(
            id=number,
            route_id=f"{corridor.id}-{letter}",
            number=number,
            origin=self._name(calls[0].stop_id),
            destination=self._name(calls[-1].stop_id),
            direction=parity,
            calls=tuple(calls),
            focus=focus,
        )

    def _name(self, stop_id: str) -> Name:
        return self.names[stop_id.partition("-")[0]]
