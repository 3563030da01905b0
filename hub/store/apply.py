"""The only writer of feed data: a connector's batch becomes documents, and only what changed.

A record whose content is what the database already holds costs a fingerprint and no write. The
writer remembers what its feed wrote (read once from the database), so it must be the only one of
its feed at a time: whoever holds the feed's lease makes a new one.
"""

import asyncio
from datetime import timedelta
from typing import Any

from pymongo import UpdateOne
from pymongo.errors import ConnectionFailure

from hub.connector import Batch
from hub.model.journeys import DatedJourney
from hub.model.network import Line, Quay, StopPlace
from hub.model.situations import Situation
from hub.model.vehicles import RankObservation, TaxiRank, VehiclePosition
from hub.settings import FeedSettings
from hub.store import raw
from hub.store.apply_journeys import JourneyWriter
from hub.store.apply_records import (
    RecordWriter,
    line_entry,
    place_entries,
    quay_document,
    situation_entry,
    vehicle_entry,
)
from hub.store.driver import Store, unreachable
from hub.store.memory import Applied
from hub.store.rows import plain, point

__all__ = ["Applied", "FeedWriter", "save_rank"]

FRESH_FOR = timedelta(seconds=90)
"""How long a feed's data counts as fresh where its settings do not say."""


class FeedWriter:
    """Applies the batches of one feed; `stop_places` are the interchange's (empty: all)."""

    def __init__(self, store: Store, feed: FeedSettings, stop_places: frozenset[str]) -> None:
        touch_after = (feed.warn_after or FRESH_FOR) / 3
        self._store = store
        self._journeys = JourneyWriter(store, feed, stop_places, touch_after)
        self._records = {
            collection: RecordWriter(store, feed, collection, touch_after)
            for collection in (raw.STOP_PLACES, raw.LINES, raw.SITUATIONS, raw.VEHICLES)
        }
        self._counted: Batch | None = None
        self._loaded = False
        self._one_at_a_time = asyncio.Lock()

    async def apply(self, batch: Batch) -> Applied:
        """Write what changed; durable on a majority when it returns.

        Raises RetryLater when no primary answers: applying the same batch again is right.
        """
        async with self._one_at_a_time:
            try:
                if not self._loaded:
                    await self._load()
                return await self._apply(batch)
            except ConnectionFailure as error:
                raise unreachable(error) from error

    async def _load(self) -> None:
        await self._journeys.load()
        for writer in self._records.values():
            await writer.load()
        self._loaded = True

    async def _apply(self, batch: Batch) -> Applied:
        sorted_ = _Sorted(batch)
        entries = {
            raw.STOP_PLACES: place_entries(sorted_.places, sorted_.quays),
            raw.LINES: [line_entry(line) for line in sorted_.lines],
            raw.SITUATIONS: [situation_entry(item, batch.as_of) for item in sorted_.situations],
            raw.VEHICLES: [vehicle_entry(vehicle) for vehicle in sorted_.vehicles],
        }
        applied = Applied()
        for collection, found in entries.items():
            applied += await self._records[collection].write(found)
        applied += await self._add_quays(sorted_.quays_alone())
        applied += await self._journeys.write(sorted_.journeys, batch.as_of)
        if batch.withdrawn:
            applied += await self._withdraw(batch.withdrawn)
        if batch.complete and (batch.records or not batch.entities):
            if self._counted is not batch:  # a batch applied again after a failure counts once
                self._count_absent(sorted_)
                self._counted = batch
            applied += await self._withdraw_absent(sorted_)
            self._counted = None
        return applied

    async def _withdraw(self, ids: list[str]) -> Applied:
        applied = await self._journeys.withdraw(ids)
        for collection in (raw.SITUATIONS, raw.VEHICLES):
            applied += await self._records[collection].withdraw(ids)
        return applied

    def _count_absent(self, present: "_Sorted") -> None:
        """The message was complete, and not refused as a whole."""
        self._journeys.count_absent(present.journeys)
        self._records[raw.SITUATIONS].count_absent(item.id for item in present.situations)
        self._records[raw.VEHICLES].count_absent(vehicle.id for vehicle in present.vehicles)

    async def _withdraw_absent(self, present: "_Sorted") -> Applied:
        applied = await self._journeys.withdraw_absent(present.journeys)
        for collection in (raw.SITUATIONS, raw.VEHICLES):
            applied += await self._records[collection].withdraw_absent()
        return applied

    async def _add_quays(self, quays: list[Quay]) -> Applied:
        """Put quays that came without their stop place into the one that is stored."""
        if not quays:
            return Applied()
        writes = [UpdateOne({"_id": quay.stop_place_id}, [_with_quay(quay)]) for quay in quays]
        result = await self._store.db[raw.STOP_PLACES].bulk_write(writes, ordered=True)
        return Applied(
            result.modified_count,
            result.matched_count - result.modified_count,
            refused=len(quays) - result.matched_count,
        )


class _Sorted:
    """A batch's records by kind."""

    def __init__(self, batch: Batch) -> None:
        self.places: list[StopPlace] = []
        self.quays: list[Quay] = []
        self.lines: list[Line] = []
        self.journeys: list[DatedJourney] = []
        self.situations: list[Situation] = []
        self.vehicles: list[VehiclePosition] = []
        by_kind: dict[type, list[Any]] = {
            StopPlace: self.places,
            Quay: self.quays,
            Line: self.lines,
            DatedJourney: self.journeys,
            Situation: self.situations,
            VehiclePosition: self.vehicles,
        }
        for record in batch.records:
            by_kind[type(record)].append(record)

    def quays_alone(self) -> list[Quay]:
        """Quays whose stop place is not in the same batch."""
        here = {place.id for place in self.places}
        return [quay for quay in self.quays if quay.stop_place_id not in here]


def _with_quay(quay: Quay) -> dict[str, Any]:
    """A pipeline stage that puts a quay in the place of the one with its id, else at the end."""
    known, new = {"$ifNull": ["$quays", []]}, {"$literal": quay_document(quay)}
    same = {"$eq": ["$$this.id", {"$literal": quay.id}]}
    replaced = {"$map": {"input": known, "in": {"$cond": [same, new, "$$this"]}}}
    added = {"$concatArrays": [known, [new]]}
    has_it = {"$in": [{"$literal": quay.id}, {"$ifNull": ["$quays.id", []]}]}
    return {"$set": {"quays": {"$cond": [has_it, replaced, added]}}}


async def save_rank(
    store: Store, observation: RankObservation, rank: TaxiRank, feed_id: str
) -> None:
    """Store what is derived for a taxi rank (候客点). Unknown counts are stored as null.

    Counts that did not change move `observed_at` only, which is no event for anybody.
    """
    row = {
        "name": plain(rank.name),
        "location": point(rank.position),
        "rank_capacity": rank.rank_capacity,
        "holding_capacity": rank.holding_capacity,
        "vehicles_waiting": observation.vehicles_waiting,
        "holding": observation.holding,
        "departures_15m": observation.departures_15m,
        "feed": feed_id,
        "observed_at": plain(observation.observed_at),
    }
    try:
        await store.db[raw.TAXI_RANKS].update_one({"_id": rank.id}, {"$set": row}, upsert=True)
    except ConnectionFailure as error:
        raise unreachable(error) from error
