"""Query roots of the network: places, lines, and what runs on them."""

import strawberry

from hub.model.people import Scope
from schema.nodes import FIRST_DEFAULT, Connection, key_of
from schema.projection import Info, root
from schema.transit.arguments import (
    After,
    Day,
    First,
    LineId,
    Modes,
    NameQuery,
    Near,
    circle,
    name_query,
)
from schema.transit.interchange import Interchange, stop_places
from schema.transit.journeys import DatedJourney
from schema.transit.listings import journeys_page, lines_page
from schema.transit.network import Line, StopPlace

READ = Scope.TRANSIT_READ


@strawberry.type
class NetworkQuery:
    """Roots about what is there, and what runs when."""

    @root(READ, "The station area this hub serves", zh="综合客运枢纽")
    def interchange(self, info: Info) -> Interchange:
        """From the area file."""
        return Interchange.here(info.context)

    @root(READ, "Stop places of the interchange; of those, what the arguments leave", zh="站点")
    async def stop_places(
        self, info: Info, query: NameQuery = None, near: Near = None, modes: Modes = None
    ) -> list[StopPlace]:
        """In their configured order."""
        return await stop_places(
            info.context, named=name_query(query), near=circle(near, "near"), modes=modes
        )

    @root(READ, "A stop place by its id or scoped id; null if there is none", zh="站点")
    async def stop_place(self, info: Info, id: strawberry.ID) -> StopPlace | None:  # noqa: A002
        """Any stop place the hub knows, not only the interchange's."""
        return await StopPlace.load(info.context, key_of(id, "StopPlace", "id"))

    @root(READ, "A line by its id or scoped id; null if there is none", zh="线路")
    async def line(self, info: Info, id: strawberry.ID) -> Line | None:  # noqa: A002
        """Any line of a timetable."""
        return await Line.load(info.context, key_of(id, "Line", "id"))

    @root(READ, "Every line of the timetables, by scoped id", zh="线路")
    async def lines(
        self, info: Info, modes: Modes = None, first: First = FIRST_DEFAULT, after: After = None
    ) -> Connection[Line]:
        """Also lines that do not call at the interchange."""
        return await lines_page(info, modes, first, after)

    @root(READ, "A dated journey by its id or scoped id; null if there is none", zh="班次")
    async def journey(self, info: Info, id: strawberry.ID) -> DatedJourney | None:  # noqa: A002
        """With every call that is known."""
        return await DatedJourney.load(info.context, key_of(id, "DatedJourney", "id"))

    @root(READ, "Journeys of a line on one service day, by their start", zh="班次")
    async def journeys(
        self,
        info: Info,
        line: LineId,
        date: Day = None,
        first: First = FIRST_DEFAULT,
        after: After = None,
    ) -> Connection[DatedJourney]:
        """Those that call at the interchange."""
        return await journeys_page(info, line, date, first, after)
