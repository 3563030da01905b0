"""What each taxi rank shows, from the positions of taxis (候客点: 候客车辆, 蓄车场, 发车).

Time is the taxis' own: counts are as of the newest position seen, not of the wall clock. When the
feed falls silent they therefore stay as they were, grow STALE by that time, and become unknown
once `expire_after` has passed. They never sink to 0 because nobody speaks.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

import shapely

from hub.model.common import Position
from hub.model.vehicles import Polygon, RankObservation, TaxiRank, TaxiState

WINDOW = timedelta(minutes=15)


class Place(Enum):
    """Where a taxi stands with respect to one rank."""

    RANK = "RANK"
    HOLDING = "HOLDING"


@dataclass(frozen=True, slots=True)
class Sighting:
    """One position of one taxi, as much of it as a rank needs."""

    vehicle: str
    position: Position
    state: TaxiState
    at: datetime


class TaxiRanks:
    """All ranks of an area over one taxi feed. `see` every position, `observe` when asked.

    `fresh_for` is how long a taxi counts after its last position, `expire_after` how long the
    whole feed may be silent before the counts are unknown.
    """

    def __init__(
        self, ranks: Sequence[TaxiRank], *, fresh_for: timedelta, expire_after: timedelta
    ) -> None:
        self._ranks = [_Rank(rank) for rank in ranks]
        self._fresh_for = fresh_for
        self._expire_after = expire_after
        self._last: dict[str, datetime] = {}
        self._newest: datetime | None = None
        self._since: datetime | None = None
        self._swept: datetime | None = None

    def see(self, sighting: Sighting) -> None:
        """Take a position; one that is older than what is known of its taxi changes nothing."""
        known = self._last.get(sighting.vehicle)
        if known is not None and sighting.at < known:
            return
        self._last[sighting.vehicle] = sighting.at
        self._newest = max(self._newest or sighting.at, sighting.at)
        for rank in self._ranks:
            rank.see(sighting, self._expire_after)

    def observe(self, now: datetime) -> list[RankObservation]:
        """Each rank's counts, in the ranks' order; all None when the feed is silent or unheard."""
        if self._newest is None or now - self._newest > self._expire_after:
            return [_unknown(rank.rank, self._newest) for rank in self._ranks]
        as_of = min(self._newest, now)
        self._since = self._since or as_of
        self._forget(as_of)
        watched = as_of - self._since
        return [rank.observe(as_of, self._fresh_for, watched) for rank in self._ranks]

    def _forget(self, as_of: datetime) -> None:
        """Once a minute, drop what is known of taxis too old to matter, so memory is bounded."""
        if self._swept is not None and as_of - self._swept < timedelta(minutes=1):
            return
        self._swept = as_of
        self._last = {vehicle: at for vehicle, at in self._last.items() if as_of - at <= WINDOW}
        for rank in self._ranks:
            rank.forget(as_of, self._expire_after)


class _Rank:
    """One rank: who is in its areas, and who left it loaded."""

    def __init__(self, rank: TaxiRank) -> None:
        self.rank = rank
        self._areas = (
            (Place.RANK, _area(rank.rank_area)),
            (Place.HOLDING, _area(rank.holding_area)),
        )
        self._bounds = shapely.union_all([area for _, area in self._areas]).bounds
        self._present: dict[str, tuple[Place, TaxiState, datetime]] = {}
        self._departures: deque[datetime] = deque()

    def see(self, sighting: Sighting, expire_after: timedelta) -> None:
        before = self._present.pop(sighting.vehicle, None)
        if (
            before is not None
            and before[:2] == (Place.RANK, TaxiState.AVAILABLE)
            and sighting.state is TaxiState.ON_TRIP
            and sighting.at - before[2] <= expire_after
        ):
            self._departures.append(sighting.at)
        if place := self._place(sighting.position):
            self._present[sighting.vehicle] = (place, sighting.state, sighting.at)

    def forget(self, as_of: datetime, expire_after: timedelta) -> None:
        self._present = {
            vehicle: seen
            for vehicle, seen in self._present.items()
            if as_of - seen[2] <= expire_after
        }

    def observe(self, as_of: datetime, fresh_for: timedelta, watched: timedelta) -> RankObservation:
        while self._departures and as_of - self._departures[0] > WINDOW:
            self._departures.popleft()
        waiting = {Place.RANK: 0, Place.HOLDING: 0}
        for place, state, at in self._present.values():
            if state is TaxiState.AVAILABLE and as_of - at <= fresh_for:
                waiting[place] += 1
        # Until a whole window has been watched, none seen is not known to be none.
        departures = len(self._departures) or (0 if watched >= WINDOW else None)
        return RankObservation(
            rank_id=self.rank.id,
            vehicles_waiting=waiting[Place.RANK],
            holding=waiting[Place.HOLDING],
            departures_15m=departures,
            observed_at=as_of,
        )

    def _place(self, position: Position) -> Place | None:
        west, south, east, north = self._bounds
        if not (south <= position.lat <= north and west <= position.lon <= east):
            return None
        for place, area in self._areas:
            if shapely.intersects_xy(area, position.lon, position.lat):
                return place
        return None


def _area(polygon: Polygon) -> shapely.Polygon:
    area = shapely.Polygon([(corner.lon, corner.lat) for corner in polygon.ring])
    shapely.prepare(area)
    return area


def _unknown(rank: TaxiRank, newest: datetime | None) -> RankObservation:
    return RankObservation(
        rank_id=rank.id,
        vehicles_waiting=None,
        holding=None,
        departures_15m=None,
        observed_at=newest,
    )
