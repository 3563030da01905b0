"""Parking and shared-mobility stations: the facility, and what is free in it now."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from hub.model.common import Name, Position


class OpeningStatus(StrEnum):
    """Whether a facility takes vehicles now (DATEX II OpeningStatusEnum, reduced)."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkingFacility:
    """A garage, car park or P+R site (停车场). `capacity` counts all spaces."""

    id: str
    dataset: str
    native_id: str
    name: Name
    position: Position | None = None
    capacity: int | None = None
    park_and_ride: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkingStatus:
    """What is free in a facility.

    `observed_at` is the facility's own status time, never the publication's: a fresh publication
    often carries statuses that are hours old.
    """

    facility_id: str
    dataset: str
    vacant: int | None = None
    occupied: int | None = None
    capacity: int | None = None
    opening: OpeningStatus = OpeningStatus.UNKNOWN
    observed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SharingStation:
    """A station of shared vehicles (GBFS) with what can be taken and returned there now."""

    id: str
    dataset: str
    native_id: str
    name: Name
    position: Position | None = None
    capacity: int | None = None
    vehicles_available: int | None = None
    docks_available: int | None = None
    renting: bool | None = None
    returning: bool | None = None
    observed_at: datetime | None = None
