"""What can be set for a SIRI-ET feed."""

from datetime import timedelta

from pydantic import Field

from connectors.siri.config import SiriJourneyConfig


class SiriEtConfig(SiriJourneyConfig):
    """`[feeds.options]` of kind siri_et."""

    preview: timedelta | None = Field(
        default=None,
        description="PreviewInterval of the request: how far ahead journeys are told; none: as the "
        "producer chooses",
    )
