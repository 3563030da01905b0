"""What every part of the model uses: modes, bilingual names, positions, occupancy."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar, dataclass_transform

Made = TypeVar("Made")


@dataclass_transform(frozen_default=True)
def frozen_when_checked(*, kw_only: bool = False) -> Callable[[type[Made]], type[Made]]:
    """A dataclass that is frozen to the type checker, and not to the interpreter.

    Freezing makes a dataclass three times as dear to make. That is well spent but for what one
    message makes a hundred thousand of.
    """
    return dataclass(slots=True, unsafe_hash=True, kw_only=kw_only)


class Mode(StrEnum):
    """Mode of transport (运输方式). GTFS route types, SIRI VehicleMode and taxis map onto these."""

    RAIL = "RAIL"
    METRO = "METRO"
    COACH = "COACH"
    TAXI = "TAXI"
    BUS = "BUS"
    TRAM = "TRAM"
    FERRY = "FERRY"
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True)
class Name:
    """A name in Chinese and English; either may be missing, not both."""

    zh: str | None = None
    en: str | None = None

    @property
    def best(self) -> str:
        """Chinese if known, else English, else empty."""
        return self.zh or self.en or ""


@dataclass(frozen=True, slots=True)
class Position:
    """WGS-84 degrees."""

    lat: float
    lon: float


class OccupancyStatus(StrEnum):
    """GTFS-RT OccupancyStatus, which SIRI's values map onto (拥挤度)."""

    EMPTY = "EMPTY"
    MANY_SEATS_AVAILABLE = "MANY_SEATS_AVAILABLE"
    FEW_SEATS_AVAILABLE = "FEW_SEATS_AVAILABLE"
    STANDING_ROOM_ONLY = "STANDING_ROOM_ONLY"
    CRUSHED_STANDING_ROOM_ONLY = "CRUSHED_STANDING_ROOM_ONLY"
    FULL = "FULL"
    NOT_ACCEPTING_PASSENGERS = "NOT_ACCEPTING_PASSENGERS"
    NOT_BOARDABLE = "NOT_BOARDABLE"


class Accessibility(StrEnum):
    """Whether somebody in a wheelchair can use it (无障碍), as NeTEx and GTFS say."""

    ACCESSIBLE = "ACCESSIBLE"
    PARTLY_ACCESSIBLE = "PARTLY_ACCESSIBLE"
    NOT_ACCESSIBLE = "NOT_ACCESSIBLE"


@dataclass(frozen=True, slots=True)
class Occupancy:
    """How full: a status, a percentage, or a count of a capacity; whatever the source gives."""

    status: OccupancyStatus | None = None
    percent: int | None = None
    count: int | None = None
    capacity: int | None = None
