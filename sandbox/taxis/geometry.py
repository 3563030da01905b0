"""Distances on a map small enough to be flat, paths along it, and places inside an area."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import atan2, cos, degrees, hypot, radians, sin

from hub.model.common import Position
from hub.model.vehicles import Polygon

M_PER_DEGREE = 111_320.0


@dataclass(frozen=True, slots=True)
class Plane:
    """Metres east and north of a centre; right to a metre within a few kilometres."""

    centre: Position

    def metres(self, position: Position) -> tuple[float, float]:
        """East and north."""
        scale = M_PER_DEGREE * cos(radians(self.centre.lat))
        return (
            (position.lon - self.centre.lon) * scale,
            (position.lat - self.centre.lat) * M_PER_DEGREE,
        )

    def position(self, point: tuple[float, float]) -> Position:
        """Back to degrees."""
        scale = M_PER_DEGREE * cos(radians(self.centre.lat))
        return Position(
            self.centre.lat + point[1] / M_PER_DEGREE, self.centre.lon + point[0] / scale
        )


Point = tuple[float, float]


def bearing(start: Point, end: Point) -> float:
    """Degrees clockwise from north, 0 to 360."""
    return degrees(atan2(end[0] - start[0], end[1] - start[1])) % 360


def polar(angle: float, distance: float) -> Point:
    """The point at `angle` degrees from north and so many metres from the centre."""
    return distance * sin(radians(angle)), distance * cos(radians(angle))


def around(start: float, end: float, radius: float, step: float = 30.0) -> list[Point]:
    """Points along the circle from one bearing to the other, the shorter way, both included."""
    turn = (end - start + 180) % 360 - 180
    count = max(1, int(abs(turn) // step) + 1)
    return [polar(start + turn * n / count, radius) for n in range(count + 1)]


class Path:
    """A way along points at a constant speed (m/s), begun at a moment (POSIX seconds)."""

    __slots__ = ("_bearings", "_points", "_reached", "began", "ends", "speed")

    def __init__(self, points: Sequence[Point], began: float, speed: float) -> None:
        kept = [points[0]]
        reached = [0.0]
        for one in points[1:]:
            if (leg := hypot(one[0] - kept[-1][0], one[1] - kept[-1][1])) > 0:
                kept.append(one)
                reached.append(reached[-1] + leg)
        self._points = kept
        self._reached = reached
        self._bearings = [bearing(a, b) for a, b in pairwise(kept)] or [0.0]
        self.began = began
        self.speed = speed
        self.ends = began + reached[-1] / speed

    @property
    def length(self) -> float:
        """Metres from end to end."""
        return self._reached[-1]

    def at(self, moment: float) -> tuple[Point, float]:
        """Where it is at a moment, and which way it heads there."""
        gone = min(max(0.0, (moment - self.began) * self.speed), self.length)
        leg = min(bisect_right(self._reached, gone) - 1, len(self._points) - 2)
        if leg < 0:
            return self._points[0], 0.0
        (ax, ay), (bx, by) = self._points[leg], self._points[leg + 1]
        size = self._reached[leg + 1] - self._reached[leg]
        part = (gone - self._reached[leg]) / size
        return (ax + (bx - ax) * part, ay + (by - ay) * part), self._bearings[leg]


def contains(ring: Sequence[Point], point: Point) -> bool:
    """Whether the point lies inside the ring (even-odd rule)."""
    x, y = point
    inside = False
    for (ax, ay), (bx, by) in zip(ring, [*ring[1:], ring[0]], strict=True):
        if (ay > y) != (by > y) and x < ax + (bx - ax) * (y - ay) / (by - ay):
            inside = not inside
    return inside


def places_inside(ring: Sequence[Point], count: int) -> list[Point]:
    """`count` parking places inside the ring, on a grid, none within two metres of its edge.

    Raises ValueError when the area is too small for that.
    """
    left, right = min(p[0] for p in ring), max(p[0] for p in ring)
    low, high = min(p[1] for p in ring), max(p[1] for p in ring)
    spacing = ((right - left) * (high - low) / count) ** 0.5
    while spacing > 1.0:
        found = [
            (x, y)
            for y in _steps(low, high, spacing)
            for x in _steps(left, right, spacing)
            if all(contains(ring, (x + dx, y + dy)) for dx in (-2, 2) for dy in (-2, 2))
        ]
        if len(found) >= count:
            return found[:count]
        spacing *= 0.93
    raise ValueError(f"no {count} places fit into the area")


def ring_of(polygon: Polygon, plane: Plane) -> list[Point]:
    """The polygon's corners in metres."""
    return [plane.metres(corner) for corner in polygon.ring]


def middle(ring: Sequence[Point]) -> Point:
    """The mean of the corners."""
    return sum(p[0] for p in ring) / len(ring), sum(p[1] for p in ring) / len(ring)


def _steps(low: float, high: float, spacing: float) -> list[float]:
    count = int((high - low) / spacing)
    start = low + (high - low - count * spacing) / 2 + spacing / 2
    return [start + spacing * n for n in range(count)]
