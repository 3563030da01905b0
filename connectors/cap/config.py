"""What can be set for a CAP feed."""

from typing import Literal

from pydantic import Field, field_validator

from hub.connector import ConnectorConfig, Context


class CapConfig(ConnectorConfig):
    """`[feeds.options]` of kind cap.

    `exercises`: alerts of status Exercise, Test or Draft are marked as drills, or rejected.
    `scopes` are those that everybody who reads situations may see. `lifetime_s` is how many seconds
    an alert without `expires` stays in force: CAP leaves that to the recipient, and without it
    such an alert stays until it is withdrawn. `encoding` is what documents are written in whatever
    they declare.
    """

    exercises: Literal["mark", "reject"] = "mark"
    scopes: tuple[Literal["Public", "Restricted", "Private"], ...] = ("Public",)
    lifetime_s: float | None = Field(default=None, gt=0)
    encoding: str | None = None
    links: Literal["follow", "ignore"] = "follow"

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
