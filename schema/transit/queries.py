"""Query roots of transit: boards, situations, vehicles, ranks, parking."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import strawberry

from hub.model.people import Scope
from hub.store.feeds import listed
from schema.nodes import FIRST_DEFAULT, Connection, key_of
from schema.projection import Info, Row, root
from schema.transit.arguments import (
    MAX_AGE_DEFAULT,
    PLACES_MOST,
    VEHICLES_MOST,
    After,
    AnyStopPlaceId,
    Circle,
    First,
    From,
    MaxAge,
    Modes,
    StopPlaceId,
    Until,
    Within,
    age,
    circle,
)
from schema.transit.boards import BoardRequest, board_page
from schema.transit.facilities import FacilityCondition, known, place_key
from schema.transit.journeys import Call
from schema.transit.listings import page_by_id, page_of_rows
from schema.transit.network_queries import NetworkQuery
from schema.transit.parking import ParkingFacility, SharingStation
from schema.transit.situations import Situation
from schema.transit.vehicles import TaxiRank, VehiclePosition, rank_rows

if TYPE_CHECKING:
    from schema.context import SchemaContext

READ = Scope.TRANSIT_READ


@strawberry.type
class TransitQuery(NetworkQuery):
    """Roots about what moves."""

    @root(READ, "Departures from a stop place, soonest first by the best known time", zh="发车")
    async def departures(
        self,
        info: Info,
        stop_place: StopPlaceId,
        modes: Modes = None,
        from_: From = None,
        until: Until = None,
        first: First = FIRST_DEFAULT,
        after: After = None,
    ) -> Connection[Call]:
        """One indexed find."""
        return await board_page(
            info, BoardRequest("departure", stop_place, modes, from_, until, first, after)
        )

    @root(READ, "Arrivals at a stop place, soonest first by the best known time", zh="到达")
    async def arrivals(
        self,
        info: Info,
        stop_place: StopPlaceId,
        modes: Modes = None,
        from_: From = None,
        until: Until = None,
        first: First = FIRST_DEFAULT,
        after: After = None,
    ) -> Connection[Call]:
        """One indexed find."""
        return await board_page(
            info, BoardRequest("arrival", stop_place, modes, from_, until, first, after)
        )

    @root(READ, "Situations in force now, newest first", zh="运营通告")
    async def situations(
        self, info: Info, modes: Modes = None, first: First = FIRST_DEFAULT, after: After = None
    ) -> Connection[Situation]:
        """Those of any mode are of every mode."""
        rows = await situation_rows(info.context, modes)
        return page_of_rows(rows, Situation, first, after)

    @root(READ, "A situation by its id or scoped id; null if there is none", zh="运营通告")
    async def situation(self, info: Info, id: strawberry.ID) -> Situation | None:  # noqa: A002
        """Also one that is closed, or not in force now."""
        return await Situation.load(info.context, key_of(id, "Situation", "id"))

    @root(READ, "Vehicles heard of lately, by id", zh="车辆位置")
    async def vehicles(
        self,
        info: Info,
        modes: Modes = None,
        within: Within = None,
        max_age_seconds: MaxAge = MAX_AGE_DEFAULT,
        first: First = FIRST_DEFAULT,
        after: After = None,
    ) -> Connection[VehiclePosition]:
        """With their last known place."""
        since = info.context.now - age(max_age_seconds)
        of = listed.vehicles(modes, circle(within), since)
        return await page_by_id(info, of, VehiclePosition, first, after, "observed_at")

    @root(READ, "Taxi ranks of the interchange", zh="候客点")
    async def taxi_ranks(self, info: Info) -> list[TaxiRank]:
        """In their configured order; also those nothing is known of."""
        return [TaxiRank(row) for row in await rank_rows(info.context)]

    @root(READ, "Parking facilities and what is free in them, by id", zh="停车场")
    async def parking_facilities(
        self, info: Info, within: Within = None, first: First = FIRST_DEFAULT, after: After = None
    ) -> Connection[ParkingFacility]:
        """Anywhere, or inside a circle."""
        of = listed.parking_facilities(circle(within))
        return await page_by_id(info, of, ParkingFacility, first, after)

    @root(READ, "Stations of shared vehicles and what is free there, by id", zh="共享单车站点")
    async def sharing_stations(
        self, info: Info, within: Within = None, first: First = FIRST_DEFAULT, after: After = None
    ) -> Connection[SharingStation]:
        """Anywhere, or inside a circle."""
        of = listed.sharing_stations(circle(within))
        return await page_by_id(info, of, SharingStation, first, after)

    @root(READ, "Conditions of facilities in force now, by id", zh="设施状态")
    async def facility_conditions(
        self,
        info: Info,
        stop_place: AnyStopPlaceId = None,
        first: First = FIRST_DEFAULT,
        after: After = None,
    ) -> Connection[FacilityCondition]:
        """At a stop place, by any of its ids, or anywhere."""
        context, key = info.context, place_key(stop_place)
        ids = None if key is None else await context.services.transit.same_as.ids(key)
        of = listed.facility_conditions(ids, context.now)
        found = await page_by_id(info, of, FacilityCondition, first, after)
        if not found.nodes:
            await known(context, stop_place)
        return found


async def situation_rows(context: "SchemaContext", modes: Modes) -> list[Row]:
    """Situations in force, of these modes or of none in particular."""
    rows = await context.services.transit.situations(context.now)
    return [row for row in rows if modes is None or row.get("mode") in {None, *modes}]


async def vehicle_rows(
    context: "SchemaContext",
    modes: Modes,
    within: Circle | None,
    max_age_seconds: int,
    among: Iterable[str] | None = None,
) -> list[Row]:
    """Vehicles heard of in the last `max_age_seconds`, by id; of those `among` where given."""
    rows = await context.services.transit.vehicles(
        modes,
        within,
        context.now - age(max_age_seconds),
        limit=VEHICLES_MOST,
        among=among,
    )
    return list(rows)


async def parking_rows(context: "SchemaContext", within: Circle | None) -> list[Row]:
    """Parking facilities, by id."""
    return list(await context.services.transit.parking_facilities(within, PLACES_MOST))


async def station_rows(context: "SchemaContext", within: Circle | None) -> list[Row]:
    """Stations of shared vehicles, by id."""
    return list(await context.services.transit.sharing_stations(within, PLACES_MOST))
