"""What of the feeds' data is sampled: as much as a pane that shows now has ever shown."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hub.model.common import Position
from hub.store import raw
from hub.store.feeds import listed

BEHIND = timedelta(minutes=30)
AHEAD = timedelta(hours=3)
"""Calls are kept from so long before their time: a board looks two hours ahead."""
RADIUS_M = 3_000.0
HEARD = timedelta(minutes=10)
"""Vehicles are kept so near to the centre, and so long after they were heard of."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at the present needs to know: the moment, the stop places, the centre."""

    now: datetime
    stop_places: tuple[str, ...]
    centre: Position


@dataclass(frozen=True, slots=True)
class Kept:
    """Rows of a collection that are sampled: which, and which of their fields."""

    collection: str
    rows: Callable[[Look], Mapping[str, Any]] = lambda _look: {}
    fields: Mapping[str, int] = field(default_factory=dict)


def _calls(look: Look) -> Mapping[str, Any]:
    window = {"$gte": look.now - BEHIND, "$lt": look.now + AHEAD}
    here = {"stop_place.id": {"$in": list(look.stop_places)}}
    return {"$or": [{**here, f"board.{end}": window} for end in ("departure", "arrival")]}


def _vehicles(look: Look) -> Mapping[str, Any]:
    circle = (look.centre.lat, look.centre.lon, RADIUS_M)
    return listed.vehicles(None, circle, look.now - HEARD).query


def _situations(look: Look) -> Mapping[str, Any]:
    return {"progress": "OPEN", **listed.in_force(look.now)}


OF_FEEDS: tuple[Kept, ...] = (
    Kept(raw.FEEDS, fields=dict.fromkeys(("totals", "counts", "rejects", "notes", "push"), 0)),
    Kept(raw.CALLS, _calls, {"others": 0}),
    Kept(raw.VEHICLES, _vehicles, dict.fromkeys(("others", "contested", "carriages", "fp"), 0)),
    Kept(raw.TAXI_RANKS),
    Kept(raw.PARKING_FACILITIES, fields={"status.others": 0, "contested": 0}),
    Kept(raw.SITUATIONS, _situations, {"others": 0, "contested": 0}),
)
"""`feeds` first: what the rest is worth follows from it."""
