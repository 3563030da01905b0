"""Decides anew, as time passes, between the sources of one journey: who fell silent gives way.

A message of either source decides at once. This is for the time between messages, and for a source
that goes on without saying anything new: only journeys are read in which a fresh source stands
beside the stale one that is shown, so nothing is read where nothing changes.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

from hub import clock
from hub.store import raw
from hub.store.driver import PART, Store, Tx
from hub.store.feeds.rivalry import rivals
from hub.store.feeds.rivalry.contest import FRESH_FOR, standings
from hub.store.feeds.row_writer import RowWriter
from hub.store.feeds.rows import UNZONED, Document


class JourneySettlement:
    """Contested journeys, whose rows are those at `stop_places` (empty: all)."""

    def __init__(self, store: Store, stop_places: frozenset[str]) -> None:
        self._store = store
        self._stop_places = stop_places
        self._unzoned = store.db.get_collection(raw.JOURNEYS, codec_options=UNZONED)
        self._rows: dict[str, RowWriter] = {}

    async def settle(self) -> int:
        """Show whoever is to be shown now; in how many journeys that is another than before."""
        speaking = await self._store.db[raw.JOURNEYS].distinct("contested")
        if not speaking:
            return 0
        feeds = {feed["_id"]: feed for feed in await standings(self._store)}
        known = [_Standing(feeds.get(name, {"_id": name}), clock.now()) for name in speaking]
        pairs = [pair for stale, fresh in permutations(known, 2) for pair in _pairs(stale, fresh)]
        wanted = {"contested": {"$in": speaking}, "$or": pairs}
        found = self._store.db[raw.JOURNEYS].find(wanted, {"_id": 1})
        ids = [journey["_id"] async for journey in found]
        settled = 0
        async for _, decided in self._store.in_parts(ids, self._decide):
            settled += decided
        return settled

    async def _decide(self, tx: Tx, *, items: Sequence[str]) -> int:
        rank = rivals.ranking(await standings(self._store, tx), clock.now(), fresh_for=FRESH_FOR)
        query = {"_id": {"$in": items}, "contested": {"$exists": True}}
        found = self._unzoned.find(query, session=tx, batch_size=PART)
        olds: dict[str, dict[str, Document]] = {}
        async for old in found:
            writer = self._writer(old["dataset"])
            if old.get("projection") == writer.projection:  # else whoever makes its rows is first
                olds.setdefault(old["dataset"], {})[old["_id"]] = old
        for dataset, here in olds.items():
            news = {id_: rivals.again(old, rank) for id_, old in here.items()}
            await self._writer(dataset).save(tx, here, news)
        return sum(map(len, olds.values()))

    def _writer(self, dataset: str) -> RowWriter:
        if dataset not in self._rows:
            self._rows[dataset] = RowWriter(self._store, dataset, self._stop_places)
        return self._rows[dataset]


class _Standing:
    """A feed, and from when on what it says is fresh, as `rivals.ranking` has it."""

    def __init__(self, feed: Mapping[str, Any], now: datetime) -> None:
        self.feed: str = feed["_id"]
        patience = timedelta(seconds=feed.get("warn_after_s", FRESH_FOR.total_seconds()))
        self.since = now if rivals.silent(feed, now) else now - patience
        data_as_of = feed.get("data_as_of")
        self.is_fresh = data_as_of is not None and data_as_of >= self.since

    def said_fresh(self) -> Document:
        """The filter of what it says and can still be believed; without a time it is its feed's."""
        untimed: Document = {"observed_at": None}
        if not self.is_fresh:
            untimed["as_of"] = {"$gte": self.since}
        return {"feed": self.feed, "$or": [{"observed_at": {"$gte": self.since}}, untimed]}

    def said_stale(self) -> Document:
        """The filter of what it says and is too old."""
        old: list[Document] = [{"observed_at": {"$lt": self.since}}]
        if not self.is_fresh:
            old.append({"observed_at": None, "as_of": {"$not": {"$gte": self.since}}})
        return {"feed": self.feed, "$or": old}


def _pairs(stale: _Standing, fresh: _Standing) -> Iterable[Document]:
    """Journeys, and calls, that show one source, too old, while the other's word is fresh."""
    yield {
        **_below("realtime", stale.said_stale()),
        "rivals": {"$elemMatch": fresh.said_fresh()},
    }
    shown = _below("by", stale.said_stale())
    yield {"calls": {"$elemMatch": {**shown, "others": {"$elemMatch": fresh.said_fresh()}}}}


def _below(prefix: str, query: Document) -> Document:
    """A filter of fields, and of alternatives of fields, below `prefix`."""
    found: Document = {}
    for name, value in query.items():
        if name == "$or":
            found[name] = [_below(prefix, part) for part in value]
        else:
            found[f"{prefix}.{name}"] = value
    return found
