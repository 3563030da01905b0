"""Reads of the network by what it is asked for: places by name and position, lines, their days."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

from hub.store import raw
from hub.store.driver import Document
from hub.store.feeds.circles import Circle, inside

Query = Mapping[str, Any]
Projection = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines by `_id`; of these modes (None: all)."""

    modes: Sequence[str] | None = None

    collection = raw.LINES
    key = "_id"

    @property
    def query(self) -> Query:
        """What the database is asked."""
        return {} if self.modes is None else {"mode": {"$in": list(self.modes)}}


@dataclass(frozen=True, slots=True)
class JourneysOfLine:
    """A line's journeys of one service day, by (start, `_id`): an index holds them so."""

    line: str
    day: date

    collection = raw.JOURNEYS
    key = "starts_at"

    @property
    def query(self) -> Query:
        """What the database is asked."""
        return {"line.id": self.line, "service_date": self.day.isoformat()}


class NetworkReader:
    """Places, quays, lines and the journeys of lines."""

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
        of: Lines | JourneysOfLine,
        *,
        limit: int,
        after: tuple[Any, ...] | None = None,
        projection: Projection | None = None,
    ) -> list[Document]:
        """Rows of a list after a place in its order, at most `limit`."""
        query = {**of.query, **(_beyond(of.key, "$gt", after) if after else {})}
        order = dict.fromkeys((of.key, "_id"), 1)
        found = self._db[of.collection].find(query, projection, sort=order, limit=limit)
        return await found.to_list()

    async def count(self, of: Lines | JourneysOfLine) -> int:
        """How many rows a list has."""
        return await self._db[of.collection].count_documents(of.query)

    async def any_before(self, of: Lines | JourneysOfLine, place: tuple[Any, ...] | None) -> bool:
        """Whether a list has rows before a place in its order (None: any at all)."""
        query = {**of.query, **(_beyond(of.key, "$lt", place) if place else {})}
        return await self._db[of.collection].find_one(query, {"_id": 1}) is not None


def _beyond(key: str, than: str, place: tuple[Any, ...]) -> Query:
    if key == "_id":
        return {key: {than: place[-1]}}
    moment: datetime
    moment, id_ = place
    return {"$or": [{key: {than: moment}}, {key: moment, "_id": {than: id_}}]}
