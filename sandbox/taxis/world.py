"""Where every taxi is and what it does: a discrete-event simulation of the two ranks.

Deterministic: events are taken in the order of their time, whenever the world is advanced.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from heapq import heappop, heappush
from itertools import count
from random import Random

from hub.model.area import Area
from hub.model.common import Position
from sandbox.scenario import TaxiFigures
from sandbox.taxis.geometry import Path, Plane, Point, bearing, polar
from sandbox.taxis.stand import HERE, Stand


class Phase(StrEnum):
    """What a taxi is doing."""

    CRUISING = "CRUISING"
    TO_LOT = "TO_LOT"
    HOLDING = "HOLDING"
    MOVING_UP = "MOVING_UP"
    AT_RANK = "AT_RANK"
    ON_TRIP = "ON_TRIP"
    RESTING = "RESTING"


@dataclass(slots=True)
class Taxi:
    """One taxi. `path` is its latest way, `place` its parking place at `stand`."""

    number: int
    phase: Phase
    path: Path
    stand: Stand | None = None
    place: int = 0
    driven_m: float = 0.0

    @property
    def loaded(self) -> bool:
        """Whether the meter is running (重车)."""
        return self.phase is Phase.ON_TRIP


@dataclass(frozen=True, slots=True)
class Sighting:
    """A taxi at a moment."""

    position: Position
    bearing: float
    speed_kmh: float
    mileage_km: float


SETTLED = 90.0
"""Seconds before the start at which the first taxis are called up to the ranks."""

OnMeter = Callable[[Taxi, float], None]


class World:
    """All the taxis. `on_meter` is called at the moment a meter is started or stopped."""

    def __init__(
        self,
        area: Area,
        figures: TaxiFigures,
        *,
        seed: int,
        start: float,
        hour: Callable[[float], int],
        on_meter: OnMeter,
    ) -> None:
        self.figures = figures
        self.on_meter = on_meter
        self.plane = Plane(area.centre)
        self.stands = [Stand(rank, self.plane, figures.ring_m) for rank in area.ranks]
        self._random = Random(f"{seed}:taxi:world")
        self._hour = hour
        self._events: list[tuple[float, int, Taxi | Stand]] = []
        self._sequence = count()
        self.taxis = [self._begin(number, start) for number in range(figures.count)]
        for stand in self.stands:
            self._fill(stand, start - SETTLED)
            self._at(start + self._random.random() * figures.departure_seconds, stand)

    def advance(self, now: float) -> None:
        """Let everything happen that happens until `now`."""
        while self._events and self._events[0][0] <= now:
            at, _, who = heappop(self._events)
            if isinstance(who, Stand):
                self._depart(who, at)
            else:
                self._arrived(who, at)

    def sighting(self, taxi: Taxi, now: float) -> Sighting:
        """Where a taxi is at `now`."""
        point, heading = taxi.path.at(now)
        moving = now < taxi.path.ends and taxi.path.length > 0
        gone = min(now, taxi.path.ends) - taxi.path.began
        return Sighting(
            self.plane.position(point),
            heading,
            taxi.path.speed * 3.6 if moving else 0.0,
            (taxi.driven_m + max(0.0, gone) * taxi.path.speed) / 1000,
        )

    def counts(self) -> dict[str, int]:
        """Taxis by phase."""
        counted = dict.fromkeys((phase.value for phase in Phase), 0)
        for taxi in self.taxis:
            counted[taxi.phase.value] += 1
        return counted

    # -- the start ---------------------------------------------------------------------------

    def _begin(self, number: int, start: float) -> Taxi:
        """A taxi in the middle of its work: parked, coming, away with passengers or cruising."""
        taxi = Taxi(number, Phase.CRUISING, Path([self._outside()], start, 1.0))
        taxi.driven_m = self._random.uniform(20_000, 400_000) * 1000
        stand = self._random.choice([one for one in self.stands if one.lot.free] or [None])
        if stand is not None and self._random.random() < self.figures.initial_holding_share:
            self._park(taxi, stand, start)
            return taxi
        phases = (Phase.ON_TRIP, Phase.CRUISING, Phase.TO_LOT)
        phase = self._random.choices(phases, (0.45, 0.15, 0.4))[0]
        here = taxi.path.at(start)[0]
        points = [here, self._nearby(here)]
        if phase is Phase.TO_LOT and stand is not None:
            taxi.stand, taxi.place = stand, stand.lot.take()
            points = stand.way_in(here, taxi.place)
        taxi.phase = phase if taxi.stand or phase is not Phase.TO_LOT else Phase.CRUISING
        whole = Path(points, start, 1.0).length / (self.figures.speed_kmh[0] / 3.6)
        self._drive(taxi, points, start - self._random.random() * whole)
        return taxi

    def _park(self, taxi: Taxi, stand: Stand, at: float) -> None:
        place = stand.lot.take()
        taxi.stand, taxi.place = stand, place
        taxi.path = Path([stand.lot.points[place]], at, 1.0)
        self._hold(taxi, stand)

    # -- events ------------------------------------------------------------------------------

    def _arrived(self, taxi: Taxi, at: float) -> None:
        stand = taxi.stand
        if taxi.phase is Phase.TO_LOT and stand is not None:
            self._hold(taxi, stand)
            self._fill(stand, at)
        elif taxi.phase is Phase.MOVING_UP and stand is not None:
            taxi.phase = Phase.AT_RANK
            stand.moving_up -= 1
            stand.waiting.append(taxi.number)
        elif taxi.phase is Phase.ON_TRIP:
            self._drop(taxi, at)
        else:
            self._decide(taxi, at)

    def _depart(self, stand: Stand, at: float) -> None:
        """The front taxi leaves the rank with passengers, if there is one; then the next."""
        if stand.waiting:
            taxi = self.taxis[stand.waiting.popleft()]
            place = taxi.place
            stand.rank.leave(place)
            stand.departures += 1
            taxi.phase, taxi.stand = Phase.ON_TRIP, None
            self.on_meter(taxi, at)
            low, high = self.figures.drop_km
            angle = self._random.uniform(0, 360)
            distance = self._random.uniform(low, high) * 1000
            self._drive(taxi, stand.way_out(place, angle, distance), at)
            self._fill(stand, at)
        demand = max(0.02, self.figures.demand[self._hour(at)])
        gap = self.figures.departure_seconds / demand * self._random.uniform(0.6, 1.4)
        self._at(at + gap, stand)

    def _hold(self, taxi: Taxi, stand: Stand) -> None:
        taxi.phase = Phase.HOLDING
        stand.holding.append(taxi.number)

    def _fill(self, stand: Stand, at: float) -> None:
        """Call taxis up from the lot while the rank has room."""
        while stand.holding and stand.rank.free:
            taxi = self.taxis[stand.holding.popleft()]
            lot_place, rank_place = taxi.place, stand.rank.take()
            stand.lot.leave(lot_place)
            taxi.place, taxi.phase = rank_place, Phase.MOVING_UP
            stand.moving_up += 1
            self._drive(taxi, stand.way_up(lot_place, rank_place), at, slow=True)

    def _drop(self, taxi: Taxi, at: float) -> None:
        taxi.phase = Phase.CRUISING
        self.on_meter(taxi, at)
        if self._random.random() < self.figures.resting_share:
            low, high = self.figures.rest_minutes
            taxi.phase = Phase.RESTING
            self._at(at + self._random.uniform(low, high) * 60, taxi)
            return
        self._cruise(taxi, at)

    def _decide(self, taxi: Taxi, at: float) -> None:
        """Vacant and outside: back to the station, or another passenger in the street."""
        if self._random.random() < self.figures.return_share:
            roomy = [stand for stand in self.stands if stand.lot.free]
            if not roomy:
                self._cruise(taxi, at)
                return
            stand = max(roomy, key=lambda one: one.lot.free + self._random.random())
            taxi.phase, taxi.stand, taxi.place = Phase.TO_LOT, stand, stand.lot.take()
            self._drive(taxi, stand.way_in(taxi.path.at(at)[0], taxi.place), at)
            return
        taxi.phase = Phase.ON_TRIP
        self.on_meter(taxi, at)
        here = taxi.path.at(at)[0]
        self._drive(taxi, [here, self._nearby(here)], at)

    def _cruise(self, taxi: Taxi, at: float) -> None:
        taxi.phase = Phase.CRUISING
        low, high = self.figures.cruise_minutes
        here = taxi.path.at(at)[0]
        angle = bearing(HERE, here) + self._random.uniform(-12, 12)
        self._drive(taxi, [here, polar(angle, self._distance())], at, until=False)
        self._at(at + self._random.uniform(low, high) * 60, taxi)

    # -- moving ------------------------------------------------------------------------------

    def _drive(
        self,
        taxi: Taxi,
        points: Sequence[Point],
        at: float,
        *,
        slow: bool = False,
        until: bool = True,
    ) -> None:
        """Set off; with `until` the arrival is an event, otherwise it just stands there."""
        gone = max(0.0, min(at, taxi.path.ends) - taxi.path.began)
        taxi.driven_m += gone * taxi.path.speed
        kmh = self._random.uniform(*self.figures.speed_kmh)
        taxi.path = Path(points, at, (10.0 if slow else kmh) / 3.6)
        if until:
            self._at(taxi.path.ends, taxi)

    def _at(self, moment: float, who: Taxi | Stand) -> None:
        heappush(self._events, (moment, next(self._sequence), who))

    def _distance(self) -> float:
        low, high = self.figures.drop_km
        return self._random.uniform(low, high) * 1000

    def _nearby(self, point: Point) -> Point:
        """Another point outside, such that the straight way there does not cross the station."""
        return polar(bearing(HERE, point) + self._random.uniform(-50, 50), self._distance())

    def _outside(self) -> Point:
        return polar(self._random.uniform(0, 360), self._distance())
