"""Vehicles that drive rounds about the station: where each is at a moment, without any state."""

from dataclasses import dataclass
from datetime import datetime
from math import radians

from hub.model.common import Position
from sandbox.taxis.geometry import Plane, polar
from sandbox.timetable.day import stamp

GOLDEN = 137.5
"""Degrees from one vehicle to the next, so that they spread over the ring."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A vehicle at a moment: WGS-84 degrees, km/h, degrees from north."""

    at: datetime
    lat: float
    lon: float
    speed_kmh: float
    bearing: float


class Rounds:
    """`count` vehicles on circles of their own about `centre`, every other one clockwise."""

    def __init__(self, centre: Position, count: int) -> None:
        self.count = count
        self._plane = Plane(centre)

    def seen(self, number: int, now: float) -> Seen:
        """Where a vehicle is at `now`, POSIX seconds."""
        radius = 900.0 + 120.0 * (number % 12)
        speed = 20.0 + number % 7 * 5.0
        turn = 1 if number % 2 == 0 else -1
        gone = speed / 3.6 * now / radius / radians(1) * turn
        angle = (number * GOLDEN + gone) % 360
        place = self._plane.position(polar(angle, radius))
        return Seen(stamp(int(now)), place.lat, place.lon, speed, (angle + turn * 90) % 360)
