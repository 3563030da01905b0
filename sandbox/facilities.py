"""What stands around the station besides traffic: garages, shared bicycles, lifts; and their day.

Everything is a function of the seed and the moment. Names and figures are invented.
"""

from dataclasses import dataclass
from math import pi, sin
from random import Random

from hub.model.common import Name

MEASURED_EVERY = 60
"""Seconds between two counts of a garage or a bicycle station."""
_DAY = 86400


@dataclass(frozen=True, slots=True)
class Garage:
    """A garage; `busy` is the part of its places taken on average."""

    id: str
    name: Name
    lat: float
    lon: float
    capacity: int
    busy: float


@dataclass(frozen=True, slots=True)
class BikeStation:
    """A place for shared bicycles."""

    id: str
    name: Name
    lat: float
    lon: float
    docks: int


@dataclass(frozen=True, slots=True)
class Lift:
    """A lift or an escalator; `feature` is SIRI's AccessFacility."""

    id: str
    name: Name
    feature: str


GARAGES = (
    Garage("P-N", Name("北广场地下车库", "North Square garage"), 31.2523, 121.4561, 620, 0.62),
    Garage("P-S", Name("南广场地下车库", "South Square garage"), 31.2478, 121.4552, 480, 0.74),
    Garage(
        "P-C", Name("长途客运总站停车场", "Coach terminal car park"), 31.2541, 121.4580, 150, 0.5
    ),
    Garage("P-W", Name("天目西路停车楼", "Tianmu West Road car park"), 31.2466, 121.4521, 260, 0.4),
)
BIKE_STATIONS = (
    BikeStation("B-N", Name("北广场", "North Square"), 31.2520, 121.4552, 60),
    BikeStation("B-S", Name("南广场", "South Square"), 31.2475, 121.4546, 48),
    BikeStation("B-L1", Name("地铁1号线3号口", "Metro line 1, exit 3"), 31.2487, 121.4570, 36),
    BikeStation("B-C", Name("长途客运总站", "Coach terminal"), 31.2538, 121.4572, 24),
)
LIFTS = (
    Lift("LIFT-1", Name("1站台电梯", "Lift, platform 1"), "lift"),
    Lift("LIFT-5", Name("5站台电梯", "Lift, platform 5"), "lift"),
    Lift("ESC-N", Name("北广场进站扶梯", "Escalator, North Square"), "escalator"),
    Lift("ESC-S", Name("南广场进站扶梯", "Escalator, South Square"), "escalator"),
)


def measured(now: float) -> int:
    """The moment of the last count."""
    return int(now // MEASURED_EVERY * MEASURED_EVERY)


def taken(garage: Garage, now: float, seed: int) -> int:
    """Places taken at the last count: a wave over the day, and some wander."""
    return round(garage.capacity * _share(garage.busy, garage.id, now, seed))


def bicycles(station: BikeStation, now: float, seed: int) -> int:
    """Bicycles at a station at the last count."""
    return round(station.docks * _share(0.5, station.id, now, seed))


def loose_bicycles(now: float, seed: int) -> list[tuple[str, float, float]]:
    """Bicycles that stand elsewhere: id, latitude, longitude; another set every ten minutes."""
    random = Random(f"{seed}:bikes:{int(now // 600)}")
    return [
        (
            f"{random.getrandbits(64):016x}",
            31.2496 + random.uniform(-0.005, 0.005),
            121.4558 + random.uniform(-0.006, 0.006),
        )
        for _ in range(12)
    ]


def works(lift: Lift, now: float, seed: int) -> bool:
    """Whether a lift runs in this quarter of an hour; one in ten is out of service."""
    return Random(f"{seed}:{lift.id}:{int(now // 900)}").random() > 0.1


def _share(mean: float, name: str, now: float, seed: int) -> float:
    at = measured(now)
    phase = Random(f"{seed}:{name}").random() * 2 * pi
    wander = Random(f"{seed}:{name}:{at}").uniform(-0.03, 0.03)
    return min(1.0, max(0.0, mean + 0.25 * sin(2 * pi * at / _DAY + phase) + wander))
