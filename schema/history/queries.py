"""Query roots of what was: what is kept of it, and any moment in it."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import strawberry

from hub.errors import UserFault
from hub.model.common import Position as Place
from hub.model.people import Scope
from hub.operations.alarming.documents import ALARMS
from hub.operations.incidents.documents import INCIDENTS
from hub.operations.orders.documents import ORDERS
from hub.rules.matching import distance_m
from hub.store import raw
from hub.store.history.chapters import Gap, History
from schema.history.people import PastAlarm, PastIncident, PastOfficer, PastOrder
from schema.history.then import THEN, Then
from schema.history.transit import (
    FeedOutage,
    HistoryGap,
    PastBoard,
    PastCall,
    PastFeed,
    PastParkingFacility,
    PastSituation,
    PastTaxiRank,
    PastVehicle,
)
from schema.nodes import FIRST_DEFAULT, key_of, page_size
from schema.projection import Entity, Info, Row, asked, computed, embedded, entity, root, stored
from schema.transit.arguments import First, Modes, Within, circle
from schema.transit.boards import AHEAD, BEHIND, Board
from schema.transit.interchange import stop_places
from schema.transit.network import StopPlace
from schema.transit.vehicles import ranks_of

if TYPE_CHECKING:
    from schema.context import SchemaContext

T = TypeVar("T", bound=Entity)
READ = Scope.TRANSIT_READ
SLACK = timedelta(seconds=2)
"""A caller's clock may be so far ahead: now is asked for as if it were then."""
PLACES_MOST = 20
At = Annotated[datetime, strawberry.argument(description="Which moment (时刻).")]
Places = Annotated[
    list[strawberry.ID] | None,
    strawberry.argument(
        description="Of these stop places, at most 20; null: the interchange's (站点)."
    ),
]


@entity(policy=READ)
class Moment(Entity):
    """What was shown at a moment that has passed (历史时刻), as of the last look before it.

    Each list is null in a gap: what nobody looked at is not known, and not nothing.
    """

    at: datetime = stored("at", "The moment", zh="时刻")
    gap: HistoryGap | None = embedded("gap", "The gap it lies in; null: it lies in none", zh="缺口")

    @asked("Boards of stop places", zh="到发", needs=(), size=10)
    async def boards(
        self, info: Info, stop_places: Places = None, first: First = FIRST_DEFAULT
    ) -> list[PastBoard] | None:
        """The first so many rows of each."""
        if not self._then.known:
            return None
        context, most = info.context, page_size(first)
        calls = await self._then.rows(raw.CALLS)
        found = []
        for place in await _places(context, stop_places):
            here = set(await place.all_ids(context))
            mine = [call for call in calls if call["stop_place"]["id"] in here]
            departures, arrivals = (
                [PastCall(row) for row in _board(mine, end, self._then.sample.at)[:most]]
                for end in ("departure", "arrival")
            )
            found.append(PastBoard(stop_place=place, departures=departures, arrivals=arrivals))
        return found

    @asked(
        "Vehicles near the interchange that had been heard of", zh="车辆位置", needs=(), size=500
    )
    async def vehicles(
        self, _info: Info, modes: Modes = None, within: Within = None
    ) -> list[PastVehicle] | None:
        """By id."""
        inside = circle(within)

        def shown(row: Row) -> bool:
            if modes is not None and row["mode"] not in modes:
                return False
            return inside is None or _near(row, inside)

        rows = await self._all(PastVehicle, lambda: self._then.rows(raw.VEHICLES))
        return rows and [row for row in rows if shown(row.doc)]

    @computed(zh="候客点")
    async def taxi_ranks(self, context: "SchemaContext") -> list[PastTaxiRank] | None:
        """Taxi ranks in their configured order; also those nothing was known of."""
        if not self._then.known:
            return None
        rows = ranks_of(context, await self._then.rows(raw.TAXI_RANKS))
        return [PastTaxiRank({**row, THEN: self._then}) for row in rows]

    @computed(zh="停车场", size=50)
    async def parking_facilities(
        self, _context: "SchemaContext"
    ) -> list[PastParkingFacility] | None:
        """Parking facilities and what was free in them, by id."""
        return await self._all(PastParkingFacility, lambda: self._then.rows(raw.PARKING_FACILITIES))

    @computed(zh="运营通告", size=20)
    async def situations(self, _context: "SchemaContext") -> list[PastSituation] | None:
        """Situations that were in force, by id."""
        return await self._all(PastSituation, lambda: self._then.rows(raw.SITUATIONS))

    @computed(zh="数据源", policy=Scope.FEEDS_READ, size=20)
    async def feeds(self, _context: "SchemaContext") -> list[PastFeed] | None:
        """Every feed and its health, by code."""
        return await self._all(PastFeed, lambda: self._then.rows(raw.FEEDS))

    @computed(zh="事件", policy=Scope.INCIDENTS_READ, size=50)
    async def incidents(self, _context: "SchemaContext") -> list[PastIncident] | None:
        """Incidents that were open, of those the caller may see."""
        return await self._all(PastIncident, lambda: self._then.visible(INCIDENTS))

    @computed(zh="指令", policy=Scope.ORDERS_READ, size=50)
    async def orders(self, _context: "SchemaContext") -> list[PastOrder] | None:
        """Orders that had not ended, of those the caller may see."""
        return await self._all(PastOrder, lambda: self._then.visible(ORDERS))

    @computed(zh="告警", policy=Scope.ALARMS_READ, size=50)
    async def alarms(self, _context: "SchemaContext") -> list[PastAlarm] | None:
        """Alarms whose condition held, of those the caller may see."""
        return await self._all(PastAlarm, lambda: self._then.visible(ALARMS))

    @computed(zh="在岗队员", policy=Scope.OFFICERS_READ, size=50)
    async def officers(self, _context: "SchemaContext") -> list[PastOfficer] | None:
        """Officers who were on duty, of those the caller may see."""
        return await self._all(PastOfficer, self._then.officers)

    @property
    def _then(self) -> Then:
        then: Then = self.doc[THEN]
        return then

    async def _all(
        self, wrap: Callable[[Row], T], rows: Callable[[], Awaitable[Sequence[Row]]]
    ) -> list[T] | None:
        return [wrap(row) for row in await rows()] if self._then.known else None


