"""Facilities of a stop place and their condition: lifts, escalators, gates (SIRI-FM)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from hub.model.common import Name
from hub.model.situations import Period


class FacilityStatus(StrEnum):
    """SIRI FacilityStatusEnumeration, reduced to what a traveller can use."""

    AVAILABLE = "AVAILABLE"
    PARTLY_AVAILABLE = "PARTLY_AVAILABLE"
    NOT_AVAILABLE = "NOT_AVAILABLE"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class FacilityCondition:
    """The condition of one facility. `category` keeps the source's own class of it."""

    id: str
    dataset: str
    native_id: str
    name: Name
    category: str | None = None
    status: FacilityStatus = FacilityStatus.UNKNOWN
    stop_place_id: str | None = None
    reason: Name | None = None
    validity: tuple[Period, ...] = ()
    observed_at: datetime | None = None
