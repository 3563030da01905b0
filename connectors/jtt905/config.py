"""What can be set for a JT/T 905 feed."""

from typing import Literal

from pydantic import Field

from connectors.jtt.vehicles import MUST_AUTHENTICATE_SAYS, VehicleConfig


class Jtt905Config(VehicleConfig):
    """`[feeds.options]` of kind jtt905."""

    coordinates: Literal["wgs84", "gcj02"] = Field(
        default="wgs84",
        description="what positions are sent in, wgs84 by the standard; stored is WGS-84",
    )
    require_authentication: bool = Field(default=False, description=MUST_AUTHENTICATE_SAYS)
