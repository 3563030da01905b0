"""Writes records that several feeds may speak of: whose statement is shown is decided, not chance.

What one feed alone speaks of is written as by any writer, without being read. A document that shows
another feed's statement does not match such a write, and its insertion is refused as a duplicate:
that is how a rival is found, and only then is the record decided in a transaction.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from pymongo import DeleteOne, ReplaceOne, UpdateOne

from hub import clock
from hub.store.driver import PART, Tx
from hub.store.feeds.entries import Entry
from hub.store.feeds.memory import Applied
from hub.store.feeds.records import RecordWriter, Write
from hub.store.feeds.rivalry import statements
from hub.store.feeds.rivalry.contest import FRESH_FOR, feeds_as_known
from hub.store.feeds.rivalry.statements import Rank
from hub.store.feeds.row_writer import replacing
from hub.store.feeds.rows import AGED, Document
from hub.store.pending import DUPLICATE_KEY

_STRAY = {"errmsg": "the position is off the globe"}


class ContestedWriter(RecordWriter):
    """One feed's statements about records that other feeds may speak of as well."""

    def _write_of(self, id_: str, document: Document) -> Write:
        return ReplaceOne({"_id": id_, **self._alone()}, document, upsert=True)

    def _document(self, entry: Entry) -> Document:
        """Without a time of its own a statement says when it came to be said."""
        said = super()._document(entry)
        return said if entry.observed_at is not None else {**said, "said_at": clock.now()}

    def _aging(self, id_: str, moment: datetime) -> list[UpdateOne]:
        """Also where another's statement is shown."""
        mine = self.part.at("others.$[mine]")
        beside = UpdateOne(
            {"_id": id_, self.part.at("others.feed"): self._feed.id},
            {"$set": {f"{mine}.observed_at": moment, f"{mine}.fp": AGED}},
            array_filters=[{"mine.feed": self._feed.id}],
        )
        return [*super()._aging(id_, moment), beside]

    def _alone(self) -> Document:
        """The filter of documents that nobody else says anything of."""
        feed, contested = self.part.at("feed"), self.part.at("contested")
        return {feed: {"$in": [self._feed.id, None]}, contested: {"$exists": False}}

    def _spoken_of(self) -> Document:
        return {"$or": [self._mine(), {self.part.at("contested"): self._feed.id}]}

    async def _failed(self, entries: list[Entry], failures: Mapping[str, Document]) -> set[str]:
        rivals = [one for one in entries if failures[one.id]["code"] == DUPLICATE_KEY]
        strays = {one.id: _STRAY for one in rivals if _is_off_the_globe(one.build())}
        others = {one.id: failures[one.id] for one in entries if one not in rivals} | strays
        known = [one for one in rivals if one.id not in strays]
        async for _ in self._store.in_parts(known, self._contend):
            pass
        if not others:
            return set()
        return await super()._failed([one for one in entries if one.id in others], others)

    async def _contend(self, tx: Tx, *, items: Sequence[Entry]) -> None:
        olds = await self._read(tx, {"_id": {"$in": [entry.id for entry in items]}})
        rank, now = await self._rank(tx, items), clock.now()
        writes: list[ReplaceOne[Document]] = []
        for entry in items:
            alone = self._placed(entry.id, self._document(entry))
            old = olds.get(entry.id, alone)
            said = self.part.of(alone)
            shown = statements.with_statement(self.part.of(old), said or {}, rank, now)
            writes.append(replacing(self.part.put(old, shown)))
        await self._collection.bulk_write(writes, ordered=False, session=tx)

    def _placed(self, _id: str, document: Document) -> Document:
        """The document that has nothing but this statement."""
        return document

    async def _remove(self, ids: list[str]) -> Applied:
        """Take back what this feed says; what others say stands."""
        if not ids:
            return Applied()
        removed = await self._delete({"_id": {"$in": ids}, **self._alone(), **self._mine()})
        said = self._collection.find({"_id": {"$in": ids}, **self._spoken_of()}, [])
        left = [document["_id"] async for document in said]
        async for _, taken in self._store.in_parts(left, self._take_back):
            removed += taken
        self._memory.forget(ids)
        return Applied(withdrawn=removed)

    async def _take_back(self, tx: Tx, *, items: Sequence[str]) -> int:
        olds = await self._read(tx, {"_id": {"$in": items}, **self._spoken_of()})
        rank, now = await self._rank(tx, ()), clock.now()
        writes: list[ReplaceOne[Document] | DeleteOne] = []
        for id_, old in olds.items():
            left = statements.without_statement(self.part.of(old), self._feed.id, rank, now)
            new = self.part.emptied(old) if left is None else self.part.put(old, left)
            writes.append(DeleteOne({"_id": id_}) if new is None else replacing(new))
        if writes:
            await self._collection.bulk_write(writes, ordered=False, session=tx)
        return len(olds)

    async def _read(self, tx: Tx, query: Document) -> dict[str, Document]:
        found = self._collection.find(query, session=tx, batch_size=PART)
        return {document["_id"]: document async for document in found}

    async def _rank(self, tx: Tx, entries: Iterable[Entry]) -> Rank:
        """The rule now; the message being written counts as its feed's last data."""
        as_of = max((entry.stamp for entry in entries if entry.stamp), default=None)
        feeds = await feeds_as_known(self._store, self._feed, tx, as_of=as_of)
        return statements.ranking(
            feeds, clock.now(), fresh_for=FRESH_FOR, own_time=self.part.own_time
        )


class ReportWriter(ContestedWriter):
    """Records whose age is their own time alone, however fresh their message."""

    part = statements.REPORT


def _is_off_the_globe(document: Document) -> bool:
    """Whether the database would refuse it once it is shown, and with it what hands over to it."""
    lon, lat = (document.get("location") or {}).get("coordinates", (0, 0))
    return not (-180 <= lon <= 180 and -90 <= lat <= 90)
