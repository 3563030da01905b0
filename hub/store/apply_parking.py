"""Writes parking facilities: what a facility is and what is free in it are layers of one document.

The two come from different messages, often from different feeds, in any order. Each layer has its
feed and fingerprint, and goes without the other; the document goes with the last.
"""

from typing import Any

from pymongo import UpdateOne

from hub.store.apply_records import RecordWriter, Write
from hub.store.rows import Document

STATUS = "status"
_FACILITY = (
    *("native_id", "name", "location", "capacity", "park_and_ride"),
    *("feed", "fp"),
)


class FacilityWriter(RecordWriter):
    """The facility layer: the document's own fields."""

    def _write_of(self, id_: str, document: Document) -> Write:
        absent = dict.fromkeys((name for name in _FACILITY if name not in document), "")
        change = {"$set": document, **({"$unset": absent} if absent else {})}
        return UpdateOne({"_id": id_}, change, upsert=True)

    async def _delete(self, mine: dict[str, Any]) -> int:
        gone = await self._collection.delete_many({**mine, STATUS: None})
        unset = {"$unset": dict.fromkeys(_FACILITY, "")}
        left = await self._collection.update_many(mine, unset)
        return gone.deleted_count + left.modified_count


class StatusWriter(RecordWriter):
    """The status layer. One observed before the one that is stored loses, whoever wrote that."""

    layer = STATUS

    def _write_of(self, id_: str, document: Document) -> Write:
        dataset = document.pop("dataset")
        new: Any = {"$literal": document}
        if document["observed_at"] is not None:
            newer = {"$gt": [f"${STATUS}.observed_at", document["observed_at"]]}
            new = {"$cond": [newer, f"${STATUS}", new]}
        stages = [{"$set": {"dataset": {"$literal": dataset}, STATUS: new}}]
        return UpdateOne({"_id": id_}, stages, upsert=True)

    async def _delete(self, mine: dict[str, Any]) -> int:
        gone = await self._collection.delete_many({**mine, "feed": None})
        left = await self._collection.update_many(mine, {"$unset": {STATUS: ""}})
        return gone.deleted_count + left.modified_count
