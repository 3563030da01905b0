"""What can be set for a SIRI-SM feed."""

from datetime import timedelta

from pydantic import Field

from connectors.siri_et.config import SiriJourneyConfig


class SiriSmConfig(SiriJourneyConfig):
    """`[feeds.options]` of kind siri_sm.

    Without `monitoring_refs` the interchange's stop places in the feed's dataset are asked for.
    """

    monitoring_refs: tuple[str, ...] = Field(
        default=(), max_length=200, description="MonitoringRef of each stop that is asked for"
    )
    preview: timedelta | None = Field(default=None, description="PreviewInterval of the request")
    max_visits: int | None = Field(default=None, ge=1, description="MaximumStopVisits a stop")
