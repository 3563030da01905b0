"""What will happen to one run, drawn once from the seed, and when it becomes known.

A fate is data and the state of a run at a moment is a function of it (`live.runs`): nothing
depends on who asks, or how often.
"""

from dataclasses import dataclass
from math import exp
from random import Random
from statistics import NormalDist

from sandbox.scenario import Disruption

NORMAL = NormalDist()
UNLIKELY = 0.001
"""Delays are drawn between this quantile and its opposite."""
WANDER = 0.08
"""How much of its own size a predicted delay wanders by."""


@dataclass(frozen=True, slots=True)
class Revision:
    """From `since` (POSIX) on the run is predicted to be `delay` seconds late."""

    since: float
    delay: int


@dataclass(frozen=True, slots=True)
class Fate:
    """Predictions in order of time, the first from the beginning of time; the rest is told at.

    `load` (0 to 1) is how full it is among its like.
    """

    revisions: tuple[Revision, ...]
    cancelled_at: float | None
    changed_at: float | None
    platform: str | None
    load: float

    def changed_to(self, now: float) -> str | None:
        """The platform it has been moved to by now."""
        told = self.changed_at is not None and self.changed_at <= now
        return self.platform if told else None

    def is_cancelled(self, now: float) -> bool:
        """Whether its cancellation has been told by now."""
        return self.cancelled_at is not None and self.cancelled_at <= now


@dataclass(frozen=True, slots=True)
class Span:
    """When a run is looked at: predictions from `known` to `over`; `focus`: at the area."""

    known: float
    focus: float
    over: float


def longest_delay(figures: Disruption) -> float:
    """A delay in seconds that no run passes by these figures."""
    final = figures.late_median_minutes * 60 * exp(-NORMAL.inv_cdf(UNLIKELY) * figures.late_spread)
    return final + 5 * (figures.noise_seconds + WANDER * final)


def draw(key: str, figures: Disruption, span: Span, platforms: list[str]) -> Fate:
    """The fate of the run named `key` (which holds the seed).

    The same random numbers are drawn whatever the figures, so that another scenario changes what
    they mean and not which runs are the unlucky ones.
    """
    random = Random(key)
    unlucky, size, cancel, cancel_lead, change, change_lead, which, load = (
        random.random() for _ in range(8)
    )
    final = 0.0
    if unlucky < figures.late_share:
        sigma = NORMAL.inv_cdf(min(max(size, UNLIKELY), 1 - UNLIKELY)) * figures.late_spread
        final = figures.late_median_minutes * 60 * exp(sigma)
    cancelled = span.focus - 60 * _between(figures.cancel_lead_minutes, cancel_lead)
    changed = span.focus - 60 * _between(figures.change_lead_minutes, change_lead)
    changes = bool(platforms) and change < figures.change_share
    return Fate(
        revisions=tuple(_revisions(final, figures, span, random)),
        cancelled_at=cancelled if cancel < figures.cancel_share else None,
        changed_at=changed if changes else None,
        platform=platforms[int(which * len(platforms))] if changes else None,
        load=load,
    )


def turned(old: Fate, new: Fate, at: float, key: str, *, leaves: float) -> Fate:
    """What was known at `at` by the old fate, and after it what the new one brings.

    The turn is felt within a minute, at another second for every run. A run that by its timetable
    `leaves` before then is neither cancelled nor moved any more.
    """
    soon = at + 2 + 58 * Random(f"{key}:turn").random()
    kept = [revision for revision in old.revisions if revision.since <= at]
    due = [revision for revision in new.revisions if revision.since <= soon]
    coming = [revision for revision in new.revisions if revision.since > soon]
    first = Revision(soon, due[-1].delay) if due else None
    keeps_platform = old.changed_at is not None and old.changed_at <= at
    side = old if keeps_platform else new
    changed_at = old.changed_at if keeps_platform else _told(new.changed_at, soon, leaves)
    if old.is_cancelled(at):
        cancelled_at = old.cancelled_at
    else:
        cancelled_at = _told(new.cancelled_at, soon, leaves)
    return Fate(
        revisions=(*kept, *([first] if first else []), *coming),
        cancelled_at=cancelled_at,
        changed_at=changed_at,
        platform=side.platform,
        load=old.load,
    )


def _told(moment: float | None, soon: float, leaves: float) -> float | None:
    """When the new fate's event is told after the turn; None where the run has left by then."""
    if moment is None or soon >= leaves:
        return None
    return max(moment, soon)


def _between(pair: tuple[float, float], share: float) -> float:
    return pair[0] + (pair[1] - pair[0]) * share


def _revisions(final: float, figures: Disruption, span: Span, random: Random) -> list[Revision]:
    """A prediction that grows to `final` before the run is here, and wanders on the way."""
    grown = span.known + (span.focus - span.known) * random.uniform(0.3, 1.0)
    began = span.known + (grown - span.known) * random.uniform(0.0, 0.8)
    made = [Revision(float("-inf"), 0)]
    at = span.known + random.random() * figures.revise_seconds
    while at < span.over:
        part = min(1.0, max(0.0, (at - began) / max(grown - began, 1.0)))
        wander = random.gauss(0, figures.noise_seconds + WANDER * final)
        delay = max(0, round((final * part + wander) / figures.step_seconds) * figures.step_seconds)
        if delay != made[-1].delay:
            made.append(Revision(at, delay))
        at += figures.revise_seconds * random.uniform(0.5, 1.5)
    return made
