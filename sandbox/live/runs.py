"""The runs of a dataset that are of interest now, and the state of each at a moment."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil

from sandbox.live.fate import Fate, Revision, Span, draw, longest_delay, turned
from sandbox.scenario import Disruption
from sandbox.timetable.day import DAY, ServiceDays
from sandbox.timetable.records import Timetable, Trip

SHORTER_RUN = 0.88
"""A late train makes up at most this much of its running time."""
SHORTER_STOP = 0.5


@dataclass(slots=True)
class Run:
    """A trip on a service day. `base` is the midnight its times count from."""

    trip: Trip
    day: date
    base: int
    fate: Fate

    @property
    def begins(self) -> int:
        """Aimed departure from its first stop."""
        return self.base + self.trip.calls[0].departure


@dataclass(frozen=True, slots=True)
class CallState:
    """A call at a moment: aimed and best known times (POSIX), and whether they have happened."""

    order: int
    stop_id: str
    planned_stop_id: str
    aimed_arrival: int
    aimed_departure: int
    arrival: int
    departure: int
    arrived: bool
    departed: bool


@dataclass(frozen=True, slots=True)
class RunState:
    """A run at a moment. `delay` is what is predicted now, in seconds."""

    run: Run
    calls: tuple[CallState, ...]
    cancelled: bool
    delay: int

    @property
    def here(self) -> CallState:
        """The call at the station area."""
        return self.calls[self.run.trip.focus]


def state(run: Run, now: float) -> RunState:
    """The run at `now`. What has happened stays as it is, whenever it is asked again."""
    moments = _Moments(run.fate.revisions, now)
    moved_to = run.fate.changed_to(now)
    calls = []
    before: tuple[int, int] | None = None
    for index, call in enumerate(run.trip.calls):
        aimed = (run.base + call.arrival, run.base + call.departure)
        ran = 0 if before is None else aimed[0] - before[1]
        arrival, arrived = moments.next(aimed[0], ran * SHORTER_RUN)
        departure, departed = moments.next(aimed[1], (aimed[1] - aimed[0]) * SHORTER_STOP)
        before = aimed
        stop_id = moved_to if moved_to and index == run.trip.focus else call.stop_id
        calls.append(
            CallState(
                index + 1, stop_id, call.stop_id, *aimed, arrival, departure, arrived, departed
            )
        )
    return RunState(run, tuple(calls), run.fate.is_cancelled(now), moments.delay)


class _Moments:
    """Walks over arrivals and departures in order, and over the predictions beside them.

    An event happens in the first prediction's reign in which its predicted moment comes: then
    its time is final. One that has not happened by `now` is predicted by the latest.
    """

    def __init__(self, revisions: tuple[Revision, ...], now: float) -> None:
        self._known = [revision for revision in revisions if revision.since <= now]
        self._now = now
        self._at = 0
        self._last: float = float("-inf")

    @property
    def delay(self) -> int:
        return self._known[-1].delay

    def next(self, aimed: int, at_least: float) -> tuple[int, bool]:
        """The next event: its moment, and whether it has happened."""
        earliest = self._last + at_least
        while True:
            revision = self._known[self._at]
            moment = ceil(max(aimed + revision.delay, earliest, revision.since))
            newest = self._at == len(self._known) - 1
            happened = moment <= (self._now if newest else self._known[self._at + 1].since)
            if happened or newest:
                self._last = moment
                return moment, happened
            self._at += 1


class Board:
    """The runs of one dataset around a moment."""

    def __init__(
        self,
        timetable: Timetable,
        days: ServiceDays,
        figures: Disruption,
        *,
        seed: int,
        preview: float,
        linger: float,
    ) -> None:
        self.timetable = timetable
        self.preview = preview
        self.linger = linger
        self._days = days
        self._figures = figures
        self._longest = longest_delay(figures)
        self._seed = seed
        self._focus = [trip.focus_time for trip in timetable.trips]
        self._runs: dict[tuple[str, date], Run] = {}

    def live(self, now: float) -> list[RunState]:
        """The runs that are due here within the preview, or were here a short while ago."""
        states = [state(run, now) for run in self._around(now)]
        return [one for one in states if self._is_live(one, now)]

    def turn(self, figures: Disruption, now: float) -> None:
        """From `now` on these figures hold; what has happened stays."""
        runs = list(self._around(now))
        self._figures = figures
        self._longest = max(self._longest, longest_delay(figures))
        for run in runs:
            key = self._key(run.trip, run.day)
            leaves = run.base + run.trip.calls[run.trip.focus].departure
            new = self._draw(run.trip, run.base, key)
            run.fate = turned(run.fate, new, now, key, leaves=leaves)

    def _is_live(self, one: RunState, now: float) -> bool:
        here = one.here
        if one.cancelled:
            return here.aimed_departure + self.linger >= now
        return here.departure + self.linger >= now

    def _around(self, now: float) -> Iterator[Run]:
        """Every run that may be live, in the order of service day and time here."""
        first, last = now - self.linger - self._longest, now + self.preview
        today = self._days.calendar_day(now)
        runs: dict[tuple[str, date], Run] = {}
        for back in (2, 1, 0, -1):
            day = today - timedelta(days=back)
            base = self._days.midnight(day)
            if base > last or base + 3 * DAY < first:
                continue
            low, high = (
                bisect_left(self._focus, first - base),
                bisect_left(self._focus, last - base),
            )
            for trip in self.timetable.trips[low:high]:
                key = (trip.id, day)
                runs[key] = self._runs.get(key) or self._new(trip, day, base)
        self._runs = runs
        yield from runs.values()

    def _new(self, trip: Trip, day: date, base: int) -> Run:
        return Run(trip, day, base, self._draw(trip, base, self._key(trip, day)))

    def _key(self, trip: Trip, day: date) -> str:
        return f"{self._seed}:{self.timetable.dataset}:{trip.id}:{day}"

    def _draw(self, trip: Trip, base: int, key: str) -> Fate:
        focus = base + trip.focus_time
        over = min(base + trip.calls[-1].arrival, focus + self.linger) + self._longest
        span = Span(focus - self.preview, focus, over)
        beside = self.timetable.platforms_beside(trip.calls[trip.focus].stop_id)
        return draw(key, self._figures, span, beside)
