"""What can be set for a JT/T 809 feed."""

from ipaddress import ip_network
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from connectors.jtt_vehicles import VehicleConfig
from hub.formats.jtt809 import Cipher

_WORD = 0xFFFFFFFF


class Jtt809Config(VehicleConfig):
    """`[feeds.options]` of kind jtt809: one lower platform a feed.

    What is set of `access_code`, `user` and `password` a login must give; in service set all
    three. `m1`, `ia1` and `ic1` are the numbers of the keystream the two platforms agreed on;
    without them encrypted data is refused. `coordinates = "flagged"` believes the displacement flag
    of each position.
    """

    coordinates: Literal["flagged", "wgs84", "gcj02"] = "flagged"
    access_code: int | None = Field(default=None, ge=0, le=_WORD)
    user: int | None = Field(default=None, ge=0, le=_WORD)
    password: str | None = Field(default=None, min_length=1, max_length=8)
    m1: int | None = Field(default=None, ge=0, le=_WORD)
    ia1: int | None = Field(default=None, ge=0, le=_WORD)
    ic1: int | None = Field(default=None, ge=0, le=_WORD)
    subordinate_link: bool = Field(
        default=True,
        description="whether the subordinate link is opened to where a login asks for it",
    )
    subordinate_hosts: tuple[str, ...] = Field(
        default=(),
        description="addresses, networks (203.0.113.0/24) and names the subordinate link may lead "
        "to; none: only the address that the platform itself calls from. A private one needs "
        "`allow_private` of the feed too",
    )

    @field_validator("subordinate_hosts")
    @classmethod
    def _networks(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        for host in hosts:
            if "/" in host:
                ip_network(host)
        return hosts

    @model_validator(mode="after")
    def _all_or_none(self) -> Self:
        given = [number is not None for number in (self.m1, self.ia1, self.ic1)]
        if any(given) and not all(given):
            message = "m1, ia1 and ic1 belong together: give all three or none"
            raise ValueError(message)
        return self

    @property
    def cipher(self) -> Cipher | None:
        """The keystream, if one is agreed on."""
        if self.m1 is None or self.ia1 is None or self.ic1 is None:
            return None
        return Cipher(self.m1, self.ia1, self.ic1)
