"""Reads of feed data. Every method answers raw documents as docs/data-model.md describes them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from hub.errors import NotFound
from hub.store import raw
from hub.store.driver import Document, Store
from hub.store.feeds import listed
from hub.store.feeds.circles import Circle, nearest
from hub.store.feeds.network import NetworkReader
from hub.store.feeds.same_as import SameAs

Projection = Mapping[str, Any]
Board = Literal["departure", "arrival"]
After = tuple[datetime, str]
"""Keyset position: the board time and the `_id` of the last row of the page before."""

_WITHOUT_WAY = {"geometry": 0, "stop_places": 0}
_NEWEST = [("observed_at", -1), ("_id", 1)]
READABLE = frozenset(
    {
        raw.STOP_PLACES,
        raw.LINES,
        raw.JOURNEYS,
        raw.CALLS,
        raw.SITUATIONS,
        raw.VEHICLES,
        raw.TAXI_RANKS,
        raw.PARKING_FACILITIES,
        raw.SHARING_STATIONS,
        raw.FACILITY_CONDITIONS,
        raw.FEEDS,
    }
)


class TransitRepository:
    """Boards, journeys, places, situations, vehicles, ranks, feeds."""

    def __init__(self, store: Store, same_as: SameAs | None = None) -> None:
        self._db = store.db
        self.same_as = same_as or SameAs(store)
        self.network = NetworkReader(store.db)

    async def calls(
        self,
        stop_place: str,
        *,
        board: Board,
        modes: Sequence[str] | None,
        start: datetime,
        end: datetime,
        limit: int,
        after: After | None = None,
        projection: Projection | None = None,
    ) -> list[Document]:
        """One board: calls at a stop place with start <= time < end, by (time, `_id`).

        Of every id the stop place has (hub.store.feeds.same_as), in one indexed find. The time is
        `board.departure` or `board.arrival`, the best known one.
        """
        key = f"board.{board}"
        query = await self._board(stop_place, key, modes, start, end)
        if after is not None:
            moment, last = after
            query[key]["$gte"] = max(start, moment)
            query["$or"] = [{key: {"$gt": moment}}, {key: moment, "_id": {"$gt": last}}]
        return await self._find(raw.CALLS, query, projection, [(key, 1), ("_id", 1)], limit)

    async def count_calls(
        self,
        stop_place: str,
        *,
        board: Board,
        modes: Sequence[str] | None,
        start: datetime,
        end: datetime,
        before: After | None = None,
        limit: int = 0,
    ) -> int:
        """How many calls a board has, before a place in its order; at most `limit` are counted."""
        key = f"board.{board}"
        query = await self._board(stop_place, key, modes, start, end)
        if before is not None:
            moment, first = before
            query["$or"] = [{key: {"$lt": moment}}, {key: moment, "_id": {"$lt": first}}]
        most: dict[str, Any] = {"limit": limit} if limit else {}
        return await self._db[raw.CALLS].count_documents(query, **most)

    async def journey(self, journey_id: str) -> Document | None:
        """One dated journey with every known call, by order."""
        return await self.one(raw.JOURNEYS, journey_id)

    async def journeys(self, ids: Iterable[str]) -> list[Document]:
        """The journeys of these ids that exist, in no particular order."""
        return await self._by_ids(raw.JOURNEYS, ids, None)

    async def stop_place(self, stop_place_id: str) -> Document | None:
        """One stop place with its quays."""
        return await self.one(raw.STOP_PLACES, stop_place_id)

    async def stop_places(self, ids: Iterable[str] | None = None) -> list[Document]:
        """Stop places by id, or all of them, by `_id`."""
        return await self._by_ids(raw.STOP_PLACES, ids, None)

    async def lines(
        self, ids: Iterable[str] | None = None, projection: Projection | None = None
    ) -> list[Document]:
        """Lines by id, or all of them, by `_id`; where they go only if it is asked for."""
        return await self._by_ids(raw.LINES, ids, projection or _WITHOUT_WAY)

    async def lines_at(self, stop_places: Iterable[str]) -> list[Document]:
        """Lines that call at one of these ids, by `_id`, with their `stop_places`."""
        query = {"stop_places": {"$in": list(stop_places)}}
        return await self._find(raw.LINES, query, {"geometry": 0}, [("_id", 1)], 0)

    async def situations(self, now: datetime | None = None) -> list[Document]:
        """Situations, newest first; with `now`, only those open and in force at that time."""
        query = {} if now is None else {"progress": "OPEN", **listed.in_force(now)}
        return await self._find(raw.SITUATIONS, query, None, _NEWEST, 0)

    async def affecting(self, what: str, ids: Iterable[str], now: datetime) -> list[Document]:
        """Situations open and in force that name one of these ids, newest first.

        `what` are `stop_places`, `lines` or `journeys`.
        """
        named = {f"affects.{what}": {"$in": list(ids)}}
        query = {"progress": "OPEN", **named, **listed.in_force(now)}
        return await self._find(raw.SITUATIONS, query, None, _NEWEST, 0)

    async def vehicles(
        self,
        modes: Sequence[str] | None = None,
        within: Circle | None = None,
        observed_after: datetime | None = None,
        limit: int = 0,
        after: str | None = None,
        among: Iterable[str] | None = None,
    ) -> list[Document]:
        """Vehicles by `_id`, after the id `after`; of those `among` only, where ids are given."""
        query: dict[str, Any] = dict(listed.vehicles(modes, within, observed_after).query)
        if after is not None:
            query["_id"] = {"$gt": after}
        if among is not None:
            query.setdefault("_id", {})["$in"] = list(among)
        return await self._find(raw.VEHICLES, query, None, [("_id", 1)], limit)

    async def taxi_ranks(self) -> list[Document]:
        """Every taxi rank, by `_id`."""
        return await self._find(raw.TAXI_RANKS, {}, None, [("_id", 1)], 0)

    async def parking_facilities(
        self, within: Circle | None = None, limit: int = 0
    ) -> list[Document]:
        """Parking facilities by `_id`, each with its `status` layer if it has one."""
        return await self._all(listed.parking_facilities(within), limit)

    async def parking_near(self, circle: Circle, limit: int) -> list[Document]:
        """Parking facilities inside a circle, the nearest to its centre first."""
        query = {"location": nearest(circle)}
        return await self._db[raw.PARKING_FACILITIES].find(query, limit=limit).to_list()

    async def sharing_stations(
        self, within: Circle | None = None, limit: int = 0
    ) -> list[Document]:
        """Stations of shared vehicles, by `_id`."""
        return await self._all(listed.sharing_stations(within), limit)

    async def facility_conditions(
        self, stop_place: str | None = None, now: datetime | None = None, limit: int = 0
    ) -> list[Document]:
        """Conditions of facilities by `_id`; with `now`, those in force then.

        At a stop place: of every id it has, as `calls`.
        """
        ids = None if stop_place is None else await self.same_as.ids(stop_place)
        return await self._all(listed.facility_conditions(ids, now), limit)

    async def conditions_at(self, stop_places: Iterable[str], now: datetime) -> list[Document]:
        """Conditions of facilities in force at one of these ids, by `_id`."""
        return await self._all(listed.facility_conditions(stop_places, now))

    async def feeds(self, projection: Projection | None = None) -> list[Document]:
        """Every feed with its health, by `_id`."""
        return await self._find(raw.FEEDS, {}, projection, [("_id", 1)], 0)

    async def one(self, collection: str, document_id: str) -> Document | None:
        """One document of a readable collection, for Relay's `node`. None when absent."""
        if collection not in READABLE:
            raise NotFound(collection, document_id)
        return await self._db[collection].find_one({"_id": {"$eq": document_id}})

    async def _board(
        self,
        stop_place: str,
        key: str,
        modes: Sequence[str] | None,
        start: datetime,
        end: datetime,
    ) -> dict[str, Any]:
        window = {"$gte": start, "$lt": end}
        query: dict[str, Any] = {"stop_place.id": await self._any_id(stop_place), key: window}
        if modes is not None:
            query["journey.mode"] = {"$in": list(modes)}
        return query

    async def _any_id(self, stop_place: str) -> str | Document:
        """What matches each id of a stop place; one alone is sorted by its index."""
        ids = await self.same_as.ids(stop_place)
        return ids[0] if len(ids) == 1 else {"$in": ids}

    async def _by_ids(
        self, collection: str, ids: Iterable[str] | None, projection: Projection | None
    ) -> list[Document]:
        query = {} if ids is None else {"_id": {"$in": list(ids)}}
        return await self._find(collection, query, projection, [("_id", 1)], 0)

    async def _all(self, of: listed.Listed, limit: int = 0) -> list[Document]:
        return await self._find(of.collection, of.query, None, [("_id", 1)], limit)

    async def _find(
        self,
        collection: str,
        query: Mapping[str, Any],
        projection: Projection | None,
        order: list[tuple[str, int]],
        limit: int,
    ) -> list[Document]:
        cursor = self._db[collection].find(query, projection, sort=order, limit=limit)
        return await cursor.to_list()
