"""What stop places, lines and journeys lead to: the graph around a station."""

from datetime import datetime
from typing import TYPE_CHECKING

from schema.nodes import FIRST_DEFAULT, Connection
from schema.projection import Info, adds, asked, computed
from schema.transit.arguments import (
    RADIUS_DEFAULT,
    After,
    Day,
    First,
    From,
    Modes,
    Radius,
    Until,
    near,
)
from schema.transit.boards import Board, BoardRequest, board_page
from schema.transit.facilities import FacilityCondition
from schema.transit.journeys import Call, DatedJourney
from schema.transit.listings import journeys_page
from schema.transit.loaders import loaders
from schema.transit.network import Line, StopPlace
from schema.transit.parking import ParkingFacility
from schema.transit.situations import Situation

if TYPE_CHECKING:
    from schema.context import SchemaContext


@adds(StopPlace)
@asked("Departures from here, soonest first by the best known time", zh="发车")
async def departures(
    self: StopPlace,
    info: Info,
    modes: Modes = None,
    from_: From = None,
    until: Until = None,
    first: First = FIRST_DEFAULT,
    after: After = None,
) -> Connection[Call]:
    """One indexed find."""
    return await _board("departure", self, info, modes, from_, until, first, after)


@adds(StopPlace)
@asked("Arrivals here, soonest first by the best known time", zh="到达")
async def arrivals(
    self: StopPlace,
    info: Info,
    modes: Modes = None,
    from_: From = None,
    until: Until = None,
    first: First = FIRST_DEFAULT,
    after: After = None,
) -> Connection[Call]:
    """One indexed find."""
    return await _board("arrival", self, info, modes, from_, until, first, after)


async def _board(
    board: Board,
    place: StopPlace,
    info: Info,
    modes: Modes,
    start: datetime | None,
    until: datetime | None,
    first: int,
    after: str | None,
) -> Connection[Call]:
    these = None if modes is None else tuple(modes)
    request = BoardRequest(board, place.key, these, start, until, first, after)
    return await board_page(info, request, within=True)


@adds(StopPlace)
@computed(needs=("id",), zh="线路")
async def lines(self: StopPlace, context: "SchemaContext") -> list[Line]:
    """Lines that call here, by any of its ids."""
    found = await loaders(context).lines_at.load_many(await self.all_ids(context))
    once = {row["_id"]: row for rows in found for row in rows}
    return [Line(row) for row in once.values()]


@adds(StopPlace)
@computed(needs=("id",), zh="运营通告")
async def situations(self: StopPlace, context: "SchemaContext") -> list[Situation]:
    """Situations in force that name this place, by any of its ids, newest first."""
    rows = await loaders(context).situations("stop_places", await self.all_ids(context))
    return [Situation(row) for row in rows]


@adds(StopPlace)
@computed(needs=("id",), zh="设施状态")
async def facility_conditions(self: StopPlace, context: "SchemaContext") -> list[FacilityCondition]:
    """Conditions of its facilities in force now, of all of its ids."""
    found = await loaders(context).conditions.load_many(await self.all_ids(context))
    return [FacilityCondition(row) for rows in found for row in rows]


@adds(StopPlace)
@asked("Parking facilities nearby, the nearest first, at most 50", zh="周边停车场", size=20)
async def parking_facilities(
    self: StopPlace, info: Info, radius_metres: Radius = RADIUS_DEFAULT
) -> list[ParkingFacility]:
    """None where nobody says where the place is."""
    radius = near(radius_metres)
    where = await self.located(info.context)
    if where is None:
        return []
    circle = (where.doc["lat"], where.doc["lon"], radius)
    rows = await loaders(info.context).parking.load(circle)
    return [ParkingFacility(row) for row in rows]


@adds(Line, "situations")
@computed(needs=("id",), zh="运营通告")
async def situations_of_line(self: Line, context: "SchemaContext") -> list[Situation]:
    """Situations in force that name this line, newest first."""
    rows = await loaders(context).situations("lines", [self.key])
    return [Situation(row) for row in rows]


@adds(Line)
@asked("Its journeys of one service day, by their start", zh="班次")
async def journeys(
    self: Line, info: Info, date: Day = None, first: First = FIRST_DEFAULT, after: After = None
) -> Connection[DatedJourney]:
    """Those that call at the interchange."""
    return await journeys_page(info, self.key, date, first, after)


@adds(DatedJourney, "situations")
@computed(needs=("id",), zh="运营通告")
async def situations_of_journey(self: DatedJourney, context: "SchemaContext") -> list[Situation]:
    """Situations in force that name this run, newest first."""
    rows = await loaders(context).situations("journeys", [self.key])
    return [Situation(row) for row in rows]
