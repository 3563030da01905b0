"""What can be set for a SIRI feed of journeys."""

import re
from datetime import timedelta
from typing import Literal

from pydantic import Field, field_validator

from connectors.siri_common import SiriConfig
from connectors.siri_push import INCREMENTAL
from hub.connector import Context
from hub.formats.siri_request import Topics, duration

Method = Literal["trip_id", "short_name", "times"]
NumberField = Literal["TrainNumberRef", "VehicleRef", "VehicleJourneyName", "PublishedLineName"]


class SiriJourneyConfig(SiriConfig):
    """Keys of every SIRI service that speaks of journeys.

    `ref_pattern` takes a journey reference apart: group `ref` names the journey, group `date`
    (optional) its service day. The default takes a trailing ":YYYY-MM-DD" off, which is how BaneNOR
    dates its unframed references. `matching` lists the methods tried in turn, see
    `connectors.siri_et.matching`. `train_number_from` is where this producer puts the number the
    public knows; producers differ, so nothing is assumed of VehicleRef. Journeys whose
    ServiceFeatureRef is one of `not_for_passengers` are kept, and nobody boards or alights.
    """

    change_before: timedelta | None = Field(
        default=None, description="ChangeBeforeUpdates of a subscription"
    )
    matching: tuple[Method, ...] = ("trip_id", "short_name", "times")
    ref_pattern: re.Pattern[str] = re.compile(r"(?P<ref>.+?)(?::(?P<date>\d{4}-\d{2}-\d{2}))?")
    train_number_from: tuple[NumberField, ...] = ("TrainNumberRef",)
    not_for_passengers: tuple[str, ...] = ("freightTrain",)

    @field_validator("ref_pattern")
    @classmethod
    def _names_the_journey(cls, pattern: re.Pattern[str]) -> re.Pattern[str]:
        if "ref" not in pattern.groupindex:
            message = "expected a regular expression with a group (?P<ref>...)"
            raise ValueError(message)
        return pattern


class SiriEtConfig(SiriJourneyConfig):
    """`[feeds.options]` of kind siri_et."""

    preview: timedelta | None = Field(default=None, description="PreviewInterval of the request")


def policy(context: Context) -> Topics:
    """How a subscription to journeys wants to be told of changes."""
    config = context.config
    if isinstance(config, SiriJourneyConfig) and config.change_before is not None:
        return (*INCREMENTAL, ("ChangeBeforeUpdates", duration(config.change_before)))
    return INCREMENTAL
