"""Chapters and their blocks as they are stored, and what they make of a moment.

A chapter is samples without an interruption, the first of them whole: `{_id, at, until, samples,
bytes, states, marks}`; `until` is its last sample. A block is one sample: `{_id, chapter, at,
parts}`; a sample in which nothing changed has none. Where no chapter is, nobody looked: a gap.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from hub import clock
from hub.errors import UserFault
from hub.model.feeds import FeedState
from hub.store import raw
from hub.store.driver import Document, Store
from hub.store.history.frames import unpack

EVERY = 10.0
"""Real seconds between two samples."""
MISSED = 3
"""So many samples may be missing before it is a gap."""


@dataclass(frozen=True, slots=True)
class Gap:
    """From when until when nobody looked; `until` None: nobody has looked since."""

    start: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Outage:
    """A feed that was not well: from when until when, None while it is not."""

    feed: str
    state: FeedState
    start: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Kept:
    """What there is of history, all of it None or empty when nothing is."""

    start: datetime | None
    until: datetime | None
    gaps: list[Gap]
    outages: list[Outage]


@dataclass(frozen=True, slots=True)
class Sample:
    """What is known of a moment: the chapter it is in, or the gap."""

    at: datetime
    chapter: str | None
    gap: Gap | None


def tolerated() -> timedelta:
    """How far two samples may be apart without a gap between them."""
    return timedelta(seconds=MISSED * EVERY) * clock.speed()


class History:
    """What was shown when."""

    def __init__(self, store: Store) -> None:
        self._chapters = store.db[raw.HISTORY_CHAPTERS]
        self._blocks = store.db[raw.HISTORY_BLOCKS]

    async def kept(self) -> Kept:
        """From when until when there is something, what is missing of it, which feeds were ill."""
        chapters = await self._chapters.find({}, sort=[("at", 1)]).to_list()
        if not chapters:
            return Kept(None, None, [], [])
        return Kept(chapters[0]["at"], chapters[-1]["until"], _gaps(chapters), _outages(chapters))

    async def sample(self, at: datetime) -> Sample:
        """What is known of a moment. Raises UserFault OUT_OF_HISTORY before all that is kept.

        The same for what is still to come.
        """
        begun = await self._chapters.find_one({"at": {"$lte": at}}, sort=[("at", -1)])
        now = clock.now()
        if begun is None or at > now:
            raise await self._outside(now)
        if at <= begun["until"] + tolerated():
            return Sample(at, begun["_id"], None)
        later = await self._chapters.find_one({"at": {"$gt": at}}, sort=[("at", 1)])
        if later is not None and later["at"] - begun["until"] <= tolerated():
            return Sample(at, begun["_id"], None)
        return Sample(at, None, Gap(begun["until"], later["at"] if later else None))

    async def rows(self, sample: Sample, name: str) -> list[Document]:
        """The rows of a collection as they were, by `_id`; none in a gap."""
        if sample.chapter is None:
            return []
        part = f"parts.{name}"
        query = {"chapter": sample.chapter, "at": {"$lte": sample.at}, part: {"$exists": True}}
        blocks = await self._blocks.find(query, {part: 1}, sort=[("at", 1)]).to_list()
        packs = [block["parts"][name] for block in blocks]
        rows = await asyncio.to_thread(unpack, packs)
        return sorted(rows, key=lambda row: str(row["_id"]))

    async def _outside(self, now: datetime) -> UserFault:
        kept = await self.kept()
        if kept.start is None:
            said = "没有保留历史 / No history is kept yet"
        else:
            start, end = kept.start.isoformat(timespec="seconds"), now.isoformat(timespec="seconds")
            said = f"历史保留自 {start} 至今 / History is kept from {start} until now, {end}"
        return UserFault("OUT_OF_HISTORY", f"{said}.", path=("at",))


def _gaps(chapters: list[Document]) -> list[Gap]:
    found = [
        Gap(before["until"], after["at"])
        for before, after in pairwise(chapters)
        if after["at"] - before["until"] > tolerated()
    ]
    last: datetime = chapters[-1]["until"]
    return [*found, Gap(last, None)] if clock.now() - last > tolerated() else found


_WELL = {FeedState.HEALTHY, FeedState.STARTING, FeedState.PRIMING, FeedState.DISABLED}


def _outages(chapters: list[Document]) -> list[Outage]:
    """Where nobody looked, an outage ends: whether it went on is not known."""
    found: list[Outage] = []
    running: dict[str, tuple[FeedState, datetime]] = {}

    def end(feed: str, at: datetime | None) -> None:
        if feed in running:
            state, since = running.pop(feed)
            found.append(Outage(feed, state, since, at))

    until: datetime | None = None
    for chapter in chapters:
        if until is not None and chapter["at"] - until > tolerated():
            for feed in [*running]:
                end(feed, until)
        for at, feed, told in _told(chapter):
            state = FeedState(told)
            if feed in running and running[feed][0] is state:
                continue
            end(feed, at)
            if state not in _WELL:
                running[feed] = (state, at)
        until = chapter["until"]
    broken = until is not None and clock.now() - until > tolerated()
    for feed in [*running]:
        end(feed, until if broken else None)
    return sorted(found, key=lambda one: (one.start, one.feed))


def _told(chapter: Document) -> list[tuple[datetime, str, Any]]:
    """What a chapter says of feeds' states, in order: all at its beginning, then each change."""
    first = [(chapter["at"], one["feed"], one["state"]) for one in chapter["states"]]
    return first + [(one["at"], one["feed"], one["state"]) for one in chapter.get("marks", ())]
