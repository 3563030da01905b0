"""How journeys are spread over a day, and over platforms."""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate, pairwise
from random import Random

HOUR = 3600


def over_day(
    count: int, first: int, last: int, hourly: Sequence[float], random: Random
) -> list[int]:
    """`count` moments from `first` to `last`, whole minutes, as dense as `hourly` says.

    One moment is drawn in each of `count` equal parts of the day's weight: busy hours are busy
    for every seed, and the first and the last journey run at the times the scenario names.
    """
    edges = [first, *range((first // HOUR + 1) * HOUR, last, HOUR), last]
    weights = [
        hourly[min(start // HOUR, len(hourly) - 1)] * (end - start)
        for start, end in pairwise(edges)
    ]
    sums = [0.0, *accumulate(weights)]
    moments = []
    for part in range(count):
        aim = (part + random.random()) / count * sums[-1]
        at = max(1, min(bisect_left(sums, aim), len(weights)))
        inside = (aim - sums[at - 1]) / (weights[at - 1] or 1)
        moments.append(round((edges[at - 1] + inside * (edges[at] - edges[at - 1])) / 60) * 60)
    moments[0], moments[-1] = first, last
    return moments


class Platforms:
    """Gives out platforms in the order of time, a free one if there is one."""

    def __init__(self, ids: Sequence[str], random: Random) -> None:
        self._free_at = dict.fromkeys(ids, -(10**9))
        self._random = random

    def take(self, start: int, end: int) -> str:
        """A platform from `start` to `end`; the one that is free soonest when none is free."""
        free = [stop for stop, at in self._free_at.items() if at <= start]
        chosen = (
            self._random.choice(free)
            if free
            else min(self._free_at, key=lambda stop: self._free_at[stop])
        )
        self._free_at[chosen] = end
        return chosen
