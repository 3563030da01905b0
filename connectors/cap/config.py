"""What can be set for a CAP feed."""

from typing import Literal

from pydantic import Field, field_validator

from hub.connector import ConnectorConfig, Context


class CapConfig(ConnectorConfig):
    """`[feeds.options]` of kind cap.

    CAP leaves to the recipient how long an alert without `expires` is in force.
    """

    exercises: Literal["mark", "reject"] = Field(
        default="mark",
        description="alerts of status Exercise, Test or Draft: mark them as drills, so that a "
        "drill can be followed here too, or reject them",
    )
    scopes: tuple[Literal["Public", "Restricted", "Private"], ...] = Field(
        default=("Public",),
        description="CAP scopes that everybody who reads situations may see; alerts of another are "
        "rejected",
    )
    lifetime_s: float | None = Field(
        default=None,
        gt=0,
        description="seconds an alert without `expires` is in force; none: until it is withdrawn, "
        "because to end a warning early is the worse error",
    )
    encoding: str | None = Field(
        default=None,
        description="what documents are written in, as gb18030, whatever they declare; none: as "
        "they declare",
    )
    links: Literal["follow", "ignore"] = Field(
        default="follow",
        description="alerts that a list names and does not carry: follow fetches each of them "
        "once, as most lists carry no alert themselves; ignore leaves them out",
    )

    @field_validator("encoding")
    @classmethod
    def _is_known(cls, name: str | None) -> str | None:
        try:
            "".encode(name or "utf-8")
        except LookupError as error:
            message = "expected the name of an encoding such as gb18030"
            raise ValueError(message) from error
        return name


def config_of(context: Context) -> CapConfig:
    """The feed's options."""
    return context.config if isinstance(context.config, CapConfig) else CapConfig()
