"""Calls of a replacement: its updates are the whole journey, over the plan of its trip."""

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from connectors.gtfs_rt.matching import Matched
from connectors.gtfs_rt.planned import Plan
from connectors.gtfs_rt.predictions import Update, exchange_at, predict, status_of
from connectors.gtfs_rt.reading import Reading
from connectors.gtfs_rt.told import told_call
from hub.model.journeys import Call, CallStatus


@dataclass(slots=True)
class _Replacement:
    """A plan, which call each update is of, and where the journey begins and ends."""

    plan: Plan
    found: dict[int, Update]
    reading: Reading
    first: Update | None
    last: Update | None
    taken: set[int] = field(init=False)

    def __post_init__(self) -> None:
        self.taken = {row.stop_sequence for row in self.plan.trip.calls}

    def planned(self, index: int) -> Call:
        """A planned call; skipped where no update is of it."""
        plan, update = self.plan, self.found.get(index)
        if update is None or update.schedule_relationship == Update.SKIPPED:
            return plan.call(index, status=CallStatus.SKIPPED, update=update)
        if update.schedule_relationship == Update.NO_DATA:
            call = plan.call(index, status=CallStatus.NO_DATA, update=update)
            return self._ends(index, update, call)
        aimed, now_s = plan.aimed(index, update), self.reading.now_s
        found = predict(update, aimed, None, self.reading, plan.run.ref)
        boards, _ = self._exchange(index, update)
        status = status_of(found, aimed, now_s, last=update is self.last, boards=boards)
        call = plan.call(index, status=status, found=found, update=update, now_s=now_s)
        return self._ends(index, update, call)

    def _ends(self, index: int, update: Update, call: Call) -> Call:
        """The call with who may board and alight where the replacement begins and ends."""
        boarding, alighting = self._exchange(index, update)
        return replace(call, boarding=boarding, alighting=alighting, exchange_told=True)

    def _exchange(self, index: int, update: Update) -> tuple[bool, bool]:
        row = self.plan.trip.calls[index]
        return exchange_at(
            update,
            boarding=row.pickup and update is not self.last,
            alighting=row.drop_off and update is not self.first,
        )

    def added(self, update: Update, before: int) -> Call | None:
        """A call that is not planned, behind the planned one of that index; -1: before all."""
        call = told_call(
            self._number(update, before),
            update,
            self.reading,
            self.plan.run,
            first=update is self.first,
            last=update is self.last,
        )
        if call is None:
            return None
        self.taken.add(call.order)
        return replace(call, extra=True)

    def _number(self, update: Update, before: int) -> int:
        """Its own number if that is free and between its neighbours', else one that is.

        Where there is no gap, one behind all others: a planned call keeps its number.
        """
        rows = self.plan.trip.calls
        lower = rows[before].stop_sequence + 1 if before >= 0 else 0
        behind = min((index for index in self.found if index > before), default=None)
        upper = max(self.taken) + 2 if behind is None else rows[behind].stop_sequence
        own = int(update.stop_sequence)
        if update.HasField("stop_sequence") and lower <= own < upper and own not in self.taken:
            return own
        free = (number for number in range(lower, upper) if number not in self.taken)
        return next(free, max(self.taken) + 1)


def replaced(
    plan: Plan, matched: Matched, updates: Sequence[Update], reading: Reading
) -> list[Call]:
    """The calls in the sequence they are reached; planned ones that no update is of are skipped.

    `updates` are the very objects that were matched. A number names a call from one message to the
    next: that of one which the trip does not plan may be higher than those of calls behind it.
    """
    served = [one for one in updates if one.schedule_relationship != Update.SKIPPED]
    ends = (served[0], served[-1]) if served else (None, None)
    journey = _Replacement(plan, matched.found, reading, *ends)
    calls = [journey.planned(index) for index in range(plan.length)]
    indexes = {id(update): index for index, update in matched.found.items()}
    strays = {id(stray) for stray in matched.strays}
    behind: list[int] = list(range(plan.length))
    before = -1
    for update in updates:
        before = indexes.get(id(update), before)
        added = journey.added(update, before) if id(update) in strays else None
        if added is not None:
            at = bisect(behind, before)
            behind.insert(at, before)
            calls.insert(at, added)
    return calls
