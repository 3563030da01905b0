"""The only writer of feed data: a connector's batch becomes documents, and only what changed.

A record whose content is what the database already holds costs a fingerprint and no write. The
writer remembers what its feed wrote (read once from the database), so it must be the only one of
its feed at a time: whoever holds the feed's lease makes a new one.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pymongo import UpdateOne
from pymongo.errors import ConnectionFailure

from hub import clock
from hub.connector import Batch
from hub.model.facilities import FacilityCondition
from hub.model.journeys import DatedJourney
from hub.model.network import Line, Quay, StopPlace
from hub.model.parking import ParkingFacility, ParkingStatus, SharingStation
from hub.model.situations import Situation
from hub.model.vehicles import RankObservation, TaxiRank, VehiclePosition
from hub.settings import FeedSettings
from hub.store import raw
from hub.store.driver import Store, unreachable
from hub.store.feeds.contested import ContestedWriter, ReportWriter
from hub.store.feeds.entries import (
    Entry,
    condition_entry,
    facility_entry,
    line_entry,
    place_entries,
    quay_document,
    situation_entry,
    station_entry,
    status_entry,
    vehicle_entry,
)
from hub.store.feeds.journeys import JourneyWriter
from hub.store.feeds.memory import Applied
from hub.store.feeds.parking import FacilityWriter, StatusWriter
from hub.store.feeds.records import RecordWriter
from hub.store.feeds.rivalry.contest import FRESH_FOR
from hub.store.feeds.rows import plain, point

__all__ = ["Applied", "FeedWriter", "save_rank"]

"""How long a feed's data counts as fresh where its settings do not say."""

_WRITERS: dict[type, tuple[type[RecordWriter], str]] = {
    StopPlace: (RecordWriter, raw.STOP_PLACES),
    Line: (RecordWriter, raw.LINES),
    Situation: (ContestedWriter, raw.SITUATIONS),
    VehiclePosition: (ContestedWriter, raw.VEHICLES),
    ParkingFacility: (FacilityWriter, raw.PARKING_FACILITIES),
    ParkingStatus: (StatusWriter, raw.PARKING_FACILITIES),
    SharingStation: (ReportWriter, raw.SHARING_STATIONS),
    FacilityCondition: (ContestedWriter, raw.FACILITY_CONDITIONS),
}
_WITHDRAWN = tuple(kind for kind in _WRITERS if kind not in {StopPlace, Line})
"""What goes when complete messages lack it; the network stays for what refers to it."""
_APART = (ParkingFacility, ParkingStatus)
"""Published in messages apart: one that lists either is silent about the other."""


class FeedWriter:
    """Applies the batches of one feed; `stop_places` are the interchange's (empty: all)."""

    def __init__(self, store: Store, feed: FeedSettings, stop_places: frozenset[str]) -> None:
        touch_after = (feed.warn_after or FRESH_FOR) / 3
        self._store = store
        self._journeys = JourneyWriter(store, feed, stop_places, touch_after)
        self._records = {
            kind: writer(store, feed, collection, touch_after)
            for kind, (writer, collection) in _WRITERS.items()
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
        kinds = _by_kind(batch)
        journeys: list[DatedJourney] = kinds[DatedJourney]
        entries = _entries(kinds, batch.as_of)
        applied = Applied()
        for kind, found in entries.items():
            applied += await self._records[kind].write(found)
        applied += await self._add_quays(_quays_alone(kinds))
        applied += await self._journeys.write(journeys, batch.as_of)
        if batch.withdrawn:
            applied += await self._withdraw(batch.withdrawn)
        if batch.complete and (batch.records or not batch.entities):
            if self._counted is not batch:  # a batch applied again after a failure counts once
                self._count_absent(journeys, entries, batch.kept)
                self._counted = batch
            applied += await self._withdraw_absent(journeys)
            self._counted = None
        elif batch.complete or batch.full:
            await self._age(None, journeys, entries, batch.as_of or clock.now())
        if batch.kept:
            await self._age(batch.kept, journeys, entries, batch.as_of or clock.now())
        return applied

    async def _withdraw(self, ids: list[str]) -> Applied:
        applied = await self._journeys.withdraw(ids)
        for kind in _WITHDRAWN:
            applied += await self._records[kind].withdraw(ids)
        return applied

    def _count_absent(
        self,
        journeys: list[DatedJourney],
        entries: Mapping[type, list[Entry]],
        kept: list[str],
    ) -> None:
        """The message was complete, and not refused as a whole."""
        self._journeys.count_absent(journeys, kept)
        for kind in _spoken_of(entries):
            present = (entry.id for entry in entries[kind])
            self._records[kind].count_absent((*present, *kept))

    async def _age(
        self,
        ids: list[str] | None,
        journeys: list[DatedJourney],
        entries: Mapping[type, list[Entry]],
        moment: datetime,
    ) -> None:
        """Let what is absent age, of these ids (None: all): nobody knows whether it still holds.

        What says its own time ages by that.
        """
        await self._journeys.age(ids, journeys, moment)
        for kind in _spoken_of(entries):
            absent = self._records[kind].besides(entry.id for entry in entries[kind])
            among = absent if ids is None else set(absent) & set(ids)
            await self._records[kind].age(among, moment)

    async def _withdraw_absent(self, journeys: list[DatedJourney]) -> Applied:
        applied = await self._journeys.withdraw_absent(journeys)
        for kind in _WITHDRAWN:
            applied += await self._records[kind].withdraw_absent()
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


def _spoken_of(entries: Mapping[type, list[Entry]]) -> list[type]:
    """The kinds of which a message that lists all that holds says something."""
    silent = {kind for kind in _APART if not entries[kind]}
    return [kind for kind in _WITHDRAWN if kind not in silent or len(silent) == len(_APART)]


def _by_kind(batch: Batch) -> dict[type, list[Any]]:
    kinds: dict[type, list[Any]] = defaultdict(list)
    for record in batch.records:
        kinds[type(record)].append(record)
    return kinds


def _entries(kinds: Mapping[type, list[Any]], as_of: datetime | None) -> dict[type, list[Entry]]:
    """What is written one document each, by kind of record."""
    return {
        StopPlace: place_entries(kinds[StopPlace], kinds[Quay]),
        Line: [line_entry(line) for line in kinds[Line]],
        Situation: [situation_entry(item, as_of) for item in kinds[Situation]],
        VehiclePosition: [vehicle_entry(vehicle) for vehicle in kinds[VehiclePosition]],
        ParkingFacility: [facility_entry(facility) for facility in kinds[ParkingFacility]],
        ParkingStatus: [status_entry(status) for status in kinds[ParkingStatus]],
        SharingStation: [station_entry(station, as_of) for station in kinds[SharingStation]],
        FacilityCondition: [condition_entry(item, as_of) for item in kinds[FacilityCondition]],
    }


def _quays_alone(kinds: Mapping[type, list[Any]]) -> list[Quay]:
    """Quays whose stop place is not in the same batch."""
    here = {place.id for place in kinds[StopPlace]}
    return [quay for quay in kinds[Quay] if quay.stop_place_id not in here]


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
