"""The archive of raw messages: what every feed received, byte for byte, in the order it came.

`raw_messages` keeps each content of a feed once, `raw_arrivals` one small row for each time it was
read. Both are bounded in time (`[hub] raw_days`, by the database) and each feed in size
(`[hub] raw_megabytes`, here): the oldest go first, so that what is left is always a whole stretch
up to now. A feed has one writer at a time, whoever holds its lease.
"""

import asyncio
import zlib
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from bson import Binary

from hub.connector import Envelope
from hub.errors import Reason
from hub.spool import Gathered, Spool
from hub.store import raw
from hub.store.driver import Document, Store
from hub.store.feeds.arrivals import Arrival, Holdings, Part, Span

THREAD_ABOVE = 64 * 1024
PIECE = 4 * 1024 * 1024
"""A larger message is kept in pieces: a document holds 16 MiB, and several copies while written."""
AT_ONCE = 1024 * 1024
PAGE = 200
ROOM = 0.9
"""A feed that reached its bound is trimmed to this share of it, so that not every message trims."""
MEGABYTE = 1024 * 1024
_ZIP = b"PK\x03\x04"


class Archive:
    """Keeps at most `max_bytes` (as stored) of each feed."""

    def __init__(self, store: Store, max_bytes: int) -> None:
        self._messages = store.db[raw.RAW_MESSAGES]
        self._arrivals = store.db[raw.RAW_ARRIVALS]
        self._max_bytes = max_bytes
        self._stored: dict[str, int] = {}
        self._numbers: dict[str, int] = {}

    async def add(
        self,
        feed_id: str,
        envelope: Envelope,
        *,
        part: Part = Part.DATA,
        quarantined: Reason | None = None,
        spans: Sequence[Span] = (),
        lost: int = 0,
    ) -> None:
        """Keep a message. `quarantined` says why it could not be decoded."""
        name = f"{envelope.sha256}:{feed_id}"
        await self._keep(feed_id, name, envelope, part, quarantined)
        until = envelope.received_at + timedelta(microseconds=spans[-1].after if spans else 0)
        row: Document = {"message": name, "part": part.value, "until": until}
        if spans:
            row["spans"] = [list(span) for span in spans]
        if lost:
            row["lost"] = lost
        await self._arrived(feed_id, envelope.received_at, row)
        await self._trim(feed_id)

    async def started(self, feed_id: str, at: datetime) -> None:
        """Note that the feed's reader starts, with nothing in memory."""
        self._numbers.pop(feed_id, None)  # another process may have had the feed since
        self._stored.pop(feed_id, None)
        await self._arrived(feed_id, at, {"part": Part.START.value, "until": at})

    async def arrivals(
        self, feed_id: str, start: datetime | None = None, end: datetime | None = None
    ) -> AsyncIterator[Arrival]:
        """Arrivals of a feed within start <= time <= end, in their order, bodies read one by one.

        First comes the last static reference before `start`, which was then in force.
        """
        if start is not None and (static := await self._static_before(feed_id, start)):
            yield await self._arrival(static)
        query: dict[str, Any] = {"feed": {"$eq": feed_id}, **_within(start, end)}
        after = -1
        while True:
            page = {**query, "n": {"$gt": after}}
            rows = await self._arrivals.find(page, sort=[("n", 1)], limit=PAGE).to_list()
            for row in rows:
                after = row["n"]
                yield await self._arrival(row)
            if len(rows) < PAGE:
                return

    async def count(
        self, feed_id: str, start: datetime | None = None, end: datetime | None = None
    ) -> int:
        """How many arrivals lie within start <= time <= end."""
        return await self._arrivals.count_documents(
            {"feed": {"$eq": feed_id}, **_within(start, end)}
        )

    async def holdings(self, feed_id: str) -> Holdings:
        """What there is of a feed."""
        query = {"feed": {"$eq": feed_id}, "part": {"$ne": Part.START.value}}
        first = await self._arrivals.find_one(query, sort=[("n", 1)])
        last = await self._arrivals.find_one(query, sort=[("n", -1)])
        return Holdings(
            arrivals=await self._arrivals.count_documents(query),
            size=await self._size(feed_id),
            first=_moment(first) if first else None,
            last=last["until"] if last else None,
        )

    async def _keep(
        self,
        feed_id: str,
        name: str,
        envelope: Envelope,
        part: Part,
        quarantined: Reason | None,
    ) -> None:
        """The content: stored once; the same again only moves the time it lives from."""
        again = {"received_at": envelope.received_at}
        known = await self._messages.update_many({"_id": _name_and_pieces(name)}, {"$set": again})
        if known.matched_count:
            return
        encoding, packed = await _pack(envelope)
        kept = packed if _size(packed) <= self._max_bytes else b""
        pieces = _pieces(kept)
        first = next(pieces, b"")
        message: Document = {
            "feed": feed_id,
            "part": part.value,
            "encoding": encoding,
            "source": envelope.source,
            "content_type": envelope.content_type,
            "size": envelope.size,
            "stored": _size(kept),
            "quarantined": quarantined.value if quarantined else None,
            **again,
        }
        for number, piece in enumerate(pieces, start=1):
            rest = {"feed": feed_id, "body": Binary(piece), **again}
            await self._messages.replace_one({"_id": f"{name}#{number:04}"}, rest, upsert=True)
        message["body"] = Binary(first) if kept is packed else None
        await self._messages.replace_one({"_id": name}, message, upsert=True)
        if feed_id in self._stored:
            self._stored[feed_id] += _size(kept)

    async def _arrived(self, feed_id: str, at: datetime, row: Document) -> None:
        if feed_id not in self._numbers:
            last = await self._arrivals.find_one({"feed": feed_id}, sort=[("n", -1)])
            self._numbers.setdefault(feed_id, last["n"] if last else 0)
        self._numbers[feed_id] += 1
        # a BSON date ends at milliseconds; the archive must give back the very time
        exact = {"at": at, "micros": at.microsecond % 1000}
        await self._arrivals.insert_one(
            row | exact | {"feed": feed_id, "n": self._numbers[feed_id]}
        )

    async def _arrival(self, row: Document) -> Arrival:
        at = _moment(row)
        return Arrival(
            feed=row["feed"],
            number=row["n"],
            part=Part(row["part"]),
            at=at,
            envelope=await self._envelope(row["message"], at) if "message" in row else None,
            spans=tuple(Span(*span) for span in row.get("spans", ())),
            lost=row.get("lost", 0),
        )

    async def _envelope(self, name: str, at: datetime) -> Envelope | None:
        message = await self._messages.find_one({"_id": name})
        if message is None or message["body"] is None:
            return None
        unpacked = Gathered()
        inflater = zlib.decompressobj() if message["encoding"] == "zlib" else None
        rows = self._messages.find({"_id": _name_and_pieces(name)}, sort=[("_id", 1)], batch_size=2)
        async for piece in rows:
            await asyncio.to_thread(_unpack, piece["body"], inflater, unpacked)
        return Envelope(unpacked.done(), at, message["source"], message["content_type"])

    async def _static_before(self, feed_id: str, start: datetime) -> Document | None:
        query = {"feed": {"$eq": feed_id}, "part": Part.STATIC.value, "until": {"$lt": start}}
        return await self._arrivals.find_one(query, sort=[("n", -1)])

    async def _size(self, feed_id: str) -> int:
        total = {"$group": {"_id": None, "stored": {"$sum": "$stored"}}}
        found = await self._messages.aggregate([{"$match": {"feed": feed_id}}, total])
        return sum([row["stored"] async for row in found])

    async def _trim(self, feed_id: str) -> None:
        """Remove the oldest until the feed is within its bound; the reference in force stays."""
        if self._stored.get(feed_id, self._max_bytes + 1) <= self._max_bytes:
            return
        size = await self._size(feed_id)  # what was counted does not know what grew too old
        self._stored[feed_id] = size
        if size <= self._max_bytes:
            return
        static = await self._arrivals.find_one(
            {"feed": feed_id, "part": Part.STATIC.value}, sort=[("n", -1)]
        )
        in_force = static["message"] if static else None
        query = {"feed": feed_id, "stored": {"$gt": 0}, "_id": {"$ne": in_force}}
        oldest = self._messages.find(query, {"stored": 1, "received_at": 1})
        until = None
        async for message in oldest.sort([("received_at", 1)]):
            if size <= self._max_bytes * ROOM:
                break
            size -= message["stored"]
            until = message["received_at"]
        if until is not None:
            await self._remove_until(feed_id, until, in_force)
        self._stored[feed_id] = await self._size(feed_id)

    async def _remove_until(self, feed_id: str, until: datetime, in_force: str | None) -> None:
        """Everything of the feed up to a time: first the arrivals, which name the messages."""
        gone = {"feed": feed_id, "at": {"$lte": until}, "message": {"$ne": in_force}}
        await self._arrivals.delete_many(gone)
        old: dict[str, Any] = {"feed": feed_id, "received_at": {"$lte": until}}
        if in_force is not None:
            old["$nor"] = [{"_id": _name_and_pieces(in_force)}]
        await self._messages.delete_many(old)


