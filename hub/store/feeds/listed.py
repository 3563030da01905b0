"""Lists that are read in pages: what is in them, and the order an index gives them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from hub.store import raw
from hub.store.feeds.circles import Circle, inside

Query = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Listed:
    """Rows of a collection that match, by `key` and `_id`."""

    collection: str
    query: Query
    key: str = "_id"


def lines(modes: Sequence[str] | None) -> Listed:
    """Lines of these modes (None: all)."""
    return Listed(raw.LINES, _of(modes))


def journeys_of(line: str, day: date) -> Listed:
    """A line's journeys of one service day, by their start."""
    query = {"line.id": line, "service_date": day.isoformat()}
    return Listed(raw.JOURNEYS, query, key="starts_at")


def vehicles(
    modes: Sequence[str] | None, within: Circle | None, observed_after: datetime | None
) -> Listed:
    """Vehicles of these modes, inside a circle, heard of after a moment; None: all."""
    since = {} if observed_after is None else {"observed_at": {"$gt": observed_after}}
    return Listed(raw.VEHICLES, {**_of(modes), **_inside(within), **since})


def parking_facilities(within: Circle | None) -> Listed:
    """Parking facilities inside a circle, or all."""
    return Listed(raw.PARKING_FACILITIES, _inside(within))


def sharing_stations(within: Circle | None) -> Listed:
    """Stations of shared vehicles inside a circle, or all."""
    return Listed(raw.SHARING_STATIONS, _inside(within))


def facility_conditions(stop_places: Iterable[str] | None, now: datetime | None) -> Listed:
    """Conditions at one of these ids (None: anywhere); with `now`, those in force then."""
    here = {} if stop_places is None else {"stop_place_id": {"$in": list(stop_places)}}
    return Listed(raw.FACILITY_CONDITIONS, {**here, **({} if now is None else in_force(now))})


def in_force(now: datetime) -> Query:
    """What has no validity period, or one that holds `now`; an open end is null."""
    holds = {"start": {"$not": {"$gt": now}}, "end": {"$not": {"$lte": now}}}
    return {"$or": [{"validity": {"$size": 0}}, {"validity": {"$elemMatch": holds}}]}


def _of(modes: Sequence[str] | None) -> Query:
    return {} if modes is None else {"mode": {"$in": list(modes)}}


def _inside(within: Circle | None) -> Query:
    return {} if within is None else {"location": inside(within)}
