"""Parking and shared-mobility stations: the facility, and what is free in it now."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from hub.model.common import Name, Position


class OpeningStatus(StrEnum):
    """Whether a facility takes vehicles now (DATEX II OpeningStatusEnum, reduced)."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"
    UNKNOWN = "UNKNOWN"


class ParkingSiteStatus(StrEnum):
    """Whether spaces are free, in a word (DATEX II ParkingSiteStatusEnum)."""

    SPACES_AVAILABLE = "SPACES_AVAILABLE"
    ALMOST_FULL = "ALMOST_FULL"
    FULL = "FULL"
    FULL_AT_ENTRANCE = "FULL_AT_ENTRANCE"


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
    """What is free in a facility: counts, a word, a percentage; whatever the source gives.

    `occupancy_percent` is the share of the spaces that are taken; over 100 it is overcrowded.
    `observed_at` is the facility's own status time, never the publication's: a fresh publication
    often carries statuses that are hours old.
    """

    facility_id: str
    dataset: str
    vacant: int | None = None
    occupied: int | None = None
    capacity: int | None = None
    occupancy_percent: float | None = None
    status: ParkingSiteStatus | None = None
    opening: OpeningStatus = OpeningStatus.UNKNOWN
    observed_at: datetime | None = None

    @property
    def is_empty(self) -> bool:
        """Whether it says nothing of what is free, nor whether the facility is open."""
        told = (self.vacant, self.occupied, self.occupancy_percent, self.status)
        return self.opening is OpeningStatus.UNKNOWN and all(value is None for value in told)

    def counted(self) -> "ParkingStatus":
        """With the counts that follow from a capacity that is known, and what else is told."""
        vacant, occupied = counted(
            self.capacity, self.vacant, self.occupied, self.occupancy_percent, self.status
        )
        return replace(self, vacant=vacant, occupied=occupied)


def counted(
    capacity: int | None,
    vacant: int | None,
    occupied: int | None,
    percent: float | None,
    status: str | None,
) -> tuple[int | None, int | None]:
    """Vacant and occupied spaces as told; what is not, as it follows from the capacity.

    From the other of the two, else from a percentage, else from FULL. FULL_AT_ENTRANCE is what a
    sign says and gives no count; more vacant spaces than there are give none either.
    """
    if not capacity or (vacant is not None and occupied is not None):
        return vacant, occupied
    if occupied is not None:
        return max(0, capacity - occupied), occupied
    if vacant is not None:
        return vacant, capacity - vacant if vacant <= capacity else None
    if percent is not None:
        taken = round(capacity * percent / 100)
        return max(0, capacity - taken), taken
    return (0, capacity) if status == ParkingSiteStatus.FULL else (None, None)


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
