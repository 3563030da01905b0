"""What can be set for a JT/T 809 feed."""

from ipaddress import ip_network
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from connectors.jtt.vehicles import VehicleConfig
from hub.formats.jtt.t809 import Cipher

_WORD = 0xFFFFFFFF


class Jtt809Config(VehicleConfig):
    """`[feeds.options]` of kind jtt809: one lower platform a feed."""

    coordinates: Literal["flagged", "wgs84", "gcj02"] = Field(
        default="flagged",
        description="what positions are sent in; flagged: as the displacement flag of each says; "
        "stored is WGS-84",
    )
    access_code: int | None = Field(
        default=None,
        ge=0,
        le=_WORD,
        description="access code (接入码) a login must come with; none: any. Set this, `user` and "
        "`password` in service",
    )
    user: int | None = Field(
        default=None, ge=0, le=_WORD, description="user number a login must give; none: any"
    )
    password: str | None = Field(
        default=None,
        min_length=1,
        max_length=8,
        description="password a login must give, eight characters at most; none: any",
    )
    m1: int | None = Field(
        default=None,
        ge=0,
        le=_WORD,
        description="M1 of the keystream agreed on, with `ia1` and `ic1`; none: encrypted data is "
        "refused",
    )
    ia1: int | None = Field(
        default=None, ge=0, le=_WORD, description="IA1 of the keystream agreed on, as `m1`"
    )
    ic1: int | None = Field(
        default=None, ge=0, le=_WORD, description="IC1 of the keystream agreed on, as `m1`"
    )
    subordinate_link: bool = Field(
        default=True,
        description="open the subordinate link to where a login asks for it, as the standard "
        "wants; false where the network allows no connection that way",
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
