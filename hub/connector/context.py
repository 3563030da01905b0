"""What a connector may know besides the bytes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from hub.model.common import Mode


class Incrementality(StrEnum):
    """What the absence of an entity means. AUTO: as the message itself says."""

    FULL = "full"
    DIFFERENTIAL = "differential"
    AUTO = "auto"


class ConnectorConfig(BaseModel):
    """Keys a connector understands beyond the common ones (`[feeds.options]`)."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Reference(Protocol):
    """Static reference data a connector resolves ids against. Opaque to everybody else."""

    @property
    def version(self) -> str:
        """Names the content; another version means the reference was replaced."""
        ...


@dataclass(frozen=True, slots=True)
class Context:
    """All that a connector may know besides the bytes."""

    feed_id: str
    dataset: str
    mode: Mode | None
    timezone: ZoneInfo
    incrementality: Incrementality
    config: ConnectorConfig
    reference: Reference | None = None
    stop_places: frozenset[str] = frozenset()
    """Native ids of the interchange's stop places in this dataset; empty = keep every journey."""
    progress: Callable[[float], None] | None = field(default=None, compare=False, repr=False)
    """Told the share of a large payload that was read, 0 to 1, from the thread that reads it."""
