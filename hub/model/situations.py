"""Situations (运营通告): SIRI-SX PtSituationElement, GTFS-RT Alert, later CAP."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from hub.model.common import Mode, Name, Position


class Severity(StrEnum):
    """CAP / SIRI severity (严重程度)."""

    UNKNOWN = "UNKNOWN"
    MINOR = "MINOR"
    MODERATE = "MODERATE"
    SEVERE = "SEVERE"
    EXTREME = "EXTREME"


class Urgency(StrEnum):
    """CAP 1.2 urgency: how soon something has to be done."""

    IMMEDIATE = "Immediate"
    EXPECTED = "Expected"
    FUTURE = "Future"
    PAST = "Past"
    UNKNOWN = "Unknown"


class Certainty(StrEnum):
    """CAP 1.2 certainty: how sure it is to happen."""

    OBSERVED = "Observed"
    LIKELY = "Likely"
    POSSIBLE = "Possible"
    UNLIKELY = "Unlikely"
    UNKNOWN = "Unknown"


class SituationProgress(StrEnum):
    """SIRI ProgressStatus, reduced to what decides whether it is shown."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"


@dataclass(frozen=True, slots=True)
class Period:
    """A validity period; an open end is None."""

    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Affects:
    """Scoped ids of what a situation affects; all empty means the source's whole network."""

    stop_places: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    journeys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """A page with more: an http or https address, and what its source calls it."""

    uri: str
    label: Name | None = None


@dataclass(frozen=True, slots=True)
class AlertArea:
    """A CAP area: description, polygons (first corner not repeated), geocodes (`name:value`)."""

    description: str
    polygons: tuple[tuple[Position, ...], ...] = ()
    geocodes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """A planned or unplanned happening that affects travel. Same id, higher version replaces.

    `created_at` is when its source made it, `advice` what it tells travellers to do. `areas`,
    `urgency` and `certainty` are CAP's; `exercise` marks a drill of the sender's.
    """

    id: str
    dataset: str
    native_id: str
    version: int = 1
    mode: Mode | None = None
    severity: Severity = Severity.UNKNOWN
    cause: str | None = None
    effect: str | None = None
    progress: SituationProgress = SituationProgress.OPEN
    summary: Name
    description: Name | None = None
    advice: Name | None = None
    links: tuple[Link, ...] = ()
    created_at: datetime | None = None
    validity: tuple[Period, ...] = ()
    affects: Affects = Affects()
    areas: tuple[AlertArea, ...] = ()
    urgency: str | None = None
    certainty: str | None = None
    exercise: bool = False
    observed_at: datetime | None = None
