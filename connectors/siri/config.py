"""What can be set for a SIRI feed of journeys."""

import re
from datetime import date, timedelta
from typing import Literal

from pydantic import Field, field_validator

from connectors.siri.common import SiriConfig
from connectors.siri.push import INCREMENTAL
from hub.connector import Context
from hub.formats.siri.request import Topics, duration

Method = Literal["trip_id", "short_name", "times"]
NumberField = Literal["TrainNumberRef", "VehicleRef", "VehicleJourneyName", "PublishedLineName"]

_OLDEST, _NEWEST = date(2000, 1, 1), date(2200, 1, 1)


class SiriJourneyConfig(SiriConfig):
    """Keys of every SIRI service that speaks of journeys."""

    change_before: timedelta | None = Field(
        default=None,
        description="ChangeBeforeUpdates of a subscription: how much a time must change to be "
        "told; none: as the producer chooses",
    )
    matching: tuple[Method, ...] = Field(
        default=("trip_id", "short_name", "times"),
        description="methods of finding the timetable's trip, tried in turn, the surest first; see "
        "Matching in [feeds.md](../feeds.md)",
    )
    ref_pattern: re.Pattern[str] = Field(
        default=re.compile(r"(?P<ref>.+?)(?::(?P<date>\d{4}-\d{2}-\d{2}))?"),
        description="what takes a journey reference apart: group `ref` names the journey, group "
        "`date`, if any, its service day; the default takes off a trailing `:YYYY-MM-DD`, as "
        "BaneNOR writes it",
    )
    train_number_from: tuple[NumberField, ...] = Field(
        default=("TrainNumberRef",),
        description="where this producer writes the number the public knows, the first that is "
        "there counts; producers differ, so nothing is assumed of VehicleRef",
    )
    not_for_passengers: tuple[str, ...] = Field(
        default=("freightTrain",),
        description="ServiceFeatureRefs of trains that are kept, and that nobody boards or leaves",
    )

    @field_validator("ref_pattern")
    @classmethod
    def _names_the_journey(cls, pattern: re.Pattern[str]) -> re.Pattern[str]:
        if "ref" not in pattern.groupindex:
            message = "expected a regular expression with a group (?P<ref>...)"
            raise ValueError(message)
        return pattern

    def named(self, ref: str, declared: date | None) -> tuple[str, date | None]:
        """A journey reference without its date, and the service day by it, else as `declared`.

        Days nobody plans for, before 2000 or from 2200 on, are none.
        """
        taken = self.ref_pattern.fullmatch(ref)
        groups = taken.groupdict() if taken else {}
        return groups.get("ref") or ref, _as_date(groups.get("date")) or _sane(declared)


def _as_date(text: str | None) -> date | None:
    try:
        return _sane(date.fromisoformat(text)) if text else None
    except ValueError:
        return None


def _sane(day: date | None) -> date | None:
    return day if day and _OLDEST <= day < _NEWEST else None


def policy(context: Context) -> Topics:
    """How a subscription to journeys wants to be told of changes."""
    config = context.config
    if isinstance(config, SiriJourneyConfig) and config.change_before is not None:
        return (*INCREMENTAL, ("ChangeBeforeUpdates", duration(config.change_before)))
    return INCREMENTAL
