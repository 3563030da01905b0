"""Writes journeys and their board rows, layer by layer, each chunk in one transaction.

The timetable and the real-time feed of one dataset write the same documents, perhaps from two
processes. Every change reads the journey and writes it within a transaction, or writes it under the
condition that it is as this feed left it (`hub.store.feeds.revisions`): whoever comes second sees a
write conflict and starts again on what the first one left. No update is lost, and a board row is
never out of step with its journey.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from weakref import ref

from pymongo import UpdateMany

from hub import clock
from hub.model.journeys import DatedJourney, Layer
from hub.settings import FeedSettings
from hub.store import raw
from hub.store.driver import PART, Store, Tx
from hub.store.feeds import merge
from hub.store.feeds.memory import Applied, Memory, Seen, Verdict
from hub.store.feeds.revision import Written, written
from hub.store.feeds.revisions import Judged, Reviser
from hub.store.feeds.rivalry import rivals
from hub.store.feeds.rivalry.contest import SEEN, Contest, seen_in
from hub.store.feeds.rivalry.rivals import Rank
from hub.store.feeds.row_writer import RowWriter, Write
from hub.store.feeds.rows import UNZONED, Document, fingerprint, milliseconds, plain

BREATHE = 200
KEPT_DAYS = 1
_LAYOUT = str(merge.LAYOUT)


class JourneyWriter:
    """The journeys of one feed; `stop_places` are those whose calls become board rows."""

    def __init__(
        self,
        store: Store,
        feed: FeedSettings,
        stop_places: frozenset[str],
        touch_after: timedelta,
    ) -> None:
        self._store = store
        self._feed = feed
        self._unzoned = store.db.get_collection(raw.JOURNEYS, codec_options=UNZONED)
        self._rows = RowWriter(store, feed.namespace, stop_places)
        self._reviser = Reviser(store, feed.id, stop_places, self._rows.projection)
        self._memory = {layer: Memory(touch_after) for layer in Layer}
        self._oldest: date | None = None
        self._contest = Contest(store, feed)

    async def load(self) -> None:
        """Remember what this feed wrote before; its rows are those of the present stop places."""
        await self._rows.rebuild()
        for layer, memory in self._memory.items():
            part = layer.value.lower()
            wanted = {f"{part}.{name}": 1 for name in SEEN}
            cursor = self._store.db[raw.JOURNEYS].find({f"{part}.feed": self._feed.id}, wanted)
            async for journey in cursor:
                said = journey[part]
                memory.remember(journey["_id"], seen_in(said))
        for id_, seen in await self._contest.unshown():
            self._memory[Layer.REALTIME].remember(id_, seen)

    async def write(self, records: list[DatedJourney], as_of: datetime | None) -> Applied:
        """Apply records in the order given; those of a service day gone by are dropped."""
        oldest = await self._purge()
        current = [record for record in records if record.service_date >= oldest]
        changed: list[Judged] = []
        touched: list[DatedJourney] = []
        stale = len(records) - len(current)
        contested = await self._contest.ids() if current else frozenset()
        sent = milliseconds(as_of) if as_of else None
        for number, record in enumerate(current):
            if number % BREATHE == 0:
                await asyncio.sleep(0)  # a long timetable leaves room for everybody else
            name, stamp, verdict = self._judge(record, sent)
            undecided = record.layer is Layer.REALTIME and record.id in contested
            if verdict is Verdict.WRITE or (undecided and verdict is not Verdict.STALE):
                before = self._memory[record.layer].before(record.id)
                changed.append(Judged(record, name, stamp, before))
            elif verdict is Verdict.TOUCH:
                touched.append(record)
            stale += verdict is Verdict.STALE
        async for part, made in self._store.in_parts(changed, self._put):
            self._remember(part, made)
        if touched:
            await self._touch(touched)
        written = len(changed)
        return Applied(written=written, unchanged=len(records) - written - stale, stale=stale)

    def count_absent(self, records: list[DatedJourney], kept: Iterable[str] = ()) -> None:
        """A complete message held `records`, and those `kept` in a form nobody can read."""
        memory = self._memory[Layer.REALTIME]
        memory.count_absent((*_observed(records), *memory.named(kept)))

    async def age(
        self, names: Iterable[str] | None, records: list[DatedJourney], moment: datetime
    ) -> None:
        """Let observations age, as `RecordWriter.age`: of these ids (None: all) without `records`.

        A journey goes by its id, and by what its source told it as.
        """
        memory, here = self._memory[Layer.REALTIME], set(_observed(records))
        known = memory.ids() if names is None else memory.named(names)
        since = memory.undated((id_ for id_ in known if id_ not in here), milliseconds(moment))
        async for part, _ in self._store.in_parts(list(since), partial(self._age, since=since)):
            memory.aged({id_: since[id_] for id_ in part})

    async def withdraw_absent(self, records: list[DatedJourney]) -> Applied:
        """Withdraw what the complete message of `records` no longer holds.

        The timetable speaks for the service days between its first and last; a journey missing
        there goes at once. An observation goes after it was absent several times in a row.
        """
        gone = self._memory[Layer.REALTIME].absent()
        applied = await self._withdraw(Layer.REALTIME, gone, merge.without_realtime)
        planned = [record for record in records if record.layer is Layer.TIMETABLE]
        if planned:
            here = {record.id for record in planned}
            days = sorted(record.service_date for record in planned)
            memory = self._memory[Layer.TIMETABLE]
            window = (id_ for id_ in memory.ids() if days[0] <= _service_date(id_) <= days[-1])
            gone = [id_ for id_ in window if id_ not in here]
            applied += await self._withdraw(Layer.TIMETABLE, gone, merge.without_timetable)
        return applied

    async def withdraw(self, ids: Iterable[str]) -> Applied:
        """Withdraw the observations of these journeys at once; unknown ids are passed over.

        A journey goes by its id, and by what its source told it as.
        """
        known = self._memory[Layer.REALTIME].named(ids)
        return await self._withdraw(Layer.REALTIME, known, merge.without_realtime)

    def _remember(self, part: Iterable[Judged], made: Mapping[str, Written | None]) -> None:
        for judged in part:
            record = judged.record
            observed = record.observed_at if record.layer is Layer.REALTIME else None
            seen = Seen(
                judged.fingerprint,
                judged.stamp,
                observed,
                record=ref(record),
                told_as=record.told_as,
                written=made[record.id],
            )
            self._memory[record.layer].remember(record.id, seen)

    def _judge(
        self, record: DatedJourney, sent: datetime | None
    ) -> tuple[str, datetime | None, Verdict]:
        """The fingerprint and the stamp of a record of a message sent then, and what to do."""
        memory = self._memory[record.layer]
        name = memory.known(record) or fingerprint(record, _LAYOUT)
        if record.layer is Layer.TIMETABLE:  # ordered by its arrival alone
            observed = stamp = None
        else:
            observed = record.observed_at
            stamp = milliseconds(observed) if observed else sent
        verdict = memory.judge(
            record.id, name, observed_at=observed, stamp=stamp, record=ref(record)
        )
        return name, stamp, verdict

    async def _put(self, tx: Tx, *, items: Sequence[Judged]) -> dict[str, Written | None]:
        """Write the records; what to remember of each journey."""
        told = Counter(judged.record.id for judged in items)
        once = [judged for judged in items if judged.before and told[judged.record.id] == 1]
        made: dict[str, Written | None] = dict(await self._reviser.revise(tx, once))
        rest = [judged for judged in items if judged.record.id not in made]
        if rest:
            made |= await self._merge(tx, rest)
        return made

    async def _merge(self, tx: Tx, items: Sequence[Judged]) -> dict[str, Written | None]:
        olds = await self._read(tx, {judged.record.id for judged in items})
        rank = await self._contest.rank(tx, olds.values())
        news: dict[str, Document | None] = dict(olds)
        for judged in items:
            news[judged.record.id] = self._merged(news.get(judged.record.id), judged, rank)
        await self._rows.save(tx, olds, news)
        last = {judged.record.id: judged.record for judged in items}
        return {id_: written(new, last[id_]) for id_, new in news.items() if new is not None}

    def _merged(self, old: Document | None, judged: Judged, rank: Rank | None) -> Document:
        record, said = judged.record, {"feed": self._feed.id, "fingerprint": judged.fingerprint}
        if record.layer is Layer.TIMETABLE:
            return merge.with_timetable(old, record, **said)
        if rank is not None and old is not None and rivals.contested(old, self._feed.id):
            return rivals.with_rival(old, record, as_of=judged.stamp, rank=rank, **said)
        return merge.with_realtime(old, record, as_of=judged.stamp, **said)

    async def _withdraw(
        self, layer: Layer, ids: list[str], without: Callable[[Document], Document | None]
    ) -> Applied:
        withdrawn = 0
        work = partial(self._strip, layer=layer, without=without)
        async for part, gone in self._store.in_parts(ids, work):
            withdrawn += gone
            self._memory[layer].forget(part)
        return Applied(withdrawn=withdrawn)

    async def _strip(
        self,
        tx: Tx,
        *,
        items: Sequence[str],
        layer: Layer,
        without: Callable[[Document], Document | None],
    ) -> int:
        mine = self._feed.id
        olds = await self._mine(tx, items, layer)
        rank = await self._contest.rank(tx, olds.values()) if layer is Layer.REALTIME else None
        news = {
            id_: rivals.without_rival(old, mine, rank)
            if rank is not None and rivals.contested(old, mine)
            else without(old)
            for id_, old in olds.items()
        }
        await self._rows.save(tx, olds, news)
        return len(olds)

    async def _age(self, tx: Tx, *, items: Sequence[str], since: Mapping[str, datetime]) -> None:
        mine = self._feed.id
        olds = await self._mine(tx, items, Layer.REALTIME)
        rank = await self._contest.rank(tx, olds.values())
        news: dict[str, Document | None] = {
            id_: rivals.aged(old, mine, since[id_], rank)
            if rank is not None and rivals.contested(old, mine)
            else {**old, "realtime": merge.aged(old["realtime"], since[id_])}
            for id_, old in olds.items()
        }
        await self._rows.save(tx, olds, news)

    async def _mine(self, tx: Tx, ids: Iterable[str], layer: Layer) -> dict[str, Document]:
        """Those of these journeys of which this feed still speaks: another may have taken over."""
        part, mine = layer.value.lower(), self._feed.id
        return {
            id_: old
            for id_, old in (await self._read(tx, set(ids))).items()
            if old.get(part, {}).get("feed") == mine
            or (layer is Layer.REALTIME and mine in old.get("contested", ()))
        }

    async def _read(self, tx: Tx, ids: set[str]) -> dict[str, Document]:
        wanted = {"_id": {"$in": list(ids)}}
        cursor = self._unzoned.find(wanted, session=tx, batch_size=PART)
        return {journey["_id"]: journey async for journey in cursor}

    async def _touch(self, records: list[DatedJourney]) -> None:
        """Move the time of journeys whose content stands; nobody is told.

        Sources give many journeys the same second: each moment is one write, however many.
        """
        moments: dict[datetime, list[str]] = {}
        for record in records:
            moments.setdefault(plain(record.observed_at), []).append(record.id)
        journeys: list[Write] = []
        rows: list[Write] = []
        for moment, ids in moments.items():
            alone = {"realtime.feed": self._feed.id, "contested": {"$exists": False}}
            mine = {"_id": {"$in": ids}, **alone}
            layer = {"realtime.observed_at": moment, "realtime.as_of": moment}
            journeys.append(UpdateMany(mine, {"$set": layer}))
            shown = {"journey.id": {"$in": ids}, "source": self._feed.id, "realtime": True}
            rows.append(UpdateMany(shown, {"$set": {"observed_at": moment}}))
        await self._store.db[raw.JOURNEYS].bulk_write(journeys, ordered=False)
        await self._store.db[raw.CALLS].bulk_write(rows, ordered=False)
        for record in records:
            if record.observed_at is not None:
                self._memory[record.layer].touched(record.id, record.observed_at)

    async def _purge(self) -> date:
        """Remove service days older than yesterday, once a day; the oldest day that is kept."""
        today = clock.now().astimezone(self._feed.timezone).date()
        oldest = today - timedelta(days=KEPT_DAYS)
        if oldest != self._oldest:
            before = {"$lt": oldest.isoformat()}
            mine = {"dataset": self._feed.namespace}
            await self._store.db[raw.CALLS].delete_many({**mine, "journey.service_date": before})
            await self._store.db[raw.JOURNEYS].delete_many({**mine, "service_date": before})
            for memory in self._memory.values():
                memory.forget([id_ for id_ in memory.ids() if _service_date(id_) < oldest])
            self._oldest = oldest
        return oldest


def _observed(records: Iterable[DatedJourney]) -> Iterator[str]:
    """The ids of those that are observed."""
    return (record.id for record in records if record.layer is Layer.REALTIME)


def _service_date(journey: str) -> date:
    """The service day a journey's id ends with (hub.model.ids.journey_id)."""
    return date.fromisoformat(journey[-10:])
