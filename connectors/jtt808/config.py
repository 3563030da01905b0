"""What can be set for a JT/T 808 feed."""

from typing import Literal

from pydantic import Field

from connectors.jtt_vehicles import VehicleConfig


class Jtt808Config(VehicleConfig):
    """`[feeds.options]` of kind jtt808.

    `coordinates = "flagged"` believes status bit 5. The standard has no taxi meter: a taxi is
    UNKNOWN (or out of service, bit 4) unless `load_bits` says that status bits 8 and 9 are set by
    a meter, or `loaded_item` names the vendor's additional item that is not zero (under
    `loaded_mask`) while the taxi is loaded. With `require_authentication` a terminal must give the
    code of its registration first.
    """

    coordinates: Literal["flagged", "wgs84", "gcj02"] = "flagged"
    require_authentication: bool = False
    load_bits: bool = False
    loaded_item: int | None = Field(default=None, ge=1, le=255)
    loaded_mask: int = Field(default=-1, description="bits of the item that count; all by default")
