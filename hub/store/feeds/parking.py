"""Writes parking facilities: what a facility is and what is free in it are layers of one document.

The two come from different messages, often from different feeds, in any order. Each layer has its
feed and fingerprint, and goes without the other; the document goes with the last.
"""

from typing import Any

from pymongo import UpdateOne

from hub.store.feeds.contested import ContestedWriter
from hub.store.feeds.records import Write
from hub.store.feeds.rivalry import statements
from hub.store.feeds.rows import Document

_FACILITY = (
    *("native_id", "name", "location", "capacity", "park_and_ride"),
    *("feed", "fp", "said_at", "others", "contested"),
)


class FacilityWriter(ContestedWriter):
    """The facility layer: the document's own fields."""

    part = statements.FACILITY

    def _write_of(self, id_: str, document: Document) -> Write:
        absent = dict.fromkeys((name for name in _FACILITY if name not in document), "")
        change = {"$set": document, **({"$unset": absent} if absent else {})}
        return UpdateOne({"_id": id_, **self._alone()}, change, upsert=True)

    async def _delete(self, mine: dict[str, Any]) -> int:
        gone = await self._collection.delete_many({**mine, "status": None})
        unset = {"$unset": dict.fromkeys(_FACILITY, "")}
        left = await self._collection.update_many(mine, unset)
        return gone.deleted_count + left.modified_count


class StatusWriter(ContestedWriter):
    """The status layer."""

    part = statements.STATUS

    def _write_of(self, id_: str, document: Document) -> Write:
        placed = self._placed(id_, document)
        return UpdateOne({"_id": id_, **self._alone()}, {"$set": placed}, upsert=True)

    def _placed(self, id_: str, document: Document) -> Document:
        status = {name: value for name, value in document.items() if name != "dataset"}
        return {"_id": id_, "dataset": document["dataset"], "status": status}

    async def _delete(self, mine: dict[str, Any]) -> int:
        gone = await self._collection.delete_many({**mine, "feed": None})
        left = await self._collection.update_many(mine, {"$unset": {"status": ""}})
        return gone.deleted_count + left.modified_count
