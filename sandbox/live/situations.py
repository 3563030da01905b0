"""Situations in force: those of the scenario, and one for each cancelled train if it says so."""

from collections.abc import Iterable
from dataclasses import dataclass

from hub.model.common import Name
from sandbox.live.runs import RunState
from sandbox.scenario import SituationFigures
from sandbox.timetable.day import ZONE, stamp

CLOSED_FOR = 600.0
"""Seconds a situation that is over is still sent, as closed."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """A situation at a moment. Moments are POSIX seconds; `runs` are the journeys it is about."""

    id: str
    version: int
    created: float
    start: float
    end: float
    closed: bool
    severity: str
    cause: str
    summary: Name
    description: Name
    stops: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    runs: tuple[RunState, ...] = ()


def announced(
    figures: Iterable[SituationFigures], dataset: str, began: float, now: float
) -> list[Announcement]:
    """What the scenario that began at `began` announces in this dataset at `now`."""
    found = []
    for one in figures:
        start = began + one.after_minutes * 60
        end = start + one.lasts_minutes * 60
        if one.dataset != dataset or not start <= now < end + CLOSED_FOR:
            continue
        found.append(
            Announcement(
                id=one.id,
                version=2 if now >= end else 1,
                created=start,
                start=start,
                end=end,
                closed=now >= end,
                severity=one.severity,
                cause=one.cause,
                summary=Name(one.summary_zh, one.summary_en),
                description=Name(one.description_zh, one.description_en),
                stops=one.stops,
                lines=one.lines,
            )
        )
    return found


def of_cancellations(states: Iterable[RunState], station: str) -> list[Announcement]:
    """One situation for each cancelled train, from the moment its cancellation was told."""
    return [_cancellation(one, station) for one in states if one.cancelled]


def _cancellation(one: RunState, station: str) -> Announcement:
    trip = one.run.trip
    told = one.run.fate.cancelled_at or 0.0
    leaves = stamp(one.here.aimed_departure).astimezone(ZONE)
    number = trip.number or trip.id
    return Announcement(
        id=f"CANX-{number}-{one.run.day:%Y%m%d}",
        version=1,
        created=told,
        start=told,
        end=one.here.aimed_departure,
        closed=False,
        severity="normal",
        cause="serviceDisruption",
        summary=Name(f"{number}次列车停运", f"Train {number} is cancelled"),
        description=Name(
            f"{leaves:%H:%M} {number}次（{trip.origin.zh}—{trip.destination.zh}）今日停运。",
            f"Train {number}, {leaves:%H:%M}, {trip.origin.en} - {trip.destination.en}, "
            "does not run today.",
        ),
        stops=(station,),
        runs=(one,),
    )
