"""Which told calls are no planned ones, as those beside them stand: turn-backs, detours. Pure.

A source may tell a call that its trip does not plan there without saying that it is extra. Taken
for the planned one of its place it would give that one's time to a wrong call, and drag the calls
beside it away from what they say of themselves.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise

from hub.model.timetable_rows import StopTime
from hub.rules.visit_evidence import MOST_VISITS, Pair, Visits, earlier, exact, numbering

Line = Sequence[int]
"""Positions of told calls, one behind the other."""


class Calls:
    """The told calls of a trip: where each may be, and what it says of itself."""

    def __init__(
        self,
        visits: Sequence[Visits],
        orders: Sequence[int | None],
        counted: Sequence[int | None],
        aimed: Sequence[Pair],
        planned: Sequence[StopTime],
    ) -> None:
        """`counted` are the VisitNumbers."""
        self._visits, self._counted = visits, counted
        self._aimed, self._planned = aimed, planned
        self._by_order = self._believed(orders)

    def frame(self, lines: Sequence[Line]) -> tuple[dict[int, int], frozenset[int]]:
        """The visits of calls that are sure of theirs, and the calls that have none between these.

        By a line in which the sure and the aimed times stand one behind the other, of several that
        which leaves out fewest; nothing where none is such.
        """
        found = {at: self._sure(at) for at in lines[0]}
        sure = {at: visit for at, visit in found.items() if visit is not None}
        outs = []
        for line in lines:
            known = [at for at in line if at in sure]
            goes_on = all(self._follows(sure[a], sure[b], a, b) for a, b in pairwise(known))
            if goes_on and self._is_in_time(line):
                outs.append(frozenset(self._between(line, sure)))
        return (sure, min(outs, key=len)) if outs else ({}, frozenset())

    def outnumbered(self, line: Line) -> frozenset[int]:
        """Of calls that stand in no sequence: those beside the most that do, if it is clear which.

        With them those told of the same visits; none that is sure.
        """
        if any(len(self._visits[at]) > MOST_VISITS for at in line):
            return frozenset()
        kept = self._longest(line)
        if 2 * len(kept) <= len(line):
            return frozenset()
        unclear = {self._visits[at] for at in line if at not in kept}
        return frozenset(
            at
            for at in line
            if (at not in kept or self._visits[at] in unclear) and self._sure(at) is None
        )

    def _believed(self, orders: Sequence[int | None]) -> dict[int, int]:
        """The visits that Orders name, where the numbers can be the plan's."""
        given = {at: n for at, n in enumerate(orders) if n is not None and self._visits[at]}
        if len(set(given.values())) < len(given):
            return {}  # two calls of one number may be one, or the number counts nothing
        if found := numbering(given, self._visits, self._planned):
            return found
        index = {row.stop_sequence: at for at, row in enumerate(self._planned)}
        named = {at: index[n] for at, n in given.items() if index.get(n) in self._visits[at]}
        # half of them may agree by chance where a source numbers the calls of a message from 1
        more = min(given.values(), default=0) <= 1
        return named if 2 * len(named) >= len(given) + more else {}

    def _sure(self, at: int) -> int | None:
        """The visit that the call itself names, and nothing it says of itself is against it."""
        visits, counted = self._visits[at], self._counted[at] or 0
        named = self._by_order.get(at)
        if named is None and 1 < counted <= len(visits):
            named = visits[counted - 1]
        aimed_at = exact(self._aimed[at], visits, self._planned)
        if named is None:
            return aimed_at[0] if len(aimed_at) == 1 else None
        return named if not aimed_at or named in aimed_at else None

    def _is_in_time(self, line: Line) -> bool:
        aimed = [time for at in line if (time := earlier(self._aimed[at])) is not None]
        return all(before <= after for before, after in pairwise(aimed))

    def _follows(self, before: int, after: int, one: int, other: int) -> bool:
        """Whether they may be those of two calls one behind the other, or of one told twice."""
        return before < after or (before == after and self._visits[one] == self._visits[other])

    def _between(self, line: Line, sure: dict[int, int]) -> Iterator[int]:
        """The calls that have no visit behind the last sure one and before the next."""
        nexts: list[int | None] = []
        coming: int | None = None
        for at in reversed(line):
            nexts.append(coming)
            coming = at if at in sure else coming
        last: int | None = None
        for at, coming in zip(line, reversed(nexts), strict=True):
            if at in sure:
                last = at
            elif not any(
                (last is None or self._follows(sure[last], visit, last, at))
                and (coming is None or self._follows(visit, sure[coming], at, coming))
                for visit in self._visits[at]
            ):
                yield at

    def _longest(self, line: Line) -> set[int]:
        """The calls of the longest sequence; of several only those that are in each."""
        ahead = self._runs(line, self._visits)
        mirror = [tuple(-visit for visit in reversed(visits)) for visits in self._visits]
        behind = self._runs(tuple(reversed(line)), mirror)
        most = max(ahead.values(), default=0)
        through: dict[int, list[int]] = {}
        for at in line:
            if ahead[at] + behind[at] - 1 == most:
                through.setdefault(ahead[at], []).append(at)
        return {calls[0] for calls in through.values() if len(calls) == 1}

    @staticmethod
    def _runs(line: Line, visits: Sequence[Visits]) -> dict[int, int]:
        """How many calls, at the most, stand in sequence up to each of them."""
        least: list[int] = []  # by length: the first visit at which so many can end
        found = {}
        for at in line:
            reach = [(bisect_left(least, visit), visit) for visit in visits[at]]
            found[at] = max((length for length, _ in reach), default=0) + 1
            for length, visit in sorted(reach, reverse=True):
                if length == len(least):
                    least.append(visit)
                else:
                    least[length] = min(least[length], visit)
        return found
