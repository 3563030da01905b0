"""The model's words as GraphQL enums, with their Chinese terms."""

from collections.abc import Mapping
from enum import StrEnum

import strawberry

from hub.model.alarms import AlarmLevel, AlarmState
from hub.model.channels import PushChannel
from hub.model.common import Accessibility, Mode, OccupancyStatus
from hub.model.facilities import FacilityStatus
from hub.model.feeds import FeedState, FreshnessState, LinkState
from hub.model.identity import IdScheme, MappingState, MatchMethod
from hub.model.journeys import (
    CallStatus,
    CheckIn,
    JourneyState,
    Progress,
    Punctuality,
    SaleStatus,
)
from hub.model.network import StopPlaceKind
from hub.model.operations import (
    IncidentKind,
    IncidentState,
    OrderPriority,
    OrderState,
    Stage,
    UnitKind,
)
from hub.model.parking import OpeningStatus, ParkingSiteStatus
from hub.model.people import Role
from hub.model.situations import Certainty, Severity, SituationProgress, Urgency
from hub.model.vehicles import TaxiState
from hub.model.walls import WallPage
from schema.words import WORDS


def worded(
    enum: type[StrEnum], text: str, values: Mapping[str, str], *, name: str | None = None
) -> None:
    """Make it a GraphQL enum, each of whose values says what it means, the Chinese word with it.

    `values` are by the enum's own values, `name` is for the schema alone. Raises KeyError for one
    that is not described.
    """
    strawberry.enum(enum, name=name, description=text)
    for value in vars(enum)["__strawberry_definition__"].values:
        value.description = values[enum[value.name]]


_NAMES = {Mode: "TransportMode", Role: "AccountRole"}
"""Words that another subgraph has for something else, or with other values (decision 0019)."""

for _enum, _words in WORDS.items():
    worded(_enum, *_words, name=_NAMES.get(_enum))

__all__ = [
    "Accessibility",
    "AlarmLevel",
    "AlarmState",
    "CallStatus",
    "Certainty",
    "CheckIn",
    "FacilityStatus",
    "FeedState",
    "FreshnessState",
    "IdScheme",
    "IncidentKind",
    "IncidentState",
    "JourneyState",
    "LinkState",
    "MappingState",
    "MatchMethod",
    "Mode",
    "OccupancyStatus",
    "OpeningStatus",
    "OrderPriority",
    "OrderState",
    "ParkingSiteStatus",
    "Progress",
    "Punctuality",
    "PushChannel",
    "Role",
    "SaleStatus",
    "Severity",
    "SituationProgress",
    "Stage",
    "StopPlaceKind",
    "TaxiState",
    "UnitKind",
    "Urgency",
    "WallPage",
    "worded",
]
