"""What can be set for a JT/T 808 feed."""

from typing import Literal

from pydantic import Field

from connectors.jtt.vehicles import MUST_AUTHENTICATE_SAYS, VehicleConfig


class Jtt808Config(VehicleConfig):
    """`[feeds.options]` of kind jtt808.

    The standard has no taxi meter: a taxi is UNKNOWN, or out of service (status bit 4), unless
    `load_bits` or `loaded_item` say where a meter writes.
    """

    coordinates: Literal["flagged", "wgs84", "gcj02"] = Field(
        default="flagged",
        description="what positions are sent in; flagged: as status bit 5 of each says; stored is "
        "WGS-84",
    )
    require_authentication: bool = Field(default=False, description=MUST_AUTHENTICATE_SAYS)
    load_bits: bool = Field(
        default=False,
        description="status bits 8 and 9 are set by a taxi meter, 00 being vacant; most terminals "
        "leave them 0, so a taxi's state is UNKNOWN by default",
    )
    loaded_item: int | None = Field(
        default=None,
        ge=1,
        le=255,
        description="number of the vendor's additional item that is not zero while a taxi is "
        "loaded; none: no such item",
    )
    loaded_mask: int = Field(
        default=-1, description="bits of `loaded_item` that count, as a number; -1: all of them"
    )
