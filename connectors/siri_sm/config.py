"""What can be set for a SIRI-SM feed."""

from datetime import timedelta

from pydantic import Field

from connectors.siri.config import SiriJourneyConfig


class SiriSmConfig(SiriJourneyConfig):
    """`[feeds.options]` of kind siri_sm."""

    monitoring_refs: tuple[str, ...] = Field(
        default=(),
        max_length=200,
        description="MonitoringRef of each stop that is asked for, 200 at most; none: the area's "
        "stop places in the feed's dataset",
    )
    preview: timedelta | None = Field(
        default=None,
        description="PreviewInterval of the request: how far ahead journeys are told; none: as the "
        "producer chooses",
    )
    max_visits: int | None = Field(
        default=None,
        ge=1,
        description="MaximumStopVisits asked for of each stop; none: as the producer chooses",
    )
