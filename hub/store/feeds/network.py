"""Reads of the network by what it is asked for, and of lists in pages."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

from hub.store import raw
from hub.store.driver import Document
from hub.store.feeds.circles import Circle, inside
from hub.store.feeds.listed import Listed

Query = Mapping[str, Any]
Projection = Mapping[str, Any]


class NetworkReader:
    """Places by name and position, quays by id, pages of lists."""

    def __init__(self, db: AsyncDatabase[Document]) -> None:
        self._db = db

    async def places(
        self,
        *,
        ids: Iterable[str] | None = None,
        named: str | None = None,
        within: Circle | None = None,
        modes: Sequence[str] | None = None,
    ) -> list[Document]:
        """Stop places by `_id`, of these ids; `named` is a part of a name or id, in any case."""
        query: dict[str, Any] = {}
        if ids is not None:
            query["_id"] = {"$in": list(ids)}
        if named is not None:
            escaped = re.escape(named).replace("\0", "x00")  # no regular expression has it as it is
            like = {"$regex": escaped, "$options": "i"}
            query["$or"] = [{path: like} for path in ("name.zh", "name.en", "_id")]
        if within is not None:
            query["location"] = inside(within)
        if modes is not None:
            query["modes"] = {"$in": list(modes)}
        return await self._db[raw.STOP_PLACES].find(query, sort={"_id": 1}).to_list()

    async def quays(self, ids: Iterable[str]) -> list[Document]:
        """Quays by id, each with its `_id` and the `stop_place_id` it belongs to."""
        wanted = set(ids)
        query = {"quays.id": {"$in": list(wanted)}}
        places = await self._db[raw.STOP_PLACES].find(query, {"quays": 1}).to_list()
        return [
            {**quay, "_id": quay["id"], "stop_place_id": place["_id"]}
            for place in places
            for quay in place["quays"]
            if quay["id"] in wanted
        ]

    async def page(
        self,
        of: Listed,
        *,
        limit: int,
        after: tuple[Any, ...] | None = None,
        projection: Projection | None = None,
    ) -> list[Document]:
        """Rows of a list after a place in its order, at most `limit`."""
        query = _beyond(of, "$gt", after)
        order = dict.fromkeys((of.key, "_id"), 1)
        found = self._db[of.collection].find(query, projection, sort=order, limit=limit)
        return await found.to_list()

    async def count(self, of: Listed) -> int:
        """How many rows a list has."""
        return await self._db[of.collection].count_documents(of.query)

    async def any_before(self, of: Listed, place: tuple[Any, ...] | None) -> bool:
        """Whether a list has rows before a place in its order (None: any at all)."""
        query = _beyond(of, "$lt", place)
        return await self._db[of.collection].find_one(query, {"_id": 1}) is not None


def _beyond(of: Listed, than: str, place: tuple[Any, ...] | None) -> Query:
    """Of a list what stands beyond a place in its order; all of it for None."""
    if place is None:
        return of.query
    if of.key == "_id":
        return {"$and": [of.query, {"_id": {than: place[-1]}}]}
    moment: datetime
    moment, id_ = place
    beyond = [{of.key: {than: moment}}, {of.key: moment, "_id": {than: id_}}]
    return {"$and": [of.query, {"$or": beyond}]}
