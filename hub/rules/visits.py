"""Which planned call of a trip each told call is: one rule for every source.

A trip may call at one place several times, and a source may tell some of its calls only. Of the
calls that the trip plans at the told call's place the one is meant that these leave, each read only
as far as it does not contradict what stands before it:

1. the sequence: told calls follow one another as the planned ones do;
2. Order (stop_sequence), where one way of numbering the planned calls gives every told number a
   call at its place (`visit_evidence.numbering`);
3. VisitNumber, counting the trip's calls at the place; 1 against the call's own aimed time says
   nothing, for that is what many write who do not count;
4. the aimed time;
5. the predicted and recorded times, by what a vehicle can do (`visit_evidence.Pace`). How late it
   is says nothing: this visit late and the next one on time look alike.

A call that has no visit beside what others are sure of, by their numbers and aimed times, is none
of the planned ones, and says nothing of the others' sequence (`visit_outliers`).

If several remain, none is taken. Two told calls are one planned call only where they follow one
another and their times allow it: an arrival and a departure. A number alone against the call's own
aimed time is a dispute, and neither is taken; one on calls that cannot be one says nothing. Pure.
"""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from hub.model.timetable_rows import StopTime
from hub.rules.visit_evidence import (
    MOST_VISITS,
    NEVER,
    Pace,
    Pair,
    Visits,
    can_be_one,
    earlier,
    exact,
    nearest,
    numbering,
    takes,
)
from hub.rules.visit_outliers import Calls


class Told(NamedTuple):
    """A told call. Times are seconds of the service day.

    `at` are the planned calls at its place: none if it is said to be an extra one, and one where
    the source's standard says that its number is the plan's own (GTFS Realtime).
    """

    at: Visits
    order: int | None = None
    visit: int | None = None
    aimed: Pair = NEVER
    predicted: Pair = NEVER


class Choice(NamedTuple):
    """The planned call meant. Without one: which it could be, or () where the trip plans none."""

    planned: int | None
    among: Visits = ()

    @property
    def is_ambiguous(self) -> bool:
        """Whether the trip plans the place, and it is not clear which of its calls is meant."""
        return self.planned is None and bool(self.among)


def choose(told: Sequence[Told], planned: Sequence[StopTime]) -> list[Choice]:
    """The planned call of each told one, in the order given."""
    visits: Sequence[Visits] = [one.at for one in told]
    out: frozenset[int] = frozenset()
    if any(len(at) > 1 for at in visits) or not _goes_on(visits):
        visits, out = _searched(told, planned)
    found = [Choice(at[0] if len(at) == 1 else None, at) for at in visits]
    for at in out:
        found[at] = Choice(None, told[at].at)
    return _once(found, told, planned)


def _goes_on(visits: Sequence[Visits]) -> bool:
    """Whether single visits stand one behind the other as they are told."""
    return all(before <= after for before, after in pairwise(at for at in visits if at))


def _searched(
    told: Sequence[Told], planned: Sequence[StopTime]
) -> tuple[list[Visits], frozenset[int]]:
    """What all evidence leaves of each call's visits, and the calls that have none."""
    here = [at for at, one in enumerate(told) if one.at]
    lines = (_sequence(here, told), here)
    calls = Calls(
        [one.at for one in told],
        [one.order for one in told],
        [one.visit for one in told],
        [one.aimed for one in told],
        planned,
    )
    sure, out = calls.frame(lines)
    search = _Search(_but(told, out), planned, sure)
    if not search.lines_up():
        out |= calls.outnumbered([at for at in lines[0] if at not in out])
        search = _Search(_but(told, out), planned, sure)
    return search.result(), out


def _but(told: Sequence[Told], out: frozenset[int]) -> list[Told]:
    return [one._replace(at=()) if at in out else one for at, one in enumerate(told)]


def in_sequence(orders: Sequence[int | None], aimed: Sequence[float | None]) -> list[int]:
    """Positions of told calls one behind the other: by Order, else by aimed time, else as given.

    Each counts where every call has one; the aimed time also among calls of one Order.
    """
    line = list(range(len(orders)))
    for keys in (aimed, orders):
        known = [key for key in keys if key is not None]
        if len(known) == len(keys):
            line.sort(key=known.__getitem__)
    return line


