"""Which ids name one stop place, by the mappings a person confirmed."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from hub import clock
from hub.bus import Bus, Change, ChangeKind
from hub.model.identity import MappingState
from hub.store import raw
from hub.store.driver import Document, Store

_CONFIRMED = MappingState.CONFIRMED.value


class SameAs:
    """Equivalent ids: from memory while `follow` runs, else from the database each time."""

    def __init__(self, store: Store) -> None:
        self._mappings = store.db[raw.ID_MAPPINGS]
        self._rows: dict[str, Mapping[str, Any]] = {}
        self._stars: _Stars | None = None
        self._changed = asyncio.Event()

    async def ids(self, stop_place: str) -> list[str]:
        """Every id of a stop place now: the canonical first; itself alone if none is mapped."""
        stars = self._stars or _Stars(await self._confirmed())
        return stars.of(stop_place, clock.now())

    async def with_equivalents(self, stop_places: Iterable[str]) -> tuple[str, ...]:
        """These stop places, then every other id of theirs."""
        given = list(stop_places)
        stars = self._stars or _Stars(await self._confirmed())
        more = [other for place in given for other in stars.of(place, clock.now())]
        return tuple(dict.fromkeys([*given, *more]))

    def known(self, stop_place: str) -> list[str]:
        """As `ids`, without waiting: of what is in memory, nothing while `follow` does not run."""
        return self._stars.of(stop_place, clock.now()) if self._stars else [stop_place]

    async def news(self) -> None:
        """Wait until other ids may be equivalent than at the last call; for one waiter.

        Somebody decided, or the validity of a mapping began or ended. While `follow` runs.
        """
        edge = self._stars.next_edge(clock.now()) if self._stars else None
        try:
            async with asyncio.timeout(None if edge is None else clock.seconds_until(edge)):
                await self._changed.wait()
        except TimeoutError:
            return
        self._changed.clear()

    async def follow(self, bus: Bus) -> None:
        """Keep what is confirmed in memory, as it changes, until cancelled."""
        listener = bus.listen(raw.ID_MAPPINGS)
        try:
            await self._load()
            async for change in listener:
                await self._refresh(change)
        finally:
            self._stars = None
            bus.unlisten(listener)

    async def _load(self) -> None:
        self._rows = {row["_id"]: row for row in await self._confirmed()}
        self._remember()

    async def _refresh(self, change: Change) -> None:
        if change.kind is ChangeKind.RESET:
            await self._load()
            return
        self._rows.pop(change.id, None)
        if change.document is not None and change.document["state"] == _CONFIRMED:
            self._rows[change.id] = change.document
        self._remember()

    def _remember(self) -> None:
        self._stars = _Stars(self._rows.values())
        self._changed.set()

    async def _confirmed(self) -> list[Document]:
        return await self._mappings.find({"state": _CONFIRMED}).to_list()


class _Stars:
    """Confirmed mappings by both of their ends."""

    def __init__(self, rows: Iterable[Mapping[str, Any]]) -> None:
        self._mapped: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        self._canonical: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        self._edges: set[datetime] = set()
        for row in rows:
            self._edges |= {row[end] for end in ("valid_from", "valid_to") if row.get(end)}
            self._mapped[row["scoped_id"]].append(row)
            self._canonical[row["canonical_id"]].append(row)

    def of(self, stop_place: str, now: datetime) -> list[str]:
        onward = (row for row in self._mapped.get(stop_place, ()) if _holds(row, now))
        mapping = next(onward, None)
        canonical: str = mapping["canonical_id"] if mapping else stop_place
        star = self._canonical.get(canonical, ())
        return [canonical, *sorted(row["scoped_id"] for row in star if _holds(row, now))]

    def next_edge(self, now: datetime) -> datetime | None:
        """When the next validity begins or ends."""
        return min((edge for edge in self._edges if edge > now), default=None)


def _holds(row: Mapping[str, Any], now: datetime) -> bool:
    start, end = row.get("valid_from"), row.get("valid_to")
    return (start is None or start <= now) and (end is None or now < end)
