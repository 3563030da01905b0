"""Vehicles on the move, and what the taxi ranks show."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from hub.model.common import Mode, Name, Occupancy, Position


class TaxiState(StrEnum):
    """MDS 2.0 vehicle_state words for what JT/T 905 status bits say (空车/重车/...)."""

    AVAILABLE = "AVAILABLE"
    RESERVED = "RESERVED"
    ON_TRIP = "ON_TRIP"
    STOPPED = "STOPPED"
    NON_OPERATIONAL = "NON_OPERATIONAL"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Carriage:
    """One carriage of a train (车厢): its label, else its id, and how full it is."""

    label: str | None
    occupancy: Occupancy | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VehiclePosition:
    """Where a vehicle was at `observed_at`. `taxi_state` is set for taxis only.

    `label` is what is painted on the vehicle, never a personal identifier. `progress` is how much
    of the way from one stop to the next lies behind it, in per cent. `carriages` begin with the
    first in the direction of travel.
    """

    id: str
    dataset: str
    native_id: str
    mode: Mode
    position: Position
    observed_at: datetime
    bearing: float | None = None
    speed_kmh: float | None = None
    label: str | None = None
    journey_id: str | None = None
    line_id: str | None = None
    stop_place_id: str | None = None
    occupancy: Occupancy | None = None
    carriages: tuple[Carriage, ...] = ()
    progress: float | None = None
    taxi_state: TaxiState | None = None
    alarms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Polygon:
    """A closed area: its ring of corners, first not repeated."""

    ring: tuple[Position, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxiRank:
    """A taxi rank (候客点) and the holding lot (蓄车场) that feeds it."""

    id: str
    name: Name
    position: Position
    rank_area: Polygon
    holding_area: Polygon
    rank_capacity: int
    holding_capacity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RankObservation:
    """What is derived for a rank from the positions of taxis.

    `vehicles_waiting` counts available taxis inside the rank's area, `holding` those in the lot,
    `departures_15m` loaded taxis that left the rank in the last 15 minutes. `None` is unknown.
    """

    rank_id: str
    vehicles_waiting: int | None
    holding: int | None
    departures_15m: int | None
    observed_at: datetime | None
