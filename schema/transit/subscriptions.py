"""Subscription roots of transit: the queries of the same names, live."""

from collections.abc import AsyncGenerator, Collection, Mapping
from typing import TYPE_CHECKING, Any

import strawberry

from hub.bus import Change
from hub.model.people import Scope
from schema.events import Event, live
from schema.live.source import Arguments, LiveSource
from schema.nodes import FIRST_DEFAULT, key_of
from schema.projection import Row
from schema.transit.arguments import (
    MAX_AGE_DEFAULT,
    VEHICLES_MOST,
    AnyStopPlaceId,
    First,
    From,
    MaxAge,
    Modes,
    Resume,
    StopPlaceId,
    Until,
    Within,
    circle,
)
from schema.transit.boards import Board, BoardRequest, board_rows, in_board
from schema.transit.facilities import FacilityCondition, condition_rows
from schema.transit.journeys import Call
from schema.transit.parking import ParkingFacility, SharingStation, own_age
from schema.transit.queries import (
    parking_rows,
    situation_rows,
    station_rows,
    vehicle_rows,
)
from schema.transit.situations import Situation
from schema.transit.vehicles import TaxiRank, VehiclePosition, rank_rows

if TYPE_CHECKING:
    from schema.context import SchemaContext

READ = Scope.TRANSIT_READ
WINDOW_SECONDS = 5.0
"""How often a source is asked again without a change: windows move, and a value that stands only
moves its `observed_at`, of which nobody is told."""


def _state(row: Row, context: "SchemaContext") -> str:
    return context.freshness(row).state.value


def _board(board: Board) -> LiveSource:
    async def rows(context: "SchemaContext", arguments: Arguments) -> list[Row]:
        return await board_rows(context, BoardRequest.of(board, arguments))

    def concerns(change: Change, arguments: Arguments, context: "SchemaContext") -> bool:
        if change.collection == "id_mappings":
            return True
        request = BoardRequest.of(board, arguments)
        here = context.services.transit.same_as.known(request.key)
        return in_board(request, change.document, here)

    return LiveSource(
        collections=frozenset({"calls", "id_mappings"}),
        rows=rows,
        wrap=Call,
        concerns=concerns,
        volatile=_state,
        refresh_s=WINDOW_SECONDS,
    )


async def _situations(context: "SchemaContext", arguments: Arguments) -> list[Row]:
    return await situation_rows(context, arguments.get("modes"))


async def _vehicles(
    context: "SchemaContext", arguments: Arguments, among: Collection[str] | None = None
) -> list[Row]:
    return await vehicle_rows(
        context,
        arguments.get("modes"),
        circle(arguments.get("within")),
        arguments.get("maxAgeSeconds", MAX_AGE_DEFAULT),
        among=among,
    )


def _of_modes(change: Change, arguments: Arguments, _context: "SchemaContext") -> bool:
    modes, row = arguments.get("modes"), change.document
    return modes is None or row is None or row.get("mode") in {None, *modes}


async def _ranks(context: "SchemaContext", _arguments: Mapping[str, Any]) -> list[Row]:
    return await rank_rows(context)


async def _parking(context: "SchemaContext", arguments: Arguments) -> list[Row]:
    return await parking_rows(context, circle(arguments.get("within")))


async def _stations(context: "SchemaContext", arguments: Arguments) -> list[Row]:
    return await station_rows(context, circle(arguments.get("within")))


async def _conditions(context: "SchemaContext", arguments: Arguments) -> list[Row]:
    return await condition_rows(context, arguments.get("stopPlace"))


def _at_stop_place(change: Change, arguments: Arguments, context: "SchemaContext") -> bool:
    stop_place, row = arguments.get("stopPlace"), change.document
    if stop_place is None or row is None or change.collection == "id_mappings":
        return True
    key = key_of(stop_place, "StopPlace", "stopPlace")
    return row.get("stop_place_id") in context.services.transit.same_as.known(key)


def _status_age(row: Row, context: "SchemaContext") -> str:
    return own_age(row.get("status"), context).state.value


def _own_age(row: Row, context: "SchemaContext") -> str:
    return own_age(row, context).state.value


