"""Decides anew, as time passes, between the sources of one record: who fell silent gives way."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import partial

from pymongo import ReplaceOne

from hub import clock
from hub.store import raw
from hub.store.driver import PART, Store, Tx
from hub.store.feeds.rivalry import statements
from hub.store.feeds.rivalry.contest import FRESH_FOR, standings
from hub.store.feeds.rivalry.journeys import JourneySettlement
from hub.store.feeds.rivalry.statements import Part, Rank
from hub.store.feeds.row_writer import replacing
from hub.store.feeds.rows import Document

EVERY = timedelta(seconds=5)
"""How often it is looked whether a source that is shown fell silent beside another."""
_CONTESTED: tuple[tuple[str, Part], ...] = (
    (raw.SITUATIONS, statements.RECORD),
    (raw.VEHICLES, statements.RECORD),
    (raw.PARKING_FACILITIES, statements.FACILITY),
    (raw.PARKING_FACILITIES, statements.STATUS),
    (raw.SHARING_STATIONS, statements.REPORT),
    (raw.FACILITY_CONDITIONS, statements.RECORD),
)


class Settlement:
    """Every record of which several feeds speak. Any number of processes may settle at once.

    `stop_places` are those whose calls are rows of boards (empty: all).
    """

    def __init__(self, store: Store, stop_places: frozenset[str]) -> None:
        self._store = store
        self._journeys = JourneySettlement(store, stop_places)

    async def settle(self) -> int:
        """Show whoever is to be shown now; how many records show another source than before.

        Looks at contested records only, and writes those alone that change hands.
        """
        records = sum([await self._settle(name, part) for name, part in _CONTESTED])
        return records + await self._journeys.settle()

    async def _settle(self, name: str, part: Part) -> int:
        shown = [part.at(field) for field in ("feed", "observed_at", "said_at", "version")]
        wanted = [*shown, part.at("others"), part.at("contested")]
        contested = {part.at("contested"): {"$exists": True}}
        found = await self._store.db[name].find(contested, wanted).to_list()
        if not found:
            return 0
        rank = await self._rank(part)
        ids = [one["_id"] for one in found if _changes_hands(one, part, rank)]
        changed = 0
        work = partial(self._decide, name=name, part=part)
        async for _, decided in self._store.in_parts(ids, work):
            changed += decided
        return changed

    async def _decide(self, tx: Tx, *, items: Sequence[str], name: str, part: Part) -> int:
        query = {"_id": {"$in": items}, part.at("contested"): {"$exists": True}}
        rank, now = await self._rank(part, tx), clock.now()
        writes: list[ReplaceOne[Document]] = []
        async for document in self._store.db[name].find(query, session=tx, batch_size=PART):
            if _changes_hands(document, part, rank):
                shown = statements.again(part.of(document), rank, now)
                writes.append(replacing(part.put(document, shown)))
        if writes:
            await self._store.db[name].bulk_write(writes, ordered=False, session=tx)
        return len(writes)

    async def _rank(self, part: Part, tx: Tx | None = None) -> Rank:
        feeds: Iterable[Document] = await standings(self._store, tx)
        return statements.ranking(feeds, clock.now(), fresh_for=FRESH_FOR, own_time=part.own_time)


def _changes_hands(document: Document, part: Part, rank: Rank) -> bool:
    shown = part.of(document)
    best = max(statements.by_feed(shown).values(), key=rank)
    return shown is not None and bool(best["feed"] != shown["feed"])
