"""A rank and its holding lot: places, queues, and the ways to and from them."""

from collections import deque
from heapq import heapify, heappop, heappush

from hub.model.vehicles import TaxiRank
from sandbox.taxis.geometry import (
    Plane,
    Point,
    around,
    bearing,
    middle,
    places_inside,
    polar,
    ring_of,
)

HERE = (0.0, 0.0)


class Places:
    """Numbered parking places; the lowest free one is given out first."""

    def __init__(self, points: list[Point]) -> None:
        self.points = points
        self._free = list(range(len(points)))
        heapify(self._free)

    @property
    def free(self) -> int:
        """How many are free."""
        return len(self._free)

    def take(self) -> int:
        """A free place."""
        return heappop(self._free)

    def leave(self, place: int) -> None:
        """Give it back."""
        heappush(self._free, place)


class Stand:
    """One rank: taxis wait in the lot, move up to the rank in order, and leave loaded.

    The ways keep to a ring road outside every area, so that a taxi passing by is never counted.
    """

    def __init__(self, rank: TaxiRank, plane: Plane, ring_m: float) -> None:
        self.id = rank.id
        self.name = rank.name
        rank_ring, lot_ring = ring_of(rank.rank_area, plane), ring_of(rank.holding_area, plane)
        self.rank = Places(places_inside(rank_ring, rank.rank_capacity))
        self.lot = Places(places_inside(lot_ring, rank.holding_capacity))
        self.holding: deque[int] = deque()
        self.waiting: deque[int] = deque()
        self.moving_up = 0
        self.departures = 0
        self._ring_m = ring_m
        self._entry = bearing(HERE, middle(lot_ring))
        self._exit = (bearing(HERE, middle(rank_ring)) + 70) % 360

    def way_in(self, start: Point, place: int) -> list[Point]:
        """From outside to a place in the lot."""
        arc = around(bearing(HERE, start), self._entry, self._ring_m)
        return [start, *arc, self.lot.points[place]]

    def way_up(self, lot_place: int, rank_place: int) -> list[Point]:
        """From the lot to the rank."""
        return [self.lot.points[lot_place], self.rank.points[rank_place]]

    def way_out(self, rank_place: int, angle: float, distance: float) -> list[Point]:
        """From the rank to a point outside."""
        arc = around(self._exit, angle, self._ring_m)
        return [self.rank.points[rank_place], *arc, polar(angle, distance)]