@strawberry.type
class TransitSubscription:
    """Live roots about what moves."""

    @live(READ, "Departures from a stop place, live", _board("departure"), zh="发车")
    async def departures(
        self,
        stop_place: StopPlaceId,
        modes: Modes = None,
        from_: From = None,
        until: Until = None,
        first: First = FIRST_DEFAULT,
        after: Resume = None,
    ) -> AsyncGenerator[Event[Call], None]:
        """As the query; without `from` and `until` the window moves with the time."""
        raise NotImplementedError

    @live(READ, "Arrivals at a stop place, live", _board("arrival"), zh="到达")
    async def arrivals(
        self,
        stop_place: StopPlaceId,
        modes: Modes = None,
        from_: From = None,
        until: Until = None,
        first: First = FIRST_DEFAULT,
        after: Resume = None,
    ) -> AsyncGenerator[Event[Call], None]:
        """As the query; without `from` and `until` the window moves with the time."""
        raise NotImplementedError

    @live(
        READ,
        "Situations in force, live",
        LiveSource(
            collections=frozenset({"situations"}),
            rows=_situations,
            wrap=Situation,
            concerns=_of_modes,
            volatile=_state,
            refresh_s=WINDOW_SECONDS,
        ),
        zh="运营通告",
    )
    async def situations(
        self, modes: Modes = None, after: Resume = None
    ) -> AsyncGenerator[Event[Situation], None]:
        """As the query."""
        raise NotImplementedError

    @live(
        READ,
        "Vehicles heard of lately, live",
        LiveSource(
            collections=frozenset({"vehicles"}),
            rows=_vehicles,
            some=_vehicles,
            most=VEHICLES_MOST,
            wrap=VehiclePosition,
            concerns=_of_modes,
            volatile=_state,
            refresh_s=WINDOW_SECONDS,
        ),
        zh="车辆位置",
    )
    async def vehicles(
        self,
        modes: Modes = None,
        within: Within = None,
        max_age_seconds: MaxAge = MAX_AGE_DEFAULT,
        after: Resume = None,
    ) -> AsyncGenerator[Event[VehiclePosition], None]:
        """As the query."""
        raise NotImplementedError

    @live(
        READ,
        "Taxi ranks of the interchange, live",
        LiveSource(
            collections=frozenset({"taxi_ranks"}),
            rows=_ranks,
            wrap=TaxiRank,
            volatile=_state,
            refresh_s=WINDOW_SECONDS,
        ),
        zh="候客点",
    )
    async def taxi_ranks(self, after: Resume = None) -> AsyncGenerator[Event[TaxiRank], None]:
        """As the query."""
        raise NotImplementedError

    @live(
        READ,
        "Parking facilities and what is free in them, live",
        LiveSource(
            collections=frozenset({"parking_facilities"}),
            rows=_parking,
            wrap=ParkingFacility,
            volatile=_status_age,
            refresh_s=WINDOW_SECONDS,
        ),
        zh="停车场",
    )
    async def parking_facilities(
        self, within: Within = None, after: Resume = None
    ) -> AsyncGenerator[Event[ParkingFacility], None]:
        """As the query."""
        raise NotImplementedError

    @live(
        READ,
        "Stations of shared vehicles and what is free there, live",
        LiveSource(
            collections=frozenset({"sharing_stations"}),
            rows=_stations,
            wrap=SharingStation,
            volatile=_own_age,
            refresh_s=WINDOW_SECONDS,
        ),
        zh="共享单车站点",
    )
    async def sharing_stations(
        self, within: Within = None, after: Resume = None
    ) -> AsyncGenerator[Event[SharingStation], None]:
        """As the query."""
        raise NotImplementedError

    @live(
        READ,
        "Conditions of facilities in force, live",
        LiveSource(
            collections=frozenset({"facility_conditions", "id_mappings"}),
            rows=_conditions,
            wrap=FacilityCondition,
            concerns=_at_stop_place,
            volatile=_state,
            refresh_s=WINDOW_SECONDS,
        ),
        zh="设施状态",
    )
    async def facility_conditions(
        self, stop_place: AnyStopPlaceId = None, after: Resume = None
    ) -> AsyncGenerator[Event[FacilityCondition], None]:
        """As the query."""
        raise NotImplementedError
