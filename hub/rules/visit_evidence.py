"""What numbers and times say of the visit a told call is; `hub.rules.visits` weighs it. Pure.

Times are seconds of the service day, visits are indexes of planned calls.
"""

from collections.abc import Callable, Mapping, Sequence

from hub.model.timetable_rows import StopTime

SAME_S = 60
"""Within this an aimed time is the planned one."""
CLEARLY = 3
"""An aimed time is of the nearest visit that is so many times nearer than the next."""
EARLY_S = 900
"""No vehicle is earlier."""
FASTER = 2
"""No vehicle is so many times as fast as planned."""
MOST_VISITS = 100
"""No honest trip calls at one place more often: of those only numbers and the sequence count."""
_SLACK_S = 60

Pair = tuple[float | None, float | None]
"""Arrival and departure."""
Visits = tuple[int, ...]
"""Ascending."""
NEVER: Pair = (None, None)


def numbering(
    given: Mapping[int, int], visits: Sequence[Visits], planned: Sequence[StopTime]
) -> dict[int, int]:
    """The visit of each told call by its number; empty where no numbering holds for all of them.

    Planned calls have the plan's own numbers, or are counted from 1, from 0, or in tens. Failing
    those, all numbers told may be shifted alike, as by a source that counts what is still to come.
    """
    own = [row.stop_sequence for row in planned]
    if not given:
        return {}
    if found := _held(given, visits, own, (0,)):
        return found[0]
    first, number = next(iter(given.items()))
    alone = len(set(given.values())) == 1
    if alone and number in own:
        return {}  # a number of another place, and nothing says how it was counted
    counted, tens = range(len(planned)), range(0, 10 * len(planned), 10)
    for scale, usual in ((counted, (1, 0)), (tens, (10, 0))):
        if found := _held(given, visits, scale, usual):
            return found[0]
    if alone or len(visits[first]) > MOST_VISITS:
        return {}
    for numbers in (own, counted, tens):
        shifts = tuple(number - numbers[visit] for visit in visits[first])
        if found := _held(given, visits, numbers, shifts):
            return found[0] if len(found) == 1 else {}
    return {}


def _held(
    given: Mapping[int, int],
    visits: Sequence[Visits],
    numbers: Sequence[int],
    shifts: tuple[int, ...],
) -> list[dict[int, int]]:
    """The visits by number, for each shift with which every number is of a call at its place."""
    index = {number: at for at, number in enumerate(numbers)}
    held = []
    for shift in shifts:
        found = {at: index.get(number - shift) for at, number in given.items()}
        sure = {at: visit for at, visit in found.items() if visit is not None}
        if len(sure) == len(given) and all(visit in visits[at] for at, visit in sure.items()):
            held.append(sure)
    return held


def exact(aimed: Pair, visits: Visits, planned: Sequence[StopTime]) -> Visits:
    """The visits that are planned when a call is aimed at; of two within a minute the nearer."""
    if aimed == NEVER or len(visits) > MOST_VISITS:
        return ()
    off = {visit: by for visit in visits if (by := _off(aimed, planned[visit])) is not None}
    least = min(off.values(), default=SAME_S + 1)
    return tuple(visit for visit, by in off.items() if by == least <= SAME_S)


def nearest(aimed: Pair, visits: Visits, planned: Sequence[StopTime]) -> Visits:
    """The visit that is planned clearly nearest to an aimed time; all, where none is."""
    off = sorted((by, visit) for visit in visits if (by := _off(aimed, planned[visit])) is not None)
    if len(off) < len(visits) or off[0][0] * CLEARLY > off[1][0]:
        return visits
    return (off[0][1],)


def _off(aimed: Pair, row: StopTime) -> float | None:
    """Seconds between an aimed time and a planned call; None where either is unknown."""
    told, planned = aimed, _of(row)
    sides = [(one, at) for one, at in zip(told, planned, strict=True) if None not in {one, at}]
    sides = sides or [(later(told), later(planned))]
    return min(
        (abs(one - at) for one, at in sides if one is not None and at is not None), default=None
    )


def _of(row: StopTime) -> Pair:
    return row.arrival_s, row.departure_s


def can_be_one(aimed: tuple[Pair, Pair], predicted: tuple[Pair, Pair]) -> bool:
    """Whether two calls told at one place can be one: its arrival and its departure, or it again.

    The aimed times of a side that both tell decide, else the predicted ones; a departure aimed at
    before the other's arrival is of an earlier visit.
    """
    for one, other in (aimed, predicted):
        sides = zip(one, other, strict=True)
        off = [abs(a - b) for a, b in sides if a is not None and b is not None]
        if off:
            return max(off) <= SAME_S
    (reached, left), (again, gone) = aimed
    halves = [(reached, gone), (again, left)]
    return all(a is None or b is None or a <= b + SAME_S for a, b in halves)


class Pace:
    """What a vehicle can do. It keeps to published times; between them nothing is sure."""

    def __init__(self, planned: Sequence[StopTime]) -> None:
        self._soonest: list[Pair] = []
        self._least: list[float] = []
        self._most: list[float] = []
        moved, waiting = 0.0, 0
        left: float | None = None
        for row in planned:
            arrival, departure = row.arrival_s, row.departure_s
            if arrival is None or departure is None or row.interpolated:
                waiting += 1
                self._soonest.append((left, left))
            else:
                moved += 0 if left is None else max(0, arrival - left)
                left = departure
                self._most += [moved] * (waiting + 1)
                waiting = 0
                self._soonest.append((arrival, departure))
            self._least.append(moved)
        self._most += [moved] * waiting

    def is_possible(self, visit: int, predicted: Pair) -> bool:
        """Whether a vehicle that is there then would not be far too early."""
        return all(
            told is None or planned is None or told >= planned - EARLY_S
            for told, planned in zip(predicted, self._soonest[visit], strict=True)
        )

    def within(self, time: float, step: int) -> Callable[[int, int], bool]:
        """Whether a vehicle can come from one call to another, at least `step` on, in a time."""
        least, most = self._least, self._most

        def can(before: int, after: int) -> bool:
            moving = least[after] - most[before]
            return after >= before + step and time * FASTER >= moving - _SLACK_S

        return can


def takes(before: Pair, after: Pair) -> float | None:
    """Seconds from leaving one call to reaching the next."""
    left, reached = later(before), earlier(after)
    return None if left is None or reached is None else reached - left


def earlier(times: Pair) -> float | None:
    """The arrival, else the departure."""
    arrival, departure = times
    return departure if arrival is None else arrival


def later(times: Pair) -> float | None:
    """The departure, else the arrival."""
    arrival, departure = times
    return arrival if departure is None else departure
