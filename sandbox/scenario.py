"""A scenario: every figure of the simulated day, from one TOML file and what it extends."""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
)

FOLDER = Path(__file__).parent / "scenarios"
DEFAULT = "normal_evening_peak"


class ScenarioError(Exception):
    """There is no such scenario, or its file is wrong. The message is one line."""


def _clock_time(value: object) -> object:
    """Seconds of a service day from "HH:MM", which may pass 24:00."""
    if isinstance(value, str) and value.count(":") == 1:
        hours, minutes = value.split(":")
        if hours.isdigit() and minutes.isdigit() and int(minutes) < 60:
            return int(hours) * 3600 + int(minutes) * 60
    message = 'expected a time of the service day such as "05:30" or "24:40"'
    raise ValueError(message)


def _ascending(pair: tuple[float, float]) -> tuple[float, float]:
    if pair[0] > pair[1]:
        message = "expected [least, most]"
        raise ValueError(message)
    return pair


ServiceTime = Annotated[int, BeforeValidator(_clock_time)]
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
Range = Annotated[tuple[float, float], AfterValidator(_ascending)]
Hourly = Annotated[tuple[float, ...], Field(min_length=24)]
"""One figure for each hour, from 0; the hours of the service day may go beyond 24."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DayFigures(_Table):
    """`[day]`."""

    peak_begins: ServiceTime
    boundary: ServiceTime


class Disruption(_Table):
    """What goes wrong with the journeys of a dataset, and how its predictions move."""

    late_share: Share
    late_median_minutes: Positive
    late_spread: Positive
    noise_seconds: float = Field(ge=0)
    step_seconds: int = Field(gt=0)
    revise_seconds: Positive
    cancel_share: Share
    cancel_lead_minutes: Range
    change_share: Share
    change_lead_minutes: Range


class _Service(_Table):
    preview_minutes: Positive
    linger_minutes: Positive
    disruption: Disruption


class RailwayFigures(_Service):
    """`[railway]`."""

    per_day: int = Field(ge=1, le=2000)
    first: ServiceTime
    last: ServiceTime
    through_share: Share
    arriving_share: Share
    hourly: Hourly
    situation_per_cancellation: bool


class MetroLineFigures(_Table):
    """`[metro.lines.ID]`: first and last train at the station area, headways in minutes."""

    first: ServiceTime
    last: ServiceTime
    headway: Hourly


class MetroFigures(_Service):
    """`[metro]`."""

    dwell_seconds: int = Field(gt=0)
    load_percent: Hourly
    lines: dict[str, MetroLineFigures]


class CoachFigures(_Service):
    """`[coach]`."""

    per_day: int = Field(ge=1, le=2000)
    first: ServiceTime
    last: ServiceTime
    arriving_share: Share
    load_percent: Hourly
    hourly: Hourly


class TaxiFigures(_Table):
    """`[taxi]`."""

    count: int = Field(ge=0, le=2000)
    departure_seconds: Positive
    demand: Hourly
    initial_holding_share: Share
    return_share: Share
    resting_share: Share
    rest_minutes: Range
    speed_kmh: Range
    drop_km: Range
    cruise_minutes: Range
    ring_m: Positive
    report_seconds: Positive
    heartbeat_seconds: Positive
    reply_seconds: Positive
    retries: int = Field(ge=0)
    unfixed_share: Share
    buffered_positions: int = Field(ge=1)


class SituationFigures(_Table):
    """`[[situations]]`: what is announced, in both languages, and when after the start."""

    dataset: Literal["railway", "metro", "coach"]
    id: str
    after_minutes: float = Field(ge=0)
    lasts_minutes: Positive
    severity: Literal["noImpact", "verySlight", "slight", "normal", "severe", "verySevere"]
    cause: str
    summary_zh: str
    summary_en: str
    description_zh: str
    description_en: str
    stops: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()


class Silence(_Table):
    """`[silence.FEED]`: the feed falls silent so long after the scenario began."""

    after_seconds: float = Field(ge=0)
    how: Literal["stale", "hang", "error"]


class Scenario(_Table):
    """A whole scenario."""

    name: str
    name_zh: str
    name_en: str
    about_zh: str
    about_en: str
    extends: str | None = None
    day: DayFigures
    railway: RailwayFigures
    metro: MetroFigures
    coach: CoachFigures
    taxi: TaxiFigures
    situations: tuple[SituationFigures, ...] = ()
    silence: dict[Literal["railway", "metro", "coach", "taxi"], Silence] = {}


def names() -> list[str]:
    """The scenarios there are, the default first."""
    found = sorted(path.stem for path in FOLDER.glob("*.toml"))
    return sorted(found, key=lambda name: name != DEFAULT)


def load(name: str) -> Scenario:
    """The scenario of that name. Raises ScenarioError with one line."""
    if name not in names():
        raise ScenarioError(f"no scenario {name!r}; there are: {', '.join(names())}")
    try:
        return Scenario.model_validate({**_tables(name), "name": name})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ScenarioError(f"scenario {name}: {key}: {first['msg']}") from error


def _tables(name: str) -> dict[str, Any]:
    """The file's tables over those it extends; situations add up, all else is replaced by key."""
    try:
        own = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ScenarioError(f"scenario {name}: {error}") from error
    if (base := own.get("extends")) is None:
        return own
    below = _tables(base)
    merged = _over(below, own)
    merged["situations"] = [*below.get("situations", []), *own.get("situations", [])]
    return merged


def _over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            merged[key] = _over(old, value)
        else:
            merged[key] = value
    return merged