class _Search:
    """The visits that remain open for each told call while evidence is taken."""

    def __init__(
        self, told: Sequence[Told], planned: Sequence[StopTime], sure: Mapping[int, int]
    ) -> None:
        self._told, self._planned = told, planned
        self._open: list[Visits] = [
            (sure[at],) if one.at and at in sure else one.at for at, one in enumerate(told)
        ]
        self._settled: set[int] = set()
        self._line: list[int] = []
        self._apart = True

    def result(self) -> list[Visits]:
        """What all evidence leaves of each call's visits."""
        self.lines_up()
        self._take(self._by_order())
        self._take(dict(self._by_visit()))
        self._take(dict(self._by_aimed()))
        self._by_predicted()
        return self._open

    def lines_up(self) -> bool:
        """Find the sequence in which the told calls can be the trip's, if there is one."""
        here = [at for at, one in enumerate(self._told) if one.at]
        for line in (_sequence(here, self._told), here):
            for apart in (True, False):
                self._line, self._apart = line, apart
                found = self._in_line(self._open)
                if found is not None:
                    self._open = found
                    return True
        self._line = []
        return False

    def _take(self, narrowed: Mapping[int, Visits]) -> None:
        """Keep what the evidence leaves, unless nothing in sequence is left then."""
        wanted = list(self._open)
        for at, visits in narrowed.items():
            wanted[at] = tuple(one for one in visits if one in self._open[at]) or self._open[at]
        self._open = self._in_line(wanted) or self._open

    def _in_line(self, visits: list[Visits]) -> list[Visits] | None:
        """What is left where each call is behind the one before it; None where nothing is."""
        kept = list(visits)
        for before, after in pairwise(self._line):
            least = kept[before][0] + self._step(before, after)
            kept[after] = kept[after][bisect_left(kept[after], least) :]
            if not kept[after]:
                return None
        for after, before in pairwise(reversed(self._line)):
            most = kept[after][-1] - self._step(before, after)
            kept[before] = kept[before][: bisect_right(kept[before], most)]
        return kept

    def _step(self, before: int, after: int) -> int:
        """0 where both may be one planned call: told twice, or as an arrival and a departure."""
        one, other = self._told[before], self._told[after]
        if one.at != other.at:
            return 1
        same = one.order is not None and one.order == other.order and _can_be_one(one, other)
        return int(self._apart and not same)

    def _by_order(self) -> dict[int, Visits]:
        given = self._orders()
        found = numbering(given, self._open, self._planned)
        if len(set(given.values())) != 1:
            return {at: (visit,) for at, visit in found.items()}
        return {at: self._said(at, visit) for at, visit in found.items()}

    def _orders(self) -> dict[int, int]:
        """The numbers told; VisitNumbers where they are the Orders (VisitNumberIsOrder)."""
        here = [(at, self._told[at]) for at, visits in enumerate(self._open) if visits]
        told = {at: one.order for at, one in here if one.order is not None}
        visits = {at: one.visit for at, one in here if one.visit is not None}
        if self._is_repeated(told):
            told = {}
        if not told and any(visit > len(self._told[at].at) for at, visit in visits.items()):
            return visits
        return told

    def _is_repeated(self, orders: Mapping[int, int]) -> bool:
        """Whether two calls have one number that cannot be one call: who counts does not do so."""
        line = sorted(orders, key=lambda at: (orders[at], earlier(self._told[at].aimed) or 0))
        return any(
            orders[before] == orders[after]
            and not _can_be_one(self._told[before], self._told[after])
            for before, after in pairwise(line)
        )

    def _by_visit(self) -> Iterator[tuple[int, Visits]]:
        counted = Counter((one.at, one.visit) for one in self._told)
        for at, one in enumerate(self._told):
            if one.visit is None or not 1 <= one.visit <= len(one.at) or len(self._open[at]) < 2:
                continue
            if self._apart and counted[one.at, one.visit] > 1:
                continue  # who counts gives two visits two numbers
            visit = one.at[one.visit - 1]
            meant = self._said(at, visit)
            if one.visit > 1 or meant == (visit,):
                yield at, meant
            else:
                self._settled.discard(at)

    def _said(self, at: int, visit: int) -> Visits:
        """The visit that a number names; beside those that the aimed time names against it."""
        self._settled.add(at)
        aimed_at = exact(self._told[at].aimed, self._open[at], self._planned)
        return (visit,) if not aimed_at or visit in aimed_at else tuple(sorted({visit, *aimed_at}))

    def _by_aimed(self) -> Iterator[tuple[int, Visits]]:
        for at, visits in enumerate(self._open):
            if 1 < len(visits) <= MOST_VISITS and at not in self._settled:
                aimed = self._told[at].aimed
                same = exact(aimed, visits, self._planned)
                yield at, same or nearest(aimed, visits, self._planned)

    def _by_predicted(self) -> None:
        if all(len(visits) < 2 for visits in self._open):
            return
        pace = Pace(self._planned)
        left = [
            tuple(visit for visit in visits if pace.is_possible(visit, one.predicted))
            for one, visits in zip(self._told, self._open, strict=True)
        ]
        if [bool(visits) for visits in left] != [bool(visits) for visits in self._open]:
            return
        kept = self._in_line(left)
        if kept is not None:
            self._open = self._at_pace(kept, pace) or kept

    def _at_pace(self, visits: list[Visits], pace: Pace) -> list[Visits] | None:
        """What is left where no call is reached sooner from the one before than can be."""
        kept = list(visits)
        legs = [
            (before, after, pace.within(time, self._step(before, after)))
            for before, after in pairwise(self._line)
            if (time := takes(self._told[before].predicted, self._told[after].predicted))
            is not None
            and max(len(kept[before]), len(kept[after])) <= MOST_VISITS
        ]
        for before, after, can in legs:
            kept[after] = tuple(b for b in kept[after] if any(can(a, b) for a in kept[before]))
            if not kept[after]:
                return None
        for before, after, can in reversed(legs):
            kept[before] = tuple(a for a in kept[before] if any(can(a, b) for b in kept[after]))
        return self._in_line(kept)


