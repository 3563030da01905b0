"""What can be set for a SIRI-VM feed."""

from pydantic import Field

from connectors.siri.config import SiriJourneyConfig


class SiriVmConfig(SiriJourneyConfig):
    """`[feeds.options]` of kind siri_vm."""

    line_refs: tuple[str, ...] = Field(
        default=(),
        max_length=200,
        description="LineRef of each line that is asked for, 200 at most; none: all lines",
    )
    calls: bool = Field(
        default=True,
        description="read the calls of the vehicles' journeys too; false where the same journeys "
        "come over SIRI-ET",
    )
