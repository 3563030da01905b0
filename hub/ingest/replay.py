"""Replays the archive: the same messages through the same code, with the clock following them.

The clock stands at each message's own time while it is read and written, and stops at whole
seconds between, so that the result depends on the archive alone, at whatever speed.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby

from hub import clock
from hub.connector import Context, Envelope, Exchange
from hub.errors import PayloadError, StartError
from hub.ingest.decode import called
from hub.ingest.durable import until_durable
from hub.ingest.inflow import gathered
from hub.ingest.plan import Connectors, Plan, plan
from hub.ingest.ranks import RankKeeper
from hub.ingest.receiver import Receiver
from hub.ingest.status import Monitor
from hub.model.area import Area
from hub.model.common import Mode
from hub.settings import Settings
from hub.store.driver import Store
from hub.store.feeds import replays
from hub.store.feeds.apply import FeedWriter
from hub.store.feeds.archive import Archive
from hub.store.feeds.arrivals import Arrival, Part
from hub.store.feeds.cache import FeedRepository
from hub.store.feeds.rivalry.settlement import EVERY as SETTLE_EVERY
from hub.store.feeds.rivalry.settlement import Settlement

SECOND = timedelta(seconds=1)
EXPIRE_EVERY = timedelta(minutes=1)


@dataclass(slots=True)
class Replayed:
    """What was replayed: messages read, refused by their connector, missing from the archive.

    A message is missing when it was too large to keep, or its static reference was. `lost` counts
    frames of TCP peers that came faster than they could be kept.
    """

    messages: int = 0
    refused: int = 0
    missing: int = 0
    lost: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens at one time: a message, or the frames that were written together."""

    at: datetime
    arrival: Arrival
    frames: tuple[Envelope, ...] = ()
    first: bool = True
    """Of its message."""


def plans_of(
    settings: Settings, names: Sequence[str], connectors: Connectors, area: Area
) -> list[Plan]:
    """Plans of configured feeds; secrets are not asked for. Raises StartError."""
    known = {feed.id: feed for feed in settings.feeds}
    for name in names:
        if name not in known:
            listed = ", ".join(known) or "none"
            raise StartError(f"feed {name!r} is not configured.", hint=f"Configured: {listed}.")
    unasked = {"secret_ref": None}
    return [
        plan(known[name].model_copy(update=unasked), connectors, area)
        for name in dict.fromkeys(names)
    ]


class Replay:
    """Plays feeds of an archive into `target`. `speed` 1 is as it was, 0 as fast as possible.

    `target` must be empty (hub.store.feeds.replays.prepared): what it held would take part.
    """

    def __init__(
        self, archive: Archive, target: Store, plans: Sequence[Plan], area: Area, *, speed: float
    ) -> None:
        self._archive = archive
        self._target = target
        self._speed = speed
        self._outcome = Replayed()
        self._players = [_Player(one, target, area, self._outcome) for one in plans]
        ranked = any(player.ranked for player in self._players)
        alone = len(plans) == 1
        self._tick = SECOND if ranked else EXPIRE_EVERY if alone else SETTLE_EVERY
        self._settlement = Settlement(target, frozenset(area.stop_places))
        self._next_tick: datetime | None = None
        self._next_expiry: datetime | None = None
        self._next_settling: datetime | None = None
        self._paced: tuple[datetime, float] | None = None

    async def run(
        self,
        start: datetime | None = None,
        end: datetime | None = None,
        *,
        seen: Callable[[datetime], None] = lambda _at: None,
    ) -> Replayed:
        """Replay what arrived within start <= time <= end; `seen` is told each time reached.

        Sets the clock of this process while it runs.
        """
        with clock.manual() as mine:
            async for step, player in self._steps(start, end):
                await self._pass(mine, step.at, start)
                mine.current = step.at
                await player.play(step)
                seen(step.at)
            if self._next_tick is not None:
                await self._pass(mine, (end or mine.current) + SECOND / 1_000_000, start)
        return self._outcome

    async def _steps(
        self, start: datetime | None, end: datetime | None
    ) -> "AsyncIterator[tuple[Step, _Player]]":
        """The steps of all feeds by time; of one feed in the order of its archive."""
        sources = [self._of(player, start, end) for player in self._players]
        heads = [await anext(source, None) for source in sources]
        while waiting := [(head.at, place) for place, head in enumerate(heads) if head]:
            _, place = min(waiting)
            head = heads[place]
            if head is not None:
                yield head, self._players[place]
            heads[place] = await anext(sources[place], None)

    async def _of(
        self, player: "_Player", start: datetime | None, end: datetime | None
    ) -> AsyncIterator[Step]:
        async for arrival in self._archive.arrivals(player.feed_id, start, end):
            for step in _steps_of(arrival):
                early = start is not None and step.at < start and arrival.part is not Part.STATIC
                late = end is not None and step.at > end
                if not early and not late:
                    yield step

    async def _pass(self, mine: clock.ManualClock, until: datetime, start: datetime | None) -> None:
        """Let the time before `until` pass: what happens by time alone happens on the way."""
        if start is not None and until < start:
            return  # a reference of before
        if self._next_tick is None:
            self._next_tick = (start or until).replace(microsecond=0) + SECOND
            self._paced = (start or until, asyncio.get_running_loop().time())
        while self._next_tick < until:
            await self._keep_pace(self._next_tick)
            mine.current = self._next_tick
            for player in self._players:
                await player.tick()
            await self._settle(self._next_tick)
            await self._expire(self._next_tick)
            self._next_tick += self._tick
        await self._keep_pace(until)

    async def _settle(self, now: datetime) -> None:
        if self._next_settling is None or now >= self._next_settling:
            await self._settlement.settle()
            self._next_settling = now + SETTLE_EVERY

    async def _expire(self, now: datetime) -> None:
        if self._next_expiry is None or now >= self._next_expiry:
            await replays.expire(self._target, now)
            self._next_expiry = now + EXPIRE_EVERY

    async def _keep_pace(self, moment: datetime) -> None:
        if self._speed and self._paced is not None:
            origin, began = self._paced
            due = began + (moment - origin).total_seconds() / self._speed
            await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))