def _can_be_one(one: Told, other: Told) -> bool:
    return can_be_one((one.aimed, other.aimed), (one.predicted, other.predicted))


def _sequence(here: list[int], told: Sequence[Told]) -> list[int]:
    orders = [told[at].order for at in here]
    return [here[at] for at in in_sequence(orders, [earlier(told[at].aimed) for at in here])]


def _once(found: list[Choice], told: Sequence[Told], planned: Sequence[StopTime]) -> list[Choice]:
    """The choices, where calls told apart from each other are not taken for one planned call."""
    same: defaultdict[int, list[int]] = defaultdict(list)
    for at, choice in enumerate(found):
        if choice.planned is not None:
            same[choice.planned].append(at)
    several = [(visit, told_at) for visit, told_at in same.items() if len(told_at) > 1]
    if not several:
        return found
    here = [at for at, choice in enumerate(found) if choice.among]
    place = {at: number for number, at in enumerate(_sequence(here, told))}
    for visit, told_at in several:
        told_at.sort(key=place.__getitem__)
        meant = told_at
        if not _is_one(told_at, told, place):
            meant = _meant(told_at, told, planned[visit])
            meant = meant if _is_one(meant, told, place) else []
        for at in set(told_at).difference(meant):
            found[at] = Choice(None, (visit,))
    return found


def _is_one(line: Sequence[int], told: Sequence[Told], place: Mapping[int, int]) -> bool:
    """Whether calls follow one another, and none is another one than the call before it."""
    return all(
        place[after] == place[before] + 1 and _can_be_one(told[before], told[after])
        for before, after in pairwise(line)
    )


def _meant(told_at: Sequence[int], told: Sequence[Told], row: StopTime) -> list[int]:
    """Of several calls those that a planned one is, by its number or else its aimed time."""
    numbered = [at for at in told_at if told[at].order == row.stop_sequence]
    aimed = [at for at in told_at if exact(told[at].aimed, (0,), (row,))]
    if numbered and aimed:
        return [at for at in numbered if at in aimed or told[at].aimed == NEVER]
    return numbered or aimed
