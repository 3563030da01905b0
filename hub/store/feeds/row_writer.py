"""Writes the rows of boards that journeys make, and makes them anew where the places changed."""

import secrets
from collections.abc import Mapping, Sequence
from hashlib import sha256

from pymongo import DeleteMany, DeleteOne, ReplaceOne, UpdateMany, UpdateOne

from hub.store import raw
from hub.store.driver import PART, Store, Tx
from hub.store.feeds import board, merge
from hub.store.feeds.rows import Document

Write = ReplaceOne[Document] | UpdateOne | UpdateMany | DeleteOne | DeleteMany


class RowWriter:
    """The board rows of one dataset's journeys; `stop_places` are the interchange's (empty: all).

    `projection` names what rows were made for: the layout of documents, and the stop places of
    this dataset. A journey carries it, so that rows made for others are known, whoever made them.
    """

    def __init__(self, store: Store, dataset: str, stop_places: frozenset[str]) -> None:
        self._store = store
        self._dataset = dataset
        self._stop_places = stop_places
        self.projection = _projection(dataset, stop_places)

    async def save(
        self, tx: Tx, olds: Mapping[str, Document], news: Mapping[str, Document | None]
    ) -> None:
        """Write journeys that differ from `olds`, and their rows; None removes a journey.

        Each that is written has a new `rev`, by which one can tell that it is still as written.
        """
        journeys: list[Write] = []
        rows: list[Write] = []
        rev = new_rev()
        for id_, new in news.items():
            old = olds.get(id_)
            rows.extend(self._writes(id_, old, new))
            if new is None:
                journeys.append(DeleteOne({"_id": id_}))
            elif new != old:
                new["rev"] = rev
                journeys.append(replacing(new))
        await _write_all(self._store, tx, journeys, rows)

    def _writes(self, id_: str, old: Document | None, new: Document | None) -> list[Write]:
        """What makes the rows of a journey those of `new`, which is given its projection."""
        if new is not None:
            new["projection"] = self.projection
        if old is None or new is None or old.get("projection") != self.projection:
            return self._anew(id_, old, new)
        changes = board.row_changes(old, new, self._stop_places)
        writes: list[Write] = [DeleteOne({"_id": row_id}) for row_id in changes.gone]
        for moment, ids in changes.moved.items():  # a touch: no event for anybody
            writes.append(UpdateMany({"_id": {"$in": ids}}, {"$set": {"observed_at": moment}}))
        writes.extend(replacing(row) for row in changes.written)
        return writes

    async def rebuild(self) -> int:
        """Make the rows of stored journeys that were made for other stop places; how many journeys.

        A journey is stored with all its calls, so nothing is asked of its sources. One that a
        writer with the old places writes meanwhile is left for whoever rebuilds after that writer.
        """
        other = {"$regex": rf"^{merge.LAYOUT}\.", "$ne": self.projection}
        wanted = {"dataset": self._dataset, "projection": other}
        found = self._store.db[raw.JOURNEYS].find(wanted, {"_id": 1})
        ids = [journey["_id"] async for journey in found]
        async for _ in self._store.in_parts(ids, self._rebuild):
            pass
        return len(ids)

    async def _rebuild(self, tx: Tx, *, items: Sequence[str]) -> None:
        other: Document = {"_id": {"$in": items}, "projection": {"$ne": self.projection}}
        calling = other
        if self._stop_places:
            calling = {**other, "calls.stop_place.id": {"$in": list(self._stop_places)}}
        journeys, calls = self._store.db[raw.JOURNEYS], self._store.db[raw.CALLS]
        rows: Document = {}
        async for journey in journeys.find(calling, session=tx, batch_size=PART):
            rows |= board.board_rows(journey, self._stop_places)
        here = [one["_id"] async for one in journeys.find(other, {"_id": 1}, session=tx)]
        stored = calls.find({"journey.id": {"$in": here}}, {"_id": 1}, session=tx)
        gone = [row["_id"] async for row in stored if row["_id"] not in rows]
        written: list[Write] = [replacing(row) for row in rows.values()]
        if gone:
            written.append(DeleteMany({"_id": {"$in": gone}}))
        made = UpdateMany({"_id": {"$in": here}}, {"$set": {"projection": self.projection}})
        await _write_all(self._store, tx, [made], written)

    def _anew(self, id_: str, old: Document | None, new: Document | None) -> list[Write]:
        """What lies there is not this layout, or nothing: trust none of it."""
        rows = board.board_rows(new, self._stop_places) if new else {}
        written: list[Write] = [replacing(row) for row in rows.values()]
        if old is None:
            return written
        return [DeleteMany({"_id": {**_rows_of(id_), "$nin": list(rows)}}), *written]


def new_rev() -> int:
    """A name for the writes of one transaction that no other has: never that of an earlier state.

    A count would come to the same number again after a journey was removed and made anew.
    """
    return secrets.randbits(63)


async def _write_all(store: Store, tx: Tx, journeys: list[Write], rows: list[Write]) -> None:
    for collection, writes in ((raw.JOURNEYS, journeys), (raw.CALLS, rows)):
        if writes:
            await store.db[collection].bulk_write(writes, ordered=False, session=tx)


def replacing(document: Document) -> ReplaceOne[Document]:
    """The write that puts a document in the place of the one with its id, or there."""
    return ReplaceOne({"_id": document["_id"]}, document, upsert=True)


def _projection(dataset: str, stop_places: frozenset[str]) -> str:
    """Names the layout and the dataset's own stop places: calls are at no others."""
    if not stop_places:
        return f"{merge.LAYOUT}.all"
    places = sorted(place for place in stop_places if place.startswith(f"{dataset}:"))
    named = sha256("\n".join(places).encode()).hexdigest()[:12]
    return f"{merge.LAYOUT}.{named}"


def _rows_of(journey: str) -> Document:
    """The range of `_id` that holds the calls of a journey: `journey#order`."""
    return {"$gte": f"{journey}#", "$lt": f"{journey}$"}