class _Player:
    """One feed: does with each arrival what its poller or receiver did."""

    def __init__(self, one: Plan, target: Store, area: Area, outcome: Replayed) -> None:
        self.feed_id = one.feed.id
        self._plan = one
        self._context: Context = one.context
        self._target = target
        self._area = area
        self._outcome = outcome
        self._repository = FeedRepository(target)
        taxi = one.feed.listen is not None and one.context.mode is Mode.TAXI
        self._rank_list = area.ranks if taxi else ()
        self._started = False

    @property
    def ranked(self) -> bool:
        """Whether it observes taxi ranks."""
        return bool(self._rank_list)

    async def play(self, step: Step) -> None:
        """Do what was done at this time."""
        arrival = step.arrival
        if not self._started or arrival.part is Part.START:
            await self._start()
        if arrival.part is Part.START:
            return
        if step.first:
            self._outcome.messages += 1
            self._outcome.lost += arrival.lost
        try:
            await self._read(step, arrival)
        except PayloadError as error:
            self._outcome.refused += 1
            self._monitor.health = self._monitor.health.undecodable(
                f"{error.reason}: {error}", clock.now()
            )
        await self._monitor.save()

    async def tick(self) -> None:
        """What the time alone changes."""
        if self._started:
            await self._ranks.save(clock.now())
            await self._monitor.save()

    async def _start(self) -> None:
        feed, connector = self._plan.feed, self._plan.connector
        mode = self._plan.context.mode
        self._monitor = Monitor(
            feed, connector.manifest, mode, self._repository, zone=self._area.zone
        )
        await self._monitor.open()
        self._writer = FeedWriter(self._target, feed, frozenset(self._area.stop_places))
        self._ranks = RankKeeper(self._target, feed.id, self._rank_list, self._monitor.thresholds)
        await self._ranks.prime()
        self._receiver: Receiver | None = None
        if feed.listen is not None:
            self._receiver = Receiver(
                feed,
                connector,
                self._context,
                monitor=self._monitor,
                writer=self._writer,
                repository=self._repository,
                seen=self._ranks.see,
            )
        self._started = True

    async def _read(self, step: Step, arrival: Arrival) -> None:
        load = self._plan.connector.load_reference
        if arrival.envelope is None:
            self._outcome.missing += 1
        elif arrival.part is Part.STATIC and load is not None:
            reference = await called(load, arrival.envelope, self._context)
            self._context = replace(self._context, reference=reference)
        elif arrival.part is Part.FRAMES and self._receiver is not None:
            await self._frames(self._receiver, step.frames)
        elif load and self._plan.feed.static_url and self._context.reference is None:
            self._outcome.missing += 1
        else:
            await self._payload(arrival.envelope)

    async def _payload(self, envelope: Envelope) -> None:
        batch = await called(self._plan.connector.parse, envelope, self._context)
        await until_durable(self.feed_id, lambda: self._writer.apply(batch))
        self._monitor.payload(batch, size=envelope.size, now=clock.now())
        await self._monitor.refuse(batch.rejects + batch.notes)

    async def _frames(self, receiver: Receiver, frames: Sequence[Envelope]) -> None:
        exchanges: list[Exchange] = []
        for part in frames:
            try:
                batch = await called(self._plan.connector.parse, part, self._context)
            except PayloadError:  # frames that said nothing when they came, either
                self._outcome.refused += 1
            else:
                exchanges.append(Exchange(batch=batch))
        await receiver.write(gathered(exchanges), exchanges)


def _steps_of(arrival: Arrival) -> Iterator[Step]:
    """An arrival as steps: frames as they were written, anything else as one."""
    envelope = arrival.envelope
    if envelope is None or not arrival.spans:
        yield Step(arrival.at, arrival)
        return
    at = 0
    for number, spans in groupby(arrival.spans, key=lambda span: span.write):
        frames = []
        for span in spans:
            came = envelope.received_at + timedelta(microseconds=span.after)
            body = envelope.body[at : at + span.size]
            frames.append(replace(envelope, content=body, received_at=came))
            at += span.size
        came = max(part.received_at for part in frames)
        yield Step(came, arrival, tuple(frames), first=number == arrival.spans[0].write)