@entity(policy=READ)
class HistoryRange(Entity):
    """What is kept of what was shown (历史范围)."""

    start: datetime | None = stored("start", "Since when; null: nothing is", zh="开始")
    end: datetime | None = stored("end", "When somebody last looked", zh="最近记录")
    gaps: list[HistoryGap] = embedded("gaps", "What is missing in between", zh="缺口")

    @computed(zh="数据源异常", policy=Scope.FEEDS_READ, size=50)
    def outages(self, _context: "SchemaContext") -> list[FeedOutage]:
        """When which feed was not well, by when it began."""
        return [
            FeedOutage({"feed": one.feed, "state": one.state, "start": one.start, "end": one.until})
            for one in self.doc["outages"]
        ]


@strawberry.type
class HistoryQuery:
    """Roots about what was shown."""

    @root(READ, "What is kept of what was shown", zh="历史范围")
    async def history(self, info: Info) -> HistoryRange:
        """From when on, and what is missing."""
        kept = await info.context.services.of(History).kept()
        return HistoryRange(
            {
                "start": kept.start,
                "end": kept.until,
                "gaps": [_gap(gap) for gap in kept.gaps],
                "outages": kept.outages,
            }
        )

    @root(READ, "What was shown at a moment that has passed", zh="历史时刻")
    async def moment(self, info: Info, at: At) -> Moment:
        """As of the last look before it."""
        now = info.context.now
        then = await Then.at(info.context, min(at, now) if at <= now + SLACK else at)
        gap = then.sample.gap
        return Moment({"at": then.sample.at, "gap": gap and _gap(gap), THEN: then})


def _gap(gap: Gap) -> Row:
    return {"start": gap.start, "end": gap.until}


async def _places(context: "SchemaContext", given: Places) -> list[StopPlace]:
    if given is None:
        return await stop_places(context)
    if len(given) > PLACES_MOST:
        message = f"站点过多 / stopPlaces: {len(given)} given, at most {PLACES_MOST}."
        raise UserFault("TOO_MANY_IDS", message, path=("stopPlaces",))
    keys = [key_of(one, "StopPlace", "stopPlaces") for one in given]
    found = [await StopPlace.load(context, key) for key in keys]
    return [place for place in found if place is not None]


def _board(calls: Sequence[Row], end: Board, at: datetime) -> list[Row]:
    def time(call: Row) -> Any:  # noqa: ANN401  # a moment or None
        return call["board"][end]

    shown = [call for call in calls if time(call) and at - BEHIND <= time(call) < at + AHEAD]
    return sorted(shown, key=lambda call: (time(call), call["_id"]))


def _near(row: Row, inside: tuple[float, float, float]) -> bool:
    lon, lat = row["location"]["coordinates"]
    return distance_m(Place(*inside[:2]), Place(lat, lon)) <= inside[2]
