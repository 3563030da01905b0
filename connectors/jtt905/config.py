"""What can be set for a JT/T 905 feed."""

from typing import Literal

from connectors.jtt_vehicles import VehicleConfig


class Jtt905Config(VehicleConfig):
    """`[feeds.options]` of kind jtt905.

    With `require_authentication` a terminal must give the code of its registration first.
    """

    coordinates: Literal["wgs84", "gcj02"] = "wgs84"
    require_authentication: bool = False
