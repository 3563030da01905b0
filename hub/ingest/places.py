"""Keeps boards and feeds to the interchange's stop places, by every id they have at the moment."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace

import structlog

from hub.ingest.durable import until_durable
from hub.model.area import Area
from hub.store.driver import Store
from hub.store.feeds.row_writer import RowWriter
from hub.store.feeds.same_as import SameAs

Move = Callable[[Area], Awaitable[None]]
"""Has whoever writes do so for an area's stop places; returns when nobody writes for others."""

log = structlog.get_logger()


class PlaceKeeper:
    """Moves what feeds write, in this process, when another id of a stop place is decided about.

    `area` is as configured, `fed` what the feeds began with: its stop places by all their ids.
    Every process moves its own writers first and makes the rows anew afterwards, so whichever is
    the last leaves every journey with the rows it should have.
    """

    def __init__(
        self, store: Store, same_as: SameAs, *, area: Area, fed: Area, datasets: Iterable[str]
    ) -> None:
        self._store = store
        self._same_as = same_as
        self._area = area
        self._fed = fed
        self._datasets = sorted(set(datasets))

    async def run(self, moves: Sequence[Move]) -> None:
        """Make rows right now, and whenever the ids change, until cancelled."""
        await self._rebuild()
        while True:
            everywhere = await self._same_as.with_equivalents(self._area.stop_places)
            if set(everywhere) != set(self._fed.stop_places):
                self._fed = replace(self._area, stop_places=everywhere)
                for move in moves:
                    await move(self._fed)
                await self._rebuild()
            await self._same_as.news()

    async def _rebuild(self) -> None:
        places = frozenset(self._fed.stop_places)
        for dataset in self._datasets:
            rows = RowWriter(self._store, dataset, places)
            if journeys := await until_durable("board rows", rows.rebuild):
                log.info("board rows made anew", dataset=dataset, journeys=journeys)