def _within(start: datetime | None, end: datetime | None) -> Document:
    bounds: Document = {}
    if start is not None:
        bounds["until"] = {"$gte": start}
    if end is not None:
        bounds["at"] = {"$lte": end}
    return bounds


def _moment(row: Document) -> datetime:
    at: datetime = row["at"]
    return at + timedelta(microseconds=row["micros"])


def _name_and_pieces(name: str) -> Document:
    """The ids of a message: its name, then `name#0001` and so on."""
    return {"$regex": f"^{name}(#|$)"}


def _size(packed: bytes | Spool) -> int:
    return len(packed) if isinstance(packed, bytes) else packed.size


def _pieces(packed: bytes | Spool) -> Iterator[bytes]:
    if isinstance(packed, Spool):
        return packed.pieces(PIECE)
    return (packed[at : at + PIECE] for at in range(0, len(packed), PIECE))


async def _pack(envelope: Envelope) -> tuple[str, bytes | Spool]:
    content = envelope.content
    if envelope.open().read(len(_ZIP)) == _ZIP:
        return "identity", content
    if isinstance(content, Spool):
        return "zlib", await asyncio.to_thread(_compressed, content)
    if len(content) > THREAD_ABOVE:
        return "zlib", await asyncio.to_thread(zlib.compress, content)
    return "zlib", zlib.compress(content)


def _compressed(content: Spool) -> bytes | Spool:
    packed, deflater = Gathered(), zlib.compressobj()
    for piece in content.pieces(AT_ONCE):
        packed.write(deflater.compress(piece))
    packed.write(deflater.flush())
    return packed.done()


def _unpack(piece: bytes, inflater: "zlib._Decompress | None", unpacked: Gathered) -> None:
    if inflater is None:
        unpacked.write(piece)
        return
    while piece:
        unpacked.write(inflater.decompress(piece, AT_ONCE))
        piece = inflater.unconsumed_tail
