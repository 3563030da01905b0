"""What can be set for a SIRI-VM feed."""

from pydantic import Field

from connectors.siri_et.config import SiriJourneyConfig


class SiriVmConfig(SiriJourneyConfig):
    """`[feeds.options]` of kind siri_vm.

    With `calls` false positions are read only, as where the same journeys come over SIRI-ET.
    """

    line_refs: tuple[str, ...] = Field(
        default=(), max_length=200, description="LineRef of each line asked for; all if none"
    )
    calls: bool = Field(default=True, description="read the calls of the vehicles' journeys")
