"""Which planned call each StopTimeUpdate of a known trip is of.

GTFS Realtime reference, StopTimeUpdate: stop_sequence is that of stop_times.txt, so it decides
where its stop agrees; else the stop_id does, and where the trip calls there repeatedly
`hub.rules.visits`. A stop_id of another platform of the planned station matches, too.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from connectors.gtfs_rt.planned import Plan
from connectors.gtfs_rt.predictions import Update, planned_at, told_at
from hub.formats.gtfs.realtime import text_of
from hub.model.timetable import Timetable
from hub.model.timetable_rows import StopTime
from hub.rules.visit_evidence import Pair
from hub.rules.visits import Choice, Told, choose

_UNCLEAR = Update(schedule_relationship=Update.NO_DATA)
"""Stands for an update that may be of a call: nothing is known of it."""


@dataclass(slots=True)
class Matched:
    """Updates by index of the planned call; those of no call, and of nobody knows which.

    `twice` are the indexes of calls that several updates are of: the last one counts. `elsewhere`
    are updates of a call, by its index, whose number is that of another call of the trip.
    """

    found: dict[int, Update] = field(default_factory=dict)
    strays: list[Update] = field(default_factory=list)
    unclear: list[tuple[Update, Choice]] = field(default_factory=list)
    twice: list[int] = field(default_factory=list)
    elsewhere: list[tuple[Update, int]] = field(default_factory=list)

    def silenced(self) -> dict[int, Update]:
        """The updates found; of a later call that an unclear one may be of nothing is known.

        Else it would inherit the delay of a call before it.
        """
        first = min(self.found, default=None)
        doubted = {at for _, choice in self.unclear for at in choice.among}
        if first is None or not doubted:
            return self.found
        return {at: _UNCLEAR for at in doubted if at > first} | self.found

    def of_whole(self) -> "Matched":
        """The same of a journey whose stops are all told, with another plan than the timetable's.

        A call that an unclear update may be of is not skipped, but nothing is known of it. Of two
        updates of a place that is planned once one is the planned call, the other adds one.
        """
        whole = Matched(dict(self.found), list(self.strays), twice=self.twice)
        doubted: dict[int, Update] = {}
        for update, choice in self.unclear:
            left = [at for at in choice.among if at not in whole.found]
            if not left:
                whole.strays.append(update)
            elif len(choice.among) == 1:
                whole.found[left[0]] = update
            else:
                whole.unclear.append((update, choice))
                doubted |= dict.fromkeys(left, _UNCLEAR)
        whole.found = doubted | whole.found
        return whole


def match_updates(plan: Plan, updates: Sequence[Update], *, timed: bool) -> Matched:
    """The planned call of each update. `timed`: its times are of the plan's, not of its own."""
    rows = plan.trip.calls
    usual = _one_by_one(rows, updates)
    if usual is not None:
        return Matched(usual)
    matched = Matched()
    numbers = {row.stop_sequence for row in rows}
    told = list(_told(plan, updates, timed=timed))
    for update, choice in zip(updates, choose(told, rows), strict=True):
        if choice.planned is None:
            if choice.among:
                matched.unclear.append((update, choice))
            else:
                matched.strays.append(update)
            continue
        if choice.planned in matched.found:
            matched.twice.append(choice.planned)
        number = update.stop_sequence if update.HasField("stop_sequence") else None
        if number in numbers and number != rows[choice.planned].stop_sequence:
            matched.elsewhere.append((update, choice.planned))
        matched.found[choice.planned] = update
    return matched


def _one_by_one(rows: Sequence[StopTime], updates: Sequence[Update]) -> dict[int, Update] | None:
    """The usual case: each update has number and stop of a call behind the one before."""
    found: dict[int, Update] = {}
    index, length = 0, len(rows)
    for update in updates:
        number = update.stop_sequence
        while index < length and rows[index][0] < number:
            index += 1
        if index == length or not update.HasField("stop_sequence"):
            return None
        row, stop_id = rows[index], update.stop_id
        if row[0] != number or (stop_id and stop_id != row[1]):
            return None
        found[index] = update
        index += 1
    return found


def _told(plan: Plan, updates: Sequence[Update], *, timed: bool) -> Iterator[Told]:
    served = _Served(plan.trip.calls, plan.timetable)
    numbers = [int(one.stop_sequence) if one.HasField("stop_sequence") else None for one in updates]
    visits = [
        served.at(text_of(update.stop_id), number)
        for update, number in zip(updates, numbers, strict=True)
    ]
    timed = timed and (len(set(visits)) < len(visits) or any(len(at) > 1 for at in visits))
    for update, number, at in zip(updates, numbers, visits, strict=True):
        if not timed:
            yield Told(at, number)
            continue
        events = update.arrival, update.departure
        aimed = _since(plan, (planned_at(event) for event in events))
        told = _since(plan, (told_at(event) for event in events))
        yield Told(at, number, None, aimed, told)


def _since(plan: Plan, moments: Iterable[int | None]) -> Pair:
    """Times in seconds of the run's service day."""
    arrival, departure = (None if at is None else at - plan.midnight_s for at in moments)
    return arrival, departure


class _Served:
    """The calls of a trip by number, stop and stop place."""

    def __init__(self, rows: Sequence[StopTime], timetable: Timetable) -> None:
        self._timetable = timetable
        self._numbers: dict[int, tuple[int, str]] = {}
        self._stops: defaultdict[str, tuple[int, ...]] = defaultdict(tuple)
        self._places: defaultdict[str, tuple[int, ...]] = defaultdict(tuple)
        for index, row in enumerate(rows):
            place = timetable.stops[row.stop_id].place_id
            self._numbers[row.stop_sequence] = index, place
            self._stops[row.stop_id] += (index,)
            self._places[place] += (index,)

    def at(self, stop_id: str, sequence: int | None) -> tuple[int, ...]:
        """The calls an update of this stop and number may be of."""
        index, planned = self._numbers.get(-1 if sequence is None else sequence, (None, ""))
        stop = self._timetable.stop(stop_id)
        if index is not None and (not stop_id or (stop is not None and stop.place_id == planned)):
            return (index,)
        if stop is None:
            return ()
        return self._stops.get(stop_id) or self._places.get(stop.place_id, ())
