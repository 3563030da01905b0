"""Says when feeds speak of other stop places than the area: such a hub would show nothing."""

import asyncio
from collections.abc import Iterable

import structlog

from hub.bus import Bus
from hub.ingest.durable import until_durable
from hub.model.area import Area
from hub.store import raw
from hub.store.driver import Store
from hub.store.feeds.coverage import Uncovered, uncovered
from hub.store.feeds.same_as import SameAs

QUIET_SECONDS = 2.0
"""A timetable brings stop places by the thousand: they are looked at in its pauses."""

log = structlog.get_logger()


class Coverage:
    """Watches whether every dataset that brings stop places has one in the area.

    `notes` are what is to be said now, for /readyz; each is logged once.
    """

    def __init__(
        self, store: Store, same_as: SameAs, *, area: Area, datasets: Iterable[str]
    ) -> None:
        self._store = store
        self._same_as = same_as
        self._area = area
        self._datasets = frozenset(datasets)
        self.notes: tuple[str, ...] = ()

    async def run(self, bus: Bus) -> None:
        """Look now, and whenever stop places or the ids of one change, until cancelled."""
        listener = bus.listen(raw.STOP_PLACES, raw.ID_MAPPINGS)
        try:
            await self.look()
            async for _ in listener:
                await asyncio.sleep(QUIET_SECONDS)
                listener.take()
                await self.look()
        finally:
            bus.unlisten(listener)

    async def look(self) -> None:
        """Bring `notes` up to date."""
        found = await until_durable("area and feeds", self._find)
        notes = tuple(str(one) for one in found)
        for note in notes:
            if note not in self.notes:
                log.warning("feeds outside the area", detail=note)
        if self.notes and not notes:
            log.info("every dataset has stop places in the area")
        self.notes = notes

    async def _find(self) -> list[Uncovered]:
        here = await self._same_as.with_equivalents(self._area.stop_places)
        return await uncovered(self._store, here, self._area.centre, self._datasets)
